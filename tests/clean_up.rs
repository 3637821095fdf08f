//! What a run leaves behind at the issuer: nothing that can be removed, and the rest is said.

use oa_authtest::issuer::{IssuerOptions, RunningIssuer, flaw, start};
use oa_authtest::result::model::{FindingOutcome, RunReport};

use crate::common::{Ended, free_port, program, results, run};

/// Runs these tests against the issuer, without a browser.
async fn tested(issuer: &RunningIssuer, redirect_uri: &str, more: &[&str]) -> (RunReport, Ended) {
    let folder = tempfile::tempdir().expect("a folder");
    let accounts = issuer.accounts();
    let mut command = program(folder.path());
    command.args(["run", "--issuer", issuer.issuer(), "--agent", "http", "--profile", "oidc", "--redirect-uri", redirect_uri]);
    command.args(["--initial-access-token", &accounts.initial_access_token, "--username", &accounts.username, "--password", &accounts.password]);
    command.args(more);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ran");
    (results(folder.path()), ended)
}

async fn issuer() -> (RunningIssuer, String) {
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let issuer = start(IssuerOptions { redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() }).await.expect("it starts");
    (issuer, redirect_uri)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_at_an_issuer_that_lets_all_be_removed() {
    let (issuer, redirect_uri) = issuer().await;
    let accounts = issuer.accounts().clone();
    let configured = ["--client-id", &accounts.client_id, "--client-secret", &accounts.client_secret];
    for client in [&[][..], &configured[..]] {
        let (report, ended) = tested(&issuer, &redirect_uri, &[&["--test", "authorization-code/*"], client].concat()).await;
        assert!(report.tests.len() > 1, "{}", ended.said());
        let left: Vec<_> = report.tests.iter().flat_map(|test| &test.left_behind).collect();
        assert!(left.is_empty(), "{left:#?}");
        let held = issuer.held();
        assert_eq!((held.clients, held.grants, held.sessions), (0, 0, 0), "{}", ended.said());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_to_life_is_deleted_again() {
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let flaw = flaw::find("client-config-deleted-update-recreates").expect("there is one");
    let options = IssuerOptions { redirect_uris: vec![redirect_uri.clone()], flaw: Some(flaw), ..IssuerOptions::default() };
    let issuer = start(options).await.expect("it starts");
    let more = ["--profile", "oauth", "--test", "oauth-client-registration/life-of-a-client"];
    let (report, ended) = tested(&issuer, &redirect_uri, &more).await;
    let broken: Vec<&str> =
        report.tests[0].findings.iter().filter(|found| found.outcome == FindingOutcome::Failed).map(|found| found.rule.as_str()).collect();
    assert_eq!(broken, ["client-config/deleted-update-http-401"], "{}", ended.said());
    assert!(report.tests[0].left_behind.is_empty(), "{:#?}", report.tests[0].left_behind);
    assert_eq!(issuer.held().clients, 0, "{}", ended.said());
}
