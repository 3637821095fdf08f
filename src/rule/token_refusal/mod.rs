//! Rules about error responses of the token endpoint (RFC 6749 5.2).

use crate::rule::attack::Attack;
use crate::rule::prelude::*;
use crate::rule::refresh_practice::WIDER;

mod codes;
mod form;
pub mod shape;
#[cfg(test)]
mod tests;

/// Why a token request had to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provocation {
    /// A code the issuer never gave.
    UnknownCode,
    /// A refresh token the issuer never gave.
    UnknownRefreshToken,
    /// A `grant_type` that does not exist.
    UnsupportedGrant,
    /// No `grant_type`.
    MissingGrantType,
    /// The grant of a code without a code.
    MissingCode,
    /// A client secret that is not the client's.
    WrongSecret,
    /// An attack, of which a rule of its own says that it is refused.
    Attack(Attack),
    /// A client that does not authenticate as it must, and the rule that says that it is refused.
    Credentials(&'static str),
    /// A request that a rule of its own judges the answer to: here only its form counts.
    Elsewhere,
    /// A refresh for more scope than was granted, of which a rule of its own says that it is not given.
    WiderScope,
}

impl Provocation {
    /// What was sent, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::UnknownCode => "a code the issuer never gave",
            Self::UnknownRefreshToken => "a refresh token the issuer never gave",
            Self::UnsupportedGrant => "a grant type that does not exist",
            Self::MissingGrantType => "no grant type",
            Self::MissingCode => "no code",
            Self::WrongSecret => "a wrong client secret",
            Self::Attack(attack) => attack.says(),
            Self::Credentials(_) => "bad client credentials",
            Self::Elsewhere => "a request that another rule judges",
            Self::WiderScope => "a wider scope",
        }
    }

    /// True where it is the client's authentication that fails.
    fn is_failed_authentication(self) -> bool {
        match self {
            Self::Attack(attack) => attack.is_failed_authentication(),
            other => matches!(other, Self::WrongSecret | Self::Credentials(_)),
        }
    }

    /// The rule that says that it is refused.
    fn rule(self) -> &'static str {
        match self {
            Self::Attack(attack) => attack.rule(),
            Self::Credentials(rule) => rule,
            Self::WiderScope => WIDER,
            _ => REFUSED,
        }
    }
}

/// The answer to a token request that had to be refused.
#[derive(Debug, Clone)]
pub struct TokenRefusal {
    /// The response, whatever its status.
    pub response: Received,
    /// What was wrong with the request.
    pub provocation: Provocation,
    /// True if the request carried an `Authorization` header.
    pub by_header: bool,
    /// True for a request with a made-up code, or without one, where the metadata do not say that codes are exchanged: then they may not be (RFC 8414 2).
    pub grant_unlisted: bool,
}

impl Artefact for TokenRefusal {
    const RULES: &'static [&'static [Check<Self>]] = &[form::RULES, codes::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "token-error",
        what: "The answer to a token request that has to be refused.",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS],
    });
    fn view(&self) -> View {
        View::of_answer(&self.refusal(), self.members())
    }
}

/// The rule that says it where a refusal has a status of success.
pub const REFUSED: &str = "token-error/refused";
const HTTP_400: &str = "token-error/http-400";
const JSON_OBJECT: &str = "token-error/json-object";
const ERROR_PRESENT: &str = "token-error/error-present";
const ERROR_CHARSET: &str = "token-error/error-charset";
const STRINGS: &str = "token-error/members-strings";
const INVALID_CLIENT: &str = "token-error/invalid-client";

impl TokenRefusal {
    /// The response, if it is a refusal.
    fn refusal(&self) -> Result<&Received, Unmet> {
        not_busy(&self.response)?;
        needs(!self.response.is_success(), REFUSED)?;
        Ok(&self.response)
    }

    /// True where the request has two faults, and the error names the other one: with a wrong secret goes a code that the issuer never gave, for a grant that it may
    /// not have. With a good code the same secret is tried elsewhere ([`Attack::WrongClientSecret`]).
    fn has_two_faults(&self) -> bool {
        let is_about_grant = match error_code(&self.response) {
            Some("invalid_grant") => true,
            Some("unsupported_grant_type") => self.grant_unlisted,
            _ => false,
        };
        self.provocation == Provocation::WrongSecret && is_about_grant
    }

    /// The members of a refusal.
    fn members(&self) -> Result<&Map<String, Value>, Unmet> {
        self.refusal()?.members().ok_or_else(|| Unmet::not_run(JSON_OBJECT))
    }

    /// The error code, whatever its characters.
    fn any_error(&self) -> Result<&str, Unmet> {
        text(self.members()?, "error").ok_or_else(|| Unmet::not_run(ERROR_PRESENT))
    }

    /// The error code, where it is one that can be compared.
    fn error(&self) -> Result<&str, Unmet> {
        let error = self.any_error()?;
        if shape::odd_in_text(error).is_some() { not_run(ERROR_CHARSET) } else { Ok(error) }
    }

    /// An optional member that is a string.
    fn text(&self, name: &str) -> Result<&str, Unmet> {
        optional(self.members()?, name)?.as_str().ok_or_else(|| Unmet::not_run(STRINGS))
    }
}
