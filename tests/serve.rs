//! The page of a run that goes on (`--serve`): what it shows while tests wait, run and end, who may read it, and that nobody who reads it is in the way.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use oa_authtest::issuer::{self, IssuerOptions, RunningIssuer};
use oa_authtest::result::model::Verdict;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::common::chromium::Chromium;
use crate::common::gate::Gate;
use crate::common::watched::Watched;
use crate::common::{free_port, patched, program, quick, results, run, test};
use crate::html_report::hostile;

/// Three tests of which each fetches the key set once, in the order of the plan.
const TESTS: [&str; 3] = ["authorization-code/basic", "authorization-code/without-nonce", "authorization-code/without-pkce"];

/// A run that stands still at the key set of each.
struct Held {
    issuer: RunningIssuer,
    gate: Gate,
    run: Watched,
    folder: tempfile::TempDir,
}

impl Held {
    /// One after the other.
    async fn start(patch: Value, tests: &[&str], more: &[&str]) -> Self {
        Self::side_by_side(patch, tests, &[&["--jobs", "1"], more].concat()).await
    }

    async fn side_by_side(patch: Value, tests: &[&str], more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (issuer, redirect_uri) = patched::issuer(patch).await;
        let gate = Gate::of(&issuer).await;
        let mut flags: Vec<String> = ["--profile", "oidc", "--jwks-uri", gate.url(), "--timeout", "300"].map(str::to_owned).into();
        flags.extend(tests.iter().flat_map(|test| ["--test", test]).chain(["--serve"]).map(str::to_owned));
        flags.extend(more.iter().map(|flag| (*flag).to_owned()));
        let command = patched::command(&issuer, &redirect_uri, folder.path(), &flags);
        let run = tokio::task::spawn_blocking(|| Watched::start(command)).await.unwrap();
        Self { issuer, gate, run, folder }
    }

    fn report(&self) -> std::path::PathBuf {
        self.folder.path().join("reports/report.html")
    }
}

/// Waits for the end of a run beside everything else.
async fn end(run: Watched) -> crate::common::Ended {
    tokio::task::spawn_blocking(|| run.end()).await.unwrap()
}

fn of(id: &str) -> String {
    format!("document.getElementById({})", json!(id))
}

/// How far a test has come, as its section and its row say.
fn is(id: &str, state: &str) -> String {
    format!("{}.classList.contains('{state}') && document.querySelector('tr[data-test=\"{id}\"] .mark')?.classList.contains('{state}')", of(id))
}

/// What the page shows of the run, without what a reader has opened or hidden. The report holds once what sections have in common; here each has its own.
const SHOWN: &str = "const words = (e) => e.textContent.replace(/\\s+/g, '');
    const of = (selector, says) => [...document.querySelectorAll(selector)].map(says);
    return [...['summary', 'overview'].map((id) => document.getElementById(id).outerHTML),
        of('#tests .finding[id]', (e) => e.id + ' ' + words(e)).sort(), of('#tests .step', (e) => e.id), of('#tests h4', words), of('#tests .shot img', (e) => e.alt)]";

/// Fails the test unless the page shows what `report.html` does.
fn is_the_same(page: &Value, report: &Value) {
    let flat = |of: &Value| {
        of.as_array().unwrap().iter().flat_map(|part| part.as_array().cloned().unwrap_or_else(|| vec![part.clone()])).collect::<Vec<_>>()
    };
    let (page, report) = (flat(page), flat(report));
    let differs = page.iter().zip(&report).find(|(page, report)| page != report);
    assert!(page == report, "the page is not what report.html is: {differs:#?}, {} of {}", page.len(), report.len());
}

/// Opens everything, and waits until it is there.
async fn unfold(chromium: &Chromium) {
    chromium.run("document.querySelectorAll('#tests details').forEach((fold) => (fold.open = true))").await;
    chromium.until("!document.querySelector('.named')").await;
}

