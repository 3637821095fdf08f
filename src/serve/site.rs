//! What is answered: the page as far as it has come, and then what becomes new on it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures::stream::{self, Stream, StreamExt as _};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::access;
use super::board::Snapshot;
use super::publish::Message;
use crate::report::html::live;
use crate::text::random;

/// How long a page that was loaded is expected to ask for what becomes new.
const LOADING: Duration = Duration::from_secs(5);

/// How long a reader waits before it comes again.
const AGAIN: Duration = Duration::from_secs(1);

/// The header by which a reader that comes again says what it was sent last.
const LAST_EVENT_ID: &str = "last-event-id";

/// What the answers are made of.
pub struct Site {
    token: String,
    policy: HeaderValue,
    publisher: mpsc::UnboundedSender<Message>,
    /// When the pages were loaded that have not asked for what becomes new.
    loading: Mutex<VecDeque<Instant>>,
    followed: Notify,
}

impl Site {
    /// A site with a token of its own.
    pub fn new(publisher: mpsc::UnboundedSender<Message>) -> Self {
        let policy = format!("{}; frame-ancestors 'none'", live::policy());
        let policy = HeaderValue::try_from(policy).expect("a policy is made of words and digests");
        Self { token: random::secret(), policy, publisher, loading: Mutex::default(), followed: Notify::new() }
    }

    /// What an address has to hold.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Waits until every page that was loaded a moment ago has asked for what becomes new.
    pub async fn all_follow(&self) {
        loop {
            let Some(last) = self.loading().back().copied() else { return };
            // Either is a reason to look again.
            let _ = tokio::time::timeout_at(last + LOADING, self.followed.notified()).await;
        }
    }

    /// The page by now, and then each newer version; `None` if it cannot be shown any more.
    async fn read(&self) -> Option<watch::Receiver<Arc<Snapshot>>> {
        let (reader, shown) = oneshot::channel();
        self.publisher.send(Message::Read(reader)).ok()?;
        shown.await.ok()
    }

    /// The pages that were loaded a moment ago.
    fn loading(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        let mut loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        loading.retain(|loaded| loaded.elapsed() < LOADING);
        loading
    }

    fn loads(&self) {
        self.loading().push_back(Instant::now());
    }

    fn follows(&self) {
        self.loading().pop_front();
        self.followed.notify_one();
    }
}

/// The paths.
pub fn router(site: Arc<Site>) -> Router {
    let guard = middleware::from_fn_with_state(Arc::clone(&site), guarded);
    Router::new().route("/", get(page)).route("/events", get(events)).layer(guard).with_state(site)
}

/// Refuses who may not read, and says with every answer that it is for nobody else.
async fn guarded(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let checked = access::check(&site.token, request.method(), request.uri(), request.headers());
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, site.policy.clone());
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    }
    response
}

/// What is said where the page is broken.
fn broken() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "The page cannot be shown any more. The run goes on, and writes its reports at the end.\n").into_response()
}

/// A text that is shared with other answers.
struct Shared(Arc<str>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

async fn page(State(site): State<Arc<Site>>) -> Response {
    let Some(shown) = site.read().await else { return broken() };
    let snapshot = Arc::clone(&shown.borrow());
    if !snapshot.has_ended {
        site.loads();
    }
    let Ok(pieces) = tokio::task::spawn_blocking(move || snapshot.page()).await else { return broken() };
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).map(|piece| Ok::<_, Infallible>(Bytes::from_owner(Shared(piece))));
    Html(Body::from_stream(stream::iter(pieces))).into_response()
}

async fn events(State(site): State<Arc<Site>>, uri: Uri, headers: HeaderMap) -> Response {
    let again = headers.get(LAST_EVENT_ID).map(|id| id.to_str().unwrap_or_default().to_owned());
    if again.is_none() {
        site.follows();
    }
    let Some(shown) = site.read().await else { return broken() };
    let seen = again.or_else(|| access::parameter(&uri, "since")).and_then(|version| version.parse().ok()).unwrap_or_default();
    Sse::new(news(shown, seen)).keep_alive(KeepAlive::default()).into_response()
}

/// What is newer than a version, and then what becomes new, until nothing will any more.
fn news(shown: watch::Receiver<Arc<Snapshot>>, seen: u64) -> impl Stream<Item = Result<Event, axum::Error>> {
    let first = stream::iter([Ok(Event::default().retry(AGAIN))]);
    first.chain(stream::unfold(Reader::new(shown, seen), |mut reader| async move {
        let Part { id, html, version } = reader.next().await?;
        let event = Event::default().json_data(serde_json::json!({ "id": &*id, "html": &*html }));
        Some((if let Some(version) = version { event.map(|event| event.id(version.to_string())) } else { event }, reader))
    }))
}

