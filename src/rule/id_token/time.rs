//! Judgements on times. Nothing here asks a clock: a token carries the moment it was received.

use super::super::expect::{holds, member, seconds, show};
use super::super::token_response::Grant;
use super::{IdToken, parts};
use crate::observed::authorization_request::AuthorizationRequest;
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

pub(super) const NUMERIC: &str = "id-token/timestamps-numeric";
pub(super) const SECONDS: &str = "id-token/timestamps-seconds";
pub(super) const EXP_PRESENT: &str = "id-token/exp-present";
pub(super) const IAT_PRESENT: &str = "id-token/iat-present";
pub(super) const IAT_NOT_FUTURE: &str = "id-token/iat-not-future";

/// Every claim of an ID token that is a `NumericDate` (RFC 7519 2).
const TIMES: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

/// The year 5138 in seconds, the year 1973 in milliseconds: no sane time in either unit is taken for the other.
const MILLISECONDS: f64 = 100_000_000_000.0;

/// How old a token may be before [`iat_fresh`] remarks on it, in seconds.
pub(super) const FRESH: f64 = 600.0;

pub(super) static RULES: &[Check<IdToken>] = &[
    must(NUMERIC, "OIDCC-2", "The times in the ID token are JSON numbers", "Libraries fail to parse the token at all.", numeric),
    must(
        SECONDS,
        "OIDCC-2",
        "The times in the ID token are in seconds, not milliseconds",
        "A token that is to live for minutes lives for millennia.",
        |token| each(token, "seconds since 1970-01-01T00:00:00Z", |value| value.as_f64().is_some_and(|time| time.abs() >= MILLISECONDS)),
    ),
    must(EXP_PRESENT, "OIDCC-2", "The ID token has an `exp`", "A token that never expires can be replayed for ever; libraries refuse it.", |token| {
        present(token, "exp")
    }),
    must("id-token/exp-future", "OIDCC-3.1.3.7-9", "The ID token has not expired when it is received", "No relying party accepts it.", |token| {
        judge(token, |claims| {
            let exp = exp(claims)?;
            holds(exp > seconds(token.received_at) - seconds(token.skew), "exp after the moment it was received", told(token, "exp", exp))
        })
    }),
    must(IAT_PRESENT, "OIDCC-2", "The ID token has an `iat`", "Its age cannot be told; libraries fail to parse it.", |token| present(token, "iat")),
    must(
        IAT_NOT_FUTURE,
        "OIDCC-2",
        "The ID token was not issued in the future",
        "Relying parties that check refuse it: often the issuer's clock is wrong.",
        |token| {
            judge(token, |claims| {
                let iat = iat(claims)?;
                let expected = format!("iat no later than {} s after the token was received", token.skew);
                holds(iat <= seconds(token.received_at) + seconds(token.skew), expected, told(token, "iat", iat))
            })
        },
    ),
    may(
        "id-token/iat-fresh",
        "OIDCC-3.1.3.7-10",
        "The ID token was issued in the ten minutes before it was received",
        "Relying parties may refuse tokens issued too long ago; a fresh response with an old token hints at a cache or a clock.",
        |token| {
            judge(token, |claims| {
                let iat = iat(claims)?;
                let expected = format!("iat at most {FRESH} s before the token was received");
                holds(iat >= seconds(token.received_at) - seconds(token.skew) - FRESH, expected, told(token, "iat", iat))
            })
        },
    ),
    should("id-token/exp-after-iat", "OIDCC-2", "The ID token expires after it is issued", "Its lifetime is nothing or negative.", |token| {
        judge(token, |claims| {
            let (exp, iat) = (exp(claims)?, iat(claims)?);
            // An `iat` in the future is the root of it.
            if iat > seconds(token.received_at) + seconds(token.skew) && exp <= iat {
                return not_run(IAT_NOT_FUTURE);
            }
            holds(exp > iat, "exp after iat", format!("exp - iat = {} s", exp - iat))
        })
    }),
    must(
        "id-token/nbf-past",
        "RFC7519-4.1.5",
        "The ID token, if it has an `nbf`, is already valid when it is received",
        "Relying parties that check `nbf` refuse it.",
        |token| {
            judge(token, |claims| {
                let nbf = time(claims, "nbf", Unmet::not_applicable("no nbf"))?;
                let expected = format!("nbf no later than {} s after the token was received", token.skew);
                holds(nbf <= seconds(token.received_at) + seconds(token.skew), expected, told(token, "nbf", nbf))
            })
        },
    ),
    must(
        "id-token/auth-time-present",
        "OIDCC-2",
        "The ID token says when the user authenticated if `max_age` was asked for",
        "The relying party cannot tell whether its limit was kept.",
        |token| {
            // A refreshed ID token may leave it out (OpenID Connect Core 12.2).
            if token.grant == Grant::RefreshToken || token.request.as_deref().and_then(AuthorizationRequest::max_age).is_none() {
                return not_applicable("no max_age was sent");
            }
            present(token, "auth_time")
        },
    ),
    must(
        "id-token/auth-time-sane",
        "OIDCC-2",
        "The `auth_time` of the ID token, if there is one, is a moment in the past",
        "Relying parties that limit the age of a login decide by nonsense.",
        |token| {
            judge(token, |claims| {
                let auth_time = time(claims, "auth_time", Unmet::not_applicable("no auth_time"))?;
                let past = auth_time > 0.0 && auth_time <= seconds(token.received_at) + seconds(token.skew);
                holds(past, "a moment after 1970 and before the token was received", told(token, "auth_time", auth_time))
            })
        },
    ),
];

