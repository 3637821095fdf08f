//! The settings of a run, proved consistent: flags over environment over file over defaults.
//!
//! Secrets are wrapped when they are read and stay so: [`Config`] can be printed with `{:?}` and shows none.
//!
//! ```text
//! let world = World::of_process(profiles, own);
//! let demo = world.demo(&args.flags)?.map(|demo| …);   start the embedded issuer, and say with Layer::of_demo what it is
//! let config = load(&args.flags, &world, demo)?;       an error is printed with its hint, and ends with exit code 2
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use globset::Glob;
use secrecy::SecretString;
use url::Url;

use crate::observed::capability::Capability;
use crate::rule::own::OwnRules;

mod certificate;
mod client;
mod client_certificate;
mod client_key;
mod command_line;
mod demo;
mod document;
pub mod error;
mod file;
pub mod init;
mod issuers;
pub mod known;
mod last_failed;
pub mod layer;
mod layers;
mod login;
mod misspelt;
mod openactive;
mod resolve;
mod rules;
pub mod setting;
mod shard;
mod value;

pub use certificate::{CertificateConfig, Party, certificate};
pub use client::{AuthMethod, ClientTable, ConfiguredClient, ConfiguredClients};
pub use client_certificate::{ClientCertificate, ClientCertificateError, SharedCertificate};
pub use client_key::{ALGORITHMS, ClientKey, ClientKeyError};
pub use command_line::{Invocation, command_line};
pub use demo::DemoIssuer;
pub use error::{ConfigError, Origin};
pub use issuers::{IssuerTable, Issuers, MOST_ISSUERS, is_name};
pub use known::Known;
pub use last_failed::LastFailed;
pub use layer::Layer;
pub use layers::{OwnNames, Sources, World, dataset_site, load, load_document, load_with_issuer, sources, tests_from_document};
pub use login::{Selectors, User};
pub use misspelt::{ASCII, misspelt, set_and_empty};
pub(crate) use resolve::GITHUB_ACTIONS;
pub use rules::RuleSelection;
pub use setting::{SETTINGS, Setting};
pub use shard::{MOST_SHARDS, Shard};
pub(crate) use value::public;

/// The file that is read from the current folder if no other is named.
pub const FILE_NAME: &str = "oa-authtest.toml";

/// The most runs that a history may keep, and that a report shows.
pub const MOST_HISTORY: u32 = 100;

