//! The metadata of an OpenID provider (`OpenID` Connect Discovery 1.0, RFC 8414).

use crate::rule::prelude::*;

pub(super) mod consistency;
pub(super) mod document;
pub(super) mod endpoints;
pub(super) mod issuer;
pub(super) mod lists;
pub(super) mod names;
pub(super) mod published;
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
    const RULES: &'static [&'static [Check<Self>]] = &[
        document::RULES,
        names::RULES,
        issuer::RULES,
        endpoints::RULES,
        lists::RULES,
        security::RULES,
        values::RULES,
        consistency::RULES,
        published::RULES,
    ];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    fn absent(&self) -> Option<&str> {
        self.absent.as_deref()
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "provider-metadata",
        what: "The metadata of an OpenID provider.",
        parts: &[part::DOCUMENT, part::STATUS, part::HEADERS],
    });
    fn view(&self) -> View {
        View::of_response(&self.response, self.document().map(|document| document.members))
    }
}

/// The first half of the ids of the rules about provider metadata.
const ARTEFACT: &str = "discovery";

impl ProviderMetadata {
    /// True if it speaks of ID tokens: a document that does not is of an authorization server, wherever it is (RFC 8414 5).
    pub fn is_openid(&self) -> bool {
        self.response.members().is_some_and(is_openid)
    }

    /// The response, if it has status 200.
    fn success(&self) -> Result<&Received, Unmet> {
        self.success_for(ARTEFACT)
    }

    /// The metadata, if the response holds any.
    fn document(&self) -> Result<Document<'_>, Unmet> {
        self.document_for(ARTEFACT)
    }

    /// The response, if it has status 200, to be judged by the rules of an artefact.
    pub(super) fn success_for(&self, artefact: &str) -> Result<&Received, Unmet> {
        if self.response.status == 200 { Ok(&self.response) } else { not_run(format!("{artefact}/http-200")) }
    }

    /// The metadata, if the response holds any, to be judged by the rules of an artefact.
    pub(super) fn document_for(&self, artefact: &'static str) -> Result<Document<'_>, Unmet> {
        let Some(members) = self.success_for(artefact)?.members() else {
            return not_run(format!("{artefact}/json-object"));
        };
        Ok(Document { metadata: self, members, artefact })
    }
}

/// Metadata as judges read them: those of a provider, or those of an authorization server, whose rules have other ids.
pub(super) struct Document<'a> {
    /// The response they came in and what was asked for.
    pub metadata: &'a ProviderMetadata,
    /// The members.
    pub members: &'a Map<String, Value>,
    /// The first half of the ids of the rules they are judged by.
    artefact: &'static str,
}

impl<'a> Document<'a> {
    /// Another rule about the same metadata makes a judgement impossible: the second half of its id.
    pub fn not_run<T>(&self, rule: &str) -> Result<T, Unmet> {
        not_run(format!("{}/{rule}", self.artefact))
    }

    /// A member that is neither absent nor null.
    pub fn member(&self, name: &str) -> Option<&'a Value> {
        member(self.members, name)
    }

    /// The strings of an optional array. `metadata-types` says so where it is anything else.
    pub fn list(&self, name: &str) -> Result<Option<Vec<&'a str>>, Unmet> {
        match self.member(name).map(strings) {
            Some(Err(_)) => self.not_run("metadata-types"),
            list => Ok(list.and_then(Result::ok)),
        }
    }

    /// The strings of an optional array without which there is nothing to judge.
    pub fn list_or(&self, name: &str, absent: impl Into<Words>) -> Result<Vec<&'a str>, Unmet> {
        self.list(name)?.ok_or_else(|| Unmet::not_applicable(absent))
    }

    /// The strings of an array that the rule named demands.
    pub fn required(&self, name: &str, rule: &str) -> Result<Vec<&'a str>, Unmet> {
        match self.member(name).map(strings) {
            Some(Ok(values)) => Ok(values),
            _ => self.not_run(rule),
        }
    }

    /// `grant_types_supported`, or its default (`OpenID` Connect Discovery 1.0, section 3).
    pub fn grant_types(&self) -> Result<Vec<&'a str>, Unmet> {
        Ok(self.list("grant_types_supported")?.unwrap_or_else(|| vec!["authorization_code", "implicit"]))
    }
}

/// True if metadata speak of ID tokens: either member is required of an OpenID provider (`OpenID` Connect Discovery 1.0, section 3).
pub fn is_openid(document: &Map<String, Value>) -> bool {
    document.contains_key("id_token_signing_alg_values_supported") || document.contains_key("subject_types_supported")
}
