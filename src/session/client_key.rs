//! The key pair by which clients of ours authenticate with `private_key_jwt` (OpenID Connect Core 9, RFC 7523 2.2).

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::CsrfToken;
use serde_json::{Value, json};

use super::callback::OfferedDocument;

/// How long an assertion is good, in seconds: it is sent at once.
const LIFETIME: i64 = 60;

/// A key pair of ours. The clients of a process share it: each issuer sees a public key and nothing else of it.
pub struct ClientKey {
    /// The algorithm it signs with.
    pub alg: &'static str,
    public: Value,
    private: Private,
}

enum Private {
    Rsa(Box<KeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key for {}", self.alg)
    }
}

impl ClientKey {
    /// The algorithms there can be a key for, the one to be preferred first: every issuer is to know RS256 (OpenID Connect Discovery 3).
    pub const ALGS: [&str; 2] = ["RS256", "ES256"];

    /// The key of an algorithm. The first call may take a second: not for an async task.
    ///
    /// # Errors
    /// Why there is none.
    pub fn of(alg: &str) -> Result<&'static Self, String> {
        static RSA: OnceLock<Result<ClientKey, String>> = OnceLock::new();
        static EC: OnceLock<Result<ClientKey, String>> = OnceLock::new();
        let key = match alg {
            "RS256" => RSA.get_or_init(Self::rsa),
            "ES256" => EC.get_or_init(Self::ec),
            _ => return Err(format!("no client key can be made for {alg}")),
        };
        key.as_ref().map_err(Clone::clone)
    }

    fn rsa() -> Result<Self, String> {
        let failed = |_| "an RSA key could not be made".to_owned();
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
        let (n, e) =
            (b64(pair.public_key().modulus().big_endian_without_leading_zero()), b64(pair.public_key().exponent().big_endian_without_leading_zero()));
        let public = json!({ "kty": "RSA", "kid": "oa-authtest-rs256", "use": "sig", "alg": "RS256", "n": n, "e": e });
        Ok(Self { alg: "RS256", public, private: Private::Rsa(Box::new(pair)) })
    }

    fn ec() -> Result<Self, String> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| "an EC key could not be made".to_owned())?;
        // The point is uncompressed: a byte that says so, then both coordinates.
        let (x, y) = pair.public_key().as_ref().get(1..).ok_or("an EC key has no point")?.split_at(32);
        let public = json!({ "kty": "EC", "kid": "oa-authtest-es256", "use": "sig", "alg": "ES256", "crv": "P-256", "x": b64(x), "y": b64(y) });
        Ok(Self { alg: "ES256", public, private: Private::Ec(Box::new(pair)) })
    }

    /// The key set with its public half (RFC 7517 5).
    pub fn set(&self) -> Value {
        json!({ "keys": [self.public] })
    }

    /// A client assertion for this audience, good once and from this time on, in seconds since the epoch.
    pub fn assertion(&self, client_id: &str, audience: &str, now: i64) -> String {
        let claims = json!({
            "iss": client_id, "sub": client_id, "aud": audience, "jti": CsrfToken::new_random_len(24).secret(), "iat": now, "exp": now + LIFETIME,
        });
        let header = json!({ "alg": self.alg, "kid": self.public["kid"], "typ": "JWT" });
        let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = self.sign(message.as_bytes()).unwrap_or_default();
        format!("{message}.{}", b64(signature))
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.private {
            Private::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
                Some(signature)
            }
            Private::Ec(pair) => Some(pair.sign(&SystemRandom::new(), message).ok()?.as_ref().to_vec()),
        }
    }
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// How a client makes its assertions.
#[derive(Debug, Clone)]
pub struct Signer {
    /// What it signs with.
    pub key: &'static ClientKey,
    /// Whom it names as the audience.
    pub audience: String,
    /// Its published key set, where it registered `jwks_uri`: it is there as long as the client is.
    pub hosted: Option<Arc<OfferedDocument>>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ClientKey;
    use crate::rule::jose::{Jwt, Verification, verify};

    #[test]
    fn an_assertion_verifies_with_the_public_key_and_is_never_the_same() {
        for alg in ClientKey::ALGS {
            let key = ClientKey::of(alg).unwrap();
            let text = key.assertion("c", "https://op.example", 1_700_000_000);
            let jwt = Jwt::parse(&text).unwrap();
            assert!(matches!(verify(&jwt, key.set()["keys"].as_array().unwrap(), None), Verification::Verified { .. }), "{alg}");
            assert_eq!((&jwt.claims["iss"], &jwt.claims["sub"], &jwt.claims["aud"]), (&"c".into(), &"c".into(), &"https://op.example".into()));
            assert_eq!(jwt.claims["exp"], 1_700_000_060);
            assert_ne!(text, key.assertion("c", "https://op.example", 1_700_000_000));
        }
        assert!(ClientKey::of("HS256").is_err());
    }
}
