//! Rules about the members of a key, its numbers and its uses.

use super::purpose::key_for;
use super::{KeySet, bytes, each, text, verdict};
use crate::rule::duplicate::{duplicates, each_once};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/member-types",
        "RFC7517-4",
        "The members of a key that are defined as strings must be strings",
        "Typed libraries ignore the key, or refuse the whole key set because of one number in it.",
        "Write `kid`, `use`, `alg`, `crv`, `x5u`, `x5t` and `x5t#S256` as JSON strings. A `kid` that consists of digits needs quotation marks, too.",
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
        "The exponent of every RSA key must be odd and greater than 1",
        "No valid RSA key has another exponent. Signatures with such a key can be forged, or cannot be verified.",
        "Generate the key with a cryptographic library and the exponent 65537, and check how `e` is written: big-endian octets in base64url, which \
         is `AQAB` for 65537.",
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
        "The numbers `n` and `e` of every RSA key must be written without leading zero octets",
        "A key that is written in two forms has two thumbprints. Clients that identify keys by the thumbprint do not find it.",
        "Remove zero octets in front of `n` and `e` before you encode them in base64url. Many libraries for big integers add such an octet for the \
         sign.",
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
        "The `alg` of a key should be an algorithm that works with a key of its type and curve",
        "Clients that respect `alg` cannot use the key, and clients that ignore it use the key in a way that the issuer does not allow.",
        "Set `alg` to the algorithm for which the issuer uses this key, such as `RS256` for an RSA key or `ES256` for a key on P-256, or leave `alg` \
         out.",
        |set| {
            each(set, "an algorithm of the key's type and curve", "no key says an algorithm that is known here", |key| {
                // A key without its type is another rule's.
                let (alg, kty) = (text(key, "alg")?, text(key, "kty")?);
                let curve = text(key, "crv").map(|curve| said!(" on {curve}")).unwrap_or_default();
                Some(verdict(goes_with(alg, key)?, format!("{alg} for {kty}{curve}")))
            })
        },
    ),
    must(
        "jwks/key-ops-array",
        "RFC7517-4.3",
        "The `key_ops` of a key, if present, must be an array of strings in which no value occurs twice",
        "Libraries that read `key_ops` refuse the key.",
        "Write `key_ops` as an array of strings with each operation once, such as `[\"verify\"]`, or leave it out and say the purpose of the key by \
         `use`.",
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
        "A key should not have both `use` and `key_ops`",
        "Both say the same thing, and after a change to one of them they may contradict each other.",
        "Say the purpose of the key by `use` (`sig` or `enc`) alone, and remove `key_ops` from the published key.",
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
        "Where a key has both `use` and `key_ops`, the two must not contradict each other",
        "One library verifies with the key, and another library refuses to.",
        "Remove `key_ops`, or correct it: with `use` `sig` only `verify` and `sign` are possible, with `use` `enc` only operations such as `encrypt` \
         and `wrapKey`.",
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
    should(
        "jwks/key-ops-related",
        "RFC7517-4.3",
        "The `key_ops` of a key should not have operations that do not belong together",
        "A key that is used with several algorithms can be attacked by means of the weaker one.",
        "Use a key for one purpose alone: `sign` with `verify`, `encrypt` with `decrypt`, or `wrapKey` with `unwrapKey`. Generate a second key for another purpose.",
        |set| {
            const PAIRS: [[&str; 2]; 4] = [["sign", "verify"], ["encrypt", "decrypt"], ["wrapKey", "unwrapKey"], ["deriveKey", "deriveBits"]];
            each(set, "operations of one pair", "no key has key_ops with several operations", |key| {
                let value = key_ops(key)?;
                let names: BTreeSet<&str> = strings(value).ok()?.into_iter().collect();
                if names.len() < 2 {
                    return None;
                }
                // Operations not known here may belong to any.
                let pairs = PAIRS.iter().filter(|pair| pair.iter().any(|operation| names.contains(operation))).count();
                Some(verdict(pairs < 2, format!("key_ops {}", show(value))))
            })
        },
    ),
    must(
        "jwks/okp-purpose",
        "RFC8037-3.1",
        "A key on Ed25519 or Ed448 must not be for encryption, and a key on X25519 or X448 must not be for signatures",
        "No library can use the key in this way, and clients that choose it by its `use` fail.",
        "Say `use` `sig` of a key on Ed25519 or Ed448 and `use` `enc` of a key on X25519 or X448, with an `alg` and `key_ops` that fit.",
        |set| {
            each(set, "signatures on Ed25519 and Ed448, encryption on X25519 and X448", "no OKP key on these curves says what it is for", |key| {
                let curve = text(key, "crv").filter(|_| text(key, "kty") == Some("OKP"))?;
                let signs = match curve {
                    "Ed25519" | "Ed448" => true,
                    "X25519" | "X448" => false,
                    _ => return None,
                };
                let of_use = text(key, "use").and_then(|purpose| match purpose {
                    "sig" => Some(true),
                    "enc" => Some(false),
                    _ => None,
                });
                let of_alg = text(key, "alg").and_then(|alg| match alg {
                    "EdDSA" | "Ed25519" | "Ed448" => Some(true),
                    _ if alg.starts_with("ECDH-ES") => Some(false),
                    _ => None,
                });
                let of_operation = |operation: &str| match operation {
                    "sign" | "verify" => Some(true),
                    "encrypt" | "decrypt" | "wrapKey" | "unwrapKey" | "deriveKey" | "deriveBits" => Some(false),
                    _ => None,
                };
                let operations = key_ops(key).and_then(|value| strings(value).ok()).unwrap_or_default();
                let said: BTreeSet<bool> = of_use.into_iter().chain(of_alg).chain(operations.into_iter().filter_map(of_operation)).collect();
                if said.is_empty() {
                    return None;
                }
                let words = |signs: &bool| if *signs { "signatures" } else { "encryption" };
                let purposes: Vec<_> = said.iter().map(words).collect();
                Some(verdict(said == BTreeSet::from([signs]), format!("{curve} for {}", purposes.join(" and "))))
            })
        },
    ),
    // The members of a key are those of RFC 7517 4, those of the set of section 5; both must be unique.
    must(
        "jwks/no-duplicate-members",
        "RFC7517-5",
        "Every member of the key set and of its keys must occur only once",
        "One library keeps the first of the two members and another library keeps the last, so clients see different keys.",
        "Build the JSON document from a map or an object, not by joining strings, and look for two places in the server that write the same member.",
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
    if alg.starts_with("ECDH-ES") {
        // Either type has curves for it (RFC 7518 4.6, RFC 8037 3.2).
        let curves: &[&str] = if text(key, "kty") == Some("OKP") { &["X25519", "X448"] } else { &["P-256", "P-384", "P-521"] };
        return Some(matches!(text(key, "kty"), Some("EC" | "OKP")) && text(key, "crv").is_none_or(|curve| curves.contains(&curve)));
    }
    let (kty, curves) = key_for(alg)?;
    Some(text(key, "kty") == Some(kty) && (curves.is_empty() || text(key, "crv").is_none_or(|curve| curves.contains(&curve))))
}

/// Members of a key that are strings (RFC 7517 4).
const STRINGS: &[&str] = &["kid", "use", "alg", "crv", "x5u", "x5t", "x5t#S256"];

/// `key_ops`, if it is there.
fn key_ops(key: &Value) -> Option<&Value> {
    key.get("key_ops").filter(|value| !value.is_null())
}
