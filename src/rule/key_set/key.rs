//! Rules about each key by itself.

use aws_lc_rs::signature::{self, ParsedPublicKey};

use super::{KeySet, bytes, each, name, text, verdict};
use crate::rule::prelude::*;

/// Members that hold private or symmetric key material (RFC 7518 6.2.2, 6.3.2, 6.4; RFC 8037 2).
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

pub(super) static RULES: &[Check<KeySet>] = &[
    must(
        "jwks/public-only",
        "OIDCD-3",
        "The key set must hold no private key and no symmetric key",
        "Everyone can read the key set, and could sign tokens in the issuer's name.",
        "Publish only the public members of each key, such as `n` and `e`, or `crv`, `x` and `y`, and no key of type `oct`. Then replace every key \
         that was published with its secret part: it must be treated as stolen.",
        |set| {
            let keys = set.entries()?;
            let mut leaked = Vec::new();
            for (at, key) in keys.iter().enumerate() {
                // The names only: a report must not spread what it warns of.
                let private: Vec<_> = PRIVATE.iter().copied().filter(|member| key.get(*member).is_some_and(|value| !value.is_null())).collect();
                if !private.is_empty() {
                    leaked.push(said!("{} has {}", name(at, key), private.join(" and ")));
                } else if text(key, "kty") == Some("oct") {
                    leaked.push(said!("{} is symmetric", name(at, key)));
                }
            }
            none_wrong(&leaked, "public keys only", said!("{} keys, all public", keys.len()))
        },
    ),
    must(
        "jwks/required-members",
        "RFC7518-6",
        "Every key must have `kty` and the members that its type requires, in base64url without padding",
        "A library that meets an incomplete key ignores this key, or refuses the whole key set.",
        "Publish `kty` with `n` and `e` for RSA, with `crv`, `x` and `y` for EC, and with `crv` and `x` for OKP. Encode the numbers in base64url \
         without `=`.",
        |set| {
            let keys = set.entries()?;
            let lack = |(at, key)| Some(said!("{}: {}", name(at, key), incomplete(key)?));
            let incomplete: Vec<_> = keys.iter().enumerate().filter_map(lack).collect();
            let expected = "kty, and n and e for RSA, crv, x and y for EC, crv and x for OKP";
            none_wrong(&incomplete, expected, said!("{} keys, each complete", keys.len()))
        },
    ),
    must(
        "jwks/ec-full-size",
        "RFC7518-6.2.1.2",
        "The coordinates of a key on P-256, P-384 or P-521 must have the full size of the curve, with leading zero octets",
        "About one key in a hundred has a coordinate with a leading zero octet. If the octet is missing, many libraries refuse the key.",
        "Write `x` and `y` as exactly 32 octets for P-256, 48 for P-384 and 66 for P-521. Add zero octets on the left where the number is shorter, \
         and remove a sign octet in front.",
        |set| {
            each(set, "32 octets for P-256, 48 for P-384 and 66 for P-521", "no EC keys on these curves", |key| {
                let curve = text(key, "crv").filter(|_| text(key, "kty") == Some("EC"))?;
                let size = coordinate_size(curve)?;
                let (x, y) = (bytes(key, "x")?.len(), bytes(key, "y")?.len());
                Some(verdict((x, y) == (size, size), format!("{curve}, x of {x} octets and y of {y}")))
            })
        },
    ),
    must(
        "jwks/ec-on-curve",
        "RFC7518-6.2.1.2",
        "The coordinates of a key on P-256, P-384 or P-521 must be those of a point on the curve",
        "Every library refuses the key, and so every token that is signed with it. A library that does not look can be tricked into giving away its own key.",
        "Publish the coordinates of the public key as the server's cryptographic library gives them, `x` as `x` and `y` as `y`. Do not write or change them by hand.",
        |set| {
            each(set, "a point on the curve", "no whole EC keys on these curves", |key| {
                let curve = text(key, "crv").filter(|_| text(key, "kty") == Some("EC"))?;
                let (size, algorithm) = (coordinate_size(curve)?, on_curve(curve)?);
                let (x, y) = (bytes(key, "x")?, bytes(key, "y")?);
                // What is too long or too short is jwks/ec-full-size's.
                let point = (x.len() == size && y.len() == size).then(|| [&[UNCOMPRESSED][..], &x, &y].concat())?;
                let is_point = ParsedPublicKey::new(algorithm, point).is_ok();
                Some(verdict(is_point, said!("{} point on {curve}", if is_point { "a" } else { "no" }).to_string()))
            })
        },
    ),
    must(
        "jwks/okp-full-size",
        "RFC8037-2",
        "The `x` of a key of type OKP must be the public key of its curve: 32 octets for Ed25519 and X25519, 57 for Ed448 and 56 for X448",
        "Libraries refuse the key, and so every token that is signed with it.",
        "Write the octets of the public key themselves in base64url: without a prefix, without the encoding in DER, and not their hexadecimal digits.",
        |set| {
            each(set, "32, 57 or 56 octets, by the curve", "no OKP keys on these curves", |key| {
                let curve = text(key, "crv").filter(|_| text(key, "kty") == Some("OKP"))?;
                let size = key_size(curve)?;
                let length = bytes(key, "x")?.len();
                Some(verdict(length == size, format!("{curve}, x of {length} octets")))
            })
        },
    ),
    must(
        "jwks/min-key-size",
        "RFC7518-3.3",
        "Every RSA key must have at least 2048 bits",
        "Smaller keys can be broken, and an attacker who breaks a key can sign tokens in the issuer's name.",
        "Generate an RSA key of 2048 bits or more and sign with it. Remove the smaller key from the key set when the last token that it signed has \
         expired.",
        |set| {
            each(set, "2048 bits or more", "no RSA keys", |key| {
                let bits = bits(&bytes(key, "n").filter(|_| text(key, "kty") == Some("RSA"))?);
                Some(verdict(bits >= 2048, format!("{bits} bits")))
            })
        },
    ),
    // No text has an upper bound; libraries have one, which is 8192 bits in many of them.
    may(
        "jwks/max-key-size",
        "RFC7518-3.3",
        "It is good practice that no RSA key has more than 8192 bits",
        "Many libraries refuse a larger key, and so every token that is signed with it.",
        "Sign with an RSA key of 2048 to 4096 bits, and remove the larger key from the key set. If you need more strength, use a key on an elliptic \
         curve.",
        |set| {
            each(set, "8192 bits or fewer", "no RSA keys", |key| {
                let bits = bits(&bytes(key, "n").filter(|_| text(key, "kty") == Some("RSA"))?);
                Some(verdict(bits <= 8192, format!("{bits} bits")))
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

/// The octets of a coordinate on a curve of RFC 7518 6.2.1.1.
fn coordinate_size(curve: &str) -> Option<usize> {
    match curve {
        "P-256" => Some(32),
        "P-384" => Some(48),
        "P-521" => Some(66),
        _ => None,
    }
}

/// What stands before the coordinates of a point that has both (SEC 1 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// An algorithm whose keys are the points of a curve.
fn on_curve(curve: &str) -> Option<&'static signature::EcdsaVerificationAlgorithm> {
    match curve {
        "P-256" => Some(&signature::ECDSA_P256_SHA256_FIXED),
        "P-384" => Some(&signature::ECDSA_P384_SHA384_FIXED),
        "P-521" => Some(&signature::ECDSA_P521_SHA512_FIXED),
        _ => None,
    }
}

/// The octets of a public key of RFC 8032 5.1.5 and 5.2.5, and of RFC 7748 5.
fn key_size(curve: &str) -> Option<usize> {
    match curve {
        "Ed25519" | "X25519" => Some(32),
        "Ed448" => Some(57),
        "X448" => Some(56),
        _ => None,
    }
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
