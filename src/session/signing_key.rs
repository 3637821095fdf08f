//! A key pair of a client: what it signs request objects and client assertions with (RFC 7515, RFC 7518 3.3 and 3.4).

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Map, Value, json};
use thiserror::Error;

/// A key pair could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no key pair could be made for {alg}: {why}")]
pub struct SigningKeyError {
    alg: &'static str,
    why: String,
}

/// What a key of the suite signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SigningAlg {
    /// RSA of 2048 bits: the algorithm that each OpenID provider must know (OpenID Connect Core 15.1).
    Rs256,
    /// The curve P-256.
    Es256,
}

impl SigningAlg {
    /// Every one, the one to be preferred first.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Es256];

    /// Its registered name (RFC 7518 3.1).
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
        }
    }
}

/// A key pair.
#[derive(Clone)]
pub struct SigningKey {
    alg: SigningAlg,
    private: EncodingKey,
    public: Value,
    public_pem: String,
    /// A certificate that it signed for itself, DER.
    certificate: Vec<u8>,
    kid: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("alg", &self.alg).field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// A key that is made once for the whole process: making one takes up to a second, and an issuer sees a public key and nothing else of it.
pub struct SharedKey {
    alg: SigningAlg,
    key: OnceLock<Result<SigningKey, SigningKeyError>>,
}

impl SharedKey {
    /// A key that is made when it is first asked for.
    pub const fn new(alg: SigningAlg) -> Self {
        Self { alg, key: OnceLock::new() }
    }

    /// The key, made on a thread where it holds up nothing else.
    pub(crate) async fn get(&'static self) -> Result<&'static SigningKey, SigningKeyError> {
        let made = tokio::task::spawn_blocking(|| self.key.get_or_init(|| SigningKey::generate(self.alg)).as_ref().map_err(Clone::clone)).await;
        made.unwrap_or_else(|error| Err(SigningKeyError { alg: self.alg.name(), why: error.to_string() }))
    }
}

/// A JWT with `alg` `none`.
pub(crate) fn without_signature(claims: &Value) -> String {
    format!("{}.", unsecured(&json!({ "alg": "none" }), claims))
}

/// Header and claims of a JWT: what is signed.
pub(super) fn unsecured(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// Keys that a second client registers.
static OTHER_RSA: SharedKey = SharedKey::new(SigningAlg::Rs256);
static OTHER_EC: SharedKey = SharedKey::new(SigningAlg::Es256);

/// A key of this algorithm that only those clients of the suite register which are another than the one that is tested.
pub(crate) async fn other(alg: SigningAlg) -> Result<&'static SigningKey, SigningKeyError> {
    match alg {
        SigningAlg::Rs256 => OTHER_RSA.get().await,
        SigningAlg::Es256 => OTHER_EC.get().await,
    }
}

/// Keys that no client registers.
static FOREIGN_RSA: SharedKey = SharedKey::new(SigningAlg::Rs256);
static FOREIGN_EC: SharedKey = SharedKey::new(SigningAlg::Es256);

/// A key of this algorithm that no client registers.
pub(crate) async fn foreign(alg: SigningAlg) -> Result<&'static SigningKey, SigningKeyError> {
    match alg {
        SigningAlg::Rs256 => FOREIGN_RSA.get().await,
        SigningAlg::Es256 => FOREIGN_EC.get().await,
    }
}

impl SigningKey {
    /// Makes a new key pair. It takes a moment: not for an async task.
    pub(crate) fn generate(alg: SigningAlg) -> Result<Self, SigningKeyError> {
        let failed = |why: &dyn std::fmt::Display| SigningKeyError { alg: alg.name(), why: why.to_string() };
        let (parameters, read): (_, fn(&[u8]) -> _) = match alg {
            SigningAlg::Rs256 => (&rcgen::PKCS_RSA_SHA256, EncodingKey::from_rsa_pem),
            SigningAlg::Es256 => (&rcgen::PKCS_ECDSA_P256_SHA256, EncodingKey::from_ec_pem),
        };
        let pair = rcgen::KeyPair::generate_for(parameters).map_err(|error| failed(&error))?;
        let (pem, public_pem) = (pair.serialize_pem(), pair.public_key_pem());
        let private = read(pem.as_bytes()).map_err(|error| failed(&error))?;
        let jwk = Jwk::from_encoding_key(&private, alg.algorithm()).map_err(|error| failed(&error))?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| failed(&error))?;
        let mut public = json!({ "kid": kid, "use": "sig", "alg": alg.name() });
        let members = serde_json::to_value(&jwk.algorithm).map_err(|error| failed(&error))?;
        if let (Value::Object(public), Value::Object(members)) = (&mut public, members) {
            public.extend(members);
        }
        let certificate = rcgen::CertificateParams::new(Vec::<String>::new()).and_then(|params| params.self_signed(&pair));
        let certificate = certificate.map_err(|error| failed(&error))?.der().to_vec();
        let key = Self { alg, private, public, public_pem, certificate, kid };
        // Proved once here, so that signing needs no error of its own.
        key.signature("").map_err(|why| failed(&why))?;
        Ok(key)
    }

