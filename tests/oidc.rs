//! Profile `oidc`: its stories told to the embedded issuer and, with those of every other profile, to npm `oidc-provider`, without a browser and
//! in a real one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use oa_authtest::result::model::{Entry, FindingOutcome, RunReport, StepEnd, TestReport};
use oa_authtest::rule::Level;

use crate::common::oidc_provider::OidcProvider;
use crate::common::{Ended, all_ran, all_ran_but, free_port, program, quick, results, run, test};
use crate::products::broken_by;

fn run_provider(folder: &Path, more: &[&str]) -> Ended {
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    run_at(&OidcProvider::start(&redirect_uri, "jwt"), &redirect_uri, folder, &[&["--profile", "oidc"], more].concat())
}

fn run_at(provider: &OidcProvider, redirect_uri: &str, folder: &Path, more: &[&str]) -> Ended {
    let mut command = program(folder);
    command.arg("run").args(provider.flags()).args(["--redirect-uri", redirect_uri]).args(more);
    run(command)
}

/// How many clients were registered at a provider and not deleted.
fn clients_left(provider: &OidcProvider) -> usize {
    let authority = std::fs::read(provider.about("caFile")).expect("it is there");
    let authorities = reqwest::Certificate::from_pem_bundle(&authority).expect("it is a certificate");
    let client = reqwest::Client::builder().tls_certs_only(authorities).build().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let asked = async { client.get(provider.about("registeredClientsUrl")).send().await?.json::<Vec<String>>().await };
    runtime.block_on(asked).expect("a list").len()
}

/// The names of the steps that were left out.
fn left_out(test: &TestReport) -> Vec<&str> {
    test.steps.iter().filter(|step| matches!(step.ended, StepEnd::LeftOut(_))).map(|step| step.name.as_str()).collect()
}

/// How many pages of this title were shown in the step of this name.
fn pages(test: &TestReport, step: &str) -> usize {
    let step = test.steps.iter().find(|known| known.name == step).unwrap_or_else(|| panic!("{} has no step {step}", test.id));
    step.entries.iter().filter(|entry| matches!(entry, Entry::Page(_))).count()
}

/// The callback of the last authorization of a test.
fn callback(test: &TestReport) -> &str {
    let mut callbacks =
        test.steps.iter().flat_map(|step| &step.entries).filter_map(|entry| if let Entry::Callback { url } = entry { Some(url) } else { None });
    callbacks.next_back().unwrap_or_else(|| panic!("{} has no callback", test.id))
}

#[test]
fn the_embedded_issuer_passes_every_story() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--profile", "oidc"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    // Nothing but a browser shows what a page says in a frame, and only the persona that offers every flow has one.
    all_ran_but(&report, &ended, &["session-management/frame", "session-management/two-clients", "session-management/logout"]);
    assert_eq!(left_out(test(&report, "authorization-code/public-client")), [""; 0]);
    assert_eq!(left_out(test(&report, "authorization-code/offline-access")), [""; 0]);
}

