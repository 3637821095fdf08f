//! What a test holds: the recorder (the one way to the network), the journal, the user agent and the callback listener.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};
use url::Url;

use crate::config::Config;
use crate::feature::fact::Fact;
use crate::result::model::{Entry, Finding, FindingOutcome, StepEnd, StepReport};
use crate::rule::expect::shorten;
use crate::rule::judgement::{IssuerPair, not_applicable};
use crate::rule::{Artefact, Judgement, Level, Rule, Seen, SeenIn, Unmet, spec};
use crate::text::address::is_loopback;
use crate::text::words::{Words, said};

pub mod assertion;
pub mod encryption_key;
pub mod facts;
pub mod forged_jwt;
mod job;
pub mod mutual_tls;
pub mod recorder;
pub mod signing_key;
pub mod stop;
pub mod token_exchange;
mod turn;

use crate::agent::callback::CallbackListener;
use crate::agent::user_agent::UserAgent;
use crate::redact::{Redactor, SecretKind};
pub use facts::{Client, ClientGrant, Code, Configured, Facts, Granted, Registered, Second, UserTokens};
pub use job::{Job, Jobs};
use recorder::Recorder;
pub(crate) use stop::OrLeftOut;
pub use stop::{Stop, missing};
use token_exchange::Unjudged;
pub use turn::SharedClients;
use turn::Turn;

/// The longest issuer that is kept beside another, in bytes.
const MOST_OF_ISSUER: usize = 2048;

/// The user agent of a run, started while the first tests discover and register; everyone who needs it waits for the same start.
pub type AgentHandle = Shared<BoxFuture<'static, Result<Arc<UserAgent>, Stop>>>;

/// What the tests of a run share.
#[derive(Clone)]
pub struct Run {
    /// The settings.
    pub config: Arc<Config>,
    /// The HTTP client.
    pub http: Arc<crate::http::Client>,
    /// The listener behind the redirect URI; `None` if no test needs it.
    pub callback: Option<Arc<CallbackListener>>,
    /// The user agent.
    pub agent: AgentHandle,
    /// What is known of configured clients, who uses them, and who registers others.
    pub clients: SharedClients,
}

impl Run {
    /// A handle on a user agent whose start fails at once with a reason; for runs in which no end-user logs in.
    pub fn no_agent(reason: &'static str) -> AgentHandle {
        futures::future::ready(Err(Stop::untestable(reason))).boxed().shared()
    }
}

/// One test under way.
pub struct Session {
    /// What it shares with the others.
    pub run: Run,
    /// What sends its requests and keeps its journal.
    pub recorder: Recorder,
    /// What it knows.
    pub facts: Facts,
    /// `feature/test`, also the folder of its screenshots.
    pub test: String,
    /// The profile the test belongs to.
    pub profile: String,
    /// Every scope value of the story, space-separated: what a client is registered for.
    pub scopes: String,
    /// True if an end-user logs in.
    pub logs_in: bool,
    /// True if the browser has to log in, however well the HTTP agent does.
    pub wants_browser: bool,
    /// How often the test was run before in this run (`--retries`).
    pub attempt: usize,
    /// How long it waited for other tests: for its turn at the configured clients, for a browser, for its slot after a pause.
    pub waited: Duration,
    /// Its slot among the tests that run side by side, if it has to share them.
    pub job: Option<Job>,
    turn: Option<Turn>,
    findings: Vec<Arc<Finding>>,
    steps: Vec<StepReport>,
    screenshots: usize,
    unjudged: Unjudged,
    /// What was seen of the last visit of the user agent.
    pub(crate) last_visit: LastVisit,
}

/// What was seen of a visit of the user agent.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastVisit {
    /// The exchange that it ended with: an answer that led to the client, or a page.
    pub end: Option<usize>,
    /// The exchange of the last page that it showed.
    pub page: Option<usize>,
    /// The pages that it showed, each with its address.
    pub shown: Vec<String>,
}

impl LastVisit {
    /// The exchange that something is shown by.
    fn exchange(&self, seen_in: SeenIn) -> Option<usize> {
        match seen_in {
            SeenIn::Nothing => None,
            SeenIn::Visit => self.end,
            SeenIn::Page => self.page.or(self.end),
        }
    }
}

