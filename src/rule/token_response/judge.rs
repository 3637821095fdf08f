//! The judgements on token responses. None of them ever shows a token: tokens are told by their length.

use super::super::expect::{holds, member, printable, refusal, scope_text, scope_words, shorten, show};
use super::super::jose::Jwt;
use super::{ACCESS_TOKEN, EXPIRES_IN_NUMBER, Grant, HTTP_200, JSON_OBJECT, SCOPE_STRING, TOKEN_TYPE, TokenResponse};
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

/// A year in seconds.
const YEAR: f64 = 366.0 * 86_400.0;

pub(super) static RULES: &[Check<TokenResponse>] = &[
    must(HTTP_200, "RFC6749-5.1", "The token request is answered with 200", "The client does not get its tokens.", |response| {
        match response.response.status {
            200 => pass("status 200"),
            _ => fail("status 200", refusal(&response.response)),
        }
    }),
    must(JSON_OBJECT, "RFC6749-5.1", "The token response is a JSON object", "The client cannot read its tokens.", |response| {
        if let Err(outcome) = answered(response) {
            return Err(outcome);
        }
        match response.response.json() {
            Ok(Value::Object(body)) => pass(shorten(&format!("a JSON object: {}", body.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))),
            Ok(_) => fail("a JSON object", "JSON that is not an object"),
            Err(why) => fail("a JSON object", shorten(&why)),
        }
    }),
    must(
        "token/content-type-json",
        "RFC6749-5.1",
        "The token response is `application/json`",
        "Clients that look at the media type refuse to parse it.",
        |response| {
            if let Err(outcome) = answered(response) {
                return Err(outcome);
            }
            let seen = response
                .response
                .header("content-type")
                .map_or_else(|| "no Content-Type".to_owned(), |value| format!("Content-Type: {}", shorten(value)));
            holds(response.response.media_type().as_deref() == Some("application/json"), "Content-Type: application/json", seen)
        },
    ),
    must(
        "token/cache-no-store",
        "RFC6749-5.1",
        "The token response forbids caching with `no-store`",
        "Tokens stay behind in caches, where others find them.",
        |response| {
            if let Err(outcome) = answered(response) {
                return Err(outcome);
            }
            let values: Vec<&str> = response.response.header_all("cache-control").collect();
            let seen = if values.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", shorten(&values.join(", "))) };
            holds(response.response.no_store(), "Cache-Control: no-store", seen)
        },
    ),
    must(
        "token/no-error",
        "RFC6749-5.2",
        "The token response with status 200 holds no `error`",
        "One client takes it for a success and another for a failure.",
        |response| {
            members(response, |body| match member(body, "error") {
                None => pass("no error"),
                Some(error) => fail("no error, or status 400", format!("status {} with error = {}", response.response.status, show(error))),
            })
        },
    ),
    must(ACCESS_TOKEN, "RFC6749-5.1", "The token response has an `access_token`", "The client has nothing to call the API with.", |response| {
        members(response, |body| match body.get("access_token") {
            Some(Value::String(token)) if !token.is_empty() => pass(format!("an access token of {} characters", token.chars().count())),
            Some(Value::String(_)) => fail("access_token: a string that is not empty", "an empty access_token"),
            Some(Value::Null) => fail("access_token: a string that is not empty", "access_token = null"),
            Some(_) => fail("access_token: a string that is not empty", "access_token is not a string"),
            None => fail("access_token: a string that is not empty", "no access_token"),
        })
    }),
    must(
        "token/access-token-charset",
        "RFC6749-A.12",
        "The access token is printable ASCII",
        "It cannot be sent in an Authorization header.",
        |response| {
            members(response, |body| match body.get("access_token").and_then(Value::as_str) {
                None | Some("") => not_run(ACCESS_TOKEN),
                Some(token) => printable("access token", token),
            })
        },
    ),
    must(
        TOKEN_TYPE,
        "RFC6749-5.1",
        "The token response has a `token_type`",
        "The client does not know how to use the token, and strict libraries fail to parse the response.",
        |response| {
            members(response, |body| {
                let token_type = body.get("token_type");
                let seen = token_type.map_or_else(|| "no token_type".to_owned(), |value| format!("token_type = {}", show(value)));
                holds(token_type.and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "token_type: a string that is not empty", seen)
            })
        },
    ),
    must(
        "token/token-type-bearer",
        "OIDCC-3.1.3.3",
        "The `token_type` is Bearer, in any case",
        "The client must not use a token of a type it does not understand, and it asked for no other.",
        |response| {
            members(response, |body| match body.get("token_type").and_then(Value::as_str) {
                None | Some("") => not_run(TOKEN_TYPE),
                Some(text) => holds(text.eq_ignore_ascii_case("bearer"), "token_type = Bearer", format!("token_type = {}", shorten(text))),
            })
        },
    ),
    should(
        "token/expires-in-present",
        "RFC6749-5.1",
        "The token response says in `expires_in` how long the access token lives",
        "The client learns of the end of its token by failing calls.",
        |response| {
            members(response, |body| match member(body, "expires_in") {
                Some(value) => pass(format!("expires_in = {}", show(value))),
                None => fail("an expires_in", "no expires_in"),
            })
        },
    ),
    must(EXPIRES_IN_NUMBER, "RFC6749-5.1", "`expires_in` is a JSON number", "Typed libraries fail to parse the whole response.", |response| {
        members(response, |body| match member(body, "expires_in") {
            None => not_applicable("no expires_in"),
            Some(value) => holds(value.is_number(), "expires_in: a JSON number", format!("expires_in = {}", show(value))),
        })
    }),
    should(
        "token/expires-in-sane",
        "RFC6749-A.14",
        "`expires_in` is a whole number of seconds above zero and not above a year",
        "A client refreshes in a loop, or never.",
        |response| {
            members(response, |body| match member(body, "expires_in").map(|value| (value, value.as_f64())) {
                None => not_applicable("no expires_in"),
                Some((_, None)) => not_run(EXPIRES_IN_NUMBER),
                Some((value, Some(number))) => {
                    let sane = number > 0.0 && number <= YEAR && number.fract() == 0.0;
                    holds(sane, format!("a whole number from 1 to {YEAR}"), format!("expires_in = {}", show(value)))
                }
            })
        },
    ),
    must(
        SCOPE_STRING,
        "RFC6749-3.3",
        "The `scope` of the token response is a string of words with one space between them",
        "Libraries fail to parse the response: an array in place of the string is the usual slip.",
        |response| {
            members(response, |body| match member(body, "scope") {
                None => not_applicable("no scope"),
                Some(scope) => {
                    // scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). An empty string stands for no scope often enough to be let be.
                    let word = |word: &str| !word.is_empty() && word.chars().all(|c| matches!(c, '!' | '#'..='[' | ']'..='~'));
                    let well_formed = scope.as_str().is_some_and(|text| text.is_empty() || text.split(' ').all(word));
                    holds(well_formed, "scope: words with one space between them", format!("scope = {}", show(scope)))
                }
            })
        },
    ),
    must(
        "token/scope-if-different",
        "RFC6749-5.1",
        "The token response names the scope if it is not the one that was asked for",
        "The client believes it may do what it may not, or less than it may.",
        |response| {
            // An absent scope can only be told to be wrong where the access token speaks of it. It does so reliably in the client credentials grant:
            // elsewhere issuers leave `openid` and its like out of the token.
            members(response, |body| {
                if let Some(scope) = member(body, "scope") {
                    return pass(format!("scope = {}", show(scope)));
                }
                let (Grant::ClientCredentials, Some(asked)) = (response.grant, &response.requested_scope) else {
                    return not_applicable("no scope in the response: by that it is the one that was asked for");
                };
                let token = body.get("access_token").and_then(Value::as_str).and_then(|token| Jwt::parse(token).ok());
                let Some(granted) = token.and_then(|jwt| Some(jwt.claims.get("scope")?.as_str()?.to_owned())) else {
                    return not_applicable("no scope in the response, and the access token does not tell it");
                };
                let (asked, granted) = (scope_words(asked), scope_words(&granted));
                let actual = format!("no scope in the response, and in the access token: {}", scope_text(&granted));
                holds(asked == granted, format!("a scope in the response unless it is: {}", scope_text(&asked)), actual)
            })
        },
    ),
    may(
        "token/scope-not-widened",
        "RFC6749-3.3",
        "The token response grants no scope that was not asked for",
        "A client ends up with more power than it wanted, and so does whoever steals its token.",
        |response| {
            let Some(asked) = &response.requested_scope else {
                return not_applicable("no scope was asked for: the issuer chooses");
            };
            members(response, |body| match named_scope(body) {
                Err(outcome) => Err(outcome),
                Ok(granted) => {
                    let (asked, granted) = (scope_words(asked), scope_words(granted));
                    holds(granted.is_subset(&asked), format!("of: {}", scope_text(&asked)), format!("granted: {}", scope_text(&granted)))
                }
            })
        },
    ),
    must(
        "token/id-token-present",
        "OIDCC-3.1.3.3",
        "The answer to an authorization code for `openid` holds an ID token",
        "The client does not learn who logged in.",
        |response| {
            if response.grant != Grant::AuthorizationCode || !asked_for(response, "openid") {
                return not_applicable("not the answer to an authorization code for openid");
            }
            members(response, |body| {
                let there = body.get("id_token").is_some_and(|token| token.as_str().is_some_and(|token| !token.is_empty()));
                holds(there, "id_token: a string that is not empty", told(body, "id_token").unwrap_or_else(|| "no id_token".to_owned()))
            })
        },
    ),
    // The text says what the scope asks for, and nowhere that it has to be given.
    may(
        "token/refresh-token-for-offline-access",
        "OIDCC-11",
        "The answer to an authorization code for `offline_access` holds a refresh token",
        "The client loses its access as soon as the access token expires, and has to bother its user.",
        |response| {
            if response.grant != Grant::AuthorizationCode || !asked_for(response, "offline_access") {
                return not_applicable("not the answer to an authorization code for offline_access");
            }
            members(response, |body| {
                if named_scope(body).is_ok_and(|granted| !scope_words(granted).contains("offline_access")) {
                    return not_applicable("offline_access was not granted");
                }
                let seen = told(body, "refresh_token");
                holds(seen.is_some(), "a refresh_token", seen.unwrap_or_else(|| "no refresh_token".to_owned()))
            })
        },
    ),
    must(
        "token/refresh-token-charset",
        "RFC6749-A.17",
        "The refresh token is printable ASCII",
        "Clients mangle it on the way back, and the refresh fails.",
        |response| {
            members(response, |body| match member(body, "refresh_token") {
                None => not_applicable("no refresh_token"),
                Some(Value::String(token)) => printable("refresh token", token),
                Some(_) => fail("refresh_token: a string", "refresh_token is not a string"),
            })
        },
    ),
    should(
        "client-credentials/no-refresh-token",
        "RFC6749-4.4.3",
        "The answer to client credentials holds no refresh token",
        "It is one more long-lived secret to lose, and of no use: the client can ask again at any time.",
        |response| absent(response, "refresh_token"),
    ),
    should(
        "client-credentials/no-id-token",
        "OIDCC-2",
        "The answer to client credentials holds no ID token",
        "There is no end-user whose authentication it could be about: somebody takes the client for one.",
        |response| absent(response, "id_token"),
    ),
    must(
        "token/access-token-length",
        "RFC6749-10.10",
        "The access token is long enough to hold 128 bits",
        "Short tokens can be guessed while they live.",
        |response| {
            members(response, |body| match body.get("access_token").and_then(Value::as_str) {
                None | Some("") => not_run(ACCESS_TOKEN),
                Some(token) => long_enough(token),
            })
        },
    ),
    must(
        "token/refresh-token-length",
        "RFC6749-10.10",
        "The refresh token is long enough to hold 128 bits",
        "Short tokens can be guessed, and refresh tokens live long.",
        |response| {
            members(response, |body| match member(body, "refresh_token") {
                None => not_applicable("no refresh_token"),
                Some(Value::String(token)) if !token.is_empty() => long_enough(token),
                Some(_) => not_run("token/refresh-token-charset"),
            })
        },
    ),
    must(
        "token/access-token-syntax",
        "RFC6750-2.1",
        "The access token of type Bearer is made of letters, digits and -._~+/, with equals signs at its end alone",
        "It does not fit into an Authorization header: servers and proxies that parse the header refuse it.",
        |response| {
            members(response, |body| {
                if !body.get("token_type").and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case("bearer")) {
                    return not_run(TOKEN_TYPE);
                }
                match body.get("access_token").and_then(Value::as_str) {
                    None | Some("") => not_run(ACCESS_TOKEN),
                    Some(token) if !token.chars().all(|c| matches!(c, ' '..='~')) => not_run("token/access-token-charset"),
                    Some(token) => {
                        let odd = token.trim_end_matches('=').chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~+/".contains(*c));
                        let actual = odd.map_or_else(|| "nothing else".to_owned(), |c| format!("a token holding U+{:04X}", u32::from(c)));
                        holds(odd.is_none(), "letters, digits and -._~+/, then equals signs", actual)
                    }
                }
            })
        },
    ),
    should(
        "token/refresh-token-differs",
        "RFC6749-1.5",
        "The refresh token is not the access token",
        "A refresh token is never sent to resource servers: whoever gets this one can make itself new tokens for ever.",
        |response| {
            members(response, |body| match (body.get("access_token").and_then(Value::as_str), body.get("refresh_token").and_then(Value::as_str)) {
                (_, None) => not_applicable("no refresh_token"),
                (None, _) => not_run(ACCESS_TOKEN),
                (Some(access), Some(refresh)) => {
                    holds(access != refresh, "two different tokens", if access == refresh { "the same" } else { "different" })
                }
            })
        },
    ),
    should(
        "token/expires-in-short",
        "RFC6750-5.3",
        "The access token lives for an hour at most",
        "Whoever finds a bearer token can use it as long as it lives.",
        |response| {
            members(response, |body| match member(body, "expires_in").map(Value::as_f64) {
                None => not_applicable("no expires_in"),
                Some(None) => not_run(EXPIRES_IN_NUMBER),
                // More than a year is a mistake rather than a policy.
                Some(Some(number)) if number > YEAR => not_run("token/expires-in-sane"),
                Some(Some(number)) => holds(number <= HOUR, format!("at most {HOUR} s"), format!("{number} s")),
            })
        },
    ),
];

