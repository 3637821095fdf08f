//! Rules about HTTP itself, judged on every JSON response of the issuer (RFC 9110, RFC 8259, RFC 6797).

use super::expect::{may, must, should};
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
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const DATE_FORMAT: &str = "http/date-format";

static RULES: &[Check<Transport>] = &[
    must(
        "http/json-utf-8",
        "RFC8259-8.1",
        "A JSON response is encoded in UTF-8, without a byte order mark",
        "Parsers refuse it at the first byte.",
        judge::utf_8,
    ),
    should(
        "http/charset-utf-8",
        "RFC8259-8.1",
        "A JSON response that names a character encoding names UTF-8",
        "Libraries that believe the header garble everybody's name that is not English.",
        judge::charset,
    ),
    must(
        "http/json-not-empty",
        "RFC8259-2",
        "A response with status 200 that calls itself JSON is not empty",
        "Parsers fail on it, and clients show an error where all went well.",
        judge::not_empty,
    ),
    should(
        "http/content-type-present",
        "RFC9110-8.3",
        "A response with content says of what type it is",
        "Clients have to guess, which is how text becomes a script.",
        judge::content_type_present,
    ),
    must(
        DATE_FORMAT,
        "RFC9110-5.6.7",
        "The `Date` of a response, if there is one, is written in the one format for it",
        "Caches cannot tell the response's age.",
        judge::date_format,
    ),
    should(
        "http/date-accurate",
        "RFC9110-6.6.1",
        "The `Date` of a response, if there is one, is when it was made",
        "The issuer's clock is wrong, so its tokens are born expired or live too long.",
        judge::date_accurate,
    ),
    must(
        "http/allow-with-405",
        "RFC9110-15.5.6",
        "A response with status 405 has an `Allow` that says which methods there are",
        "A client cannot tell which method to use instead.",
        judge::allow,
    ),
    may(
        "http/no-server-version",
        "RFC9110-10.2.4",
        "The response does not tell the versions of the software behind it",
        "Whoever looks for an issuer with a known hole finds it.",
        judge::no_version,
    ),
];
