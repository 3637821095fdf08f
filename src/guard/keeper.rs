//! The near end of the pipe: starts the guard and keeps it waiting.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use super::folder::{self, FolderError};
use super::{can_be_this_program, platform, remove};

/// How many of the driver's last lines are kept for messages.
const RECENT: usize = 12;
/// How long the guard may take to end everything.
const PATIENCE: Duration = Duration::from_secs(6);

/// Why a guarded process could not be started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GuardError {
    /// The guard itself, our own program, could not be started.
    #[error("could not start the process guard {program}: {why}")]
    Guard {
        /// Our own program.
        program: String,
        /// The system's words.
        why: String,
    },
    /// This program is no guard, and no other was named.
    #[error("a browser needs a guard process, which ends it whatever happens to this program")]
    None,
    /// The temporary folder could not be made.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The program could not be started.
    #[error("could not start {program}: {why}")]
    Program {
        /// The program.
        program: String,
        /// The system's words.
        why: String,
    },
}

/// What the guard tells about the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A line of its standard output.
    Out(String),
    /// A line of its standard error.
    Err(String),
    /// It has ended, and how.
    Exit(String),
}

/// A process that ends when this is dropped, or when we are gone.
#[derive(Debug)]
pub struct Guarded {
    guard: Child,
    pipe: Option<ChildStdin>,
    /// What the guard calls the guarded process.
    id: u32,
    folder: PathBuf,
    marker: String,
    lines: mpsc::Receiver<Line>,
    recent: Arc<Mutex<VecDeque<String>>>,
}

impl Guarded {
    /// Starts a program under a guard, with a temporary folder of its own and out of reach of what the terminal sends to this program. The guard
    /// is `guard`, by default this very program, whose `main` must have called [`super::main_if_asked`].
    ///
    /// # Errors
    /// Says which of the two could not be started and why.
    pub async fn start(guard: Option<&Path>, program: &Path, args: &[OsString]) -> Result<Self, GuardError> {
        let own = match guard {
            Some(path) => path.to_owned(),
            None if !can_be_this_program() => return Err(GuardError::None),
            None => std::env::current_exe().map_err(|e| GuardError::Guard { program: "(this program)".to_owned(), why: e.to_string() })?,
        };
        let broken = |why: String| GuardError::Guard { program: own.display().to_string(), why };
        let folder = folder::make()?;
        let marker = random().ok_or_else(|| broken("no random numbers".to_owned()))?;
        let mut command = super::command(&own, folder.path(), &marker);
        command.arg(program).args(args);
        let mut guard = Command::from(command).spawn().map_err(|e| broken(e.to_string()))?;
        let pipe = guard.stdin.take();
        let Some(stdout) = guard.stdout.take() else { return Err(broken("no pipe".to_owned())) };
        let mut said = BufReader::new(stdout).lines();
        let first = tokio::time::timeout(PATIENCE, said.next_line()).await.map_err(|_| broken("it does not answer".to_owned()))?;
        let first = first.map_err(|e| broken(e.to_string()))?.unwrap_or_default();
        let id = match first.split_once(' ') {
            Some(("fail", why)) => return Err(GuardError::Program { program: program.display().to_string(), why: why.to_owned() }),
            Some(("pid", id)) => id.parse().ok(),
            _ => None,
        };
        let id = id.ok_or_else(|| broken(format!("it said {first:?}")))?;
        // From here on the folder is the guard's to delete.
        let folder = folder.keep();
        let recent = Arc::new(Mutex::new(VecDeque::new()));
        let (sender, lines) = mpsc::channel(64);
        tokio::spawn(listen(said, sender, Arc::clone(&recent)));
        Ok(Self { guard, pipe, id, folder, marker, lines, recent })
    }

    /// The next line the process says; `None` once it has ended.
    pub async fn next_line(&mut self) -> Option<Line> {
        self.lines.recv().await
    }

    /// The last lines the process said, for a message.
    pub fn recent(&self) -> Vec<String> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The value of [`super::MARKER`] in the environment of the guard and of everything it started.
    pub fn marker(&self) -> &str {
        &self.marker
    }

    /// Ends the process with all its descendants and deletes its folder.
    pub async fn stop(mut self) {
        drop(self.pipe.take());
        let orderly = tokio::time::timeout(PATIENCE, self.guard.wait()).await.is_ok_and(|status| status.is_ok_and(|status| status.success()));
        if !orderly {
            // The guard itself was ended or hangs: what it guards is ended here.
            platform::end_from_outside(self.id);
            let _ = self.guard.start_kill();
            let folder = self.folder;
            let _ = tokio::task::spawn_blocking(move || remove(&folder)).await;
        }
    }
}

type Said = tokio::io::Lines<BufReader<tokio::process::ChildStdout>>;

/// Reads on for as long as the guard speaks, whether anyone listens or not: a full pipe would hold it up.
async fn listen(mut said: Said, sender: mpsc::Sender<Line>, recent: Arc<Mutex<VecDeque<String>>>) {
    while let Ok(Some(line)) = said.next_line().await {
        let (what, text) = line.split_once(' ').unwrap_or((&line, ""));
        let line = match what {
            "out" => Line::Out(text.to_owned()),
            "err" => Line::Err(text.to_owned()),
            "exit" => Line::Exit(text.to_owned()),
            _ => continue,
        };
        {
            let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
            if recent.len() == RECENT {
                recent.pop_front();
            }
            recent.push_back(text.to_owned());
        }
        let _ = sender.try_send(line);
    }
}

pub(super) fn random() -> Option<String> {
    use std::fmt::Write;
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
