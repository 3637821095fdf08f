//! Rules about registrations that ask for what no client may have (RFC 7591 3.2.2, OpenID Connect Registration 3.3).

use serde_json::Value;

use super::expect::{may, must, should};
use super::{Artefact, Check};
use crate::observed::received::Received;

mod judge;
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
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const JSON_OBJECT: &str = "registration-error/json-object";
const ERROR_PRESENT: &str = "registration-error/error-present";

static RULES: &[Check<RegistrationRefusal>] = &[
    must(
        "registration-error/redirect-fragment",
        "RFC6749-3.1.2",
        "No client is registered for a redirect URI with a fragment",
        "The authorization response is appended to the fragment, where scripts of the page read it and the client's server does not.",
        judge::fragment,
    ),
    must(
        "registration-error/redirect-relative",
        "RFC6749-3.1.2",
        "No client is registered for a relative redirect URI",
        "Authorization codes are sent to the issuer's own pages, or wherever a page of it leads.",
        judge::relative,
    ),
    must(
        "registration-error/redirect-scheme",
        "RFC7591-5",
        "No client is registered for a redirect URI with the scheme javascript or data",
        "Whoever registers runs their script in the issuer's pages, and acts there as the end-user.",
        judge::scheme,
    ),
    must(
        "registration-error/both-key-sets",
        "RFC7591-2",
        "No client is registered with both `jwks` and `jwks_uri`",
        "Nobody can tell which keys count: a key that was withdrawn in one place lives on in the other.",
        judge::both_key_sets,
    ),
    should(
        "registration-error/inconsistent-types",
        "RFC7591-2.1",
        "No client is registered for `response_types` that need a grant it does not have",
        "The client is told that it may ask for codes, and cannot use any.",
        judge::inconsistent,
    ),
    may(
        "registration-error/unknown-auth-method",
        "RFC7591-3.2.2",
        "No client is registered for an authentication method that does not exist",
        "The client cannot authenticate, or, worse, does not have to.",
        judge::unknown_method,
    ),
    must(
        "registration-error/http-400",
        "RFC7591-3.2.2",
        "The refusal of client metadata has status 400",
        "Clients take other statuses for trouble on the way, or for a wrong token, and try again.",
        judge::http_400,
    ),
    must(
        JSON_OBJECT,
        "RFC7591-3.2.2",
        "The refusal of client metadata is a JSON object",
        "Clients fail to parse it, and nobody learns what was wrong.",
        judge::json_object,
    ),
    must(
        "registration-error/content-type-json",
        "RFC7591-3.2.2",
        "The refusal of client metadata is `application/json`",
        "Clients that look at the media type show a parse error where the issuer gave a reason.",
        judge::content_type,
    ),
    must(
        ERROR_PRESENT,
        "RFC7591-3.2.2",
        "The refusal of client metadata has an `error` that is a string and not empty",
        "Developers cannot tell which kind of mistake they made.",
        judge::error_present,
    ),
    should(
        "registration-error/error-code",
        "RFC7591-3.2.2",
        "The `error` of refused client metadata is `invalid_redirect_uri` or `invalid_client_metadata`",
        "Developers look for the mistake in their token or in their request where it is in the metadata.",
        judge::error_code,
    ),
    may(
        "registration-error/no-credentials",
        "RFC7591-3.2.2",
        "The refusal of client metadata holds no client identifier, secret or token",
        "One client takes it for a failure and another for a success.",
        judge::no_credentials,
    ),
    may(
        "registration-error/no-store",
        "RFC7591-3.2.2",
        "The refusal of client metadata forbids caching with `no-store`, as the example does",
        "A refusal kept in a cache outlives its reason.",
        judge::no_store,
    ),
];
