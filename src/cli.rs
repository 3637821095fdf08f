//! The command line. What `run` takes is made from the table of settings ([`crate::config::setting`]), so that flags, variables and
//! file keys agree; the other sub-commands are small.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, NonEmptyStringValueParser, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, Parser, Subcommand, ValueEnum, ValueHint};
use secrecy::SecretString;
use url::Url;

use crate::config::layer::Layer;
use crate::config::setting::{
    BASELINE, CONFIG, FAIL_ON, FLAW, FORMAT, Kind, OF_A_CERTIFICATE, OFFLINE_ACCESS, PAGES, PERSONA, REDIRECT_URI, REPORT_DIR, SETTINGS,
    STRICT_KNOWN, Setting, TESTS_FROM,
};
use crate::config::{FILE_NAME, FailOn, Format};
use crate::issuer::{OfflineAccess, PageSet, Persona};

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "oa-authtest", about = ABOUT, long_about = None, version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Commands,
    /// Show nothing but ASCII, as on a terminal that is `dumb`; reports stay as they are (`OA_AUTHTEST_ASCII=true`).
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub ascii: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Commands {
    /// Test an issuer and write the reports.
    #[command(override_usage = "oa-authtest run --issuer <URL> [OPTIONS]\n       oa-authtest run --demo [OPTIONS]", after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Look before a run at everything it depends on, and name the setting at fault.
    #[command(override_usage = "oa-authtest doctor --issuer <URL> [OPTIONS]\n       oa-authtest doctor --demo [OPTIONS]", after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArgs),
    /// List profiles, features and tests, and what each test needs.
    #[command(after_help = LIST_EXAMPLES)]
    List {
        /// Only a profile, a feature, or the tests whose id matches a glob; everything without it.
        #[arg(value_name = "PROFILE|GLOB", value_parser = NonEmptyStringValueParser::new())]
        what: Option<String>,
        /// Write JSON: of the tests those that are asked for, and every rule.
        #[arg(long)]
        json: bool,
        /// Where tests and rules of the reader's own are.
        #[command(flatten)]
        own: OwnArgs,
    },
    /// Explain a rule: what it says, why, and where it is specified; or list the rules of a family.
    #[command(after_help = "Examples:\n  oa-authtest explain id-token/issuer\n  oa-authtest explain id-token\n  oa-authtest explain '*/no-store'")]
    Explain {
        /// The rule's id, as the reports name it: `id-token/issuer`; or a family (`id-token`) or a glob over ids, whose rules are listed.
        #[arg(value_name = "RULE", value_parser = NonEmptyStringValueParser::new())]
        rule: String,
        /// Where tests and rules of the reader's own are.
        #[command(flatten)]
        own: OwnArgs,
    },
    /// Start the embedded issuer on its own, on loopback.
    #[command(
        after_help = "Examples:\n  oa-authtest issuer --port 5003 --tls\n  oa-authtest issuer --tls --ca-out ca.pem\n  oa-authtest issuer --list-flaws\n\nIt prints the command that tests it."
    )]
    Issuer(IssuerArgs),
    /// Test the tests: every flaw of the embedded issuer against every rule.
    #[command(after_help = "Example:\n  oa-authtest self-test --flaw 'id-token-*'")]
    SelfTest(SelfTestArgs),
    /// Compare two runs: what got worse, better, new and gone. Exits with 1 if anything got worse.
    #[command(after_help = "Example:\n  oa-authtest compare last-release/results.json reports/results.json")]
    Compare(CompareArgs),
    /// Write a commented oa-authtest.toml, or convert a configuration of the OpenActive test suite into one.
    #[command(after_help = "Examples:\n  oa-authtest init --issuer https://localhost:5003\n  oa-authtest init --from config/default.json")]
    Init(InitArgs),
    /// Write a file of known failures from what is broken in a run, for `run --known`.
    #[command(after_help = "Example:\n  oa-authtest known --from reports/results.json --output known.toml")]
    Known(KnownArgs),
    /// Render the reports of a run again from its results.json.
    #[command(after_help = "Example:\n  oa-authtest report reports/results.json --report-dir public")]
    Report(ReportArgs),
    /// Put the results of shards (run --shard) together, and end with the exit code of the whole run.
    #[command(after_help = MERGE_EXAMPLES)]
    Merge(MergeArgs),
    /// Print a JSON Schema: of results.json, of issuers.json, or of the documents that --tests-from reads.
    #[command(
        after_help = "Examples:\n  oa-authtest schema\n  oa-authtest schema issuers\n  oa-authtest schema feature > feature.schema.json\n  oa-authtest schema rules > rules.schema.json"
    )]
    Schema {
        /// What it is the schema of.
        #[arg(value_name = "WHAT", value_enum, default_value_t = Schema::Results)]
        of: Schema,
    },
    /// Print the versions of the program and of its rules.
    Version,
    /// Write what a shell needs to complete commands, flags and their values.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell.
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
    /// Write the manual page, or one for each command.
    #[command(after_help = "Examples:\n  oa-authtest man | man -l -\n  oa-authtest man --dir ~/.local/share/man/man1")]
    Man {
        /// The folder a page for each command is written to, made if absent; without it the main page goes to standard output.
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// What there is a JSON Schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Schema {
    /// `results.json`, which every run writes.
    Results,
    /// `issuers.json`, which a run with several issuers writes.
    Issuers,
    /// A document of your own tests: `*.json` in the folder of --tests-from.
    Feature,
    /// A document of your own rules: `*.rules.json` in the folder of --tests-from.
    Rules,
}

