//! What the browser was seen doing on the network, context by context.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::Notify;

/// How many hops of a context are kept.
const HOPS: usize = 500;
/// How many headers of a response are kept.
const HEADERS: usize = 100;
/// How many requests under way are kept track of.
const UNDER_WAY: usize = 1_000;
/// About how many navigations of earlier visits are kept track of.
const EARLIER: usize = 5_000;
/// A request that has taken longer is a stream, not something a page waits for.
const STREAM: Duration = Duration::from_secs(15);

/// One request for a document: a navigation, or one redirect of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    request: String,
    navigation: String,
    redirects: u64,
    /// The URL, fragment included.
    pub url: String,
    /// The method.
    pub method: String,
    /// The HTTP status, once it came.
    pub status: Option<u16>,
    /// The network error, if it failed.
    pub error: Option<String>,
    /// The response headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Hop {
    /// True if redirects led from this to another.
    pub fn leads_to(&self, other: &Self) -> bool {
        self.request == other.request && self.redirects < other.redirects
    }
}

/// The log of every context that is watched.
#[derive(Debug, Default)]
pub(super) struct Watch {
    logs: Mutex<HashMap<String, Log>>,
    news: Notify,
}

/// What a context did.
#[derive(Debug, Default)]
pub(super) struct Log {
    hops: Vec<Hop>,
    /// Where the visit begins.
    begins: Option<Beginning>,
    /// The navigations that were known before it.
    earlier: HashSet<String>,
    under_way: HashMap<String, Instant>,
    /// The requests for documents that have not come.
    documents: HashSet<String>,
    /// When a request began or ended last.
    pub last: Option<Instant>,
}

/// The navigation that a visit begins with.
#[derive(Debug)]
struct Beginning {
    url: String,
    /// The browser's number of it, once it was told.
    navigation: Option<String>,
    /// The browser refused to make it.
    refused: bool,
}

impl Beginning {
    fn is_made_by(&self, hop: &Hop) -> bool {
        self.navigation.as_ref() == Some(&hop.navigation) || (hop.redirects == 0 && hop.url == self.url)
    }
}

impl Log {
    /// The documents that the visit asked for, one after the other. What an earlier visit began may be reported late: it comes before the
    /// first of these, or belongs to a navigation that was known before the visit.
    pub fn hops(&self) -> impl Iterator<Item = &Hop> {
        let begins = self.begins.as_ref();
        let is_first = |hop: &Hop| begins.is_none_or(|begins| begins.is_made_by(hop));
        let first = self.hops.iter().position(is_first).unwrap_or(self.hops.len());
        let (before, own) = self.hops.split_at(first);
        let is_earlier = move |hop: &Hop| self.earlier.contains(&hop.navigation) || before.iter().any(|old| old.navigation == hop.navigation);
        own.iter().filter(move |hop| !is_earlier(hop))
    }

    /// True while a document of the visit is asked for and has not come.
    pub fn is_navigating(&self) -> bool {
        let mut own = self.hops().peekable();
        let is_to_begin = own.peek().is_none() && self.begins.as_ref().is_some_and(|begins| !begins.refused);
        is_to_begin || own.any(|hop| self.documents.contains(&hop.request))
    }

