//! Userinfo, the orders feed, the dataset site, and the documents for everyone.

use reqwest::header::WWW_AUTHENTICATE;
use scraper::{Html, Selector};
use serde_json::{Value, json};

use super::relying_party::{RelyingParty, answer, text};

#[tokio::test]
async fn userinfo_gives_the_claims_of_the_scope() {
    let party = RelyingParty::new().await;
    let tokens = party.tokens("openid openactive-identity", &[]).await;
    let token = text(&tokens, "access_token");
    let url = party.url("/connect/userinfo");
    let (status, claims) = answer(party.http.get(&url).bearer_auth(token)).await;
    assert_eq!((status, &claims["sub"]), (200, &json!("user-100")));
    assert_eq!(claims["https://openactive.io/sellerId"], json!(party.issuer.accounts().seller_id));
    assert_eq!(answer(party.http.post(&url).bearer_auth(token)).await.1, claims);
    assert_eq!(answer(party.http.post(&url).form(&[("access_token", token)])).await.1, claims);
    assert_eq!(answer(party.http.post(&url).bearer_auth(token).form(&[("access_token", token)])).await.0, 400);
    assert_eq!(answer(party.http.get(format!("{url}?access_token={token}"))).await.0, 401);
    let plain = party.tokens("openid", &[]).await;
    let (_, claims) = answer(party.http.get(&url).bearer_auth(text(&plain, "access_token"))).await;
    assert_eq!(claims, json!({ "sub": "user-100" }));
}

#[tokio::test]
async fn refusals_are_challenges() {
    let party = RelyingParty::new().await;
    let tokens = party.tokens("openid", &[]).await;
    let (_, own) = party.client_credentials(&party.client()).await;
    for (path, good_elsewhere) in [("/connect/userinfo", text(&own, "access_token")), ("/api/orders-rpde", text(&tokens, "access_token"))] {
        let url = party.url(path);
        let none = party.http.get(&url).send().await.unwrap();
        assert_eq!((none.status().as_u16(), &none.headers()[WWW_AUTHENTICATE]), (401, &"Bearer realm=\"oa-authtest\"".parse().unwrap()));
        for bad in ["x", text(&tokens, "id_token")] {
            let response = party.http.get(&url).bearer_auth(bad).send().await.unwrap();
            assert_eq!(response.status(), 401);
            assert!(response.headers()[WWW_AUTHENTICATE].to_str().unwrap().contains("error=\"invalid_token\""));
        }
        let response = party.http.get(&url).bearer_auth(good_elsewhere).send().await.unwrap();
        assert_eq!(response.status(), 403);
        assert!(response.headers()[WWW_AUTHENTICATE].to_str().unwrap().contains("error=\"insufficient_scope\""));
    }
}

#[tokio::test]
async fn the_orders_feed_is_a_page_of_rpde() {
    let party = RelyingParty::new().await;
    let (_, tokens) = party.client_credentials(&party.client()).await;
    let url = &party.issuer.accounts().orders_feed_url;
    let (status, page) = answer(party.http.get(url).bearer_auth(text(&tokens, "access_token"))).await;
    assert_eq!(status, 200);
    assert!(text(&page, "next").starts_with(url) && page["items"].is_array() && page["license"].is_string());
}

#[tokio::test]
async fn the_dataset_site_names_the_issuer() {
    let party = RelyingParty::new().await;
    let page = party.http.get(&party.issuer.accounts().dataset_site_url).send().await.unwrap().text().await.unwrap();
    let page = Html::parse_document(&page);
    let selector = Selector::parse("script[type='application/ld+json']").unwrap();
    let blocks: Vec<String> = page.select(&selector).map(|element| element.text().collect()).collect();
    assert_eq!(blocks.len(), 1);
    let dataset: Value = serde_json::from_str(&blocks[0]).unwrap();
    assert_eq!(dataset["@type"], "Dataset");
    assert_eq!(dataset["accessService"]["authenticationAuthority"], json!(party.issuer.issuer()));
}

#[tokio::test]
async fn the_documents_are_where_they_are_looked_for() {
    let party = RelyingParty::new().await;
    let document = party.document("/.well-known/openid-configuration").await;
    assert_eq!(document, party.document("/.well-known/oauth-authorization-server").await);
    assert_eq!(document["issuer"], json!(party.issuer.issuer()));
    for (name, value) in document.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint")) {
        let status = party.http.get(value.as_str().unwrap()).send().await.unwrap().status();
        assert_ne!(status, 404, "{name}");
    }
    let response = party.get("/.well-known/openid-configuration").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    let home = party.get("/").await.text().await.unwrap();
    assert!(home.contains(party.issuer.issuer()));
    assert_eq!(party.get("/nothing").await.status(), 404);
}

#[tokio::test]
async fn too_large_a_body_is_refused() {
    let party = RelyingParty::new().await;
    let body = "a=".to_owned() + &"b".repeat(100_000);
    let response = party.http.post(party.url("/connect/token")).header("content-type", "application/x-www-form-urlencoded").body(body);
    assert_eq!(response.send().await.unwrap().status(), 413);
}
