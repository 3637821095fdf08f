//! Rules about HTTP itself, judged on every JSON response of the issuer (RFC 9110, RFC 8259, RFC 6797).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::observed::received::content_coding;
use crate::rule::prelude::*;

/// A response of one of the issuer's endpoints, whatever it holds.
#[derive(Debug, Clone)]
pub struct Transport {
    /// The response.
    pub response: Received,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
    /// True if it is the revocation endpoint's, of which clients ignore the content (RFC 7009 2.2).
    pub is_revocation: bool,
}

impl Artefact for Transport {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "response",
        what: "Any answer of an endpoint of the issuer, whatever it holds.",
        parts: &[part::URL, part::STATUS, part::HEADERS],
    });
    fn view(&self) -> View {
        View::default().with(part::URL, self.response.url.as_str()).with_response(&self.response)
    }
}

impl Transport {
    /// The response, if it calls itself JSON.
    fn json(&self) -> Result<&Received, Unmet> {
        let is_json = |media_type: &String| media_type == "application/json" || media_type.ends_with("+json");
        applies_if(self.response.media_type().as_ref().is_some_and(is_json), "the response does not call itself JSON")?;
        Ok(&self.response)
    }
}

const DATE_FORMAT: &str = "http/date-format";

/// The rule that is broken where a body comes with a content coding: what is in it is not read then.
pub const NO_CODING: &str = "http/no-content-coding";

/// How long a response may be under way, in seconds.
const UNDER_WAY: i64 = 60;

/// What whole seconds hide: a `Date` and the moment of receipt are each cut to one.
const ROUNDING: i64 = 2;

/// How many seconds a response's `Date` is ahead of the moment it was received (behind, if negative), where that is more than the way and the skew
/// explain, and else 0; `None` where it has no readable `Date`, or a cache may have kept it.
pub fn date_ahead(response: &Received, skew: i64) -> Option<i64> {
    let ahead = date(response.header("date")?)?.saturating_sub(response.received_at);
    if ahead < skew.saturating_add(UNDER_WAY).saturating_neg() {
        // A cache may have kept the response since its date, unless that is forbidden.
        return response.no_store().then_some(ahead);
    }
    Some(if ahead > skew.saturating_add(ROUNDING) { ahead } else { 0 })
}

