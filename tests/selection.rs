//! What is run, what counts and how long is waited: `--last-failed`, `--rule`, `--level`, `--wait`, `--retries`, an issuer that is not there, and the
//! commands that list tests and rules.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use oa_authtest::result::model::{LeftOut, RunReport, Verdict};
use oa_authtest::rule::Level;
use serde_json::Value;

use crate::common::late_issuer::LateIssuer;
use crate::common::{Ended, free_port, program, results, run};

/// Runs the program in a folder.
fn oa_authtest(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(arguments);
    run(command)
}

/// Runs the demo in a folder without a browser, with reports in every format.
fn demo(folder: &Path, arguments: &[&str]) -> Ended {
    oa_authtest(folder, &[&["run", "--demo", "--agent", "http", "--format", "markdown,html,junit"], arguments].concat())
}

fn report(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join("reports").join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn ids(report: &RunReport) -> Vec<&str> {
    report.tests.iter().map(|test| test.id.as_str()).collect()
}

/// Fails the test unless results.json is what its schema says.
fn assert_valid(folder: &Path) {
    let schema: Value = serde_json::from_str(oa_authtest::report::schema::RESULTS).expect("it is JSON");
    let results: Value = serde_json::from_str(&report(folder, "results.json")).expect("it is JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(&results).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn only_what_failed_last_is_run_until_nothing_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = demo(folder.path(), &["--flaw", "id-token-expired"]);
    assert_eq!(first.code, 1, "{}", first.said());
    let whole = results(folder.path());
    let failed: Vec<String> = whole.tests.iter().filter(|test| test.verdict == Verdict::Failed).map(|test| test.id.clone()).collect();
    assert!(failed.len() > 1 && failed.len() < whole.tests.len(), "{failed:?}");

    // --test chooses among them, and what is not run again is not forgotten.
    let one = demo(folder.path(), &["--last-failed", "--test", &failed[0]]);
    assert_eq!(one.code, 0, "{}", one.said());
    let part = results(folder.path());
    assert_eq!(ids(&part), [failed[0].as_str()]);
    let last = part.selection.as_ref().and_then(|selection| selection.last_failed.as_ref()).expect("it says what it is a part of");
    assert_eq!((last.started.as_str(), last.tests, &last.others[..]), (whole.started.as_str(), whole.tests.len(), &failed[1..]));
    assert_valid(folder.path());
    for (name, text) in [("console", one.stdout.as_str()), ("summary.md", &report(folder.path(), "summary.md"))] {
        assert!(text.contains("holds only tests that failed in the run of"), "{name}: {text}");
    }

    let rest = demo(folder.path(), &["--last-failed", "--flaw", "id-token-expired"]);
    assert_eq!((rest.code, ids(&results(folder.path()))), (1, failed[1..].iter().map(String::as_str).collect()), "{}", rest.said());
    // A file can be named; the command that repeats a test is that of the test alone.
    std::fs::rename(folder.path().join("reports"), folder.path().join("kept")).expect("it is moved");
    let named = demo(folder.path(), &["--last-failed", "kept/results.json"]);
    let report = results(folder.path());
    assert_eq!((named.code, ids(&report)), (0, failed[1..].iter().map(String::as_str).collect()), "{}", named.said());
    assert!(!report.tests[0].command.contains("--last-failed"), "{}", report.tests[0].command);
    let done = demo(folder.path(), &["--last-failed"]);
    assert_eq!(done.code, 4, "{}", done.said());
    assert!(done.stderr.contains("no test failed in reports/results.json") && done.stderr.contains("without --last-failed"), "{}", done.said());
}

#[test]
fn a_required_test_that_did_not_run_is_run_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = "booking-partner-authentication/authorization-code-flow";
    let first = demo(folder.path(), &["--test", "*-flow", "--skip", one, "--require", one]);
    assert_eq!(first.code, 3, "{}", first.said());
    let again = demo(folder.path(), &["--last-failed"]);
    assert_eq!((again.code, ids(&results(folder.path()))), (0, vec![one]), "{}", again.said());
}

#[test]
fn what_failed_last_has_to_be_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = demo(folder.path(), &["--last-failed"]);
    assert_eq!(missing.code, 2, "{}", missing.said());
    assert!(missing.stderr.contains("reports/results.json") && missing.stderr.contains("run once without --last-failed"), "{}", missing.said());
    std::fs::write(folder.path().join("other.json"), "{}").expect("it is written");
    let foreign = demo(folder.path(), &["--last-failed", "other.json"]);
    assert_eq!(foreign.code, 2, "{}", foreign.said());
    assert!(foreign.stderr.contains("--last-failed") && foreign.stderr.contains("other.json"), "{}", foreign.said());
    let first = demo(folder.path(), &["--flaw", "id-token-expired", "--profile", "oidc", "--test", "authorization-code/basic"]);
    assert_eq!(first.code, 1, "{}", first.said());
    let elsewhere = demo(folder.path(), &["--last-failed"]);
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.said());
    assert!(elsewhere.stderr.contains("authorization-code/basic") && elsewhere.stderr.contains("--profile oidc"), "{}", elsewhere.said());
    assert_eq!(results(folder.path()).verdict, Verdict::Failed, "the earlier results are there still");
}

