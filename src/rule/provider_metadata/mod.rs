//! Rules about provider metadata (`OpenID` Connect Discovery 1.0, RFC 8414).

use crate::rule::judgement::{Judgement, Unmet, not_run};
use serde_json::{Map, Value};

use super::{Artefact, Check, expect};
use crate::observed::received::Received;

mod consistency;
pub(super) mod document;
pub(super) mod endpoints;
pub(super) mod issuer;
pub(super) mod lists;
pub(super) mod security;
#[cfg(test)]
mod tests;
pub(super) mod values;

/// The discovery response of an issuer.
#[derive(Debug, Clone)]
pub struct ProviderMetadata {
    /// The response to the discovery request.
    pub response: Received,
    /// The issuer as the user gave it, byte for byte.
    pub issuer: String,
    /// True when the issuer was reached by plain http on purpose: a loopback issuer in development. Rules that demand https are not applicable then.
    pub plain_http: bool,
    /// Why there rightly is none: the endpoints were configured instead.
    pub absent: Option<String>,
}

impl Artefact for ProviderMetadata {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    fn absent(&self) -> Option<&str> {
        self.absent.as_deref()
    }
}

static RULES: &[Check<ProviderMetadata>] = &[
    document::HTTP_200,
    document::CONTENT_TYPE_JSON,
    document::JSON_OBJECT,
    document::NO_DUPLICATE_MEMBERS,
    document::METADATA_TYPES,
    document::NO_EMPTY_ARRAYS,
    document::NO_NULL_MEMBERS,
    issuer::ISSUER_EXACT,
    issuer::ISSUER_VALID_URL,
    endpoints::AUTHORIZATION_ENDPOINT,
    endpoints::TOKEN_ENDPOINT,
    endpoints::JWKS_URI,
    endpoints::USERINFO_ENDPOINT_RECOMMENDED,
    endpoints::REGISTRATION_ENDPOINT_RECOMMENDED,
    endpoints::ALL_ENDPOINTS_HTTPS,
    endpoints::ENDPOINTS_NO_FRAGMENT,
    lists::RESPONSE_TYPES,
    lists::GRANT_TYPES,
    lists::SUBJECT_TYPES,
    lists::ID_TOKEN_ALGS_RS256,
    lists::SCOPES_OPENID,
    lists::SCOPES_SYNTAX,
    lists::AUTH_SIGNING_ALGS_PRESENT,
    lists::AUTH_SIGNING_ALGS_NO_NONE,
    security::NO_ALG_NONE,
    security::PKCE_PUBLISHED,
    security::PKCE_NO_PLAIN,
    security::ISS_PARAMETER_BOOLEAN,
    security::NO_PASSWORD_GRANT,
    security::NO_IMPLICIT_TOKENS,
    values::LOCALES_BCP47,
    values::REQUEST_OBJECT_ALGS_RS256,
    values::AUTH_SIGNING_ALGS_RS256,
    values::CLAIM_TYPES_NORMAL,
    values::DISPLAY_VALUES,
    values::PKCE_METHODS_REGISTERED,
    values::GRANT_TYPES_SYNTAX,
    values::RESPONSE_TYPES_SYNTAX,
    values::ALG_NAMES_SPELLED,
    values::DPOP_ALGS_ASYMMETRIC,
    consistency::RESPONSE_TYPES_FOR_GRANTS,
    consistency::OFFLINE_ACCESS_GRANT,
    consistency::PAR_ENDPOINT,
    consistency::INTROSPECTION_AUTH_NOT_NONE,
    consistency::PAGES_ARE_URLS,
    consistency::MTLS_ALIASES,
];

impl ProviderMetadata {
    /// True if it speaks of ID tokens: a document that does not is of an authorization server, wherever it is (RFC 8414 5).
    pub fn is_openid(&self) -> bool {
        self.response.members().is_some_and(is_openid)
    }

    /// The metadata, or the outcome of every rule that needs it: not run because of the rule about the response that failed.
    fn document(&self) -> Result<&Map<String, Value>, Unmet> {
        if self.response.status != 200 {
            return not_run("discovery/http-200");
        }
        self.response.members().ok_or_else(|| Unmet::not_run("discovery/json-object"))
    }

    /// Judges the metadata if there is any.
    pub(super) fn judge(&self, judgement: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
        match self.document() {
            Ok(document) => judgement(document),
            Err(outcome) => Err(outcome),
        }
    }
}

/// True if metadata speak of ID tokens: either member is required of an OpenID provider (`OpenID` Connect Discovery 1.0, section 3).
pub(super) fn is_openid(document: &Map<String, Value>) -> bool {
    document.contains_key("id_token_signing_alg_values_supported") || document.contains_key("subject_types_supported")
}

/// A member that is neither absent nor null.
pub(super) fn present<'a>(document: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    document.get(name).filter(|value| !value.is_null())
}

/// The strings of an optional array. `discovery/metadata-types` says so where it is anything else.
fn optional_list<'a>(document: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, Unmet> {
    let Some(value) = present(document, name) else {
        return Ok(None);
    };
    expect::strings(value).map(Some).map_err(|_| Unmet::not_run("discovery/metadata-types"))
}

/// `grant_types_supported`, or its default (`OpenID` Connect Discovery 1.0, section 3).
pub(super) fn grant_types(document: &Map<String, Value>) -> Result<Vec<&str>, Unmet> {
    Ok(optional_list(document, "grant_types_supported")?.unwrap_or_else(|| vec!["authorization_code", "implicit"]))
}
