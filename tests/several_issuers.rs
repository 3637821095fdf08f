//! Several issuers in one run: their reports, the table over all, the exit code, and what each setting means for them.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use oa_authtest::report::json;
use oa_authtest::result::baseline::RuleChange;
use oa_authtest::result::issuers::{IssuersReport, Outcome};
use oa_authtest::result::model::{RunReport, Verdict};
use serde_json::Value;

use crate::common::{Ended, Ending, program, quick, root, run};

/// Two embedded issuers, one of which is wrong, and one that is not there.
const THREE: &str = r#"
[browser]
agent = "http"

[[issuer]]
name = "right"
demo = true

[[issuer]]
name = "gone"
url = "http://127.0.0.1:9"

[[issuer]]
name = "expired"
demo = true
flaw = "id-token-expired"
"#;

/// The first and the last of them.
const TWO: &str =
    "browser.agent = \"http\"\n[[issuer]]\nname = \"right\"\ndemo = true\n[[issuer]]\nname = \"expired\"\ndemo = true\nflaw = \"id-token-expired\"\n";

/// Runs the program in a folder with this `oa-authtest.toml`.
fn oa_authtest(folder: &Path, file: &str, arguments: &[&str]) -> Ended {
    fs::write(folder.join("oa-authtest.toml"), file).expect("it is written");
    let mut command = program(folder);
    command.args(arguments);
    run(command)
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// What came of all of them, which is what its schema says.
fn of_all(folder: &Path) -> IssuersReport {
    let text = text(folder, "reports/issuers.json");
    let schema: Value = serde_json::from_str(oa_authtest::report::schema::ISSUERS).expect("it is JSON");
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    let errors: Vec<String> = schema.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    serde_json::from_str(&text).expect("it is what the model says")
}

fn of_one(folder: &Path, name: &str) -> RunReport {
    json::read(&folder.join("reports").join(name).join("results.json")).expect("it has results")
}

fn outcomes(report: &IssuersReport) -> Vec<(&str, Outcome, Option<u8>)> {
    report.issuers.iter().map(|issuer| (issuer.name.as_str(), issuer.outcome, issuer.exit_code)).collect()
}

/// The lines of the documentation between two others.
fn block<'a>(documentation: &'a str, begins: &str) -> &'a str {
    let from = documentation.find(begins).unwrap_or_else(|| panic!("there is no {begins}")) + begins.len();
    documentation[from..].split("```").next().expect("it ends").trim_start_matches('\n')
}

#[test]
fn the_example_of_the_documentation_runs() {
    let documentation = fs::read_to_string(root().join("docs/several-issuers.md")).expect("it is there");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("issuers.toml"), block(&documentation, "```toml")).expect("it is written");
    let command = block(&documentation, "```bash").trim();
    let words: Vec<&str> = command.split_whitespace().collect();
    assert_eq!(words[0], "oa-authtest");
    let mut command = program(folder.path());
    command.args(&words[1..]);
    let ended = run(command);
    assert_eq!(ended.code, 1, "{}", ended.said());
    // The table is the one that is shown, but for the times.
    let without_time =
        |line: &str| line.split_whitespace().take_while(|word| *word != "time" && *word != "ms").map(str::to_owned).collect::<Vec<_>>();
    let shown = block(&documentation, "```text");
    let end = ended.stdout.lines().rev().take(shown.lines().count()).collect::<Vec<_>>();
    for (line, now) in shown.lines().zip(end.into_iter().rev()) {
        let (shown, now) = (without_time(line), without_time(now));
        let same = if line.contains(" ms") { shown.len() - 1 } else { shown.len() };
        assert_eq!(shown[..same], now[..same], "{}", ended.said());
    }
    for path in ["issuers.md", "issuers.html", "issuers.json", "right/results.json", "right/report.html", "right/summary.md", "expired/report.html"] {
        assert!(folder.path().join("reports").join(path).exists(), "{path}");
    }
}

