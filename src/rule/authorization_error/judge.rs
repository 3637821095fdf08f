//! The judgements on authorization error responses.

use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, is_broken, not_applicable, not_run, pass};
use std::collections::BTreeSet;

use super::super::expect::{holds, list, same, shorten};
use super::super::token_refusal::shape;
use super::{AuthorizationError, ERROR_CHARSET, ERROR_PRESENT, Refused, URI_CHARSET};
use serde_json::Value;
use url::form_urlencoded;

const ISS_SUPPORTED: &str = "authorization_response_iss_parameter_supported";

/// The errors that say that the end-user has to do something (OpenID Connect Core 3.1.2.6).
const INTERACTION: [&str; 4] = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

pub(super) static RULES: &[Check<AuthorizationError>] = &[
    must(
        ERROR_PRESENT,
        "RFC6749-4.1.2.1",
        "An authorization request that cannot be granted comes back with an `error` that is not empty",
        "The client waits for a code, or takes what came for one.",
        |response| match response.parameter("error") {
            Some("") => fail("an error", "an empty error"),
            Some(error) => pass(format!("error = {}", shorten(error))),
            None => fail("an error", format!("no error; parameters: {}", names(response))),
        },
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error` of the authorization response is printable ASCII without quotes and backslashes",
        "Strict clients refuse to read it; careless ones copy it into pages.",
        |response| present(response).and_then(|error| shape::text("error", error)),
    ),
    must(
        "authz-error/prompt-none-code",
        "OIDCC-3.1.2.6",
        "`prompt=none` without a login is refused with one of the four errors about interaction",
        "Clients that try silently first do not see that they have to send the user to log in.",
        |response| code(response, Refused::PromptNoneNotLoggedIn, &INTERACTION),
    ),
    must(
        "authz-error/prompt-conflict-code",
        "RFC6749-4.1.2.1",
        "`prompt=none` beside another value is refused as an invalid request, or for lack of interaction",
        "Developers look for the mistake anywhere but in the request.",
        |response| {
            // The text asks for an error and does not name it: whoever looks at `none` first finds nobody logged in.
            let right: Vec<_> = ["invalid_request"].into_iter().chain(INTERACTION).collect();
            code(response, Refused::PromptNoneAndLogin, &right)
        },
    ),
    must(
        "authz-error/response-type-code",
        "RFC6749-4.1.2.1",
        "A response type that does not exist is refused with an error that says so",
        "Developers look for the mistake anywhere but in the request.",
        |response| code(response, Refused::UnsupportedResponseType, &["unsupported_response_type", "invalid_request", "unauthorized_client"]),
    ),
    must(
        "authz-error/request-object-code",
        "OIDCC-3.1.2.6",
        "A request object that is not taken is refused with an error that says so",
        "Clients cannot tell that they have to send plain parameters.",
        |response| {
            if response.refused == Refused::RequestUri {
                let right = ["request_uri_not_supported", "invalid_request_uri", "invalid_request_object", "invalid_request"];
                return code(response, Refused::RequestUri, &right);
            }
            code(response, Refused::RequestObject, &["request_not_supported", "invalid_request_object", "invalid_request"])
        },
    ),
    must(
        "authz-error/response-type-missing-code",
        "RFC6749-4.1.2.1",
        "A request without a response type is refused with an error that says so",
        "Developers look for the mistake anywhere but in the request.",
        |response| code(response, Refused::ResponseTypeMissing, &["invalid_request", "unsupported_response_type"]),
    ),
    must(
        "authz-error/repeated-parameter-code",
        "RFC6749-4.1.2.1",
        "A request with a parameter that comes twice, if it is refused, is refused with `invalid_request`",
        "Developers look for the mistake anywhere but in the request.",
        |response| code(response, Refused::Repeated, &["invalid_request"]),
    ),
    must(
        "authz-error/challenge-code",
        "RFC7636-4.4.1",
        "A request without a code challenge, or with one by a method that is not supported, if it is refused, is refused with `invalid_request`",
        "A client cannot tell that it has to send another challenge, and gives up.",
        |response| {
            let refused = if response.refused == Refused::NoChallenge { Refused::NoChallenge } else { Refused::ChallengeMethod };
            code(response, refused, &["invalid_request"])
        },
    ),
    must(
        "authz-error/state-echo",
        "RFC6749-4.1.2.1",
        "The authorization error response returns the `state` as it was sent",
        "The client cannot tell which of its requests failed, and shows nothing at all.",
        |response| {
            let sent = response.request.state().unwrap_or_default();
            let length = sent.chars().count();
            match response.parameter("state") {
                _ if sent.is_empty() => not_applicable("no state was sent"),
                Some(state) if state == sent => pass(format!("the state that was sent, {length} characters")),
                Some(state) => fail(format!("the state that was sent, {length} characters"), format!("state = {}", shorten(state))),
                None => fail("the state that was sent", "no state"),
            }
        },
    ),
    must(
        "authz-error/iss-correct-if-present",
        "RFC9207-2",
        "The `iss` of the authorization error response, if there is one, is the issuer, byte for byte",
        "Clients that defend themselves against mix-up attacks refuse the response.",
        |response| match response.parameter("iss") {
            None => not_applicable("no iss"),
            Some(iss) => same("iss", &response.issuer, iss),
        },
    ),
    must(
        "authz-error/iss-if-promised",
        "RFC9207-2",
        "The authorization error response has an `iss` if the metadata promise one",
        "Clients that rely on the promise refuse the response and never learn of the error.",
        |response| {
            if response.metadata.get(ISS_SUPPORTED) != Some(&Value::Bool(true)) {
                return not_applicable(format!("the metadata do not set {ISS_SUPPORTED} to true"));
            }
            present(response).and_then(|_| match response.parameter("iss") {
                Some(_) => pass("an iss"),
                None => fail("an iss", format!("no iss; parameters: {}", names(response))),
            })
        },
    ),
    should(
        "authz-error/no-code",
        "OIDCC-3.1.2.6",
        "The authorization error response holds no code and no tokens",
        "One client takes it for a failure and another for a login.",
        |response| {
            present(response).and_then(|_| {
                let there: Vec<_> = GRANTED.into_iter().filter(|name| response.parameter(name).is_some()).collect();
                let seen = if there.is_empty() { "neither".to_owned() } else { format!("beside the error: {}", list(&there)) };
                holds(there.is_empty(), "no code and no tokens", seen)
            })
        },
    ),
    should(
        "authz-error/known-parameters",
        "OIDCC-3.1.2.6",
        "The authorization error response holds no parameters that the specifications do not know",
        "What an issuer adds ends up in histories, logs and referrers.",
        |response| {
            const KNOWN: [&str; 6] = ["error", "error_description", "error_uri", "state", "iss", "session_state"];
            present(response).and_then(|_| {
                let is_known = |name: &str| KNOWN.contains(&name) || GRANTED.contains(&name);
                let others: Vec<_> = response.parameters.iter().map(|(name, _)| name.as_str()).filter(|name| !is_known(name)).collect();
                let seen = if others.is_empty() { names(response) } else { format!("also: {}", list(&others)) };
                holds(others.is_empty(), list(&KNOWN), seen)
            })
        },
    ),
    must(
        "authz-error/no-duplicates",
        "RFC6749-3.1",
        "No parameter of the authorization error response comes twice",
        "Two libraries read two different reasons.",
        |response| {
            let mut seen = BTreeSet::new();
            let twice: BTreeSet<_> = response.parameters.iter().map(|(name, _)| name.as_str()).filter(|name| !seen.insert(*name)).collect();
            let told = if twice.is_empty() { names(response) } else { format!("twice: {}", list(&twice.iter().collect::<Vec<_>>())) };
            holds(twice.is_empty(), "each parameter once", told)
        },
    ),
    must(
        "authz-error/in-query",
        "RFC6749-4.1.2.1",
        "The authorization error response of the code flow is in the query of the redirect URI",
        "A client on a server never sees what is in the fragment.",
        |response| {
            // Where the answer to a response type nobody knows belongs, nobody knows either.
            if matches!(response.refused, Refused::UnsupportedResponseType | Refused::ResponseTypeMissing | Refused::ResponseTypeToken) {
                return not_applicable("the response type was not that of the code flow");
            }
            let fragment = response.url.fragment().unwrap_or_default();
            let there = form_urlencoded::parse(fragment.as_bytes()).any(|(name, _)| name == "error");
            present(response)
                .and_then(|_| holds(!there, "the error in the query", if there { "the error in the fragment" } else { "not in the fragment" }))
        },
    ),
    must(
        "authz-error/description-charset",
        "RFC6749-4.1.2.1",
        "The `error_description` of the authorization response is printable ASCII without quotes and backslashes",
        "Line breaks and markup in it end up in clients' logs and pages.",
        |response| text(response, "error_description").and_then(|text| shape::text("error_description", text)),
    ),
    must(
        URI_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error_uri` of the authorization response has the syntax of a URI reference",
        "Nobody can follow it, and strict clients refuse it.",
        |response| text(response, "error_uri").and_then(shape::uri),
    ),
    may(
        "authz-error/error-uri-absolute",
        "RFC6749-4.1.2.1",
        "The `error_uri` of the authorization response is an absolute URI",
        "A client cannot tell what a relative one is relative to.",
        |response| {
            text(response, "error_uri").and_then(|text| if is_broken(&shape::uri(text)) { not_run(URI_CHARSET) } else { shape::absolute_uri(text) })
        },
    ),
    must(
        "authz-error/access-denied-code",
        "RFC6749-4.1.2.1",
        "A refusal by the end-user comes back as `access_denied`",
        "Clients tell the user that something broke, or try again, where the user said no.",
        |response| code(response, Refused::Denied, &["access_denied"]),
    ),
];

fn names(response: &AuthorizationError) -> String {
    list(&response.parameters.iter().map(|(name, _)| name).collect::<Vec<_>>())
}

fn present(response: &AuthorizationError) -> Result<&str, Unmet> {
    response.parameter("error").filter(|error| !error.is_empty()).ok_or_else(|| Unmet::not_run(ERROR_PRESENT))
}

/// Judges the code of a request refused for this reason.
fn code(response: &AuthorizationError, refused: Refused, right: &[&str]) -> Judgement {
    if response.refused != refused {
        return not_applicable("refused for another reason");
    }
    present(response).and_then(|error| match error {
        _ if shape::odd_in_text(error).is_some() => not_run(ERROR_CHARSET),
        "temporarily_unavailable" => not_applicable("error = temporarily_unavailable says nothing about the request"),
        _ => holds(right.contains(&error), format!("error = {}", right.join(" or ")), format!("error = {}", shorten(error))),
    })
}

const GRANTED: [&str; 3] = ["code", "access_token", "id_token"];

fn text<'a>(response: &'a AuthorizationError, name: &str) -> Result<&'a str, Unmet> {
    response.parameter(name).ok_or_else(|| Unmet::not_applicable(format!("no {name}")))
}
