//! Rules about registrations that ask for what no client may have (RFC 7591 3.2.2, OpenID Connect Registration 3.3).

use serde_json::Value;

use crate::observed::received::Received;
use crate::rule::own::{View, ViewKind, part};
use crate::rule::{Artefact, Check};

mod client;
mod error;
pub mod sector;
#[cfg(test)]
mod tests;

/// What is wrong with a registration request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// A redirect URI with a fragment.
    Fragment,
    /// A redirect URI that is relative.
    Relative,
    /// A redirect URI that a browser runs.
    Script,
    /// A redirect URI that is a page by itself.
    Data,
    /// `jwks` beside `jwks_uri`.
    BothKeySets,
    /// `response_types` that need a grant which is not in `grant_types`.
    Inconsistent,
    /// A `token_endpoint_auth_method` that does not exist.
    UnknownMethod,
}

/// A method of client authentication that does not exist.
pub const NO_SUCH_METHOD: &str = "urn:example:no-such-method";

impl Wrong {
    /// Every one.
    pub const ALL: [Self; 7] = [Self::Fragment, Self::Relative, Self::Script, Self::Data, Self::BothKeySets, Self::Inconsistent, Self::UnknownMethod];

    /// What was asked for, for the report.
    pub fn says(self) -> &'static str {
        match self {
            Self::Fragment => "a redirect URI with a fragment",
            Self::Relative => "a relative redirect URI",
            Self::Script => "a redirect URI with the scheme javascript",
            Self::Data => "a redirect URI with the scheme data",
            Self::BothKeySets => "jwks and jwks_uri",
            Self::Inconsistent => "response_types that do not fit grant_types",
            Self::UnknownMethod => "an authentication method that does not exist",
        }
    }
}

/// The answer to a registration request that asks for what no client may have. The issuer may correct it instead of refusing (RFC 7591 3.2.1).
#[derive(Debug, Clone)]
pub struct RegistrationRefusal {
    /// The response, whatever its status.
    pub response: Received,
    /// What was wrong with the request.
    pub wrong: Wrong,
    /// The metadata that was asked for.
    pub request: Value,
}

impl Artefact for RegistrationRefusal {
    const RULES: &'static [&'static [Check<Self>]] = &[client::RULES, error::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "registration-error",
        what: "The answer to a registration that asks for what no client may have.",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS, part::SENT],
    });
    fn view(&self) -> View {
        View::of_answer(&self.error(), self.error_body()).with(part::SENT, self.request.clone())
    }
}
