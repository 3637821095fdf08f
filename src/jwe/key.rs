//! Keys, and what comes of the key of the content with each (RFC 7518 4).

use std::fmt;

use aws_lc_rs::agreement::{self, UnparsedPublicKey, agree};
use aws_lc_rs::digest;
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey, PublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value, json};
use thiserror::Error;

use super::algorithm::{Enc, KeyAlg, KeyKind};
use super::{Jwe, Sealed};

/// A key could not be made or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a key for encryption cannot be used: {0}")]
pub struct KeyError(pub String);

/// A curve for key agreement (RFC 7518 6.2.1.1, RFC 8037 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Curve {
    P256,
    P384,
    P521,
    X25519,
}

impl Curve {
    /// The curve of a JWK, if this build knows it.
    fn of(jwk: &Value) -> Option<Self> {
        match (jwk["kty"].as_str()?, jwk["crv"].as_str()?) {
            ("EC", "P-256") => Some(Self::P256),
            ("EC", "P-384") => Some(Self::P384),
            ("EC", "P-521") => Some(Self::P521),
            ("OKP", "X25519") => Some(Self::X25519),
            _ => None,
        }
    }

    fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &agreement::ECDH_P256,
            Self::P384 => &agreement::ECDH_P384,
            Self::P521 => &agreement::ECDH_P521,
            Self::X25519 => &agreement::X25519,
        }
    }

    /// The point of a public JWK, as the library takes it.
    fn point(self, jwk: &Value) -> Option<Vec<u8>> {
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok();
        let x = coordinate("x")?;
        if self == Self::X25519 { Some(x) } else { Some([&[4], x.as_slice(), coordinate("y")?.as_slice()].concat()) }
    }

    /// A point as a public JWK.
    fn jwk(self, point: &[u8]) -> Value {
        let name = match self {
            Self::X25519 => return json!({ "kty": "OKP", "crv": "X25519", "x": URL_SAFE_NO_PAD.encode(point) }),
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        };
        let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
        json!({ "kty": "EC", "crv": name, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
    }
}

/// What a message is decrypted with.
pub enum DecryptionKey {
    /// A private RSA key.
    Rsa(Box<OaepPrivateDecryptingKey>),
    /// A private key on a curve.
    Curve(Box<CurveKey>),
    /// The client secret, of which the symmetric keys are made (OpenID Connect Core 10.2).
    Secret(String),
}

/// A private key on a curve.
pub struct CurveKey {
    curve: Curve,
    private: agreement::PrivateKey,
}

impl fmt::Debug for DecryptionKey {
    /// Its kind and nothing else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey({:?})", self.kind())
    }
}

impl DecryptionKey {
    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa(_) => KeyKind::Rsa,
            Self::Curve(_) => KeyKind::Curve,
            Self::Secret(_) => KeyKind::Secret,
        }
    }

    /// A private key on the curve P-256.
    pub(super) fn on_p256(private: agreement::PrivateKey) -> Self {
        Self::Curve(Box::new(CurveKey { curve: Curve::P256, private }))
    }

    /// The key of the content of a message.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(super) fn content_key(&self, jwe: &Jwe, alg: KeyAlg, enc: Enc) -> Result<Vec<u8>, Sealed> {
        if alg.is_direct() && !jwe.encrypted_key.is_empty() {
            return Err(Sealed::KeyNotEmpty);
        }
        let key = match (self, alg.kind()) {
            (Self::Rsa(key), KeyKind::Rsa) => {
                let mut key_bytes = vec![0; key.min_output_size()];
                key.decrypt(oaep(alg), &jwe.encrypted_key, &mut key_bytes, None).map_err(|_| Sealed::ContentKey)?.to_vec()
            }
            (Self::Curve(key), KeyKind::Curve) => {
                let epk = jwe.header.get("epk").filter(|epk| Curve::of(epk) == Some(key.curve)).ok_or(Sealed::EphemeralKey)?;
                let point = key.curve.point(epk).ok_or(Sealed::EphemeralKey)?;
                let shared = shared_secret(&key.private, key.curve, &point).ok_or(Sealed::EphemeralKey)?;
                let party = |name: &str| jwe.header.get(name).and_then(Value::as_str).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
                let derived = derived(&shared, alg, enc, &party("apu").unwrap_or_default(), &party("apv").unwrap_or_default());
                if alg.is_direct() { derived } else { unwrap(&derived, &jwe.encrypted_key).ok_or(Sealed::ContentKey)? }
            }
            (Self::Secret(secret), KeyKind::Secret) => {
                let shared = of_secret(secret, alg.wrapping_bytes().unwrap_or(enc.key_bytes()));
                if alg.is_direct() { shared } else { unwrap(&shared, &jwe.encrypted_key).ok_or(Sealed::ContentKey)? }
            }
            _ => return Err(Sealed::OtherKey),
        };
        if key.len() == enc.key_bytes() { Ok(key) } else { Err(Sealed::ContentKeyLength(key.len())) }
    }
}