impl Session {
    /// A session that knows nothing yet but the configured secrets.
    pub fn new(run: Run, profile: &str, test: &str, scopes: &[&str]) -> Self {
        let redactor = Redactor::new(run.config.report.show_secrets).with_words(crate::rule::vocabulary::is_ours);
        let config = &run.config;
        if let Some(token) = &config.initial_access_token {
            redactor.learn(SecretKind::InitialAccessToken, token.expose_secret());
        }
        for secret in config.clients.all().filter_map(|(_, client)| client.secret.as_ref()) {
            redactor.learn(SecretKind::ClientSecret, secret.expose_secret());
        }
        for key in config.clients.all().filter_map(|(_, client)| client.key.as_ref()) {
            redactor.learn(SecretKind::ClientSecret, key.text().expose_secret());
            key.secrets().iter().for_each(|secret| redactor.learn(SecretKind::ClientSecret, secret));
        }
        for certificate in config.clients.all().filter_map(|(_, client)| client.certificate.as_ref()) {
            redactor.learn(SecretKind::ClientSecret, certificate.key_pem().expose_secret());
        }
        if let Some(user) = &config.user {
            // A password that is also the user name would put its label over every mention of the user.
            if user.password.expose_secret() != user.username {
                redactor.learn(SecretKind::Password, user.password.expose_secret());
            }
        }
        let recorder = Recorder::new(Arc::clone(&run.http), Arc::new(redactor), test);
        Self {
            run,
            recorder,
            facts: Facts::default(),
            test: test.to_owned(),
            profile: profile.to_owned(),
            scopes: scopes.join(" "),
            logs_in: false,
            wants_browser: true,
            attempt: 0,
            waited: Duration::ZERO,
            job: None,
            turn: None,
            findings: Vec::new(),
            steps: Vec::new(),
            screenshots: 0,
            unjudged: Unjudged::default(),
            last_visit: LastVisit::default(),
        }
    }

    /// Opens a step in the report.
    pub fn begin(&mut self, name: String) {
        self.steps.push(StepReport { name, sentences: Vec::new(), ended: StepEnd::Done, entries: Vec::new() });
    }

    /// Closes the current step.
    pub fn end(&mut self, ended: StepEnd) {
        let entries = self.recorder.drain();
        if let Some(step) = self.steps.last_mut() {
            step.entries.extend(entries);
            step.ended = ended;
        }
    }

    /// Starts a new sentence of the step's specs; what is judged from here on belongs to it.
    pub fn sentence(&mut self, says: impl Into<String>) {
        if let Some(step) = self.steps.last_mut() {
            step.sentences.push(says.into());
        }
    }

    /// Judges an artefact by every rule of its kind, and by those of the user's own that are about it. True if no rule of level MUST is broken; own rules
    /// say nothing about how a story goes on.
    pub fn judge<A: Artefact>(&mut self, artefact: &A) -> bool {
        let mut sound = true;
        for check in A::rules() {
            let judgement = artefact.judgement(check);
            let url = spec::url(check.rule.spec);
            let exchange = artefact.exchange_of(check.rule.id).or_else(|| self.last_visit.exchange(A::SEEN_IN));
            let finding = self.finding(&check.rule, url, judgement, exchange);
            sound &= finding.outcome != FindingOutcome::Failed || finding.level != Level::Must;
            self.findings.push(Arc::new(finding));
        }
        let own = Arc::clone(&self.run.config.own_rules);
        let Some(kind) = A::VIEW.filter(|kind| own.about(kind).next().is_some()) else { return sound };
        let view = artefact.view();
        for rule in own.about(kind) {
            let judgement = artefact.absent().map_or_else(|| rule.judge(&view), |why| not_applicable(why.to_owned()));
            let exchange = artefact.exchange().or_else(|| self.last_visit.exchange(A::SEEN_IN));
            let finding = self.finding(&rule.rule(), rule.url.clone(), judgement, exchange);
            let finding = Finding { own: true, expected: shorten(&finding.expected), actual: shorten(&finding.actual), ..finding };
            self.findings.push(Arc::new(finding));
        }
        sound
    }

