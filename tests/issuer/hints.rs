//! `id_token_hint` and `login_hint`, and what is honest about `auth_time`.

use serde_json::Value;

use super::relying_party::{RelyingParty, browser, part, text};

async fn error(party: &RelyingParty, more: &[(&str, &str)]) -> Option<String> {
    let visit = party.visit(party.request("openid", more)).await;
    assert!(visit.pages.is_empty(), "{visit:?}");
    visit.get("error").map(str::to_owned)
}

#[tokio::test]
async fn a_hint_at_the_user_of_the_session_is_silent() {
    let mut party = RelyingParty::new().await;
    let tokens = party.tokens("openid", &[]).await;
    let hint = text(&tokens, "id_token");
    let silent = [("prompt", "none"), ("id_token_hint", hint)];
    assert_eq!(error(&party, &silent).await, None);
    assert_eq!(error(&party, &[("id_token_hint", hint)]).await, None);
    // What is no ID token of ours is no hint.
    for garbage in ["x", "a.b.c", text(&tokens, "access_token")] {
        assert_eq!(error(&party, &[("prompt", "none"), ("id_token_hint", garbage)]).await.as_deref(), Some("invalid_request"), "{garbage}");
    }
    party.http = browser();
    assert_eq!(error(&party, &silent).await.as_deref(), Some("login_required"));
}

#[tokio::test]
async fn another_user_than_that_of_the_session_is_an_error() {
    let party = RelyingParty::new().await;
    party.visit(party.request("openid", &[])).await;
    let other = r#"{"id_token":{"sub":{"value":"user-200"}}}"#;
    assert_eq!(error(&party, &[("prompt", "none"), ("claims", other)]).await.as_deref(), Some("login_required"));
    let visit = party.visit(party.request("openid", &[("claims", other)])).await;
    assert_eq!((visit.pages.as_slice(), visit.get("error")), (&["login"][..], Some("login_required")));
}

#[tokio::test]
async fn the_login_page_begins_with_the_hinted_user_name() {
    let party = RelyingParty::new().await;
    for (hint, value) in [("a\"b@c.example", "a\"b@c.example"), (&*"x".repeat(300), "")] {
        let begun = party.http.get(party.request("openid", &[("login_hint", hint)])).send().await.unwrap();
        let page = party.get(begun.headers()["location"].to_str().unwrap()).await.text().await.unwrap();
        let form = super::relying_party::Form::read(&page);
        assert_eq!(form.fields.iter().find(|(name, _)| name == "username").unwrap().1, value);
    }
}

#[tokio::test]
async fn auth_time_is_that_of_the_login() {
    let party = RelyingParty::new().await;
    let claims = async |more: &[(&str, &str)]| -> Value { part(text(&party.tokens("openid", more).await, "id_token"), 1) };
    let first = claims(&[("max_age", "600")]).await;
    for more in [vec![], vec![("prompt", "none")], vec![("prompt", "consent")], vec![("max_age", "10000")]] {
        assert_eq!(claims(&more).await["auth_time"], first["auth_time"], "{more:?}");
    }
    for more in [vec![("prompt", "login")], vec![("max_age", "0")], vec![("prompt", "select_account")]] {
        let again = claims(&more).await;
        assert!(again["auth_time"].as_u64() >= first["auth_time"].as_u64() && again["auth_time"].as_u64() <= again["iat"].as_u64());
        assert_eq!(again["sub"], first["sub"]);
    }
}
