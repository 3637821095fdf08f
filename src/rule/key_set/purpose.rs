//! Rules about what the keys are for.

use std::collections::HashMap;

use super::{KeySet, text};
use crate::rule::prelude::*;
use crate::rule::provider_metadata::is_openid;

const WITHOUT_ID_TOKENS: &str = "the metadata are those of an authorization server without ID tokens";

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/signing-key-present",
        "OIDCD-3",
        "The key set must hold at least one key with which signatures can be verified",
        "With only encryption keys, or without keys, no ID token can be verified.",
        "Publish the public part of every key that signs ID tokens, with `use` `sig` or without `use`. A client secret (`HS256`) does not replace \
         such a key.",
        |set| {
            let keys = set.entries()?;
            // An authorization server need not publish keys (RFC 8414 2: `jwks_uri` is OPTIONAL).
            applies_if(set.metadata.as_object().is_some_and(is_openid), WITHOUT_ID_TOKENS)?;
            let signing = keys.iter().filter(|key| may_sign(key)).count();
            holds(signing > 0, "at least one signing key", said!("{signing} signing keys of {}", keys.len()))
        },
    ),
    // No keyword demands it: some issuers make a key only when the first client asks for its algorithm.
    may(
        "jwks/signing-key-for-each-alg",
        "OIDCD-3",
        "It is good practice that the key set holds a signing key for every asymmetric algorithm that is offered for ID tokens",
        "A client that registers for an offered algorithm gets tokens that it cannot verify.",
        "Generate and publish a key for every algorithm in `id_token_signing_alg_values_supported`, or remove the algorithms that have no key from \
         this list.",
        |set| {
            let keys = set.entries()?;
            applies_if(set.metadata.as_object().is_some_and(is_openid), WITHOUT_ID_TOKENS)?;
            if !keys.iter().any(may_sign) {
                return not_run("jwks/signing-key-present");
            }
            let offered = set.metadata.get("id_token_signing_alg_values_supported").and_then(|value| strings(value).ok());
            let Some(offered) = offered else {
                return not_run("discovery/id-token-algs-rs256");
            };
            let signing = offered.into_iter().filter(|alg| !is_encryption(alg));
            let asymmetric: Vec<_> = signing.filter_map(|alg| Some((alg, key_for(alg)?))).collect();
            if asymmetric.is_empty() {
                return not_applicable("no algorithm on offer needs a published key");
            }
            let (with, without): (Vec<_>, Vec<_>) =
                asymmetric.into_iter().partition(|(_, (kty, curves))| keys.iter().any(|key| may_sign(key) && is_a(key, kty, curves)));
            let names = |algs: &[(&str, _)]| list(&algs.iter().map(|(alg, _)| *alg).collect::<Vec<_>>());
            if without.is_empty() {
                return pass(said!("keys for {}", names(&with)));
            }
            fail("a key for each algorithm", said!("no key for {}", names(&without)))
        },
    ),
    must(
        "jwks/use-present",
        "OIDCD-3",
        "Where the set holds keys for signing and keys for encryption, every key must say by `use` which of the two it is for",
        "A client may verify with an encryption key, or encrypt to a signing key, and the exchange fails without a clear reason.",
        "Add `use` `sig` to every signing key and `use` `enc` to every encryption key.",
        |set| {
            let keys = set.entries()?;
            let signing = keys.iter().filter(|key| may_sign(key)).count();
            let encrypting = keys.iter().filter(|key| is_for_encryption(key)).count();
            if encrypting == 0 || signing == 0 {
                return not_applicable(said!("{signing} keys for signing, {encrypting} for encryption"));
            }
            let without = keys.iter().filter(|key| text(key, "use").is_none()).count();
            holds(without == 0, "use on every key", said!("{without} of {} keys without use", keys.len()))
        },
    ),
    should(
        "jwks/one-purpose",
        "OIDCD-3",
        "One key should not be published for signatures and for encryption at once",
        "What is signed with the key may help to decrypt what is encrypted to it, and the other way round.",
        "Generate a key of its own for encryption, and publish it with `use` `enc` beside the signing key with `use` `sig`.",
        |set| {
            let keys = set.entries()?;
            let mut uses: HashMap<Vec<Option<&str>>, BTreeSet<&str>> = HashMap::new();
            for (key, purpose) in keys.iter().filter_map(|key| Some((key, text(key, "use")?))) {
                uses.entry(["kty", "n", "e", "crv", "x", "y"].map(|member| text(key, member)).to_vec()).or_default().insert(purpose);
            }
            applies_if(!uses.is_empty(), "no key says by use what it is for")?;
            let both = uses.values().filter(|purposes| purposes.contains("sig") && purposes.contains("enc")).count();
            holds(both == 0, "each key for one purpose", said!("{both} keys for both, of {}", uses.len()))
        },
    ),
    should(
        "jwks/cache-max-age",
        "OIDCC-10.2.1",
        "A key set with keys for encryption should be served with a `Cache-Control` that has `max-age`",
        "A client does not know how long it can encrypt to a key, and goes on with one that was withdrawn, or fetches the keys for each message.",
        "Send `Cache-Control: max-age=…` with the key set, and keep the private part of a key that was withdrawn at least as long.",
        |set| {
            let keys = set.entries()?;
            applies_if(keys.iter().any(is_for_encryption), "no key is said to be for encryption")?;
            let values: Vec<_> = set.response.header_all("cache-control").collect();
            let is_age = |directive: &str| {
                directive.trim().to_ascii_lowercase().strip_prefix("max-age=").is_some_and(|age| age.trim_matches('"').parse::<u64>().is_ok())
            };
            let has_age = values.iter().flat_map(|value| value.split(',')).any(is_age);
            holds(has_age, "Cache-Control: max-age=…", said!("Cache-Control: {}", list(&values)))
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

/// True if a key is said to be for encryption, by its `use` or, without one, by its `alg`.
fn is_for_encryption(key: &Value) -> bool {
    match text(key, "use") {
        Some(purpose) => purpose == "enc",
        None => text(key, "alg").is_some_and(is_encryption),
    }
}

/// True for an algorithm that encrypts to a published key (RFC 7518 4.1).
fn is_encryption(alg: &str) -> bool {
    alg.starts_with("RSA-OAEP") || alg.starts_with("ECDH-ES") || alg == "RSA1_5"
}

/// The key type and, where it has one, the curves an algorithm goes with (RFC 7518 3.1 and 4.1, RFC 8037 3, RFC 8812 3.2, RFC 9864 2); `None` for
/// one without a public key and for one not known here.
pub(super) fn key_for(alg: &str) -> Option<(&'static str, &'static [&'static str])> {
    Some(match alg {
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
    })
}

/// True if a key is of a type and, where there is but one, of the curve.
fn is_a(key: &Value, kty: &str, curves: &[&str]) -> bool {
    text(key, "kty") == Some(kty) && (curves.len() != 1 || text(key, "crv") == Some(curves[0]))
}
