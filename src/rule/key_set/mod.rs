//! Rules about the key set an issuer publishes at its `jwks_uri` (RFC 7517, `OpenID` Connect Discovery 1.0).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::rule::prelude::*;

pub mod address;
pub(in crate::rule) mod certificate;
mod chain;
mod document;
mod key;
mod members;
mod purpose;
pub mod rollover;
#[cfg(test)]
mod tests;

/// The response of the issuer's `jwks_uri`.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// The response to the request for the key set, of the address that a redirect led to.
    pub response: Received,
    /// The status of that redirect, if there was one.
    pub redirected: Option<u16>,
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

    /// The response, if it has status 200.
    fn success(&self) -> Result<&Received, Unmet> {
        if self.response.status == 200 { Ok(&self.response) } else { not_run("jwks/http-200") }
    }

    /// The published keys, if the response holds a key set: all of them are JSON objects.
    fn entries(&self) -> Result<&[Value], Unmet> {
        match self.success()?.members().and_then(|document| document.get("keys")) {
            Some(Value::Array(keys)) if keys.iter().all(Value::is_object) => Ok(keys),
            _ => not_run("jwks/keys-array"),
        }
    }
}

impl Artefact for KeySet {
    const RULES: &'static [&'static [Check<Self>]] = &[document::RULES, key::RULES, purpose::RULES, members::RULES, certificate::RULES, chain::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> =
        Some(&ViewKind { name: "key-set", what: "The key set at the `jwks_uri`.", parts: &[part::DOCUMENT, part::STATUS, part::HEADERS] });
    fn view(&self) -> View {
        let document = self.success().and_then(|response| response.members().ok_or_else(|| Unmet::not_run("jwks/keys-array")));
        View::of_response(&self.response, document)
    }
}

/// A member of a key, if it is a string.
fn text<'a>(key: &'a Value, name: &str) -> Option<&'a str> {
    key.get(name).and_then(Value::as_str)
}

/// What a member of a key holds in base64url.
fn bytes(key: &Value, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(key, name)?).ok()
}

/// What a key is called in a message: by its `kid`, or by its position from 0.
fn name(at: usize, key: &Value) -> String {
    match text(key, "kid") {
        Some(kid) => format!("key {}", shorten(kid)),
        None => format!("keys[{at}]"),
    }
}

/// What a judgement says of one key: what was seen, or what is wrong; `None` if it has nothing to say.
type Verdict = Option<Result<String, String>>;

/// Passes when each key by itself is right; `nothing` is why the rule does not apply where no key has a verdict.
fn each(set: &KeySet, expected: &'static str, nothing: &'static str, judge: impl Fn(&Value) -> Verdict) -> Judgement {
    let (mut seen, mut wrong) = (Vec::new(), Vec::new());
    for (at, key) in set.entries()?.iter().enumerate() {
        match judge(key) {
            None => {}
            Some(Ok(what)) => seen.push(format!("{}: {what}", name(at, key))),
            Some(Err(what)) => wrong.push(format!("{}: {what}", name(at, key))),
        }
    }
    if seen.is_empty() && wrong.is_empty() {
        return not_applicable(nothing);
    }
    none_wrong(&wrong, expected, list(&seen))
}

/// The verdict on one key that is in the same words, good or not.
fn verdict(good: bool, what: String) -> Result<String, String> {
    if good { Ok(what) } else { Err(what) }
}
