//! What `results.json` holds: plain data, no behaviour but counting. Every report is a pure function of a [`RunReport`].

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::history::PastRun;
use super::known::KnownReport;
use super::own::OwnReport;
use crate::feature::plan::Skip;
use crate::rule::Level;
use crate::text::{count, digest};

/// The name and version of the format, the value of `schema`.
pub const SCHEMA: &str = "oa-authtest/results/1.1";

/// The version before: what findings and answers have in common is written with each of them. It is read, and written again as it was.
pub const SCHEMA_BEFORE: &str = "oa-authtest/results/1";

/// The most of the title of a page that is kept, in bytes.
pub const MOST_TITLE: usize = 300;

/// How a test, or a run, came out; ordered, so that a roll-up is `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was not begun.
    #[default]
    Skipped,
    /// It was begun, and nothing that it is about could be judged: the issuer does not offer it, or a setting is missing.
    LeftOut,
    /// Every rule holds.
    Passed,
    /// Rules of level MAY are broken.
    Suggested,
    /// Rules of level SHOULD are broken.
    Warned,
    /// Rules of level MUST are broken, or the issuer left nothing to go on with: about the issuer.
    Failed,
    /// It could not be tested: about us, the machine or the configuration.
    Errored,
}

/// A whole run. Its tests are those that it holds, or what stands for them while it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunReport<T = Vec<TestReport>> {
    /// [`SCHEMA`], or [`SCHEMA_BEFORE`] in what an older version wrote.
    pub schema: String,
    /// Who wrote it.
    pub tool: Tool,
    /// The issuer as configured.
    pub issuer: String,
    /// When the run started, RFC 3339.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The verdict of the worst test.
    pub verdict: Verdict,
    /// The counts of all tests.
    pub counts: Counts,
    /// The circumstances a reader needs to judge the run.
    pub environment: Environment,
    /// True if the run was interrupted before all tests had ended.
    #[serde(default)]
    pub interrupted: bool,
    /// After how many seconds the run was ended by `--run-timeout`, if it was; `interrupted` is true then, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_after_s: Option<u32>,
    /// What part of the tests or of the rules was asked for; absent if every rule counts and no earlier run decided which tests to run, and the tests were
    /// not split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// What the user added to the tests and rules of the program (`--tests-from`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnReport>,
    /// What became of the known failures, if the run was given any (`--known`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownReport>,
    /// What differs from an earlier run, if it was held against one (`--baseline`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// The whole runs against the same issuer before it, and itself, if they are kept (`--history`): the oldest first. Empty if there is none to compare
    /// it with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PastRun>,
    /// What many findings and answers have in common. In a file only: once read, each has its own again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Shared>,
    /// The tests in the order of the plan, skipped ones included.
    pub tests: T,
    /// True if an older version wrote it, which said some facts in words only. It is written again as it was.
    #[serde(skip)]
    pub older: bool,
}

impl RunReport {
    /// Makes verdict and counts those of the tests.
    pub fn sum_up(&mut self) {
        self.verdict = self.tests.iter().map(|test| test.verdict).max().unwrap_or_default();
        self.counts = self.tests.iter().fold(Counts::default(), |sum, test| sum.plus(test.counts));
    }

    /// True if it says itself that it holds a part of the tests only: those that failed in an earlier run, or those of a shard.
    pub fn is_of_some_tests(&self) -> bool {
        self.selection.as_ref().is_some_and(|selection| selection.last_failed.is_some() || selection.shard.is_some())
    }

    /// The same with something else in the place of its tests.
    pub fn with_tests<T>(&self, tests: T) -> RunReport<T> {
        RunReport {
            schema: self.schema.clone(),
            tool: self.tool.clone(),
            issuer: self.issuer.clone(),
            started: self.started.clone(),
            duration_ms: self.duration_ms,
            verdict: self.verdict,
            counts: self.counts,
            environment: self.environment.clone(),
            interrupted: self.interrupted,
            ended_after_s: self.ended_after_s,
            selection: self.selection.clone(),
            own: self.own.clone(),
            known: self.known.clone(),
            baseline: self.baseline.clone(),
            history: self.history.clone(),
            shared: self.shared.clone(),
            tests,
            older: self.older,
        }
    }

    /// Which part of the selected tests it holds, if not all of them.
    pub fn shard(&self) -> Option<&Shard> {
        self.selection.as_ref()?.shard.as_ref()
    }
}

