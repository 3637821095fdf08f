//! How clients of the suite authenticate with `private_key_jwt` (OpenID Connect Core 9, RFC 7523 2.2).

use std::sync::Arc;

use openidconnect::CsrfToken;
use serde_json::{Map, json};

use super::signing_key::{SharedKey, SigningAlg, SigningKey, SigningKeyError};
use crate::agent::callback::StandingOffer;

/// How long an assertion is good, in seconds: it is sent at once.
const LIFETIME: i64 = 60;

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
        let jti = CsrfToken::new_random_len(24);
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": self.audience, "jti": jti.secret(), "iat": now, "exp": now + LIFETIME,
        });
        self.key.sign(Map::from_iter([("typ".to_owned(), json!("JWT"))]), &claims)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Signer, SigningAlg, key};
    use crate::rule::jose::{Jwt, Verification, verify};

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
}
