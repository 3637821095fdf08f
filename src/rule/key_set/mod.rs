//! Rules about the key set an issuer publishes at its `jwks_uri` (RFC 7517, `OpenID` Connect Discovery 1.0).

use crate::rule::judgement::{Judgement, not_run};
use serde_json::Value;

use super::{Artefact, Check};
use crate::observed::received::Received;

mod certificate;
mod document;
mod key;
mod material;
mod purpose;

pub(super) static RULES: &[Check<KeySet>] = &[document::HTTP_200];

pub(super) static RULES_2: &[Check<KeySet>] =
    &[material::NO_DUPLICATE_MEMBERS, certificate::X5C_ENCODING, certificate::X5C_HOLDS_KEY, certificate::X5T_MATCHES, certificate::X5U_HTTPS];

#[cfg(test)]
mod tests;

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

    /// Judges the keys if there are any, by their position in the set; not run because of the rule about the response that failed.
    fn judge(&self, judgement: impl FnOnce(&[Value]) -> Judgement) -> Judgement {
        if self.response.status != 200 {
            return not_run("jwks/http-200");
        }
        match self.response.member("keys") {
            Some(Value::Array(keys)) if keys.iter().all(Value::is_object) => judgement(&keys),
            _ => not_run("jwks/keys-array"),
        }
    }
}

impl Artefact for KeySet {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, document::RULES, key::RULES, purpose::RULES, material::RULES, RULES_2];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

/// A member of a key, if it is a string.
fn text<'a>(key: &'a Value, name: &str) -> Option<&'a str> {
    key.get(name).and_then(Value::as_str)
}

/// What a key is called in a message: by its `kid`, or by its position from 0.
fn name(at: usize, key: &Value) -> String {
    match text(key, "kid") {
        Some(kid) => format!("key {}", super::expect::shorten(kid)),
        None => format!("keys[{at}]"),
    }
}
