//! Rules about what was registered, beside what the issuer says it supports and by itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Registration;
use crate::rule::Check;
use crate::rule::expect::{
    BOOLEAN, NUMBER, OBJECT, STRING, STRINGS, Type, holds, is_absolute_url, list, may, member, must, none_wrong, optional, should, strings, typed,
};
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};

pub(super) static RULES: &[Check<Registration>] = &[
    must(
        TYPES,
        "RFC7591-2",
        "The client metadata returned have the types they are defined with",
        "Typed libraries refuse the whole answer, and with it the credentials in it.",
        "",
        |registration| typed(registration.client()?, MEMBERS, "members"),
    ),
    should(
        "registration/auth-method-advertised",
        "OIDCD-3",
        "The client authentication that is registered is one the metadata list",
        "The client authenticates in a way the token endpoint does not know, and is refused.",
        "",
        |registration| match optional(registration.client()?, "token_endpoint_auth_method")? {
            Value::String(method) if method == "none" => not_applicable("a public client does not authenticate"),
            _ => within(registration, "token_endpoint_auth_method", "token_endpoint_auth_methods_supported"),
        },
    ),
    // The list is of ways to authenticate, and `none` is not to: no text asks for it there, and issuers that register public clients leave it out.
    may(
        "registration/public-clients-advertised",
        "OIDCD-3",
        "An issuer that registers public clients lists `none` among the ways to authenticate",
        "A public client that reads the metadata takes it that it cannot be registered.",
        "",
        |registration| match optional(registration.client()?, "token_endpoint_auth_method")? {
            Value::String(method) if method == "none" => within(registration, "token_endpoint_auth_method", "token_endpoint_auth_methods_supported"),
            _ => not_applicable("no public client was registered"),
        },
    ),
    should(
        "registration/grant-types-advertised",
        "OIDCD-3",
        "The grant types that are registered are among those the metadata list",
        "The client uses a grant that the token endpoint does not know, and is refused.",
        "",
        |registration| within(registration, "grant_types", "grant_types_supported"),
    ),
    should(
        "registration/response-types-advertised",
        "OIDCD-3",
        "The response types that are registered are among those the metadata list",
        "The client asks for a response that the authorization endpoint does not give, and its users see an error.",
        "",
        |registration| within(registration, "response_types", "response_types_supported"),
    ),
    should(
        "registration/id-token-alg-advertised",
        "OIDCD-3",
        "The algorithm for ID tokens that is registered is one the metadata list",
        "The client waits for tokens in an algorithm the issuer does not sign with, and refuses every other.",
        "",
        |registration| within(registration, "id_token_signed_response_alg", "id_token_signing_alg_values_supported"),
    ),
    should(
        "registration/types-consistent",
        "RFC7591-2.1",
        "The grant types and the response types that are registered go together: authorization_code with code, implicit with tokens",
        "The client is registered for a flow of which one half is missing.",
        "",
        |registration| {
            let client = registration.client()?;
            let of = |name: &str| member(client, name).map(strings);
            let (grants, types) = match (of("grant_types"), of("response_types")) {
                (Some(Ok(grants)), Some(Ok(types))) => (grants, types),
                (Some(Err(_)), _) | (_, Some(Err(_))) => return not_run(TYPES),
                _ => return not_applicable("grant types or response types are not returned"),
            };
            let words = || types.iter().flat_map(|text| text.split(' '));
            let (code, tokens) = (words().any(|word| word == "code"), words().any(|word| matches!(word, "token" | "id_token")));
            let mut missing = Vec::new();
            for (wanted, given, what) in [
                (code, grants.contains(&"authorization_code"), "authorization_code for code"),
                (tokens, grants.contains(&"implicit"), "implicit for tokens"),
                (grants.contains(&"authorization_code"), code, "code for authorization_code"),
                (grants.contains(&"implicit"), tokens, "token or id_token for implicit"),
            ] {
                if wanted && !given {
                    missing.push(what);
                }
            }
            let seen = format!("grant_types: {}; response_types: {}", list(&grants), list(&types));
            holds(missing.is_empty(), missing.join(", "), seen)
        },
    ),
    should(
        "registration/uris-valid",
        "RFC7591-2",
        "The addresses of the client's pages, picture and keys that are returned are absolute URLs",
        "The end-user who is asked for consent follows a link that leads nowhere.",
        "",
        |registration| {
            let client = registration.client()?;
            let there: Vec<_> = PAGES.iter().filter_map(|name| Some((name, filled(client, name)?.as_str()?))).collect();
            if there.is_empty() {
                return not_applicable("none is returned");
            }
            let wrong = there.iter().filter(|(_, text)| !is_absolute_url(text));
            let wrong: Vec<_> = wrong.map(|(name, text)| format!("{name} = {text}")).collect();
            none_wrong(&wrong, "absolute URLs", format!("{} addresses", there.len()))
        },
    ),
    must(
        "registration/jwks-not-both",
        "RFC7591-2",
        "The answer holds the client's keys or their address, not both",
        "Nobody can tell which of the two the issuer verifies the client with.",
        "",
        |registration| {
            let client = registration.client()?;
            match (filled(client, "jwks").is_some(), filled(client, "jwks_uri").is_some()) {
                (false, false) => not_applicable("neither jwks nor jwks_uri"),
                (true, true) => fail("jwks or jwks_uri", "jwks and jwks_uri"),
                (true, false) => pass("jwks alone"),
                (false, true) => pass("jwks_uri alone"),
            }
        },
    ),
];

