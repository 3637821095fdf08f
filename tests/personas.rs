//! The personas of the embedded issuer beside the usual one: each passes the profile of its name, which a demo runs by itself.

use oa_authtest::result::model::{RunReport, StepEnd, Verdict};

use crate::common::{program, quick, results, run, test};

/// Runs a demo of a persona: no failure, nothing that was not told to the end, no story left out.
fn passes(persona: &str, more: &[&str]) -> (RunReport, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--persona", persona]).args(more);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!(report.environment.profiles, [persona], "the profile of the persona's name");
    assert_eq!((report.counts.failures, report.counts.errors, report.counts.not_run), (0, 0, 0), "{}", ended.said());
    for test in &report.tests {
        assert!(matches!(test.verdict, Verdict::Passed | Verdict::Suggested | Verdict::Warned), "{}: {:?}", test.id, test.reason);
    }
    let reports: Vec<String> = std::fs::read_dir(folder.path().join("reports"))
        .expect("there are reports")
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok())
        .collect();
    (report, reports.join("\n"))
}

/// The rules broken, each once.
fn broken(report: &RunReport) -> Vec<&str> {
    use oa_authtest::result::model::FindingOutcome::Failed;
    let mut broken: Vec<&str> =
        report.tests.iter().flat_map(|test| &test.findings).filter(|f| f.outcome == Failed).map(|f| f.rule.as_str()).collect();
    broken.sort_unstable();
    broken.dedup();
    broken
}

#[test]
fn airlock_passes_its_profile() {
    let (report, text) = passes("airlock", &["--agent", "http"]);
    assert_eq!(report.tests.len(), 3);
    // What the documentation shows and the RFCs advise against: a status of 200, tokens for five hours.
    let warned = broken(&report);
    assert!(warned.contains(&"registration/http-201") && warned.contains(&"token/expires-in-short"), "{warned:?}");
    assert!(text.contains("was registered for `client-scope`"), "that less was registered is said");
    for test in &report.tests {
        assert!(test.left_behind.iter().any(|left| left.why.contains("no way to delete it")), "{}: what stays behind is said", test.id);
    }
}

#[test]
fn aidbox_passes_its_profile_without_metadata() {
    let (report, _) = passes("aidbox", &["--agent", "http"]);
    assert_eq!(report.tests.len(), 3);
    assert_eq!(broken(&report), ["at/audience-restricted", "at/typ", "client-credentials/no-refresh-token"]);
    for test in &report.tests {
        assert!(test.left_behind.is_empty(), "{}: {:?}", test.id, test.left_behind);
        let left_out = test.steps.iter().filter(|step| matches!(step.ended, StepEnd::LeftOut(_)));
        assert_eq!(left_out.map(|step| step.name.as_str()).collect::<Vec<_>>(), ["Key Set"], "{}", test.id);
    }
}

#[test]
fn a_browser_passes_the_profiles_too() {
    if quick() {
        return;
    }
    for persona in ["airlock", "aidbox"] {
        passes(persona, &[]);
    }
}

#[test]
fn another_profile_can_be_chosen_and_the_command_that_repeats_a_test_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--persona", "airlock", "--profile", "openactive", "--agent", "http", "--test", "*/client-credentials-flow"]);
    let ended = run(command);
    assert_ne!(ended.code, 2, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!(report.environment.profiles, ["openactive"]);
    let told = test(&report, "dynamic-client-registration/client-credentials-flow");
    assert!(told.command.contains("--persona airlock") && told.command.contains("--profile openactive"), "{}", told.command);
}
