//! Rules about a protected resource: the orders feed (RFC 6750).

use super::{Artefact, Check};
use crate::session::received::Received;

/// The orders feed asked twice.
#[derive(Debug, Clone)]
pub struct OrdersFeed {
    /// The response to the request with the access token.
    pub with_token: Received,
    /// The response to the request without any token.
    pub without_token: Received,
}

impl Artefact for OrdersFeed {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.with_token.exchange)
    }
}

static RULES: &[Check<OrdersFeed>] = &[];