    /// What it signs with.
    pub fn alg(&self) -> SigningAlg {
        self.alg
    }

    /// The public key as a JWK with `kid`, `use` and `alg`.
    pub fn public_jwk(&self) -> Value {
        self.public.clone()
    }

    /// The key set with its public half (RFC 7517 5).
    pub fn set(&self) -> Value {
        json!({ "keys": [self.public] })
    }

    /// The key's identifier, its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// A certificate that nobody else vouches for, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// A signed JWT in compact form. `alg` and `kid` are filled in where the header does not name them.
    pub fn sign(&self, mut header: Map<String, Value>, claims: &Value) -> String {
        header.entry("alg").or_insert_with(|| Value::from(self.alg.name()));
        let message = self.message(header, claims);
        let signature = self.signature(&message).unwrap_or_default();
        format!("{message}.{signature}")
    }

    /// A JWT with `alg` `HS256` whose secret is the public key, which is no secret: an attack on those who let the header of a JWT decide what a key is.
    pub fn sign_with_public_key(&self, claims: &Value) -> String {
        let header = Map::from_iter([("alg".to_owned(), Value::from("HS256")), ("typ".to_owned(), Value::from("JWT"))]);
        let message = self.message(header, claims);
        let secret = EncodingKey::from_secret(self.public_pem.as_bytes());
        let signature = crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap_or_default();
        format!("{message}.{signature}")
    }

    fn message(&self, mut header: Map<String, Value>, claims: &Value) -> String {
        header.entry("kid").or_insert_with(|| Value::from(self.kid.as_str()));
        unsecured(&Value::Object(header), claims)
    }

    fn signature(&self, message: &str) -> Result<String, String> {
        self.signature_by(self.alg.algorithm(), message)
    }

    /// The signature of a message in base64url, by another algorithm that the key can be used with.
    pub(super) fn signature_by(&self, algorithm: Algorithm, message: &str) -> Result<String, String> {
        crypto::sign(message.as_bytes(), &self.private, algorithm).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{SigningAlg, SigningKey};
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::{Map, Value, json};

    #[test]
    fn what_it_signs_verifies_with_its_public_key_which_holds_no_secret() {
        for alg in SigningAlg::ALL {
            let key = SigningKey::generate(alg).unwrap();
            let token = key.sign(Map::new(), &json!({ "iss": "c" }));
            let public = key.public_jwk();
            assert_eq!((&public["alg"], &public["use"], public["kid"].as_str()), (&json!(alg.name()), &json!("sig"), Some(key.kid())));
            assert!(["d", "p", "q", "dp", "dq", "qi"].iter().all(|private| public.get(private).is_none()), "{public}");
            let jwk: Jwk = serde_json::from_value(public).unwrap();
            let mut validation = Validation::new(alg.algorithm());
            validation.required_spec_claims.clear();
            let decoded = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap();
            assert_eq!((decoded.header.kid.as_deref(), &decoded.claims["iss"]), (Some(key.kid()), &json!("c")));
        }
    }
}
