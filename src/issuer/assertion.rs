//! Client authentication by a signed assertion: `private_key_jwt` and `client_secret_jwt` (OpenID Connect Core 9, RFC 7523 2.2 and 3).

use jsonwebtoken::{Algorithm, DecodingKey};

use super::client_keys::{has_begun, has_expired, is_far_off, is_for};
use super::received_jwt::Checks;
use crate::issuer::prelude::*;

/// The `client_assertion_type` of a JWT (RFC 7523 2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The algorithm of assertions that a secret signed.
pub const BY_SECRET: &str = "HS256";
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

    /// True if the client signed an assertion as it registered, or a flaw takes it for that. `more` are keys that a flaw takes beside its own.
    pub fn verify(&self, jwt: &ReceivedJwt<'_>, more: &[DecodingKey], checks: Checks<'_>) -> bool {
        let default = self.alg.unwrap_or(Alg::Rs256).name();
        let Some(name) = jwt.alg(default, checks) else { return false };
        let is_taken_unread = match name {
            "none" => !checks(Check::AssertionSigned),
            BY_SECRET => !checks(Check::AssertionAlgorithm),
            _ => false,
        };
        let Some(alg) = Alg::of(name) else { return is_taken_unread };
        if self.alg.is_some_and(|only| only != alg) {
            return jwt.is_signed(&self.keys, more, alg, checks) && !checks(Check::JwtAlgRegistered);
        }
        jwt.is_signed(&self.keys, more, alg, checks) || !checks(Check::AssertionSignature)
    }

    /// These and the keys of others.
    #[must_use]
    pub fn with(self, more: Self) -> Self {
        Self { keys: self.keys.with(more.keys), alg: self.alg }
    }

    /// The keys themselves.
    pub fn keys(&self) -> &ClientKeys {
        &self.keys
    }
}

/// True if the secret of a client signed an assertion, or a flaw takes it for that.
pub fn is_by_secret(jwt: &ReceivedJwt<'_>, secret: &str, checks: Checks<'_>) -> bool {
    match jwt.header("alg") {
        Some("none") => !checks(Check::AssertionSigned),
        Some(BY_SECRET) => jwt.is_by_secret(secret, Algorithm::HS256) || !checks(Check::AssertionSecret),
        Some("HS512") => jwt.is_by_secret(secret, Algorithm::HS512) && !checks(Check::JwtAlgRegistered),
        _ => false,
    }
}

/// The `jti` of an assertion whose claims are good, of this client for one of these audiences, at a time in seconds since the epoch; `None` if anything is wrong
/// with them that is one of the `checks`. The caller must see to it that each `jti` is used once only.
pub fn identifier(claims: &Map<String, Value>, client_id: &str, audiences: &[&str], now: u64, checks: Checks<'_>) -> Option<String> {
    let claim = |name: &str| claims.get(name).unwrap_or(&Value::Null);
    let (exp, nbf, jti) = (claim("exp"), claim("nbf"), claim("jti"));
    let is_over = if exp.is_null() {
        checks(Check::AssertionExpiryPresent)
    } else {
        (has_expired(exp, now) && checks(Check::AssertionExpiry)) || is_far_off(exp, now)
    };
    let is_early = !nbf.is_null() && !has_begun(nbf, now) && checks(Check::AssertionNotBefore);
    let is_named = jti.as_str().is_some_and(|jti| !jti.is_empty() && jti.len() <= LONGEST_JTI);
    let is_unnamed = !is_named && (!jti.is_null() || checks(Check::AssertionIdentifier));
    let is_foreign =
        claim("iss") != client_id && (!is_like(claim("iss"), &[client_id]) || checks(Check::AssertionLetterCase)) && checks(Check::AssertionIssuer);
    let is_about_another = claim("sub") != client_id && checks(Check::AssertionSubject);
    let aud = claim("aud");
    let is_misdirected =
        !is_for(aud, audiences) && (!is_like(aud, audiences) || checks(Check::AssertionLetterCase)) && checks(Check::AssertionAudience);
    let has_others = |several: &Vec<Value>| several.iter().any(|one| !is_for(one, audiences));
    let is_shared = is_for(aud, audiences) && aud.as_array().is_some_and(has_others) && checks(Check::AssertionSoleAudience);
    let is_bad = is_over || is_early || is_unnamed || is_foreign || is_about_another || is_misdirected || is_shared;
    (!is_bad).then(|| jti.as_str().map_or_else(random::secret, str::to_owned))
}

