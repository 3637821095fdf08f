//! Rules about the document as such: how it is served, and the types of its members.

use super::{Document, ProviderMetadata};
use crate::rule::duplicate::{duplicates, each_once};
use crate::rule::prelude::*;
use crate::rule::transport::NO_CODING;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    must(
        "discovery/http-200",
        "OIDCD-4.2",
        "The provider metadata must be served with status 200",
        "Clients take any other status for an error and do not learn the endpoints.",
        "Serve the document at the issuer followed by `/.well-known/openid-configuration`, without a login and without a redirect. Check that a \
         proxy in front of the server lets requests for this path through.",
        |metadata| status(&metadata.response, 200),
    ),
    must(
        "discovery/content-type-json",
        "OIDCD-4.2",
        "The provider metadata must be served as `application/json`",
        "Client libraries check the media type before they parse, and refuse a document with another media type.",
        "Set the header `Content-Type: application/json` on the response. A web server that serves the document as a file needs a setting for it, \
         because the file name has no ending.",
        |metadata| media_type(metadata.success()?, &["application/json"]),
    ),
    must(
        "discovery/json-object",
        "OIDCD-4.2",
        "The provider metadata must be a JSON object",
        "Clients cannot read anything from a document that does not parse, so no client can be configured by discovery.",
        "Answer with one JSON object in UTF-8 and no text around it. If the answer is an HTML page, a proxy or a single-page application answers at \
         this address in place of the server.",
        |metadata| json_object(metadata.success()?),
    ),
    should(
        "discovery/no-duplicate-members",
        "RFC8259-4",
        "Every member of the provider metadata should occur only once",
        "Some parsers keep the first of two members with the same name and some keep the last, so clients see different issuers.",
        "Build the document from a map or an object, not by joining strings, and look for a setting that adds a member which the server writes \
         anyway.",
        |metadata| members_once(&metadata.document()?),
    ),
    must(
        "discovery/metadata-types",
        // Most of them; others are defined in RFC 8414, 8628, 9126 and 9449 and in the specifications of logout, with their types too.
        "OIDCD-3",
        "Every optional member of the provider metadata must have the type that its definition gives it",
        "Clients with typed parsers refuse the whole document because of one string in the place of a boolean or an array.",
        "Write endpoints as absolute URLs, lists as arrays of strings (also a list of one value), and booleans as `true` or `false` without \
         quotation marks.",
        |metadata| {
            typed(metadata.document()?.members, &[(ENDPOINTS, URL), (PAGES, STRING), (LISTS, STRINGS), (BOOLEANS, BOOLEAN)], "optional members")
        },
    ),
    must(
        "discovery/no-empty-arrays",
        "OIDCD-4.2",
        "The provider metadata must not have members that are empty arrays",
        "A member that is absent has a default. An empty array says that nothing is supported, and clients give up.",
        "Leave out a list that has no values instead of writing `[]`, and check whether values are missing from the configuration of the server.",
        |metadata| no_empty_arrays(&metadata.document()?, REQUIRED_LISTS),
    ),
    should(
        "discovery/no-null-members",
        "OIDCC-13.3",
        "The provider metadata should not have members that are null",
        "Many clients only check that a member is present, and then fail when they use null.",
        "Leave out the members that have no value. JSON serializers usually have a setting that omits null values.",
        |metadata| {
            let document = metadata.document()?;
            let null: Vec<_> = document.members.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name).collect();
            holds(null.is_empty(), "members without a value are left out", said!("members that are null: {}", list(&null)))
        },
    ),
];

/// Passes when no member is there twice.
pub(in crate::rule) fn members_once(document: &Document) -> Judgement {
    each_once(&duplicates(&document.metadata.response.body), format!("{} members, each once", document.members.len()))
}

/// Passes when a response is a JSON object.
pub(in crate::rule) fn json_object(response: &Received) -> Judgement {
    needs(response.unread_coding().is_none(), NO_CODING)?;
    match response.json() {
        Ok(Value::Object(members)) => pass(said!("a JSON object of {} members", members.len())),
        Ok(other) => fail("a JSON object", said!("{}: {}", kind(&other), show(&other))),
        Err(why) => fail("a JSON object", why),
    }
}

/// Passes when no array is empty, but for those whose own rules say so.
pub(in crate::rule) fn no_empty_arrays(document: &Document, judged_elsewhere: &[&str]) -> Judgement {
    let arrays = || document.members.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_array()?)));
    let empty: Vec<_> = arrays().filter(|(name, elements)| elements.is_empty() && !judged_elsewhere.contains(name)).map(|(name, _)| name).collect();
    if empty.is_empty() {
        return pass(said!("{} arrays, none empty", arrays().count()));
    }
    fail("members without elements are left out", said!("empty arrays: {}", list(&empty)))
}

/// URLs of endpoints. The required ones have rules of their own.
const ENDPOINTS: &[&str] = &[
    "userinfo_endpoint",
    "registration_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "end_session_endpoint",
    "check_session_iframe",
    "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
    "backchannel_authentication_endpoint",
];

/// URLs for people, of which only the type is judged.
pub(in crate::rule) const PAGES: &[&str] = &["service_documentation", "op_policy_uri", "op_tos_uri"];

const LISTS: &[&str] = &[
    "scopes_supported",
    "response_modes_supported",
    "grant_types_supported",
    "acr_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_signing_alg_values_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "display_values_supported",
    "claim_types_supported",
    "claims_supported",
    "claims_locales_supported",
    "ui_locales_supported",
    "code_challenge_methods_supported",
    "dpop_signing_alg_values_supported",
    "prompt_values_supported",
];

const BOOLEANS: &[&str] = &[
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "tls_client_certificate_bound_access_tokens",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
];

/// Members whose own rules already say that they are empty.
const REQUIRED_LISTS: &[&str] = &["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"];
