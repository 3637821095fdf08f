//! One test: how it came out, why it was skipped or left out, and what it left behind at the issuer.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Counts, Finding, Judged, StepReport, Verdict};
use crate::feature::plan::Skip;
use crate::text::count;

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
    /// Every rule judged, in order. What other tests have found as well is kept once ([`crate::result::kept`]).
    pub findings: Vec<Arc<Finding>>,
    /// The findings of which there is no more to say than what [`Shared::rules`](super::Shared::rules) does. In a file only.
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
    /// The browser keeps from a page of the issuer what it needs to answer.
    HiddenByBrowser,
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
            Self::HiddenByBrowser => "the browser hides something from a page".to_owned(),
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
