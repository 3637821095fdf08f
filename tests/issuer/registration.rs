//! Dynamic client registration and its management.

use reqwest::Method;
use serde_json::{Value, json};

use super::relying_party::{CB, RelyingParty, answer, credentials, text};

#[tokio::test]
async fn registration_needs_the_initial_access_token() {
    let party = RelyingParty::new().await;
    let post = || party.http.post(party.url("/connect/register")).json(&json!({ "redirect_uris": [CB] }));
    let response = post().send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"oa-authtest\"");
    assert_eq!(answer(post().bearer_auth("wrong")).await.1["error"], "invalid_token");
}

#[tokio::test]
async fn a_registration_is_echoed_with_its_defaults_and_works() {
    let party = RelyingParty::new().await;
    let token = &party.issuer.accounts().initial_access_token;
    let request = json!({ "redirect_uris": [CB], "client_name": "A <b>name</b>", "client_uri": "https://a.example/", "unknown": 1,
        "grant_types": ["client_credentials", "authorization_code"], "token_endpoint_auth_method": "client_secret_post" });
    let response = party.http.post(party.url("/connect/register")).bearer_auth(token).json(&request).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["cache-control"]), (201, &"no-store".parse().unwrap()));
    let body: Value = response.json().await.unwrap();
    for same in ["redirect_uris", "client_name", "client_uri", "grant_types", "token_endpoint_auth_method"] {
        assert_eq!(body[same], request[same]);
    }
    assert!(body.get("unknown").is_none());
    assert_eq!((&body["response_types"], &body["client_secret_expires_at"]), (&json!(["code"]), &json!(0)));
    assert!(text(&body, "client_secret").len() >= 43 && body["client_id_issued_at"].is_u64());

    let client = credentials(&body);
    let form = [("grant_type", "client_credentials"), ("client_id", &client.0), ("client_secret", &client.1)];
    assert_eq!(answer(party.http.post(party.url("/connect/token")).form(&form)).await.0, 200);
    assert_eq!(party.client_credentials(&client).await.0, 401, "it registered another method");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", &client.0), ("client_secret", &client.1)];
    assert_eq!(answer(party.http.post(party.url("/connect/token")).form(&refresh)).await.1["error"], "unauthorized_client");
}

#[tokio::test]
async fn what_cannot_be_registered_is_refused() {
    let party = RelyingParty::new().await;
    assert_eq!(party.register(&json!({ "redirect_uris": [format!("{CB}#x")] })).await.1["error"], "invalid_redirect_uri");
    assert_eq!(party.register(&json!({ "redirect_uris": [CB], "grant_types": ["implicit"] })).await.1["error"], "invalid_client_metadata");
    let token = &party.issuer.accounts().initial_access_token;
    let broken = party.http.post(party.url("/connect/register")).bearer_auth(token).header("content-type", "application/json").body("{");
    assert_eq!(answer(broken).await.0, 400);
}

#[tokio::test]
async fn userinfo_is_signed_for_a_client_that_registered_it() {
    let party = RelyingParty::new().await;
    for alg in ["RS256", "ES256", "EdDSA"] {
        let (status, body) = party.register(&json!({ "redirect_uris": [CB], "userinfo_signed_response_alg": alg })).await;
        assert_eq!((status, &body["userinfo_signed_response_alg"]), (201, &json!(alg)));
        let client = credentials(&body);
        let visit = party.visit(party.request_of(&client.0, "openid email", &[])).await;
        let (_, tokens) = party.redeem(&client, visit.code(), &[]).await;
        let request = party.http.get(party.url("/connect/userinfo")).bearer_auth(text(&tokens, "access_token"));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/jwt");
        let (claims, header) = party.verified(&response.text().await.unwrap()).await;
        assert_eq!((&header["alg"], &claims["iss"], &claims["aud"]), (&json!(alg), &json!(party.issuer.issuer()), &json!(client.0)));
        assert_eq!((&claims["sub"], &claims["email_verified"], claims.get("name")), (&json!("user-100"), &json!(true), None));
    }
}

