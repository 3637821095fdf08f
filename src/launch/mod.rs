//! Starts what a run needs, runs it, writes the reports and says how to exit.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::agent::browser::Launch;
use crate::agent::callback::{CallbackError, CallbackListener};
use crate::agent::certificate::own as own_certificate;
use crate::agent::user_agent::{UserAgent, UserAgentError};
use crate::config::{CertificateConfig, Config, FailOn, Format, Loudness, Tls};
use crate::exit::Exit;
use crate::feature::plan::{Plan, PlanError};
use crate::feature::{Available, Feature};
use crate::http::{Client, ClientError};
use crate::report::Written;
use crate::report::baseline::BaselineError;
use crate::report::certificate::{self, NoCertificate};
use crate::report::console::{self, Console};
use crate::report::error::ReportError;
use crate::report::github;
use crate::report::statement;
use crate::result::event::Event;
use crate::result::issuers::IssuersReport;
use crate::result::model::{LastFailed, RunReport, Shard};
use crate::result::own::OwnReport;
use crate::result::progress::Progress;
use crate::runner::{self, RunHandle};
use crate::serve::{Live, ServeError};
use crate::session::{AgentHandle, Run, SharedClients, Stop};

mod beside;
mod last_failed;
mod reach;
mod shard;
pub mod signal;

use beside::Beside;
pub use beside::write;
pub use last_failed::LastFailedError;
use reach::{NoAnswer, Way};

/// Why a run did not begin, or its reports could not be written. Each is printed as `error: …`.
#[derive(Debug, Error)]
pub enum LaunchError {
    /// The selection cannot be read.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No test was selected.
    #[error("no test matches {0}: see the tests with oa-authtest list")]
    Nothing(String),
    /// The tests that failed last cannot be found, or there are none.
    #[error(transparent)]
    LastFailed(#[from] LastFailedError),
    /// The run cannot be held against an earlier one.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
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
            Self::Nothing(_) | Self::LastFailed(LastFailedError::None { .. }) => Exit::NothingTested,
            Self::Callback(CallbackError::Taken { .. }) | Self::Report(_) | Self::NoAnswer(_) | Self::Serve(_) => Exit::CouldNotTest,
            Self::Plan(_) | Self::LastFailed(_) | Self::Baseline(_) | Self::Callback(_) | Self::Http(_) => Exit::Usage,
        }
    }
}

/// The console of a process.
pub type Terminal = Console<std::io::Stdout, std::io::Stderr>;

/// What is made of the results of a run beside its reports: a remark, if there is something to say.
pub type Remark<'a> = &'a dyn Fn(&RunReport) -> Option<String>;

/// Runs the configured tests of those available and writes the reports. A callback listener that is bound already is used instead of binding one. What `remark` makes of
/// the results is written after them.
///
/// # Errors
/// [`LaunchError`] if the run cannot begin, or its reports cannot be written.
pub async fn launch(
    config: Config,
    available: &Available,
    bound: Option<Arc<CallbackListener>>,
    mut terminal: Terminal,
    remark: Remark<'_>,
) -> Result<Exit, LaunchError> {
    let ready = Ready::of(config, available)?;
    let live = ready.show().await?;
    let exit = go(ready, bound, &mut terminal, remark, live.as_ref()).await;
    leave(live, exit.as_ref().err()).await;
    exit
}

/// Runs what is ready to its reports and the last line on the terminal.
async fn go(
    ready: Ready,
    bound: Option<Arc<CallbackListener>>,
    terminal: &mut Terminal,
    remark: Remark<'_>,
    live: Option<&Live>,
) -> Result<Exit, LaunchError> {
    let reached = ready.reach_and_tell(live).await?;
    let interruption = Interruption::watch();
    let ended = reached.run(bound, terminal, remark, &interruption, live).await?;
    if ended.for_github {
        write_for_github(&ended.report);
    }
    if let Some(because) = ended.exit.because(&ended.report, ended.fail_on) {
        let _ = terminal.because(ended.exit.code(), &because);
    }
    if let Err(error) = ended.written {
        // What is proven about the issuer, or about this program, is worth more than a report that could not be written.
        if matches!(ended.exit, Exit::Bug | Exit::NotConformant) {
            console::error(&error.to_string(), None);
            return Ok(ended.exit);
        }
        return Err(error.into());
    }
    Ok(interruption.exit().unwrap_or(ended.exit))
}

/// Leaves the page of a run to who reads it, with why the run did not begin, if so.
pub async fn leave(live: Option<Live>, not_begun: Option<&impl std::fmt::Display>) {
    let Some(live) = live else { return };
    if let Some(why) = not_begun {
        live.not_begun(&why.to_string());
    }
    live.close().await;
}

