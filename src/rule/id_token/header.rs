//! Judgements on the JOSE header and the signature.

use super::super::expect::{holds, shorten, show};
use super::super::jose::{self, Jwt, Verification};
use super::{IdToken, NOT_NONE, asked_for_none, parts};
use crate::rule::Check;
use crate::rule::expect::{must, should};
use crate::rule::id_token::WELL_FORMED;
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use secrecy::ExposeSecret;
use serde_json::Value;

const KEY_BY_KID: &str = "id-token/key-by-kid";
const ALG_ADVERTISED: &str = "id-token/alg-advertised";

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        WELL_FORMED,
        "OIDCC-2",
        "The ID token is a JWT: header, claims and signature in base64url, the first two JSON objects",
        "No relying party can read the token, so nobody can log in.",
        |token| match Jwt::parse(&token.raw) {
            Ok(jwt) => pass(format!("a JWT with {} claims, header {}", jwt.claims.len(), show(&Value::Object(jwt.header)))),
            Err(why) => fail("a signed JWT in compact serialization", why),
        },
    ),
    must(
        NOT_NONE,
        "OIDCC-2",
        "The ID token is signed: its `alg` is not `none`, unless the client registered for that",
        "Whoever can hand a token to the relying party can write one.",
        |token| {
            parts(token, |jwt| match jwt.alg() {
                None => not_run(ALG_ADVERTISED),
                Some("none") if asked_for_none(token) => pass("alg = none, as registered"),
                // The name is case-sensitive, and "None" has fooled verifiers before.
                Some(alg) => holds(!alg.eq_ignore_ascii_case("none"), "a signature algorithm", format!("alg = {}", shorten(alg))),
            })
        },
    ),
    must(
        "id-token/alg-advertised",
        "OIDCD-3",
        "The ID token is signed with an algorithm of `id_token_signing_alg_values_supported`",
        "A relying party that allows the advertised algorithms only refuses the token.",
        |token| {
            if let Ok(jwt) = Jwt::parse(&token.raw)
                && jwt.alg().is_none()
            {
                return fail("alg: a string", jwt.header.get("alg").map_or_else(|| "no alg".to_owned(), |alg| format!("alg = {}", show(alg))));
            }
            with_alg(token, |_, alg| {
                let name = "id_token_signing_alg_values_supported";
                let Some(advertised) = token.metadata.get(name).and_then(Value::as_array) else {
                    return if token.is_without_metadata() {
                        not_applicable("no metadata is published")
                    } else {
                        not_run(format!("the provider metadata have no array {name}"))
                    };
                };
                let listed = advertised.iter().any(|value| value.as_str() == Some(alg));
                holds(listed, format!("one of {}", show(&Value::from(advertised.clone()))), format!("alg = {}", shorten(alg)))
            })
        },
    ),
    must(
        "id-token/alg-as-registered",
        "OIDCR-2",
        "The ID token is signed with the `id_token_signed_response_alg` the client is registered with",
        "A relying party pins the algorithm it registered, and refuses every other.",
        |token| {
            let Some(registered) = &token.registered_alg else {
                return not_applicable("it is not known which algorithm the client is registered with");
            };
            with_alg(token, |_, alg| holds(alg == registered, format!("alg = {}", shorten(registered)), format!("alg = {}", shorten(alg))))
        },
    ),
    must(
        "id-token/kid-present",
        "OIDCC-10.1",
        "The ID token names its key by `kid` when the issuer publishes more than one",
        "Relying parties cannot tell which key to verify with, and many refuse rather than guess.",
        |token| {
            with_published_key(token, |jwt, _, keys| match jwt.header.get("kid") {
                Some(Value::String(kid)) => pass(format!("kid = {}", shorten(kid))),
                Some(other) => fail("kid: a string", format!("kid = {}", show(other))),
                None if keys.len() > 1 => fail("a kid", format!("no kid, and {} published keys", keys.len())),
                None => not_applicable("there is one published key at most, and no kid"),
            })
        },
    ),
    must(
        "id-token/key-by-kid",
        "OIDCC-10.1",
        "The `kid` of the ID token leads to a published key that fits its algorithm",
        "No relying party finds the key, so every login fails: typically after a key rotation.",
        |token| {
            with_published_key(token, |jwt, alg, keys| {
                let Some(kid) = jwt.kid() else {
                    return not_applicable("the token has no kid");
                };
                let member = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
                let named: Vec<&Value> = keys.iter().filter(|key| member(key, "kid").as_deref() == Some(kid)).collect();
                if named.is_empty() {
                    let kids: Vec<String> = keys.iter().filter_map(|key| member(key, "kid")).collect();
                    let published = if kids.is_empty() { "no published key has one".to_owned() } else { format!("published: {}", kids.join(", ")) };
                    return fail(format!("a published key with kid {}", shorten(kid)), shorten(&published));
                }
                let fits = |key: &&&Value| jose::takes(alg, key) != Some(false) && member(key, "alg").is_none_or(|its| its == alg);
                let seen = |key: &Value| {
                    let told = ["kty", "crv", "use", "alg"].map(|name| member(key, name).map(|value| format!("{name} {value}")));
                    shorten(&format!("kid {kid}: {}", told.into_iter().flatten().collect::<Vec<_>>().join(", ")))
                };
                match named.iter().find(fits) {
                    Some(key) => pass(seen(key)),
                    None => fail(format!("a key for {}", shorten(alg)), seen(named[0])),
                }
            })
        },
    ),
    must(
        "id-token/signature",
        "OIDCC-3.1.3.7-6",
        "The signature of the ID token verifies with a published key",
        "Relying parties refuse the token as forged.",
        signature,
    ),
    should(
        "id-token/typ-not-access-token",
        "RFC9068-2.1",
        "The `typ` of the ID token is not that of an access token",
        "Libraries refuse it as an ID token, and resource servers may take it for an access token.",
        |token| {
            parts(token, |jwt| match jwt.typ() {
                Some(typ) => holds(typ != "at+jwt", "typ: JWT, or none", format!("typ = {}", shorten(&typ))),
                None => pass("no typ"),
            })
        },
    ),
    must(
        "id-token/crit-understood",
        "RFC7515-4.1.11",
        "The ID token lists no critical header extension that its client does not understand",
        "A relying party that does not know the extension has to refuse the token.",
        |token| {
            parts(token, |jwt| match jwt.header.get("crit") {
                None => pass("no crit"),
                Some(crit) => fail("no crit: OpenID Connect defines no extension an ID token could need", format!("crit = {}", show(crit))),
            })
        },
    ),
    should(
        "id-token/no-embedded-key",
        "OIDCC-2",
        "The header of the ID token carries no key and no address of one",
        "A careless relying party verifies with whatever key the token brings along.",
        |token| {
            parts(token, |jwt| {
                let found: Vec<&str> = ["x5u", "x5c", "jku", "jwk"].into_iter().filter(|name| jwt.header.contains_key(*name)).collect();
                let actual = if found.is_empty() { "none of them".to_owned() } else { found.join(", ") };
                holds(found.is_empty(), "no x5u, x5c, jku or jwk in the header", actual)
            })
        },
    ),
];

