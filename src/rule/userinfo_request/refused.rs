//! Rules about the requests without a token and with a bad one, and about the challenges in the answers (RFC 6750 3).

use super::UserInfoRequests;
use super::challenge::{self, Challenge};
use crate::rule::prelude::*;
use crate::rule::token_refusal::shape;

const NO_TOKEN: &str = "userinfo/no-token-refused";
const NO_TOKEN_CHALLENGE: &str = "userinfo/no-token-challenge";
const BAD_TOKEN: &str = "userinfo/bad-token-refused";
const BAD_TOKEN_CHALLENGE: &str = "userinfo/bad-token-challenge";
const SYNTAX: &str = "userinfo/challenge-syntax";

pub(super) static RULES: &[Check<UserInfoRequests>] = &[
    must(
        NO_TOKEN,
        "RFC6749-7",
        "The userinfo endpoint must refuse a request without an access token",
        "Every person can read the name and the address of an end-user.",
        "Require an access token for every request to the userinfo endpoint, also if the browser has a session. Answer with status 401 if there is no token.",
        |requests| refused(requests, &requests.no_token),
    ),
    should(
        "userinfo/no-token-http-401",
        "RFC6750-3.1",
        "A userinfo request without an access token should be refused with status 401",
        "Clients cannot tell that only the token was missing.",
        "Answer a request without an access token with status 401 and `WWW-Authenticate: Bearer`, and not with 400, 403 or a redirect to a login page.",
        |requests| http_401(&requests.no_token, NO_TOKEN),
    ),
    must(
        NO_TOKEN_CHALLENGE,
        "RFC6750-3",
        "The refusal of a userinfo request without a token must name the scheme Bearer in `WWW-Authenticate`",
        "A client that does not know the endpoint cannot find out what kind of credentials it needs.",
        "Add a header such as `WWW-Authenticate: Bearer realm=\"userinfo\"` to the response to a request without an access token.",
        |requests| names_bearer(&requests.no_token, NO_TOKEN),
    ),
    should(
        "userinfo/no-token-no-error",
        "RFC6750-3.1",
        "The Bearer challenge to a userinfo request without a token should have no `error`",
        "Clients discard valid tokens after a request that was sent without a token.",
        "Leave `error` and `error_description` out of `WWW-Authenticate` if the request has no access token: `WWW-Authenticate: Bearer realm=\"userinfo\"` is enough.",
        |requests| match error(&bearer(&requests.no_token, NO_TOKEN, NO_TOKEN_CHALLENGE)?) {
            None => pass("a challenge without error"),
            Some(error) => fail("a challenge without error", said!("error = {}", shorten(error))),
        },
    ),
    must(
        BAD_TOKEN,
        "RFC6749-7",
        "The userinfo endpoint must refuse an access token that the issuer did not issue",
        "An attacker who invents a token can read the name and the address of an end-user.",
        "Look up the access token, or verify its signature, issuer and expiry, before any claim is returned. Refuse an invalid token with status 401 and `error=\"invalid_token\"` in `WWW-Authenticate`.",
        |requests| refused(requests, &requests.unknown_token),
    ),
    should(
        "userinfo/bad-token-http-401",
        "RFC6750-3.1",
        "A userinfo request with an invalid access token should be refused with status 401",
        "Clients do not notice that they have to refresh the token.",
        "Answer with status 401 if the access token is unknown, expired, revoked or malformed, and catch errors of the code that parses tokens. Keep status 403 for a missing scope.",
        |requests| http_401(&requests.unknown_token, BAD_TOKEN),
    ),
    must(
        BAD_TOKEN_CHALLENGE,
        "RFC6750-3",
        "The refusal of an invalid access token must name the scheme Bearer in `WWW-Authenticate`",
        "Clients look in this header for the reason of the refusal and do not find it.",
        "Add the header `WWW-Authenticate: Bearer error=\"invalid_token\"` to the response that refuses the access token.",
        |requests| names_bearer(&requests.unknown_token, BAD_TOKEN),
    ),
    should(
        "userinfo/bad-token-invalid-token",
        "RFC6750-3.1",
        "The Bearer challenge to an invalid access token should have the error `invalid_token`",
        "Clients cannot tell an expired token from a missing scope, and do not refresh the token.",
        "Put `error=\"invalid_token\"` into the `WWW-Authenticate` header if the token is unknown, expired, revoked or malformed. Use only the error codes of RFC 6750, section 3.1.",
        |requests| {
            let challenges = bearer(&requests.unknown_token, BAD_TOKEN, BAD_TOKEN_CHALLENGE)?;
            let error = error(&challenges);
            let seen = error.map_or_else(|| "a challenge without error".to_owned(), |error| format!("error = {}", shorten(error)));
            holds(error == Some("invalid_token"), "error = invalid_token", seen)
        },
    ),
    must(
        SYNTAX,
        "RFC9110-11.6.1",
        "The challenges of the userinfo endpoint must have the syntax of `WWW-Authenticate`",
        "Clients that parse the header cannot read the reason of the refusal.",
        "Write the header as scheme, space and parameters that are separated by commas, with the values in double quotes: `Bearer realm=\"userinfo\", error=\"invalid_token\"`.",
        |requests| {
            let headers = headers(requests);
            applies_if(!headers.is_empty(), "no WWW-Authenticate")?;
            match headers.iter().find_map(|value| Some((value, challenge::parse(value).err()?))) {
                None => pass(list(&headers)),
                Some((value, why)) => fail("scheme name=\"value\", …", shorten(&format!("{value}: {why}"))),
            }
        },
    ),
    must(
        "userinfo/challenge-parameters",
        "RFC6750-3",
        "The Bearer challenge of the userinfo endpoint must have at least one parameter",
        "Strict parsers do not accept the scheme alone as a challenge.",
        "Add a parameter after the scheme, for example `realm`: `WWW-Authenticate: Bearer realm=\"userinfo\"`.",
        |requests| {
            let is_bare = all_bearer(requests)?.iter().any(|challenge| challenge.parameters.is_empty());
            holds(!is_bare, "Bearer and at least one parameter", if is_bare { "Bearer alone" } else { "parameters after Bearer" })
        },
    ),
    must(
        "userinfo/challenge-once",
        "RFC6750-3",
        "A Bearer challenge of userinfo must not have `realm`, `scope`, `error`, `error_description` or `error_uri` twice",
        "Two libraries read two different reasons of the refusal.",
        "Build `WWW-Authenticate` in one place and write each parameter once. Check whether a proxy or a second filter adds parameters.",
        |requests| {
            const KNOWN: [&str; 5] = ["realm", "scope", "error", "error_description", "error_uri"];
            let challenges = all_bearer(requests)?;
            let count = |challenge: &Challenge, name: &str| challenge.parameters.iter().filter(|(other, _)| other == name).count();
            let twice: Vec<_> = KNOWN.into_iter().filter(|name| challenges.iter().any(|challenge| count(challenge, name) > 1)).collect();
            holds(twice.is_empty(), "each parameter once", if twice.is_empty() { "each once".to_owned() } else { format!("twice: {}", list(&twice)) })
        },
    ),
    must(
        "userinfo/challenge-charset",
        "RFC6750-3",
        "The `error` and `error_description` in userinfo's challenges must be printable ASCII without quotes and backslashes",
        "Careless parsers end the value at the first quote and misread the rest of the header.",
        "Use fixed texts without quotation marks, backslashes, line breaks and characters outside of ASCII. Do not copy parts of the token or of exceptions into them.",
        |requests| {
            let challenges = all_bearer(requests)?;
            let parameters = challenges.iter().flat_map(|challenge| &challenge.parameters);
            let judged: Vec<_> =
                parameters.filter(|(name, _)| name == "error" || name == "error_description").map(|(name, value)| shape::text(name, value)).collect();
            let first = judged.iter().find(|judgement| is_broken(judgement)).or(judged.first());
            first.cloned().unwrap_or_else(|| not_applicable("neither error nor error_description"))
        },
    ),
    must(
        "userinfo/challenge-scope",
        "RFC6750-3",
        "The `scope` in userinfo's challenges, if there is one, must be scope tokens with one space between them",
        "A client that asks for the scope which it lacks asks for something that does not exist.",
        "Write the scopes that the request needs as in a token request: separated by single spaces, without commas, and not as an array.",
        |requests| of_parameter(requests, "scope", challenge::scope),
    ),
    must(
        "userinfo/challenge-error-uri",
        "RFC6750-3",
        "The `error_uri` in userinfo's challenges, if there is one, must be a URI reference",
        "Developers who follow it arrive nowhere.",
        "Write an absolute URL into `error_uri`, without blanks and characters outside of ASCII, or leave it out.",
        |requests| of_parameter(requests, "error_uri", shape::uri),
    ),
];

