//! The signing keys: made once per process, one key for each algorithm, so that each published key can name its `alg` (RFC 7517 4.4).

use crate::issuer::prelude::*;

use std::sync::OnceLock;

use aws_lc_rs::digest::{self, SHA384, SHA512};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation, crypto};

/// How often the keys of an issuer can be rotated.
pub const MOST_ROTATIONS: usize = 8;

/// Why a key could not be made or used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the signing key for {alg} cannot be {what}: {why}")]
pub struct KeyError {
    /// The algorithm's registered name.
    alg: &'static str,
    /// `made` or `used`.
    what: &'static str,
    /// The library's words.
    why: String,
}

impl KeyError {
    /// The task that made the keys was stopped.
    pub(super) fn stopped(error: &tokio::task::JoinError) -> Self {
        Self { alg: "any algorithm", what: "made", why: error.to_string() }
    }
}

/// A signing algorithm the issuer holds a key for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alg {
    /// RSASSA-PKCS1-v1_5 with SHA-256; the default (OpenID Connect Registration 2).
    Rs256,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Alg {
    /// Every algorithm, in the order it is advertised.
    pub const ALL: [Self; 5] = [Self::Rs256, Self::Ps256, Self::Es256, Self::Es384, Self::EdDsa];

    /// The registered name (RFC 7518 3.1, RFC 8037 3.1).
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a registered name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.name() == name)
    }

    /// The left half of the algorithm's hash of `text`, base64url: the form of `at_hash` (OpenID Connect Core 3.1.3.6).
    pub fn half_hash(self, text: &str) -> String {
        let algorithm = match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => &SHA256,
            Self::Es384 => &SHA384,
            Self::EdDsa => &SHA512,
        };
        let hash = digest::digest(algorithm, text.as_bytes());
        let hash = hash.as_ref();
        URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2])
    }

    /// The algorithm as the library knows it.
    pub(super) fn algorithm(self) -> Algorithm {
        match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Ps256 => Algorithm::PS256,
            Self::Es256 => Algorithm::ES256,
            Self::Es384 => Algorithm::ES384,
            Self::EdDsa => Algorithm::EdDSA,
        }
    }
}

/// One key.
#[derive(Debug)]
pub struct SigningKey {
    /// What it signs with.
    pub alg: Alg,
    /// Its RFC 7638 thumbprint.
    pub kid: String,
    private: Private,
    /// The JWK, without private members.
    public: Value,
}

/// What a key signs with.
#[derive(Debug)]
enum Private {
    /// Kept as the library has it: what it works out for the first signature serves all.
    Rsa(Box<RsaKeyPair>),
    Other(EncodingKey),
}

impl SigningKey {
    fn make(alg: Alg) -> Result<Self, KeyError> {
        let made = |why: String| KeyError { alg: alg.name(), what: "made", why };
        let family = match alg {
            Alg::Rs256 | Alg::Ps256 => &rcgen::PKCS_RSA_SHA256,
            Alg::Es256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Alg::Es384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Alg::EdDsa => &rcgen::PKCS_ED25519,
        };
        let pair = rcgen::KeyPair::generate_for(family).map_err(|error| made(error.to_string()))?;
        let pem = pair.serialize_pem();
        let private = match alg {
            Alg::Rs256 | Alg::Ps256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            Alg::Es256 | Alg::Es384 => EncodingKey::from_ec_pem(pem.as_bytes()),
            Alg::EdDsa => EncodingKey::from_ed_pem(pem.as_bytes()),
        }
        .map_err(|error| made(error.to_string()))?;
        let jwk = if alg == Alg::EdDsa {
            // The library reads only the first version of PKCS#8 here, and rcgen writes the second.
            serde_json::from_value(json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key_raw()) }))
                .map_err(|error| made(error.to_string()))?
        } else {
            Jwk::from_encoding_key(&private, alg.algorithm()).map_err(|error| made(error.to_string()))?
        };
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| made(error.to_string()))?;
        let mut public = json!({ "kid": kid, "use": "sig", "alg": alg.name() });
        let members = serde_json::to_value(&jwk.algorithm).map_err(|error| made(error.to_string()))?;
        if let (Value::Object(public), Value::Object(members)) = (&mut public, members) {
            public.extend(members);
        }
        let private = match alg {
            Alg::Rs256 | Alg::Ps256 => {
                Private::Rsa(Box::new(RsaKeyPair::from_pkcs8(&pair.serialize_der()).map_err(|error| made(error.to_string()))?))
            }
            Alg::Es256 | Alg::Es384 | Alg::EdDsa => Private::Other(private),
        };
        Ok(Self { alg, kid, private, public })
    }

    /// A signed JWT in compact form (RFC 7515 7.1) with exactly this header.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, KeyError> {
        let message = unsigned(header, claims);
        let signature = self.signature(message.as_bytes()).map_err(|why| KeyError { alg: self.alg.name(), what: "used", why })?;
        Ok(format!("{message}.{signature}"))
    }

    fn signature(&self, message: &[u8]) -> Result<String, String> {
        match &self.private {
            Private::Rsa(key) => {
                let padding: &dyn RsaEncoding = if self.alg == Alg::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &SystemRandom::new(), message, &mut signature).map_err(|error| error.to_string())?;
                Ok(URL_SAFE_NO_PAD.encode(signature))
            }
            Private::Other(key) => crypto::sign(message, key, self.alg.algorithm()).map_err(|error| error.to_string()),
        }
    }
}