/// What decided which tests run, beside the globs of the settings.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// The earlier run whose failed tests run again.
    last_failed: Option<LastFailed>,
    /// The part of the selected tests.
    shard: Option<Shard>,
}

/// The tests of a run, and what part they are.
///
/// # Errors
/// [`LaunchError`] if the selection cannot be read, or selects nothing.
pub fn plan(config: &Config, features: &[Feature]) -> Result<(Plan, Part), LaunchError> {
    let mut plan = Plan::new(config, features)?;
    let last_failed = last_failed::narrow(&mut plan, config)?;
    if plan.tests.is_empty() {
        return Err(LaunchError::Nothing(format!("--test {}", config.tests.join(" --test "))));
    }
    // A part without tests is no mistake: more machines than tests are.
    let shard = config.shard.map(|shard| shard::narrow(&mut plan, shard));
    Ok((plan, Part { last_failed, shard }))
}

/// A run whose settings are sound.
pub struct Ready {
    config: Arc<Config>,
    features: Vec<Feature>,
    own: Option<OwnReport>,
    plan: Plan,
    part: Part,
    beside: Beside,
    http: Arc<Client>,
}

impl Ready {
    /// Makes sure that there is something to run, and that the reports can be written.
    ///
    /// # Errors
    /// [`LaunchError`] if there is not, or they cannot.
    pub fn of(config: Config, available: &Available) -> Result<Self, LaunchError> {
        let (plan, part) = plan(&config, &available.features)?;
        let config = with_profiles_of(config, &plan);
        let beside = Beside::find(&config)?;
        // Found out now, and not after minutes in the browser.
        crate::report::file::probe(&config.report.dir)?;
        let http = Arc::new(Client::new(&config.network)?);
        let (features, own) = (available.features.clone(), available.own.as_ref().map(OwnReport::from));
        Ok(Self { config: Arc::new(config), features, own, plan, part, beside, http })
    }

    /// Shows the run on a page while it goes on, and says where, if that was asked for.
    ///
    /// # Errors
    /// [`LaunchError::Serve`] if the page cannot be shown.
    pub async fn show(&self) -> Result<Option<Live>, LaunchError> {
        let Some(address) = self.config.report.serve else { return Ok(None) };
        let mut outline = runner::outline(&self.plan, &self.config);
        outline.own.clone_from(&self.own);
        select(&mut outline, self.part.clone());
        let live = Live::start(address, Progress::new(outline), self.config.report.dir.clone()).await?;
        // However quiet the run is to be: nothing else says where the page is.
        console::remark(&format!("Live: {}", live.url()));
        Ok(Some(live))
    }

    /// Waits for the issuer, if that was asked for, and says so on the terminal and on the page of the run.
    ///
    /// # Errors
    /// As [`Ready::reach`].
    pub async fn reach_and_tell(self, live: Option<&Live>) -> Result<Reached, LaunchError> {
        let is_quiet = self.config.loudness == Loudness::Quiet;
        let remark = move |text: &str| {
            if !is_quiet {
                console::remark(text);
            }
            if let Some(live) = live {
                live.waits(text);
            }
        };
        self.reach(&remark).await
    }

    /// Waits for the issuer, if that was asked for; `remark` is called with a line about it.
    ///
    /// # Errors
    /// [`LaunchError::NoAnswer`] if it does not answer in the time there is.
    pub async fn reach(self, remark: &(dyn Fn(&str) + Sync)) -> Result<Reached, LaunchError> {
        let way = Way::to_the_issuer(&self.config, &self.http, &self.plan);
        // A part without tests asks nothing of the issuer.
        let most = if self.plan.tests.is_empty() { Duration::ZERO } else { self.config.wait };
        let answered = way.wait(most, remark).await?;
        Ok(Reached { ready: self, way, answered })
    }
}

/// The settings with the profiles of the tests that certification profiles chose, which every report names.
fn with_profiles_of(mut config: Config, plan: &Plan) -> Config {
    if !config.certification.is_empty() {
        config.profiles = Vec::new();
        for planned in &plan.tests {
            if !config.profiles.contains(&planned.feature.profile) {
                config.profiles.push(planned.feature.profile.clone());
            }
        }
    }
    config
}

/// Says in a report what decided which tests to run.
fn select(report: &mut RunReport, Part { last_failed, shard }: Part) {
    if last_failed.is_some() || shard.is_some() {
        let selection = report.selection.get_or_insert_default();
        (selection.last_failed, selection.shard) = (last_failed, shard);
    }
}

/// A run whose issuer has been waited for.
pub struct Reached {
    ready: Ready,
    way: Way,
    /// True if the issuer has answered; false if it was not asked.
    answered: bool,
}

/// The tests of a run, which have ended.
pub struct Done {
    /// What came of them.
    pub report: RunReport,
    /// The stories they were chosen from.
    pub features: Vec<Feature>,
    /// Why no test could be begun, if none could.
    pub unreachable: Option<String>,
    /// The end of the user agent, which goes on beside what is made of the report.
    pub closing: Closing,
}

