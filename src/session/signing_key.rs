//! A key pair of a client: what it signs request objects and client assertions with (RFC 7515, RFC 7518 3.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Map, Value, json};
use thiserror::Error;

/// The algorithm of every key: the one that each OpenID provider must know (OpenID Connect Core 15.1).
pub const ALG: &str = "RS256";

/// A key pair could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no RSA key pair could be made: {0}")]
pub struct SigningKeyError(String);

/// An RSA key pair of 2048 bits.
#[derive(Clone)]
pub struct SigningKey {
    private: EncodingKey,
    public: Value,
    kid: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a new key pair. It takes a moment: from an async task call [`SigningKey::generate_aside`].
    ///
    /// # Errors
    /// The library's words.
    pub fn generate() -> Result<Self, SigningKeyError> {
        let failed = |why: String| SigningKeyError(why);
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).map_err(|error| failed(error.to_string()))?;
        let private = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).map_err(|error| failed(error.to_string()))?;
        let jwk = Jwk::from_encoding_key(&private, Algorithm::RS256).map_err(|error| failed(error.to_string()))?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| failed(error.to_string()))?;
        let mut public = json!({ "kid": kid, "use": "sig", "alg": ALG });
        let members = serde_json::to_value(&jwk.algorithm).map_err(|error| failed(error.to_string()))?;
        if let (Value::Object(public), Value::Object(members)) = (&mut public, members) {
            public.extend(members);
        }
        let key = Self { private, public, kid };
        // Proved once here, so that signing needs no error of its own.
        key.signature("").map(|_| key).map_err(failed)
    }

    /// The same on a thread where it holds up nobody.
    ///
    /// # Errors
    /// The library's words.
    pub async fn generate_aside() -> Result<Self, SigningKeyError> {
        tokio::task::spawn_blocking(Self::generate).await.unwrap_or_else(|error| Err(SigningKeyError(error.to_string())))
    }

    /// The public key as a JWK with `kid`, `use` and `alg`.
    pub fn public_jwk(&self) -> Value {
        self.public.clone()
    }

    /// The key's identifier, its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A signed JWT in compact form. `alg` and `kid` are filled in where the header does not name them.
    pub fn sign(&self, mut header: Map<String, Value>, claims: &Value) -> String {
        header.entry("alg").or_insert_with(|| Value::from(ALG));
        header.entry("kid").or_insert_with(|| Value::from(self.kid.as_str()));
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&Value::Object(header)), part(claims));
        let signature = self.signature(&message).unwrap_or_default();
        format!("{message}.{signature}")
    }

    fn signature(&self, message: &str) -> Result<String, String> {
        crypto::sign(message.as_bytes(), &self.private, Algorithm::RS256).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ALG, SigningKey};
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{Algorithm, DecodingKey, Validation};
    use serde_json::{Map, Value, json};

    #[test]
    fn what_it_signs_verifies_with_its_public_key_which_holds_no_secret() {
        let key = SigningKey::generate().unwrap();
        let token = key.sign(Map::new(), &json!({ "iss": "c" }));
        let public = key.public_jwk();
        assert_eq!((&public["alg"], &public["use"], public["kid"].as_str()), (&json!(ALG), &json!("sig"), Some(key.kid())));
        assert!(["d", "p", "q", "dp", "dq", "qi"].iter().all(|private| public.get(private).is_none()), "{public}");
        let jwk: Jwk = serde_json::from_value(public).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        let decoded = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap();
        assert_eq!((decoded.header.kid.as_deref(), &decoded.claims["iss"]), (Some(key.kid()), &json!("c")));
    }
}
