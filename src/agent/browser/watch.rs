//! What the browser was seen doing, context by context: on the network, and what keeps a page from being looked at.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::watch;

use crate::observed::document::is_attachment;

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
/// How many dialogs of a visit are answered: a page that opens more does not stop.
pub(super) const DIALOGS: usize = 20;
/// The longest text of a dialog kept, in characters.
const DIALOG: usize = 200;

/// The longest name of a file kept, in characters.
pub(super) const FILE_NAME: usize = 100;

/// The headers of a response, names in lower case.
pub(super) type Headers = Vec<(String, String)>;

/// One request for a document: a navigation, or one redirect of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    pub request: String,
    pub navigation: String,
    pub redirects: u64,
    /// The URL, fragment included.
    pub url: String,
    /// The method.
    pub method: String,
    /// The HTTP status, once it came.
    pub status: Option<u16>,
    /// The network error, if it failed.
    pub error: Option<String>,
    /// The response headers, names in lower case.
    pub headers: Headers,
    /// The headers are told apart, as they came over the wire (`DevTools` only).
    pub told_apart: bool,
}

impl Hop {
    /// True if redirects led from this to another.
    pub fn leads_to(&self, other: &Self) -> bool {
        self.request == other.request && self.redirects < other.redirects
    }

    /// True if the answer was a file to be saved and not a page.
    pub fn is_attachment(&self) -> bool {
        self.status.is_some_and(|status| is_attachment(status, &self.headers))
    }
}

/// The log of every context that is watched.
#[derive(Debug, Default)]
pub(super) struct Watch {
    logs: Mutex<HashMap<String, Log>>,
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
    /// How many dialogs the page has opened, and what the last one says.
    pub dialogs: (usize, String),
    /// The address and the name of the file that the browser was given last.
    pub saved: Option<(String, String)>,
    /// The page has taken its process down.
    pub crashed: bool,
    /// The page that the browser has come to is not all there (`DevTools` only, which tell of it).
    pub is_loading: bool,
    /// The main frame (`DevTools` only, whose events are of all frames).
    pub frame: Option<String>,
    /// The frames that have a process of their own, each with its session (`DevTools` only).
    pub sessions: HashMap<String, String>,
    /// Headers as they came over the wire, answer by answer, of requests that are under way (`DevTools` only).
    pub wire: HashMap<String, Vec<Headers>>,
    news: watch::Sender<()>,
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

    /// A request begins, or begins anew after a redirect.
    pub fn asks(&mut self, request: &str) {
        self.last = Some(Instant::now());
        if self.under_way.len() < UNDER_WAY {
            self.under_way.insert(request.to_owned(), Instant::now());
        }
    }

    /// A document is asked for.
    pub fn asks_for_document(&mut self, hop: Hop) {
        let is_known = self.hops.iter().any(|known| known.request == hop.request && known.redirects == hop.redirects);
        if !is_known && self.hops.len() < HOPS {
            self.documents.insert(hop.request.clone());
            self.hops.push(hop);
        }
    }

    /// The hops of a request, in order.
    pub fn hops_of<'a>(&'a mut self, request: &'a str) -> impl Iterator<Item = &'a mut Hop> {
        self.hops.iter_mut().filter(move |hop| hop.request == request)
    }

    /// A request has ended.
    pub fn ends(&mut self, request: &str) {
        self.last = Some(Instant::now());
        self.under_way.remove(request);
        self.documents.remove(request);
    }

    /// True if the page keeps its tab from answering.
    pub fn is_held_up(&self) -> bool {
        self.crashed || self.dialogs.0 >= DIALOGS
    }

