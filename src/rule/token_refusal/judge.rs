//! The judgements on refused token requests.

use super::super::expect::{holds, list, media_type, member, refusal, shorten, show};
use super::super::protected::not_busy;
use super::super::userinfo_request::challenge;
use super::shape;
use super::{ERROR_CHARSET, ERROR_PRESENT, HEADER_401, HTTP_400, INVALID_CLIENT, JSON_OBJECT, Provocation, STRINGS, TokenRefusal, URI_CHARSET};
use crate::rule::Check;
use crate::rule::expect::{may, must};
use crate::rule::judgement::{Judgement, Unmet, fail, is_broken, not_applicable, not_run, pass};
use crate::rule::token_refusal::REFUSED;
use serde_json::{Map, Value};

/// The rule that says it when a client's own credentials are refused.
const CREDENTIALS: &str = "client-authentication/registered-credentials-work";

pub(super) static RULES: &[Check<TokenRefusal>] = &[
    must(
        REFUSED,
        "RFC6749-5",
        "A token request that is wrong is not answered with success",
        "Whoever guesses gets in, or a client takes nothing for tokens.",
        refused,
    ),
    must(
        HTTP_400,
        "RFC6749-5.2",
        "The refusal of a token request has status 400, or 401",
        "Clients take other statuses for trouble on the way and try again for ever.",
        |artefact| {
            refused_at_all(artefact).and_then(|()| {
                let status = artefact.response.status;
                holds(matches!(status, 400 | 401), "status 400, or 401 with invalid_client", refusal(&artefact.response))
            })
        },
    ),
    must(
        "token-error/http-401-only-invalid-client",
        "RFC6749-5.2",
        "The refusal of a token request has status 401 with the error `invalid_client` only",
        "Clients register anew, or ask for other credentials, when nothing was wrong with theirs.",
        |refusal| {
            refused_at_all(refusal).and_then(|()| {
                if refusal.response.status != 401 {
                    return not_applicable(format!("status {}, not 401", refusal.response.status));
                }
                let error = error(refusal)?;
                if error != "invalid_client" && refusal.provocation.is_failed_authentication() {
                    return not_run(INVALID_CLIENT);
                }
                holds(error == "invalid_client", "status 400, or error = invalid_client", format!("status 401, error = {}", shorten(&error)))
            })
        },
    ),
    must(
        JSON_OBJECT,
        "RFC6749-5.2",
        "The refusal of a token request is a JSON object",
        "Clients fail to parse it, and nobody learns what was wrong.",
        |refusal| {
            refused_at_all(refusal).and_then(|()| match refusal.response.json() {
                Ok(Value::Object(body)) => pass(format!("a JSON object: {}", list(&body.keys().collect::<Vec<_>>()))),
                Ok(_) => fail("a JSON object", "JSON that is not an object"),
                Err(why) => fail("a JSON object", shorten(&why)),
            })
        },
    ),
    must(
        "token-error/content-type-json",
        "RFC6749-5.2",
        "The refusal of a token request is `application/json`",
        "Clients that look at the media type show a parse error where the issuer gave a reason.",
        |refusal| refused_at_all(refusal).and_then(|()| media_type(&refusal.response, &["application/json"])),
    ),
    must(
        ERROR_PRESENT,
        "RFC6749-5.2",
        "The refusal of a token request has an `error` that is a string and not empty",
        "Clients decide by it whether to log the user in again or to give up.",
        |refusal| {
            body(refusal).and_then(|body| {
                let error = body.get("error");
                let seen = error.map_or_else(|| "no error".to_owned(), |error| format!("error = {}", show(error)));
                holds(error.and_then(Value::as_str).is_some_and(|error| !error.is_empty()), "error: a string that is not empty", seen)
            })
        },
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-5.2",
        "The `error` of a refused token request is printable ASCII without quotes and backslashes",
        "Strict clients refuse to read it; careless ones copy it into logs and pages.",
        |refusal| {
            body(refusal).and_then(|body| match body.get("error").and_then(Value::as_str) {
                None | Some("") => not_run(ERROR_PRESENT),
                Some(error) => shape::text("error", error),
            })
        },
    ),
    must(
        STRINGS,
        "RFC6749-5.2",
        "The `error_description` and `error_uri` of a refused token request, if they are there, are strings",
        "Typed libraries fail to parse the whole refusal.",
        |refusal| {
            body(refusal).and_then(|body| {
                let there: Vec<_> = ["error_description", "error_uri"].into_iter().filter_map(|name| Some((name, member(&body, name)?))).collect();
                if there.is_empty() {
                    return not_applicable("neither error_description nor error_uri");
                }
                let seen: Vec<_> = there.iter().map(|(name, value)| format!("{name} = {}", show(value))).collect();
                holds(there.iter().all(|(_, value)| value.is_string()), "strings", list(&seen))
            })
        },
    ),
    must(
        "token-error/description-charset",
        "RFC6749-5.2",
        "The `error_description` of a refused token request is printable ASCII without quotes and backslashes",
        "Line breaks and control characters in it forge lines in clients' logs.",
        |refusal| text(refusal, "error_description").and_then(|text| shape::text("error_description", &text)),
    ),
    may(
        "token-error/description-readable",
        "RFC6749-5.2",
        "The `error_description` of a refused token request is written for people, without stack traces and markup",
        "It tells strangers what the issuer is built of, and developers nothing.",
        |refusal| {
            text(refusal, "error_description").and_then(|text| {
                let found = TRACES.into_iter().find(|trace| text.contains(trace));
                let expected = found.map_or_else(String::new, |trace| format!("a sentence, without {trace:?}"));
                holds(found.is_none(), expected, format!("error_description = {}", shorten(&text)))
            })
        },
    ),
    must(
        URI_CHARSET,
        "RFC6749-5.2",
        "The `error_uri` of a refused token request has the syntax of a URI reference",
        "Nobody can follow it, and strict clients refuse it.",
        |refusal| text(refusal, "error_uri").and_then(|text| shape::uri(&text)),
    ),
    may(
        "token-error/error-uri-absolute",
        "RFC6749-5.2",
        "The `error_uri` of a refused token request is an absolute URI",
        "A client cannot tell what a relative one is relative to.",
        |refusal| {
            text(refusal, "error_uri").and_then(|text| if is_broken(&shape::uri(&text)) { not_run(URI_CHARSET) } else { shape::absolute_uri(&text) })
        },
    ),
    must(
        "token-error/invalid-grant",
        "RFC6749-5.2",
        "A code or refresh token that is unknown, used, or not for this request is refused with `invalid_grant`",
        "Clients do not notice that it is time to log the user in again.",
        invalid_grant,
    ),
    must(
        "token-error/unsupported-grant-type",
        "RFC6749-5.2",
        "A grant type that does not exist is refused with `unsupported_grant_type`",
        "Clients cannot tell a grant the issuer lacks from a mistake of their own.",
        unsupported_grant_type,
    ),
    must(
        "token-error/invalid-request",
        "RFC6749-5.2",
        "A token request that lacks a required parameter is refused with `invalid_request`",
        "Developers look for a bad code or token where a parameter is missing.",
        invalid_request,
    ),
    must(
        INVALID_CLIENT,
        "RFC6749-5.2",
        "A client that fails to authenticate is refused with `invalid_client`",
        "A client whose secret was changed blames its user's login instead.",
        invalid_client,
    ),
    must(
        HEADER_401,
        "RFC6749-5.2",
        "A client that fails to authenticate by the Authorization header is answered with 401",
        "HTTP libraries that wait for 401 never send the right credentials.",
        |refusal| {
            failed_by_header(refusal)
                .and_then(|()| holds(refusal.response.status == 401, "status 401", format!("status {}", refusal.response.status)))
        },
    ),
    must(
        "token-error/challenge-for-header",
        "RFC6749-5.2",
        "The 401 to a client that used the Authorization header names the scheme it used in WWW-Authenticate",
        "A client cannot tell that its credentials are wrong and not its way of sending them.",
        challenge,
    ),
    must(
        "token-error/no-tokens",
        "RFC6749-5",
        "The refusal of a token request holds no tokens",
        "One client takes it for a failure and another for a success.",
        |refusal| {
            body(refusal).and_then(|body| {
                let there: Vec<_> = ["access_token", "refresh_token", "id_token"].into_iter().filter(|name| member(&body, name).is_some()).collect();
                holds(there.is_empty(), "no tokens", if there.is_empty() { "no tokens".to_owned() } else { list(&there) })
            })
        },
    ),
    may(
        "token-error/no-store",
        "RFC6749-5.2",
        "The refusal of a token request forbids caching with `no-store`, as the example does",
        "A refusal kept in a cache outlives its reason.",
        |refusal| {
            refused_at_all(refusal).and_then(|()| {
                let values: Vec<_> = refusal.response.header_all("cache-control").collect();
                holds(refusal.response.no_store(), "Cache-Control: no-store", format!("Cache-Control: {}", list(&values)))
            })
        },
    ),
];

