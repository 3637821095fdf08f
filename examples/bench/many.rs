//! What a run takes by the number of its tests: the same login again and again, over plain HTTP, with all reports.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use oa_authtest::issuer::RunningIssuer;
use serde_json::{Value, json};
use url::Url;

use super::{Failure, MOST, command};

/// What the lines of the table are called.
pub const WHAT: &str = "many tests";

/// The numbers of tests.
const NUMBERS: [usize; 3] = [50, 200, 1000];
/// The most tests of a document.
const MOST_IN_DOCUMENT: usize = 500;
const MB: f64 = 1_000_000.0;

/// The table: the time and the most memory of a run for each number of tests, and how often the memory is that of the first.
pub async fn table(program: &Path, issuer: &RunningIssuer, redirect_uri: &Url) -> Result<String, Failure> {
    let mut table = "| many tests | time | each | memory | ratio |\n|--:|--:|--:|--:|--:|\n".to_owned();
    let mut first = None;
    for tests in NUMBERS {
        let (taken, memory) = tokio::time::timeout(MOST, run(program, issuer, redirect_uri, tests)).await??;
        let seconds = taken.as_secs_f64();
        #[allow(clippy::cast_precision_loss, reason = "it is shown with three digits")]
        let (each, memory) = (1000.0 * seconds / tests as f64, memory as f64 / MB);
        let ratio = memory / *first.get_or_insert(memory);
        writeln!(table, "| {tests} | {seconds:.1} s | {each:.0} ms | {memory:.1} MB | {ratio:.2} × |")?;
    }
    Ok(table)
}

/// How long a run of so many tests took, and the most memory that it had, in bytes.
async fn run(program: &Path, issuer: &RunningIssuer, redirect_uri: &Url, tests: usize) -> Result<(Duration, u64), Failure> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("own"))?;
    for (n, document) in documents(tests).enumerate() {
        std::fs::write(folder.path().join(format!("own/{n}.json")), document.to_string())?;
    }
    let flags = ["--agent", "http", "--tests-from", "own", "--profile", "many"];
    let mut command = command(program, issuer, redirect_uri, folder.path(), &flags);
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let pid = child.id().ok_or("it has ended already")?;
    let mut memory = 0;
    let status: ExitStatus = loop {
        tokio::select! {
            status = child.wait() => break status?,
            () = tokio::time::sleep(Duration::from_millis(10)) => memory = peak(pid).unwrap_or(memory),
        }
    };
    if status.success() { Ok((begun.elapsed(), memory)) } else { Err(format!("{tests} tests: {status}").into()) }
}

/// Documents with so many tests, each of which is a login of its own.
fn documents(tests: usize) -> impl Iterator<Item = Value> {
    let steps = json!([
        { "discover": {} },
        { "fetch-key-set": {} },
        { "use-client": { "grant-types": ["authorization_code"] } },
        { "authorize": { "scope": "openid email" } },
        { "exchange-code": {} },
        { "fetch-userinfo": {} },
    ]);
    let of_document = move |first: usize| {
        let numbers = first..tests.min(first + MOST_IN_DOCUMENT);
        let test = |n| json!({ "id": format!("login-{n}"), "title": format!("Login {n}"), "description": "A login.", "steps": steps });
        json!({
            "id": format!("many-{first}"),
            "profile": "many",
            "category": "Many",
            "title": "Many logins",
            "description": "The same login again and again.",
            "tests": numbers.map(test).collect::<Vec<_>>(),
        })
    };
    (0..tests).step_by(MOST_IN_DOCUMENT).map(of_document)
}

/// The most memory that a process had so far, in bytes, where the system says so.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
}
