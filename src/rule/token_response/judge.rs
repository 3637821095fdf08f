//! The judgements on token responses. None of them ever shows a token: tokens are told by their length.

use super::super::expect::{holds, member, printable, refusal, scope_text, scope_words, shorten, show};
use super::super::jose::Jwt;
use super::{ACCESS_TOKEN, EXPIRES_IN_NUMBER, Grant, HTTP_200, JSON_OBJECT, SCOPE_STRING, TOKEN_TYPE, TokenResponse};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

/// A year in seconds.
const YEAR: f64 = 366.0 * 86_400.0;

pub(super) fn http_200(response: &TokenResponse) -> Judgement {
    match response.response.status {
        200 => pass("status 200"),
        _ => fail("status 200", refusal(&response.response)),
    }
}

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

pub(super) fn json_object(response: &TokenResponse) -> Judgement {
    if let Err(outcome) = answered(response) {
        return Err(outcome);
    }
    match response.response.json() {
        Ok(Value::Object(body)) => pass(shorten(&format!("a JSON object: {}", body.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))),
        Ok(_) => fail("a JSON object", "JSON that is not an object"),
        Err(why) => fail("a JSON object", shorten(&why)),
    }
}

pub(super) fn content_type(response: &TokenResponse) -> Judgement {
    if let Err(outcome) = answered(response) {
        return Err(outcome);
    }
    let seen =
        response.response.header("content-type").map_or_else(|| "no Content-Type".to_owned(), |value| format!("Content-Type: {}", shorten(value)));
    holds(response.response.media_type().as_deref() == Some("application/json"), "Content-Type: application/json", seen)
}

pub(super) fn no_store(response: &TokenResponse) -> Judgement {
    if let Err(outcome) = answered(response) {
        return Err(outcome);
    }
    let values: Vec<&str> = response.response.header_all("cache-control").collect();
    let seen = if values.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", shorten(&values.join(", "))) };
    holds(response.response.no_store(), "Cache-Control: no-store", seen)
}

pub(super) fn no_error(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "error") {
        None => pass("no error"),
        Some(error) => fail("no error, or status 400", format!("status {} with error = {}", response.response.status, show(error))),
    })
}

pub(super) fn access_token_present(response: &TokenResponse) -> Judgement {
    members(response, |body| match body.get("access_token") {
        Some(Value::String(token)) if !token.is_empty() => pass(format!("an access token of {} characters", token.chars().count())),
        Some(Value::String(_)) => fail("access_token: a string that is not empty", "an empty access_token"),
        Some(Value::Null) => fail("access_token: a string that is not empty", "access_token = null"),
        Some(_) => fail("access_token: a string that is not empty", "access_token is not a string"),
        None => fail("access_token: a string that is not empty", "no access_token"),
    })
}

pub(super) fn access_token_charset(response: &TokenResponse) -> Judgement {
    members(response, |body| match body.get("access_token").and_then(Value::as_str) {
        None | Some("") => not_run(ACCESS_TOKEN),
        Some(token) => printable("access token", token),
    })
}

pub(super) fn token_type_present(response: &TokenResponse) -> Judgement {
    members(response, |body| {
        let token_type = body.get("token_type");
        let seen = token_type.map_or_else(|| "no token_type".to_owned(), |value| format!("token_type = {}", show(value)));
        holds(token_type.and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "token_type: a string that is not empty", seen)
    })
}

pub(super) fn token_type_bearer(response: &TokenResponse) -> Judgement {
    members(response, |body| match body.get("token_type").and_then(Value::as_str) {
        None | Some("") => not_run(TOKEN_TYPE),
        Some(text) => holds(text.eq_ignore_ascii_case("bearer"), "token_type = Bearer", format!("token_type = {}", shorten(text))),
    })
}

pub(super) fn expires_in_present(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "expires_in") {
        Some(value) => pass(format!("expires_in = {}", show(value))),
        None => fail("an expires_in", "no expires_in"),
    })
}

pub(super) fn expires_in_number(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "expires_in") {
        None => not_applicable("no expires_in"),
        Some(value) => holds(value.is_number(), "expires_in: a JSON number", format!("expires_in = {}", show(value))),
    })
}

pub(super) fn expires_in_sane(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "expires_in").map(|value| (value, value.as_f64())) {
        None => not_applicable("no expires_in"),
        Some((_, None)) => not_run(EXPIRES_IN_NUMBER),
        Some((value, Some(number))) => {
            let sane = number > 0.0 && number <= YEAR && number.fract() == 0.0;
            holds(sane, format!("a whole number from 1 to {YEAR}"), format!("expires_in = {}", show(value)))
        }
    })
}