/// Everything a run needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The issuer exactly as given: it is compared byte for byte with what the issuer publishes.
    pub issuer: String,
    /// Whose issuer it is.
    pub issuer_kind: IssuerKind,
    /// The profiles to run, at least one.
    pub profiles: Vec<String>,
    /// The certification profiles of the OpenID Foundation whose tests are to run instead of those of the profiles; empty for none.
    pub certification: Vec<String>,
    /// Globs over test ids; empty means all.
    pub tests: Vec<String>,
    /// Where the last results are, if only the tests that failed there are to run.
    pub last_failed: Option<LastFailed>,
    /// Which part of the selected tests is to run, if not all of them.
    pub shard: Option<Shard>,
    /// The rules that count.
    pub rules: RuleSelection,
    /// The rules of the user's own, which are judged beside those of this program.
    pub own_rules: Arc<OwnRules>,
    /// Globs over test ids to leave out.
    pub skips: Vec<String>,
    /// The scope that profile `oauth` asks for; `None` leaves it to the server.
    pub scope: Option<String>,
    /// Clients that exist already.
    pub clients: ConfiguredClients,
    /// Whether attacks may end all that the end-user granted such a client.
    pub allow_destructive: bool,
    /// Sent as a bearer token with registration requests, only when configured (RFC 7591 3).
    pub initial_access_token: Option<SecretString>,
    /// Who logs in.
    pub user: Option<User>,
    /// The `sellerId` the ID token must carry.
    pub seller_id: Option<String>,
    /// The orders feed, a resource protected by the issuer's access tokens.
    pub orders_feed_url: Option<Url>,
    /// The dataset site whose JSON-LD names the authentication authority.
    pub dataset_site_url: Option<Url>,
    /// What makes the issuer replace its signing keys.
    pub rotate_keys: Option<RotateKeys>,
    /// The endpoints that were given, by their members of the metadata: they take the place of the published ones.
    pub endpoints: BTreeMap<&'static str, Url>,
    /// Another resource protected by the issuer's access tokens, for any client.
    pub resource_url: Option<Url>,
    /// The audience that access tokens are asked for.
    pub audience: Option<String>,
    /// How long the client's access tokens are configured to live, in seconds.
    pub token_lifetime: Option<u32>,
    /// The redirect URI: http or https on loopback, or below the public URL.
    pub redirect_uri: Url,
    /// How an issuer on another machine reaches this program, if it does.
    pub public: Option<PublicAddress>,
    /// The selectors of login and consent pages.
    pub selectors: Selectors,
    /// How to reach the network.
    pub network: Network,
    /// What logs in.
    pub agent: AgentConfig,
    /// What to write where.
    pub report: ReportConfig,
    /// How much is shown.
    pub loudness: Loudness,
    /// From which level on a broken rule makes the exit code 1.
    pub fail_on: FailOn,
    /// Globs of tests that have to run.
    pub require: Vec<String>,
    /// Whether every selected test has to run.
    pub fail_on_skip: bool,
    /// Broken rules that are lived with.
    pub known: Option<Arc<Known>>,
    /// Whether a known failure that no longer happens makes the exit code 1.
    pub strict_known: bool,
    /// How long to wait at first until the issuer answers; zero for not at all.
    pub wait: Duration,
    /// The longest that the whole run may take, in seconds.
    pub run_timeout: Option<u32>,
    /// How often a test that failed or could not be tested is run again.
    pub retries: usize,
    /// How many tests run side by side.
    pub jobs: usize,
    /// The clock skew allowed to the issuer, in seconds.
    pub clock_skew: i64,
    /// How long after its rotation a refresh token may still be taken (RFC 9700 4.14.2 leaves the issuer some room).
    pub refresh_grace: Duration,
    /// How long a freshly registered client's `invalid_client` is retried.
    pub registration_patience: Duration,
    /// How long a code waits until it is exchanged once more, in the tests that wait for that.
    pub replay_pause: Duration,
    /// How the run was called, for the command that repeats one of its tests.
    pub invocation: Invocation,
    /// What is otherwise for some tests.
    pub test_overrides: Vec<TestOverride>,
    /// What the issuer is declared able (`true`) and unable (`false`) to do; the provider metadata tells about the rest.
    pub declared: BTreeMap<Capability, bool>,
}

/// What makes the issuer replace its signing keys.
#[derive(Clone, PartialEq, Eq)]
pub enum RotateKeys {
    /// A command for the shell.
    Command(String),
    /// An address that is sent an empty POST.
    Address(Url),
}

impl std::fmt::Debug for RotateKeys {
    /// Its kind only: there may be a secret in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Command(_) => "Command",
            Self::Address(_) => "Address",
        })
    }
}

/// How this program is reached from another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicAddress {
    /// Where a tunnel or a reverse proxy takes requests: all below its path are passed on, the path as it is.
    pub url: Url,
    /// Where this program takes them.
    pub listen: SocketAddr,
}

/// Who the tests are whose ids match a glob: it takes the place of what [`Config`] says for all.
#[derive(Debug, Clone)]
pub struct TestOverride {
    /// The glob, as it was written.
    pub glob: Glob,
    /// Clients that exist already.
    pub clients: ConfiguredClients,
    /// Sent as a bearer token with registration requests (RFC 7591 3).
    pub initial_access_token: Option<SecretString>,
    /// Who logs in.
    pub user: Option<User>,
    /// The `sellerId` the ID token must carry.
    pub seller_id: Option<String>,
}

impl Config {
    /// The defaults for an issuer, for tests: no client, no user, nothing beyond the issuer itself, and little patience. Every field is
    /// public: set what the test needs. A test that listens for the callback sets a redirect URI with a free port.
    ///
    /// # Panics
    /// Never: the defaults go together.
    pub fn for_tests(issuer: &str) -> Self {
        let defaults = layers::defaults("https://op.example").expect("the defaults go together");
        let (issuer, invocation) = (issuer.to_owned(), Invocation::of_issuer(issuer));
        Self { issuer, invocation, registration_patience: Duration::from_secs(1), ..defaults }
    }

    /// True if the redirect URI is by https on this machine, and not behind a public URL: it is served with a certificate of this process.
    pub fn has_own_certificate(&self) -> bool {
        let is_public = self.public.as_ref().is_some_and(|public| public.url.origin() == self.redirect_uri.origin());
        self.redirect_uri.scheme() == "https" && !is_public
    }

