//! Ctrl-C, Ctrl-Break, a console that is closed, a user who logs off, a system that shuts down.

use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};

use crate::exit::Exit;

/// The events of this process, from when this was made on; one that cannot be listened for does what it does by itself.
pub(super) struct Signals {
    interrupt: Option<CtrlC>,
    stop: Option<CtrlBreak>,
    close: Option<CtrlClose>,
    log_off: Option<CtrlLogoff>,
    shut_down: Option<CtrlShutdown>,
}

/// Waits for an event; for ever where it cannot be listened for.
macro_rules! next {
    ($event:expr) => {
        async {
            let came = match &mut $event {
                Some(event) => event.recv().await.is_some(),
                None => false,
            };
            if !came {
                std::future::pending::<()>().await;
            }
        }
    };
}

impl Signals {
    pub(super) fn listen() -> Self {
        Self {
            interrupt: ctrl_c().ok(),
            stop: ctrl_break().ok(),
            close: ctrl_close().ok(),
            log_off: ctrl_logoff().ok(),
            shut_down: ctrl_shutdown().ok(),
        }
    }

    /// Waits for the next of them.
    pub(super) async fn next(&mut self) -> Exit {
        tokio::select! {
            () = next!(self.interrupt) => Exit::Interrupted,
            () = next!(self.stop) => Exit::Terminated,
            () = next!(self.close) => Exit::Terminated,
            () = next!(self.log_off) => Exit::Terminated,
            () = next!(self.shut_down) => Exit::Terminated,
        }
    }
}
