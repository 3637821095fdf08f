//! Starts what a run needs, runs it, writes the reports and says how to exit.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use futures::FutureExt as _;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::agent::browser::Launch;
use crate::agent::callback::{CallbackError, CallbackListener};
use crate::agent::user_agent::{UserAgent, UserAgentError};
use crate::config::{Config, Format, Loudness, Tls};
use crate::exit::Exit;
use crate::feature::plan::{Plan, PlanError};
use crate::feature::{self, Feature, FeatureError};
use crate::http::{Client, ClientError};
use crate::report::console::{self, Console};
use crate::report::error::ReportError;
use crate::report::github;
use crate::report::statement;
use crate::result::event::Event;
use crate::result::model::{LastFailed, RunReport};
use crate::result::progress::Progress;
use crate::runner::{self, RunHandle};
use crate::serve::{Live, ServeError};
use crate::session::{AgentHandle, Run, SharedClients, Stop};

mod last_failed;
mod reach;

use last_failed::LastFailedError;
use reach::{NoAnswer, Way};

/// Why a run did not begin, or its reports could not be written. Each is printed as `error: …`.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The feature documents are not sound: a bug of this program.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// The selection cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No test was selected.
    #[error("no test matches {0}: see the tests with oa-authtest list")]
    Nothing(String),
    /// The tests that failed last cannot be found, or there are none.
    #[error(transparent)]
    LastFailed(#[from] LastFailedError),
    /// The issuer did not answer in the time there was to wait.
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    /// The redirect URI cannot be listened on.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Http(#[from] ClientError),
    /// A report cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The page of the run cannot be shown.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl LaunchError {
    /// The exit code it amounts to.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Feature(_) => Exit::Bug,
            Self::Nothing(_) | Self::LastFailed(LastFailedError::None { .. }) => Exit::NothingTested,
            Self::Callback(CallbackError::Taken { .. }) | Self::Report(_) | Self::NoAnswer(_) | Self::Serve(_) => Exit::CouldNotTest,
            Self::Plan(_) | Self::LastFailed(_) | Self::Callback(_) | Self::Http(_) => Exit::Usage,
        }
    }
}

/// The console of a process.
pub type Terminal = Console<std::io::Stdout, std::io::Stderr>;

/// Runs the configured tests and writes the reports. A callback listener that is bound already is used instead of binding one. What `remark` makes of
/// the results is written after them.
///
/// # Errors
/// [`LaunchError`] if the run cannot begin, or its reports cannot be written.
pub async fn launch(
    config: Config,
    bound: Option<Arc<CallbackListener>>,
    terminal: Terminal,
    remark: &dyn Fn(&RunReport) -> Option<String>,
) -> Result<Exit, LaunchError> {
    let features = feature::features()?;
    let mut plan = Plan::new(&config, &features)?;
    let last_failed = last_failed::narrow(&mut plan, &config)?;
    if plan.tests.is_empty() {
        return Err(LaunchError::Nothing(format!("--test {}", config.tests.join(" --test "))));
    }
    // Found out now, and not after minutes in the browser.
    crate::report::file::probe(&config.report.dir)?;
    let http = Arc::new(Client::new(&config.network)?);
    let live = match config.report.serve {
        Some(address) => Some(show(address, &plan, last_failed.as_ref(), &config).await?),
        None => None,
    };
    let run = Launched { config: Arc::new(config), plan, last_failed, features, http, live: live.as_ref() };
    let exit = run.to_its_reports(bound, terminal, remark).await;
    if let Some(live) = live {
        if let Err(why) = &exit {
            live.not_begun(&why.to_string());
        }
        live.close().await;
    }
    exit
}

