//! Rules about what is said to be supported.

use super::{Document, ProviderMetadata};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    must(
        "discovery/response-types",
        "OIDCD-3",
        "The response types must be published as an array of strings with at least one value",
        "A client looks there for the flow that it needs, finds nothing and stops.",
        "Publish `response_types_supported` with every response type that the authorization endpoint accepts, such as `[\"code\"]`.",
        |metadata| response_types(&metadata.document()?),
    ),
    may(
        "discovery/grant-types",
        "RFC7591-2.1",
        "It is good practice that the grant types cover the response types: `authorization_code` for `code`, `implicit` for `token` and `id_token`",
        "Clients choose their flow by either list. Where the two lists disagree, some clients do not start.",
        "Add the missing grant type to `grant_types_supported`, or remove the response types that the server does not accept from \
         `response_types_supported`.",
        |metadata| {
            let document = metadata.document()?;
            let grants = document.grant_types()?;
            let responses = document.required("response_types_supported", "response-types")?;
            let words = || responses.iter().flat_map(|response| response.split(' '));
            let mut missing = Vec::new();
            if words().any(|word| word == "code") && !grants.contains(&"authorization_code") {
                missing.push("authorization_code");
            }
            if words().any(|word| matches!(word, "token" | "id_token")) && !grants.contains(&"implicit") {
                missing.push("implicit");
            }
            let expected = said!("{} for the response types {}", list(&missing), list(&responses));
            holds(missing.is_empty(), expected, said!("grant types: {}", list(&grants)))
        },
    ),
    must(
        "discovery/subject-types",
        "OIDCD-3",
        "The subject types must be published, with `public` or `pairwise` among them",
        "A client must know whether `sub` is the same for all clients or different for each client.",
        "Publish `subject_types_supported` as an array of strings: `public` if all clients get the same `sub` for an end-user, `pairwise` if each \
         client gets another `sub`, or both.",
        |metadata| {
            required_list(&metadata.document()?, "subject_types_supported", "public or pairwise", |types| {
                types.iter().any(|t| matches!(*t, "public" | "pairwise"))
            })
        },
    ),
    must(
        "discovery/id-token-algs-rs256",
        "OIDCD-3",
        "The algorithms for signing ID tokens must be published, with RS256 among them",
        "RS256 is the only algorithm that every client can verify.",
        "Create an RSA key, let the server sign ID tokens with RS256, and list `RS256` in `id_token_signing_alg_values_supported`. In better-auth: \
         `jwt({ jwks: { keyPairConfig: { alg: \"RS256\" } } })`.",
        |metadata| required_list(&metadata.document()?, "id_token_signing_alg_values_supported", "RS256", |algs| algs.contains(&"RS256")),
    ),
    // Servers may hide scopes, but the text recommends that those of Core, openid first, be listed.
    should(
        "discovery/scopes-openid",
        "OIDCD-3",
        "The published scopes should contain `openid`",
        "A client that asks only for published scopes would not ask for `openid`, and would get no ID token.",
        "Add `openid` to `scopes_supported`. The server may leave out other scopes, but clients look for `openid`.",
        |metadata| {
            let scopes = scopes(&metadata.document()?)?;
            holds(scopes.contains(&"openid"), "openid among the scopes", said!("scopes: {}", list(&scopes)))
        },
    ),
    must(
        "discovery/scopes-syntax",
        "RFC6749-3.3",
        "Every published scope must be one scope token: printable ASCII without space, quotation mark and backslash",
        "A scope with a space cannot be requested, because it is read as two scopes.",
        "Publish each scope as a string of its own in `scopes_supported`, and rename scopes with other characters. Letters, digits and `.`, `:`, \
         `-`, `_` and `/` are safe.",
        |metadata| scopes_syntax(&metadata.document()?),
    ),
    // RFC 8414 says MUST; OpenID Connect Discovery, which this document follows first, has the member optional.
    should(
        "discovery/auth-signing-algs-present",
        "RFC8414-2",
        "Where clients may authenticate with a signed JWT, the algorithms for it should be published",
        "There is no default. A client can only guess the algorithm, and a wrong guess ends with `invalid_client`.",
        "For each endpoint that lists `private_key_jwt` or `client_secret_jwt`, publish the accepted algorithms: for the token endpoint as \
         `token_endpoint_auth_signing_alg_values_supported`.",
        |metadata| auth_signing_algs_present(&metadata.document()?),
    ),
    must(
        "discovery/auth-signing-algs-no-none",
        // OIDCD-3 says it of the token endpoint's list, this of all three.
        "RFC8414-2",
        "The published algorithms for client authentication must not contain `none`",
        "An assertion without a signature proves nothing: everyone who knows a client's identifier could act as this client.",
        "Remove `none` from the lists `…_endpoint_auth_signing_alg_values_supported`, and make the server refuse client assertions that are not \
         signed.",
        |metadata| auth_signing_algs_no_none(&metadata.document()?),
    ),
];

