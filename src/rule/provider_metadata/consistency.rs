//! Rules about members that have to agree with each other.

use super::document::PAGES;
use super::endpoints::is_published;
use super::{Document, ProviderMetadata};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    may(
        "discovery/response-types-for-grants",
        "RFC7591-2.1",
        "It is good practice that the response types cover the grant types: `code` for `authorization_code`, a token for `implicit`",
        "A client that chooses its flow by the grant types finds no response type for it.",
        "Add the missing response type to `response_types_supported`, such as `code` for `authorization_code` or `id_token` for `implicit`, or \
         remove the grant type from `grant_types_supported`.",
        |metadata| {
            let document = metadata.document()?;
            let grants = document.list_or("grant_types_supported", "no grant types are published")?;
            let types = document.required("response_types_supported", "response-types")?;
            if types.is_empty() {
                return document.not_run("response-types");
            }
            let offers = |word: &str| types.iter().any(|text| text.split(' ').any(|name| name == word));
            let mut missing = Vec::new();
            if grants.contains(&"authorization_code") && !offers("code") {
                missing.push("code for authorization_code");
            }
            if grants.contains(&"implicit") && !offers("token") && !offers("id_token") {
                missing.push("token or id_token for implicit");
            }
            holds(missing.is_empty(), missing.join(", "), said!("response types: {}; grant types: {}", list(&types), list(&grants)))
        },
    ),
    // The list is optional; to leave it out says something all the same.
    should(
        "discovery/grant-types-default",
        "OIDCD-3",
        "Metadata without `grant_types_supported` stand for `authorization_code` and `implicit`: both should be supported then",
        "Clients take the default that the specification gives, and ask for tokens by a flow that the issuer does not have.",
        "Publish `grant_types_supported` with the grant types that the server supports, such as `[\"authorization_code\", \"refresh_token\"]`.",
        |metadata| {
            let document = metadata.document()?;
            if let Some(grants) = document.list("grant_types_supported")? {
                return pass(said!("grant types: {}", list(&grants)));
            }
            let types = document.required("response_types_supported", "response-types")?;
            let offers = |word: &str| types.iter().any(|text| text.split(' ').any(|name| name == word));
            let fits = offers("code") && (offers("token") || offers("id_token"));
            holds(fits, "response types for both grant types", said!("response types: {}; no grant types", list(&types)))
        },
    ),
    may(
        "discovery/offline-access-grant",
        "OIDCC-11",
        "It is good practice to offer the refresh token grant where the scope `offline_access` is offered",
        "A client that reads the metadata believes that it cannot use a refresh token, and does not ask for `offline_access`.",
        "Add `refresh_token` to `grant_types_supported`. If the server issues no refresh tokens, remove `offline_access` from `scopes_supported`.",
        |metadata| {
            let document = metadata.document()?;
            let (scopes, grants) = (document.list("scopes_supported")?.unwrap_or_default(), document.grant_types()?);
            applies_if(scopes.contains(&"offline_access"), "offline_access is not among the scopes published")?;
            holds(grants.contains(&"refresh_token"), "refresh_token among the grant types", said!("grant types: {}", list(&grants)))
        },
    ),
    should(
        "discovery/par-endpoint",
        "RFC9126-2",
        "Where pushed authorization requests are required, the endpoint for them should be published",
        "Clients cannot send the only kind of request that the issuer accepts.",
        "Add `pushed_authorization_request_endpoint` to the metadata. If the server also accepts other requests, set \
         `require_pushed_authorization_requests` to `false`.",
        |metadata| par_endpoint(&metadata.document()?),
    ),
    // The text wants some form of authorization; it may be another than client authentication, hence no failure.
    should(
        "discovery/introspection-auth-not-none",
        "RFC7662-2.1",
        "The introspection endpoint should not be offered to clients without authentication",
        "An attacker can try tokens there until one of them is active.",
        "Remove `none` from `introspection_endpoint_auth_methods_supported`, and make the endpoint refuse requests without credentials.",
        |metadata| introspection_auth_not_none(&metadata.document()?),
    ),
    should(
        "discovery/pages-are-urls",
        "OIDCD-3",
        "The documentation, the policy and the terms of service, where they are published, should be absolute URLs",
        "A link to a relative address leads nowhere when it is shown by another site.",
        "Write `service_documentation`, `op_policy_uri` and `op_tos_uri` with scheme and host, such as `https://issuer.example/terms`. Leave out the \
         members for which there is no page.",
        |metadata| {
            let document = metadata.document()?;
            let there: Vec<_> = PAGES.iter().filter_map(|name| Some((name, document.member(name)?))).collect();
            if there.is_empty() {
                return not_applicable("none of them is published");
            }
            if there.iter().any(|(_, value)| !value.is_string()) {
                return document.not_run("metadata-types");
            }
            let shown = |(name, value): &(&&str, &Value)| said!("{name} = {}", show(value));
            let wrong: Vec<_> = there.iter().filter(|(_, value)| !value.as_str().is_some_and(is_absolute_url)).map(shown).collect();
            none_wrong(&wrong, "absolute URLs", list(&there.iter().map(shown).collect::<Vec<_>>()))
        },
    ),
    must(
        "discovery/mtls-aliases",
        "RFC8705-5",
        "The `mtls_endpoint_aliases`, if published, must be a JSON object whose values are absolute URLs",
        "A client with a certificate uses these addresses instead of the others, and does not reach any endpoint.",
        "Write `mtls_endpoint_aliases` as an object with names such as `token_endpoint` and, for each of them, a URL with scheme and host. If there \
         are no such endpoints, leave the member out.",
        |metadata| mtls_aliases(&metadata.document()?),
    ),
];

/// Passes where pushed requests are not demanded, or the endpoint for them is published.
pub(in crate::rule) fn par_endpoint(document: &Document) -> Judgement {
    if document.member("require_pushed_authorization_requests") != Some(&Value::Bool(true)) {
        return not_applicable("pushed authorization requests are not required");
    }
    is_published(document, "pushed_authorization_request_endpoint")
}

/// Passes when introspection is not offered to clients without authentication.
pub(in crate::rule) fn introspection_auth_not_none(document: &Document) -> Judgement {
    let absent = "no authentication methods are published for introspection";
    let methods = document.list_or("introspection_endpoint_auth_methods_supported", absent)?;
    holds(!methods.contains(&"none"), "any method but none", said!("methods: {}", list(&methods)))
}

/// Passes when the endpoints for clients with certificates are URLs.
pub(in crate::rule) fn mtls_aliases(document: &Document) -> Judgement {
    match document.member("mtls_endpoint_aliases") {
        None => not_applicable("no mtls_endpoint_aliases"),
        Some(Value::Object(aliases)) => {
            let wrong = aliases.iter().filter(|(_, value)| !value.as_str().is_some_and(is_absolute_url));
            let wrong: Vec<_> = wrong.map(|(name, value)| said!("{name}: {}", show(value))).collect();
            none_wrong(&wrong, "absolute URLs", said!("{} aliases, all URLs", aliases.len()))
        }
        Some(other) => fail("a JSON object", said!("{}: {}", kind(other), show(other))),
    }
}
