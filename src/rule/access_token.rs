//! Rules about access tokens that are JWTs (RFC 9068). Opaque access tokens are none of a client's business: every rule is not applicable.

use serde_json::Value;

use super::token_response::Grant;
use super::{Artefact, Check};

/// An access token.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token as received.
    pub raw: String,
    /// The exchange it came in.
    pub exchange: usize,
    /// When it came: seconds since the epoch.
    pub received_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// The grant that gave it.
    pub grant: Grant,
    /// The issuer, as in its provider metadata.
    pub issuer: String,
    /// Our client identifier.
    pub client_id: String,
    /// `expires_in` of the token response, in seconds, if it was a number.
    pub expires_in: Option<f64>,
    /// The scope granted: the response's `scope`, else the scope asked for.
    pub scope: Option<String>,
    /// `sub` of the ID token of the same response, or of the login it goes back to.
    pub id_token_sub: Option<String>,
    /// The published keys, or `None` if the key set could not be had.
    pub keys: Option<Vec<Value>>,
}

impl Artefact for AccessToken {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static RULES: &[Check<AccessToken>] = &[];
