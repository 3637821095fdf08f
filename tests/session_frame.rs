//! Session management in a real browser: the page of the issuer in a frame, what keeps it from answering, and the agent that has no frames.

use oa_authtest::result::model::{FindingOutcome, LeftOut, RunReport, Verdict};

use crate::common::{Ended, free_port, program, quick, results, run, test};

/// Runs the tests of session management at the embedded issuer that has it.
fn run_with(more: &[&str]) -> (Ended, RunReport) {
    run_as("certification", more)
}

/// The same at an issuer with this face.
fn run_as(persona: &str, more: &[&str]) -> (Ended, RunReport) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--persona", persona, "--profile", "oidc", "--test", "session-management/*", "--screenshots=false"]).args(more);
    let ended = run(command);
    let report = results(folder.path());
    (ended, report)
}

/// The rules of the frame with this outcome.
fn rules(report: &RunReport, outcome: FindingOutcome) -> Vec<&str> {
    let all = report.tests.iter().flat_map(|test| &test.findings);
    let mut rules: Vec<&str> =
        all.filter(|finding| finding.outcome == outcome && finding.rule.starts_with("session-frame/")).map(|finding| finding.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

#[test]
fn a_page_of_another_site_learns_of_a_logout() {
    if quick() {
        return;
    }
    let (ended, report) = run_with(&["--agent", "webdriver"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert!(rules(&report, FindingOutcome::Failed).is_empty(), "{}", ended.said());
    assert_eq!(rules(&report, FindingOutcome::Passed).len(), 10, "{}", ended.said());
}

#[test]
fn a_redirect_uri_by_https_is_of_the_same_site() {
    if quick() {
        return;
    }
    let redirect_uri = format!("https://localhost:{}/cb", free_port());
    // The browser gives the cookie to a frame on the same host, whatever its attributes.
    let (ended, report) = run_with(&["--agent", "webdriver", "--redirect-uri", &redirect_uri, "--flaw", "session-state-out-of-sight"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert_eq!(report.environment.redirect_uri, redirect_uri);
    assert_eq!(rules(&report, FindingOutcome::Passed).len(), 10, "{}", ended.said());
}

#[test]
fn what_the_browser_hides_is_left_out() {
    if quick() {
        return;
    }
    let (ended, report) = run_with(&["--agent", "webdriver", "--flaw", "session-state-out-of-sight"]);
    assert_eq!(ended.code, 4, "{}", ended.said());
    for story in &report.tests {
        assert_eq!((story.verdict, &story.left_out), (Verdict::LeftOut, &Some(LeftOut::HiddenByBrowser)), "{}: {}", story.id, ended.said());
    }
}

#[test]
fn a_page_that_may_not_be_in_a_frame_says_why() {
    if quick() {
        return;
    }
    let (ended, report) = run_with(&["--agent", "webdriver", "--flaw", "session-frame-not-framed", "--test", "session-management/frame"]);
    assert_eq!((ended.code, rules(&report, FindingOutcome::Failed)), (1, vec!["session-frame/answers"]), "{}", ended.said());
    let findings = &test(&report, "session-management/frame").findings;
    let broken = findings.iter().find(|finding| finding.outcome == FindingOutcome::Failed && finding.rule == "session-frame/answers");
    let actual = &broken.expect("it is broken").actual;
    assert!(actual.contains("frame-ancestors 'none'"), "{actual}");
}

#[test]
fn without_a_browser_the_tests_are_left_out() {
    let (ended, report) = run_with(&["--agent", "http"]);
    for story in &report.tests {
        let setting = LeftOut::Lacks { setting: "--agent".to_owned() };
        assert_eq!((story.verdict, &story.left_out), (Verdict::LeftOut, &Some(setting)), "{}: {}", story.id, ended.said());
    }
    let (ended, report) = run_as("openactive", &["--agent", "http"]);
    let story = test(&report, "session-management/logout");
    assert_eq!((story.verdict, &story.left_out), (Verdict::LeftOut, &Some(LeftOut::NotOffered)), "{}", ended.said());
}
