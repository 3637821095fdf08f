//! Every behaviour of profile `oidc`'s flaws can be seen from outside.

use serde_json::{Value, json};

use super::relying_party::{CB, RelyingParty, Visit, answer, credentials, part, text};

async fn party(behaviour: &str) -> RelyingParty {
    RelyingParty::flawed(json!({ "behaviour": behaviour })).await
}

async fn party_without(check: &str) -> RelyingParty {
    RelyingParty::flawed(json!({ "waives": [check] })).await
}

async fn visit(party: &RelyingParty, more: &[(&str, &str)]) -> Visit {
    party.visit(party.request("openid", more)).await
}

async fn id_token(party: &RelyingParty, scope: &str, more: &[(&str, &str)]) -> Value {
    part(text(&party.tokens(scope, more).await, "id_token"), 1)
}

#[tokio::test]
async fn prompt_none_shows_login() {
    let party = party("prompt-none-shows-login").await;
    let silent = [("prompt", "none")];
    assert_eq!(visit(&party, &silent).await.pages, ["login", "consent"]);
    let again = visit(&party, &silent).await;
    assert_eq!((again.pages.as_slice(), again.get("error")), (&["login"][..], None));
    assert!(visit(&party, &[]).await.pages.is_empty());
}

#[tokio::test]
async fn prompt_none_is_refused() {
    let party = party("prompt-none-refused").await;
    visit(&party, &[]).await;
    assert_eq!(visit(&party, &[("prompt", "none")]).await.get("error"), Some("login_required"));
    assert!(visit(&party, &[]).await.get("code").is_some());
}

#[tokio::test]
async fn prompt_login_and_max_age_are_ignored() {
    for (party, ignored, kept) in [
        (party("prompt-login-ignored").await, ("prompt", "login"), ("max_age", "0")),
        (party_without("authorization-request/max-age").await, ("max_age", "0"), ("prompt", "login")),
    ] {
        let first = id_token(&party, "openid", &[]).await;
        assert!(visit(&party, &[ignored]).await.pages.is_empty(), "{ignored:?}");
        assert_eq!(id_token(&party, "openid", &[ignored]).await["auth_time"], first["auth_time"]);
        assert_eq!(visit(&party, &[kept]).await.pages, ["login"], "{kept:?}");
    }
}

#[tokio::test]
async fn auth_time_and_sub_move() {
    let moving = party("auth-time-moves").await;
    let first = id_token(&moving, "openid", &[]).await;
    let second = id_token(&moving, "openid", &[("prompt", "none")]).await;
    assert!(second["auth_time"].as_u64() > first["auth_time"].as_u64());
    assert_eq!(second["sub"], first["sub"]);

    let moving = party("sub-moves").await;
    let tokens = moving.tokens("openid", &[]).await;
    let hint = text(&tokens, "id_token");
    let first = part(hint, 1);
    assert_eq!(moving.userinfo(&tokens).await["sub"], first["sub"]);
    let second = id_token(&moving, "openid", &[("prompt", "none"), ("id_token_hint", hint)]).await;
    assert_ne!(second["sub"], first["sub"]);
    assert_eq!(second["auth_time"], first["auth_time"]);
}

#[tokio::test]
async fn a_hint_of_its_own_is_refused() {
    let party = party("id-token-hint-refused").await;
    let tokens = party.tokens("openid", &[]).await;
    let hint = ("id_token_hint", text(&tokens, "id_token"));
    assert_eq!(visit(&party, &[("prompt", "none"), hint]).await.get("error"), Some("invalid_request"));
    assert!(visit(&party, &[("prompt", "none")]).await.get("code").is_some());
}

#[tokio::test]
async fn an_error_has_a_code_beside_it() {
    let visit = visit(&party("authorization-error-with-code").await, &[("prompt", "none")]).await;
    assert_eq!((visit.get("error"), visit.code().len()), (Some("login_required"), 43));
}