fn required_list(document: &Document, name: &str, expected: &str, fits: fn(&[&str]) -> bool) -> Judgement {
    let asked = said!("{name}: an array of strings with {expected}");
    match document.member(name).map(strings) {
        None => fail(asked, said!("no {name}")),
        Some(Err(what)) => fail(asked, said!("{name}: {what}")),
        Some(Ok(values)) => holds(!values.is_empty() && fits(&values), asked, said!("{name}: {}", list(&values))),
    }
}

/// Passes when there are response types.
pub(in crate::rule) fn response_types(document: &Document) -> Judgement {
    required_list(document, "response_types_supported", "at least one response type", |_| true)
}

/// The scopes that are published. That the list is empty is another rule's.
fn scopes<'a>(document: &Document<'a>) -> Result<Vec<&'a str>, Unmet> {
    let scopes = document.list_or("scopes_supported", "no scopes are published")?;
    if scopes.is_empty() { document.not_run("no-empty-arrays") } else { Ok(scopes) }
}

/// Passes when every scope is a scope token (RFC 6749, appendix A.4).
pub(in crate::rule) fn scopes_syntax(document: &Document) -> Judgement {
    let scopes = scopes(document)?;
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    let wrong: Vec<_> = scopes.iter().filter(|scope| !is_token(scope)).map(|scope| said!("{scope:?}")).collect();
    if wrong.is_empty() {
        return pass(said!("{} scopes, all scope tokens", scopes.len()));
    }
    fail("scope tokens", said!("not scope tokens: {}", list(&wrong)))
}

/// The endpoints whose client authentication is described in the metadata.
const AUTHENTICATED: &[&str] = &["token_endpoint", "revocation_endpoint", "introspection_endpoint"];

/// Passes when the algorithms for signed JWTs are published where clients may authenticate with them.
pub(in crate::rule) fn auth_signing_algs_present(document: &Document) -> Judgement {
    let mut needed = Vec::new();
    for endpoint in AUTHENTICATED {
        let methods = document.list(&format!("{endpoint}_auth_methods_supported"))?.unwrap_or_default();
        if methods.iter().any(|method| matches!(*method, "private_key_jwt" | "client_secret_jwt")) {
            needed.push(format!("{endpoint}_auth_signing_alg_values_supported"));
        }
    }
    if needed.is_empty() {
        return not_applicable("no endpoint lists private_key_jwt or client_secret_jwt");
    }
    let missing: Vec<_> = needed.iter().filter(|name| document.member(name).is_none()).collect();
    if missing.is_empty() {
        return pass(said!("published: {}", list(&needed)));
    }
    fail(list(&needed), said!("missing: {}", list(&missing)))
}

/// Passes when no client may authenticate with an unsigned JWT.
pub(in crate::rule) fn auth_signing_algs_no_none(document: &Document) -> Judgement {
    let mut seen = Vec::new();
    for endpoint in AUTHENTICATED {
        seen.extend(document.list(&format!("{endpoint}_auth_signing_alg_values_supported"))?.unwrap_or_default());
    }
    if seen.is_empty() {
        return not_applicable("no algorithms for client authentication are published");
    }
    holds(!seen.contains(&"none"), "any but none", said!("algorithms: {}", list(&seen)))
}
