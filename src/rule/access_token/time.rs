//! Rules about times. They ask no clock: a token carries the moment it was received.

use super::{AccessToken, CLAIMS, NUMERIC, claims_profile};
use crate::rule::expect;
use crate::rule::prelude::*;

const EXP_FUTURE: &str = "at/exp-future";

/// How far `expires_in` may be from `exp` beyond the clock skew, in seconds.
const ROUNDING: f64 = 5.0;

pub(super) static RULES: &[Check<AccessToken>] = &[
    must(
        NUMERIC,
        "RFC7519-4.1",
        "The times (`exp`, `iat`, `nbf`) in an access token that is a JWT must be JSON numbers",
        "Resource servers cannot parse the token.",
        "Write each time as a number of seconds since 1970-01-01T00:00:00Z, not as a string or a formatted date.",
        |token| {
            let times = present(&token.jwt()?.claims, &["exp", "iat", "nbf"]);
            applies_if(!times.is_empty(), "the token has no times")?;
            let wrong: Vec<_> = times.iter().copied().filter(|(_, time)| !time.is_number()).collect();
            if wrong.is_empty() { pass(seen_all(&times)) } else { fail("JSON numbers", seen_all(&wrong)) }
        },
    ),
    must(
        EXP_FUTURE,
        "RFC7519-4.1.4",
        "An access token that is a JWT must not have expired when it is received",
        "No resource server accepts the token.",
        "Set `exp` from the server's clock when the token is signed, give the token a lifetime of at least a few minutes, and synchronize the clock (NTP).",
        |token| {
            let left = lifetime(token)?;
            holds(left > -seconds(token.skew), "exp after the moment it was received", said!("exp {} s after it was received", expect::number(left)))
        },
    ),
    should(
        "at/expires-in-agrees",
        "RFC6749-5.1",
        "The `exp` of the access token should agree with `expires_in`",
        "The client makes calls with a token that has expired, or discards a token that is still valid.",
        "Calculate `expires_in` when the response is sent: `exp` of the token minus the present time, in seconds.",
        |token| {
            let left = lifetime(token)?;
            let Some(expires_in) = token.expires_in else { return not_applicable("no expires_in") };
            needs(left > -seconds(token.skew), EXP_FUTURE)?;
            let is_near = (left - expires_in).abs() <= seconds(token.skew) + ROUNDING;
            holds(is_near, said!("exp {expires_in} s after the token was received"), said!("exp {} s after", expect::number(left)))
        },
    ),
    must(
        "at/iat-not-future",
        "RFC7519-4.1.6",
        "The `iat` of an access token that is a JWT must not be in the future",
        "Resource servers that check `iat` refuse the token. Often the clock of the issuer is wrong.",
        "Set `iat` from the server's clock when the token is signed, in seconds, and synchronize the clock (NTP).",
        |token| not_future(token, "iat", token.time("iat")?),
    ),
    must(
        "at/nbf-past",
        "RFC7519-4.1.5",
        "The `nbf` of an access token that is a JWT, if there is one, must not be in the future when the token is received",
        "No resource server that checks `nbf` accepts the token.",
        "Set `nbf` to the time of issue or leave it out, and synchronize the server's clock (NTP).",
        |token| not_future(token, "nbf", token.time("nbf")?),
    ),
    must(
        "at/auth-time-sane",
        "RFC9068-2.2.1",
        "The `auth_time` of the access token, if there is one, must be a number of seconds and not in the future",
        "Resource servers that limit the age of a login decide by a wrong value.",
        "Set `auth_time` to the moment when the end-user logged in, as a number of seconds (not milliseconds) since 1970-01-01T00:00:00Z.",
        |token| {
            let auth_time = optional(token.claims()?, "auth_time")?;
            let Some(time) = auth_time.as_f64() else { return fail("auth_time: a number of seconds", said!("auth_time = {}", show(auth_time))) };
            not_future(token, "auth_time", time)
        },
    ),
];

impl AccessToken {
    /// A time in the token, in seconds since the epoch.
    fn time(&self, name: &str) -> Result<f64, Unmet> {
        let jwt = self.jwt()?;
        match member(&jwt.claims, name) {
            Some(time) => time.as_f64().ok_or_else(|| Unmet::not_run(NUMERIC)),
            // The profile requires these two; in any other JWT every time is optional.
            None if claims_profile(jwt) && matches!(name, "exp" | "iat") => not_run(CLAIMS),
            None => not_applicable(said!("no {name}")),
        }
    }
}

/// Seconds from the moment the token was received until it expires.
fn lifetime(token: &AccessToken) -> Result<f64, Unmet> {
    Ok(token.time("exp")? - seconds(token.received_at))
}

fn not_future(token: &AccessToken, name: &str, time: f64) -> Judgement {
    let after = time - seconds(token.received_at);
    let expected = said!("{name} no later than {} s after the token was received", token.skew);
    holds(after <= seconds(token.skew), expected, said!("{name} {after} s after the token was received"))
}
