//! The personas answer as the documentation of their products shows.

use oa_authtest::issuer::{IssuerOptions, Persona, RunningIssuer, start};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::relying_party::{CB, browser};

struct Party {
    issuer: RunningIssuer,
    http: Client,
}

impl Party {
    async fn of(persona: Persona) -> Self {
        let options = IssuerOptions { persona, redirect_uris: vec![CB.to_owned()], ..IssuerOptions::default() };
        Self { issuer: start(options).await.unwrap(), http: browser() }
    }

    /// Scheme, host and port.
    fn origin(&self) -> String {
        url::Url::parse(self.issuer.issuer()).unwrap().origin().ascii_serialization()
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        told(self.http.get(format!("{}{path}", self.origin()))).await
    }

    fn token(&self) -> reqwest::RequestBuilder {
        self.http.post(&self.issuer.accounts().token_endpoint)
    }
}

async fn told(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

fn claims(token: &Value) -> Value {
    use base64::Engine as _;
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn airlock_registers_without_a_token_and_grants_less_than_it_is_asked_for() {
    let party = Party::of(Persona::Airlock).await;
    let issuer = party.issuer.issuer();
    assert!(issuer.ends_with("/auth-login/rest/oauth2/authorization-servers/myAS"), "{issuer}");
    let (status, metadata) = party.get("/.well-known/oauth-authorization-server/auth-login/rest/oauth2/authorization-servers/myAS").await;
    assert_eq!((status, metadata["issuer"].as_str()), (StatusCode::OK, Some(issuer)));
    for path in ["/.well-known/openid-configuration", "/auth-login/rest/oauth2/authorization-servers/myAS/.well-known/openid-configuration", "/"] {
        assert_eq!(party.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let asked = json!({
        "client_name": "Sample Client", "client_uri": "https://test-client.example", "scope": "strong client-scope",
        "token_endpoint_auth_method": "client_secret_basic", "redirect_uris": [CB], "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"], "contacts": ["Peter Sample"],
    });
    let (status, client) = told(party.http.post(metadata["registration_endpoint"].as_str().unwrap()).json(&asked)).await;
    assert_eq!(status, StatusCode::OK);
    for (name, value) in asked.as_object().unwrap().iter().filter(|(name, _)| *name != "scope") {
        assert_eq!(&client[name], value, "{name}");
    }
    assert_eq!((&client["scope"], &client["client_secret_expires_at"]), (&json!("client-scope"), &json!(0)));
    assert!(client["client_id_issued_at"].is_number());
    let more = ["registration_client_uri", "registration_access_token", "subject_type", "id_token_signed_response_alg"];
    assert!(more.iter().all(|name| client.get(name).is_none()), "{client}");

    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str());
    let grant = |scope| party.token().basic_auth(id, secret).form(&[("grant_type", "client_credentials"), ("scope", scope)]);
    let (status, tokens) = told(grant("client-scope")).await;
    assert_eq!((status, &tokens["scope"], &tokens["expires_in"]), (StatusCode::OK, &json!("client-scope"), &json!(18_000)));
    assert_eq!(claims(&tokens["access_token"])["iss"], issuer);
    assert_eq!(told(grant("strong")).await.1["error"], "invalid_scope");
    let by_post = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret.unwrap())];
    assert_eq!(told(party.token().form(&by_post)).await.0, StatusCode::UNAUTHORIZED, "another method than was registered");
    let ask = party.http.post(metadata["introspection_endpoint"].as_str().unwrap()).basic_auth(id, secret);
    let told = told(ask.form(&[("token", tokens["access_token"].as_str().unwrap())])).await;
    assert_eq!(told, (StatusCode::OK, json!({ "active": false })));
}

#[tokio::test]
async fn aidbox_takes_forms_and_json_and_closes_sessions() {
    let party = Party::of(Persona::Aidbox).await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/connect/register", "/connect/token"] {
        assert_eq!(party.get(path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    let accounts = party.issuer.accounts();
    let (id, secret) = (accounts.client_id.as_str(), accounts.client_secret.as_str());
    assert_eq!(id, "api-client");
    let form = told(party.token().basic_auth(id, Some(secret)).form(&[("grant_type", "client_credentials")])).await;
    let request = json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret, "audience": "urn:a" });
    let by_json = told(party.token().json(&request)).await;
    for (status, tokens) in [&form, &by_json] {
        assert_eq!((*status, &tokens["expires_in"], &tokens["token_type"]), (StatusCode::OK, &json!(600), &json!("Bearer")));
        assert!(tokens["refresh_token"].is_string() && tokens.get("scope").is_none(), "{tokens}");
    }
    assert_eq!(claims(&form.1["access_token"]).get("aud"), None);
    assert_eq!(claims(&by_json.1["access_token"])["aud"], "urn:a");

    for bad in [json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": "wrong" }), json!({ "grant_type": ["a"] }), json!("x")]
    {
        assert!(told(party.token().json(&bad)).await.0.is_client_error(), "{bad}");
    }

    let refresh = json!({ "grant_type": "refresh_token", "client_id": id, "refresh_token": by_json.1["refresh_token"] });
    let (first, second) = (told(party.token().json(&refresh)).await, told(party.token().json(&refresh)).await);
    for (status, tokens) in [&first, &second] {
        assert_eq!(*status, StatusCode::OK);
        assert!(tokens.get("refresh_token").is_none(), "the refresh token stays good: {tokens}");
        assert_eq!(claims(&tokens["access_token"])["aud"], "urn:a");
    }
    assert_ne!(first.1["access_token"], second.1["access_token"]);

    let token = form.1["access_token"].as_str().unwrap();
    let patients = |token: Option<&str>| {
        let request = party.http.get(&accounts.resource_url);
        token.map_or(request.try_clone().unwrap(), |token| request.bearer_auth(token))
    };
    assert_eq!(told(patients(Some(token))).await.1["resourceType"], "Bundle");
    assert_eq!(told(patients(None)).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(told(patients(Some("made-up"))).await.0, StatusCode::UNAUTHORIZED);
    let close = || party.http.delete(format!("{}/Session", party.origin()));
    assert_eq!(told(close()).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(told(close().bearer_auth(token)).await.0, StatusCode::OK);
    assert_eq!(told(patients(Some(token))).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(told(patients(second.1["access_token"].as_str())).await.0, StatusCode::OK, "the session of another grant");
}