#[tokio::test]
async fn a_wrong_secret_is_an_invalid_grant() {
    let party = party("wrong-secret-is-invalid-grant").await;
    let mut wrong = party.client();
    wrong.1 = "wrong".to_owned();
    let (status, body) = party.client_credentials(&wrong).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    wrong.0 = "nobody".to_owned();
    assert_eq!(party.client_credentials(&wrong).await.0, 401);
    assert_eq!(party.client_credentials(&party.client()).await.0, 200);
}

#[tokio::test]
async fn an_unknown_code_is_accepted() {
    let party = party("unknown-code-accepted").await;
    assert_eq!(party.redeem(&party.client(), "unknown", &[]).await, (200, json!({})));
    let code = visit(&party, &[]).await.code().to_owned();
    assert!(party.redeem(&party.client(), &code, &[]).await.1["access_token"].is_string());
    assert_eq!(party.redeem(&party.client(), &code, &[]).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn bearer_is_case_insensitive_but_for_a_flaw() {
    for (party, expected) in [(RelyingParty::new().await, 200), (party("bearer-case-sensitive").await, 401)] {
        let tokens = party.tokens("openid", &[]).await;
        for (scheme, status) in [("Bearer", 200), ("bearer", expected), ("BEARER", expected)] {
            let header = format!("{scheme} {}", text(&tokens, "access_token"));
            let request = party.http.get(party.url("/connect/userinfo")).header("authorization", header);
            assert_eq!(answer(request).await.0, status, "{scheme}");
        }
    }
}

#[tokio::test]
async fn scope_claims_are_misplaced() {
    let inside = party("scope-claims-in-id-token").await;
    let tokens = inside.tokens("openid email openactive-identity", &[]).await;
    let id = part(text(&tokens, "id_token"), 1);
    assert_eq!((id["email_verified"].as_bool(), id.get("name")), (Some(true), None));
    let userinfo = inside.userinfo(&tokens).await;
    assert!(userinfo.get("email").is_none() && userinfo["https://openactive.io/sellerId"].is_string());

    let ungated = party_without("userinfo/scope").await;
    let userinfo = ungated.userinfo(&ungated.tokens("openid", &[]).await).await;
    assert_eq!((userinfo.as_object().unwrap().len(), userinfo.get("https://openactive.io/sellerId")), (20, None));
}

#[tokio::test]
async fn the_claims_parameter_is_ignored() {
    let party = party("claims-parameter-ignored").await;
    let tokens = party.tokens("openid", &[("claims", r#"{"userinfo":{"name":{"essential":true}}}"#)]).await;
    assert_eq!(party.userinfo(&tokens).await, json!({ "sub": "user-100" }));
    assert_eq!(party.document("/.well-known/openid-configuration").await["claims_parameter_supported"], true);
}

#[tokio::test]
async fn posts_are_refused() {
    let party = party("post-request-refused").await;
    let url = party.request("openid", &[]);
    let form: Vec<_> = url.query_pairs().collect();
    let response = party.http.post(party.url("/connect/authorize")).form(&form).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("location")), (400, None));
    assert!(visit(&party, &[]).await.get("code").is_some());
}

#[tokio::test]
async fn the_query_of_the_redirect_uri_is_lost() {
    for (party, kept) in [(RelyingParty::new().await, true), (party("redirect-query-lost").await, false)] {
        let (_, body) = party.register(&json!({ "redirect_uris": [format!("{CB}?a=b")] })).await;
        let mut url = party.request_of(&credentials(&body).0, "openid", &[]);
        let query = url.query().unwrap().replace("%2Fcb", "%2Fcb%3Fa%3Db");
        for error in [false, true] {
            url.set_query(Some(&if error { format!("{query}&max_age=x") } else { query.clone() }));
            let visit = party.visit(url.clone()).await;
            // That it is lost in errors is a flaw of its own.
            assert_eq!(visit.get("a"), (kept || error).then_some("b"), "{visit:?}");
            assert_eq!(visit.get("error").is_some(), error);
        }
    }
}