/// Whether there is a refusal to judge; else what to say.
fn refused_at_all(refusal: &TokenRefusal) -> Result<(), Unmet> {
    not_busy(&refusal.response)?;
    if refusal.response.is_success() { not_run(refusal.provocation.rule()) } else { Ok(()) }
}

fn body(refusal: &TokenRefusal) -> Result<Map<String, Value>, Unmet> {
    refused_at_all(refusal)?;
    refusal.response.object().ok_or_else(|| Unmet::not_run(JSON_OBJECT))
}

/// The error code, where it is one that can be compared.
fn error(refusal: &TokenRefusal) -> Result<String, Unmet> {
    match body(refusal)?.get("error").and_then(Value::as_str) {
        None | Some("") => not_run(ERROR_PRESENT),
        Some(error) if shape::odd_in_text(error).is_some() => not_run(ERROR_CHARSET),
        Some(error) => Ok(error.to_owned()),
    }
}

/// A member that is a string.
fn text(refusal: &TokenRefusal, name: &str) -> Result<String, Unmet> {
    match member(&body(refusal)?, name) {
        None => not_applicable(format!("no {name}")),
        Some(value) => value.as_str().map(str::to_owned).ok_or_else(|| Unmet::not_run(STRINGS)),
    }
}

pub(super) fn refused(refusal: &TokenRefusal) -> Judgement {
    if let Err(outcome) = not_busy(&refusal.response) {
        return Err(outcome);
    }
    if matches!(refusal.provocation, Provocation::Attack(_) | Provocation::WiderScope) {
        return not_applicable(format!("an attack: {} judges it", refusal.provocation.rule()));
    }
    if refusal.provocation == Provocation::Elsewhere {
        return not_applicable("another rule is about that");
    }
    let expected = format!("a refusal of {}: status 400 and an error", refusal.provocation.says());
    holds(!refusal.response.is_success(), expected, format!("status {}", refusal.response.status))
}

