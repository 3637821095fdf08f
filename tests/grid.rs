//! A run at a driver that gives several sessions, as a grid does: side by side up to its sessions, nothing mixed, and never the issuer's fault.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use oa_authtest::agent::callback::CallbackListener;
use oa_authtest::agent::user_agent::UserAgent;
use oa_authtest::config::{AgentConfig, AgentKind, Network, Tls};
use oa_authtest::result::model::{Entry, RunReport, TestReport, Verdict};
use url::Url;

use crate::common::browser_pages::serve;
use crate::common::grid::{Grid, Options};
use crate::common::{Ended, all_ran, program, quick, results, run_within};

mod selenium;

/// Tests that log in to clients of their own: these need not take turns.
const TESTS: [&str; 5] = [
    "dynamic-client-registration/authorization-code-flow",
    "authorization-code/client-secret-post",
    "authorization-code/public-client",
    "registration/basic",
    "registration/redirect-uri-with-query",
];
/// How many tests share the sessions of a grid where cookies and callbacks are looked at.
const SHARING: usize = 6;
/// A busy machine starts a browser in some seconds, and there are several.
const DEADLINE: Duration = Duration::from_secs(240);

/// A run of those tests against the embedded issuer.
async fn run(folder: &Path, url: &str, jobs: usize, more: &[&str]) -> (Ended, RunReport) {
    let mut command = program(folder);
    command.args(["run", "--demo", "--profile", "openactive,oidc", "--webdriver-url", url, "--jobs", &jobs.to_string(), "--login-timeout", "60"]);
    command.args(TESTS.iter().flat_map(|test| ["--test", test])).args(more);
    let ended = tokio::task::spawn_blocking(move || run_within(DEADLINE, command)).await.unwrap();
    let report = results(folder);
    assert_eq!(report.tests.len(), TESTS.len(), "{}", ended.said());
    (ended, report)
}

/// The session that the browser of a test was in, as its journal names it.
fn session_of(test: &TestReport) -> Option<&str> {
    let mut entries = test.steps.iter().flat_map(|step| &step.entries);
    entries
        .find_map(|entry| if let Entry::Note { text } = entry { text.strip_prefix("The browser of this test is in session ") } else { None })?
        .split(' ')
        .next()
}

