//! Rules about whom the token is from, for and about, and what it allows.

use super::{AccessToken, CLAIMS, claims_profile};
use crate::rule::prelude::*;
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
        "An access token with the `typ` `at+jwt` must have `iss`, `exp`, `iat`, `jti` and `client_id`",
        "Resource servers that follow RFC 9068 refuse the token.",
        "Add the missing claims before the token is signed: `iss`, `jti` and `client_id` as strings that are not empty, `exp` and `iat` as numbers of seconds.",
        |token| {
            let claims = token.claims()?;
            let strings = ["iss", "jti", "client_id"].into_iter().filter(|name| text(claims, name).is_none()).map(|name| (name, "a string"));
            // That they are numbers is asked of any JWT.
            let numbers = ["exp", "iat"].into_iter().filter(|name| member(claims, name).is_none()).map(|name| (name, "a number"));
            let missing: Vec<_> = strings.chain(numbers).collect();
            if missing.is_empty() {
                return pass("iss, jti, client_id, exp and iat");
            }
            let join = |texts: Vec<Words>| Words::join(&texts, ", ");
            fail(
                join(missing.iter().map(|(name, kind)| said!("{name}: {kind}")).collect()),
                join(missing.iter().map(|(name, _)| seen(name, claims.get(*name))).collect()),
            )
        },
    ),
    should(
        SUB_PRESENT,
        "RFC9068-2.2",
        "An access token with the `typ` `at+jwt` should have a `sub`",
        "Resource servers that follow RFC 9068 refuse the token.",
        "Set `sub` to the identifier of the end-user. Where no end-user takes part, as in the client credentials grant, set it to the client identifier.",
        |token| has_text(token.claims()?, "sub"),
    ),
    should(
        AUD_PRESENT,
        "RFC9068-2.2",
        "An access token with the `typ` `at+jwt` should have an `aud`",
        "A resource server cannot distinguish a token for itself from a token for another resource server.",
        "Set `aud` to the identifier of the resource server that the token is for. If the client did not ask for one with `resource`, use a default from the server's configuration.",
        |token| {
            let claims = token.claims()?;
            holds(!audiences(claims).is_empty(), "aud: a string or an array of strings", seen("aud", claims.get("aud")))
        },
    ),
    // What the token is for may be a matter of its issuer and its one resource server; the text asks for it all the same.
    should(
        "at/audience-restricted",
        "RFC6750-5.3",
        "An access token that is a JWT should have an `aud`, whatever its `typ`",
        "Every resource server that trusts the issuer accepts the token, and can use it at all others.",
        "Set `aud` to the identifier of the resource server that the token is for, and have each resource server refuse tokens for others.",
        |token| {
            let jwt = token.jwt()?;
            applies_if(!claims_profile(jwt), "the typ is at+jwt, of which at/aud-present asks it")?;
            holds(!audiences(&jwt.claims).is_empty(), "aud: a string or an array of strings", seen("aud", jwt.claims.get("aud")))
        },
    ),
    must(
        "at/issuer",
        "RFC9068-2.2",
        "The `iss` of the access token must be the issuer identifier, byte for byte",
        "Resource servers refuse the token.",
        "Take `iss` from the same setting as `issuer` in the metadata: same scheme, host, port, path and final slash.",
        |token| same_issuer("iss", &token.issuer, claim(token, "iss")?),
    ),
    must(
        "at/client-id",
        "RFC9068-2.2",
        "The `client_id` of the access token must be the identifier of the client that it was issued to",
        "Resource servers count the calls for a wrong client, or allow what only another client may do.",
        "Set `client_id` to the identifier of the client that sent the token request.",
        |token| names(token, "client_id", &token.client_id),
    ),
    // It should correspond to the end-user, which it does by any name: resources may have other names for an end-user than a client whose subjects are
    // pairwise (RFC 9068 6).
    should(
        "at/sub-of-user",
        "RFC9068-2.2",
        "The `sub` of an access token that an end-user granted should be the `sub` of the ID token, unless that may be pairwise",
        "The API and the client use different identifiers for the same end-user.",
        "Take `sub` of the access token and `sub` of the ID token from the same identifier of the end-user who logged in.",
        |token| {
            let Some(user) = &token.id_token_sub else { return not_applicable("no ID token names a user") };
            applies_if(token.grant != Grant::ClientCredentials, "no user is involved in the client credentials grant")?;
            match member(token.claims()?, "sub") {
                None => not_run(SUB_PRESENT),
                Some(Value::String(sub)) if sub != user && token.may_be_pairwise => {
                    not_applicable("the sub of the ID token may be pairwise, and resources may have another")
                }
                Some(Value::String(sub)) => same("sub", user, sub),
                other => fail(said!("sub = {}", shorten(user)), seen("sub", other)),
            }
        },
    ),
    may(
        "at/aud-not-client",
        "RFC9068-3",
        "It is good practice that the `aud` of the access token names a resource server and not the client",
        "The access token can be mistaken for an ID token, whose audience is the client.",
        "Set `aud` to the identifier of the resource server and leave the client identifier out of it: the client is named in `client_id`.",
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
        "An access token with the `typ` `at+jwt` should have a `scope` when one was asked for and granted",
        "Resource servers that decide by scope do not know what the token allows.",
        "Add `scope` to the claims, with the granted scopes as one string, separated by spaces.",
        |token| {
            let is_granted = token.scope.as_deref().is_some_and(|scope| !scope_words(scope).is_empty());
            applies_if(is_granted, "it is not known that a scope was granted")?;
            applies_if(token.asks_for_scope, "no scope was asked for")?;
            let claims = token.claims()?;
            holds(member(claims, "scope").is_some(), "a scope", seen("scope", claims.get("scope")))
        },
    ),
    should(
        SCOPE_STRING,
        "RFC8693-4.2",
        "The `scope` of the access token, if there is one, should be a string",
        "Resource servers that follow the specification cannot read an array.",
        "Write `scope` as one string in which spaces separate the scopes, such as `openid email`, and not as an array.",
        |token| optional_string(token.claims()?, "scope"),
    ),
    must(
        "at/scope-granted",
        "RFC6749-5.1",
        "The access token must hold no scope that was not granted",
        "An attacker who steals the token can do more than the end-user or the client agreed to.",
        "Set the `scope` of the token to the granted scopes or a part of them, without default scopes. If the server grants other scopes than the client requested, name them in `scope` of the token response.",
        |token| {
            // The scope may be less than what was granted: it speaks to the resources in `aud` only (RFC 9068 2.2.3).
            let Some(granted) = token.scope.as_deref().map(scope_words) else { return not_applicable("it is not known which scope was granted") };
            let held = match optional(token.claims()?, "scope")? {
                Value::String(scope) => scope_words(scope),
                // An array is another rule's; its words are judged all the same.
                Value::Array(words) => words.iter().filter_map(Value::as_str).flat_map(scope_words).collect(),
                _ => return not_run(SCOPE_STRING),
            };
            holds(held.is_subset(&granted), said!("of: {}", scope_text(&granted)), said!("held: {}", scope_text(&held)))
        },
    ),
    must(
        "at/acr-amr-types",
        "RFC9068-2.2.1",
        "The `acr` of the access token, if there is one, must be a string, and the `amr` an array of strings",
        "Resource servers that check how the end-user logged in cannot parse the token.",
        "Write `acr` as a string and `amr` as an array of strings, even if the array has a single element.",
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
        "It is good practice that the access token holds no name, addresses, phone number, date of birth or gender of the end-user",
        "Every party that handles the token can read these data, also the client and its logs, whatever was granted to them.",
        "Leave these claims out of the access token and give them at userinfo or at introspection. If resource servers need them in the token, encrypt it or issue opaque access tokens.",
        |token| {
            let claims = token.claims()?;
            let found: Vec<_> = PERSONAL.iter().filter(|name| member(claims, name).is_some()).collect();
            // The names only: a report must not spread what it warns of.
            holds(found.is_empty(), "no personal data", list(&found))
        },
    ),
];

/// Passes when a required claim is the one that is expected.
fn names(token: &AccessToken, name: &str, expected: &str) -> Judgement {
    same(name, expected, claim(token, name)?)
}

/// A claim that is a string.
fn claim<'a>(token: &'a AccessToken, name: &str) -> Result<&'a str, Unmet> {
    token.claims()?.get(name).and_then(Value::as_str).ok_or_else(|| Unmet::not_run(CLAIMS))
}

/// The audiences that are strings.
fn audiences(claims: &Map<String, Value>) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::String(aud)) => vec![aud],
        Some(Value::Array(auds)) => auds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