#[test]
fn one_that_is_not_there_does_not_keep_the_others_from_being_tested() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = oa_authtest(folder.path(), THREE, &["run"]);
    assert_eq!(ended.code, 1, "{}", ended.said());
    let report = of_all(folder.path());
    assert_eq!(
        outcomes(&report),
        [("right", Outcome::Conformant, Some(0)), ("gone", Outcome::NotFullyTested, Some(3)), ("expired", Outcome::NotConformant, Some(1))]
    );
    assert_eq!((report.exit_code, report.because.as_str()), (1, "not conformant (expired); could not test (gone); conformant (right)"));
    let last = ended.stdout.lines().last().unwrap_or_default();
    assert_eq!(last, "Exit code 1: not conformant (expired); could not test (gone); conformant (right).");
    let heading = |which: &str| assert!(ended.stderr.contains(which) && ended.stdout.contains(which), "{which}: {}", ended.said());
    heading("\nright (1 of 3): the embedded issuer, persona openactive\n");
    heading("\ngone (2 of 3): http://127.0.0.1:9\n");
    heading("\nexpired (3 of 3): the embedded issuer, persona openactive, flaw id-token-expired\n");

    // What is true of each report is true of the table.
    for (name, issuer) in ["right", "gone", "expired"].into_iter().zip(&report.issuers) {
        let run = of_one(folder.path(), name);
        assert_eq!(issuer.issuer.as_deref(), Some(run.issuer.as_str()));
        let tests = issuer.tests;
        assert_eq!(tests.run + tests.errored + tests.left_out + tests.skipped, run.tests.len());
        assert_eq!(issuer.report.as_deref(), Some(format!("{name}/report.html").as_str()));
    }
    let rule = report.rules.first().expect("a rule is broken");
    assert_eq!(rule.rule, "id-token/exp-future");
    let html = text(folder.path(), "reports/issuers.html");
    let to = "expired/report.html#broken-must:id-token/exp-future";
    assert!(html.contains(&format!("href=\"{to}\"")), "{html}");
    // The place that a cell leads to is there.
    assert!(text(folder.path(), "reports/expired/report.html").contains("id=\"broken-must:id-token/exp-future\""));
    assert!(text(folder.path(), "reports/issuers.md").contains(&format!("]({to})")));
}

#[test]
fn what_is_selected_is_tested_and_what_is_not_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = oa_authtest(folder.path(), THREE, &["run", "--issuer-name", "r*"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = of_all(folder.path());
    assert_eq!(outcomes(&report), [("right", Outcome::Conformant, Some(0))]);
    assert_eq!(report.not_selected, ["gone", "expired"]);
    assert!(ended.stdout.contains("Not selected: gone, expired.") && !folder.path().join("reports/expired").exists(), "{}", ended.said());
    assert!(text(folder.path(), "reports/issuers.md").contains("Not selected for this run (--issuer-name): gone, expired."));

    let mistaken = oa_authtest(folder.path(), THREE, &["run", "--issuer", "http://127.0.0.1:9"]);
    assert!(mistaken.code == 2 && mistaken.stderr.contains("--issuer-name gone"), "{}", mistaken.said());
    // Nothing is tested before the settings of all are sound.
    let unsound = THREE.replace("flaw = \"id-token-expired\"", "flaw = \"id-token-expird\"");
    let ended = oa_authtest(folder.path(), &unsound, &["run"]);
    assert!(ended.code == 2 && ended.stderr.contains("error: expired: ") && ended.stdout.is_empty(), "{}", ended.said());
}

#[test]
fn each_repeats_what_failed_in_its_own_last_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = oa_authtest(folder.path(), TWO, &["run", "--last-failed"]);
    assert!(
        missing.code == 2 && missing.stderr.contains("error: right: ") && missing.stderr.contains("reports/right/results.json"),
        "{}",
        missing.said()
    );

    assert_eq!(oa_authtest(folder.path(), TWO, &["run"]).code, 1);
    let failed = of_one(folder.path(), "expired").tests.iter().filter(|test| test.verdict == Verdict::Failed).count();
    let again = oa_authtest(folder.path(), TWO, &["run", "--last-failed"]);
    assert_eq!(again.code, 1, "{}", again.said());
    let report = of_all(folder.path());
    assert_eq!(outcomes(&report), [("right", Outcome::NothingToRun, None), ("expired", Outcome::NotConformant, Some(1))]);
    assert_eq!(report.issuers[1].tests.run, failed);
    assert!(report.because.ends_with("nothing to run (right)") && report.issuers[0].says.contains("reports/right/results.json"), "{report:?}");

    let file = oa_authtest(folder.path(), TWO, &["run", "--last-failed", "reports/expired/results.json"]);
    assert!(file.code == 2 && file.stderr.contains("--issuer-name"), "{}", file.said());
    let file = oa_authtest(folder.path(), TWO, &["run", "--last-failed", "reports/expired/results.json", "--issuer-name", "expired"]);
    assert_eq!(file.code, 1, "{}", file.said());

    // Mended: then there is nothing left for any of them.
    let mended = TWO.replace("flaw = \"id-token-expired\"\n", "");
    assert_eq!(oa_authtest(folder.path(), &mended, &["run", "--last-failed"]).code, 0);
    let nothing = oa_authtest(folder.path(), &mended, &["run", "--last-failed"]);
    assert!(nothing.code == 4 && nothing.stderr.contains("nothing to run for any issuer: right: no test failed"), "{}", nothing.said());
}

