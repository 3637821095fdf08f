//! JSON Web Encryption in compact serialization (RFC 7516): what clients and issuers encrypt for each other.
//!
//! The crates that offer it either bring OpenSSL along or are not kept. So the few algorithms that clients of OpenID Connect meet are put together here of
//! `aws-lc-rs`, which is there for signatures and TLS anyway; the examples of RFC 7516 and RFC 7518 are its tests. What is compressed is never read: it can be
//! far longer than what was sent, and compression tells of the plaintext (RFC 8725 3.6). RSA by PKCS 1.5 is not there at all (RFC 8725 3.2).

use std::fmt;

use aws_lc_rs::rand::fill;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

mod algorithm;
mod content;
mod key;
#[cfg(test)]
mod tests;

pub use algorithm::{Enc, KeyAlg, KeyKind};
pub use key::{ContentKey, DecryptionKey, EncryptionKey, KeyError, KeyPair, of_secret};

/// A message in compact serialization, taken apart (RFC 7516 7.1).
#[derive(Clone)]
pub struct Jwe {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The header in base64url, as sent: what is authenticated with the content.
    pub protected: String,
    /// The encrypted key of the content; empty where none is sent.
    pub encrypted_key: Vec<u8>,
    /// The initialization vector.
    pub iv: Vec<u8>,
    /// The content.
    pub ciphertext: Vec<u8>,
    /// The authentication tag.
    pub tag: Vec<u8>,
}

/// Why a message stays closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed {
    /// This build does not know its `alg`.
    UnknownAlg,
    /// This build does not know its `enc`.
    UnknownEnc,
    /// It has a `zip`: what is compressed is not read.
    Compressed,
    /// The key is of another kind than its algorithm takes.
    OtherKey,
    /// Its `epk` is missing, or no key on the curve of the recipient's.
    EphemeralKey,
    /// It has an encrypted key, and its algorithm sends none.
    KeyNotEmpty,
    /// Its encrypted key was not encrypted to this key.
    ContentKey,
    /// The key of its content has this many bytes, which is not what its `enc` takes.
    ContentKeyLength(usize),
    /// Its authentication tag is not that of its content.
    Content,
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAlg => f.write_str("its alg is not known to this build"),
            Self::UnknownEnc => f.write_str("its enc is not known to this build"),
            Self::Compressed => f.write_str("it is compressed (zip), which this build never reads"),
            Self::OtherKey => f.write_str("the key is of another kind than its alg takes"),
            Self::EphemeralKey => f.write_str("its epk is no public key on the curve of the key"),
            Self::KeyNotEmpty => f.write_str("there is an encrypted key, although its alg sends none"),
            Self::ContentKey => f.write_str("its encrypted key is not encrypted to the key"),
            Self::ContentKeyLength(bytes) => write!(f, "the key of the content has {bytes} bytes"),
            Self::Content => f.write_str("its authentication tag is not that of the content"),
        }
    }
}

