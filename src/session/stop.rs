//! Why a step was not taken to its end, and whether the story goes on after it.

use thiserror::Error;

use crate::config::setting::Setting;
use crate::http::Unreachable;
use crate::redact::Redactor;
use crate::result::model::LeftOut;
use crate::text::problem::Problem;
use crate::text::words::Words;

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
    #[error("{reason}")]
    LeftOut {
        /// What is behind it, for a program.
        cause: LeftOut,
        /// Why, for a person who can act on it.
        reason: Words,
    },
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

    /// [`Stop::LeftOut`] because of what the issuer has, says or did.
    pub fn not_offered(reason: impl Into<Words>) -> Self {
        Self::LeftOut { cause: LeftOut::NotOffered, reason: reason.into() }
    }

    /// The same where something holds.
    pub(crate) fn not_offered_if(holds: bool, reason: impl Into<Words>) -> Result<(), Self> {
        if holds { Err(Self::not_offered(reason)) } else { Ok(()) }
    }

    /// [`Stop::LeftOut`] for lack of a setting; the reason goes on with how to give it.
    pub(crate) fn lacks(setting: &Setting, why: &str) -> Self {
        Self::lacks_saying(setting, Words::ours(format!("{why}: set {setting}")))
    }

    /// [`Stop::LeftOut`] for lack of a setting, where the reason says itself what to do.
    pub(crate) fn lacks_saying(setting: &Setting, reason: impl Into<Words>) -> Self {
        Self::LeftOut { cause: LeftOut::Lacks { setting: setting.flag.to_owned() }, reason: reason.into() }
    }

    /// [`Stop::LeftOut`] because this program does not understand what it was shown.
    pub(crate) fn not_understood(reason: impl Into<Words>) -> Self {
        Self::LeftOut { cause: LeftOut::NotUnderstood, reason: reason.into() }
    }

    /// [`Stop::LeftOut`] because the browser keeps something from the issuer's page.
    pub(crate) fn hidden_by_browser(reason: impl Into<Words>) -> Self {
        Self::LeftOut { cause: LeftOut::HiddenByBrowser, reason: reason.into() }
    }

    /// [`Stop::LeftOut`] where the issuer cannot fetch a document from this machine.
    pub(crate) fn out_of_reach_if(holds: bool, reason: impl Into<Words>) -> Result<(), Self> {
        if holds { Err(Self::LeftOut { cause: LeftOut::OutOfReach, reason: reason.into() }) } else { Ok(()) }
    }

    /// What is wrong, in either case.
    pub fn problem(self) -> Problem {
        match self {
            Self::Issuer(problem) | Self::Untestable(problem) => problem,
            Self::Bug(_) | Self::LeftOut { .. } => Problem::new(self.to_string()),
        }
    }

    /// True where the issuer refused what the client may not do, and nothing is wrong with its credentials.
    pub(crate) fn is_about_grant(&self) -> bool {
        matches!(self, Self::LeftOut { cause: LeftOut::NotOffered, .. })
    }

    /// The same without the secrets in it: it may quote the issuer, and the issuer may quote what it was sent.
    #[must_use]
    pub fn redacted(self, redactor: &Redactor) -> Self {
        match self {
            Self::Issuer(problem) => Self::Issuer(problem.map(|words| redactor.words(words))),
            Self::Untestable(problem) => Self::Untestable(problem.map(|words| redactor.words(words))),
            Self::Bug(what) => Self::Bug(redactor.text(&what)),
            Self::LeftOut { cause, reason } => Self::LeftOut { cause, reason: redactor.words(&reason) },
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
    /// It; without it the step is left out because of the issuer.
    fn or_not_offered(self, reason: impl Into<Words>) -> Result<T, Stop>;

    /// It; without it the step is left out for lack of a setting, and the reason goes on with how to give that.
    fn or_lacks(self, setting: &Setting, why: &str) -> Result<T, Stop>;
}

impl<T> OrLeftOut<T> for Option<T> {
    fn or_not_offered(self, reason: impl Into<Words>) -> Result<T, Stop> {
        self.ok_or_else(|| Stop::not_offered(reason))
    }

    fn or_lacks(self, setting: &Setting, why: &str) -> Result<T, Stop> {
        self.ok_or_else(|| Stop::lacks(setting, why))
    }
}

/// The [`Stop::Bug`] of a step that does not find what it needs though the plan proves that it does.
pub fn missing(what: &str) -> Stop {
    Stop::Bug(format!("{what} is missing though the plan proved it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::setting;

    #[test]
    fn a_missing_setting_is_named_with_what_to_do() {
        let Err(Stop::LeftOut { cause, reason }) = None::<()>.or_lacks(&setting::RESOURCE_URL, "no resource is configured") else {
            panic!("it is not left out")
        };
        assert_eq!(cause, LeftOut::Lacks { setting: "--resource-url".to_owned() });
        assert_eq!(reason, "no resource is configured: set --resource-url, OA_AUTHTEST_RESOURCE_URL or [resource] url in oa-authtest.toml");
    }
}
