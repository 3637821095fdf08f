//! Rules about what a refresh may change and what it may not (RFC 6749 6, `OpenID` Connect Core 12.2).

use serde_json::{Map, Value};

use super::{Artefact, Check};
use crate::session::received::Received;

/// A refresh beside the login it goes back to.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// The response to the refresh request.
    pub response: Received,
    /// The token response the refresh token came in.
    pub before: Map<String, Value>,
    /// The claims of the ID token of the login, if there was one.
    pub id_token_before: Option<Map<String, Value>>,
    /// The claims of the ID token of this response, if there is one.
    pub id_token_after: Option<Map<String, Value>>,
    /// The scope of the original grant, space-separated.
    pub scope_before: Option<String>,
}

impl Artefact for Refresh {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<Refresh>] = &[];
