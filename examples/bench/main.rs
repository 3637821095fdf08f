//! Measures what a run costs, side by side with the least that it can cost, and prints a table: `scripts/bench` builds both and calls it.
//!
//! The least is a bare `WebDriver` client: it starts the same driver and the same browser, logs in to the same issuer, consents, has the code come back,
//! and ends both. Nothing is judged there and nothing is reported. A second table says what a run takes by the number of its tests, and a
//! line what it takes beside the time of a server that is not ours.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use fantoccini::{ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use oa_authtest::agent::callback::CallbackListener;
use oa_authtest::issuer::{self, IssuerOptions, RunningIssuer};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use url::Url;

mod many;
mod server;

use server::{SERVER, Server};

type Failure = Box<dyn Error>;

/// One code-flow test: it registers, logs in, consents, exchanges the code and refreshes.
const ONE: &str = "dynamic-client-registration/authorization-code-flow";
/// What may not take longer than this.
const MOST: Duration = Duration::from_secs(600);
/// Where Debian puts the browser without a window.
const SHELL: &str = "/usr/lib/chromium/chromium-headless-shell";

/// One line of the table.
struct Line {
    what: &'static str,
    /// The flags of a run; `None` for the floor.
    flags: Option<&'static [&'static str]>,
    /// The line that it is held against, and how often it may take as long.
    against: Option<(usize, f64)>,
    taken: Vec<Duration>,
}

const fn line(what: &'static str, flags: Option<&'static [&'static str]>, against: Option<(usize, f64)>) -> Line {
    Line { what, flags, against, taken: Vec::new() }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let program = arguments.next().ok_or("usage: bench PROGRAM [ROUNDS] [WORD OF THE LINES TO MEASURE]")?;
    // It is called in another folder.
    let program = PathBuf::from(program).canonicalize()?;
    let rounds: usize = arguments.next().map_or(Ok(7), |rounds| rounds.parse())?;
    let only = arguments.next().unwrap_or_default();
    let mut lines = [
        line("floor: bare WebDriver client", None, None),
        line("one test, no screenshots", Some(&["--agent", "webdriver", "--test", ONE, "--screenshots=false"]), Some((0, 1.25))),
        line("one test, screenshots", Some(&["--agent", "webdriver", "--test", ONE]), Some((0, 1.6))),
        line("profile openactive, browser", Some(&["--agent", "webdriver", "--profile", "openactive"]), Some((2, 2.0))),
        line("four profiles, default agent", Some(&["--profile", "openactive,oidc,security,oauth"]), None),
    ];
    let listener = CallbackListener::bind(&Url::parse("http://localhost:0/cb")?).await?;
    // A run listens at an address of its own.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let redirect_uri = Url::parse(&format!("http://localhost:{port}/cb"))?;
    let redirect_uris = vec![redirect_uri.to_string(), listener.redirect_uri().to_string()];
    let issuer = issuer::start(IssuerOptions { redirect_uris, ..IssuerOptions::default() }).await?;
    let mut server = if SERVER.contains(&only) { Some(Server::start(&redirect_uri).await?) } else { None };
    // A word of the other table alone, or of the other server's line, needs no floor.
    let is_measured = lines.iter().any(|line| line.what.contains(&only));
    for _ in 0..if is_measured { rounds } else { 0 } {
        for line in lines.iter_mut().filter(|line| line.what.contains(&only) || line.flags.is_none()) {
            let begun = Instant::now();
            match line.flags {
                None => tokio::time::timeout(MOST, floor(&issuer, &listener)).await??,
                Some(flags) => tokio::time::timeout(MOST, run(&program, &issuer, &redirect_uri, flags)).await??,
            }
            line.taken.push(begun.elapsed());
        }
    }
    // What was measured stands, whatever becomes of the rest.
    if is_measured {
        print_ratios(&lines, rounds);
    }
    if let Some(server) = &mut server {
        for _ in 0..rounds {
            tokio::time::timeout(MOST, server.measure(&program, &redirect_uri)).await??;
        }
        println!("| what | median | from – to | ratio | at most |\n|---|--:|--:|--:|--:|\n{}\n\n{}\n", server.row(), server.words());
    }
    let of_many = if many::WHAT.contains(&only) { many::table(&program, &issuer, &redirect_uri).await? } else { String::new() };
    issuer.stop().await;
    println!("{of_many}\n{}", machine());
    Ok(())
}

fn print_ratios(lines: &[Line], rounds: usize) {
    println!("| what | median | from – to | ratio | at most |\n|---|--:|--:|--:|--:|");
    let medians: Vec<f64> = lines.iter().map(|line| median(&line.taken)).collect();
    for (line, median) in lines.iter().zip(&medians).filter(|(line, _)| !line.taken.is_empty()) {
        let (least, most) = (line.taken.iter().min(), line.taken.iter().max());
        let seconds = |time: Option<&Duration>| time.map_or_else(String::new, |time| format!("{:.2}", time.as_secs_f64()));
        let (ratio, at_most) = match line.against {
            Some((of, at_most)) if medians[of] > 0.0 => (format!("{:.2} × {}", median / medians[of], lines[of].what), format!("{at_most} ×")),
            _ => (String::new(), String::new()),
        };
        println!("| {} | {median:.2} s | {} – {} | {ratio} | {at_most} |", line.what, seconds(least), seconds(most));
    }
    println!("\nMedians of {rounds}, in turn.\n");
}

/// The median in seconds; 0 of nothing.
fn median(taken: &[Duration]) -> f64 {
    let mut sorted = taken.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).map_or(0.0, Duration::as_secs_f64)
}

