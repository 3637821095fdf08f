//! A response as the rules see it: the bytes that came, and what they parse to.

use std::sync::OnceLock;

use serde_json::{Map, Value};
use url::Url;

use crate::text::visible;

/// A response to one request, unredacted, with the moment it came. Rules judge this and never the network.
#[derive(Debug, Clone)]
pub struct Received {
    /// The journal's number of the exchange within its test.
    pub exchange: usize,
    /// The URL that was asked.
    pub url: Url,
    /// The HTTP status code.
    pub status: u16,
    /// Header names in lower case with their values, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body as sent (no content coding is ever asked for).
    pub body: Vec<u8>,
    /// When the response was complete: seconds since the epoch.
    pub received_at: i64,
    /// What the body parses to, once it was asked for.
    pub parsed: Parsed,
}

/// The content coding that a `Content-Encoding` names (RFC 9110 8.4), in lower case; `None` where it is `identity`, or nothing.
pub fn content_coding(header: &str) -> Option<String> {
    let coding = visible::short(&header.trim().to_ascii_lowercase(), 40);
    (!coding.is_empty() && coding != "identity").then_some(coding)
}

/// What a body parses to as JSON, found out once: dozens of rules ask for it.
#[derive(Debug, Default)]
pub struct Parsed(OnceLock<Result<Value, String>>);

