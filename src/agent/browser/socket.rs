//! A connection to the browser, by `WebDriver BiDi` or by the `DevTools` protocol: commands by number, events into the watch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

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
    /// Connects to an address of the scheme `ws`.
    pub async fn connect(url: &str, protocol: Protocol) -> Result<Self, String> {
        let connecting = tokio::time::timeout(PATIENCE, tokio_tungstenite::connect_async(url));
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
