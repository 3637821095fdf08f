//! The proof that the rules can fail: every flaw of the embedded issuer against every rule, through the real engine over real HTTP.
//!
//! For each flaw a profile runs against an issuer with that flaw and no other: the first in which every rule the flaw names is judged, and the
//! others too where it does not show there. The rules that fail must be exactly those the flaw names; without a flaw none may fail; and every
//! rule must be tripped by some flaw. A rule that a flaw calls unproven must not pass under it. A variant (the issuer behaves unusually, and lawfully) is run like a flaw: no rule may fail, and no test
//! may stop.
//!
//! A test in which a flaw cannot show is not told to it again: told by itself to an issuer without a flaw, it never made the issuer come to a place where the
//! flaw would have made it another. Such a test comes out as it did then. The same holds of variants, which are told the repeated stories too.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use futures::future::{self, FutureExt as _};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use globset::Glob;
use serde::Serialize;
use thiserror::Error;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::agent::callback::{CallbackError, CallbackListener};
use crate::agent::http::{HttpAgent, HttpAgentError};
use crate::agent::user_agent::{UserAgent, UserAgentError};
use crate::config::{AgentKind, AuthMethod, ClientCertificate, Config, ConfiguredClient, ConfiguredClients, RotateKeys, TestOverride, Tls, User};
use crate::feature::certification::CERTIFICATIONS;
use crate::feature::plan::{Plan, PlanError, PlannedTest};
use crate::feature::{self, Feature, FeatureError, Step};
use crate::http::{Client, ClientError};
use crate::issuer::flaw::{self, Flaw, Place, Shown};
use crate::issuer::{self, CertifiedClient, FlawError, IssuerError, IssuerOptions, Persona, RunningIssuer};
use crate::observed::capability::Capability;
use crate::result::certification;
use crate::result::model::{FindingOutcome, RunReport, TestReport, Verdict};
use crate::rule::catalogue;
use crate::runner::{self, RunHandle};
use crate::session::{Jobs, Run, SharedClients};
use crate::text::millis;

mod browser;

pub use browser::is_for_browser;
use browser::{Browser, is_about_browser, is_rule_of_browser, needs_browser};

/// How long a fresh client's `invalid_client` is retried here: long enough for the flaw that is late, short enough for the one that is dead.
const PATIENCE: Duration = Duration::from_millis(1500);

/// So many flaws are told every test.
const FEW: usize = 40;

/// How many tests run at a time for each core.
const AT_A_TIME: usize = 6;

/// How many issuers there are at a time for each core: of many the test waits, for a clock that must move on.
const ISSUERS: usize = 16;
/// How many at most. Each has listeners and connections, and a process may have few hundred files open.
const MOST_ISSUERS: usize = 64;

/// How many tests of a profile run side by side against an issuer without a flaw.
const WITHOUT_FLAW: usize = 16;

/// So many tests at most are told to a variant one after the other: one that makes each of a hundred tests wait would end long after all others.
const SLICE: usize = 8;

/// Stories that hand over no kind of artefact, and provoke no behaviour, that another story does not: for each flaw they would only say the
/// same again.
const REPEATED: &[&str] = &[
    "authorization-code/basic",
    "authorization-code/client-secret-post",
    "authorization-code/public-client",
    "authorization-code/without-nonce",
    "authorization-code/without-pkce",
    "scopes-and-claims/profile",
    "scopes-and-claims/email",
    "scopes-and-claims/address",
    "scopes-and-claims/phone",
    "request-parameters/display-popup",
    "request-parameters/scope-order",
    "registration/basic",
    "registration/jwks-uri",
    "registration/redirect-uri-with-query",
    "token-endpoint-attacks/secret-post",
    "oauth-authorization-code/registered-client",
    "oauth-authorization-code/public-client",
    "oauth-refusals/token-endpoint",
    "redirect-uri/own-query",
    "encryption/id-token-rsa-oaep",
    "encryption/id-token-rsa-oaep-256",
    "encryption/id-token-ecdh-es-a256kw",
    "encryption/id-token-a256kw",
    "encryption/id-token-content-a256cbc-hs512",
    "encryption/id-token-content-a128gcm",
    "encryption/id-token-content-a256gcm",
];

/// What the embedded issuer does not have.
pub const ABSENT: &[Capability] =
    &[Capability::PasswordGrant, Capability::TokenExchange, Capability::DeviceAuthorization, Capability::PushedAuthorizationRequests];
/// Rules that a product breaks as its documentation has it, and so does the issuer that wears its face: what flaws do is told beside these.
const DOCUMENTED: &[(&str, &[&str])] = &[
    ("airlock", &["registration/http-201", "token/expires-in-short", "server-metadata/auth-key-pair"]),
    ("aidbox", &["at/audience-restricted", "at/typ", "client-credentials/no-refresh-token"]),
    ("certification", &["discovery/no-alg-none", "discovery/no-implicit-tokens"]),
];

/// The rules that a profile's product breaks as documented.
fn documented(profile: &str) -> &'static [&'static str] {
    DOCUMENTED.iter().find(|(name, _)| *name == profile).map_or(&[], |(_, rules)| rules)
}

/// The same in a test, of whatever profile: those in the browser are told to an issuer that offers everything.
fn documented_in(profile: &str, test: &str) -> &'static [&'static str] {
    documented(if is_for_browser(test) { Persona::Certification.name() } else { profile })
}

