//! Rules about the key set an issuer publishes at its `jwks_uri` (RFC 7517, OpenID Connect Discovery 1.0).

use serde_json::Value;

use super::{Artefact, Check};
use crate::session::received::Received;

/// The response of the issuer's `jwks_uri`.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// The response to the request for the key set.
    pub response: Received,
    /// The provider metadata that pointed to it, as parsed.
    pub metadata: Value,
}

impl KeySet {
    /// The published keys that are JSON objects, in order; empty if there is no `keys` array.
    pub fn keys(&self) -> Vec<Value> {
        match self.response.member("keys") {
            Some(Value::Array(keys)) => keys.into_iter().filter(Value::is_object).collect(),
            _ => Vec::new(),
        }
    }
}

impl Artefact for KeySet {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<KeySet>] = &[];