    /// What a judgement is in the report. Its texts are redacted.
    fn finding(&self, rule: &Rule<'_>, url: String, judgement: Judgement, exchange: Option<usize>) -> Finding {
        let redact = |words: Words| String::from(self.recorder.redactor().words(&words));
        let mut issuers = None;
        let (outcome, expected, actual) = match judgement {
            Ok(Seen(actual)) => (FindingOutcome::Passed, String::new(), redact(actual)),
            Err(Unmet::Broken { expected, actual, issuers: named }) => {
                issuers = named.and_then(|named| self.bounded(&named));
                (FindingOutcome::Failed, redact(expected), redact(actual))
            }
            Err(Unmet::NotApplicable { reason }) => (FindingOutcome::NotApplicable, String::new(), redact(reason)),
            Err(Unmet::NotRun { because }) => (FindingOutcome::NotRun, String::new(), because),
        };
        let of_broken = |text: &str| if outcome == FindingOutcome::Failed { text.to_owned() } else { String::new() };
        let sentences = self.steps.last().map_or(0, |step| step.sentences.len());
        Finding {
            rule: rule.id.to_owned(),
            own: false,
            level: rule.level_in(&self.profile),
            level_note: rule.level_note().filter(|_| outcome == FindingOutcome::Failed),
            outcome,
            says: rule.says.to_owned(),
            why: of_broken(rule.why),
            fix: of_broken(rule.fix),
            spec: rule.spec.to_owned(),
            url,
            expected,
            actual,
            step: self.steps.len().saturating_sub(1),
            sentence: sentences.saturating_sub(1),
            exchange,
            issuers,
            known: None,
        }
    }

    /// Two issuers as results have them: redacted, and none that is longer than an issuer is.
    fn bounded(&self, issuers: &IssuerPair) -> Option<IssuerPair> {
        let of = |issuer: &str| (issuer.len() <= MOST_OF_ISSUER).then(|| self.recorder.redactor().text(issuer));
        Some(IssuerPair { expected: of(&issuers.expected)?, seen: of(&issuers.seen)? })
    }

    /// True unless nothing came of the steps that were to give the fact. A story goes on without keys: what is signed then has nothing to be
    /// judged by.
    pub fn knows(&self, fact: Fact) -> bool {
        match fact {
            Fact::Metadata => self.facts.issuer.metadata.is_some(),
            Fact::KeySet => true,
            Fact::Client => self.facts.client.current.is_some(),
            Fact::ClientToken => self.facts.grant.client_token.is_some(),
            Fact::Code => self.facts.grant.code.is_some(),
            Fact::UserTokens => self.facts.grant.login.as_ref().is_some_and(|login| !login.access_token.is_empty()),
            Fact::Login => self.facts.grant.login.is_some(),
        }
    }

    /// The strings of a list in the provider metadata; `None` if there is no such list.
    pub(crate) fn listed(&self, name: &str) -> Result<Option<Vec<&str>>, Stop> {
        let list = self.metadata()?.get(name).and_then(Value::as_array);
        Ok(list.map(|list| list.iter().filter_map(Value::as_str).collect()))
    }

    /// Whether a list in the provider metadata has this value; `None` if there is no such list.
    pub(crate) fn lists(&self, name: &str, value: &str) -> Result<Option<bool>, Stop> {
        Ok(self.listed(name)?.map(|list| list.contains(&value)))
    }

    /// Leaves a step out if a list in the provider metadata does not have a value, or is not there.
    pub(crate) fn must_list(&self, name: &str, value: &str) -> Result<(), Stop> {
        Stop::not_offered_if(self.lists(name, value)? != Some(true), said!("`{name}` does not list {value}"))
    }

    /// True if the provider metadata says `true` to this.
    pub(crate) fn promises(&self, name: &str) -> Result<bool, Stop> {
        Ok(self.metadata()?.get(name) == Some(&Value::Bool(true)))
    }

    /// A remark for the reader of the report, in our own words.
    pub fn note(&self, text: impl Into<Words>) {
        let text = self.recorder.redactor().words(&text.into()).into();
        self.recorder.note(Entry::Note { text });
    }

