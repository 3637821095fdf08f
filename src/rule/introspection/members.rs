//! Rules about the optional members of an answer.

use crate::rule::judgement::{Judgement, not_applicable, not_run};
use serde_json::Value;

use super::Introspection;
use crate::rule::Check;
use crate::rule::expect::{self, must, should};

/// How far the issuer's clock may be from ours, in seconds: more than that is no longer a matter of clocks.
const SKEW: f64 = 300.0;

const TIMES: &str = "introspection/times-integers";

pub(super) static RULES: &[Check<Introspection>] = &[
    must(
        TIMES,
        "RFC7662-2.2",
        "The times exp, iat and nbf, if they are given, are whole numbers of seconds",
        "Typed libraries refuse the answer, and the bearer with it.",
        |artefact| {
            artefact.active(|answer| {
                let there: Vec<_> =
                    ["exp", "iat", "nbf"].into_iter().filter_map(|name| Some((name, answer.get(name)?))).filter(|(_, v)| !v.is_null()).collect();
                if there.is_empty() {
                    return not_applicable("no times are given");
                }
                let whole = |value: &Value| value.as_f64().is_some_and(|time| time.fract() == 0.0);
                let seen = there.iter().map(|(name, value)| format!("{name} = {}", expect::show(value))).collect::<Vec<_>>().join(", ");
                expect::holds(there.iter().all(|(_, value)| whole(value)), "whole numbers", seen)
            })
        },
    ),
    must(
        "introspection/exp-future",
        "RFC7662-2.2",
        "The time an active token expires, if it is given, is in the future",
        "A resource server is told in one answer that the token is good and that it is not.",
        |artefact| time(artefact, "exp", "a time in the future", |after| after > -SKEW),
    ),
    must(
        "introspection/iat-past",
        "RFC7662-2.2",
        "The time an active token was issued, if it is given, is in the past and in seconds",
        "A resource server that limits the age of tokens decides by nonsense.",
        |artefact| time(artefact, "iat", "a time in the past", |after| after < SKEW),
    ),
    must(
        "introspection/member-types",
        "RFC7662-2.2",
        "The members username, token_type and jti, if they are given, are strings",
        "Typed libraries refuse the answer, and the bearer with it.",
        |artefact| {
            artefact.active(|answer| {
                let names = ["username", "token_type", "jti"];
                let there: Vec<_> = names.into_iter().filter_map(|name| Some((name, answer.get(name)?))).filter(|(_, v)| !v.is_null()).collect();
                if there.is_empty() {
                    return not_applicable("none of them is given");
                }
                // A user's name is nobody's business.
                let seen = there.iter().map(|(name, value)| format!("{name}: {}", expect::kind(value))).collect::<Vec<_>>().join(", ");
                expect::holds(there.iter().all(|(_, value)| value.is_string()), "strings", seen)
            })
        },
    ),
    must(
        "introspection/aud",
        "RFC7662-2.2",
        "The audience, if it is given, is a string or an array of strings",
        "A resource server cannot tell whether the token is for it.",
        |artefact| {
            artefact.member("aud", |value| {
                let good = value.is_string() || expect::strings(value).is_ok();
                expect::holds(good, "a string or an array of strings", format!("aud = {}", expect::show(value)))
            })
        },
    ),
    should(
        "introspection/inactive-bare",
        "RFC7662-2.2",
        "Of a token that is not active, nothing else is said",
        "Whoever tries tokens learns whose they were, and why they are good no more.",
        |artefact| match artefact.answer() {
            Err(outcome) => Err(outcome),
            Ok(answer) if answer.get("active") == Some(&Value::Bool(true)) => not_applicable("the token is active"),
            Ok(answer) => {
                let others: Vec<_> = answer.keys().filter(|name| *name != "active").collect();
                let actual = if others.is_empty() { "active alone".to_owned() } else { format!("active and {}", expect::list(&others)) };
                expect::holds(others.is_empty(), "active alone", actual)
            }
        },
    ),
];

/// Judges the seconds from the answer to a time in it.
fn time(artefact: &Introspection, name: &str, expected: &str, fits: fn(f64) -> bool) -> Judgement {
    artefact.member(name, |value| match value.as_f64() {
        None => not_run(TIMES),
        Some(time) => {
            let after = time - expect::seconds(artefact.response.received_at);
            expect::holds(fits(after), expected, format!("{name} = {}, {after} s after the answer", expect::show(value)))
        }
    })
}
