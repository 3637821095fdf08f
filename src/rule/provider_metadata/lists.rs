//! Rules about what is said to be supported.

use crate::rule::expect::{must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, pass};
use serde_json::{Map, Value};

use super::{ProviderMetadata, grant_types, optional_list, present};
use crate::rule::{Check, Level, Rule, expect};

pub(in crate::rule) const RESPONSE_TYPES: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/response-types",
        level: Level::Must,
        spec: "OIDCD-3",
        says: "The response types are published as an array of strings, at least one",
        why: "A client that looks for the flow it needs finds none and stops.",
    },
    judge: |artefact| artefact.judge(|document| required_list(document, "response_types_supported", "at least one response type", |_| true)),
};

pub(in crate::rule) const GRANT_TYPES: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/grant-types",
        level: Level::May,
        spec: "RFC7591-2.1",
        says: "The grant types cover the response types: authorization_code for code, implicit for tokens from the authorization endpoint",
        why: "Clients pick their flow by either list; where the two disagree some clients refuse to start.",
    },
    judge: |artefact| artefact.judge(|document| grants_cover_responses(document)),
};

pub(super) static RULES: &[Check<ProviderMetadata>] = &[must(
    "discovery/subject-types",
    "OIDCD-3",
    "The subject types are published, public or pairwise among them",
    "A client must know whether sub is the same user for everybody or only for itself.",
    |artefact| {
        artefact.judge(|document| {
            required_list(document, "subject_types_supported", "public or pairwise", |types| {
                types.iter().any(|t| matches!(*t, "public" | "pairwise"))
            })
        })
    },
)];

fn grants_cover_responses(document: &Map<String, Value>) -> Judgement {
    let grants = grant_types(document)?;
    let responses = document.get("response_types_supported").map(expect::strings).and_then(Result::ok);
    let responses = responses.ok_or_else(|| Unmet::not_run("discovery/response-types"))?;
    let words = || responses.iter().flat_map(|response| response.split(' '));
    let mut missing = Vec::new();
    if words().any(|word| word == "code") && !grants.contains(&"authorization_code") {
        missing.push("authorization_code");
    }
    if words().any(|word| matches!(word, "token" | "id_token")) && !grants.contains(&"implicit") {
        missing.push("implicit");
    }
    let expected = format!("{} for the response types {}", expect::list(&missing), expect::list(&responses));
    expect::holds(missing.is_empty(), expected, format!("grant types: {}", expect::list(&grants)))
}

pub(super) const ID_TOKEN_ALGS_RS256: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/id-token-algs-rs256",
        level: Level::Must,
        spec: "OIDCD-3",
        says: "The algorithms for signing ID tokens are published, RS256 among them",
        why: "RS256 is the one algorithm that every client can verify.",
    },
    judge: |artefact| {
        artefact.judge(|document| required_list(document, "id_token_signing_alg_values_supported", "RS256", |algs| algs.contains(&"RS256")))
    },
};

pub(in crate::rule) const SCOPES_SYNTAX: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/scopes-syntax",
        level: Level::Must,
        spec: "RFC6749-3.3",
        says: "Every scope published is one scope token: printable ASCII without space, quotation mark and backslash",
        why: "A scope with a space in it cannot be asked for: it would be read as two.",
    },
    judge: |artefact| {
        artefact.judge(|document| match optional_list(document, "scopes_supported") {
            Err(outcome) => Err(outcome),
            Ok(None) => not_applicable("no scopes are published"),
            Ok(Some(scopes)) => {
                let wrong: Vec<_> = scopes.iter().filter(|scope| !is_scope_token(scope)).map(|scope| format!("{scope:?}")).collect();
                if wrong.is_empty() {
                    pass(format!("{} scopes, all scope tokens", scopes.len()))
                } else {
                    fail("scope tokens", format!("not scope tokens: {}", expect::list(&wrong)))
                }
            }
        })
    },
};

/// RFC 6749, appendix A.4.
fn is_scope_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// The endpoints whose client authentication is described in the metadata.
const AUTHENTICATED: &[&str] = &["token_endpoint", "revocation_endpoint", "introspection_endpoint"];

// RFC 8414 says MUST; OpenID Connect Discovery, which this document follows first, has the member optional.
pub(in crate::rule) const AUTH_SIGNING_ALGS_PRESENT: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/auth-signing-algs-present",
        level: Level::Should,
        spec: "RFC8414-2",
        says: "Where clients may authenticate with a signed JWT, the algorithms for it are published",
        why: "There is no default: a client can only guess the algorithm, and learns of a wrong guess by invalid_client.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let mut needed = Vec::new();
            for endpoint in AUTHENTICATED {
                match optional_list(document, &format!("{endpoint}_auth_methods_supported")) {
                    Err(outcome) => return Err(outcome),
                    Ok(Some(methods)) if methods.iter().any(|method| matches!(*method, "private_key_jwt" | "client_secret_jwt")) => {
                        needed.push(format!("{endpoint}_auth_signing_alg_values_supported"));
                    }
                    Ok(_) => {}
                }
            }
            if needed.is_empty() {
                return not_applicable("no endpoint lists private_key_jwt or client_secret_jwt");
            }
            let missing: Vec<_> = needed.iter().filter(|name| present(document, name).is_none()).collect();
            if missing.is_empty() {
                pass(format!("published: {}", expect::list(&needed)))
            } else {
                fail(expect::list(&needed), format!("missing: {}", expect::list(&missing)))
            }
        })
    },
};

pub(in crate::rule) const AUTH_SIGNING_ALGS_NO_NONE: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/auth-signing-algs-no-none",
        level: Level::Must,
        spec: "OIDCD-3",
        says: "The algorithms for client authentication do not contain none",
        why: "An unsigned assertion proves nothing: anybody who knows a client's identifier could act as that client.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let mut seen = Vec::new();
            for endpoint in AUTHENTICATED {
                match optional_list(document, &format!("{endpoint}_auth_signing_alg_values_supported")) {
                    Err(outcome) => return Err(outcome),
                    Ok(algs) => seen.extend(algs.unwrap_or_default()),
                }
            }
            if seen.is_empty() {
                return not_applicable("no algorithms for client authentication are published");
            }
            expect::holds(!seen.contains(&"none"), "any but none", format!("algorithms: {}", expect::list(&seen)))
        })
    },
};

fn required_list(document: &Map<String, Value>, name: &str, expected: &str, fits: fn(&[&str]) -> bool) -> Judgement {
    let asked = format!("{name}: an array of strings with {expected}");
    match present(document, name).map(expect::strings) {
        None => fail(asked, format!("no {name}")),
        Some(Err(what)) => fail(asked, format!("{name}: {what}")),
        Some(Ok(values)) => expect::holds(!values.is_empty() && fits(&values), asked, format!("{name}: {}", expect::list(&values))),
    }
}

pub(super) static RULES_2: &[Check<ProviderMetadata>] = &[
    // Servers may hide scopes, but the text recommends that those of Core, openid first, be listed.
    should(
        "discovery/scopes-openid",
        "OIDCD-3",
        "The scopes published contain openid",
        "A client that asks only for scopes it finds published would ask for none that gives an ID token.",
        |artefact| {
            artefact.judge(|document| match optional_list(document, "scopes_supported") {
                Err(outcome) => Err(outcome),
                Ok(None) => not_applicable("no scopes are published"),
                Ok(Some(scopes)) => {
                    expect::holds(scopes.contains(&"openid"), "openid among the scopes", format!("scopes: {}", expect::list(&scopes)))
                }
            })
        },
    ),
];
