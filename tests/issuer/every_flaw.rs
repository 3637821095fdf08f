//! Every flaw and variant of the program fits what it is to change.

use oa_authtest::issuer::{flaws, variants};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::relying_party::{CB, RelyingParty};

/// The body of a response. An issuer whose flaw cannot be applied says so in it.
async fn body(flaw: &str, request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let text = response.text().await.unwrap();
    assert!(!text.contains("cannot be applied at"), "{flaw}: {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

#[tokio::test]
async fn every_flaw_can_be_applied_at_all_its_sites() {
    for flaw in flaws().unwrap().into_iter().chain(variants().unwrap()) {
        let name = flaw.name.clone();
        let party = RelyingParty::with(Some(flaw)).await;
        let client = party.client();
        let get = |path: &str| party.http.get(party.url(path));
        let token = |form: &[(&str, &str)]| party.post_form("/connect/token", &client, form);
        for path in ["/.well-known/openid-configuration", "/.well-known/openid-configuration/jwks", "/dataset", "/api/orders-rpde"] {
            body(&name, get(path)).await;
        }

        let register = party.http.post(party.url("/connect/register")).bearer_auth(&party.issuer.accounts().initial_access_token);
        let registration = body(&name, register.json(&json!({ "redirect_uris": [CB] }))).await;
        if registration["registration_client_uri"].is_string() && registration["registration_access_token"].is_string() {
            let uri = registration["registration_client_uri"].as_str().unwrap();
            if uri.starts_with(party.issuer.issuer()) {
                body(&name, party.manage(Method::DELETE, &registration)).await;
            }
        }

        let own = body(&name, token(&[("grant_type", "client_credentials")])).await;
        let access = own["access_token"].as_str().unwrap_or("none");
        let printable = access.chars().all(|c| c.is_ascii_graphic());
        body(&name, party.post_form("/connect/introspect", &client, &[("token", access)])).await;
        if printable {
            body(&name, get("/api/orders-rpde").bearer_auth(access)).await;
        }

        let scope = "openid offline_access openactive-identity openactive-ordersfeed";
        let visit = party.visit(party.request(scope, &[])).await;
        let code = visit.get("code").unwrap_or("none");
        let tokens = body(&name, token(&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CB)])).await;
        let access = tokens["access_token"].as_str().unwrap_or("none");
        if access.chars().all(|c| c.is_ascii_graphic()) {
            body(&name, get("/connect/userinfo").bearer_auth(access)).await;
            let post = || party.http.post(party.url("/connect/userinfo"));
            body(&name, post().bearer_auth(access)).await;
            body(&name, post().form(&[("access_token", access)])).await;
        }
        body(&name, get("/connect/userinfo")).await;
        body(&name, get("/connect/userinfo").bearer_auth("unknown")).await;
        body(&name, token(&[("grant_type", "unknown")])).await;
        party.visit(party.request("openid", &[("max_age", "x"), ("response_mode", "form_post")])).await;
        let refresh = tokens["refresh_token"].as_str().unwrap_or("none");
        body(&name, token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)])).await;
        body(&name, party.post_form("/connect/revocation", &client, &[("token", refresh)])).await;
    }
}
