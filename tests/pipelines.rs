//! What a pipeline gates on and reads, as it runs the program: known failures, `JUnit`, GitHub Actions, statements.

use std::fs;
use std::path::Path;

use oa_authtest::report::statement::Statement;
use oa_authtest::result::model::Verdict;

use crate::common::{Ended, program, run};

const FLAW: &[&str] = &["--flaw", "id-token-expired"];

/// Runs the demo without a browser; `dir` is the report folder.
fn demo(folder: &Path, dir: &str, flags: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(["run", "--demo", "--agent", "http", "--report-dir", dir]).args(flags);
    run(command)
}

fn call(folder: &Path, words: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(words);
    run(command)
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn a_run_is_gated_on_nothing_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    assert_eq!(demo(folder, "before", FLAW).code, 1);
    let never = demo(folder, "never", &[FLAW, &["--fail-on", "never"]].concat());
    assert!(never.code == 0 && never.stdout.ends_with("Exit code 0: broken rules do not fail the run (--fail-on never).\n"), "{}", never.said());

    let written = call(folder, &["known", "--from", "before/results.json"]);
    assert_eq!((written.code, written.stdout.as_str()), (0, "known.toml\n"), "{}", written.said());
    let again = call(folder, &["known", "--from", "before/results.json"]);
    assert!(again.code == 2 && again.stderr.contains("--force"), "{}", again.said());
    assert_eq!(call(folder, &["known", "--from", "before/results.json", "--level", "suggestion", "--force"]).code, 0);
    let known = text(folder, "known.toml").replace("\"say why\"", "\"the clock | of the **test** system\"");
    assert!(known.contains("rule = \"id-token/exp-future\""), "{known}");
    fs::write(folder.join("known.toml"), &known).expect("it is written");

    for fail_on in ["failure", "warning", "suggestion", "never"] {
        let excused = demo(folder, "excused", &[FLAW, &["--known", "known.toml", "--strict-known", "--fail-on", fail_on]].concat());
        assert_eq!(excused.code, 0, "{fail_on}: {}", excused.said());
        assert!(excused.stdout.contains("🟡") && excused.stdout.contains("the clock | of the **test** system"), "{}", excused.said());
    }
    let report = oa_authtest::report::json::read(&folder.join("excused/results.json")).expect("it can be read");
    assert_eq!((report.verdict, report.counts.failures), (Verdict::Passed, 0));
    assert!(report.counts.known > 0);
    let summary = text(folder, "excused/summary.md");
    assert!(summary.contains("## Known failures") && summary.contains("known failures; ") | summary.contains("known failures**"), "{summary}");

    // Mended: told, and an exit code of 1 only where that is asked for.
    for (flags, code) in [(&[][..], 0), (&["--strict-known"], 1), (&["--strict-known", "--fail-on", "never"], 0)] {
        let mended = demo(folder, "mended", &[&["--known", "known.toml"], flags].concat());
        assert_eq!(mended.code, code, "{flags:?}: {}", mended.said());
        assert!(mended.stdout.contains("no longer happens"), "{}", mended.said());
    }
    let quiet = demo(folder, "quiet", &["-q", "--known", "known.toml", "--strict-known"]);
    let last = quiet.stdout.lines().last().unwrap_or_default();
    assert!(quiet.code == 1 && last.starts_with("Exit code 1: ") && last.contains("--strict-known"), "{}", quiet.said());
    assert!(text(folder, "mended/summary.md").contains("## Entries of `known.toml` to look at"));
    // A part of the tests says nothing about the rest.
    let part = demo(folder, "part", &["--known", "known.toml", "--strict-known", "--test", "*/authorization-code-flow"]);
    assert!(!known.contains("test =") && part.code == 0 && !part.stdout.contains("no longer happens"), "{}", part.said());

    // Expired: it counts again.
    let expired = known.replace("[[known]]", "[[known]]\nuntil = \"2020-01-01\"");
    fs::write(folder.join("expired.toml"), expired).expect("it is written");
    let ended = demo(folder, "expired", &[FLAW, &["--known", "expired.toml"]].concat());
    assert_eq!(ended.code, 1, "{}", ended.said());
    assert!(ended.stdout.contains("expired after 2020-01-01, and the failure still happens"), "{}", ended.said());
}

#[test]
fn a_known_failure_that_ends_the_story_is_excused_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // No code comes; and a step that lacks its endpoint does not even begin.
    for flaw in ["authorization-response-without-code", "discovery-no-token-endpoint"] {
        let flags = ["--flaw", flaw, "--test", "*/authorization-code-flow"];
        let before = demo(folder, "before", &flags);
        assert!(before.code == 1 && before.stdout.contains("could not be finished"), "{}", before.said());
        assert_eq!(call(folder, &["known", "--from", "before/results.json", "--force"]).code, 0);
        let known = text(folder, "known.toml").replace("\"say why\"", "\"fixed in release 8\"");
        fs::write(folder.join("known.toml"), known).expect("it is written");
        let excused = demo(folder, "excused", &[flags.as_slice(), &["--known", "known.toml"]].concat());
        assert_eq!(excused.code, 0, "{}", excused.said());
        assert!(excused.stdout.contains("broke off at a known failure"), "{}", excused.said());
    }
}

