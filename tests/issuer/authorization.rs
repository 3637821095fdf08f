//! The authorization endpoint, its pages and its answers.

use oa_authtest::issuer::{IssuerOptions, OfflineAccess};
use reqwest::StatusCode;
use serde_json::json;
use url::Url;

use super::relying_party::{CB, CHALLENGE, Credentials, Form, RelyingParty, VERIFIER, browser, text};

#[tokio::test]
async fn a_code_comes_after_login_and_consent_with_state_and_iss() {
    let party = RelyingParty::new().await;
    let visit = party.visit(party.request("openid openactive-identity", &[])).await;
    assert_eq!(visit.pages, ["login", "consent"]);
    assert_eq!((visit.status, visit.code().len()), (StatusCode::SEE_OTHER, 43));
    assert_eq!(visit.get("state"), Some("s t\"a&te"));
    assert_eq!(visit.get("iss"), Some(party.issuer.issuer()));
    assert_eq!(visit.callback.len(), 3);
}

#[tokio::test]
async fn consent_is_remembered_and_asked_again_for_more() {
    let party = RelyingParty::new().await;
    let pages = async |scope: &str, more: &[(&str, &str)]| party.visit(party.request(scope, more)).await.pages;
    assert_eq!(pages("openid", &[]).await, ["login", "consent"]);
    assert!(pages("openid", &[]).await.is_empty());
    assert_eq!(pages("openid openactive-identity", &[]).await, ["consent"]);
    assert!(pages("openactive-identity openid", &[]).await.is_empty());
    assert_eq!(pages("openid offline_access", &[]).await, ["consent"]);
    assert!(pages("openid offline_access", &[]).await.is_empty());
    assert_eq!(pages("openid", &[("prompt", "consent")]).await, ["consent"]);
    let (Credentials(other, _), _) = party.registered().await;
    assert_eq!(party.visit(party.request_of(&other, "openid", &[])).await.pages, ["consent"]);
}

#[tokio::test]
async fn offline_access_is_given_on_a_consent_page_or_not_at_all() {
    let party = RelyingParty::new().await;
    let first = party.tokens("openid offline_access", &[]).await;
    assert_eq!(first["scope"], "openid offline_access");
    assert!(first["refresh_token"].is_string());
    let second = party.tokens("openid offline_access", &[]).await;
    assert_eq!((&second["scope"], second.get("refresh_token")), (&json!("openid"), None));
    let third = party.tokens("openid offline_access", &[("prompt", "consent")]).await;
    assert!(third["refresh_token"].is_string());
}

#[tokio::test]
async fn offline_access_is_given_freely_or_for_prompt_consent_or_after_consent_every_time() {
    // For each way: was there a refresh token, and was consent asked for, the first time, the second, and with prompt=consent?
    for (offline_access, expected) in [
        (OfflineAccess::Free, [(true, true), (true, false), (true, true)]),
        (OfflineAccess::WithConsent, [(false, true), (false, false), (true, true)]),
        (OfflineAccess::AlwaysAsks, [(true, true), (true, true), (true, true)]),
    ] {
        let party = RelyingParty::started(IssuerOptions { offline_access, ..IssuerOptions::default() }).await;
        let mut seen = Vec::new();
        for more in [&[][..], &[], &[("prompt", "consent")]] {
            let visit = party.visit(party.request("openid offline_access", more)).await;
            let (status, tokens) = party.redeem(&party.client(), visit.code(), &[]).await;
            assert_eq!(status, 200, "{tokens}");
            seen.push((tokens["refresh_token"].is_string(), visit.pages.contains(&"consent")));
        }
        assert_eq!(seen, expected, "{offline_access:?}");
    }
}

