//! A connection to the browser, by `WebDriver BiDi` or by the `DevTools` protocol: commands by number, events into the watch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use url::Url;

use crate::agent::browser::devtools::events;
use crate::agent::browser::watch::Watch;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The number of commands that no one waits for.
const UNASKED: u64 = 0;

type Pending = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, String>>>>>;

/// Why a command has no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum CallError {
    /// The browser is gone.
    #[error("{method}: the browser closed its connection")]
    Closed {
        /// The command.
        method: String,
    },
    /// It failed, or was not answered in time.
    #[error("{method}: {why}")]
    Failed {
        /// The command.
        method: String,
        /// The browser's words.
        why: String,
    },
}

impl From<CallError> for String {
    fn from(error: CallError) -> Self {
        error.to_string()
    }
}

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// `WebDriver BiDi`.
    Bidi,
    /// The `DevTools` protocol of Chromium.
    DevTools,
}

/// The connection.
#[derive(Debug)]
pub(super) struct Socket {
    next: AtomicU64,
    sender: mpsc::UnboundedSender<String>,
    pending: Pending,
    watch: Arc<Watch>,
    /// It ends when this is dropped.
    _task: JoinSet<()>,
}

impl Socket {
    /// Connects to an address of the scheme `ws`. The credentials of a driver's address go with it where it is at the same host.
    pub async fn connect(url: &str, protocol: Protocol, webdriver: Option<&Url>) -> Result<Self, String> {
        let mut request = url.into_client_request().map_err(|error| error.to_string())?;
        if let Some(credentials) = webdriver.filter(|webdriver| is_beside(url, webdriver)).and_then(basic) {
            request.headers_mut().insert(AUTHORIZATION, credentials);
        }
        let connecting = tokio::time::timeout(PATIENCE, tokio_tungstenite::connect_async(request));
        let (socket, _) = connecting.await.map_err(|_| format!("{url} does not answer"))?.map_err(|e| e.to_string())?;
        let (sender, mut commands) = mpsc::unbounded_channel::<String>();
        let pending: Pending = Pending::default();
        let watch = Arc::new(Watch::default());
        let (waiting, seen) = (Arc::clone(&pending), Arc::clone(&watch));
        let mut task = JoinSet::new();
        task.spawn(async move {
            let (mut sink, mut stream) = socket.split();
            loop {
                tokio::select! {
                    command = commands.recv() => match command {
                        Some(command) => if sink.send(Message::text(command)).await.is_err() { break },
                        None => break,
                    },
                    message = stream.next() => match message {
                        Some(Ok(Message::Text(text))) => {
                            if let Some(answer) = take_in(&text, protocol, &waiting, &seen)
                                && sink.send(Message::text(answer)).await.is_err()
                            {
                                break;
                            }
                        }
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                        Some(Ok(_)) => {}
                    },
                }
            }
            // Callers that still wait see the end of their channel.
            waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
        });
        Ok(Self { next: AtomicU64::new(1), sender, pending, watch, _task: task })
    }

    /// True once the browser has closed it.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// What was seen of the network.
    pub fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }

    /// Sends a command and waits for its result.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, CallError> {
        self.send(method, json!({ "method": method, "params": params })).await
    }

    /// The same in a session of the `DevTools` protocol, which is a page or a frame.
    pub async fn call_in(&self, session: &str, method: &str, params: Value) -> Result<Value, CallError> {
        self.send(method, json!({ "method": method, "params": params, "sessionId": session })).await
    }

    async fn send(&self, method: &str, mut command: Value) -> Result<Value, CallError> {
        let closed = || CallError::Closed { method: method.to_owned() };
        let failed = |why: String| CallError::Failed { method: method.to_owned(), why };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        command["id"] = json!(id);
        self.sender.send(command.to_string()).map_err(|_| closed())?;
        let answer = tokio::time::timeout(PATIENCE, receiver).await;
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match answer {
            Ok(Ok(result)) => result.map_err(failed),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(failed(format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }
}

/// True if a connection goes to the host and the port of the driver.
fn is_beside(url: &str, webdriver: &Url) -> bool {
    Url::parse(url).is_ok_and(|url| url.host() == webdriver.host() && url.port_or_known_default() == webdriver.port_or_known_default())
}

/// The credentials in an address as the header of a request (RFC 7617).
fn basic(url: &Url) -> Option<HeaderValue> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (name, password) = (decoded(url.username()), decoded(url.password().unwrap_or_default()));
    if name.is_empty() && password.is_empty() {
        return None;
    }
    HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))).ok()
}

/// Takes in a message; returns what is to be answered at once, if anything is.
fn take_in(text: &str, protocol: Protocol, pending: &Pending, watch: &Watch) -> Option<String> {
    let mut message = serde_json::from_str::<Value>(text).ok()?;
    if let Some(id) = message["id"].as_u64() {
        let waiting = pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)?;
        let result = match (&message["error"], protocol) {
            (Value::Null, _) => Ok(message["result"].take()),
            (Value::String(error), Protocol::Bidi) => Err(format!("{error} ({})", message["message"].as_str().unwrap_or_default())),
            (error, _) => Err(error["message"].as_str().unwrap_or("an error without words").to_owned()),
        };
        let _ = waiting.send(result);
        return None;
    }
    let method = message["method"].as_str()?;
    match protocol {
        Protocol::Bidi => {
            watch.take_in(method, &message["params"]);
            None
        }
        Protocol::DevTools => {
            let session = message["sessionId"].as_str()?;
            let answer = events::take_in(watch, session, method, &message["params"])?;
            // No number of a command of ours: that answer is waited for by nothing.
            Some(json!({ "id": UNASKED, "method": answer.0, "params": answer.1, "sessionId": session }).to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credentials_of_a_grid_go_to_the_grid_alone() {
        let grid = Url::parse("http://joe:pass%20word@grid.example:4444/").expect("an address");
        assert!(is_beside("ws://grid.example:4444/session/1/se/bidi", &grid));
        assert!(!is_beside("ws://node.example:4444/session/1", &grid) && !is_beside("ws://grid.example:9222/session/1", &grid));
        assert_eq!(basic(&grid).expect("a header"), "Basic am9lOnBhc3Mgd29yZA==");
        assert_eq!(basic(&Url::parse("http://grid.example:4444/").expect("an address")), None);
    }
}
