//! Answers that say nothing about conformance: the server, or what stands before it, cannot answer now (RFC 6585 4, RFC 9110 15.6.3 to 15.6.5).

use std::time::Duration;

use http::{Method, StatusCode};
use jiff::fmt::rfc2822;
use url::Url;

use crate::http::{Hint, Stage, Unreachable};
use crate::observed::received::Received;

/// How long to wait where the server does not say.
const WAIT: Duration = Duration::from_secs(1);

/// An answer by which a server says that it is too busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Busy {
    pub status: u16,
    /// How long to wait before the request is sent once more; `None` if it must not be.
    pub wait: Option<Duration>,
}

impl Busy {
    pub(super) fn of(response: &Received, method: &Method) -> Option<Self> {
        // A server behind a gateway may have acted on the request, and a code is used up by that: only what changes nothing twice is sent twice.
        let may_repeat = match response.status {
            429 | 503 => true,
            502 | 504 => method.is_safe(),
            _ => return None,
        };
        let asked = response.header("retry-after").map(|value| wait(value.trim(), response.received_at));
        Some(Self { status: response.status, wait: may_repeat.then(|| asked.flatten().unwrap_or(WAIT)) })
    }

    pub(super) fn gives_up(&self, url: &Url, and: &str) -> Unreachable {
        let name = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason()).unwrap_or("busy");
        let why = format!("the issuer answered {} ({name}){and}, which says nothing about conformance", self.status);
        let hint = if self.status == 429 { Hint::TooMany } else { Hint::Busy };
        Unreachable { hint: Some(hint), ..Unreachable::at(Stage::Busy, url, why) }
    }
}

/// `Retry-After`: seconds or a date (RFC 9110 10.2.3), in which `now` is in seconds since the epoch.
fn wait(value: &str, now: i64) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(&value.replace("GMT", "+0000")).ok()?;
    Some(Duration::from_secs(u64::try_from(date.timestamp().as_second() - now).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::text;

    fn busy(status: u16, method: &Method, after: Option<&str>) -> Option<Busy> {
        let mut response = text(status, "", "");
        response.received_at = 784_111_770;
        response.headers.extend(after.map(|value| ("retry-after".to_owned(), value.to_owned())));
        Busy::of(&response, method)
    }

    #[test]
    fn how_long_to_wait_is_read_off_the_answer() {
        let wait = |status, method, after| busy(status, method, after).and_then(|busy| busy.wait).map(|wait| wait.as_secs());
        assert_eq!(wait(503, &Method::POST, Some("7")), Some(7));
        assert_eq!(wait(429, &Method::GET, Some("Sun, 06 Nov 1994 08:49:37 GMT")), Some(7));
        assert_eq!(wait(429, &Method::GET, Some("Sun, 06 Nov 1994 08:49:07 GMT")), Some(0), "in the past");
        for nothing in [None, Some("soon"), Some("-1")] {
            assert_eq!(wait(429, &Method::POST, nothing), Some(1), "{nothing:?}");
        }
        assert_eq!(wait(504, &Method::GET, None), Some(1));
        for method in [Method::POST, Method::DELETE] {
            assert_eq!(busy(502, &method, Some("1")).map(|busy| busy.wait), Some(None), "it may have been acted on");
        }
        assert_eq!((busy(500, &Method::GET, None), busy(200, &Method::GET, Some("1"))), (None, None));
    }
}