const ABOUT: &str = "Tests an OpenID Connect or OAuth 2.0 issuer the way its relying parties, and its attackers, will use it";

/// What somebody sees who only types the program's name.
pub const START: &str = "\
oa-authtest tests an OpenID Connect or OAuth 2.0 issuer the way its relying parties will use it.

  A first report, without having an issuer:
    oa-authtest run --demo

  Your own issuer: see whether it can be tested, then test it
    oa-authtest doctor --issuer https://localhost:5003
    oa-authtest run --issuer https://localhost:5003

  Settings in a file, and what is tested:
    oa-authtest init
    oa-authtest list

oa-authtest --help has all commands, oa-authtest run --help all settings.
";

const EXIT_CODES: &str = "\
Exit codes:
  0    conformant, or done
  1    not conformant, and never anything else
  2    the command line or the configuration is wrong
  3    could not test: issuer unreachable, TLS, no browser or driver, login not passed
  4    nothing was tested
  70   a bug in oa-authtest
  130  interrupted (143: terminated)";

const RUN_EXAMPLES: &str = "\
Examples:
  See a run without having an issuer:
    oa-authtest run --demo

  Register a client, then log in:
    export OA_AUTHTEST_INITIAL_ACCESS_TOKEN=… OA_AUTHTEST_PASSWORD=…
    oa-authtest run --issuer https://localhost:5003 --username test1

  With a client that is registered already:
    oa-authtest run --issuer https://op.example --client-id abc --client-secret-file secret.txt

  One feature, with the browser's window:
    oa-authtest run --issuer https://op.example --test 'discovery/*' --headed

  Only what failed in the last run:
    oa-authtest run --issuer https://op.example --last-failed

  Several issuers, each an [[issuer]] table of ./oa-authtest.toml; or some of them:
    oa-authtest run
    oa-authtest run --issuer-name 'staging-*'

A flag wins over its variable, that over [[issuer]] in oa-authtest.toml, that over [profile.NAME], that over the rest of the file.
A variable that is empty counts as not set.

Exit codes: 0 conformant, 1 not conformant, 2 usage or configuration, 3 could not test, 4 nothing was tested,
70 a bug in oa-authtest, 130 or 143 interrupted.";

const MERGE_EXAMPLES: &str = "\
Examples:
  On three machines:
    oa-authtest run --issuer https://op.example --shard 1/3 --report-dir shard-1
    oa-authtest run --issuer https://op.example --shard 2/3 --report-dir shard-2
    oa-authtest run --issuer https://op.example --shard 3/3 --report-dir shard-3

  Then on one of them, with the folders of all:
    oa-authtest merge shard-1 shard-2 shard-3