#[tokio::test]
async fn links_and_logo_are_echoed_and_shown() {
    let party = RelyingParty::new().await;
    let links =
        json!({ "logo_uri": "http://localhost:1/l.png?a=1&b=\"x", "policy_uri": "http://localhost:1/policy", "tos_uri": "http://localhost:1/tos" });
    let mut request = links.clone();
    request["redirect_uris"] = json!([CB]);
    request["client_name"] = json!("<b>A</b>");
    let (_, body) = party.register(&request).await;
    for name in ["logo_uri", "policy_uri", "tos_uri"] {
        assert_eq!(body[name], links[name]);
    }
    let begun = party.http.get(party.request_of(text(&body, "client_id"), "openid", &[])).send().await.unwrap();
    let page = party.get(begun.headers()["location"].to_str().unwrap()).await;
    assert!(page.headers()["content-security-policy"].to_str().unwrap().ends_with("; img-src http://localhost:1"));
    let html = page.text().await.unwrap();
    let page = scraper::Html::parse_document(&html);
    let attribute = |selector: &str, name| {
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector).filter_map(|element| element.value().attr(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(attribute("img", "src"), ["http://localhost:1/l.png?a=1&b=\"x"]);
    assert_eq!(attribute("img", "alt"), ["<b>A</b>"]);
    assert_eq!(attribute("a", "href"), ["http://localhost:1/policy", "http://localhost:1/tos"]);
    let mut login = super::relying_party::Form::read(&html);
    login.set("username", &party.issuer.accounts().username);
    login.set("password", &party.issuer.accounts().password);
    let location = login.send(&party).await.headers()["location"].to_str().unwrap().to_owned();
    let consent = party.get(&location).await.text().await.unwrap();
    assert!(consent.contains("<img src=") && consent.contains("http://localhost:1/tos"), "{consent}");
}

#[tokio::test]
async fn each_signing_algorithm_can_be_had_and_verifies() {
    let party = RelyingParty::new().await;
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let (status, body) = party.register(&json!({ "redirect_uris": [CB], "id_token_signed_response_alg": alg })).await;
        assert_eq!((status, &body["id_token_signed_response_alg"]), (201, &json!(alg)));
        let client = credentials(&body);
        let visit = party.visit(party.request_of(&client.0, "openid", &[])).await;
        let (_, tokens) = party.redeem(&client, visit.code(), &[]).await;
        let (claims, header) = party.verified(text(&tokens, "id_token")).await;
        assert_eq!((&header["alg"], &claims["aud"]), (&json!(alg), &json!(client.0)));
    }
}

#[tokio::test]
async fn a_client_is_read_replaced_and_deleted() {
    let party = RelyingParty::new().await;
    let (client, registration) = party.registered().await;
    assert_eq!(answer(party.manage(Method::GET, &registration)).await, (200, registration.clone()));
    let uri = text(&registration, "registration_client_uri");
    assert_eq!(answer(party.http.get(uri).bearer_auth("wrong")).await.0, 401);
    assert_eq!(answer(party.http.get(uri)).await.0, 401);

    let put = json!({ "client_id": client.0, "client_secret": client.1, "redirect_uris": [CB], "grant_types": ["client_credentials", "authorization_code"] });
    let (status, replaced) = answer(party.manage(Method::PUT, &registration).json(&put)).await;
    assert_eq!((status, replaced.get("client_name"), &replaced["client_id"]), (200, None, &json!(client.0)));
    assert_eq!(replaced["registration_access_token"], registration["registration_access_token"]);
    let other = json!({ "client_id": "other", "redirect_uris": [CB] });
    assert_eq!(answer(party.manage(Method::PUT, &registration).json(&other)).await.0, 400);
    let secret = json!({ "client_id": client.0, "client_secret": "chosen", "redirect_uris": [CB] });
    assert_eq!(answer(party.manage(Method::PUT, &registration).json(&secret)).await.0, 400);

    let (_, tokens) = party.client_credentials(&client).await;
    assert_eq!(party.status_with("/api/orders-rpde", text(&tokens, "access_token")).await, 200);
    assert_eq!(answer(party.manage(Method::DELETE, &registration)).await, (204, Value::Null));
    assert_eq!(answer(party.manage(Method::GET, &registration)).await.0, 401);
    assert_eq!(party.client_credentials(&client).await.1["error"], "invalid_client");
    assert_eq!(party.status_with("/api/orders-rpde", text(&tokens, "access_token")).await, 401);
    let page = party.http.get(party.request_of(&client.0, "openid", &[])).send().await.unwrap();
    assert_eq!(page.status(), 400);
}