#[test]
fn only_the_rules_that_were_asked_for_count_and_every_report_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = demo(folder.path(), &["--flaw", "id-token-expired", "--rule", "id-token/*"]);
    assert_eq!(ended.code, 1, "{}", ended.said());
    let of_id_tokens = results(folder.path());
    let rules: BTreeSet<&str> = of_id_tokens.tests.iter().flat_map(|test| &test.findings).map(|finding| finding.rule.as_str()).collect();
    assert!(rules.contains("id-token/exp-future") && rules.iter().all(|rule| rule.starts_with("id-token/")), "{rules:?}");

    // The same issuer, asked about its keys alone.
    let ended = demo(folder.path(), &["--flaw", "id-token-expired", "--rule", "jwks/*", "--statement"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let of_keys = results(folder.path());
    assert_eq!(of_keys.selection.as_ref().map(|selection| selection.rules.clone()), Some(vec!["jwks/*".to_owned()]));
    assert!(of_keys.counts.passed > 5, "{:?}", of_keys.counts);
    assert_valid(folder.path());
    assert!(ended.stdout.contains("CONFORMANT (only the rules jwks/*): "), "{}", ended.said());
    for name in ["summary.md", "report.html", "junit.xml"] {
        assert!(report(folder.path(), name).replace('\\', "").contains("only the rules jwks/*"), "{name}");
    }
    assert!(ended.stderr.contains("there is no statement of conformance") && ended.stderr.contains("--rule"), "{}", ended.said());
    assert!(!folder.path().join("reports/statement.md").exists());

    // Beside a run of every rule it would look as if all had been mended.
    demo(folder.path(), &["--flaw", "id-token-expired", "--report-dir", "whole"]);
    let compared = oa_authtest(folder.path(), &["compare", "whole/results.json", "reports/results.json"]);
    assert_eq!(compared.code, 2, "{}", compared.said());
    assert!(compared.stderr.contains("only the rules jwks/*"), "{}", compared.said());
}

#[test]
fn a_test_that_judges_no_rule_asked_for_is_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = demo(folder.path(), &["--rule", "refresh/*"]);
    let report = results(folder.path());
    let causes: BTreeSet<Option<&str>> =
        report.tests.iter().filter(|test| test.left_out == Some(LeftOut::NoRuleAskedFor)).map(|test| test.reason.as_deref()).collect();
    assert_eq!(causes, BTreeSet::from([Some("this test judges no rule of those that --rule and --level ask for")]), "{}", ended.said());
    assert!(report.tests.iter().any(|test| test.verdict == Verdict::Passed), "{}", ended.said());
    assert_valid(folder.path());
}

