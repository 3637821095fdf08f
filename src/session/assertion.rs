//! How clients of the suite authenticate with `private_key_jwt` (OpenID Connect Core 9, RFC 7523 2.2).

use std::sync::Arc;

use openidconnect::CsrfToken;
use serde_json::{Map, Value, json};

use super::signing_key::{SharedKey, SigningAlg, SigningKey, SigningKeyError, without_signature};
use crate::agent::callback::StandingOffer;
use crate::rule::assertion_attack::Fault;

/// How long an assertion is good, in seconds: it is sent at once.
const LIFETIME: i64 = 60;
/// How far a time is off that is wrong, in seconds: more than any server allows for clocks that differ.
const FAR_OFF: i64 = 3600;

/// The `client_assertion_type` of a JWT (RFC 7523 2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// That of another kind of assertion (RFC 7522 2.2).
const SAML_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";

/// The keys that all clients of the suite share.
static RSA: SharedKey = SharedKey::new(SigningAlg::Rs256);
static EC: SharedKey = SharedKey::new(SigningAlg::Es256);

/// The key with which clients of the suite sign assertions.
pub(crate) async fn key(alg: SigningAlg) -> Result<&'static SigningKey, SigningKeyError> {
    match alg {
        SigningAlg::Rs256 => RSA.get().await,
        SigningAlg::Es256 => EC.get().await,
    }
}

/// How a client makes its assertions.
#[derive(Debug, Clone)]
pub struct Signer {
    /// What it signs with.
    pub key: &'static SigningKey,
    /// Whom it names as the audience.
    pub audience: String,
    /// Its published key set, where it registered `jwks_uri`: it is there as long as the client is.
    pub hosted: Option<Arc<StandingOffer>>,
}

impl Signer {
    /// A client assertion, good once and from this time on, in seconds since the epoch.
    pub fn assertion(&self, client_id: &str, now: i64) -> String {
        self.key.sign(header(), &self.claims(client_id, now))
    }

    /// An assertion that is good but for one fault, and the `client_assertion_type` that it comes under. One that is to be used twice is good.
    pub fn bad_assertion(&self, fault: Fault, client_id: &str, now: i64, foreign: &SigningKey) -> (String, &'static str) {
        let other = || json!(CsrfToken::new_random_len(24).secret());
        // What is changed; nothing in the place of a claim leaves it out.
        let changes = match fault {
            Fault::Expired => vec![("iat", Some(json!(now - FAR_OFF - LIFETIME))), ("exp", Some(json!(now - FAR_OFF)))],
            Fault::NotYet => vec![("nbf", Some(json!(now + FAR_OFF))), ("exp", Some(json!(now + FAR_OFF + LIFETIME)))],
            Fault::OtherAudience => vec![("aud", Some(json!("https://server.invalid/token")))],
            Fault::OtherSubject => vec![("sub", Some(other()))],
            Fault::OtherIssuer => vec![("iss", Some(other()))],
            Fault::NoExpiry => vec![("exp", None)],
            Fault::NoAudience => vec![("aud", None)],
            Fault::NoSubject => vec![("sub", None)],
            Fault::NoIssuer => vec![("iss", None)],
            Fault::WrongKey | Fault::Unsigned | Fault::PublicKeyAsSecret | Fault::OtherType | Fault::Replayed => Vec::new(),
        };
        let mut claims = self.claims(client_id, now);
        for (name, value) in changes {
            match value {
                Some(value) => claims[name] = value,
                None => drop(claims.as_object_mut().and_then(|claims| claims.shift_remove(name))),
            }
        }
        let text = match fault {
            Fault::WrongKey => foreign.sign(Map::from_iter([("kid".to_owned(), json!(self.key.kid()))]), &claims),
            Fault::Unsigned => without_signature(&claims),
            Fault::PublicKeyAsSecret => self.key.sign_with_public_key(&claims),
            _ => self.key.sign(header(), &claims),
        };
        (text, if fault == Fault::OtherType { SAML_BEARER } else { JWT_BEARER })
    }

    fn claims(&self, client_id: &str, now: i64) -> Value {
        let jti = CsrfToken::new_random_len(24);
        json!({ "iss": client_id, "sub": client_id, "aud": self.audience, "jti": jti.secret(), "iat": now, "exp": now + LIFETIME })
    }
}

fn header() -> Map<String, Value> {
    Map::from_iter([("typ".to_owned(), json!("JWT"))])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{JWT_BEARER, SAML_BEARER, Signer, SigningAlg, key};
    use crate::rule::assertion_attack::Fault;
    use crate::rule::jose::{Jwt, Verification, verify};
    use crate::session::signing_key::foreign;

    #[tokio::test]
    async fn an_assertion_verifies_with_the_public_key_and_is_never_the_same() {
        for alg in SigningAlg::ALL {
            let key = key(alg).await.unwrap();
            let signer = Signer { key, audience: "https://op.example".to_owned(), hosted: None };
            let text = signer.assertion("c", 1_700_000_000);
            let jwt = Jwt::parse(&text).unwrap();
            assert!(matches!(verify(&jwt, key.set()["keys"].as_array().unwrap(), None), Verification::Verified { .. }), "{alg:?}");
            assert_eq!((&jwt.claims["iss"], &jwt.claims["sub"], &jwt.claims["aud"]), (&"c".into(), &"c".into(), &"https://op.example".into()));
            assert_eq!(jwt.claims["exp"], 1_700_000_060);
            assert_ne!(text, signer.assertion("c", 1_700_000_000));
        }
    }

    #[tokio::test]
    async fn a_bad_assertion_has_one_fault() {
        const NOW: i64 = 1_700_000_000;
        for alg in SigningAlg::ALL {
            let (key, foreign) = (key(alg).await.unwrap(), foreign(alg).await.unwrap());
            let signer = Signer { key, audience: "https://op.example".to_owned(), hosted: None };
            let good = Jwt::parse(&signer.assertion("c", NOW)).unwrap();
            for (fault, _) in Fault::ALL {
                let (text, kind) = signer.bad_assertion(fault, "c", NOW, foreign);
                assert_eq!(kind, if fault == Fault::OtherType { SAML_BEARER } else { JWT_BEARER });
                let jwt = Jwt::parse(&text).unwrap();
                let verifies = matches!(verify(&jwt, key.set()["keys"].as_array().unwrap(), None), Verification::Verified { .. });
                assert_eq!(verifies, !matches!(fault, Fault::WrongKey | Fault::Unsigned | Fault::PublicKeyAsSecret), "{fault:?}");
                let differ: Vec<&str> =
                    ["iss", "sub", "aud", "exp", "nbf"].into_iter().filter(|name| jwt.claims.get(*name) != good.claims.get(*name)).collect();
                let expected: &[&str] = match fault {
                    Fault::Expired | Fault::NoExpiry => &["exp"],
                    Fault::NotYet => &["exp", "nbf"],
                    Fault::OtherAudience | Fault::NoAudience => &["aud"],
                    Fault::OtherSubject | Fault::NoSubject => &["sub"],
                    Fault::OtherIssuer | Fault::NoIssuer => &["iss"],
                    _ => &[],
                };
                assert_eq!(differ, expected, "{fault:?}");
            }
        }
    }
}
