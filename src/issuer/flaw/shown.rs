//! Where each flaw shows: for each rule that it trips, a test in which that rule fails.
//!
//! `oa-authtest self-test --write-shown fixtures/shown.json` writes the file, and every other self-test holds it against what it sees.

use std::collections::BTreeMap;

use super::FlawError;

/// The tests in which the rules that a flaw trips fail, by the flaw's name and the rule's id.
pub type Shown = BTreeMap<String, BTreeMap<String, String>>;

const FILE: &str = "shown.json";

/// What the file says.
///
/// # Errors
/// If it is not what it should be, which a test excludes.
pub fn shown() -> Result<Shown, FlawError> {
    let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/shown.json"));
    serde_json::from_str(text).map_err(|why| FlawError::Unsound { folder: "fixtures", file: FILE.to_owned(), why: why.to_string() })
}
