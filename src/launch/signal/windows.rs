//! Ctrl-Break, a console that is closed, a user who logs off, a system that shuts down.

use std::io;

use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_logoff, ctrl_shutdown};

/// Waits for the first of these.
pub(super) async fn terminated() {
    tokio::select! {
        () = once(ctrl_break(), async |mut event| event.recv().await) => {}
        () = once(ctrl_close(), async |mut event| event.recv().await) => {}
        () = once(ctrl_logoff(), async |mut event| event.recv().await) => {}
        () = once(ctrl_shutdown(), async |mut event| event.recv().await) => {}
    }
}

/// Waits for an event; for ever where it cannot be listened for, since there is still Ctrl-C.
async fn once<T>(event: io::Result<T>, comes: impl AsyncFnOnce(T) -> Option<()>) {
    let has_come = match event {
        Ok(event) => comes(event).await.is_some(),
        Err(_) => false,
    };
    if !has_come {
        std::future::pending::<()>().await;
    }
}
