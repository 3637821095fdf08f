//! What is encrypted for a client, and the keys that it decrypts with (RFC 7516, OpenID Connect Core 10.2).

use std::sync::OnceLock;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use crate::jwe::{DecryptionKey, Enc, KeyError, KeyPair};
use crate::rule::jose::opened::{Held, Opened};

/// A key that is made once for the whole process: an issuer sees its public half and nothing else.
pub(crate) struct SharedPair(OnceLock<Result<KeyPair, KeyError>>, fn() -> Result<KeyPair, KeyError>);

impl SharedPair {
    /// The key, made on a thread where it holds up nothing else.
    pub async fn get(&'static self) -> Result<&'static KeyPair, KeyError> {
        let made = tokio::task::spawn_blocking(|| self.0.get_or_init(self.1).as_ref().map_err(Clone::clone)).await;
        made.unwrap_or_else(|error| Err(KeyError(error.to_string())))
    }
}

/// The RSA key that every client of the suite registers.
pub(crate) static RSA: SharedPair = SharedPair(OnceLock::new(), KeyPair::rsa);
/// The same on the curve P-256.
pub(crate) static CURVE: SharedPair = SharedPair(OnceLock::new(), KeyPair::curve);
/// An RSA key that nobody publishes.
pub(crate) static FOREIGN_RSA: SharedPair = SharedPair(OnceLock::new(), KeyPair::rsa);
/// The same on the curve P-256.
pub(crate) static FOREIGN_CURVE: SharedPair = SharedPair(OnceLock::new(), KeyPair::curve);

/// By what something is encrypted for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithms {
    /// The `alg`.
    pub alg: String,
    /// The `enc`; `A128CBC-HS256` where a client registers none (OpenID Connect Registration 2).
    pub enc: String,
}

impl Algorithms {
    /// What a registration response has for a purpose, `id_token` or `userinfo`: `None` if it names no encryption. An `enc` that it does not repeat is the one that
    /// was asked for.
    pub fn of(response: &Map<String, Value>, request: &Value, purpose: &str) -> Option<Self> {
        let (alg, enc) = (format!("{purpose}_encrypted_response_alg"), format!("{purpose}_encrypted_response_enc"));
        let text = |name: &str| response.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "none");
        let enc = text(&enc).or_else(|| request.get(&enc)?.as_str()).unwrap_or(Enc::A128CbcHs256.name());
        Some(Self { alg: text(&alg)?.to_owned(), enc: enc.to_owned() })
    }
}

/// What a client of this test registered for its encryption.
#[derive(Debug, Clone, Default)]
pub struct Encryption {
    /// The keys that it published.
    pub keys: Vec<&'static KeyPair>,
    /// How its ID tokens are encrypted, if they are.
    pub id_token: Option<Algorithms>,
    /// How its userinfo responses are encrypted, if they are.
    pub userinfo: Option<Algorithms>,
}

impl Encryption {
    /// Its published keys.
    pub fn published(&self) -> Vec<Value> {
        self.keys.iter().map(|pair| pair.public.clone()).collect()
    }

    /// Opens what was encrypted for the client: with its keys, or with its secret.
    pub fn open(&self, text: &str, secret: Option<&SecretString>) -> Opened {
        let secret = secret.map(|secret| DecryptionKey::Secret(secret.expose_secret().to_owned()));
        let own = self.keys.iter().map(|pair| Held { kid: Some(pair.kid()), key: &pair.private });
        let held: Vec<Held<'_>> = own.chain(secret.iter().map(|key| Held { kid: None, key })).collect();
        Opened::new(text, &held)
    }
}

#[cfg(test)]
mod tests {
    use super::Algorithms;
    use serde_json::{Map, Value, json};

    #[test]
    fn an_enc_is_that_of_the_response_or_the_request_or_the_default() {
        let of = |response: Value, request: Value| {
            let response: Map<String, Value> = response.as_object().cloned().unwrap_or_default();
            Algorithms::of(&response, &request, "userinfo").map(|both| (both.alg, both.enc))
        };
        let both = |alg: &str, enc: &str| Some((alg.to_owned(), enc.to_owned()));
        let alg = json!({ "userinfo_encrypted_response_alg": "dir" });
        assert_eq!(of(alg.clone(), json!({})), both("dir", "A128CBC-HS256"));
        assert_eq!(of(alg.clone(), json!({ "userinfo_encrypted_response_enc": "A256GCM" })), both("dir", "A256GCM"));
        let replaced = json!({ "userinfo_encrypted_response_alg": "dir", "userinfo_encrypted_response_enc": "A128GCM" });
        assert_eq!(of(replaced, json!({ "userinfo_encrypted_response_enc": "A256GCM" })), both("dir", "A128GCM"));
        assert_eq!((of(json!({}), alg), of(json!({ "userinfo_encrypted_response_alg": "none" }), json!({}))), (None, None));
    }
}
