//! Rules about times. They ask no clock: a token carries the moment it was received.

use super::IdToken;
use crate::rule::prelude::*;
use crate::rule::token_response::Grant;

const NUMERIC: &str = "id-token/timestamps-numeric";
const SECONDS: &str = "id-token/timestamps-seconds";
const EXP_PRESENT: &str = "id-token/exp-present";
const EXP_FUTURE: &str = "id-token/exp-future";
const IAT_PRESENT: &str = "id-token/iat-present";
const IAT_NOT_FUTURE: &str = "id-token/iat-not-future";
const IAT_FRESH: &str = "id-token/iat-fresh";
const AUTH_TIME_SANE: &str = "id-token/auth-time-sane";

/// How old a token may be when it is received, in seconds, before it is remarked on.
const FRESH: f64 = 300.0;

/// The longest lifetime that needs no remark, in seconds.
const DAY: f64 = 86_400.0;

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        NUMERIC,
        "OIDCC-2",
        "The times in the ID token (`exp`, `iat`, `nbf`, `auth_time`) must be JSON numbers",
        "Libraries cannot parse the token.",
        "Write each time as a number of seconds since 1970-01-01T00:00:00Z, not as a string or a formatted date.",
        |token| each(token, "JSON numbers", |value| !value.is_number()),
    ),
    must(
        SECONDS,
        "OIDCC-2",
        "The times in the ID token must be in seconds, not milliseconds",
        "A token that is meant to be valid for minutes is valid for thousands of years.",
        "Divide the timestamps by 1000 when the claims are written: `exp`, `iat`, `nbf` and `auth_time` are numbers of seconds since 1970-01-01T00:00:00Z.",
        |token| each(token, "seconds since 1970-01-01T00:00:00Z", |value| value.as_f64().is_some_and(|time| time.abs() >= MILLISECONDS)),
    ),
    must(
        EXP_PRESENT,
        "OIDCC-2",
        "The ID token must have an `exp`",
        "A token that never expires can be replayed for ever, and libraries refuse it.",
        "Set `exp` to the time of issue plus a short lifetime, such as five minutes to an hour, as a number of seconds since 1970-01-01T00:00:00Z.",
        |token| is_there(token, "exp"),
    ),
    must(
        EXP_FUTURE,
        "OIDCC-2",
        "The ID token must not have expired when it is received",
        "No client accepts the token.",
        "Set `exp` from the server's clock when the token is signed, give the token a lifetime of at least a few minutes, and synchronize the clock (NTP). Issue a new ID token for each response, and none from a cache.",
        |token| {
            let exp = token.exp()?;
            holds(exp > token.earliest(), "exp after the moment it was received", token.beside_receipt("exp", exp))
        },
    ),
    must(
        IAT_PRESENT,
        "OIDCC-2",
        "The ID token must have an `iat`",
        "Clients cannot check the age of the token, and libraries cannot parse it.",
        "Set `iat` to the time when the token is signed, as a number of seconds since 1970-01-01T00:00:00Z.",
        |token| is_there(token, "iat"),
    ),
    must(
        IAT_NOT_FUTURE,
        "OIDCC-2",
        "The `iat` of the ID token must not be in the future",
        "Clients that check `iat` refuse the token. Often the clock of the issuer is wrong.",
        "Set `iat` from the server's clock when the token is signed, in seconds, and synchronize the clock (NTP).",
        |token| {
            let iat = token.iat()?;
            let expected = said!("iat no later than {} s after the token was received", token.skew);
            holds(iat <= token.latest(), expected, token.beside_receipt("iat", iat))
        },
    ),
    may(
        IAT_FRESH,
        "OIDCC-3.1.3.7-10",
        "It is good practice that the ID token was issued in the five minutes before it was received",
        "Clients may refuse tokens that were issued too long ago. An old token in a new response hints at a cache or a wrong clock.",
        "Issue a new ID token for each token response, with `iat` from the server's clock, and synchronize the clock (NTP).",
        |token| {
            let iat = token.iat()?;
            let expected = said!("iat at most {FRESH} s before the token was received");
            holds(iat >= token.earliest() - FRESH, expected, token.beside_receipt("iat", iat))
        },
    ),
    should(
        "id-token/exp-after-iat",
        "OIDCC-2",
        "The ID token should expire after it is issued",
        "Its lifetime is zero or negative, so no client can use it.",
        "Calculate `exp` as `iat` plus the lifetime, from one reading of the clock and in the same unit. Check that the configured lifetime is greater than zero.",
        |token| {
            let (exp, iat) = (token.exp()?, token.iat()?);
            // An `iat` in the future is the root of it.
            needs(iat <= token.latest() || exp > iat, IAT_NOT_FUTURE)?;
            holds(exp > iat, "exp after iat", said!("exp - iat = {} s", exp - iat))
        },
    ),
    must(
        "id-token/nbf-past",
        "RFC7519-4.1.5",
        "The `nbf` of the ID token, if there is one, must not be in the future when the token is received",
        "Clients that check `nbf` refuse the token.",
        "Set `nbf` to the time of issue or leave it out, and synchronize the server's clock (NTP).",
        |token| {
            let nbf = token.time("nbf", Unmet::not_applicable("no nbf"))?;
            let expected = said!("nbf no later than {} s after the token was received", token.skew);
            holds(nbf <= token.latest(), expected, token.beside_receipt("nbf", nbf))
        },
    ),
    must(
        "id-token/auth-time-present",
        "OIDCC-2",
        "The ID token must have an `auth_time` if the request had `max_age`",
        "The client cannot check that the login is recent enough.",
        "Store with the session when the end-user logged in, and add this time as `auth_time` to the ID token when the authorization request has `max_age`.",
        |token| {
            // A refreshed ID token may leave it out (OpenID Connect Core 12.2).
            if token.grant == Grant::RefreshToken || token.request.as_deref().and_then(AuthorizationRequest::max_age).is_none() {
                return not_applicable("no max_age was sent");
            }
            is_there(token, "auth_time")
        },
    ),
    must(
        "id-token/auth-time-essential",
        "OIDCC-2",
        "The ID token must have an `auth_time` if the request asked for it as an essential claim",
        "The client cannot check that the login is recent enough, although it insisted on that.",
        "Evaluate `id_token` in the parameter `claims`, and add the time of the login as `auth_time` when it is requested there. If the server ignores the parameter, set `claims_parameter_supported` to false.",
        |token| {
            let is_supported = token.metadata.get("claims_parameter_supported") == Some(&Value::Bool(true));
            applies_if(is_supported, "the metadata do not set claims_parameter_supported to true")?;
            let is_essential = token.requested_claim("auth_time").is_some_and(|claim| claim["essential"] == true);
            applies_if(is_essential && token.grant != Grant::RefreshToken, "auth_time was not requested as an essential claim")?;
            is_there(token, "auth_time")
        },
    ),
    must(
        "id-token/auth-time-as-registered",
        "OIDCR-2",
        "The ID token must have an `auth_time` if the client registered `require_auth_time`",
        "The client cannot check how old the login is, although the issuer confirmed that it can.",
        "Store with the session when the end-user logged in, and add this time as `auth_time` to every ID token of a client with `require_auth_time`. If the server does not support it, leave it out of the registration response.",
        |token| {
            // A refreshed ID token may leave it out (OpenID Connect Core 12.2).
            if token.grant == Grant::RefreshToken || !token.requires_auth_time {
                return not_applicable("the client did not register require_auth_time");
            }
            is_there(token, "auth_time")
        },
    ),
    must(
        AUTH_TIME_SANE,
        "OIDCC-2",
        "The `auth_time` of the ID token, if there is one, must be a moment in the past",
        "Clients that limit the age of a login decide by a wrong value.",
        "Set `auth_time` to the moment when the end-user logged in, as a number of seconds since 1970-01-01T00:00:00Z, and leave it out when the moment is not known, instead of 0.",
        |token| {
            let auth_time = token.auth_time()?;
            let is_past = auth_time > 0.0 && auth_time <= token.latest();
            holds(is_past, "a moment after 1970 and before the token was received", token.beside_receipt("auth_time", auth_time))
        },
    ),
    may(
        "id-token/lifetime",
        "OIDCC-2",
        "It is good practice that the ID token expires within a day after it was issued",
        "The token says who logged in at one moment. A stolen token can be used until it expires.",
        "Shorten the lifetime of ID tokens to a few minutes or hours. Clients that need a longer session keep their own, or use a refresh token.",
        |token| {
            let lifetime = token.exp()? - token.iat()?;
            holds(lifetime <= DAY, said!("at most {DAY} s from iat to exp"), said!("{lifetime} s"))
        },
    ),
    should(
        "id-token/auth-time-before-iat",
        "OIDCC-2",
        "The `auth_time` of the ID token, if there is one, should not be after its `iat`",
        "A login cannot be later than the token that reports it: one of the two clocks is wrong.",
        "Take `auth_time` and `iat` from the same clock and in the same unit, and synchronize the clocks of all instances of the server (NTP).",
        |token| {
            applies_if(token.grant != Grant::RefreshToken, "what a refreshed ID token says is judged beside the first")?;
            let (iat, auth_time) = (token.iat()?, token.auth_time()?);
            // A token that is out of date as a whole, or a login in the future, is another rule's.
            needs(auth_time <= token.latest(), AUTH_TIME_SANE)?;
            needs(token.exp()? > token.earliest(), EXP_FUTURE)?;
            needs(iat >= token.earliest() - FRESH, IAT_FRESH)?;
            let after = auth_time - iat;
            holds(after <= seconds(token.skew), "auth_time no later than iat", said!("auth_time - iat = {after} s"))
        },
    ),
];

