//! The pages of a visit to the authorization endpoint: into the journal, and whose fault it is if they led nowhere.

use crate::agent::visit::{Journey, SeenPage, VisitError};
use crate::feature::step::with_attempt;
use crate::observed::document::Traffic;
use crate::observed::page::PageKind;
use crate::observed::received::Parsed;
use crate::protocol::prelude::*;
use crate::result::model::{Entry, MOST_TITLE, Page};
use crate::rule::page::{LoginAnswer, ShownPage};
use crate::session::{Configured, LastVisit};
use crate::text::problem::Problem;
use crate::text::truncate;

/// The longest page source kept, in bytes.
const MOST_SOURCE: usize = 100 * 1024;

impl Session {
    /// Writes the pages of a visit into the journal, each screenshot into its file at once.
    pub(super) async fn keep_pages(&mut self, journey: &Journey, attempt: Option<&str>) {
        self.remember_date_of_visit(journey);
        let mut exchanges = Vec::new();
        for page in &journey.pages {
            let title = page_title(page.kind);
            exchanges.push(self.keep_response(page));
            let mut screenshot = None;
            if let Some(png) = &page.screenshot {
                let name = title.to_ascii_lowercase().replace(' ', "-");
                let (relative, path) = self.next_screenshot(&name);
                match save(&path, png).await {
                    Ok(()) => screenshot = Some(relative),
                    Err(error) => self.note(said!("A screenshot could not be written: {error}.")),
                }
            }
            let redactor = self.recorder.redactor();
            let entry = Page {
                title: with_attempt(title, attempt),
                document_title: document_title(&redactor.text(&page.title)),
                url: redactor.text(&page.url),
                status: page.status,
                note: redactor.text(&seen(page)),
                screenshot,
                source: page.source.as_ref().map(|source| truncate(&redactor.text(source), MOST_SOURCE).to_owned()),
            };
            self.recorder.note(Entry::Page(entry));
        }
        let shown = journey.pages.iter().filter(|page| page.kind != PageKind::Banner);
        let shown = shown.map(|page| format!("{} at {}", page_title(page.kind), page.url.split(['?', '#']).next().unwrap_or_default()));
        let page = exchanges.iter().rev().find_map(|exchange| *exchange);
        let end = self.keep_end(journey, exchanges.last().copied().flatten());
        self.last_visit = LastVisit { end, page, shown: shown.collect() };
        self.judge_pages(journey, &exchanges);
    }

    /// Remembers how far the `Date` is off that a visit ended with: tokens of the authorization endpoint are dated by the same clock.
    fn remember_date_of_visit(&mut self, journey: &Journey) {
        // The last page of a visit that led nowhere may have come long ago.
        let Some(last) = journey.traffic.last.as_ref().filter(|_| journey.end.is_ok()) else { return };
        let Ok(url) = Url::parse(&last.url) else { return };
        let (received_at, headers) = (jiff::Timestamp::now().as_second(), last.headers.clone());
        self.remember_date(&Received { exchange: 0, url, status: last.status, headers, body: Vec::new(), received_at, parsed: Parsed::default() });
    }

    /// Writes what a visit ended with into the journal, unless that is a page that is there already.
    fn keep_end(&self, journey: &Journey, last_page: Option<usize>) -> Option<usize> {
        let last = journey.traffic.last.as_ref()?;
        if journey.end.is_err() && last_page.is_some() {
            return last_page;
        }
        for (_, location) in last.headers.iter().filter(|(name, _)| name == "location") {
            self.recorder.redactor().learn_address(location);
        }
        let title = if journey.end.is_ok() { "Answer for the client" } else { "Last page of the visit" };
        Some(self.recorder.witness(title, &last.method, &last.url, last.status, last.headers.clone()))
    }

    /// Writes the response behind a page into the journal, if it can be judged and was seen. The page itself is another entry.
    fn keep_response(&self, page: &SeenPage) -> Option<usize> {
        let (headers, method) = (page.document.headers.clone().filter(|_| asks(page))?, page.method.clone()?);
        Some(self.recorder.witness(page_title(page.kind), &method, &page.url, page.status?, headers))
    }

