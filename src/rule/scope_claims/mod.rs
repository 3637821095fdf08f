//! Rules about the claims that scopes and the `claims` parameter ask for (OpenID Connect Core 5.1, 5.4, 5.5).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;

mod judge;
#[cfg(test)]
mod tests;

/// What userinfo and the ID token say after a request for standard scopes, or for single claims.
#[derive(Debug, Clone)]
pub struct ScopeClaims {
    /// The exchange of the userinfo response.
    pub exchange: usize,
    /// The scope that was granted, space-separated.
    pub scope: String,
    /// The authorization request they go back to.
    pub request: Arc<AuthorizationRequest>,
    /// The userinfo response's claims.
    pub userinfo: Map<String, Value>,
    /// The ID token's claims.
    pub id_token: Map<String, Value>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl Artefact for ScopeClaims {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}
