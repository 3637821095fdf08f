//! What the system sends to a program that is to end.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
use windows as platform;

use crate::exit::Exit;

/// Waits for Ctrl-C, or for what else the system ends programs with, and says which it was.
pub async fn signal() -> Exit {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Exit::Interrupted,
        () = platform::terminated() => Exit::Terminated,
    }
}
