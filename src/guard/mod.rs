//! The process guard: nothing that we start outlives us, even when we are killed without a chance to tidy up.
//!
//! A `WebDriver` driver that dies leaves its browser running, and a process that is killed leaves its driver running. So we never start
//! a driver ourselves: we start our own program again as a tiny guard with a pipe on its standard input. The guard starts the driver with
//! a temporary folder of its own, holds it together with all that it starts (on Unix as a process group, on Windows as a job), and waits for
//! the end of the pipe (we let go of it, or are gone) or of the driver. Then it ends all of them and deletes the folder. A guard without a driver keeps a
//! folder only.

mod folder;
mod keeper;
pub mod shell;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as platform;
#[cfg(windows)]
use windows as platform;

pub use folder::{Folder, FolderError};
pub use keeper::{GuardError, Guarded, Line};

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use platform::Tree;

/// The environment variable that marks what a run started; its value is random for each guard.
pub const MARKER: &str = "OA_AUTHTEST_RUN";
/// The hidden first argument that makes this program a guard.
const SUBCOMMAND: &str = "__guard";
/// What the names of our temporary folders begin with; the guard deletes no other.
const FOLDER_PREFIX: &str = "oa-authtest-";
/// How long the guarded processes may take to end after they were asked to.
const GRACE: Duration = Duration::from_secs(2);

/// Whether this program has asked if it is to be a guard, and so can be one.
static CAN_GUARD: AtomicBool = AtomicBool::new(false);

/// Acts as the guard if the command line asks for it; to be called first thing in `main`. `None` for every other command line.
pub fn main_if_asked() -> Option<ExitCode> {
    CAN_GUARD.store(true, Ordering::Relaxed);
    let mut args = std::env::args_os().skip(1);
    if args.next()? != SUBCOMMAND {
        return None;
    }
    let (Some(folder), Some(marker)) = (args.next().map(PathBuf::from), std::env::var_os(MARKER)) else {
        return Some(ExitCode::from(2));
    };
    let ours = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FOLDER_PREFIX));
    if !ours || !folder.is_dir() {
        return Some(ExitCode::from(2));
    }
    let has_started = match args.next() {
        Some(program) => {
            let guarded = watch(&folder, &program, args);
            guarded.map(|tree| tree.end(&marker)).is_some()
        }
        None => keep().is_some(),
    };
    remove(&folder);
    Some(if has_started { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What starts a program as the guard of a folder, with a pipe for as long as it is to guard and out of reach of what the terminal sends to this one.
fn command(program: &Path, folder: &Path, marker: &str) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    command.arg(SUBCOMMAND).arg(folder).env(MARKER, marker);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    platform::set_apart(&mut command);
    command
}

/// Waits for the end of the pipe.
fn keep() -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let _deaf = platform::be_deaf();
        say("ready", "");
        end_of_stdin().await;
    });
    runtime.shutdown_background();
    Some(())
}

/// True if this very program can be the guard: its `main` called [`main_if_asked`]. Any other program would do again what it was started for.
pub fn can_be_this_program() -> bool {
    CAN_GUARD.load(Ordering::Relaxed)
}

/// Starts the driver and returns it with all that it started once these are to be ended, or `None` if it could not be started.
fn watch(folder: &Path, program: &OsString, args: impl Iterator<Item = OsString>) -> Option<Tree> {
    platform::collect_orphans();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let tree = runtime.block_on(async {
        // Only the end of the pipe ends us.
        let _deaf = platform::be_deaf();
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(platform::FOLDER_VARIABLES.iter().map(|name| (name, folder)));
        let mut tree = match Tree::start(command) {
            Ok(tree) => tree,
            Err(error) => {
                say("fail", &error.to_string());
                return None;
            }
        };
        say("pid", &tree.id()?.to_string());
        let (out, err) = tree.outputs();
        let outputs = (forward("out", out), forward("err", err));
        tokio::select! {
            () = end_of_stdin() => {}
            () = exit_of(&mut tree, outputs) => {}
        }
        Some(tree)
    });
    // A thread still waits for standard input: not to be waited for.
    runtime.shutdown_background();
    tree
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

async fn exit_of(driver: &mut Tree, outputs: (impl Future<Output = ()>, impl Future<Output = ()>)) {
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
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    // Not every system speaks UTF-8, and a pipe that nobody reads would hold the driver up.
    while matches!(from.read_until(b'\n', &mut line).await, Ok(length) if length > 0) {
        say(what, String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
        line.clear();
    }
}

/// Reports to the process that started this one, which may have ended.
fn say(what: &str, line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{what} {line}");
    let _ = out.flush();
}

fn wait_until(patience: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Deletes the folder; a process that is just ending may still be writing to it.
fn remove(folder: &Path) {
    wait_until(GRACE, || std::fs::remove_dir_all(folder).is_ok() || !folder.exists());
}
