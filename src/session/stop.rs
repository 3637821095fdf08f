//! Why a step was not taken to its end, and whether the story goes on after it.

use thiserror::Error;

use crate::http::Unreachable;
use crate::redact::Redactor;
use crate::text::problem::Problem;

/// Why a step was not taken to its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Stop {
    /// The issuer left nothing to go on with: its fault.
    #[error("{0}")]
    Issuer(Problem),
    /// It could not be tested: the configuration or the machine.
    #[error("{0}")]
    Untestable(Problem),
    /// It could not be tested because of a bug of this program.
    #[error("a bug in oa-authtest: {0}")]
    Bug(String),
    /// Only this step cannot be taken, for lack of what it needs: it is left out, and the story goes on.
    #[error("{0}")]
    LeftOut(String),
}

impl Stop {
    /// [`Stop::Issuer`].
    pub fn issuer(problem: impl Into<Problem>) -> Self {
        Self::Issuer(problem.into())
    }

    /// [`Stop::Untestable`].
    pub fn untestable(problem: impl Into<Problem>) -> Self {
        Self::Untestable(problem.into())
    }

    /// [`Stop::LeftOut`].
    pub fn left_out(reason: impl Into<String>) -> Self {
        Self::LeftOut(reason.into())
    }

    /// [`Stop::LeftOut`] where something holds.
    pub(crate) fn left_out_if(holds: bool, reason: impl Into<String>) -> Result<(), Self> {
        if holds { Err(Self::left_out(reason)) } else { Ok(()) }
    }

    /// What is wrong, in either case.
    pub fn problem(self) -> Problem {
        match self {
            Self::Issuer(problem) | Self::Untestable(problem) => problem,
            Self::Bug(_) | Self::LeftOut(_) => Problem::new(self.to_string()),
        }
    }

    /// The same without the secrets in it: it may quote the issuer, and the issuer may quote what it was sent.
    #[must_use]
    pub fn redacted(self, redactor: &Redactor) -> Self {
        match self {
            Self::Issuer(problem) => Self::Issuer(problem.map(|text| redactor.text(text))),
            Self::Untestable(problem) => Self::Untestable(problem.map(|text| redactor.text(text))),
            Self::Bug(what) => Self::Bug(redactor.text(&what)),
            Self::LeftOut(reason) => Self::LeftOut(redactor.text(&reason)),
        }
    }
}

impl From<Unreachable> for Stop {
    fn from(unreachable: Unreachable) -> Self {
        Self::Untestable(unreachable.into())
    }
}

/// What a step cannot do without, if it is there.
pub(crate) trait OrLeftOut<T> {
    /// It; without it the step is left out.
    fn or_left_out(self, reason: impl Into<String>) -> Result<T, Stop>;
}

impl<T> OrLeftOut<T> for Option<T> {
    fn or_left_out(self, reason: impl Into<String>) -> Result<T, Stop> {
        self.ok_or_else(|| Stop::left_out(reason))
    }
}

/// The [`Stop::Bug`] of a step that does not find what it needs though the plan proves that it does.
pub fn missing(what: &str) -> Stop {
    Stop::Bug(format!("{what} is missing though the plan proved it"))
}
