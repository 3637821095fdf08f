//! The handful of expectations judgements are made of, so that every failure says expected and actual in the same way.

use serde_json::Value;

use super::Outcome;

/// A value shortened for one line of a report: JSON, at most 200 characters.
pub fn show(value: &Value) -> String {
    shorten(&value.to_string())
}

/// Text shortened to at most 200 characters, with an ellipsis where it was cut.
pub fn shorten(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Passes when both strings are the same, byte for byte.
pub fn same(what: &str, expected: &str, actual: &str) -> Outcome {
    if expected == actual {
        Outcome::passed(format!("{what} = {}", shorten(actual)))
    } else {
        Outcome::failed(format!("{what} = {}", shorten(expected)), format!("{what} = {}", shorten(actual)))
    }
}

/// Passes when the condition holds; says what was asked and what was seen.
pub fn holds(condition: bool, expected: impl Into<String>, actual: impl Into<String>) -> Outcome {
    if condition { Outcome::passed(actual) } else { Outcome::failed(expected, actual) }
}
