//! The `id_token_hint` of an authorization request (OpenID Connect Core 3.1.2.1) and of a logout.

use crate::issuer::prelude::*;

/// The client that an ID token of this issuer was issued to: the hint of a logout. The token may have expired (OpenID Connect RP-Initiated
/// Logout 1.0, 2).
pub fn client_id(issuer: &Issuer, hint: &str) -> Option<String> {
    if issuer.store().id_tokens.contains_key(hint) { unverified_client_id(hint) } else { audience(&verified(issuer, hint)?) }
}

/// The same for a token of any origin.
pub fn unverified_client_id(hint: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(hint.split('.').nth(1)?).ok()?;
    audience(&serde_json::from_slice(&payload).ok()?)
}

fn audience(claims: &Value) -> Option<String> {
    claims["aud"].as_str().or_else(|| claims["aud"].get(0)?.as_str()).map(str::to_owned)
}

/// The end-user whom an ID token of this issuer is about. It may have expired, and be another client's. Any other token is no hint.
pub fn subject(issuer: &Issuer, hint: &str) -> Option<String> {
    // A token that a flaw has made unverifiable was stored as it was sent: the flaw is in how it looks.
    if issuer.store().id_tokens.contains_key(hint) {
        return Some(USER_SUB.to_owned());
    }
    let subject = |claims: &Value| claims["sub"].as_str().map(str::to_owned);
    if let Some(known) = verified(issuer, hint) {
        return subject(&known);
    }
    let is_unsigned = hint.ends_with('.');
    let is_believed = (is_unsigned && issuer.does(Behaviour::HintUnsignedTaken)) || issuer.does(Behaviour::HintUnverified);
    if is_believed { subject(&serde_json::from_slice(&URL_SAFE_NO_PAD.decode(hint.split('.').nth(1)?).ok()?).ok()?) } else { None }
}

/// The claims of an ID token of this issuer. Access tokens are signed with the same keys, and have no `at_hash`.
fn verified(issuer: &Issuer, hint: &str) -> Option<Value> {
    issuer.keys.verify(hint).filter(|claims| claims["iss"] == issuer.url.as_str() && claims.get("at_hash").is_some())
}

#[cfg(test)]
mod tests {
    use super::subject;
    use crate::issuer::IssuerOptions;
    use crate::issuer::keys::{Alg, KeyRing};
    use crate::issuer::state::Issuer;
    use serde_json::{Value, json};

    #[test]
    fn only_an_id_token_of_this_issuer_is_a_hint() {
        let ring = KeyRing::published().unwrap();
        let issuer = Issuer::new(IssuerOptions::default(), 1, ring);
        let key = ring.key(Alg::Rs256);
        let hint = |claims: &Value| key.sign(&json!({ "alg": "RS256", "kid": key.kid }), claims).unwrap();
        let own = json!({ "iss": "http://localhost:1", "sub": "u", "at_hash": "h", "exp": 1 });
        assert_eq!(subject(&issuer, &hint(&own)).as_deref(), Some("u"));
        let other = json!({ "iss": "http://localhost:2", "sub": "u", "at_hash": "h" });
        let access = json!({ "iss": "http://localhost:1", "sub": "u" });
        let mut tampered = hint(&own);
        tampered.replace_range(..1, "f");
        let unsigned = format!("{}.", crate::issuer::keys::unsigned(&json!({ "alg": "none", "kid": key.kid }), &own));
        for bad in [hint(&other), hint(&access), tampered, unsigned, "x".to_owned(), String::new()] {
            assert_eq!(subject(&issuer, &bad), None, "{bad}");
        }
    }
}
