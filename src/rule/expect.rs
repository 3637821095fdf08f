//! The handful of expectations judgements are made of, so that every failure says expected and actual in the same way.

use serde_json::Value;
use url::{Host, Url};

use super::Outcome;
use crate::session::received::Received;

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

/// Passes when a response has the HTTP status code.
pub fn status(response: &Received, expected: u16) -> Outcome {
    holds(response.status == expected, format!("status {expected}"), format!("status {}", response.status))
}

/// Passes when the body's media type, its parameters aside, is one of those named.
pub fn media_type(response: &Received, accepted: &[&str]) -> Outcome {
    let seen = response.media_type();
    holds(
        seen.as_deref().is_some_and(|seen| accepted.contains(&seen)),
        format!("Content-Type: {}", accepted.join(" or ")),
        response.header("content-type").map_or_else(|| "no Content-Type".to_owned(), |value| format!("Content-Type: {}", shorten(value))),
    )
}

/// What kind of JSON value this is, with its article: `a string`.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Words for one line of a report: joined by commas and shortened; `none` if there are none.
pub fn list<S: AsRef<str>>(words: &[S]) -> String {
    if words.is_empty() {
        return "none".to_owned();
    }
    shorten(&words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "))
}

/// The strings of a JSON array.
///
/// # Errors
/// What it is instead of an array of strings.
pub fn strings(value: &Value) -> Result<Vec<&str>, String> {
    let Value::Array(elements) = value else {
        return Err(format!("{}: {}", kind(value), show(value)));
    };
    elements.iter().map(|element| element.as_str().ok_or_else(|| format!("an array that holds {}: {}", kind(element), show(value)))).collect()
}

/// Whether a URL may stand where the specification demands `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// It is `https`.
    Https,
    /// It is `http` on loopback, tolerated because the issuer itself is a loopback one on plain http.
    TolerateHttp,
    /// It is anything else.
    Refuse,
}

/// Judges a URL's scheme. `plain_http` says that the issuer was reached by plain http on loopback on purpose.
pub fn scheme(url: &Url, plain_http: bool) -> Scheme {
    match url.scheme() {
        "https" => Scheme::Https,
        "http" if plain_http && is_loopback(url) => Scheme::TolerateHttp,
        _ => Scheme::Refuse,
    }
}

/// True if the URL's host is `localhost`, a name under it, or a loopback address (RFC 6761 6.3, RFC 6890).
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
