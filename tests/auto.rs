//! `--agent auto`: the browser logs in first, plain HTTP where it is shown to come to the same, and every report says which did.

use std::path::Path;

use oa_authtest::issuer as embedded;
use oa_authtest::result::model::{FindingOutcome, RunReport, Verdict};

use crate::common::{EmbeddedIssuer, Ended, free_port, program, quick, results, run, test};

/// It is about what the browser is shown.
const PROMPT: &str = "prompt-and-max-age/prompt-login";
/// They are about tokens.
const TOKENS: [&str; 3] = ["registration/private-key-jwt", "registration/jwks-uri", "registration/signed-userinfo"];
/// Who books for sellers sees each login.
const BOOKING: &str = "dynamic-client-registration/authorization-code-flow";

fn call(folder: &Path, issuer: &EmbeddedIssuer, flags: &[&str]) -> (Ended, RunReport) {
    let mut command = program(folder);
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    command.args(["run", "--issuer", issuer.url(), "--profile", "oidc,openactive", "--redirect-uri", &redirect_uri, "--jobs", "1"]);
    command.args(["--initial-access-token", embedded::INITIAL_ACCESS_TOKEN]);
    command.args(["--username", embedded::USERNAME, "--password", embedded::PASSWORD]);
    command.args(TOKENS.iter().chain([&PROMPT, &BOOKING]).flat_map(|test| ["--test", *test])).args(flags);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder);
    assert_eq!(report.tests.len(), 5, "{}", ended.said());
    for test in &report.tests {
        assert!(matches!(test.verdict, Verdict::Passed | Verdict::Suggested), "{}: {:?}\n{}", test.id, test.reason, ended.said());
    }
    (ended, report)
}

/// What logged in, in one word.
fn agents(report: &RunReport) -> Vec<(&str, &str)> {
    let word = |agent: Option<&str>| agent.map_or("none", |agent| if agent.starts_with("Chromium ") { "browser" } else { "http" });
    report
        .tests
        .iter()
        .map(|test| (test.id.as_str(), if test.agent.as_deref() == Some("HTTP forms") { "http" } else { word(test.agent.as_deref()) }))
        .collect()
}

#[test]
fn later_logins_of_a_kind_do_without_the_browser_and_every_report_says_so() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = EmbeddedIssuer::start(&[]);
    let (_, report) = call(folder.path(), &issuer, &[]);
    let by_http: Vec<&str> = agents(&report).into_iter().filter(|(_, by)| *by == "http").map(|(id, _)| id).collect();
    assert!(by_http.len() >= 2 && by_http.iter().all(|id| TOKENS.contains(id)), "{:?}", agents(&report));
    assert!(agents(&report).iter().all(|(_, by)| *by != "none"), "{:?}", agents(&report));
    let said = format!("; HTTP forms in {} tests", by_http.len());
    assert!(report.environment.agent.ends_with(&said), "{}", report.environment.agent);
    let read = |name: &str| std::fs::read_to_string(folder.path().join("reports").join(name)).expect("it is written");
    assert!(read("summary.md").contains(&said), "{}", read("summary.md"));
    assert_eq!(read("report.html").matches("; logged in by HTTP forms").count(), by_http.len());
    let markdown = read(&format!("{}.md", by_http[0])).lines().next().map(str::to_owned);
    assert!(markdown.is_some_and(|line| line.ends_with("| Logged in by: HTTP forms")), "the first line says it");
    // Of each login in the browser there are pictures.
    assert!(folder.path().join("reports/screenshots").join(BOOKING).is_dir());
    let (_, report) = call(folder.path(), &issuer, &["--agent", "webdriver"]);
    assert!(agents(&report).iter().all(|(_, by)| *by == "browser"), "{:?}", agents(&report));
    assert!(!report.environment.agent.contains("HTTP"), "{}", report.environment.agent);
}

#[test]
fn where_the_pages_need_scripts_the_browser_logs_in_in_every_test() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = EmbeddedIssuer::start(&["--pages", "script-login"]);
    let (ended, report) = call(folder.path(), &issuer, &[]);
    assert!(agents(&report).iter().all(|(_, by)| *by == "browser"), "{:?}", agents(&report));
    let is_told = |id: &str| format!("{:?}", test(&report, id).steps).contains("made the request once more");
    let repeated: Vec<_> = TOKENS.iter().filter(|id| is_told(id)).collect();
    assert!(!repeated.is_empty() && repeated.len() < TOKENS.len(), "it is tried once for each kind: {repeated:?}\n{}", ended.said());
}

#[test]
fn the_consent_that_was_given_over_plain_http_is_not_missed_in_the_browser() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let issuer = EmbeddedIssuer::start(&["--redirect-uri", &redirect_uri]);
    let (known, new) = ("authorization-code/basic", "authorization-code/client-secret-post");
    let call = |flags: &[&str]| {
        let mut command = program(folder.path());
        command.args(["run", "--issuer", issuer.url(), "--profile", "oidc", "--jobs", "1", "--redirect-uri", &redirect_uri]).args(flags);
        command.args([
            "--client-id",
            embedded::CLIENT_ID,
            "--client-secret",
            embedded::CLIENT_SECRET,
            "--initial-access-token",
            embedded::INITIAL_ACCESS_TOKEN,
        ]);
        command.args(["--username", embedded::USERNAME, "--password", embedded::PASSWORD]);
        let ended = run(command);
        assert_eq!(ended.code, 0, "{}", ended.said());
        results(folder.path())
    };
    call(&["--agent", "http", "--test", known]);
    // The browser is shown no consent page to the configured client, so that the one to the new client is no page that it was shown.
    let report = call(&["--test", known, "--test", new]);
    let test = test(&report, new);
    assert!(format!("{:?}", test.steps).contains("made the request once more"), "it was not tried over plain HTTP first");
    let judged = test.findings.iter().find(|finding| finding.rule == "consent/shown-to-new-client").map(|finding| finding.outcome);
    assert_eq!(judged, Some(FindingOutcome::NotApplicable));
}
