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
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<KeySet>] = &[
    document::HTTP_200,
    document::CONTENT_TYPE,
    document::KEYS_ARRAY,
    document::KID_EVERYWHERE,
    document::KID_UNIQUE,
    key::PUBLIC_ONLY,
    key::REQUIRED_MEMBERS,
    key::MIN_KEY_SIZE,
    purpose::SIGNING_KEY_PRESENT,
    purpose::SIGNING_KEY_FOR_EACH_ALG,
    purpose::USE_PRESENT,
    material::MEMBER_TYPES,
    material::RSA_EXPONENT,
    material::MINIMAL_NUMBERS,
    material::ALG_FITS_KEY,
    material::KEY_OPS_ARRAY,
    material::USE_OR_KEY_OPS,
    material::USE_KEY_OPS_CONSISTENT,
    material::NO_DUPLICATE_MEMBERS,
    certificate::X5C_ENCODING,
    certificate::X5C_HOLDS_KEY,
    certificate::X5T_MATCHES,
    certificate::X5U_HTTPS,
];

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
