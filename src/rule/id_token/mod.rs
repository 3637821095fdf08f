//! Rules about ID tokens (`OpenID` Connect Core 2, 3.1.3.6, 3.1.3.7).

use std::sync::Arc;

use crate::rule::judgement::{Judgement, not_applicable, not_run};
use serde_json::{Map, Value};

use super::jose::Jwt;
use super::token_response::Grant;
use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;

mod claims;
mod header;
mod hygiene;
mod relying_party;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
mod time;

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
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
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
    const RULES: &'static [&'static [Check<Self>]] =
        &[header::RULES, claims::RULES, time::RULES, claims::RULES_2, relying_party::RULES, hygiene::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

const WELL_FORMED: &str = "id-token/well-formed";
const NOT_NONE: &str = "id-token/alg-not-none";

/// What a judgement that needs the key set says without one.
const NO_KEYS: &str = "the key set could not be had";

impl IdToken {
    /// True if the issuer published no metadata at all, and was tested by the endpoints that were configured.
    fn is_without_metadata(&self) -> bool {
        let lacks = |name: &str| self.metadata.get(name).is_none();
        self.metadata.is_object() && lacks("issuer") && lacks("id_token_signing_alg_values_supported")
    }

    /// What becomes of a rule that needs the published keys where there are none.
    fn without_keys(&self) -> Judgement {
        if self.is_without_metadata() && self.metadata.get("jwks_uri").is_none() {
            return not_applicable("no key set is known: no metadata is published, and no jwks_uri is configured");
        }
        not_run(NO_KEYS)
    }
}

/// Judges the parts of the token, if it has them.
fn parts(token: &IdToken, judge: impl FnOnce(&Jwt) -> Judgement) -> Judgement {
    Jwt::parse(&token.raw).map_or_else(|_| not_run(WELL_FORMED), |jwt| judge(&jwt))
}

/// True for a token without a signature that the client registered for (`OpenID` Connect Core 2).
fn asked_for_none(token: &IdToken) -> bool {
    token.registered_alg.as_deref() == Some("none")
}
