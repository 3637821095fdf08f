//! The response mode `form_post`.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use oa_authtest::agent::browser::Launch;
use oa_authtest::agent::callback::CallbackListener;
use oa_authtest::agent::user_agent::UserAgent;
use oa_authtest::agent::visit::{Conduct, Visit};
use oa_authtest::config::{AgentConfig, AgentKind, Network, Tls};
use oa_authtest::config::{Selectors, User};
use serde_json::json;

use url::Url;

use super::relying_party::{CB, RelyingParty};

const FORM_POST: (&str, &str) = ("response_mode", "form_post");

#[tokio::test]
async fn codes_and_errors_are_posted_to_the_client() {
    let party = RelyingParty::new().await;
    let visit = party.visit(party.request("openid", &[FORM_POST])).await;
    assert_eq!((visit.pages.as_slice(), visit.status.as_u16()), (&["login", "consent"][..], 200));
    assert_eq!((visit.get("state"), visit.get("iss")), (Some("s t\"a&te"), Some(party.issuer.issuer())));
    assert_eq!(party.redeem(&party.client(), visit.code(), &[]).await.0, 200);
    for (name, value, error) in [("max_age", "x", "invalid_request"), ("request", "x", "invalid_request_object")] {
        let visit = party.visit(party.request("openid", &[FORM_POST, (name, value)])).await;
        assert_eq!((visit.status.as_u16(), visit.get("error"), visit.get("state")), (200, Some(error), Some("s t\"a&te")));
    }
    let query = party.visit(party.request("openid", &[("response_mode", "query")])).await;
    assert_eq!((query.status.as_u16(), query.code().len()), (303, 43));
}

#[tokio::test]
async fn the_page_sends_itself_with_and_without_scripts() {
    let party = RelyingParty::new().await;
    let response = party.http.get(party.request("openid", &[FORM_POST, ("prompt", "none")])).send().await.unwrap();
    let headers = response.headers().clone();
    assert_eq!((&headers["cache-control"], &headers["pragma"]), (&"no-store".parse().unwrap(), &"no-cache".parse().unwrap()));
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let html = response.text().await.unwrap();
    let script = html.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let hash = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, script.as_bytes()));
    assert!(headers["content-security-policy"].to_str().unwrap().contains(&format!("script-src 'sha256-{hash}'")));
    assert!(html.contains("<noscript>") && html.contains("<button type=\"submit\""));
    assert!(html.contains(&format!("<form method=\"post\" action=\"{CB}\">")), "{html}");
    assert!(html.contains("name=\"state\" value=\"s t&quot;a&amp;te\""), "{html}");
}

#[tokio::test]
async fn the_redirect_uri_keeps_its_query() {
    let party = RelyingParty::new().await;
    let (_, body) = party.register(&json!({ "redirect_uris": [format!("{CB}?a=b&c")] })).await;
    let mut url = party.request_of(body["client_id"].as_str().unwrap(), "openid", &[FORM_POST, ("prompt", "none")]);
    let query = url.query().unwrap().replace("%2Fcb", "%2Fcb%3Fa%3Db%26c");
    url.set_query(Some(&query));
    let html = party.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("/cb?a&#x3D;b&amp;c\"") || html.contains("/cb?a=b&amp;c\""), "{html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_user_agent_takes_it_to_the_client() {
    let party = RelyingParty::new().await;
    let listener = CallbackListener::bind(&Url::parse("http://localhost:0/cb").unwrap()).await.unwrap();
    let redirect_uri = listener.redirect_uri().clone();
    let (_, body) = party.register(&json!({ "redirect_uris": [redirect_uri.as_str()] })).await;
    let patience = Duration::from_secs(30);
    let config = AgentConfig { kind: AgentKind::Http, webdriver_url: None, headed: false, deadline: patience };
    let launch = Launch { spki: None, guard: None };
    let agent = UserAgent::start(&config, &Network { tls: Tls::System, timeout: patience }, &launch).await.unwrap();
    let mut session = agent.open().await.unwrap();
    for (more, member) in [(None, "code"), (Some(("max_age", "x")), "error")] {
        let mut url = party.request_of(body["client_id"].as_str().unwrap(), "openid", &[FORM_POST]);
        url.set_query(Some(&url.query().unwrap().replace("localhost%3A1%2F", &format!("localhost%3A{}%2F", redirect_uri.port().unwrap()))));
        url.query_pairs_mut().extend_pairs(more);
        let accounts = party.issuer.accounts();
        let user = User { username: accounts.username.clone(), password: accounts.password.clone().into() };
        let state = "s t\"a&te".to_owned();
        let visit = Visit {
            scopes: Vec::new(),
            url,
            redirect_uri: redirect_uri.clone(),
            state,
            user,
            selectors: Selectors::default(),
            deadline: patience,
            conduct: Conduct::Consent,
            pictures: true,
        };
        let callback = session.visit(&visit, &listener).await.end.unwrap();
        assert_eq!((callback.method.as_str(), callback.url.query()), ("POST", None));
        assert!(callback.form.iter().any(|(name, _)| name == member), "{callback:?}");
    }
}
