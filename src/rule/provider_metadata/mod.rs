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

pub(super) static RULES: &[Check<ProviderMetadata>] =
    &[document::HTTP_200, document::CONTENT_TYPE_JSON, document::JSON_OBJECT, document::NO_DUPLICATE_MEMBERS];

pub(super) static RULES_2: &[Check<ProviderMetadata>] = &[issuer::ISSUER_EXACT, issuer::ISSUER_VALID_URL];

pub(super) static RULES_3: &[Check<ProviderMetadata>] = &[endpoints::TOKEN_ENDPOINT];

pub(super) static RULES_4: &[Check<ProviderMetadata>] =
    &[endpoints::ALL_ENDPOINTS_HTTPS, endpoints::ENDPOINTS_NO_FRAGMENT, lists::RESPONSE_TYPES, lists::GRANT_TYPES];

pub(super) static RULES_5: &[Check<ProviderMetadata>] = &[lists::ID_TOKEN_ALGS_RS256];

pub(super) static RULES_6: &[Check<ProviderMetadata>] = &[lists::SCOPES_SYNTAX, lists::AUTH_SIGNING_ALGS_PRESENT, lists::AUTH_SIGNING_ALGS_NO_NONE];

pub(super) static RULES_7: &[Check<ProviderMetadata>] = &[security::PKCE_PUBLISHED];

pub(super) static RULES_8: &[Check<ProviderMetadata>] = &[values::LOCALES_BCP47, values::REQUEST_OBJECT_ALGS_RS256, values::AUTH_SIGNING_ALGS_RS256];

pub(super) static RULES_9: &[Check<ProviderMetadata>] = &[values::PKCE_METHODS_REGISTERED];

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
    const RULES: &'static [&'static [Check<Self>]] = &[
        RULES,
        document::RULES,
        RULES_2,
        endpoints::RULES,
        RULES_3,
        endpoints::RULES_2,
        RULES_4,
        lists::RULES,
        RULES_5,
        lists::RULES_2,
        RULES_6,
        security::RULES,
        RULES_7,
        security::RULES_2,
        RULES_8,
        values::RULES,
        RULES_9,
        values::RULES_2,
        consistency::RULES,
    ];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    fn absent(&self) -> Option<&str> {
        self.absent.as_deref()
    }
}

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
