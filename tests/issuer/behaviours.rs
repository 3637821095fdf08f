//! Every behaviour of a flaw can be seen from outside.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::relying_party::{Credentials, RelyingParty, part, text};

async fn party(behaviour: &str) -> RelyingParty {
    RelyingParty::flawed(json!({ "behaviour": behaviour })).await
}

/// Signed with a key that is published under its `kid`?
async fn verifies(party: &RelyingParty, token: &str) -> bool {
    use jsonwebtoken::{DecodingKey, Validation, decode, jwk::JwkSet};
    let set: JwkSet = serde_json::from_value(party.document("/.well-known/openid-configuration/jwks").await).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    let jwk = set.find(header.kid.as_deref().unwrap()).expect("the kid is a published one");
    let mut validation = Validation::new(header.alg);
    validation.validate_aud = false;
    decode::<Value>(token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).is_ok()
}

#[tokio::test]
async fn tokens_signed_with_a_foreign_key() {
    for (behaviour, bad, good) in [("id-token-foreign-key", "id_token", "access_token"), ("access-token-foreign-key", "access_token", "id_token")] {
        let party = party(behaviour).await;
        let tokens = party.tokens("openid", &[]).await;
        assert!(!verifies(&party, text(&tokens, bad)).await, "{behaviour}");
        assert!(verifies(&party, text(&tokens, good)).await, "{behaviour}");
        assert_eq!(party.status_with("/connect/userinfo", text(&tokens, "access_token")).await, 200);
    }
}

#[tokio::test]
async fn tokens_without_a_signature() {
    for (behaviour, bad, good) in [("id-token-unsigned", "id_token", "access_token"), ("access-token-unsigned", "access_token", "id_token")] {
        let party = party(behaviour).await;
        let tokens = party.tokens("openid", &[]).await;
        assert_eq!(part(text(&tokens, bad), 0)["alg"], "none");
        assert!(text(&tokens, bad).ends_with('.'));
        assert!(verifies(&party, text(&tokens, good)).await);
        assert_eq!(party.status_with("/connect/userinfo", text(&tokens, "access_token")).await, 200);
    }
}

#[tokio::test]
async fn id_tokens_of_another_algorithm() {
    let party = party("id-token-other-alg").await;
    let tokens = party.tokens("openid", &[]).await;
    assert_eq!(part(text(&tokens, "id_token"), 0)["alg"], "PS256");
    assert!(verifies(&party, text(&tokens, "id_token")).await);
}

#[tokio::test]
async fn consent_never_and_always() {
    let never = party("consent-never").await;
    let visit = never.visit(never.request("openid offline_access", &[("prompt", "consent")])).await;
    assert_eq!(visit.pages, ["login"]);
    let (_, tokens) = never.redeem(&never.client(), visit.code(), &[]).await;
    assert!(tokens["refresh_token"].is_string());
    let always = party("consent-always").await;
    assert_eq!(always.visit(always.request("openid", &[])).await.pages, ["login", "consent"]);
    assert_eq!(always.visit(always.request("openid", &[])).await.pages, ["consent"]);
}

#[tokio::test]
async fn a_late_registration_works_in_the_end() {
    let party = party("registration-late").await;
    let before = Instant::now();
    let (client, _) = party.registered().await;
    let (status, body) = party.client_credentials(&client).await;
    // A machine that is so slow that the time is up already shows nothing.
    assert!(body["error"] == "invalid_client" || before.elapsed() >= Duration::from_millis(400), "{status} {body}");
    let deadline = Instant::now() + Duration::from_secs(10);
    while party.client_credentials(&client).await.0 != 200 {
        assert!(Instant::now() < deadline, "still refused");
    }
    assert!(before.elapsed() >= Duration::from_millis(400));
    assert_eq!(party.client_credentials(&party.client()).await.0, 200);
}

#[tokio::test]
async fn a_dead_registration_never_works() {
    let party = party("registration-dead").await;
    let (client, registration) = party.registered().await;
    assert_eq!(party.client_credentials(&client).await.1["error"], "invalid_client");
    assert_eq!(party.client_credentials(&party.client()).await.0, 200);
    assert_eq!(party.manage(Method::GET, &registration).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_revocation_is_ignored() {
    let party = party("revocation-ignored").await;
    let tokens = party.tokens("openid offline_access", &[]).await;
    let client = party.client();
    for name in ["access_token", "refresh_token"] {
        assert_eq!(party.form("/connect/revocation", &client, &[("token", text(&tokens, name))]).await.0, 200);
        assert_eq!(party.introspect(text(&tokens, name)).await["active"], true);
    }
}

#[tokio::test]
async fn tokens_are_missing() {
    let without_id = party("id-token-missing").await;
    let tokens = without_id.tokens("openid offline_access", &[]).await;
    assert!(tokens.get("id_token").is_none());
    assert!(without_id.refresh(text(&tokens, "refresh_token"), &[]).await.1["id_token"].is_string());
    let without_refresh = party("refresh-token-missing").await;
    let tokens = without_refresh.tokens("openid offline_access", &[]).await;
    assert_eq!((tokens.get("refresh_token"), &tokens["scope"]), (None, &json!("openid offline_access")));
}

#[tokio::test]
async fn introspection_is_blind() {
    let party = party("introspection-blind").await;
    let (_, tokens) = party.client_credentials(&party.client()).await;
    assert_eq!(party.introspect(text(&tokens, "access_token")).await, json!({ "active": false }));
    assert_eq!(party.status_with("/api/orders-rpde", text(&tokens, "access_token")).await, 200);
}

#[tokio::test]
async fn codes_are_short_and_work() {
    let party = party("code-short").await;
    let visit = party.visit(party.request("openid", &[])).await;
    assert_eq!(visit.code().len(), 8);
    let Credentials(id, secret) = party.client();
    assert_eq!(party.redeem(&Credentials(id, secret), visit.code(), &[]).await.0, 200);
}
