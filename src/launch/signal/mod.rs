//! What the system sends to a program that is to end: Ctrl-C, SIGTERM and the like.
//!
//! They are listened for from the beginning ([`listen`]). Who has something to finish first claims them ([`claim`]). Where no one does, the program ends at
//! once: what it has made for itself goes with it.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
use windows as platform;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use crate::exit::Exit;

/// Who has claimed the signals.
static CLAIM: Mutex<Option<UnboundedSender<Exit>>> = Mutex::new(None);
/// How long what was made may take to be cleared away when the program ends at once.
const GRACE: Duration = Duration::from_secs(2);

/// A signal that no one has claimed.
pub struct Unclaimed(oneshot::Receiver<Exit>);

impl Unclaimed {
    /// Waits for it, and says how the program is to end. The program ends by itself two seconds later.
    pub async fn come(self) -> Exit {
        match self.0.await {
            Ok(exit) => exit,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Listens for signals from now on, on the runtime that is entered. To be called once in a process, by its `main`.
pub fn listen() -> Unclaimed {
    let (unclaimed, came) = oneshot::channel();
    let mut signals = platform::Signals::listen();
    tokio::spawn(async move {
        let exit = loop {
            let exit = signals.next().await;
            let claim = CLAIM.lock().unwrap_or_else(PoisonError::into_inner);
            if claim.as_ref().is_none_or(|claim| claim.send(exit).is_err()) {
                break exit;
            }
        };
        let _ = unclaimed.send(exit);
        // What goes on without ever waiting would not notice; and a second signal means now.
        tokio::select! {
            () = tokio::time::sleep(GRACE) => {}
            _ = signals.next() => {}
        }
        std::process::exit(exit.code().into());
    });
    Unclaimed(came)
}

/// Signals that come to who made this claim, until it is dropped.
pub struct Claim(UnboundedReceiver<Exit>);

/// Claims the signals of the process, from an earlier claim too.
pub fn claim() -> Claim {
    let (to_claim, signals) = mpsc::unbounded_channel();
    *CLAIM.lock().unwrap_or_else(PoisonError::into_inner) = Some(to_claim);
    Claim(signals)
}

impl Claim {
    /// Waits for the next signal, and says how the program ends because of it. Never resolves in a program that does not listen for them.
    pub async fn next(&mut self) -> Exit {
        match self.0.recv().await {
            Some(exit) => exit,
            // Another has claimed them.
            None => std::future::pending().await,
        }
    }
}
