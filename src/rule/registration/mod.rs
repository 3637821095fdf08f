//! Rules about dynamic client registration (RFC 7591, `OpenID` Connect Registration 1.0) and its undoing (RFC 7592).

use crate::rule::judgement::{Judgement, not_applicable, not_run};
use serde_json::{Map, Value};

use super::{Artefact, Check, Level, Rule, expect};
use crate::observed::received::Received;

mod client;
mod consistency;
mod response;
#[cfg(test)]
mod tests;

/// The response to a registration request that was sent with everything the issuer asks for.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The response.
    pub response: Received,
    /// The client metadata that was sent.
    pub request: Value,
    /// The provider metadata, as parsed.
    pub metadata: Value,
    /// True when the issuer is a plain-http one on loopback.
    pub plain_http: bool,
}

impl Artefact for Registration {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<Registration>] = &[
    response::ACCEPTED,
    response::HTTP_201,
    response::CONTENT_TYPE_JSON,
    response::NO_STORE,
    response::CLIENT_ID,
    response::ISSUED_AT,
    response::SECRET_EXPIRY,
    response::MANAGEMENT_PAIR,
    response::MANAGEMENT_URI_HTTPS,
    client::REDIRECT_URIS_RETURNED,
    client::ECHO_ALL_METADATA,
    client::NO_SILENT_NARROWING,
    client::PUBLIC_CLIENT_NO_SECRET,
    consistency::METADATA_TYPES,
    consistency::AUTH_METHOD_ADVERTISED,
    consistency::GRANT_TYPES_ADVERTISED,
    consistency::RESPONSE_TYPES_ADVERTISED,
    consistency::ID_TOKEN_ALG_ADVERTISED,
    consistency::TYPES_CONSISTENT,
    consistency::URIS_VALID,
    consistency::JWKS_NOT_BOTH,
];

impl Registration {
    /// Judges the client information if the registration was accepted.
    fn judge(&self, judgement: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
        match self.response.object() {
            Some(client) if response::is_success(&self.response, &client) => judgement(&client),
            _ => not_run("registration/accepted"),
        }
    }
}

/// A member that is neither absent nor null.
fn present<'a>(client: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    client.get(name).filter(|value| !value.is_null())
}

/// The response to deleting a client that this run registered (RFC 7592 2.3).
#[derive(Debug, Clone)]
pub struct Deletion {
    /// The response to the DELETE request.
    pub response: Received,
}

impl Artefact for Deletion {
    const RULES: &'static [Check<Self>] = DELETION_RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static DELETION_RULES: &[Check<Deletion>] = &[Check {
    rule: Rule {
        id: "client-config/delete-204",
        level: Level::Must,
        spec: "RFC7592-2.3",
        says: "Deleting a client is answered with status 204, where the issuer offers it",
        why: "A client that sees anything else must think that its credentials still work, and cannot tell whether to try again.",
    },
    judge: |artefact| match artefact.response.status {
        405 => not_applicable("status 405: the issuer says that it does not offer deletion"),
        _ => expect::status(&artefact.response, 204),
    },
}];