impl Jwe {
    /// Takes a message apart without decrypting anything.
    ///
    /// # Errors
    /// A sentence saying what keeps it from being one. It never quotes the message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, '.').collect();
        let &[protected, encrypted_key, iv, ciphertext, tag] = parts.as_slice() else {
            return Err(match parts.len() {
                6 => "more than five parts between dots".to_owned(),
                n => format!("{n} {} instead of five between dots", if n == 1 { "part" } else { "parts" }),
            });
        };
        let decode =
            |part: &str, text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|error| format!("the {part} is not base64url without padding: {error}"));
        let header = match serde_json::from_slice(&decode("header", protected)?) {
            Ok(Value::Object(header)) => header,
            Ok(_) => return Err("the header is JSON but not an object".to_owned()),
            Err(error) => return Err(format!("the header is not JSON: {error}")),
        };
        Ok(Self {
            header,
            protected: protected.to_owned(),
            encrypted_key: decode("encrypted key", encrypted_key)?,
            iv: decode("initialization vector", iv)?,
            ciphertext: decode("ciphertext", ciphertext)?,
            tag: decode("authentication tag", tag)?,
        })
    }

    /// True if a text has the five parts of a message.
    pub fn is_one(text: &str) -> bool {
        text.splitn(6, '.').count() == 5
    }

    /// A member of the header that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// The algorithm of the key, if this build knows it.
    pub fn alg(&self) -> Option<KeyAlg> {
        self.text("alg").and_then(KeyAlg::of)
    }

    /// The algorithm of the content, if this build knows it.
    pub fn enc(&self) -> Option<Enc> {
        self.text("enc").and_then(Enc::of)
    }

    /// The plaintext.
    ///
    /// # Errors
    /// Why the message stays closed.
    pub fn decrypt(&self, key: &DecryptionKey) -> Result<Vec<u8>, Sealed> {
        let (enc, content_key) = self.content_key(key)?;
        content::decrypt(enc, &content_key, &self.iv, self.protected.as_bytes(), &self.ciphertext, &self.tag).ok_or(Sealed::Content)
    }

    /// The plaintext of a message in CBC mode, whatever its tag: for an issuer with that flaw.
    ///
    /// # Errors
    /// Why the message stays closed.
    pub fn decrypt_unverified(&self, key: &DecryptionKey) -> Result<Vec<u8>, Sealed> {
        let (enc, content_key) = self.content_key(key)?;
        content::decrypt_unverified(enc, &content_key, &self.iv, &self.ciphertext).ok_or(Sealed::Content)
    }

    fn content_key(&self, key: &DecryptionKey) -> Result<(Enc, Vec<u8>), Sealed> {
        let alg = self.alg().ok_or(Sealed::UnknownAlg)?;
        let enc = self.enc().ok_or(Sealed::UnknownEnc)?;
        if self.header.contains_key("zip") {
            return Err(Sealed::Compressed);
        }
        Ok((enc, key.content_key(self, alg, enc)?))
    }
}

/// A random key for the content.
///
/// # Errors
/// If the system gives no random bytes.
pub fn random_key(enc: Enc) -> Result<Vec<u8>, KeyError> {
    random(enc.key_bytes())
}

/// So many random bytes.
///
/// # Errors
/// If the system gives none.
pub fn random(bytes: usize) -> Result<Vec<u8>, KeyError> {
    let mut random = vec![0; bytes];
    fill(&mut random).map_err(|_| KeyError("there are no random bytes".to_owned()))?;
    Ok(random)
}

/// The header of a message: these members, then `alg`, `enc` and what belongs to the key where they are not there yet.
pub fn header(mut members: Map<String, Value>, alg: KeyAlg, enc: Enc, key: &ContentKey) -> Map<String, Value> {
    members.entry("alg").or_insert_with(|| alg.name().into());
    members.entry("enc").or_insert_with(|| enc.name().into());
    members.extend(key.header.clone());
    members
}

/// A message with exactly this header, which is JSON.
///
/// # Errors
/// If the key of the content has another length than the algorithm takes.
pub fn seal(header: &str, enc: Enc, key: &ContentKey, plaintext: &[u8]) -> Result<String, KeyError> {
    let protected = URL_SAFE_NO_PAD.encode(header);
    let iv = random(enc.iv_bytes())?;
    let (ciphertext, tag) = content::encrypt(enc, &key.key, &iv, protected.as_bytes(), plaintext)
        .ok_or_else(|| KeyError(format!("{} does not take a key of {} bytes", enc.name(), key.key.len())))?;
    let [key, iv, ciphertext, tag] = [&key.encrypted, &iv, &ciphertext, &tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok(format!("{protected}.{key}.{iv}.{ciphertext}.{tag}"))
}

/// A message to this key, with these members in its header beside those that it must have.
///
/// # Errors
/// If the key is of another kind than the algorithm takes.
pub fn encrypt(members: Map<String, Value>, alg: KeyAlg, enc: Enc, to: &EncryptionKey, plaintext: &[u8]) -> Result<String, KeyError> {
    let key = to.content_key(alg, enc, random_key(enc)?)?;
    seal(&Value::Object(header(members, alg, enc, &key)).to_string(), enc, &key, plaintext)
}
