//! The suite against an issuer that is not ours: npm `oidc-provider`, a certified one, in a real browser; and what a user sees when a setting is wrong.

use std::path::Path;
use std::time::Duration;

use oa_authtest::result::model::{FindingOutcome, Verdict};

use crate::common::oidc_provider::OidcProvider;
use crate::common::{Ended, free_port, program, quick, results, run, test};

/// The longest a run with a wrong setting may take.
const SOON: Duration = Duration::from_secs(30);

fn redirect_uri() -> String {
    format!("http://localhost:{}/cb", free_port())
}

/// Runs everything against a provider; later flags replace earlier ones of the same name.
fn run_with(folder: &Path, provider: &OidcProvider, redirect_uri: &str, changes: &[(&str, &str)]) -> Ended {
    let mut flags = provider.flags();
    flags.extend(["--redirect-uri".to_owned(), redirect_uri.to_owned()]);
    for (flag, value) in changes {
        let at = flags.iter().position(|known| known == flag).unwrap_or_else(|| panic!("{flag} is among the flags"));
        (*value).clone_into(&mut flags[at + 1]);
    }
    let mut command = program(folder);
    command.arg("run").args(&flags);
    run(command)
}

#[test]
fn a_certified_provider_passes_every_test() {
    if quick() {
        return;
    }
    for access_tokens in ["jwt", "opaque"] {
        let folder = tempfile::tempdir().expect("a folder");
        let redirect_uri = redirect_uri();
        let provider = OidcProvider::start(&redirect_uri, access_tokens);
        let ended = run_with(folder.path(), &provider, &redirect_uri, &[]);
        assert_eq!(ended.code, 0, "{}", ended.said());
        let report = results(folder.path());
        assert_eq!(report.tests.len(), 6);
        for test in &report.tests {
            assert!(matches!(test.verdict, Verdict::Passed | Verdict::Suggested | Verdict::Warned), "{}: {:?}", test.id, test.reason);
            assert_eq!(test.counts.failures, 0, "{}", test.id);
        }
        let text = std::fs::read_to_string(folder.path().join("reports/results.json")).expect("it is there");
        // The secret itself is the word `secret`; in a request it stands in a Basic header.
        let basic = format!("{}:{}", provider.about("clientId"), provider.about("clientSecret"));
        let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, basic);
        for secret in [basic.as_str(), provider.about("initialAccessToken"), "eyJ"] {
            assert!(!text.contains(secret), "{secret} reached results.json");
        }
        let shots = folder.path().join("reports/screenshots/dynamic-client-registration/authorization-code-flow");
        assert!(std::fs::read_dir(shots).expect("screenshots").count() >= 2, "the login page and the consent page");
        let persisted = test(&report, "booking-partner-authentication/authorization-persisted");
        let sentences: Vec<&str> = persisted.steps.iter().flat_map(|step| &step.sentences).map(String::as_str).collect();
        for sentence in [
            "should complete Discovery successfully",
            "should complete Authorization Code Flow successfully",
            "should include expected `https://openactive.io/sellerId` claim in `id_token`",
            "should return claims within `id_token` as defined in specification",
            "should not require a consent prompt for Authorization Code Flow (second attempt)",
        ] {
            assert!(sentences.contains(&sentence), "{sentence:?} is not among {sentences:?}");
        }
    }
}

#[test]
fn a_wrong_setting_is_named_soon() {
    if quick() {
        return;
    }
    let redirect_uri = redirect_uri();
    let provider = OidcProvider::start(&redirect_uri, "jwt");
    for (flag, value, code, named) in [
        ("--password", "wrong", 3, "--password"),
        ("--client-secret", "wrong", 3, "--client-secret"),
        ("--initial-access-token", "wrong", 3, "--initial-access-token"),
        ("--seller-id", "https://example.com/another-seller", 1, "https://example.com/another-seller"),
        ("--ca-file", "/dev/null", 2, "--ca-file"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let ended = run_with(folder.path(), &provider, &redirect_uri, &[(flag, value)]);
        assert_eq!(ended.code, code, "{flag} {value}: {}", ended.said());
        assert!(format!("{}{}", ended.stdout, ended.stderr).contains(named), "{flag} {value} does not name {named}: {}", ended.said());
        assert!(ended.took < SOON, "{flag} {value} took {:?}", ended.took);
    }
}

#[test]
fn a_seller_that_differs_is_a_failure_of_the_issuer() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let redirect_uri = redirect_uri();
    let provider = OidcProvider::start(&redirect_uri, "jwt");
    run_with(folder.path(), &provider, &redirect_uri, &[("--seller-id", "https://example.com/another-seller")]);
    let report = results(folder.path());
    let failed: std::collections::BTreeSet<&str> = report
        .tests
        .iter()
        .flat_map(|test| &test.findings)
        .filter(|finding| finding.outcome == FindingOutcome::Failed && finding.level == oa_authtest::rule::Level::Must)
        .map(|finding| finding.rule.as_str())
        .collect();
    assert_eq!(failed.into_iter().collect::<Vec<_>>(), ["openactive/seller-id"]);
}

#[test]
fn a_stopped_issuer_is_named_soon() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let redirect_uri = redirect_uri();
    let provider = OidcProvider::start(&redirect_uri, "jwt");
    let flags = provider.flags();
    let issuer = provider.about("issuer").to_owned();
    // The certificate's file goes with the provider, so the run trusts nobody; it has nobody to trust.
    let flags: Vec<String> = flags.into_iter().enumerate().filter(|(at, _)| *at != 2 && *at != 3).map(|(_, flag)| flag).collect();
    provider.stop();
    let mut command = program(folder.path());
    command.arg("run").args(flags).args(["--redirect-uri", &redirect_uri]);
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stderr.contains(&format!("could not reach {issuer}")) && ended.stderr.contains("does it run?"), "{}", ended.said());
    assert!(ended.took < SOON, "{:?}", ended.took);
}
