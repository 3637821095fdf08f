//! Patches reach every site, and only theirs.

use oa_authtest::issuer::flaw;
use reqwest::Method;
use serde_json::{Value, json};

use super::relying_party::{RelyingParty, answer, credentials, part, text};

async fn patched(patch: Value) -> RelyingParty {
    RelyingParty::flawed(json!({ "patch": [patch] })).await
}

#[tokio::test]
async fn documents() {
    let party = patched(
        json!({ "at": "discovery", "set": { "/scopes_supported/-": "x" }, "remove": ["/issuer"], "headers": { "content-type": "text/plain" } }),
    )
    .await;
    let response = party.get("/.well-known/openid-configuration").await;
    assert_eq!(response.headers()["content-type"], "text/plain");
    let document: Value = response.json().await.unwrap();
    assert!(document.get("issuer").is_none());
    assert_eq!(document["scopes_supported"][9], "x");

    let party = patched(json!({ "at": "jwks", "set": { "/keys/0/alg": "RS512" }, "status": 206 })).await;
    let response = party.get("/.well-known/openid-configuration/jwks").await;
    assert_eq!(response.status(), 206);
    assert_eq!(response.json::<Value>().await.unwrap()["keys"][0]["alg"], "RS512");
}

#[tokio::test]
async fn a_registration_is_honoured_as_it_was_sent() {
    let party = patched(json!({ "at": "registration", "set": { "/client_secret": "short", "/client_id": "me" }, "status": 200 })).await;
    let (status, body) = party.register(&json!({ "grant_types": ["client_credentials"] })).await;
    assert_eq!((status, &body["client_secret"]), (200, &json!("short")));
    assert_eq!(party.client_credentials(&credentials(&body)).await.0, 200);
    assert_eq!(answer(party.manage(Method::DELETE, &body)).await.0, 204);
    assert_eq!(party.client_credentials(&credentials(&body)).await.0, 401);
}

#[tokio::test]
async fn a_deletion() {
    let party = patched(json!({ "at": "deletion", "status": 200, "body": "{}" })).await;
    let (_, registration) = party.registered().await;
    assert_eq!(answer(party.manage(Method::DELETE, &registration)).await, (200, json!({})));
}

#[tokio::test]
async fn the_authorization_response() {
    let party =
        patched(json!({ "at": "authorization-response", "set": { "/code": "c", "/extra": ["1", "2"], "/state": "other" }, "remove": ["/iss"] }))
            .await;
    let visit = party.visit(party.request("openid", &[])).await;
    let expected = [("code", "c"), ("state", "other"), ("extra", "1"), ("extra", "2")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(visit.callback, expected);
    assert_eq!(party.redeem(&party.client(), "c", &[]).await.0, 200);
}

#[tokio::test]
async fn token_responses_of_every_grant_or_of_one() {
    let party = RelyingParty::flawed(json!({ "patch": [
        { "at": "token", "set": { "/all": 1 }, "headers": { "cache-control": null } },
        { "at": "token-client-credentials", "set": { "/own": 1 } },
        { "at": "token-authorization-code", "set": { "/code": 1 } },
        { "at": "token-refresh", "set": { "/refresh": 1, "/refresh_token": "constant" } }
    ] }))
    .await;
    let seen = |body: &Value| ["all", "own", "code", "refresh"].map(|name| body.get(name).is_some());
    assert_eq!(seen(&party.client_credentials(&party.client()).await.1), [true, true, false, false]);
    let tokens = party.tokens("openid offline_access", &[]).await;
    assert_eq!(seen(&tokens), [true, false, true, false]);
    let (_, refreshed) = party.refresh(text(&tokens, "refresh_token"), &[]).await;
    assert_eq!(seen(&refreshed), [true, false, false, true]);
    assert_eq!(party.refresh("constant", &[]).await.0, 200, "what was sent is honoured");
    let form = [("grant_type", "client_credentials")];
    let response = party.post_form("/connect/token", &party.client(), &form).send().await.unwrap();
    assert!(response.headers().get("cache-control").is_none());
}

#[tokio::test]
async fn a_changed_access_token_is_honoured_and_hashed() {
    let party = patched(json!({ "at": "token", "set": { "/access_token": "opaque" } })).await;
    let tokens = party.tokens("openid", &[]).await;
    assert_eq!(party.status_with("/connect/userinfo", "opaque").await, 200);
    let (claims, _) = party.verified(text(&tokens, "id_token")).await;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"opaque");
    let half = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &hash.as_ref()[..16]);
    assert_eq!(claims["at_hash"], json!(half));
}

