//! What the end-to-end tests share: the program run as a user runs it, with a deadline, and its results read back.

pub mod browser_pages;
pub mod chromedriver;
pub mod chromium;
pub mod gate;
pub mod golden;
pub mod grid;
pub mod late_issuer;
#[cfg(target_os = "linux")]
pub mod measured;
pub mod oidc_provider;
pub mod patched;
pub mod watched;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oa_authtest::result::model::{RunReport, TestReport, Verdict};

/// The longest any run in a test may take; a run that hangs fails its test instead of the whole suite.
const DEADLINE: Duration = Duration::from_secs(120);

/// How a run of the program ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ended {
    /// Everything it said, for a message.
    pub fn said(&self) -> String {
        format!("exit code {}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// The program with none of the caller's settings in its environment, in an empty folder.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_oa-authtest"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OA_AUTHTEST_")) {
        command.env_remove(name);
    }
    // Whoever runs the tests in GitHub Actions wants neither their annotations nor their summaries.
    command.env_remove("TERM").env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end, or fails the test at the deadline.
pub fn run(command: Command) -> Ended {
    run_within(DEADLINE, command)
}

/// The same with another deadline.
pub fn run_within(deadline: Duration, mut command: Command) -> Ended {
    let started = Instant::now();
    let child = command.spawn().expect("the program starts");
    let pid = child.id();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = send.send(child.wait_with_output());
    });
    let Ok(output) = receive.recv_timeout(deadline) else {
        let _ = Command::new("kill").arg(pid.to_string()).status();
        panic!("the program did not end within {deadline:?}");
    };
    let Output { status, stdout, stderr } = output.expect("its output can be read");
    Ended {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        took: started.elapsed(),
    }
}

/// The results a run left in its report folder.
pub fn results(folder: &Path) -> RunReport {
    oa_authtest::report::json::read(&folder.join("reports/results.json")).unwrap_or_else(|error| panic!("{error}"))
}

/// One test of a run.
pub fn test<'a>(report: &'a RunReport, id: &str) -> &'a TestReport {
    report.tests.iter().find(|test| test.id == id).unwrap_or_else(|| panic!("there is no {id} in the report"))
}

/// Fails the test unless every test of a run was told to its end and broke nothing.
pub fn all_ran(report: &RunReport, ended: &Ended) {
    all_ran_but(report, ended, &[]);
}

/// The same where these tests, and no others, are left out.
pub fn all_ran_but(report: &RunReport, ended: &Ended, not_tested: &[&str]) {
    let is_left_out = |test: &&TestReport| test.verdict == Verdict::LeftOut;
    let left_out: Vec<&str> = report.tests.iter().filter(is_left_out).map(|test| test.id.as_str()).collect();
    assert_eq!(left_out, not_tested, "{}", ended.said());
    for test in report.tests.iter().filter(|test| !is_left_out(test)) {
        assert!(matches!(test.verdict, Verdict::Passed | Verdict::Suggested | Verdict::Warned), "{}: {:?}\n{}", test.id, test.reason, ended.said());
        assert_eq!(test.counts.failures, 0, "{}\n{}", test.id, ended.said());
    }
}

/// True if a JWT is in the text. Three letters are how each begins, and what is random has them now and then: the name of the first member of its header tells.
pub fn has_jwt(text: &str) -> bool {
    ["alg", "crit", "cty", "enc", "jku", "jwk", "kid", "typ", "x5c"].iter().any(|name| {
        let header = URL_SAFE_NO_PAD.encode(format!("{{\"{name}\":"));
        text.contains(&header[..header.len() - 1])
    })
}

/// A port of loopback where nobody listens, another one at each call.
///
/// It is below the ports that systems give to who asks for any (from 32768 on Linux), so that no connection takes it before its test does; and it is
/// found without listening on it, because a process that another test starts at that moment would hold a copy of the socket.
pub fn free_port() -> u16 {
    static CALLS: AtomicU16 = AtomicU16::new(0);
    const FIRST: u32 = 12_000;
    const PORTS: u32 = 20_000;
    loop {
        // Another run of the tests at the same time begins elsewhere.
        let number = std::process::id().wrapping_mul(64).wrapping_add(CALLS.fetch_add(1, Ordering::Relaxed).into());
        let port = u16::try_from(FIRST + number % PORTS).expect("it is below 32000");
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() && TcpStream::connect((Ipv6Addr::LOCALHOST, port)).is_err() {
            return port;
        }
    }
}

/// The files below a folder, by their path from it, in UTF-8.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for path in std::fs::read_dir(next).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it is below").to_str().expect("a name in UTF-8").to_owned();
                files.insert(name, std::fs::read(&path).expect("it can be read"));
            }
        }
    }
    files
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// True if `scripts/test --quick` wants neither browser nor other issuers.
pub fn quick() -> bool {
    std::env::var_os("TEST_QUICK").is_some()
}

/// Ends a child when the test does, however it does.
pub struct Ending(pub Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `oa-authtest issuer`, started for one test and gone with it.
pub struct EmbeddedIssuer {
    _process: Ending,
    url: String,
}

impl EmbeddedIssuer {
    /// Starts one on a free port with these flags.
    pub fn start(flags: &[&str]) -> Self {
        use std::io::{BufRead as _, BufReader};
        let folder = std::env::temp_dir();
        let mut command = program(&folder);
        command.args(["issuer", "--port", "0"]).args(flags);
        let mut process = Ending(command.spawn().expect("the program starts"));
        let stdout = process.0.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let url = lines.find_map(|line| line.split_whitespace().find(|word| word.starts_with("http")).map(str::to_owned));
        Self { _process: process, url: url.expect("it says where it is") }
    }

    /// The issuer.
    pub fn url(&self) -> &str {
        &self.url
    }
}
