//! A redirect URI by https on this machine: served with a certificate that only the user agents of the run trust.

use oa_authtest::issuer::{IssuerOptions, Persona, flaw, start};
use oa_authtest::result::model::{LeftOut, RunReport, Verdict};

use crate::common::{Ended, free_port, program, quick, results, run, test};

/// Tests of each kind: a client of each flow that registers itself, a form post, the address for logouts, the document that an issuer fetches.
const TESTS: [&str; 6] = [
    "implicit-flow/login-id-token-token",
    "hybrid-flow/login-code-id-token",
    "form-post/login",
    "front-channel-logout/logout",
    "back-channel-logout/logout",
    "rp-initiated-logout/by-post",
];

/// Runs them at an embedded issuer of which no client is known, so that each test registers its own.
fn run_at(host: &str, agent: &str) -> (Ended, RunReport, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let issuer =
        runtime.block_on(start(IssuerOptions { persona: Persona::Certification, tls: true, ..IssuerOptions::default() })).expect("it starts");
    let (accounts, authority) = (issuer.accounts(), folder.path().join("ca.pem"));
    std::fs::write(&authority, issuer.ca_pem().expect("it is served over TLS")).expect("it can be written");
    let redirect_uri = format!("https://{host}:{}/cb", free_port());
    let mut command = program(folder.path());
    command.args(["run", "--issuer", issuer.issuer(), "--profile", "certification,security", "--agent", agent, "--redirect-uri", &redirect_uri]);
    command
        .arg("--ca-file")
        .arg(&authority)
        .args(["--screenshots=false", "--username", &accounts.username])
        .args(TESTS.iter().flat_map(|id| ["--test", id]));
    command.env("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", &accounts.initial_access_token).env("OA_AUTHTEST_PASSWORD", &accounts.password);
    let ended = run(command);
    let report = results(folder.path());
    runtime.block_on(issuer.stop());
    (ended, report, redirect_uri)
}

/// The registration requests of a test.
fn registered_as(report: &RunReport, id: &str) -> String {
    serde_json::to_string(test(report, id)).expect("JSON")
}

fn all_hold(agent: &str) {
    let (ended, report, redirect_uri) = run_at("127.0.0.1", agent);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert_eq!(report.environment.redirect_uri, redirect_uri);
    for id in TESTS {
        assert!(matches!(test(&report, id).verdict, Verdict::Passed | Verdict::Suggested), "{id}: {}", ended.said());
    }
    // The issuer registers no web application with tokens in its response types by http: by https it is one.
    let implicit = registered_as(&report, TESTS[0]);
    assert!(implicit.contains(&redirect_uri) && !implicit.contains("\\\"native\\\""), "{implicit}");
    // What the issuer fetches or calls is by http, since it does not trust the certificate.
    assert!(
        registered_as(&report, TESTS[4]).contains("\\\"backchannel_logout_uri\\\":\\\"http://127.0.0.1:"),
        "{}",
        registered_as(&report, TESTS[4])
    );
}

#[test]
fn it_is_trusted_without_a_browser() {
    all_hold("http");
}

#[test]
fn it_is_trusted_by_the_browser() {
    if !quick() {
        all_hold("webdriver");
    }
}

#[test]
fn no_web_application_with_the_implicit_grant_is_at_localhost() {
    let (ended, report, _) = run_at("localhost", "http");
    assert_eq!(ended.code, 0, "{}", ended.said());
    for id in &TESTS[..2] {
        let setting = LeftOut::Lacks { setting: "--redirect-uri".to_owned() };
        assert_eq!((test(&report, id).verdict, &test(&report, id).left_out), (Verdict::LeftOut, &Some(setting)), "{id}: {}", ended.said());
    }
    for id in &TESTS[2..] {
        assert!(matches!(test(&report, id).verdict, Verdict::Passed | Verdict::Suggested), "{id}: {}", ended.said());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_settings_has_it_at_a_fixed_port() {
    let port = free_port();
    let redirect_uri = format!("https://localhost:{port}/cb");
    let options = IssuerOptions { persona: Persona::Certification, redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() };
    let issuer = start(options).await.expect("it starts");
    let (accounts, folder) = (issuer.accounts().clone(), tempfile::tempdir().expect("a folder"));
    for agent in if quick() { &["http"][..] } else { &["http", "webdriver"] } {
        let mut command = program(folder.path());
        command.args(["run", "--profile", "oidc", "--test", "authorization-code/basic", "--agent", agent, "--issuer", issuer.issuer()]);
        command.args(["--redirect-uri", &redirect_uri, "--client-id", &accounts.client_id, "--username", &accounts.username]);
        command.env("OA_AUTHTEST_CLIENT_SECRET", &accounts.client_secret).env("OA_AUTHTEST_PASSWORD", &accounts.password);
        let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
        let report = results(folder.path());
        assert_eq!(report.environment.redirect_uri, redirect_uri, "{}", ended.said());
        assert!(matches!(test(&report, "authorization-code/basic").verdict, Verdict::Passed | Verdict::Suggested), "{agent}: {}", ended.said());
    }
    issuer.stop().await;
}

#[test]
fn that_it_is_trusted_says_nothing_of_the_issuer() {
    // An issuer whose certificate no one vouches for is refused as without it.
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let issuer = runtime.block_on(start(IssuerOptions { tls: true, flaw: None::<flaw::Flaw>, ..IssuerOptions::default() })).expect("it starts");
    let mut command = program(folder.path());
    let redirect_uri = format!("https://localhost:{}/cb", free_port());
    command.args(["run", "--profile", "oidc", "--test", "authorization-code/basic", "--agent", "http", "--issuer", issuer.issuer()]);
    command.args(["--redirect-uri", &redirect_uri, "--username", "joe"]).env("OA_AUTHTEST_PASSWORD", "secret");
    let ended = run(command);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.said().contains("certificate"), "{}", ended.said());
    runtime.block_on(issuer.stop());
}
