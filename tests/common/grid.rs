//! A small grid: one `WebDriver` endpoint before real chromedrivers, each a node with so many slots. It answers as Selenium Grid does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oa_authtest::guard::Guarded;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::chromedriver;

/// What a slot holds whose session is on its way, or is of others.
const TAKEN: &str = "taken";

/// How a grid is.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The slots of each node.
    pub slots: &'static [usize],
    /// It lets `BiDi` through.
    pub bidi: bool,
    /// User name and password as base64 of `name:password`, if it wants any.
    pub credentials: Option<&'static str>,
    /// Others have every slot at first, and give them back when somebody queues.
    pub used_by_others: bool,
    /// How long a request for a session may queue.
    pub patience: Duration,
    /// The first node ends at the first key or click that a session of its own is sent.
    pub first_node_dies: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { slots: &[1, 1], bidi: true, credentials: None, used_by_others: false, patience: Duration::from_secs(60), first_node_dies: false }
    }
}

/// A running grid.
pub struct Grid {
    pub url: String,
    hub: Arc<Hub>,
}

struct Hub {
    options: Options,
    client: reqwest::Client,
    nodes: Mutex<Vec<Option<Guarded>>>,
    ports: Vec<u16>,
    slots: Mutex<Vec<Slot>>,
    freed: Notify,
    seen: Mutex<Seen>,
    refused: AtomicUsize,
}

struct Slot {
    node: usize,
    session: Option<String>,
}

/// What was seen of those who used it.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The sessions that were made, in order.
    pub made: Vec<String>,
    /// How many nodes had a session when most of them had.
    pub nodes_at_once: usize,
    /// How many sessions there were when there were most.
    pub sessions_at_once: usize,
    /// How many requests for a session had to queue.
    pub queued: usize,
}

/// A slot that is taken for a session on its way; free again if none comes.
struct Reserved(Arc<Hub>, usize);

impl Drop for Reserved {
    fn drop(&mut self) {
        if self.0.slots()[self.1].session.as_deref() == Some(TAKEN) {
            self.0.free(self.1);
        }
    }
}

impl Grid {
    pub async fn start(options: Options) -> Self {
        let (mut nodes, mut ports, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        for (node, number) in options.slots.iter().enumerate() {
            let (driver, port) = chromedriver::start().await;
            nodes.push(Some(driver));
            ports.push(port);
            slots.extend((0..*number).map(|_| Slot { node, session: options.used_by_others.then(|| TAKEN.to_owned()) }));
        }
        let hub = Arc::new(Hub {
            options,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            nodes: Mutex::new(nodes),
            ports,
            slots: Mutex::new(slots),
            freed: Notify::new(),
            seen: Mutex::default(),
            refused: AtomicUsize::new(0),
        });
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", socket.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&hub));
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { url, hub }
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        self.hub.seen.lock().unwrap().clone()
    }

    /// How many requests came without the credentials.
    pub fn refused(&self) -> usize {
        self.hub.refused.load(Ordering::Relaxed)
    }

    /// The sessions that there are.
    pub fn sessions(&self) -> Vec<String> {
        self.hub.slots().iter().filter_map(|slot| slot.session.clone()).collect()
    }

    /// Ends its nodes.
    pub async fn stop(self) {
        let nodes = std::mem::take(&mut *self.hub.nodes.lock().unwrap());
        for node in nodes.into_iter().flatten() {
            node.stop().await;
        }
    }
}

impl Hub {
    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap()
    }

    fn is_up(&self, node: usize) -> bool {
        self.nodes.lock().unwrap().get(node).is_some_and(Option::is_some)
    }

    fn free(&self, slot: usize) {
        self.slots()[slot].session = None;
        self.freed.notify_waiters();
    }

    /// Takes a free slot, of the node with the fewest sessions.
    fn reserve(self: &Arc<Self>) -> Option<Reserved> {
        let mut slots = self.slots();
        let used = |node: usize| slots.iter().filter(|slot| slot.node == node && slot.session.is_some()).count();
        let free = (0..slots.len()).filter(|at| slots[*at].session.is_none() && self.is_up(slots[*at].node));
        let at = free.min_by_key(|at| used(slots[*at].node))?;
        slots[at].session = Some(TAKEN.to_owned());
        Some(Reserved(Arc::clone(self), at))
    }

