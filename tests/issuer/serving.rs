//! Starting and stopping, with and without TLS.

use std::time::{Duration, Instant};

use oa_authtest::issuer::{IssuerError, IssuerOptions, start};
use serde_json::Value;

#[tokio::test]
async fn it_serves_tls_with_a_certificate_to_be_trusted() {
    let issuer = start(IssuerOptions { tls: true, ..IssuerOptions::default() }).await.unwrap();
    assert!(issuer.issuer().starts_with("https://localhost:"));
    let authority = reqwest::Certificate::from_pem(issuer.ca_pem().unwrap().as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([authority]).no_proxy().build().unwrap();
    let port = issuer.issuer().rsplit(':').next().unwrap();
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{port}/.well-known/openid-configuration");
        let document: Value = http.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(document["issuer"], issuer.issuer());
    }
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(stranger.get(issuer.issuer()).send().await.is_err());
}

#[tokio::test]
async fn under_tls_the_cookie_is_secure() {
    let options = IssuerOptions { tls: true, redirect_uris: vec!["https://a.example/cb".to_owned()], ..IssuerOptions::default() };
    let issuer = start(options).await.unwrap();
    let authority = reqwest::Certificate::from_pem(issuer.ca_pem().unwrap().as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([authority]).redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let request = format!(
        "{}/connect/authorize?response_type=code&client_id={}&redirect_uri=https%3A%2F%2Fa.example%2Fcb&scope=openid",
        issuer.issuer(),
        issuer.accounts().client_id
    );
    let response = http.get(request).send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-session-") && cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn stopping_frees_the_port_and_a_taken_port_is_an_error() {
    let issuer = start(IssuerOptions::default()).await.unwrap();
    let port: u16 = issuer.issuer().rsplit(':').next().unwrap().parse().unwrap();
    match start(IssuerOptions { port, ..IssuerOptions::default() }).await {
        Err(IssuerError::Bind { port: named, .. }) => assert_eq!(named, port),
        other => panic!("{other:?}"),
    }
    issuer.stop().await;
    let stopped = Instant::now();
    let again = loop {
        match start(IssuerOptions { port, ..IssuerOptions::default() }).await {
            // A process that another test starts holds a copy of the socket until it has begun.
            Err(IssuerError::Bind { .. }) if stopped.elapsed() < Duration::from_secs(2) => tokio::time::sleep(Duration::from_millis(10)).await,
            started => break started.unwrap(),
        }
    };
    assert_eq!(again.issuer(), format!("http://localhost:{port}"));
}

#[tokio::test]
async fn two_issuers_know_nothing_of_each_other_and_share_their_keys() {
    let (one, two) = (super::relying_party::RelyingParty::new().await, super::relying_party::RelyingParty::new().await);
    let jwks = "/.well-known/openid-configuration/jwks";
    assert_eq!(one.document(jwks).await, two.document(jwks).await);
    let (client, _) = one.registered().await;
    assert_eq!(two.client_credentials(&client).await.0, 401);
}
