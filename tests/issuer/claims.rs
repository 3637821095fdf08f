//! Standard claims: by scope, and by the `claims` parameter.

use serde_json::{Value, json};

use super::relying_party::{RelyingParty, part, text};

const ACR: &str = "https://acme-booking.example/acr/password";

fn names(claims: &Value) -> Vec<&str> {
    claims.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn userinfo_gives_the_standard_claims_of_the_granted_scope() {
    let party = RelyingParty::new().await;
    let metadata = party.document("/.well-known/openid-configuration").await;
    for (scope, expected) in [("openid", 1), ("openid profile", 15), ("openid email", 3), ("openid address", 2), ("openid phone", 3)] {
        let tokens = party.tokens(scope, &[]).await;
        let claims = party.userinfo(&tokens).await;
        assert_eq!((&tokens["scope"], names(&claims).len()), (&json!(scope), expected), "{claims}");
        let supported = metadata["claims_supported"].as_array().unwrap();
        assert!(names(&claims).iter().all(|name| supported.contains(&json!(name))));
        let id = part(text(&tokens, "id_token"), 1);
        assert!(["name", "email", "address", "phone_number"].iter().all(|name| id.get(name).is_none()));
    }
    let all = party.userinfo(&party.tokens("openid profile email address phone", &[]).await).await;
    assert_eq!(names(&all).len(), 20);
    assert!(all["updated_at"].is_u64() && all["email_verified"].is_boolean() && all["phone_number_verified"].is_boolean());
    assert!(all["address"]["formatted"].is_string() && text(&all, "phone_number").starts_with('+'));
}

#[tokio::test]
async fn the_consent_page_names_the_scopes_and_the_claims() {
    let party = RelyingParty::new().await;
    party.visit(party.request("openid", &[])).await;
    for (scope, more, words) in [
        ("openid address", vec![], "See your postal address"),
        ("openid", vec![("claims", r#"{"userinfo":{"phone_number":null}}"#)], "See your telephone number"),
    ] {
        let begun = party.http.get(party.request(scope, &more)).send().await.unwrap();
        let page = party.get(begun.headers()["location"].to_str().unwrap()).await.text().await.unwrap();
        assert!(page.contains("Allow access?") && page.contains(words), "{page}");
    }
}

#[tokio::test]
async fn single_claims_go_where_they_were_asked_for() {
    let party = RelyingParty::new().await;
    let claims = r#"{"userinfo":{"email":{"essential":true},"birthdate":null,"https://openactive.io/sellerName":null,"unknown":null},
        "id_token":{"given_name":{"value":"x"},"auth_time":{"essential":true},"acr":null}}"#;
    let tokens = party.tokens("openid", &[("claims", claims)]).await;
    let mut userinfo = names(&party.userinfo(&tokens).await).join(" ");
    userinfo.retain(|c| c != '"');
    assert_eq!(userinfo, "sub birthdate email https://openactive.io/sellerName");
    let id = part(text(&tokens, "id_token"), 1);
    assert_eq!((&id["given_name"], &id["acr"], id.get("email"), id.get("family_name")), (&json!("Sally"), &json!(ACR), None, None));
    assert_eq!(tokens["scope"], "openid");
}

#[tokio::test]
async fn what_cannot_be_met_or_read_is_an_error() {
    let party = RelyingParty::new().await;
    let error = async |claims: &str| party.visit(party.request("openid", &[("claims", claims)])).await.get("error").map(str::to_owned);
    for malformed in ["{", "[]", "x", r#"{"userinfo":[]}"#, r#"{"id_token":{"email":1}}"#] {
        assert_eq!(error(malformed).await.as_deref(), Some("invalid_request"), "{malformed}");
    }
    let acr = r#"{"id_token":{"acr":{"essential":true,"values":["https://other.example/acr"]}}}"#;
    assert_eq!(error(acr).await.as_deref(), Some("unmet_authentication_requirements"));
    assert_eq!(error(r#"{"id_token":{"sub":{"value":"user-100"}}}"#).await, None);
    assert_eq!(error(r#"{"id_token":{"sub":{"value":"somebody-else"}}}"#).await.as_deref(), Some("login_required"));
}

#[tokio::test]
async fn acr_values_ask_for_acr_and_other_parameters_for_nothing() {
    let party = RelyingParty::new().await;
    let id = async |more: &[(&str, &str)]| part(text(&party.tokens("openid", more).await, "id_token"), 1);
    assert_eq!(id(&[]).await.get("acr"), None);
    assert_eq!(id(&[("acr_values", "1 2")]).await["acr"], ACR);
    let more = [("display", "page"), ("ui_locales", "fr cy"), ("claims_locales", "de"), ("login_hint", "x"), ("extra", "foobar")];
    assert_eq!(id(&more).await["sub"], "user-100");
}

#[tokio::test]
async fn the_claims_of_a_code_are_those_of_its_refresh_tokens() {
    let party = RelyingParty::new().await;
    let more = [("claims", r#"{"userinfo":{"email":null},"id_token":{"nickname":null}}"#)];
    let tokens = party.tokens("openid offline_access", &more).await;
    let (_, refreshed) = party.refresh(text(&tokens, "refresh_token"), &[]).await;
    assert_eq!(names(&party.userinfo(&refreshed).await), ["sub", "email"]);
    assert_eq!(part(text(&refreshed, "id_token"), 1)["nickname"], "Sal");
}

#[tokio::test]
async fn a_client_gets_no_claim_beyond_the_scope_it_registered() {
    let party = RelyingParty::new().await;
    let (_, body) = party.register(&json!({ "redirect_uris": [super::relying_party::CB], "scope": "openid email" })).await;
    let client = super::relying_party::credentials(&body);
    let more = [("claims", r#"{"userinfo":{"email":null,"name":null}}"#)];
    let visit = party.visit(party.request_of(&client.0, "openid profile", &more)).await;
    let (_, tokens) = party.redeem(&client, visit.code(), &[]).await;
    assert_eq!((&tokens["scope"], names(&party.userinfo(&tokens).await)), (&json!("openid"), vec!["sub", "email"]));
}