Verdict, counts and exit code are made of the tests. The shards have to be of one run: the same version, issuer, profiles and other settings.
A shard that is missing (exit code 3), that is there twice, or that is of another run (exit code 2) is an error, and nothing is written. If a shard was
interrupted, the whole counts as interrupted, and does not end with exit code 0.";

const LIST_EXAMPLES: &str = "\
Examples:
  oa-authtest list oidc
  oa-authtest list '*/authorization-code-*'

  Check your own tests and rules, without a run:
    oa-authtest list --tests-from tests/issuer";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  oa-authtest completions bash > ~/.local/share/bash-completion/completions/oa-authtest
  oa-authtest completions zsh > ~/.zfunc/_oa-authtest
  oa-authtest completions fish > ~/.config/fish/completions/oa-authtest.fish";

const DOCTOR_EXAMPLES: &str = "\
It takes the settings of a run, and looks in this order: settings, issuer address, DNS, connection, TLS, discovery, clock, key set,
registration, client, report folder, redirect URI, browser and driver, user, and one login. What it makes at the issuer it removes.
The way to the issuer, its answers and the login each end in the time of --timeout and --login-timeout.

Example:
  oa-authtest doctor --issuer https://localhost:5003 --username test1

Exit codes: 0 a run would get to its end, 2 the command line or the configuration is wrong, 3 it would not.";

/// What `run` was told by flags. The environment and the file are asked by [`crate::config::load`].
#[derive(Debug, Clone, Default)]
pub struct RunArgs {
    /// The flags.
    pub flags: Layer,
}

/// What says where tests and rules of the reader's own are, for commands that are not about an issuer.
#[derive(Debug, Clone, Default)]
pub struct OwnArgs {
    /// The flags.
    pub flags: Layer,
}

/// The settings of [`OwnArgs`].
const OF_OWN: [&Setting; 2] = [&TESTS_FROM, &CONFIG];

/// What `doctor` takes: the settings of a run.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The settings.
    #[command(flatten)]
    pub run: RunArgs,
    /// Write JSON.
    #[arg(long)]
    pub json: bool,
}

/// What `issuer` takes.
#[derive(Debug, Args)]
pub struct IssuerArgs {
    /// The face it wears.
    #[arg(long, value_name = "NAME", env = PERSONA.env, default_value = PERSONA.default, value_enum, hide_env_values = true)]
    pub persona: Persona,
    /// One way for it to be wrong.
    #[arg(long, value_name = "NAME", env = FLAW.env, hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    pub flaw: Option<String>,
    /// The login and consent pages it shows.
    #[arg(long, value_name = "NAME", env = PAGES.env, default_value = PAGES.default, value_enum, hide_env_values = true)]
    pub pages: PageSet,
    /// When it gives offline access.
    #[arg(long, value_name = "WHEN", env = OFFLINE_ACCESS.env, default_value = OFFLINE_ACCESS.default, value_enum, hide_env_values = true)]
    pub offline_access: OfflineAccess,
    /// The port to listen on; 0 for a free one.
    #[arg(long, value_name = "N", env = "OA_AUTHTEST_PORT", default_value_t = 0, hide_env_values = true)]
    pub port: u16,
    /// Serve https, with a certificate made for the occasion.
    #[arg(long, env = "OA_AUTHTEST_TLS", hide_env_values = true, value_parser = BoolishValueParser::new())]
    pub tls: bool,
    /// The file its certificate authority is written to, for --ca-file; without it, a temporary file that is removed when the issuer ends. With --tls only.
    #[arg(long, value_name = "FILE", env = "OA_AUTHTEST_CA_OUT", hide_env_values = true)]
    pub ca_out: Option<PathBuf>,
    /// The redirect URI of its clients.
    #[arg(long, value_name = "URL", env = REDIRECT_URI.env, default_value = REDIRECT_URI.default, hide_env_values = true)]
    pub redirect_uri: Url,
    /// List the flaws it can have, and end.
    #[arg(long)]
    pub list_flaws: bool,
}