/// The end of a user agent, which takes its time.
#[derive(Debug, Default)]
pub struct Closing(Option<JoinHandle<()>>);

impl Closing {
    /// Waits until it has come.
    pub async fn wait(self) {
        if let Some(closing) = self.0 {
            let _ = closing.await;
        }
    }
}

/// A run that has ended.
pub struct Ended {
    /// What came of it.
    pub report: RunReport,
    /// Where its reports are, or which of them could not be written.
    pub written: Result<Written, ReportError>,
    /// How it ends, if it was not interrupted.
    pub exit: Exit,
    /// From which level on a broken rule makes the exit code 1.
    pub fail_on: FailOn,
    /// True if GitHub Actions reads of it.
    pub for_github: bool,
}

impl Reached {
    /// Runs the tests, and writes and prints nothing but screenshots, which go to the report folder. A callback listener that is bound already is used instead
    /// of binding one; `guard` is the program that guards the driver of a browser ([`Launch::guard`]); `watch` is called with each event.
    ///
    /// # Errors
    /// [`LaunchError::Callback`] if the redirect URI cannot be listened on.
    pub async fn test(
        self,
        bound: Option<Arc<CallbackListener>>,
        guard: Option<PathBuf>,
        interrupted: CancellationToken,
        watch: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Done, LaunchError> {
        let Self { ready: Ready { config, features, own, plan, part, beside, http }, way, answered } = self;
        let callback = match bound {
            Some(callback) => Some(callback),
            None if plan.logs_in() => Some(CallbackListener::bind_for(&config).await?),
            None => None,
        };
        if let Some(callback) = &callback {
            callback.try_public(&http).await;
        }
        let unreachable = if answered { None } else { way.blocked().await };
        let mut closing = Closing::default();
        let mut report = if let Some(why) = &unreachable {
            runner::not_begun(&plan, &config, why)
        } else {
            let agent = if plan.logs_in() { start_agent(&config, &http, guard) } else { Run::no_agent("no test logs in") };
            let shared = Run { config: Arc::clone(&config), http, callback, agent, clients: SharedClients::default() };
            let (report, closed) = run_tests(plan, shared, interrupted, watch).await;
            closing = closed;
            report
        };
        report.own = own;
        select(&mut report, part);
        report.known = config.known.as_ref().map(|known| crate::result::known::assess(known, &report, &features));
        report.baseline = beside.baseline(&report, &config);
        Ok(Done { report, features, unreachable, closing })
    }

    /// Runs the tests, writes the reports and shows what came of it, on the page of the run too.
    ///
    /// # Errors
    /// [`LaunchError::Callback`] if the redirect URI cannot be listened on.
    pub async fn run(
        self,
        bound: Option<Arc<CallbackListener>>,
        terminal: &mut Terminal,
        remark: Remark<'_>,
        interruption: &Interruption,
        live: Option<&Live>,
    ) -> Result<Ended, LaunchError> {
        let config = Arc::clone(&self.ready.config);
        let mut watch = |event: Event| {
            if let Some(live) = live {
                live.event(event.clone());
            }
            terminal.event(event);
        };
        let Done { mut report, features, unreachable, closing } = self.test(bound, None, interruption.run.clone(), &mut watch).await?;
        // results.json first: whatever goes wrong with the other formats, what was gathered is kept.
        let written = beside::write(&mut report, &config).map(|(written, warnings)| {
            for warning in &warnings {
                console::warning(warning);
            }
            written
        });
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
            state(&report, &written.results, &features, &config.report.certificate);
        }
        // A test may have noticed by a rule that does not count.
        if let Some(remark) = remark(&report).filter(|_| config.rules.is_all()) {
            console::remark(&remark);
        }
        let exit = Exit::of_run(&report, config.fail_on, config.strict_known);
        closing.wait().await;
        Ok(Ended { report, written, exit, fail_on: config.fail_on, for_github: config.report.formats.contains(&Format::Github) })
    }
}

/// Runs the tests of a plan and shows how they go on.
async fn run_tests(plan: Plan, shared: Run, interrupted: CancellationToken, watch: &mut (dyn FnMut(Event) + Send)) -> (RunReport, Closing) {
    let (events, mut received) = mpsc::unbounded_channel();
    let handle = RunHandle { events, interrupted, shared_jobs: None };
    let watching = async {
        while let Some(event) = received.recv().await {
            watch(event);
        }
    };
    let (report, ()) = tokio::join!(runner::run(plan, shared.clone(), handle), watching);
    let agent = shared.agent.peek().cloned();
    drop(shared);
    let closing = agent.and_then(Result::ok).and_then(Arc::into_inner).map(|agent| tokio::spawn(agent.close()));
    (report, Closing(closing))
}

