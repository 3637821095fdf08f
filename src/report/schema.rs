//! The JSON Schema of `results.json`, shipped with the program.

/// The schema of version 1, the only one there is.
pub const RESULTS: &str = include_str!("../../schema/results-1.json");
