//! Rules about what should be published, and about values that should not be.

use super::endpoints::is_published;
use super::{Document, ProviderMetadata};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    should(
        "discovery/scopes-published",
        "OIDCD-3",
        "The metadata should have `scopes_supported`",
        "A client cannot see which scopes it can ask for, and asks for too much or too little.",
        "List the scopes that clients may ask for in `scopes_supported`, at least `openid`. Scopes for single clients may be left out.",
        |metadata| is_published(&metadata.document()?, "scopes_supported"),
    ),
    should(
        "discovery/claims-published",
        "OIDCD-3",
        "The metadata should have `claims_supported`",
        "A client cannot see which data of end-users it can get, and asks for data that the issuer never has.",
        "List the claims that the server can return in `claims_supported`, such as `sub`, `name` and `email`.",
        |metadata| is_published(&metadata.document()?, "claims_supported"),
    ),
    should(
        "discovery/backchannel-session-published",
        "OIDCBC-2.1",
        "Metadata with `backchannel_logout_supported` should say by `backchannel_logout_session_supported` whether logout tokens have a `sid`",
        "A client that ends sessions by `sid` cannot see whether it will get one, and does not register its logout URI.",
        "Add `backchannel_logout_session_supported` beside `backchannel_logout_supported`: `true` if logout tokens and ID tokens have a `sid`, or else `false`.",
        |metadata| session_published(&metadata.document()?, "backchannel_logout_supported", "backchannel_logout_session_supported"),
    ),
    should(
        "discovery/frontchannel-session-published",
        "OIDCFC-3",
        "Metadata with `frontchannel_logout_supported` should say by `frontchannel_logout_session_supported` whether `sid` is passed on a logout",
        "A client that ends sessions by `sid` cannot see whether it will get one, and does not register its logout URI.",
        "Add `frontchannel_logout_session_supported` beside `frontchannel_logout_supported`: `true` if `iss` and `sid` are passed and ID tokens have a `sid`, or else `false`.",
        |metadata| session_published(&metadata.document()?, "frontchannel_logout_supported", "frontchannel_logout_session_supported"),
    ),
    must(
        "discovery/prompt-values",
        "OIDCPC-4.2",
        "The `prompt_values_supported`, if published, must contain `none` and `login`, which every OpenID provider supports",
        "A client that reads the list believes that it can neither ask silently nor ask for the password again.",
        "List every value of `prompt` that the server supports in `prompt_values_supported`, `none` and `login` among them, or leave the member out.",
        |metadata| {
            let document = metadata.document()?;
            let values = document.list_or("prompt_values_supported", "no prompt_values_supported")?;
            // That it is empty is another rule's.
            if values.is_empty() {
                return document.not_run("no-empty-arrays");
            }
            let missing: Vec<_> = ["none", "login"].into_iter().filter(|value| !values.contains(value)).collect();
            holds(missing.is_empty(), "none and login among the values", said!("prompt values: {}", list(&values)))
        },
    ),
    should(
        "discovery/response-type-none-alone",
        "OAuth2-RT-4",
        "The response type `none` should not be published in combination with others",
        "A request for nothing and for a token at once means nothing, and each side may understand it in another way.",
        "Write `none` in `response_types_supported` as a string of its own, or leave it out.",
        |metadata| {
            let document = metadata.document()?;
            let types = document.required("response_types_supported", "response-types")?;
            let with_none: Vec<_> = types.iter().filter(|text| text.split(' ').any(|word| word == "none")).collect();
            applies_if(!with_none.is_empty(), "the response type none is not published")?;
            let combined: Vec<_> = with_none.iter().filter(|text| text.contains(' ')).map(|text| said!("{text:?}")).collect();
            none_wrong(&combined, "none alone", "none, alone")
        },
    ),
    should(
        "discovery/auth-key-pair",
        "RFC9700-2.5",
        "Clients should be able to authenticate with a key pair: by `private_key_jwt` or by mutual TLS",
        "The client and the server share a secret. An attacker who reads it in a request, or at a server that stores it, can act as the client.",
        "Offer `private_key_jwt`, `tls_client_auth` or `self_signed_tls_client_auth` at the token endpoint, and list the method in `token_endpoint_auth_methods_supported`.",
        |metadata| auth_key_pair(&metadata.document()?),
    ),
    // The names are those that the registry of JOSE calls prohibited.
    should(
        "discovery/no-prohibited-algs",
        "RFC8725-3.2",
        "The published algorithms should not contain any that the registry of JOSE prohibits, such as `RS1` and `A128CBC`",
        "Signatures with SHA-1 can be forged, and encryption without authentication can be changed on the way or read by trial.",
        "Remove `RS1`, `HS1` and the algorithms of `CBC` and `CTR` without an HMAC from the lists of the metadata, and refuse tokens that use them.",
        |metadata| {
            let document = metadata.document()?;
            let is_of_algs = |name: &str| name.ends_with("_alg_values_supported") || name.ends_with("_enc_values_supported");
            let (mut seen, mut wrong) = (0_usize, Vec::new());
            for (name, value) in document.members.iter().filter(|(name, _)| is_of_algs(name)) {
                let Ok(algs) = strings(value) else { continue };
                seen += algs.len();
                wrong.extend(algs.iter().filter(|alg| PROHIBITED.contains(*alg)).map(|alg| said!("{}: {alg}", shorten(name))));
            }
            if seen == 0 {
                return not_applicable("no algorithm is published");
            }
            none_wrong(&wrong, "no prohibited algorithms", said!("{seen} names of algorithms"))
        },
    ),
    must(
        "discovery/revocation-no-fragment",
        "RFC7009-2",
        "The URL of the revocation endpoint, if published, must have no fragment",
        "A fragment never reaches the server, and what is appended after it is lost.",
        "Remove `#` and all that follows from `revocation_endpoint`.",
        |metadata| revocation_no_fragment(&metadata.document()?),
    ),
];