/// What it was measured on, and when.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let model = read("/proc/cpuinfo").lines().find_map(|line| Some(line.strip_prefix("model name")?.trim_start_matches(['\t', ' ', ':']).to_owned()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned();
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
    format!("{cores} cores ({}), load {load} at the end, {date}.", model.as_deref().unwrap_or("of an unknown kind"))
}

/// One run of the program as a user calls it. That it fails is a failure of the measurement.
async fn run(program: &Path, issuer: &RunningIssuer, redirect_uri: &Url, flags: &[&str]) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let output = command(program, issuer, redirect_uri, folder.path(), flags).output().await?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{flags:?}: {}\n{}{}", output.status, String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)).into())
}

/// What runs the program in a folder.
fn command(program: &Path, issuer: &RunningIssuer, redirect_uri: &Url, folder: &Path, flags: &[&str]) -> Command {
    let accounts = issuer.accounts();
    let settings = [
        ("--issuer", issuer.issuer()),
        ("--redirect-uri", redirect_uri.as_str()),
        ("--client-id", &accounts.client_id),
        ("--client-secret", &accounts.client_secret),
        ("--second-client-id", &accounts.second_client_id),
        ("--second-client-secret", &accounts.second_client_secret),
        ("--public-client-id", &accounts.public_client_id),
        ("--initial-access-token", &accounts.initial_access_token),
        ("--username", &accounts.username),
        ("--password", &accounts.password),
        ("--seller-id", &accounts.seller_id),
        ("--orders-feed-url", &accounts.orders_feed_url),
        ("--dataset-site-url", &accounts.dataset_site_url),
    ];
    let mut command = Command::new(program);
    command.arg("run").args(settings.iter().flat_map(|(flag, value)| [*flag, *value])).args(["--post-logout-redirect", "--quiet"]);
    command.args(flags).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// The least that a login in a browser can take.
async fn floor(issuer: &RunningIssuer, listener: &CallbackListener) -> Result<(), Failure> {
    let expected = listener.expect("floor");
    let mut url = Url::parse(issuer.issuer())?.join("/connect/authorize")?;
    url.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", issuer::CLIENT_ID),
        ("redirect_uri", listener.redirect_uri().as_str()),
        ("scope", "openid"),
        ("state", "floor"),
        ("prompt", "consent"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
    ]);
    let mut driver = Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut said = BufReader::new(driver.stdout.take().ok_or("the driver says nothing")?).lines();
    let port = loop {
        let line = said.next_line().await?.ok_or("the driver names no port")?;
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            break port.trim_end_matches('.').to_owned();
        }
    };
    let wanted = json!({
        "browserName": "chrome-headless-shell",
        "goog:chromeOptions": { "binary": SHELL, "args": ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] },
    });
    let Value::Object(wanted) = wanted else { return Err("no capabilities".into()) };
    let browser = ClientBuilder::new(HttpConnector::new()).capabilities(wanted).connect(&format!("http://127.0.0.1:{port}")).await?;
    browser.goto(url.as_str()).await?;
    browser.find(Locator::Id("username")).await?.send_keys(issuer::USERNAME).await?;
    browser.find(Locator::Id("password")).await?.send_keys(issuer::PASSWORD).await?;
    browser.find(Locator::Css("button[value=login]")).await?.click().await?;
    browser.wait().every(Duration::from_millis(5)).for_element(Locator::Css("button[value=allow]")).await?.click().await?;
    let callback = expected.wait(tokio::time::Instant::now() + Duration::from_secs(20)).await.ok_or("no callback")?;
    if !callback.url.query_pairs().any(|(name, _)| name == "code") {
        return Err(format!("no code came back: {}", callback.url).into());
    }
    browser.close().await?;
    driver.kill().await?;
    Ok(())
}