/// What `self-test` takes.
#[derive(Debug, Args)]
pub struct SelfTestArgs {
    /// Only flaws whose name matches; may be given again.
    #[arg(long = "flaw", value_name = "GLOB", value_parser = NonEmptyStringValueParser::new())]
    pub flaws: Vec<String>,
    /// Tell every test to every flaw, also those in which it cannot show: that takes longer.
    #[arg(long)]
    pub whole: bool,
    /// Also say how long each flaw took, the slowest first; JSON has it in any case.
    #[arg(long)]
    pub times: bool,
    /// Write JSON.
    #[arg(long)]
    pub json: bool,
    /// Write where each flaw shows, for `explain`.
    #[arg(long, value_name = "FILE", hide = true)]
    pub write_shown: Option<PathBuf>,
}

/// What `compare` takes.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The results of the earlier run.
    #[arg(value_name = "BEFORE.json")]
    pub before: PathBuf,
    /// The results of the later run.
    #[arg(value_name = "AFTER.json")]
    pub after: PathBuf,
}

/// What `init` takes.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The issuer to test.
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub issuer: Option<String>,
    /// A configuration of the OpenActive test suite to convert.
    #[arg(long, value_name = "JSON")]
    pub from: Option<PathBuf>,
    /// The file to write; - for standard output.
    #[arg(long, value_name = "FILE", default_value = FILE_NAME)]
    pub output: PathBuf,
    /// Replace the file if there is one.
    #[arg(long)]
    pub force: bool,
}

/// What `known` takes.
#[derive(Debug, Args)]
pub struct KnownArgs {
    /// The results of the run.
    #[arg(long, value_name = "RESULTS.json")]
    pub from: PathBuf,
    /// The file to write; - for standard output.
    #[arg(long, value_name = "FILE", default_value = "known.toml")]
    pub output: PathBuf,
    /// From which level on a broken rule becomes an entry.
    #[arg(long, value_name = "LEVEL", default_value = "failure", value_parser = PossibleValuesParser::new(["failure", "warning", "suggestion"]))]
    pub level: String,
    /// Replace the file if there is one.
    #[arg(long)]
    pub force: bool,
}

/// What `report` takes.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The results of a run; or the issuers.json of a run with several issuers.
    #[arg(value_name = "RESULTS.json")]
    pub results: PathBuf,
    /// The folder the reports are written to, made if absent; by default the one the results are in.
    #[arg(long, value_name = "DIR", env = REPORT_DIR.env, hide_env_values = true)]
    pub report_dir: Option<PathBuf>,
    /// The formats of the reports, several with commas.
    #[arg(long = "format", value_name = "FORMAT", env = FORMAT.env, value_delimiter = ',', default_value = FORMAT.default, hide_env_values = true)]
    pub formats: Vec<Format>,
    /// The results.json of an earlier run: the reports say what differs from it, and results.json keeps that.
    #[arg(long, value_name = "FILE", env = BASELINE.env, hide_env_values = true)]
    pub baseline: Option<PathBuf>,
    /// Write a statement of conformance to be signed; refused with exit code 2 if anything failed. If every test of profile openactive passed, a certificate
    /// too.
    #[arg(long)]
    pub statement: bool,
    /// What is said on the certificate.
    #[command(flatten)]
    pub certificate: CertificateArgs,
}

/// What `merge` takes.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// The results.json of every shard, or the folders that they are in.
    #[arg(value_name = "FILE", required = true)]
    pub shards: Vec<PathBuf>,
    /// The folder that results.json and the reports of the whole are written to, made if absent.
    #[arg(long, value_name = "DIR", env = REPORT_DIR.env, default_value = REPORT_DIR.default, hide_env_values = true)]
    pub report_dir: PathBuf,
    /// The formats of the reports, several with commas.
    #[arg(long = "format", value_name = "FORMAT", env = FORMAT.env, value_delimiter = ',', default_value = FORMAT.default, hide_env_values = true)]
    pub formats: Vec<Format>,
    /// The results.json of an earlier run: the reports say what differs from it, and results.json keeps that. What the shards were held against does not count.
    #[arg(long, value_name = "FILE", env = BASELINE.env, hide_env_values = true)]
    pub baseline: Option<PathBuf>,
    /// From which level on a broken rule makes the exit code 1.
    #[arg(long, value_name = "LEVEL", env = FAIL_ON.env, default_value = FAIL_ON.default, value_enum, hide_env_values = true)]
    pub fail_on: FailOn,
    /// Fail if a known failure of the shards (run --known) no longer happens.
    #[arg(long, env = STRICT_KNOWN.env, hide_env_values = true, value_parser = BoolishValueParser::new())]
    pub strict_known: bool,
}

