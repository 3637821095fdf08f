use std::time::Duration;

use std::net::SocketAddr;

use crate::agent::callback::*;
use crate::config::{Config, PublicAddress};
use crate::http::Client;

async fn listener() -> Arc<CallbackListener> {
    CallbackListener::bind(&Url::parse("http://localhost:0/cb").unwrap()).await.unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn at(listener: &CallbackListener, query: &str) -> Url {
    let mut url = listener.redirect_uri().clone();
    url.set_query(Some(query));
    url
}

#[tokio::test]
async fn each_state_gets_its_own_callback() {
    let listener = listener().await;
    let (one, two) = (listener.expect("one"), listener.expect("two"));
    let page = reqwest::get(at(&listener, "code=2&state=two")).await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["cache-control"], "no-store");
    assert!(page.text().await.unwrap().contains("You can close this window"));
    reqwest::get(at(&listener, "code=1&state=one")).await.unwrap();
    assert_eq!(two.wait(soon()).await.unwrap().url, at(&listener, "code=2&state=two"));
    assert_eq!(one.wait(soon()).await.unwrap().url.query(), Some("code=1&state=one"));
    assert!(one.take().is_none());
    assert_eq!(listener.unclaimed(), 0);
}

#[tokio::test]
async fn a_form_post_is_read_and_both_loopback_addresses_answer() {
    let listener = listener().await;
    let expected = listener.expect("s");
    let mut url = listener.redirect_uri().clone();
    url.set_host(Some("127.0.0.1")).unwrap();
    reqwest::Client::new().post(url.clone()).form(&[("code", "c d"), ("state", "s")]).send().await.unwrap();
    let callback = expected.wait(soon()).await.unwrap();
    assert_eq!((callback.method.as_str(), &callback.url), ("POST", &url));
    assert_eq!(callback.form, [("code".to_owned(), "c d".to_owned()), ("state".to_owned(), "s".to_owned())]);
    if tokio::net::TcpListener::bind("[::1]:0").await.is_ok() {
        url.set_host(Some("[::1]")).unwrap();
        url.set_query(Some("state=s"));
        reqwest::get(url).await.unwrap();
        assert!(expected.wait(soon()).await.is_some());
    }
}

#[tokio::test]
async fn a_missing_or_unknown_state_can_be_claimed_by_who_saw_it() {
    let listener = listener().await;
    let expected = listener.expect("mine");
    reqwest::get(at(&listener, "code=1")).await.unwrap();
    reqwest::get(at(&listener, "code=1&state=MINE")).await.unwrap();
    assert!(expected.take().is_none());
    assert_eq!(listener.unclaimed(), 2);
    let mut seen = at(&listener, "code=1");
    seen.set_fragment(Some("x"));
    assert!(listener.claim(&seen, "POST").is_none());
    assert!(listener.claim_by(&seen, "GET", soon()).await.is_some());
    assert!(listener.claim(&seen, "GET").is_none());
    assert_eq!(listener.unclaimed(), 1);
}

#[tokio::test]
async fn other_paths_and_methods_are_no_callback_and_bodies_are_capped() {
    let listener = listener().await;
    let expected = listener.expect("s");
    let http = reqwest::Client::new();
    let other = listener.redirect_uri().join("/cb/?state=s").unwrap();
    assert_eq!(http.get(other).send().await.unwrap().status(), 404);
    assert_eq!(http.put(at(&listener, "state=s")).send().await.unwrap().status(), 405);
    let long = http.post(at(&listener, "state=s")).body("x".repeat(BODY_CAP + 1)).send().await;
    assert!(long.is_err() || long.unwrap().status() == 413);
    assert!(expected.take().is_none());
    assert!(expected.wait(Instant::now()).await.is_none());
}

#[tokio::test]
async fn a_taken_port_and_a_foreign_host_are_told() {
    let listener = listener().await;
    let error = CallbackListener::bind(listener.redirect_uri()).await.unwrap_err();
    assert!(matches!(&error, CallbackError::Taken { .. }) && error.to_string().contains("--redirect-uri"), "{error}");
    for other in ["https://example.com/cb", "http://example.com/cb", "http://10.0.0.1/cb", "app:/cb"] {
        let error = CallbackListener::bind(&Url::parse(other).unwrap()).await.unwrap_err();
        assert!(matches!(error, CallbackError::NotLoopback(_)), "{other}");
    }
}

