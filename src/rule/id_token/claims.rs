//! Judgements on claims that are not times.

use super::super::expect::{holds, member, no_empty_claims, same, shorten, show, standard_claims};
use super::super::jose::left_half_hash;
use super::super::token_response::Grant;
use super::{IdToken, NOT_NONE, parts};
use crate::observed::authorization_request::AuthorizationRequest;
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

const AUDIENCE: &str = "id-token/audience";
const SUB_PRESENT: &str = "id-token/sub-present";

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        "id-token/issuer",
        "OIDCC-3.1.3.7-2",
        "The `iss` of the ID token is the issuer, byte for byte",
        "Relying parties refuse the token, or believe one issuer's tokens about another's users.",
        issuer,
    ),
    must(
        "id-token/audience",
        "OIDCC-3.1.3.7-3",
        "The `aud` of the ID token names the client",
        "A token made for another client would log its user in here.",
        audience,
    ),
    should(
        "id-token/aud-no-strangers",
        "OIDCC-3.1.3.7-3",
        "The `aud` of the ID token names nobody but the client",
        "A relying party refuses a token for audiences it does not trust: each of them could replay it.",
        |token| {
            parts(token, |jwt| {
                let Some(auds) = audiences(&jwt.claims).filter(|auds| auds.contains(&token.client_id.as_str())) else {
                    return not_run(AUDIENCE);
                };
                let alone = auds.iter().all(|aud| *aud == token.client_id);
                holds(alone, format!("aud: {} alone", shorten(&token.client_id)), seen("aud", jwt.claims.get("aud")))
            })
        },
    ),
    should(
        "id-token/azp",
        "OIDCC-3.1.3.7-5",
        "The `azp` of the ID token, if there is one, is the client",
        "Libraries that check it refuse the token as issued to somebody else.",
        azp,
    ),
    must(
        "id-token/sub-present",
        "OIDCC-2",
        "The ID token has a `sub` that is a string and not empty",
        "The relying party does not learn who logged in.",
        |token| {
            parts(token, |jwt| {
                let sub = jwt.claims.get("sub");
                holds(sub.and_then(Value::as_str).is_some_and(|sub| !sub.is_empty()), "sub: a string that is not empty", seen("sub", sub))
            })
        },
    ),
    must(
        "id-token/sub-length",
        "OIDCC-2",
        "The `sub` of the ID token has at most 255 characters",
        "Relying parties cut it to their column's width, and two users may become one.",
        |token| {
            with_sub(token, |sub| {
                let length = sub.chars().count();
                holds(length <= 255, "at most 255 characters", format!("{length} characters"))
            })
        },
    ),
    must(
        "id-token/sub-ascii",
        "OIDCC-2",
        "The `sub` of the ID token is ASCII",
        "Normalization of other characters makes one user two, or two users one.",
        |token| {
            with_sub(token, |sub| match sub.chars().find(|c| !c.is_ascii()) {
                None => pass("ASCII"),
                Some(c) => fail("ASCII characters", format!("U+{:04X}", u32::from(c))),
            })
        },
    ),
];