#[test]
fn each_has_a_baseline_and_a_history_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    assert_eq!(oa_authtest(folder, TWO, &["run"]).code, 1);
    fs::rename(folder.join("reports"), folder.join("last")).expect("it is kept");
    for name in ["right", "expired"] {
        let to = folder.join("reports").join(name);
        fs::create_dir_all(&to).expect("a folder");
        fs::rename(folder.join("last").join(name).join("history"), to.join("history")).expect("it stays");
    }
    // What was right is wrong now, and the other way round.
    let other_way = TWO
        .replace("flaw = \"id-token-expired\"\n", "report = { baseline = \"last/expired/results.json\" }\n")
        .replace("name = \"right\"\n", "name = \"right\"\nflaw = \"id-token-expired\"\nreport = { baseline = \"last/right/results.json\" }\n");
    let ended = oa_authtest(folder, &other_way, &["run"]);
    assert_eq!(ended.code, 1, "{}", ended.said());
    for (name, change, trend) in [("right", RuleChange::NewlyBroken, [0, 1]), ("expired", RuleChange::Mended, [1, 0])] {
        let report = of_one(folder, name);
        let baseline = report.baseline.as_ref().expect("it was held against another run");
        assert_eq!((baseline.rules[0].change, baseline.rules[0].rule.as_str()), (change, "id-token/exp-future"), "{name}");
        assert_eq!(report.history.iter().map(|run| run.broken_must).collect::<Vec<_>>(), trend, "{name}");
    }
    // Results are those of one issuer.
    let both = oa_authtest(folder, TWO, &["run", "--baseline", "last/right/results.json"]);
    assert_eq!((both.code, both.stdout.as_str()), (2, ""), "{}", both.said());
    let says = "--baseline: last/right/results.json is the baseline of right and of expired: a results.json is that of one issuer";
    assert!(both.stderr.contains(says) && both.stderr.contains("below [issuer.report]"), "{}", both.said());
    assert_eq!(oa_authtest(folder, TWO, &["run", "--issuer-name", "right", "--baseline", "last/right/results.json"]).code, 0);
    let unread = oa_authtest(folder, &other_way.replace("last/expired", "nowhere"), &["run"]);
    assert!(unread.code == 2 && unread.stdout.is_empty() && unread.stderr.contains("nowhere/results.json"), "{}", unread.said());
    let table = oa_authtest(folder, TWO, &["report", "last/issuers.json", "--baseline", "last/right/results.json"]);
    assert!(table.code == 2 && table.stderr.contains("a baseline is that of one issuer"), "{}", table.said());
}

