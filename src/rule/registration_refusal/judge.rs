//! The judgements on registrations that ask for what no client may have.

use super::super::expect::{holds, list, media_type, refusal, shorten, show};
use super::super::protected::not_busy;
use super::{ERROR_PRESENT, JSON_OBJECT, NO_SUCH_METHOD, RegistrationRefusal, Wrong};
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};
use url::Url;

pub(super) static RULES: &[Check<RegistrationRefusal>] = &[
    must(
        "registration-error/redirect-fragment",
        "RFC6749-3.1.2",
        "No client is registered for a redirect URI with a fragment",
        "The authorization response is appended to the fragment, where scripts of the page read it and the client's server does not.",
        fragment,
    ),
    must(
        "registration-error/redirect-relative",
        "RFC6749-3.1.2",
        "No client is registered for a relative redirect URI",
        "Authorization codes are sent to the issuer's own pages, or wherever a page of it leads.",
        relative,
    ),
    must(
        "registration-error/redirect-scheme",
        "RFC7591-5",
        "No client is registered for a redirect URI with the scheme javascript or data",
        "Whoever registers runs their script in the issuer's pages, and acts there as the end-user.",
        scheme,
    ),
    must(
        "registration-error/both-key-sets",
        "RFC7591-2",
        "No client is registered with both `jwks` and `jwks_uri`",
        "Nobody can tell which keys count: a key that was withdrawn in one place lives on in the other.",
        |refusal| {
            unless_corrected(refusal, &[Wrong::BothKeySets], "a refusal, or one of the two", |client, _| {
                let has = |name: &str| client.get(name).is_some_and(|value| !value.is_null() && value != "");
                (has("jwks") && has("jwks_uri")).then(|| "jwks and jwks_uri".to_owned())
            })
        },
    ),
    should(
        "registration-error/inconsistent-types",
        "RFC7591-2.1",
        "No client is registered for `response_types` that need a grant it does not have",
        "The client is told that it may ask for codes, and cannot use any.",
        |refusal| {
            unless_corrected(refusal, &[Wrong::Inconsistent], "a refusal, or types that fit", |client, request| {
                let words = |name: &str| -> Vec<String> {
                    let value = client.get(name).filter(|value| !value.is_null()).unwrap_or(&request[name]);
                    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
                };
                let (grants, responses) = (words("grant_types"), words("response_types"));
                let is_odd = responses.iter().any(|kind| kind == "code") && !grants.iter().any(|grant| grant == "authorization_code");
                is_odd.then(|| format!("response_types {} and grant_types {}", list(&responses), list(&grants)))
            })
        },
    ),
    may(
        "registration-error/unknown-auth-method",
        "RFC7591-3.2.2",
        "No client is registered for an authentication method that does not exist",
        "The client cannot authenticate, or, worse, does not have to.",
        |refusal| {
            unless_corrected(refusal, &[Wrong::UnknownMethod], "a refusal, or a method that exists", |client, request| {
                let name = "token_endpoint_auth_method";
                let method = client.get(name).filter(|value| !value.is_null()).unwrap_or(&request[name]);
                (method == NO_SUCH_METHOD).then(|| format!("{name} = {}", show(method)))
            })
        },
    ),
    must(
        "registration-error/http-400",
        "RFC7591-3.2.2",
        "The refusal of client metadata has status 400",
        "Clients take other statuses for trouble on the way, or for a wrong token, and try again.",
        |artefact| refused(artefact).and_then(|()| holds(artefact.response.status == 400, "status 400", refusal(&artefact.response))),
    ),
    must(
        JSON_OBJECT,
        "RFC7591-3.2.2",
        "The refusal of client metadata is a JSON object",
        "Clients fail to parse it, and nobody learns what was wrong.",
        |refusal| {
            refused(refusal).and_then(|()| match refusal.response.json() {
                Ok(Value::Object(body)) => pass(format!("a JSON object: {}", list(&body.keys().collect::<Vec<_>>()))),
                Ok(_) => fail("a JSON object", "JSON that is not an object"),
                Err(why) => fail("a JSON object", shorten(&why)),
            })
        },
    ),
    must(
        "registration-error/content-type-json",
        "RFC7591-3.2.2",
        "The refusal of client metadata is `application/json`",
        "Clients that look at the media type show a parse error where the issuer gave a reason.",
        |refusal| refused(refusal).and_then(|()| media_type(&refusal.response, &["application/json"])),
    ),
    must(
        ERROR_PRESENT,
        "RFC7591-3.2.2",
        "The refusal of client metadata has an `error` that is a string and not empty",
        "Developers cannot tell which kind of mistake they made.",
        |refusal| {
            body(refusal).and_then(|body| {
                let error = body.get("error");
                let seen = error.map_or_else(|| "no error".to_owned(), |error| format!("error = {}", show(error)));
                holds(error.and_then(Value::as_str).is_some_and(|error| !error.is_empty()), "error: a string that is not empty", seen)
            })
        },
    ),
    should(
        "registration-error/error-code",
        "RFC7591-3.2.2",
        "The `error` of refused client metadata is `invalid_redirect_uri` or `invalid_client_metadata`",
        "Developers look for the mistake in their token or in their request where it is in the metadata.",
        |refusal| {
            body(refusal).and_then(|body| match body.get("error").and_then(Value::as_str) {
                None | Some("") => not_run(ERROR_PRESENT),
                Some(error) => {
                    let known = matches!(error, "invalid_redirect_uri" | "invalid_client_metadata");
                    holds(known, "error = invalid_redirect_uri or invalid_client_metadata", format!("error = {}", shorten(error)))
                }
            })
        },
    ),
    may(
        "registration-error/no-credentials",
        "RFC7591-3.2.2",
        "The refusal of client metadata holds no client identifier, secret or token",
        "One client takes it for a failure and another for a success.",
        |refusal| {
            body(refusal).and_then(|body| {
                let names = ["client_id", "client_secret", "registration_access_token"];
                let there: Vec<_> = names.into_iter().filter(|name| body.contains_key(*name)).collect();
                let seen = if there.is_empty() { "none".to_owned() } else { list(&there) };
                holds(there.is_empty(), "an error and nothing of a client", seen)
            })
        },
    ),
    may(
        "registration-error/no-store",
        "RFC7591-3.2.2",
        "The refusal of client metadata forbids caching with `no-store`, as the example does",
        "A refusal kept in a cache outlives its reason.",
        |refusal| {
            refused(refusal).and_then(|()| {
                let seen: Vec<_> = refusal.response.header_all("cache-control").collect();
                let shown = if seen.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", list(&seen)) };
                holds(refusal.response.no_store(), "Cache-Control: no-store", shown)
            })
        },
    ),
];

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