pub(super) fn issuer(token: &IdToken) -> Judgement {
    parts(token, |jwt| match jwt.claims.get("iss") {
        Some(Value::String(iss)) => same("iss", &token.issuer, iss),
        other => fail(format!("iss = {}", shorten(&token.issuer)), seen("iss", other)),
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

pub(super) fn audience(token: &IdToken) -> Judgement {
    parts(token, |jwt| {
        let ours = audiences(&jwt.claims).is_some_and(|auds| auds.contains(&token.client_id.as_str()));
        holds(ours, format!("aud: {}, or an array of strings with it", shorten(&token.client_id)), seen("aud", jwt.claims.get("aud")))
    })
}

pub(super) fn azp(token: &IdToken) -> Judgement {
    parts(token, |jwt| match member(&jwt.claims, "azp") {
        None => not_applicable("no azp"),
        Some(Value::String(azp)) => same("azp", &token.client_id, azp),
        other => fail(format!("azp = {}", shorten(&token.client_id)), seen("azp", other)),
    })
}

fn with_sub(token: &IdToken, judge: impl FnOnce(&str) -> Judgement) -> Judgement {
    parts(token, |jwt| match jwt.claims.get("sub").and_then(Value::as_str) {
        Some(sub) if !sub.is_empty() => judge(sub),
        _ => not_run(SUB_PRESENT),
    })
}

pub(super) fn nonce(token: &IdToken) -> Judgement {
    parts(token, |jwt| {
        let Some(sent) = token.request.as_deref().and_then(AuthorizationRequest::nonce) else {
            return not_applicable("no nonce was sent");
        };
        match member(&jwt.claims, "nonce") {
            // Core 12.2: a refreshed ID token should not have one; if it does, it is the original one.
            None if token.grant == Grant::RefreshToken => pass("no nonce, after a refresh"),
            Some(Value::String(nonce)) if nonce == sent => pass(format!("the nonce that was sent, {} characters", nonce.chars().count())),
            other => fail("the nonce that was sent", seen("nonce", other)),
        }
    })
}

fn seen(name: &str, value: Option<&Value>) -> String {
    value.map_or_else(|| format!("no {name}"), |value| format!("{name} = {}", show(value)))
}

pub(super) static RULES_2: &[Check<IdToken>] = &[
    must(
        "id-token/nonce",
        "OIDCC-3.1.3.7-11",
        "The `nonce` of the ID token is the one that was sent; after a refresh it may be left out",
        "The relying party cannot tell its own login from a replayed one, and refuses it.",
        nonce,
    ),
    must(
        "id-token/at-hash-valid",
        "OIDCC-3.1.3.6",
        "The `at_hash` of the ID token, if there is one, is the hash of the access token beside it",
        "Libraries that check it refuse the response as mixed from two.",
        |token| {
            parts(token, |jwt| {
                let Some(at_hash) = member(&jwt.claims, "at_hash") else {
                    return not_applicable("no at_hash: it is optional beside an authorization code");
                };
                let Some(access_token) = &token.access_token else {
                    return not_applicable("no access token came beside it");
                };
                match jwt.alg() {
                    None | Some("none") => not_run(NOT_NONE),
                    Some(alg) => match left_half_hash(alg, access_token) {
                        None => not_applicable(format!("the hash of {} is unknown to this build", shorten(alg))),
                        Some(hash) => holds(at_hash.as_str() == Some(&hash), format!("at_hash = {hash}"), format!("at_hash = {}", show(at_hash))),
                    },
                }
            })
        },
    ),
    must(
        "id-token/acr-string",
        "OIDCC-2",
        "The `acr` of the ID token, if there is one, is a string",
        "Libraries fail to parse the token.",
        |token| {
            parts(token, |jwt| match member(&jwt.claims, "acr") {
                None => not_applicable("no acr"),
                Some(acr) => holds(acr.is_string(), "acr: a string", format!("acr = {}", show(acr))),
            })
        },
    ),
    must(
        "id-token/amr-strings",
        "OIDCC-2",
        "The `amr` of the ID token, if there is one, is an array of strings",
        "Libraries fail to parse the token: a single string in place of the array is the usual slip.",
        |token| {
            parts(token, |jwt| match member(&jwt.claims, "amr") {
                None => not_applicable("no amr"),
                Some(amr) => {
                    let strings = amr.as_array().is_some_and(|methods| methods.iter().all(Value::is_string));
                    holds(strings, "amr: an array of strings", format!("amr = {}", show(amr)))
                }
            })
        },
    ),
    must(
        "id-token/claims-types",
        "OIDCC-5.1",
        "The standard claims in the ID token have the JSON types they are defined with",
        "Typed libraries refuse the whole token for one boolean written as a string.",
        |token| parts(token, |jwt| standard_claims(&jwt.claims)),
    ),
    may(
        "id-token/no-empty-claims",
        "OIDCC-5.3.2",
        "The ID token leaves out claims it has no value for, as userinfo does",
        "Relying parties store null or nothing as somebody's name.",
        |token| parts(token, |jwt| no_empty_claims(&jwt.claims)),
    ),
];
