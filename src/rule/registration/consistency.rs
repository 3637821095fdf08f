//! Rules about what was registered, beside what the issuer says it supports and by itself.

use super::Registration;
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<Registration>] = &[
    must(
        TYPES,
        "RFC7591-2",
        "The client metadata in the registration response must have the types with which they are defined",
        "Typed libraries refuse the whole response, and with it the credentials that it holds.",
        "Write lists such as `grant_types` and `contacts` as arrays of strings, texts and URLs as strings, `jwks` as an object, `default_max_age` as \
         a number, and booleans without quotation marks.",
        |registration| typed(registration.client()?, MEMBERS, "members"),
    ),
    should(
        "registration/auth-method-advertised",
        "OIDCD-3",
        "The registered client authentication method should be among the `token_endpoint_auth_methods_supported` of the metadata",
        "The client authenticates in a way that the token endpoint does not know, and is refused.",
        "Refuse a `token_endpoint_auth_method` that is not in `token_endpoint_auth_methods_supported` with the error `invalid_client_metadata`. If \
         the token endpoint supports the method, add it to that list.",
        |registration| match optional(registration.client()?, "token_endpoint_auth_method")? {
            Value::String(method) if method == "none" => not_applicable("a public client does not authenticate"),
            _ => within(registration, "token_endpoint_auth_method", "token_endpoint_auth_methods_supported"),
        },
    ),
    // The list is of ways to authenticate, and `none` is not to: no text asks for it there, and issuers that register public clients leave it out.
    may(
        "registration/public-clients-advertised",
        "OIDCD-3",
        "It is good practice that an issuer that registers public clients lists `none` among the client authentication methods",
        "A public client that reads the metadata believes that it cannot be registered.",
        "Add `none` to `token_endpoint_auth_methods_supported`. Public clients then see that they can be registered.",
        |registration| match optional(registration.client()?, "token_endpoint_auth_method")? {
            Value::String(method) if method == "none" => within(registration, "token_endpoint_auth_method", "token_endpoint_auth_methods_supported"),
            _ => not_applicable("no public client was registered"),
        },
    ),
    should(
        "registration/grant-types-advertised",
        "OIDCD-3",
        "The registered grant types should be among the `grant_types_supported` of the metadata",
        "The client uses a grant that the token endpoint does not know, and is refused.",
        "Register no grant type that is not in `grant_types_supported`: refuse it with the error `invalid_client_metadata`. If the token endpoint \
         supports the grant, add it to that list.",
        |registration| within(registration, "grant_types", "grant_types_supported"),
    ),
    should(
        "registration/response-types-advertised",
        "OIDCD-3",
        "The registered response types should be among the `response_types_supported` of the metadata",
        "The client asks for a response that the authorization endpoint does not give, and its end-users see an error.",
        "Register no response type that is not in `response_types_supported`: refuse it with the error `invalid_client_metadata`. If the \
         authorization endpoint supports it, add it to that list.",
        |registration| within(registration, "response_types", "response_types_supported"),
    ),
    should(
        "registration/id-token-alg-advertised",
        "OIDCD-3",
        "The registered algorithm for ID tokens should be among the `id_token_signing_alg_values_supported` of the metadata",
        "The client waits for ID tokens with an algorithm that the issuer does not use, and refuses all others.",
        "Refuse an `id_token_signed_response_alg` that is not in `id_token_signing_alg_values_supported` with the error `invalid_client_metadata`. \
         If the server can sign with this algorithm, add it to that list.",
        |registration| within(registration, "id_token_signed_response_alg", "id_token_signing_alg_values_supported"),
    ),
    should(
        "registration/types-consistent",
        "RFC7591-2.1",
        "The registered grant types and response types should match: `authorization_code` with `code`, `implicit` with tokens",
        "The client is registered for only one half of a flow and cannot complete it.",
        "When you register a client, add the grant type that belongs to each response type and the response type that belongs to each grant type, or \
         refuse the request with the error `invalid_client_metadata`.",
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
            let seen = said!("grant_types: {}; response_types: {}", list(&grants), list(&types));
            holds(missing.is_empty(), missing.join(", "), seen)
        },
    ),
    should(
        "registration/uris-valid",
        "RFC7591-2",
        "The addresses of the client's pages, logo and keys in the registration response should be absolute URLs",
        "The end-user who is asked for consent follows a link that leads nowhere.",
        "Check `client_uri`, `logo_uri`, `tos_uri`, `policy_uri` and `jwks_uri` when a client registers, and refuse a value without scheme or host \
         with the error `invalid_client_metadata`.",
        |registration| {
            let client = registration.client()?;
            let there: Vec<_> = PAGES.iter().filter_map(|name| Some((name, filled(client, name)?.as_str()?))).collect();
            if there.is_empty() {
                return not_applicable("none is returned");
            }
            let wrong = there.iter().filter(|(_, text)| !is_absolute_url(text));
            let wrong: Vec<_> = wrong.map(|(name, text)| said!("{name} = {text}")).collect();
            none_wrong(&wrong, "absolute URLs", said!("{} addresses", there.len()))
        },
    ),
    must(
        "registration/jwks-not-both",
        "RFC7591-2",
        "The registration response must hold the client's keys (`jwks`) or their address (`jwks_uri`), not both",
        "It is not clear with which of the two the issuer verifies the client.",
        "Refuse a registration with both `jwks` and `jwks_uri` with the error `invalid_client_metadata`. Return only what the client registered: do \
         not copy the keys that you fetched from `jwks_uri` into `jwks`.",
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
    let has_issuer = registration.metadata.get("issuer").is_some();
    let offered = match registration.metadata.get(supported).map(strings) {
        Some(Ok(offered)) => offered,
        // What is left out of metadata stands for its default.
        None if has_issuer && supported == "grant_types_supported" => vec!["authorization_code", "implicit"],
        None if has_issuer && supported == "token_endpoint_auth_methods_supported" => vec!["client_secret_basic"],
        _ => return not_applicable(said!("the metadata have no array {supported}")),
    };
    let fit = registered.iter().all(|value| offered.iter().any(|other| words(other) == words(value)));
    holds(fit, said!("of {supported}: {}", list(&offered)), said!("{name}: {}", list(&registered)))
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