#[test]
fn a_certified_provider_passes_every_story_and_what_it_draws_is_explained() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let provider = OidcProvider::start(&redirect_uri, "jwt");
    let ended = run_at(
        &provider,
        &redirect_uri,
        folder.path(),
        &["--agent", "http", "--profile", "openactive,oidc,oauth,security", "--scope", "openactive-openbooking"],
    );
    assert_eq!(ended.code, 1, "{}", ended.said());
    let report = results(folder.path());
    // What RFC 9700 forbids and no certification asks for, which profile security alone has as a failure; and how its platform decodes base64url.
    let mut failed: Vec<&str> = report
        .tests
        .iter()
        .flat_map(|test| &test.findings)
        .filter(|finding| finding.outcome == FindingOutcome::Failed && finding.level == Level::Must)
        .map(|finding| finding.rule.as_str())
        .collect();
    failed.sort_unstable();
    failed.dedup();
    let known = ["client-assertion/white-space-refused", "registration-error/redirect-http", "request-object/white-space-refused"];
    assert_eq!(failed, known, "{}", ended.said());
    // It fetches nothing from loopback addresses, knows no pairwise subjects and no session management, and is set up without mutual TLS.
    let failing =
        |test: &TestReport| test.findings.iter().any(|finding| known.contains(&finding.rule.as_str()) && finding.outcome == FindingOutcome::Failed);
    let others = report.tests.iter().filter(|test| !failing(test)).cloned().collect();
    all_ran_but(
        &RunReport { tests: others, ..report.clone() },
        &ended,
        &[
            "registration/jwks-uri",
            "registration/symmetric-id-token",
            "registration/sector-identifier",
            "registration/pairwise-subjects",
            "registration/pairwise-sector",
            "session-management/frame",
            "session-management/two-clients",
            "session-management/logout",
            "mutual-tls/self-signed",
            "mutual-tls/configured-client",
        ],
    );
    // Some have an access token of the configured client, which is a JWT that the provider cannot revoke; the registration access token of the others
    // is revoked by the provider, because the story uses it for another client.
    let remain: Vec<&str> = report.tests.iter().filter(|test| left_out(test).contains(&"Clean-up")).map(|test| test.id.as_str()).collect();
    assert_eq!(
        remain,
        [
            "booking-partner-authentication/client-credentials-flow",
            "oauth-client-registration/life-of-a-client",
            "oauth-client-credentials/grant",
            "oauth-client-credentials/unknown-scope",
            "oauth-authorization-code/code-flow",
            "registration-attacks/client-management"
        ]
    );
    assert_eq!(clients_left(&provider), 2);
    let text = std::fs::read_to_string(folder.path().join("reports/results.json")).expect("it is there");
    assert!(!text.contains(provider.about("password")), "the password reached results.json");

    let mut drawn: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for test in &report.tests {
        for finding in test.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Failed) {
            drawn.entry(finding.rule.clone()).or_default().insert(test.id.clone());
        }
    }
    assert_eq!(drawn, broken_by("oidc-provider"), "what oidc-provider draws and tests/products/oidc-provider/expected.json differ");

    for (id, steps) in [
        ("authorization-code/basic", &["Refresh", "Revocation"][..]),
        ("request-parameters/request-object", &["Authorization Code Flow", "Unsecured Request Objects"]),
        ("authorization-code/form-post", &[]),
        ("authorization-code/post-request", &[]),
        ("scopes-and-claims/all", &[]),
        ("scopes-and-claims/essential-name", &[]),
        ("token-endpoint/refusals", &[]),
        ("registration/signed-userinfo", &[]),
        ("request-parameters/signed-request-object", &[]),
        ("authorization-request/request-objects", &[]),
        ("login-pages/wrong-password", &[]),
    ] {
        assert_eq!(left_out(test(&report, id)), steps, "{id}");
    }
    assert!(callback(test(&report, "request-parameters/request-object")).contains("error=invalid_request_object"));
    assert!(callback(test(&report, "request-parameters/unknown-response-type")).contains("error=unsupported_response_type"));
    sessions(&report);
}

#[test]
fn a_browser_tells_the_stories_that_depend_on_one() {
    if quick() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let stories = ["prompt-and-max-age/*", "authorization-code/form-post", "authorization-code/post-request"];
    let ended = run_provider(folder.path(), &stories.iter().flat_map(|story| ["--test", story]).collect::<Vec<_>>());
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    all_ran(&report, &ended);
    assert!(callback(test(&report, "authorization-code/form-post")).starts_with("POST "));
    assert_eq!(left_out(test(&report, "authorization-code/post-request")), [""; 0]);
    sessions(&report);
}

/// What the second authorizations of the stories about sessions show.
fn sessions(report: &RunReport) {
    assert!(callback(test(report, "prompt-and-max-age/prompt-none-not-logged-in")).contains("error=login_required"));
    assert!(callback(test(report, "prompt-and-max-age/prompt-none-and-login")).contains("error=invalid_request"));
    for (story, shown) in [("prompt-none-logged-in", 0), ("id-token-hint", 0), ("prompt-login", 1), ("max-age-passed", 1), ("max-age-ample", 0)] {
        let test = test(report, &format!("prompt-and-max-age/{story}"));
        assert_eq!((pages(test, "Authorization (first login)"), pages(test, "Authorization (second login)")), (1, shown), "{story}");
        assert_eq!(left_out(test), [""; 0], "{story}");
    }
}
