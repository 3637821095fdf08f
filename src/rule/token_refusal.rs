//! Rules about error responses of the token endpoint (RFC 6749 5.2).

use super::{Artefact, Check};
use crate::session::received::Received;

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
}

impl Artefact for TokenRefusal {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<TokenRefusal>] = &[];