/// Judges a parameter of the Bearer challenges: the first value that breaks the rule counts.
fn of_parameter(requests: &UserInfoRequests, name: &str, judge: fn(&str) -> Judgement) -> Judgement {
    let challenges = all_bearer(requests)?;
    let judged: Vec<_> =
        challenges.iter().flat_map(|challenge| &challenge.parameters).filter(|(other, _)| other == name).map(|(_, value)| judge(value)).collect();
    let first = judged.iter().find(|judgement| is_broken(judgement)).or(judged.first());
    first.cloned().unwrap_or_else(|| not_applicable(said!("no {name} in a challenge")))
}

/// The response that a rule of this table is about; `None` for a rule of another.
pub(super) fn about<'a>(requests: &'a UserInfoRequests, rule: &str) -> Option<&'a Received> {
    let answers = [&requests.no_token, &requests.unknown_token];
    match rule {
        NO_TOKEN | NO_TOKEN_CHALLENGE | "userinfo/no-token-http-401" | "userinfo/no-token-no-error" => Some(answers[0]),
        _ => {
            let judge = RULES.iter().find(|check| check.rule.id == rule)?.judge;
            // A rule about both is about the one that breaks it when the other one is taken for both.
            let alone = |response: &Received| UserInfoRequests { no_token: response.clone(), unknown_token: response.clone(), ..requests.clone() };
            let is_of_both = rule.starts_with("userinfo/challenge-");
            let breaks = |response: &&Received| is_of_both && is_broken(&judge(&alone(response)));
            Some(answers.into_iter().find(breaks).unwrap_or(answers[1]))
        }
    }
}

