//! The JSON Schemas of `results.json` and `issuers.json`, shipped with the program.

/// The schema of version 1 of `results.json`, the only one there is.
pub const RESULTS: &str = include_str!("../../schema/results-1.json");

/// The schema of version 1 of `issuers.json`, the only one there is.
pub const ISSUERS: &str = include_str!("../../schema/issuers-1.json");
