//! JSON Web Tokens taken apart by hand, so that every fault is seen by itself, and signatures verified by `jsonwebtoken` and `aws-lc-rs`.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::rule::duplicate::{each_once, own_duplicates};
use crate::rule::judgement::Judgement;

mod algorithm;
pub mod form;
mod keys;
pub mod opened;
#[cfg(test)]
pub mod testing;
mod token;
mod verify;

pub use keys::Keys;
pub use token::Token;
pub use verify::{Verification, verify};

/// A JWS in compact serialization (RFC 7515 3.1) whose header and payload are JSON objects.
#[derive(Debug, Clone)]
pub struct Jwt {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// What the signature is over: header, dot, payload, as sent.
    pub signing_input: String,
    /// The signature's bytes; empty for `alg` `none`.
    pub signature: Vec<u8>,
}

impl Jwt {
    /// Takes a token apart without verifying anything.
    ///
    /// # Errors
    /// A sentence saying what keeps it from being a JWT. It never quotes the token.
    pub fn parse(token: &str) -> Result<Self, String> {
        let parts: Vec<&str> = token.splitn(6, '.').collect();
        let &[header, payload, signature] = parts.as_slice() else {
            return Err(match parts.len() {
                5 => "an encrypted token (JWE: five parts)".to_owned(),
                6 => "more than five parts between dots instead of three".to_owned(),
                n => format!("{n} {} instead of three between dots", if n == 1 { "part" } else { "parts" }),
            });
        };
        Ok(Self {
            header: object("header", header)?,
            claims: object("payload", payload)?,
            signing_input: format!("{header}.{payload}"),
            signature: decode("signature", signature)?,
        })
    }

    /// Passes when every member of the header is there once (RFC 7515 4).
    pub fn header_once(&self) -> Judgement {
        each_once(&self.duplicates(0), format!("{} members, each once", self.header.len()))
    }

    /// Passes when every claim is there once (RFC 7519 4).
    pub fn claims_once(&self) -> Judgement {
        each_once(&self.duplicates(1), format!("{} claims, each once", self.claims.len()))
    }

    /// The JSON pointers of what is there more than once in the header (0) or in the claims (1). A member of a claim's value is no claim.
    fn duplicates(&self, part: usize) -> Vec<String> {
        let text = self.signing_input.split('.').nth(part).unwrap_or_default();
        URL_SAFE_NO_PAD.decode(text).map(|json| own_duplicates(&json)).unwrap_or_default()
    }

    /// The `alg` of the header, if it is a string (RFC 7515 4.1.1).
    pub fn alg(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }

    /// The `kid` of the header, if it is a string (RFC 7515 4.1.4).
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    /// The claim `scope`, if it is a string (RFC 9068 2.2.3).
    pub fn scope(&self) -> Option<&str> {
        self.claims.get("scope").and_then(Value::as_str)
    }

    /// The `typ` of the header in lower case without its `application/` prefix (RFC 7515 4.1.9), if it is a string.
    pub fn typ(&self) -> Option<String> {
        let typ = self.header.get("typ")?.as_str()?.to_ascii_lowercase();
        Some(typ.strip_prefix("application/").map_or_else(|| typ.clone(), str::to_owned))
    }
}

fn decode(part: &str, text: &str) -> Result<Vec<u8>, String> {
    URL_SAFE_NO_PAD.decode(text).map_err(|e| format!("the {part} is not base64url without padding: {e}"))
}

fn object(part: &str, text: &str) -> Result<Map<String, Value>, String> {
    let bytes = decode(part, text)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(format!("the {part} is JSON but not an object")),
        Err(e) => Err(format!("the {part} is not JSON: {e}")),
    }
}

/// Whether a published key is of the kind an algorithm takes, on its curve and not set aside for encryption; `None` if this build does not
/// know the algorithm. No algorithm that takes a shared secret takes a published key.
pub fn takes(alg: &str, key: &Value) -> Option<bool> {
    algorithm::Family::of(alg).map(|family| family.takes(key))
}

/// True if two names are of one algorithm: `EdDSA` is the older name of what `Ed25519` and `Ed448` name by the curve (RFC 9864 2.2).
pub fn is_same_alg(one: &str, other: &str) -> bool {
    let is_by_curve = |alg: &str| matches!(alg, "Ed25519" | "Ed448");
    one == other || (one == "EdDSA" && is_by_curve(other)) || (other == "EdDSA" && is_by_curve(one))
}

/// True if a published key is for an algorithm, or says nothing of what it is for (RFC 7517 4.4).
pub fn is_for(alg: &str, key: &Value) -> bool {
    key.get("alg").and_then(Value::as_str).is_none_or(|its| is_same_alg(its, alg))
}

