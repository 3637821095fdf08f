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
/// A request that has taken longer is a stream, not something a page waits for.
const STREAM: Duration = Duration::from_secs(15);

/// One request for a document: a navigation, or one redirect of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    request: String,
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

/// The log of every context that is watched.
#[derive(Debug, Default)]
pub(super) struct Watch {
    logs: Mutex<HashMap<String, Log>>,
    news: Notify,
}

/// What a context did.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The documents asked for, one after the other.
    pub hops: Vec<Hop>,
    under_way: HashMap<String, Instant>,
    /// The requests for documents that have not come.
    pub documents: HashSet<String>,
    /// When a request began or ended last.
    pub last: Option<Instant>,
}

impl Log {
    /// True while the page waits for the network.
    pub fn is_busy(&self) -> bool {
        self.under_way.values().any(|since| since.elapsed() < STREAM)
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Watches a context from now on; what it did so far is forgotten.
    pub fn add(&self, context: &str) {
        self.lock().insert(context.to_owned(), Log::default());
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
        let document = params["navigation"].is_string();
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
                if document && hop.is_none() && log.hops.len() < HOPS {
                    log.documents.insert(request.to_owned());
                    log.hops.push(Hop {
                        request: request.to_owned(),
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
