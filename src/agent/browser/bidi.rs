//! A `WebDriver BiDi` connection: commands by number, events into the watch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

use crate::agent::browser::watch::Watch;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(15);

type Pending = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, String>>>>>;

/// The connection.
#[derive(Debug)]
pub(super) struct Bidi {
    next: AtomicU64,
    sender: mpsc::UnboundedSender<String>,
    pending: Pending,
    watch: Arc<Watch>,
    /// It ends when this is dropped.
    _task: JoinSet<()>,
}

impl Bidi {
    /// Connects to the session's `webSocketUrl`.
    pub async fn connect(url: &str) -> Result<Self, String> {
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
                        Some(Ok(Message::Text(text))) => take_in(&text, &waiting, &seen),
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
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Sends a command and waits for its result; the browser's words if it fails.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert(id, sender);
        let command = json!({ "id": id, "method": method, "params": params }).to_string();
        self.sender.send(command).map_err(|_| "the browser closed its connection".to_owned())?;
        let answer = tokio::time::timeout(PATIENCE, receiver).await;
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        match answer {
            Ok(Ok(result)) => result.map_err(|why| format!("{method}: {why}")),
            Ok(Err(_)) => Err("the browser closed its connection".to_owned()),
            Err(_) => Err(format!("{method}: no answer within {} s", PATIENCE.as_secs())),
        }
    }
}

fn take_in(text: &str, pending: &Pending, watch: &Watch) {
    let Ok(mut message) = serde_json::from_str::<Value>(text) else { return };
    if let Some(id) = message["id"].as_u64() {
        let Some(waiting) = pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) else { return };
        let result = match message["error"].as_str() {
            Some(error) => Err(format!("{error} ({})", message["message"].as_str().unwrap_or_default())),
            None => Ok(message["result"].take()),
        };
        let _ = waiting.send(result);
    } else if let Some(method) = message["method"].as_str() {
        watch.take_in(method, &message["params"]);
    }
}
