//! The judgements on authorization error responses.

use std::collections::BTreeSet;

use serde_json::Value;
use url::form_urlencoded;

use super::super::Outcome;
use super::super::expect::{holds, list, same, shorten};
use super::super::token_refusal::shape;
use super::{AuthorizationError, ERROR_CHARSET, ERROR_PRESENT, Refused, URI_CHARSET};

const ISS_SUPPORTED: &str = "authorization_response_iss_parameter_supported";

/// The errors that say that the end-user has to do something (OpenID Connect Core 3.1.2.6).
const INTERACTION: [&str; 4] = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

fn settle(judged: Result<Outcome, Outcome>) -> Outcome {
    judged.unwrap_or_else(|outcome| outcome)
}

fn names(response: &AuthorizationError) -> String {
    list(&response.parameters.iter().map(|(name, _)| name).collect::<Vec<_>>())
}

fn present(response: &AuthorizationError) -> Result<&str, Outcome> {
    response.parameter("error").filter(|error| !error.is_empty()).ok_or_else(|| Outcome::not_run(ERROR_PRESENT))
}

pub(super) fn error_present(response: &AuthorizationError) -> Outcome {
    match response.parameter("error") {
        Some("") => Outcome::failed("an error", "an empty error"),
        Some(error) => Outcome::passed(format!("error = {}", shorten(error))),
        None => Outcome::failed("an error", format!("no error; parameters: {}", names(response))),
    }
}

pub(super) fn error_charset(response: &AuthorizationError) -> Outcome {
    settle(present(response).map(|error| shape::text("error", error)))
}

/// Judges the code of a request refused for this reason.
fn code(response: &AuthorizationError, refused: Refused, right: &[&str]) -> Outcome {
    if response.refused != refused {
        return Outcome::not_applicable("refused for another reason");
    }
    settle(present(response).map(|error| match error {
        _ if shape::odd_in_text(error).is_some() => Outcome::not_run(ERROR_CHARSET),
        "temporarily_unavailable" => Outcome::not_applicable("error = temporarily_unavailable says nothing about the request"),
        _ => holds(right.contains(&error), format!("error = {}", right.join(" or ")), format!("error = {}", shorten(error))),
    }))
}

pub(super) fn prompt_none_code(response: &AuthorizationError) -> Outcome {
    code(response, Refused::PromptNoneNotLoggedIn, &INTERACTION)
}

/// The text asks for an error and does not name it: whoever looks at `none` first finds nobody logged in.
pub(super) fn prompt_conflict_code(response: &AuthorizationError) -> Outcome {
    let right: Vec<_> = ["invalid_request"].into_iter().chain(INTERACTION).collect();
    code(response, Refused::PromptNoneAndLogin, &right)
}

pub(super) fn response_type_code(response: &AuthorizationError) -> Outcome {
    code(response, Refused::UnsupportedResponseType, &["unsupported_response_type", "invalid_request", "unauthorized_client"])
}

pub(super) fn request_object_code(response: &AuthorizationError) -> Outcome {
    if response.refused == Refused::RequestUri {
        let right = ["request_uri_not_supported", "invalid_request_uri", "invalid_request_object", "invalid_request"];
        return code(response, Refused::RequestUri, &right);
    }
    code(response, Refused::RequestObject, &["request_not_supported", "invalid_request_object", "invalid_request"])
}

pub(super) fn access_denied_code(response: &AuthorizationError) -> Outcome {
    code(response, Refused::Denied, &["access_denied"])
}

pub(super) fn response_type_missing_code(response: &AuthorizationError) -> Outcome {
    code(response, Refused::ResponseTypeMissing, &["invalid_request", "unsupported_response_type"])
}

pub(super) fn repeated_code(response: &AuthorizationError) -> Outcome {
    code(response, Refused::Repeated, &["invalid_request"])
}

pub(super) fn challenge_code(response: &AuthorizationError) -> Outcome {
    let refused = if response.refused == Refused::NoChallenge { Refused::NoChallenge } else { Refused::ChallengeMethod };
    code(response, refused, &["invalid_request"])
}