/// Fails the test if anything ran that should not, or if anything went wrong on the page.
async fn is_sound(chromium: &Chromium) {
    assert_eq!(chromium.run("return [typeof window.owned, window.violations]").await, json!(["undefined", []]));
    assert_eq!(chromium.console().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_fills_while_tests_end_and_is_the_report_at_the_end() {
    if quick() {
        return;
    }
    let chromium = Chromium::start().await;
    let Held { issuer, mut gate, run, folder } = Held::start(json!([]), &TESTS, &[]).await;
    let report = folder.path().join("reports/report.html");
    gate.held().await;
    chromium.visit(&run.url).await;
    chromium.run("window.mark = 'not loaded again'").await;
    chromium.until(&format!("{} && {}.textContent.includes('running: Key Set')", is(TESTS[0], "running"), of(TESTS[0]))).await;
    for id in &TESTS[1..] {
        chromium.until(&is(id, "waiting")).await;
    }
    let far = "[...document.querySelectorAll('#live p')].map((e) => e.textContent.trim()).join()";
    let now = "[...document.querySelectorAll('#live li')].map((e) => e.textContent).join()";
    chromium.until(&format!("{far} === '0 of 3 tests ended' && {now} === 'Login with nonce and PKCE Key Set'")).await;
    assert_eq!(chromium.run("return document.title").await, json!(format!("0/3 Conformance of {}", issuer.issuer())));
    assert!(chromium.run("return document.querySelector('#summary strong').textContent").await.as_str().unwrap().contains("RUNNING"));

    gate.let_go(1);
    gate.held().await;
    chromium.until(&format!("{} && {} && {}", is(TESTS[0], "passed"), is(TESTS[1], "running"), is(TESTS[2], "waiting"))).await;
    chromium.until(&format!("{far} === '1 of 3 tests ended' && document.querySelector('.counts .passed dd').textContent > 50")).await;
    chromium.until("document.getElementById('said').textContent.startsWith('1 of 3 tests ended. RUNNING, so far: no rule broken in 1 test')").await;
    let steps = chromium.run(&format!("return {}.querySelectorAll('.step').length", of(TESTS[0]))).await;
    assert_eq!(steps, json!(10), "the whole section of its report");

    // What the reader opened, looks at and is about to use stays, whatever comes above it.
    let [step, last] = ["document.querySelector('.test .step')".to_owned(), of(TESTS[2])];
    chromium.click("#contents summary").await;
    chromium.click(".test .step summary").await;
    chromium.run(&format!("{last}.querySelector('.anchor').focus(); {last}.scrollIntoView()")).await;
    let place = format!(
        "[document.querySelector('#contents details').open, {step}.open, document.activeElement.getAttribute('href'), Math.round({last}.getBoundingClientRect().top)]"
    );
    let before = chromium.run(&format!("return [scrollY, {place}]")).await;
    assert!(before[0].as_f64().unwrap() > 500.0 && before[1][3].as_f64().unwrap() > 0.0, "{before}");
    assert_eq!(before[1].as_array().unwrap()[..3], [json!(true), json!(true), json!(format!("#{}", TESTS[2]))]);
    gate.let_go(1);
    gate.held().await;
    chromium.until(&format!("{} && {}", is(TESTS[1], "passed"), is(TESTS[2], "running"))).await;
    let after = chromium.run(&format!("return [scrollY, {place}]")).await;
    let number = |of: &Value| of.as_f64().unwrap();
    assert_eq!(after[1].as_array().unwrap()[..3], before[1].as_array().unwrap()[..3]);
    assert!((number(&after[1][3]) - number(&before[1][3])).abs() < 2.0, "it moved: {before} became {after}");
    assert!(number(&after[0]) > number(&before[0]) + 100.0, "nothing grew above it: {before} became {after}");
    assert_eq!(chromium.run("return window.mark").await, json!("not loaded again"));
    // The filter holds for what comes later.
    chromium.click("#filter label:has([value=failures])").await;
    assert_eq!(chromium.run("return [...document.querySelectorAll('section.test')].filter((e) => e.checkVisibility()).length").await, json!(0));

    // Loaded again in the middle, everything is there at once.
    chromium.visit(&run.url).await;
    let there = format!("return [{}, {}, typeof window.mark]", is(TESTS[1], "passed"), is(TESTS[2], "running"));
    assert_eq!(chromium.run(&there).await, json!([true, true, "undefined"]));
    gate.let_go(1);
    let ended = end(run).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    chromium.until("'ended' in document.getElementById('live').dataset").await;
    let said = "return [document.getElementById('live').textContent.trim(), document.getElementById('lost').textContent, document.title]";
    let expected = json!([
        "The run has ended. This page is its report until it is closed or loaded again. It is kept in reports/report.html too.",
        "",
        format!("✅ Conformance of {}", issuer.issuer())
    ]);
    assert_eq!(chromium.run(said).await, expected);
    chromium.until("document.getElementById('said').textContent.startsWith('The run has ended. CONFORMANT')").await;
    unfold(&chromium).await;
    let shown = chromium.run(SHOWN).await;
    is_sound(&chromium).await;
    chromium.open(&report).await;
    unfold(&chromium).await;
    is_the_same(&shown, &chromium.run(SHOWN).await);
    chromium.close().await;
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hostile_issuer_says_is_text_there_too() {
    if quick() {
        return;
    }
    let chromium = Chromium::start().await;
    let mut held = Held::start(hostile(), &["authorization-code/*", "userinfo/*"], &[]).await;
    held.gate.held().await;
    chromium.width(390).await;
    chromium.visit(&held.run.url).await;
    held.gate.let_go(100);
    let report = held.report();
    let url = held.run.url.clone();
    let ended = end(held.run).await;
    assert_eq!(ended.code, 1, "{}", ended.said());
    chromium.until("'ended' in document.getElementById('live').dataset").await;
    is_sound(&chromium).await;
    let origin = url.split("/?").next().unwrap();
    let elsewhere: Vec<String> = chromium.requests().await.into_iter().filter(|asked| !asked.starts_with(origin)).collect();
    assert_eq!(elsewhere, Vec::<String>::new());
    assert_eq!(chromium.run("return document.documentElement.scrollWidth <= innerWidth").await, json!(true));
    let markup = chromium.run("return document.getElementById('tests').outerHTML").await;
    assert!(markup.as_str().unwrap().contains("&lt;script&gt;"), "the markup is there, as text");
    unfold(&chromium).await;
    let shown = chromium.run(SHOWN).await;
    chromium.open(&report).await;
    unfold(&chromium).await;
    is_the_same(&shown, &chromium.run(SHOWN).await);
    chromium.close().await;
    held.issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_is_run_again_says_so() {
    if quick() {
        return;
    }
    let chromium = Chromium::start().await;
    let mut held = Held::start(json!([]), &TESTS[..1], &["--retries", "1", "--quiet"]).await;
    held.gate.held().await;
    chromium.visit(&held.run.url).await;
    held.gate.refuse();
    held.gate.held().await;
    chromium.until(&format!("{}.textContent.includes('1 of 1 times again: jwks/')", of(TESTS[0]))).await;
    held.gate.let_go(1);
    let ended = end(held.run).await;
    assert_eq!(
        (ended.code, ended.stderr.lines().count(), ended.stdout.lines().count()),
        (0, 1, 2),
        "the page's address and no more: {}",
        ended.said()
    );
    chromium.until("document.getElementById('overview').textContent.includes('Flaky')").await;
    is_sound(&chromium).await;
    chromium.close().await;
    held.issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_shows_what_ran() {
    if quick() {
        return;
    }
    let chromium = Chromium::start().await;
    let mut held = Held::start(json!([]), &TESTS, &[]).await;
    held.gate.held().await;
    held.gate.let_go(1);
    held.gate.held().await;
    chromium.visit(&held.run.url).await;
    chromium.until(&is(TESTS[0], "passed")).await;
    held.run.interrupt();
    chromium.until("document.getElementById('live').textContent.includes('The run was interrupted.')").await;
    let ended = end(held.run).await;
    assert_eq!(ended.code, 130, "{}", ended.said());
    chromium.until(&format!("{} && {}.classList.contains('errored')", is(TESTS[0], "passed"), of(TESTS[1]))).await;
    assert_eq!(chromium.run("return document.getElementById('lost').textContent").await, json!(""));
    is_sound(&chromium).await;
    chromium.close().await;
    held.issuer.stop().await;
}

/// A run against a port, told to wait for it.
fn waiting(folder: &Path, port: u16, seconds: &str) -> Watched {
    let mut command = program(folder);
    command.args(["run", "--issuer", &format!("http://localhost:{port}"), "--agent", "http", "--profile", "oidc"]);
    command.args(["--test", "discovery/*", "--wait", seconds, "--serve"]);
    Watched::start(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_for_its_issuer_says_so() {
    if quick() {
        return;
    }
    let chromium = Chromium::start().await;
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let run = waiting(folder.path(), port, "100");
    chromium.visit(&run.url).await;
    let awaited = format!("document.getElementById('live').textContent.includes('Waiting up to 100 s for http://localhost:{port}/.well-known/')");
    chromium.until(&awaited).await;
    chromium.until(&is("discovery/provider-metadata", "waiting")).await;
    let issuer = issuer::start(IssuerOptions { port, ..IssuerOptions::default() }).await.unwrap();
    let ended = end(run).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    chromium.until("document.getElementById('live').textContent.includes('The run has ended.')").await;
    is_sound(&chromium).await;
    chromium.close().await;
    issuer.stop().await;
}

/// What is read from an address until it ends.
async fn read(url: &str) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = timeout(Duration::from_secs(60), client.get(url).send()).await.unwrap().unwrap();
    let (status, mut text) = (response.status().as_u16(), String::new());
    let mut body = response.bytes_stream();
    while let Some(Ok(part)) = timeout(Duration::from_secs(60), body.next()).await.unwrap() {
        text.push_str(&String::from_utf8_lossy(&part));
    }
    (status, text)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_begin_says_why() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let run = waiting(folder.path(), port, "3");
    let (status, news) = read(&run.at("events")).await;
    assert_eq!(status, 200);
    assert!(news.contains("The run did not begin: ") && news.contains("did not answer within 3 s (--wait)") && news.contains("data-ended"), "{news}");
    let ended = end(run).await;
    assert_eq!(ended.code, 3, "{}", ended.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_cannot_be_reached_is_one_cause_on_the_page_too() {
    let folder = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = program(folder.path());
    command.args(["run", "--issuer", &format!("https://{}", silent.local_addr().unwrap()), "--agent", "http", "--serve"]);
    let run = tokio::task::spawn_blocking(|| Watched::start(command)).await.unwrap();
    // It is held at its first handshake until the page is read.
    let held = timeout(Duration::from_secs(60), silent.accept()).await.unwrap().unwrap();
    let news = tokio::spawn({
        let url = run.at("events");
        async move { read(&url).await.1 }
    });
    let (status, page) = read(&run.url).await;
    assert!(status == 200 && page.contains(" to run"), "{page}");
    drop((held, silent));
    let ended = end(run).await;
    assert_eq!(ended.code, 3, "{}", ended.said());
    let news = news.await.unwrap();
    assert!(news.contains("Could not be tested") && news.contains("data-ended") && news.contains("NOT FULLY TESTED"), "{news}");
}

/// Sends a request as it is, and reads what is answered.
async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A part of what never ends is enough.
    let _ = timeout(Duration::from_secs(30), stream.take(2000).read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_token_or_comes_by_another_name_gets_nothing() {
    let mut held = Held::start(json!([]), &TESTS[..1], &[]).await;
    held.gate.held().await;
    let (port, token) = (held.run.port(), held.run.token().to_owned());
    assert!(token.len() >= 43 && held.run.url.starts_with("http://127.0.0.1:"), "{}", held.run.url);
    let get = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let own = format!("127.0.0.1:{port}");
    let wrong = format!("{}{}", &token[1..], &token[..1]);
    for (request, status) in [
        (get(&format!("/?token={token}"), &own), 200),
        (get(&format!("/events?token={token}"), "localhost:1"), 200),
        (get("/", &own), 403),
        (get("/events", &own), 403),
        (get("/nothing", &own), 403),
        (get(&format!("/nothing?token={token}"), &own), 404),
        (get(&format!("/?token={wrong}"), &own), 403),
        (get("/?token=", &own), 403),
        (format!("GET / HTTP/1.1\r\nhost: {own}\r\ncookie: token={token}\r\nauthorization: Bearer {token}\r\n\r\n"), 403),
        (get(&format!("/?token={token}"), "op.example"), 403),
        (get(&format!("/events?token={token}"), &format!("op.example:{port}")), 403),
        (format!("GET /?token={token} HTTP/1.0\r\n\r\n"), 403),
        (format!("POST /?token={token} HTTP/1.1\r\nhost: {own}\r\ncontent-length: 0\r\n\r\n"), 405),
        (format!("OPTIONS /?token={token} HTTP/1.1\r\nhost: {own}\r\norigin: https://op.example\r\naccess-control-request-method: GET\r\n\r\n"), 405),
    ] {
        let answer = ask(port, &request).await.to_lowercase();
        let first = answer.lines().next().unwrap_or_default();
        assert!(first.contains(&format!(" {status} ")), "{request}{answer}");
        let (headers, body) = answer.split_once("\r\n\r\n").unwrap();
        for (name, value) in [
            ("content-security-policy", "default-src 'none'"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert!(headers.lines().any(|line| line.starts_with(&format!("{name}: ")) && line.contains(value)), "{name}: {headers}");
        }
        assert!(!headers.contains("set-cookie") && !headers.contains("access-control-"), "{headers}");
        assert_eq!(status == 200, body.contains("data:") || body.contains("<!doctype") || body.contains("retry:"), "{request}{body}");
        assert!(!answer.contains(&token.to_lowercase()), "the token is nowhere but in the address");
    }
    // Only on the one address it says.
    assert!(TcpStream::connect(("::1", port)).await.is_err());
    held.gate.let_go(1);
    let ended = end(held.run).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    for (name, bytes) in crate::common::files(held.folder.path()) {
        assert!(!String::from_utf8_lossy(&bytes).contains(&token), "{name} holds the token");
    }
    held.issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_javascript_the_page_shows_what_there_is() {
    let mut held = Held::start(json!([]), &TESTS, &[]).await;
    held.gate.held().await;
    held.gate.let_go(1);
    held.gate.held().await;
    let (status, page) = read(&held.run.url).await;
    assert_eq!(status, 200);
    let section = page.split_once(&format!("id=\"{}\"", TESTS[0])).unwrap().1.split_once("<section").unwrap().0;
    assert!(section.matches("class=\"step").count() > 5 && page.contains("<noscript>") && !page.contains("http-equiv=\"refresh\""), "{page}");
    assert!(page.contains(&format!("<section class=\"test running\" id=\"{}\"", TESTS[1])), "{page}");
    assert!(page.contains(&format!("<section class=\"test waiting\" id=\"{}\"", TESTS[2])), "{page}");
    let secrets = [oa_authtest::issuer::CLIENT_SECRET, oa_authtest::issuer::PASSWORD, oa_authtest::issuer::INITIAL_ACCESS_TOKEN];
    assert!(secrets.iter().all(|secret| !page.contains(secret)), "{page}");
    held.gate.let_go(2);
    // Nothing asked what became of the run, which is not waited for long.
    let ended = end(held.run).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    held.issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_comes_again_is_sent_what_it_missed() {
    let mut held = Held::start(json!([]), &TESTS, &[]).await;
    held.gate.held().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    // The last whole version that a reader had before it was cut off.
    let mut body = client.get(held.run.at("events")).send().await.unwrap().bytes_stream();
    let mut first = String::new();
    while !first.contains("\nid: ") {
        first.push_str(&String::from_utf8_lossy(&timeout(Duration::from_secs(60), body.next()).await.unwrap().unwrap().unwrap()));
    }
    drop(body);
    let last = first.rsplit_once("\nid: ").unwrap().1.lines().next().unwrap().to_owned();
    held.gate.let_go(1);
    held.gate.held().await;
    let again = client.get(held.run.at("events")).header("last-event-id", &last).send().await.unwrap();
    held.gate.let_go(2);
    let news = timeout(Duration::from_secs(60), again.text()).await.unwrap().unwrap();
    let parts: Vec<Value> = news.lines().filter_map(|line| line.strip_prefix("data: ")).map(|line| serde_json::from_str(line).unwrap()).collect();
    let at_the_end = |id: &str| parts.iter().rfind(|part| part["id"] == id).unwrap_or_else(|| panic!("no {id}: {news}"))["html"].as_str().unwrap();
    assert!(TESTS.iter().all(|id| at_the_end(id).contains("section class=\"test passed\"")), "{news}");
    assert!(parts.iter().all(|part| !part["html"].as_str().unwrap().contains("class=\"test waiting\"")), "what it had is not sent again: {news}");
    assert!(at_the_end("live").contains("data-ended") && parts.last().unwrap()["id"] == "live", "{news}");
    let ended = end(held.run).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    held.issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_read_no_more_are_in_nobodys_way() {
    let mut held = Held::side_by_side(json!([]), &["*"], &[]).await;
    held.gate.held().await;
    let mut stuck = Vec::new();
    for _ in 0..31 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(2048).unwrap();
        let mut stream = socket.connect(([127, 0, 0, 1], held.run.port()).into()).await.unwrap();
        let request = format!("GET /events?token={} HTTP/1.1\r\nhost: localhost\r\n\r\n", held.run.token());
        stream.write_all(request.as_bytes()).await.unwrap();
        stuck.push(stream);
    }
    // They are being answered before the run goes on; one more reader finds room.
    for stream in &mut stuck {
        let mut first = [0; 12];
        timeout(Duration::from_secs(60), stream.read_exact(&mut first)).await.unwrap().unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    let reader = tokio::spawn({
        let url = held.run.at("events");
        async move { read(&url).await.1 }
    });
    held.gate.let_go(1000);
    let started = Instant::now();
    let ended = end(held.run).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert!(started.elapsed() < Duration::from_secs(100), "{:?}", started.elapsed());
    assert!(reader.await.unwrap().contains("data-ended"), "who reads gets it all");
    for mut stream in stuck {
        let mut rest = Vec::new();
        let _ = timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await.unwrap();
        assert!(!String::from_utf8_lossy(&rest).contains("data-ended"), "it was stuck");
    }
    held.issuer.stop().await;
}

#[test]
fn a_place_that_cannot_be_listened_at_is_an_error_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let demo = |serve: &[&str], variable: Option<&str>| {
        let mut command = program(folder.path());
        command.args(["run", "--demo", "--agent", "http"]).args(serve);
        if let Some(value) = variable {
            command.env("OA_AUTHTEST_SERVE", value);
        }
        run(command)
    };
    for (place, says) in [
        ("0.0.0.0:8080", "\"0.0.0.0:8080\" is not an address of loopback"),
        ("192.0.2.1:8080", "is not an address of loopback"),
        ("op.example:80", "\"op.example:80\" is no place to listen at"),
        ("99999", "\"99999\" is not a port"),
    ] {
        let ended = demo(&["--serve", place], None);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.said());
        assert!(ended.stderr.contains("--serve: ") && ended.stderr.contains(says) && ended.stderr.contains("hint: "), "{}", ended.said());
        let ended = demo(&[], Some(place));
        assert!(ended.code == 2 && ended.stderr.contains("OA_AUTHTEST_SERVE: "), "{}", ended.said());
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = demo(&["--serve", &port], None);
    assert_eq!(ended.code, 3, "{}", ended.said());
    let says = format!("could not listen on 127.0.0.1:{port} for the page of the run, --serve (");
    assert!(ended.stderr.contains(&says) && ended.stderr.contains("give --serve alone for a free one"), "{}", ended.said());
    assert!(!folder.path().join("reports/results.json").exists(), "the run did not begin");
    let mut command = program(folder.path());
    command.args(["doctor", "--demo", "--agent", "http", "--serve", &port]);
    let ended = run(command);
    assert!(ended.code == 3 && ended.stdout.contains("the page of the run cannot be shown there"), "{}", ended.said());
    drop(taken);
    let ended = demo(&[], Some("false"));
    assert!(ended.code == 0 && !ended.stderr.contains("Live: "), "{}", ended.said());
}

#[test]
fn the_file_says_it_in_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    for (value, at) in [
        ("true", Some("127.0.0.1:".to_owned())),
        ("false", None),
        (port.to_string().as_str(), Some(format!("127.0.0.1:{port}/"))),
        (format!("\"localhost:{port}\"").as_str(), Some(format!("127.0.0.1:{port}/"))),
        ("\"[::1]\"", Some("[::1]:".to_owned())),
    ] {
        fs::write(folder.path().join("serve.toml"), format!("[report]\nserve = {value}\n")).unwrap();
        let mut command = program(folder.path());
        command.args(["run", "--demo", "--agent", "http", "--test", "*/authentication-authority-present", "--config", "serve.toml"]);
        let ended = run(command);
        assert_eq!(ended.code, 0, "{}", ended.said());
        let live = ended.stderr.lines().find_map(|line| line.strip_prefix("Live: http://"));
        match at {
            Some(at) => assert!(live.is_some_and(|live| live.starts_with(&at)), "{value}: {}", ended.said()),
            None => assert_eq!(live, None),
        }
        let report = results(folder.path());
        let told = test(&report, "booking-partner-authentication/authentication-authority-present");
        assert!(told.verdict == Verdict::Passed && !told.command.contains("--serve"), "{}", told.command);
    }
    fs::write(folder.path().join("serve.toml"), "[report]\nserve = [\"8080\"]\n").unwrap();
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--config", "serve.toml"]);
    let ended = run(command);
    assert!(ended.code == 2 && ended.stderr.contains("serve must be true, false, a port, or a string"), "{}", ended.said());
}
