//! Rules about userinfo responses (`OpenID` Connect Core 5.3).

use super::{Artefact, Check};
use crate::session::received::Received;

/// The response to a userinfo request with a fresh access token.
#[derive(Debug, Clone)]
pub struct UserInfo {
    /// The response.
    pub response: Received,
    /// `sub` of the ID token that came with the access token.
    pub id_token_sub: Option<String>,
}

impl Artefact for UserInfo {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<UserInfo>] = &[];
