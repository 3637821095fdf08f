//! Signatures against published keys.

use std::fmt;

use super::algorithm::{Family, Tried, try_key, with_secret};
use crate::rule::prelude::*;

/// What verifying a signature came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// It is the signature of this key.
    Verified {
        /// The `alg` of the header.
        alg: String,
        /// The key's `kid`; `None` if it has none, or for a client secret.
        kid: Option<String>,
        /// The key's `kty`: `RSA`, `EC`, `OKP`, or `oct` for the client secret.
        kty: &'static str,
        /// The key's size in bits.
        bits: usize,
        /// How many keys could have been meant: more than one without a `kid`, or where several share it.
        candidates: usize,
    },
    /// The header names a `kid` no published key has.
    NoSuchKey {
        /// The `kid` of the header.
        kid: String,
    },
    /// There are keys, with the right `kid` if one was named, but none of the kind the algorithm takes.
    NoSuitableKey {
        /// The `alg` of the header.
        alg: String,
    },
    /// Keys of the right kind were tried, and it is the signature of none of them.
    BadSignature {
        /// How many keys were tried.
        candidates: usize,
    },
    /// The only keys that could be meant cannot be read.
    UnusableKey {
        /// What is wrong with the first of them.
        why: String,
    },
    /// The algorithm takes the client secret, and there is none.
    NoSecret,
    /// This build cannot verify the algorithm, or not with such a key: nothing is known about the signature.
    Unsupported {
        /// The algorithm, with the key where that is the trouble.
        what: String,
    },
    /// The algorithm is `none`.
    Unsigned,
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verified { alg, kid, kty, bits, candidates } => {
                write!(f, "{alg} by ")?;
                match (kid, *kty) {
                    (_, "oct") => write!(f, "the client secret ({bits} bits)")?,
                    (Some(kid), _) => write!(f, "the published key {kid} ({kty}, {bits} bits)")?,
                    (None, _) => write!(f, "a published key without kid ({kty}, {bits} bits)")?,
                }
                if *candidates > 1 { write!(f, ", one of {candidates} that could be meant") } else { Ok(()) }
            }
            Self::NoSuchKey { kid } => write!(f, "no published key has the kid {kid}"),
            Self::NoSuitableKey { alg } => write!(f, "no published key is of the kind {alg} takes"),
            Self::BadSignature { candidates: 1 } => f.write_str("the signature is not that of the key"),
            Self::BadSignature { candidates } => write!(f, "the signature is of none of the {candidates} keys that could be meant"),
            Self::UnusableKey { why } => write!(f, "the key cannot be read: {why}"),
            Self::NoSecret => f.write_str("the algorithm takes a client secret, and the client has none"),
            Self::Unsupported { what } => write!(f, "{what} cannot be verified by this build"),
            Self::Unsigned => f.write_str("alg none: no signature"),
        }
    }
}

impl Verification {
    /// True if other published keys could make it a good one: the token may be signed with a key that was published since.
    pub fn may_need_newer_keys(&self) -> bool {
        matches!(self, Self::NoSuchKey { .. } | Self::NoSuitableKey { .. } | Self::BadSignature { .. })
    }

    /// Passes for the signature of a key. What this build cannot verify is not judged; what needs no signature, or nobody can verify, is not applicable.
    pub fn judge(&self) -> Judgement {
        let seen = shorten(&self.to_string());
        match self {
            Self::Verified { .. } => pass(seen),
            Self::Unsupported { .. } => not_run(seen),
            Self::NoSecret | Self::Unsigned => not_applicable(seen),
            Self::NoSuchKey { .. } | Self::NoSuitableKey { .. } | Self::BadSignature { .. } | Self::UnusableKey { .. } => {
                fail("the signature of a published key", seen)
            }
        }
    }
}