/// True if the algorithm takes a secret shared by client and issuer (RFC 7518 3.2).
pub fn is_symmetric(alg: &str) -> bool {
    matches!(alg, "HS256" | "HS384" | "HS512")
}

/// The left half of the hash of `value`, base64url without padding: the form of `at_hash` and `c_hash` (`OpenID` Connect Core 3.1.3.6).
///
/// The hash is the one of the signature algorithm `alg`; SHA-512 for Ed25519. `None` if the algorithm's hash is unknown to this build.
pub fn left_half_hash(alg: &str, value: &str) -> Option<String> {
    let algorithm = match alg {
        "HS256" | "RS256" | "PS256" | "ES256" | "ES256K" => &digest::SHA256,
        "HS384" | "RS384" | "PS384" | "ES384" => &digest::SHA384,
        "HS512" | "RS512" | "PS512" | "ES512" | "EdDSA" | "Ed25519" => &digest::SHA512,
        _ => return None,
    };
    let hash = digest::digest(algorithm, value.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    Some(URL_SAFE_NO_PAD.encode(left))
}

#[cfg(test)]
mod tests {
    use super::{Jwt, is_same_alg, left_half_hash};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    fn b64(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn a_jwt_is_taken_apart() {
        let token = format!("{}.{}.{}", b64(r#"{"alg":"HS256","kid":"k","typ":"application/AT+jwt"}"#), b64(r#"{"sub":"x"}"#), b64("sig"));
        let jwt = Jwt::parse(&token).unwrap();
        assert_eq!((jwt.alg(), jwt.kid(), jwt.typ().as_deref()), (Some("HS256"), Some("k"), Some("at+jwt")));
        assert_eq!(jwt.claims["sub"], "x");
        assert_eq!(jwt.signature, b"sig");
        assert!(token.starts_with(&jwt.signing_input));
    }

    #[test]
    fn what_is_not_a_jwt_says_why() {
        let (header, claims) = (b64(r#"{"alg":"none"}"#), b64("{}"));
        for (token, why) in [
            (String::new(), "1 part instead of three"),
            ("opaque".to_owned(), "1 part instead of three"),
            (format!("{header}.{claims}"), "2 parts instead of three"),
            ("a.b.c.d".to_owned(), "4 parts instead of three"),
            ("a.b.c.d.e".to_owned(), "JWE"),
            ("a.b.c.d.e.f.g".to_owned(), "more than five"),
            (format!("{header}=.{claims}."), "the header is not base64url without padding"),
            (format!("{header}.{claims}.+/+/"), "the signature is not base64url"),
            (format!("{}.{claims}.", b64("[]")), "the header is JSON but not an object"),
            (format!("{header}.{}.", b64("nonsense")), "the payload is not JSON"),
            (format!("{header}.{}.", b64("\"text\"")), "the payload is JSON but not an object"),
            (format!("{header}.."), "the payload is not JSON"),
        ] {
            let error = Jwt::parse(&token).unwrap_err();
            assert!(error.contains(why), "{token}: {error}");
        }
        assert!(Jwt::parse(&format!("{header}.{claims}.")).unwrap().signature.is_empty());
    }

    #[test]
    fn eddsa_has_two_names() {
        assert!(is_same_alg("EdDSA", "Ed25519") && is_same_alg("Ed448", "EdDSA") && is_same_alg("RS256", "RS256"));
        assert!(!is_same_alg("Ed448", "Ed25519") && !is_same_alg("RS256", "PS256") && !is_same_alg("EdDSA", "ES256"));
    }

    #[test]
    fn the_left_half_hash_follows_the_algorithm() {
        // The example of OpenID Connect Core A.3.
        assert_eq!(left_half_hash("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y").as_deref(), Some("77QmUPtjPfzWtF2AnpK9RQ"));
        for (alg, bytes) in [("HS256", 16), ("PS384", 24), ("ES384", 24), ("ES512", 32), ("EdDSA", 32), ("Ed25519", 32)] {
            let hash = left_half_hash(alg, "x").unwrap();
            assert_eq!(URL_SAFE_NO_PAD.decode(hash).unwrap().len(), bytes, "{alg}");
        }
        assert_eq!(left_half_hash("none", "x"), None);
        assert_eq!(left_half_hash("Ed448", "x"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(token in ".{0,60}", dots in "[A-Za-z0-9_=-]{0,20}(\\.[A-Za-z0-9_=-]{0,20}){0,6}") {
            let _ = Jwt::parse(&token);
            let _ = Jwt::parse(&dots);
        }
    }
}