impl IdToken {
    /// The latest moment that may be called past, clocks allowed for, in seconds since the epoch.
    fn latest(&self) -> f64 {
        seconds(self.received_at) + seconds(self.skew)
    }

    /// The earliest moment that may be called future.
    fn earliest(&self) -> f64 {
        seconds(self.received_at) - seconds(self.skew)
    }

    /// A time that can be judged, in seconds since the epoch; `absent` is what to say without it.
    fn time(&self, name: &str, absent: Unmet) -> Result<f64, Unmet> {
        let time = member(self.claims()?, name).ok_or(absent)?.as_f64().ok_or_else(|| Unmet::not_run(NUMERIC))?;
        if time.abs() < MILLISECONDS { Ok(time) } else { not_run(SECONDS) }
    }

    fn exp(&self) -> Result<f64, Unmet> {
        self.time("exp", Unmet::not_run(EXP_PRESENT))
    }

    fn iat(&self) -> Result<f64, Unmet> {
        self.time("iat", Unmet::not_run(IAT_PRESENT))
    }

    fn auth_time(&self) -> Result<f64, Unmet> {
        self.time("auth_time", Unmet::not_applicable("no auth_time"))
    }

    /// `exp = 1700000600, 600 s after the token was received`.
    fn beside_receipt(&self, name: &str, time: f64) -> String {
        let after = (time - seconds(self.received_at)).round();
        let side = if after < 0.0 { "before" } else { "after" };
        format!("{name} = {time}, {} s {side} the token was received", after.abs())
    }
}

/// Judges each of the times there are (RFC 7519 2: `NumericDate`).
fn each(token: &IdToken, expected: &'static str, is_wrong: fn(&Value) -> bool) -> Judgement {
    let times = present(token.claims()?, &["exp", "iat", "nbf", "auth_time"]);
    applies_if(!times.is_empty(), "the token has no times")?;
    let wrong: Vec<_> = times.iter().copied().filter(|(_, value)| is_wrong(value)).collect();
    if wrong.is_empty() { pass(seen_all(&times)) } else { fail(expected, seen_all(&wrong)) }
}

fn is_there(token: &IdToken, name: &str) -> Judgement {
    let time = member(token.claims()?, name);
    holds(time.is_some(), said!("{name}: a number"), seen(name, time))
}
