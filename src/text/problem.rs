//! What is wrong, and what to do about it: one sentence in a message, two parts where a reader is shown them apart.

use std::fmt;

use super::words::Words;

/// What is wrong and, where that is known, what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub says: Words,
    /// What to do about it.
    pub hint: Option<Words>,
    /// What stands between the two in a message.
    joint: &'static str,
}

impl Problem {
    /// A problem about which nothing is known to do.
    pub fn new(says: impl Into<Words>) -> Self {
        Self { says: says.into(), hint: None, joint: "" }
    }

    /// The same problem with what to do about it, which a message joins with `joint`.
    #[must_use]
    pub fn with_hint(self, joint: &'static str, hint: impl Into<Words>) -> Self {
        Self { hint: Some(hint.into()), joint, ..self }
    }

    /// The same problem with both texts changed, to redact them.
    #[must_use]
    pub fn map(self, change: impl Fn(&Words) -> Words) -> Self {
        Self { says: change(&self.says), hint: self.hint.map(|hint| change(&hint)), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.says, self.joint, self.hint.as_ref().map_or("", Words::as_str))
    }
}

impl From<String> for Problem {
    fn from(says: String) -> Self {
        Self::new(says)
    }
}

impl From<Words> for Problem {
    fn from(says: Words) -> Self {
        Self::new(says)
    }
}

impl From<&'static str> for Problem {
    fn from(says: &'static str) -> Self {
        Self::new(says)
    }
}
