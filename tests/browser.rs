//! The user agents on real pages: Chromium over `WebDriver`, and plain HTTP on those that need no script.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oa_authtest::agent::browser::{Browser, BrowserError, Launch};
use oa_authtest::agent::callback::CallbackListener;
use oa_authtest::agent::user_agent::{AgentSession, UserAgent};
use oa_authtest::agent::visit::{Conduct, Journey, NoWay, Visit, VisitError};
use oa_authtest::config::{AgentConfig, AgentKind, Network, Tls};
use oa_authtest::config::{Selectors, User};
use oa_authtest::guard::Guarded;
use oa_authtest::observed::page::PageKind;
use url::Url;

use crate::common::browser_pages::{Issuer, PASSWORD, USERNAME, serve, serve_tls};
use crate::common::{chromedriver, free_port};

async fn agent(kind: AgentKind, tls: Tls, spki: Option<String>) -> UserAgent {
    let config = AgentConfig { kind, webdriver_url: None, headed: false, deadline: Duration::from_secs(30) };
    let launch = Launch { spki, guard: Some(PathBuf::from(env!("CARGO_BIN_EXE_oa-authtest"))) };
    UserAgent::start(&config, &Network { tls, timeout: Duration::from_secs(20) }, &launch).await.unwrap()
}

async fn both() -> [UserAgent; 2] {
    [agent(AgentKind::Webdriver, Tls::System, None).await, agent(AgentKind::Http, Tls::System, None).await]
}

async fn listener() -> Arc<CallbackListener> {
    CallbackListener::bind(&Url::parse("http://localhost:0/cb").unwrap()).await.unwrap()
}

pub(crate) fn visit(issuer: &Issuer, set: &str, redirect_uri: &Url) -> Visit {
    let mut url = issuer.url.join(&format!("{set}/authorize")).unwrap();
    let state = format!("state of {set}");
    url.query_pairs_mut().append_pair("redirect_uri", redirect_uri.as_str()).append_pair("state", &state);
    let user = User { username: USERNAME.to_owned(), password: PASSWORD.to_owned().into() };
    Visit {
        url,
        redirect_uri: redirect_uri.clone(),
        state,
        scopes: Vec::new(),
        user,
        selectors: Selectors::default(),
        deadline: Duration::from_secs(30),
        conduct: Conduct::Consent,
        pictures: true,
    }
}

async fn go(session: &mut AgentSession, issuer: &Issuer, set: &str, listener: &CallbackListener) -> Journey {
    session.visit(&visit(issuer, set, listener.redirect_uri()), listener).await
}

fn kinds(journey: &Journey) -> Vec<PageKind> {
    journey.pages.iter().map(|page| page.kind).collect()
}

/// A journey without its pictures.
fn told(journey: &Journey) -> String {
    let pages: Vec<_> = journey.pages.iter().map(|p| (p.kind, p.status, &p.url, &p.title, &p.note, &p.source)).collect();
    format!("{pages:#?} {:#?}", journey.end)
}