/// True if a value is one of these texts but for the case of its letters.
fn is_like(value: &Value, texts: &[&str]) -> bool {
    value.as_str().is_some_and(|value| texts.iter().any(|text| text.eq_ignore_ascii_case(value)))
}

/// The client that an assertion says it is of, unverified.
pub fn client_id(assertion: &str, checks: Checks<'_>) -> Option<String> {
    ReceivedJwt::read(assertion, checks)?.claims.get("sub")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::{AssertionKeys, client_id, identifier, is_by_secret};
    use crate::issuer::keys::{Alg, KeyRing, unsigned};
    use crate::issuer::received_jwt::ReceivedJwt;
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::{Value, json};

    const NOW: u64 = 1_700_000_000;

    fn claims() -> Value {
        json!({ "iss": "c", "sub": "c", "aud": ["https://as"], "exp": NOW + 60, "jti": "j" })
    }

    #[test]
    fn a_good_assertion_is_taken_and_every_other_refused() {
        let ring = KeyRing::published().unwrap();
        let keys = AssertionKeys::read(Some(&ring.document()), None).unwrap();
        let sign = |alg: Alg, claims: &Value| {
            let key = ring.key(alg);
            key.sign(&json!({ "alg": alg.name(), "kid": key.kid }), claims).unwrap()
        };
        let by = |keys: &AssertionKeys, text: &str| {
            let jwt = ReceivedJwt::read(text, &|_| true).filter(|jwt| keys.verify(jwt, &[], &|_| true))?;
            identifier(&jwt.claims, "c", &["https://as", "https://as/token"], NOW, &|_| true)
        };
        let verify = |text: &str| by(&keys, text);
        for alg in Alg::ALL {
            assert_eq!(verify(&sign(alg, &claims())).unwrap(), "j", "{alg:?}");
        }
        assert_eq!(client_id(&sign(Alg::Es256, &claims()), &|_| true).as_deref(), Some("c"));
        for (name, value) in [
            ("iss", json!("d")),
            ("sub", json!(null)),
            ("aud", json!("https://other")),
            ("aud", json!(["https://as", "https://other"])),
            ("aud", json!("HTTPS://AS")),
            ("iss", json!("C")),
            ("aud", json!(null)),
            ("exp", json!(NOW - 10)),
            ("exp", json!("soon")),
            ("exp", json!(-1)),
            ("exp", json!(NOW + 3600)),
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
        assert!(by(&only, &sign(Alg::Rs256, &claims())).is_none());
        assert!(by(&only, &sign(Alg::Es256, &claims())).is_some());
    }

    #[test]
    fn a_secret_signs_by_one_algorithm() {
        let sign = |algorithm, secret: &[u8]| jsonwebtoken::encode(&Header::new(algorithm), &claims(), &EncodingKey::from_secret(secret)).unwrap();
        let is_right = |text: &str| is_by_secret(&ReceivedJwt::read(text, &|_| true).unwrap(), "secret", &|_| true);
        assert!(is_right(&sign(jsonwebtoken::Algorithm::HS256, b"secret")));
        assert!(!is_right(&sign(jsonwebtoken::Algorithm::HS256, b"another")));
        assert!(!is_right(&sign(jsonwebtoken::Algorithm::HS512, b"secret")));
        assert!(!is_right(&format!("{}.", unsigned(&json!({ "alg": "none" }), &claims()))));
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
