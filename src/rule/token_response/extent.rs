//! Rules about how far the grant goes: for how long (`expires_in`) and for what (`scope`).

use super::{Grant, SCOPE_STRING, TokenResponse};
use crate::rule::expect;
use crate::rule::prelude::*;

const EXPIRES_IN_NUMBER: &str = "token/expires-in-number";
const EXPIRES_IN_SANE: &str = "token/expires-in-sane";

/// An hour in seconds.
const HOUR: f64 = 3600.0;
/// A year in seconds.
const YEAR: f64 = 31_536_000.0;

pub(super) static RULES: &[Check<TokenResponse>] = &[
    should(
        "token/expires-in-present",
        "RFC6749-5.1",
        "The token response should have an `expires_in`: how long the access token lives",
        "The client learns only from failed calls that its token has expired.",
        "Return the lifetime of the access token in seconds in `expires_in`.",
        |response| {
            let expires_in = member(response.members()?, "expires_in");
            holds(expires_in.is_some(), "an expires_in", seen("expires_in", expires_in))
        },
    ),
    must(
        EXPIRES_IN_NUMBER,
        "RFC6749-5.1",
        "`expires_in` must be a JSON number",
        "Typed libraries cannot parse the response.",
        "Write `expires_in` without quotation marks, for example `\"expires_in\": 3600`.",
        |response| {
            let value = optional(response.members()?, "expires_in")?;
            holds(value.is_number(), "expires_in: a JSON number", seen("expires_in", Some(value)))
        },
    ),
    // The grammar has no upper bound: a long life is for token/expires-in-short.
    should(
        EXPIRES_IN_SANE,
        "RFC6749-A.14",
        "`expires_in` should be a whole number of seconds above zero",
        "A client refreshes its token again and again, or never.",
        "Return the remaining lifetime of the access token in seconds, rounded down: not a point in time, and not -1 or 0 for a token that does not expire.",
        |response| {
            let number = expires_in(response)?;
            let is_sane = number > 0.0 && number.fract() == 0.0;
            holds(is_sane, "a whole number above zero", seen("expires_in", response.members()?.get("expires_in")))
        },
    ),
    should(
        "token/expires-in-short",
        "RFC6750-5.3",
        "The access token should live for one hour at most, by its `expires_in`",
        "An attacker who finds a bearer token can use it as long as it lives.",
        "Set the lifetime of access tokens to one hour or less, and give clients that need access for longer a refresh token.",
        |response| {
            let number = expires_in(response)?;
            holds(number <= HOUR, said!("at most {HOUR} s"), said!("{} s", expect::number(number)))
        },
    ),
    may(
        "token/expires-in-within-a-year",
        "RFC6750-5.3",
        "It is good practice that the access token lives for a year at most, by its `expires_in`",
        "A lifetime of years is often a mistake: a point in time in place of a number of seconds, or milliseconds in place of seconds.",
        "Return the remaining lifetime of the access token in seconds in `expires_in`, and set that lifetime to an hour or less.",
        |response| {
            let number = expires_in(response)?;
            holds(number <= YEAR, said!("at most {YEAR} s"), said!("{} s", expect::number(number)))
        },
    ),
    must(
        SCOPE_STRING,
        "RFC6749-3.3",
        "The `scope` of the token response must be a string of words with one space between them",
        "Libraries cannot parse the response. The usual mistake is an array in place of the string.",
        "Join the granted scopes with single spaces to one string, for example `\"scope\": \"openid email\"`, without commas and without a space at the end.",
        |response| {
            let scope = optional(response.members()?, "scope")?;
            // scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). An empty string stands for no scope often enough to be let be.
            let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| matches!(c, '!' | '#'..='[' | ']'..='~'));
            let is_well_formed = scope.as_str().is_some_and(|text| text.is_empty() || text.split(' ').all(is_word));
            holds(is_well_formed, "scope: words with one space between them", seen("scope", Some(scope)))
        },
    ),
    must(
        "token/scope-if-different",
        "RFC6749-5.1",
        "The token response must have a `scope` if the granted scope is not the requested scope",
        "The client believes that it has access that it does not have, or does not know of access that it has.",
        "Return the granted scope in `scope` of every token response, or at least if it is not the scope of the request.",
        |response| {
            // An absent scope can only be seen to be wrong where the access token speaks of it. It does so reliably in the client credentials
            // grant: elsewhere issuers leave `openid` and its like out of the token.
            let body = response.members()?;
            if let Some(scope) = member(body, "scope") {
                return pass(said!("scope = {}", show(scope)));
            }
            let (Grant::ClientCredentials, Some(asked)) = (response.grant, &response.requested_scope) else {
                return not_applicable("no scope in the response: by that it is the one that was asked for");
            };
            let token = body.get("access_token").and_then(Value::as_str).and_then(|token| Jwt::parse(token).ok());
            let Some(granted) = token.as_ref().and_then(|jwt| jwt.claims.get("scope")?.as_str()) else {
                return not_applicable("no scope in the response, and the access token does not tell it");
            };
            let (asked, granted) = (scope_words(asked), scope_words(granted));
            let actual = said!("no scope in the response, and in the access token: {}", scope_text(&granted));
            holds(asked == granted, said!("a scope in the response unless it is: {}", scope_text(&asked)), actual)
        },
    ),
    may(
        "token/scope-not-widened",
        "RFC6749-3.3",
        "It is good practice that the token response grants no scope that was not requested",
        "The client gets more access than it needs, and so does an attacker who steals its token.",
        "Grant only scopes that the client requested, and apply default scopes only if the request has no `scope`. In Keycloak: the default client scopes `email` and `profile` are granted without a request.",
        |response| {
            let Some(asked) = &response.requested_scope else { return not_applicable("no scope was asked for: the issuer chooses") };
            let (asked, granted) = (scope_words(asked), scope_words(response.scope()?));
            holds(granted.is_subset(&asked), said!("of: {}", scope_text(&asked)), said!("granted: {}", scope_text(&granted)))
        },
    ),
];

/// `expires_in`, in seconds.
fn expires_in(response: &TokenResponse) -> Result<f64, Unmet> {
    optional(response.members()?, "expires_in")?.as_f64().ok_or_else(|| Unmet::not_run(EXPIRES_IN_NUMBER))
}