impl Clone for Parsed {
    /// Forgets it, since the copy may get another body.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Received {
    /// Takes the response out of its place, with what its body was found to parse to, which a copy would have to find out again.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let (exchange, url, status, received_at) = (self.exchange, self.url.clone(), self.status, self.received_at);
        let empty = Self { exchange, url, status, headers: Vec::new(), body: Vec::new(), received_at, parsed: Parsed::default() };
        std::mem::replace(self, empty)
    }

    /// True for a status of 2xx (RFC 9110 15.3).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// True if it gives an access token, as a successful token response does (RFC 6749 5.1): one of the characters that tokens are made of (A.12).
    pub fn grants_token(&self) -> bool {
        let is_token = |token: &str| !token.is_empty() && token.chars().all(|c| matches!(c, ' '..='~'));
        self.is_success() && self.members().and_then(|members| members.get("access_token")?.as_str()).is_some_and(is_token)
    }

    /// True if it is an error in the form of a success: a status of 2xx, a JSON object with an `error`, and nothing that was asked for.
    pub fn is_error_as_success(&self) -> bool {
        const GIVEN: [&str; 4] = ["access_token", "sub", "active", "client_id"];
        let says_error = |members: &Map<String, Value>| {
            members.get("error").is_some_and(Value::is_string) && !GIVEN.iter().any(|name| members.contains_key(*name))
        };
        self.is_success() && self.members().is_some_and(says_error)
    }

    /// True if it gives what was asked for: a status of 2xx, and no error behind it.
    pub fn gives(&self) -> bool {
        self.is_success() && !self.is_error_as_success()
    }

    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every value of a header, by its lower-case name.
    pub fn header_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The media type of the body in lower case without its parameters (RFC 9110 8.3.1), or `None` without a `Content-Type`.
    pub fn media_type(&self) -> Option<String> {
        let essence = self.header("content-type")?.split(';').next()?.trim();
        Some(essence.to_ascii_lowercase())
    }

    /// True if `Cache-Control` holds the `no-store` directive (RFC 9111 5.2.2.5), in any case and among others.
    pub fn no_store(&self) -> bool {
        self.header_all("cache-control").flat_map(|value| value.split(',')).any(|directive| directive.trim().eq_ignore_ascii_case("no-store"))
    }

    /// The body as JSON, or what is wrong with it.
    ///
    /// # Errors
    /// A sentence saying why the body is not JSON text (RFC 8259), with the position.
    pub fn json(&self) -> Result<Value, String> {
        self.parsed().clone()
    }

    /// The body as a JSON object; `None` if it is anything else.
    pub fn object(&self) -> Option<Map<String, Value>> {
        self.members().cloned()
    }

    /// The same, to be looked at only.
    pub fn members(&self) -> Option<&Map<String, Value>> {
        self.parsed().as_ref().ok().and_then(Value::as_object)
    }

    /// One member of the JSON object in the body.
    pub fn member(&self, name: &str) -> Option<Value> {
        self.members()?.get(name).cloned()
    }

    fn parsed(&self) -> &Result<Value, String> {
        self.parsed.0.get_or_init(|| {
            if self.body.is_empty() {
                return Err("an empty body".to_owned());
            }
            let text = self.utf8()?;
            serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))
        })
    }

    /// The content coding that the response says its body has, where the body is not to be read for that: none is ever asked for (RFC 9110 12.5.3).
    pub fn unread_coding(&self) -> Option<String> {
        self.header("content-encoding").and_then(content_coding).filter(|_| std::str::from_utf8(&self.body).is_err())
    }

    /// The body as text.
    ///
    /// # Errors
    /// What it is if it is not UTF-8: what some content coding has made of it, which is never asked for (RFC 9110 12.5.3), or else where it ceases to be.
    pub fn utf8(&self) -> Result<&str, String> {
        std::str::from_utf8(&self.body).map_err(|error| match self.coding() {
            Some(coding) => format!("encoded as {coding}, though the request says Accept-Encoding: identity"),
            None => format!("not UTF-8 at byte {}", error.valid_up_to()),
        })
    }

    /// The content coding that the body has by its header (RFC 9110 8.4), or by what gzip begins with (RFC 1952 2.3.1).
    fn coding(&self) -> Option<String> {
        self.header("content-encoding").and_then(content_coding).or_else(|| self.body.starts_with(&[0x1f, 0x8b]).then(|| "gzip".to_owned()))
    }

    /// Puts another body in the place of this one.
    #[cfg(test)]
    pub fn put_body(&mut self, body: Vec<u8>) {
        self.body = body;
        self.parsed = Parsed::default();
    }

    /// The body as text, lossily, for a message.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Parsed, Received};

    fn received(headers: &[(&str, &str)], body: &[u8]) -> Received {
        let url = "https://issuer.example/".parse().expect("a URL");
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Received { exchange: 0, url, status: 200, headers, body: body.to_vec(), received_at: 0, parsed: Parsed::default() }
    }

    #[test]
    fn a_body_that_is_encoded_says_how() {
        let (gzip, latin) = (&b"\x1f\x8b\x08\x00"[..], &b"{\"a\": \"\xe9\"}"[..]);
        for (headers, body, says) in [
            (&[("content-encoding", "GZIP")][..], gzip, "encoded as gzip"),
            (&[], gzip, "encoded as gzip"),
            (&[("content-encoding", "br")], b"\x8b\x02\x80", "encoded as br"),
            (&[("content-encoding", "identity")], latin, "not UTF-8 at byte 7"),
            (&[], latin, "not UTF-8 at byte 7"),
        ] {
            let why = received(headers, body).json().expect_err("it is no JSON");
            assert!(why.starts_with(says), "{why}");
        }
        assert!(received(&[("content-encoding", "gzip")], b"{}").json().is_ok(), "it says so only");
    }

    #[test]
    fn a_coding_that_is_named_is_not_read() {
        let gzip = &b"\x1f\x8b\x08\x00"[..];
        for (headers, body, coding) in [
            (&[("content-encoding", "gzip")][..], gzip, Some("gzip")),
            (&[], gzip, None),
            (&[("content-encoding", "gzip")], b"{}", None),
            (&[("content-encoding", "identity")], gzip, None),
        ] {
            assert_eq!(received(headers, body).unread_coding().as_deref(), coding, "{headers:?}");
        }
    }

    #[test]
    fn what_was_parsed_goes_with_a_response_that_is_taken() {
        let mut response = received(&[], br#"{"a":"b"}"#);
        let place = |response: &Received| std::ptr::from_ref(&response.members().expect("an object")["a"]);
        let parsed = place(&response);
        let taken = response.take();
        assert_eq!((place(&taken), taken.body.as_slice(), taken.status), (parsed, br#"{"a":"b"}"#.as_slice(), 200));
        assert!(response.body.is_empty() && response.members().is_none());
    }
}