/// Verifies a token's signature with the published keys, or with the client secret if its algorithm takes one.
///
/// The header's `alg` chooses among algorithms, never among kinds of keys: a published key is never a shared secret.
pub fn verify(jwt: &Jwt, keys: &[Value], client_secret: Option<&str>) -> Verification {
    let Some(alg) = jwt.alg() else {
        return Verification::Unsupported { what: "a header without alg".to_owned() };
    };
    if alg == "none" {
        return Verification::Unsigned;
    }
    let Some(family) = Family::of(alg) else {
        return Verification::Unsupported { what: alg.chars().take(40).collect() };
    };
    if let Family::Hmac(algorithm) = family {
        let Some(secret) = client_secret else { return Verification::NoSecret };
        if !with_secret(algorithm, secret, &jwt.signing_input, &jwt.signature) {
            return Verification::BadSignature { candidates: 1 };
        }
        return Verification::Verified { alg: alg.to_owned(), kid: None, kty: family.kty(), bits: secret.len() * 8, candidates: 1 };
    }
    let named: Vec<&Value> = match jwt.kid() {
        Some(kid) => keys.iter().filter(|key| kid_of(key) == Some(kid)).collect(),
        None => keys.iter().collect(),
    };
    if let (Some(kid), true) = (jwt.kid(), named.is_empty()) {
        return Verification::NoSuchKey { kid: kid.to_owned() };
    }
    let suitable: Vec<&Value> = named.into_iter().filter(|key| family.takes(key)).collect();
    if suitable.is_empty() {
        return Verification::NoSuitableKey { alg: alg.to_owned() };
    }
    try_all(jwt, alg, family, &suitable)
}

fn try_all(jwt: &Jwt, alg: &str, family: Family, keys: &[&Value]) -> Verification {
    let (mut bad, mut unsupported, mut unusable) = (0, None, None);
    for key in keys {
        match try_key(family, key, &jwt.signing_input, &jwt.signature) {
            Tried::Good(bits) => {
                let kid = kid_of(key).map(str::to_owned);
                return Verification::Verified { alg: alg.to_owned(), kid, kty: family.kty(), bits, candidates: keys.len() };
            }
            Tried::Bad => bad += 1,
            Tried::Unsupported(what) => unsupported = unsupported.or(Some(what)),
            Tried::Unusable(why) => unusable = unusable.or(Some(why)),
        }
    }
    // A key that could not be tried might have been the one.
    match (unsupported, unusable) {
        (Some(what), _) => Verification::Unsupported { what },
        (None, Some(why)) if bad == 0 => Verification::UnusableKey { why },
        _ => Verification::BadSignature { candidates: bad },
    }
}

