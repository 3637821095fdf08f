//! Rules about dynamic client registration (RFC 7591, `OpenID` Connect Registration 1.0) and its undoing (RFC 7592).

use crate::rule::expect::must;
use crate::rule::judgement::{Judgement, not_applicable, not_run};
use serde_json::{Map, Value};

use super::{Artefact, Check, expect};
use crate::observed::received::Received;

mod client;
mod consistency;
mod response;

pub(super) static RULES: &[Check<Registration>] = &[response::HTTP_201];

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
    const RULES: &'static [&'static [Check<Self>]] = &[response::RULES, RULES, response::RULES_2, client::RULES, consistency::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

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
    const RULES: &'static [&'static [Check<Self>]] = &[DELETION_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static DELETION_RULES: &[Check<Deletion>] = &[must(
    "client-config/delete-204",
    "RFC7592-2.3",
    "Deleting a client is answered with status 204, where the issuer offers it",
    "A client that sees anything else must think that its credentials still work, and cannot tell whether to try again.",
    |artefact| match artefact.response.status {
        405 => not_applicable("status 405: the issuer says that it does not offer deletion"),
        _ => expect::status(&artefact.response, 204),
    },
)];
