//! The characters that errors are made of (RFC 6749 4.1.2.1, 5.2): the same at both endpoints.

use crate::rule::prelude::*;

/// The first character outside `%x20-21 / %x23-5B / %x5D-7E`, which `error` and `error_description` are made of.
pub fn odd_in_text(text: &str) -> Option<char> {
    text.chars().find(|c| !matches!(c, ' '..='!' | '#'..='[' | ']'..='~'))
}

/// Passes when `error` or `error_description` keeps to its characters.
pub fn text(name: &str, text: &str) -> Judgement {
    within(name, text, odd_in_text(text), "printable ASCII without \" and \\")
}

/// Passes when `error_uri` keeps to the characters `%x21 / %x23-5B / %x5D-7E` and to the syntax of a URI reference (RFC 3986 4.1).
pub fn uri(text: &str) -> Judgement {
    let odd = text.chars().find(|c| !matches!(c, '!' | '#'..='[' | ']'..='~'));
    match odd {
        None if !is_reference(text) => fail("error_uri: a URI reference", said!("error_uri = {}", shorten(text))),
        odd => within("error_uri", text, odd, "printable ASCII without blanks, \" and \\"),
    }
}

/// Passes when `error_uri`, which keeps to its syntax, is absolute.
pub fn absolute_uri(text: &str) -> Judgement {
    holds(Url::parse(text).is_ok(), "error_uri: an absolute URI", said!("error_uri = {}", shorten(text)))
}

/// True if a text could be a URI reference: absolute, or resolvable against any issuer. The empty one is a reference to the same document (RFC 3986 4.4).
pub fn is_reference(text: &str) -> bool {
    Url::parse("https://issuer.example/").is_ok_and(|base| base.join(text).is_ok())
}

fn within(name: &str, text: &str, odd: Option<char>, expected: &str) -> Judgement {
    match odd {
        None => pass(said!("{name} = {}", shorten(text))),
        Some(c) => fail(format!("{name}: {expected}"), format!("{name} holds U+{:04X}: {}", u32::from(c), shorten(&format!("{text:?}")))),
    }
}
