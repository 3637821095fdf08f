//! Rules about authorization error responses (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, RFC 9207).

use serde_json::Value;
use url::Url;

use super::{Artefact, Check};

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
}

/// An authorization response with an `error` that reached the redirect URI.
#[derive(Debug, Clone)]
pub struct AuthorizationError {
    /// The callback's URL, fragment included where it was seen.
    pub url: Url,
    /// The response parameters with their values decoded, in order.
    pub parameters: Vec<(String, String)>,
    /// The `state` that was sent.
    pub state: String,
    /// The issuer that was asked.
    pub issuer: String,
    /// The provider metadata, as parsed.
    pub metadata: Value,
    /// What was wrong with the request.
    pub refused: Refused,
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
        None
    }
}

static RULES: &[Check<AuthorizationError>] = &[];