static RULES: &[Check<Transport>] = &[
    must(
        "http/json-utf-8",
        "RFC8259-8.1",
        "A JSON response must be encoded in UTF-8, without a byte order mark",
        "Parsers refuse the response, often at its first byte.",
        "Write the response in UTF-8. Save static files without a byte order mark (BOM), and set the encoding of templates and of the database connection to UTF-8.",
        |transport| {
            const MARK: &[u8] = b"\xEF\xBB\xBF";
            let response = transport.json()?;
            // The text is about the JSON, which a content coding does not change.
            needs(response.unread_coding().is_none(), NO_CODING)?;
            match response.utf8() {
                Err(why) => fail("UTF-8", why),
                Ok(text) if text.as_bytes().starts_with(MARK) => fail("UTF-8 without a byte order mark", "a byte order mark"),
                Ok(_) => pass("UTF-8"),
            }
        },
    ),
    should(
        NO_CODING,
        "RFC9110-12.5.3",
        "A response should have no content coding, since the request says `Accept-Encoding: identity`",
        "A client that cannot decode it, and therefore does not ask for it, cannot read the response.",
        "Compress a response only for clients whose `Accept-Encoding` allows it. If a file is stored in a compressed form, let the storage service or the CDN decompress it for all others.",
        |transport| match transport.response.header("content-encoding").and_then(content_coding) {
            Some(coding) => fail("no content coding", said!("encoded as {coding}")),
            None => pass("no content coding"),
        },
    ),
    should(
        "http/charset-utf-8",
        "RFC8259-8.1",
        "A JSON response that names a character encoding should name UTF-8",
        "Libraries that follow the header corrupt names that have letters outside of ASCII.",
        "Send `Content-Type: application/json` without `charset`, or with `charset=utf-8`. Check the default encoding of the web framework, which may be ISO-8859-1.",
        |transport| {
            let value = transport.json()?.header("content-type").unwrap_or_default();
            let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
            let Some((_, charset)) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset")) else {
                return not_applicable("no charset is named");
            };
            let charset = charset.trim().trim_matches('"');
            // US-ASCII is a part of UTF-8, and some write the name without its hyphen.
            let is_right = ["utf-8", "utf8", "us-ascii"].iter().any(|right| charset.eq_ignore_ascii_case(right));
            holds(is_right, "charset=utf-8, or none", said!("charset={}", shorten(charset)))
        },
    ),
    should(
        "http/json-not-empty",
        "RFC8259-2",
        "A response with status 200 that calls itself JSON should not be empty",
        "Parsers fail on an empty body, and clients report an error although the request succeeded.",
        "Return a JSON value such as `{}`, or leave out `Content-Type` if the response has no body.",
        |transport| {
            if transport.response.status != 200 {
                return not_applicable(said!("status {}, not 200", transport.response.status));
            }
            applies_if(!transport.is_revocation, "clients ignore the content of a revocation response (RFC 7009 2.2)")?;
            match transport.json()?.body.len() {
                0 => fail("a JSON value", "an empty body"),
                length => pass(said!("{length} bytes")),
            }
        },
    ),
    should(
        "http/content-type-present",
        "RFC9110-8.3",
        "A response with a body should have a `Content-Type`",
        "Clients have to guess the type, and a browser may run text as a script.",
        "Set `Content-Type` on every response that has a body, error responses included.",
        |transport| {
            if transport.response.body.is_empty() {
                return not_applicable("the response has no content");
            }
            match transport.response.header("content-type") {
                Some(value) => pass(said!("Content-Type: {}", shorten(value))),
                None => fail("a Content-Type", "no Content-Type"),
            }
        },
    ),
    must(
        DATE_FORMAT,
        "RFC9110-5.6.7",
        "The `Date` of a response, if there is one, must have the format `Sun, 06 Nov 1994 08:49:37 GMT`",
        "Caches cannot tell the age of the response.",
        "Let the HTTP server set the `Date` header. If the application sets it, use the format of RFC 9110, section 5.6.7, in GMT, with two digits for the day and English names.",
        |transport| match transport.response.header("date") {
            None => not_applicable("no Date"),
            Some(value) => holds(date(value).is_some(), "Date: such as Sun, 06 Nov 1994 08:49:37 GMT", said!("Date: {}", shorten(value))),
        },
    ),
    should(
        "http/date-accurate",
        "RFC9110-6.6.1",
        "The `Date` of a response, if there is one, should be the time when the response was made",
        "The issuer's clock may be wrong, and then its tokens are expired when they are issued, or live too long.",
        "Synchronise the clock of the server and of every proxy in front of it with a time server (NTP). Do not store the `Date` header together with a prepared response.",
        |transport| {
            let response = &transport.response;
            let Some(value) = response.header("date") else { return not_applicable("no Date") };
            let Some(made) = date(value) else { return not_run(DATE_FORMAT) };
            let after = made.saturating_sub(response.received_at);
            let side = if after > 0 { "after" } else { "before" };
            let seen = said!("Date: {value}, {} s {side} it was received", after.saturating_abs());
            let tolerance = transport.skew.saturating_add(UNDER_WAY);
            if after < tolerance.saturating_neg() && !response.no_store() {
                return not_applicable(said!("{seen}: a cache may have kept it"));
            }
            let expected = said!("at most {} s after and {tolerance} s before it was received", transport.skew.saturating_add(ROUNDING));
            holds(date_ahead(response, transport.skew).is_none_or(|ahead| ahead == 0), expected, seen)
        },
    ),
    must(
        "http/allow-with-405",
        "RFC9110-15.5.6",
        "A response with status 405 must have an `Allow` header, which lists the allowed methods",
        "A client cannot tell which method to use instead.",
        "Add a header such as `Allow: GET, POST` to every response with status 405, with the methods that the endpoint supports.",
        |transport| {
            if transport.response.status != 405 {
                return not_applicable(said!("status {}, not 405", transport.response.status));
            }
            match transport.response.header("allow") {
                Some(value) => pass(said!("Allow: {}", shorten(value))),
                None => fail("an Allow", "no Allow"),
            }
        },
    ),
    may(
        "http/no-server-version",
        "RFC9110-10.2.4",
        "It is good practice that the response does not show the versions of the software behind it",
        "Attackers who search for servers with a known weakness find the issuer.",
        "Remove version numbers from `Server`, `X-Powered-By` and similar headers in the configuration of the web server, the framework or the proxy.",
        |transport| {
            const HEADERS: [&str; 4] = ["server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version"];
            let headers = transport.response.headers.iter().filter(|(name, value)| HEADERS.contains(&name.as_str()) && has_version(name, value));
            none_wrong(&headers.map(|(name, value)| said!("{name}: {value}")).collect::<Vec<_>>(), "no versions", "no versions")
        },
    ),
];