#[test]
fn an_interruption_ends_the_rest_and_says_which_were_not_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    // It takes a request and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (url, asked) = (format!("http://{}", listener.local_addr().expect("it has one")), mpsc::channel());
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            kept.push(stream);
            let _ = asked.0.send(());
        }
    });
    let file = TWO.replacen("name = \"right\"\ndemo = true", &format!("name = \"silent\"\nurl = \"{url}\""), 1);
    for wait in [false, true] {
        fs::write(folder.path().join("oa-authtest.toml"), &file).expect("it is written");
        let mut command = program(folder.path());
        command.arg("run").args(if wait { &["--wait", "60"][..] } else { &[] });
        let mut child = Ending(command.spawn().expect("the program starts"));
        asked.1.recv_timeout(Duration::from_secs(60)).expect("it asks");
        assert!(Command::new("kill").args(["-INT", &child.0.id().to_string()]).status().expect("it is sent").success());
        assert_eq!(child.0.wait().expect("it ends").code(), Some(130));
        let mut said = String::new();
        child.0.stdout.take().expect("its output is piped").read_to_string(&mut said).expect("it is text");
        let report = of_all(folder.path());
        assert!(report.interrupted && report.exit_code == 130, "{report:?}");
        assert_eq!(report.issuers[1].outcome, Outcome::NotBegun);
        let not_begun = if wait { "not begun (silent, expired)" } else { "not begun (expired)" };
        assert!(report.because.starts_with("interrupted") && report.because.ends_with(not_begun), "{}", report.because);
        assert!(said.contains("NOT BEGUN") && said.trim_end().ends_with(&format!("{not_begun}.")), "{said}");
        while asked.1.try_recv().is_ok() {}
    }
}

#[test]
fn known_failures_and_required_tests_are_those_of_each() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("known.toml"), "[[known]]\nrule = \"id-token/exp-future\"\nreason = \"the clock\"\n").expect("it is written");
    let own = format!("{TWO}known = \"known.toml\"\n");
    let ended = oa_authtest(folder.path(), &own, &["run", "--issuer-name", "right,expired"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = of_all(folder.path());
    assert_eq!((report.issuers[0].rules.known, report.issuers[1].rules.known), (0, 1));
    let rule = report.rules.iter().find(|rule| rule.rule == "id-token/exp-future").expect("what is known is told");
    assert_eq!(serde_json::to_value(&rule.issuers[1]).expect("JSON")["state"], "known");

    // One file for all is out of date where nothing fails.
    let for_all = format!("known = \"known.toml\"\nstrict-known = true\n{TWO}");
    let strict = oa_authtest(folder.path(), &for_all, &["run"]);
    let last = strict.stdout.lines().last().unwrap_or_default().to_owned();
    assert!(strict.code == 1 && last.contains("right: a known failure no longer happens (id-token/exp-future)"), "{}", strict.said());

    let required = TWO.replace("flaw = \"id-token-expired\"", "require.all = true");
    let required = oa_authtest(folder.path(), &required, &["run", "--skip", "discovery/*,*/client-credentials-flow"]);
    let last = required.stdout.lines().last().unwrap_or_default().to_owned();
    assert!(
        required.code == 3 && last.contains("could not test (expired); conformant (right)") && last.contains("required test"),
        "{}",
        required.said()
    );
}

#[test]
fn github_reads_of_all_by_their_names_and_of_the_table_first() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("oa-authtest.toml"), THREE).expect("it is written");
    let mut command = program(folder.path());
    command.arg("run").env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.path().join("step"));
    let ended = run(command);
    assert!(ended.stdout.contains("\n::error title=expired%3A id-token/exp-future::"), "{}", ended.said());
    assert!(ended.stdout.contains("::error title=gone%3A ") && ended.stdout.trim_end().ends_with("conformant (right)."), "{}", ended.said());
    let summary = text(folder.path(), "step");
    assert!(summary.starts_with("# Conformance of 3 issuers\n") && summary.matches("\n# Conformance of ").count() == 3, "{summary}");
    assert!(!summary.contains("](expired/"), "{summary}");
}

