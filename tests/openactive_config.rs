//! A configuration of the OpenActive test suite, read as it is.

use oa_authtest::issuer::{self, IssuerOptions};
use oa_authtest::result::model::Verdict;
use serde_json::{Value, json};

use crate::common::{free_port, program, results, root, run, test};

/// The example, about another issuer.
fn example() -> Value {
    let text = std::fs::read_to_string(root().join("fixtures/config/openactive.json")).expect("it is there");
    serde_json::from_str(&text).expect("it is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_all_that_a_run_needs() {
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let options = IssuerOptions { redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() };
    let issuer = issuer::start(options).await.expect("the issuer starts");
    let accounts = issuer.accounts().clone();
    let mut config = example();
    config["broker"]["datasetSiteUrl"] = json!(accounts.dataset_site_url);
    config["sellers"]["primary"]["@id"] = json!(accounts.seller_id);
    config["sellers"]["primary"]["authentication"]["loginCredentials"] = json!({ "username": accounts.username, "password": accounts.password });
    config["broker"]["bookingPartners"]["primary"]["authentication"]["initialAccessToken"] = json!(accounts.initial_access_token);
    let specific = &mut config["integrationTests"]["bookingPartnersForSpecificTests"];
    specific["dynamicPrimary"]["authentication"]["initialAccessToken"] = json!(accounts.initial_access_token);
    specific["dynamicSecondary"]["authentication"]["initialAccessToken"] = json!("not-this-one");
    specific["authorizationPersisted"]["authentication"]["clientCredentials"] =
        json!({ "clientId": accounts.client_id, "clientSecret": accounts.client_secret });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("default.json"), config.to_string()).expect("it is written");

    let mut command = program(folder.path());
    command.args(["run", "--config", "default.json", "--agent", "http"]).env("OA_AUTHTEST_REDIRECT_URI", &redirect_uri);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
    issuer.stop().await;
    assert!(
        ended.stderr.contains(&format!("The dataset site names the issuer {}", accounts.dataset_site_url.trim_end_matches("/dataset"))),
        "{}",
        ended.said()
    );
    let report = results(folder.path());
    assert_eq!(report.tests.len(), 6, "{}", ended.said());
    for test in report.tests.iter().filter(|test| test.id != "dynamic-client-registration/client-credentials-flow") {
        assert_eq!(test.verdict, Verdict::Passed, "{}: {:?}", test.id, test.reason);
    }
    // Each test is who its own entry says.
    let refused = test(&report, "dynamic-client-registration/client-credentials-flow");
    assert!(refused.reason.as_deref().is_some_and(|reason| reason.contains("initial access token")), "{:?}", refused.reason);
    let text = std::fs::read_to_string(folder.path().join("reports/results.json")).expect("it is there");
    for secret in [&accounts.initial_access_token, &accounts.client_secret, &accounts.password] {
        assert!(!text.contains(secret.as_str()), "{secret} reached results.json");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_site_that_names_nobody_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    let nobody = format!("http://localhost:{}/openactive", free_port());
    command.args(["run", "--dataset-site-url", &nobody]);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(ended.stderr.contains("no issuer was given") && ended.stderr.contains("--issuer"), "{}", ended.said());
}

#[test]
fn init_writes_a_file_for_its_owner_and_replaces_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let init = |args: &[&str]| {
        let mut command = program(folder.path());
        command.arg("init").args(args);
        run(command)
    };
    let from = root().join("fixtures/config/openactive.json");
    let from = from.to_str().expect("it is UTF-8");
    let ended = init(&["--from", from]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "oa-authtest.toml\n"), "{}", ended.said());
    let path = folder.path().join("oa-authtest.toml");
    let text = std::fs::read_to_string(&path).expect("it is there");
    assert!(text.contains("its-secret") && text.contains("[test.\"booking-partner-authentication/authorization-persisted\".client]"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o077, 0, "it holds secrets");
    }
    let ended = init(&["--issuer", "https://op.example"]);
    assert_eq!(ended.code, 2, "{}", ended.said());
    assert!(ended.stderr.contains("--force"), "{}", ended.said());
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text, "nothing was replaced");
    assert_eq!(init(&["--issuer", "https://op.example", "--force"]).code, 0);
    assert_eq!(init(&["--from", "no-such-file.json", "--output", "-"]).code, 2);
}
