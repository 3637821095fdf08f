//! A run held against an earlier one (`--baseline`): every report says what differs, no exit code changes, and what cannot be held against is refused
//! before the run begins.

use std::path::Path;

use oa_authtest::result::baseline::{Baseline, RuleChange, TestChange};
use oa_authtest::result::model::RunReport;

use crate::common::{Ended, files, program, results, run};

const LOGIN: &str = "booking-partner-authentication/authorization-code-flow";
const PERSISTED: &str = "booking-partner-authentication/authorization-persisted";
const CREDENTIALS: &str = "booking-partner-authentication/client-credentials-flow";

fn oa_authtest(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(arguments);
    run(command)
}

/// Runs the demo in a folder without a browser.
fn demo(folder: &Path, arguments: &[&str]) -> Ended {
    oa_authtest(folder, &[&["run", "--demo", "--agent", "http"], arguments].concat())
}

/// A folder with the results of a run in which nothing is broken, of these tests or of all, in a folder of this name.
fn with_a_clean_run(name: &str, tests: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = demo(folder.path(), &[&["--report-dir", name], tests].concat());
    assert_eq!(ended.code, 0, "{}", ended.said());
    folder
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn baseline(report: &RunReport) -> &Baseline {
    report.baseline.as_ref().expect("it was held against another run")
}

/// The rules of which this became, each once.
fn rules(report: &RunReport, change: RuleChange) -> Vec<&str> {
    let mut rules: Vec<&str> = Vec::new();
    for rule in baseline(report).rules.iter().filter(|rule| rule.change == change) {
        if !rules.contains(&rule.rule.as_str()) {
            rules.push(&rule.rule);
        }
    }
    rules
}

fn tests(report: &RunReport, change: TestChange) -> Vec<&str> {
    baseline(report).tests.iter().filter(|test| test.change == change).map(|test| test.test.as_str()).collect()
}

#[test]
fn every_report_says_what_differs() {
    let folder = with_a_clean_run("before", &["--test", LOGIN, "--test", CREDENTIALS]);
    let folder = folder.path();
    let flaw = ["--flaw", "id-token-expired", "--skip", CREDENTIALS, "--history", "0"];
    assert_eq!(demo(folder, &[&flaw[..], &["--report-dir", "without"]].concat()).code, 1);
    let ended = demo(folder, &[&flaw[..], &["--baseline", "before/results.json"]].concat());
    assert_eq!(ended.code, 1, "as without it: {}", ended.said());
    let report = results(folder);
    assert_eq!(rules(&report, RuleChange::NewlyBroken), ["id-token/exp-future", "id-token/accepted-by-relying-party"]);
    assert_eq!(tests(&report, TestChange::NoLongerRun), [CREDENTIALS]);
    assert!(tests(&report, TestChange::New).contains(&PERSISTED), "{:?}", baseline(&report));
    assert_eq!(baseline(&report).remarks, [""; 0], "another port is no other issuer");

    let since = format!("Since the run of {}", oa_authtest::report::words::moment(&baseline(&report).started));
    let line = ended.stdout.lines().find(|line| line.starts_with(&since)).unwrap_or_else(|| panic!("{}", ended.said()));
    for part in ["2 rules newly broken (id-token/", "1 test no longer run (booking-partner-authentication/client-credentials-flow)", " new tests"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(ended.stdout.contains("must not have expired when it is received (new)"), "{}", ended.said());
    let quiet = demo(folder, &[&flaw[..], &["-q", "--baseline", "before/results.json"]].concat());
    assert_eq!(quiet.stdout.lines().count(), 1, "{}", quiet.said());

    let summary = text(folder, "reports/summary.md");
    for part in [
        &format!("**{since}:** 2 rules newly broken, "),
        &format!("## {since}"),
        "* ❌ 2 rules newly broken\n    * The ID token must not have expired",
        "* ⚠️ 1 test no longer run\n    * `booking-partner-authentication/client-credentials-flow`: left out by --skip",
        ") **new**\n",
        "❌ failed, **newly broken** |",
    ] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    let of_test = text(folder, &format!("reports/{LOGIN}.md"));
    assert!(of_test.contains(") **new**\n"), "{of_test}");
    let page = text(folder, "reports/report.html");
    let sums = "2 rules newly broken, 1 no longer judged, 1 test no longer run, ";
    assert!(page.contains(&format!("<p class=\"since\">{since}: <a href=\"#baseline\">{sums}")), "{since}");
    assert!(page.contains("when it is received <span class=\"new\">new</span></strong>"));
    let without = text(folder, "without/report.html");
    assert!(!without.contains("id=\"baseline\"") && !without.contains("class=\"new\""));
}

#[test]
fn what_is_mended_is_listed_and_the_results_alone_are_enough_to_say_so_again() {
    let folder = with_a_clean_run("before", &["--test", LOGIN]);
    let folder = folder.path();
    assert_eq!(demo(folder, &["--flaw", "id-token-expired", "--test", LOGIN, "--report-dir", "flawed"]).code, 1);
    let ended = demo(folder, &["--test", LOGIN, "--baseline", "flawed/results.json"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder);
    assert_eq!(rules(&report, RuleChange::Mended), ["id-token/exp-future", "id-token/accepted-by-relying-party"]);
    assert!(ended.stdout.contains(": no rule newly broken, 2 mended ("), "{}", ended.said());
    assert!(text(folder, "reports/summary.md").contains("* ✅ 2 rules mended\n"));

    assert_eq!(oa_authtest(folder, &["report", "reports/results.json", "--report-dir", "again"]).code, 0);
    assert!(files(&folder.join("reports")) == files(&folder.join("again")), "rendered again it is the same");
    // Held against another run, it says something else.
    let other = oa_authtest(folder, &["report", "reports/results.json", "--report-dir", "other", "--baseline", "before/results.json"]);
    assert_eq!(other.code, 0, "{}", other.said());
    assert!(text(folder, "other/report.html").contains("<p>No rule and no test came out otherwise.</p>"));
    let kept = oa_authtest::report::json::read(&folder.join("other/results.json")).expect("it is what the model says");
    assert!(baseline(&kept).rules.is_empty() && baseline(&kept).tests.is_empty());
}

#[test]
fn tests_that_were_not_asked_for_are_not_lost() {
    let folder = with_a_clean_run("before", &[]);
    let ended = demo(folder.path(), &["--test", LOGIN, "--baseline", "before/results.json"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!((baseline(&report).not_asked_for, baseline(&report).tests.len()), (5, 0));
    let says = "This run was asked for some tests only: 5 tests of the earlier run are not part of it.";
    assert!(text(folder.path(), "reports/summary.md").contains(says));
    // The settings of a file name it too; the command that repeats a test does not hold it against a whole run.
    std::fs::write(folder.path().join("ci.toml"), "[report]\nbaseline = \"before/results.json\"\n").expect("it is written");
    let ended = demo(folder.path(), &["--config", "ci.toml"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!(baseline(&report).file, "results.json");
    let flag = demo(folder.path(), &["--baseline", "before/results.json", "--history", "7"]);
    assert_eq!(flag.code, 0, "{}", flag.said());
    let command = &results(folder.path()).tests[0].command;
    assert!(!command.contains("--baseline") && !command.contains("--history"), "{command}");
}

#[test]
fn another_issuer_is_said_and_the_reports_folder_may_hold_the_baseline() {
    let folder = with_a_clean_run("reports", &["--test", LOGIN]);
    let folder = folder.path();
    let path = folder.join("reports/results.json");
    let foreign = text(folder, "reports/results.json").replacen("\"issuer\": \"https://localhost", "\"issuer\": \"https://<b>op.example", 1);
    std::fs::write(&path, foreign.replace("\"embedded\": true", "\"embedded\": false")).expect("it is written");
    let ended = demo(folder, &["--test", LOGIN, "--baseline", "reports/results.json"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let remarks = baseline(&results(folder)).remarks.clone();
    assert!(remarks.len() == 1 && remarks[0].starts_with("The issuers differ: https://<b>op.example"), "{remarks:?}");
    assert!(text(folder, "reports/report.html").contains("The issuers differ: <code>https://&lt;b&gt;op.example"));
}

#[test]
fn what_cannot_be_held_against_is_refused_before_the_run_begins() {
    let folder = with_a_clean_run("before", &["--test", LOGIN]);
    let folder = folder.path();
    let newer = text(folder, "before/results.json").replacen("oa-authtest/results/1.1", "oa-authtest/results/2", 1);
    for (name, content) in
        [("newer.json", newer.as_str()), ("broken.json", "{\n  \"schema\": \"oa-authtest/results/1\",\n  \"tool\": 3\n}"), ("no.json", "#")]
    {
        std::fs::write(folder.join(name), content).expect("it is written");
    }
    assert_eq!(demo(folder, &["--test", LOGIN, "--level", "must", "--report-dir", "musts"]).code, 0);
    std::fs::write(folder.join("ci.toml"), "[report]\nbaseline = \"nowhere.json\"\n").expect("it is written");
    for (arguments, says) in [
        (&["--baseline", "nowhere.json"][..], &["error: --baseline: cannot read nowhere.json: ", "leave the baseline out"][..]),
        (&["--baseline", "."], &["--baseline: cannot read .: "]),
        (&["--baseline", "broken.json"], &["--baseline: broken.json:3:", "Give a results.json as `oa-authtest run` wrote it"]),
        (&["--baseline", "no.json"], &["--baseline: no.json:1:1"]),
        (
            &["--baseline", "newer.json"],
            &["--baseline: newer.json: its schema is \"oa-authtest/results/2\", this version reads", "Make a baseline by a run of this version"],
        ),
        (&["--config", "ci.toml"], &["ci.toml:2: [report] baseline: cannot read ", "nowhere.json"]),
        (
            &["--baseline", "musts/results.json"],
            &["musts/results.json holds only the rules of level must, and this run every rule", "same --rule and --level"],
        ),
        (&["--rule", "jwks/*", "--baseline", "before/results.json"], &["before/results.json holds every rule, and this run only the rules jwks/*"]),
    ] {
        let ended = demo(folder, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {}", ended.said());
        assert!(says.iter().all(|part| ended.stderr.contains(part)), "{says:?}: {}", ended.said());
        assert!(!folder.join("reports").exists(), "{arguments:?}: the run has begun");
    }
    let variable = {
        let mut command = program(folder);
        command.args(["run", "--demo", "--agent", "http"]).env("OA_AUTHTEST_BASELINE", "nowhere.json");
        run(command)
    };
    assert!(variable.code == 2 && variable.stderr.contains("OA_AUTHTEST_BASELINE: cannot read nowhere.json"), "{}", variable.said());
    let report = oa_authtest(folder, &["report", "before/results.json", "--baseline", "newer.json"]);
    assert!(report.code == 2 && report.stderr.contains("--baseline: newer.json: its schema"), "{}", report.said());
    let report = oa_authtest(folder, &["report", "before/results.json", "--baseline", "musts/results.json", "--report-dir", "again"]);
    assert!(report.code == 2 && report.stderr.contains("only the rules of level must") && !folder.join("again").exists(), "{}", report.said());
    // What both were asked for can be compared.
    let musts = demo(folder, &["--test", LOGIN, "--level", "must", "--baseline", "musts/results.json"]);
    assert_eq!(musts.code, 0, "{}", musts.said());
}
