//! What judging one rule on one artefact comes to.

use serde::{Deserialize, Serialize};

use crate::text::words::Words;

/// The judgement of a rule: what was seen where it holds, else why it does not or cannot be judged. A judge reads what it needs with `?`.
pub type Judgement = Result<Seen, Unmet>;

/// What was seen of a rule that holds, short enough for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen(pub Words);

/// Why a rule does not hold, or was not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmet {
    /// The rule is broken.
    Broken {
        /// What the specification asks for, in words or as the value.
        expected: Words,
        /// What was there instead.
        actual: Words,
        /// The two issuers, where the one that was named is not the one that was expected.
        issuers: Option<Box<IssuerPair>>,
    },
    /// The rule has nothing to say about this artefact (an optional member that is absent, say).
    NotApplicable {
        /// Why it does not apply.
        reason: Words,
    },
    /// The rule could not be judged because another rule failed first.
    NotRun {
        /// The root cause: usually another rule's id.
        because: String,
    },
}

/// An issuer identifier beside the one that was expected in its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerPair {
    /// The one that was expected.
    pub expected: String,
    /// The one that was named.
    pub seen: String,
}

impl Unmet {
    /// The rule is broken: this was asked for, that was there.
    pub fn broken(expected: impl Into<Words>, actual: impl Into<Words>) -> Self {
        Self::Broken { expected: expected.into(), actual: actual.into(), issuers: None }
    }

    /// The rule has nothing to say here.
    pub fn not_applicable(reason: impl Into<Words>) -> Self {
        Self::NotApplicable { reason: reason.into() }
    }

    /// The rule could not be judged because of an earlier one.
    pub fn not_run(because: impl Into<String>) -> Self {
        Self::NotRun { because: because.into() }
    }
}

/// The rule holds, and this was seen.
///
/// # Errors
/// None: it is a judgement like the others here.
pub fn pass(actual: impl Into<Words>) -> Judgement {
    Ok(Seen(actual.into()))
}

/// The rule is broken: this was asked for, that was there.
///
/// # Errors
/// Always [`Unmet::Broken`].
pub fn fail<T>(expected: impl Into<Words>, actual: impl Into<Words>) -> Result<T, Unmet> {
    Err(Unmet::broken(expected, actual))
}

/// The rule has nothing to say here.
///
/// # Errors
/// Always [`Unmet::NotApplicable`].
pub fn not_applicable<T>(reason: impl Into<Words>) -> Result<T, Unmet> {
    Err(Unmet::not_applicable(reason))
}

/// The rule could not be judged because of an earlier one.
///
/// # Errors
/// Always [`Unmet::NotRun`].
pub fn not_run<T>(because: impl Into<String>) -> Result<T, Unmet> {
    Err(Unmet::not_run(because))
}

/// True if the rule is broken.
pub fn is_broken(judgement: &Judgement) -> bool {
    matches!(judgement, Err(Unmet::Broken { .. }))
}
