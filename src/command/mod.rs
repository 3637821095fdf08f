//! The sub-commands: what each does with its arguments, and how it exits.

use std::path::{Path, PathBuf};

use clap::Parser as _;
use jiff::Timestamp;
use thiserror::Error;

use crate::agent::callback::CallbackError;
use crate::cli::{Cli, Commands, CompareArgs, InitArgs, IssuerArgs, KnownArgs, OwnArgs, ReportArgs, RunArgs, Schema, SelfTestArgs};
use crate::config::error::ConfigError;
use crate::config::{self, Format, Loudness, World, setting};
use crate::demo;
use crate::doctor::DoctorError;
use crate::exit::Exit;
use crate::feature::own::OwnError;
use crate::feature::{self, Feature, FeatureError};
use crate::issuer::flaw::{self, Flaw, Shown};
use crate::issuer::{self, FlawError, IssuerError, IssuerOptions};
use crate::launch::{self, LaunchError, Terminal};
use crate::listing;
use crate::protocol::dataset_site::NoIssuer;
use crate::report::baseline::{BaselineError, Earlier};
use crate::report::certificate::{self, NoCertificate};
use crate::report::compare::{Comparison, rules_apart};
use crate::report::console;
use crate::report::error::ReportError;
use crate::report::merge::error::MergeError;
use crate::report::words;
use crate::result::model::RunReport;
use crate::rule::Level;
use crate::self_test::{self, SelfTestError, Told};

mod authority;
mod available;
mod doctor;
mod manual;
mod merge;
mod prepare;
mod several;

use authority::{Authority, AuthorityError};
use available::available;
use prepare::{Prepared, end_demo, prepare};

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
    Merge(MergeError),
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    #[error(transparent)]
    NoIssuer(#[from] NoIssuer),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error("the result could not be written to standard output: {0}")]
    Output(std::io::Error),
    #[error("{0}")]
    Unwritable(String),
    #[error("{name}: {failure}")]
    OfIssuer {
        /// The name of one of several issuers.
        name: String,
        failure: Box<Failure>,
    },
    #[error("there is nothing to run for any issuer: {0}")]
    NothingToRun(String),
    #[error("{0}")]
    Unknown(String),
}

impl From<MergeError> for Failure {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::Report(error) => Self::Report(error),
            error => Self::Merge(error),
        }
    }
}

impl Failure {
    /// The same, with the name of the one of several issuers that it is about.
    fn of_issuer(self, name: &str) -> Self {
        Self::OfIssuer { name: name.to_owned(), failure: Box::new(self) }
    }

    fn hint(&self) -> Option<&str> {
        match self {
            Self::Config(error) => Some(error.hint()),
            Self::Flaw(FlawError::Unknown { .. }) => Some("oa-authtest issuer --list-flaws names them all"),
            Self::NoIssuer(_) => Some("give the issuer with --issuer, or correct --dataset-site-url"),
            Self::Issuer(IssuerError::Bind { .. }) => Some("choose another with --port, or leave it out for a free one"),
            Self::OfIssuer { failure, .. } => failure.hint(),
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
            // What was not run could not be tested; all else is what was named on the command line.
            Self::Merge(MergeError::Missing { .. }) => Exit::CouldNotTest,
            Self::OfIssuer { failure, .. } => failure.exit(),
            Self::NothingToRun(_) => Exit::NothingTested,
            Self::Feature(_) => Exit::Bug,
            Self::Config(_)
            | Self::Own(_)
            | Self::Baseline(_)
            | Self::Merge(_)
            | Self::Flaw(_)
            | Self::Unknown(_)
            | Self::Authority(AuthorityError::Other(_))
            | Self::NoIssuer(NoIssuer::Http(_))
            | Self::SelfTest(SelfTestError::Selection { .. })
            | Self::Report(
                ReportError::Read { .. }
                | ReportError::Content { .. }
                | ReportError::Schema { .. }
                | ReportError::Id { .. }
                | ReportError::OfIssuers { .. }
                | ReportError::TooMuch { .. }
                | ReportError::NotOfIssuers
                | ReportError::NoStatement(_),
            )
            | Self::Doctor(DoctorError::Http(_))
            | Self::Callback(CallbackError::NotLoopback(_)) => Exit::Usage,
            Self::Issuer(_)
            | Self::SelfTest(_)
            | Self::Callback(_)
            | Self::Doctor(_)
            | Self::Report(_)
            | Self::Authority(_)
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

/// Reads the command line and does what it says.
pub fn main() -> Exit {
    // Help and errors of the command line are made before it is known what it asks for.
    if std::env::args_os().any(|argument| argument == "--ascii") {
        console::ascii::ask();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console::error(&format!("the asynchronous runtime does not start: {error}"), None);
            return Exit::CouldNotTest;
        }
    };
    let unclaimed = {
        let _entered = runtime.enter();
        launch::signal::listen()
    };
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return console::answer(&answer),
    };
    let exit = runtime.block_on(async {
        tokio::select! {
            exit = run(cli) => exit,
            exit = unclaimed.come() => exit,
        }
    });
    // A blocking read that never ends must not keep us.
    runtime.shutdown_background();
    exit
}

/// Does what the command line says.
async fn run(cli: Cli) -> Exit {
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
        Commands::Merge(args) => merge::merge(&args),
        Commands::Schema { of } => schema(of),
        Commands::Version => say(&listing::version()),
        Commands::Completions { shell } => manual::completions(shell),
        Commands::Man { dir } => manual::man(dir.as_deref()),
    };
    done.unwrap_or_else(|failure| {
        failure.say();
        failure.exit()
    })
}

