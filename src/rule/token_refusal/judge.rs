//! The judgements on refused token requests.

use serde_json::{Map, Value};

use super::super::Outcome;
use super::super::expect::{holds, list, media_type, member, refusal, shorten, show};
use super::super::protected::not_busy;
use super::super::userinfo_request::challenge;
use super::shape;
use super::{ERROR_CHARSET, ERROR_PRESENT, HEADER_401, HTTP_400, INVALID_CLIENT, JSON_OBJECT, Provocation, STRINGS, TokenRefusal, URI_CHARSET};

/// The rule that says it when a client's own credentials are refused.
const CREDENTIALS: &str = "client-authentication/registered-credentials-work";

/// Whether there is a refusal to judge; else what to say.
fn refused_at_all(refusal: &TokenRefusal) -> Result<(), Outcome> {
    not_busy(&refusal.response)?;
    if refusal.response.is_success() { Err(Outcome::not_run(refusal.provocation.rule())) } else { Ok(()) }
}

fn settle(judged: Result<Outcome, Outcome>) -> Outcome {
    judged.unwrap_or_else(|outcome| outcome)
}

fn body(refusal: &TokenRefusal) -> Result<Map<String, Value>, Outcome> {
    refused_at_all(refusal)?;
    refusal.response.object().ok_or_else(|| Outcome::not_run(JSON_OBJECT))
}

/// The error code, where it is one that can be compared.
fn error(refusal: &TokenRefusal) -> Result<String, Outcome> {
    match body(refusal)?.get("error").and_then(Value::as_str) {
        None | Some("") => Err(Outcome::not_run(ERROR_PRESENT)),
        Some(error) if shape::odd_in_text(error).is_some() => Err(Outcome::not_run(ERROR_CHARSET)),
        Some(error) => Ok(error.to_owned()),
    }
}

/// A member that is a string.
fn text(refusal: &TokenRefusal, name: &str) -> Result<String, Outcome> {
    match member(&body(refusal)?, name) {
        None => Err(Outcome::not_applicable(format!("no {name}"))),
        Some(value) => value.as_str().map(str::to_owned).ok_or_else(|| Outcome::not_run(STRINGS)),
    }
}

pub(super) fn refused(refusal: &TokenRefusal) -> Outcome {
    if let Err(outcome) = not_busy(&refusal.response) {
        return outcome;
    }
    if matches!(refusal.provocation, Provocation::Attack(_) | Provocation::WiderScope) {
        return Outcome::not_applicable(format!("an attack: {} judges it", refusal.provocation.rule()));
    }
    if refusal.provocation == Provocation::Elsewhere {
        return Outcome::not_applicable("another rule is about that");
    }
    let expected = format!("a refusal of {}: status 400 and an error", refusal.provocation.says());
    holds(!refusal.response.is_success(), expected, format!("status {}", refusal.response.status))
}

pub(super) fn http_400(artefact: &TokenRefusal) -> Outcome {
    settle(refused_at_all(artefact).map(|()| {
        let status = artefact.response.status;
        holds(matches!(status, 400 | 401), "status 400, or 401 with invalid_client", refusal(&artefact.response))
    }))
}

pub(super) fn only_invalid_client(refusal: &TokenRefusal) -> Outcome {
    settle(refused_at_all(refusal).and_then(|()| {
        if refusal.response.status != 401 {
            return Err(Outcome::not_applicable(format!("status {}, not 401", refusal.response.status)));
        }
        let error = error(refusal)?;
        if error != "invalid_client" && refusal.provocation.is_failed_authentication() {
            return Err(Outcome::not_run(INVALID_CLIENT));
        }
        Ok(holds(error == "invalid_client", "status 400, or error = invalid_client", format!("status 401, error = {}", shorten(&error))))
    }))
}

pub(super) fn json_object(refusal: &TokenRefusal) -> Outcome {
    settle(refused_at_all(refusal).map(|()| match refusal.response.json() {
        Ok(Value::Object(body)) => Outcome::passed(format!("a JSON object: {}", list(&body.keys().collect::<Vec<_>>()))),
        Ok(_) => Outcome::failed("a JSON object", "JSON that is not an object"),
        Err(why) => Outcome::failed("a JSON object", shorten(&why)),
    }))
}

pub(super) fn content_type(refusal: &TokenRefusal) -> Outcome {
    settle(refused_at_all(refusal).map(|()| media_type(&refusal.response, &["application/json"])))
}

pub(super) fn error_present(refusal: &TokenRefusal) -> Outcome {
    settle(body(refusal).map(|body| {
        let error = body.get("error");
        let seen = error.map_or_else(|| "no error".to_owned(), |error| format!("error = {}", show(error)));
        holds(error.and_then(Value::as_str).is_some_and(|error| !error.is_empty()), "error: a string that is not empty", seen)
    }))
}

pub(super) fn error_charset(refusal: &TokenRefusal) -> Outcome {
    settle(body(refusal).map(|body| match body.get("error").and_then(Value::as_str) {
        None | Some("") => Outcome::not_run(ERROR_PRESENT),
        Some(error) => shape::text("error", error),
    }))
}

pub(super) fn members_strings(refusal: &TokenRefusal) -> Outcome {
    settle(body(refusal).map(|body| {
        let there: Vec<_> = ["error_description", "error_uri"].into_iter().filter_map(|name| Some((name, member(&body, name)?))).collect();
        if there.is_empty() {
            return Outcome::not_applicable("neither error_description nor error_uri");
        }
        let seen: Vec<_> = there.iter().map(|(name, value)| format!("{name} = {}", show(value))).collect();
        holds(there.iter().all(|(_, value)| value.is_string()), "strings", list(&seen))
    }))
}

