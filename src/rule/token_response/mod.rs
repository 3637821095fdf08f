//! Rules about successful token responses of every grant (RFC 6749 5.1, `OpenID` Connect Core 3.1.3.3).

use std::sync::Arc;

use serde_json::Value;

use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;
use crate::observed::received::Received;

mod judge;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

/// The grant a token response answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// RFC 6749 4.4.
    ClientCredentials,
    /// RFC 6749 4.1.
    AuthorizationCode,
    /// RFC 6749 6.
    RefreshToken,
}

impl Grant {
    /// The value of the `grant_type` parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// The response to a token request.
#[derive(Debug, Clone)]
pub struct TokenResponse {
    /// The response, whatever its status.
    pub response: Received,
    /// The grant it answers.
    pub grant: Grant,
    /// The scope that was asked for (in the authorization request, for a code; at first, for a refresh token), space-separated.
    pub requested_scope: Option<String>,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl Artefact for TokenResponse {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const HTTP_200: &str = "token/http-200";
const JSON_OBJECT: &str = "token/json-object";
const ACCESS_TOKEN: &str = "token/access-token-present";
const TOKEN_TYPE: &str = "token/token-type-present";
const EXPIRES_IN_NUMBER: &str = "token/expires-in-number";
const SCOPE_STRING: &str = "token/scope-string";
