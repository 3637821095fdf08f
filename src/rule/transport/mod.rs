//! Rules about HTTP itself, judged on every JSON response of the issuer (RFC 9110, RFC 8259, RFC 6797).

use super::{Artefact, Check};
use crate::observed::received::Received;

mod judge;
#[cfg(test)]
mod tests;

/// A response of one of the issuer's endpoints, whatever it holds.
#[derive(Debug, Clone)]
pub struct Transport {
    /// The response.
    pub response: Received,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
}

impl Artefact for Transport {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const DATE_FORMAT: &str = "http/date-format";
