//! The sub-commands: what each does with its arguments, and how it exits.

use std::path::Path;
use std::sync::Arc;

use thiserror::Error;
use url::Url;

use crate::agent::callback::{CallbackError, CallbackListener};
use crate::cli::{Cli, Commands, CompareArgs, InitArgs, IssuerArgs, KnownArgs, OwnArgs, ReportArgs, RunArgs, Schema, SelfTestArgs};
use crate::config::error::ConfigError;
use crate::config::{self, Config, DemoIssuer, Format, Layer, World, setting};
use crate::demo;
use crate::doctor::DoctorError;
use crate::exit::Exit;
use crate::feature::own::OwnError;
use crate::feature::{self, FeatureError};
use crate::issuer::flaw::{self, Flaw};
use crate::issuer::{self, FlawError, IssuerError, IssuerOptions, RunningIssuer};
use crate::launch::{self, LaunchError};
use crate::listing;
use crate::protocol::dataset_site::{self, NoIssuer};
use crate::report::compare::Comparison;
use crate::report::console;
use crate::report::error::ReportError;
use crate::report::words;
use crate::result::model::RunReport;
use crate::rule::Level;
use crate::self_test::{self, SelfTestError};

mod available;
mod doctor;
mod manual;

use available::available;

/// The redirect URI of a demo whose user named none: any free port will do, since we tell our own issuer.
const DEMO_REDIRECT_URI: &str = "http://localhost:0/cb";

