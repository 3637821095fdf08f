//! Rules about the document as such: how it is served, and the types of its members.

use crate::rule::expect::{may, must};
use crate::rule::judgement::{Judgement, fail, not_run, pass};
use serde_json::Value;
use url::Url;

use super::{ProviderMetadata, present};
use crate::rule::duplicate::duplicates;
use crate::rule::{Check, Level, Rule, expect};

pub(in crate::rule) const HTTP_200: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/http-200",
        level: Level::Must,
        spec: "OIDCD-4.2",
        says: "The provider metadata is served with status 200",
        why: "A client takes any other status for an error and never gets to know the endpoints.",
    },
    judge: |artefact| expect::status(&artefact.response, 200),
};

pub(in crate::rule) const CONTENT_TYPE_JSON: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/content-type-json",
        level: Level::Must,
        spec: "OIDCD-4.2",
        says: "The provider metadata is served as application/json",
        why: "Client libraries check the media type before they parse, and refuse a document that calls itself something else.",
    },
    judge: |artefact| {
        if artefact.response.status != 200 {
            return not_run("discovery/http-200");
        }
        expect::media_type(&artefact.response, &["application/json"])
    },
};

pub(in crate::rule) const JSON_OBJECT: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/json-object",
        level: Level::Must,
        spec: "OIDCD-4.2",
        says: "The provider metadata is a JSON object",
        why: "Nothing can be read from a document that does not parse, so no client can be configured by discovery.",
    },
    judge: |artefact| {
        if artefact.response.status != 200 {
            return not_run("discovery/http-200");
        }
        match artefact.response.json() {
            Ok(Value::Object(members)) => pass(format!("a JSON object of {} members", members.len())),
            Ok(other) => fail("a JSON object", format!("{}: {}", expect::kind(&other), expect::show(&other))),
            Err(why) => fail("a JSON object", why),
        }
    },
};

pub(in crate::rule) const NO_DUPLICATE_MEMBERS: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/no-duplicate-members",
        level: Level::Should,
        spec: "RFC8259-4",
        says: "No member of the provider metadata occurs twice",
        why: "Some parsers keep the first of two members of the same name and some the last, so clients see different issuers.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let found = duplicates(&artefact.response.body);
            if found.is_empty() {
                pass(format!("{} members, each once", document.len()))
            } else {
                fail("each member once", format!("more than once: {}", expect::list(&found)))
            }
        })
    },
};

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
const PAGES: &[&str] = &["service_documentation", "op_policy_uri", "op_tos_uri"];

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

/// What a member must be, in words and as a test.
pub(in crate::rule) type Type = (&'static str, fn(&Value) -> bool);

pub(in crate::rule) const URL: Type =
    ("an absolute URL", |value| value.as_str().is_some_and(|text| Url::parse(text).is_ok_and(|url| url.has_host())));
pub(in crate::rule) const STRING: Type = ("a string", Value::is_string);
pub(in crate::rule) const STRINGS: Type = ("an array of strings", |value| expect::strings(value).is_ok());
const BOOLEAN: Type = ("a boolean", Value::is_boolean);

/// Judges the types of the members that are there.
pub(in crate::rule) fn typed(artefact: &ProviderMetadata, types: &[(&[&str], Type)]) -> Judgement {
    artefact.judge(|document| {
        let mut wrong = Vec::new();
        let mut seen = 0_usize;
        for (names, (what, fits)) in types {
            for name in *names {
                let Some(value) = present(document, name) else { continue };
                seen += 1;
                if !fits(value) {
                    wrong.push((format!("{name}: {what}"), format!("{name}: {}", expect::show(value))));
                }
            }
        }
        if wrong.is_empty() {
            return pass(format!("{seen} optional members of the right types"));
        }
        let (expected, actual): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
        fail(expect::list(&expected), expect::list(&actual))
    })
}

/// Members whose own rules already say that they are empty.
const REQUIRED_LISTS: &[&str] = &["response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported", "scopes_supported"];

/// Judges that no array is empty, but for those whose own rules say so.
pub(in crate::rule) fn none_empty(artefact: &ProviderMetadata, judged_elsewhere: &[&str]) -> Judgement {
    artefact.judge(|document| {
        let empty: Vec<_> = document
            .iter()
            .filter(|(name, value)| value.as_array().is_some_and(Vec::is_empty) && !judged_elsewhere.contains(&name.as_str()))
            .map(|(name, _)| name)
            .collect();
        if empty.is_empty() {
            pass(format!("{} arrays, none empty", document.values().filter(|value| value.is_array()).count()))
        } else {
            fail("members without elements are left out", format!("empty arrays: {}", expect::list(&empty)))
        }
    })
}

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    must(
        "discovery/metadata-types",
        "OIDCD-3",
        "Every optional member that is present has the type its definition gives it",
        "Clients with typed parsers refuse the whole document for one string where a boolean or an array belongs.",
        |artefact| typed(artefact, &[(ENDPOINTS, URL), (PAGES, STRING), (LISTS, STRINGS), (BOOLEANS, BOOLEAN)]),
    ),
    must(
        "discovery/no-empty-arrays",
        "OIDCD-4.2",
        "No member of the provider metadata is an empty array",
        "An absent member has a default; an empty one says that nothing at all is supported, and clients give up.",
        |artefact| none_empty(artefact, REQUIRED_LISTS),
    ),
    may(
        "discovery/no-null-members",
        "OIDCD-4.2",
        "No member of the provider metadata is null",
        "What is not supported is best left out: many clients look only for the presence of a member, then fail to use null.",
        |artefact| {
            artefact.judge(|document| {
                let null: Vec<_> = document.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name).collect();
                expect::holds(null.is_empty(), "members without a value are left out", format!("members that are null: {}", expect::list(&null)))
            })
        },
    ),
];
