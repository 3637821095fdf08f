//! Whatever ends us, no driver and no browser stays behind.
//!
//! Each run carries a mark of its own in its environment, which every process it starts inherits; `/proc` shows who still has it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::common::{free_port, program, quick, results};

const MARK: &str = "KILL_TEST_MARK";

/// An issuer whose authorization endpoint never answers, so that a run stays in the middle of its browser step for as long as the test likes.
fn silent_issuer() -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://127.0.0.1:{}", listener.local_addr().expect("it has one").port());
    let base = issuer.clone();
    let (asked, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            if let Some(silent) = answer(stream, &base) {
                kept.push(silent);
                let _ = asked.send(());
            }
        }
    });
    (issuer, told)
}

/// Answers one request; hands the connection back if it is to stay silent.
fn answer(mut stream: TcpStream, base: &str) -> Option<TcpStream> {
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    reader.read_line(&mut line).ok()?;
    let mut header = String::new();
    while reader.read_line(&mut header).ok()? > 2 {
        header.clear();
    }
    let body = if line.contains("/.well-known/openid-configuration") {
        format!(r#"{{"issuer":"{base}","authorization_endpoint":"{base}/authorize","token_endpoint":"{base}/token","jwks_uri":"{base}/jwks"}}"#)
    } else if line.contains("/jwks") {
        r#"{"keys":[]}"#.to_owned()
    } else if line.contains("/authorize") {
        return Some(stream);
    } else {
        return None;
    };
    let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    None
}

/// The processes that carry the mark: pid and command line.
fn marked(mark: &str) -> Vec<(u32, String)> {
    let wanted = format!("{MARK}={mark}");
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            let carries = environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes());
            let command = std::fs::read(entry.path().join("cmdline")).ok()?;
            carries.then(|| (pid, String::from_utf8_lossy(&command).replace('\0', " ")))
        })
        .collect()
}

/// Every descendant of a process: pid and command line. A browser's children write over their environment, so the mark alone does not find them.
fn descendants(of: u32) -> Vec<(u32, String)> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(u32, u32, String)> = processes
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = stat.rsplit_once(") ")?.1.split_whitespace().nth(1)?.parse().ok()?;
            let command = std::fs::read(entry.path().join("cmdline")).ok()?;
            Some((pid, parent, String::from_utf8_lossy(&command).replace('\0', " ")))
        })
        .collect();
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut ancestors = vec![of];
    while let Some(ancestor) = ancestors.pop() {
        for (pid, _, command) in parents.iter().filter(|(_, parent, _)| *parent == ancestor) {
            ancestors.push(*pid);
            found.push((*pid, command.clone()));
        }
    }
    found
}

/// Those of some processes that still run; a pid that went to another command does not count.
fn alive(processes: &[(u32, String)]) -> Vec<&(u32, String)> {
    let same = |(pid, command): &(u32, String)| {
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|now| String::from_utf8_lossy(&now).replace('\0', " ") == *command)
    };
    processes.iter().filter(|process| !process.1.is_empty() && same(process)).collect()
}

/// Starts a run and waits until its browser shows a page that never loads.
fn in_the_middle_of_a_browser_step(folder: &Path, mark: &str) -> (Child, Vec<(u32, String)>) {
    let (issuer, asked) = silent_issuer();
    let mut command = program(folder);
    command
        .args(["run", "--issuer", &issuer, "--client-id", "c", "--client-secret", "s", "--username", "u", "--password", "p"])
        .args(["--test", "booking-partner-authentication/authorization-code-flow"])
        .args(["--redirect-uri", &format!("http://localhost:{}/cb", free_port()), "--login-timeout", "60"])
        .env(MARK, mark);
    let child = command.spawn().expect("the program starts");
    asked.recv_timeout(Duration::from_secs(30)).expect("the browser asks the authorization endpoint within 30 s");
    let started = descendants(child.id());
    assert!(started.iter().any(|(_, command)| command.contains("--type=renderer")), "a browser with a page: {started:#?}");
    (child, started)
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

fn nobody_is_left(mark: &str, started: &[(u32, String)]) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !marked(mark).is_empty() || !alive(started).is_empty() {
        assert!(Instant::now() < deadline, "still there after 10 s: {:#?} {:#?}", marked(mark), alive(started));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn sigkill_leaves_nobody_behind() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mark = format!("kill-{}", std::process::id());
    let (mut child, started) = in_the_middle_of_a_browser_step(folder.path(), &mark);
    signal(&child, "-KILL");
    child.wait().expect("it ended");
    nobody_is_left(&mark, &started);
}

#[test]
fn interruptions_leave_nobody_behind_and_keep_what_was_gathered() {
    if quick() {
        return;
    }
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = format!("{name}-{}", std::process::id());
        let (mut child, started) = in_the_middle_of_a_browser_step(folder.path(), &mark);
        signal(&child, name);
        assert_eq!(child.wait().expect("it ended").code(), Some(code));
        nobody_is_left(&mark, &started);
        let report = results(folder.path());
        assert!(report.interrupted);
        assert!(report.counts.passed > 0, "discovery had been judged");
    }
}

