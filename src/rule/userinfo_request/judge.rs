//! The judgements on userinfo requests. None of them ever shows a token or a claim but `sub`.

use super::super::expect::{holds, list, refusal, same, shorten};
use super::super::jose::Jwt;
use super::super::protected::not_busy;
use super::super::token_refusal::shape;
use super::challenge::{self, Challenge};
use super::{BAD_TOKEN, BAD_TOKEN_CHALLENGE, NO_TOKEN, NO_TOKEN_CHALLENGE, SYNTAX, UserInfoRequests};
use crate::observed::received::Received;
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, is_broken, not_applicable, not_run, pass};
use serde_json::Value;

/// The rule that says it when userinfo does not work at all.
const WORKS: &str = "userinfo/http-200";

pub(super) static RULES: &[Check<UserInfoRequests>] = &[
    must(
        "userinfo/post-header",
        "OIDCC-5.3",
        "Userinfo answers a POST with the access token in the Authorization header",
        "Relying parties that post their request learn nothing about their user.",
        post_header,
    ),
    may(
        "userinfo/post-body",
        "RFC6750-2.2",
        "Userinfo answers a POST with the access token in the form body",
        "Relying parties that cannot set the Authorization header have no other way.",
        post_body,
    ),
    must(
        "userinfo/scheme-case-insensitive",
        "RFC9110-11.1",
        "Userinfo takes the authentication scheme in lower case, too",
        "HTTP libraries that write schemes in lower case are shut out with a good token.",
        |requests| accepted(requests, &requests.lower_case_scheme),
    ),
    must(
        "userinfo/post-same-sub",
        "OIDCC-5.3.2",
        "The `sub` of userinfo is the same whatever way it was asked for",
        "The relying party takes one user's name and address for another's.",
        |requests| {
            // Compares with GET where that worked: whether GET and the ID token agree is another rule's.
            let Some(expected) = sub(&requests.lower_case_scheme).or_else(|| requests.id_token_sub.clone()) else {
                return not_applicable("there is no sub to compare with");
            };
            let posted: Vec<_> = [&requests.post_header, &requests.post_body].into_iter().filter_map(sub).collect();
            match posted.iter().find(|sub| **sub != expected).or(posted.first()) {
                Some(sub) => same("sub", &expected, sub),
                None => not_applicable("no sub by POST"),
            }
        },
    ),
    must(
        NO_TOKEN,
        "RFC6749-7",
        "Userinfo refuses a request without an access token",
        "Somebody's name and address are there for anybody to read.",
        |requests| refused(&requests.no_token),
    ),
    should(
        "userinfo/no-token-http-401",
        "RFC6750-3.1",
        "A userinfo request without an access token is refused with 401",
        "Clients cannot tell that a token was all that was missing.",
        |requests| http_401(&requests.no_token, NO_TOKEN),
    ),
    must(
        NO_TOKEN_CHALLENGE,
        "RFC6750-3",
        "The refusal of a userinfo request without a token names the scheme Bearer in WWW-Authenticate",
        "A client that does not know the endpoint cannot find out what it asks for.",
        |requests| names_bearer(&requests.no_token, NO_TOKEN),
    ),
    should(
        "userinfo/no-token-no-error",
        "RFC6750-3.1",
        "The challenge to a userinfo request without a token names no error",
        "Clients throw away good tokens when a request went out without one.",
        |requests| {
            bearer(&requests.no_token, NO_TOKEN, NO_TOKEN_CHALLENGE).and_then(|challenges| match error(&challenges) {
                None => pass("a challenge without error"),
                Some(error) => fail("a challenge without error", format!("error = {}", shorten(error))),
            })
        },
    ),
    must(
        BAD_TOKEN,
        "RFC6749-7",
        "Userinfo refuses an access token that the issuer never gave",
        "Whoever makes up a token reads somebody's name and address.",
        |requests| refused(&requests.unknown_token),
    ),
    should(
        "userinfo/bad-token-http-401",
        "RFC6750-3.1",
        "A userinfo request with an invalid access token is refused with 401",
        "Clients do not notice that it is time to refresh the token.",
        |requests| http_401(&requests.unknown_token, BAD_TOKEN),
    ),
    must(
        BAD_TOKEN_CHALLENGE,
        "RFC6750-3",
        "The refusal of an invalid access token names the scheme Bearer in WWW-Authenticate",
        "Clients look there for the reason and find none.",
        |requests| names_bearer(&requests.unknown_token, BAD_TOKEN),
    ),
    should(
        "userinfo/bad-token-invalid-token",
        "RFC6750-3.1",
        "The challenge to an invalid access token has the error `invalid_token`",
        "Clients cannot tell an expired token from a missing scope, and do not refresh it.",
        |requests| {
            bearer(&requests.unknown_token, BAD_TOKEN, BAD_TOKEN_CHALLENGE).and_then(|challenges| {
                let error = error(&challenges);
                let seen = error.map_or_else(|| "a challenge without error".to_owned(), |error| format!("error = {}", shorten(error)));
                holds(error == Some("invalid_token"), "error = invalid_token", seen)
            })
        },
    ),
    must(
        SYNTAX,
        "RFC9110-11.6.1",
        "The challenges of userinfo have the syntax of WWW-Authenticate",
        "Clients that parse the header do not get at the reason.",
        syntax,
    ),
    must(
        "userinfo/challenge-parameters",
        "RFC6750-3",
        "The Bearer challenge of userinfo has at least one parameter",
        "Parsers written after the specification do not take the scheme alone for a challenge.",
        parameters,
    ),
    must(
        "userinfo/challenge-once",
        "RFC6750-3",
        "No parameter the specification knows comes twice in a Bearer challenge of userinfo",
        "Two libraries read two different reasons.",
        once,
    ),
    must(
        "userinfo/challenge-charset",
        "RFC6750-3",
        "The `error` and `error_description` of userinfo's challenges are printable ASCII without quotes and backslashes",
        "Careless parsers end the value at the first quote and misread what follows.",
        |requests| {
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
        },
    ),
];

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

/// `sub` of a success, plain or signed.
fn sub(response: &Received) -> Option<String> {
    if !response.is_success() {
        return None;
    }
    let claims = response.object().or_else(|| Jwt::parse(response.text().trim()).ok().map(|jwt| jwt.claims))?;
    claims.get("sub").and_then(Value::as_str).filter(|sub| !sub.is_empty()).map(str::to_owned)
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
