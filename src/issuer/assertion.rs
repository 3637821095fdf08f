//! Client authentication by a signed assertion: `private_key_jwt` (OpenID Connect Core 9, RFC 7523 2.2 and 3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::client_keys::{ClientKeys, has_begun, has_expired, is_for};
use super::flaw::Check;
use super::keys::Alg;

/// The `client_assertion_type` of a JWT (RFC 7523 2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The most keys a client may have.
const MOST_KEYS: usize = 32;
/// The longest `jti`, in bytes.
const LONGEST_JTI: usize = 1024;

/// The keys a client signs its assertions with.
#[derive(Debug, Clone, Default)]
pub struct AssertionKeys {
    keys: ClientKeys,
    /// `token_endpoint_auth_signing_alg`: the only algorithm, if it is there (OpenID Connect Registration 2).
    pub alg: Option<Alg>,
}

impl AssertionKeys {
    /// Reads `jwks` and `token_endpoint_auth_signing_alg` of a registration request.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(jwks: Option<&Value>, alg: Option<&str>) -> Result<Self, &'static str> {
        let alg = match alg {
            None => None,
            Some(name) => Some(Alg::of(name).ok_or("token_endpoint_auth_signing_alg is not supported")?),
        };
        let keys = jwks.and_then(|jwks| jwks["keys"].as_array()).ok_or("private_key_jwt needs jwks")?;
        if keys.len() > MOST_KEYS {
            return Err("there are too many keys in jwks");
        }
        if keys.iter().any(|key| ["d", "k"].iter().any(|private| key.get(private).is_some())) {
            return Err("jwks holds a key that must stay secret");
        }
        let keys = ClientKeys::read(keys);
        if keys.is_empty() { Err("jwks holds no key that is understood") } else { Ok(Self { keys, alg }) }
    }

    /// The `jti` of a good assertion of this client for one of these audiences, at a time in seconds since the epoch; `None` if anything is wrong
    /// with it that is one of the `checks`. The caller must see to it that each `jti` is used once only.
    pub fn verify(&self, assertion: &str, client_id: &str, audiences: &[&str], now: u64, checks: &dyn Fn(Check) -> bool) -> Option<String> {
        let claims = self.claims(assertion, checks)?;
        let (exp, nbf) = (&claims["exp"], &claims["nbf"]);
        let is_over = if exp.is_null() { checks(Check::AssertionExpiryPresent) } else { has_expired(exp, now) && checks(Check::AssertionExpiry) };
        let is_early = !nbf.is_null() && !has_begun(nbf, now) && checks(Check::AssertionNotBefore);
        let jti = claims["jti"].as_str().filter(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI)?.to_owned();
        let is_by_client = claims["iss"] == client_id || !checks(Check::AssertionIssuer);
        let is_of_client = claims["sub"] == client_id || !checks(Check::AssertionSubject);
        let is_for_us = is_for(&claims["aud"], audiences) || !checks(Check::AssertionAudience);
        (is_for_us && !is_over && !is_early && is_by_client && is_of_client).then_some(jti)
    }

    fn claims(&self, assertion: &str, checks: &dyn Fn(Check) -> bool) -> Option<Value> {
        let header = part(assertion, 0)?;
        let is_taken_unread = match header["alg"].as_str()? {
            "none" => !checks(Check::AssertionSigned),
            "HS256" => !checks(Check::AssertionAlgorithm),
            _ => false,
        };
        if is_taken_unread {
            return part(assertion, 1);
        }
        let alg = header["alg"].as_str().and_then(Alg::of).filter(|alg| self.alg.is_none_or(|only| only == *alg))?;
        if checks(Check::AssertionSignature) { self.keys.claims(assertion, header["kid"].as_str(), alg) } else { part(assertion, 1) }
    }
}

/// The client that an assertion says it is of, unverified.
pub fn client_id(assertion: &str) -> Option<String> {
    part(assertion, 1)?["sub"].as_str().map(str::to_owned)
}

/// The header (0) or the claims (1) of a JWT.
fn part(jwt: &str, index: usize) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index)?).ok()?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{AssertionKeys, client_id};
    use crate::issuer::keys::{Alg, KeyRing, unsigned};
    use serde_json::{Value, json};

    const NOW: u64 = 1_700_000_000;

    fn claims() -> Value {
        json!({ "iss": "c", "sub": "c", "aud": ["x", "https://as"], "exp": NOW + 60, "jti": "j" })
    }

    #[test]
    fn a_good_assertion_is_taken_and_every_other_refused() {
        let ring = KeyRing::published().unwrap();
        let keys = AssertionKeys::read(Some(&ring.document()), None).unwrap();
        let sign = |alg: Alg, claims: &Value| {
            let key = ring.key(alg);
            key.sign(&json!({ "alg": alg.name(), "kid": key.kid }), claims).unwrap()
        };
        let verify = |text: &str| keys.verify(text, "c", &["https://as", "https://as/token"], NOW, &|_| true);
        for alg in Alg::ALL {
            assert_eq!(verify(&sign(alg, &claims())).unwrap(), "j", "{alg:?}");
        }
        assert_eq!(client_id(&sign(Alg::Es256, &claims())).as_deref(), Some("c"));
        for (name, value) in [
            ("iss", json!("d")),
            ("sub", json!(null)),
            ("aud", json!("https://other")),
            ("aud", json!(null)),
            ("exp", json!(NOW - 10)),
            ("exp", json!("soon")),
            ("exp", json!(-1)),
            ("nbf", json!(NOW + 60)),
            ("jti", json!(null)),
            ("jti", json!("")),
        ] {
            let mut wrong = claims();
            wrong[name] = value.clone();
            assert_eq!(verify(&sign(Alg::Rs256, &wrong)), None, "{name} {value}");
        }
        let foreign = KeyRing::foreign().unwrap().key(Alg::Rs256);
        let kid = &ring.key(Alg::Rs256).kid;
        assert_eq!(verify(&foreign.sign(&json!({ "alg": "RS256", "kid": kid }), &claims()).unwrap()), None);
        assert_eq!(verify(&format!("{}.", unsigned(&json!({ "alg": "none" }), &claims()))), None);
        assert_eq!(verify("x"), None);
        let only = AssertionKeys::read(Some(&ring.document()), Some("ES256")).unwrap();
        assert!(only.verify(&sign(Alg::Rs256, &claims()), "c", &["https://as"], NOW, &|_| true).is_none());
        assert!(only.verify(&sign(Alg::Es256, &claims()), "c", &["https://as"], NOW, &|_| true).is_some());
    }

    #[test]
    fn keys_that_are_no_use_are_refused() {
        let read = |jwks: Value| AssertionKeys::read(Some(&jwks), None);
        read(json!({ "keys": [] })).unwrap_err();
        read(json!({ "keys": [{ "kty": "new" }] })).unwrap_err();
        read(json!({ "keys": [{ "kty": "oct", "k": "AA" }] })).unwrap_err();
        read(json!({})).unwrap_err();
        AssertionKeys::read(None, None).unwrap_err();
        AssertionKeys::read(Some(&KeyRing::published().unwrap().document()), Some("none")).unwrap_err();
    }
}