    /// The page opens a dialog, which says this.
    pub fn opens_dialog(&mut self, says: &str) {
        self.dialogs = (self.dialogs.0 + 1, says.chars().take(DIALOG).collect());
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a context from now on. With `DevTools` it is a session, whose main frame is named.
    pub fn add(&self, context: &str, frame: Option<&str>) {
        self.lock().insert(context.to_owned(), Log { frame: frame.map(str::to_owned), ..Log::default() });
    }

    /// Forgets what a context did so far: a visit begins there with a navigation to this address.
    fn begin(&self, context: &str, url: &str) {
        let begins = Some(Beginning { url: url.to_owned(), navigation: None, refused: false });
        let mut logs = self.lock();
        let Log { hops, mut earlier, frame, sessions, crashed, news, .. } = logs.remove(context).unwrap_or_default();
        if earlier.len() < EARLIER {
            earlier.extend(hops.into_iter().map(|hop| hop.navigation));
        }
        logs.insert(context.to_owned(), Log { begins, earlier, crashed, frame, sessions, news, ..Log::default() });
    }

    /// What the browser said to the navigation that a visit begins with: its number of it, if it makes it.
    fn begun(&self, context: &str, url: &str, navigation: Option<&str>) {
        self.note(context, |log| {
            if let Some(begins) = log.begins.as_mut().filter(|begins| begins.url == url) {
                begins.navigation = navigation.map(str::to_owned);
                begins.refused = navigation.is_none();
            }
        });
    }

    /// Forgets a context.
    pub fn remove(&self, context: &str) {
        self.lock().remove(context);
    }

    /// Looks at what a context did so far.
    fn of<T: Default>(&self, context: &str, look: impl FnOnce(&Log) -> T) -> T {
        self.lock().get(context).map(look).unwrap_or_default()
    }

    /// Notes what a context did, and tells those who wait for it. Nothing of a context that is not watched.
    pub fn note<T>(&self, context: &str, note: impl FnOnce(&mut Log) -> T) -> Option<T> {
        let mut logs = self.lock();
        let log = logs.get_mut(context)?;
        let noted = note(log);
        log.news.send_replace(());
        Some(noted)
    }

    /// Takes in an event of the modules `network` and `browsingContext` (`WebDriver BiDi` 7.4, 7.3).
    pub fn take_in(&self, method: &str, params: &Value) {
        let Some(context) = params["context"].as_str() else { return };
        if method == "browsingContext.userPromptOpened" {
            self.note(context, |log| log.opens_dialog(params["message"].as_str().unwrap_or_default()));
            return;
        }
        if method == "browsingContext.downloadWillBegin" {
            let text = |name: &str| params[name].as_str().unwrap_or_default();
            let file = (text("url").to_owned(), text("suggestedFilename").chars().take(FILE_NAME).collect());
            self.note(context, |log| log.saved = Some(file));
            return;
        }
        let Some(request) = params["request"]["request"].as_str() else { return };
        let url = params["request"]["url"].as_str().unwrap_or_default();
        if is_no_matter(url) {
            return;
        }
        let navigation = params["navigation"].as_str();
        let redirects = params["redirectCount"].as_u64().unwrap_or_default();
        self.note(context, |log| {
            let hop = log.hops.iter_mut().find(|hop| hop.request == request && hop.redirects == redirects);
            match method {
                "network.beforeRequestSent" => {
                    log.asks(request);
                    if let Some(navigation) = navigation {
                        log.asks_for_document(Hop {
                            request: request.to_owned(),
                            navigation: navigation.to_owned(),
                            redirects,
                            url: url.to_owned(),
                            method: params["request"]["method"].as_str().unwrap_or("GET").to_owned(),
                            status: None,
                            error: None,
                            headers: Vec::new(),
                            told_apart: false,
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
                        log.ends(request);
                    }
                }
                "network.fetchError" => {
                    if let Some(hop) = hop {
                        hop.error = Some(params["errorText"].as_str().unwrap_or("a network error").to_owned());
                    }
                    log.ends(request);
                }
                _ => {}
            }
        });
    }
}

/// True of what is asked for without a page that wants it.
pub(super) fn is_no_matter(url: &str) -> bool {
    url.starts_with("data:") || url.ends_with("/favicon.ico")
}

/// One context, with the watch that has its log.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub watch: Arc<Watch>,
    /// The context of `BiDi`, or the session of `DevTools`.
    pub key: String,
}

impl Watched {
    /// Looks at what the context did so far.
    pub fn log<T: Default>(&self, look: impl FnOnce(&Log) -> T) -> T {
        self.watch.of(&self.key, look)
    }

    /// The documents asked for since the visit began.
    pub fn hops(&self) -> Vec<Hop> {
        self.log(|log| log.hops().cloned().collect())
    }

    /// True while a document is asked for and has not come.
    pub fn navigating(&self) -> bool {
        self.log(Log::is_navigating)
    }

    /// True while a page is on its way, or comes in.
    pub fn is_coming(&self) -> bool {
        self.log(|log| log.is_loading || log.is_navigating())
    }

    /// How many documents have been asked for since the visit began.
    pub fn asked(&self) -> usize {
        self.log(|log| log.hops().count())
    }

    /// True if the page asks nothing of the network and has not for a while.
    pub fn quiet_for(&self, while_: Duration) -> bool {
        self.log(|log| !log.is_busy() && log.last.is_none_or(|last| last.elapsed() >= while_))
    }

    /// True if the page asked anything of the network since then.
    pub fn active_since(&self, then: Instant) -> bool {
        self.log(|log| log.last.is_some_and(|last| last >= then))
    }

    /// What is told of whatever the context does from now on.
    pub fn news(&self) -> watch::Receiver<()> {
        self.watch.lock().entry(self.key.clone()).or_default().news.subscribe()
    }

    /// Waits until the page keeps its tab from answering: it has crashed, or does not stop to open dialogs.
    pub async fn held_up(&self) {
        let mut news = self.news();
        while !self.log(Log::is_held_up) {
            if news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// A visit begins with a navigation to this address: what was seen so far is forgotten.
    pub fn begin(&self, url: &str) {
        self.watch.begin(&self.key, url);
    }

    /// What the browser said to that navigation: its number of it, if it makes it.
    pub fn begun(&self, url: &str, navigation: Option<&str>) {
        self.watch.begun(&self.key, url, navigation);
    }
}

/// The headers of a response (`network.Header`); those in bytes are no text that matters here.
fn headers(list: &Value) -> Headers {
    let headers = list.as_array().into_iter().flatten().take(HEADERS);
    headers.filter_map(|header| Some((header["name"].as_str()?.to_ascii_lowercase(), header["value"]["value"].as_str()?.to_owned()))).collect()
}

/// The headers of a response as `DevTools` have them: an object, in which values of the same name are lines of one text.
pub(super) fn headers_of(object: &Value) -> Headers {
    let lines = |(name, value): (&String, &Value)| {
        let name = name.to_ascii_lowercase();
        let lines: Vec<_> = value.as_str().unwrap_or_default().lines().map(|line| (name.clone(), line.to_owned())).collect();
        lines
    };
    object.as_object().into_iter().flatten().flat_map(lines).take(HEADERS).collect()
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
        watch.add("tab", None);
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
