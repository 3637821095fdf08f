//! Rules about error responses of the token endpoint (RFC 6749 5.2).

use super::attack::Attack;
use super::expect::{may, must};
use super::{Artefact, Check};
use crate::observed::received::Received;

mod judge;
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
            Self::Elsewhere => "a request that another rule is about",
            Self::WiderScope => "a wider scope",
        }
    }

    /// True where it is the client's authentication that fails.
    fn is_failed_authentication(self) -> bool {
        match self {
            Self::Attack(attack) => attack.is_failed_authentication(),
            other => other == Self::WrongSecret,
        }
    }

    /// The rule that says that it is refused.
    fn rule(self) -> &'static str {
        match self {
            Self::Attack(attack) => attack.rule(),
            Self::WiderScope => super::refresh_practice::WIDER,
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
}

impl Artefact for TokenRefusal {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const REFUSED: &str = "token-error/refused";
const HTTP_400: &str = "token-error/http-400";
const JSON_OBJECT: &str = "token-error/json-object";
const ERROR_PRESENT: &str = "token-error/error-present";
const ERROR_CHARSET: &str = "token-error/error-charset";
const STRINGS: &str = "token-error/members-strings";
const URI_CHARSET: &str = "token-error/error-uri-charset";
const INVALID_CLIENT: &str = "token-error/invalid-client";
const HEADER_401: &str = "token-error/http-401-for-header";

static RULES: &[Check<TokenRefusal>] = &[
    must(
        REFUSED,
        "RFC6749-5",
        "A token request that is wrong is not answered with success",
        "Whoever guesses gets in, or a client takes nothing for tokens.",
        judge::refused,
    ),
    must(
        HTTP_400,
        "RFC6749-5.2",
        "The refusal of a token request has status 400, or 401",
        "Clients take other statuses for trouble on the way and try again for ever.",
        judge::http_400,
    ),
    must(
        "token-error/http-401-only-invalid-client",
        "RFC6749-5.2",
        "The refusal of a token request has status 401 with the error `invalid_client` only",
        "Clients register anew, or ask for other credentials, when nothing was wrong with theirs.",
        judge::only_invalid_client,
    ),
    must(
        JSON_OBJECT,
        "RFC6749-5.2",
        "The refusal of a token request is a JSON object",
        "Clients fail to parse it, and nobody learns what was wrong.",
        judge::json_object,
    ),
    must(
        "token-error/content-type-json",
        "RFC6749-5.2",
        "The refusal of a token request is `application/json`",
        "Clients that look at the media type show a parse error where the issuer gave a reason.",
        judge::content_type,
    ),
    must(
        ERROR_PRESENT,
        "RFC6749-5.2",
        "The refusal of a token request has an `error` that is a string and not empty",
        "Clients decide by it whether to log the user in again or to give up.",
        judge::error_present,
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-5.2",
        "The `error` of a refused token request is printable ASCII without quotes and backslashes",
        "Strict clients refuse to read it; careless ones copy it into logs and pages.",
        judge::error_charset,
    ),
    must(
        STRINGS,
        "RFC6749-5.2",
        "The `error_description` and `error_uri` of a refused token request, if they are there, are strings",
        "Typed libraries fail to parse the whole refusal.",
        judge::members_strings,
    ),
    must(
        "token-error/description-charset",
        "RFC6749-5.2",
        "The `error_description` of a refused token request is printable ASCII without quotes and backslashes",
        "Line breaks and control characters in it forge lines in clients' logs.",
        judge::description_charset,
    ),
    may(
        "token-error/description-readable",
        "RFC6749-5.2",
        "The `error_description` of a refused token request is written for people, without stack traces and markup",
        "It tells strangers what the issuer is built of, and developers nothing.",
        judge::description_readable,
    ),
    must(
        URI_CHARSET,
        "RFC6749-5.2",
        "The `error_uri` of a refused token request has the syntax of a URI reference",
        "Nobody can follow it, and strict clients refuse it.",
        judge::uri_charset,
    ),
    may(
        "token-error/error-uri-absolute",
        "RFC6749-5.2",
        "The `error_uri` of a refused token request is an absolute URI",
        "A client cannot tell what a relative one is relative to.",
        judge::uri_absolute,
    ),
    must(
        "token-error/invalid-grant",
        "RFC6749-5.2",
        "A code or refresh token that is unknown, used, or not for this request is refused with `invalid_grant`",
        "Clients do not notice that it is time to log the user in again.",
        judge::invalid_grant,
    ),
    must(
        "token-error/unsupported-grant-type",
        "RFC6749-5.2",
        "A grant type that does not exist is refused with `unsupported_grant_type`",
        "Clients cannot tell a grant the issuer lacks from a mistake of their own.",
        judge::unsupported_grant_type,
    ),
    must(
        "token-error/invalid-request",
        "RFC6749-5.2",
        "A token request that lacks a required parameter is refused with `invalid_request`",
        "Developers look for a bad code or token where a parameter is missing.",
        judge::invalid_request,
    ),
    must(
        INVALID_CLIENT,
        "RFC6749-5.2",
        "A client that fails to authenticate is refused with `invalid_client`",
        "A client whose secret was changed blames its user's login instead.",
        judge::invalid_client,
    ),
    must(
        HEADER_401,
        "RFC6749-5.2",
        "A client that fails to authenticate by the Authorization header is answered with 401",
        "HTTP libraries that wait for 401 never send the right credentials.",
        judge::header_401,
    ),
    must(
        "token-error/challenge-for-header",
        "RFC6749-5.2",
        "The 401 to a client that used the Authorization header names the scheme it used in WWW-Authenticate",
        "A client cannot tell that its credentials are wrong and not its way of sending them.",
        judge::challenge,
    ),
    must(
        "token-error/no-tokens",
        "RFC6749-5",
        "The refusal of a token request holds no tokens",
        "One client takes it for a failure and another for a success.",
        judge::no_tokens,
    ),
    may(
        "token-error/no-store",
        "RFC6749-5.2",
        "The refusal of a token request forbids caching with `no-store`, as the example does",
        "A refusal kept in a cache outlives its reason.",
        judge::no_store,
    ),
];