/// An IMF-fixdate (RFC 9110 5.6.7), as seconds since the epoch.
pub fn date(text: &str) -> Option<i64> {
    const SHAPE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    // The parser below takes shorter numbers, too.
    let date = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok().filter(|_| text.len() == SHAPE.len())?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// A name alone is no version; a slash and a digit after it is (RFC 9110 10.1.5), and so is a header that holds nothing else.
fn has_version(name: &str, value: &str) -> bool {
    let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.');
    let product = value.split(|c: char| c.is_whitespace() || "(),".contains(c)).filter_map(|word| word.split_once('/')).any(|(_, v)| digits(v));
    product || (name.ends_with("-version") && digits(value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::text;

    // Everything is received at 1_700_000_000: Tue, 14 Nov 2023 22:13:20 GMT.
    fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Transport {
        let mut response = text(status, "application/json", "");
        response.headers.extend([("x-content-type-options", "nosniff"), ("cache-control", "no-store")].map(|(n, v)| (n.to_owned(), v.to_owned())));
        for (name, value) in headers {
            response.headers.retain(|(other, _)| other != name);
            if *value != "-" {
                response.headers.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        response.put_body(body.to_vec());
        Transport { response, skew: 10, is_revocation: false }
    }

    fn failed(transport: &Transport) -> Vec<String> {
        judged(transport).failed.into_iter().map(|id| id.trim_start_matches("http/").to_owned()).collect()
    }

    #[test]
    fn good_responses_break_no_rule() {
        let headers = [("content-type", "application/json; charset=\"UTF-8\""), ("date", "Tue, 14 Nov 2023 22:13:10 GMT"), ("server", "nginx")];
        let judged = judged(&response(200, &headers, "{\"name\":\"Zoë\"}".as_bytes()));
        assert_eq!((judged.failed, judged.not_run, judged.not_applicable), (vec![], vec![], vec!["http/allow-with-405"]));
        assert_eq!(failed(&response(405, &[("allow", "")], b"{}")), Vec::<String>::new());
        assert_eq!(failed(&response(200, &[("content-encoding", "identity")], b"{}")), Vec::<String>::new());
        assert_eq!(failed(&response(204, &[("content-type", "-")], b"")), Vec::<String>::new());
        assert_eq!(failed(&response(400, &[], b"")), Vec::<String>::new());
        assert_eq!(failed(&Transport { is_revocation: true, ..response(200, &[], b"") }), Vec::<String>::new());
        assert_eq!(failed(&response(200, &[("content-type", "text/html"), ("x-content-type-options", "-")], b"\xff")), Vec::<String>::new());
    }

    #[test]
    fn each_wrong_response_breaks_its_rule() {
        for (status, name, value, body, rule) in [
            (200, "x", "", &b"\xef\xbb\xbf{}"[..], "json-utf-8"),
            (200, "x", "", b"{\"name\":\"\xeb\"}", "json-utf-8"),
            (200, "content-type", "application/json;charset=ISO-8859-1", b"{}", "charset-utf-8"),
            (200, "content-encoding", "gzip", b"\x1f\x8b\x08\x00", "no-content-coding"),
            (200, "content-encoding", "br", b"{}", "no-content-coding"),
            (200, "x", "", b"\x1f\x8b\x08\x00", "json-utf-8"),
            (200, "x", "", b"", "json-not-empty"),
            (200, "content-type", "-", b"{}", "content-type-present"),
            (405, "x", "", b"{}", "allow-with-405"),
            (200, "server", "Apache/2.4.1 (Unix)", b"{}", "no-server-version"),
            (200, "x-powered-by", "PHP/8.1", b"{}", "no-server-version"),
            (200, "x-aspnet-version", "4.0.30319", b"{}", "no-server-version"),
        ] {
            assert_eq!(failed(&response(status, &[(name, value)], body)), [rule], "{name}: {value}");
        }
        for (name, value) in [("server", "cloudflare"), ("server", "Jetty(x)"), ("x-powered-by", "Express"), ("server", "Microsoft-HTTPAPI/2")] {
            assert_eq!(failed(&response(200, &[(name, value)], b"{}")), Vec::<String>::new(), "{name}: {value}");
        }
    }

    #[test]
    fn the_body_of_a_revocation_response_is_ignored() {
        let empty = Transport { is_revocation: true, ..response(200, &[], b"") };
        assert_eq!(failed(&empty), Vec::<String>::new());
    }

    #[test]
    fn dates_are_judged() {
        for (date, cache, rules) in [
            ("Tue, 14 Nov 2023 22:13:20 GMT", "no-store", &[][..]),
            ("Tue, 14 Nov 2023 22:13:32 GMT", "no-store", &[]),
            ("Tue, 14 Nov 2023 22:13:33 GMT", "no-store", &["date-accurate"]),
            ("Tue, 14 Nov 2023 22:12:10 GMT", "no-store", &[]),
            ("Tue, 14 Nov 2023 22:14:31 GMT", "max-age=60", &["date-accurate"]),
            ("Tue, 14 Nov 2023 22:12:09 GMT", "no-store", &["date-accurate"]),
            ("Tue, 14 Nov 2023 22:12:09 GMT", "max-age=60", &[]),
            ("2023-11-14T22:13:20Z", "no-store", &["date-format"]),
            ("Tuesday, 14-Nov-23 22:13:20 GMT", "no-store", &["date-format"]),
            ("Tue Nov 14 22:13:20 2023", "no-store", &["date-format"]),
            ("Tue, 14 Nov 2023 22:13:20 UTC", "no-store", &["date-format"]),
            ("Tue, 4 Nov 2023 22:13:20 GMT", "no-store", &["date-format"]),
            ("", "no-store", &["date-format"]),
        ] {
            assert_eq!(failed(&response(200, &[("date", date), ("cache-control", cache)], b"{}")), rules, "{date} {cache}");
        }
    }

    arbitrary_artefact!(Transport:
        mut response in arbitrary::received(&["a"]),
        headers in proptest::collection::vec(("date|server|allow|content-type", "application/json; charset=.{0,6}|.{0,12}"), 0..4),
        skew in any::<i64>(),
        is_revocation in any::<bool>(),
        received_at in any::<i64>()
        => {
            response.received_at = received_at;
            response.headers.extend(headers);
            response.headers.push(("date".to_owned(), "Tue, 14 Nov 2023 22:13:20 GMT".to_owned()));
            Transport { response, skew, is_revocation }
        }
    );
}
