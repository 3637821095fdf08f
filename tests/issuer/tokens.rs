//! The token endpoint, revocation and introspection.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::relying_party::{CHALLENGE, Credentials, RelyingParty, VERIFIER, answer, part, text};

const OFFLINE: &str = "openid offline_access openactive-identity openactive-ordersfeed";

#[tokio::test]
async fn an_authorization_code_gives_an_id_token_and_an_access_token() {
    let party = RelyingParty::new().await;
    let visit = party.visit(party.request(OFFLINE, &[])).await;
    let form = [("grant_type", "authorization_code"), ("code", visit.code()), ("redirect_uri", super::relying_party::CB)];
    let response = party.post_form("/connect/token", &party.client(), &form).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!((&response.headers()["cache-control"], &response.headers()["pragma"]), (&"no-store".parse().unwrap(), &"no-cache".parse().unwrap()));
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body["token_type"], &body["expires_in"], &body["scope"]), (&json!("Bearer"), &json!(900), &json!(OFFLINE)));

    let (claims, header) = party.verified(text(&body, "id_token")).await;
    let accounts = party.issuer.accounts();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(party.issuer.issuer()), &json!(accounts.client_id)));
    assert_eq!((&claims["nonce"], &claims["amr"]), (&json!("n1"), &json!(["pwd"])));
    assert_eq!(claims["https://openactive.io/sellerId"], json!(accounts.seller_id));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 300);
    assert!(claims["auth_time"].as_u64().unwrap() <= claims["iat"].as_u64().unwrap());
    let hash = digest::digest(&digest::SHA256, text(&body, "access_token").as_bytes());
    assert_eq!(claims["at_hash"], json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])));

    let (access, header) = party.verified(text(&body, "access_token")).await;
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!((&access["sub"], &access["client_id"]), (&claims["sub"], &claims["aud"]));
    assert_eq!((&access["scope"], &access["aud"]), (&json!(OFFLINE), &json!(party.url("/api"))));
    assert!(access["jti"].is_string() && access["auth_time"].is_u64());
}

#[tokio::test]
async fn a_code_needs_its_verifier() {
    let party = RelyingParty::new().await;
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let client = party.client();
    let code = party.visit(party.request("openid", &pkce)).await.code().to_owned();
    assert_eq!(party.redeem(&client, &code, &[]).await.1["error"], "invalid_grant");
    let code = party.visit(party.request("openid", &pkce)).await.code().to_owned();
    assert_eq!(party.redeem(&client, &code, &[("code_verifier", VERIFIER)]).await.0, 200);
}