/// What the matrix came to.
#[derive(Debug, Clone, Serialize)]
pub struct Matrix {
    /// Every rule with the flaws that trip it.
    pub rules: BTreeMap<String, Vec<String>>,
    /// Every flaw that was run, in the order of the files.
    pub flaws: Vec<FlawRow>,
    /// What is wrong with the run without a flaw, if anything.
    pub clean_run: Vec<String>,
    /// True if only some flaws were asked for, so that rules without one prove nothing.
    pub partial: bool,
    /// Why what only a browser shows was left out, if it was.
    pub without_browser: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// One flaw and what it did.
#[derive(Debug, Clone, Serialize)]
pub struct FlawRow {
    /// Its name.
    pub name: String,
    /// What it does wrong.
    pub says: String,
    /// The rules it names.
    pub names: BTreeSet<String>,
    /// The rules that a variant must not break. Empty for a flaw.
    pub spares: BTreeSet<String>,
    /// Those of them, and of the rules that must not pass, that were never judged.
    pub unjudged: BTreeSet<String>,
    /// The rules that failed.
    pub tripped: BTreeSet<String>,
    /// Rules that passed although nothing shows that they hold.
    pub vacuous: BTreeSet<String>,
    /// For each of the rules that it names, a test in which that rule failed.
    pub shown: BTreeMap<String, String>,
    /// Rules of which `explain` names a test in which they did not fail, or none.
    pub astray: BTreeSet<String>,
    /// Tests that could not be told to the end because of it, with the reason: for the reader of a flaw, a fault in a variant.
    pub stopped: Vec<String>,
    /// The profiles that were run against it, in order.
    pub profiles: Vec<String>,
    /// How many tests of them were told to it. The others never come to a place where it could show.
    pub told: usize,
    /// How long that took, in milliseconds, beside others.
    pub duration_ms: u64,
}

impl FlawRow {
    /// Rules it names that did not fail.
    pub fn missed(&self) -> Vec<&str> {
        self.names.difference(&self.tripped).map(String::as_str).collect()
    }

    /// Rules that failed although it does not name them.
    pub fn unexpected(&self) -> Vec<&str> {
        self.tripped.difference(&self.names).map(String::as_str).collect()
    }

    /// True for a variant, which is no fault.
    pub fn is_variant(&self) -> bool {
        !self.spares.is_empty()
    }

