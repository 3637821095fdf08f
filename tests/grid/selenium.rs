//! A real Selenium Grid: a hub and two nodes on this machine, each with two sessions of Chromium. `scripts/soak grid` fetches it and runs this.
#![allow(clippy::print_stdout, reason = "a soak says how it went")]

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use oa_authtest::guard::Guarded;
use oa_authtest::result::model::{RunReport, Verdict};
use serde_json::Value;

use super::{TESTS, run};
use crate::common::{Ended, all_ran, free_port, program, results, run_within};

/// How long a profile may take on a busy machine, at a grid that is on the same machine.
const DEADLINE: Duration = Duration::from_secs(900);
/// How long the grid may take to begin.
const BEGINNING: Duration = Duration::from_secs(180);

struct Selenium {
    url: String,
    hub: Guarded,
    nodes: Vec<Guarded>,
}

/// What the status of the grid said while something ran.
#[derive(Debug, Default)]
struct Most {
    sessions: AtomicUsize,
    nodes: AtomicUsize,
}

async fn status(url: &str) -> Option<Value> {
    let answer = reqwest::get(format!("{url}status")).await.ok()?;
    Some(answer.json::<Value>().await.ok()?["value"].take())
}

/// How many sessions each node has.
fn sessions(status: &Value) -> Vec<usize> {
    let slots = |node: &Value| node["slots"].as_array().into_iter().flatten().filter(|slot| !slot["session"].is_null()).count();
    status["nodes"].as_array().into_iter().flatten().map(slots).collect()
}

impl Selenium {
    async fn start(jars: &Path) -> Self {
        let (port, publish, subscribe) = (free_port(), free_port(), free_port());
        let url = format!("http://127.0.0.1:{port}/");
        let bus = [format!("tcp://127.0.0.1:{publish}"), format!("tcp://127.0.0.1:{subscribe}")];
        let java = |role: &'static str, port: u16, more: &[&str]| {
            let mut arguments: Vec<OsString> = vec!["-Xmx256m".into(), "-cp".into(), jars.join("*").into(), "org.openqa.selenium.grid.Main".into()];
            let port = port.to_string();
            arguments.extend(
                [role, "--host", "127.0.0.1", "--port", &port, "--publish-events", &bus[0], "--subscribe-events", &bus[1]].map(OsString::from),
            );
            arguments.extend(more.iter().map(OsString::from));
            async move {
                let guard = Path::new(env!("CARGO_BIN_EXE_oa-authtest"));
                Guarded::start(Some(guard), &which::which("java").expect("Java is there"), &arguments).await.expect("it starts")
            }
        };
        let hub = java("hub", port, &[]).await;
        let driver = which::which("chromedriver").expect("chromedriver is there");
        let driver = format!("webdriver-executable={}", driver.display());
        let node = [
            "--hub",
            url.trim_end_matches('/'),
            "--detect-drivers",
            "false",
            "--max-sessions",
            "2",
            "--override-max-sessions",
            "true",
            "--driver-configuration",
            "display-name=Chromium",
            "max-sessions=2",
            &driver,
            "stereotype={\"browserName\":\"chrome\"}",
        ];
        let nodes = vec![java("node", free_port(), &node).await, java("node", free_port(), &node).await];
        let begun = Instant::now();
        while status(&url).await.is_none_or(|status| sessions(&status).len() < 2) {
            assert!(begun.elapsed() < BEGINNING, "the hub knows its two nodes within {BEGINNING:?}");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        Self { url, hub, nodes }
    }