#[tokio::test]
async fn by_https_only_who_knows_the_certificate_comes() {
    for host in ["localhost", "127.0.0.1"] {
        let listener = CallbackListener::bind(&Url::parse(&format!("https://{host}:0/cb?by=x")).unwrap()).await.unwrap();
        let expected = listener.expect("s");
        assert_eq!((listener.redirect_uri().scheme(), listener.redirect_uri().host_str()), ("https", Some(host)));
        let own = certificate::made().unwrap();
        let client = |roots: Vec<reqwest::Certificate>| reqwest::Client::builder().no_proxy().tls_certs_only(roots).build().unwrap();
        let (trusting, wary) = (client(vec![reqwest::Certificate::from_der(&own.authority).unwrap()]), client(vec![]));
        wary.get(at(&listener, "state=s")).send().await.unwrap_err();
        assert!(expected.take().is_none());
        trusting.get(at(&listener, "by=x&state=s&code=c")).send().await.unwrap();
        assert_eq!(expected.wait(soon()).await.unwrap().url, at(&listener, "by=x&state=s&code=c"));
        // What the issuer fetches is at a port of its own, by http; what the browser shows is beside the redirect URI.
        let (document, page) =
            (listener.offer(Offer::json(&serde_json::json!(["two"]))), listener.offer_to_user_agent(Offer::html("one".to_owned())));
        assert_eq!((document.url().scheme(), document.url().host_str()), ("http", Some(host)));
        assert_ne!(document.url().port(), page.url().port());
        assert_eq!(wary.get(document.url().clone()).send().await.unwrap().text().await.unwrap(), "[\"two\"]");
        assert_eq!(page.url().origin(), listener.redirect_uri().origin());
        assert_eq!(trusting.get(page.url().clone()).send().await.unwrap().text().await.unwrap(), "one");
    }
}

#[tokio::test]
async fn https_and_a_public_url_need_a_port_each() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let both = format!("https://127.0.0.1:{}/cb", port.port());
    let error = CallbackListener::bind_for(&reached_at("https://tests.example", port, &both)).await.unwrap_err();
    assert!(matches!(&error, CallbackError::ListenTaken { .. }), "{error}");
    let listener = CallbackListener::bind_for(&reached_at("https://tests.example", port, "https://127.0.0.1:0/cb")).await.unwrap();
    assert_eq!(listener.offer(Offer::html(String::new())).url().host_str(), Some("tests.example"));
    assert_eq!(reqwest::get(format!("http://{port}/cb/request/9")).await.unwrap().status(), 404);
}

/// The settings of a run that is reached at this address.
fn reached_at(public_url: &str, listen: SocketAddr, redirect_uri: &str) -> Config {
    let public = Some(PublicAddress { url: Url::parse(public_url).unwrap(), listen });
    Config { redirect_uri: Url::parse(redirect_uri).unwrap(), public, ..Config::for_tests("https://op.example") }
}

#[tokio::test]
async fn behind_a_public_url_the_host_of_a_request_means_nothing() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = reached_at("https://tests.example/oa", port, "https://tests.example/oa/cb");
    let listener = CallbackListener::bind_for(&config).await.unwrap();
    let expected = listener.expect("s");
    let document = listener.offer(Offer::json(&serde_json::json!(["two"])));
    let page = listener.offer_to_user_agent(Offer::html("<p>one</p>".to_owned()));
    assert_eq!(document.url().as_str(), "https://tests.example/oa/document/1");
    assert_eq!(page.url().as_str(), "https://tests.example/oa/cb/request/2");
    assert_eq!(reqwest::get(format!("http://{port}/oa/document/1")).await.unwrap().text().await.unwrap(), "[\"two\"]");
    reqwest::get(format!("http://{port}/oa/cb?state=s&code=c")).await.unwrap();
    assert_eq!(expected.wait(soon()).await.unwrap().url.as_str(), "https://tests.example/oa/cb?state=s&code=c");
    // Nobody can have asked there by that name.
    listener.try_public(&Client::new(&Config::for_tests("https://op.example").network).unwrap()).await;
    assert!(listener.public().is_some_and(|(_, reached)| reached.is_err()));
}

