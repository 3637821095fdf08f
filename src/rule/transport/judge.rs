//! The judgements on HTTP.

use super::super::expect::{holds, list, shorten};
use super::{DATE_FORMAT, Transport};
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// How long a response may be under way, in seconds.
const UNDER_WAY: i64 = 60;

pub(super) static RULES: &[Check<Transport>] = &[
    must(
        "http/json-utf-8",
        "RFC8259-8.1",
        "A JSON response is encoded in UTF-8, without a byte order mark",
        "Parsers refuse it at the first byte.",
        |transport| {
            const MARK: &[u8] = b"\xEF\xBB\xBF";
            json(transport, || match std::str::from_utf8(&transport.response.body) {
                Err(why) => fail("UTF-8", format!("not UTF-8 at byte {}", why.valid_up_to())),
                Ok(_) if transport.response.body.starts_with(MARK) => fail("UTF-8 without a byte order mark", "a byte order mark"),
                Ok(_) => pass("UTF-8"),
            })
        },
    ),
    should(
        "http/charset-utf-8",
        "RFC8259-8.1",
        "A JSON response that names a character encoding names UTF-8",
        "Libraries that believe the header garble everybody's name that is not English.",
        charset,
    ),
    must(
        "http/json-not-empty",
        "RFC8259-2",
        "A response with status 200 that calls itself JSON is not empty",
        "Parsers fail on it, and clients show an error where all went well.",
        |transport| {
            if transport.response.status != 200 {
                return not_applicable(format!("status {}, not 200", transport.response.status));
            }
            json(transport, || match transport.response.body.len() {
                0 => fail("a JSON value", "an empty body"),
                length => pass(format!("{length} bytes")),
            })
        },
    ),
    should(
        "http/content-type-present",
        "RFC9110-8.3",
        "A response with content says of what type it is",
        "Clients have to guess, which is how text becomes a script.",
        |transport| {
            if transport.response.body.is_empty() {
                return not_applicable("the response has no content");
            }
            match transport.response.header("content-type") {
                Some(value) => pass(format!("Content-Type: {}", shorten(value))),
                None => fail("a Content-Type", "no Content-Type"),
            }
        },
    ),
    must(
        DATE_FORMAT,
        "RFC9110-5.6.7",
        "The `Date` of a response, if there is one, is written in the one format for it",
        "Caches cannot tell the response's age.",
        |transport| match transport.response.header("date") {
            None => not_applicable("no Date"),
            Some(value) => holds(date(value).is_some(), "Date: such as Sun, 06 Nov 1994 08:49:37 GMT", format!("Date: {}", shorten(value))),
        },
    ),
    should(
        "http/date-accurate",
        "RFC9110-6.6.1",
        "The `Date` of a response, if there is one, is when it was made",
        "The issuer's clock is wrong, so its tokens are born expired or live too long.",
        |transport| {
            // A cache may have kept the response since its date, unless that is forbidden.
            let response = &transport.response;
            let Some(value) = response.header("date") else {
                return not_applicable("no Date");
            };
            let Some(made) = date(value) else {
                return not_run(DATE_FORMAT);
            };
            let seen = format!("Date: {value}, {} s before it was received", response.received_at.saturating_sub(made));
            let tolerance = transport.skew.saturating_add(UNDER_WAY);
            let early = made > response.received_at.saturating_add(tolerance);
            let late = made < response.received_at.saturating_sub(tolerance);
            if late && !response.no_store() {
                return not_applicable(format!("{seen}: a cache may have kept it"));
            }
            holds(!early && !late, format!("at most {tolerance} s from when it was received"), seen)
        },
    ),
    must(
        "http/allow-with-405",
        "RFC9110-15.5.6",
        "A response with status 405 has an `Allow` that says which methods there are",
        "A client cannot tell which method to use instead.",
        allow,
    ),
    may(
        "http/no-server-version",
        "RFC9110-10.2.4",
        "The response does not tell the versions of the software behind it",
        "Whoever looks for an issuer with a known hole finds it.",
        |transport| {
            const TELLING: [&str; 4] = ["server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version"];
            let there = transport.response.headers.iter().filter(|(name, _)| TELLING.contains(&name.as_str()));
            let telling: Vec<_> = there.filter(|(name, value)| tells_version(name, value)).map(|(name, value)| format!("{name}: {value}")).collect();
            holds(telling.is_empty(), "no versions", if telling.is_empty() { "no versions".to_owned() } else { list(&telling) })
        },
    ),
];

/// True if the response calls itself JSON.
fn is_json(transport: &Transport) -> bool {
    transport.response.media_type().is_some_and(|media_type| media_type == "application/json" || media_type.ends_with("+json"))
}

fn json(transport: &Transport, judge: impl FnOnce() -> Judgement) -> Judgement {
    if is_json(transport) { judge() } else { not_applicable("the response does not call itself JSON") }
}

pub(super) fn charset(transport: &Transport) -> Judgement {
    json(transport, || {
        let value = transport.response.header("content-type").unwrap_or_default();
        let parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
        let charset =
            parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset")).map(|(_, value)| value.trim().trim_matches('"')).next();
        match charset {
            None => not_applicable("no charset is named"),
            Some(charset) => {
                // US-ASCII is a part of UTF-8, and some write the name without its hyphen.
                let right = ["utf-8", "utf8", "us-ascii"].iter().any(|right| charset.eq_ignore_ascii_case(right));
                holds(right, "charset=utf-8, or none", format!("charset={}", shorten(charset)))
            }
        }
    })
}

/// An IMF-fixdate (RFC 9110 5.6.7), as seconds since the epoch.
fn date(text: &str) -> Option<i64> {
    const SHAPE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    // The parser below takes shorter numbers, too.
    let date = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok().filter(|_| text.len() == SHAPE.len())?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

pub(super) fn allow(transport: &Transport) -> Judgement {
    if transport.response.status != 405 {
        return not_applicable(format!("status {}, not 405", transport.response.status));
    }
    match transport.response.header("allow") {
        Some(value) => pass(format!("Allow: {}", shorten(value))),
        None => fail("an Allow", "no Allow"),
    }
}

/// A name alone is no version; a slash and a digit after it is (RFC 9110 10.1.5), and so is a header that holds nothing else.
fn tells_version(name: &str, value: &str) -> bool {
    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.');
    let product = value.split(|c: char| c.is_whitespace() || "(),".contains(c)).filter_map(|word| word.split_once('/')).any(|(_, v)| digits(v));
    product || (name.ends_with("-version") && digits(value.trim()))
}
