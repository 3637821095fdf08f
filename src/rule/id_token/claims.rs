//! Judgements on claims that are not times.

use serde_json::{Map, Value};

use super::super::Outcome;
use super::super::expect::{holds, member, no_empty_claims, same, shorten, show, standard_claims};
use super::super::jose::left_half_hash;
use super::super::token_response::Grant;
use super::{IdToken, NOT_NONE, parts};
use crate::observed::authorization_request::AuthorizationRequest;

const AUDIENCE: &str = "id-token/audience";
const SUB_PRESENT: &str = "id-token/sub-present";

pub(super) fn issuer(token: &IdToken) -> Outcome {
    parts(token, |jwt| match jwt.claims.get("iss") {
        Some(Value::String(iss)) => same("iss", &token.issuer, iss),
        other => Outcome::failed(format!("iss = {}", shorten(&token.issuer)), seen("iss", other)),
    })
}

/// The audiences, or `None` if `aud` is neither a string nor an array of strings (RFC 7519 4.1.3).
fn audiences(claims: &Map<String, Value>) -> Option<Vec<&str>> {
    match claims.get("aud")? {
        Value::String(aud) => Some(vec![aud]),
        Value::Array(auds) => auds.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

pub(super) fn audience(token: &IdToken) -> Outcome {
    parts(token, |jwt| {
        let ours = audiences(&jwt.claims).is_some_and(|auds| auds.contains(&token.client_id.as_str()));
        holds(ours, format!("aud: {}, or an array of strings with it", shorten(&token.client_id)), seen("aud", jwt.claims.get("aud")))
    })
}

pub(super) fn aud_no_strangers(token: &IdToken) -> Outcome {
    parts(token, |jwt| {
        let Some(auds) = audiences(&jwt.claims).filter(|auds| auds.contains(&token.client_id.as_str())) else {
            return Outcome::not_run(AUDIENCE);
        };
        let alone = auds.iter().all(|aud| *aud == token.client_id);
        holds(alone, format!("aud: {} alone", shorten(&token.client_id)), seen("aud", jwt.claims.get("aud")))
    })
}

pub(super) fn azp(token: &IdToken) -> Outcome {
    parts(token, |jwt| match member(&jwt.claims, "azp") {
        None => Outcome::not_applicable("no azp"),
        Some(Value::String(azp)) => same("azp", &token.client_id, azp),
        other => Outcome::failed(format!("azp = {}", shorten(&token.client_id)), seen("azp", other)),
    })
}

pub(super) fn sub_present(token: &IdToken) -> Outcome {
    parts(token, |jwt| {
        let sub = jwt.claims.get("sub");
        holds(sub.and_then(Value::as_str).is_some_and(|sub| !sub.is_empty()), "sub: a string that is not empty", seen("sub", sub))
    })
}

fn with_sub(token: &IdToken, judge: impl FnOnce(&str) -> Outcome) -> Outcome {
    parts(token, |jwt| match jwt.claims.get("sub").and_then(Value::as_str) {
        Some(sub) if !sub.is_empty() => judge(sub),
        _ => Outcome::not_run(SUB_PRESENT),
    })
}

pub(super) fn sub_length(token: &IdToken) -> Outcome {
    with_sub(token, |sub| {
        let length = sub.chars().count();
        holds(length <= 255, "at most 255 characters", format!("{length} characters"))
    })
}

pub(super) fn sub_ascii(token: &IdToken) -> Outcome {
    with_sub(token, |sub| match sub.chars().find(|c| !c.is_ascii()) {
        None => Outcome::passed("ASCII"),
        Some(c) => Outcome::failed("ASCII characters", format!("U+{:04X}", u32::from(c))),
    })
}

pub(super) fn nonce(token: &IdToken) -> Outcome {
    parts(token, |jwt| {
        let Some(sent) = token.request.as_deref().and_then(AuthorizationRequest::nonce) else {
            return Outcome::not_applicable("no nonce was sent");
        };
        match member(&jwt.claims, "nonce") {
            // Core 12.2: a refreshed ID token should not have one; if it does, it is the original one.
            None if token.grant == Grant::RefreshToken => Outcome::passed("no nonce, after a refresh"),
            Some(Value::String(nonce)) if nonce == sent => Outcome::passed(format!("the nonce that was sent, {} characters", nonce.chars().count())),
            other => Outcome::failed("the nonce that was sent", seen("nonce", other)),
        }
    })
}

pub(super) fn at_hash_valid(token: &IdToken) -> Outcome {
    parts(token, |jwt| {
        let Some(at_hash) = member(&jwt.claims, "at_hash") else {
            return Outcome::not_applicable("no at_hash: it is optional beside an authorization code");
        };
        let Some(access_token) = &token.access_token else {
            return Outcome::not_applicable("no access token came beside it");
        };
        match jwt.alg() {
            None | Some("none") => Outcome::not_run(NOT_NONE),
            Some(alg) => match left_half_hash(alg, access_token) {
                None => Outcome::not_applicable(format!("the hash of {} is unknown to this build", shorten(alg))),
                Some(hash) => holds(at_hash.as_str() == Some(&hash), format!("at_hash = {hash}"), format!("at_hash = {}", show(at_hash))),
            },
        }
    })
}

pub(super) fn acr_string(token: &IdToken) -> Outcome {
    parts(token, |jwt| match member(&jwt.claims, "acr") {
        None => Outcome::not_applicable("no acr"),
        Some(acr) => holds(acr.is_string(), "acr: a string", format!("acr = {}", show(acr))),
    })
}

pub(super) fn amr_strings(token: &IdToken) -> Outcome {
    parts(token, |jwt| match member(&jwt.claims, "amr") {
        None => Outcome::not_applicable("no amr"),
        Some(amr) => {
            let strings = amr.as_array().is_some_and(|methods| methods.iter().all(Value::is_string));
            holds(strings, "amr: an array of strings", format!("amr = {}", show(amr)))
        }
    })
}

pub(super) fn standard_types(token: &IdToken) -> Outcome {
    parts(token, |jwt| standard_claims(&jwt.claims))
}

pub(super) fn no_empty(token: &IdToken) -> Outcome {
    parts(token, |jwt| no_empty_claims(&jwt.claims))
}

fn seen(name: &str, value: Option<&Value>) -> String {
    value.map_or_else(|| format!("no {name}"), |value| format!("{name} = {}", show(value)))
}
