//! SIGTERM.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for SIGTERM; for ever where that cannot be listened for, since there is still Ctrl-C.
pub(super) async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}
