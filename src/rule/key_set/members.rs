//! Rules about the members of a key, its numbers and its uses.

use std::collections::BTreeSet;

use serde_json::Value;

use super::purpose::key_for;
use super::{KeySet, bytes, each, text, verdict};
use crate::rule::Check;
use crate::rule::duplicate::{duplicates, each_once};
use crate::rule::expect::{must, shorten, should, show, strings};

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/member-types",
        "RFC7517-4",
        "The members of every key that are defined as strings are strings",
        "Typed libraries drop the key, or the whole set for one number in it.",
        "",
        |set| {
            each(set, "strings", "no key has such a member", |key| {
                let there: Vec<_> = STRINGS.iter().filter_map(|name| Some((*name, key.get(*name)?))).collect();
                if there.is_empty() {
                    return None;
                }
                let wrong = there.iter().filter(|(_, value)| !value.is_string() && !value.is_null());
                let wrong: Vec<_> = wrong.map(|(name, value)| format!("{name} = {}", show(value))).collect();
                let names: Vec<_> = there.iter().map(|(name, _)| *name).collect();
                Some(if wrong.is_empty() { Ok(names.join(" ")) } else { Err(wrong.join(" ")) })
            })
        },
    ),
    must(
        "jwks/rsa-exponent",
        "RFC8017-3.1",
        "The exponent of every RSA key is odd and greater than 1",
        "No RSA key has any other exponent: what is signed with it can be forged, or verified by nobody.",
        "",
        |set| {
            each(set, "an odd number from 3", "no RSA keys", |key| {
                let (_, exponent) = rsa_numbers(key).into_iter().find(|(member, _)| *member == "e")?;
                let (last, rest) = exponent.split_last()?;
                let good = last % 2 == 1 && (*last > 1 || rest.iter().any(|byte| *byte != 0));
                Some(verdict(good, format!("e = {}", text(key, "e").map(shorten).unwrap_or_default())))
            })
        },
    ),
    must(
        "jwks/minimal-numbers",
        "RFC7518-2",
        "The numbers of every RSA key are written without leading zero octets",
        "Two forms of one key have two thumbprints: clients that tell keys by theirs do not find it.",
        "",
        |set| {
            each(set, "no zero octet in front", "no RSA keys", |key| {
                let numbers = rsa_numbers(key);
                if numbers.is_empty() {
                    return None;
                }
                let padded: Vec<_> = numbers.iter().filter(|(_, number)| number.len() > 1 && number[0] == 0).map(|(member, _)| *member).collect();
                let words = if padded.is_empty() {
                    "no zero octet in front".to_owned()
                } else {
                    format!("a zero octet in front of {}", padded.join(" and "))
                };
                Some(verdict(padded.is_empty(), words))
            })
        },
    ),
    should(
        "jwks/alg-fits-key",
        "RFC7517-4.4",
        "The algorithm a key is said to be for is one that works with a key of its type and curve",
        "The key can be used for nothing: clients that heed its alg cannot, and those that do not may not.",
        "",
        |set| {
            each(set, "an algorithm of the key's type and curve", "no key says an algorithm that is known here", |key| {
                // A key without its type is another rule's.
                let (alg, kty) = (text(key, "alg")?, text(key, "kty")?);
                let curve = text(key, "crv").map(|curve| format!(" on {curve}")).unwrap_or_default();
                Some(verdict(goes_with(alg, key)?, format!("{alg} for {kty}{curve}")))
            })
        },
    ),
    must(
        "jwks/key-ops-array",
        "RFC7517-4.3",
        "The key_ops of a key, if there are any, are an array of strings with no value twice",
        "Libraries that read it refuse the key.",
        "",
        |set| {
            each(set, "an array of strings, none of them twice", "no key has key_ops", |key| {
                let value = key_ops(key)?;
                let good = strings(value).is_ok_and(|names| names.iter().collect::<BTreeSet<_>>().len() == names.len());
                Some(verdict(good, show(value)))
            })
        },
    ),
    should(
        "jwks/use-or-key-ops",
        "RFC7517-4.3",
        "No key has both use and key_ops",
        "They say the same twice, and one day not the same.",
        "",
        |set| {
            each(set, "use or key_ops", "no key has key_ops", |key| {
                let value = key_ops(key)?;
                let both = text(key, "use").is_some();
                Some(verdict(!both, format!("key_ops {}{}", show(value), if both { " beside use" } else { "" })))
            })
        },
    ),
    must(
        "jwks/use-key-ops-consistent",
        "RFC7517-4.3",
        "Where a key has both use and key_ops, they say the same",
        "One library verifies with the key and another refuses to.",
        "",
        |set| {
            each(set, "operations that go with use", "no key has both use and key_ops", |key| {
                let (value, purpose) = (key_ops(key)?, text(key, "use")?);
                let allowed: &[&str] = match purpose {
                    "sig" => &["sign", "verify"],
                    "enc" => &["encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"],
                    _ => return None,
                };
                let all: BTreeSet<&str> = ["sign", "verify", "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"].into();
                let names = strings(value).ok()?;
                // Operations not known here contradict nothing.
                let good = names.iter().all(|operation| !all.contains(operation) || allowed.contains(operation));
                Some(verdict(good, format!("use {purpose}, key_ops {}", show(value))))
            })
        },
    ),
    // The members of a key are those of RFC 7517 4, those of the set of section 5; both must be unique.
    must(
        "jwks/no-duplicate-members",
        "RFC7517-5",
        "No member of the key set or of a key occurs twice",
        "Two libraries read two different keys.",
        "",
        |set| {
            let keys = set.entries()?;
            each_once(&duplicates(&set.response.body), format!("{} keys, each member once", keys.len()))
        },
    ),
];

/// The numbers of an RSA key that can be read.
fn rsa_numbers(key: &Value) -> Vec<(&'static str, Vec<u8>)> {
    if text(key, "kty") != Some("RSA") {
        return Vec::new();
    }
    ["n", "e"].into_iter().filter_map(|member| Some((member, bytes(key, member).filter(|number| !number.is_empty())?))).collect()
}

/// True if an algorithm goes with the type and the curve of a key; `None` for an algorithm not known here, which goes with anything.
fn goes_with(alg: &str, key: &Value) -> Option<bool> {
    let (kty, curves) = key_for(alg)?;
    Some(text(key, "kty") == Some(kty) && (curves.is_empty() || text(key, "crv").is_none_or(|curve| curves.contains(&curve))))
}

/// Members of a key that are strings (RFC 7517 4).
const STRINGS: &[&str] = &["kid", "use", "alg", "crv", "x5u", "x5t", "x5t#S256"];

/// `key_ops`, if it is there.
fn key_ops(key: &Value) -> Option<&Value> {
    key.get("key_ops").filter(|value| !value.is_null())
}
