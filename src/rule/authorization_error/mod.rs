//! Rules about authorization error responses (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, RFC 9207).

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::expect::{may, must, should};
use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;

mod judge;
#[cfg(test)]
mod tests;

/// Why an authorization request had to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// `prompt=none` in a browser session in which nobody is logged in.
    PromptNoneNotLoggedIn,
    /// `prompt=none login`, which contradicts itself.
    PromptNoneAndLogin,
    /// A `response_type` that does not exist.
    UnsupportedResponseType,
    /// A request object where the issuer may not support them; accepting it is as good.
    RequestObject,
    /// A request object by reference where the issuer may not support them; accepting it is as good.
    RequestUri,
    /// The end-user refused to consent.
    Denied,
    /// No `response_type`.
    ResponseTypeMissing,
    /// `response_type=token` of a client that registered `code`.
    ResponseTypeToken,
    /// A parameter that comes twice.
    Repeated,
    /// A `code_challenge_method` that the issuer does not support.
    ChallengeMethod,
    /// No `code_challenge`, where the issuer wants one.
    NoChallenge,
}

/// An authorization response with an `error` that reached the redirect URI.
#[derive(Debug, Clone)]
pub struct AuthorizationError {
    /// The callback's URL, fragment included where it was seen.
    pub url: Url,
    /// The response parameters with their values decoded, in order.
    pub parameters: Vec<(String, String)>,
    /// The request that it answers.
    pub request: Arc<AuthorizationRequest>,
    /// The issuer that was asked.
    pub issuer: String,
    /// The provider metadata, as parsed.
    pub metadata: Value,
    /// What was wrong with the request.
    pub refused: Refused,
    /// The journal's number of the exchange, where it came without a user agent.
    pub exchange: Option<usize>,
}

impl AuthorizationError {
    /// The first value of a response parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Artefact for AuthorizationError {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
}

const ERROR_PRESENT: &str = "authz-error/error-present";
const ERROR_CHARSET: &str = "authz-error/error-charset";
const URI_CHARSET: &str = "authz-error/error-uri-charset";

static RULES: &[Check<AuthorizationError>] = &[
    must(
        ERROR_PRESENT,
        "RFC6749-4.1.2.1",
        "An authorization request that cannot be granted comes back with an `error` that is not empty",
        "The client waits for a code, or takes what came for one.",
        judge::error_present,
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error` of the authorization response is printable ASCII without quotes and backslashes",
        "Strict clients refuse to read it; careless ones copy it into pages.",
        judge::error_charset,
    ),
    must(
        "authz-error/prompt-none-code",
        "OIDCC-3.1.2.6",
        "`prompt=none` without a login is refused with one of the four errors about interaction",
        "Clients that try silently first do not see that they have to send the user to log in.",
        judge::prompt_none_code,
    ),
    must(
        "authz-error/prompt-conflict-code",
        "RFC6749-4.1.2.1",
        "`prompt=none` beside another value is refused as an invalid request, or for lack of interaction",
        "Developers look for the mistake anywhere but in the request.",
        judge::prompt_conflict_code,
    ),
    must(
        "authz-error/response-type-code",
        "RFC6749-4.1.2.1",
        "A response type that does not exist is refused with an error that says so",
        "Developers look for the mistake anywhere but in the request.",
        judge::response_type_code,
    ),
    must(
        "authz-error/request-object-code",
        "OIDCC-3.1.2.6",
        "A request object that is not taken is refused with an error that says so",
        "Clients cannot tell that they have to send plain parameters.",
        judge::request_object_code,
    ),
    must(
        "authz-error/response-type-missing-code",
        "RFC6749-4.1.2.1",
        "A request without a response type is refused with an error that says so",
        "Developers look for the mistake anywhere but in the request.",
        judge::response_type_missing_code,
    ),
    must(
        "authz-error/repeated-parameter-code",
        "RFC6749-4.1.2.1",
        "A request with a parameter that comes twice, if it is refused, is refused with `invalid_request`",
        "Developers look for the mistake anywhere but in the request.",
        judge::repeated_code,
    ),
    must(
        "authz-error/challenge-code",
        "RFC7636-4.4.1",
        "A request without a code challenge, or with one by a method that is not supported, if it is refused, is refused with `invalid_request`",
        "A client cannot tell that it has to send another challenge, and gives up.",
        judge::challenge_code,
    ),
    must(
        "authz-error/state-echo",
        "RFC6749-4.1.2.1",
        "The authorization error response returns the `state` as it was sent",
        "The client cannot tell which of its requests failed, and shows nothing at all.",
        judge::state_echo,
    ),
    must(
        "authz-error/iss-correct-if-present",
        "RFC9207-2",
        "The `iss` of the authorization error response, if there is one, is the issuer, byte for byte",
        "Clients that defend themselves against mix-up attacks refuse the response.",
        judge::iss_correct,
    ),
    must(
        "authz-error/iss-if-promised",
        "RFC9207-2",
        "The authorization error response has an `iss` if the metadata promise one",
        "Clients that rely on the promise refuse the response and never learn of the error.",
        judge::iss_if_promised,
    ),
    should(
        "authz-error/no-code",
        "OIDCC-3.1.2.6",
        "The authorization error response holds no code and no tokens",
        "One client takes it for a failure and another for a login.",
        judge::no_code,
    ),
    should(
        "authz-error/known-parameters",
        "OIDCC-3.1.2.6",
        "The authorization error response holds no parameters that the specifications do not know",
        "What an issuer adds ends up in histories, logs and referrers.",
        judge::known_parameters,
    ),
    must(
        "authz-error/no-duplicates",
        "RFC6749-3.1",
        "No parameter of the authorization error response comes twice",
        "Two libraries read two different reasons.",
        judge::no_duplicates,
    ),
    must(
        "authz-error/in-query",
        "RFC6749-4.1.2.1",
        "The authorization error response of the code flow is in the query of the redirect URI",
        "A client on a server never sees what is in the fragment.",
        judge::in_query,
    ),
    must(
        "authz-error/description-charset",
        "RFC6749-4.1.2.1",
        "The `error_description` of the authorization response is printable ASCII without quotes and backslashes",
        "Line breaks and markup in it end up in clients' logs and pages.",
        judge::description_charset,
    ),
    must(
        URI_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error_uri` of the authorization response has the syntax of a URI reference",
        "Nobody can follow it, and strict clients refuse it.",
        judge::uri_charset,
    ),
    may(
        "authz-error/error-uri-absolute",
        "RFC6749-4.1.2.1",
        "The `error_uri` of the authorization response is an absolute URI",
        "A client cannot tell what a relative one is relative to.",
        judge::uri_absolute,
    ),
    must(
        "authz-error/access-denied-code",
        "RFC6749-4.1.2.1",
        "A refusal by the end-user comes back as `access_denied`",
        "Clients tell the user that something broke, or try again, where the user said no.",
        judge::access_denied_code,
    ),
];
