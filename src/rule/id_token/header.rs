//! Rules about the JOSE header and the signature.

use secrecy::ExposeSecret;

use super::{ALG_ADVERTISED, IdToken, NOT_NONE, WELL_FORMED};
use crate::rule::jose::{self, Verification};
use crate::rule::prelude::*;

const KEY_BY_KID: &str = "id-token/key-by-kid";

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        WELL_FORMED,
        "OIDCC-2",
        "The ID token must be a JWT: header, claims and signature in base64url, the first two JSON objects",
        "No client can read the token, so no end-user can log in.",
        "Create ID tokens with a JOSE library, as a signed JWT in compact serialization: three parts in base64url without padding, separated by dots. Do not encrypt it if the client did not register for that.",
        |token| match token.raw.jwt() {
            Ok(jwt) => pass(said!("a JWT with {} claims, header {}", jwt.claims.len(), show(&Value::Object(jwt.header.clone())))),
            Err(why) => fail("a signed JWT in compact serialization", why.to_owned()),
        },
    ),
    must(
        "id-token/claims-once",
        "RFC7519-4",
        "Every claim of the ID token must occur only once",
        "Some libraries take the first value and some the last. An attacker who can add to the claims shows different ones to different readers.",
        "Build the claims from a map or an object, not by joining strings, and look for a mapper or a hook that adds a claim which the server writes anyway.",
        |token| token.jwt()?.claims_once(),
    ),
    must(
        "id-token/header-once",
        "RFC7515-4",
        "Every member of the header of the ID token must occur only once",
        "Two libraries read two headers: one verifies with another algorithm or key than the other.",
        "Let a JOSE library write the header, and set each of its members in one place.",
        |token| token.jwt()?.header_once(),
    ),
    must(
        NOT_NONE,
        "OIDCC-2",
        "The ID token must be signed: its `alg` must not be `none`, unless the client registered for that and uses the authorization code flow",
        "Every attacker who can give a token to the client can write one.",
        "Sign every ID token with a key of the server, with RS256 by default. Use the `alg` `none` only for clients that registered `id_token_signed_response_alg` as `none`, and never where the response type has `id_token`.",
        |token| match token.jwt()?.alg() {
            None => not_run(ALG_ADVERTISED),
            Some("none") if token.may_be_unsigned() => pass("alg = none, as registered"),
            // The name is case-sensitive, and "None" has fooled verifiers before.
            Some(alg) => holds(!alg.eq_ignore_ascii_case("none"), "a signature algorithm", said!("alg = {}", shorten(alg))),
        },
    ),
    must(
        ALG_ADVERTISED,
        "OIDCD-3",
        "The ID token must be signed with an algorithm from `id_token_signing_alg_values_supported`",
        "A client that allows only the advertised algorithms refuses the token.",
        "Fill `id_token_signing_alg_values_supported` from the same setting as the signing key, so that it names every algorithm in use, or sign with one of the algorithms that it names.",
        |token| {
            const NAME: &str = "id_token_signing_alg_values_supported";
            let jwt = token.jwt()?;
            if jwt.alg().is_none() {
                return fail("alg: a string", seen("alg", jwt.header.get("alg")));
            }
            let alg = token.alg()?;
            let Some(advertised) = token.metadata.get(NAME).and_then(Value::as_array) else {
                applies_if(!token.is_without_metadata(), "no metadata is published")?;
                return not_run(said!("the provider metadata have no array {NAME}"));
            };
            let is_listed = advertised.iter().any(|value| value.as_str() == Some(alg));
            holds(is_listed, said!("one of {}", show(&Value::from(advertised.clone()))), said!("alg = {}", shorten(alg)))
        },
    ),
    must(
        "id-token/alg-as-registered",
        "OIDCR-2",
        "The ID token must be signed with the `id_token_signed_response_alg` that the client is registered with",
        "A client allows only the algorithm that it registered, and refuses every other.",
        "Choose the signing key of an ID token by the client's `id_token_signed_response_alg` (RS256 if it has none). Refuse a registration that asks for an algorithm without a key.",
        |token| {
            let Some(registered) = &token.registered_alg else {
                return not_applicable("it is not known which algorithm the client is registered with");
            };
            let alg = token.alg()?;
            holds(alg == registered, said!("alg = {}", shorten(registered)), said!("alg = {}", shorten(alg)))
        },
    ),
    must(
        "id-token/no-mac-without-secret",
        "OIDCC-10.1",
        "The ID token of a client without a secret must not be signed with a MAC, such as HS256",
        "A client that keeps no secret cannot verify the token, or verifies it with a key that everybody knows.",
        "Sign the ID tokens of public clients with RS256 or another asymmetric algorithm, and refuse a public client that registers `id_token_signed_response_alg` as HS256.",
        |token| {
            let alg = token.alg()?;
            applies_if(jose::is_symmetric(alg), said!("alg = {} is no MAC", shorten(alg)))?;
            let has_secret = token.client_secret.is_some();
            // It is public clients that are forbidden: one that authenticates by a key has a secret for this, which is not in the settings.
            applies_if(has_secret || token.is_without_secret, "the client may have a secret that is not known")?;
            holds(has_secret, "an asymmetric algorithm", said!("alg = {alg}, and {} client secret", if has_secret { "a" } else { "no" }))
        },
    ),
    must(
        "id-token/kid-present",
        "OIDCC-10.1",
        "The ID token must name its key by `kid` when the issuer publishes more than one key",
        "Clients do not know which key to verify with, and many refuse the token rather than try all keys.",
        "Set `kid` in the header to the `kid` of the key that signs, as a string, with the same value as in the key set at `jwks_uri`.",
        |token| {
            let keys = published_keys(token)?;
            match token.jwt()?.header.get("kid") {
                Some(Value::String(kid)) => pass(said!("kid = {}", shorten(kid))),
                Some(other) => fail("kid: a string", said!("kid = {}", show(other))),
                None if keys.len() > 1 => fail("a kid", said!("no kid, and {} published keys", keys.len())),
                None => not_applicable("there is one published key at most, and no kid"),
            }
        },
    ),
    may(
        "id-token/kid-of-only-key",
        "OIDCC-10.1",
        "It is good practice that the ID token names its key by `kid` even if the issuer publishes only one key",
        "When a second key is published, clients cannot see which of the two signed the tokens that they have.",
        "Give the key a `kid` in the key set at `jwks_uri`, and set the same value as `kid` in the header of every ID token.",
        |token| {
            applies_if(published_keys(token)?.len() == 1, "the issuer does not publish exactly one key")?;
            // A kid that is no string is that of id-token/kid-present.
            let kid = token.jwt()?.header.get("kid").filter(|kid| !kid.is_null());
            match kid {
                Some(kid) => pass(said!("kid = {}", show(kid))),
                None => fail("a kid", "no kid, and one published key"),
            }
        },
    ),
    must(
        KEY_BY_KID,
        "OIDCC-10.1",
        "The `kid` of the ID token must lead to a published key that fits its algorithm",
        "No client finds the key, so every login fails, typically after a key rotation.",
        "Publish a new key at `jwks_uri` before it signs, and keep an old key there until its last token has expired. Give each key its own `kid`, with a `kty`, `use` and `alg` that fit the token's `alg`.",
        |token| {
            let (keys, alg) = (published_keys(token)?, token.alg()?);
            let Some(kid) = token.jwt()?.kid() else { return not_applicable("the token has no kid") };
            let named: Vec<&Value> = keys.iter().filter(|key| member(key, "kid") == Some(kid)).collect();
            if named.is_empty() {
                let kids: Vec<_> = keys.iter().filter_map(|key| member(key, "kid")).collect();
                let published = if kids.is_empty() { "no published key has one".to_owned() } else { format!("published: {}", kids.join(", ")) };
                return fail(said!("a published key with kid {}", shorten(kid)), shorten(&published));
            }
            let describe = |key: &Value| {
                let members = ["kty", "crv", "use", "alg"].into_iter().filter_map(|name| Some(format!("{name} {}", member(key, name)?)));
                shorten(&format!("kid {kid}: {}", members.collect::<Vec<_>>().join(", ")))
            };
            match named.iter().find(|key| jose::takes(alg, key) != Some(false) && jose::is_for(alg, key)) {
                Some(key) => pass(describe(key)),
                None => fail(said!("a key for {}", shorten(alg)), describe(named[0])),
            }
        },
    ),
    must(
        "id-token/signature",
        "OIDCC-2",
        "The signature of the ID token must verify with a published key",
        "Clients refuse the token as forged.",
        "Sign with the private key that belongs to the key published under the token's `kid` (with the client's secret for HS256), and do not change header or claims after that. Check that all instances of the server use the same keys.",
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
    must(
        "id-token/unsecured-without-signature",
        "RFC7518-3.6",
        "An ID token with the `alg` `none` must have an empty signature",
        "Clients refuse the token: they have to look whether the signature is empty.",
        "Leave nothing behind the second dot of a token with the `alg` `none`, or sign it and name the algorithm.",
        |token| {
            applies_if(token.alg()? == "none", "the token is signed")?;
            let length = token.jwt()?.signature.len();
            holds(length == 0, "nothing behind the second dot", if length == 0 { said!("nothing") } else { said!("{length} bytes") })
        },
    ),
    should(
        "id-token/typ-not-access-token",
        "RFC9068-2.1",
        "The `typ` of the ID token should not be that of an access token",
        "Libraries refuse it as an ID token, and resource servers may accept it as an access token.",
        "Set the `typ` of ID tokens to `JWT` or leave it out, and use `at+jwt` for access tokens only.",
        |token| match token.jwt()?.typ() {
            Some(typ) => holds(typ != "at+jwt", "typ: JWT, or none", said!("typ = {}", shorten(&typ))),
            None => pass("no typ"),
        },
    ),
    // The duty to refuse is the recipient's; the issuer may use an extension.
    should(
        "id-token/crit-understood",
        "RFC7515-4.1.11",
        "The header of the ID token should have no `crit`",
        "A client that does not know the extension has to refuse the token.",
        "Remove `crit`, and the extension that it names, from the header of ID tokens.",
        |token| {
            let crit = token.jwt()?.header.get("crit");
            holds(crit.is_none(), "no crit: OpenID Connect defines no extension an ID token could need", seen("crit", crit))
        },
    ),
    should(
        "id-token/no-embedded-key",
        "OIDCC-2",
        "The header of the ID token should hold no key and no address of a key",
        "A careless client verifies with whatever key the token brings along.",
        "Remove `jwk`, `jku`, `x5c` and `x5u` from the header, and name the key by `kid` alone: clients find it at `jwks_uri`.",
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
        alg if jose::is_symmetric(alg) => not_applicable(said!("{alg} takes the client secret, not a published key")),
        _ => token.keys(),
    }
}

fn member<'a>(key: &'a Value, name: &str) -> Option<&'a str> {
    key.get(name).and_then(Value::as_str)
}