/// Header and claims in base64url with a dot between: what is signed.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    // A JSON object of this library's has each name once.
    let text = |value: &Value| value.to_string().replace("$again\":", "\":");
    format!("{}.{}", URL_SAFE_NO_PAD.encode(text(header)), URL_SAFE_NO_PAD.encode(text(claims)))
}

/// The claims of a JWT that this key signed with this algorithm. What they say is not checked.
fn claims_of(token: &str, jwk: &Jwk, alg: Alg) -> Option<Value> {
    let mut validation = Validation::new(alg.algorithm());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let key = DecodingKey::from_jwk(jwk).ok()?;
    jsonwebtoken::decode::<Value>(token, &key, &validation).ok().map(|decoded| decoded.claims)
}

/// A key for each algorithm.
#[derive(Debug)]
pub struct KeyRing(Vec<SigningKey>);

impl KeyRing {
    fn make() -> Result<Self, KeyError> {
        // The two RSA keys take nearly all of the time.
        std::thread::scope(|scope| {
            let threads: Vec<_> = Alg::ALL.map(|alg| (alg, scope.spawn(move || SigningKey::make(alg)))).into();
            threads
                .into_iter()
                .map(|(alg, thread)| {
                    thread.join().unwrap_or_else(|_| Err(KeyError { alg: alg.name(), what: "made", why: "the library panicked".to_owned() }))
                })
                .collect::<Result<_, _>>()
                .map(Self)
        })
    }

    /// The published keys, the same in the whole process. The first call takes up to a second or two: not for an async task.
    pub fn published() -> Result<&'static Self, KeyError> {
        static RING: OnceLock<Result<KeyRing, KeyError>> = OnceLock::new();
        RING.get_or_init(Self::make).as_ref().map_err(Clone::clone)
    }

    /// Keys that are published nowhere, for flaws.
    pub fn foreign() -> Result<&'static Self, KeyError> {
        static RING: OnceLock<Result<KeyRing, KeyError>> = OnceLock::new();
        RING.get_or_init(Self::make).as_ref().map_err(Clone::clone)
    }

    /// The keys that come with the rotation of this number, counted from 1; the same in the whole process. As with [`Self::published`], the first call
    /// takes a moment.
    pub fn of_rotation(number: usize) -> Result<&'static Self, KeyError> {
        static RINGS: [OnceLock<Result<KeyRing, KeyError>>; MOST_ROTATIONS] = [const { OnceLock::new() }; MOST_ROTATIONS];
        let ring = RINGS[number.clamp(1, MOST_ROTATIONS) - 1].get_or_init(Self::make);
        ring.as_ref().map_err(Clone::clone)
    }

    /// The key of an algorithm.
    pub fn key(&self, alg: Alg) -> &SigningKey {
        self.0.iter().find(|key| key.alg == alg).expect("a ring is made with a key for every algorithm")
    }

    /// The claims of a JWT that one of these keys signed with its algorithm. What they say is not checked.
    pub fn verify(&self, token: &str) -> Option<Value> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let key = self.0.iter().find(|key| key.kid == kid)?;
        let jwk: Jwk = serde_json::from_value(key.public.clone()).ok()?;
        claims_of(token, &jwk, key.alg)
    }

    /// The key set document (RFC 7517 5).
    pub fn document(&self) -> Value {
        json!({ "keys": self.0.iter().map(|key| &key.public).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Alg, KeyRing};
    use jsonwebtoken::jwk::JwkSet;
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::{Value, json};

    #[test]
    fn each_algorithm_verifies_with_its_published_key() {
        let ring = KeyRing::published().unwrap();
        let set: JwkSet = serde_json::from_value(ring.document()).unwrap();
        assert_eq!(set.keys.len(), Alg::ALL.len());
        for alg in Alg::ALL {
            let key = ring.key(alg);
            let token = key.sign(&json!({ "alg": alg.name(), "kid": key.kid }), &json!({ "sub": "x" })).unwrap();
            let mut validation = Validation::new(alg.algorithm());
            validation.required_spec_claims.clear();
            validation.validate_exp = false;
            let jwk = set.find(&key.kid).unwrap();
            let decoded = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap();
            assert_eq!(decoded.claims["sub"], "x");
        }
    }

    #[test]
    fn the_key_set_says_what_each_key_is_for_and_keeps_its_secrets() {
        let document = KeyRing::published().unwrap().document();
        for key in document["keys"].as_array().unwrap() {
            assert_eq!(key["use"], "sig");
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(private).is_none(), "{key}");
            }
        }
        assert_eq!(document["keys"][0]["alg"], "RS256");
        assert_eq!(document["keys"][0]["kty"], "RSA");
        assert_eq!(document["keys"][4]["crv"], "Ed25519");
    }

    #[test]
    fn the_hash_follows_the_algorithm() {
        // The example of OpenID Connect Core A.3.
        assert_eq!(Alg::Rs256.half_hash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(Alg::Es384.half_hash("x").len(), 32);
        assert_eq!(Alg::EdDsa.half_hash("x").len(), 43);
    }
}
