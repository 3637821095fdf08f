//! Rules about what the keys are for.

use crate::rule::expect::{must, should};
use crate::rule::judgement::{fail, not_applicable, not_run, pass};
use serde_json::Value;

use super::{KeySet, text};
use crate::rule::provider_metadata::is_openid;
use crate::rule::{Check, expect};

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/signing-key-present",
        "OIDCD-3",
        "The key set holds at least one key that signatures can be verified with",
        "With nothing but encryption keys, or no keys at all, no ID token can be verified.",
        |artefact| {
            artefact.judge(|keys| {
                let signing = keys.iter().filter(|key| may_sign(key)).count();
                expect::holds(signing > 0, "at least one signing key", format!("{signing} signing keys of {}", keys.len()))
            })
        },
    ),
    // No keyword demands it: some issuers make a key only when the first client asks for its algorithm.
    should(
        "jwks/signing-key-for-each-alg",
        "OIDCD-3",
        "There is a signing key for every algorithm that is offered for ID tokens",
        "A client that registers for an algorithm on offer gets tokens it cannot verify.",
        |artefact| {
            artefact.judge(|keys| {
                if !keys.iter().any(may_sign) {
                    return not_run("jwks/signing-key-present");
                }
                let offered = artefact.metadata.get("id_token_signing_alg_values_supported").map(expect::strings);
                if !artefact.metadata.as_object().is_some_and(is_openid) {
                    return not_applicable("the metadata are those of an authorization server without ID tokens");
                }
                let Some(Ok(offered)) = offered else {
                    return not_run("discovery/id-token-algs-rs256");
                };
                let asymmetric: Vec<_> = offered.into_iter().filter_map(|alg| Some((alg, needed_for(alg)?))).collect();
                if asymmetric.is_empty() {
                    return not_applicable("no algorithm on offer needs a published key");
                }
                let without: Vec<_> = asymmetric
                    .iter()
                    .filter(|(_, (kty, curve))| !keys.iter().any(|key| may_sign(key) && is_a(key, kty, *curve)))
                    .map(|(alg, _)| *alg)
                    .collect();
                if without.is_empty() {
                    pass(format!("keys for {}", expect::list(&asymmetric.iter().map(|(alg, _)| *alg).collect::<Vec<_>>())))
                } else {
                    fail("a key for each algorithm", format!("no key for {}", expect::list(&without)))
                }
            })
        },
    ),
    must(
        "jwks/use-present",
        "OIDCD-3",
        "Where the set holds signing and encryption keys, every key says which it is by use",
        "A client may verify with, or encrypt to, the wrong key, and the exchange fails without a hint why.",
        |artefact| {
            artefact.judge(|keys| {
                let (encrypting, signing) =
                    (keys.iter().filter(|key| is_for_encryption(key)).count(), keys.iter().filter(|key| may_sign(key)).count());
                if encrypting == 0 || signing == 0 {
                    return not_applicable(format!("{signing} keys for signing, {encrypting} for encryption"));
                }
                let without = keys.iter().filter(|key| text(key, "use").is_none()).count();
                expect::holds(without == 0, "use on every key", format!("{without} of {} keys without use", keys.len()))
            })
        },
    ),
];

/// True if a published key may verify signatures: asymmetric, and not said to be for anything else.
pub(super) fn may_sign(key: &Value) -> bool {
    if !matches!(text(key, "kty"), Some(kty) if kty != "oct") || is_for_encryption(key) {
        return false;
    }
    let verifies = |operations: &Vec<Value>| operations.iter().any(|operation| operation == "verify");
    text(key, "use").is_none_or(|purpose| purpose == "sig") && key.get("key_ops").and_then(Value::as_array).is_none_or(verifies)
}

/// True if a key is said to be for encryption, by its `use` or, without one, by its `alg` (RFC 7518 4.1).
fn is_for_encryption(key: &Value) -> bool {
    match text(key, "use") {
        Some(purpose) => purpose == "enc",
        None => text(key, "alg").is_some_and(|alg| alg.starts_with("RSA-OAEP") || alg.starts_with("ECDH-ES") || alg == "RSA1_5"),
    }
}

/// The key type and, for elliptic curves, the curve an algorithm needs; `None` for one without a public key and for one not known here.
fn needed_for(alg: &str) -> Option<(&'static str, Option<&'static str>)> {
    match alg {
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => Some(("RSA", None)),
        "ES256" => Some(("EC", Some("P-256"))),
        "ES384" => Some(("EC", Some("P-384"))),
        "ES512" => Some(("EC", Some("P-521"))),
        "ES256K" => Some(("EC", Some("secp256k1"))),
        "EdDSA" => Some(("OKP", None)),
        "Ed25519" => Some(("OKP", Some("Ed25519"))),
        "Ed448" => Some(("OKP", Some("Ed448"))),
        _ => None,
    }
}

fn is_a(key: &Value, kty: &str, curve: Option<&str>) -> bool {
    text(key, "kty") == Some(kty) && curve.is_none_or(|curve| text(key, "crv") == Some(curve))
}
