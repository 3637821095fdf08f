//! The process guard: nothing that we start outlives us, even when we are killed without a chance to tidy up.
//!
//! A `WebDriver` driver that dies leaves its browser running, and a process that is killed leaves its driver running. So we never start
//! a driver ourselves: we start our own program again as a tiny guard with a pipe on its standard input. The guard starts the driver in
//! a process group of its own, with a temporary folder of its own, and waits for the end of the pipe (we let go of it, or are gone) or
//! of the driver. Then it ends the group, whatever else carries the mark of the run, and deletes the folder.

mod keeper;

pub use keeper::{GuardError, Guarded, Line};

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// The environment variable that marks what a run started; its value is random for each guard.
pub const MARKER: &str = "OA_AUTHTEST_RUN";
/// The hidden first argument that makes this program a guard.
const SUBCOMMAND: &str = "__guard";
/// What the names of our temporary folders begin with; the guard deletes no other.
const FOLDER_PREFIX: &str = "oa-authtest-";
/// How long the group may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);

/// Acts as the guard if the command line asks for it; to be called first thing in `main`. `None` for every other command line.
pub fn main_if_asked() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != SUBCOMMAND {
        return None;
    }
    let (Some(folder), Some(program), Some(marker)) = (args.next().map(PathBuf::from), args.next(), std::env::var_os(MARKER)) else {
        return Some(ExitCode::from(2));
    };
    let ours = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FOLDER_PREFIX));
    if !ours || !folder.is_dir() {
        return Some(ExitCode::from(2));
    }
    let group = watch(&folder, &program, args);
    if let Some(group) = group {
        end(group, &marker);
    }
    remove(&folder);
    Some(if group.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts the driver and returns its group once it is to be ended, or `None` if it could not be started.
fn watch(folder: &Path, program: &OsString, args: impl Iterator<Item = OsString>) -> Option<Pid> {
    // The orphans of the driver become our children, so that we can see them end where no init collects them (containers).
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let group = runtime.block_on(async {
        // Once listened for, these no longer end us: only the end of the pipe does.
        let _held: Vec<_> = [SignalKind::interrupt(), SignalKind::hangup(), SignalKind::terminate(), SignalKind::quit()]
            .into_iter()
            .filter_map(|kind| signal(kind).ok())
            .collect();
        let mut command = Command::new(program);
        command.args(args).env("TMPDIR", folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut driver = match command.spawn() {
            Ok(driver) => driver,
            Err(error) => {
                say("fail", &error.to_string());
                return None;
            }
        };
        let group = driver.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))?;
        say("pid", &group.as_raw_nonzero().to_string());
        let outputs = (forward("out", driver.stdout.take()), forward("err", driver.stderr.take()));
        tokio::select! {
            () = end_of_stdin() => {}
            () = exit_of(&mut driver, outputs) => {}
        }
        Some(group)
    });
    // A thread still waits for standard input: not to be waited for.
    runtime.shutdown_background();
    group
}

/// Resolves when the other end of our standard input is gone.
async fn end_of_stdin() {
    let (gone, end) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut sink = [0; 256];
        while matches!(std::io::stdin().read(&mut sink), Ok(n) if n > 0) {}
        let _ = gone.send(());
    });
    let _ = end.await;
}

async fn exit_of(driver: &mut Child, outputs: (impl Future<Output = ()>, impl Future<Output = ()>)) {
    let (out, err) = outputs;
    let both = async { tokio::join!(out, err) };
    tokio::pin!(both);
    let status = tokio::select! {
        status = driver.wait() => {
            // Its last words may still be in the pipes; its children may hold these open.
            let _ = tokio::time::timeout(Duration::from_millis(200), both).await;
            status
        }
        _ = &mut both => driver.wait().await,
    };
    say("exit", &status.map_or_else(|error| error.to_string(), |status| status.to_string()));
}

async fn forward(what: &'static str, from: Option<impl AsyncRead + Unpin>) {
    let Some(from) = from else { return };
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        say(what, &line);
    }
}

/// Reports to the process that started this one, which may have ended.
fn say(what: &str, line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{what} {line}");
    let _ = out.flush();
}

/// Ends the group, politely first, and then whatever carries the mark of the run.
fn end(group: Pid, marker: &OsString) {
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

/// True if no process of the group is left. Collects those that have ended.
fn gone(group: Pid) -> bool {
    while matches!(rustix::process::wait(WaitOptions::NOHANG), Ok(Some(_))) {}
    rustix::process::test_kill_process_group(group).is_err()
}

fn wait_until(patience: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The processes, but for this one, that carry the mark in their environment. Empty where there is no `/proc`.
fn marked(marker: &OsString) -> Vec<Pid> {
    use std::os::unix::ffi::OsStrExt;
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

/// Deletes the folder; a process that is just ending may still be writing to it.
fn remove(folder: &Path) {
    wait_until(GRACE, || std::fs::remove_dir_all(folder).is_ok() || !folder.exists());
}
