//! The judgements on registrations that ask for what no client may have.

use super::super::expect::{holds, list, media_type, refusal, shorten, show};
use super::super::protected::not_busy;
use super::{ERROR_PRESENT, JSON_OBJECT, NO_SUCH_METHOD, RegistrationRefusal, Wrong};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};
use url::Url;

/// The client that was registered all the same, if one was.
fn registered(refusal: &RegistrationRefusal, wrong: &[Wrong]) -> Result<Option<Map<String, Value>>, Unmet> {
    if !wrong.contains(&refusal.wrong) {
        return not_applicable(format!("this request has {}", refusal.wrong.says()));
    }
    let response = &refusal.response;
    not_busy(response)?;
    Ok(response.object().filter(|client| response.is_success() && client.contains_key("client_id")))
}

/// Judges the client if there is one: a request that was refused or corrected passes.
fn unless_corrected(
    refusal: &RegistrationRefusal,
    wrong: &[Wrong],
    expected: &str,
    kept: fn(&Map<String, Value>, &Value) -> Option<String>,
) -> Judgement {
    let Some(client) = registered(refusal, wrong)? else { return pass(super::super::expect::refusal(&refusal.response)) };
    match kept(&client, &refusal.request) {
        None => pass("the client is registered without it"),
        Some(seen) => fail(expected, format!("a client is registered with {}", shorten(&seen))),
    }
}

/// The first redirect URI of a client that is one of a kind. A response that leaves the redirect URIs out registered what was asked for.
fn redirect_uri(client: &Map<String, Value>, request: &Value, is_wrong: fn(&str) -> bool) -> Option<String> {
    let uris = client.get("redirect_uris").filter(|uris| !uris.is_null()).unwrap_or(&request["redirect_uris"]);
    uris.as_array()?.iter().filter_map(Value::as_str).find(|uri| is_wrong(uri)).map(|uri| format!("the redirect URI {uri}"))
}

pub(super) fn fragment(refusal: &RegistrationRefusal) -> Judgement {
    unless_corrected(refusal, &[Wrong::Fragment], "a refusal: status 400", |client, request| redirect_uri(client, request, |uri| uri.contains('#')))
}

pub(super) fn relative(refusal: &RegistrationRefusal) -> Judgement {
    unless_corrected(refusal, &[Wrong::Relative], "a refusal: status 400", |client, request| {
        redirect_uri(client, request, |uri| Url::parse(uri) == Err(url::ParseError::RelativeUrlWithoutBase))
    })
}

pub(super) fn scheme(refusal: &RegistrationRefusal) -> Judgement {
    unless_corrected(refusal, &[Wrong::Script, Wrong::Data], "a refusal: status 400", |client, request| {
        redirect_uri(client, request, |uri| Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "javascript" | "data")))
    })
}

pub(super) fn both_key_sets(refusal: &RegistrationRefusal) -> Judgement {
    unless_corrected(refusal, &[Wrong::BothKeySets], "a refusal, or one of the two", |client, _| {
        let has = |name: &str| client.get(name).is_some_and(|value| !value.is_null() && value != "");
        (has("jwks") && has("jwks_uri")).then(|| "jwks and jwks_uri".to_owned())
    })
}

pub(super) fn inconsistent(refusal: &RegistrationRefusal) -> Judgement {
    unless_corrected(refusal, &[Wrong::Inconsistent], "a refusal, or types that fit", |client, request| {
        let words = |name: &str| -> Vec<String> {
            let value = client.get(name).filter(|value| !value.is_null()).unwrap_or(&request[name]);
            value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (grants, responses) = (words("grant_types"), words("response_types"));
        let is_odd = responses.iter().any(|kind| kind == "code") && !grants.iter().any(|grant| grant == "authorization_code");
        is_odd.then(|| format!("response_types {} and grant_types {}", list(&responses), list(&grants)))
    })
}

pub(super) fn unknown_method(refusal: &RegistrationRefusal) -> Judgement {
    unless_corrected(refusal, &[Wrong::UnknownMethod], "a refusal, or a method that exists", |client, request| {
        let name = "token_endpoint_auth_method";
        let method = client.get(name).filter(|value| !value.is_null()).unwrap_or(&request[name]);
        (method == NO_SUCH_METHOD).then(|| format!("{name} = {}", show(method)))
    })
}

/// Whether the metadata was refused, so that there is a refusal to judge; else what to say. A protected endpoint that does not like the token
/// says nothing about the metadata.
fn refused(refusal: &RegistrationRefusal) -> Result<(), Unmet> {
    match refusal.response.status {
        200..300 => not_applicable("the issuer registered a client"),
        401 | 403 => not_applicable("the request was refused for its token"),
        _ => not_busy(&refusal.response),
    }
}

fn body(refusal: &RegistrationRefusal) -> Result<Map<String, Value>, Unmet> {
    refused(refusal)?;
    refusal.response.object().ok_or_else(|| Unmet::not_run(JSON_OBJECT))
}

pub(super) fn http_400(artefact: &RegistrationRefusal) -> Judgement {
    refused(artefact).and_then(|()| holds(artefact.response.status == 400, "status 400", refusal(&artefact.response)))
}

pub(super) fn json_object(refusal: &RegistrationRefusal) -> Judgement {
    refused(refusal).and_then(|()| match refusal.response.json() {
        Ok(Value::Object(body)) => pass(format!("a JSON object: {}", list(&body.keys().collect::<Vec<_>>()))),
        Ok(_) => fail("a JSON object", "JSON that is not an object"),
        Err(why) => fail("a JSON object", shorten(&why)),
    })
}

pub(super) fn content_type(refusal: &RegistrationRefusal) -> Judgement {
    refused(refusal).and_then(|()| media_type(&refusal.response, &["application/json"]))
}

pub(super) fn error_present(refusal: &RegistrationRefusal) -> Judgement {
    body(refusal).and_then(|body| {
        let error = body.get("error");
        let seen = error.map_or_else(|| "no error".to_owned(), |error| format!("error = {}", show(error)));
        holds(error.and_then(Value::as_str).is_some_and(|error| !error.is_empty()), "error: a string that is not empty", seen)
    })
}

pub(super) fn error_code(refusal: &RegistrationRefusal) -> Judgement {
    body(refusal).and_then(|body| match body.get("error").and_then(Value::as_str) {
        None | Some("") => not_run(ERROR_PRESENT),
        Some(error) => {
            let known = matches!(error, "invalid_redirect_uri" | "invalid_client_metadata");
            holds(known, "error = invalid_redirect_uri or invalid_client_metadata", format!("error = {}", shorten(error)))
        }
    })
}

pub(super) fn no_credentials(refusal: &RegistrationRefusal) -> Judgement {
    body(refusal).and_then(|body| {
        let names = ["client_id", "client_secret", "registration_access_token"];
        let there: Vec<_> = names.into_iter().filter(|name| body.contains_key(*name)).collect();
        let seen = if there.is_empty() { "none".to_owned() } else { list(&there) };
        holds(there.is_empty(), "an error and nothing of a client", seen)
    })
}

pub(super) fn no_store(refusal: &RegistrationRefusal) -> Judgement {
    refused(refusal).and_then(|()| {
        let seen: Vec<_> = refusal.response.header_all("cache-control").collect();
        let shown = if seen.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", list(&seen)) };
        holds(refusal.response.no_store(), "Cache-Control: no-store", shown)
    })
}
