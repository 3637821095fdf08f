//! Judgements on times. Nothing here asks a clock: a token carries the moment it was received.

use serde_json::{Map, Value};

use super::super::Outcome;
use super::super::expect::{holds, member, seconds, show};
use super::super::token_response::Grant;
use super::{IdToken, parts};
use crate::observed::authorization_request::AuthorizationRequest;

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

/// A time that can be judged, or why not: its absence is `absent`'s to say.
pub(super) fn time(claims: &Map<String, Value>, name: &str, absent: Outcome) -> Result<f64, Outcome> {
    let value = member(claims, name).ok_or(absent)?;
    let time = value.as_f64().ok_or_else(|| Outcome::not_run(NUMERIC))?;
    if time.abs() < MILLISECONDS { Ok(time) } else { Err(Outcome::not_run(SECONDS)) }
}

fn exp(claims: &Map<String, Value>) -> Result<f64, Outcome> {
    time(claims, "exp", Outcome::not_run(EXP_PRESENT))
}

fn iat(claims: &Map<String, Value>) -> Result<f64, Outcome> {
    time(claims, "iat", Outcome::not_run(IAT_PRESENT))
}

fn judge(token: &IdToken, judge: impl FnOnce(&Map<String, Value>) -> Result<Outcome, Outcome>) -> Outcome {
    parts(token, |jwt| match judge(&jwt.claims) {
        Ok(outcome) | Err(outcome) => outcome,
    })
}

/// `exp = 1700000600, 600 s after the token was received`.
fn told(token: &IdToken, name: &str, time: f64) -> String {
    let after = (time - seconds(token.received_at)).round();
    let side = if after < 0.0 { "before" } else { "after" };
    format!("{name} = {time}, {} s {side} the token was received", after.abs())
}

/// The times there are, with what a judgement finds wrong.
fn each(token: &IdToken, expected: &str, wrong: fn(&Value) -> bool) -> Outcome {
    judge(token, |claims| {
        let times: Vec<_> = TIMES.into_iter().filter_map(|name| Some((name, member(claims, name)?))).collect();
        if times.is_empty() {
            return Ok(Outcome::not_applicable("the token has no times"));
        }
        let text = |times: &[(&str, &Value)]| times.iter().map(|(name, value)| format!("{name} = {}", show(value))).collect::<Vec<_>>().join(", ");
        let odd: Vec<_> = times.iter().copied().filter(|(_, value)| wrong(value)).collect();
        Ok(if odd.is_empty() { Outcome::passed(text(&times)) } else { Outcome::failed(expected, text(&odd)) })
    })
}

pub(super) fn numeric(token: &IdToken) -> Outcome {
    each(token, "JSON numbers", |value| !value.is_number())
}

pub(super) fn in_seconds(token: &IdToken) -> Outcome {
    each(token, "seconds since 1970-01-01T00:00:00Z", |value| value.as_f64().is_some_and(|time| time.abs() >= MILLISECONDS))
}

fn present(token: &IdToken, name: &str) -> Outcome {
    judge(token, |claims| {
        Ok(match member(claims, name) {
            Some(value) => Outcome::passed(format!("{name} = {}", show(value))),
            None => Outcome::failed(format!("{name}: a number"), format!("no {name}")),
        })
    })
}

pub(super) fn exp_present(token: &IdToken) -> Outcome {
    present(token, "exp")
}

pub(super) fn iat_present(token: &IdToken) -> Outcome {
    present(token, "iat")
}

pub(super) fn exp_future(token: &IdToken) -> Outcome {
    judge(token, |claims| {
        let exp = exp(claims)?;
        Ok(holds(exp > seconds(token.received_at) - seconds(token.skew), "exp after the moment it was received", told(token, "exp", exp)))
    })
}

pub(super) fn iat_not_future(token: &IdToken) -> Outcome {
    judge(token, |claims| {
        let iat = iat(claims)?;
        let expected = format!("iat no later than {} s after the token was received", token.skew);
        Ok(holds(iat <= seconds(token.received_at) + seconds(token.skew), expected, told(token, "iat", iat)))
    })
}

pub(super) fn iat_fresh(token: &IdToken) -> Outcome {
    judge(token, |claims| {
        let iat = iat(claims)?;
        let expected = format!("iat at most {FRESH} s before the token was received");
        Ok(holds(iat >= seconds(token.received_at) - seconds(token.skew) - FRESH, expected, told(token, "iat", iat)))
    })
}

pub(super) fn exp_after_iat(token: &IdToken) -> Outcome {
    judge(token, |claims| {
        let (exp, iat) = (exp(claims)?, iat(claims)?);
        // An `iat` in the future is the root of it.
        if iat > seconds(token.received_at) + seconds(token.skew) && exp <= iat {
            return Ok(Outcome::not_run(IAT_NOT_FUTURE));
        }
        Ok(holds(exp > iat, "exp after iat", format!("exp - iat = {} s", exp - iat)))
    })
}

pub(super) fn nbf_past(token: &IdToken) -> Outcome {
    judge(token, |claims| {
        let nbf = time(claims, "nbf", Outcome::not_applicable("no nbf"))?;
        let expected = format!("nbf no later than {} s after the token was received", token.skew);
        Ok(holds(nbf <= seconds(token.received_at) + seconds(token.skew), expected, told(token, "nbf", nbf)))
    })
}

pub(super) fn auth_time_present(token: &IdToken) -> Outcome {
    // A refreshed ID token may leave it out (OpenID Connect Core 12.2).
    if token.grant == Grant::RefreshToken || token.request.as_deref().and_then(AuthorizationRequest::max_age).is_none() {
        return Outcome::not_applicable("no max_age was sent");
    }
    present(token, "auth_time")
}

pub(super) fn auth_time_sane(token: &IdToken) -> Outcome {
    judge(token, |claims| {
        let auth_time = time(claims, "auth_time", Outcome::not_applicable("no auth_time"))?;
        let past = auth_time > 0.0 && auth_time <= seconds(token.received_at) + seconds(token.skew);
        Ok(holds(past, "a moment after 1970 and before the token was received", told(token, "auth_time", auth_time)))
    })
}
