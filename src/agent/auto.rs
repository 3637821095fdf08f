//! A browser, and the HTTP agent where it was shown to come to the same end by the same pages: `--agent auto`.
//!
//! The first login of each kind goes through the browser. The next test of the kind that is not about what a browser shows is the trial: it logs in over
//! plain HTTP, and every page that it comes by has to be one that the browser was shown. Else the browser logs in, as if nothing had been tried. So no page
//! is judged that the browser has not shown before.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use url::Url;

use crate::agent::browser::Browser;
use crate::agent::http::HttpAgent;
use crate::agent::visit::{Conduct, Journey, NoWay, Visit, VisitError};
use crate::observed::page::PageKind;

/// How many kinds of logins, pages and tests are remembered; a run has far fewer, unless the issuer gives each page an address of its own.
const MOST: usize = 5_000;
/// The parameters of a request by whose values the pages may differ: the values of others do not matter to them, or differ each time.
const VALUES: [&str; 8] = ["prompt", "display", "response_type", "response_mode", "ui_locales", "claims_locales", "acr_values", "max_age"];

/// Both agents, and what is known of what each can do.
#[derive(Debug)]
pub struct Auto {
    /// What logs in at first.
    pub browser: Browser,
    /// What logs in where that was shown to come to the same.
    pub http: HttpAgent,
    lessons: Mutex<Lessons>,
}

#[derive(Debug, Default)]
struct Lessons {
    /// The pages that the browser was shown, without their queries.
    pages: HashSet<(PageKind, String)>,
    kinds: HashMap<String, Known>,
    /// The tests in which the HTTP agent came to a page that needs a browser.
    browser_only: HashSet<String>,
}

/// What is known of a kind of login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// The browser came to its end.
    ByBrowser,
    /// The HTTP agent was led elsewhere.
    ByBrowserOnly,
}

impl Lessons {
    /// Learns from the first visit of a browser session.
    fn see(&mut self, kind: String, journey: &Journey) {
        let is_login = journey.end.as_ref().is_ok_and(|callback| !callback.url.query_pairs().any(|(name, _)| name == "error"));
        if !is_login || self.kinds.len() >= MOST || self.pages.len() >= MOST {
            return;
        }
        self.kinds.entry(kind).or_insert(Known::ByBrowser);
        self.pages.extend(pages(journey));
    }

    /// True if the HTTP agent came to the end that the browser comes to, by pages that the browser was shown.
    fn holds(&mut self, kind: &str, journey: &Journey) -> bool {
        let holds = journey.end.is_ok() && pages(journey).all(|page| self.pages.contains(&page));
        if !holds && let Some(known) = self.kinds.get_mut(kind) {
            *known = Known::ByBrowserOnly;
        }
        holds
    }
}

impl Auto {
    /// With nothing learnt.
    pub fn new(browser: Browser, http: HttpAgent) -> Self {
        Self { browser, http, lessons: Mutex::default() }
    }

    fn lessons(&self) -> MutexGuard<'_, Lessons> {
        self.lessons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if the HTTP agent may log in in a test that begins with this visit.
    pub fn does_without_browser(&self, test: &str, visit: &Visit) -> bool {
        let lessons = self.lessons();
        lessons.kinds.get(&kind(visit)) == Some(&Known::ByBrowser) && !lessons.browser_only.contains(test)
    }

    /// Learns from the first visit of a browser session.
    pub fn see(&self, visit: &Visit, journey: &Journey) {
        self.lessons().see(kind(visit), journey);
    }

    /// True if the first visit of a session over plain HTTP may stand; else the browser has to make it.
    pub fn holds(&self, visit: &Visit, journey: &Journey) -> bool {
        self.lessons().holds(&kind(visit), journey)
    }

    /// Remembers that a test came to a page over plain HTTP that needs a browser.
    pub fn needs_browser(&self, test: &str) {
        let mut lessons = self.lessons();
        if lessons.browser_only.len() < MOST {
            lessons.browser_only.insert(test.to_owned());
        }
    }

    /// True if a test came to a page over plain HTTP that needs a browser.
    pub fn is_to_be_repeated(&self, test: &str) -> bool {
        self.lessons().browser_only.contains(test)
    }
}

/// True if a visit over plain HTTP ended at a page that needs a browser. What is left undone at the end of a test is said there.
pub fn ended_for_want_of_a_browser(visit: &Visit, journey: &Journey) -> bool {
    visit.conduct != Conduct::Leave && matches!(journey.end, Err(VisitError::NotUnderstood { why: NoWay::NeedsBrowser(_), .. }))
}

/// The pages of a visit, as they are compared: what each is and where.
fn pages(journey: &Journey) -> impl Iterator<Item = (PageKind, String)> {
    let shown = journey.pages.iter().filter(|page| page.kind != PageKind::Banner);
    shown.map(|page| (page.kind, place(page.url.split(['?', '#']).next().unwrap_or_default())))
}