/// What many findings and answers of a run have in common, once for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// The rules that were judged, in the order of their first findings.
    #[serde(default)]
    pub rules: Vec<SharedRule>,
    /// The bodies that more than one answer has.
    #[serde(default)]
    pub bodies: Vec<Arc<str>>,
    /// What [`Judged::passed`] is in more than one place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<BTreeMap<String, String>>,
    /// What [`Judged::not_applicable`] is in more than one place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_applicable: Vec<BTreeMap<String, Vec<String>>>,
}

/// What the findings of a rule say, if they say no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedRule {
    /// As [`Finding::rule`].
    pub rule: String,
    /// As [`Finding::own`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// As [`Finding::level`].
    pub level: Level,
    /// As [`Finding::says`].
    pub says: String,
    /// As [`Finding::spec`].
    pub spec: String,
    /// As [`Finding::url`].
    pub url: String,
}

/// Rules that were judged in one place, in the order of [`Shared::rules`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// As [`Finding::step`].
    pub step: usize,
    /// As [`Finding::sentence`].
    pub sentence: usize,
    /// As [`Finding::exchange`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<usize>,
    /// Those that hold, with what was seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passed: BTreeMap<String, String>,
    /// Where they are in [`Shared::passed`] instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_passed: Option<usize>,
    /// Those that have nothing to say, by why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_applicable: BTreeMap<String, Vec<String>>,
    /// Where they are in [`Shared::not_applicable`] instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_not_applicable: Option<usize>,
    /// Those that are in [`TestReport::findings`]: each is the next that is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// What part of the tests or of the rules a run was asked for: it says nothing about the rest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Globs of the rules that count (`--rule`); none means every rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// The mildest level of the rules that count (`--level`); `None` means every level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The earlier run whose failed tests were run again (`--last-failed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failed: Option<LastFailed>,
    /// Which part of the selected tests this is (`--shard`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

impl Selection {
    /// True if not every rule counts.
    pub fn is_of_rules(&self) -> bool {
        !self.rules.is_empty() || self.level.is_some()
    }
}

/// One of the parts that a run was split into: `merge` puts them together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Its number, from 1. The test at place `p` of the whole plan, from 0, is in part `p % of + 1`.
    pub part: u32,
    /// How many parts there are.
    pub of: u32,
    /// How many tests all parts have together.
    pub tests: usize,
    /// A digest over the ids of these tests in the order of the plan, as [`Shard::digest`] makes it: parts of one split have the same.
    pub plan: String,
}

impl Shard {
    /// The digest of a plan whose tests have these ids, `sha256:…`.
    pub fn digest<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
        let lines: String = ids.into_iter().flat_map(|id| [id, "\n"]).collect();
        digest::sha256(lines.as_bytes())
    }
}

/// An earlier run whose failed tests were run again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastFailed {
    /// When it started, RFC 3339.
    pub started: String,
    /// How many tests it had.
    pub tests: usize,
    /// The ids of the tests that failed then and are not part of this run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

/// The program that wrote a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `oa-authtest`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of its rules, as [`crate::rule::catalogue_version`] gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
    /// How many rules it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<usize>,
}

/// The circumstances of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Environment {
    /// The profiles that were selected.
    pub profiles: Vec<String>,
    /// The certification profiles of the OpenID Foundation that the run was asked for (`--certification`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certification: Vec<String>,
    /// How TLS certificates were judged, in words.
    pub tls: String,
    /// True if TLS certificates were verified; `None` only in what an older version wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_verified: Option<bool>,
    /// What logged in: the browser with its version, or `http`.
    pub agent: String,
    /// The redirect URI.
    pub redirect_uri: String,
    /// True if the report holds secrets (`--show-secrets`).
    pub secrets_shown: bool,
    /// True if it was the embedded issuer that was tested (`--demo`): it has another port each time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub embedded: bool,
}

impl Environment {
    /// True if certificates were not verified, so that every report can warn.
    pub fn is_insecure(&self) -> bool {
        self.tls_verified == Some(false)
    }
}

