//! Rules about token introspection (RFC 7662).

use super::{Artefact, Check};
use crate::session::received::Received;

/// The response to introspecting an access token of ours that is alive.
#[derive(Debug, Clone)]
pub struct Introspection {
    /// The response.
    pub response: Received,
    /// Our client identifier.
    pub client_id: String,
    /// The issuer.
    pub issuer: String,
    /// The scope granted with the token, space-separated.
    pub scope: Option<String>,
    /// `sub` of the ID token that came with it, if one did.
    pub id_token_sub: Option<String>,
}

impl Artefact for Introspection {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<Introspection>] = &[];
