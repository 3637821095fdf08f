//! Rules about provider metadata (OpenID Connect Discovery 1.0, RFC 8414).

use super::{Artefact, Check};
use crate::session::received::Received;

/// The discovery response of an issuer.
#[derive(Debug, Clone)]
pub struct ProviderMetadata {
    /// The response to the discovery request.
    pub response: Received,
    /// The issuer as the user gave it, byte for byte.
    pub issuer: String,
    /// True when the issuer was reached by plain http on purpose: a loopback issuer in development. Rules that demand https are not applicable then.
    pub plain_http: bool,
}

impl Artefact for ProviderMetadata {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<ProviderMetadata>] = &[];