/// The members of a success; else which rule to look at. Everything but the status is judged on a 2xx: the status is one fault, not ten.
fn body(response: &TokenResponse) -> Result<Map<String, Value>, Unmet> {
    answered(response)?;
    response.response.object().ok_or_else(|| Unmet::not_run(JSON_OBJECT))
}

fn answered(response: &TokenResponse) -> Result<(), Unmet> {
    if response.response.is_success() { Ok(()) } else { not_run(HTTP_200) }
}

/// Judges the members of a success.
fn members(response: &TokenResponse, judge: impl FnOnce(&Map<String, Value>) -> Judgement) -> Judgement {
    match body(response) {
        Ok(body) => judge(&body),
        Err(outcome) => Err(outcome),
    }
}

/// The scope that was granted, if it is named; else what to say.
fn named_scope(body: &Map<String, Value>) -> Result<&str, Unmet> {
    match member(body, "scope") {
        None => not_applicable("no scope: it is the one that was asked for"),
        Some(scope) => scope.as_str().ok_or_else(|| Unmet::not_run(SCOPE_STRING)),
    }
}

fn asked_for(response: &TokenResponse, word: &str) -> bool {
    response.requested_scope.as_deref().is_some_and(|scope| scope_words(scope).contains(word))
}

/// A token in the response, told by its length.
fn told(body: &Map<String, Value>, name: &str) -> Option<String> {
    match member(body, name)? {
        Value::String(text) => Some(format!("{name} of {} characters", text.chars().count())),
        _ => Some(format!("{name} that is not a string")),
    }
}

fn absent(response: &TokenResponse, name: &str) -> Judgement {
    if response.grant != Grant::ClientCredentials {
        return not_applicable("not the answer to client credentials");
    }
    members(response, |body| match told(body, name) {
        None => pass(format!("no {name}")),
        Some(seen) => fail(format!("no {name}"), seen),
    })
}

/// The fewest characters that 128 bits fit into: there are 95 printable ASCII characters, about 6.57 bits each.
const FEWEST: usize = 20;

fn long_enough(token: &str) -> Judgement {
    let length = token.chars().count();
    holds(length >= FEWEST, format!("at least {FEWEST} characters"), format!("{length} characters"))
}

/// An hour, in seconds.
const HOUR: f64 = 3600.0;