fn kid_of(key: &Value) -> Option<&str> {
    key.get("kid").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Verification, not_run, verify};
    use crate::rule::jose::Jwt;
    use crate::rule::jose::testing::{Signer, rsa_1024};

    const SECRET: &str = "a client secret of some length, longer than the hash of it is wide: 64";

    fn signed(signer: &Signer) -> Jwt {
        Jwt::parse(&signer.token(&json!({ "alg": signer.alg, "kid": signer.kid }), &json!({ "sub": "x" }))).unwrap()
    }

    fn is_verified(verification: &Verification) -> bool {
        matches!(verification, Verification::Verified { .. })
    }

    #[test]
    fn every_algorithm_verifies_with_its_own_key_and_no_tampering_is_missed() {
        for signer in Signer::all() {
            let keys = [signer.public.clone()];
            let jwt = signed(signer);
            let verification = verify(&jwt, &keys, None);
            let Verification::Verified { alg, kid, kty, bits, candidates: 1 } = &verification else { panic!("{}: {verification}", signer.alg) };
            assert_eq!((alg.as_str(), kid.as_deref()), (signer.alg, Some(signer.kid)));
            assert_eq!(Value::from(*kty), signer.public["kty"]);
            assert!([2048, 256, 384, 521].contains(bits), "{bits}");

            let mut tampered = jwt.clone();
            tampered.signing_input.push('x');
            assert_eq!(verify(&tampered, &keys, None), Verification::BadSignature { candidates: 1 }, "{}", signer.alg);
            let mut tampered = jwt.clone();
            tampered.signature[7] ^= 1;
            assert_eq!(verify(&tampered, &keys, None), Verification::BadSignature { candidates: 1 }, "{}", signer.alg);
            let mut truncated = jwt.clone();
            truncated.signature.pop();
            assert!(!is_verified(&verify(&truncated, &keys, None)), "{}", signer.alg);
        }
    }

    #[test]
    fn a_shared_secret_is_the_clients_and_never_a_published_key() {
        for alg in ["HS256", "HS384", "HS512"] {
            let signer = Signer::hmac(alg, SECRET);
            let jwt = signed(&signer);
            assert!(is_verified(&verify(&jwt, &[], Some(SECRET))), "{alg}");
            assert_eq!(verify(&jwt, &[], Some("another")), Verification::BadSignature { candidates: 1 });
            assert_eq!(verify(&jwt, &[], None), Verification::NoSecret);
        }
        // A token signed with HS256 by the text of an RSA key's modulus, and the same secret published as an `oct` key.
        let rsa = &Signer::all()[0];
        let modulus = rsa.public["n"].as_str().unwrap();
        let jwt = signed(&Signer::hmac("HS256", modulus));
        let published = json!({ "kty": "oct", "kid": "hmac", "k": modulus });
        assert_eq!(verify(&jwt, &[rsa.public.clone(), published], None), Verification::NoSecret);
        assert_eq!(verify(&jwt, std::slice::from_ref(&rsa.public), Some(SECRET)), Verification::BadSignature { candidates: 1 });
    }

    #[test]
    fn the_header_never_chooses_the_kind_of_key() {
        for signer in Signer::all() {
            for other in Signer::all().iter().filter(|other| other.public["kty"] != signer.public["kty"]) {
                let header = json!({ "alg": other.alg, "kid": signer.kid });
                let jwt = Jwt::parse(&signer.token(&header, &json!({}))).unwrap();
                let verification = verify(&jwt, std::slice::from_ref(&signer.public), Some(SECRET));
                assert_eq!(verification, Verification::NoSuitableKey { alg: other.alg.to_owned() }, "{} as {}", signer.alg, other.alg);
            }
        }
    }

    #[test]
    fn an_ecdsa_signature_in_der_is_refused() {
        for alg in ["ES256", "ES384", "ES512"] {
            let signer = Signer::all().iter().find(|signer| signer.alg == alg).unwrap();
            let mut jwt = signed(signer);
            jwt.signature = signer.der_signature(&jwt.signing_input);
            assert!(!is_verified(&verify(&jwt, std::slice::from_ref(&signer.public), None)), "{alg}");
        }
    }

    #[test]
    fn keys_are_chosen_by_kid_and_without_one_each_is_tried() {
        let (first, second) = (Signer::of("RS256"), Signer::of("RS384"));
        let keys = [first.public.clone(), second.public.clone()];
        let by_kid = |kid: Value| {
            let header = json!({ "alg": "RS256", "kid": kid });
            verify(&Jwt::parse(&first.token(&header, &json!({}))).unwrap(), &keys, None)
        };
        assert!(matches!(by_kid(json!(first.kid)), Verification::Verified { candidates: 1, .. }));
        assert_eq!(by_kid(json!(second.kid)), Verification::BadSignature { candidates: 1 });
        assert_eq!(by_kid(json!("unknown")), Verification::NoSuchKey { kid: "unknown".to_owned() });
        assert!(matches!(by_kid(Value::Null), Verification::Verified { candidates: 2, .. }));
        assert_eq!(by_kid(Value::Null).to_string(), "RS256 by the published key rs256 (RSA, 2048 bits), one of 2 that could be meant");
    }

    #[test]
    fn what_this_build_cannot_verify_is_never_called_bad() {
        let signer = Signer::of("EdDSA");
        let unsupported = |header: Value, key: Value| verify(&Jwt::parse(&signer.token(&header, &json!({}))).unwrap(), &[key], None);
        for (header, key) in [
            (json!({ "alg": "Ed448" }), signer.public.clone()),
            (json!({ "alg": "EdDSA" }), json!({ "kty": "OKP", "crv": "Ed448", "x": "AAAA" })),
            (json!({ "alg": "ML-DSA-65" }), signer.public.clone()),
            (json!({}), signer.public.clone()),
            (json!({ "alg": "PS256" }), rsa_1024().0.clone()),
            (json!({ "alg": "RS256" }), json!({ "kty": "RSA", "e": "AQAB", "n": "v".repeat(2732) })),
        ] {
            let verification = unsupported(header.clone(), key);
            assert!(matches!(verification, Verification::Unsupported { .. }), "{header}");
            assert_eq!(verification.judge(), not_run(verification.to_string()), "it could not be tested");
        }
        assert_eq!(unsupported(json!({ "alg": "none" }), json!({})), Verification::Unsigned);
    }

    #[test]
    fn a_short_rsa_key_verifies_and_its_size_is_told() {
        let (key, token) = rsa_1024();
        let verification = verify(&Jwt::parse(token).unwrap(), std::slice::from_ref(key), None);
        assert!(matches!(verification, Verification::Verified { bits: 1024, .. }), "{verification}");
    }

    #[test]
    fn a_key_that_cannot_be_read_is_named() {
        let signer = Signer::of("ES256");
        let jwt = signed(signer);
        for (member, value, why) in
            [("x", json!("AA"), "x has 1 bytes instead of 32"), ("y", Value::Null, "y is missing"), ("y", json!("="), "base64url")]
        {
            let mut key = signer.public.clone();
            key[member] = value;
            let Verification::UnusableKey { why: seen } = verify(&jwt, &[key], None) else { panic!("{why}") };
            assert!(seen.contains(why), "{seen}");
        }
    }
}