    /// The same of the answer to the login form. The values of its cookies are not known here.
    fn keep_login_answer(&self, traffic: &Traffic) -> Option<usize> {
        let (url, status) = (traffic.password_sent_to.as_ref()?, traffic.password_answered?);
        let cookies = traffic.cookies.iter().map(|cookie| ("set-cookie".to_owned(), cookie.to_string())).collect();
        Some(self.recorder.witness("Login form, with the cookies that were set by then", "POST", url.as_str(), status, cookies))
    }

    /// Judges every page that asks the end-user for something, and what was answered to the login.
    fn judge_pages(&mut self, journey: &Journey, exchanges: &[Option<usize>]) {
        let led = journey.traffic.led_to_client || matches!(journey.end, Err(VisitError::FormDropped { .. }));
        let asking = Url::parse(&self.redirect_uri()).ok();
        let client = asking.clone().filter(|_| led);
        let last = journey.pages.iter().rposition(|page| page.kind != PageKind::Banner);
        let shown = |(index, (page, exchange)): (usize, (&SeenPage, &Option<usize>))| {
            let leads_to = client.clone().filter(|_| Some(index) == last);
            let url = Url::parse(&page.url).ok()?;
            Some(ShownPage { kind: page.kind, url, document: page.document.clone(), leads_to, client: asking.clone(), exchange: *exchange })
        };
        let pages = journey.pages.iter().zip(exchanges).enumerate().filter(|(_, (page, _))| asks(page));
        let pages: Vec<ShownPage> = pages.filter_map(shown).collect();
        if pages.is_empty() {
            return;
        }
        self.sentence("should protect the pages on which the end-user logs in and consents");
        for page in &pages {
            self.judge(page);
        }
        if pages.iter().any(|page| page.kind == PageKind::Login) {
            let exchange = self.keep_login_answer(&journey.traffic);
            self.judge(&LoginAnswer { status: journey.traffic.password_answered, cookies: journey.traffic.cookies.clone(), exchange });
        }
    }

    /// Whose fault it is that a visit did not end at the redirect URI.
    pub(super) fn blame(&self, error: VisitError) -> Stop {
        let client = self.facts.client.current.as_ref();
        let registered = client.is_some_and(|client| client.registered.is_some());
        let configured = client.and_then(|client| client.configured);
        match error {
            error if error.is_page_without_way_on() => {
                let page = self.recorder.redactor().text(&error.to_string());
                if registered {
                    Stop::issuer(page)
                } else {
                    let uri = self.run.redirect_uri();
                    if let Some(Configured { table, .. }) = configured.filter(|configured| configured.instead) {
                        let words = table.words();
                        return Stop::not_offered(said!(
                            "{page}; {}, and that {uri} is among the redirect URIs of the {words}",
                            table.how_to_check_it()
                        ));
                    }
                    let hint = format!("check --client-id, and that {uri} is among the client's redirect URIs (or set --redirect-uri)");
                    Stop::Untestable(Problem::new(page).with_hint("; ", hint))
                }
            }
            other => Stop::untestable(other.problem()).redacted(self.recorder.redactor()),
        }
    }
}

/// True of a page that asks the end-user for something.
fn asks(page: &SeenPage) -> bool {
    matches!(page.kind, PageKind::Login | PageKind::Identifier | PageKind::Consent)
}

fn page_title(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Login => "Login page",
        PageKind::Identifier => "User name page",
        PageKind::Consent => "Authorization page",
        PageKind::Notice => "Page before the answer",
        PageKind::Banner => "Cookie banner",
        PageKind::LogoutQuestion => "Logout page",
        PageKind::Error => "Error page",
        PageKind::NeedsHuman => "Page that needs a person",
        PageKind::Other => "Page",
    }
}

/// The title of a page as it is kept, if there is one.
fn document_title(redacted: &str) -> Option<String> {
    let title = truncate(redacted.trim(), MOST_TITLE);
    (!title.is_empty()).then(|| title.to_owned())
}

fn seen(page: &SeenPage) -> String {
    if page.title.is_empty() { format!("{}.", page.note) } else { format!("“{}”: {}.", page.title, page.note) }
}

async fn save(path: &std::path::Path, png: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    tokio::fs::write(path, png).await
}
