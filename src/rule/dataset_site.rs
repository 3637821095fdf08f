//! Rules about an OpenActive dataset site and the authentication authority it names.

use serde_json::Value;

use super::{Artefact, Check};
use crate::session::received::Received;

/// A dataset site's page.
#[derive(Debug, Clone)]
pub struct DatasetSite {
    /// The response to the request for the page.
    pub response: Received,
    /// The JSON-LD blocks found in the page, or what is wrong with each.
    pub json_ld: Vec<Result<Value, String>>,
    /// The issuer under test.
    pub issuer: String,
}

impl Artefact for DatasetSite {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

static RULES: &[Check<DatasetSite>] = &[];