/// Judges whether what was registered is on offer. Words within a value have no order. Of a list that is not published nothing is said,
/// although some have a default: issuers that leave them out seldom mean it.
fn within(registration: &Registration, name: &str, supported: &str) -> Judgement {
    let registered = match optional(registration.client()?, name)? {
        Value::String(value) => vec![value.as_str()],
        values => strings(values).or_else(|_| not_run(TYPES))?,
    };
    let Some(Ok(offered)) = registration.metadata.get(supported).map(strings) else {
        return not_applicable(format!("the metadata have no array {supported}"));
    };
    let fit = registered.iter().all(|value| offered.iter().any(|other| words(other) == words(value)));
    holds(fit, format!("of {supported}: {}", list(&offered)), format!("{name}: {}", list(&registered)))
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(' ').collect()
}

const TYPES: &str = "registration/metadata-types";

/// The members whose types are judged.
const MEMBERS: &[(&[&str], Type)] = &[(LISTS, STRINGS), (TEXTS, STRING), (&["jwks"], OBJECT), (&["default_max_age"], NUMBER), (BOOLEANS, BOOLEAN)];

/// Members with several values. The redirect URIs have a rule of their own.
const LISTS: &[&str] = &["response_types", "grant_types", "contacts", "default_acr_values", "request_uris", "post_logout_redirect_uris"];

/// Members with one value.
const TEXTS: &[&str] = &[
    "client_name",
    "client_uri",
    "logo_uri",
    "scope",
    "tos_uri",
    "policy_uri",
    "jwks_uri",
    "software_id",
    "software_version",
    "token_endpoint_auth_method",
    "application_type",
    "sector_identifier_uri",
    "subject_type",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "request_object_signing_alg",
    "initiate_login_uri",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "token_endpoint_auth_signing_alg",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
];

/// Members that are true or false, also those of the specifications of logout and of RFC 8705 3.4, 9101 10.5, 9126 6 and 9449 5.2.
const BOOLEANS: &[&str] = &[
    "require_auth_time",
    "backchannel_logout_session_required",
    "frontchannel_logout_session_required",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "tls_client_certificate_bound_access_tokens",
    "dpop_bound_access_tokens",
];

/// Pages and pictures of the client.
const PAGES: &[&str] = &["client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri"];

/// A member that holds something: some issuers return what was not registered as an empty string or object.
fn filled<'a>(client: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    member(client, name).filter(|value| *value != "" && value.as_object().is_none_or(|members| !members.is_empty()))
}
