//! SIGINT and SIGTERM.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;

/// The signals of this process, from when this was made on; one that cannot be listened for does what it does by itself.
pub(super) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl Signals {
    pub(super) fn listen() -> Self {
        Self { interrupt: signal(SignalKind::interrupt()).ok(), terminate: signal(SignalKind::terminate()).ok() }
    }

    /// Waits for the next of them.
    pub(super) async fn next(&mut self) -> Exit {
        tokio::select! {
            () = next(self.interrupt.as_mut()) => Exit::Interrupted,
            () = next(self.terminate.as_mut()) => Exit::Terminated,
        }
    }
}

async fn next(signal: Option<&mut Signal>) {
    let came = match signal {
        Some(signal) => signal.recv().await.is_some(),
        None => false,
    };
    if !came {
        std::future::pending::<()>().await;
    }
}