    /// True if exactly the rules that it names failed, and a variant stopped no test and had every rule judged that it spares.
    pub fn is_as_named(&self) -> bool {
        let is_proven = self.tripped == self.names && self.unjudged.is_empty() && self.vacuous.is_empty();
        is_proven && self.astray.is_empty() && (self.stopped.is_empty() || !self.is_variant())
    }
}

/// Why the matrix could not be made.
#[derive(Debug, Error)]
pub enum SelfTestError {
    /// The feature documents are not sound.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// The plan cannot be made.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The embedded issuer does not start.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The flaws cannot be read.
    #[error(transparent)]
    Flaw(#[from] FlawError),
    /// There is no listener.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// There is no end-user to log in.
    #[error(transparent)]
    Agent(#[from] HttpAgentError),
    /// There is no browser.
    #[error(transparent)]
    Browser(#[from] UserAgentError),
    /// There is no way out.
    #[error(transparent)]
    Http(#[from] ClientError),
    /// A glob of `--flaw` cannot be read, or matches nothing.
    #[error("--flaw {glob:?} {why}: see the names with oa-authtest issuer --list-flaws")]
    Selection {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Matrix {
    /// Rules no flaw trips. Empty when only some flaws were run.
    pub fn untripped(&self) -> Vec<&str> {
        if self.partial {
            return Vec::new();
        }
        let is_left_out = |rule: &str| self.without_browser.is_some() && is_rule_of_browser(rule);
        self.rules.iter().filter(|(rule, flaws)| flaws.is_empty() && !is_left_out(rule)).map(|(rule, _)| rule.as_str()).collect()
    }

    /// True if every rule was tripped, no flaw was missed and none tripped more than it names.
    pub fn is_clean(&self) -> bool {
        self.clean_run.is_empty() && self.untripped().is_empty() && self.flaws.iter().all(FlawRow::is_as_named)
    }

    /// Where each flaw shows, beside what was known of flaws that were not run.
    ///
    /// # Errors
    /// If the known cannot be read.
    pub fn shown(&self) -> Result<Shown, FlawError> {
        let mut shown = if self.partial { flaw::shown()? } else { Shown::new() };
        shown.extend(self.flaws.iter().filter(|flaw| !flaw.is_variant()).map(|flaw| (flaw.name.clone(), flaw.shown.clone())));
        Ok(shown)
    }

    /// How long each flaw took and in which profiles it was looked for, a line a flaw, the slowest first. As many run at a time, their times add up to more than that
    /// of the whole.
    pub fn times(&self) -> String {
        let mut flaws: Vec<&FlawRow> = self.flaws.iter().collect();
        flaws.sort_by_key(|flaw| std::cmp::Reverse(flaw.duration_ms));
        let width = flaws.iter().map(|flaw| flaw.name.len()).max().unwrap_or(0);
        let line = |flaw: &FlawRow| {
            let seconds = Duration::from_millis(flaw.duration_ms).as_secs_f32();
            format!("{seconds:6.2} s  {:3} tests  {:width$}  {}\n", flaw.told, flaw.name, flaw.profiles.join(", "))
        };
        flaws.into_iter().map(line).collect()
    }

    /// The matrix for people: a line a flaw, then what is wrong, then the sums.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let width = self.flaws.iter().map(|flaw| flaw.name.len()).max().unwrap_or(0);
        for flaw in &self.flaws {
            let mark = if flaw.is_as_named() { "✅" } else { "❌" };
            let tripped: Vec<&str> = flaw.tripped.iter().map(String::as_str).collect();
            let nothing = if flaw.is_variant() { "— (a variant)" } else { "—" };
            let _ = writeln!(out, "{mark} {:width$}  {}", flaw.name, if tripped.is_empty() { nothing.to_owned() } else { tripped.join(", ") });
            let unjudged = flaw.unjudged.iter().map(String::as_str).collect();
            let vacuous = flaw.vacuous.iter().map(String::as_str).collect();
            let astray = flaw.astray.iter().map(String::as_str).collect();
            for (what, rules) in [
                ("missed", flaw.missed()),
                ("unexpected", flaw.unexpected()),
                ("never judged", unjudged),
                ("passed without proof", vacuous),
                ("not in the test that explain names (--write-shown fixtures/shown.json)", astray),
            ] {
                if !rules.is_empty() {
                    let _ = writeln!(out, "     {what}: {}", rules.join(", "));
                }
            }
            if mark == "❌" {
                for stopped in &flaw.stopped {
                    let _ = writeln!(out, "     stopped: {stopped}");
                }
            }
        }
        for problem in &self.clean_run {
            let _ = writeln!(out, "❌ without a flaw: {problem}");
        }
        for rule in self.untripped() {
            let _ = writeln!(out, "❌ no flaw trips {rule}");
        }
        if let Some(why) = &self.without_browser {
            let _ = writeln!(out, "⬜ left out, since they need a browser: {} ({why})", browser::TESTS.join(", "));
        }
        let tripped = self.rules.values().filter(|flaws| !flaws.is_empty()).count();
        let variants = self.flaws.iter().filter(|flaw| flaw.is_variant()).count();
        let missed: usize = self.flaws.iter().map(|flaw| flaw.missed().len()).sum();
        let unexpected: usize = self.flaws.iter().map(|flaw| flaw.unexpected().len()).sum();
        let _ = writeln!(
            out,
            "\n{} {} rules, {} flaws, {variants} variants: {tripped} rules tripped, {missed} missed, {unexpected} unexpected, in {:.1} s",
            if self.is_clean() { "✅" } else { "❌" },
            self.rules.len(),
            self.flaws.len() - variants,
            Duration::from_millis(self.duration_ms).as_secs_f32()
        );
        out
    }
}

/// Which tests are told to an issuer with a flaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Those in which it can show.
    WhereItCanShow,
    /// All of them.
    Every,
}

/// Runs the matrix on so many cores, `jobs`. `selection` holds globs over the flaws' names; empty means all. `progress` is told how many issuers are
/// done and how many there are in all.
///
/// # Errors
/// [`SelfTestError`] if something of our own does not start.
pub async fn run(selection: &[String], told: Told, jobs: usize, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Matrix, SelfTestError> {
    let clock = Instant::now();
    let mut flaws = issuer::flaws()?;
    flaws.extend(issuer::variants()?);
    let mut flaws = select(flaws, selection)?;
    let features = feature::features()?;
    let limits = Limits::new(jobs, None);
    let in_browser = flaws.iter().any(is_about_browser);
    let without_browser = if in_browser { limits.browser.agent().await.err().map(|error| error.to_string()) } else { None };
    let in_browser = in_browser && without_browser.is_none();
    flaws.retain(|flaw| in_browser || !is_about_browser(flaw));
    let mut profiles = Vec::new();
    for profile in feature::profiles(&features) {
        profiles.push(Profile::plan(profile, &features, in_browser).await?);
    }
    // The issuers without a flaw come first, one for each profile.
    let all = profiles.len() + flaws.len();
    let mut done = 0;
    progress(done, all);
    let whole = future::try_join_all(profiles.iter().map(|profile| profile.without_flaw(&limits)));
    // To tell each test by itself takes longer than to tell every test to some flaws.
    let by_itself = told == Told::WhereItCanShow && flaws.len() >= FEW;
    let alone = if by_itself { told_alone(&profiles, &limits).left_future() } else { future::ok(HashMap::new()).right_future() };
    let (whole, mut alone) = future::try_join(whole, alone).await?;
    done += profiles.len();
    progress(done, all);
    let clean_run = problems_of(&profiles, &whole, in_browser);
    let without = profiles.into_iter().zip(whole);
    let profiles: Vec<Clean> = without.map(|(profile, report)| Clean::of(profile, report, &mut alone)).collect();
    let (clean, shown, of_all) = (&profiles, &flaw::shown()?, &limits);
    let mut flaws: Vec<(usize, Flaw)> = flaws.into_iter().enumerate().collect();
    // The longest first: none is left alone at the end.
    flaws.sort_by_cached_key(|(_, flaw)| std::cmp::Reverse(clean.iter().map(|clean| clean.time_for(flaw)).sum::<Duration>()));
    // Those in the browser wait for it and for pages that say nothing: they run beside the others, and not in place of them.
    let (in_browser, rest): (Vec<_>, Vec<_>) = flaws.into_iter().partition(|(_, flaw)| is_about_browser(flaw));
    let rows = |flaws: Vec<(usize, Flaw)>, at_a_time| {
        let rows = stream::iter(flaws).map(move |(index, flaw)| async move { Ok((index, row(flaw, clean, shown, of_all).await?)) });
        rows.buffer_unordered(at_a_time)
    };
    let rows: Vec<Result<(usize, FlawRow), SelfTestError>> = stream::select(rows(in_browser, browser::SIDE_BY_SIDE), rows(rest, limits.most_issuers))
        .inspect(|_| {
            done += 1;
            progress(done, all);
        })
        .collect()
        .await;
    limits.browser.close().await;
    let mut rows = rows.into_iter().collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|(index, _)| *index);
    let flaws: Vec<FlawRow> = rows.into_iter().map(|(_, row)| row).collect();
    let mut rules: BTreeMap<String, Vec<String>> = catalogue().iter().map(|rule| (rule.id.to_owned(), Vec::new())).collect();
    for flaw in &flaws {
        for rule in flaw.tripped.intersection(&flaw.names) {
            rules.entry(rule.clone()).or_default().push(flaw.name.clone());
        }
    }
    Ok(Matrix { rules, flaws, clean_run, partial: !selection.is_empty(), without_browser, duration_ms: millis(clock.elapsed()) })
}

fn select(flaws: Vec<Flaw>, selection: &[String]) -> Result<Vec<Flaw>, SelfTestError> {
    if selection.is_empty() {
        return Ok(flaws);
    }
    let mut chosen: Vec<Flaw> = Vec::new();
    for text in selection {
        let fail = |why: String| SelfTestError::Selection { glob: text.clone(), why };
        let glob = Glob::new(text).map_err(|e| fail(format!("is not a glob ({})", e.kind())))?.compile_matcher();
        let matching: Vec<&Flaw> = flaws.iter().filter(|flaw| glob.is_match(&flaw.name)).collect();
        if matching.is_empty() {
            return Err(fail("matches no flaw".to_owned()));
        }
        for flaw in matching {
            if chosen.iter().all(|other| other.name != flaw.name) {
                chosen.push(flaw.clone());
            }
        }
    }
    Ok(chosen)
}

/// What the proof takes from the report of a test. Of hundreds of flaws, reports would take memory, and time to copy and to drop.
#[derive(Debug, Clone)]
struct Outcome {
    test: String,
    /// The rules that were asked for a judgement, whatever came of it.
    judged: BTreeSet<String>,
    failed: BTreeSet<String>,
    /// The rules that held at least once.
    passed: BTreeSet<String>,
    /// Why it did not reach its end, unless it was left out.
    stopped: Option<Stopped>,
}

/// Why a test did not reach its end.
#[derive(Debug, Clone)]
struct Stopped {
    reason: String,
    /// True if that is said of no issuer: it could not be tested, and not by a bug of this program.
    untestable: bool,
}

impl Outcome {
    /// What came of each test of a run, in the order of the plan.
    fn of(report: RunReport) -> Vec<Self> {
        report.tests.into_iter().map(Self::of_test).collect()
    }

    fn of_test(test: TestReport) -> Self {
        let with = |outcome| {
            let findings = test.findings.iter().filter(move |finding| finding.outcome == outcome);
            findings.map(|finding| finding.rule.clone()).collect()
        };
        let (failed, passed) = (with(FindingOutcome::Failed), with(FindingOutcome::Passed));
        let untestable = test.verdict == Verdict::Errored && !test.bug;
        let is_left_out = matches!(test.verdict, Verdict::Skipped | Verdict::LeftOut);
        let stopped = test.reason.filter(|_| !is_left_out).map(|reason| Stopped { reason, untestable });
        Self { test: test.id, judged: test.findings.iter().map(|finding| finding.rule.clone()).collect(), failed, passed, stopped }
    }
}

/// A profile and all of its tests.
struct Profile {
    name: String,
    plan: Plan,
}

impl Profile {
    /// The tests of a profile. What is planned does not depend on the issuer's flaw.
    async fn plan(name: &str, features: &[Feature], in_browser: bool) -> Result<Self, SelfTestError> {
        let bench = Bench::set_up(None, name, Stand::Plain).await?;
        let plan = only(&Plan::new(&bench.config, features)?, |id| in_browser || !is_for_browser(id));
        bench.issuer.stop().await;
        Ok(Self { name: name.to_owned(), plan })
    }

    /// What comes of all that is told to a flaw, where there is none.
    async fn without_flaw(&self, limits: &Limits) -> Result<RunReport, SelfTestError> {
        let (mut about_tls, rest): (Vec<_>, Vec<_>) = only(&self.plan, |id| !is_repeated(id)).tests.into_iter().partition(is_about_tls);
        let (for_browser, rest): (Vec<_>, Vec<_>) = rest.into_iter().partition(needs_browser);
        about_tls.retain(|planned| planned.skip.is_none());
        let parts = [(rest, Stand::Plain), (about_tls, Stand::Tls), (for_browser, Stand::Browser)];
        let parts = parts.into_iter().filter(|(tests, stand)| *stand == Stand::Plain || !tests.is_empty()).map(|(tests, stand)| async move {
            let mut bench = Bench::set_up(None, &self.name, stand).await?;
            if stand != Stand::Browser {
                bench.config.jobs = WITHOUT_FLAW;
            }
            Ok::<_, SelfTestError>(bench.run(Plan { tests }, limits).await?.0)
        });
        let mut reports = future::try_join_all(parts).await?.into_iter();
        let mut report = reports.next().unwrap_or_default();
        report.tests.extend(reports.flat_map(|other| other.tests));
        Ok(report)
    }
}

/// A test, told by itself to an issuer without a flaw.
struct Alone {
    outcome: Outcome,
    /// Where a flaw would have shown.
    places: HashSet<Place>,
    /// How long it took, beside others.
    took: Duration,
}

/// A test of a profile.
struct Story {
    planned: PlannedTest,
    is_repeated: bool,
    is_of_another_response_type: bool,
    /// What came of it by itself, if it was told so.
    alone: Option<Alone>,
}

impl Story {
    /// True if it says something of a flaw.
    fn says_something(&self, flaw: &Flaw) -> bool {
        if is_for_browser(&self.planned.id) {
            return is_about_browser(flaw);
        }
        // A variant shows that nothing fails, and so each story counts.
        !if flaw.is_variant() { self.is_of_another_response_type } else { self.is_repeated }
    }

    /// True if the flaw can show in it: not where it is left out, as what is about mutual TLS is without TLS. By itself, it never comes to a place where it would
    /// otherwise.
    fn can_show(&self, flaw: &Flaw, places: &[Place]) -> bool {
        let is_left_out = is_of_mutual_tls(&self.planned) && !flaw.is_of_tls();
        !is_left_out && self.alone.as_ref().is_none_or(|alone| places.iter().any(|place| alone.places.contains(place)))
    }
}

/// A profile without a flaw.
struct Clean {
    profile: String,
    stories: Vec<Story>,
    /// The rules that were judged.
    judged: BTreeSet<String>,
}

impl Clean {
    /// Takes what came of each test by itself from those of all profiles.
    fn of(profile: Profile, report: RunReport, alone: &mut HashMap<(String, String), Alone>) -> Self {
        let Profile { name, plan } = profile;
        let mut story = |planned: PlannedTest| Story {
            is_repeated: is_repeated(&planned.id),
            is_of_another_response_type: is_of_another_response_type(&planned.id),
            alone: alone.remove(&(name.clone(), planned.id.clone())),
            planned,
        };
        let stories = plan.tests.into_iter().map(&mut story).collect();
        Self { profile: name, stories, judged: Outcome::of(report).into_iter().flat_map(|outcome| outcome.judged).collect() }
    }

    /// The tests that say something of a flaw and in which it can show.
    fn told(&self, flaw: &Flaw) -> impl Iterator<Item = &Story> {
        let places: Vec<Place> = flaw.places().collect();
        self.stories.iter().filter(move |story| story.says_something(flaw) && story.can_show(flaw, &places))
    }

    /// How long it takes to tell them, as far as that can be known: what a flaw makes a test wait for comes on top of it.
    fn time_for(&self, flaw: &Flaw) -> Duration {
        self.told(flaw).filter_map(|story| story.alone.as_ref()).map(|alone| alone.took).sum()
    }

    /// What comes of the profile with a flaw, test by test in the order of the plan, and how many tests were told for that. A test in which the flaw cannot
    /// show comes out as it does without.
    async fn with(&self, flaw: &Flaw, limits: &Limits) -> Result<(Vec<Cow<'_, Outcome>>, usize), SelfTestError> {
        let told = self.told(flaw).map(|story| story.planned.clone());
        let (for_browser, rest): (Vec<PlannedTest>, Vec<PlannedTest>) = told.partition(needs_browser);
        // What a flaw does may depend on what was told before, and where it shows is written down. Of a variant it is only asked that nothing fails.
        let at_most = if flaw.is_variant() { SLICE } else { rest.len() };
        let without = rest.chunks(at_most.max(1)).map(|slice| (Stand::Plain, slice));
        let slices = without.chain((!for_browser.is_empty()).then_some((Stand::Browser, &for_browser[..])));
        let slices = slices.map(|(stand, slice)| async move {
            let _permit = if stand == Stand::Browser { None } else { limits.issuers.acquire().await.ok() };
            let bench = Bench::set_up(Some(flaw.clone()), &self.profile, stand).await?;
            let (report, _) = bench.run(Plan { tests: slice.to_vec() }, limits).await?;
            let told = report.tests.iter().filter(|test| test.verdict != Verdict::Skipped).count();
            Ok::<_, SelfTestError>((told, Outcome::of(report)))
        });
        let slices = future::try_join_all(slices).await?;
        let told = slices.iter().map(|(told, _)| told).sum();
        let outcomes = slices.into_iter().flat_map(|(_, outcomes)| outcomes);
        let mut outcomes: HashMap<String, Outcome> = outcomes.map(|outcome| (outcome.test.clone(), outcome)).collect();
        let mut all = Vec::new();
        for story in self.stories.iter().filter(|story| story.says_something(flaw)) {
            let outcome = outcomes.remove(&story.planned.id).map(Cow::Owned);
            all.extend(outcome.or_else(|| story.alone.as_ref().map(|alone| Cow::Borrowed(&alone.outcome))));
        }
        Ok((all, told))
    }
}

/// True for a story that hands over nothing, and provokes nothing, that another story does not.
fn is_repeated(test: &str) -> bool {
    REPEATED.contains(&test) || is_of_another_response_type(test)
}

/// True for a story of profile `certification` that only repeats another one with another response type or response mode.
fn is_of_another_response_type(test: &str) -> bool {
    let Some((feature, story)) = test.split_once('/') else { return false };
    match feature {
        "code-flow" | "form-post" => true,
        "hybrid-flow" | "implicit-flow" => !OF_EACH_RESPONSE_TYPE.iter().any(|own| {
            let kind = story.strip_prefix(own).and_then(|kind| kind.strip_prefix('-'));
            kind.is_some_and(|kind| RESPONSE_TYPES.contains(&kind))
        }),
        _ => false,
    }
}

/// The stories of the hybrid and the implicit flow that are about the response type itself.
const OF_EACH_RESPONSE_TYPE: &[&str] =
    &["login", "userinfo", "both-access-tokens", "form-post", "refused", "refused-form-post", "query-mode", "without-nonce"];

/// The response types as they stand in the ids of tests.
const RESPONSE_TYPES: &[&str] = &["id-token", "id-token-token", "code-id-token", "code-token", "code-id-token-token"];

/// The tests of a plan whose ids are wanted.
fn only(plan: &Plan, is_wanted: impl Fn(&str) -> bool) -> Plan {
    Plan { tests: plan.tests.iter().filter(|planned| is_wanted(&planned.id)).cloned().collect() }
}

/// True for a test that means something only where the issuer is served over TLS.
fn is_about_tls(planned: &PlannedTest) -> bool {
    planned.test.steps.contains(&Step::TryTlsVersions {}) || is_of_mutual_tls(planned)
}

/// True for a test that is left out where the issuer is not served over TLS.
fn is_of_mutual_tls(planned: &PlannedTest) -> bool {
    planned.test.steps.contains(&Step::AttackCertificates {})
}

/// Tells each test of these profiles to an issuer of its own, by the names of its profile and itself.
async fn told_alone(profiles: &[Profile], limits: &Limits) -> Result<HashMap<(String, String), Alone>, SelfTestError> {
    let tests =
        profiles.iter().flat_map(|profile| profile.plan.tests.iter().filter(|planned| planned.skip.is_none()).map(move |planned| (profile, planned)));
    stream::iter(tests)
        .map(|(profile, planned)| async move {
            let plan = Plan { tests: vec![planned.clone()] };
            let bench = Bench::set_up(None, &profile.name, Stand::of(&plan)).await?;
            let (report, places) = bench.run(plan, limits).await?;
            let of = (profile.name.clone(), planned.id.clone());
            let took = report.tests.first().map(|test| Duration::from_millis(test.duration_ms)).unwrap_or_default();
            Ok(Outcome::of(report).pop().map(|outcome| (of, Alone { outcome, places, took })))
        })
        .buffer_unordered(limits.most_issuers)
        .try_filter_map(|told| async move { Ok(told) })
        .try_collect()
        .await
}

async fn row(flaw: Flaw, clean: &[Clean], known: &Shown, limits: &Limits) -> Result<FlawRow, SelfTestError> {
    let clock = Instant::now();
    let names: BTreeSet<String> = flaw.trips.iter().cloned().collect();
    let spares: BTreeSet<String> = flaw.spares.iter().cloned().collect();
    let (name, says, may_be_untestable) = (flaw.name.clone(), flaw.says.clone(), flaw.untestable);
    let unproven: BTreeSet<String> = flaw.unproven.iter().cloned().collect();
    let unjudged: BTreeSet<String> = spares.union(&unproven).cloned().collect();
    let wanted: BTreeSet<String> = names.union(&unjudged).cloned().collect();
    let (tripped, vacuous, shown) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
    let mut failed_in: BTreeSet<(String, String)> = BTreeSet::new();
    let mut row = FlawRow {
        name,
        says,
        names,
        spares,
        unjudged,
        tripped,
        vacuous,
        shown,
        astray: BTreeSet::new(),
        stopped: Vec::new(),
        profiles: Vec::new(),
        told: 0,
        duration_ms: 0,
    };
    let mut profiles: Vec<&Clean> = clean.iter().collect();
    // Stable: among equals the order of the documents stays.
    profiles.sort_by_key(|clean| !wanted.is_subset(&clean.judged));
    // What a variant spares may be judged in more than one profile, where no profile judges all of it.
    for clean in profiles {
        let (profile, judged) = (&clean.profile, &clean.judged);
        if row.is_variant() && row.unjudged.is_disjoint(judged) && row.missed().is_empty() {
            continue;
        }
        let (outcomes, told) = clean.with(&flaw, limits).await?;
        row.profiles.push(profile.clone());
        row.told += told;
        for outcome in &outcomes {
            row.tripped.extend(outcome.failed.iter().filter(|rule| !documented_in(profile, &outcome.test).contains(&rule.as_str())).cloned());
            for rule in outcome.failed.intersection(&row.names) {
                row.shown.entry(rule.clone()).or_insert_with(|| outcome.test.clone());
                failed_in.insert((rule.clone(), outcome.test.clone()));
            }
            // A flaw or a variant may take away what a story needs; what a variant spares has to be judged all the same.
            // What could not be tested is no fault of a variant under which that is so; what failed is one under any.
            let stopped = outcome.stopped.as_ref().filter(|stopped| !(may_be_untestable && stopped.untestable));
            row.stopped.extend(stopped.map(|stopped| format!("{}: {}", outcome.test, stopped.reason)));
            row.vacuous.extend(outcome.passed.intersection(&unproven).cloned());
            row.unjudged.retain(|rule| !outcome.judged.contains(rule));
        }
        if row.missed().is_empty() && row.unjudged.is_empty() {
            break;
        }
    }
    row.duration_ms = millis(clock.elapsed());
    if !row.is_variant() {
        let known = known.get(&row.name);
        let is_there =
            |rule: &&String| known.and_then(|rules| rules.get(*rule)).is_some_and(|test| failed_in.contains(&((*rule).clone(), test.clone())));
        row.astray = row.names.iter().filter(|rule| !is_there(rule)).cloned().collect();
    }
    Ok(row)
}

/// The modules of certification that do not fail under the flaw that they name, each with what became of it: the proof that each can fail. A module that is in
/// several profiles is proved in the first of them.
///
/// The browser that some of them need is guarded by the program at `guard`. Without one these are left out.
///
/// # Errors
/// [`SelfTestError`] if something of our own does not start.
pub async fn unproved_modules(jobs: usize, guard: Option<PathBuf>) -> Result<Vec<String>, SelfTestError> {
    let has_browser = guard.is_some();
    let limits = Limits::new(jobs, guard);
    let (features, flaws) = (feature::features()?, issuer::flaws()?);
    let (mut seen, mut to_prove) = (BTreeSet::new(), Vec::new());
    for profile in CERTIFICATIONS.iter() {
        let judged = profile.modules.iter().filter(|module| module.not_judged_because.is_none());
        to_prove.extend(judged.filter(|module| seen.insert(module.id.as_str())).map(|module| (profile, module)));
    }
    let (features, flaws, of_all) = (&features, &flaws, &limits);
    let found: Vec<Result<Option<String>, SelfTestError>> = stream::iter(to_prove)
        .map(|(profile, module)| async move {
            let named = module.failed_by.as_deref();
            let Some(flaw) = flaws.iter().find(|flaw| Some(flaw.name.as_str()) == named) else {
                return Ok(Some(format!("{} in {}: there is no flaw {:?}", module.id, profile.id, named.unwrap_or_default())));
            };
            let needs_browser = browser::TESTS.iter().any(|id| profile.matcher(module).has_test(id));
            if needs_browser && !has_browser {
                return Ok(None);
            }
            let stand = if needs_browser { Stand::Browser } else { Stand::Plain };
            let mut bench = Bench::set_up(Some(flaw.clone()), Persona::Certification.name(), stand).await?;
            bench.config.certification = vec![profile.id.clone()];
            let plan = Plan::new(&bench.config, features)?;
            let (report, _) = bench.run(only(&plan, |id| profile.matcher(module).has_test(id)), of_all).await?;
            let verdict = certification::of_module(&report.tests, profile, module);
            let became = || format!("{} in {}: {} under {}: {:?}", module.id, profile.id, verdict.outcome.words(), flaw.name, verdict.reasons);
            Ok((verdict.outcome != certification::Outcome::Fails).then(became))
        })
        .buffer_unordered(limits.most_issuers)
        .collect()
        .await;
    limits.browser.close().await;
    Ok(found.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The browser that all runs share, and how much goes on at a time.
struct Limits {
    browser: Browser,
    /// How many issuers with a flaw there are at a time.
    issuers: Semaphore,
    most_issuers: usize,
    /// How many tests run at a time, whatever they are told to.
    jobs: Jobs,
}

impl Limits {
    fn new(jobs: usize, guard: Option<PathBuf>) -> Self {
        let cores = jobs.max(1);
        let most_issuers = MOST_ISSUERS.min(cores * ISSUERS);
        Self { browser: Browser::new(guard), issuers: Semaphore::new(most_issuers), most_issuers, jobs: Jobs::new(cores * AT_A_TIME, false) }
    }
}

/// What an issuer and its tests are set up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// Plain http, and logins without a browser.
    Plain,
    /// The same over TLS, which the tests are about.
    Tls,
    /// Logins in a browser, at an issuer that offers what only a browser shows.
    Browser,
}

impl Stand {
    /// What the tests of a plan, which are of one kind, need.
    fn of(plan: &Plan) -> Self {
        if plan.tests.iter().any(needs_browser) {
            Self::Browser
        } else if plan.tests.iter().any(is_about_tls) {
            Self::Tls
        } else {
            Self::Plain
        }
    }
}

/// An issuer, and what a run against it needs.
struct Bench {
    stand: Stand,
    issuer: RunningIssuer,
    callback: Arc<CallbackListener>,
    config: Config,
}

impl Bench {
    /// Starts an issuer with this flaw for a profile. It is served over TLS where that is what the tests, or the flaw, are about.
    async fn set_up(flaw: Option<Flaw>, profile: &str, stand: Stand) -> Result<Self, SelfTestError> {
        let loopback = Url::parse("http://127.0.0.1:0/cb?by=oa-authtest").map_err(|e| CallbackError::NotLoopback(e.to_string()))?;
        let callback = CallbackListener::bind(&loopback).await?;
        let redirect_uris = vec![callback.redirect_uri().to_string()];
        let persona = if stand == Stand::Browser { Persona::Certification } else { Persona::of_profile(profile) };
        let tls = stand == Stand::Tls || flaw.as_ref().is_some_and(Flaw::is_of_tls);
        let issuer = issuer::start(IssuerOptions { tls, persona, flaw, redirect_uris, ..IssuerOptions::default() }).await?;
        let mut config = config_for(&issuer, callback.redirect_uri());
        config.registration_patience = PATIENCE;
        config.replay_pause = Duration::ZERO;
        config.profiles = vec![profile.to_owned()];
        if stand == Stand::Browser {
            browser::settings(&mut config);
        }
        Ok(Self { stand, issuer, callback, config })
    }

    /// Runs the tests of a plan. With what comes of it, the places that an issuer without a flaw came to.
    async fn run(self, plan: Plan, limits: &Limits) -> Result<(RunReport, HashSet<Place>), SelfTestError> {
        let Self { stand, issuer, callback, config } = self;
        let http = Arc::new(Client::new(&config.network)?);
        let is_in_browser = stand == Stand::Browser;
        let _turn = if is_in_browser { limits.browser.turn().await } else { None };
        let agent = Ok(if is_in_browser { limits.browser.agent().await? } else { Arc::new(UserAgent::Http(HttpAgent::new(&config.network)?)) });
        let agent = future::ready(agent).boxed().shared();
        let shared = Run { config: Arc::new(config), http, callback: Some(callback), agent, clients: SharedClients::default() };
        let (events, _) = mpsc::unbounded_channel();
        // A test in the browser has a turn of its own, and needs no slot.
        let shared_jobs = (!is_in_browser).then(|| limits.jobs.clone());
        let report = runner::run(plan, shared, RunHandle { events, interrupted: CancellationToken::new(), shared_jobs }).await;
        let places = issuer.seen();
        issuer.stop().await;
        Ok((report, places))
    }
}

fn config_for(issuer: &RunningIssuer, redirect_uri: &Url) -> Config {
    let accounts = issuer.accounts();
    let mut config = Config::for_tests(issuer.issuer());
    let client = |id: &str, secret: &str| {
        Some(ConfiguredClient { id: id.to_owned(), secret: Some(secret.into()), auth_method: None, certificate: None, key: None })
    };
    config.clients.first = client(&accounts.client_id, &accounts.client_secret);
    config.allow_destructive = true;
    // What no one reads needs no redaction: all of it is public and lives as long as this run. To look for secrets would be a fifth of the work.
    config.report.show_secrets = true;
    config.user = Some(User { username: accounts.username.clone(), password: accounts.password.clone().into() });
    match issuer.persona() {
        Persona::Openactive | Persona::Certification => {
            config.clients.second = client(&accounts.second_client_id, &accounts.second_client_secret);
            let id = accounts.public_client_id.clone();
            config.clients.public = Some(ConfiguredClient { id, secret: None, auth_method: Some(AuthMethod::None), certificate: None, key: None });
            config.clients.post_logout_redirect = true;
            config.initial_access_token = Some(accounts.initial_access_token.clone()).filter(|token| !token.is_empty()).map(Into::into);
            config.seller_id = Some(accounts.seller_id.clone());
            config.orders_feed_url = Url::parse(&accounts.orders_feed_url).ok();
            config.dataset_site_url = Url::parse(&accounts.dataset_site_url).ok();
            let has_rotation = issuer.persona() == Persona::Certification;
            config.rotate_keys = Url::parse(&accounts.rotate_keys_url).ok().filter(|_| has_rotation).map(RotateKeys::Address);
        }
        Persona::Airlock => {}
        Persona::Aidbox => {
            config.resource_url = Url::parse(&accounts.resource_url).ok();
            config.audience = Some(accounts.audience.clone());
            config.token_lifetime = u32::try_from(accounts.token_lifetime).ok();
            config.endpoints.extend(Url::parse(&accounts.token_endpoint).ok().map(|url| ("token_endpoint", url)));
        }
    }
    config.test_overrides.extend(certified(issuer, &config));
    config.redirect_uri = redirect_uri.clone();
    config.declared = Capability::value_variants().iter().map(|capability| (*capability, !ABSENT.contains(capability))).collect();
    // Plain http: reading the system's authorities for every session would be the slowest part of it.
    config.network.tls = Tls::Insecure;
    // Everything is on loopback: what has not come after some seconds does not come, which is what some flaws are about. Beside so many others, and in a build
    // for development on a machine that does more than this, a login takes its time.
    config.agent.deadline = Duration::from_secs(6);
    config.network.timeout = Duration::from_secs(8);
    config.agent.kind = AgentKind::Http;
    // In the plan's order: what an issuer does the first time shows in the same test each time.
    config.jobs = 1;
    config
}

/// The clients by certificate, for the test that is about those of the settings.
fn certified(issuer: &RunningIssuer, config: &Config) -> Option<TestOverride> {
    let client = |certified: &CertifiedClient| {
        let certificate = ClientCertificate::from_pem(&certified.certificate_pem, certified.key_pem.clone()).ok()?;
        let (id, auth_method) = (certified.id.clone(), Some(AuthMethod::TlsClientAuth));
        Some(ConfiguredClient { id, secret: None, auth_method, certificate: Some(Arc::new(certificate)), key: None })
    };
    let [first, second] = issuer.certified_clients()?;
    let clients = ConfiguredClients { first: client(first), second: client(second), ..ConfiguredClients::default() };
    let glob = Glob::new("mutual-tls/configured-client").ok()?;
    let (initial_access_token, user, seller_id) = (config.initial_access_token.clone(), config.user.clone(), config.seller_id.clone());
    Some(TestOverride { glob, clients, initial_access_token, user, seller_id })
}

/// What a run against the well-behaved issuer should not show.
fn problems_of(profiles: &[Profile], reports: &[RunReport], had_browser: bool) -> Vec<String> {
    let mut problems: Vec<String> = Vec::new();
    let (mut judged, mut kept): (BTreeSet<&str>, Vec<String>) = (BTreeSet::new(), Vec::new());
    for (Profile { name: profile, .. }, report) in profiles.iter().zip(reports) {
        let mut failed_here: BTreeSet<&str> = BTreeSet::new();
        for test in report.tests.iter().filter(|test| test.verdict != Verdict::Skipped) {
            if let Some(reason) = &test.reason {
                problems.push(format!("{} did not end: {reason}", test.id));
            }
            judged.extend(test.findings.iter().map(|finding| finding.rule.as_str()));
            for finding in test.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Failed) {
                failed_here.insert(&finding.rule);
                if !documented_in(profile, &test.id).contains(&finding.rule.as_str()) {
                    problems.push(format!("{} fails in {}: expected {}, actual {}", finding.rule, test.id, finding.expected, finding.actual));
                }
            }
        }
        let not_failed = documented(profile).iter().filter(|rule| !failed_here.contains(**rule));
        kept.extend(not_failed.map(|rule| format!("{rule} is said to fail in the profile {profile}, and does not")));
    }
    problems.extend(kept);
    let is_expected = |rule: &str| had_browser || !is_rule_of_browser(rule);
    problems.extend(
        catalogue().iter().filter(|rule| is_expected(rule.id) && !judged.contains(rule.id)).map(|rule| format!("{} is never judged", rule.id)),
    );
    problems.dedup();
    problems
}
