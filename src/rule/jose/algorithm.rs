//! The signature algorithms this build verifies (RFC 7518 3.1, RFC 8037 3.1, RFC 8812 3.2).

use crate::text::words::said;
use aws_lc_rs::signature::{
    self, ECDSA_P256K1_SHA256_FIXED, ECDSA_P521_SHA512_FIXED, EcdsaVerificationAlgorithm, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RsaParameters,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;

/// What kind of key an algorithm takes. The header's `alg` is looked up here and nowhere else; a key of another kind is never tried.
#[derive(Debug, Clone, Copy)]
pub enum Family {
    /// A shared secret: the client's, never a published key.
    Hmac(Algorithm),
    /// An RSA key; the second is for keys under 2048 bits, where there is one.
    Rsa(Algorithm, Option<&'static RsaParameters>),
    /// A key on the named curve, whose coordinates have this many bytes.
    Ec(&'static str, usize, Ec),
    /// Ed25519.
    Ed,
}

/// What verifies an ECDSA signature.
#[derive(Debug, Clone, Copy)]
pub enum Ec {
    /// `jsonwebtoken`.
    Library(Algorithm),
    /// `aws-lc-rs`, for the curves `jsonwebtoken` leaves out.
    Direct(&'static EcdsaVerificationAlgorithm),
}

impl Family {
    /// The family of a registered algorithm; `None` if this build cannot verify it.
    pub fn of(alg: &str) -> Option<Self> {
        static LEGACY_256: RsaParameters = RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY;
        static LEGACY_512: RsaParameters = RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY;
        static P521: EcdsaVerificationAlgorithm = ECDSA_P521_SHA512_FIXED;
        static P256K1: EcdsaVerificationAlgorithm = ECDSA_P256K1_SHA256_FIXED;
        Some(match alg {
            "HS256" => Self::Hmac(Algorithm::HS256),
            "HS384" => Self::Hmac(Algorithm::HS384),
            "HS512" => Self::Hmac(Algorithm::HS512),
            "RS256" => Self::Rsa(Algorithm::RS256, Some(&LEGACY_256)),
            "RS384" => Self::Rsa(Algorithm::RS384, None),
            "RS512" => Self::Rsa(Algorithm::RS512, Some(&LEGACY_512)),
            "PS256" => Self::Rsa(Algorithm::PS256, None),
            "PS384" => Self::Rsa(Algorithm::PS384, None),
            "PS512" => Self::Rsa(Algorithm::PS512, None),
            "ES256" => Self::Ec("P-256", 32, Ec::Library(Algorithm::ES256)),
            "ES384" => Self::Ec("P-384", 48, Ec::Library(Algorithm::ES384)),
            "ES512" => Self::Ec("P-521", 66, Ec::Direct(&P521)),
            "ES256K" => Self::Ec("secp256k1", 32, Ec::Direct(&P256K1)),
            "EdDSA" | "Ed25519" => Self::Ed,
            _ => return None,
        })
    }

    /// The `kty` of the keys it takes (RFC 7518 6.1).
    pub fn kty(self) -> &'static str {
        match self {
            Self::Hmac(_) => "oct",
            Self::Rsa(..) => "RSA",
            Self::Ec(..) => "EC",
            Self::Ed => "OKP",
        }
    }

    /// True if a published key is of this family, on its curve and not set aside for encryption. A shared secret is never a published key.
    pub fn takes(self, key: &Value) -> bool {
        let member = |name: &str| key.get(name).and_then(Value::as_str);
        let curve = match self {
            Self::Hmac(_) => return false,
            Self::Rsa(..) => true,
            Self::Ec(curve, ..) => member("crv") == Some(curve),
            // Ed448 is let through, so that its keys are met and named as unsupported.
            Self::Ed => matches!(member("crv"), Some("Ed25519" | "Ed448")),
        };
        curve && member("kty") == Some(self.kty()) && member("use") != Some("enc")
    }
}

/// What trying one key came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// The signature is this key's. Its size in bits.
    Good(usize),
    /// It is not.
    Bad,
    /// The key's members do not make a key.
    Unusable(String),
    /// This build cannot verify with such a key.
    Unsupported(String),
}

/// Verifies a signature with a client secret.
pub fn with_secret(algorithm: Algorithm, secret: &str, input: &str, signature: &[u8]) -> bool {
    with_library(algorithm, &DecodingKey::from_secret(secret.as_bytes()), input, signature)
}

/// Tries one published key that [`Family::takes`].
pub fn try_key(family: Family, key: &Value, input: &str, signature: &[u8]) -> Tried {
    match tried(family, key, input, signature) {
        Ok(tried) => tried,
        Err(why) => Tried::Unusable(why),
    }
}

fn tried(family: Family, key: &Value, input: &str, signature: &[u8]) -> Result<Tried, String> {
    let verdict = |good: bool, bits: usize| if good { Tried::Good(bits) } else { Tried::Bad };
    match family {
        Family::Hmac(_) => Err("a shared secret is not a published key".to_owned()),
        Family::Rsa(algorithm, legacy) => {
            let (n, e) = (bytes(key, "n")?, bytes(key, "e")?);
            let bits = bit_length(&n);
            match (bits, legacy) {
                (2048..=8192, _) => {
                    let key = DecodingKey::from_rsa_raw_components(significant(&n), significant(&e));
                    Ok(verdict(with_library(algorithm, &key, input, signature), bits))
                }
                (1024..2048, Some(parameters)) => {
                    let key = signature::RsaPublicKeyComponents { n: significant(&n), e: significant(&e) };
                    Ok(verdict(key.verify(parameters, input.as_bytes(), signature).is_ok(), bits))
                }
                _ => Ok(Tried::Unsupported(format!("{algorithm:?} with an RSA key of {bits} bits"))),
            }
        }
        Family::Ec(curve, size, with) => {
            let (x, y) = (coordinate(key, "x", size)?, coordinate(key, "y", size)?);
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            let good = match with {
                Ec::Library(algorithm) => with_library(algorithm, &DecodingKey::from_ec_der(&point), input, signature),
                Ec::Direct(algorithm) => signature::UnparsedPublicKey::new(algorithm, &point).verify(input.as_bytes(), signature).is_ok(),
            };
            Ok(verdict(good, if curve == "P-521" { 521 } else { size * 8 }))
        }
        Family::Ed => {
            if key.get("crv").and_then(Value::as_str) == Some("Ed448") {
                return Ok(Tried::Unsupported("EdDSA with an Ed448 key".to_owned()));
            }
            let x = coordinate(key, "x", 32)?;
            Ok(verdict(with_library(Algorithm::EdDSA, &DecodingKey::from_ed_der(&x), input, signature), 256))
        }
    }
}

fn with_library(algorithm: Algorithm, key: &DecodingKey, input: &str, signature: &[u8]) -> bool {
    crypto::verify(&URL_SAFE_NO_PAD.encode(signature), input.as_bytes(), key, algorithm).unwrap_or(false)
}

fn bytes(key: &Value, member: &str) -> Result<Vec<u8>, String> {
    let text = key.get(member).and_then(Value::as_str).ok_or_else(|| said!("its {member} is missing"))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|e| format!("its {member} is not base64url without padding: {e}"))
}

/// A coordinate has the length of its field, leading zeros included (RFC 7518 6.2.1.2).
fn coordinate(key: &Value, member: &str, size: usize) -> Result<Vec<u8>, String> {
    let value = bytes(key, member)?;
    if value.len() == size { Ok(value) } else { Err(format!("its {member} has {} bytes instead of {size}", value.len())) }
}

fn significant(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    &number[zeros..]
}

fn bit_length(number: &[u8]) -> usize {
    let number = significant(number);
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
