//! Rules about times. They ask no clock: a token carries the moment it was received.

use serde_json::Value;

use super::{AccessToken, CLAIMS};
use crate::rule::Check;
use crate::rule::expect::{holds, must, needs, optional, seconds, should, show};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable};

const EXP_FUTURE: &str = "at/exp-future";

/// How far `expires_in` may be from `exp` beyond the clock skew, in seconds.
const ROUNDING: f64 = 5.0;

pub(super) static RULES: &[Check<AccessToken>] = &[
    must(EXP_FUTURE, "RFC9068-2.2", "The access token has not expired when it is received", "No resource server accepts it.", |token| {
        let left = lifetime(token)?;
        holds(left > -seconds(token.skew), "exp after the moment it was received", format!("exp {left} s after it was received"))
    }),
    should(
        "at/expires-in-agrees",
        "RFC6749-5.1",
        "The `exp` of the access token is where `expires_in` says it is",
        "The client calls with a dead token, or throws a living one away.",
        |token| {
            let left = lifetime(token)?;
            let Some(expires_in) = token.expires_in else { return not_applicable("no expires_in") };
            needs(left > -seconds(token.skew), EXP_FUTURE)?;
            let is_near = (left - expires_in).abs() <= seconds(token.skew) + ROUNDING;
            holds(is_near, format!("exp {expires_in} s after the token was received"), format!("exp {left} s after"))
        },
    ),
    must(
        "at/iat-not-future",
        "RFC9068-2.2",
        "The access token was not issued in the future",
        "Resource servers that check refuse it: often the issuer's clock is wrong.",
        |token| {
            let iat = token.claims()?.get("iat").filter(|iat| iat.is_number());
            not_future(token, "iat", iat.ok_or_else(|| Unmet::not_run(CLAIMS))?)
        },
    ),
    must(
        "at/nbf-past",
        "RFC7519-4.1.5",
        "The access token, if it has an `nbf`, is already valid when it is received",
        "No resource server that checks `nbf` accepts it.",
        |token| not_future(token, "nbf", optional(token.claims()?, "nbf")?),
    ),
    must(
        "at/auth-time-sane",
        "RFC9068-2.2.1",
        "The `auth_time` of the access token, if there is one, is a moment in the past",
        "Resource servers that limit the age of a login decide by nonsense.",
        |token| not_future(token, "auth_time", optional(token.claims()?, "auth_time")?),
    ),
];

/// Seconds from the moment the token was received until it expires.
fn lifetime(token: &AccessToken) -> Result<f64, Unmet> {
    let exp = token.claims()?.get("exp").and_then(Value::as_f64).ok_or_else(|| Unmet::not_run(CLAIMS))?;
    Ok(exp - seconds(token.received_at))
}

fn not_future(token: &AccessToken, name: &str, time: &Value) -> Judgement {
    let Some(number) = time.as_f64() else { return fail(format!("{name}: a number of seconds"), format!("{name} = {}", show(time))) };
    let after = number - seconds(token.received_at);
    let expected = format!("{name} no later than {} s after the token was received", token.skew);
    holds(after <= seconds(token.skew), expected, format!("{name} {after} s after the token was received"))
}