/// What the registry "JSON Web Signature and Encryption Algorithms" has as "Prohibited".
const PROHIBITED: &[&str] = &["RS1", "HS1", "A128CBC", "A192CBC", "A256CBC", "A128CTR", "A192CTR", "A256CTR"];

/// Methods by which a client shows that it has a private key (OpenID Connect Core 9, RFC 8705 2).
const BY_KEY: &[&str] = &["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"];

/// Passes when it is said whether a logout names the session, where that kind of logout is supported.
fn session_published(document: &Document, support: &str, session: &str) -> Judgement {
    let is_supported = document.member(support).and_then(serde_json::Value::as_bool) == Some(true);
    applies_if(is_supported, said!("{support} is not true"))?;
    is_published(document, session)
}

/// Passes when a client can authenticate by a key of its own. What is not published is `client_secret_basic` by default.
pub(in crate::rule) fn auth_key_pair(document: &Document) -> Judgement {
    let methods = document.list("token_endpoint_auth_methods_supported")?.unwrap_or_else(|| vec!["client_secret_basic"]);
    applies_if(methods.iter().any(|method| *method != "none"), "clients do not authenticate at all")?;
    holds(methods.iter().any(|method| BY_KEY.contains(method)), list(BY_KEY), said!("client authentication: {}", list(&methods)))
}

/// Passes when the revocation endpoint has no fragment. That it is no URL is another rule's.
pub(in crate::rule) fn revocation_no_fragment(document: &Document) -> Judgement {
    let Some(value) = document.member("revocation_endpoint") else { return not_applicable("no revocation_endpoint is published") };
    let Some(url) = value.as_str().and_then(|text| Url::parse(text).ok()) else { return document.not_run("metadata-types") };
    holds(url.fragment().is_none(), "no fragment", said!("revocation_endpoint = {}", shorten(url.as_str())))
}
