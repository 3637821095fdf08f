//! Judgements on what an access token says beyond what it must.

use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use serde_json::Value;

use super::super::Check;
use super::super::expect::{holds, list, may, member, must, seconds, shorten, should, show};
use super::super::jose::{self, Jwt};
use super::{AccessToken, CLAIMS, NOT_NONE, profiled};

pub(super) static RULES: &[Check<AccessToken>] = &[
    should(
        "at/alg-asymmetric",
        "RFC9068-2.1",
        "The access token is signed with a key pair, not with a shared secret",
        "Every resource server that can verify the token can also write one.",
        |token| {
            profiled(token, |jwt| match jwt.alg() {
                None => not_run(NOT_NONE),
                Some(alg) if alg.eq_ignore_ascii_case("none") => not_run(NOT_NONE),
                Some(alg) => holds(!jose::is_symmetric(alg), "an algorithm with a key pair", format!("alg = {}", shorten(alg))),
            })
        },
    ),
    must(
        "at/iat-not-future",
        "RFC9068-2.2",
        "The access token was not issued in the future",
        "Resource servers that check refuse it: often the issuer's clock is wrong.",
        |token| {
            let typed = profiled(token, |jwt| {
                let number = jwt.claims.get("iat").is_some_and(Value::is_number);
                if number { pass("a number") } else { not_run(CLAIMS) }
            });
            match typed {
                Ok(_) => not_future(token, "iat", not_run(CLAIMS)),
                other => other,
            }
        },
    ),
    must(
        "at/nbf-past",
        "RFC7519-4.1.5",
        "The access token, if it has an `nbf`, is already valid when it is received",
        "No resource server that checks `nbf` accepts it.",
        |token| not_future(token, "nbf", not_applicable("no nbf")),
    ),
    must(
        "at/auth-time-sane",
        "RFC9068-2.2.1",
        "The `auth_time` of the access token, if there is one, is a moment in the past",
        "Resource servers that limit the age of a login decide by nonsense.",
        |token| not_future(token, "auth_time", not_applicable("no auth_time")),
    ),
    must(
        "at/acr-amr-types",
        "RFC9068-2.2.1",
        "The `acr` of the access token, if there is one, is a string, and the `amr` an array of strings",
        "Resource servers that ask how the user logged in fail to parse the token.",
        |token| {
            profiled(token, |jwt| {
                let strings = |value: &Value| value.as_array().is_some_and(|methods| methods.iter().all(Value::is_string));
                let there: Vec<_> = ["acr", "amr"].into_iter().filter_map(|name| Some((name, member(&jwt.claims, name)?))).collect();
                if there.is_empty() {
                    return not_applicable("neither acr nor amr");
                }
                let good = there.iter().all(|(name, value)| if *name == "acr" { value.is_string() } else { strings(value) });
                let seen = there.iter().map(|(name, value)| format!("{name} = {}", show(value))).collect::<Vec<_>>().join(", ");
                holds(good, "acr: a string, amr: an array of strings", seen)
            })
        },
    ),
    may(
        "at/no-personal-data",
        "RFC9068-6",
        "The access token does not hold the user's name, addresses or date of birth",
        "Anybody who handles the token can read it, the client and its logs included, whatever they were granted.",
        |token| {
            profiled(token, |jwt| {
                let found: Vec<_> = PERSONAL.iter().filter(|name| member(&jwt.claims, name).is_some()).collect();
                // The names only: a report must not spread what it warns of.
                holds(found.is_empty(), "no personal data", if found.is_empty() { "none".to_owned() } else { list(&found) })
            })
        },
    ),
];

/// Seconds from the moment the token was received to one of its times.
fn after(token: &AccessToken, jwt: &Jwt, name: &str) -> Option<f64> {
    Some(member(&jwt.claims, name)?.as_f64()? - seconds(token.received_at))
}

fn not_future(token: &AccessToken, name: &str, absent: Judgement) -> Judgement {
    profiled(token, |jwt| {
        let Some(value) = member(&jwt.claims, name) else { return absent };
        match after(token, jwt, name) {
            None => fail(format!("{name}: a number of seconds"), format!("{name} = {}", show(value))),
            Some(after) => {
                let expected = format!("{name} no later than {} s after the token was received", token.skew);
                holds(after <= seconds(token.skew), expected, format!("{name} {after} s after the token was received"))
            }
        }
    })
}

/// Claims that say who somebody is rather than which user it is.
const PERSONAL: &[&str] = &["name", "given_name", "family_name", "email", "phone_number", "birthdate", "address", "gender"];