/// What a message is encrypted to.
#[derive(Debug, Clone)]
pub struct EncryptionKey(Recipient);

#[derive(Clone)]
enum Recipient {
    Rsa(PublicEncryptingKey),
    Curve(Curve, Vec<u8>),
    Shared(Vec<u8>),
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rsa(_) => "RSA",
            Self::Curve(..) => "a curve",
            Self::Shared(_) => "a secret",
        })
    }
}

/// The key of a content, and how it is sent.
#[derive(Clone)]
pub struct ContentKey {
    /// The key itself.
    pub key: Vec<u8>,
    /// The encrypted key as it is sent; empty where it is not.
    pub encrypted: Vec<u8>,
    /// The members of the header that belong to it: `epk`.
    pub header: Map<String, Value>,
}

impl EncryptionKey {
    /// A published key, if this build can encrypt to it.
    pub fn of_jwk(jwk: &Value) -> Option<Self> {
        if jwk["kty"] == "RSA" {
            let member = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str()?).ok();
            let key = PublicKeyComponents { n: member("n")?, e: member("e")? };
            return key.try_into().ok().map(|key| Self(Recipient::Rsa(key)));
        }
        let curve = Curve::of(jwk)?;
        Some(Self(Recipient::Curve(curve, curve.point(jwk)?)))
    }

    /// The key that is made of a client secret for these algorithms (OpenID Connect Core 10.2).
    pub fn of_secret(secret: &str, alg: KeyAlg, enc: Enc) -> Self {
        Self::of_bytes(of_secret(secret, alg.wrapping_bytes().unwrap_or(enc.key_bytes())))
    }

    /// A shared key as it is.
    pub fn of_bytes(key: Vec<u8>) -> Self {
        Self(Recipient::Shared(key))
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyKind {
        match self.0 {
            Recipient::Rsa(_) => KeyKind::Rsa,
            Recipient::Curve(..) => KeyKind::Curve,
            Recipient::Shared(_) => KeyKind::Secret,
        }
    }

    /// The key for a content: this one where it is sent, else one that is agreed upon or known.
    ///
    /// # Errors
    /// If it is of another kind than the algorithm takes, or the library fails.
    pub fn content_key(&self, alg: KeyAlg, enc: Enc, key: Vec<u8>) -> Result<ContentKey, KeyError> {
        let failed = || KeyError(format!("{} does not take {:?}", alg.name(), self.0));
        let mut header = Map::new();
        let wrapping = match (&self.0, alg.kind()) {
            (Recipient::Rsa(public), KeyKind::Rsa) => {
                let public = OaepPublicEncryptingKey::new(public.clone()).map_err(|_| failed())?;
                let mut encrypted = vec![0; public.ciphertext_size()];
                let encrypted = public.encrypt(oaep(alg), &key, &mut encrypted, None).map_err(|_| failed())?.to_vec();
                return Ok(ContentKey { key, encrypted, header });
            }
            (Recipient::Curve(curve, point), KeyKind::Curve) => {
                let private = agreement::PrivateKey::generate(curve.algorithm()).map_err(|_| failed())?;
                let public = private.compute_public_key().map_err(|_| failed())?;
                header.insert("epk".to_owned(), curve.jwk(public.as_ref()));
                let shared = shared_secret(&private, *curve, point).ok_or_else(failed)?;
                derived(&shared, alg, enc, &[], &[])
            }
            (Recipient::Shared(key), KeyKind::Secret) => key.clone(),
            _ => return Err(failed()),
        };
        if alg.is_direct() {
            return Ok(ContentKey { key: wrapping, encrypted: Vec::new(), header });
        }
        let encrypted = wrap(&wrapping, &key).ok_or_else(failed)?;
        Ok(ContentKey { key, encrypted, header })
    }
}

/// A private key with its public half.
#[derive(Debug)]
pub struct KeyPair {
    /// What messages to it are decrypted with.
    pub private: DecryptionKey,
    /// The public key as a JWK with `kid` (its RFC 7638 thumbprint) and `use`.
    pub public: Value,
}

