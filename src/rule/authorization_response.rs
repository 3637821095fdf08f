//! Rules about authorization responses (RFC 6749 4.1.2, OpenID Connect Core 3.1.2.5, RFC 9207).

use serde_json::Value;
use url::Url;

use super::{Artefact, Check};

/// What reached the redirect URI.
#[derive(Debug, Clone)]
pub struct AuthorizationResponse {
    /// The callback's URL, fragment included where it was seen.
    pub url: Url,
    /// The HTTP method of the callback: `GET`, or `POST` for `response_mode=form_post`.
    pub method: String,
    /// The redirect URI that was asked for.
    pub redirect_uri: Url,
    /// The response parameters with their values decoded, in order, without those the redirect URI itself carried.
    pub parameters: Vec<(String, String)>,
    /// The `state` that was sent, if any.
    pub state: Option<String>,
    /// The issuer that was asked.
    pub issuer: String,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl AuthorizationResponse {
    /// The first value of a response parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Artefact for AuthorizationResponse {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

static RULES: &[Check<AuthorizationResponse>] = &[];