    /// Looks at what it does from now on, until the task is ended.
    fn watch(&self) -> (Arc<Most>, tokio::task::JoinHandle<()>) {
        let (most, url) = (Arc::new(Most::default()), self.url.clone());
        let seen = Arc::clone(&most);
        let task = tokio::spawn(async move {
            loop {
                let of_nodes = status(&url).await.map(|status| sessions(&status)).unwrap_or_default();
                seen.sessions.fetch_max(of_nodes.iter().sum(), Ordering::Relaxed);
                seen.nodes.fetch_max(of_nodes.iter().filter(|sessions| **sessions > 0).count(), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        (most, task)
    }

    /// Waits until no session is left.
    async fn is_empty(&self) {
        let begun = Instant::now();
        while status(&self.url).await.is_none_or(|status| sessions(&status).iter().sum::<usize>() > 0) {
            assert!(begun.elapsed() < Duration::from_secs(20), "every session was ended");
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

/// A run of both profiles.
async fn whole(folder: &Path, more: &[&str]) -> (Ended, RunReport) {
    let mut command = program(folder);
    command.args(["run", "--demo", "--profile", "openactive,oidc", "--login-timeout", "90"]).args(more);
    let ended = tokio::task::spawn_blocking(move || run_within(DEADLINE, command)).await.unwrap();
    (ended, results(folder))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "scripts/soak grid fetches what it needs"]
async fn a_selenium_grid_of_two_nodes_gives_what_a_browser_here_gives() {
    let jars = std::env::var_os("SELENIUM_GRID").expect("SELENIUM_GRID names the folder of the jars");
    let mut grid = Selenium::start(Path::new(&jars)).await;
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ended, at_home) = whole(here.path(), &["--agent", "webdriver"]).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    println!("a browser on this machine: {} tests, {:.0?}", at_home.tests.len(), ended.took);

    for jobs in ["4", "8"] {
        let (most, watching) = grid.watch();
        let (ended, report) = whole(there.path(), &["--webdriver-url", &grid.url, "--jobs", jobs]).await;
        watching.abort();
        println!("the grid, --jobs {jobs}: {} tests, {:.0?}, at most {most:?} at once", report.tests.len(), ended.took);
        assert_eq!(ended.code, 0, "{}", ended.said());
        for (one, other) in at_home.tests.iter().zip(&report.tests) {
            assert_eq!((&one.id, one.verdict, one.counts.failures), (&other.id, other.verdict, other.counts.failures), "{:?}", other.reason);
        }
        let mut compare = program(there.path());
        compare.args(["compare"]).arg(here.path().join("reports/results.json")).arg("reports/results.json");
        let compared = tokio::task::spawn_blocking(move || run_within(DEADLINE, compare)).await.unwrap();
        assert_eq!(compared.code, 0, "{}", compared.said());
        assert_eq!((most.sessions.load(Ordering::Relaxed), most.nodes.load(Ordering::Relaxed)), (4, 2), "{most:?}");
        grid.is_empty().await;
    }

    // A node ends as soon as it has a session.
    let folder = tempfile::tempdir().unwrap();
    let url = grid.url.clone();
    let last = grid.nodes.pop().expect("a node");
    let ending = async {
        while status(&url).await.is_none_or(|status| sessions(&status).iter().filter(|sessions| **sessions > 0).count() < 2) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        last.stop().await;
    };
    let ((ended, report), ()) = tokio::join!(run(folder.path(), &url, 4, &[]), ending);
    let broken = report.tests.iter().filter(|test| test.verdict == Verdict::Errored);
    let reasons: Vec<_> = broken.filter_map(|test| test.reason.as_deref()).collect();
    println!("a node dies: {} of {} tests could not be tested, {:.0?}: {reasons:#?}", reasons.len(), report.tests.len(), ended.took);
    assert!(report.tests.iter().all(|test| test.verdict != Verdict::Failed && test.counts.failures == 0), "{}", ended.said());
    assert!(reasons.iter().all(|reason| reason.contains(&format!("the WebDriver at {url}"))), "{reasons:#?}");
    let (ended, report) = run(folder.path(), &url, 4, &[]).await;
    println!("with the node that is left: {} tests, {:.0?}", TESTS.len(), ended.took);
    all_ran(&report, &ended);
    grid.is_empty().await;

    for node in grid.nodes {
        node.stop().await;
    }
    grid.hub.stop().await;
    let (ended, report) = run(folder.path(), &url, 4, &[]).await;
    println!("without the grid: {:.0?}: {:?}", ended.took, report.tests[0].reason);
    assert_eq!(ended.code, 3, "{}", ended.said());
    assert!(report.tests.iter().all(|test| test.reason.as_deref().is_some_and(|reason| reason.contains(&url))), "{}", ended.said());
}