impl KeyPair {
    /// Makes a new RSA key of 2048 bits. It takes a moment: not for an async task.
    ///
    /// # Errors
    /// The library's words.
    pub fn rsa() -> Result<Self, KeyError> {
        let failed = |why: &dyn fmt::Display| KeyError(why.to_string());
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).map_err(|error| failed(&error))?;
        let private = PrivateDecryptingKey::from_pkcs8(&pair.serialize_der()).map_err(|error| failed(&error))?;
        let private = OaepPrivateDecryptingKey::new(private).map_err(|error| failed(&error))?;
        let encoding = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).map_err(|error| failed(&error))?;
        let jwk = Jwk::from_encoding_key(&encoding, Algorithm::RS256).map_err(|error| failed(&error))?;
        let members = serde_json::to_value(&jwk.algorithm).map_err(|error| failed(&error))?;
        Self::of(DecryptionKey::Rsa(Box::new(private)), &members)
    }

    /// Makes a new key on the curve P-256.
    ///
    /// # Errors
    /// The library's words.
    pub fn curve() -> Result<Self, KeyError> {
        let failed = |_| KeyError("the library makes no key on P-256".to_owned());
        let private = agreement::PrivateKey::generate(&agreement::ECDH_P256).map_err(failed)?;
        let public = Curve::P256.jwk(private.compute_public_key().map_err(failed)?.as_ref());
        Self::of(DecryptionKey::on_p256(private), &public)
    }

    fn of(private: DecryptionKey, members: &Value) -> Result<Self, KeyError> {
        let jwk: Jwk = serde_json::from_value(members.clone()).map_err(|error| KeyError(error.to_string()))?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| KeyError(error.to_string()))?;
        let mut public = json!({ "kid": kid, "use": "enc" });
        if let (Value::Object(public), Value::Object(members)) = (&mut public, members) {
            public.extend(members.clone());
        }
        Ok(Self { private, public })
    }

    /// Its identifier.
    pub fn kid(&self) -> &str {
        self.public["kid"].as_str().unwrap_or_default()
    }
}

fn oaep(alg: KeyAlg) -> &'static OaepAlgorithm {
    if alg == KeyAlg::RsaOaep { &OAEP_SHA1_MGF1SHA1 } else { &OAEP_SHA256_MGF1SHA256 }
}

fn shared_secret(private: &agreement::PrivateKey, curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    agree(private, UnparsedPublicKey::new(curve.algorithm(), point), (), |shared| Ok(shared.to_vec())).ok()
}

/// The key that is derived of a shared secret by Concat KDF with SHA-256 (RFC 7518 4.6.2).
pub(super) fn derived(shared: &[u8], alg: KeyAlg, enc: Enc, apu: &[u8], apv: &[u8]) -> Vec<u8> {
    let (name, bytes) = match alg.wrapping_bytes() {
        Some(bytes) => (alg.name(), bytes),
        None => (enc.name(), enc.key_bytes()),
    };
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let mut key = Vec::new();
    let mut round = 1;
    while key.len() < bytes {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&number(round));
        context.update(shared);
        for part in [name.as_bytes(), apu, apv] {
            context.update(&number(part.len()));
            context.update(part);
        }
        context.update(&number(bytes * 8));
        key.extend_from_slice(context.finish().as_ref());
        round += 1;
    }
    key.truncate(bytes);
    key
}

/// The symmetric key of this length that is made of a client secret: the first bytes of its hash (OpenID Connect Core 10.2).
pub fn of_secret(secret: &str, bytes: usize) -> Vec<u8> {
    let algorithm = match bytes {
        ..=32 => &digest::SHA256,
        33..=48 => &digest::SHA384,
        _ => &digest::SHA512,
    };
    let mut key = digest::digest(algorithm, secret.as_bytes()).as_ref().to_vec();
    key.truncate(bytes);
    key
}

fn kek(key: &[u8]) -> Option<AesKek> {
    AesKek::new(if key.len() == 16 { &AES_128 } else { &AES_256 }, key).ok()
}

/// A key wrapped with another (RFC 3394).
fn wrap(with: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let mut wrapped = vec![0; key.len() + 8];
    Some(kek(with)?.wrap(key, &mut wrapped).ok()?.to_vec())
}

/// The key that was wrapped with another.
pub(super) fn unwrap(with: &[u8], wrapped: &[u8]) -> Option<Vec<u8>> {
    let mut key = vec![0; wrapped.len().checked_sub(8)?];
    Some(kek(with)?.unwrap(wrapped, &mut key).ok()?.to_vec())
}