/// An address in which what looks like the number of a login is left out: many products have one in the path.
fn place(address: &str) -> String {
    let is_number = |part: &str| part.len() >= 8 && part.bytes().any(|byte| byte.is_ascii_digit()) && !part.contains(['.', ':']);
    address.split('/').map(|part| if is_number(part) { "*" } else { part }).collect::<Vec<_>>().join("/")
}

/// The kind of a login: what the end-user does, and what the request has that pages may differ by.
fn kind(visit: &Visit) -> String {
    let Visit { url, redirect_uri, conduct, .. } = visit;
    // A form of ours is another for each request: it sends one by POST.
    let by_form = url.origin() == redirect_uri.origin();
    let mut parameters: Vec<String> = Vec::new();
    for (name, value) in Url::query_pairs(url) {
        let matters = VALUES.contains(&name.as_ref());
        parameters.push(if matters { format!("{name}={value}") } else { name.into_owned() });
    }
    parameters.sort();
    let at = if by_form { "by form" } else { url.path() };
    format!("{conduct:?} {at} {}", parameters.join(" "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::agent::callback::Callback;
    use crate::agent::visit::SeenPage;
    use crate::config::{Selectors, User};
    use crate::observed::document::{Document, Traffic};
    use crate::observed::page::Shown;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn visit(query: &str) -> Visit {
        Visit {
            url: url(&format!("https://op.example/authorize?{query}")),
            redirect_uri: url("http://localhost/cb"),
            state: String::new(),
            scopes: Vec::new(),
            user: User { username: String::new(), password: "x".into() },
            selectors: Selectors::default(),
            deadline: Duration::from_secs(1),
            conduct: Conduct::Consent,
            pictures: false,
        }
    }

    fn journey(pages: &[(PageKind, &str)], arrived: bool) -> Journey {
        let page = |(kind, at): &(PageKind, &str)| SeenPage {
            kind: *kind,
            url: format!("https://op.example{at}"),
            title: String::new(),
            method: None,
            status: None,
            note: String::new(),
            screenshot: None,
            source: None,
            shown: Shown::default(),
            document: Document::default(),
        };
        let callback = Callback { url: url("http://localhost/cb?code=x"), method: "GET".to_owned(), form: Vec::new() };
        let end = if arrived { Ok(callback) } else { Err(VisitError::Browser("gone".to_owned())) };
        Journey { pages: pages.iter().map(page).collect(), traffic: Traffic::default(), end }
    }

    #[test]
    fn a_kind_is_known_by_what_pages_may_differ_by() {
        assert_eq!(kind(&visit("state=1&nonce=2&client_id=a")), kind(&visit("nonce=8&state=9&client_id=b")));
        assert_ne!(kind(&visit("state=1")), kind(&visit("state=1&prompt=login")));
        assert_ne!(kind(&visit("prompt=none")), kind(&visit("prompt=login")));
        assert_ne!(kind(&visit("state=1")), kind(&Visit { conduct: Conduct::Deny, ..visit("state=1") }));
    }

    #[test]
    fn the_http_agent_is_trusted_with_pages_that_the_browser_was_shown_and_with_no_others() {
        use PageKind::{Consent, Login, Other};
        let mut lessons = Lessons::default();
        lessons.see("plain".to_owned(), &journey(&[(Login, "/login?a")], false));
        assert_eq!(lessons.kinds.get("plain"), None, "it came to no end");
        lessons.see("plain".to_owned(), &journey(&[(Login, "/login?a=1"), (Consent, "/consent")], true));
        assert!(lessons.holds("plain", &journey(&[(Login, "/login?a=2"), (Consent, "/consent")], true)));
        assert!(lessons.holds("plain", &journey(&[(Login, "/login")], true)), "consent was given before");
        assert_eq!(place("https://op.example:8443/interaction/7yqLB3JYGnrAdbM/login"), "https://op.example:8443/interaction/*/login");
        assert_eq!(lessons.kinds.get("plain"), Some(&Known::ByBrowser));
        for other in [
            journey(&[(Login, "/login"), (Other, "/news")], true),
            journey(&[(Login, "/elsewhere")], true),
            journey(&[(Consent, "/login")], true),
            journey(&[(Login, "/login")], false),
        ] {
            let mut lessons =
                Lessons { kinds: HashMap::from([("plain".to_owned(), Known::ByBrowser)]), pages: lessons.pages.clone(), ..Lessons::default() };
            assert!(!lessons.holds("plain", &other));
            assert_eq!(lessons.kinds.get("plain"), Some(&Known::ByBrowserOnly));
            lessons.see("plain".to_owned(), &journey(&[(Login, "/login")], true));
            assert_eq!(lessons.kinds.get("plain"), Some(&Known::ByBrowserOnly), "it is tried once");
        }
    }
}