#[tokio::test]
async fn prompt_and_max_age_are_honoured() {
    let party = RelyingParty::new().await;
    let visit = async |more: &[(&str, &str)]| party.visit(party.request("openid", more)).await;
    assert_eq!(visit(&[("prompt", "none")]).await.get("error"), Some("login_required"));
    assert_eq!(visit(&[]).await.pages, ["login", "consent"]);
    let silent = visit(&[("prompt", "none")]).await;
    assert!(silent.pages.is_empty() && silent.get("code").is_some());
    assert_eq!(visit(&[("prompt", "login")]).await.pages, ["login"]);
    assert_eq!(visit(&[("max_age", "0")]).await.pages, ["login"]);
    assert!(visit(&[("max_age", "600")]).await.pages.is_empty());
    assert_eq!(visit(&[("prompt", "none login")]).await.get("error"), Some("invalid_request"));
    assert_eq!(visit(&[("max_age", "-1")]).await.get("error"), Some("invalid_request"));
    let more = party.visit(party.request("openid openactive-identity", &[("prompt", "none")])).await;
    assert_eq!(more.get("error"), Some("consent_required"));
    assert_eq!(more.get("iss"), Some(party.issuer.issuer()));
}

#[tokio::test]
async fn nobody_is_sent_to_a_redirect_uri_in_doubt() {
    let party = RelyingParty::new().await;
    let good = party.request("openid", &[]).to_string();
    let cb = "redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb";
    assert!(good.contains(cb));
    for (from, to) in [
        (cb, "redirect_uri=http%3A%2F%2Flocalhost%3A1%2Fcb%2F"),
        (cb, "redirect_uri=http%3A%2F%2Flocalhost%3A1%2FCB"),
        (cb, "redirect_uri=http%3A%2F%2Flocalhost%3A2%2Fcb"),
        (cb, "redirect_uri=https%3A%2F%2Fevil.example%2F"),
        (cb, ""),
        (cb, &format!("{cb}&{cb}")),
        ("client_id=oa", "client_id=other"),
        ("client_id=", "client="),
    ] {
        let response = party.http.get(good.replace(from, to)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{to}");
        assert!(response.headers().get("location").is_none(), "{to}");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert!(response.text().await.unwrap().contains("role=\"alert\""));
    }
}

#[tokio::test]
async fn other_errors_are_sent_to_the_client() {
    let party = RelyingParty::new().await;
    let error = async |url: Url| {
        let visit = party.visit(url).await;
        assert_eq!(visit.get("state"), Some("s t\"a&te"));
        assert_eq!(visit.get("iss"), Some(party.issuer.issuer()));
        assert!(visit.status == StatusCode::SEE_OTHER && visit.get("code").is_none() && visit.pages.is_empty());
        visit.get("error").unwrap().to_owned()
    };
    let with = |more: &[(&str, &str)]| party.request("openid", more);
    let replaced = |from: &str, to: &str| Url::parse(&with(&[]).as_str().replace(from, to)).unwrap();
    assert_eq!(error(replaced("=code", "=token")).await, "unsupported_response_type");
    assert_eq!(error(replaced("response_type=code", "x=y")).await, "invalid_request");
    assert_eq!(error(replaced("scope=openid", "scope=unknown")).await, "invalid_scope");
    assert_eq!(error(with(&[("code_challenge", CHALLENGE)])).await, "invalid_request");
    assert_eq!(error(with(&[("code_challenge", VERIFIER), ("code_challenge_method", "plain")])).await, "invalid_request");
    assert_eq!(error(with(&[("nonce", "n2")])).await, "invalid_request");
    assert_eq!(error(with(&[("request", "e30")])).await, "invalid_request_object");
    assert_eq!(error(with(&[("registration", "{}")])).await, "registration_not_supported");
    assert_eq!(error(with(&[("request_uri", "https://a.example/")])).await, "request_uri_not_supported");
    let unsupported = party.http.get(with(&[("response_mode", "fragment")])).send().await.unwrap();
    assert_eq!((unsupported.status(), unsupported.headers().get("location")), (StatusCode::BAD_REQUEST, None));
}

#[tokio::test]
async fn a_public_client_needs_pkce() {
    let party = RelyingParty::new().await;
    let (status, body) = party.register(&json!({ "redirect_uris": [CB], "token_endpoint_auth_method": "none" })).await;
    assert_eq!((status, body.get("client_secret")), (201, None));
    let id = text(&body, "client_id");
    assert_eq!(party.visit(party.request_of(id, "openid", &[])).await.get("error"), Some("invalid_request"));
    let pkce = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];
    let code = party.visit(party.request_of(id, "openid", &pkce)).await.code().to_owned();
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CB), ("client_id", id), ("code_verifier", VERIFIER)];
    let response = party.http.post(party.url("/connect/token")).form(&form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_post_is_as_good_as_a_get() {
    let party = RelyingParty::new().await;
    let url = party.request("openid", &[]);
    let form: Vec<_> = url.query_pairs().collect();
    let response = party.http.post(party.url("/connect/authorize")).form(&form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(response.headers()["location"].to_str().unwrap().starts_with("/account/login?flow="));
}

/// The login page of a new request, read, with the response's headers.
async fn login_page(party: &RelyingParty) -> (Form, reqwest::header::HeaderMap) {
    let begun = party.http.get(party.request("openid", &[])).send().await.unwrap();
    let location = begun.headers()["location"].to_str().unwrap().to_owned();
    let page = party.get(&location).await;
    let headers = page.headers().clone();
    (Form::read(&page.text().await.unwrap()), headers)
}

#[tokio::test]
async fn the_pages_cannot_be_framed_cached_or_leak_their_address() {
    let party = RelyingParty::new().await;
    let begun = party.http.get(party.request("openid", &[])).send().await.unwrap();
    let cookie = begun.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    let (_, headers) = login_page(&party).await;
    assert!(headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert_eq!((&headers["cache-control"], &headers["referrer-policy"]), (&"no-store".parse().unwrap(), &"no-referrer".parse().unwrap()));
}

#[tokio::test]
async fn a_wrong_password_brings_the_login_page_back() {
    let party = RelyingParty::new().await;
    let (mut form, _) = login_page(&party).await;
    assert!(form.alert.is_none());
    form.set("username", "\"><b>x");
    form.set("password", "wrong");
    let page = form.send(&party).await;
    assert_eq!(page.status(), StatusCode::OK);
    let html = page.text().await.unwrap();
    assert!(!html.contains("<b>x"));
    let again = Form::read(&html);
    assert!(again.has_password && again.alert.is_some());
}

#[tokio::test]
async fn cancelling_is_access_denied() {
    let party = RelyingParty::new().await;
    let (mut form, _) = login_page(&party).await;
    form.set("action", "cancel");
    let location = form.send(&party).await.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&format!("{CB}?error=access_denied&")) && location.contains("&state=s+t"), "{location}");

    let (mut form, _) = login_page(&party).await;
    form.set("username", &party.issuer.accounts().username);
    form.set("password", &party.issuer.accounts().password);
    let location = form.send(&party).await.headers()["location"].to_str().unwrap().to_owned();
    let mut consent = Form::read(&party.get(&location).await.text().await.unwrap());
    consent.set("action", "deny");
    let denied = consent.send(&party).await;
    assert!(denied.headers()["location"].to_str().unwrap().contains("error=access_denied"));
    let gone = consent.send(&party).await;
    assert_eq!(gone.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn forms_need_their_csrf_token_and_their_browser() {
    let party = RelyingParty::new().await;
    let (mut form, _) = login_page(&party).await;
    form.set("username", &party.issuer.accounts().username);
    form.set("password", &party.issuer.accounts().password);
    let other = browser().post(party.url(&form.action)).form(&form.fields).send().await.unwrap();
    assert_eq!(other.status(), StatusCode::BAD_REQUEST);
    let csrf = form.fields.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
    form.set("csrf", "x");
    assert_eq!(form.send(&party).await.status(), StatusCode::BAD_REQUEST);
    form.set("csrf", &csrf);
    let good = form.send(&party).await;
    assert_eq!(good.status(), StatusCode::SEE_OTHER);
    assert!(good.headers().get("set-cookie").is_some(), "the session changes at the login");
}
