//! Rules about the members of a key, its numbers and its uses.

use crate::rule::judgement::{Judgement, fail, not_applicable, pass};
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{KeySet, name, text};
use crate::rule::Check;
use crate::rule::duplicate;
use crate::rule::expect::{self, must, should};

/// What a judgement says of one key: what was seen, or what is wrong; `None` if it has nothing to say.
pub(super) type Said = Option<Result<String, String>>;

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/member-types",
        "RFC7517-4",
        "The members of every key that are defined as strings are strings",
        "Typed libraries drop the key, or the whole set for one number in it.",
        |artefact| {
            each(artefact, "strings", "no key has such a member", |key| {
                let there: Vec<_> = STRINGS.iter().filter_map(|name| Some((*name, key.get(*name)?))).collect();
                let wrong: Vec<_> = there.iter().filter(|(_, value)| !value.is_string() && !value.is_null()).collect();
                match (there.is_empty(), wrong.is_empty()) {
                    (true, _) => None,
                    (false, true) => Some(Ok(there.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" "))),
                    (false, false) => {
                        Some(Err(wrong.iter().map(|(name, value)| format!("{name} = {}", expect::show(value))).collect::<Vec<_>>().join(" ")))
                    }
                }
            })
        },
    ),
    must(
        "jwks/rsa-exponent",
        "RFC8017-3.1",
        "The exponent of every RSA key is odd and greater than 1",
        "No RSA key has any other exponent: what is signed with it can be forged, or verified by nobody.",
        |artefact| {
            each(artefact, "an odd number from 3", "no RSA keys", |key| {
                let (_, exponent) = rsa_numbers(key).into_iter().find(|(member, _)| *member == "e")?;
                let (last, rest) = exponent.split_last()?;
                let good = last % 2 == 1 && (*last > 1 || rest.iter().any(|byte| *byte != 0));
                Some(verdict(good, format!("e = {}", text(key, "e").map(expect::shorten).unwrap_or_default())))
            })
        },
    ),
    must(
        "jwks/minimal-numbers",
        "RFC7518-6.3.1.1",
        "The numbers of every RSA key are written without leading zero octets",
        "Two forms of one key have two thumbprints: clients that tell keys by theirs do not find it.",
        |artefact| {
            each(artefact, "no zero octet in front", "no RSA keys", |key| {
                let numbers = rsa_numbers(key);
                let padded: Vec<_> = numbers.iter().filter(|(_, number)| number.len() > 1 && number[0] == 0).map(|(member, _)| *member).collect();
                match (numbers.is_empty(), padded.is_empty()) {
                    (true, _) => None,
                    (false, true) => Some(Ok("no zero octet in front".to_owned())),
                    (false, false) => Some(Err(format!("a zero octet in front of {}", padded.join(" and ")))),
                }
            })
        },
    ),
    should(
        "jwks/alg-fits-key",
        "RFC7517-4.4",
        "The algorithm a key is said to be for is one that works with a key of its type and curve",
        "The key can be used for nothing: clients that heed its alg cannot, and those that do not may not.",
        |artefact| {
            each(artefact, "an algorithm of the key's type and curve", "no key says an algorithm that is known here", |key| {
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
        |artefact| {
            each(artefact, "an array of strings, none of them twice", "no key has key_ops", |key| {
                let value = key_ops(key)?;
                let good = expect::strings(value).is_ok_and(|names| names.iter().collect::<BTreeSet<_>>().len() == names.len());
                Some(verdict(good, expect::show(value)))
            })
        },
    ),
    should(
        "jwks/use-or-key-ops",
        "RFC7517-4.3",
        "No key has both use and key_ops",
        "They say the same twice, and one day not the same.",
        |artefact| {
            each(artefact, "use or key_ops", "no key has key_ops", |key| {
                let value = key_ops(key)?;
                let both = text(key, "use").is_some();
                Some(verdict(!both, format!("key_ops {}{}", expect::show(value), if both { " beside use" } else { "" })))
            })
        },
    ),
    must(
        "jwks/use-key-ops-consistent",
        "RFC7517-4.3",
        "Where a key has both use and key_ops, they say the same",
        "One library verifies with the key and another refuses to.",
        |artefact| {
            each(artefact, "operations that go with use", "no key has both use and key_ops", |key| {
                let (value, purpose) = (key_ops(key)?, text(key, "use")?);
                let allowed: &[&str] = match purpose {
                    "sig" => &["sign", "verify"],
                    "enc" => &["encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"],
                    _ => return None,
                };
                let all: BTreeSet<&str> = ["sign", "verify", "encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"].into();
                let names = expect::strings(value).ok()?;
                // Operations nobody here knows contradict nothing.
                let good = names.iter().all(|operation| !all.contains(operation) || allowed.contains(operation));
                Some(verdict(good, format!("use {purpose}, key_ops {}", expect::show(value))))
            })
        },
    ),
];

/// Judges each key by itself.
pub(super) fn each(artefact: &KeySet, expected: &str, nothing: &str, judge: impl Fn(&Value) -> Said) -> Judgement {
    artefact.judge(|keys| {
        let (mut seen, mut wrong) = (Vec::new(), Vec::new());
        for (at, key) in keys.iter().enumerate() {
            match judge(key) {
                None => {}
                Some(Ok(what)) => seen.push(format!("{}: {what}", name(at, key))),
                Some(Err(what)) => wrong.push(format!("{}: {what}", name(at, key))),
            }
        }
        if !wrong.is_empty() {
            fail(expected, expect::list(&wrong))
        } else if seen.is_empty() {
            not_applicable(nothing)
        } else {
            pass(expect::list(&seen))
        }
    })
}

/// Passes or fails one key with the same words.
pub(super) fn verdict(good: bool, what: String) -> Result<String, String> {
    if good { Ok(what) } else { Err(what) }
}

fn number(key: &Value, member: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(key, member).filter(|text| !text.is_empty())?).ok()
}

/// The numbers of an RSA key that can be read.
fn rsa_numbers(key: &Value) -> Vec<(&'static str, Vec<u8>)> {
    if text(key, "kty") != Some("RSA") {
        return Vec::new();
    }
    ["n", "e"].into_iter().filter_map(|member| Some((member, number(key, member)?))).collect()
}

/// The key type and the curves an algorithm goes with (RFC 7518 3.1 and 4.1, RFC 8037 3, RFC 8812 3.2, RFC 9864 2); an algorithm not known
/// here goes with anything.
fn goes_with(alg: &str, key: &Value) -> Option<bool> {
    let (kty, curves): (&str, &[&str]) = match alg {
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" | "RSA1_5" | "RSA-OAEP" | "RSA-OAEP-256" | "RSA-OAEP-384" | "RSA-OAEP-512" => {
            ("RSA", &[])
        }
        "ES256" => ("EC", &["P-256"]),
        "ES384" => ("EC", &["P-384"]),
        "ES512" => ("EC", &["P-521"]),
        "ES256K" => ("EC", &["secp256k1"]),
        "EdDSA" => ("OKP", &["Ed25519", "Ed448"]),
        "Ed25519" => ("OKP", &["Ed25519"]),
        "Ed448" => ("OKP", &["Ed448"]),
        _ => return None,
    };
    Some(text(key, "kty") == Some(kty) && (curves.is_empty() || text(key, "crv").is_none_or(|curve| curves.contains(&curve))))
}

/// Members of a key that are strings (RFC 7517 4).
const STRINGS: &[&str] = &["kid", "use", "alg", "crv", "x5u", "x5t", "x5t#S256"];

/// `key_ops`, if it is there.
fn key_ops(key: &Value) -> Option<&Value> {
    key.get("key_ops").filter(|value| !value.is_null())
}

pub(super) const NO_DUPLICATE_MEMBERS: Check<KeySet> =
    must("jwks/no-duplicate-members", "RFC7517-4", "No member of a key occurs twice", "Two libraries read two different keys.", |artefact| {
        artefact.judge(|keys| {
            let found: Vec<_> = duplicate::duplicates(&artefact.response.body).into_iter().filter(|pointer| pointer.starts_with("/keys/")).collect();
            if found.is_empty() {
                pass(format!("{} keys, each member once", keys.len()))
            } else {
                fail("each member once", format!("more than once: {}", expect::list(&found)))
            }
        })
    });
