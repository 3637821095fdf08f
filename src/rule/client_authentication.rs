//! Rules about the client authentication of a freshly registered client at the token endpoint.

use super::{Artefact, Check};

/// How the first token request of a freshly registered client went.
#[derive(Debug, Clone)]
pub struct ClientAuthentication {
    /// The exchange of the last attempt.
    pub exchange: usize,
    /// How often the token endpoint answered `invalid_client` before it accepted the credentials, or before the 3 s were up.
    pub refusals: u32,
    /// Milliseconds from the registration response to the end of the last attempt.
    pub elapsed_ms: u64,
    /// True if the credentials were accepted in the end.
    pub accepted: bool,
}

impl Artefact for ClientAuthentication {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static RULES: &[Check<ClientAuthentication>] = &[];
