//! What `issuers.json` holds: what came of a run with several issuers, beside the results of each. Plain data.

use serde::{Deserialize, Serialize};

use super::model::{Tool, Verdict};
use crate::rule::Level;

/// The name and version of the format, the value of `schema`.
pub const SCHEMA: &str = "oa-authtest/issuers/1";

/// A run with several issuers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuersReport {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Who wrote it.
    pub tool: Tool,
    /// When the run started, RFC 3339.
    pub started: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The exit code of the program.
    pub exit_code: u8,
    /// Why it is this one: a sentence without a full stop.
    pub because: String,
    /// True if the run was interrupted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// The names of the issuers that the configuration has and that were not selected (`--issuer-name`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_selected: Vec<String>,
    /// The issuers, in the order of the configuration.
    pub issuers: Vec<IssuerResult>,
    /// Every rule that is broken at one of them at least, the worst first.
    pub rules: Vec<RuleRow>,
    /// Every test that is part of the run of one of them.
    pub tests: Vec<TestRow>,
}

/// How the test of an issuer came out; ordered, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What was tested holds.
    Conformant,
    /// The selection of tests leaves nothing to run for it.
    NothingToRun,
    /// The run was interrupted before.
    NotBegun,
    /// Every test was skipped or left out.
    NothingTested,
    /// No test could be begun.
    NotTested,
    /// Nothing failed, and a test could not be tested.
    NotFullyTested,
    /// A rule of level MUST is broken, or a test failed.
    NotConformant,
}

impl Outcome {
    /// Its words, in lower case.
    pub fn words(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NothingToRun => "nothing to run",
            Self::NotBegun => "not begun",
            Self::NothingTested => "nothing tested",
            Self::NotTested => "not tested",
            Self::NotFullyTested => "not fully tested",
            Self::NotConformant => "not conformant",
        }
    }
}

/// What came of one issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerResult {
    /// Its name, and that of the folder of its reports.
    pub name: String,
    /// The issuer; `None` where it was not found out.
    pub issuer: Option<String>,
    /// How it came out.
    pub outcome: Outcome,
    /// The same in a sentence: the headline of its run, or why there was none.
    pub says: String,
    /// What a run of this issuer alone would have ended with; `None` if there was nothing to run, or it was not begun.
    pub exit_code: Option<u8>,
    /// The verdict of its worst test, if it has results.
    pub verdict: Option<Verdict>,
    /// When its tests started, RFC 3339.
    pub started: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How many rules came out how.
    pub rules: RuleCounts,
    /// How many tests came out how.
    pub tests: TestCounts,
    /// What a reader of its results must know before anything else: a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Its results, relative to this file; `None` if there are none.
    pub results: Option<String>,
    /// What a person reads of it, relative to this file; `None` if there is nothing.
    pub report: Option<String>,
}

/// How many different rules came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleCounts {
    /// Broken rules of level MUST.
    pub must: usize,
    /// Broken rules of level SHOULD.
    pub should: usize,
    /// Broken rules of level MAY.
    pub may: usize,
    /// Broken rules that are known (`--known`); they are counted nowhere else.
    pub known: usize,
    /// Rules that were judged.
    pub checked: usize,
}

/// How many tests came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestCounts {
    /// Tests that say something about the issuer: they were neither skipped nor left out, and could be tested.
    pub run: usize,
    /// Of these, tests that passed only when they were run again.
    pub flaky: usize,
    /// Tests that could not be tested.
    pub errored: usize,
    /// Tests that were left out.
    pub left_out: usize,
    /// Tests that were skipped.
    pub skipped: usize,
}

/// A rule at each issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleRow {
    /// The rule's id.
    pub rule: String,
    /// The highest level that it is broken at.
    pub level: Level,
    /// The rule's sentence.
    pub says: String,
    /// The specification's paragraph.
    pub spec: String,
    /// A link to it.
    pub url: String,
    /// How it came out at each issuer that has results, in the order of the issuers.
    pub issuers: Vec<RuleAt>,
}

/// A rule at one issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleAt {
    /// The name of the issuer.
    pub issuer: String,
    /// How it came out in all its tests together.
    pub state: RuleAtIssuer,
    /// The highest level that it is broken at, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The tests that it is broken in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<String>,
}

/// How a rule came out in all the tests of an issuer together; ordered, so that a roll-up is `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleAtIssuer {
    /// No test came to it.
    NotJudged,
    /// It had nothing to say.
    NotApplicable,
    /// It could not be judged because of an earlier failure.
    NotRun,
    /// It holds.
    Passed,
    /// It is broken, and that is known.
    Known,
    /// It is broken.
    Broken,
}

/// A test at each issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestRow {
    /// `feature/test`.
    pub id: String,
    /// The profile it belongs to.
    pub profile: String,
    /// The title.
    pub title: String,
    /// How it came out at each issuer whose run has it, in the order of the issuers.
    pub issuers: Vec<TestAt>,
}

/// A test at one issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestAt {
    /// The name of the issuer.
    pub issuer: String,
    /// How it came out.
    pub verdict: Verdict,
    /// True if it passed only when it was run again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
}