/// Judges the algorithm of a token that is not unsigned behind the client's back: that is another rule's.
fn with_alg(token: &IdToken, judge: impl FnOnce(&Jwt, &str) -> Judgement) -> Judgement {
    parts(token, |jwt| match jwt.alg() {
        None => not_run(ALG_ADVERTISED),
        Some(alg) if alg.eq_ignore_ascii_case("none") && !asked_for_none(token) => not_run(NOT_NONE),
        Some(alg) => judge(jwt, alg),
    })
}

/// Judges the key of a token whose key is a published one.
fn with_published_key(token: &IdToken, judge: impl FnOnce(&Jwt, &str, &[Value]) -> Judgement) -> Judgement {
    with_alg(token, |jwt, alg| match &token.keys {
        _ if alg == "none" => not_applicable("the token is unsigned, as registered"),
        _ if jose::is_symmetric(alg) => not_applicable(format!("{alg} takes the client secret, not a published key")),
        None => token.without_keys(),
        Some(keys) => judge(jwt, alg, keys),
    })
}

pub(super) fn signature(token: &IdToken) -> Judgement {
    with_alg(token, |jwt, alg| {
        if token.keys.is_none() && !jose::is_symmetric(alg) && alg != "none" {
            return token.without_keys();
        }
        let secret = token.client_secret.as_ref().map(ExposeSecret::expose_secret);
        let verification = jose::verify(jwt, token.keys.as_deref().unwrap_or_default(), secret);
        let seen = shorten(&verification.to_string());
        match verification {
            Verification::Verified { .. } => pass(seen),
            Verification::NoSuchKey { .. } => not_run(KEY_BY_KID),
            Verification::NoSuitableKey { .. } if jwt.kid().is_some() => not_run(KEY_BY_KID),
            Verification::NoSuitableKey { .. } | Verification::BadSignature { .. } | Verification::UnusableKey { .. } => {
                fail("the signature of a published key", seen)
            }
            Verification::NoSecret | Verification::Unsupported { .. } | Verification::Unsigned => not_applicable(seen),
        }
    })
}