#[test]
fn a_level_takes_what_is_milder_out_of_the_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let flawed = ["--flaw", "login-password-resent", "--profile", "oidc", "--test", "authorization-code/basic", "--fail-on", "warning"];
    assert_eq!(demo(folder.path(), &flawed).code, 1);
    let ended = demo(folder.path(), &[&flawed[..], &["--level", "must"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert!(report.tests.iter().flat_map(|test| &test.findings).all(|finding| finding.level == Level::Must));
    assert!(report.counts.passed > 20 && report.counts.warnings == 0, "{:?}", report.counts);
    assert!(ended.stdout.contains("only the rules of level must"), "{}", ended.said());
    assert_valid(folder.path());
    // Every level is the whole.
    demo(folder.path(), &["--level", "may", "--test", "*/authorization-code-flow"]);
    assert_eq!(results(folder.path()).selection, None);
}

#[test]
fn a_glob_that_matches_no_rule_is_met_with_what_was_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, said) in [
        (["--rule", "id-token"], "did you mean 'id-token/*'?"),
        (["--rule", "id-token/isuer"], "did you mean 'id-token/issuer'?"),
        (["--rule", "no/such"], "matches no rule"),
        (["--level", "most"], "must, should or may"),
    ] {
        let ended = demo(folder.path(), &arguments);
        assert_eq!(ended.code, 2, "{}", ended.said());
        assert!(ended.stderr.contains(arguments[0]) && ended.stderr.contains(said), "{}", ended.said());
    }
}

#[test]
fn an_issuer_that_starts_late_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = LateIssuer::start(Duration::from_secs(1), 2);
    let ended = oa_authtest(folder.path(), &["run", "--issuer", issuer.url(), "--profile", "oidc", "--test", "discovery/*", "--wait", "60"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert!(ended.stderr.contains("Waiting up to 60 s for http://127.0.0.1:"), "{}", ended.said());
    assert_eq!(results(folder.path()).counts.failures, 0);
    // Twice 500, once the answer that ended the waiting, then those of the test.
    assert!(issuer.asked() > 4, "{}", issuer.asked());
}

#[test]
fn the_waiting_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = format!("http://127.0.0.1:{}", free_port());
    let ended = oa_authtest(folder.path(), &["run", "--issuer", &issuer, "--agent", "http", "--wait", "1"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{}", ended.said());
    for part in [issuer.as_str(), "within 1 s (--wait)", "is the issuer running there?", "oa-authtest doctor"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.said());
    }
    assert!(ended.took >= Duration::from_secs(1), "{:?}", ended.took);
}

/// Runs the test of discovery against an issuer whose first answers are errors: the first is taken by the look whether it is there.
fn against_one_that_fails_at_first(folder: &Path, failures: usize, retries: &str) -> Ended {
    let issuer = LateIssuer::start(Duration::ZERO, failures);
    let arguments = ["run", "--issuer", issuer.url(), "--profile", "oidc", "--test", "discovery/*", "--format", "markdown,html,junit", "--statement"];
    oa_authtest(folder, &[&arguments[..], &["--retries", retries]].concat())
}

#[test]
fn a_test_that_passes_when_it_is_run_again_is_flaky_and_every_report_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = against_one_that_fails_at_first(folder.path(), 2, "2");
    assert_eq!(ended.code, 0, "{}", ended.said());
    let results = results(folder.path());
    let test = &results.tests[0];
    assert!(test.flaky && test.counts.failures == 0, "{:?}", test.retries);
    let [before] = &test.retries[..] else { panic!("{:?}", test.retries) };
    assert_eq!((before.verdict, before.broken[0].rule.as_str()), (Verdict::Failed, "discovery/http-200"), "{before:?}");
    assert_valid(folder.path());
    assert!(ended.stderr.contains("1 of 2 times again: discovery/http-200 is broken"), "{}", ended.said());
    for part in ["⚠️ CONFORMANT: ", "; 1 test flaky", "⚠️ flaky: it passed only when it was run again", "Exit code 0: conformant; 1 test flaky."]
    {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.said());
    }
    for (name, part) in [
        ("summary.md", "## Flaky"),
        ("summary.md", "discovery/http-200 is broken"),
        ("discovery/provider-metadata.md", "This test is flaky"),
        ("report.html", "This test is flaky"),
        ("report.html", "<h2>Flaky</h2>"),
        ("junit.xml", "<flakyFailure"),
    ] {
        assert!(report(folder.path(), name).contains(part), "{name}: {part}");
    }
    assert!(ended.stderr.contains("there is no statement of conformance: 1 test passed only when run again"), "{}", ended.said());
    // What was flaky did not fail.
    let last = oa_authtest(folder.path(), &["run", "--issuer", "http://127.0.0.1:9", "--last-failed"]);
    assert_eq!(last.code, 4, "{}", last.said());
}