async fn run_tests(args: RunArgs) -> Result<Exit, Failure> {
    warn_of_variables();
    let available = available(&args.flags)?;
    let (profiles, own) = (feature::profiles(&available.features), available::names(&available));
    let world = World::of_process(&profiles, &own);
    if let Some(issuers) = world.issuers(&args.flags)? {
        return Box::pin(several::run(&args.flags, &world, issuers, &available)).await;
    }
    let Prepared { config, callback, demo, flaw, .. } = prepare(&args.flags, &world).await?;
    let callback = callback.transpose()?;
    let shown = shown(flaw)?;
    let terminal = terminal(config.loudness);
    let exit = launch::launch(config, &available, callback, terminal, &|report| unnoticed(shown.as_ref(), report, &available.features)).await;
    end_demo(demo).await;
    Ok(exit?)
}

/// The process's console, as loud as this.
fn terminal(loudness: Loudness) -> Terminal {
    console::Console::of_process(console::Choices::of_process().as_loud_as(loudness))
}

/// The flaw of an embedded issuer, with where flaws show, which is of interest only where there is one.
fn shown(flaw: Option<Flaw>) -> Result<Option<(Flaw, Shown)>, Failure> {
    Ok(flaw.map(|flaw| flaw::shown().map(|shown| (flaw, shown))).transpose()?)
}

/// What is to be said of a flaw that no test noticed.
fn unnoticed(flaw: Option<&(Flaw, Shown)>, report: &RunReport, features: &[Feature]) -> Option<String> {
    flaw.and_then(|(flaw, shown)| listing::unnoticed(flaw, report, shown, features))
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

fn list(what: Option<&str>, json: bool, own: &OwnArgs) -> Result<Exit, Failure> {
    let mut available = available(&own.flags)?;
    if let Some(what) = what {
        available.features = listing::select(available.features, what).map_err(Failure::Unknown)?;
    }
    if json { document(&format!("{:#}\n", listing::json(&available, &issuer::flaws()?))) } else { say(&listing::text(&available, fit())) }
}

fn explain(rule: &str, own: &OwnArgs) -> Result<Exit, Failure> {
    say(&listing::explain(rule, &issuer::flaws()?, &flaw::shown()?, &available(&own.flags)?, fit()).map_err(Failure::Unknown)?)
}

/// `schema`: one of the JSON Schemas.
fn schema(of: Schema) -> Result<Exit, Failure> {
    document(&match of {
        Schema::Results => crate::report::schema::RESULTS.to_owned(),
        Schema::Issuers => crate::report::schema::ISSUERS.to_owned(),
        Schema::Feature => pretty(&feature::own::schema::feature())?,
        Schema::Rules => pretty(&feature::own::schema::rules())?,
    })
}

/// Puts a text behind its name, for the process's own stdout.
fn fit() -> impl Fn(&str, &str) -> String {
    let choices = console::Choices::of_process();
    move |name, text| choices.fitted(name, text)
}

/// Writes a document to standard output, byte for byte.
fn document(text: &str) -> Result<Exit, Failure> {
    console::hand_over(text).map_err(Failure::Output)?;
    Ok(Exit::Conformant)
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
        let line = |flaw: &Flaw| fit()(&format!("{:width$}  ", flaw.name), &flaw.says) + "\n";
        let lines = |flaws: &[Flaw]| flaws.iter().map(line).collect::<String>();
        return say(&format!("{}\nVariants, which a specification allows:\n\n{}", lines(&flaws), lines(&variants)));
    }
    let flaw = args.flaw.as_deref().map(flaw::find).transpose()?;
    let IssuerArgs { port, tls, ca_out, redirect_uri, persona, pages, offline_access, .. } = args;
    if let (false, Some(path)) = (tls, &ca_out) {
        let problem = format!("--ca-out {} needs --tls: without it there is no certificate; give --tls, or leave --ca-out out", path.display());
        return Err(Failure::Unknown(problem));
    }
    let redirect_uris = vec![redirect_uri.to_string()];
    let issuer = issuer::start(IssuerOptions { port, tls, persona, flaw, pages, offline_access, redirect_uris, ..IssuerOptions::default() }).await?;
    let authority = issuer.ca_pem().map(|pem| Authority::keep(pem, ca_out)).transpose()?;
    let mut signals = launch::signal::claim();
    say(&demo::sheet(&issuer, authority.as_ref().map(Authority::path), redirect_uri.as_str()))?;
    let exit = signals.next().await;
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
    let told = if args.whole { Told::Every } else { Told::WhereItCanShow };
    let matrix = self_test::run(&args.flaws, told, jobs, &|done, of| progress.show(done, of)).await;
    progress.end();
    let matrix = matrix?;
    if args.json {
        document(&pretty(&matrix)?)?
    } else {
        let times = if args.times { matrix.times() + "\n" } else { String::new() };
        say(&(times + &matrix.render()))?
    };
    if let Some(path) = &args.write_shown {
        crate::report::file::write(path, pretty(&matrix.shown()?)?.as_bytes())?;
    }
    // A matrix that is not clean is a bug of this program, and says nothing about a user's issuer.
    Ok(if matrix.is_clean() { Exit::Conformant } else { Exit::Bug })
}