    /// The settings of one test: these, but for what the first matching of [`Config::test_overrides`] says otherwise.
    #[must_use]
    pub fn for_test(&self, id: &str) -> Self {
        let mut config = self.clone();
        if let Some(own) = self.test_overrides.iter().find(|own| own.glob.compile_matcher().is_match(id)) {
            config.clients.clone_from(&own.clients);
            config.initial_access_token.clone_from(&own.initial_access_token);
            config.user.clone_from(&own.user);
            config.seller_id.clone_from(&own.seller_id);
        }
        config
    }
}

/// Whose issuer is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssuerKind {
    /// The one that the settings name.
    #[default]
    Named,
    /// The embedded one (`--demo`).
    Embedded,
}

/// How to reach the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// How certificates are judged.
    pub tls: Tls,
    /// The longest a request may take, its body included.
    pub timeout: Duration,
}

/// How TLS certificates are judged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Tls {
    /// By the system's certificate authorities.
    #[default]
    System,
    /// By the certificate authorities of a PEM file, instead of the system's.
    CaFile(PathBuf),
    /// Not at all (`--insecure`); every report says so.
    Insecure,
}

/// What logs in.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentConfig {
    /// Which agent.
    pub kind: AgentKind,
    /// A running driver instead of one we start.
    pub webdriver_url: Option<Url>,
    /// Show the browser's window.
    pub headed: bool,
    /// How long one authorization may take, from the request to the callback.
    pub deadline: Duration,
}

impl fmt::Debug for AgentConfig {
    /// Leaves the credentials of a `WebDriver` grid out of its address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentConfig")
            .field("kind", &self.kind)
            .field("webdriver_url", &self.webdriver_url.as_ref().map(|url| public(url.as_str())))
            .field("headed", &self.headed)
            .field("deadline", &self.deadline)
            .finish()
    }
}

/// Which agent logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum AgentKind {
    /// A browser; plain HTTP in tests that are not about what it shows, once that was seen to lead to the same end by the same pages.
    #[default]
    Auto,
    /// A browser, for every login.
    Webdriver,
    /// Plain HTTP with forms, no browser.
    Http,
}

/// What to write where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportConfig {
    /// The folder, made if absent.
    pub dir: PathBuf,
    /// The formats beside `results.json`, which is always written.
    pub formats: Vec<Format>,
    /// Take a picture of each page that a browser shows.
    pub screenshots: bool,
    /// Write a statement of conformance, if nothing failed, and a certificate, if there can be one.
    pub statement: bool,
    /// What is said on the certificate.
    pub certificate: CertificateConfig,
    /// Where the page of the run is shown while it goes on (`--serve`), if it is: an address of loopback. Port 0 is any free one.
    pub serve: Option<SocketAddr>,
    /// Leave secrets in (`--show-secrets`).
    pub show_secrets: bool,
    /// The results of an earlier run, if the reports are to say what differs from it.
    pub baseline: Option<BaselineFile>,
    /// How many runs the history of the folder keeps; 0 for no history.
    pub history: usize,
}

/// The results of an earlier run, and where they were named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineFile {
    /// The file.
    pub path: PathBuf,
    /// Where it was named, for what is to be said about it.
    pub origin: Origin,
}

/// How much a run shows while it goes on and when it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Loudness {
    /// The verdict.
    Quiet,
    /// Progress and the result.
    #[default]
    Normal,
    /// Each request and each page, too.
    Verbose,
}

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One Markdown file a test and a summary.
    Markdown,
    /// One HTML file with everything in it.
    Html,
    /// `results.json`, which every run writes in any case.
    Json,
    /// `junit.xml`.
    Junit,
    /// `results.sarif`: the broken rules in SARIF 2.1.0.
    Sarif,
    /// `results.har`: every exchange in HAR 1.2.
    Har,
    /// `results.tap`: the tests in TAP 14.
    Tap,
    /// `metrics.txt`: the counts in OpenMetrics 1.0.
    Openmetrics,
    /// `badge.svg`: the verdict as a picture.
    Badge,
    /// Annotations and the job's summary in GitHub Actions; no file beside the reports.
    Github,
}

/// From which level on a broken rule makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// A broken MUST.
    #[default]
    Failure,
    /// A broken SHOULD or worse.
    Warning,
    /// Any broken rule.
    Suggestion,
    /// Never: only what could not be tested counts.
    Never,
}