pub(super) fn scope_string(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "scope") {
        None => not_applicable("no scope"),
        Some(scope) => {
            // scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). An empty string stands for no scope often enough to be let be.
            let word = |word: &str| !word.is_empty() && word.chars().all(|c| matches!(c, '!' | '#'..='[' | ']'..='~'));
            let well_formed = scope.as_str().is_some_and(|text| text.is_empty() || text.split(' ').all(word));
            holds(well_formed, "scope: words with one space between them", format!("scope = {}", show(scope)))
        }
    })
}

/// The scope that was granted, if it is named; else what to say.
fn named_scope(body: &Map<String, Value>) -> Result<&str, Unmet> {
    match member(body, "scope") {
        None => not_applicable("no scope: it is the one that was asked for"),
        Some(scope) => scope.as_str().ok_or_else(|| Unmet::not_run(SCOPE_STRING)),
    }
}

/// An absent scope can only be told to be wrong where the access token speaks of it. It does so reliably in the client credentials grant:
/// elsewhere issuers leave `openid` and its like out of the token.
pub(super) fn scope_if_different(response: &TokenResponse) -> Judgement {
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
}

pub(super) fn scope_not_widened(response: &TokenResponse) -> Judgement {
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

pub(super) fn id_token_present(response: &TokenResponse) -> Judgement {
    if response.grant != Grant::AuthorizationCode || !asked_for(response, "openid") {
        return not_applicable("not the answer to an authorization code for openid");
    }
    members(response, |body| {
        let there = body.get("id_token").is_some_and(|token| token.as_str().is_some_and(|token| !token.is_empty()));
        holds(there, "id_token: a string that is not empty", told(body, "id_token").unwrap_or_else(|| "no id_token".to_owned()))
    })
}

pub(super) fn refresh_token_present(response: &TokenResponse) -> Judgement {
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
}

pub(super) fn refresh_token_charset(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "refresh_token") {
        None => not_applicable("no refresh_token"),
        Some(Value::String(token)) => printable("refresh token", token),
        Some(_) => fail("refresh_token: a string", "refresh_token is not a string"),
    })
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

pub(super) fn no_refresh_token(response: &TokenResponse) -> Judgement {
    absent(response, "refresh_token")
}

pub(super) fn no_id_token(response: &TokenResponse) -> Judgement {
    absent(response, "id_token")
}

/// The fewest characters that 128 bits fit into: there are 95 printable ASCII characters, about 6.57 bits each.
const FEWEST: usize = 20;

fn long_enough(token: &str) -> Judgement {
    let length = token.chars().count();
    holds(length >= FEWEST, format!("at least {FEWEST} characters"), format!("{length} characters"))
}

pub(super) fn access_token_length(response: &TokenResponse) -> Judgement {
    members(response, |body| match body.get("access_token").and_then(Value::as_str) {
        None | Some("") => not_run(ACCESS_TOKEN),
        Some(token) => long_enough(token),
    })
}

pub(super) fn refresh_token_length(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "refresh_token") {
        None => not_applicable("no refresh_token"),
        Some(Value::String(token)) if !token.is_empty() => long_enough(token),
        Some(_) => not_run("token/refresh-token-charset"),
    })
}

pub(super) fn access_token_syntax(response: &TokenResponse) -> Judgement {
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
}

pub(super) fn refresh_token_differs(response: &TokenResponse) -> Judgement {
    members(response, |body| match (body.get("access_token").and_then(Value::as_str), body.get("refresh_token").and_then(Value::as_str)) {
        (_, None) => not_applicable("no refresh_token"),
        (None, _) => not_run(ACCESS_TOKEN),
        (Some(access), Some(refresh)) => holds(access != refresh, "two different tokens", if access == refresh { "the same" } else { "different" }),
    })
}

/// An hour, in seconds.
const HOUR: f64 = 3600.0;

pub(super) fn expires_in_short(response: &TokenResponse) -> Judgement {
    members(response, |body| match member(body, "expires_in").map(Value::as_f64) {
        None => not_applicable("no expires_in"),
        Some(None) => not_run(EXPIRES_IN_NUMBER),
        // More than a year is a mistake rather than a policy.
        Some(Some(number)) if number > YEAR => not_run("token/expires-in-sane"),
        Some(Some(number)) => holds(number <= HOUR, format!("at most {HOUR} s"), format!("{number} s")),
    })
}