#[test]
fn without_retries_once_is_enough_to_fail_and_with_them_always_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let once = against_one_that_fails_at_first(folder.path(), 2, "0");
    assert_eq!((once.code, results(folder.path()).tests[0].retries.len()), (1, 0), "{}", once.said());
    let always = against_one_that_fails_at_first(folder.path(), usize::MAX, "2");
    let results = results(folder.path());
    assert_eq!((always.code, results.tests[0].retries.len(), results.tests[0].flaky), (1, 2, false), "{}", always.said());
    assert_eq!(results.counts.failures, results.tests[0].counts.failures, "an attempt is counted once");
    assert!(report(folder.path(), "junit.xml").contains("<rerunFailure"));
    assert!(!always.stdout.contains("flaky"), "{}", always.said());
    assert_valid(folder.path());
}

#[test]
fn an_issuer_that_is_not_there_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let issuer = format!("http://127.0.0.1:{}", free_port());
    let arguments = ["run", "--issuer", &issuer, "--agent", "http", "--username", "a", "--format", "markdown,html,junit", "--retries", "3"];
    let mut command = program(folder.path());
    command.args(arguments).env("OA_AUTHTEST_PASSWORD", "b");
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    let why = format!("error: could not reach {issuer}/.well-known/openid-configuration: ");
    assert_eq!((ended.stderr.lines().count(), ended.stderr.starts_with(&why)), (1, true), "{}", ended.said());
    assert!(ended.stderr.trim_end().ends_with("; is --issuer right, does it run? try oa-authtest doctor"), "{}", ended.said());
    // Beside the warning about plain http, the verdict and where the report is.
    assert!(ended.stdout.lines().count() == 3 && !ended.stdout.contains("could not reach"), "{}", ended.said());
    let results = results(folder.path());
    let errored: Vec<_> = results.tests.iter().filter(|test| test.verdict == Verdict::Errored).collect();
    assert!(errored.len() > 2 && results.counts.errors == errored.len(), "{}", ended.said());
    assert!(results.tests.iter().any(|test| test.verdict == Verdict::Skipped), "what lacks a setting is skipped all the same");
    assert_valid(folder.path());
    assert_eq!(report(folder.path(), "summary.md").matches("is --issuer right").count(), 1);
}

#[test]
fn a_part_of_the_tests_is_listed() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = |arguments: &[&str]| oa_authtest(folder.path(), &[&["list"], arguments].concat());
    let oidc = list(&["oidc"]);
    assert_eq!(oidc.code, 0, "{}", oidc.said());
    assert!(oidc.stdout.starts_with("profile oidc\n") && oidc.stdout.matches("\nprofile ").count() == 0, "{}", oidc.said());
    let globbed = list(&["*/authorization-code-flow"]);
    let tests: Vec<&str> = globbed.stdout.lines().filter(|line| line.starts_with("    ") && line.contains('/')).collect();
    assert!(!tests.is_empty() && tests.iter().all(|line| line.contains("/authorization-code-flow — ")), "{}", globbed.said());
    let feature = list(&["prompt-and-max-age", "--json"]);
    let json: Value = serde_json::from_str(&feature.stdout).expect("it is JSON");
    let features = json["features"].as_array().expect("a list");
    assert_eq!((features.len(), features[0]["id"].as_str()), (1, Some("prompt-and-max-age")), "{}", feature.said());
    assert!(json["rules"].as_array().is_some_and(|rules| rules.len() > 400));
    for (asked, said) in [("oidv", "did you mean oidc?"), ("zebra", "openactive, "), ("[", "is not a glob")] {
        let none = list(&[asked]);
        assert_eq!(none.code, 2, "{}", none.said());
        assert!(none.stderr.contains(said), "{}", none.said());
    }
}