pub(super) fn state_echo(response: &AuthorizationError) -> Outcome {
    let sent = response.request.state().unwrap_or_default();
    let length = sent.chars().count();
    match response.parameter("state") {
        _ if sent.is_empty() => Outcome::not_applicable("no state was sent"),
        Some(state) if state == sent => Outcome::passed(format!("the state that was sent, {length} characters")),
        Some(state) => Outcome::failed(format!("the state that was sent, {length} characters"), format!("state = {}", shorten(state))),
        None => Outcome::failed("the state that was sent", "no state"),
    }
}

pub(super) fn iss_correct(response: &AuthorizationError) -> Outcome {
    match response.parameter("iss") {
        None => Outcome::not_applicable("no iss"),
        Some(iss) => same("iss", &response.issuer, iss),
    }
}

pub(super) fn iss_if_promised(response: &AuthorizationError) -> Outcome {
    if response.metadata.get(ISS_SUPPORTED) != Some(&Value::Bool(true)) {
        return Outcome::not_applicable(format!("the metadata do not set {ISS_SUPPORTED} to true"));
    }
    settle(present(response).map(|_| match response.parameter("iss") {
        Some(_) => Outcome::passed("an iss"),
        None => Outcome::failed("an iss", format!("no iss; parameters: {}", names(response))),
    }))
}

const GRANTED: [&str; 3] = ["code", "access_token", "id_token"];

pub(super) fn no_code(response: &AuthorizationError) -> Outcome {
    settle(present(response).map(|_| {
        let there: Vec<_> = GRANTED.into_iter().filter(|name| response.parameter(name).is_some()).collect();
        let seen = if there.is_empty() { "neither".to_owned() } else { format!("beside the error: {}", list(&there)) };
        holds(there.is_empty(), "no code and no tokens", seen)
    }))
}

pub(super) fn known_parameters(response: &AuthorizationError) -> Outcome {
    const KNOWN: [&str; 6] = ["error", "error_description", "error_uri", "state", "iss", "session_state"];
    settle(present(response).map(|_| {
        let is_known = |name: &str| KNOWN.contains(&name) || GRANTED.contains(&name);
        let others: Vec<_> = response.parameters.iter().map(|(name, _)| name.as_str()).filter(|name| !is_known(name)).collect();
        let seen = if others.is_empty() { names(response) } else { format!("also: {}", list(&others)) };
        holds(others.is_empty(), list(&KNOWN), seen)
    }))
}

pub(super) fn no_duplicates(response: &AuthorizationError) -> Outcome {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<_> = response.parameters.iter().map(|(name, _)| name.as_str()).filter(|name| !seen.insert(*name)).collect();
    let told = if twice.is_empty() { names(response) } else { format!("twice: {}", list(&twice.iter().collect::<Vec<_>>())) };
    holds(twice.is_empty(), "each parameter once", told)
}

/// Where the answer to a response type nobody knows belongs, nobody knows either.
pub(super) fn in_query(response: &AuthorizationError) -> Outcome {
    if matches!(response.refused, Refused::UnsupportedResponseType | Refused::ResponseTypeMissing | Refused::ResponseTypeToken) {
        return Outcome::not_applicable("the response type was not that of the code flow");
    }
    let fragment = response.url.fragment().unwrap_or_default();
    let there = form_urlencoded::parse(fragment.as_bytes()).any(|(name, _)| name == "error");
    settle(
        present(response).map(|_| holds(!there, "the error in the query", if there { "the error in the fragment" } else { "not in the fragment" })),
    )
}

fn text<'a>(response: &'a AuthorizationError, name: &str) -> Result<&'a str, Outcome> {
    response.parameter(name).ok_or_else(|| Outcome::not_applicable(format!("no {name}")))
}

pub(super) fn description_charset(response: &AuthorizationError) -> Outcome {
    settle(text(response, "error_description").map(|text| shape::text("error_description", text)))
}

pub(super) fn uri_charset(response: &AuthorizationError) -> Outcome {
    settle(text(response, "error_uri").map(shape::uri))
}

pub(super) fn uri_absolute(response: &AuthorizationError) -> Outcome {
    settle(
        text(response, "error_uri").map(|text| if shape::uri(text).is_failed() { Outcome::not_run(URI_CHARSET) } else { shape::absolute_uri(text) }),
    )
}
