//! `oa_authtest::run`: a run inside another program, as `examples/embed.rs` shows it.

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use oa_authtest::issuer::{self, IssuerOptions, RunningIssuer, flaw};
use oa_authtest::{Event, RunError, Settings, Verdict};

use crate::common::{files, free_port, quick};

#[path = "../examples/embed.rs"]
#[allow(dead_code, reason = "its main is for cargo run --example")]
mod example;

/// The embedded issuer with this flaw, and the redirect URI it knows.
async fn issuer(flaw: Option<&str>) -> (RunningIssuer, String) {
    let redirect_uri = format!("http://localhost:{}/cb", free_port());
    let flaw = flaw.map(|name| flaw::find(name).expect("there is such a flaw"));
    let issuer =
        issuer::start(IssuerOptions { flaw, redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() }).await.expect("it starts");
    (issuer, redirect_uri)
}

/// The settings of a run of one test that logs in over plain HTTP.
fn login(issuer: &str, redirect_uri: &str) -> Settings {
    Settings::of_issuer(issuer)
        .set("test", "booking-partner-authentication/authorization-code-flow")
        .set("agent", "http")
        .set("redirect-uri", redirect_uri)
        .set("client-id", issuer::CLIENT_ID)
        .set("client-secret", issuer::CLIENT_SECRET)
        .set("username", issuer::USERNAME)
        .set("password", issuer::PASSWORD)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_finds_the_embedded_issuer_conformant_and_a_flaw_in_it() {
    let (sound, redirect_uri) = issuer(None).await;
    let report = example::conformance(sound.issuer(), &redirect_uri).await.expect("it runs");
    assert!(report.verdict < Verdict::Failed && report.counts.passed > 100, "{:?} {:?}", report.verdict, report.counts);
    assert!(report.tests.iter().filter(|test| test.verdict == Verdict::Passed).count() > 10);

    let (wrong, redirect_uri) = issuer(Some("id-token-expired")).await;
    let report = example::conformance(wrong.issuer(), &redirect_uri).await.expect("it runs");
    assert_eq!(report.verdict, Verdict::Failed);
    let broken = |rule: &str| report.tests.iter().flat_map(|test| &test.findings).any(|finding| finding.rule == rule && finding.is_broken());
    assert!(broken("id-token/exp-future") && !broken("id-token/sub-present"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_file_gives_the_settings_and_reports_are_written_where_asked_for() {
    let (sound, redirect_uri) = issuer(None).await;
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("reports");
    let document = format!(
        "issuer = \"{}\"\nredirect-uri = \"{redirect_uri}\"\n[browser]\nagent = \"http\"\n[client]\nid = \"{}\"\nsecret = {{ env = \"CARGO_PKG_NAME\" }}\n",
        sound.issuer(),
        issuer::CLIENT_ID
    );
    let usual = || std::fs::metadata("reports/results.json").and_then(|file| file.modified()).ok();
    let before = usual();
    // A secret by a variable, which cargo sets for tests; the stronger setting wins over it.
    let settings = || Settings::from_toml(document.as_str()).set("client-secret", issuer::CLIENT_SECRET).set("test", "*/client-credentials-flow");
    let report = oa_authtest::run(settings()).await.expect("it runs");
    assert!(report.tests[0].command.starts_with("oa-authtest run --config oa-authtest.toml "), "{}", report.tests[0].command);
    assert_eq!(usual(), before, "it wrote to the usual folder");

    let dir_text = dir.to_str().expect("a path");
    let report = oa_authtest::run(settings().set("report-dir", dir_text).set("format", "junit,github")).await.expect("it runs");
    let written = files(&dir);
    assert_eq!(written.keys().map(String::as_str).collect::<Vec<_>>(), ["junit.xml", "results.json"]);
    assert_eq!(serde_json::from_slice::<oa_authtest::RunReport>(&written["results.json"]).expect("results").counts, report.counts);

    std::fs::write(folder.path().join("file"), "").expect("it is written");
    let blocked = folder.path().join("file");
    let error = oa_authtest::run(settings().set("report-dir", blocked.to_str().expect("a path"))).await.expect_err("there is a file in its place");
    assert!(matches!(error, RunError::Launch(_)) && error.to_string().contains("--report-dir"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_order_and_requests_only_where_asked_for() {
    let (sound, redirect_uri) = issuer(None).await;
    for verbose in ["false", "true"] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        let settings = login(sound.issuer(), &redirect_uri).set("verbose", verbose).watch(move |event| {
            notes.lock().expect("it is not poisoned").push(match event {
                Event::RunStarted { tests } => format!("begin {tests}"),
                Event::TestEnded(test) => format!("ended {}", test.id),
                Event::Exchanged { .. } => "exchange".to_owned(),
                Event::RunEnded => "end".to_owned(),
                _ => return,
            });
        });
        oa_authtest::run(settings).await.expect("it runs");
        let seen = seen.lock().expect("it is not poisoned");
        assert_eq!(seen.first().map(String::as_str), Some("begin 1"));
        assert_eq!(seen[seen.len() - 2..], ["ended booking-partner-authentication/authorization-code-flow", "end"]);
        assert_eq!(seen.iter().any(|event| event == "exchange"), verbose == "true", "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_can_be_ended_early_and_can_be_spawned() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (sound, redirect_uri) = issuer(None).await;
    let settings = login(sound.issuer(), &redirect_uri).end_when(std::future::ready(()));
    let report = tokio::spawn(is_send(oa_authtest::run(settings))).await.expect("no panic").expect("it runs");
    assert!(report.interrupted && report.verdict == Verdict::Errored, "{:?}", report.verdict);
}

#[tokio::test]
async fn a_setting_that_cannot_be_is_named_with_what_to_do() {
    let issuer = || Settings::of_issuer("https://op.example");
    for (settings, parts) in [
        (Settings::default(), &["there is no issuer to test", "--issuer"][..]),
        (issuer().set("isuer", "x"), &["no setting \"isuer\"", "did you mean issuer?"]),
        (issuer().set("demo", "true"), &["no setting \"demo\""]),
        (issuer().set("issuer-name", "a"), &["no setting \"issuer-name\""]),
        (issuer().set("--jobs", "2"), &["no setting \"--jobs\"", "did you mean jobs?"]),
        (issuer().set("jobs", "many"), &["--jobs", "many"]),
        (issuer().set("profile", "oicd"), &["oicd", "did you mean oidc?"]),
        (issuer().set("username", "u"), &["--username needs", "--password"]),
        (issuer().set("test", "no/such-test"), &["no test matches", "no/such-test"]),
        (Settings::from_toml("issuer = 3\n"), &["oa-authtest.toml:1:10", "issuer must be a string"]),
        (
            Settings::from_toml("[client]\nid = \"c\"\nsecret = { env = \"NOT_SET_ANYWHERE\" }\n").set("issuer", "https://op.example"),
            &["NOT_SET_ANYWHERE"],
        ),
    ] {
        let error = oa_authtest::run(settings).await.expect_err("it cannot be").to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{parts:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_needs_a_guard() {
    if quick() {
        return;
    }
    let (sound, redirect_uri) = issuer(None).await;
    let settings = || login(sound.issuer(), &redirect_uri).set("agent", "webdriver");
    // This program is none: its main would run the tests again.
    let report = oa_authtest::run(settings()).await.expect("it runs");
    let reason = report.tests[0].reason.clone().unwrap_or_default();
    assert!(report.verdict == Verdict::Errored && reason.contains("guard") && reason.contains("agent http"), "{reason}");
    let report = oa_authtest::run(settings().guard(env!("CARGO_BIN_EXE_oa-authtest"))).await.expect("it runs");
    assert!(report.verdict < Verdict::Failed && report.environment.agent.contains("Chrom"), "{:?} {}", report.verdict, report.environment.agent);
}

/// Not a test: what the next one starts, to see all that it prints.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs for a_run_prints_nothing"]
async fn a_silent_run() {
    let (wrong, redirect_uri) = issuer(Some("id-token-expired")).await;
    let report = oa_authtest::run(login(wrong.issuer(), &redirect_uri).set("wait", "5").set("format", "github")).await.expect("it runs");
    assert_eq!(report.verdict, Verdict::Failed);
}

#[test]
fn a_run_prints_nothing() {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "embedding::a_silent_run", "--ignored", "--nocapture", "--test-threads=1", "--format=terse"]);
    command
        .stdin(Stdio::null())
        .env("GITHUB_ACTIONS", "true")
        .env("OA_AUTHTEST_ISSUER", "https://elsewhere.example")
        .env("OA_AUTHTEST_VERBOSE", "true");
    let output = command.output().expect("it runs");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    let lines: Vec<&str> = out.lines().filter(|line| !line.is_empty() && *line != "." && !line.starts_with("test result: ok. 1 passed")).collect();
    assert!(lines == ["running 1 test"] && err.is_empty(), "{out}{err}");
}
