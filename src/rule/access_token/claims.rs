//! Rules about whom the token is from, for and about, and what it allows.

use serde_json::{Map, Value};

use super::{AccessToken, CLAIMS};
use crate::rule::Check;
use crate::rule::expect::{
    applies_if, has_text, holds, list, may, member, must, needs, optional, optional_string, present, same, scope_text, scope_words, seen, seen_all,
    shorten, should, strings, text,
};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use crate::rule::token_response::Grant;

const SUB_PRESENT: &str = "at/sub-present";
const AUD_PRESENT: &str = "at/aud-present";
const SCOPE_STRING: &str = "at/scope-string";

/// Claims that say who somebody is rather than which user it is.
const PERSONAL: &[&str] = &["name", "given_name", "family_name", "email", "phone_number", "birthdate", "address", "gender"];

pub(super) static RULES: &[Check<AccessToken>] = &[
    must(
        CLAIMS,
        "RFC9068-2.2",
        "The access token has `iss`, `exp`, `iat`, `jti` and `client_id`",
        "Resource servers that follow the profile refuse it.",
        "",
        |token| {
            let claims = token.claims()?;
            let strings = ["iss", "jti", "client_id"].into_iter().filter(|name| text(claims, name).is_none()).map(|name| (name, "a string"));
            // That they are numbers is asked of any JWT.
            let numbers = ["exp", "iat"].into_iter().filter(|name| member(claims, name).is_none()).map(|name| (name, "a number"));
            let missing: Vec<_> = strings.chain(numbers).collect();
            if missing.is_empty() {
                return pass("iss, jti, client_id, exp and iat");
            }
            let join = |texts: Vec<String>| texts.join(", ");
            fail(
                join(missing.iter().map(|(name, kind)| format!("{name}: {kind}")).collect()),
                join(missing.iter().map(|(name, _)| seen(name, claims.get(*name))).collect()),
            )
        },
    ),
    should(
        SUB_PRESENT,
        "RFC9068-2.2",
        "The access token has a `sub`, the client itself where no user is involved",
        "Resource servers that follow the profile refuse it.",
        "",
        |token| has_text(token.claims()?, "sub"),
    ),
    should(
        AUD_PRESENT,
        "RFC9068-2.2",
        "The access token has an `aud`",
        "A resource server cannot tell a token meant for it from one meant for another.",
        "",
        |token| {
            let claims = token.claims()?;
            holds(!audiences(claims).is_empty(), "aud: a string or an array of strings", seen("aud", claims.get("aud")))
        },
    ),
    must("at/issuer", "RFC9068-2.2", "The `iss` of the access token is the issuer, byte for byte", "Resource servers refuse it.", "", |token| {
        names(token, "iss", &token.issuer)
    }),
    must(
        "at/client-id",
        "RFC9068-2.2",
        "The `client_id` of the access token is the client",
        "Resource servers account for somebody else's calls, or allow what only another client may.",
        "",
        |token| names(token, "client_id", &token.client_id),
    ),
    should(
        "at/sub-of-user",
        "RFC9068-2.2",
        "The `sub` of an access token that a user granted is the user the ID token names",
        "API and client speak of different people.",
        "",
        |token| {
            let Some(user) = &token.id_token_sub else { return not_applicable("no ID token names a user") };
            applies_if(token.grant != Grant::ClientCredentials, "no user is involved in the client credentials grant")?;
            match member(token.claims()?, "sub") {
                None => not_run(SUB_PRESENT),
                Some(Value::String(sub)) => same("sub", user, sub),
                other => fail(format!("sub = {}", shorten(user)), seen("sub", other)),
            }
        },
    ),
    may(
        "at/aud-not-client",
        "RFC9068-3",
        "The `aud` of the access token is a resource and not the client",
        "It can be taken for an ID token, whose audience is the client.",
        "",
        |token| {
            let claims = token.claims()?;
            let audiences = audiences(claims);
            needs(!audiences.is_empty(), AUD_PRESENT)?;
            holds(!audiences.contains(&token.client_id.as_str()), "aud: a resource, not the client", seen("aud", claims.get("aud")))
        },
    ),
    should(
        "at/scope-present",
        "RFC9068-2.2.3",
        "The access token has the `scope` that was granted",
        "Resource servers that decide by scope have nothing to decide by.",
        "",
        |token| {
            let is_granted = token.scope.as_deref().is_some_and(|scope| !scope_words(scope).is_empty());
            applies_if(is_granted, "it is not known that a scope was granted")?;
            let claims = token.claims()?;
            holds(member(claims, "scope").is_some(), "a scope", seen("scope", claims.get("scope")))
        },
    ),
    should(
        SCOPE_STRING,
        "RFC8693-4.2",
        "The `scope` of the access token is a string of words",
        "Resource servers that follow the profile fail to read an array.",
        "",
        |token| optional_string(token.claims()?, "scope"),
    ),
    must(
        "at/scope-granted",
        "RFC6749-5.1",
        "The access token holds no scope that was not granted",
        "Whoever gets hold of it can do more than the user or the client was told.",
        "",
        |token| {
            // The scope may be less than what was granted: it speaks to the resources in `aud` only (RFC 9068 2.2.3).
            let Some(granted) = token.scope.as_deref().map(scope_words) else { return not_applicable("it is not known which scope was granted") };
            let held = match optional(token.claims()?, "scope")? {
                Value::String(scope) => scope_words(scope),
                // An array is another rule's; its words are judged all the same.
                Value::Array(words) => words.iter().filter_map(Value::as_str).flat_map(scope_words).collect(),
                _ => return not_run(SCOPE_STRING),
            };
            holds(held.is_subset(&granted), format!("of: {}", scope_text(&granted)), format!("held: {}", scope_text(&held)))
        },
    ),
    must(
        "at/acr-amr-types",
        "RFC9068-2.2.1",
        "The `acr` of the access token, if there is one, is a string, and the `amr` an array of strings",
        "Resource servers that ask how the user logged in fail to parse the token.",
        "",
        |token| {
            let there = present(token.claims()?, &["acr", "amr"]);
            applies_if(!there.is_empty(), "neither acr nor amr")?;
            let fits = there.iter().all(|(name, value)| if *name == "acr" { value.is_string() } else { strings(value).is_ok() });
            holds(fits, "acr: a string, amr: an array of strings", seen_all(&there))
        },
    ),
    may(
        "at/no-personal-data",
        "RFC9068-6",
        "The access token does not hold the user's name, addresses or date of birth",
        "Anybody who handles the token can read it, the client and its logs included, whatever they were granted.",
        "",
        |token| {
            let claims = token.claims()?;
            let found: Vec<_> = PERSONAL.iter().filter(|name| member(claims, name).is_some()).collect();
            // The names only: a report must not spread what it warns of.
            holds(found.is_empty(), "no personal data", list(&found))
        },
    ),
];

/// Passes when a required claim is the one that is expected.
fn names(token: &AccessToken, claim: &str, expected: &str) -> Judgement {
    let actual = token.claims()?.get(claim).and_then(Value::as_str).ok_or_else(|| Unmet::not_run(CLAIMS))?;
    same(claim, expected, actual)
}

/// The audiences that are strings.
fn audiences(claims: &Map<String, Value>) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::String(aud)) => vec![aud],
        Some(Value::Array(auds)) => auds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
