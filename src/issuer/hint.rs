//! The `id_token_hint` of an authorization request (OpenID Connect Core 3.1.2.1) and of a logout.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::state::{Issuer, USER_SUB};

/// Whom an ID token was issued to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The client.
    pub client_id: String,
}

impl Hint {
    fn of(claims: &Value) -> Option<Self> {
        let audience = claims["aud"].as_str().or_else(|| claims["aud"].get(0)?.as_str())?;
        Some(Self { client_id: audience.to_owned() })
    }
}

/// What an ID token of this issuer says as the hint of a logout; it may have expired (OpenID Connect RP-Initiated Logout 1.0, 2).
pub fn read(issuer: &Issuer, hint: &str) -> Option<Hint> {
    if issuer.store().knows_id_token(hint) {
        return unverified(hint);
    }
    let claims = issuer.keys.verify(hint)?;
    (claims["iss"] == issuer.url.as_str() && claims.get("at_hash").is_some()).then(|| Hint::of(&claims))?
}

/// What any token says, whoever made it.
pub fn unverified(hint: &str) -> Option<Hint> {
    let payload = URL_SAFE_NO_PAD.decode(hint.split('.').nth(1)?).ok()?;
    Hint::of(&serde_json::from_slice(&payload).ok()?)
}

/// The end-user whom an ID token of this issuer is about. It may have expired, and be another client's. What is no ID token of this issuer
/// hints at nobody, and the request goes on as if there were none.
pub fn subject(issuer: &Issuer, hint: &str) -> Option<String> {
    // One that a flaw has made unverifiable is known by heart: the flaw is in how it looks.
    if issuer.store().knows_id_token(hint) {
        return Some(USER_SUB.to_owned());
    }
    let claims = issuer.keys.verify(hint)?;
    // Access tokens are signed with the same keys, and have no `at_hash`.
    let is_ours = claims["iss"] == issuer.url.as_str() && claims.get("at_hash").is_some();
    claims["sub"].as_str().filter(|_| is_ours).map(str::to_owned)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::subject;
    use crate::issuer::IssuerOptions;
    use crate::issuer::keys::{Alg, KeyRing};
    use crate::issuer::state::Issuer;
    use serde_json::{Value, json};

    #[test]
    fn only_an_id_token_of_ours_hints_at_somebody() {
        let ring = KeyRing::published().unwrap();
        let issuer = Issuer::new(IssuerOptions::default(), 1, ring);
        let key = ring.key(Alg::Rs256);
        let hint = |claims: &Value| key.sign(&json!({ "alg": "RS256", "kid": key.kid }), claims).unwrap();
        let ours = json!({ "iss": "http://localhost:1", "sub": "u", "at_hash": "h", "exp": 1 });
        assert_eq!(subject(&issuer, &hint(&ours)).as_deref(), Some("u"));
        let other = json!({ "iss": "http://localhost:2", "sub": "u", "at_hash": "h" });
        let access = json!({ "iss": "http://localhost:1", "sub": "u" });
        let mut tampered = hint(&ours);
        tampered.replace_range(..1, "f");
        let unsigned = format!("{}.", crate::issuer::keys::unsigned(&json!({ "alg": "none", "kid": key.kid }), &ours));
        for bad in [hint(&other), hint(&access), tampered, unsigned, "x".to_owned(), String::new()] {
            assert_eq!(subject(&issuer, &bad), None, "{bad}");
        }
    }
}
