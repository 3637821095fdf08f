//! An issuer that is too busy now and then: what that leaves untested is said once and by its cause, and no rule fails for it.

use oa_authtest::result::model::{FindingOutcome, RunReport, Verdict};

use crate::common::{Ended, program, quick, results, run};

/// Runs against the embedded issuer with this variant, and gives what was said and the folder of the reports.
fn against(variant: &str, arguments: &[&str]) -> (Ended, RunReport, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--flaw", variant, "--format", "json,markdown,html,junit"]).args(arguments);
    let ended = run(command);
    let report = results(folder.path());
    (ended, report, folder)
}

fn failed(report: &RunReport) -> Vec<String> {
    let findings = report.tests.iter().flat_map(|test| test.findings.iter().map(move |finding| (test, finding)));
    let failed = findings.filter(|(_, finding)| finding.outcome == FindingOutcome::Failed);
    failed.map(|(test, finding)| format!("{} in {}: {}", finding.rule, test.id, finding.actual)).collect()
}

#[test]
fn whatever_is_not_answered_no_rule_fails_for_it() {
    let (ended, report, _folder) =
        against("gateway-now-and-then", &["--agent", "http", "--profile", "openactive,oidc,oauth,security", "--timeout", "5"]);
    assert_eq!(failed(&report), Vec::<String>::new(), "{}", ended.said());
    let errored = report.tests.iter().filter(|test| test.verdict == Verdict::Errored).count();
    assert!(errored > 10, "{errored}: {}", ended.said());
    for test in &report.tests {
        assert_ne!(test.verdict, Verdict::Failed, "{}: {:?}", test.id, test.reason);
    }
}

#[test]
fn an_endpoint_that_stays_busy_is_one_cause_in_every_report() {
    let (ended, report, folder) = against("token-endpoint-busy", &["--agent", "http", "--profile", "oidc"]);
    assert_eq!((ended.code, failed(&report)), (3, Vec::new()), "{}", ended.said());
    let reasons: std::collections::BTreeSet<&str> =
        report.tests.iter().filter(|test| test.verdict == Verdict::Errored).filter_map(|test| test.reason.as_deref()).collect();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    let cause = "the issuer answered 503 (Service Unavailable), and once more after a wait, which says nothing about conformance";
    let read = |name: &str| std::fs::read_to_string(folder.path().join("reports").join(name)).expect("a report");
    let shown = html_summary(&read("report.html"));
    for (name, text) in [("console", ended.stdout.as_str()), ("summary.md", &read("summary.md")), ("report.html", &shown)] {
        assert_eq!(text.matches(cause).count(), 1, "{name}: {text}");
    }
    assert!(!reasons.iter().any(|reason| reason.contains("/token")), "{reasons:?}");
}

/// The part of the page about the whole run that says what could not be tested.
fn html_summary(page: &str) -> String {
    let begin = page.find("<h2>Could not be tested</h2>").expect("a section");
    page[begin..].split("</section>").next().unwrap_or_default().to_owned()
}

#[test]
fn a_browser_asks_a_busy_issuer_for_a_page_once_more() {
    if quick() {
        return;
    }
    let stories = ["--profile", "oidc", "--jobs", "1", "--test", "prompt-and-max-age/*"];
    let (ended, report, _folder) = against("busy-now-and-then", &stories);
    assert_eq!(failed(&report), Vec::<String>::new(), "{}", ended.said());
    for test in &report.tests {
        assert_ne!(test.verdict, Verdict::Errored, "{}: {:?}\n{}", test.id, test.reason, ended.said());
    }
}
