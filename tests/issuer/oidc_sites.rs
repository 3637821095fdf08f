//! Patches reach the sites of refusals, errors and userinfo by POST, and only theirs.

use reqwest::header::{DATE, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::relying_party::{Credentials, RelyingParty, answer, text};

async fn patched(patch: Value) -> RelyingParty {
    RelyingParty::flawed(json!({ "patch": patch })).await
}

#[tokio::test]
async fn authorization_errors() {
    let party = patched(json!([{ "at": "authorization-error", "set": { "/error": "other", "/extra": ["1", "2"] }, "remove": ["/state"] }])).await;
    for mode in ["query", "form_post"] {
        let visit = party.visit(party.request("openid", &[("prompt", "none"), ("response_mode", mode)])).await;
        assert_eq!((visit.get("error"), visit.get("state"), visit.get("iss")), (Some("other"), None, Some(party.issuer.issuer())));
        assert_eq!(visit.callback.iter().filter(|(name, _)| name == "extra").count(), 2);
    }
    let good = party.visit(party.request("openid", &[])).await;
    assert!(good.get("code").is_some() && good.get("extra").is_none() && good.get("state").is_some());
}

#[tokio::test]
async fn token_errors() {
    let party = patched(json!([
        { "at": "token-error", "set": { "/error_description": "é" }, "headers": { "cache-control": null } },
        { "at": "token-error-unauthorized", "status": 400, "headers": { "www-authenticate": null } }
    ]))
    .await;
    let form = [("grant_type", "unknown")];
    let response = party.post_form("/connect/token", &party.client(), &form).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("cache-control")), (400, None));
    assert_eq!(response.json::<Value>().await.unwrap(), json!({ "error": "unsupported_grant_type", "error_description": "é" }));
    let wrong = Credentials(party.client().0, "wrong".to_owned());
    let response = party.post_form("/connect/token", &wrong, &form).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get(WWW_AUTHENTICATE)), (400, None));
    assert_eq!(party.form("/connect/introspect", &wrong, &[("token", "x")]).await.0, 401);
    assert_eq!(party.client_credentials(&party.client()).await.0, 200);
}

#[tokio::test]
async fn userinfo_requests() {
    let party = patched(json!([
        { "at": "userinfo-no-token", "status": 403 },
        { "at": "userinfo-bad-token", "headers": { "www-authenticate": null } },
        { "at": "userinfo-post-header", "set": { "/sub": "header" } },
        { "at": "userinfo-post-body", "set": { "/sub": "body" } }
    ]))
    .await;
    let tokens = party.tokens("openid", &[]).await;
    let (url, token) = (party.url("/connect/userinfo"), text(&tokens, "access_token"));
    let get = || party.http.get(&url);
    assert_eq!(answer(get()).await.0, 403);
    let bad = get().bearer_auth("x").send().await.unwrap();
    assert_eq!((bad.status().as_u16(), bad.headers().get(WWW_AUTHENTICATE)), (401, None));
    assert_eq!(answer(get().bearer_auth(token)).await.1["sub"], "user-100");
    assert_eq!(answer(party.http.post(&url).bearer_auth(token)).await.1["sub"], "header");
    assert_eq!(answer(party.http.post(&url).form(&[("access_token", token)])).await.1["sub"], "body");
    let (_, own) = party.client_credentials(&party.client()).await;
    let narrow = get().bearer_auth(text(&own, "access_token")).send().await.unwrap();
    assert_eq!((narrow.status().as_u16(), narrow.headers().contains_key(WWW_AUTHENTICATE)), (403, true));
}

#[tokio::test]
async fn every_json_response() {
    let party = patched(json!([{ "at": "every-response", "headers": { "date": null, "x-content-type-options": null, "x-a": "b" } }])).await;
    let paths = ["/.well-known/openid-configuration", "/.well-known/openid-configuration/jwks", "/connect/userinfo", "/api/orders-rpde"];
    for path in paths {
        let response = party.get(path).await;
        assert_eq!((response.headers().get(DATE), &response.headers()["x-a"]), (None, &"b".parse().unwrap()), "{path}");
        assert!(response.json::<Value>().await.is_ok());
    }
    for path in ["/", "/dataset", "/nothing"] {
        let response = party.get(path).await;
        assert!(response.headers().contains_key(DATE) && !response.headers().contains_key("x-a"), "{path}");
    }
    assert!(party.tokens("openid", &[]).await["access_token"].is_string());

    let party = patched(json!([{ "at": "every-response", "status": 203, "body": "{}" }])).await;
    let response = party.get("/.well-known/openid-configuration").await;
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (203, &"application/json".parse().unwrap()));
    assert_eq!(response.text().await.unwrap(), "{}");
}