/// How often what came out. All but `errors` and `left_out` count findings; these two count tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Rules that hold; none of a test that was left out, which passes nothing by what it found on the way.
    pub passed: usize,
    /// Broken rules of level MUST.
    pub failures: usize,
    /// Broken rules of level SHOULD.
    pub warnings: usize,
    /// Broken rules of level MAY.
    pub suggestions: usize,
    /// Tests that could not be tested.
    pub errors: usize,
    /// Rules that could not be judged because of an earlier failure.
    pub not_run: usize,
    /// Rules that had nothing to say.
    pub not_applicable: usize,
    /// Broken rules of any level that are known (`--known`): they are counted here and nowhere else.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub known: usize,
    /// Tests that were left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// One test.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TestReport {
    /// `feature/test`.
    pub id: String,
    /// The profile it belongs to.
    pub profile: String,
    /// The title.
    pub title: String,
    /// How it came out.
    pub verdict: Verdict,
    /// Why it was skipped, left out, errored or stopped, for a person who can act on it.
    pub reason: Option<String>,
    /// Why it was skipped, for a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkipKind>,
    /// What is behind it that nothing the test is about could be judged, for a program. A test that failed on the way has it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// True if it had to run (`--require`, `--fail-on-skip`): skipped or left out, it fails the run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// True if it could not be tested because of a bug of this program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bug: bool,
    /// True if it failed or could not be tested at first, and passed when it was run again (`--retries`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
    /// What came of the other attempts at a test that was run more than once (`--retries`), in the order they were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<Attempt>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The feature's category and title: `Authentication / Booking Partner …`.
    pub feature: String,
    /// What the test is about, Markdown.
    pub description: String,
    /// When it started, RFC 3339; empty if it was skipped.
    pub started: String,
    /// The command that runs only this test, secrets left out.
    pub command: String,
    /// The counts of its findings; of a test that was left out, without those that passed.
    pub counts: Counts,
    /// Every rule judged, in order. What other tests have found as well is kept once ([`super::kept`]).
    pub findings: Vec<Arc<Finding>>,
    /// The findings of which there is no more to say than what [`Shared::rules`] does. In a file only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judged: Vec<Judged>,
    /// What was done, in order.
    pub steps: Vec<StepReport>,
    /// What the test did not look at, and why: one sentence each.
    #[serde(default)]
    pub not_tested: Vec<String>,
    /// What the test made at the issuer and could not remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<LeftBehind>,
    /// What logged in, if the test came to a login: the browser with its version, or `HTTP forms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

impl TestReport {
    /// True if the test did not get to what it is about: it was skipped or left out.
    pub fn did_not_run(&self) -> bool {
        self.verdict <= Verdict::LeftOut
    }

    /// True if the test had to run (`--require`, `--fail-on-skip`) and did not.
    pub fn is_missing(&self) -> bool {
        self.required && self.did_not_run()
    }
}

/// An attempt at a test that failed or could not be tested, and that another attempt took the place of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// How it came out.
    pub verdict: Verdict,
    /// Why it could not be tested or broke off; `None` where it failed by its rules alone.
    pub reason: Option<String>,
    /// When it started, RFC 3339.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The rules that were broken in it. Their exchanges are not kept.
    pub broken: Vec<Arc<Finding>>,
}

/// Why a test was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SkipKind {
    /// `--skip` left it out.
    LeftOut,
    /// It lacks settings.
    LacksSettings,
}

impl From<&Skip> for SkipKind {
    fn from(skip: &Skip) -> Self {
        match skip {
            Skip::LeftOut => Self::LeftOut,
            Skip::Lacks(_) => Self::LacksSettings,
        }
    }
}

/// What is behind it that a test or a step was left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "kebab-case")]
pub enum LeftOut {
    /// The issuer does not have it, refused it, or gave nothing to try it with.
    NotOffered,
    /// A setting is missing.
    Lacks {
        /// Its flag: `--client-secret`.
        setting: String,
    },
    /// This program does not understand what it was shown.
    NotUnderstood,
    /// The issuer cannot fetch a document from this machine.
    OutOfReach,
    /// No rule that counts was judged in it (`--rule`, `--level`).
    NoRuleAskedFor,
}

impl LeftOut {
    /// What is behind it, in a few words.
    pub fn words(&self) -> String {
        match self {
            Self::NotOffered => "not offered by the issuer".to_owned(),
            Self::Lacks { setting } => format!("needs the setting {setting}"),
            Self::NotUnderstood => "a page is not understood".to_owned(),
            Self::OutOfReach => "the issuer cannot reach this machine".to_owned(),
            Self::NoRuleAskedFor => "no rule that was asked for is judged in it".to_owned(),
        }
    }
}

/// Something a test made at the issuer that is there still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftBehind {
    /// What it is.
    pub kind: LeftBehindKind,
    /// The client it is, or belongs to.
    pub client_id: String,
    /// Why it could not be removed.
    pub why: String,
}

