//! Rules about the set as such.

use crate::rule::expect::{must, should};
use crate::rule::judgement::{fail, not_applicable, not_run, pass};
use std::collections::HashMap;

use serde_json::Value;

use super::{KeySet, name, purpose, text};
use crate::rule::{Check, Level, Rule, expect};

pub(super) const HTTP_200: Check<KeySet> = Check {
    rule: Rule {
        id: "jwks/http-200",
        level: Level::Must,
        spec: "OIDCD-3",
        says: "The key set is served with status 200",
        why: "Without the keys no client can verify an ID token, so nobody can log in.",
    },
    judge: |artefact| expect::status(&artefact.response, 200),
};

pub(super) static RULES: &[Check<KeySet>] = &[
    should(
        "jwks/content-type",
        "RFC7517-8.5",
        "The key set is served as application/jwk-set+json or application/json",
        "Some client libraries refuse a key set that calls itself something else, and every login fails.",
        |artefact| {
            if artefact.response.status != 200 {
                return not_run("jwks/http-200");
            }
            expect::media_type(&artefact.response, &["application/jwk-set+json", "application/json"])
        },
    ),
    must(
        "jwks/keys-array",
        "RFC7517-5",
        "The key set is a JSON object whose member keys is an array of JSON objects",
        "A client finds no key in anything else.",
        |artefact| {
            if artefact.response.status != 200 {
                return not_run("jwks/http-200");
            }
            let expected = "a JSON object with an array of keys";
            let document = match artefact.response.json() {
                Ok(document) => document,
                Err(why) => return fail(expected, why),
            };
            match document.get("keys") {
                Some(Value::Array(keys)) => match keys.iter().find(|key| !key.is_object()) {
                    Some(other) => fail(expected, format!("keys holds {}: {}", expect::kind(other), expect::show(other))),
                    None => pass(format!("{} keys", keys.len())),
                },
                Some(other) => fail(expected, format!("keys is {}: {}", expect::kind(other), expect::show(other))),
                None => fail(expected, format!("no keys in {}: {}", expect::kind(&document), expect::show(&document))),
            }
        },
    ),
    // Core asks for the kid in the header of what is signed; without one on the key there is nothing to put there.
    must(
        "jwks/kid-everywhere",
        "OIDCC-10.1",
        "Where there is more than one key, every signing key has a kid",
        "A client that cannot tell which key signed a token has to try them all, or gives up, above all while keys are rotated.",
        |artefact| {
            artefact.judge(|keys| {
                if keys.len() < 2 {
                    return not_applicable(format!("{} keys in the set", keys.len()));
                }
                let without: Vec<_> = keys
                    .iter()
                    .enumerate()
                    // A kid that is no string is jwks/member-types's.
                    .filter(|(_, key)| purpose::may_sign(key) && key.get("kid").is_none_or(|kid| kid.is_null() || kid == ""))
                    .map(|(at, _)| format!("keys[{at}]"))
                    .collect();
                if without.is_empty() {
                    pass(format!("{} keys, every signing key with a kid", keys.len()))
                } else {
                    fail("a kid on every signing key", format!("no kid: {}", expect::list(&without)))
                }
            })
        },
    ),
    should(
        "jwks/kid-unique",
        "RFC7517-4.5",
        "Different keys of the same type have different kids",
        "A client takes the first key with the kid it looks for; if another one signed, the token is refused.",
        |artefact| {
            artefact.judge(|keys| {
                let mut twice = Vec::new();
                let mut with_kid = 0_usize;
                // By name, not pair by pair: an issuer may publish as many keys as two megabytes hold.
                let mut first: HashMap<(&str, Option<&str>), &Value> = HashMap::new();
                for (at, key) in keys.iter().enumerate() {
                    let Some(kid) = text(key, "kid") else { continue };
                    with_kid += 1;
                    let known = first.entry((kid, text(key, "kty"))).or_insert(key);
                    if !same_material(known, key) {
                        twice.push(name(at, key));
                    }
                }
                if with_kid == 0 {
                    not_applicable("no key has a kid")
                } else if twice.is_empty() {
                    pass(format!("{with_kid} kids, no two alike"))
                } else {
                    fail("different kids", format!("more than once: {}", expect::list(&twice)))
                }
            })
        },
    ),
];

/// True if two entries of one type are the same key, listed twice for two algorithms, say.
fn same_material(one: &Value, other: &Value) -> bool {
    ["n", "e", "crv", "x", "y"].iter().all(|member| one.get(member) == other.get(member))
}
