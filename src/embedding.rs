//! A run inside another program: its settings, its events and its report, without a line on the terminal.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;

use tempfile::TempDir;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config, ConfigError, Layer, OwnNames, SETTINGS, Setting, World, setting};
use crate::feature::own::{Own, OwnError};
use crate::feature::{self, Available, FeatureError};
use crate::launch::{self, Done, LaunchError, Ready};
use crate::report::error::ReportError;
use crate::result::event::Event;
use crate::result::model::RunReport;

/// The settings of a run, and who watches it. They are those of `oa-authtest run`, by the names of its flags or as an `oa-authtest.toml`; neither the
/// variables `OA_AUTHTEST_…` nor a file in the current folder is read.
///
/// Not taken are `demo` and what belongs to it, `config`, `issuer-name` and `statement`. What decides an exit code (`fail-on`, `strict-known`) changes nothing: read the
/// verdict.
#[derive(Default)]
pub struct Settings {
    document: Option<String>,
    given: Vec<(String, String)>,
    guard: Option<PathBuf>,
    watch: Option<Box<dyn FnMut(Event) + Send>>,
    end: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Settings {
    /// The defaults for this issuer, which is named exactly as it names itself.
    pub fn of_issuer(issuer: impl Into<String>) -> Self {
        Self::default().set(setting::ISSUER.name(), issuer)
    }

    /// What the text of an `oa-authtest.toml` says. Paths in it are relative to the current folder.
    pub fn from_toml(text: impl Into<String>) -> Self {
        Self { document: Some(text.into()), ..Self::default() }
    }

    /// Gives a setting by the name of its flag without the dashes (`client-id`, `profile`); it wins over the text of a file, and over an earlier call. Several
    /// values are separated by commas; what is on or off is `true` or `false`.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.given.push((name.into(), value.into()));
        self
    }

    /// Calls this with each event of the run, on the task of [`run`]. It must not block. Requests and pages ([`Event::Exchanged`], [`Event::Shown`]) are told
    /// only with the setting `verbose`.
    #[must_use]
    pub fn watch(mut self, watch: impl FnMut(Event) + Send + 'static) -> Self {
        self.watch = Some(Box::new(watch));
        self
    }

    /// Ends the run early when this resolves. What had run is in the report, whose `interrupted` is true then.
    #[must_use]
    pub fn end_when(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        self.end = Some(Box::pin(end));
        self
    }

    /// The program that guards the driver of a browser and ends it whatever happens: an installed `oa-authtest`, or any other whose `main` calls
    /// [`crate::guard::main_if_asked`] first. Without it, this very program is the guard if it has called that; if it has not, no browser can be started,
    /// and `agent` has to be `http`, or `webdriver-url` the address of a running driver.
    #[must_use]
    pub fn guard(mut self, program: impl Into<PathBuf>) -> Self {
        self.guard = Some(program.into());
        self
    }
}