#[tokio::test(flavor = "multi_thread")]
async fn tests_run_side_by_side_up_to_the_sessions_of_a_grid() {
    if quick() {
        return;
    }
    // As many jobs as sessions, and more than sessions.
    let grids: [(&'static [usize], usize); 2] = [(&[2, 1], 3), (&[1, 1], 8)];
    for (slots, jobs) in grids {
        let (folder, grid) = (tempfile::tempdir().unwrap(), Grid::start(Options { slots, ..Options::default() }).await);
        let (ended, report) = run(folder.path(), &grid.url, jobs, &[]).await;
        all_ran(&report, &ended);
        let seen = grid.seen();
        let most: usize = slots.iter().sum();
        assert_eq!((seen.nodes_at_once, seen.sessions_at_once, seen.queued), (2, most, 0), "{jobs} jobs: {seen:?}\n{}", ended.said());
        assert_eq!(grid.sessions(), Vec::<String>::new(), "every session was ended");
        assert!(report.environment.agent.ends_with("(remote)"), "{}", report.environment.agent);
        for test in &report.tests {
            let session = session_of(test).unwrap_or_else(|| panic!("{} names no session", test.id));
            assert!(seen.made.iter().any(|made| made == session), "{session} is none of {seen:?}");
        }
        grid.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_bidi_a_test_waits_until_another_gives_its_session_back() {
    if quick() {
        return;
    }
    let (folder, grid) = (tempfile::tempdir().unwrap(), Grid::start(Options { bidi: false, ..Options::default() }).await);
    let (ended, report) = run(folder.path(), &grid.url, 4, &[]).await;
    all_ran(&report, &ended);
    let seen = grid.seen();
    assert_eq!((seen.nodes_at_once, seen.sessions_at_once, seen.queued), (2, 2, 0), "{seen:?}\n{}", ended.said());
    assert!(seen.made.len() >= TESTS.len(), "each test has a session of its own: {seen:?}");
    assert_eq!(grid.sessions(), Vec::<String>::new(), "every session was ended");
    grid.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_is_never_the_issuers_fault() {
    if quick() {
        return;
    }
    for (bidi, retries) in [(true, "0"), (false, "0"), (true, "1")] {
        let what = format!("BiDi {bidi}, {retries} retries");
        let (folder, grid) = (tempfile::tempdir().unwrap(), Grid::start(Options { bidi, first_node_dies: true, ..Options::default() }).await);
        let (ended, report) = run(folder.path(), &grid.url, 2, &["--retries", retries]).await;
        let lost: Vec<_> = report.tests.iter().filter(|test| test.verdict == Verdict::Errored).collect();
        assert!(report.tests.iter().all(|test| test.verdict != Verdict::Failed && test.counts.failures == 0), "{what}: {}", ended.said());
        if retries == "0" {
            assert!(!lost.is_empty() && lost.len() < TESTS.len(), "{what}: {}", ended.said());
            assert_eq!(ended.code, 3, "{what}: {}", ended.said());
            for test in lost {
                let reason = test.reason.as_deref().unwrap_or_default();
                assert!(reason.contains("session ") && reason.contains(&format!("of the WebDriver at {}", grid.url)), "{what}: {reason}");
            }
        } else {
            all_ran(&report, &ended);
            assert!(report.tests.iter().any(|test| test.flaky), "{what}: {}", ended.said());
        }
        grid.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_queues_while_others_have_every_session() {
    if quick() {
        return;
    }
    let (folder, grid) = (tempfile::tempdir().unwrap(), Grid::start(Options { used_by_others: true, ..Options::default() }).await);
    let (ended, report) = run(folder.path(), &grid.url, 2, &[]).await;
    all_ran(&report, &ended);
    assert_eq!(grid.seen().queued, 1);
    grid.stop().await;

    let never = Options { used_by_others: true, patience: Duration::from_secs(1), ..Options::default() };
    let (folder, grid) = (tempfile::tempdir().unwrap(), Grid::start(never).await);
    let (ended, report) = run(folder.path(), &grid.url, 2, &[]).await;
    assert_eq!(ended.code, 3, "{}", ended.said());
    let because = format!(
        "the WebDriver at {} cannot be used: Could not start a new session. New session request timed out (the grid has 2 slots for chrome, 0 of them free)",
        grid.url
    );
    for test in &report.tests {
        assert_eq!(test.verdict, Verdict::Errored, "{}: {}", test.id, ended.said());
        assert!(test.reason.as_deref().is_some_and(|reason| reason.contains(&because)), "{:?} has no {because}", test.reason);
    }
    grid.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credentials_of_a_grid_are_sent_with_everything_and_shown_nowhere() {
    if quick() {
        return;
    }
    // joe:hunter2
    let (folder, grid) = (tempfile::tempdir().unwrap(), Grid::start(Options { credentials: Some("am9lOmh1bnRlcjI="), ..Options::default() }).await);
    let url = grid.url.replace("http://", "http://joe:hunter2@");
    let (ended, report) = run(folder.path(), &url, 2, &[]).await;
    all_ran(&report, &ended);
    assert_eq!((grid.refused(), grid.sessions()), (0, vec![]), "{}", ended.said());
    let json = std::fs::read_to_string(folder.path().join("reports/results.json")).unwrap();
    assert!(!json.contains("hunter2") && !ended.said().contains("hunter2"));

    let (ended, report) = run(folder.path(), &grid.url.replace("http://", "http://joe:wrong-secret@"), 2, &[]).await;
    assert_eq!(ended.code, 3, "{}", ended.said());
    let reason = report.tests[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("who are you?") && !reason.contains("wrong-secret"), "{reason}");
    grid.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_and_callbacks_of_tests_that_share_sessions_are_not_mixed() {
    if quick() {
        return;
    }
    let issuer = serve().await;
    let listener: Arc<CallbackListener> = CallbackListener::bind(&Url::parse("http://localhost:0/cb").unwrap()).await.unwrap();
    let grid = Grid::start(Options::default()).await;
    let config = AgentConfig {
        kind: AgentKind::Webdriver,
        webdriver_url: Some(Url::parse(&grid.url).unwrap()),
        headed: false,
        deadline: Duration::from_secs(60),
    };
    let network = Network { tls: Tls::System, timeout: Duration::from_secs(20) };
    let launch = oa_authtest::agent::browser::Launch { spki: None, guard: Some(PathBuf::from(env!("CARGO_BIN_EXE_oa-authtest"))) };
    let agent = UserAgent::start(&config, &network, &launch).await.unwrap();
    // Each logs in once, and once more: the first time no cookie is there, whatever the others do; the second time its own is.
    let one = |number: usize| {
        let (agent, issuer, listener) = (&agent, &issuer, &listener);
        async move {
            let mut session = agent.open().await.unwrap();
            let place = session.place().expect("a session of the grid");
            for (round, pages) in [2, 1].into_iter().enumerate() {
                let state = format!("test-{number}-{round}");
                let mut visit = crate::browser::visit(issuer, "one", listener.redirect_uri());
                let url = visit.url.clone();
                visit.url.query_pairs_mut().clear().extend_pairs(url.query_pairs().filter(|(name, _)| name != "state")).append_pair("state", &state);
                visit.state.clone_from(&state);
                let journey = session.visit(&visit, listener).await;
                let callback = journey.end.as_ref().unwrap_or_else(|error| panic!("{state}: {error}"));
                assert!(callback.has_state(&state), "{state}: {}", callback.url);
                assert_eq!(journey.pages.len(), pages, "{state}: the pages that it was shown");
            }
            session.close().await;
            place
        }
    };
    let places = futures::future::join_all((0..SHARING).map(one)).await;
    assert_eq!(places.iter().collect::<std::collections::BTreeSet<_>>().len(), 2, "two sessions for {SHARING} tests: {places:?}");
    assert_eq!((listener.unclaimed(), grid.seen().queued), (0, 0));
    agent.close().await;
    assert_eq!(grid.sessions(), Vec::<String>::new());
    grid.stop().await;
}
