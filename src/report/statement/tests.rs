use std::sync::Arc;

use super::*;
use crate::feature;
use crate::result::model::{Finding, FindingOutcome};
use crate::rule::Level;

/// The sample run without what failed or could not be tested.
fn conformant() -> RunReport {
    let mut report = crate::report::json::sample();
    report.tests.retain(|test| !matches!(test.verdict, Verdict::Failed | Verdict::Errored));
    report.verdict = report.tests.iter().map(|test| test.verdict).max().unwrap();
    report.counts = report.tests.iter().fold(Counts::default(), |sum, test| sum.plus(test.counts));
    report
}

fn refused(change: fn(&mut RunReport)) -> String {
    let mut report = conformant();
    change(&mut report);
    Statement::of(&report, b"{}", &[]).unwrap_err().to_string()
}

fn broken(report: &RunReport) -> Arc<Finding> {
    Arc::new(Finding { outcome: FindingOutcome::Failed, level: Level::Must, ..(*report.tests[0].findings[0]).clone() })
}

#[test]
fn there_is_none_unless_something_was_tested_and_nothing_failed() {
    assert!(refused(|report| report.tests[0].verdict = Verdict::Failed).starts_with("1 test failed: booking-partner-authentication/"));
    assert!(refused(|report| report.tests[0].verdict = Verdict::Errored).starts_with("1 test could not be tested: "));
    let errored_late = refused(|report| {
        report.tests[0].verdict = Verdict::Errored;
        let broken = broken(report);
        report.tests[0].findings.push(broken);
    });
    assert!(errored_late.starts_with("1 test failed"), "{errored_late}");
    assert_eq!(refused(|report| report.interrupted = true), "the run was interrupted");
    assert_eq!(refused(|report| report.tests.clear()), "nothing was tested");
    assert_eq!(refused(|report| report.tests.retain(|test| test.verdict == Verdict::Skipped)), "nothing was tested");
}

#[test]
fn it_names_what_it_rests_on_and_what_it_is_not_about() {
    let mut report = conformant();
    let known = Arc::new(Finding { known: Some("a | proxy".to_owned()), ..(*broken(&report)).clone() });
    report.tests[0].findings.push(known.clone());
    report.environment.tls_verified = Some(false);
    let features = feature::features().unwrap();
    let statement = Statement::of(&report, b"", &features).unwrap();
    assert_eq!(statement.results.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(statement.known[0].rule, known.rule);
    let of_profile: usize = features.iter().filter(|feature| feature.profile == "openactive").map(|feature| feature.tests.len()).sum();
    assert!(statement.skipped.iter().any(|skipped| skipped.reason == "not selected for this run"));
    assert!(statement.tests.len() + statement.skipped.len() >= of_profile);
    let text = statement.render();
    for said in [&statement.results.sha256, "were not verified", "known: a ", "| Name | |", "| Signature | |", "not selected for this run"] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)));
}

#[test]
fn a_test_that_was_left_out_is_no_test_it_is_about() {
    let mut report = conformant();
    let mut one = report.tests.iter().find(|test| test.verdict != Verdict::Skipped).unwrap().clone();
    one.id = "rp-initiated-logout/by-post".to_owned();
    one.verdict = Verdict::LeftOut;
    one.counts = one.counts.of_left_out();
    one.reason = Some("no refresh token was issued".to_owned());
    one.left_out = Some(LeftOut::NotOffered);
    let id = one.id.clone();
    report.tests.push(one);
    report.counts = report.tests.iter().fold(Counts::default(), |sum, test| sum.plus(test.counts));
    let statement = Statement::of(&report, b"", &[]).unwrap();
    assert!(statement.tests.iter().all(|test| test.id != id) && statement.skipped.iter().all(|test| test.test != id));
    assert_eq!(statement.left_out.iter().map(|left| left.test.as_str()).collect::<Vec<_>>(), [id.as_str()]);
    let rendered = statement.render();
    let item = format!("* {id}: not offered by the issuer: no refresh token was issued\n");
    assert!(rendered.contains("; 1 test left out**") && rendered.contains("## Left out\n") && rendered.contains(&item), "{rendered}");
    assert!(!rendered.contains(&format!("| {id} |")), "{rendered}");
    let json = serde_json::to_value(&statement).unwrap();
    assert_eq!(json["left_out"], serde_json::json!([{ "test": id, "reason": "no refresh token was issued", "cause": "not-offered" }]));

    report.tests.retain(|test| test.verdict == Verdict::LeftOut);
    assert_eq!(Statement::of(&report, b"", &[]).unwrap_err().to_string(), "nothing was tested");
}

#[test]
fn it_is_written_beside_the_results_and_goes_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let report = conformant();
    let written = super::super::write(&report, dir.path(), &[]).unwrap();
    let path = write(&report, &written.results, &[]).unwrap();
    let text = fs::read_to_string(dir.path().join(JSON)).unwrap();
    assert!(BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)), "{text}");
    let read: Statement = serde_json::from_str(&text).unwrap();
    let sha256 = digest::sha256(&fs::read(&written.results).unwrap());
    assert_eq!(format!("sha256:{}", read.results.sha256), sha256);
    // The next run's results are others: a statement about these would be wrong.
    super::super::write(&report, dir.path(), &[]).unwrap();
    assert!(!path.exists() && !dir.path().join(JSON).exists());
}
