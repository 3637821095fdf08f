//! The judgements on userinfo requests. None of them ever shows a token or a claim but `sub`.

use super::super::expect::{holds, list, refusal, same, shorten};
use super::super::jose::Jwt;
use super::super::protected::not_busy;
use super::super::token_refusal::shape;
use super::challenge::{self, Challenge};
use super::{BAD_TOKEN, BAD_TOKEN_CHALLENGE, NO_TOKEN, NO_TOKEN_CHALLENGE, SYNTAX, UserInfoRequests};
use crate::observed::received::Received;
use crate::rule::judgement::{Judgement, Unmet, fail, is_broken, not_applicable, not_run, pass};
use serde_json::Value;

/// The rule that says it when userinfo does not work at all.
const WORKS: &str = "userinfo/http-200";

fn accepted(requests: &UserInfoRequests, response: &Received) -> Judgement {
    let good = [&requests.post_header, &requests.post_body, &requests.lower_case_scheme];
    // The same server error every time is no matter of how it was asked.
    if response.status >= 500 && good.iter().all(|other| other.status == response.status) {
        return not_run(WORKS);
    }
    not_busy(response).and_then(|()| match response.status {
        200 => pass("status 200"),
        _ => fail("status 200", refusal(response)),
    })
}

pub(super) fn post_header(requests: &UserInfoRequests) -> Judgement {
    accepted(requests, &requests.post_header)
}

pub(super) fn post_body(requests: &UserInfoRequests) -> Judgement {
    accepted(requests, &requests.post_body)
}

pub(super) fn scheme_case(requests: &UserInfoRequests) -> Judgement {
    accepted(requests, &requests.lower_case_scheme)
}

/// `sub` of a success, plain or signed.
fn sub(response: &Received) -> Option<String> {
    if !response.is_success() {
        return None;
    }
    let claims = response.object().or_else(|| Jwt::parse(response.text().trim()).ok().map(|jwt| jwt.claims))?;
    claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty()).map(str::to_owned)
}

/// Compares with GET where that worked: whether GET and the ID token agree is another rule's.
pub(super) fn same_sub(requests: &UserInfoRequests) -> Judgement {
    let Some(expected) = sub(&requests.lower_case_scheme).or_else(|| requests.id_token_sub.clone()) else {
        return not_applicable("there is no sub to compare with");
    };
    let posted: Vec<_> = [&requests.post_header, &requests.post_body].into_iter().filter_map(sub).collect();
    match posted.iter().find(|sub| **sub != expected).or(posted.first()) {
        Some(sub) => same("sub", &expected, sub),
        None => not_applicable("no sub by POST"),
    }
}

fn refused(response: &Received) -> Judgement {
    let status = response.status;
    not_busy(response).and_then(|()| holds(!response.is_success(), "a refusal: status 401", format!("status {status}")))
}

/// Judges a refusal; of what is none, the rule says it that asks for one.
fn if_refused(response: &Received, rule: &str, judge: impl FnOnce() -> Judgement) -> Judgement {
    match refused(response) {
        Ok(_) => judge(),
        Err(Unmet::Broken { .. }) => not_run(rule),
        other => other,
    }
}

fn http_401(response: &Received, rule: &str) -> Judgement {
    if_refused(response, rule, || holds(response.status == 401, "status 401", refusal(response)))
}

fn names_bearer(response: &Received, rule: &str) -> Judgement {
    if_refused(response, rule, || {
        let seen: Vec<_> = response.header_all("www-authenticate").collect();
        let named = seen.iter().any(|value| challenge::names(value, "bearer"));
        holds(named, "WWW-Authenticate: Bearer …", format!("WWW-Authenticate: {}", list(&seen)))
    })
}

