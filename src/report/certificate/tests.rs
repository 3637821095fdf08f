use std::sync::Arc;

use super::*;
use crate::feature;
use crate::result::model::{Counts, Finding, FindingOutcome};

/// A run in which every test of the profile passed.
fn passed() -> RunReport {
    let mut report = crate::report::json::sample();
    let seed = TestReport { verdict: Verdict::Passed, ..report.tests[0].clone() };
    report.tests = ids().into_iter().map(|id| TestReport { id, ..seed.clone() }).collect();
    report.verdict = Verdict::Passed;
    report.environment.tls_verified = Some(true);
    report
}

fn ids() -> Vec<String> {
    let features = feature::features().unwrap();
    let of = features.iter().filter(|feature| feature.profile == PROFILE);
    of.flat_map(|feature| feature.tests.iter().map(move |test| format!("{}/{}", feature.id, test.id))).collect()
}

fn certificate(report: &RunReport, said: &CertificateConfig) -> Result<Value, NoCertificate> {
    of(report, b"", &feature::features().unwrap(), said, "2026-11-29T12:00:00Z".parse().unwrap())
}

fn refused(change: impl FnOnce(&mut RunReport)) -> String {
    let mut report = passed();
    change(&mut report);
    certificate(&report, &CertificateConfig::default()).unwrap_err().to_string()
}

#[test]
fn the_features_are_shown_by_all_tests_of_the_profile() {
    let mut shown: Vec<&str> = FEATURES.iter().flat_map(|feature| feature.tests).copied().collect();
    let mut all = ids();
    shown.sort_unstable();
    all.sort_unstable();
    assert_eq!(shown, all);
}

#[test]
fn it_says_what_ran_and_who_says_so() {
    let party = |name: &str| Some(Party { name: name.to_owned(), url: Some("https://acme.example/".parse().unwrap()) });
    let said = CertificateConfig {
        id: Some("https://acme.example/certificate".parse().unwrap()),
        by: party("Acme Testing"),
        awarded_to: party("Acme Booker"),
    };
    let report = passed();
    let value = certificate(&report, &said).unwrap();
    assert_eq!((&value["@type"], &value["@id"]), (&json!("cert:ConformanceCertificate"), &json!("https://acme.example/certificate")));
    assert_eq!(value["creator"], json!({ "@type": "Organization", "name": "Acme Testing", "url": "https://acme.example/" }));
    assert_eq!(value["cert:awardedTo"]["@type"], "BookingService");
    assert_eq!(value["about"]["url"], report.issuer.as_str());
    assert_eq!(value["cert:featureImplemented"].as_array().unwrap().len(), 3);
    assert_eq!(value["isBasedOn"].as_array().unwrap().len(), report.tests.len());
    assert_eq!(value["associatedMedia"]["sha256"], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert!(value["description"].as_str().unwrap().contains("not by OpenActive"), "{value}");
    let text = value.to_string();
    // What nobody has said, or no test has shown, is not in it.
    for term in ["recognizedBy", "validFor", "featureNotImplemented", "opportunityTypeImplemented"] {
        assert!(!text.contains(term), "{term}");
    }
    let silent = certificate(&report, &CertificateConfig::default()).unwrap();
    assert!(["@id", "creator", "cert:awardedTo"].iter().all(|name| silent.get(name).is_none()), "{silent}");
    assert!(results_json::pretty(&silent).unwrap().starts_with(BEGINNING));
}

#[test]
fn there_is_none_unless_every_test_of_the_profile_passed() {
    assert_eq!(refused(|report| report.environment.profiles = vec!["oidc".to_owned()]), "the run is not about profile openactive");
    assert!(refused(|report| report.tests[0].verdict = Verdict::Failed).starts_with("1 test failed: booking-partner-authentication/"));
    assert!(refused(|report| report.tests[0].flaky = true).starts_with("1 test passed only when run again"));
    assert_eq!(refused(|report| report.interrupted = true), "the run was interrupted");
    let id = ids()[1].clone();
    for verdict in [Verdict::Skipped, Verdict::LeftOut] {
        assert_eq!(refused(|report| report.tests[1].verdict = verdict), format!("1 test of profile openactive did not pass: {id}"));
    }
    assert_eq!(refused(|report| drop(report.tests.remove(1))), format!("1 test of profile openactive did not pass: {id}"));
    assert_eq!(refused(|report| report.tests[1].reason = Some("broke off".to_owned())), format!("1 test of profile openactive did not pass: {id}"));
    let known = |level| {
        move |report: &mut RunReport| {
            let seed = (*report.tests[0].findings[0]).clone();
            let finding = Finding { known: Some("a proxy".to_owned()), outcome: FindingOutcome::Failed, level, ..seed };
            report.tests[0].findings.push(Arc::new(finding));
        }
    };
    assert_eq!(refused(known(Level::Must)), "1 MUST rule is broken and known (--known)");
    assert!(refused(|report| report.environment.tls_verified = Some(false)).starts_with("TLS certificates were not verified"));
    assert!(refused(|report| report.environment.secrets_shown = true).contains("--show-secrets"));

    let mut warned = passed();
    known(Level::Should)(&mut warned);
    (warned.tests[1].verdict, warned.tests[1].counts) = (Verdict::Warned, Counts { passed: 3, warnings: 1, ..Counts::default() });
    let value = certificate(&warned, &CertificateConfig::default()).unwrap();
    assert_eq!(
        value["isBasedOn"][1]["earl:result"]["description"], "3 passed with 0 failures, 1 warning and 0 suggestions",
        "that it is not spotless is said"
    );
}