/// Shows the run on a page while it goes on, and says where.
async fn show(address: SocketAddr, plan: &Plan, last_failed: Option<&LastFailed>, config: &Config) -> Result<Live, ServeError> {
    let mut outline = runner::outline(plan, config);
    select(&mut outline, last_failed.cloned());
    let live = Live::start(address, Progress::new(outline), config.report.dir.clone()).await?;
    // However quiet the run is to be: nothing else says where the page is.
    console::remark(&format!("Live: {}", live.url()));
    Ok(live)
}

/// Says in a report which earlier run decided which tests to run.
fn select(report: &mut RunReport, last_failed: Option<LastFailed>) {
    if let Some(last_failed) = last_failed {
        report.selection.get_or_insert_default().last_failed = Some(last_failed);
    }
}

/// A run that is ready to begin.
struct Launched<'a> {
    config: Arc<Config>,
    plan: Plan,
    last_failed: Option<LastFailed>,
    features: Vec<Feature>,
    http: Arc<Client>,
    live: Option<&'a Live>,
}

impl Launched<'_> {
    async fn to_its_reports(
        self,
        bound: Option<Arc<CallbackListener>>,
        mut terminal: Terminal,
        remark: &dyn Fn(&RunReport) -> Option<String>,
    ) -> Result<Exit, LaunchError> {
        let Self { config, plan, last_failed, features, http, live } = self;
        let way = Way::to_the_issuer(&config, &http, &plan);
        let on_wait = |awaited: &str| {
            if config.loudness != Loudness::Quiet {
                console::remark(awaited);
            }
            if let Some(live) = live {
                live.waits(awaited);
            }
        };
        let answered = way.wait(config.wait, on_wait).await?;
        let callback = match bound {
            Some(callback) => Some(callback),
            None if plan.logs_in() => Some(CallbackListener::bind(&config.redirect_uri).await?),
            None => None,
        };
        let interrupted = CancellationToken::new();
        let signal = tokio::spawn(interruption(interrupted.clone()));
        let unreachable = if answered { None } else { way.blocked().await };
        let mut report = match &unreachable {
            Some(why) => runner::not_begun(&plan, &config, why),
            None => run_tests(plan, &config, http, callback, interrupted, &mut terminal, live).await,
        };
        select(&mut report, last_failed);
        report.known = config.known.as_ref().map(|known| crate::result::known::assess(known, &report, &features));
        // results.json first: whatever goes wrong with the other formats, what was gathered is kept.
        let written = crate::report::write(&report, &config.report.dir, &config.report.formats);
        if let Some(live) = live {
            live.ended(report.clone(), written.as_ref().ok());
        }
        // A reader that closed the pipe does not want to read it, and has the exit code.
        let _ = match &unreachable {
            Some(why) => {
                console::error(why, None);
                terminal.result_not_begun(&report, written.as_ref().ok())
            }
            None => terminal.result(&report, written.as_ref().ok()),
        };
        if let (true, Ok(written)) = (config.report.statement, &written) {
            state(&report, &written.results, &features);
        }
        if config.report.formats.contains(&Format::Github) {
            write_for_github(&report);
        }
        let exit = Exit::of(&report, config.fail_on);
        let exit = if config.strict_known { exit.strictly(&report, config.fail_on) } else { exit };
        // A test may have noticed by a rule that does not count.
        if let Some(remark) = remark(&report).filter(|_| config.rules.is_all()) {
            console::remark(&remark);
        }
        if let Some(because) = exit.because(&report, config.fail_on) {
            let _ = terminal.because(exit.code(), &because);
        }
        if let Err(error) = written {
            // What is proven about the issuer, or about this program, is worth more than a report that could not be written.
            if matches!(exit, Exit::Bug | Exit::NotConformant) {
                console::error(&error.to_string(), None);
                return Ok(exit);
            }
            return Err(error.into());
        }
        if signal.is_finished() {
            return Ok(signal.await.unwrap_or(Exit::Interrupted));
        }
        signal.abort();
        Ok(exit)
    }
}