/// The Bearer challenges of a refusal; else what to say.
fn bearer(response: &Received, rule: &str, challenge_rule: &str) -> Result<Vec<Challenge>, Unmet> {
    match names_bearer(response, rule) {
        Ok(_) => {}
        Err(Unmet::Broken { .. }) => return not_run(challenge_rule),
        Err(unmet) => return Err(unmet),
    }
    let mut all = Vec::new();
    for value in response.header_all("www-authenticate") {
        all.extend(challenge::parse(value).map_err(|_| Unmet::not_run(SYNTAX))?);
    }
    Ok(all.into_iter().filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer")).collect())
}

fn error(challenges: &[Challenge]) -> Option<&str> {
    challenges.iter().find_map(|challenge| challenge.parameter("error"))
}

pub(super) fn no_token_refused(requests: &UserInfoRequests) -> Judgement {
    refused(&requests.no_token)
}

pub(super) fn no_token_401(requests: &UserInfoRequests) -> Judgement {
    http_401(&requests.no_token, NO_TOKEN)
}

pub(super) fn no_token_challenge(requests: &UserInfoRequests) -> Judgement {
    names_bearer(&requests.no_token, NO_TOKEN)
}

pub(super) fn no_token_no_error(requests: &UserInfoRequests) -> Judgement {
    bearer(&requests.no_token, NO_TOKEN, NO_TOKEN_CHALLENGE).and_then(|challenges| match error(&challenges) {
        None => pass("a challenge without error"),
        Some(error) => fail("a challenge without error", format!("error = {}", shorten(error))),
    })
}

pub(super) fn bad_token_refused(requests: &UserInfoRequests) -> Judgement {
    refused(&requests.unknown_token)
}

pub(super) fn bad_token_401(requests: &UserInfoRequests) -> Judgement {
    http_401(&requests.unknown_token, BAD_TOKEN)
}

pub(super) fn bad_token_challenge(requests: &UserInfoRequests) -> Judgement {
    names_bearer(&requests.unknown_token, BAD_TOKEN)
}

pub(super) fn bad_token_error(requests: &UserInfoRequests) -> Judgement {
    bearer(&requests.unknown_token, BAD_TOKEN, BAD_TOKEN_CHALLENGE).and_then(|challenges| {
        let error = error(&challenges);
        let seen = error.map_or_else(|| "a challenge without error".to_owned(), |error| format!("error = {}", shorten(error)));
        holds(error == Some("invalid_token"), "error = invalid_token", seen)
    })
}

/// The challenges of both refusals.
fn headers(requests: &UserInfoRequests) -> Vec<&str> {
    [&requests.no_token, &requests.unknown_token].into_iter().flat_map(|response| response.header_all("www-authenticate")).collect()
}

pub(super) fn syntax(requests: &UserInfoRequests) -> Judgement {
    let headers = headers(requests);
    if headers.is_empty() {
        return not_applicable("no WWW-Authenticate");
    }
    match headers.iter().find_map(|value| Some((value, challenge::parse(value).err()?))) {
        None => pass(list(&headers)),
        Some((value, why)) => fail("scheme name=\"value\", …", shorten(&format!("{value}: {why}"))),
    }
}

/// Every Bearer challenge of both refusals; else what to say.
fn all_bearer(requests: &UserInfoRequests) -> Result<Vec<Challenge>, Unmet> {
    let mut all = Vec::new();
    for value in headers(requests) {
        all.extend(challenge::parse(value).map_err(|_| Unmet::not_run(SYNTAX))?);
    }
    all.retain(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"));
    if all.is_empty() { not_applicable("no Bearer challenge") } else { Ok(all) }
}

pub(super) fn parameters(requests: &UserInfoRequests) -> Judgement {
    all_bearer(requests).and_then(|challenges| {
        let bare = challenges.iter().any(|challenge| challenge.parameters.is_empty());
        holds(!bare, "Bearer and at least one parameter", if bare { "Bearer alone" } else { "parameters after Bearer" })
    })
}

pub(super) fn once(requests: &UserInfoRequests) -> Judgement {
    const KNOWN: [&str; 5] = ["realm", "scope", "error", "error_description", "error_uri"];
    all_bearer(requests).and_then(|challenges| {
        let count = |challenge: &Challenge, name: &str| challenge.parameters.iter().filter(|(other, _)| other == name).count();
        let twice: Vec<_> = KNOWN.into_iter().filter(|name| challenges.iter().any(|challenge| count(challenge, name) > 1)).collect();
        holds(twice.is_empty(), "each parameter once", if twice.is_empty() { "each once".to_owned() } else { format!("twice: {}", list(&twice)) })
    })
}

pub(super) fn charset(requests: &UserInfoRequests) -> Judgement {
    all_bearer(requests).and_then(|challenges| {
        let judged: Vec<_> = challenges
            .iter()
            .flat_map(|challenge| &challenge.parameters)
            .filter(|(name, _)| name == "error" || name == "error_description")
            .map(|(name, value)| shape::text(name, value))
            .collect();
        let first = judged.iter().find(|judgement| is_broken(judgement)).or(judged.first());
        first.cloned().unwrap_or_else(|| not_applicable("neither error nor error_description"))
    })
}
