//! Rules about dynamic client registration (RFC 7591, OpenID Connect Registration 1.0) and its undoing (RFC 7592).

use serde_json::Value;

use super::{Artefact, Check};
use crate::session::received::Received;

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

static RULES: &[Check<Registration>] = &[];

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

static DELETION_RULES: &[Check<Deletion>] = &[];