/// Runs the tests of a plan and shows how they go on.
async fn run_tests(
    plan: Plan,
    config: &Arc<Config>,
    http: Arc<Client>,
    callback: Option<Arc<CallbackListener>>,
    interrupted: CancellationToken,
    terminal: &mut Terminal,
    live: Option<&Live>,
) -> RunReport {
    let agent = if plan.logs_in() { start_agent(config, &http) } else { Run::no_agent("no test logs in") };
    let shared = Run { config: Arc::clone(config), http, callback, agent, clients: SharedClients::default() };
    let (events, mut received) = mpsc::unbounded_channel();
    let handle = RunHandle { events, interrupted };
    let on_event = |event: &Event| {
        if let Some(live) = live {
            live.event(event.clone());
        }
    };
    let (report, ()) = tokio::join!(runner::run(plan, shared.clone(), handle), terminal.follow(&mut received, on_event));
    let agent = shared.agent.peek().cloned();
    drop(shared);
    if let Some(agent) = agent.and_then(Result::ok).and_then(Arc::into_inner) {
        agent.close().await;
    }
    report
}

/// Writes the statement of conformance, or says why there is none. The exit code is that of the run.
fn state(report: &RunReport, results: &Path, features: &[Feature]) {
    match statement::write(report, results, features) {
        Ok(path) => {
            // A reader that closed the pipe does not want to read it.
            let _ = console::say(&format!("Statement: {}\n", path.display()));
        }
        Err(why) => console::warning(&why.to_string()),
    }
}

/// Writes what GitHub Actions shows of a run. That it cannot be written is no reason to end otherwise.
pub fn write_for_github(report: &RunReport) {
    if let Err(why) = console::say(&github::commands(report)) {
        console::warning(&format!("the annotations could not be written to standard output: {why}"));
    }
    let Some(path) = std::env::var_os(github::STEP_SUMMARY).filter(|path| !path.is_empty()) else { return };
    if let Err(why) = github::append_summary(report, Path::new(&path)) {
        console::warning(&format!("the job's summary could not be written to {} ({}): {why}", Path::new(&path).display(), github::STEP_SUMMARY));
    }
}

/// Starts the user agent at once, beside discovery and registration; a test that logs in waits for it.
fn start_agent(config: &Arc<Config>, http: &Arc<Client>) -> AgentHandle {
    let (config, http) = (Arc::clone(config), Arc::clone(http));
    let starting = tokio::spawn(async move { user_agent(&config, &http).await.map(Arc::new).map_err(|error| Stop::Untestable(error.problem())) });
    async move { starting.await.unwrap_or_else(|panic| Err(Stop::Bug(panic.to_string()))) }.boxed().shared()
}

/// Starts the user agent of the configuration.
///
/// # Errors
/// What is missing or wrong, and what to do about it.
pub async fn user_agent(config: &Config, http: &Client) -> Result<UserAgent, UserAgentError> {
    // With a private authority the browser trusts the very key that the HTTP client has verified.
    let spki = match (&config.network.tls, Url::parse(&config.issuer)) {
        (Tls::CaFile(_), Ok(url)) => http.spki_pin(&url).await,
        _ => None,
    };
    UserAgent::start(&config.agent, &config.network, &Launch { spki, guard: None }).await
}

/// Waits for Ctrl-C or SIGTERM, cancels the run, and says which it was. A second one ends the program at once: the guard ends the browser.
async fn interruption(run: CancellationToken) -> Exit {
    let exit = signal().await;
    run.cancel();
    tokio::spawn(async move {
        let again = signal().await;
        std::process::exit(again.code().into());
    });
    exit
}

/// Waits for Ctrl-C or SIGTERM and says which it was.
pub async fn signal() -> Exit {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without a handler for SIGTERM there is still Ctrl-C.
        let _ = tokio::signal::ctrl_c().await;
        return Exit::Interrupted;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => Exit::Interrupted,
        _ = terminate.recv() => Exit::Terminated,
    }
}
