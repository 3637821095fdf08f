//! What takes too long: an endpoint that does not answer, a run that has a limit, and a signal in the middle of it.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use oa_authtest::result::model::{RunReport, Verdict};
use serde_json::json;

use crate::common::patched::{command, issuer};
use crate::common::{Ended, results, run};

/// An address that takes connections and never answers.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/silent", listener.local_addr().expect("it has one"));
    (listener, url)
}

/// Runs all tests against an issuer whose metadata name a silent address.
async fn against_silence(member: &str, more: &[&str]) -> (Ended, RunReport) {
    let (_listener, url) = silent();
    let place = format!("/{member}");
    let patch = json!([{"at": "discovery", "set": {&place: url}}, {"at": "server-metadata", "set": {&place: url}}]);
    let (issuer, redirect_uri) = issuer(patch).await;
    let folder = tempfile::tempdir().expect("a folder");
    let more: Vec<String> = ["--profile", "openactive,oidc,oauth,security"].iter().chain(more).map(|word| (*word).to_owned()).collect();
    let command = command(&issuer, &redirect_uri, folder.path(), &more);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
    let report = results(folder.path());
    issuer.stop().await;
    (ended, report)
}

/// The reasons of the tests that could not be tested, without those that say the same.
fn reasons(report: &RunReport) -> Vec<String> {
    let errored = report.tests.iter().filter(|test| test.verdict == Verdict::Errored);
    let mut reasons: Vec<String> = errored.filter_map(|test| test.reason.clone()).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_does_not_answer_is_not_waited_for_again_and_again() {
    for (member, says) in [("token_endpoint", "no answer within 2 s"), ("authorization_endpoint", "no answer came in time")] {
        let (ended, report) = against_silence(member, &["--timeout", "2"]).await;
        let all = reasons(&report);
        let errored = report.tests.iter().filter(|test| test.verdict == Verdict::Errored).count();
        // Each would wait for two seconds, four side by side.
        assert!(errored > 40 && ended.took < Duration::from_secs(30), "{errored} tests in {:?}: {all:?}", ended.took);
        let asked = all.iter().find(|reason| reason.contains(says)).unwrap_or_else(|| panic!("{all:?}"));
        assert!(asked.contains("/silent"), "{asked}");
        let not_asked: Vec<&String> = all.iter().filter(|reason| reason.contains("3 requests in a row had no answer in time")).collect();
        let [not_asked] = not_asked[..] else { panic!("{all:?}") };
        let test = not_asked.split(", as in ").nth(1).and_then(|rest| rest.split(',').next()).expect("a test is named");
        let named = report.tests.iter().find(|of| of.id == test).unwrap_or_else(|| panic!("{not_asked}"));
        assert!(named.reason.as_deref().is_some_and(|reason| reason.contains(says)), "{named:?}");
        assert_eq!(ended.code, 3, "{}", ended.said());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_a_limit_ends_and_says_what_it_did_not_come_to() {
    // The clean-up of the tests under way has its own limit.
    let (ended, report) = against_silence("token_endpoint", &["--timeout", "60", "--run-timeout", "4"]).await;
    assert!(ended.took < Duration::from_secs(4 + 8), "{:?}", ended.took);
    assert_eq!((ended.code, report.interrupted, report.ended_after_s), (3, true, Some(4)), "{}", ended.said());
    assert!(ended.stdout.contains("The run was ended after 4 s (--run-timeout)."), "{}", ended.said());
    assert_eq!(reasons(&report), ["the time of the run was over (--run-timeout 4)"]);
    assert!(report.tests.iter().any(|test| test.counts.passed > 0), "discovery had been judged");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn after_a_signal_the_reports_are_there_within_five_seconds() {
    let (listener, url) = silent();
    listener.set_nonblocking(true).expect("it is made so");
    let patch = json!([{"at": "discovery", "set": {"/token_endpoint": url, "/revocation_endpoint": url, "/registration_endpoint": url}}]);
    let (issuer, redirect_uri) = issuer(patch).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = command(&issuer, &redirect_uri, folder.path(), &["--timeout", "60"].map(str::to_owned));
    let mut child = command.spawn().expect("the program starts");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let (_asked, _) = tokio::time::timeout(Duration::from_secs(30), listener.accept()).await.expect("it is asked").expect("a connection");
    let sent = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let signalled = Instant::now();
    let status = tokio::task::spawn_blocking(move || child.wait()).await.expect("it ends").expect("it is waited for");
    assert!(signalled.elapsed() < Duration::from_secs(5), "{:?}", signalled.elapsed());
    assert_eq!(status.code(), Some(143));
    let report = results(folder.path());
    assert!(report.interrupted && report.ended_after_s.is_none());
    for name in ["summary.md", "report.html"] {
        assert!(folder.path().join("reports").join(name).is_file(), "{name}");
    }
    issuer.stop().await;
}