    /// True while the page waits for the network.
    pub fn is_busy(&self) -> bool {
        self.under_way.values().any(|since| since.elapsed() < STREAM)
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a context from now on.
    pub fn add(&self, context: &str) {
        self.lock().insert(context.to_owned(), Log::default());
    }

    /// Forgets what a context did so far: a visit begins there with a navigation to this address.
    pub fn begin(&self, context: &str, url: &str) {
        let begins = Some(Beginning { url: url.to_owned(), navigation: None, refused: false });
        let mut logs = self.lock();
        let Log { hops, mut earlier, .. } = logs.remove(context).unwrap_or_default();
        if earlier.len() < EARLIER {
            earlier.extend(hops.into_iter().map(|hop| hop.navigation));
        }
        logs.insert(context.to_owned(), Log { begins, earlier, ..Log::default() });
    }

    /// What the browser said to the navigation that a visit begins with: its number of it, if it makes it.
    pub fn begun(&self, context: &str, url: &str, navigation: Option<&str>) {
        if let Some(begins) = self.lock().get_mut(context).and_then(|log| log.begins.as_mut()).filter(|begins| begins.url == url) {
            begins.navigation = navigation.map(str::to_owned);
            begins.refused = navigation.is_none();
        }
        self.news.notify_waiters();
    }

    /// Forgets a context.
    pub fn remove(&self, context: &str) {
        self.lock().remove(context);
    }

    /// Looks at what a context did so far.
    pub fn of<T: Default>(&self, context: &str, look: impl FnOnce(&Log) -> T) -> T {
        self.lock().get(context).map(look).unwrap_or_default()
    }

    /// Waits for the next event of any context.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Takes in an event of the `network` module (`WebDriver BiDi` 7.4).
    pub fn take_in(&self, method: &str, params: &Value) {
        let (Some(context), Some(request)) = (params["context"].as_str(), params["request"]["request"].as_str()) else { return };
        let url = params["request"]["url"].as_str().unwrap_or_default();
        let of_icon = url.ends_with("/favicon.ico");
        if url.starts_with("data:") || of_icon {
            return;
        }
        let navigation = params["navigation"].as_str();
        let redirects = params["redirectCount"].as_u64().unwrap_or_default();
        let mut logs = self.lock();
        let Some(log) = logs.get_mut(context) else { return };
        log.last = Some(Instant::now());
        let hop = log.hops.iter_mut().find(|hop| hop.request == request && hop.redirects == redirects);
        match method {
            "network.beforeRequestSent" => {
                if log.under_way.len() < UNDER_WAY {
                    log.under_way.insert(request.to_owned(), Instant::now());
                }
                if let Some(navigation) = navigation
                    && hop.is_none()
                    && log.hops.len() < HOPS
                {
                    log.documents.insert(request.to_owned());
                    log.hops.push(Hop {
                        request: request.to_owned(),
                        navigation: navigation.to_owned(),
                        redirects,
                        url: url.to_owned(),
                        method: params["request"]["method"].as_str().unwrap_or("GET").to_owned(),
                        status: None,
                        error: None,
                        headers: Vec::new(),
                    });
                }
            }
            "network.responseCompleted" => {
                let status = params["response"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
                if let Some(hop) = hop {
                    hop.status = status;
                    hop.headers = headers(&params["response"]["headers"]);
                }
                // After a redirect the same request goes on.
                if !status.is_some_and(|status| (300..400).contains(&status)) {
                    log.under_way.remove(request);
                    log.documents.remove(request);
                }
            }
            "network.fetchError" => {
                if let Some(hop) = hop {
                    hop.error = Some(params["errorText"].as_str().unwrap_or("a network error").to_owned());
                }
                log.under_way.remove(request);
                log.documents.remove(request);
            }
            _ => {}
        }
        drop(logs);
        self.news.notify_waiters();
    }
}

/// The headers of a response (`network.Header`); those in bytes are no text that matters here.
fn headers(list: &Value) -> Vec<(String, String)> {
    let headers = list.as_array().into_iter().flatten().take(HEADERS);
    headers.filter_map(|header| Some((header["name"].as_str()?.to_ascii_lowercase(), header["value"]["value"].as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Log, Watch};

    const ASKED: &str = "https://op.example/authorize?state=new";

    fn event(navigation: &str, redirects: u64, url: &str) -> Value {
        let request = json!({ "request": format!("request of {navigation}"), "url": url, "method": "GET" });
        json!({ "context": "tab", "navigation": navigation, "redirectCount": redirects, "request": request })
    }

    fn asked(watch: &Watch) -> (Vec<String>, bool) {
        watch.of("tab", |log: &Log| (log.hops().map(|hop| hop.url.clone()).collect(), log.is_navigating()))
    }

    #[test]
    fn what_an_earlier_visit_began_is_no_hop_of_this_one() {
        let watch = Watch::default();
        let sent = "network.beforeRequestSent";
        watch.add("tab");
        watch.take_in(sent, &event("older", 0, "https://op.example/login"));
        watch.begin("tab", ASKED);
        assert_eq!(asked(&watch), (vec![], true), "not yet begun");
        watch.take_in(sent, &event("old", 1, "http://localhost/cb?state=old"));
        assert_eq!(asked(&watch), (vec![], true), "reported late");
        watch.take_in(sent, &event("new", 0, ASKED));
        watch.take_in(sent, &event("old", 2, "http://localhost/cb?state=old&once=more"));
        watch.take_in(sent, &event("older", 1, "http://localhost/cb?state=older"));
        watch.take_in(sent, &event("new", 1, "http://localhost/cb?state=new"));
        watch.take_in(sent, &event("next", 0, "https://op.example/login"));
        let (hops, _) = asked(&watch);
        assert_eq!(hops, [ASKED, "http://localhost/cb?state=new", "https://op.example/login"]);
    }

    #[test]
    fn a_navigation_is_known_by_its_number_too_and_may_be_refused() {
        let watch = Watch::default();
        watch.begin("tab", ASKED);
        watch.begun("tab", ASKED, Some("new"));
        watch.take_in("network.beforeRequestSent", &event("new", 0, "https://op.example/authorize?state=%6eew"));
        assert_eq!(asked(&watch).0.len(), 1, "a browser may write the address in another way");
        watch.begin("tab", "http://op.example:1/");
        watch.begun("tab", ASKED, Some("late answer to an earlier visit"));
        assert_eq!(asked(&watch), (vec![], true));
        watch.begun("tab", "http://op.example:1/", None);
        assert_eq!(asked(&watch), (vec![], false));
    }
}
