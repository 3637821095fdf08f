//! Rules about the other claims: what ties the token to its request and response, how the user was authenticated, and who it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{IdToken, NOT_NONE};
use crate::observed::authorization_request::AuthorizationRequest;
use crate::rule::Check;
use crate::rule::expect::{
    holds, may, member, must, optional, optional_string, optional_strings, seen, shorten, should, show, standard_claims, without,
};
use crate::rule::jose::left_half_hash;
use crate::rule::judgement::{fail, not_applicable, not_run, pass};
use crate::rule::token_response::Grant;
use crate::rule::userinfo::formats;

pub(super) static RULES: &[Check<IdToken>] = &[
    must(
        "id-token/nonce",
        "OIDCC-2",
        "The `nonce` of the ID token is the one that was sent; after a refresh it may be left out",
        "The relying party cannot tell its own login from a replayed one, and refuses it.",
        "",
        |token| {
            let claims = token.claims()?;
            let Some(sent) = token.request.as_deref().and_then(AuthorizationRequest::nonce) else { return not_applicable("no nonce was sent") };
            match member(claims, "nonce") {
                // Core 12.2: a refreshed ID token should not have one; if it does, it is the original one.
                None if token.grant == Grant::RefreshToken => pass("no nonce, after a refresh"),
                Some(Value::String(nonce)) if nonce == sent => pass(format!("the nonce that was sent, {} characters", nonce.chars().count())),
                other => fail("the nonce that was sent", seen("nonce", other)),
            }
        },
    ),
    must(
        "id-token/at-hash-valid",
        "OIDCC-3.1.3.6",
        "The `at_hash` of the ID token, if there is one, is the hash of the access token beside it",
        "Libraries that check it refuse the response as mixed from two.",
        "",
        |token| {
            let jwt = token.jwt()?;
            let Some(at_hash) = member(&jwt.claims, "at_hash") else {
                return not_applicable("no at_hash: it is optional beside an authorization code");
            };
            let Some(access_token) = &token.access_token else { return not_applicable("no access token came beside it") };
            let Some(alg) = jwt.alg().filter(|alg| *alg != "none") else { return not_run(NOT_NONE) };
            let Some(hash) = left_half_hash(alg, access_token) else {
                return not_applicable(format!("the hash of {} is unknown to this build", shorten(alg)));
            };
            holds(at_hash.as_str() == Some(&hash), format!("at_hash = {hash}"), format!("at_hash = {}", show(at_hash)))
        },
    ),
    must(
        "id-token/acr-string",
        "OIDCC-2",
        "The `acr` of the ID token, if there is one, is a string",
        "Libraries fail to parse the token.",
        "",
        |token| optional_string(token.claims()?, "acr"),
    ),
    must(
        "id-token/amr-strings",
        "OIDCC-2",
        "The `amr` of the ID token, if there is one, is an array of strings",
        "Libraries fail to parse the token: a single string in place of the array is the usual slip.",
        "",
        |token| optional_strings(token.claims()?, "amr"),
    ),
    must(
        "id-token/claims-types",
        "OIDCC-5.1",
        "The standard claims in the ID token have the JSON types they are defined with",
        "Typed libraries refuse the whole token for one boolean written as a string.",
        "",
        |token| standard_claims(token.claims()?),
    ),
    should(
        "id-token/no-null-claims",
        "OIDCC-2",
        "The ID token leaves out claims that have no value, and none of its claims is null",
        "Relying parties store null as somebody's name, and typed libraries refuse the token.",
        "",
        |token| without(token.claims()?, "null", Value::is_null),
    ),
    // The sentence about an empty string is of userinfo.
    may(
        "id-token/no-empty-claims",
        "OIDCC-5.3.2",
        "No claim of the ID token is an empty string, as none of userinfo is",
        "Relying parties store nothing as somebody's name.",
        "",
        |token| without(token.claims()?, "empty", |value| value == ""),
    ),
    must(
        "id-token/jti-string",
        "RFC7519-4.1.7",
        "The `jti` of the ID token, if there is one, is a string",
        "Libraries fail to parse the token.",
        "",
        |token| optional_string(token.claims()?, "jti"),
    ),
    // The code is not known here; but what has another length is the hash of no code.
    must(
        "id-token/c-hash-form",
        "OIDCC-3.3.2.11",
        "The `c_hash` of the ID token, if there is one, is half a hash of its algorithm in base64url",
        "Libraries that check it refuse the response.",
        "",
        |token| {
            let jwt = token.jwt()?;
            let c_hash = optional(&jwt.claims, "c_hash")?;
            let Some(alg) = jwt.alg().filter(|alg| *alg != "none") else { return not_run(NOT_NONE) };
            let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().map(|hash| hash.len());
            let Some(expected) = left_half_hash(alg, "").and_then(|hash| octets(&hash)) else {
                return not_applicable("the hash of the algorithm is unknown to this build");
            };
            let is_half_a_hash = c_hash.as_str().and_then(octets) == Some(expected);
            holds(is_half_a_hash, format!("c_hash: {expected} octets in base64url"), format!("c_hash = {}", show(c_hash)))
        },
    ),
    must(
        "id-token/birthdate-format",
        "OIDCC-5.1",
        "The `birthdate` of the ID token, if there is one, is a date as YYYY-MM-DD or a year as YYYY",
        "The relying party takes the day for the month, or stores nothing.",
        "",
        |token| formats::birthdate(token.claims()?),
    ),
    must(
        "id-token/email-format",
        "OIDCC-5.1",
        "The `email` of the ID token, if there is one, is an e-mail address",
        "The relying party writes to nobody.",
        "",
        |token| formats::email(token.claims()?),
    ),
    should(
        "id-token/zoneinfo-format",
        "OIDCC-5.1",
        "The `zoneinfo` of the ID token, if there is one, has the form of a time zone's name such as Europe/Paris",
        "The relying party shows times in the wrong zone: an offset changes with the season.",
        "",
        |token| formats::zoneinfo(token.claims()?),
    ),
    should(
        "id-token/locale-format",
        "OIDCC-5.1",
        "The `locale` of the ID token, if there is one, is a language tag",
        "The relying party greets its user in the wrong language.",
        "",
        |token| formats::locale(token.claims()?),
    ),
    should(
        "id-token/phone-number-format",
        "OIDCC-5.1",
        "The `phone_number` of the ID token, if there is one, begins with a plus sign and the country",
        "The relying party in another country calls somebody else.",
        "",
        |token| formats::phone_number(token.claims()?),
    ),
    should(
        "id-token/url-formats",
        "OIDCC-5.1",
        "The `profile`, `picture` and `website` of the ID token, if they are there, are absolute URLs",
        "The relying party shows a broken image, or links to a page of its own.",
        "",
        |token| formats::urls(token.claims()?),
    ),
    must(
        "id-token/updated-at-seconds",
        "OIDCC-5.1",
        "The `updated_at` of the ID token, if there is one, is in seconds, not milliseconds",
        "The relying party takes its copy for old for thousands of years.",
        "",
        |token| formats::updated_at(token.claims()?),
    ),
];
