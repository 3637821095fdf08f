//! What is guarded on Unix: the driver with its process group, and whatever else carries the mark of the run.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::ExitStatus;

use rustix::process::{Pid, Signal, WaitOptions};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::{GRACE, MARKER, wait_until};

/// The variables that name the folder for temporary files.
pub(super) const FOLDER_VARIABLES: &[&str] = &["TMPDIR"];

/// The shell with a command.
pub(super) fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    shell
}

/// Has the orphans of the driver become our children, so that we can see them end where no init collects them (containers).
pub(super) fn collect_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Listens for what would end this process, and does nothing about it for as long as the result is kept.
pub(super) fn be_deaf() -> impl Sized {
    let kinds = [SignalKind::interrupt(), SignalKind::hangup(), SignalKind::terminate(), SignalKind::quit()];
    kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect::<Vec<_>>()
}

/// Has a process that is about to be started be out of reach of what the terminal sends to this one.
pub(super) fn set_apart(command: &mut std::process::Command) {
    command.process_group(0);
}

/// Ends the processes of a guard that does not do it itself, by the id that it gave of what it guards.
pub(super) fn end_from_outside(id: u32) {
    if let Some(group) = pid(id) {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
}

fn pid(id: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(id).ok()?)
}

/// A process that leads a group, and all that it started.
pub(super) struct Tree {
    driver: Child,
    group: Option<Pid>,
}

impl Tree {
    /// Starts the process.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        let driver = command.process_group(0).spawn()?;
        Ok(Self { group: driver.id().and_then(pid), driver })
    }

    /// The id of the process, which is that of its group.
    pub(super) fn id(&self) -> Option<u32> {
        self.driver.id()
    }

    /// Its standard output and its standard error; `None` the second time.
    pub(super) fn outputs(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.driver.stdout.take(), self.driver.stderr.take())
    }

    /// Waits for the process itself.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.driver.wait().await
    }

    /// Ends the group, politely first, and then whatever carries the mark of the run.
    pub(super) fn end(self, marker: &OsString) {
        let Some(group) = self.group else { return };
        let _ = rustix::process::kill_process_group(group, Signal::TERM);
        wait_until(GRACE, || gone(group));
        if !gone(group) {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
        wait_until(GRACE, || {
            let strays = marked(marker);
            for stray in &strays {
                let _ = rustix::process::kill_process(*stray, Signal::KILL);
            }
            strays.is_empty() && gone(group)
        });
    }
}

/// True if no process of the group is left. Collects those that have ended.
fn gone(group: Pid) -> bool {
    while matches!(rustix::process::wait(WaitOptions::NOHANG), Ok(Some(_))) {}
    rustix::process::test_kill_process_group(group).is_err()
}

/// The processes, but for this one, that carry the mark in their environment. Empty where there is no `/proc`.
fn marked(marker: &OsString) -> Vec<Pid> {
    let wanted = [MARKER.as_bytes(), b"=", marker.as_bytes()].concat();
    let own = rustix::process::getpid();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .filter(|pid| *pid != own)
        .filter(|pid| {
            let environment = std::fs::read(format!("/proc/{}/environ", pid.as_raw_nonzero())).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == wanted)
        })
        .collect()
}