#[tokio::test]
async fn a_code_used_twice_kills_what_it_gave() {
    let party = RelyingParty::new().await;
    let visit = party.visit(party.request(OFFLINE, &[])).await;
    let client = party.client();
    let (_, body) = party.redeem(&client, visit.code(), &[]).await;
    assert_eq!(party.status_with("/connect/userinfo", text(&body, "access_token")).await, 200);
    let (status, error) = party.redeem(&client, visit.code(), &[]).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_grant")));
    assert_eq!(party.status_with("/connect/userinfo", text(&body, "access_token")).await, 401);
    assert_eq!(party.refresh(text(&body, "refresh_token"), &[]).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_kills_the_family() {
    let party = RelyingParty::new().await;
    let first = party.tokens(OFFLINE, &[]).await;
    let (status, second) = party.refresh(text(&first, "refresh_token"), &[]).await;
    assert_eq!((status, &second["scope"]), (200, &json!(OFFLINE)));
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let (old, _) = party.verified(text(&first, "id_token")).await;
    let (new, _) = party.verified(text(&second, "id_token")).await;
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(old[same], new[same]);
    }
    assert!(new.get("nonce").is_none());
    let (_, error) = party.refresh(text(&first, "refresh_token"), &[]).await;
    assert_eq!(error["error"], "invalid_grant");
    assert_eq!(party.refresh(text(&second, "refresh_token"), &[]).await.1["error"], "invalid_grant");
    assert_eq!(party.status_with("/connect/userinfo", text(&second, "access_token")).await, 401);
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_and_not_widen_it() {
    let party = RelyingParty::new().await;
    let tokens = party.tokens("openid offline_access", &[]).await;
    let wider = party.refresh(text(&tokens, "refresh_token"), &[("scope", "openid openactive-identity")]).await;
    assert_eq!((wider.0, &wider.1["error"]), (400, &json!("invalid_scope")));
    let (_, narrow) = party.refresh(text(&tokens, "refresh_token"), &[("scope", "openid")]).await;
    assert_eq!(narrow["scope"], "openid");
    assert_eq!(part(text(&narrow, "access_token"), 1)["scope"], "openid");
    assert_eq!(party.refresh(text(&narrow, "refresh_token"), &[]).await.1["scope"], "openid offline_access");
}

#[tokio::test]
async fn a_client_gets_a_token_for_itself() {
    let party = RelyingParty::new().await;
    let (status, body) = party.client_credentials(&party.client()).await;
    assert_eq!((status, &body["scope"]), (200, &json!("openactive-ordersfeed")));
    assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
    let (claims, _) = party.verified(text(&body, "access_token")).await;
    assert_eq!(claims["sub"], claims["client_id"]);
    assert!(claims.get("auth_time").is_none());

    let Credentials(id, secret) = party.client();
    let form = [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
    let (status, body) = answer(party.http.post(party.url("/connect/token")).form(&form)).await;
    assert_eq!((status, &body["scope"]), (200, &json!("openactive-ordersfeed")));
}

#[tokio::test]
async fn token_errors_are_those_of_rfc_6749() {
    let party = RelyingParty::new().await;
    let client = party.client();
    let wrong = Credentials(client.0.clone(), "wrong".to_owned());
    let grant = [("grant_type", "client_credentials")];
    let response = party.post_form("/connect/token", &wrong, &grant).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic realm="));
    assert_eq!(response.json::<Value>().await.unwrap()["error"], "invalid_client");

    let error = async |form: &[(&str, &str)]| {
        let (status, body) = party.form("/connect/token", &client, form).await;
        assert_eq!(status, 400);
        text(&body, "error").to_owned()
    };
    assert_eq!(error(&[]).await, "invalid_request");
    assert_eq!(error(&[("grant_type", "password")]).await, "unsupported_grant_type");
    assert_eq!(error(&[("grant_type", "authorization_code")]).await, "invalid_request");
    assert_eq!(error(&[("grant_type", "authorization_code"), ("code", "x")]).await, "invalid_grant");
    assert_eq!(error(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await, "invalid_grant");
    assert_eq!(error(&[("grant_type", "client_credentials"), ("scope", "openid")]).await, "invalid_scope");
    assert_eq!(error(&[("grant_type", "client_credentials"), ("scope", "a"), ("scope", "b")]).await, "invalid_request");
    assert_eq!(error(&[("grant_type", "client_credentials"), ("client_secret", &client.1)]).await, "invalid_request");
    let json_body = party.http.post(party.url("/connect/token")).basic_auth(&client.0, Some(&client.1)).json(&json!({}));
    assert_eq!(
        answer(json_body).await,
        (
            400,
            json!({ "error": "invalid_request",
        "error_description": "the content type is not application/x-www-form-urlencoded" })
        )
    );
    assert_eq!(party.get("/connect/token").await.status(), 405);
}

#[tokio::test]
async fn revocation_ends_an_access_token_or_a_whole_family() {
    let party = RelyingParty::new().await;
    let tokens = party.tokens(OFFLINE, &[]).await;
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    let client = party.client();
    let (other, _) = party.registered().await;
    let revoke =
        async |client: &Credentials, token: &str| party.form("/connect/revocation", client, &[("token", token), ("token_type_hint", "x")]).await.0;
    assert_eq!(revoke(&other, refresh).await, 400);
    assert_eq!(party.introspect(refresh).await["active"], true);
    assert_eq!(revoke(&client, access).await, 200);
    assert_eq!(revoke(&client, access).await, 200);
    assert_eq!(party.introspect(access).await, json!({ "active": false }));
    let (_, newer) = party.refresh(refresh, &[]).await;
    assert_eq!(revoke(&client, text(&newer, "refresh_token")).await, 200);
    assert_eq!(party.introspect(text(&newer, "access_token")).await, json!({ "active": false }));
    assert_eq!(party.form("/connect/revocation", &client, &[]).await.1["error"], "invalid_request");
}

#[tokio::test]
async fn introspection_tells_a_client_about_its_own_tokens() {
    let party = RelyingParty::new().await;
    let tokens = party.tokens(OFFLINE, &[]).await;
    let access = party.introspect(text(&tokens, "access_token")).await;
    let claims = part(text(&tokens, "access_token"), 1);
    for same in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"] {
        assert_eq!(access[same], claims[same], "{same}");
    }
    assert_eq!((&access["active"], &access["token_type"]), (&json!(true), &json!("Bearer")));
    assert_eq!(party.introspect(text(&tokens, "refresh_token")).await["active"], true);
    let (other, _) = party.registered().await;
    let foreign = party.form("/connect/introspect", &other, &[("token", text(&tokens, "access_token"))]).await;
    assert_eq!(foreign, (200, json!({ "active": false })));
    let nobody = party.http.post(party.url("/connect/introspect")).form(&[("token", "x")]);
    assert_eq!(answer(nobody).await.0, 401);
}

#[tokio::test]
async fn a_refresh_without_openid_or_identity_tells_no_more_than_asked() {
    let party = RelyingParty::new().await;
    let tokens = party.tokens(OFFLINE, &[]).await;
    let (_, openid) = party.refresh(text(&tokens, "refresh_token"), &[("scope", "openid")]).await;
    assert!(part(text(&openid, "id_token"), 1).get("https://openactive.io/sellerId").is_none());
    let (_, feed) = party.refresh(text(&openid, "refresh_token"), &[("scope", "openactive-ordersfeed")]).await;
    assert_eq!((feed.get("id_token"), &feed["scope"]), (None, &json!("openactive-ordersfeed")));
}