pub(super) fn description_charset(refusal: &TokenRefusal) -> Outcome {
    settle(text(refusal, "error_description").map(|text| shape::text("error_description", &text)))
}

/// What only programs write: traces of the usual languages, and markup.
const TRACES: [&str; 9] =
    ["Traceback (most recent call", ".java:", ".cs:line", "at System.", "at java.", "node_modules/", "goroutine ", "<html", "<!doctype"];

pub(super) fn description_readable(refusal: &TokenRefusal) -> Outcome {
    settle(text(refusal, "error_description").map(|text| {
        let found = TRACES.into_iter().find(|trace| text.contains(trace));
        let expected = found.map_or_else(String::new, |trace| format!("a sentence, without {trace:?}"));
        holds(found.is_none(), expected, format!("error_description = {}", shorten(&text)))
    }))
}

pub(super) fn uri_charset(refusal: &TokenRefusal) -> Outcome {
    settle(text(refusal, "error_uri").map(|text| shape::uri(&text)))
}

pub(super) fn uri_absolute(refusal: &TokenRefusal) -> Outcome {
    settle(text(refusal, "error_uri").map(
        |text| {
            if shape::uri(&text).is_failed() { Outcome::not_run(URI_CHARSET) } else { shape::absolute_uri(&text) }
        },
    ))
}

/// Judges the code of refusals for these reasons. Another that says that the client may not use the grant at all is as true.
fn code(refusal: &TokenRefusal, is_meant: bool, expected: &str, as_true: &[&str]) -> Outcome {
    if !is_meant {
        return Outcome::not_applicable(format!("refused for another reason: {}", refusal.provocation.says()));
    }
    settle(error(refusal).map(|error| {
        if error == "invalid_client" && !refusal.provocation.is_failed_authentication() {
            return Outcome::not_run(CREDENTIALS);
        }
        if as_true.contains(&error.as_str()) {
            return Outcome::not_applicable(format!("error = {error}: the client may not use this grant"));
        }
        holds(error == expected, format!("error = {expected} for {}", refusal.provocation.says()), format!("error = {}", shorten(&error)))
    }))
}

pub(super) fn invalid_grant(refusal: &TokenRefusal) -> Outcome {
    let as_true: &[&str] = match refusal.provocation {
        Provocation::UnknownRefreshToken => &["unauthorized_client", "unsupported_grant_type"],
        _ => &["unauthorized_client"],
    };
    let is_meant = match refusal.provocation {
        Provocation::Attack(attack) => attack.is_invalid_grant(),
        other => matches!(other, Provocation::UnknownCode | Provocation::UnknownRefreshToken),
    };
    code(refusal, is_meant, "invalid_grant", as_true)
}

pub(super) fn unsupported_grant_type(refusal: &TokenRefusal) -> Outcome {
    code(refusal, refusal.provocation == Provocation::UnsupportedGrant, "unsupported_grant_type", &[])
}

pub(super) fn invalid_request(refusal: &TokenRefusal) -> Outcome {
    let is_meant = matches!(refusal.provocation, Provocation::MissingGrantType | Provocation::MissingCode);
    code(refusal, is_meant, "invalid_request", &["unauthorized_client"])
}

pub(super) fn invalid_client(refusal: &TokenRefusal) -> Outcome {
    code(refusal, refusal.provocation.is_failed_authentication(), "invalid_client", &[])
}

/// Whether this is a client that failed to authenticate by the Authorization header; else what to say.
fn failed_by_header(refusal: &TokenRefusal) -> Result<(), Outcome> {
    if !refusal.by_header {
        return Err(Outcome::not_applicable("the client did not use the Authorization header"));
    }
    match error(refusal)?.as_str() {
        "invalid_client" => {}
        _ if refusal.provocation.is_failed_authentication() => return Err(Outcome::not_run(INVALID_CLIENT)),
        error => return Err(Outcome::not_applicable(format!("error = {}, not invalid_client", shorten(error)))),
    }
    if matches!(refusal.response.status, 400 | 401) { Ok(()) } else { Err(Outcome::not_run(HTTP_400)) }
}

pub(super) fn header_401(refusal: &TokenRefusal) -> Outcome {
    settle(failed_by_header(refusal).map(|()| holds(refusal.response.status == 401, "status 401", format!("status {}", refusal.response.status))))
}

/// The only scheme of a client's secret in the Authorization header is Basic (RFC 6749 2.3.1).
pub(super) fn challenge(refusal: &TokenRefusal) -> Outcome {
    settle(failed_by_header(refusal).map(|()| {
        if refusal.response.status != 401 {
            return Outcome::not_run(HEADER_401);
        }
        let seen: Vec<_> = refusal.response.header_all("www-authenticate").collect();
        let named = seen.iter().any(|value| challenge::names(value, "basic"));
        holds(named, "WWW-Authenticate: Basic …", format!("WWW-Authenticate: {}", list(&seen)))
    }))
}

pub(super) fn no_tokens(refusal: &TokenRefusal) -> Outcome {
    settle(body(refusal).map(|body| {
        let there: Vec<_> = ["access_token", "refresh_token", "id_token"].into_iter().filter(|name| member(&body, name).is_some()).collect();
        holds(there.is_empty(), "no tokens", if there.is_empty() { "no tokens".to_owned() } else { list(&there) })
    }))
}

pub(super) fn no_store(refusal: &TokenRefusal) -> Outcome {
    settle(refused_at_all(refusal).map(|()| {
        let values: Vec<_> = refusal.response.header_all("cache-control").collect();
        holds(refusal.response.no_store(), "Cache-Control: no-store", format!("Cache-Control: {}", list(&values)))
    }))
}
