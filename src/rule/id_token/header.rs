//! Rules about the JOSE header and the signature.

use secrecy::ExposeSecret;
use serde_json::Value;

use super::{ALG_ADVERTISED, IdToken, NOT_NONE, WELL_FORMED};
use crate::rule::Check;
use crate::rule::expect::{applies_if, holds, must, seen, shorten, should, show};
use crate::rule::jose::{self, Verification};
use crate::rule::judgement::{Unmet, fail, not_applicable, not_run, pass};

const KEY_BY_KID: &str = "id-token/key-by-kid";

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        WELL_FORMED,
        "OIDCC-2",
        "The ID token is a JWT: header, claims and signature in base64url, the first two JSON objects",
        "No relying party can read the token, so nobody can log in.",
        "",
        |token| match token.raw.jwt() {
            Ok(jwt) => pass(format!("a JWT with {} claims, header {}", jwt.claims.len(), show(&Value::Object(jwt.header.clone())))),
            Err(why) => fail("a signed JWT in compact serialization", why),
        },
    ),
    must(
        NOT_NONE,
        "OIDCC-2",
        "The ID token is signed: its `alg` is not `none`, unless the client registered for that",
        "Whoever can hand a token to the relying party can write one.",
        "",
        |token| match token.jwt()?.alg() {
            None => not_run(ALG_ADVERTISED),
            Some("none") if token.may_be_unsigned() => pass("alg = none, as registered"),
            // The name is case-sensitive, and "None" has fooled verifiers before.
            Some(alg) => holds(!alg.eq_ignore_ascii_case("none"), "a signature algorithm", format!("alg = {}", shorten(alg))),
        },
    ),
    must(
        ALG_ADVERTISED,
        "OIDCD-3",
        "The ID token is signed with an algorithm of `id_token_signing_alg_values_supported`",
        "A relying party that allows the advertised algorithms only refuses the token.",
        "",
        |token| {
            const NAME: &str = "id_token_signing_alg_values_supported";
            let jwt = token.jwt()?;
            if jwt.alg().is_none() {
                return fail("alg: a string", seen("alg", jwt.header.get("alg")));
            }
            let alg = token.alg()?;
            let Some(advertised) = token.metadata.get(NAME).and_then(Value::as_array) else {
                applies_if(!token.is_without_metadata(), "no metadata is published")?;
                return not_run(format!("the provider metadata have no array {NAME}"));
            };
            let is_listed = advertised.iter().any(|value| value.as_str() == Some(alg));
            holds(is_listed, format!("one of {}", show(&Value::from(advertised.clone()))), format!("alg = {}", shorten(alg)))
        },
    ),
    must(
        "id-token/alg-as-registered",
        "OIDCR-2",
        "The ID token is signed with the `id_token_signed_response_alg` the client is registered with",
        "A relying party pins the algorithm it registered, and refuses every other.",
        "",
        |token| {
            let Some(registered) = &token.registered_alg else {
                return not_applicable("it is not known which algorithm the client is registered with");
            };
            let alg = token.alg()?;
            holds(alg == registered, format!("alg = {}", shorten(registered)), format!("alg = {}", shorten(alg)))
        },
    ),
    must(
        "id-token/kid-present",
        "OIDCC-10.1",
        "The ID token names its key by `kid` when the issuer publishes more than one",
        "Relying parties cannot tell which key to verify with, and many refuse rather than guess.",
        "",
        |token| {
            let keys = published_keys(token)?;
            match token.jwt()?.header.get("kid") {
                Some(Value::String(kid)) => pass(format!("kid = {}", shorten(kid))),
                Some(other) => fail("kid: a string", format!("kid = {}", show(other))),
                None if keys.len() > 1 => fail("a kid", format!("no kid, and {} published keys", keys.len())),
                None => not_applicable("there is one published key at most, and no kid"),
            }
        },
    ),
    must(
        KEY_BY_KID,
        "OIDCC-10.1",
        "The `kid` of the ID token leads to a published key that fits its algorithm",
        "No relying party finds the key, so every login fails: typically after a key rotation.",
        "",
        |token| {
            let (keys, alg) = (published_keys(token)?, token.alg()?);
            let Some(kid) = token.jwt()?.kid() else { return not_applicable("the token has no kid") };
            let named: Vec<&Value> = keys.iter().filter(|key| member(key, "kid") == Some(kid)).collect();
            if named.is_empty() {
                let kids: Vec<_> = keys.iter().filter_map(|key| member(key, "kid")).collect();
                let published = if kids.is_empty() { "no published key has one".to_owned() } else { format!("published: {}", kids.join(", ")) };
                return fail(format!("a published key with kid {}", shorten(kid)), shorten(&published));
            }
            let describe = |key: &Value| {
                let members = ["kty", "crv", "use", "alg"].into_iter().filter_map(|name| Some(format!("{name} {}", member(key, name)?)));
                shorten(&format!("kid {kid}: {}", members.collect::<Vec<_>>().join(", ")))
            };
            match named.iter().find(|key| jose::takes(alg, key) != Some(false) && member(key, "alg").is_none_or(|its| its == alg)) {
                Some(key) => pass(describe(key)),
                None => fail(format!("a key for {}", shorten(alg)), describe(named[0])),
            }
        },
    ),
    must(
        "id-token/signature",
        "OIDCC-2",
        "The signature of the ID token verifies with a published key",
        "Relying parties refuse the token as forged.",
        "",
        |token| {
            let alg = token.alg()?;
            let keys = if alg == "none" || jose::is_symmetric(alg) { &[] } else { token.keys()? };
            let secret = token.client_secret.as_ref().map(ExposeSecret::expose_secret);
            let jwt = token.jwt()?;
            match jose::verify(jwt, keys, secret) {
                Verification::NoSuchKey { .. } => not_run(KEY_BY_KID),
                Verification::NoSuitableKey { .. } if jwt.kid().is_some() => not_run(KEY_BY_KID),
                other => other.judge(),
            }
        },
    ),
    should(
        "id-token/typ-not-access-token",
        "RFC9068-2.1",
        "The `typ` of the ID token is not that of an access token",
        "Libraries refuse it as an ID token, and resource servers may take it for an access token.",
        "",
        |token| match token.jwt()?.typ() {
            Some(typ) => holds(typ != "at+jwt", "typ: JWT, or none", format!("typ = {}", shorten(&typ))),
            None => pass("no typ"),
        },
    ),
    // The duty to refuse is the recipient's; the issuer may use an extension.
    should(
        "id-token/crit-understood",
        "RFC7515-4.1.11",
        "The ID token lists no critical header extension that its client does not understand",
        "A relying party that does not know the extension has to refuse the token.",
        "",
        |token| {
            let crit = token.jwt()?.header.get("crit");
            holds(crit.is_none(), "no crit: OpenID Connect defines no extension an ID token could need", seen("crit", crit))
        },
    ),
    should(
        "id-token/no-embedded-key",
        "OIDCC-2",
        "The header of the ID token carries no key and no address of one",
        "A careless relying party verifies with whatever key the token brings along.",
        "",
        |token| {
            let jwt = token.jwt()?;
            let found: Vec<&str> = ["x5u", "x5c", "jku", "jwk"].into_iter().filter(|name| jwt.header.contains_key(*name)).collect();
            let actual = if found.is_empty() { "none of them".to_owned() } else { found.join(", ") };
            holds(found.is_empty(), "no x5u, x5c, jku or jwk in the header", actual)
        },
    ),
];

/// The keys that may have signed a token whose algorithm takes a published one.
fn published_keys(token: &IdToken) -> Result<&[Value], Unmet> {
    match token.alg()? {
        "none" => not_applicable("the token is unsigned, as registered"),
        alg if jose::is_symmetric(alg) => not_applicable(format!("{alg} takes the client secret, not a published key")),
        _ => token.keys(),
    }
}

fn member<'a>(key: &'a Value, name: &str) -> Option<&'a str> {
    key.get(name).and_then(Value::as_str)
}
