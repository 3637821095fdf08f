//! Rules about what was registered, beside what the issuer says it supports and by itself.

use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};
use url::Url;

use super::{Registration, present};
use crate::rule::Check;
use crate::rule::expect::{self, must, should};

pub(super) static RULES: &[Check<Registration>] = &[
    must(
        TYPES,
        "RFC7591-2",
        "The client metadata returned have the types they are defined with",
        "Typed libraries refuse the whole answer, and with it the credentials in it.",
        |artefact| {
            artefact.judge(|client| {
                let mut wrong = Vec::new();
                let mut seen = 0_usize;
                let mut expected = |names: &[&str], what: &str, fits: fn(&Value) -> bool| {
                    for (name, value) in names.iter().filter_map(|name| Some((name, present(client, name)?))) {
                        seen += 1;
                        if !fits(value) {
                            wrong.push((format!("{name}: {what}"), format!("{name}: {}", expect::show(value))));
                        }
                    }
                };
                expected(LISTS, "an array of strings", |value| expect::strings(value).is_ok());
                expected(STRINGS, "a string", Value::is_string);
                expected(&["jwks"], "a JSON object", Value::is_object);
                expected(&["default_max_age"], "a number", Value::is_number);
                expected(&["require_auth_time"], "a boolean", Value::is_boolean);
                let (expected, actual): (Vec<_>, Vec<_>) = wrong.into_iter().unzip();
                if actual.is_empty() {
                    pass(format!("{seen} members of the right types"))
                } else {
                    fail(expect::list(&expected), expect::list(&actual))
                }
            })
        },
    ),
    should(
        "registration/auth-method-advertised",
        "OIDCD-3",
        "The client authentication that is registered is one the metadata list",
        "The client authenticates in a way the token endpoint does not know, and is refused.",
        |artefact| within(artefact, "token_endpoint_auth_method", "token_endpoint_auth_methods_supported"),
    ),
    should(
        "registration/grant-types-advertised",
        "OIDCD-3",
        "The grant types that are registered are among those the metadata list",
        "The client uses a grant that the token endpoint does not know, and is refused.",
        |artefact| within(artefact, "grant_types", "grant_types_supported"),
    ),
    should(
        "registration/response-types-advertised",
        "OIDCD-3",
        "The response types that are registered are among those the metadata list",
        "The client asks for a response that the authorization endpoint does not give, and its users see an error.",
        |artefact| within(artefact, "response_types", "response_types_supported"),
    ),
    should(
        "registration/id-token-alg-advertised",
        "OIDCD-3",
        "The algorithm for ID tokens that is registered is one the metadata list",
        "The client waits for tokens in an algorithm the issuer does not sign with, and refuses every other.",
        |artefact| within(artefact, "id_token_signed_response_alg", "id_token_signing_alg_values_supported"),
    ),
    should(
        "registration/types-consistent",
        "RFC7591-2.1",
        "The grant types and the response types that are registered go together: authorization_code with code, implicit with tokens",
        "The client is registered for a flow of which one half is missing.",
        |artefact| {
            artefact.judge(|client| {
                let list = |name: &str| present(client, name).map(expect::strings);
                let (grants, types) = match (list("grant_types"), list("response_types")) {
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
                let seen = format!("grant_types: {}; response_types: {}", expect::list(&grants), expect::list(&types));
                expect::holds(missing.is_empty(), missing.join(", "), seen)
            })
        },
    ),
    should(
        "registration/uris-valid",
        "RFC7591-2",
        "The addresses of the client's pages, picture and keys that are returned are absolute URLs",
        "The end-user who is asked for consent follows a link that leads nowhere.",
        |artefact| {
            artefact.judge(|client| {
                let there: Vec<_> = PAGES.iter().filter_map(|name| Some((name, filled(client, name)?.as_str()?))).collect();
                let wrong: Vec<_> = there
                    .iter()
                    .filter(|(_, text)| !Url::parse(text).is_ok_and(|url| url.has_host()))
                    .map(|(name, text)| format!("{name} = {text}"))
                    .collect();
                if there.is_empty() {
                    not_applicable("none is returned")
                } else if wrong.is_empty() {
                    pass(format!("{} addresses", there.len()))
                } else {
                    fail("absolute URLs", expect::list(&wrong))
                }
            })
        },
    ),
    must(
        "registration/jwks-not-both",
        "RFC7591-2",
        "The answer holds the client's keys or their address, not both",
        "Nobody can tell which of the two the issuer verifies the client with.",
        |artefact| {
            artefact.judge(|client| match (filled(client, "jwks").is_some(), filled(client, "jwks_uri").is_some()) {
                (false, false) => not_applicable("neither jwks nor jwks_uri"),
                (true, true) => fail("jwks or jwks_uri", "jwks and jwks_uri"),
                (true, false) => pass("jwks alone"),
                (false, true) => pass("jwks_uri alone"),
            })
        },
    ),
];

/// Judges whether what was registered is on offer. Words within a value have no order. Of a list that is not published nothing is said,
/// although some have a default: issuers that leave them out seldom mean it.
fn within(artefact: &Registration, member: &str, list: &str) -> Judgement {
    artefact.judge(|client| {
        let registered: Vec<&str> = match present(client, member) {
            None => return not_applicable(format!("no {member}")),
            Some(Value::String(value)) => vec![value],
            Some(value) => match expect::strings(value) {
                Ok(values) => values,
                Err(_) => return not_run(TYPES),
            },
        };
        let Some(Ok(offered)) = artefact.metadata.get(list).map(expect::strings) else {
            return not_applicable(format!("the metadata have no array {list}"));
        };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let fits = |value: &&&str| offered.iter().any(|other| words(other) == words(value));
        let odd: Vec<_> = registered.iter().filter(|value| !fits(value)).collect();
        let expected = format!("of {list}: {}", expect::list(&offered));
        expect::holds(odd.is_empty(), expected, format!("{member}: {}", expect::list(&registered)))
    })
}

const TYPES: &str = "registration/metadata-types";

/// Members with several values. The redirect URIs have a rule of their own.
const LISTS: &[&str] = &["response_types", "grant_types", "contacts", "default_acr_values", "request_uris", "post_logout_redirect_uris"];

/// Members with one value.
const STRINGS: &[&str] = &[
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
];

/// Pages and pictures of the client.
const PAGES: &[&str] = &["client_uri", "logo_uri", "tos_uri", "policy_uri", "jwks_uri"];

/// A member that holds something: some issuers return what was not registered as an empty string or object.
fn filled<'a>(client: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    present(client, name).filter(|value| *value != "" && value.as_object().is_none_or(|members| !members.is_empty()))
}
