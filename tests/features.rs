//! What `[features]` declares, through the program.

use oa_authtest::result::model::{FindingOutcome, Verdict};

use crate::common::{program, results, run, test};

#[test]
fn what_is_declared_is_tested_and_the_rest_follows_the_metadata() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("oa-authtest.toml"), "[features]\nintrospection = true\n").expect("it is written");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--feature", "introspection=true,token-exchange=false,revocation=false"]);
    let ended = run(command);
    assert_eq!(ended.code, 1, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!(report.tests.len(), 9, "six of the default profile, three that are declared: {}", ended.said());
    for id in ["introspection", "token-exchange"] {
        assert_eq!(test(&report, &format!("declared-features/{id}")).verdict, Verdict::Passed, "{id}");
    }
    let revocation = test(&report, "declared-features/revocation");
    let failed: Vec<_> =
        revocation.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Failed).map(|finding| &finding.rule).collect();
    assert_eq!(failed, ["capability/not-advertised"]);
}

#[test]
fn what_is_declared_absent_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--test", "dynamic-client-registration/*", "--feature", "dynamic-client-registration=false"]);
    let ended = run(command);
    let report = results(folder.path());
    let story = test(&report, "dynamic-client-registration/client-credentials-flow");
    let told = serde_json::to_string(story).expect("it is JSON");
    assert!(told.contains("[features] dynamic-client-registration = false"), "{}", ended.said());
    assert!(!story.findings.iter().any(|finding| finding.rule.starts_with("registration/")), "{told}");
}