#[tokio::test]
async fn claims_and_headers_before_signing() {
    let party = RelyingParty::flawed(json!({ "patch": [
        { "at": "id-token", "set": { "/aud": ["a", "b"] }, "remove": ["/sub"] },
        { "at": "id-token-refresh", "set": { "/refreshed": true } },
        { "at": "id-token-header", "set": { "/typ": "x" } },
        { "at": "access-token", "set": { "/long": { "$repeat": ["ab", 3] } } },
        { "at": "access-token-header", "remove": ["/typ"] },
        { "at": "access-token-client-credentials", "set": { "/exp": { "$now": 3600 } } }
    ] }))
    .await;
    let tokens = party.tokens("openid offline_access", &[]).await;
    let (id, header) = party.verified(text(&tokens, "id_token")).await;
    assert_eq!((&id["aud"], id.get("sub"), id.get("refreshed"), &header["typ"]), (&json!(["a", "b"]), None, None, &json!("x")));
    let access = part(text(&tokens, "access_token"), 1);
    assert_eq!((&access["long"], part(text(&tokens, "access_token"), 0).get("typ")), (&json!("ababab"), None));
    assert_eq!(access["exp"].as_u64().unwrap() - access["iat"].as_u64().unwrap(), 900);
    let (_, refreshed) = party.refresh(text(&tokens, "refresh_token"), &[]).await;
    assert_eq!(part(text(&refreshed, "id_token"), 1)["refreshed"], true);
    let (_, own) = party.client_credentials(&party.client()).await;
    let own = part(text(&own, "access_token"), 1);
    assert!(own["exp"].as_u64().unwrap() - own["iat"].as_u64().unwrap() >= 3600);
}

#[tokio::test]
async fn resources_and_refusals() {
    let party = RelyingParty::flawed(json!({ "patch": [
        { "at": "userinfo", "set": { "/sub": "other" } },
        { "at": "revocation", "status": 204 },
        { "at": "introspection", "remove": ["/scope"] },
        { "at": "orders-feed", "body": "not JSON" },
        { "at": "orders-feed-refusal", "status": 403, "headers": { "www-authenticate": null } },
        { "at": "dataset-site", "set": { "/accessService/authenticationAuthority": "https://other.example" }, "headers": { "x-a": "b" } }
    ] }))
    .await;
    let tokens = party.tokens("openid openactive-ordersfeed", &[]).await;
    let token = text(&tokens, "access_token");
    assert_eq!(answer(party.http.get(party.url("/connect/userinfo")).bearer_auth(token)).await.1["sub"], "other");
    assert!(party.introspect(token).await.get("scope").is_none());
    let feed = party.http.get(party.url("/api/orders-rpde"));
    assert_eq!(feed.bearer_auth(token).send().await.unwrap().text().await.unwrap(), "not JSON");
    let refusal = party.get("/api/orders-rpde").await;
    assert_eq!((refusal.status().as_u16(), refusal.headers().get("www-authenticate")), (403, None));
    assert_eq!(party.form("/connect/revocation", &party.client(), &[("token", token)]).await.0, 204);
    let site = party.get("/dataset").await;
    assert_eq!(site.headers()["x-a"], "b");
    assert!(site.text().await.unwrap().contains("\"authenticationAuthority\": \"https://other.example\""));
}

#[tokio::test]
async fn a_patch_that_does_not_fit_is_seen() {
    let party = patched(json!({ "at": "token", "set": { "/not/there": 1 } })).await;
    let form = [("grant_type", "client_credentials")];
    let response = party.post_form("/connect/token", &party.client(), &form).send().await.unwrap();
    assert_eq!(response.status(), 500);
    let text = response.text().await.unwrap();
    assert_eq!(text, "the flaw test cannot be applied at Token: \"/not/there\" has no parent to set it in");
}

#[test]
fn flaws_are_found_by_name() {
    let all = oa_authtest::issuer::flaws().unwrap();
    for one in &all {
        assert_eq!(flaw::find(&one.name).unwrap().name, one.name);
    }
    assert!(flaw::find("no such flaw").unwrap_err().to_string().starts_with("there is no flaw named"));
}
