//! Rules about what an attacker could use (RFC 9700, RFC 8725, RFC 9207).

use super::{Document, ProviderMetadata};
use crate::rule::Check;
use crate::rule::expect::{holds, list, may, must, should, show};
use crate::rule::judgement::{Judgement, fail, not_applicable, pass};

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    // OpenID Connect Discovery 3: "The value none MAY be supported".
    may(
        "discovery/no-alg-none",
        "RFC8725-3.2",
        "Unsigned ID tokens are not offered",
        "Anybody can make an ID token with alg none; a client that accepts one logs in whoever is named in it.",
        "",
        |metadata| {
            let algs = metadata.document()?.required("id_token_signing_alg_values_supported", "id-token-algs-rs256")?;
            holds(!algs.contains(&"none"), "any algorithm but none", format!("ID token algorithms: {}", list(&algs)))
        },
    ),
    should(
        "discovery/pkce-published",
        "RFC9700-2.1.1",
        "Support of PKCE with S256 is published",
        "A client that cannot see that PKCE is supported leaves it out, and its codes can be injected by an attacker.",
        "",
        |metadata| pkce_published(&metadata.document()?),
    ),
    may(
        "discovery/pkce-no-plain",
        "RFC9700-2.1.1",
        "The PKCE method plain is not offered",
        "With plain, whoever sees the authorization request knows the verifier too.",
        "",
        |metadata| {
            let methods = metadata.document()?.list_or("code_challenge_methods_supported", "no PKCE methods are published")?;
            holds(!methods.contains(&"plain"), "S256 only", format!("PKCE methods: {}", list(&methods)))
        },
    ),
    must(
        "discovery/iss-parameter-boolean",
        "RFC9207-3",
        "authorization_response_iss_parameter_supported, if published, is a boolean",
        "A client that cannot read it does not check the iss parameter and stays open to mix-up attacks.",
        "",
        |metadata| match metadata.document()?.member("authorization_response_iss_parameter_supported") {
            None => not_applicable("not published, so false by default"),
            Some(value) => holds(value.is_boolean(), "true or false", show(value)),
        },
    ),
    // The text forbids the use of the grant; what is seen here is only the offer.
    should(
        "discovery/no-password-grant",
        "RFC9700-2.4",
        "The resource owner password credentials grant is not offered",
        "It hands the user's password to the client and rules out every second factor.",
        "",
        |metadata| {
            let grants = metadata.document()?.grant_types()?;
            holds(!grants.contains(&"password"), "any but password", format!("grant types: {}", list(&grants)))
        },
    ),
    may(
        "discovery/no-implicit-tokens",
        "RFC9700-2.1.2",
        "No response type is offered that puts an access token into the authorization response",
        "Tokens in URLs leak through the browser's history, logs and referrers, and can be injected unnoticed.",
        "",
        |metadata| {
            let responses = metadata.document()?.required("response_types_supported", "response-types")?;
            let tokens: Vec<_> = responses.iter().filter(|response| response.split(' ').any(|word| word == "token")).collect();
            if tokens.is_empty() {
                return pass(format!("response types: {}", list(&responses)));
            }
            fail("response types without token", format!("response types with token: {}", list(&tokens)))
        },
    ),
];

/// Passes when S256 is among the PKCE methods.
pub(in crate::rule) fn pkce_published(document: &Document) -> Judgement {
    let expected = "code_challenge_methods_supported with S256";
    match document.list("code_challenge_methods_supported")? {
        None => fail(expected, "no code_challenge_methods_supported"),
        Some(methods) => holds(methods.contains(&"S256"), expected, format!("code_challenge_methods_supported: {}", list(&methods))),
    }
}