#[test]
fn a_mistake_in_the_known_failures_is_told_before_anything_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("known.toml"), "[[known]]\nrule = \"id-token/isuer\"\nreason = \"x\"\n").expect("it is written");
    for (flags, said) in [
        (&["--known", "known.toml"][..], &["known.toml:2:8", "id-token/isuer", "did you mean id-token/issuer?"][..]),
        (&["--known", "nowhere.toml"], &["--known", "nowhere.toml", "oa-authtest known"]),
        (&["--strict-known"], &["--strict-known", "--known, OA_AUTHTEST_KNOWN"]),
    ] {
        let ended = demo(folder.path(), "reports", flags);
        assert_eq!(ended.code, 2, "{}", ended.said());
        assert!(said.iter().all(|word| ended.stderr.contains(word)), "{}", ended.said());
    }
    assert!(!folder.path().join("reports").exists());
}

#[test]
fn junit_and_github_are_rendered_again_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let mut command = program(folder);
    command.args(["run", "--demo", "--agent", "http", "--format", "junit", "--report-dir", "a"]).args(FLAW);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.join("step"));
    let ended = run(command);
    assert_eq!(ended.code, 1, "{}", ended.said());
    let commands = |said: &Ended| said.stdout.lines().filter(|line| line.starts_with("::")).map(str::to_owned).collect::<Vec<_>>();
    assert!(commands(&ended).iter().any(|line| line.starts_with("::error title=id-token/exp-future::")), "{}", ended.said());
    assert!(text(folder, "step").starts_with("# Conformance of ") && !folder.join("a/summary.md").exists());

    let mut command = program(folder);
    command.args(["report", "a/results.json", "--report-dir", "b", "--format", "junit,github"]).env("GITHUB_STEP_SUMMARY", folder.join("step-again"));
    let again = run(command);
    assert_eq!(again.code, 0, "{}", again.said());
    assert_eq!(commands(&again), commands(&ended));
    assert_eq!(text(folder, "step-again"), text(folder, "step"));
    for name in ["junit.xml", "results.json"] {
        assert_eq!(text(folder, &format!("a/{name}")), text(folder, &format!("b/{name}")), "{name}");
    }
    // Where nobody reads them, there are none; and a step summary that cannot be written changes nothing.
    let quiet = call(folder, &["report", "a/results.json", "--report-dir", "b"]);
    assert!(commands(&quiet).is_empty() && !folder.join("b/junit.xml").exists(), "{}", quiet.said());
    let mut command = program(folder);
    command.args(["report", "a/results.json", "--format", "github"]).env("GITHUB_STEP_SUMMARY", folder);
    let ended = run(command);
    assert!(ended.code == 0 && ended.stderr.contains("GITHUB_STEP_SUMMARY"), "{}", ended.said());
}

#[test]
fn a_statement_is_written_if_nothing_failed_and_refused_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let ended = demo(folder, "reports", &["--statement"]);
    assert!(ended.code == 0 && ended.stdout.contains("Statement: reports/statement.md"), "{}", ended.said());
    let statement: Statement = serde_json::from_str(&text(folder, "reports/statement.json")).expect("it is what the model says");
    let sum = std::process::Command::new("sha256sum").arg(folder.join("reports/results.json")).output().expect("coreutils are there");
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(&statement.results.sha256), "{sum:?}");
    let written = text(folder, "reports/statement.md");
    let again = call(folder, &["report", "reports/results.json", "--statement"]);
    assert_eq!(again.code, 0, "{}", again.said());
    assert_eq!(text(folder, "reports/statement.md"), written);

    let failed = demo(folder, "reports", &[FLAW, &["--statement"]].concat());
    assert_eq!(failed.code, 1, "{}", failed.said());
    assert!(failed.stderr.contains("no statement of conformance") && failed.stderr.contains("tests failed"), "{}", failed.said());
    assert!(!folder.join("reports/statement.md").exists() && !folder.join("reports/statement.json").exists());
    let refused = call(folder, &["report", "reports/results.json", "--statement"]);
    assert_eq!(refused.code, 2, "{}", refused.said());
    assert!(refused.stderr.contains("no statement of conformance"), "{}", refused.said());
}

#[test]
fn the_image_copies_every_folder_that_is_compiled_in() {
    fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() { sources(&entry, found) } else { found.push(entry) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dockerfile = text(root, "Dockerfile");
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let mut included = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
        let code = fs::read_to_string(file).expect("a source file");
        for path in code.split("include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let Some(outside) = path.rsplit("../").next().filter(|_| path.starts_with("../")) else { continue };
            let Some((folder, _)) = outside.split_once('/') else { continue };
            included += 1;
            // A path may lead to a folder of src, which is copied whole.
            let copied = root.join("src").join(folder).exists() || dockerfile.contains(&format!("COPY {folder} {folder}\n"));
            assert!(copied, "{}: {path} is not in the image", file.display());
        }
    }
    assert!(included > 0);
}

#[test]
fn rendering_one_more_format_leaves_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    demo(folder, "reports", &["--test", "*/client-credentials-flow"]);
    let ended = call(folder, &["report", "reports/results.json", "--format", "junit"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "reports/junit.xml\n"), "{}", ended.said());
    for name in ["summary.md", "report.html", "junit.xml"] {
        assert!(folder.join("reports").join(name).exists(), "{name}");
    }
}