#[test]
fn a_family_of_rules_is_listed_with_levels_and_demands() {
    let folder = tempfile::tempdir().expect("a folder");
    let explain = |asked: &str| oa_authtest(folder.path(), &["explain", asked]);
    let family = explain("id-token");
    assert_eq!(family.code, 0, "{}", family.said());
    let (rules, end) = family.stdout.trim_end().rsplit_once("\n\n").expect("a list and a line");
    assert!(
        rules.lines().all(|line| line[8..].starts_with("id-token/") && ["must", "should", "may"].contains(&line[..6].trim())),
        "{}",
        family.said()
    );
    assert!(rules.lines().any(|line| line.starts_with("must    id-token/issuer ") && line.contains(" must ")), "{}", family.said());
    assert!(end.starts_with(&format!("{} rules", rules.lines().count())), "{}", family.said());
    let globbed = explain("*/no-store");
    assert!(globbed.stdout.contains("token-error/no-store") && !globbed.stdout.contains("id-token/issuer"), "{}", globbed.said());
    for (asked, said) in [("id-tokn", "did you mean id-token?"), ("nothing/*", "matches no rule")] {
        let none = explain(asked);
        assert_eq!(none.code, 2, "{}", none.said());
        assert!(none.stderr.contains(said), "{}", none.said());
    }
}

#[test]
fn version_and_help_are_commands_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let version = oa_authtest(folder.path(), &["version"]);
    assert_eq!(version.code, 0, "{}", version.said());
    assert!(version.stdout.starts_with(&oa_authtest(folder.path(), &["--version"]).stdout), "{}", version.said());
    assert!(version.stdout.contains(" rules, sha256:"), "{}", version.said());
    let help = oa_authtest(folder.path(), &["help", "run"]);
    assert_eq!((help.code, &help.stdout), (0, &oa_authtest(folder.path(), &["run", "--help"]).stdout), "{}", help.said());
    assert!(help.stdout.contains("--last-failed"), "{}", help.said());
}

#[test]
fn who_had_a_file_written_is_told_what_to_do_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let init = oa_authtest(folder.path(), &["init", "--issuer", "https://op.example"]);
    assert_eq!((init.code, init.stdout.as_str()), (0, "oa-authtest.toml\n"), "{}", init.said());
    assert!(init.stderr.trim_end().ends_with(": oa-authtest doctor"), "{}", init.said());
    let elsewhere = oa_authtest(folder.path(), &["init", "--output", "a b.toml"]);
    assert!(elsewhere.stderr.trim_end().ends_with(": oa-authtest doctor --config 'a b.toml'"), "{}", elsewhere.said());
    let shown = oa_authtest(folder.path(), &["init", "--output", "-"]);
    assert_eq!(shown.stderr, "", "{}", shown.said());
    std::fs::copy(crate::common::root().join("fixtures/results/sample.json"), folder.path().join("results.json")).expect("it is copied");
    let known = oa_authtest(folder.path(), &["known", "--from", "results.json"]);
    assert_eq!((known.code, known.stdout.as_str()), (0, "known.toml\n"), "{}", known.said());
    assert!(known.stderr.trim_end().ends_with(": oa-authtest run --known known.toml"), "{}", known.said());
}
