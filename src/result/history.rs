//! What is kept of each run for the trend (`--history`).

use serde::{Deserialize, Serialize};

use super::model::Verdict;

/// A run, as far as a trend shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastRun {
    /// When it started, RFC 3339.
    pub started: String,
    /// The verdict of its worst test.
    pub verdict: Verdict,
    /// How many rules of level MUST were broken.
    pub broken_must: u32,
    /// How many rules of level SHOULD were broken, and none of these at level MUST.
    pub broken_should: u32,
    /// How many rules were judged.
    pub rules_checked: u32,
    /// How many tests ran: neither skipped nor left out.
    pub tests_run: u32,
    /// The version of the rules; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
}