#[test]
fn a_statement_and_other_formats_are_in_the_folder_of_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = oa_authtest(folder.path(), TWO, &["run", "--statement", "--format", "junit"]);
    assert!(ended.code == 1 && ended.stdout.contains("Statement: reports/right/statement.md\n"), "{}", ended.said());
    let there = |path: &str| folder.path().join("reports").join(path).exists();
    assert!(there("right/junit.xml") && there("expired/junit.xml") && there("right/statement.json") && !there("expired/statement.json"));
    let report = of_all(folder.path());
    assert_eq!(report.issuers[0].report.as_deref(), Some("right/junit.xml"));
}

#[test]
fn quiet_is_a_line_for_each_and_one_for_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = oa_authtest(folder.path(), TWO, &["run", "-q"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(ended.code == 1 && ended.stderr.is_empty() && lines.len() == 3, "{}", ended.said());
    assert!(
        lines[0].starts_with("✅ right: CONFORMANT") && lines[1].starts_with("❌ expired: NOT CONFORMANT") && lines[2].starts_with("Exit code 1")
    );
}

#[test]
fn a_terminal_shows_a_table_that_fits_it() {
    if quick() || which::which("script").is_err() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("oa-authtest.toml"), TWO).expect("it is written");
    let mut command = Command::new("script");
    let program = env!("CARGO_BIN_EXE_oa-authtest");
    command.args(["-qec", &format!("stty cols 60 rows 24; '{program}' run"), "/dev/null"]).current_dir(folder.path());
    command.env("TERM", "xterm").env("NO_COLOR", "1").env_remove("CI").stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let ended = run(command);
    let end: Vec<&str> = ended.stdout.lines().rev().take(5).collect();
    assert!(ended.code == 1 && end.iter().all(|line| line.chars().count() <= 60), "{}", ended.said());
    assert!(end.iter().any(|line| line.contains("NOT CONFORMANT")) && end.iter().any(|line| line.contains("broken MUST")), "{}", ended.said());
}

#[test]
fn the_table_is_rendered_again() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(oa_authtest(folder.path(), TWO, &["run"]).code, 1);
    let page = text(folder.path(), "reports/issuers.html");
    fs::remove_file(folder.path().join("reports/issuers.html")).expect("it was there");
    let ended = oa_authtest(folder.path(), TWO, &["report", "reports/issuers.json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "reports/issuers.html\n"), "{}", ended.said());
    assert_eq!(text(folder.path(), "reports/issuers.html"), page);
    for arguments in [
        &["report", "reports/issuers.json", "--format", "junit"][..],
        &["report", "reports/issuers.json", "--statement"],
        &["known", "--from", "reports/issuers.json"],
        &["compare", "reports/issuers.json", "reports/right/results.json"],
    ] {
        let ended = oa_authtest(folder.path(), TWO, arguments);
        assert!(ended.code == 2 && ended.stderr.contains("results.json"), "{arguments:?}: {}", ended.said());
    }
    let schema = oa_authtest(folder.path(), TWO, &["schema", "issuers"]);
    assert_eq!((schema.code, schema.stdout.as_str()), (0, oa_authtest::report::schema::ISSUERS));
}

#[test]
fn doctor_looks_at_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = oa_authtest(folder.path(), THREE, &["doctor"]);
    assert_eq!(ended.code, 3, "{}", ended.said());
    for said in [
        "right (1 of 3):\n",
        "gone (2 of 3):\n",
        "expired (3 of 3):\n",
        "A run would not get past its first request",
        "A run would get to the end of",
    ] {
        assert!(ended.stdout.contains(said), "{said}: {}", ended.said());
    }
    let ended = oa_authtest(folder.path(), THREE, &["doctor", "--json", "--issuer-name", "right,gone"]);
    let document: Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    let good: Vec<_> = ["right", "gone"]
        .iter()
        .zip(document["issuers"].as_array().expect("a list"))
        .map(|(name, one)| (one["name"] == *name, &one["outlook"]["good"]))
        .collect();
    assert_eq!(good, [(true, &Value::Bool(true)), (true, &Value::Bool(false))]);
    assert_eq!(oa_authtest(folder.path(), THREE, &["doctor", "--issuer-name", "right"]).code, 0);
}