/// A reader of what becomes new. One that is slow gets the parts it has missed once, as they are when it comes to them.
struct Reader {
    shown: watch::Receiver<Arc<Snapshot>>,
    /// What it is sent next, and the version that it has all of then.
    queue: VecDeque<(Arc<str>, Arc<str>)>,
    seen: u64,
    has_ended: bool,
}

/// A part of the page that takes the place of what has its id.
#[derive(Debug)]
struct Part {
    id: Arc<str>,
    html: Arc<str>,
    /// With the last part of a version, which it is: who is cut off before that gets all of it again.
    version: Option<u64>,
}

impl Reader {
    fn new(shown: watch::Receiver<Arc<Snapshot>>, seen: u64) -> Self {
        let mut reader = Self { shown, queue: VecDeque::new(), seen, has_ended: false };
        reader.look();
        reader
    }

    /// Waits for the next part; `None` if there will be none any more.
    async fn next(&mut self) -> Option<Part> {
        while self.queue.is_empty() {
            if self.has_ended {
                return None;
            }
            self.shown.changed().await.ok()?;
            self.look();
        }
        let (id, html) = self.queue.pop_front()?;
        Some(Part { id, html, version: self.queue.is_empty().then_some(self.seen) })
    }

    /// Takes up what is newer than what it was sent.
    fn look(&mut self) {
        let snapshot = Arc::clone(&self.shown.borrow_and_update());
        // A version that there has not been yet is of another run.
        let seen = if self.seen > snapshot.version { 0 } else { self.seen };
        self.queue = snapshot.since(seen).map(|(id, piece)| (Arc::clone(id), Arc::clone(&piece.html))).collect();
        (self.seen, self.has_ended) = (snapshot.version, snapshot.has_ended);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::result::event::Event as Happened;
    use crate::result::model::RunReport;
    use crate::result::progress::Progress;
    use crate::serve::board::Board;
    use crate::serve::news::News;

    /// What is sent until nothing is there to be sent.
    async fn all(reader: &mut Reader) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Ok(Some(part)) = tokio::time::timeout(Duration::ZERO, reader.next()).await {
            parts.push(part);
        }
        parts
    }

    #[tokio::test]
    async fn a_reader_that_lags_gets_what_it_missed_once_and_as_it_is() {
        let report: RunReport = serde_json::from_str(include_str!("../../fixtures/results/sample.json")).unwrap();
        let (tests, id) = (report.tests.len(), report.tests[0].id.clone());
        let mut board = Board::new(Progress::new(report.clone()), PathBuf::new());
        let (shown, watched) = watch::channel(Arc::new(board.render()));
        let mut reader = Reader::new(watched, 0);
        let parts = all(&mut reader).await;
        assert_eq!(parts.iter().filter(|part| part.version.is_some()).count(), 1);
        assert!(parts.last().unwrap().version == Some(1) && parts.len() > 3 && parts.len() <= tests + 3);

        let mut happens = |event: Happened| {
            board.take(News::Event(Box::new(event)));
            shown.send_replace(Arc::new(board.render()));
        };
        happens(Happened::RunStarted { tests });
        happens(Happened::TestStarted { id: id.clone(), title: String::new() });
        for step in ["Discovery", "Key Set", "Token"] {
            happens(Happened::StepStarted { id: id.clone(), step: step.to_owned() });
        }
        let parts = all(&mut reader).await;
        assert_eq!(parts.iter().map(|part| &*part.id).collect::<Vec<_>>(), [&id, "overview", "summary", "live"]);
        assert!(parts[0].html.contains("running: Token") && parts[3].version == Some(6));

        happens(Happened::TestEnded(Arc::new(report.tests[0].clone())));
        board.take(News::Ended { report: Box::new(report), place: None });
        shown.send_replace(Arc::new(board.render()));
        let mut again = Reader::new(shown.subscribe(), 6);
        for reader in [&mut reader, &mut again] {
            let parts = all(reader).await;
            assert!(parts.len() <= tests + 3 && parts.last().unwrap().html.contains("save this page"), "{parts:?}");
            assert!(reader.next().await.is_none(), "there is an end");
        }
        assert!(all(&mut Reader::new(shown.subscribe(), 8)).await.is_empty(), "it has all of it");
        assert!(all(&mut Reader::new(shown.subscribe(), 99)).await.len() > 3, "a version of another run");
    }
}
