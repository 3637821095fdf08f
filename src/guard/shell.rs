//! A command of the user's, run by the shell. It is no part of a run: what it starts and leaves behind (a server that was started again) goes on.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use thiserror::Error;

use super::platform;

/// Why a command did not do what it is for. None of this shows the command, in which there may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShellError {
    /// There is no shell, or it cannot be started.
    #[error("the shell could not be started: {0}")]
    NoShell(String),
    /// It did not end in time.
    #[error("it did not end within {} s", .0.as_secs())]
    Late(Duration),
    /// It ended and says that it failed.
    #[error("it ended with {0}")]
    Failed(ExitStatus),
}

/// Runs a command and waits for its end; one that takes longer than `patience` is ended. What it prints is not read.
///
/// # Errors
/// [`ShellError`] unless it ended with success.
pub async fn run(command: &str, patience: Duration) -> Result<(), ShellError> {
    let mut shell = platform::shell(command);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = shell.spawn().map_err(|error| ShellError::NoShell(error.to_string()))?;
    let ended = tokio::time::timeout(patience, child.wait()).await.map_err(|_| ShellError::Late(patience))?;
    let status = ended.map_err(|error| ShellError::NoShell(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(ShellError::Failed(status)) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_ends_well_or_badly_or_not_in_time() {
        let patience = Duration::from_secs(10);
        assert_eq!(run("printf '%s' 'a b' | grep -q 'a b'", patience).await, Ok(()));
        assert!(matches!(run("echo secret; exit 3", patience).await, Err(ShellError::Failed(status)) if status.code() == Some(3)));
        assert_eq!(run("exec sleep 60", Duration::from_millis(50)).await, Err(ShellError::Late(Duration::from_millis(50))));
    }
}
