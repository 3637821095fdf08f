//! What the issuer encrypts for clients, and what clients encrypt for the issuer (OpenID Connect Core 10.2, RFC 7516).

use std::sync::OnceLock;

use crate::issuer::prelude::*;
use crate::jwe::{self, ContentKey, DecryptionKey, Enc, EncryptionKey, Jwe, KeyAlg, KeyError, KeyKind, KeyPair, Sealed};

/// The bytes of a key of the content that is too short for most algorithms.
const SHORT_KEY: usize = 16;

/// The keys that clients encrypt to.
#[derive(Debug)]
pub struct IssuerKeys {
    rsa: KeyPair,
    curve: KeyPair,
}

impl IssuerKeys {
    fn make() -> Result<Self, KeyError> {
        Ok(Self { rsa: KeyPair::rsa()?, curve: KeyPair::curve()? })
    }

    /// The published keys, the same in the whole process. The first call takes a moment: not for an async task.
    pub fn published() -> Result<&'static Self, KeyError> {
        static KEYS: OnceLock<Result<IssuerKeys, KeyError>> = OnceLock::new();
        KEYS.get_or_init(Self::make).as_ref().map_err(Clone::clone)
    }

    /// Keys that nobody publishes, for flaws. As slow.
    pub fn foreign() -> Result<&'static Self, KeyError> {
        static KEYS: OnceLock<Result<IssuerKeys, KeyError>> = OnceLock::new();
        KEYS.get_or_init(Self::make).as_ref().map_err(Clone::clone)
    }

    /// Their public halves.
    pub fn documents(&self) -> [Value; 2] {
        [self.rsa.public.clone(), self.curve.public.clone()]
    }

    fn of(&self, kind: KeyKind) -> Option<&KeyPair> {
        match kind {
            KeyKind::Rsa => Some(&self.rsa),
            KeyKind::Curve => Some(&self.curve),
            KeyKind::Secret => None,
        }
    }
}

/// By what something is encrypted for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithms {
    /// The `alg`.
    pub alg: KeyAlg,
    /// The `enc`.
    pub enc: Enc,
}

/// What a client registered to have encrypted, and the keys that it published for that.
#[derive(Debug, Clone, Default)]
pub struct ClientEncryption {
    /// `id_token_encrypted_response_alg` and `…_enc`.
    pub id_token: Option<Algorithms>,
    /// `userinfo_encrypted_response_alg` and `…_enc`.
    pub userinfo: Option<Algorithms>,
    keys: Vec<Value>,
}

impl ClientEncryption {
    /// Reads the members of a registration request that are about encryption, and gives those that are to be registered, with the default of `enc`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(
        request: &Map<String, Value>,
        keys: Option<&Value>,
        has_secret: bool,
        no_default: bool,
    ) -> Result<(Self, Map<String, Value>), &'static str> {
        let text = |name: &str| match request.get(name).filter(|value| !value.is_null()) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err("an algorithm of encryption is not a string"),
        };
        let keys: Vec<Value> = keys.and_then(|set| set["keys"].as_array()).into_iter().flatten().filter(|key| key["use"] != "sig").cloned().collect();
        let encryption = Self { keys, ..Self::default() };
        let mut taken = Map::new();
        let mut read = |purpose: &str, is_for_client: bool| -> Result<Option<Algorithms>, &'static str> {
            let (alg_name, enc_name) = (format!("{purpose}_alg"), format!("{purpose}_enc"));
            let (alg, enc) = (text(&alg_name)?, text(&enc_name)?);
            let Some(alg) = alg else {
                return if enc.is_some() { Err("there is an enc of encryption and no alg") } else { Ok(None) };
            };
            let alg = KeyAlg::of(alg).ok_or("the alg of encryption is not supported")?;
            let enc = Enc::of(enc.unwrap_or(Enc::A128CbcHs256.name())).ok_or("the enc of encryption is not supported")?;
            if enc == Enc::A128CbcHs256 && no_default {
                return Err("the enc of encryption is not supported");
            }
            if is_for_client && !encryption.can_be_encrypted_to(alg, has_secret) {
                return Err("the client has no key for the alg of encryption");
            }
            taken.insert(alg_name, json!(alg.name()));
            taken.insert(enc_name, json!(enc.name()));
            Ok(Some(Algorithms { alg, enc }))
        };
        let id_token = read("id_token_encrypted_response", true)?;
        let userinfo = read("userinfo_encrypted_response", true)?;
        read("request_object_encryption", false)?;
        Ok((Self { id_token, userinfo, ..encryption }, taken))
    }

    fn can_be_encrypted_to(&self, alg: KeyAlg, has_secret: bool) -> bool {
        if alg.kind() == KeyKind::Secret { has_secret } else { self.key(alg.kind()).is_some() }
    }

    /// The first published key of a kind.
    fn key(&self, kind: KeyKind) -> Option<(EncryptionKey, &Value)> {
        self.keys.iter().filter_map(|jwk| Some((EncryptionKey::of_jwk(jwk)?, jwk))).find(|(key, _)| key.kind() == kind)
    }
}