/// `compare`: a run held against an earlier one.
fn compare(args: &CompareArgs) -> Result<Exit, Failure> {
    let (before, after) = (crate::report::json::read(&args.before)?, crate::report::json::read(&args.after)?);
    if let Some((_, rules)) = rules_apart(&before, after.selection.as_ref()).filter(|_| words::rules_asked_for(&after).is_some()) {
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
        return self::document(document);
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
    if crate::report::issuers::is_of_issuers(&args.results)? {
        return render_issuers(args);
    }
    let mut report = crate::report::json::read(&args.results)?;
    if let Some(path) = &args.baseline {
        let earlier = Earlier::read(path, setting::BASELINE.flag, report.selection.as_ref())?;
        report.baseline = Some(earlier.held_against(&report, report.is_of_some_tests()));
    }
    let said = config::certificate(&args.certificate.flags, &World::of_process(&[], &config::OwnNames::default()))?;
    // Their own folder, not ./reports: there the reports of another run may be, which these would replace.
    let dir = args.report_dir.clone().unwrap_or_else(|| beside(&args.results));
    let written = crate::report::render(&report, &args.results, &dir, &args.formats)?;
    say(&format!("{}\n", written.to_read().display()))?;
    if args.statement {
        let features = feature::features()?;
        let statement = crate::report::statement::write(&report, &written.results, &features)?;
        say(&format!("{}\n", statement.display()))?;
        match certificate::write(&report, &written.results, &features, &said, Timestamp::now()) {
            Ok(certificate) => drop(say(&format!("{}\n", certificate.display()))?),
            Err(ReportError::NoCertificate(NoCertificate::OtherProfile)) => {}
            Err(error @ ReportError::NoCertificate(_)) => console::warning(&error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    if args.formats.contains(&Format::Github) {
        launch::write_for_github(&report);
    }
    Ok(Exit::Conformant)
}

/// The folder that a file is in.
fn beside(path: &Path) -> PathBuf {
    path.parent().unwrap_or(Path::new("")).to_owned()
}

/// `report` of an issuers.json: what came of several issuers, rendered again.
fn render_issuers(args: &ReportArgs) -> Result<Exit, Failure> {
    if args.statement {
        let problem = "a statement of conformance is about one issuer: give the results.json in the folder of its name, beside that issuers.json";
        return Err(Failure::Unknown(problem.to_owned()));
    }
    if let Some(path) = &args.baseline {
        let (results, flag) = (args.results.display(), setting::BASELINE.flag);
        let problem = format!("{flag} {}: a baseline is that of one issuer, and {results} is of several", path.display());
        return Err(Failure::Unknown(format!("{problem}: give the results.json in the folder of its name, beside that issuers.json")));
    }
    let report = crate::report::issuers::read(&args.results)?;
    let dir = args.report_dir.clone().unwrap_or_else(|| beside(&args.results));
    let page = crate::report::issuers::render(&report, &dir, &args.formats)?;
    say(&format!("{}\n", page.display()))
}