/// What is said on a certificate.
#[derive(Debug, Clone, Default)]
pub struct CertificateArgs {
    /// The flags.
    pub flags: Layer,
}

impl Args for RunArgs {
    fn augment_args(command: Command) -> Command {
        command.args(SETTINGS.iter().map(|setting| argument(setting)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for RunArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { flags: Layer::from_flags(matches, SETTINGS) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.flags = Layer::from_flags(matches, SETTINGS);
        Ok(())
    }
}

impl Args for OwnArgs {
    fn augment_args(command: Command) -> Command {
        command.args(OF_OWN.map(|setting| argument(setting).help_heading(None::<&str>)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OwnArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { flags: Layer::from_flags(matches, &OF_OWN) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.flags = Layer::from_flags(matches, &OF_OWN);
        Ok(())
    }
}

impl Args for CertificateArgs {
    fn augment_args(command: Command) -> Command {
        // These commands read no configuration file.
        command.args(OF_A_CERTIFICATE.iter().map(|setting| argument(setting).long_help(long_help(setting, false))))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for CertificateArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self { flags: Layer::from_flags(matches, &OF_A_CERTIFICATE) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The argument of a setting. It takes any text: values are judged after the layers have been laid on each other, by what wins.
fn argument(setting: &'static Setting) -> Arg {
    let arg = Arg::new(setting.name())
        .long(setting.name())
        .value_name(setting.value)
        .help_heading(setting.heading)
        .help(format!("{}{}", setting.sentence(), values(setting)))
        .long_help(long_help(setting, true));
    let arg = if let Some(letter) = setting.short { arg.short(letter) } else { arg };
    match setting.kind {
        Kind::Secret => arg.action(ArgAction::Set).value_parser(|text: &str| Ok::<_, std::convert::Infallible>(SecretString::from(text))),
        Kind::List(_) | Kind::Declarations(_) => arg.action(ArgAction::Append),
        Kind::Switch => arg.action(ArgAction::Set).num_args(0..=1).require_equals(true).default_missing_value("true"),
        Kind::Path if !setting.alone.is_empty() => {
            arg.action(ArgAction::Set).num_args(0..=1).default_missing_value(setting.alone).value_hint(ValueHint::FilePath)
        }
        Kind::Port => arg.action(ArgAction::Set).num_args(0..=1).default_missing_value(setting.alone),
        Kind::Path if setting.value == "DIR" => arg.action(ArgAction::Set).value_hint(ValueHint::DirPath),
        Kind::Path => arg.action(ArgAction::Set).value_hint(ValueHint::FilePath),
        Kind::Text | Kind::Number | Kind::Choice(_) => arg.action(ArgAction::Set),
    }
}

fn values(setting: &Setting) -> String {
    let names = setting.kind.names();
    let names = if names.is_empty() { String::new() } else { format!(" [possible values: {}]", names.join(", ")) };
    match (setting.kind, setting.default) {
        (Kind::Switch | Kind::Port, _) | (_, "") => names,
        (_, default) => format!("{names} [default: {default}]"),
    }
}

fn long_help(setting: &Setting, with_key: bool) -> String {
    let more: String = [setting.more, setting.on_command_line].iter().filter(|more| !more.is_empty()).flat_map(|more| [" ", more]).collect();
    let key = if with_key && setting.in_file() { format!(" [file: {}]", setting.key) } else { String::new() };
    format!("{}.{more}\n{} [env: {}]{key}", setting.sentence(), values(setting), setting.env).replace("\n ", "\n")
}