/// Why a sub-command failed; printed as `error: …`.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Launch(#[from] LaunchError),
    #[error(transparent)]
    Feature(#[from] FeatureError),
    #[error(transparent)]
    Own(#[from] OwnError),
    #[error(transparent)]
    Flaw(#[from] FlawError),
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    #[error(transparent)]
    SelfTest(#[from] SelfTestError),
    #[error(transparent)]
    Callback(#[from] CallbackError),
    #[error(transparent)]
    Doctor(#[from] DoctorError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    NoIssuer(#[from] NoIssuer),
    #[error("could not keep the demo's certificate: {0}")]
    Certificate(std::io::Error),
    #[error("the result could not be written to standard output: {0}")]
    Output(std::io::Error),
    #[error("{0}")]
    Unwritable(String),
    #[error("{0}")]
    Unknown(String),
}

impl Failure {
    fn hint(&self) -> Option<&str> {
        match self {
            Self::Config(error) => Some(error.hint()),
            Self::Flaw(FlawError::Unknown { .. }) => Some("oa-authtest issuer --list-flaws names them all"),
            Self::NoIssuer(_) => Some("give the issuer with --issuer, or correct --dataset-site-url"),
            Self::Issuer(IssuerError::Bind { .. }) => Some("choose another with --port, or leave it out for a free one"),
            _ => None,
        }
    }

    /// Writes what went wrong to stderr.
    fn say(&self) {
        match self {
            Self::Own(error) => available::say(error),
            other => console::error(&other.to_string(), other.hint()),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Launch(error) => error.exit(),
            Self::Feature(_) => Exit::Bug,
            Self::Config(_)
            | Self::Own(_)
            | Self::Flaw(_)
            | Self::Unknown(_)
            | Self::NoIssuer(NoIssuer::Http(_))
            | Self::SelfTest(SelfTestError::Selection { .. })
            | Self::Report(
                ReportError::Read { .. }
                | ReportError::Content { .. }
                | ReportError::Schema { .. }
                | ReportError::Id { .. }
                | ReportError::NoStatement(_),
            )
            | Self::Doctor(DoctorError::Http(_))
            | Self::Callback(CallbackError::NotLoopback(_)) => Exit::Usage,
            Self::Issuer(_)
            | Self::SelfTest(_)
            | Self::Callback(_)
            | Self::Doctor(_)
            | Self::Report(_)
            | Self::Certificate(_)
            | Self::Unwritable(_)
            | Self::Output(_)
            | Self::NoIssuer(_) => Exit::CouldNotTest,
        }
    }
}

/// Says how to begin, to somebody who typed the program's name alone; nothing was asked for, so nothing was done.
pub fn start() -> Exit {
    console::usage(crate::cli::START);
    Exit::Usage
}

/// Does what the command line says.
pub fn run(cli: Cli) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console::error(&format!("the asynchronous runtime does not start: {error}"), None);
            return Exit::CouldNotTest;
        }
    };
    let exit = runtime.block_on(async {
        let done = match cli.command {
            Commands::Run(args) => run_tests(args).await,
            Commands::Doctor(args) => Box::pin(doctor::examine(args)).await,
            Commands::List { what, json, own } => list(what.as_deref(), json, &own),
            Commands::Explain { rule, own } => explain(&rule, &own),
            Commands::Issuer(args) => serve(args).await,
            Commands::SelfTest(args) => prove(args).await,
            Commands::Compare(args) => compare(&args),
            Commands::Init(args) => init(&args),
            Commands::Known(args) => known(&args),
            Commands::Report(args) => render(&args),
            Commands::Schema { of } => schema(of),
            Commands::Version => say(&listing::version()),
            Commands::Completions { shell } => manual::completions(shell),
            Commands::Man { dir } => manual::man(dir.as_deref()),
        };
        done.unwrap_or_else(|failure| {
            failure.say();
            failure.exit()
        })
    });
    // A blocking read that never ends must not keep us.
    runtime.shutdown_background();
    exit
}

async fn run_tests(args: RunArgs) -> Result<Exit, Failure> {
    warn_of_variables();
    let available = available(&args.flags)?;
    let (profiles, own) = (feature::profiles(&available.features), available::names(&available));
    let Prepared { config, callback, demo, flaw, .. } = prepare(&args.flags, &World::of_process(&profiles, &own)).await?;
    let callback = callback.transpose()?;
    let console = console::Console::of_process(console::Choices::of_process().as_loud_as(config.loudness));
    // Where the flaw shows is of interest only where there is one.
    let flaw = flaw.map(|flaw| flaw::shown().map(|shown| (flaw, shown))).transpose()?;
    let remark = |report: &RunReport| flaw.as_ref().and_then(|(flaw, shown)| listing::unnoticed(flaw, report, shown, &available.features));
    let exit = launch::launch(config, &available, callback, console, &remark).await;
    if let Some((issuer, _certificate)) = demo {
        issuer.stop().await;
    }
    Ok(exit?)
}

/// Warns of variables that look like settings and are none, and of those that are empty.
fn warn_of_variables() {
    for remark in config::misspelt(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())) {
        console::warning(&remark);
    }
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    for remark in config::set_and_empty(variables) {
        console::warning(&remark);
    }
}

/// The settings of a run, and what was started for it.
struct Prepared {
    config: Config,
    /// The listener of a demo, bound before its issuer is told of it.
    callback: Option<Result<Arc<CallbackListener>, CallbackError>>,
    /// The embedded issuer and its certificate.
    demo: Option<(RunningIssuer, Option<tempfile::NamedTempFile>)>,
    /// What the embedded issuer decided.
    settings: Option<Layer>,
    /// The flaw of the embedded issuer.
    flaw: Option<Flaw>,
}

/// Settles a run, and starts the embedded issuer or asks the dataset site if it is about one of these.
async fn prepare(flags: &Layer, world: &World<'_>) -> Result<Prepared, Failure> {
    let Some(demo) = world.demo(flags)? else {
        let config = match config::dataset_site(flags, world)? {
            Some((url, network)) => {
                let issuer = dataset_site::issuer_of(&url, &network).await?;
                console::remark(&format!("The dataset site names the issuer {issuer}"));
                config::load_with_issuer(flags, world, &issuer)?
            }
            None => config::load(flags, world, None)?,
        };
        return Ok(Prepared { config, callback: None, demo: None, settings: None, flaw: None });
    };
    // Read once without the issuer, for the redirect URI; the issuer registers it, and decides the rest. A user who gives another password
    // than the demo's needs its user name.
    let known = [
        (&setting::ISSUER, "http://localhost"),
        (&setting::PROFILE, demo.persona.name()),
        (&setting::CLIENT_ID, issuer::CLIENT_ID),
        (&setting::CLIENT_SECRET, issuer::CLIENT_SECRET),
        (&setting::SECOND_CLIENT_ID, issuer::SECOND_CLIENT_ID),
        (&setting::SECOND_CLIENT_SECRET, issuer::SECOND_CLIENT_SECRET),
        (&setting::USERNAME, issuer::USERNAME),
        (&setting::PASSWORD, issuer::PASSWORD),
    ];
    let known = Layer::of_demo(known.map(|(setting, text)| (setting, text.to_owned())));
    let asked = config::load(flags, world, Some(known))?;
    let redirect_uri = if asked.redirect_uri == default_redirect_uri() { DEMO_REDIRECT_URI.parse() } else { Ok(asked.redirect_uri) };
    let redirect_uri = redirect_uri.map_err(|e| CallbackError::NotLoopback(e.to_string()))?;
    let callback = CallbackListener::bind(&redirect_uri).await;
    let redirect_uri = callback.as_ref().map_or(redirect_uri, |callback| callback.redirect_uri().clone());
    let flaw = demo.flaw.as_deref().map(flaw::find).transpose()?;
    let (issuer, certificate) = start_demo(demo, flaw.clone(), &redirect_uri).await?;
    let settings = demo::settings(&issuer, certificate.as_ref().map(tempfile::NamedTempFile::path));
    let mut config = config::load(flags, world, Some(settings.clone()))?;
    config.redirect_uri = redirect_uri;
    Ok(Prepared { config, callback: Some(callback), demo: Some((issuer, certificate)), settings: Some(settings), flaw })
}

fn default_redirect_uri() -> Url {
    crate::config::Config::for_tests("http://localhost").redirect_uri
}

/// Starts the embedded issuer over TLS, as issuers are in the field, and keeps its certificate in a file for the run to trust.
async fn start_demo(demo: DemoIssuer, flaw: Option<Flaw>, redirect_uri: &Url) -> Result<(RunningIssuer, Option<tempfile::NamedTempFile>), Failure> {
    let redirect_uris = vec![redirect_uri.to_string()];
    let options =
        IssuerOptions { port: 0, tls: true, persona: demo.persona, flaw, pages: demo.pages, offline_access: demo.offline_access, redirect_uris };
    let issuer = issuer::start(options).await?;
    let certificate = match issuer.ca_pem() {
        Some(pem) => Some(keep(pem).map_err(Failure::Certificate)?),
        None => None,
    };
    Ok((issuer, certificate))
}

fn keep(pem: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new().prefix("oa-authtest-").suffix(".pem").tempfile()?;
    std::fs::write(file.path(), pem)?;
    Ok(file)
}

fn list(what: Option<&str>, json: bool, own: &OwnArgs) -> Result<Exit, Failure> {
    let mut available = available(&own.flags)?;
    if let Some(what) = what {
        available.features = listing::select(available.features, what).map_err(Failure::Unknown)?;
    }
    say(&if json { format!("{:#}\n", listing::json(&available, &issuer::flaws()?)) } else { listing::text(&available) })
}

fn explain(rule: &str, own: &OwnArgs) -> Result<Exit, Failure> {
    say(&listing::explain(rule, &issuer::flaws()?, &flaw::shown()?, &available(&own.flags)?).map_err(Failure::Unknown)?)
}

/// `schema`: one of the JSON Schemas.
fn schema(of: Schema) -> Result<Exit, Failure> {
    say(&match of {
        Schema::Results => crate::report::schema::RESULTS.to_owned(),
        Schema::Feature => pretty(&feature::own::schema::feature())?,
        Schema::Rules => pretty(&feature::own::schema::rules())?,
    })
}

/// Writes to standard output, which is all that some commands are asked for.
fn say(text: &str) -> Result<Exit, Failure> {
    console::say(text).map_err(Failure::Output)?;
    Ok(Exit::Conformant)
}

/// `issuer`: the embedded issuer on its own, until it is interrupted.
async fn serve(args: IssuerArgs) -> Result<Exit, Failure> {
    if args.list_flaws {
        let (flaws, variants) = (issuer::flaws()?, issuer::variants()?);
        let width = flaws.iter().chain(&variants).map(|flaw| flaw.name.len()).max().unwrap_or(0);
        let lines = |flaws: &[Flaw]| flaws.iter().map(|flaw| format!("{:width$}  {}\n", flaw.name, flaw.says)).collect::<Vec<_>>().concat();
        return say(&format!("{}\nVariants, which a specification allows:\n\n{}", lines(&flaws), lines(&variants)));
    }
    let flaw = args.flaw.as_deref().map(flaw::find).transpose()?;
    let redirect_uris = vec![default_redirect_uri().to_string()];
    let IssuerArgs { port, tls, persona, pages, offline_access, .. } = args;
    let issuer = issuer::start(IssuerOptions { port, tls, persona, flaw, pages, offline_access, redirect_uris }).await?;
    say(&demo::sheet(&issuer))?;
    let exit = launch::signal().await;
    issuer.stop().await;
    // Ending it is what its user wants, so that is no interruption.
    Ok(if exit == Exit::Interrupted { Exit::Conformant } else { exit })
}

/// JSON for a reader, and a line end.
fn pretty(document: &impl serde::Serialize) -> Result<String, Failure> {
    crate::report::json::pretty(document).map_err(|why| Failure::Unknown(why.to_string()))
}

/// `self-test`: the matrix.
async fn prove(args: SelfTestArgs) -> Result<Exit, Failure> {
    let jobs = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let progress = console::Counting::of_process("flaws");
    let matrix = self_test::run(&args.flaws, jobs, &|done, of| progress.show(done, of)).await;
    progress.end();
    let matrix = matrix?;
    say(&if args.json { pretty(&matrix)? } else { matrix.render() })?;
    if let Some(path) = &args.write_shown {
        crate::report::file::write(path, pretty(&matrix.shown()?)?.as_bytes())?;
    }
    // A matrix that is not clean is a bug of this program, and says nothing about a user's issuer.
    Ok(if matrix.is_clean() { Exit::Conformant } else { Exit::Bug })
}

/// `compare`: a run held against an earlier one.
fn compare(args: &CompareArgs) -> Result<Exit, Failure> {
    let (before, after) = (crate::report::json::read(&args.before)?, crate::report::json::read(&args.after)?);
    if let Some(rules) = words::rules_asked_for(&after).filter(|rules| words::rules_asked_for(&before).as_ref() != Some(rules)) {
        let path = args.after.display();
        let problem = format!("{path} holds {rules}, and {} does not: what is missing would look as if nothing were wrong", args.before.display());
        return Err(Failure::Unknown(format!("{problem}; compare two runs with the same --rule and --level")));
    }
    let comparison = Comparison::of(&before, &after);
    // In a log of GitHub Actions this would be a command, wherever it stands.
    say(&comparison.render().replace("##[", "## ["))?;
    Ok(comparison.exit())
}

/// `init`: a commented configuration file.
fn init(args: &InitArgs) -> Result<Exit, Failure> {
    let known = config::init::known(args.issuer.as_deref())?;
    let document = match &args.from {
        Some(path) => {
            let read = std::fs::read_to_string(path);
            let json = read.map_err(|why| Failure::Unknown(format!("cannot read {} (--from): {why}", path.display())))?;
            config::init::converted(path, &json, known)?
        }
        None => config::init::document(&known, &[]),
    };
    let exit = hand_over(&document, &args.output, args.force, crate::report::file::write_private)?;
    let config = if args.output == Path::new(config::FILE_NAME) { String::new() } else { format!(" --config {}", in_shell(&args.output)) };
    next(&args.output, &format!("set in it what you can, then see how far a run would get: oa-authtest doctor{config}"));
    Ok(exit)
}

/// Names the next command to give to somebody who had a file written; on stderr, so that the output stays what was asked for.
fn next(output: &Path, says: &str) {
    if output != Path::new("-") {
        console::remark(&format!("Next: {says}"));
    }
}

fn in_shell(path: &Path) -> String {
    crate::text::shell::word(&path.to_string_lossy())
}

/// Writes a document a user asked for where they want it; a file that is there already only if it may be replaced.
fn hand_over(document: &str, output: &Path, force: bool, write: fn(&Path, &[u8]) -> Result<(), ReportError>) -> Result<Exit, Failure> {
    if output == Path::new("-") {
        return say(document);
    }
    if output.exists() && !force {
        return Err(Failure::Unknown(format!("{} exists already: give --force to replace it, or another --output", output.display())));
    }
    write(output, document.as_bytes())?;
    say(&format!("{}\n", output.display()))
}

/// `known`: a file of known failures made of a run.
fn known(args: &KnownArgs) -> Result<Exit, Failure> {
    let report = crate::report::json::read(&args.from)?;
    let least = match args.level.as_str() {
        "suggestion" => Level::May,
        "warning" => Level::Should,
        _ => Level::Must,
    };
    let document = crate::report::known::document(&report, least);
    let exit = hand_over(&document, &args.output, args.force, crate::report::file::write)?;
    let run = format!("oa-authtest run --known {}", in_shell(&args.output));
    next(&args.output, &format!("say in each entry why it is accepted, then test again, with the settings of that run: {run}"));
    Ok(exit)
}

/// `report`: the reports of a run, rendered again.
fn render(args: &ReportArgs) -> Result<Exit, Failure> {
    let report = crate::report::json::read(&args.results)?;
    // Their own folder, not ./reports: there the reports of another run may be, which these would replace.
    let beside = args.results.parent().unwrap_or(Path::new("")).to_owned();
    let dir = args.report_dir.clone().unwrap_or(beside);
    let written = crate::report::render(&report, &args.results, &dir, &args.formats)?;
    say(&format!("{}\n", written.to_read().display()))?;
    if args.statement {
        let statement = crate::report::statement::write(&report, &written.results, &feature::features()?)?;
        say(&format!("{}\n", statement.display()))?;
    }
    if args.formats.contains(&Format::Github) {
        launch::write_for_github(&report);
    }
    Ok(Exit::Conformant)
}
