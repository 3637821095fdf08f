//! A rule whose level depends on the profile: what only a best current practice makes a MUST fails in profile `security` and warns elsewhere.

use std::fs;
use std::path::Path;

use oa_authtest::result::model::FindingOutcome;
use oa_authtest::rule::Level;

use crate::common::{program, results, run};

const RULE: &str = "login/password-not-resent";
const NOTE: &str = "only RFC 9700, a best current practice, demands this: it is a failure in profile security, and a warning in other profiles";

/// Runs a test against an issuer whose login form is answered with 307, and gives the exit code and what the terminal showed.
fn run_with_flaw(folder: &Path, profile: &str, test: &str) -> (i32, String) {
    let mut command = program(folder);
    command.args(["run", "--demo", "--agent", "http", "--flaw", "login-password-resent", "--profile", profile, "--test", test]);
    let ended = run(command);
    (ended.code, ended.said())
}

#[test]
fn a_rule_of_a_best_current_practice_fails_in_profile_security_and_warns_elsewhere() {
    for (profile, test, level, code) in
        [("security", "bearer-tokens/userinfo", Level::Must, 1), ("oidc", "authorization-code/basic", Level::Should, 0)]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let (ended, said) = run_with_flaw(folder.path(), profile, test);
        assert_eq!(ended, code, "{profile}: {said}");
        let report = results(folder.path());
        let broken: Vec<_> =
            report.tests.iter().flat_map(|test| &test.findings).filter(|finding| finding.outcome == FindingOutcome::Failed).collect();
        let ours: Vec<_> = broken.iter().filter(|finding| finding.rule == RULE).collect();
        assert!(!ours.is_empty() && ours.iter().all(|finding| finding.level == level && finding.level_note.as_deref() == Some(NOTE)), "{said}");
        assert_eq!((report.counts.failures > 0, report.counts.warnings > 0), (level == Level::Must, level == Level::Should), "{said}");
        assert!(said.contains(RULE) && said.contains("a best current practice"), "{said}");
        let summary = fs::read_to_string(folder.path().join("reports/summary.md")).expect("a summary");
        assert!(summary.contains(&format!("level: {NOTE}")), "{summary}");
    }
}

#[test]
fn explain_says_that_the_level_depends_on_the_profile() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["explain", RULE]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert!(ended.stdout.contains(NOTE), "{}", ended.said());
}
