//! Rules about authorization error responses (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, RFC 9207).

use std::sync::Arc;

use serde_json::Value;
use url::Url;

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
    const RULES: &'static [&'static [Check<Self>]] = &[judge::RULES];
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
}

const ERROR_PRESENT: &str = "authz-error/error-present";
const ERROR_CHARSET: &str = "authz-error/error-charset";
const URI_CHARSET: &str = "authz-error/error-uri-charset";