/// Writes the statement of conformance and the certificate, or says why there is none. The exit code is that of the run.
fn state(report: &RunReport, results: &Path, features: &[Feature], said: &CertificateConfig) {
    // A reader that closed the pipe does not want to read where they are.
    let tell = |what: &str, path: &Path| drop(console::say(&format!("{what}: {}\n", path.display())));
    match statement::write(report, results, features) {
        Ok(path) => tell("Statement", &path),
        Err(why) => return console::warning(&why.to_string()),
    }
    match certificate::write(report, results, features, said, Timestamp::now()) {
        Ok(path) => tell("Certificate", &path),
        Err(ReportError::NoCertificate(NoCertificate::OtherProfile)) => {}
        Err(why) => console::warning(&why.to_string()),
    }
}

/// Writes what GitHub Actions shows of a run. That it cannot be written is no reason to end otherwise.
pub fn write_for_github(report: &RunReport) {
    for_github(&github::commands(report), |path| github::append_summary(report, path));
}

/// Writes what GitHub Actions shows of a run with several issuers: of each that has results, by its name.
pub fn write_all_for_github(of_all: &IssuersReport, runs: &[(&str, &RunReport)]) {
    let commands = github::commands_of_all(runs.iter().copied());
    for_github(&commands, |path| github::append_summary_of_all(of_all, runs.iter().map(|(_, report)| *report), path));
}

fn for_github(commands: &str, append: impl FnOnce(&Path) -> std::io::Result<()>) {
    if let Err(why) = console::hand_over(commands) {
        console::warning(&format!("the annotations could not be written to standard output: {why}"));
    }
    let Some(path) = std::env::var_os(github::STEP_SUMMARY).filter(|path| !path.is_empty()) else { return };
    let path = Path::new(&path);
    if let Err(why) = append(path) {
        console::warning(&format!("the job's summary could not be written to {} ({}): {why}", path.display(), github::STEP_SUMMARY));
    }
}

/// Starts the user agent at once, beside discovery and registration; a test that logs in waits for it.
fn start_agent(config: &Arc<Config>, http: &Arc<Client>, guard: Option<PathBuf>) -> AgentHandle {
    let (config, http) = (Arc::clone(config), Arc::clone(http));
    let starting =
        tokio::spawn(async move { user_agent(&config, &http, guard).await.map(Arc::new).map_err(|error| Stop::Untestable(error.problem())) });
    async move { starting.await.unwrap_or_else(|panic| Err(Stop::Bug(panic.to_string()))) }.boxed().shared()
}

/// Starts the user agent of the configuration; `guard` as for [`Reached::test`].
///
/// # Errors
/// What is missing or wrong, and what to do about it.
pub async fn user_agent(config: &Config, http: &Client, guard: Option<PathBuf>) -> Result<UserAgent, UserAgentError> {
    // With a private authority the browser trusts the very key that the HTTP client has verified.
    let spki = match (&config.network.tls, Url::parse(&config.issuer)) {
        (Tls::CaFile(_), Ok(url)) => http.spki_pin(&url).await,
        _ => None,
    };
    // The redirect URI by https on this machine has a certificate of this process. Without one there is no listener either, which says so.
    let own = config.has_own_certificate().then(own_certificate).and_then(Result::ok).map(|own| own.spki.clone());
    let spki = Some(spki.into_iter().chain(own).collect::<Vec<_>>().join(",")).filter(|keys| !keys.is_empty());
    UserAgent::start(&config.agent, &config.network, &Launch { spki, guard }).await
}

/// Ctrl-C or SIGTERM while runs go on. The first ends the run, whose reports are written; a second one ends the program at once: the guard ends the browser.
pub struct Interruption {
    run: CancellationToken,
    exit: Arc<OnceLock<Exit>>,
    watch: JoinHandle<()>,
}

impl Interruption {
    /// Watches from now on, until it is dropped.
    pub fn watch() -> Self {
        let (run, exit) = (CancellationToken::new(), Arc::new(OnceLock::new()));
        let (to_cancel, to_set) = (run.clone(), Arc::clone(&exit));
        let mut signals = signal::claim();
        let watch = tokio::spawn(async move {
            let _ = to_set.set(signals.next().await);
            to_cancel.cancel();
            // Until the program has ended, whatever it still has to do.
            tokio::spawn(async move {
                let again = signals.next().await;
                std::process::exit(again.code().into());
            });
        });
        Self { run, exit, watch }
    }

    /// How the program ends because of it, if it happened.
    pub fn exit(&self) -> Option<Exit> {
        self.exit.get().copied()
    }

    /// Waits until it happens.
    pub async fn happened(&self) {
        self.run.cancelled().await;
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        self.watch.abort();
    }
}
