//! Rules about single members, which are judged as in provider metadata.

use super::ServerMetadata;
use crate::rule::prelude::*;
use crate::rule::provider_metadata::endpoints::is_published;
use crate::rule::provider_metadata::{consistency, document, published, security, values};

pub(super) static RULES: &[Check<ServerMetadata>] = &[
    should(
        "server-metadata/no-duplicate-members",
        "RFC8259-4",
        "Every member of the metadata should occur only once",
        "Some parsers keep the first of two members with the same name and some keep the last, so clients see different servers.",
        "Build the document from a map or an object, not by joining strings, and look for a setting that adds a member which the server writes anyway.",
        |server| document::members_once(&server.document()?),
    ),
    must(
        "server-metadata/locales-bcp47",
        "RFC8414-2",
        "The languages in `ui_locales_supported` must be language tags as BCP 47 defines them",
        "A client that compares the languages of its end-user with the list finds none. The usual cause is an underscore in place of the hyphen.",
        "Write the values with hyphens, such as `en-GB`, not `en_GB`, and without names such as `English`.",
        |server| values::ui_locales(&server.document()?),
    ),
    should(
        "server-metadata/auth-signing-algs-rs256",
        "RFC8414-2",
        "The algorithms for client authentication at the token endpoint should contain RS256",
        "A client that authenticates with RS256, which all clients know, is refused.",
        "Accept client assertions that are signed with RS256, and add `RS256` to `token_endpoint_auth_signing_alg_values_supported`.",
        |server| values::auth_signing_algs_rs256(&server.document()?),
    ),
    must(
        "server-metadata/response-types-syntax",
        "RFC6749-A.3",
        "Every response type in the metadata must consist of words of letters, digits and underscores with one space between them",
        "A response type of another form cannot be requested: two words joined by a comma are read as one unknown word.",
        "Write each response type as a string of its own in `response_types_supported`, and a combination as words with one space between them.",
        |server| {
            let document = server.document()?;
            // A server without an authorization endpoint need not have any.
            applies_if(document.member("response_types_supported").is_some(), "no response types are published")?;
            values::response_types_syntax(&document)
        },
    ),
    must(
        "server-metadata/dpop-algs-asymmetric",
        "RFC9449-4.2",
        "The algorithms for DPoP proofs in the metadata must not contain `none` or an algorithm with a shared secret",
        "A proof that everyone can make proves nothing: a thief can use a stolen access token like the client itself.",
        "List only asymmetric algorithms, such as `ES256`, in `dpop_signing_alg_values_supported`, and refuse proofs that are signed in another way.",
        |server| values::dpop_algs_asymmetric(&server.document()?),
    ),
    must(
        "server-metadata/iss-parameter-boolean",
        "RFC9207-3",
        "`authorization_response_iss_parameter_supported` in the metadata, if it is there, must be a boolean",
        "A client that cannot read this member does not check `iss`, and remains open to mix-up attacks.",
        "Write `true` without quotation marks if every authorization response has `iss`, or else `false`.",
        |server| security::iss_parameter_boolean(&server.document()?),
    ),
    // The text forbids the use of the grant; what is seen here is only the offer.
    should(
        "server-metadata/no-password-grant",
        "RFC9700-2.4",
        "The metadata should not offer the resource owner password credentials grant",
        "This grant gives the end-user's password to the client, and makes a second factor impossible.",
        "Disable the grant `password` and remove it from `grant_types_supported`. Let its clients use the authorization code flow instead.",
        |server| security::no_password_grant(&server.document()?),
    ),
    should(
        "server-metadata/par-endpoint",
        "RFC9126-2",
        "Where pushed authorization requests are required, the metadata should have the endpoint for them",
        "Clients cannot send the only kind of request that the server accepts.",
        "Add `pushed_authorization_request_endpoint` to the metadata, or set `require_pushed_authorization_requests` to `false`.",
        |server| consistency::par_endpoint(&server.document()?),
    ),
    // The text wants some form of authorization; it may be another than client authentication, hence no failure.
    should(
        "server-metadata/introspection-auth-not-none",
        "RFC7662-2.1",
        "The metadata should not offer introspection to clients without authentication",
        "An attacker can try tokens there until one of them is active.",
        "Remove `none` from `introspection_endpoint_auth_methods_supported`, and make the endpoint refuse requests without credentials.",
        |server| consistency::introspection_auth_not_none(&server.document()?),
    ),
    must(
        "server-metadata/mtls-aliases",
        "RFC8705-5",
        "The `mtls_endpoint_aliases` in the metadata, if they are there, must be a JSON object whose values are absolute URLs",
        "A client with a certificate uses these addresses instead of the others, and does not reach any endpoint.",
        "Write `mtls_endpoint_aliases` as an object with names such as `token_endpoint` and, for each of them, a URL with scheme and host.",
        |server| consistency::mtls_aliases(&server.document()?),
    ),
    should(
        "server-metadata/scopes-published",
        "RFC8414-2",
        "The metadata of the authorization server should have `scopes_supported`",
        "A client cannot see which scopes it can ask for, and asks for too much or too little.",
        "List the scopes that clients may ask for in `scopes_supported`. Scopes for single clients may be left out.",
        |server| is_published(&server.document()?, "scopes_supported"),
    ),
    should(
        "server-metadata/auth-key-pair",
        "RFC9700-2.5",
        "The metadata should offer clients to authenticate with a key pair: by `private_key_jwt` or by mutual TLS",
        "The client and the server share a secret. An attacker who reads it in a request, or at a server that stores it, can act as the client.",
        "Offer `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth` at the token endpoint, and list the method in `token_endpoint_auth_methods_supported`.",
        |server| published::auth_key_pair(&server.document()?),
    ),
    must(
        "server-metadata/revocation-no-fragment",
        "RFC7009-2",
        "The URL of the revocation endpoint in the metadata of the authorization server, if it is there, must have no fragment",
        "A fragment never reaches the server, and what is appended after it is lost.",
        "Remove `#` and all that follows from `revocation_endpoint`.",
        |server| published::revocation_no_fragment(&server.document()?),
    ),
];
