//! What a user sees when the machine or a setting is not as it should be, against the embedded issuer.

use std::net::TcpListener;
use std::time::Duration;

use oa_authtest::result::model::Verdict;

use crate::common::{EmbeddedIssuer, program, quick, results, run};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn the_demo_passes_without_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!(report.tests.len(), 6);
    assert!(report.tests.iter().all(|test| test.verdict == Verdict::Passed), "{}", ended.said());
    assert!(folder.path().join("reports/summary.md").is_file());
}

#[test]
fn the_demo_passes_in_the_browser_over_tls() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!((report.verdict, report.counts.failures), (Verdict::Passed, 0), "{}", ended.said());
}

#[test]
fn a_flaw_is_a_failure_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--flaw", "id-token-expired"]);
    let ended = run(command);
    assert_eq!(ended.code, 1, "{}", ended.said());
    assert!(ended.stdout.contains("id-token/exp-future"), "{}", ended.said());
}

#[test]
fn a_taken_port_is_named_before_anything_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("it has one").port();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--redirect-uri", &format!("http://localhost:{port}/cb")]);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stderr.contains(&port.to_string()) && ended.stderr.contains("--redirect-uri"), "{}", ended.said());
    assert!(!folder.path().join("reports").exists(), "nothing had started");
    assert!(ended.took < SOON);
}

#[test]
fn nothing_selected_is_exit_4() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--test", "no-such/test"]);
    let ended = run(command);
    assert_eq!(ended.code, 4, "{}", ended.said());
    assert!(ended.stderr.contains("no-such/test") && ended.stderr.contains("oa-authtest list"), "{}", ended.said());
}

#[test]
fn everything_skipped_is_exit_4_and_says_what_to_configure() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--issuer", "http://localhost:1", "--test", "*/authorization-*", "--test", "*/authentication-*"]);
    let ended = run(command);
    assert_eq!(ended.code, 4, "{}", ended.said());
    assert!(ended.stdout.contains("--username") && ended.stdout.contains("--dataset-site-url"), "{}", ended.said());
}

#[test]
fn with_only_an_issuer_what_can_be_done_is_done_and_the_rest_is_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = EmbeddedIssuer::start(&[]);
    let mut command = program(folder.path());
    command.args(["run", "--issuer", issuer.url()]);
    let ended = run(command);
    // Its registration is protected, so no client is to be had: that is for the user to configure, and no fault of the issuer's.
    assert_eq!(ended.code, 3, "{}", ended.said());
    for named in ["--initial-access-token", "--client-id", "--username", "--dataset-site-url"] {
        assert!(ended.stdout.contains(named), "{named} is not named: {}", ended.said());
    }
    let report = results(folder.path());
    assert!(report.counts.passed > 30, "discovery and the key set were judged: {:?}", report.counts);
    assert_eq!(report.counts.failures, 0);
}

#[test]
fn no_browser_is_named_soon() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--test", "*/authorization-code-flow", "--webdriver-url", "http://127.0.0.1:9"]);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stdout.contains("http://127.0.0.1:9"), "{}", ended.said());
    assert!(ended.took < SOON, "{:?}", ended.took);
}

#[test]
fn a_report_that_cannot_be_written_does_not_hide_a_failure() {
    let folder = tempfile::tempdir().expect("a folder");
    // A folder in the summary's place cannot be replaced by a file.
    std::fs::create_dir_all(folder.path().join("reports/summary.md/taken")).expect("it is made");
    for (flaw, code) in [("id-token-expired", 1), ("none", 3)] {
        let mut command = program(folder.path());
        command.args(["run", "--demo", "--agent", "http", "--test", "*/authorization-code-flow"]);
        if flaw != "none" {
            command.args(["--flaw", flaw]);
        }
        let ended = run(command);
        assert_eq!(ended.code, code, "{}", ended.said());
        assert!(ended.stderr.contains("summary.md"), "{}", ended.said());
    }
    assert!(folder.path().join("reports/results.json").is_file(), "what was gathered is kept");
}

#[test]
fn a_listing_that_cannot_be_written_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = program(folder.path());
    command.arg("list").stdout(full);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stderr.contains("standard output"), "{}", ended.said());
}

#[test]
fn a_misspelt_variable_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--test", "no-such/test"]).env("OA_AUTHTEST_REDIRECT_URL", "http://localhost:1/cb");
    let ended = run(command);
    assert!(ended.stderr.contains("OA_AUTHTEST_REDIRECT_URL") && ended.stderr.contains("OA_AUTHTEST_REDIRECT_URI"), "{}", ended.said());
}

#[test]
fn two_runs_are_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    for (dir, flaw) in [("good", None), ("bad", Some("id-token-expired"))] {
        let mut command = program(folder.path());
        command.args(["run", "--demo", "--agent", "http", "--test", "*/authorization-code-flow", "--report-dir", dir]);
        command.args(flaw.iter().flat_map(|flaw| ["--flaw", flaw]));
        run(command);
    }
    let compare = |before: &str, after: &str| {
        let mut command = program(folder.path());
        command.args(["compare", &format!("{before}/results.json"), &format!("{after}/results.json")]);
        run(command)
    };
    let worse = compare("good", "bad");
    assert_eq!(worse.code, 1, "{}", worse.said());
    assert!(worse.stdout.starts_with("# ❌ Worse") && worse.stdout.contains("id-token/exp-future"), "{}", worse.said());
    let better = compare("bad", "good");
    assert_eq!(better.code, 0, "{}", better.said());
    assert!(better.stdout.contains("## Better") && better.stdout.contains("id-token/exp-future"), "{}", better.said());
    assert_eq!(compare("good", "nowhere").code, 2);
}
