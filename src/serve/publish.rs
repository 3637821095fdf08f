//! Renders what has changed, for as long as somebody reads it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use super::board::{Board, Snapshot};
use super::news::News;

/// The shortest pause between two renderings.
const PAUSE: Duration = Duration::from_millis(100);

/// How many times as long as the last rendering took the next one waits at least: testing goes before showing.
const SHARE: u32 = 4;

/// What the publisher is sent.
pub enum Message {
    /// Something to show.
    News(News),
    /// Somebody wants to read: what there is by now, and then each newer version.
    Read(oneshot::Sender<watch::Receiver<Arc<Snapshot>>>),
    /// Somebody wants to know when everything before this is rendered for those who read.
    Done(oneshot::Sender<()>),
}

/// Keeps the page up to date until nobody can send anything any more.
pub async fn publish(mut board: Board, mut inbox: mpsc::UnboundedReceiver<Message>) {
    let (shown, _) = watch::channel(Arc::new(Snapshot::default()));
    let mut next = Instant::now();
    loop {
        let (mut joining, mut asking) = (Vec::new(), Vec::new());
        let is_wanted = shown.receiver_count() > 0 && board.is_stale();
        let first = tokio::select! {
            message = inbox.recv() => match message {
                None => return,
                message => message,
            },
            () = sleep_until(next), if is_wanted => None,
        };
        for message in first.into_iter().chain(std::iter::from_fn(|| inbox.try_recv().ok())) {
            match message {
                Message::News(news) => board.take(news),
                Message::Read(reader) => joining.push(reader),
                Message::Done(asker) => asking.push(asker),
            }
        }
        let is_hurried = board.has_ended() || !asking.is_empty();
        let is_due = shown.receiver_count() > 0 && board.is_stale() && (is_hurried || Instant::now() >= next);
        if is_due || !joining.is_empty() {
            let began = Instant::now();
            let rendered = tokio::task::spawn_blocking(move || {
                let snapshot = board.render();
                (board, snapshot)
            });
            // A panic is a bug of this program that concerns the page alone: it ends here.
            let Ok((returned, snapshot)) = rendered.await else { return };
            board = returned;
            next = Instant::now() + PAUSE.max(began.elapsed() * SHARE);
            shown.send_if_modified(|known| {
                let is_newer = known.version != snapshot.version;
                *known = Arc::new(snapshot);
                is_newer
            });
        }
        // One that has gone again does not matter.
        for reader in joining {
            let _ = reader.send(shown.subscribe());
        }
        for asker in asking {
            let _ = asker.send(());
        }
    }
}