fn refused(requests: &UserInfoRequests, response: &Received) -> Judgement {
    not_busy(response)?;
    if response.gives() {
        return fail("a refusal: status 401", said!("status {}", response.status));
    }
    applies_if(response.status < 500, said!("status {}: the server is out of order, which says nothing about the request", response.status))?;
    requests.works()?;
    pass(said!("status {}", response.status))
}

fn names_bearer(response: &Received, rule: &'static str) -> Judgement {
    expect_challenge(response, rule)?;
    let seen: Vec<_> = response.header_all("www-authenticate").collect();
    holds(challenges_for(response, "bearer"), "WWW-Authenticate: Bearer …", said!("WWW-Authenticate: {}", list(&seen)))
}

/// The Bearer challenges of a refusal.
fn bearer(response: &Received, rule: &'static str, challenge_rule: &str) -> Result<Vec<Challenge>, Unmet> {
    expect_challenge(response, rule)?;
    needs(challenges_for(response, "bearer"), challenge_rule)?;
    bearer_of(response.header_all("www-authenticate"))
}

/// Every Bearer challenge of both refusals.
fn all_bearer(requests: &UserInfoRequests) -> Result<Vec<Challenge>, Unmet> {
    let all = bearer_of(headers(requests).into_iter())?;
    applies_if(!all.is_empty(), "no Bearer challenge")?;
    Ok(all)
}

fn bearer_of<'a>(headers: impl Iterator<Item = &'a str>) -> Result<Vec<Challenge>, Unmet> {
    let mut all = Vec::new();
    for value in headers {
        all.extend(challenge::parse(value).map_err(|_| Unmet::not_run(SYNTAX))?);
    }
    all.retain(|challenge: &Challenge| challenge.scheme.eq_ignore_ascii_case("bearer"));
    Ok(all)
}

/// The challenges of both refusals.
fn headers(requests: &UserInfoRequests) -> Vec<&str> {
    [&requests.no_token, &requests.unknown_token].into_iter().flat_map(|response| response.header_all("www-authenticate")).collect()
}

fn error(challenges: &[Challenge]) -> Option<&str> {
    challenges.iter().find_map(|challenge| challenge.parameter("error"))
}