    /// The file of the test's next screenshot, relative to the report directory and whole.
    pub fn next_screenshot(&mut self, name: &str) -> (String, PathBuf) {
        self.screenshots += 1;
        let again = if self.attempt == 0 { String::new() } else { format!("again-{}-", self.attempt) };
        let relative = format!("screenshots/{}/{again}{:02}-{name}.png", self.test, self.screenshots);
        let path = self.run.config.report.dir.join(&relative);
        (relative, path)
    }

    /// What was judged and done so far, in order; the session is empty afterwards.
    pub fn take_report(&mut self) -> (Vec<Arc<Finding>>, Vec<StepReport>) {
        (std::mem::take(&mut self.findings), std::mem::take(&mut self.steps))
    }

    /// The provider metadata.
    pub(crate) fn metadata(&self) -> Result<&Map<String, Value>, Stop> {
        self.facts.issuer.metadata.as_ref().ok_or_else(|| missing("the provider metadata"))
    }

    /// The provider metadata as a JSON value, for an artefact.
    pub(crate) fn metadata_value(&self) -> Result<Value, Stop> {
        Ok(Value::Object(self.metadata()?.clone()))
    }

    /// The URL of an endpoint in the provider metadata; `None` if it is not published or is no http URL.
    pub(crate) fn endpoint(&self, name: &str) -> Result<Option<Url>, Stop> {
        let url = self.metadata()?.get(name).and_then(Value::as_str).and_then(|text| Url::parse(text).ok());
        Ok(url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some()))
    }

    /// The issuer identifier as published, or as given where none is.
    pub fn issuer(&self) -> String {
        let published = self.facts.issuer.metadata.as_ref().and_then(|metadata| metadata.get("issuer")).and_then(Value::as_str);
        published.unwrap_or(&self.run.config.issuer).to_owned()
    }

    /// The redirect URI of the client: the one it registered if the story gave it one of its own, else that of the run.
    pub fn redirect_uri(&self) -> String {
        let own = self.facts.client.current.as_ref().and_then(|client| client.registered.as_ref()?.redirect_uri.clone());
        own.unwrap_or_else(|| self.run.redirect_uri())
    }

    /// True if the issuer can fetch documents from this machine.
    pub(crate) fn issuer_reaches_this_machine(&self) -> bool {
        self.must_reach_this_machine().is_ok()
    }

    /// Leaves a step out if the issuer cannot fetch documents from this machine: it can where it is on loopback, as they are, or where they are
    /// offered below a public URL that leads here.
    pub(crate) fn must_reach_this_machine(&self) -> Result<(), Stop> {
        match self.run.callback.as_ref().and_then(|listener| listener.public()) {
            Some((_, Ok(()))) => Ok(()),
            Some((public, Err(why))) => {
                let (url, listen) = (&public.url, public.listen);
                Stop::out_of_reach_if(true, said!("{url} does not lead to this program, which listens on {listen}: {why}"))
            }
            None => {
                let is_issuer_here = Url::parse(&self.run.config.issuer).is_ok_and(|issuer| is_loopback(&issuer));
                let reason =
                    "the issuer would have to fetch a document from this machine, which an issuer elsewhere cannot reach without --public-url";
                Stop::out_of_reach_if(!is_issuer_here, reason)
            }
        }
    }

    /// The tokens of the last login.
    pub(crate) fn login(&self) -> Result<&UserTokens, Stop> {
        self.facts.grant.login.as_ref().ok_or_else(|| missing("the tokens of a login"))
    }

    /// The code of the last authorization, which is used up then.
    pub(crate) fn take_code(&mut self) -> Result<Code, Stop> {
        self.facts.grant.code.take().ok_or_else(|| missing("an authorization code"))
    }

    /// The client's own access token.
    pub(crate) fn client_token(&self) -> Result<String, Stop> {
        self.facts.grant.client_token.clone().ok_or_else(|| missing("the client's access token"))
    }

    /// The listener behind the redirect URI.
    pub(crate) fn listener(&self) -> Result<Arc<CallbackListener>, Stop> {
        self.run.callback.clone().ok_or_else(|| missing("the callback listener"))
    }

    /// The client.
    pub(crate) fn client(&self) -> Result<&Client, Stop> {
        self.facts.client.current.as_ref().ok_or_else(|| missing("a client"))
    }
}