/// What can be left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftBehindKind {
    /// A registered client.
    Client,
    /// The tokens of one grant.
    Grant,
    /// The login of the end-user.
    Session,
}

impl LeftBehindKind {
    /// What is left behind, for a list: the client's identifier follows.
    pub fn words(self) -> &'static str {
        match self {
            Self::Client => "the client",
            Self::Grant => "a grant of the client",
            Self::Session => "the session of a login to the client",
        }
    }
}

/// `3 clients and 2 grants remain at the issuer`, if any do.
pub fn left_behind<'a>(things: impl Iterator<Item = &'a LeftBehind>) -> Option<String> {
    let kinds: Vec<LeftBehindKind> = things.map(|thing| thing.kind).collect();
    let counted = |(kind, noun)| {
        let n = kinds.iter().filter(|known| **known == kind).count();
        (n > 0).then(|| count(n, noun))
    };
    let parts: Vec<String> = [(LeftBehindKind::Client, "client"), (LeftBehindKind::Grant, "grant"), (LeftBehindKind::Session, "session")]
        .into_iter()
        .filter_map(counted)
        .collect();
    let (last, before) = parts.split_last()?;
    let all = if before.is_empty() { last.clone() } else { format!("{} and {last}", before.join(", ")) };
    Some(format!("{all} {} at the issuer", if kinds.len() == 1 { "remains" } else { "remain" }))
}

/// How one rule came out on one artefact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// True if the rule is one of the user's own (`--tests-from`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Its level in the profile of the test.
    pub level: Level,
    /// For a broken rule whose level depends on the profile: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_note: Option<String>,
    /// The outcome.
    pub outcome: FindingOutcome,
    /// The rule's sentence.
    pub says: String,
    /// Of a broken rule, why it matters: what goes wrong for whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Of a broken rule, how to mend it, for who runs or writes the server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fix: String,
    /// The specification's paragraph.
    pub spec: String,
    /// A link to it.
    pub url: String,
    /// What the specification asks for; empty unless failed.
    pub expected: String,
    /// What was seen; for a rule that was not judged, why.
    pub actual: String,
    /// The index of the step in [`TestReport::steps`].
    pub step: usize,
    /// The index of the sentence in [`StepReport::sentences`].
    #[serde(default)]
    pub sentence: usize,
    /// The number of the exchange it was judged on, in the test.
    pub exchange: Option<usize>,
    /// Why the broken rule is lived with, if it is a known failure: in the words of the file of known failures (`--known`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// What two findings of one rule differ by. Its sentences, which are long, are the same in all of them.
impl Hash for Finding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.rule, self.outcome, &self.actual, self.step, self.exchange).hash(state);
    }
}

impl Finding {
    /// True if the rule is broken and that is not known: what counts against the issuer.
    pub fn is_broken(&self) -> bool {
        self.outcome == FindingOutcome::Failed && self.known.is_none()
    }

    /// True if the rule is broken and that is known.
    pub fn is_known(&self) -> bool {
        self.outcome == FindingOutcome::Failed && self.known.is_some()
    }

    /// The first broken rule of level MUST: that of the earliest step, and the first that was judged there.
    pub fn first_failure(findings: &[Arc<Self>]) -> Option<&Self> {
        findings.iter().map(AsRef::as_ref).filter(|finding| finding.is_broken() && finding.level == Level::Must).min_by_key(|finding| finding.step)
    }
}

/// The outcome of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingOutcome {
    /// The rule holds.
    Passed,
    /// The rule is broken.
    Failed,
    /// The rule has nothing to say.
    NotApplicable,
    /// The rule could not be judged.
    NotRun,
}

