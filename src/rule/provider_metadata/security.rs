//! Rules about what an attacker could use (RFC 9700, RFC 8725, RFC 9207).

use super::{Document, ProviderMetadata};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    // OpenID Connect Discovery 3: "The value none MAY be supported".
    may(
        "discovery/no-alg-none",
        "RFC8725-3.2",
        "It is good practice not to offer unsigned ID tokens",
        "Everyone can write an ID token with `alg` `none`. A client that accepts it logs in every end-user whom the token names.",
        "Remove `none` from `id_token_signing_alg_values_supported`, and sign every ID token.",
        |metadata| {
            let algs = metadata.document()?.required("id_token_signing_alg_values_supported", "id-token-algs-rs256")?;
            holds(!algs.contains(&"none"), "any algorithm but none", said!("ID token algorithms: {}", list(&algs)))
        },
    ),
    should(
        "discovery/no-rsa1-5",
        "RFC8725-3.2",
        "The published algorithms for encryption should not contain `RSA1_5`",
        "What is encrypted with it can be read without the key by asking the receiver often enough whether a changed text is well-formed.",
        "Remove `RSA1_5` from the lists `…_encryption_alg_values_supported`, and offer `RSA-OAEP-256` or an algorithm of `ECDH-ES` instead.",
        |metadata| {
            let document = metadata.document()?;
            let (mut seen, mut wrong) = (0_usize, Vec::new());
            for (name, value) in document.members.iter().filter(|(name, _)| name.ends_with("_encryption_alg_values_supported")) {
                let Ok(algs) = strings(value) else { continue };
                seen += algs.len();
                wrong.extend(algs.contains(&"RSA1_5").then(|| said!("{}: RSA1_5", shorten(name))));
            }
            if seen == 0 {
                return not_applicable("no encryption is offered");
            }
            none_wrong(&wrong, "other algorithms than RSA1_5", said!("{seen} names of algorithms"))
        },
    ),
    should(
        "discovery/pkce-published",
        "RFC9700-2.1.1",
        "Support of PKCE with `S256` should be published",
        "A client that cannot see that PKCE is supported leaves it out, and an attacker can inject codes into it.",
        "Make the token endpoint verify the `code_verifier` with `S256`, and list `S256` in `code_challenge_methods_supported`.",
        |metadata| {
            let document = metadata.document()?;
            let responses = document.required("response_types_supported", "response-types")?;
            let is_code = responses.iter().any(|response| response.split(' ').any(|word| word == "code"));
            let grants = document.grant_types()?;
            applies_if(is_code || grants.contains(&"authorization_code"), said!("no codes are given: {}", list(&grants)))?;
            pkce_published(&document)
        },
    ),
    may(
        "discovery/pkce-no-plain",
        "RFC9700-2.1.1",
        "It is good practice not to offer the PKCE method `plain`",
        "With `plain`, an attacker who sees the authorization request knows the code verifier, too.",
        "Remove `plain` from `code_challenge_methods_supported`, and refuse it at the authorization endpoint.",
        |metadata| {
            let methods = metadata.document()?.list_or("code_challenge_methods_supported", "no PKCE methods are published")?;
            holds(!methods.contains(&"plain"), "S256 only", said!("PKCE methods: {}", list(&methods)))
        },
    ),
    // A server may give no passwords at all: it lists neither of both.
    must(
        "discovery/basic-offered",
        "RFC6749-2.3.1",
        "Client authentication by HTTP Basic must be offered where clients may send their secret in the body",
        "A client that follows the specification sends its secret by Basic, and cannot authenticate.",
        "Accept the client secret in the `Authorization` header, and add `client_secret_basic` to `token_endpoint_auth_methods_supported`. If clients \
         have no secret to send, remove `client_secret_post` from it.",
        |metadata| {
            let methods =
                metadata.document()?.list_or("token_endpoint_auth_methods_supported", "not published, so client_secret_basic by default")?;
            let is_basic = methods.contains(&"client_secret_basic");
            let seen = said!("client authentication: {}", list(&methods));
            applies_if(is_basic || methods.contains(&"client_secret_post"), said!("no method by which a client sends a secret: {}", list(&methods)))?;
            holds(is_basic, "client_secret_basic beside client_secret_post", seen)
        },
    ),
    must(
        "discovery/iss-parameter-boolean",
        "RFC9207-3",
        "`authorization_response_iss_parameter_supported`, if published, must be a boolean",
        "A client that cannot read this member does not check `iss`, and remains open to mix-up attacks.",
        "Write `true` without quotation marks if every authorization response has `iss`, or else `false`.",
        |metadata| iss_parameter_boolean(&metadata.document()?),
    ),
    // The text forbids the use of the grant; what is seen here is only the offer.
    should(
        "discovery/no-password-grant",
        "RFC9700-2.4",
        "The resource owner password credentials grant should not be offered",
        "This grant gives the end-user's password to the client, and makes a second factor impossible.",
        "Disable the grant `password` and remove it from `grant_types_supported`. Let its clients use the authorization code flow instead.",
        |metadata| no_password_grant(&metadata.document()?),
    ),
    may(
        "discovery/no-implicit-tokens",
        "RFC9700-2.1.2",
        "It is good practice not to offer a response type that puts an access token into the authorization response",
        "Tokens in URLs leak through browser histories, logs and `Referer` headers, and an attacker can inject tokens without being noticed.",
        "Disable the response types that contain the word `token`, and remove them from `response_types_supported`. Let their clients use `code` \
         with PKCE instead.",
        |metadata| {
            let responses = metadata.document()?.required("response_types_supported", "response-types")?;
            let tokens: Vec<_> = responses.iter().filter(|response| response.split(' ').any(|word| word == "token")).collect();
            if tokens.is_empty() {
                return pass(said!("response types: {}", list(&responses)));
            }
            fail("response types without token", said!("response types with token: {}", list(&tokens)))
        },
    ),
];

/// Passes when it is said in a boolean whether authorization responses have `iss`.
pub(in crate::rule) fn iss_parameter_boolean(document: &Document) -> Judgement {
    match document.member("authorization_response_iss_parameter_supported") {
        None => not_applicable("not published, so false by default"),
        Some(value) => holds(value.is_boolean(), "true or false", show(value)),
    }
}

/// Passes when the password is no grant.
pub(in crate::rule) fn no_password_grant(document: &Document) -> Judgement {
    let grants = document.grant_types()?;
    holds(!grants.contains(&"password"), "any but password", said!("grant types: {}", list(&grants)))
}

/// Passes when S256 is among the PKCE methods.
pub(in crate::rule) fn pkce_published(document: &Document) -> Judgement {
    let expected = "code_challenge_methods_supported with S256";
    match document.list("code_challenge_methods_supported")? {
        None => fail(expected, "no code_challenge_methods_supported"),
        Some(methods) => holds(methods.contains(&"S256"), expected, said!("code_challenge_methods_supported: {}", list(&methods))),
    }
}