fn broken(_: KeyError) -> Problem {
    Problem::Broken("something cannot be encrypted")
}

/// A text encrypted for a client: a signed JWT, or the claims alone.
pub fn encrypt(issuer: &Issuer, client: &Client, asked: Algorithms, text: &str, is_signed: bool) -> Result<String, Problem> {
    let encryption = &client.metadata.encryption;
    let is_for_all = client.metadata.is_public() && issuer.does(Behaviour::JweSymmetricForPublic);
    let Algorithms { alg, enc } = if is_for_all { Algorithms { alg: KeyAlg::Dir, ..asked } } else { flawed(issuer, encryption, asked) };
    let mut members = Map::new();
    let unsigned = is_signed && issuer.does(Behaviour::JweUnsigned);
    if is_signed && !unsigned {
        members.insert("cty".to_owned(), json!("JWT"));
    }
    let secret = client.secret.as_deref().unwrap_or(&client.id);
    let to = match encryption.key(alg.kind()) {
        Some((key, jwk)) => {
            let is_left_out = encryption.keys.len() == 1 && issuer.does(Behaviour::JweKidLeftOut);
            members.extend(jwk.get("kid").filter(|_| !is_left_out).map(|kid| ("kid".to_owned(), kid.clone())));
            let foreign = if issuer.does(Behaviour::JweForeignKey) { IssuerKeys::foreign().map_err(broken)?.of(alg.kind()) } else { None };
            foreign.and_then(|pair| EncryptionKey::of_jwk(&pair.public)).unwrap_or(key)
        }
        None if issuer.does(Behaviour::JweForeignKey) => EncryptionKey::of_secret("another secret", alg, enc),
        None if issuer.does(Behaviour::JweSecretFromRight) => {
            EncryptionKey::of_bytes(from_right(secret, alg.wrapping_bytes().unwrap_or(enc.key_bytes())))
        }
        None => EncryptionKey::of_secret(secret, alg, enc),
    };
    // Content of another algorithm, whose key has that length.
    let is_short = !alg.is_direct() && issuer.does(Behaviour::JweShortKey);
    let used = if is_short { Enc::A128Gcm } else { enc };
    let key = jwe::random_key(used).and_then(|random| to.content_key(alg, enc, random)).map_err(broken)?;
    let key = ContentKey { encrypted: if alg.is_direct() && issuer.does(Behaviour::JweKeyNotEmpty) { vec![1; 8] } else { key.encrypted }, ..key };
    let mut header = Value::Object(jwe::header(members, alg, enc, &key));
    issuer.defect.patch_json(&[Site::JweHeader], &mut header)?;
    let claims = unsigned.then(|| URL_SAFE_NO_PAD.decode(text.split('.').nth(1).unwrap_or_default()).unwrap_or_default());
    let plaintext = claims.as_deref().unwrap_or(text.as_bytes());
    // A JSON object of this library's has each name once.
    let sealed = jwe::seal(&header.to_string().replace("$again\":", "\":"), used, &key, plaintext).map_err(broken)?;
    Ok(if issuer.does(Behaviour::JwePadded) { format!("{sealed}==") } else { sealed })
}

/// The algorithms of a client as a flaw has them.
fn flawed(issuer: &Issuer, encryption: &ClientEncryption, asked: Algorithms) -> Algorithms {
    let Algorithms { alg, enc } = asked;
    let other = if alg == KeyAlg::RsaOaep { KeyAlg::RsaOaep256 } else { KeyAlg::RsaOaep };
    let has_other = encryption.key(other.kind()).is_some();
    Algorithms {
        alg: if has_other && issuer.does(Behaviour::JweOtherAlg) { other } else { alg },
        enc: if issuer.does(Behaviour::JweOtherEnc) { if enc == Enc::A256Gcm { Enc::A128Gcm } else { Enc::A256Gcm } } else { enc },
    }
}

