//! Rules about what an attacker could use (RFC 9700, RFC 8725, RFC 9207).

use super::{ProviderMetadata, grant_types, optional_list, present};
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{fail, not_applicable, not_run, pass};
use crate::rule::{Check, Level, Rule, expect};

pub(in crate::rule) const PKCE_PUBLISHED: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/pkce-published",
        level: Level::Should,
        spec: "RFC9700-2.1.1",
        says: "Support of PKCE with S256 is published",
        why: "A client that cannot see that PKCE is supported leaves it out, and its codes can be injected by an attacker.",
    },
    judge: |artefact| {
        artefact.judge(|document| match optional_list(document, "code_challenge_methods_supported") {
            Err(outcome) => Err(outcome),
            Ok(None) => fail("code_challenge_methods_supported with S256", "no code_challenge_methods_supported"),
            Ok(Some(methods)) => expect::holds(
                methods.contains(&"S256"),
                "code_challenge_methods_supported with S256",
                format!("code_challenge_methods_supported: {}", expect::list(&methods)),
            ),
        })
    },
};

pub(super) static RULES: &[Check<ProviderMetadata>] = &[should(
    "discovery/no-alg-none",
    "RFC8725-3.2",
    "Unsigned ID tokens are not offered",
    "Anybody can make an ID token with alg none; a client that accepts one logs in whoever is named in it.",
    |artefact| {
        artefact.judge(|document| {
            let algs = present(document, "id_token_signing_alg_values_supported").map(expect::strings);
            let Some(Ok(algs)) = algs else {
                return not_run("discovery/id-token-algs-rs256");
            };
            expect::holds(!algs.contains(&"none"), "any algorithm but none", format!("ID token algorithms: {}", expect::list(&algs)))
        })
    },
)];

pub(super) static RULES_2: &[Check<ProviderMetadata>] = &[
    may(
        "discovery/pkce-no-plain",
        "RFC9700-2.1.1",
        "The PKCE method plain is not offered",
        "With plain, whoever sees the authorization request knows the verifier too.",
        |artefact| {
            artefact.judge(|document| match optional_list(document, "code_challenge_methods_supported") {
                Err(outcome) => Err(outcome),
                Ok(None) => not_applicable("no PKCE methods are published"),
                Ok(Some(methods)) => expect::holds(!methods.contains(&"plain"), "S256 only", format!("PKCE methods: {}", expect::list(&methods))),
            })
        },
    ),
    must(
        "discovery/iss-parameter-boolean",
        "RFC9207-3",
        "authorization_response_iss_parameter_supported, if published, is a boolean",
        "A client that cannot read it does not check the iss parameter and stays open to mix-up attacks.",
        |artefact| {
            artefact.judge(|document| match present(document, "authorization_response_iss_parameter_supported") {
                None => not_applicable("not published, so false by default"),
                Some(value) => expect::holds(value.is_boolean(), "true or false", expect::show(value)),
            })
        },
    ),
    // The text forbids the use of the grant; what is seen here is only the offer.
    should(
        "discovery/no-password-grant",
        "RFC9700-2.4",
        "The resource owner password credentials grant is not offered",
        "It hands the user's password to the client and rules out every second factor.",
        |artefact| {
            artefact.judge(|document| match grant_types(document) {
                Err(outcome) => Err(outcome),
                Ok(grants) => expect::holds(!grants.contains(&"password"), "any but password", format!("grant types: {}", expect::list(&grants))),
            })
        },
    ),
    may(
        "discovery/no-implicit-tokens",
        "RFC9700-2.1.2",
        "No response type is offered that puts an access token into the authorization response",
        "Tokens in URLs leak through the browser's history, logs and referrers, and can be injected unnoticed.",
        |artefact| {
            artefact.judge(|document| {
                let responses = present(document, "response_types_supported").map(expect::strings);
                let Some(Ok(responses)) = responses else {
                    return not_run("discovery/response-types");
                };
                let tokens: Vec<_> = responses.iter().filter(|response| response.split(' ').any(|word| word == "token")).collect();
                if tokens.is_empty() {
                    pass(format!("response types: {}", expect::list(&responses)))
                } else {
                    fail("response types without token", format!("response types with token: {}", expect::list(&tokens)))
                }
            })
        },
    ),
];
