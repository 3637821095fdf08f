//! Rules about the JOSE header and the signature.

use super::{AccessToken, NOT_NONE, claims_profile};
use crate::rule::jose::{self, Keys, Verification};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<AccessToken>] = &[
    may(
        "at/typ",
        "RFC9068-2.1",
        "It is good practice that the access token is opaque or has the `typ` `at+jwt`",
        "Without this `typ` a resource server may accept an ID token as an access token.",
        "Set `typ` to `at+jwt` in the header of access tokens, and give them the claims of RFC 9068. In Spring Authorization Server: a token customizer can add the `typ`.",
        |token| match token.raw.jwt() {
            Err(_) => pass(said!("an opaque access token of {} characters", token.raw.as_str().chars().count())),
            Ok(jwt) => holds(claims_profile(jwt), "typ = at+jwt", seen("typ", jwt.header.get("typ"))),
        },
    ),
    // RFC 9068 2.1 says so of its own tokens; of any other, that nobody else can make or change one.
    must(
        NOT_NONE,
        "RFC6749-10.3",
        "An access token that is a JWT must be signed",
        "Every attacker can write such a token, and a resource server cannot detect it.",
        "Sign every JWT access token with a key of the server, for example with RS256 or ES256. Never issue one without `alg` or with the `alg` `none`.",
        |token| match token.jwt()?.alg() {
            None => fail("alg: a signature algorithm", "no alg"),
            Some(alg) => holds(!alg.eq_ignore_ascii_case("none"), "a signature algorithm", said!("alg = {}", shorten(alg))),
        },
    ),
    must(
        "at/claims-once",
        "RFC7519-4",
        "Every claim of an access token that is a JWT must occur only once",
        "Some libraries take the first value and some the last. An attacker who can add to the claims shows different ones to different readers.",
        "Build the claims from a map or an object, not by joining strings, and look for a mapper or a hook that adds a claim which the server writes anyway.",
        |token| token.jwt()?.claims_once(),
    ),
    must(
        "at/header-once",
        "RFC7515-4",
        "Every member of the header of an access token that is a JWT must occur only once",
        "Two libraries read two headers: one verifies with another algorithm or key than the other.",
        "Let a JOSE library write the header, and set each of its members in one place.",
        |token| token.jwt()?.header_once(),
    ),
    // An authorization server SHOULD publish the keys for its resource servers; it may hand them over in another way. A JWT that does not claim
    // the profile may be signed with keys that no client ever sees; a published key that it names is its key (RFC 7515 4.1.4).
    should(
        "at/signature",
        "RFC9068-4",
        "The signature of the access token should verify with a published key",
        "Resource servers that use the published keys refuse every call.",
        "Sign access tokens with a key of the key set at `jwks_uri` and name it by `kid` in the header. Publish a new key before the first token is signed with it.",
        |token| {
            let jwt = token.jwt()?;
            let is_unknown = matches!(token.keys, Keys::Unknown) && !token.has_key_set;
            applies_if(!is_unknown, "no key set is known: no jwks_uri is published, and none is configured")?;
            let keys = token.keys.published()?;
            // A secret the issuer shares with its resource servers is not known here.
            applies_if(!jwt.alg().is_some_and(jose::is_symmetric), "the algorithm takes a secret that is not the client's")?;
            match jose::verify(jwt, keys, None) {
                Verification::Unsigned => not_run(NOT_NONE),
                Verification::NoSuchKey { .. } | Verification::NoSuitableKey { .. } if !claims_profile(jwt) => {
                    not_applicable("the access token is not signed with a published key, and does not claim RFC 9068 by its typ")
                }
                Verification::BadSignature { .. } if !claims_profile(jwt) && jwt.kid().is_none() => {
                    not_applicable("the access token names no published key, and does not claim RFC 9068 by its typ")
                }
                other => other.judge(),
            }
        },
    ),
    should(
        "at/alg-asymmetric",
        "RFC9068-2.1",
        "The access token should be signed with a private key, not with a shared secret",
        "Every resource server that can verify such a token can also write one.",
        "Use an algorithm with a key pair, such as RS256 or ES256, for access tokens, and publish the public key at `jwks_uri`.",
        |token| match token.profiled()?.alg().filter(|alg| !alg.eq_ignore_ascii_case("none")) {
            None => not_run(NOT_NONE),
            Some(alg) => holds(!jose::is_symmetric(alg), "an algorithm with a key pair", said!("alg = {}", shorten(alg))),
        },
    ),
];
