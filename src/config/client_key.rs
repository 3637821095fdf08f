//! A private key by which a client registered beforehand signs its assertions (RFC 7523 2.2, OpenID Connect Core 9): in PEM, or as a JWK.

use std::fmt;

use ::aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use thiserror::Error;

/// The algorithms that a client can sign with, by their registered names (RFC 7518 3.1, RFC 8037 3.1).
pub const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
];

/// Why a key is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClientKeyError {
    /// It is neither PEM nor a JWK.
    #[error("it holds neither a private key in PEM nor a private JWK that is understood")]
    NotAKey,
    /// The key cannot sign by this algorithm.
    #[error("the key cannot sign by {0}")]
    Algorithm(String),
    /// There is no such algorithm.
    #[error("there is no algorithm {0:?} for it")]
    Unknown(String),
}

/// A private key of a client.
#[derive(Clone)]
pub struct ClientKey {
    private: EncodingKey,
    algorithm: Algorithm,
    name: &'static str,
    kid: Option<String>,
    text: SecretString,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("alg", &self.name).field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl ClientKey {
    /// Reads a key. The identifier and the algorithm are those of the JWK where they are not given; without either, the algorithm is the usual one of such a key.
    ///
    /// # Errors
    /// [`ClientKeyError`] if it is no private key, or does not fit the algorithm.
    pub fn read(text: SecretString, kid: Option<&str>, alg: Option<&str>) -> Result<Self, ClientKeyError> {
        let jwk: Option<Map<String, Value>> = serde_json::from_str(text.expose_secret()).ok();
        let of_jwk = |name: &str| jwk.as_ref().and_then(|jwk| jwk.get(name)?.as_str());
        let private = match &jwk {
            Some(jwk) => of_members(jwk).into_iter().collect(),
            None => of_pem(text.expose_secret().as_bytes()),
        };
        if private.is_empty() {
            return Err(ClientKeyError::NotAKey);
        }
        let wanted = alg.or_else(|| of_jwk("alg"));
        let known: Vec<(&'static str, Algorithm)> = ALGORITHMS.into_iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)).collect();
        if let Some(wanted) = wanted.filter(|_| known.is_empty()) {
            return Err(ClientKeyError::Unknown(wanted.to_owned()));
        }
        // Whether a key can sign by an algorithm is seen by a signature.
        let fits = |(private, (_, algorithm)): &(&EncodingKey, (&str, Algorithm))| crypto::sign(b"", private, *algorithm).is_ok();
        let all = known.iter().flat_map(|known| private.iter().map(move |private| (private, *known)));
        let (private, (name, algorithm)) =
            all.into_iter().find(fits).ok_or_else(|| ClientKeyError::Algorithm(wanted.unwrap_or("any known algorithm").to_owned()))?;
        let kid = kid.or_else(|| of_jwk("kid")).map(str::to_owned);
        Ok(Self { private: private.clone(), algorithm, name, kid, text })
    }

    /// The registered name of its algorithm.
    pub fn alg(&self) -> &'static str {
        self.name
    }

    /// A JWT with this header and these claims; `alg` and `kid` are filled in.
    pub fn sign(&self, mut header: Map<String, Value>, claims: &Value) -> String {
        header.insert("alg".to_owned(), Value::from(self.name));
        header.extend(self.kid.iter().map(|kid| ("kid".to_owned(), Value::from(kid.as_str()))));
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&Value::Object(header)), part(claims));
        let signature = crypto::sign(message.as_bytes(), &self.private, self.algorithm).unwrap_or_default();
        format!("{message}.{signature}")
    }

    /// The key as it was given, to be kept out of reports.
    pub fn text(&self) -> &SecretString {
        &self.text
    }

    /// The private parts of a JWK, to be kept out of reports.
    pub fn secrets(&self) -> Vec<String> {
        let jwk: Map<String, Value> = serde_json::from_str(self.text.expose_secret()).unwrap_or_default();
        PRIVATE.iter().filter_map(|name| Some(jwk.get(*name)?.as_str()?.to_owned())).collect()
    }
}

/// The members of a JWK that are secret (RFC 7518 6.2.2, 6.3.2).
const PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

/// What a text in PEM may be: the library tells RSA from the curves, and not one curve from the other.
fn of_pem(pem: &[u8]) -> Vec<EncodingKey> {
    [EncodingKey::from_rsa_pem(pem), EncodingKey::from_ec_pem(pem), EncodingKey::from_ed_pem(pem)].into_iter().filter_map(Result::ok).collect()
}

/// The key of a JWK (RFC 7518 6, RFC 8037 2).
fn of_members(jwk: &Map<String, Value>) -> Option<EncodingKey> {
    let part = |name: &str| URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
    let curve = |algorithm: &'static EcdsaSigningAlgorithm| {
        let public = [vec![4], part("x")?, part("y")?].concat();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &part("d")?, &public).ok()?;
        Some(EncodingKey::from_ec_der(pair.to_pkcs8v1().ok()?.as_ref()))
    };
    match (jwk.get("kty")?.as_str()?, jwk.get("crv").and_then(Value::as_str)) {
        ("RSA", _) => {
            let numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(part);
            let mut content = integer(&[0]);
            for number in numbers {
                content.extend(integer(&number?));
            }
            Some(EncodingKey::from_rsa_der(&tagged(0x30, &content)))
        }
        ("EC", Some("P-256")) => curve(&ECDSA_P256_SHA256_FIXED_SIGNING),
        ("EC", Some("P-384")) => curve(&ECDSA_P384_SHA384_FIXED_SIGNING),
        ("OKP", Some("Ed25519")) => {
            let pair = Ed25519KeyPair::from_seed_and_public_key(&part("d")?, &part("x")?).ok()?;
            Some(EncodingKey::from_ed_der(pair.to_pkcs8v1().ok()?.as_ref()))
        }
        _ => None,
    }
}