#[tokio::test]
async fn one_socket_serves_both_where_both_have_the_same_address() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = reached_at(&format!("http://{port}/"), port, &format!("http://127.0.0.1:{}/cb", port.port()));
    let listener = CallbackListener::bind_for(&config).await.unwrap();
    listener.try_public(&Client::new(&config.network).unwrap()).await;
    assert_eq!(listener.public().map(|(_, reached)| reached.clone()), Some(Ok(())));
    let error = CallbackListener::bind_for(&reached_at("https://tests.example", port, "https://tests.example/cb")).await.unwrap_err();
    assert!(matches!(&error, CallbackError::ListenTaken { .. }) && error.to_string().contains("--listen"), "{error}");
}

#[tokio::test]
async fn what_is_listened_on_everywhere_is_listened_on_for_the_redirect_uri_too() {
    for everywhere in ["0.0.0.0", "[::]"] {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let Ok(listen) = format!("{everywhere}:{port}").parse() else { panic!("{everywhere} is an address") };
        if std::net::TcpListener::bind(listen).is_err() {
            continue;
        }
        let config = reached_at(&format!("http://tests.example:{port}"), listen, &format!("http://localhost:{port}/cb"));
        let listener = CallbackListener::bind_for(&config).await.unwrap();
        assert_eq!(listener.redirect_uri().as_str(), format!("http://localhost:{port}/cb"));
        let document = listener.offer(Offer::html("one".to_owned()));
        assert_eq!(document.url().host_str(), Some("tests.example"));
        for host in ["localhost", "127.0.0.1"] {
            let text = reqwest::get(format!("http://{host}:{port}{}", document.url().path())).await.unwrap().text().await.unwrap();
            assert_eq!(text, "one", "{everywhere}: {host}");
        }
    }
}

#[tokio::test]
async fn a_dropped_listener_frees_its_port() {
    let listener = listener().await;
    let url = listener.redirect_uri().clone();
    drop(listener);
    let deadline = soon();
    while CallbackListener::bind(&url).await.is_err() {
        assert!(Instant::now() < deadline, "the port is still taken");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_document_of_our_own_is_there_until_it_is_dropped() {
    let listener = listener().await;
    let (one, two) = (listener.offer(Offer::html("<p>one</p>".to_owned())), listener.offer(Offer::json(&serde_json::json!(["two"]))));
    assert!(!is_at(one.url(), listener.redirect_uri()));
    for (document, kind, text) in [(&one, "text/html; charset=utf-8", "<p>one</p>"), (&two, "application/json", "[\"two\"]")] {
        assert_eq!(document.fetched(), 0);
        let response = reqwest::get(document.url().clone()).await.unwrap();
        assert_eq!(response.headers()["content-type"], kind);
        assert_eq!(response.text().await.unwrap(), text);
        assert_eq!(document.fetched(), 1);
    }
    let url = one.url().clone();
    drop(one);
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    assert_eq!(listener.unclaimed(), 0);
}

#[tokio::test]
async fn what_comes_to_an_address_that_keeps_it_is_kept() {
    let listener = listener().await;
    let (of_issuer, of_agent) = (listener.take_requests(), listener.take_requests_of_user_agent());
    assert_eq!(of_issuer.received_by(Instant::now()).await, []);
    let answer = reqwest::Client::new().post(of_issuer.url().clone()).form(&[("logout_token", "a.b.c")]).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()), (200, "no-store"));
    let kept = of_issuer.received_by(soon()).await;
    assert_eq!((kept[0].method.as_str(), kept[0].body.as_str(), kept[0].query.as_deref()), ("POST", "logout_token=a.b.c", None));
    assert_eq!(kept[0].content_type.as_deref(), Some("application/x-www-form-urlencoded"));
    let mut url = of_agent.url().clone();
    url.set_query(Some("sid=1"));
    reqwest::get(url).await.unwrap();
    assert_eq!(of_agent.received()[0].query.as_deref(), Some("sid=1"));
    // A callback that comes later is later.
    let expected = listener.expect("s");
    reqwest::get(at(&listener, "state=s")).await.unwrap();
    let callback = expected.wait(soon()).await.unwrap();
    assert!(listener.arrived_at(&callback).unwrap() >= kept[0].at);
}
