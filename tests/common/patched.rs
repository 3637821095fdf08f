//! An embedded issuer whose answers are patched, in the test's own process, and stories told to it by the program.

use std::path::Path;
use std::process::Command;

use oa_authtest::issuer::flaw::Flaw;
use oa_authtest::issuer::{IssuerOptions, RunningIssuer, start};
use serde_json::{Value, json};

use crate::common::{Ended, program, run};

/// An issuer with these patches, and the redirect URI of its client.
pub async fn issuer(patch: Value) -> (RunningIssuer, String) {
    let redirect_uri = format!("http://127.0.0.1:{}/cb", crate::common::free_port());
    let flaw: Flaw = serde_json::from_value(json!({"name": "test", "says": "A test.", "trips": [], "patch": patch})).expect("a flaw");
    let options = IssuerOptions { flaw: Some(flaw), redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() };
    (start(options).await.expect("it starts"), redirect_uri)
}

/// Tells stories to an issuer by its accounts.
pub async fn tell(issuer: &RunningIssuer, redirect_uri: &str, folder: &Path, more: &[String]) -> Ended {
    let command = command(issuer, redirect_uri, folder, more);
    tokio::task::spawn_blocking(move || run(command)).await.expect("it ends")
}

/// What tells them.
pub fn command(issuer: &RunningIssuer, redirect_uri: &str, folder: &Path, more: &[String]) -> Command {
    let accounts = issuer.accounts();
    let mut command = program(folder);
    command.args(["run", "--agent", "http", "--issuer", issuer.issuer(), "--redirect-uri", redirect_uri]);
    command.args(["--client-id", &accounts.client_id, "--username", &accounts.username, "--seller-id", &accounts.seller_id]);
    command.args(["--orders-feed-url", &accounts.orders_feed_url, "--dataset-site-url", &accounts.dataset_site_url]).args(more);
    command.env("OA_AUTHTEST_CLIENT_SECRET", &accounts.client_secret).env("OA_AUTHTEST_PASSWORD", &accounts.password);
    command.env("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", &accounts.initial_access_token);
    command
}
