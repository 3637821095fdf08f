//! Rules about each key by itself.

use crate::rule::expect::must;
use crate::rule::judgement::{fail, not_applicable, pass};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{KeySet, name, text};
use crate::rule::{Check, expect};

/// Members that hold private or symmetric key material (RFC 7518 6.2.2, 6.3.2, 6.4; RFC 8037 2).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/public-only",
        "OIDCD-3",
        "The key set holds no private and no symmetric key",
        "Whoever reads the key set could sign tokens in the issuer's name.",
        |artefact| {
            artefact.judge(|keys| {
                let mut leaked = Vec::new();
                for (at, key) in keys.iter().enumerate() {
                    // The names only: a report must not spread what it warns of.
                    let private: Vec<_> = PRIVATE.iter().copied().filter(|member| key.get(*member).is_some_and(|value| !value.is_null())).collect();
                    if !private.is_empty() {
                        leaked.push(format!("{} has {}", name(at, key), private.join(" and ")));
                    } else if text(key, "kty") == Some("oct") {
                        leaked.push(format!("{} is symmetric", name(at, key)));
                    }
                }
                if leaked.is_empty() { pass(format!("{} keys, all public", keys.len())) } else { fail("public keys only", expect::list(&leaked)) }
            })
        },
    ),
    must(
        "jwks/required-members",
        "RFC7518-6",
        "Every key has its type and the members its type requires, in base64url without padding",
        "A parser that meets an incomplete key drops it, or the whole set with it.",
        |artefact| {
            artefact.judge(|keys| {
                let mut wrong = Vec::new();
                let mut whole = 0_usize;
                for (at, key) in keys.iter().enumerate() {
                    match incomplete(key) {
                        Some(what) => wrong.push(format!("{}: {what}", name(at, key))),
                        None => whole += 1,
                    }
                }
                if wrong.is_empty() {
                    pass(format!("{whole} keys, each complete"))
                } else {
                    fail("kty, and n and e for RSA, crv, x and y for EC, crv and x for OKP", expect::list(&wrong))
                }
            })
        },
    ),
    must(
        "jwks/min-key-size",
        "RFC7518-3.3",
        "Every RSA key has at least 2048 bits",
        "Smaller keys can be broken; whoever breaks one signs tokens in the issuer's name.",
        |artefact| {
            artefact.judge(|keys| {
                let sizes: Vec<_> = keys
                    .iter()
                    .enumerate()
                    .filter(|(_, key)| text(key, "kty") == Some("RSA"))
                    .filter_map(|(at, key)| Some((name(at, key), bits(&bytes(key, "n")?))))
                    .collect();
                let show =
                    |sizes: &[&(String, usize)]| expect::list(&sizes.iter().map(|(name, bits)| format!("{name}: {bits} bits")).collect::<Vec<_>>());
                let small: Vec<_> = sizes.iter().filter(|(_, bits)| *bits < 2048).collect();
                if sizes.is_empty() {
                    not_applicable("no RSA keys")
                } else if small.is_empty() {
                    pass(show(&sizes.iter().collect::<Vec<_>>()))
                } else {
                    fail("2048 bits or more", show(&small))
                }
            })
        },
    ),
];

/// What a key lacks; `None` for a complete key and for a type that is not known here (clients ignore those, RFC 7517 5).
fn incomplete(key: &Value) -> Option<String> {
    let (plain, encoded): (&[&str], &[&str]) = match text(key, "kty") {
        Some("RSA") => (&[], &["n", "e"]),
        Some("EC") => (&["crv"], &["x", "y"]),
        Some("OKP") => (&["crv"], &["x"]),
        Some(_) => return None,
        None => return Some("no kty".to_owned()),
    };
    let missing = plain.iter().chain(encoded).find(|member| text(key, member).is_none_or(str::is_empty));
    if let Some(member) = missing {
        return Some(format!("no {member}"));
    }
    encoded.iter().find(|member| bytes(key, member).is_none()).map(|member| format!("{member} is not base64url without padding"))
}

fn bytes(key: &Value, member: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text(key, member)?).ok()
}

/// The bits of a big-endian number, leading zeros not counted.
fn bits(number: &[u8]) -> usize {
    match number.iter().position(|byte| *byte != 0) {
        Some(first) => (number.len() - first) * 8 - number[first].leading_zeros() as usize,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::bits;

    #[test]
    fn bits_are_counted_without_leading_zeros() {
        for (number, expected) in [(&[][..], 0), (&[0, 0], 0), (&[1], 1), (&[0, 0x80, 0], 16), (&[0x7f, 0xff], 15)] {
            assert_eq!(bits(number), expected, "{number:?}");
        }
    }
}