    fn status(&self) -> Value {
        let slots = self.slots();
        let node = |node: usize| {
            let own = slots.iter().filter(|slot| slot.node == node);
            let told: Vec<_> = own
                .map(|slot| json!({ "session": slot.session.as_ref().map(|id| json!({ "sessionId": id })), "stereotype": { "browserName": "chrome" } }))
                .collect();
            json!({ "availability": if self.is_up(node) { "UP" } else { "DOWN" }, "maxSessions": told.len(), "slots": told })
        };
        let ready = slots.iter().any(|slot| slot.session.is_none() && self.is_up(slot.node));
        json!({ "value": { "ready": ready, "message": "a small grid", "nodes": (0..self.ports.len()).map(node).collect::<Vec<_>>() } })
    }

    async fn forward(&self, node: usize, method: Method, path: &str, body: String) -> Option<(StatusCode, Value)> {
        let url = format!("http://127.0.0.1:{}{path}", self.ports[node]);
        let sent = self.client.request(method, url).header(header::CONTENT_TYPE, "application/json").body(body).send().await.ok()?;
        Some((sent.status(), sent.json().await.ok()?))
    }

    async fn new_session(self: &Arc<Self>, body: String) -> (StatusCode, Value) {
        let deadline = tokio::time::Instant::now() + self.options.patience;
        let mut queues = false;
        let reserved = loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if let Some(reserved) = self.reserve() {
                break reserved;
            }
            if !queues {
                queues = true;
                self.seen.lock().unwrap().queued += 1;
                if self.options.used_by_others && self.options.patience > Duration::from_secs(2) {
                    let all = self.slots().len();
                    (0..all).for_each(|slot| self.free(slot));
                    continue;
                }
            }
            if tokio::time::timeout_at(deadline, freed).await.is_err() {
                return error("session not created", "Could not start a new session. New session request timed out \nBuild info: of a small grid");
            }
        };
        let node = self.slots()[reserved.1].node;
        let body = if self.options.bidi { body } else { body.replace("\"webSocketUrl\":true", "\"webSocketUrl\":false") };
        let Some((status, answer)) = self.forward(node, Method::POST, "/session", body).await else {
            return error("session not created", "the node does not answer");
        };
        if let Some(id) = answer["value"]["sessionId"].as_str() {
            let mut slots = self.slots();
            slots[reserved.1].session = Some(id.to_owned());
            let with_session: Vec<usize> =
                slots.iter().filter(|slot| slot.session.as_deref().is_some_and(|id| id != TAKEN)).map(|slot| slot.node).collect();
            drop(slots);
            let nodes = with_session.iter().collect::<std::collections::BTreeSet<_>>().len();
            let mut seen = self.seen.lock().unwrap();
            seen.made.push(id.to_owned());
            seen.nodes_at_once = seen.nodes_at_once.max(nodes);
            seen.sessions_at_once = seen.sessions_at_once.max(with_session.len());
        }
        (status, answer)
    }

    async fn command(&self, method: Method, path: &str, body: String) -> (StatusCode, Value) {
        let id = path.trim_start_matches("/session/").split('/').next().unwrap_or_default();
        let found = self.slots().iter().enumerate().find(|(_, slot)| slot.session.as_deref() == Some(id)).map(|(at, slot)| (at, slot.node));
        let Some((at, node)) = found else { return lost(id) };
        if self.options.first_node_dies && node == 0 && (path.ends_with("/click") || path.ends_with("/value")) {
            let driver = self.nodes.lock().unwrap()[0].take();
            if let Some(driver) = driver {
                driver.stop().await;
            }
        }
        let is_end = method == Method::DELETE && path == format!("/session/{id}");
        let answered = self.forward(node, method, path, body).await;
        if is_end || answered.is_none() {
            self.free(at);
        }
        answered.unwrap_or_else(|| lost(id))
    }
}

fn error(error: &str, message: &str) -> (StatusCode, Value) {
    let status = if error == "invalid session id" { StatusCode::NOT_FOUND } else { StatusCode::INTERNAL_SERVER_ERROR };
    (status, json!({ "value": { "error": error, "message": message, "stacktrace": "" } }))
}

fn lost(id: &str) -> (StatusCode, Value) {
    error("invalid session id", &format!("Unable to find session with ID: {id}"))
}

async fn answer(State(hub): State<Arc<Hub>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let given = head.headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok()).unwrap_or_default();
    if hub.options.credentials.is_some_and(|wanted| given != format!("Basic {wanted}")) {
        hub.refused.fetch_add(1, Ordering::Relaxed);
        return (StatusCode::UNAUTHORIZED, "who are you?").into_response();
    }
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    let path = head.uri.path().to_owned();
    let (status, answer) = match (&head.method, path.as_str()) {
        (&Method::GET, "/status") => (StatusCode::OK, hub.status()),
        (&Method::POST, "/session") => hub.new_session(body).await,
        _ => hub.command(head.method, &path, body).await,
    };
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer.to_string()).into_response()
}