/// What is wrong after a run of the demonstration was ended at some moment by a signal.
fn left_by(signal_name: &str, after: Duration) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let mark = format!("soak{signal_name}-{}-{}", std::process::id(), after.as_millis());
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--format", "json,markdown,html,junit,sarif,har"]).env(MARK, &mark).env("TMPDIR", &temporary);
    let mut child = command.spawn().expect("the program starts");
    std::thread::sleep(after);
    let started = descendants(child.id());
    // It may have come to its end.
    let _ = Command::new("kill").args([signal_name, &child.id().to_string()]).stderr(std::process::Stdio::null()).status();
    let signalled = Instant::now();
    child.wait().expect("it ended");
    let mut wrong = Vec::new();
    if signalled.elapsed() > Duration::from_secs(8) {
        wrong.push(format!("it ended after {:?}", signalled.elapsed()));
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    let files = |folder: &Path| std::fs::read_dir(folder).map(|entries| entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>());
    loop {
        let (marked, alive, files) = (marked(&mark), alive(&started), files(&temporary).expect("a folder"));
        if marked.is_empty() && alive.is_empty() && files.is_empty() {
            break;
        }
        if Instant::now() > deadline {
            wrong.push(format!("still there after 10 s: {marked:?} {alive:?} {files:?}"));
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let reports = folder.path().join("reports");
    for path in files(&reports).unwrap_or_default().into_iter().filter(|path| path.is_file()) {
        let text = std::fs::read_to_string(&path).expect("it is text");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_whole = match path.extension().and_then(std::ffi::OsStr::to_str) {
            Some("json" | "sarif" | "har") => serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            Some("html") => text.trim_end().ends_with("</html>"),
            Some("xml") => text.trim_end().ends_with("</testsuites>"),
            Some("md") => text.ends_with('\n'),
            // A file that is not written to its end has another name, and goes when it is not there under its own.
            _ => false,
        };
        if !is_whole {
            wrong.push(format!("{name} is not whole: {} bytes", text.len()));
        }
    }
    if signal_name != "-KILL" && started.iter().any(|(_, command)| command.contains("--type=renderer")) && !reports.join("results.json").exists() {
        wrong.push("there is no results.json".to_owned());
    }
    wrong
}

/// So many kills at moments that only look random; of each that left something, when it came and what that was.
fn kills(number: u64) {
    let mut wrong = Vec::new();
    for n in 0..number {
        let signal_name = ["-KILL", "-TERM", "-INT"][usize::try_from(n % 3).expect("a small number")];
        // Spread over what a run takes here.
        let after = Duration::from_millis(n * 7_919 % 8_000);
        wrong.extend(left_by(signal_name, after).into_iter().map(|what| format!("{signal_name} after {after:?}: {what}")));
    }
    assert!(wrong.is_empty(), "{} things wrong after {number} kills:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_few_kills_leave_nothing() {
    if quick() {
        return;
    }
    kills(4);
}

#[test]
#[ignore = "takes ten minutes: scripts/soak kills"]
fn many_kills_leave_nothing() {
    kills(51);
}
