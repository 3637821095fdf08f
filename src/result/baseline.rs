//! What differs from an earlier run (`--baseline`), rule by rule and test by test.

use serde::{Deserialize, Serialize};

use crate::rule::Level;

/// An earlier run, and what differs from it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The name of the file of its results, without its folder.
    pub file: String,
    /// When it started, RFC 3339.
    pub started: String,
    /// What makes the two runs hard to compare: a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The rules that are or were broken, or that cannot be judged any more; a rule that changed in two ways is there twice.
    pub rules: Vec<ChangedRule>,
    /// The tests that ran in one of the two runs only, or not as far as in the other.
    pub tests: Vec<ChangedTest>,
    /// How many tests of the earlier run are not part of this one because it was asked for some tests only (`--test`, `--last-failed`, `--shard`): nothing is said
    /// about them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_asked_for: usize,
    /// How many changes there are beside those that are listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// A rule, what it was and is, and the tests in which that is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedRule {
    /// What became of it.
    pub change: RuleChange,
    /// The rule's id.
    pub rule: String,
    /// The rule's sentence.
    pub says: String,
    /// What it was in the earlier run; `None` if it was not judged there.
    pub before: Option<RuleState>,
    /// What it is in this one; `None` if it is not judged here.
    pub after: Option<RuleState>,
    /// The ids of the tests.
    pub tests: Vec<String>,
}

/// What became of a rule in a test since the earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleChange {
    /// It is broken, and was not: it held, was not judged, or there was no such test.
    NewlyBroken,
    /// It is broken at a higher level.
    Worse,
    /// It was broken, and holds.
    Mended,
    /// It is broken at a lower level.
    Milder,
    /// It held or was broken, and cannot be judged any more; or it was broken, and is not judged any more.
    NotJudged,
    /// It is broken as it was.
    StillBroken,
}

impl RuleChange {
    /// What became of a rule that was this before, and is that after; `None` if it is not broken and was not.
    pub fn between(before: Option<RuleState>, after: Option<RuleState>) -> Option<Self> {
        let is_broken = |state: Option<RuleState>| state.is_some_and(RuleState::is_broken);
        match (is_broken(before), is_broken(after)) {
            (false, true) => Some(Self::NewlyBroken),
            (true, true) if after > before => Some(Self::Worse),
            (true, true) if after < before => Some(Self::Milder),
            (true, true) => Some(Self::StillBroken),
            (true, false) if after == Some(RuleState::Holds) => Some(Self::Mended),
            (true, false) => Some(Self::NotJudged),
            (false, false) => (before == Some(RuleState::Holds) && after == Some(RuleState::NotRun)).then_some(Self::NotJudged),
        }
    }
}

/// How a rule came out in a test as a whole, the best first: one broken artefact among many makes it broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleState {
    /// It had nothing to say, or holds.
    Holds,
    /// It could not be judged.
    NotRun,
    /// It is broken, and of level MAY.
    Suggestion,
    /// It is broken, and of level SHOULD.
    Warning,
    /// It is broken, and of level MUST.
    Failure,
}

impl RuleState {
    /// The state of a broken rule of a level.
    pub fn broken(level: Level) -> Self {
        match level {
            Level::May => Self::Suggestion,
            Level::Should => Self::Warning,
            Level::Must => Self::Failure,
        }
    }

    /// True if the rule is broken.
    pub fn is_broken(self) -> bool {
        self >= Self::Suggestion
    }

    /// The state in words: `holds`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::NotRun => "not run",
            Self::Suggestion => "suggestion",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

/// A test, or a step of one, that ran in one of the two runs only, or not as far as in the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedTest {
    /// What became of it.
    pub change: TestChange,
    /// The test's id.
    pub test: String,
    /// The heading of the step, if only a step of the test is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Why, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of a test since the earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestChange {
    /// It ran, and is skipped, left out or missing now.
    NoLongerRun,
    /// One of its steps was taken, and is left out now.
    NoLongerWhole,
    /// It came to its end, and does not any more.
    BreaksOff,
    /// It is there for the first time.
    New,
    /// It comes to its end, which it did not.
    Completed,
    /// It was left out, and is not any more.
    NoLongerLeftOut,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_rule_follows_from_what_it_was_and_is() {
        use RuleChange::{Mended, Milder, NewlyBroken, NotJudged, StillBroken, Worse};
        use RuleState::{Failure, Holds, NotRun, Suggestion, Warning};
        for (before, after, change) in [
            (None, Some(Failure), Some(NewlyBroken)),
            (Some(Holds), Some(Suggestion), Some(NewlyBroken)),
            (Some(NotRun), Some(Warning), Some(NewlyBroken)),
            (Some(Warning), Some(Failure), Some(Worse)),
            (Some(Failure), Some(Warning), Some(Milder)),
            (Some(Failure), Some(Holds), Some(Mended)),
            (Some(Failure), Some(NotRun), Some(NotJudged)),
            (Some(Failure), None, Some(NotJudged)),
            (Some(Holds), Some(NotRun), Some(NotJudged)),
            (Some(Failure), Some(Failure), Some(StillBroken)),
            (Some(NotRun), Some(Holds), None),
            (Some(Holds), None, None),
            (None, Some(NotRun), None),
        ] {
            assert_eq!(RuleChange::between(before, after), change, "{before:?} {after:?}");
        }
    }
}
