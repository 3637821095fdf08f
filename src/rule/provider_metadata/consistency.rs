//! Rules about members that have to agree with each other.

use crate::rule::judgement::{fail, not_applicable, not_run, pass};
use serde_json::Value;
use url::Url;

use super::{ProviderMetadata, optional_list, present};
use crate::rule::Check;
use crate::rule::expect::{self, may, must, should};

/// URLs of pages for people.
const PAGES: &[&str] = &["service_documentation", "op_policy_uri", "op_tos_uri"];

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    may(
        "discovery/response-types-for-grants",
        "RFC7591-2.1",
        "The response types cover the grant types: one with code for authorization_code, one with a token for implicit",
        "A client that picks its flow by the grant types has no response type to ask for.",
        |artefact| {
            artefact.judge(|document| {
                let grants = match optional_list(document, "grant_types_supported") {
                    Err(outcome) => return Err(outcome),
                    Ok(None) => return not_applicable("no grant types are published"),
                    Ok(Some(grants)) => grants,
                };
                let types = present(document, "response_types_supported").map(expect::strings).and_then(Result::ok);
                let Some(types) = types.filter(|types| !types.is_empty()) else {
                    return not_run("discovery/response-types");
                };
                let offers = |word: &str| types.iter().any(|text| text.split(' ').any(|name| name == word));
                let mut missing = Vec::new();
                if grants.contains(&"authorization_code") && !offers("code") {
                    missing.push("code for authorization_code");
                }
                if grants.contains(&"implicit") && !offers("token") && !offers("id_token") {
                    missing.push("token or id_token for implicit");
                }
                let actual = format!("response types: {}; grant types: {}", expect::list(&types), expect::list(&grants));
                expect::holds(missing.is_empty(), missing.join(", "), actual)
            })
        },
    ),
    may(
        "discovery/offline-access-grant",
        "OIDCC-11",
        "Where the scope offline_access is offered, the refresh token grant is offered too",
        "A client that reads the list asks for a refresh token it believes it cannot use, or does not ask at all.",
        |artefact| {
            artefact.judge(|document| {
                let lists =
                    optional_list(document, "scopes_supported").and_then(|scopes| Ok((scopes, optional_list(document, "grant_types_supported")?)));
                match lists {
                    Err(outcome) => Err(outcome),
                    Ok((Some(scopes), Some(grants))) if scopes.contains(&"offline_access") => expect::holds(
                        grants.contains(&"refresh_token"),
                        "refresh_token among the grant types",
                        format!("grant types: {}", expect::list(&grants)),
                    ),
                    Ok(_) => not_applicable("offline_access is not among the scopes published, or no grant types are"),
                }
            })
        },
    ),
    should(
        "discovery/par-endpoint",
        "RFC9126-5",
        "Where pushed authorization requests are required, the endpoint for them is published",
        "No client can send the only kind of request that is taken.",
        |artefact| {
            artefact.judge(|document| {
                if present(document, "require_pushed_authorization_requests") != Some(&Value::Bool(true)) {
                    return not_applicable("pushed authorization requests are not required");
                }
                let name = "pushed_authorization_request_endpoint";
                match present(document, name) {
                    Some(endpoint) => pass(format!("{name} = {}", expect::show(endpoint))),
                    None => fail(format!("a {name}"), format!("no {name}")),
                }
            })
        },
    ),
    // The text wants some form of authorization; it may be another than client authentication, hence no failure.
    should(
        "discovery/introspection-auth-not-none",
        "RFC7662-2.1",
        "The introspection endpoint is not offered to clients without authentication",
        "Anybody can try tokens there until one is good.",
        |artefact| {
            artefact.judge(|document| match optional_list(document, "introspection_endpoint_auth_methods_supported") {
                Err(outcome) => Err(outcome),
                Ok(None) => not_applicable("no authentication methods are published for introspection"),
                Ok(Some(methods)) => expect::holds(!methods.contains(&"none"), "any method but none", format!("methods: {}", expect::list(&methods))),
            })
        },
    ),
    should(
        "discovery/pages-are-urls",
        "OIDCD-3",
        "The documentation, the policy and the terms of service, where they are published, are absolute URLs",
        "Whoever follows the link from somewhere else ends up nowhere.",
        |artefact| {
            artefact.judge(|document| {
                let there: Vec<_> = PAGES.iter().filter_map(|name| Some((*name, present(document, name)?))).collect();
                if there.is_empty() {
                    return not_applicable("none of them is published");
                }
                if there.iter().any(|(_, value)| !value.is_string()) {
                    return not_run("discovery/metadata-types");
                }
                let is_url = |value: &Value| value.as_str().is_some_and(|text| Url::parse(text).is_ok_and(|url| url.has_host()));
                let show = |pages: &[(&str, &Value)]| {
                    expect::list(&pages.iter().map(|(name, value)| format!("{name} = {}", expect::show(value))).collect::<Vec<_>>())
                };
                let wrong: Vec<_> = there.iter().copied().filter(|(_, value)| !is_url(value)).collect();
                if wrong.is_empty() { pass(show(&there)) } else { fail("absolute URLs", show(&wrong)) }
            })
        },
    ),
    must(
        "discovery/mtls-aliases",
        "RFC8705-5",
        "The aliases of endpoints for mutual TLS, where they are published, are a JSON object of URLs",
        "A client with a certificate uses these endpoints instead of the others, and does not reach any.",
        |artefact| {
            artefact.judge(|document| match present(document, "mtls_endpoint_aliases") {
                None => not_applicable("no mtls_endpoint_aliases"),
                Some(Value::Object(aliases)) => {
                    let is_url = |value: &Value| value.as_str().is_some_and(|text| Url::parse(text).is_ok_and(|url| url.has_host()));
                    let wrong: Vec<_> =
                        aliases.iter().filter(|(_, value)| !is_url(value)).map(|(name, value)| format!("{name}: {}", expect::show(value))).collect();
                    if wrong.is_empty() { pass(format!("{} aliases, all URLs", aliases.len())) } else { fail("absolute URLs", expect::list(&wrong)) }
                }
                Some(other) => fail("a JSON object", format!("{}: {}", expect::kind(other), expect::show(other))),
            })
        },
    ),
];
