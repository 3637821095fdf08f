//! Rules about the form of the token: what every JWT is asked, and how the key is named.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::AccessToken;
use crate::rule::jose::{self, Verification};
use crate::rule::key_set::certificate::holds_key;
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<AccessToken>] = &[
    should(
        "at/typ-short",
        "RFC9068-2.1",
        "The `typ` of an access token that is a JWT should be written without `application/`",
        "Resource servers that compare the `typ` with `at+jwt` refuse the token.",
        "Set `typ` to `at+jwt` instead of `application/at+jwt`.",
        |token| token.jwt()?.typ_short(),
    ),
    should(
        "at/no-cty",
        "RFC7519-5.2",
        "The header of an access token that is a JWT should have no `cty`",
        "A library takes the claims for another token that it has to unpack first.",
        "Remove `cty` from the header. It belongs into tokens that hold another JWT.",
        |token| token.jwt()?.without_cty(),
    ),
    must(
        "at/kid-string",
        "RFC7515-4.1.4",
        "The `kid` of an access token that is a JWT, if there is one, must be a string",
        "Libraries cannot parse the header, or do not find the key.",
        "Write `kid` as a string, also where the keys are numbered.",
        |token| match token.jwt()?.header.get("kid") {
            None => not_applicable("no kid"),
            kid => holds(kid.is_some_and(Value::is_string), "kid: a string", seen("kid", kid)),
        },
    ),
    should(
        "at/key-identified",
        "RFC7515-6",
        "The header of the access token should say which key signed it where several published keys could have",
        "Resource servers have to try all keys, and many refuse the token.",
        "Set `kid` in the header of access tokens to the `kid` of the key that signs.",
        |token| {
            const NAMED_BY: [&str; 7] = ["kid", "x5t", "x5t#S256", "x5c", "x5u", "jwk", "jku"];
            let jwt = token.profiled()?;
            let Some(alg) = jwt.alg() else { return not_run(super::NOT_NONE) };
            let there: Vec<_> = NAMED_BY.into_iter().filter(|name| jwt.header.contains_key(*name)).collect();
            let Ok(published) = token.keys.published() else { return not_applicable("the keys of the issuer are not known") };
            let could = published.iter().filter(|key| jose::takes(alg, key) == Some(true) && jose::is_for(alg, key)).count();
            applies_if(could > 1, said!("{could} published keys could have signed it"))?;
            holds(!there.is_empty(), "a kid", if there.is_empty() { said!("none of {}", list(&NAMED_BY)) } else { said!("{}", list(&there)) })
        },
    ),
    must(
        "at/crit-form",
        "RFC7515-4.1.11",
        "The `crit` of an access token that is a JWT, if there is one, must name extensions that are in its header, each once",
        "Every resource server has to refuse the token.",
        "Remove `crit` from the header, or list only the names of extensions that are there and that resource servers know.",
        |token| token.jwt()?.crit_well_formed(),
    ),
    must(
        "at/x5c-of-signer",
        "RFC7515-4.1.6",
        "The first certificate in the `x5c` of an access token must hold the key that signed it",
        "A resource server that verifies with the certificate refuses the token.",
        "Put the certificate of the signing key first into `x5c`, and replace it whenever the key is replaced. Or leave `x5c` out and name the key by `kid`.",
        |token| {
            let jwt = token.jwt()?;
            let Some(x5c) = jwt.header.get("x5c") else { return not_applicable("no x5c") };
            let Ok(published) = token.keys.published() else { return not_applicable("the keys of the issuer are not known") };
            let Some(key) = published.iter().find(|key| signed_with(jwt, key)) else { return not_run("at/signature") };
            let expected = "a certificate of the key that signed";
            let Some(der) = x5c.get(0).and_then(Value::as_str).and_then(|text| STANDARD.decode(text).ok()) else {
                return fail(expected, said!("x5c = {}", show(x5c)));
            };
            match holds_key(&der, key) {
                None => not_applicable("the key is of a type that is not known here"),
                Some(is_its) => holds(is_its, expected, if is_its { expected } else { "a certificate of another key" }),
            }
        },
    ),
    must_by_bcp(
        "at/alg-of-key",
        "RFC8725-3.1",
        "An access token must be signed with the algorithm that the published key is for",
        "A key that is used with two algorithms can be attacked by means of the weaker one, and a careful resource server refuses the token.",
        "Sign with the algorithm in the `alg` of the published key, or generate a key of its own for the other algorithm.",
        |token| {
            let jwt = token.jwt()?;
            let (Some(alg), Some(kid)) = (jwt.alg(), jwt.kid()) else { return not_applicable("no alg, or no kid") };
            let text = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
            let Ok(published) = token.keys.published() else { return not_applicable("the keys of the issuer are not known") };
            let keys = published.iter().filter(|key| text(key, "kid").as_deref() == Some(kid) && signed_with(jwt, key));
            let algs: Vec<_> = keys.filter_map(|key| text(key, "alg")).collect();
            applies_if(!algs.is_empty(), "it is not signed with a published key that says what it is for")?;
            holds(algs.iter().any(|its| jose::is_same_alg(its, alg)), said!("alg = {}", list(&algs)), said!("alg = {}", shorten(alg)))
        },
    ),
    // A `client_id` is none (RFC 8693 4.3): the identifier of a client is any text (RFC 6749 2.2).
    must(
        "at/strings-or-uris",
        "RFC7519-2",
        "Each of `iss`, `sub` and `aud` of an access token that is a JWT must be a URI if it has a colon in it",
        "Libraries that parse such values as URIs refuse the token.",
        "Use identifiers without a colon, or make them URIs: a scheme that begins with a letter, and no blanks or other characters that a URI cannot have.",
        |token| token.jwt()?.strings_or_uris(&["iss", "sub", "aud"]),
    ),
    should(
        "at/scim-claims",
        "RFC9068-2.2.3.1",
        "The `groups`, `roles` and `entitlements` of an access token with the `typ` `at+jwt` should be arrays of strings, or of objects with a `value`",
        "Resource servers that decide by these claims cannot read them.",
        "Write these claims as arrays, even if there is one value only, such as `\"roles\": [\"editor\"]`.",
        |token| {
            let there = present(token.claims()?, &["groups", "roles", "entitlements"]);
            applies_if(!there.is_empty(), "none of them is there")?;
            let is_value = |value: &Value| value.is_string() || value.get("value").is_some_and(Value::is_string) || value.get("$ref").is_some();
            let wrong = there.iter().filter(|(_, value)| !value.as_array().is_some_and(|values| values.iter().all(is_value)));
            let wrong: Vec<_> = wrong.map(|(name, value)| said!("{name} = {}", show(value))).collect();
            none_wrong(&wrong, "arrays of strings, or of objects with a value", list(&there.iter().map(|(name, _)| *name).collect::<Vec<_>>()))
        },
    ),
];

/// True if a key signed a token.
fn signed_with(jwt: &Jwt, key: &Value) -> bool {
    matches!(jose::verify(jwt, std::slice::from_ref(key), None), Verification::Verified { .. })
}
