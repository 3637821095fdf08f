//! What is guarded on Windows: the driver with all that it starts, as a job that ends when the last handle to it is closed. The guard holds the only
//! handle, so the system ends the job even if the guard itself is killed.

use std::ffi::OsString;
use std::io;
use std::os::windows::process::CommandExt as _;
use std::process::ExitStatus;

use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject, KillOnDrop};
use tokio::process::{ChildStderr, ChildStdout, Command};

/// The shell with a command, as it is: `cmd` takes quotation marks as no other program does.
pub(super) fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").raw_arg(command);
    shell
}

/// The variables that name the folder for temporary files.
pub(super) const FOLDER_VARIABLES: &[&str] = &["TMP", "TEMP"];

/// `CREATE_NEW_PROCESS_GROUP`: Ctrl-C in the console does not reach such a process, nor what it starts.
const NEW_PROCESS_GROUP: u32 = 0x0000_0200;

/// Nothing to do: a job keeps what was started within it.
pub(super) fn collect_orphans() {}

/// Nothing to do: see [`set_apart`].
pub(super) fn be_deaf() -> impl Sized {}

/// Has a process that is about to be started be out of reach of Ctrl-C in this console.
pub(super) fn set_apart(command: &mut std::process::Command) {
    command.creation_flags(NEW_PROCESS_GROUP);
}

/// Nothing to do: the job ends with the guard.
pub(super) fn end_from_outside(_id: u32) {}

/// A process in a job of its own, and all that it started.
pub(super) struct Tree {
    job: Box<dyn ChildWrapper>,
}

impl Tree {
    /// Starts the process, which runs only once it is in its job.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn start(command: Command) -> io::Result<Self> {
        let job = CommandWrap::from(command).wrap(KillOnDrop).wrap(JobObject).spawn()?;
        Ok(Self { job })
    }

    /// The id of the process.
    pub(super) fn id(&self) -> Option<u32> {
        self.job.id()
    }

    /// Its standard output and its standard error; `None` the second time.
    pub(super) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.job.stdout().take(), self.job.stderr().take())
    }

    /// Waits for the process itself, and not for the rest of its job.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.job.inner_mut().wait().await
    }

    /// Ends every process of the job.
    pub(super) fn end(mut self, _marker: &OsString) {
        let _ = self.job.start_kill();
    }
}
