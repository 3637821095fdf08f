//! What judging a rule on an artefact came to, as results have it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::rule::Level;
use crate::rule::judgement::IssuerPair;

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
    /// The index of the step in [`TestReport::steps`](super::TestReport::steps).
    pub step: usize,
    /// The index of the sentence in [`StepReport::sentences`](super::StepReport::sentences).
    #[serde(default)]
    pub sentence: usize,
    /// The number of the exchange it was judged on, in the test.
    pub exchange: Option<usize>,
    /// Of a broken rule about the issuer that something names: that issuer, and the one that was expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuers: Option<IssuerPair>,
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
    /// A finding of a rule of which nothing more is known.
    pub fn new(rule: impl Into<String>, level: Level, outcome: FindingOutcome) -> Self {
        Self {
            rule: rule.into(),
            own: false,
            level,
            level_note: None,
            outcome,
            says: String::new(),
            why: String::new(),
            fix: String::new(),
            spec: String::new(),
            url: String::new(),
            expected: String::new(),
            actual: String::new(),
            step: 0,
            sentence: 0,
            exchange: None,
            issuers: None,
            known: None,
        }
    }

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
