//! Profile `security` at an issuer that registers no clients: those of the settings take their place.

use std::path::Path;

use futures::stream::{self, StreamExt as _};
use oa_authtest::issuer::flaw::Flaw;
use oa_authtest::issuer::{IssuerOptions, RunningIssuer, flaws, start};
use oa_authtest::result::model::{Entry, FindingOutcome, RunReport, StepEnd, TestReport, Verdict};
use serde_json::json;

use crate::common::patched::tell;
use crate::common::{Ended, free_port, program, results, run, test};

/// An issuer that registers no clients, with what this flaw has beside that, and the redirect URI of its clients.
async fn without_registration(flaw: Option<Flaw>) -> (RunningIssuer, String) {
    let none = json!({"name": "none", "says": "Nothing.", "trips": []});
    let mut flaw = flaw.unwrap_or_else(|| serde_json::from_value(none).expect("a flaw"));
    for at in ["discovery", "server-metadata"] {
        flaw.patch.push(serde_json::from_value(json!({"at": at, "remove": ["/registration_endpoint"]})).expect("a patch"));
    }
    let redirect_uri = format!("http://127.0.0.1:{}/cb", free_port());
    let options = IssuerOptions { flaw: Some(flaw), redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() };
    (start(options).await.expect("it starts"), redirect_uri)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The flags that name the second and the public client of an issuer.
fn more_clients(issuer: &RunningIssuer) -> Vec<String> {
    let accounts = issuer.accounts();
    let (second, secret) = (&accounts.second_client_id, &accounts.second_client_secret);
    words(&["--second-client-id", second, "--second-client-secret", secret, "--public-client-id", &accounts.public_client_id])
}

async fn tell_security(issuer: &RunningIssuer, redirect_uri: &str, folder: &Path, more: &[String]) -> (Ended, RunReport) {
    let flags: Vec<String> = words(&["--profile", "security"]).into_iter().chain(more.iter().cloned()).collect();
    let ended = tell(issuer, redirect_uri, folder, &flags).await;
    (ended, results(folder))
}

/// True if every step of a test but the clean-up was taken to its end.
fn ran(test: &TestReport) -> bool {
    test.verdict != Verdict::Skipped && test.steps.iter().filter(|step| step.name != "Clean-up").all(|step| step.ended == StepEnd::Done)
}

/// The ids of the tests of which this holds.
fn ids(report: &RunReport, of: impl Fn(&TestReport) -> bool) -> Vec<&str> {
    report.tests.iter().filter(|test| of(test)).map(|test| test.id.as_str()).collect()
}

/// Why the first step of a test that was left out was.
fn why(report: &RunReport, id: &str) -> String {
    test(report, id).not_tested.first().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_clients_take_the_place_of_registered_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let (issuer, redirect_uri) = without_registration(None).await;
    let mut flags = more_clients(&issuer);
    flags.extend(words(&["--post-logout-redirect", "--allow-destructive"]));
    let (ended, report) = tell_security(&issuer, &redirect_uri, folder.path(), &flags).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    // What registration is about, and what only a registration can ask for; a second public client; certificates, which this issuer does not ask for; and in `pkce/verifier` a code for a challenge without a
    // method, which this issuer refuses.
    let about_registration = [
        "authorization-code-attacks/another-public-client",
        "authorization-code-attacks/missing-redirect-uri",
        "authorization-request/request-objects",
        "authorization-request/request-objects-required",
        "authorization-request/unregistered-scope",
        "mutual-tls/configured-client",
        "mutual-tls/self-signed",
        "native-applications/end-user-asked",
        "native-applications/loopback-ipv6",
        "pkce/verifier",
        "redirect-uri/native-application",
        "redirect-uri/own-query",
        "refresh-attacks/another-public-client",
        "registration-attacks/client-management",
        "registration-attacks/deleted-client-tokens",
        "registration-attacks/initial-access-token",
        "registration-attacks/metadata",
        "registration-attacks/more-members",
        "token-endpoint-attacks/client-assertions",
        "token-endpoint-attacks/secret-assertions",
        "token-endpoint-attacks/untrusted-keys",
    ];
    let mut left_out = ids(&report, |test| !ran(test));
    left_out.sort_unstable();
    assert_eq!(left_out, about_registration, "{}", ended.said());
    assert!(report.tests.len() - about_registration.len() >= 30, "{}", report.tests.len());
    for test in &report.tests {
        assert_eq!((test.counts.failures, test.counts.warnings), (0, 0), "{}\n{}", test.id, ended.said());
    }
    let text = std::fs::read_to_string(folder.path().join("reports/results.json")).expect("it is there");
    assert!(!text.contains(&issuer.accounts().second_client_secret), "the second secret is in the report");
    assert_eq!(issuer.held().grants, 0, "what was granted is revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named_and_what_would_be_destroyed_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let (issuer, redirect_uri) = without_registration(None).await;
    let (ended, report) = tell_security(&issuer, &redirect_uri, folder.path(), &[]).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    for (id, names) in [
        ("authorization-code-attacks/another-client", "--second-client-id"),
        ("refresh-attacks/another-client", "--second-client-id"),
        ("revocation/another-client", "--second-client-id"),
        ("refresh-attacks/public-client", "--public-client-id"),
        ("authorization-refusals/public-client", "--public-client-id"),
        ("authorization-request/public-client-grants", "--public-client-id"),
        ("rp-initiated-logout/redirected", "--post-logout-redirect"),
        ("authorization-code-attacks/replay", "--allow-destructive"),
        ("authorization-code-attacks/race", "--allow-destructive"),
    ] {
        let why = why(&report, id);
        assert!(why.contains(names), "{id}: {why}");
    }
    let refresh = test(&report, "refresh-attacks/confidential-client");
    let judged = |rule: &str| refresh.findings.iter().any(|finding| finding.rule == rule && finding.outcome == FindingOutcome::Passed);
    assert!(
        judged("refresh/wrong-secret-refused") && !judged("refresh/confidential-reuse-refused"),
        "all but the reuse is judged: {:?}",
        refresh.counts
    );
    let notes =
        refresh.steps.iter().flat_map(|step| &step.entries).filter_map(|entry| if let Entry::Note { text } = entry { Some(text) } else { None });
    assert!(notes.into_iter().any(|text| text.contains("--allow-destructive")), "{:?}", refresh.steps.last());
    assert!(why(&report, "authorization-code-attacks/replay").contains(&issuer.accounts().client_id), "whose grants are at stake");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_configured_client_may_not_do_is_left_out_and_breaks_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (issuer, redirect_uri) = without_registration(None).await;
    // A public client that does not exist: the issuer refuses it everywhere.
    let flags = words(&["--public-client-id", "no-such-client", "--test", "*/public-client", "--test", "*/public-client-grants"]);
    let (ended, report) = tell_security(&issuer, &redirect_uri, folder.path(), &flags).await;
    assert!(report.tests.iter().all(|test| test.counts.failures == 0), "{}", ended.said());
    for id in ["authorization-refusals/public-client", "refresh-attacks/public-client"] {
        assert!(why(&report, id).contains("check --public-client-id"), "{id}: {}", why(&report, id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_is_not_held_to_what_a_confidential_one_may_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let known = flaws().expect("sound flaws");
    let flaw = known.into_iter().find(|flaw| flaw.name == "public-client-without-challenge");
    let (issuer, redirect_uri) = without_registration(flaw).await;
    let accounts = issuer.accounts();
    let mut command = program(folder.path());
    command.args(["run", "--agent", "http", "--issuer", issuer.issuer(), "--redirect-uri", &redirect_uri, "--client-id", &accounts.public_client_id]);
    command.args(["--username", &accounts.username, "--profile", "oidc", "--test", "authorization-code/without-pkce"]);
    command.env("OA_AUTHTEST_PASSWORD", &accounts.password);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
    let report = results(folder.path());
    let story = test(&report, "authorization-code/without-pkce");
    assert_eq!(story.counts.failures, 0, "{}", ended.said());
    assert!(story.not_tested.iter().any(|reason| reason.contains("a public client is to use PKCE")), "{:?}", story.not_tested);
}

/// Flaws that attacks find, and the stories that find them.
const FOUND: &[(&str, &[&str])] = &[
    ("pkce-unchecked", &["pkce/*"]),
    ("client-authentication-optional", &["token-endpoint-attacks/secret-basic", "token-endpoint-attacks/bad-credentials-*"]),
    ("client-secret-in-query-accepted", &["token-endpoint-attacks/secret-post"]),
    ("code-for-any-client", &["authorization-code-attacks/another-client"]),
    ("code-reusable", &["authorization-code-attacks/*"]),
    ("code-reuse-harmless", &["authorization-code-attacks/replay"]),
    ("refresh-for-any-client", &["refresh-attacks/another-client"]),
    ("refresh-secret-unchecked", &["refresh-attacks/confidential-client", "token-endpoint-attacks/bad-credentials-*"]),
    ("refresh-reusable", &["refresh-attacks/*"]),
    ("refresh-kept-by-public-client", &["refresh-attacks/public-client"]),
    ("bearer-id-token", &["bearer-tokens/userinfo"]),
    ("introspection-open", &["bearer-tokens/introspection", "token-endpoint-attacks/bad-credentials-*"]),
    ("revocation-for-any-client", &["revocation/another-client"]),
    ("revocation-secret-unchecked", &["revocation/refresh-token", "token-endpoint-attacks/bad-credentials-*"]),
    ("redirect-host-ignored", &["redirect-uri/not-registered"]),
    ("public-client-without-challenge", &["authorization-refusals/public-client"]),
    ("response-type-token-taken", &["authorization-refusals/confidential-client"]),
    ("grant-limits-public-client", &["authorization-request/public-client-grants"]),
    ("grant-limits-password", &["authorization-request/unregistered-grants"]),
    ("logout-redirects-anywhere", &["rp-initiated-logout/unregistered-redirect"]),
    ("consent-refusal-not-told", &["login-pages/consent-refused"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn attacks_with_configured_clients_find_what_those_with_registered_ones_find() {
    let known = flaws().expect("sound flaws");
    let missed: Vec<String> = stream::iter(FOUND.iter().map(|(name, stories)| {
        let flaw = known.iter().find(|flaw| flaw.name == *name).unwrap_or_else(|| panic!("there is no {name}")).clone();
        async move {
            let folder = tempfile::tempdir().expect("a folder");
            // A native application is one that was registered.
            let mut trips: Vec<String> = flaw.trips.iter().filter(|rule| !rule.ends_with("/native-challenge")).cloned().collect();
            trips.sort();
            let (issuer, redirect_uri) = without_registration(Some(flaw)).await;
            let mut flags = more_clients(&issuer);
            flags.extend(words(&["--post-logout-redirect", "--allow-destructive"]));
            flags.extend(stories.iter().flat_map(|story| words(&["--test", story])));
            let (ended, report) = tell_security(&issuer, &redirect_uri, folder.path(), &flags).await;
            let findings = report.tests.iter().flat_map(|test| &test.findings);
            // That no client can be registered is a suggestion in every test.
            let failed = findings.filter(|finding| finding.outcome == FindingOutcome::Failed && !finding.rule.starts_with("discovery/"));
            let mut failed: Vec<String> = failed.map(|finding| finding.rule.clone()).collect();
            failed.sort();
            failed.dedup();
            (failed != trips).then(|| format!("{name}: {failed:?} instead of {trips:?}\n{}", ended.said()))
        }
    }))
    .buffer_unordered(4)
    .filter_map(|missed| async { missed })
    .collect()
    .await;
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