/// A time that can be judged, or why not: its absence is `absent`'s to say.
pub(super) fn time(claims: &Map<String, Value>, name: &str, absent: Unmet) -> Result<f64, Unmet> {
    let value = member(claims, name).ok_or(absent)?;
    let time = value.as_f64().ok_or_else(|| Unmet::not_run(NUMERIC))?;
    if time.abs() < MILLISECONDS { Ok(time) } else { not_run(SECONDS) }
}

fn exp(claims: &Map<String, Value>) -> Result<f64, Unmet> {
    time(claims, "exp", Unmet::not_run(EXP_PRESENT))
}

fn iat(claims: &Map<String, Value>) -> Result<f64, Unmet> {
    time(claims, "iat", Unmet::not_run(IAT_PRESENT))
}

fn judge(token: &IdToken, judge: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
    parts(token, |jwt| judge(&jwt.claims))
}

/// `exp = 1700000600, 600 s after the token was received`.
fn told(token: &IdToken, name: &str, time: f64) -> String {
    let after = (time - seconds(token.received_at)).round();
    let side = if after < 0.0 { "before" } else { "after" };
    format!("{name} = {time}, {} s {side} the token was received", after.abs())
}

/// The times there are, with what a judgement finds wrong.
fn each(token: &IdToken, expected: &str, wrong: fn(&Value) -> bool) -> Judgement {
    judge(token, |claims| {
        let times: Vec<_> = TIMES.into_iter().filter_map(|name| Some((name, member(claims, name)?))).collect();
        if times.is_empty() {
            return not_applicable("the token has no times");
        }
        let text = |times: &[(&str, &Value)]| times.iter().map(|(name, value)| format!("{name} = {}", show(value))).collect::<Vec<_>>().join(", ");
        let odd: Vec<_> = times.iter().copied().filter(|(_, value)| wrong(value)).collect();
        if odd.is_empty() { pass(text(&times)) } else { fail(expected, text(&odd)) }
    })
}

pub(super) fn numeric(token: &IdToken) -> Judgement {
    each(token, "JSON numbers", |value| !value.is_number())
}

fn present(token: &IdToken, name: &str) -> Judgement {
    judge(token, |claims| match member(claims, name) {
        Some(value) => pass(format!("{name} = {}", show(value))),
        None => fail(format!("{name}: a number"), format!("no {name}")),
    })
}
