//! The marks of reports: what stands before a verdict, a finding or a warning.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::result::baseline::RuleState;
use crate::result::model::{Counts, Finding, FindingOutcome, Verdict};
use crate::rule::Level;

/// A mark. Serialized for the templates, it is an object with its `sign`, its `class` in HTML and its `words`; displayed, it is its sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A rule holds, or a test passed.
    Passed,
    /// A rule of level MUST is broken.
    Failure,
    /// A rule of level SHOULD is broken; also a warning to the reader.
    Warning,
    /// A rule of level MAY is broken.
    Suggestion,
    /// Something could not be tested.
    Error,
    /// A rule could not be judged, or a step was not reached.
    NotRun,
    /// A rule does not apply.
    NotApplicable,
    /// A test was skipped, or a step not taken.
    Skipped,
    /// A test or a step was left out: what it needs is not offered, or not configured.
    LeftOut,
    /// A known failure (`--known`).
    Known,
    /// A test or a run that goes on.
    Running,
    /// A test or a run that has not begun.
    Waiting,
}

impl Mark {
    /// The mark of a verdict beside its counts: nothing but known failures is not quite a pass.
    pub fn of(verdict: Verdict, counts: Counts) -> Self {
        if verdict == Verdict::Passed && counts.known > 0 { Self::Known } else { Self::of_verdict(verdict) }
    }

    /// The mark of a verdict.
    pub fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Skipped => Self::Skipped,
            Verdict::LeftOut => Self::LeftOut,
            Verdict::Passed => Self::Passed,
            Verdict::Suggested => Self::Suggestion,
            Verdict::Warned => Self::Warning,
            Verdict::Failed => Self::Failure,
            Verdict::Errored => Self::Error,
        }
    }

    /// The mark of a broken rule.
    pub fn of_level(level: Level) -> Self {
        match level {
            Level::Must => Self::Failure,
            Level::Should => Self::Warning,
            Level::May => Self::Suggestion,
        }
    }

    /// The mark of a finding.
    pub fn of_finding(finding: &Finding) -> Self {
        match finding.outcome {
            FindingOutcome::Failed if finding.known.is_some() => Self::Known,
            FindingOutcome::Failed => Self::of_level(finding.level),
            FindingOutcome::Passed => Self::Passed,
            FindingOutcome::NotApplicable => Self::NotApplicable,
            FindingOutcome::NotRun => Self::NotRun,
        }
    }

    /// The mark of what a rule was or is.
    pub fn of_state(state: RuleState) -> Self {
        match state {
            RuleState::Holds => Self::Passed,
            RuleState::NotRun => Self::NotRun,
            RuleState::Suggestion => Self::Suggestion,
            RuleState::Warning => Self::Warning,
            RuleState::Failure => Self::Failure,
        }
    }

    /// Every mark.
    pub const ALL: [Self; 10] = [
        Self::Passed,
        Self::Failure,
        Self::Warning,
        Self::Suggestion,
        Self::Error,
        Self::NotRun,
        Self::NotApplicable,
        Self::Skipped,
        Self::LeftOut,
        Self::Known,
    ];

    /// Its sign in text.
    pub fn sign(self) -> &'static str {
        self.forms().0
    }

    /// Its words.
    pub fn words(self) -> &'static str {
        self.forms().2
    }

    /// Its class in HTML.
    pub fn class(self) -> &'static str {
        self.forms().1
    }

    /// Its sign in text, its class in HTML, and its words.
    fn forms(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Passed => ("✅", "passed", "passed"),
            Self::Failure => ("❌", "failure", "failure"),
            Self::Warning => ("⚠️", "warning", "warning"),
            Self::Suggestion => ("📝", "suggestion", "suggestion"),
            Self::Error => ("💥", "error", "error"),
            Self::NotRun => ("⏸", "not-run", "not run"),
            Self::NotApplicable => ("➖", "not-applicable", "not applicable"),
            Self::Skipped => ("⏭", "skipped", "skipped"),
            Self::LeftOut => ("⬜", "left-out", "left out"),
            Self::Known => ("🟡", "known", "known failure"),
            Self::Running => ("⏳", "running", "running"),
            Self::Waiting => ("🕓", "waiting", "waiting"),
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sign())
    }
}

impl Serialize for Mark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Forms {
            sign: &'static str,
            class: &'static str,
            words: &'static str,
        }
        let (sign, class, words) = self.forms();
        Forms { sign, class, words }.serialize(serializer)
    }
}
