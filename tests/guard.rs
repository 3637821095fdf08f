//! Nothing that we start outlives us.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use oa_authtest::agent::browser::{Browser, Launch};
use oa_authtest::config::{AgentConfig, AgentKind, Tls};
use oa_authtest::guard::{GuardError, Guarded, Line, MARKER};

fn guard() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_oa-authtest"))
}

/// The environments of the processes with this mark.
fn marked(marker: &str) -> Vec<String> {
    let wanted = format!("{MARKER}={marker}");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let environments = processes.filter_map(|entry| std::fs::read(entry.path().join("environ")).ok());
    environments.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).filter(|text| text.split('\0').any(|v| v == wanted)).collect()
}

/// The temporary folder of the processes with this mark.
fn folder(marker: &str) -> PathBuf {
    let environments = marked(marker);
    let mut folders = environments.iter().flat_map(|text| text.split('\0')).filter_map(|variable| variable.strip_prefix("TMPDIR="));
    PathBuf::from(folders.rfind(|folder| folder.contains("oa-authtest-")).expect("a folder of its own"))
}

fn wait_until(what: &str, limit: Duration, done: impl Fn() -> bool) {
    let deadline = Instant::now() + limit;
    while !done() {
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn shell(script: &str) -> Guarded {
    let mut guarded = Guarded::start(Some(&guard()), "/bin/sh".as_ref(), &["-c".into(), script.into()]).await.unwrap();
    assert_eq!(guarded.next_line().await, Some(Line::Out("ready".to_owned())));
    guarded
}

/// Not a test: what the next one starts and kills.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "holds a browser for ever, for a_killed_run_leaves_nothing_behind"]
async fn hold_a_browser() {
    let config = AgentConfig { kind: AgentKind::Webdriver, webdriver_url: None, headed: false, deadline: Duration::from_secs(30) };
    let browser = Browser::start(&config, &Tls::System, &Launch { guard: Some(guard()), ..Launch::default() }).await.unwrap();
    let _session = browser.open().await.unwrap();
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, format!("\nmark:{}\n", browser.marker().unwrap()).as_bytes()).unwrap();
    std::future::pending::<()>().await;
}

#[test]
fn a_killed_run_leaves_nothing_behind() {
    let mut run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "guard::hold_a_browser", "--ignored", "--nocapture"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(run.stdout.take().unwrap());
    let marker = out.by_ref().lines().map_while(Result::ok).find_map(|line| line.strip_prefix("mark:").map(str::to_owned)).expect("a browser");
    assert!(marked(&marker).len() >= 3, "guard, driver and browser: {}", marked(&marker).len());
    let folder = folder(&marker);
    assert!(folder.is_dir());
    // SIGKILL: nothing of ours runs any more.
    run.kill().unwrap();
    run.wait().unwrap();
    wait_until("all processes are gone", Duration::from_secs(5), || marked(&marker).is_empty());
    wait_until("the folder is gone", Duration::from_secs(1), || !folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_want_to_end_is_ended() {
    // One that is deaf, one that left the group, and one that is both.
    let guarded = shell(
        "trap '' TERM; setsid sleep 1000 & (trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 1000; true') & echo ready; sleep 1000; sleep 1000",
    )
    .await;
    let marker = guarded.marker().to_owned();
    wait_until("all have begun", Duration::from_secs(5), || marked(&marker).len() >= 5);
    let folder = folder(&marker);
    let begun = Instant::now();
    guarded.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(marked(&marker).is_empty(), "{:?}", marked(&marker).len());
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_guard_ends_what_it_guards() {
    let guarded = shell("echo ready; sleep 1000").await;
    let marker = guarded.marker().to_owned();
    assert!(marked(&marker).len() >= 2);
    drop(guarded);
    wait_until("all processes are gone", Duration::from_secs(5), || marked(&marker).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_program_and_its_words_are_told() {
    let mut guarded = Guarded::start(Some(&guard()), "/bin/sh".as_ref(), &["-c".into(), "echo no such library >&2; exit 7".into()]).await.unwrap();
    let mut lines = Vec::new();
    while let Some(line) = guarded.next_line().await {
        lines.push(line);
    }
    assert!(lines.contains(&Line::Err("no such library".to_owned())), "{lines:?}");
    assert!(matches!(lines.last(), Some(Line::Exit(status)) if status.contains('7')), "{lines:?}");
    let marker = guarded.marker().to_owned();
    guarded.stop().await;
    assert!(marked(&marker).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_cannot_be_started_is_named() {
    let error = Guarded::start(Some(&guard()), "/nowhere/driver".as_ref(), &[]).await.unwrap_err();
    assert!(matches!(&error, GuardError::Program { .. }) && error.to_string().contains("/nowhere/driver"), "{error}");
    let error = Guarded::start(Some("/nowhere/guard".as_ref()), "/bin/true".as_ref(), &[]).await.unwrap_err();
    assert!(matches!(&error, GuardError::Guard { .. }), "{error}");
}

#[test]
fn the_guard_touches_no_folder_but_its_own() {
    let folder = tempfile::Builder::new().prefix("precious-").tempdir().unwrap();
    let status = Command::new(guard()).arg("__guard").arg(folder.path()).arg("true").env(MARKER, "x").stdin(Stdio::null()).status().unwrap();
    assert!(!status.success() && folder.path().is_dir());
}