/// Nothing a journey tells may hold the password.
fn shows_no_password(journey: &Journey) {
    let told = told(journey);
    for spelling in ["correct horse", "correct+horse", "correct%20horse", "battery"] {
        assert!(!told.contains(spelling), "{spelling} is in {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_agents_log_in_and_consent() {
    use PageKind::{Consent, Identifier, Login};
    let (issuer, listener) = (serve().await, listener().await);
    let sets: [(&str, &[PageKind], &[PageKind], bool); 5] = [
        ("one", &[Login, Consent], &[Consent], true),
        ("two", &[Identifier, Login], &[], true),
        ("spa", &[Login], &[Login], false),
        ("fragment", &[], &[], true),
        ("form-post", &[], &[], true),
    ];
    for agent in both().await {
        for (set, first, second, plain) in sets {
            if !plain && matches!(agent, UserAgent::Http(_)) {
                continue;
            }
            let mut session = agent.open().await.unwrap();
            for expected in [first, second] {
                let journey = go(&mut session, &issuer, set, &listener).await;
                let what = format!("{set} by {}: {}", agent.describe(), told(&journey));
                let callback = journey.end.as_ref().unwrap_or_else(|error| panic!("{error}: {what}"));
                assert!(callback.has_state(&format!("state of {set}")), "{what}");
                assert!(!callback.url.as_str().contains("error"), "{what}");
                assert_eq!(kinds(&journey), expected, "{what}");
                match set {
                    "fragment" => assert!(callback.url.fragment().unwrap().starts_with("id_token=")),
                    "form-post" => assert_eq!((callback.method.as_str(), callback.form[0].1.as_str()), ("POST", "c0de")),
                    _ => assert!(callback.url.query().unwrap().contains("code=c0de")),
                }
                for page in &journey.pages {
                    assert_eq!(page.status, Some(200), "{what}");
                    assert_eq!(page.title, "The issuer");
                    assert_eq!(page.screenshot.is_some(), matches!(agent, UserAgent::Browser(_)));
                    assert!(page.screenshot.iter().all(|png| png.starts_with(b"\x89PNG")));
                }
                shows_no_password(&journey);
            }
            session.close().await;
        }
        agent.close().await;
    }
    assert_eq!(listener.unclaimed(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_share_nothing_and_may_run_side_by_side() {
    let (issuer, listener) = (serve().await, listener().await);
    for agent in both().await {
        let (mut one, mut two) = (agent.open().await.unwrap(), agent.open().await.unwrap());
        let (first, second) = tokio::join!(go(&mut one, &issuer, "one", &listener), async {
            let mut visit = visit(&issuer, "one", listener.redirect_uri());
            visit.state = "other".to_owned();
            visit.url.set_query(Some(&visit.url.query().unwrap().replace("state+of+one", "other")));
            two.visit(&visit, &listener).await
        });
        assert!(first.end.unwrap().has_state("state of one"));
        assert!(second.end.unwrap().has_state("other"));
        assert_eq!((first.pages.len(), second.pages.len()), (2, 2));
        assert_eq!(go(&mut two, &issuer, "one", &listener).await.consents(), 1);
        one.close().await;
        two.close().await;
        agent.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_agents_say_why_there_is_no_callback() {
    let (issuer, listener) = (serve().await, listener().await);
    for agent in both().await {
        let mut session = agent.open().await.unwrap();
        for set in ["one", "two", "spa"] {
            if set == "spa" && matches!(agent, UserAgent::Http(_)) {
                continue;
            }
            let mut visit = visit(&issuer, set, listener.redirect_uri());
            visit.user.password = "battery wrong".to_owned().into();
            let begun = Instant::now();
            let journey = session.visit(&visit, &listener).await;
            let Err(VisitError::LoginRejected { says, .. }) = &journey.end else { panic!("{set}: {}", told(&journey)) };
            assert!(says.as_ref().is_some_and(|says| says.contains("No such user") || says.contains("Wrong")), "{}", told(&journey));
            assert!(journey.pages.last().unwrap().source.is_some());
            assert!(begun.elapsed() < Duration::from_secs(15), "{set} took {:?}", begun.elapsed());
            shows_no_password(&journey);
        }
        let journey = go(&mut session, &issuer, "error", &listener).await;
        let Err(VisitError::ErrorPage { status, text, .. }) = &journey.end else { panic!("{}", told(&journey)) };
        assert_eq!(*status, Some(400));
        assert!(text.contains("invalid_request"), "{text}");
        let journey = go(&mut session, &issuer, "code", &listener).await;
        assert!(matches!(&journey.end, Err(VisitError::NeedsHuman { what, .. }) if what.contains("code")), "{}", told(&journey));
        let journey = go(&mut session, &issuer, "blank", &listener).await;
        let Err(error @ VisitError::NotUnderstood { why: NoWay::Nothing(_), .. }) = &journey.end else { panic!("{}", told(&journey)) };
        assert!(error.to_string().contains("neither a form nor a button"), "{error}");
        if matches!(agent, UserAgent::Http(_)) {
            let journey = go(&mut session, &issuer, "spa", &listener).await;
            let Err(error @ VisitError::NotUnderstood { why: NoWay::NeedsBrowser(_), .. }) = &journey.end else { panic!("{}", told(&journey)) };
            assert!(error.to_string().contains("use --agent webdriver"), "{error}");
        }
        let journey = go(&mut session, &issuer, "loop", &listener).await;
        assert!(matches!(&journey.end, Err(VisitError::Unreachable { .. } | VisitError::NotUnderstood { .. })), "{}", told(&journey));
        session.close().await;
        agent.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callback_without_state_and_a_dead_redirect_uri_are_tied_to_their_visit() {
    let (issuer, listener) = (serve().await, listener().await);
    for agent in both().await {
        let mut session = agent.open().await.unwrap();
        let journey = go(&mut session, &issuer, "no-state", &listener).await;
        assert_eq!(journey.end.unwrap().url.query(), Some("code=c0de"));
        assert_eq!(listener.unclaimed(), 0);
        let dead = Url::parse(&format!("http://127.0.0.1:{}/cb", free_port())).unwrap();
        let journey = session.visit(&visit(&issuer, "fragment", &dead), &listener).await;
        assert!(journey.end.as_ref().unwrap().url.fragment().unwrap().contains("id_token"), "{}", told(&journey));
        session.close().await;
        agent.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_issuer_ends_at_the_deadline_and_the_next_visit_works() {
    let (issuer, listener) = (serve().await, listener().await);
    for agent in both().await {
        let mut session = agent.open().await.unwrap();
        let mut visit = visit(&issuer, "silent", listener.redirect_uri());
        visit.deadline = Duration::from_secs(1);
        let begun = Instant::now();
        let journey = session.visit(&visit, &listener).await;
        let Err(VisitError::Deadline { seconds: 1, url }) = &journey.end else { panic!("{}", told(&journey)) };
        assert!(url.contains("/silent/authorize"), "{url}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
        let journey = go(&mut session, &issuer, "no-state", &listener).await;
        assert!(journey.end.is_ok(), "{}", told(&journey));
        session.close().await;
        agent.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_keeps_the_browser_busy_holds_up_nobody_else() {
    let (issuer, listener) = (serve().await, listener().await);
    let agent = agent(AgentKind::Webdriver, Tls::System, None).await;
    let (mut hung, mut other) = (agent.open().await.unwrap(), agent.open().await.unwrap());
    let mut visit = visit(&issuer, "busy", listener.redirect_uri());
    visit.deadline = Duration::from_secs(3);
    let begun = Instant::now();
    let journey = hung.visit(&visit, &listener).await;
    assert!(matches!(&journey.end, Err(VisitError::Deadline { .. })), "{}", told(&journey));
    assert!(begun.elapsed() < Duration::from_secs(7), "{:?}", begun.elapsed());
    hung.close().await;
    let journey = go(&mut other, &issuer, "alert", &listener).await;
    assert!(journey.end.is_ok(), "{}", told(&journey));
    other.close().await;
    agent.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_judged_as_configured() {
    let (issuer, listener) = (serve_tls().await, listener().await);
    let folder = tempfile::tempdir().unwrap();
    let pem = folder.path().join("ca.pem");
    std::fs::write(&pem, issuer.pem.as_ref().unwrap()).unwrap();
    for kind in [AgentKind::Webdriver, AgentKind::Http] {
        for (tls, trusted) in [(Tls::System, false), (Tls::Insecure, true), (Tls::CaFile(pem.clone()), true)] {
            let spki = matches!(tls, Tls::CaFile(_)).then(|| issuer.spki.clone().unwrap());
            let agent = agent(kind, tls.clone(), spki).await;
            let mut session = agent.open().await.unwrap();
            let journey = go(&mut session, &issuer, "one", &listener).await;
            if trusted {
                assert!(journey.end.is_ok(), "{kind:?} {tls:?}: {}", told(&journey));
            } else {
                let Err(error @ VisitError::Unreachable { .. }) = &journey.end else { panic!("{}", told(&journey)) };
                let why = error.to_string();
                assert!(why.contains("--insecure") && why.contains("--ca-file"), "{why}");
            }
            session.close().await;
            agent.close().await;
        }
    }
}

/// A driver behind a proxy that knows nothing of `BiDi`, as remote grids are.
async fn old_driver() -> (Guarded, Url) {
    let (driver, port) = chromedriver::start().await;
    let client = reqwest::Client::new();
    let forward = move |request: axum::http::Request<axum::body::Body>| {
        let client = client.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap().replace("\"webSocketUrl\":true", "\"webSocketUrl\":false");
            let url = format!("http://127.0.0.1:{port}{}", head.uri.path());
            let sent = client.request(head.method, url).header("content-type", "application/json").body(body).send().await.unwrap();
            (sent.status(), [("content-type", "application/json; charset=utf-8")], sent.bytes().await.unwrap())
        }
    };
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", socket.local_addr().unwrap())).unwrap();
    tokio::spawn(async move { axum::serve(socket, axum::Router::new().fallback(forward)).await });
    (driver, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_driver_without_bidi_serves_too() {
    let (issuer, listener, tls) = (serve().await, listener().await, serve_tls().await);
    let (driver, url) = old_driver().await;
    let config = AgentConfig { kind: AgentKind::Auto, webdriver_url: Some(url), headed: false, deadline: Duration::from_secs(30) };
    let agent = UserAgent::start(&config, &Network { tls: Tls::System, timeout: Duration::from_secs(20) }, &Launch::default()).await.unwrap();
    assert!(agent.describe().contains("(remote)"), "{}", agent.describe());
    let (mut one, mut two) = (agent.open().await.unwrap(), agent.open().await.unwrap());
    for (first, pages) in [(true, 2), (false, 2), (true, 1)] {
        let journey = go(if first { &mut one } else { &mut two }, &issuer, "one", &listener).await;
        assert!(journey.end.is_ok() && journey.pages.len() == pages, "{}", told(&journey));
    }
    for set in ["spa", "form-post", "fragment"] {
        let journey = go(&mut one, &issuer, set, &listener).await;
        assert!(journey.end.is_ok(), "{set}: {}", told(&journey));
    }
    let journey = go(&mut two, &issuer, "no-state", &listener).await;
    assert_eq!(journey.end.unwrap().url.query(), Some("code=c0de"));
    let journey = go(&mut two, &issuer, "error", &listener).await;
    assert!(matches!(&journey.end, Err(VisitError::ErrorPage { status: Some(400), .. })), "{}", told(&journey));
    let journey = go(&mut two, &tls, "one", &listener).await;
    assert!(matches!(&journey.end, Err(error @ VisitError::Unreachable { .. }) if error.to_string().contains("--insecure")), "{}", told(&journey));
    one.close().await;
    two.close().await;
    agent.close().await;
    driver.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_browser_from_starting_is_named() {
    let start = |webdriver_url: Option<&str>, headed| {
        let webdriver_url = webdriver_url.map(|url| Url::parse(url).unwrap());
        let config = AgentConfig { kind: AgentKind::Webdriver, webdriver_url, headed, deadline: Duration::from_secs(30) };
        async move { Browser::start(&config, &Tls::System, &Launch::default()).await.unwrap_err() }
    };
    let error = start(Some("http://127.0.0.1:9/"), false).await;
    assert!(matches!(&error, BrowserError::Remote { .. }) && error.to_string().contains("--webdriver-url"), "{error}");
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        assert_eq!(start(None, true).await, BrowserError::NoDisplay);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_an_earlier_request_is_not_taken_for_that_to_this_one() {
    let (issuer, listener) = (serve().await, listener().await);
    let agent = agent(AgentKind::Webdriver, Tls::System, None).await;
    let mut session = agent.open().await.unwrap();
    for number in 0..20 {
        // The listener may have the callback of each before the browser has reported the way there (see also `watch.rs`).
        let mut visit = visit(&issuer, "at-once", listener.redirect_uri());
        visit.state = format!("state {number}");
        let url = visit.url.clone();
        visit.url.query_pairs_mut().clear().extend_pairs(url.query_pairs().filter(|(name, _)| name != "state")).append_pair("state", &visit.state);
        let journey = session.visit(&visit, &listener).await;
        let callback = journey.end.as_ref().unwrap_or_else(|error| panic!("{error}: {}", told(&journey)));
        assert!(callback.has_state(&visit.state), "{number}: {}", told(&journey));
    }
    session.close().await;
    agent.close().await;
}

/// Chromium as it is driven in three ways: by `DevTools`, by a driver with `BiDi`, and by a driver without.
async fn every_browser() -> (Vec<(&'static str, UserAgent)>, Vec<Guarded>) {
    let (with_bidi, port) = chromedriver::start().await;
    let (without, old) = old_driver().await;
    let remote = |url: Url| async move {
        let config = AgentConfig { kind: AgentKind::Webdriver, webdriver_url: Some(url), headed: false, deadline: Duration::from_secs(30) };
        UserAgent::start(&config, &Network { tls: Tls::System, timeout: Duration::from_secs(20) }, &Launch::default()).await.unwrap()
    };
    let agents = vec![
        ("DevTools", agent(AgentKind::Webdriver, Tls::System, None).await),
        ("BiDi", remote(Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap()).await),
        ("WebDriver", remote(old).await),
    ];
    (agents, vec![with_bidi, without])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_page_from_being_used_is_named_and_the_next_visit_works() {
    let (issuer, listener) = (serve().await, listener().await);
    let (browsers, drivers) = every_browser().await;
    for (how, agent) in browsers.into_iter().filter(|(how, _)| *how != "WebDriver") {
        let mut session = agent.open().await.unwrap();
        for (set, cause) in [
            ("alerts", "one dialog after another: 20 or more, the last one, which says \"Again!\""),
            ("attachment", "with a file to be saved"),
            ("late-file", "with a file to be saved"),
            ("file", "(\"authorize.zip\") instead of a page"),
        ] {
            let begun = Instant::now();
            let journey = go(&mut session, &issuer, set, &listener).await;
            let Err(error) = &journey.end else { panic!("{how} {set}: {}", told(&journey)) };
            assert!(error.to_string().contains(cause), "{how} {set}: {error}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{how} {set}: {:?}", begun.elapsed());
            let journey = go(&mut session, &issuer, "at-once", &listener).await;
            assert!(journey.end.is_ok(), "{how} after {set}: {}", told(&journey));
        }
        // A file that a page offers beside its form is no answer.
        let journey = go(&mut session, &issuer, "offer", &listener).await;
        assert!(!matches!(journey.end, Err(VisitError::Download { .. })), "{how}: {}", told(&journey));
        session.close().await;
        let begun = Instant::now();
        agent.close().await;
        assert!(begun.elapsed() < Duration::from_secs(8), "{how} closed within {:?}", begun.elapsed());
    }
    for driver in drivers {
        driver.stop().await;
    }
    let http = agent(AgentKind::Http, Tls::System, None).await;
    let journey = go(&mut http.open().await.unwrap(), &issuer, "attachment", &listener).await;
    assert!(matches!(journey.end, Err(VisitError::Download { .. })), "{}", told(&journey));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_tampers_with_its_prototypes_is_read_as_it_is() {
    let (issuer, listener) = (serve().await, listener().await);
    let (browsers, drivers) = every_browser().await;
    for (how, agent) in browsers {
        for set in ["tampered", "clobbered"] {
            // Without BiDi there is no world beside that of the page.
            if how == "WebDriver" && set == "tampered" {
                continue;
            }
            let mut session = agent.open().await.unwrap();
            let journey = go(&mut session, &issuer, set, &listener).await;
            assert!(journey.end.is_ok(), "{how} {set}: {}", told(&journey));
            assert_eq!(kinds(&journey), [PageKind::Login], "{how} {set}: {}", told(&journey));
            session.close().await;
        }
        agent.close().await;
    }
    for driver in drivers {
        driver.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_picture_is_taken_where_none_is_wanted() {
    let (issuer, listener) = (serve().await, listener().await);
    let agent = agent(AgentKind::Webdriver, Tls::System, None).await;
    let mut session = agent.open().await.unwrap();
    let journey = session.visit(&Visit { pictures: false, ..visit(&issuer, "one", listener.redirect_uri()) }, &listener).await;
    assert!(journey.end.is_ok() && journey.pages.iter().all(|page| page.screenshot.is_none()), "{}", told(&journey));
    session.close().await;
    agent.close().await;
}