/// The key that is made of the last bytes of the hash of a secret.
fn from_right(secret: &str, bytes: usize) -> Vec<u8> {
    let whole = jwe::of_secret(secret, if bytes > 32 { 64 } else { 32 });
    whole[whole.len() - bytes..].to_vec()
}

/// The JWT in an encrypted request object.
///
/// # Errors
/// Why it cannot be had: the same words whatever it is.
pub fn decrypt(issuer: &Issuer, client: &Client, text: &str) -> Result<String, &'static str> {
    const REFUSED: &str = "the request object cannot be decrypted";
    let mut message = Jwe::parse(text).map_err(|_| REFUSED)?;
    if message.text("enc").is_some_and(|enc| Enc::of(enc).is_none()) && !issuer.checks(Check::JweEncKnown) {
        message.header.insert("enc".to_owned(), json!(Enc::A128CbcHs256.name()));
    }
    if message.header.contains_key("zip") && !issuer.checks(Check::JweZipKnown) {
        message.header.shift_remove("zip");
    }
    let secret = client.secret.clone().map(DecryptionKey::Secret);
    let own = IssuerKeys::published().map_err(|_| REFUSED)?;
    let kind = message.alg().map(KeyAlg::kind).ok_or(REFUSED)?;
    let key = own.of(kind).map(|pair| &pair.private).or(secret.as_ref()).ok_or(REFUSED)?;
    let plaintext = message.decrypt(key).or_else(|sealed| match sealed {
        Sealed::Content if !issuer.checks(Check::JweTag) => message.decrypt_unverified(key).map_err(|_| REFUSED),
        Sealed::ContentKeyLength(bytes) if !issuer.checks(Check::JweKeyLength) => {
            let enc = if bytes == SHORT_KEY { Enc::A128Gcm } else { Enc::A128CbcHs256 };
            message.header.insert("enc".to_owned(), json!(enc.name()));
            message.decrypt(key).map_err(|_| REFUSED)
        }
        Sealed::ContentKeyLength(_) if issuer.does(Behaviour::DecryptionErrorsShown) => Err("the key in the request object has a wrong length"),
        _ => Err(REFUSED),
    })?;
    String::from_utf8(plaintext).map_err(|_| REFUSED)
}

#[cfg(test)]
mod tests {
    use super::{ClientEncryption, IssuerKeys};
    use crate::jwe::KeyPair;
    use serde_json::{Value, json};

    #[test]
    fn what_can_be_encrypted_is_registered_with_its_default() {
        let keys = json!({ "keys": [KeyPair::curve().unwrap().public] });
        let read = |request: Value, has_secret| ClientEncryption::read(request.as_object().unwrap(), Some(&keys), has_secret, false);
        let (read_one, taken) = read(json!({ "id_token_encrypted_response_alg": "ECDH-ES" }), false).unwrap();
        assert!(read_one.id_token.is_some() && read_one.userinfo.is_none());
        assert_eq!(Value::Object(taken), json!({ "id_token_encrypted_response_alg": "ECDH-ES", "id_token_encrypted_response_enc": "A128CBC-HS256" }));
        read(json!({ "userinfo_encrypted_response_alg": "dir" }), true).unwrap();
        read(json!({ "request_object_encryption_alg": "RSA-OAEP" }), false).unwrap();
        for bad in [
            json!({ "userinfo_encrypted_response_alg": "dir" }),
            json!({ "userinfo_encrypted_response_alg": "RSA-OAEP" }),
            json!({ "userinfo_encrypted_response_alg": "RSA1_5" }),
            json!({ "userinfo_encrypted_response_alg": 1 }),
            json!({ "userinfo_encrypted_response_alg": "ECDH-ES", "userinfo_encrypted_response_enc": "x" }),
            json!({ "userinfo_encrypted_response_enc": "A128GCM" }),
        ] {
            read(bad.clone(), false).map(|_| ()).expect_err(&bad.to_string());
        }
    }

    #[test]
    fn the_keys_are_for_encryption_and_keep_their_secrets() {
        for key in IssuerKeys::published().unwrap().documents() {
            assert_eq!(key["use"], "enc");
            assert!(["d", "p", "q", "dp", "dq", "qi", "k"].iter().all(|private| key.get(*private).is_none()), "{key}");
        }
    }
}
