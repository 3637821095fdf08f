//! Rules about ID tokens (OpenID Connect Core 2, 3.1.3.6, 3.1.3.7).

use serde_json::{Map, Value};

use super::token_response::Grant;
use super::{Artefact, Check};

/// An ID token and everything it has to agree with.
#[derive(Debug, Clone)]
pub struct IdToken {
    /// The token as received: compact serialization.
    pub raw: String,
    /// The exchange it came in.
    pub exchange: usize,
    /// When it came: seconds since the epoch.
    pub received_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// The grant whose response held it.
    pub grant: Grant,
    /// The issuer that was asked, as in its provider metadata.
    pub issuer: String,
    /// Our client identifier.
    pub client_id: String,
    /// Our client secret, for HS256 and its kin.
    pub client_secret: Option<secrecy::SecretString>,
    /// The `id_token_signed_response_alg` the client is registered with, if known.
    pub registered_alg: Option<String>,
    /// The nonce that was sent in the authorization request.
    pub nonce: Option<String>,
    /// The `max_age` that was sent, in seconds.
    pub max_age: Option<u64>,
    /// The access token that came in the same response.
    pub access_token: Option<String>,
    /// The published keys (members of the key set's `keys`), or `None` if the key set could not be had.
    pub keys: Option<Vec<Value>>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl IdToken {
    /// The claims, if the token can be taken apart that far.
    pub fn claims(&self) -> Option<Map<String, Value>> {
        super::jose::Jwt::parse(&self.raw).ok().map(|jwt| jwt.claims)
    }
}

impl Artefact for IdToken {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static RULES: &[Check<IdToken>] = &[];