/// What only programs write: traces of the usual languages, and markup.
const TRACES: [&str; 9] =
    ["Traceback (most recent call", ".java:", ".cs:line", "at System.", "at java.", "node_modules/", "goroutine ", "<html", "<!doctype"];

/// Judges the code of refusals for these reasons. Another that says that the client may not use the grant at all is as true.
fn code(refusal: &TokenRefusal, is_meant: bool, expected: &str, as_true: &[&str]) -> Judgement {
    if !is_meant {
        return not_applicable(format!("refused for another reason: {}", refusal.provocation.says()));
    }
    error(refusal).and_then(|error| {
        if error == "invalid_client" && !refusal.provocation.is_failed_authentication() {
            return not_run(CREDENTIALS);
        }
        if as_true.contains(&error.as_str()) {
            return not_applicable(format!("error = {error}: the client may not use this grant"));
        }
        holds(error == expected, format!("error = {expected} for {}", refusal.provocation.says()), format!("error = {}", shorten(&error)))
    })
}

pub(super) fn invalid_grant(refusal: &TokenRefusal) -> Judgement {
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

pub(super) fn unsupported_grant_type(refusal: &TokenRefusal) -> Judgement {
    code(refusal, refusal.provocation == Provocation::UnsupportedGrant, "unsupported_grant_type", &[])
}

pub(super) fn invalid_request(refusal: &TokenRefusal) -> Judgement {
    let is_meant = matches!(refusal.provocation, Provocation::MissingGrantType | Provocation::MissingCode);
    code(refusal, is_meant, "invalid_request", &["unauthorized_client"])
}

pub(super) fn invalid_client(refusal: &TokenRefusal) -> Judgement {
    code(refusal, refusal.provocation.is_failed_authentication(), "invalid_client", &[])
}

/// Whether this is a client that failed to authenticate by the Authorization header; else what to say.
fn failed_by_header(refusal: &TokenRefusal) -> Result<(), Unmet> {
    if !refusal.by_header {
        return not_applicable("the client did not use the Authorization header");
    }
    match error(refusal)?.as_str() {
        "invalid_client" => {}
        _ if refusal.provocation.is_failed_authentication() => return not_run(INVALID_CLIENT),
        error => return not_applicable(format!("error = {}, not invalid_client", shorten(error))),
    }
    if matches!(refusal.response.status, 400 | 401) { Ok(()) } else { not_run(HTTP_400) }
}

/// The only scheme of a client's secret in the Authorization header is Basic (RFC 6749 2.3.1).
pub(super) fn challenge(refusal: &TokenRefusal) -> Judgement {
    failed_by_header(refusal).and_then(|()| {
        if refusal.response.status != 401 {
            return not_run(HEADER_401);
        }
        let seen: Vec<_> = refusal.response.header_all("www-authenticate").collect();
        let named = seen.iter().any(|value| challenge::names(value, "basic"));
        holds(named, "WWW-Authenticate: Basic …", format!("WWW-Authenticate: {}", list(&seen)))
    })
}
