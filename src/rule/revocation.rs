//! Rules about token revocation (RFC 7009).

use super::{Artefact, Check};
use crate::session::received::Received;

/// A revocation of a refresh token, and what the token did afterwards.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The response to the revocation request.
    pub response: Received,
    /// The response to using the revoked refresh token once more, where that was tried.
    pub afterwards: Option<Received>,
}

impl Artefact for Revocation {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<Revocation>] = &[];