/// Why there is no report of a run.
#[derive(Debug, Error)]
pub enum RunError {
    /// A setting is missing, unknown, impossible, or in conflict with another.
    #[error("{0}; {hint}", hint = .0.hint())]
    Settings(#[from] ConfigError),
    /// The feature documents are not sound: a bug of this library.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// The tests and rules of the caller's own are not sound (`tests-from`).
    #[error(transparent)]
    Own(#[from] OwnError),
    /// The run cannot begin: no test was selected, the redirect URI cannot be listened on, the issuer did not come in the time to wait.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The reports could not be written.
    #[error("{error}")]
    Report {
        /// Why.
        error: ReportError,
        /// What was found out all the same.
        report: Box<RunReport>,
    },
    /// No temporary folder could be made for the screenshots of a run without a report folder.
    #[error("could not make a temporary folder: {0}")]
    Folder(io::Error),
}

/// Tests an issuer and returns the report: [`RunReport::verdict`] sums it up, and everything that `results.json` holds is in it. A report in which tests
/// failed or could not be tested is no error.
///
/// Files are written only if `report-dir` is given: the results, and the formats of `format` (which here never include `github`). Without it, the names of
/// screenshots in the report lead nowhere.
///
/// Dropped before it has ended, the run is interrupted: its tests tidy up after themselves in the background, for as long as the runtime lives.
///
/// ```no_run
/// # async fn example() -> Result<(), oa_authtest::RunError> {
/// use oa_authtest::{Settings, Verdict};
///
/// let settings = Settings::of_issuer("https://op.example").set("profile", "oidc").set("agent", "http");
/// let report = oa_authtest::run(settings).await?;
/// assert!(report.verdict < Verdict::Failed, "{:#?}", report.counts);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`RunError`] if the run cannot begin, or if its reports cannot be written.
pub async fn run(settings: Settings) -> Result<RunReport, RunError> {
    let Settings { document, given, guard, watch, end } = settings;
    let Settled { config, available, passing } = settle(document.as_deref(), given)?;
    let settled = config.clone();

    let interrupted = CancellationToken::new();
    let _at_the_end = interrupted.clone().drop_guard();
    let reached = Ready::of(config, &available)?.reach(&|_| {}).await?;
    let mut watch = watch.unwrap_or_else(|| Box::new(|_| {}));
    let ending = async {
        match end {
            Some(end) => end.await,
            None => std::future::pending().await,
        }
        interrupted.cancel();
    };
    let running = reached.test(None, guard, interrupted.clone(), &mut *watch);
    tokio::pin!(running);
    let Done { mut report, closing, .. } = tokio::select! {
        done = &mut running => done?,
        () = ending => running.await?,
    };
    let written = if passing.is_none() { launch::write(&mut report, &settled).map(drop) } else { Ok(()) };
    closing.wait().await;
    written.map_err(|error| RunError::Report { error, report: Box::new(report.clone()) })?;
    Ok(report)
}

/// The settings of a run, and what there is to be tested.
struct Settled {
    config: Config,
    available: Available,
    /// The folder that it writes to for as long as it lasts, if no other is given.
    passing: Option<TempDir>,
}

fn settle(document: Option<&str>, given: Vec<(String, String)>) -> Result<Settled, RunError> {
    let mut layer = Layer::default();
    for (name, value) in given {
        layer.name(&name, value, is_taken)?;
    }
    let features = feature::features()?;
    let profiles = feature::profiles(&features);
    let is_own = |name: &str| SETTINGS.iter().any(|setting| setting.env == name) || name == config::GITHUB_ACTIONS;
    let variable = |name: &str| if is_own(name) { None } else { std::env::var_os(name) };
    let nothing = OwnNames::default();
    let world = World { profiles: &profiles, own: &nothing, folder: "".as_ref(), variable: &variable, issuer: None };
    let folder = config::tests_from_document(&layer, document, &world)?;
    let own = folder.map(|(folder, origin)| Own::read(&folder, &origin, &features)).transpose()?;
    let available = Available::new(features, own);
    let (profiles, own) = (feature::profiles(&available.features), available.own.as_ref().map(Own::names).unwrap_or_default());
    let world = World { profiles: &profiles, own: &own, folder: "".as_ref(), variable: &variable, issuer: None };
    let (mut config, sources) = config::load_document(&layer, document, &world)?;
    if sources.given.iter().any(|(setting, _)| setting.flag == setting::REPORT_DIR.flag) {
        return Ok(Settled { config, available, passing: None });
    }
    let folder = tempfile::tempdir().map_err(RunError::Folder)?;
    folder.path().clone_into(&mut config.report.dir);
    Ok(Settled { config, available, passing: Some(folder) })
}

/// True for the settings of a run that another program can give: not for those of the program's own commands.
fn is_taken(given: &Setting) -> bool {
    let others = [
        &setting::CONFIG,
        &setting::ISSUER_NAME,
        &setting::DEMO,
        &setting::PERSONA,
        &setting::FLAW,
        &setting::PAGES,
        &setting::OFFLINE_ACCESS,
        &setting::STATEMENT,
        &setting::SERVE,
    ];
    others.iter().all(|other| other.flag != given.flag)
}