/// A number in DER: positive, without zeros before it (X.690 8.3).
fn integer(number: &[u8]) -> Vec<u8> {
    let at = number.iter().position(|byte| *byte != 0).unwrap_or(number.len().saturating_sub(1));
    let mut content = Vec::new();
    if number.get(at).is_none_or(|byte| *byte >= 0x80) {
        content.push(0);
    }
    content.extend_from_slice(number.get(at..).unwrap_or_default());
    tagged(0x02, &content)
}

/// A value in DER with its tag and its length (X.690 8.1).
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let short: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut value = vec![tag];
    // In one byte, or in as many as that one says.
    if content.len() < 0x80 {
        value.push(short.first().copied().unwrap_or_default());
    } else {
        value.push(0x80 | u8::try_from(short.len()).unwrap_or_default());
        value.extend(short);
    }
    value.extend_from_slice(content);
    value
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::{Map, Value, json};

    use super::{ALGORITHMS, ClientKey, ClientKeyError, integer, tagged};

    /// The private JWK of RFC 8037 A.1.
    fn ed25519() -> String {
        json!({
            "kty": "OKP", "crv": "Ed25519", "kid": "of the jwk",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        })
        .to_string()
    }

    /// The private JWK of RFC 7515 A.3.1.
    fn p256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
        })
    }

    fn verifies(token: &str, key: &DecodingKey, alg: &str) -> bool {
        let mut validation = Validation::new(ALGORITHMS.iter().find(|(name, _)| *name == alg).unwrap().1);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        jsonwebtoken::decode::<Value>(token, key, &validation).is_ok()
    }

    #[test]
    fn a_key_in_pem_signs_by_its_usual_algorithm_or_by_the_one_that_is_asked_for() {
        for (family, alg, other) in [
            (&rcgen::PKCS_RSA_SHA256, "RS256", Some("PS256")),
            (&rcgen::PKCS_ECDSA_P256_SHA256, "ES256", None),
            (&rcgen::PKCS_ECDSA_P384_SHA384, "ES384", None),
        ] {
            let pair = rcgen::KeyPair::generate_for(family).unwrap();
            let public = pair.public_key_pem();
            let public =
                if alg == "RS256" { DecodingKey::from_rsa_pem(public.as_bytes()) } else { DecodingKey::from_ec_pem(public.as_bytes()) }.unwrap();
            let read = |alg| ClientKey::read(pair.serialize_pem().into(), Some("k"), alg);
            let key = read(None).unwrap();
            assert_eq!(key.alg(), alg);
            assert!(verifies(&key.sign(Map::new(), &json!({ "sub": "c" })), &public, alg), "{alg}");
            if let Some(other) = other {
                assert!(verifies(&read(Some(other)).unwrap().sign(Map::new(), &json!({})), &public, other), "{other}");
            }
            assert_eq!(read(Some("EdDSA")).unwrap_err(), ClientKeyError::Algorithm("EdDSA".to_owned()));
            assert_eq!(read(Some("HS256")).unwrap_err(), ClientKeyError::Unknown("HS256".to_owned()));
            assert!(!format!("{key:?}").contains("PRIVATE"));
        }
    }

    #[test]
    fn a_private_jwk_signs_and_names_itself() {
        let key = ClientKey::read(ed25519().into(), None, None).unwrap();
        let token = key.sign(Map::new(), &json!({ "sub": "c" }));
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!((key.alg(), header.kid.as_deref()), ("EdDSA", Some("of the jwk")));
        assert!(verifies(&token, &DecodingKey::from_ed_components("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap(), "EdDSA"));
        assert_eq!(key.secrets(), ["nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"]);
        let public = DecodingKey::from_ec_components(p256()["x"].as_str().unwrap(), p256()["y"].as_str().unwrap()).unwrap();
        let key = ClientKey::read(p256().to_string().into(), Some("given"), None).unwrap();
        let token = key.sign(Map::new(), &json!({}));
        assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid.as_deref(), Some("given"));
        assert!(verifies(&token, &public, "ES256"));
    }

    #[test]
    fn what_is_no_private_key_is_none() {
        let mut public = p256();
        public.as_object_mut().unwrap().shift_remove("d");
        for text in ["", "{}", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", &public.to_string(), "[]"] {
            assert_eq!(ClientKey::read(text.to_owned().into(), None, None).unwrap_err(), ClientKeyError::NotAKey, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_as_der_has_them() {
        assert_eq!(integer(&[0]), [2, 1, 0]);
        assert_eq!(integer(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(tagged(0x30, &[7; 0x81])[..3], [0x30, 0x81, 0x81]);
        assert_eq!(tagged(0x30, &[7; 0x101])[..4], [0x30, 0x82, 1, 1]);
    }
}
