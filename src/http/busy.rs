//! Answers that say nothing about conformance: the server, or what stands before it, cannot answer now (RFC 6585 4, RFC 9110 15.6.3 to 15.6.5).

use std::time::Duration;

use http::{Method, StatusCode};
use jiff::fmt::rfc2822;
use url::Url;

use super::{Hint, Stage, Unreachable};

/// How long to wait where the server does not say.
const WAIT: Duration = Duration::from_secs(1);

/// An answer by which a server says that it is too busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// The status.
    pub status: u16,
    /// How long to wait before the request is sent once more; `None` if it must not be.
    pub wait: Option<Duration>,
}

/// What came of such an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The request was not to be sent twice.
    Once,
    /// It was sent once more.
    Twice,
    /// The server wants to be left alone for longer than there is time.
    TooLate,
}

impl Busy {
    /// True if an answer with this status says nothing about conformance.
    pub fn is(status: u16) -> bool {
        matches!(status, 429 | 502 | 503 | 504)
    }

    /// Reads the status and `Retry-After` of the answer to a request with this method; `now` is in seconds since the epoch.
    pub fn of(status: u16, retry_after: Option<&str>, method: &Method, now: i64) -> Option<Self> {
        if !Self::is(status) {
            return None;
        }
        // A server behind a gateway may have acted on the request, and a code is used up by that: only what changes nothing twice is sent twice.
        let may_repeat = matches!(status, 429 | 503) || method.is_safe();
        let asked = retry_after.and_then(|value| wait(value.trim(), now));
        Some(Self { status, wait: may_repeat.then(|| asked.unwrap_or(WAIT)) })
    }

    /// What is said of it in the end: one cause, whatever was asked for.
    pub fn says(status: u16, asked: Asked) -> String {
        let name = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("busy");
        let and = match asked {
            Asked::Once => "",
            Asked::Twice => ", and once more after a wait",
            Asked::TooLate => " and asks for a longer wait than there is time for",
        };
        format!("the issuer answered {status} ({name}){and}, which says nothing about conformance")
    }

    /// What to do about it.
    pub fn hint(status: u16) -> Hint {
        if status == 429 { Hint::TooMany } else { Hint::Busy }
    }

    /// As no answer at all.
    pub(crate) fn gives_up(&self, url: &Url, asked: Asked) -> Unreachable {
        Unreachable { hint: Some(Self::hint(self.status)), ..Unreachable::at(Stage::Busy, url, Self::says(self.status, asked)) }
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

    #[test]
    fn how_long_to_wait_is_read_off_the_answer() {
        let busy = |status, method: &Method, after: Option<&str>| Busy::of(status, after, method, 784_111_770);
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