/// One step of a test's story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// The heading: `Discovery`, `Authorization Code Flow (first attempt)`.
    pub name: String,
    /// The sentences of the step's specs: `should complete Discovery successfully`. A step that judges nothing has none.
    pub sentences: Vec<String>,
    /// How the step ended.
    pub ended: StepEnd,
    /// What happened, in order.
    pub entries: Vec<Entry>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepEnd {
    /// It was done.
    Done,
    /// Left out on purpose, with the reason.
    LeftOut(String),
    /// The story stopped here because of the issuer, with the reason.
    Stopped(String),
    /// It could not be tested, with the reason.
    Errored(String),
    /// An earlier step stopped the story.
    NotReached,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Entry {
    /// An HTTP request and its response.
    Exchange(Exchange),
    /// A page the browser showed.
    Page(Page),
    /// What reached the redirect URI: the callback's URL, redacted.
    Callback {
        /// Path and query (and fragment), redacted.
        url: String,
    },
    /// Claims of a token, decoded.
    Claims {
        /// What they are the claims of: `id_token`.
        of: String,
        /// The claims, redacted.
        claims: serde_json::Value,
        /// The JOSE header of the token, redacted; `None` where it is not known, as in what an older version wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<serde_json::Value>,
    },
    /// A remark in Markdown that holds no text of the issuer's.
    Note {
        /// The text.
        text: String,
    },
}

/// An HTTP exchange as handed to the HTTP library and as received, redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// The number of the exchange within its test, from 0.
    pub number: usize,
    /// What it was for: `Discovery`, `Token`.
    pub title: String,
    /// The request's method.
    pub method: String,
    /// The request's URL.
    pub url: String,
    /// The request's headers, names in lower case.
    pub request_headers: Vec<(String, String)>,
    /// The request's body, if it had one.
    pub request_body: Option<String>,
    /// The response, or why there was none.
    pub response: Result<ExchangeResponse, String>,
    /// From sending the request to the end of the body, in milliseconds.
    pub duration_ms: u64,
    /// True if the user agent sent it, and only what is judged of it was seen: neither the bodies nor the time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_user_agent: bool,
}

/// The response of an exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeResponse {
    /// The HTTP status code.
    pub status: u16,
    /// The headers, names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body as text (lossily if it is not UTF-8), redacted. What other answers have as well is kept once ([`super::kept`]).
    pub body: Arc<str>,
    /// Where in [`Shared::bodies`] the body is that is not in `body`. In a file only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_body: Option<usize>,
    /// The size of the body as received, in bytes.
    pub size: usize,
}

/// A page the user agent was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// What it was taken for: `Login page`, `Consent page`, `Error page`, …
    pub title: String,
    /// The title of its document, redacted and cut to [`MOST_TITLE`] bytes; `None` where it has none, and in what an older version wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_title: Option<String>,
    /// Its address, redacted.
    pub url: String,
    /// The HTTP status it came with, where that could be seen.
    pub status: Option<u16>,
    /// Why it was taken for that, and what was done on it, in words of this program.
    pub note: String,
    /// The screenshot's file, relative to the report directory, if there is one.
    pub screenshot: Option<String>,
    /// The page's source where something went wrong, redacted and cut to 100 KB.
    pub source: Option<String>,
}

impl Counts {
    /// Counts findings.
    pub fn of(findings: &[impl Borrow<Finding>]) -> Self {
        let mut counts = Self::default();
        for finding in findings.iter().map(Borrow::borrow) {
            match (finding.outcome, finding.level) {
                (FindingOutcome::Passed, _) => counts.passed += 1,
                (FindingOutcome::Failed, _) if finding.known.is_some() => counts.known += 1,
                (FindingOutcome::Failed, Level::Must) => counts.failures += 1,
                (FindingOutcome::Failed, Level::Should) => counts.warnings += 1,
                (FindingOutcome::Failed, Level::May) => counts.suggestions += 1,
                (FindingOutcome::NotApplicable, _) => counts.not_applicable += 1,
                (FindingOutcome::NotRun, _) => counts.not_run += 1,
            }
        }
        counts
    }

    /// Adds another count to this one.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failures: self.failures + other.failures,
            warnings: self.warnings + other.warnings,
            suggestions: self.suggestions + other.suggestions,
            errors: self.errors + other.errors,
            not_run: self.not_run + other.not_run,
            not_applicable: self.not_applicable + other.not_applicable,
            known: self.known + other.known,
            left_out: self.left_out + other.left_out,
        }
    }

    /// The same for a test that was left out: what holds on the way to what it is about is no pass of it.
    #[must_use]
    pub fn of_left_out(self) -> Self {
        Self { passed: 0, left_out: 1, ..self }
    }

    /// The verdict these counts of one test alone amount to. A broken MUST on the way of a test that was left out counts; what is milder is said
    /// beside it.
    pub fn verdict(self) -> Verdict {
        if self.errors > 0 {
            Verdict::Errored
        } else if self.failures > 0 {
            Verdict::Failed
        } else if self.left_out > 0 {
            Verdict::LeftOut
        } else if self.warnings > 0 {
            Verdict::Warned
        } else if self.suggestions > 0 {
            Verdict::Suggested
        } else if self.passed > 0 || self.known > 0 {
            Verdict::Passed
        } else {
            Verdict::Skipped
        }
    }
}
