//! Rules about the values in the lists of what is supported.

use super::{Document, ProviderMetadata};
use crate::rule::jose::is_symmetric;
use crate::rule::prelude::*;
use crate::rule::userinfo::formats;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    must(
        "discovery/locales-bcp47",
        "OIDCD-3",
        "The languages published for the user interface and for claims must be language tags as BCP 47 defines them",
        "A client that compares the languages of its end-user with the list finds none. The usual cause is an underscore in place of the hyphen.",
        "Write the values of `ui_locales_supported` and `claims_locales_supported` with hyphens, such as `en-GB`, not `en_GB`, and without names \
         such as `English`.",
        |metadata| each(&metadata.document()?, &["ui_locales_supported", "claims_locales_supported"], "language tags", formats::is_language_tag),
    ),
    should(
        "discovery/request-object-algs-rs256",
        "OIDCD-3",
        "The published algorithms for request objects should contain RS256",
        "A client that signs its request objects with RS256, which all clients know, is refused.",
        "Accept request objects that are signed with RS256, and add `RS256` to `request_object_signing_alg_values_supported`.",
        |metadata| contains(&metadata.document()?, "request_object_signing_alg_values_supported", "RS256"),
    ),
    should(
        "discovery/auth-signing-algs-rs256",
        "OIDCD-3",
        "The published algorithms for client authentication at the token endpoint should contain RS256",
        "A client that authenticates with RS256, which all clients know, is refused.",
        "Accept client assertions that are signed with RS256, and add `RS256` to `token_endpoint_auth_signing_alg_values_supported`.",
        |metadata| auth_signing_algs_rs256(&metadata.document()?),
    ),
    must(
        "discovery/claim-types-normal",
        "OIDCC-5.6",
        "The published types of claims must contain `normal`",
        "A client that reads the list believes that it gets no claims from the issuer itself.",
        "Add `normal` to `claim_types_supported`, or leave this member out: without it, `normal` is assumed.",
        |metadata| contains(&metadata.document()?, "claim_types_supported", "normal"),
    ),
    may(
        "discovery/display-values",
        "OIDCC-3.1.2.1",
        "It is good practice to publish only the display values that are defined: `page`, `popup`, `touch` and `wap`",
        "Clients know no other value and cannot ask for it.",
        "Remove every other value from `display_values_supported`, and correct the spelling and the letter case of the rest.",
        |metadata| {
            let document = metadata.document()?;
            each(&document, &["display_values_supported"], "page, popup, touch or wap", |value| matches!(value, "page" | "popup" | "touch" | "wap"))
        },
    ),
    should(
        "discovery/pkce-methods-registered",
        "RFC8414-2",
        "Every published PKCE method should be a registered name in its exact spelling: `S256` or `plain`",
        "Clients compare the names character by character, and leave PKCE out if they do not find the name.",
        "Write `S256` with a capital letter in `code_challenge_methods_supported`, and remove values that are not registered.",
        |metadata| pkce_methods_registered(&metadata.document()?),
    ),
    may(
        "discovery/grant-types-syntax",
        "RFC6749-8.3",
        "It is good practice to name every grant type beyond those of OAuth 2.0 itself by an absolute URI",
        "Two extensions with the same short name cannot be distinguished, and a misspelled name is taken for an extension.",
        "Publish an extension by its URI, such as `urn:ietf:params:oauth:grant-type:device_code`, and correct misspelled names in \
         `grant_types_supported`.",
        |metadata| {
            each(&metadata.document()?, &["grant_types_supported"], "a grant type of OAuth 2.0, or an absolute URI", |grant| {
                SHORT_GRANTS.contains(&grant) || Url::parse(grant).is_ok()
            })
        },
    ),
    must(
        "discovery/response-types-syntax",
        "RFC6749-A.3",
        "Every published response type must consist of words of letters, digits and underscores with one space between them",
        "A response type of another form cannot be requested: two words joined by a comma are read as one unknown word.",
        "Write each response type as a string of its own in `response_types_supported`, and a combination as words with one space between them, such \
         as `code id_token`.",
        |metadata| response_types_syntax(&metadata.document()?),
    ),
    // Only registered names in another spelling are wrong: an algorithm that is not known here may be registered tomorrow.
    should(
        "discovery/alg-names-spelled",
        "RFC7515-4.1.1",
        "The published names of signature algorithms should have the letter case with which they are registered",
        "The letter case of the names counts: a client that looks for `RS256` does not find `rs256`.",
        "Write the names in the lists `…signing_alg_values_supported` as they are registered, such as `RS256`, `ES256`, `EdDSA` and `none`.",
        |metadata| {
            let document = metadata.document()?;
            let (mut seen, mut wrong) = (0_usize, Vec::new());
            for (name, value) in document.members.iter().filter(|(name, _)| name.ends_with("signing_alg_values_supported")) {
                let Ok(algs) = strings(value) else { continue };
                seen += algs.len();
                let odd = |alg: &&&str| !ALGORITHMS.contains(alg) && ALGORITHMS.iter().any(|known| known.eq_ignore_ascii_case(alg));
                wrong.extend(algs.iter().filter(odd).map(|alg| said!("{name}: {alg}")));
            }
            if seen == 0 {
                return not_applicable("no signature algorithm is published");
            }
            none_wrong(&wrong, "the registered spelling", said!("{seen} names of algorithms"))
        },
    ),
    must(
        "discovery/dpop-algs-asymmetric",
        "RFC9449-4.2",
        "The algorithms published for DPoP proofs must not contain `none` or an algorithm with a shared secret",
        "A proof that everyone can make proves nothing: a thief can use a stolen access token like the client itself.",
        "List only asymmetric algorithms, such as `ES256`, in `dpop_signing_alg_values_supported`, and make the server refuse proofs that are signed \
         in another way.",
        |metadata| dpop_algs_asymmetric(&metadata.document()?),
    ),
];

/// Passes when each value of some optional lists fits by itself.
fn each(document: &Document, names: &[&str], expected: &'static str, fits: impl Fn(&str) -> bool) -> Judgement {
    let (mut seen, mut wrong) = (Vec::new(), Vec::new());
    for name in names {
        let values = document.list(name)?.unwrap_or_default();
        wrong.extend(values.iter().filter(|value| !fits(value)).map(|value| said!("{name}: {value:?}")));
        seen.extend(values);
    }
    if seen.is_empty() {
        return not_applicable(said!("not published: {}", list(names)));
    }
    none_wrong(&wrong, expected, list(&seen))
}

/// Passes when an optional list holds a value.
fn contains(document: &Document, name: &str, value: &str) -> Judgement {
    let values = document.list_or(name, said!("no {name}"))?;
    // That it is empty is another rule's.
    if values.is_empty() {
        return document.not_run("no-empty-arrays");
    }
    holds(values.contains(&value), said!("{value} in {name}"), said!("{name}: {}", list(&values)))
}

/// Passes when RS256 is among the algorithms for client authentication at the token endpoint.
pub(in crate::rule) fn auth_signing_algs_rs256(document: &Document) -> Judgement {
    contains(document, "token_endpoint_auth_signing_alg_values_supported", "RS256")
}

/// Passes when every response type is made of names with one space between them (RFC 6749 A.3).
pub(in crate::rule) fn response_types_syntax(document: &Document) -> Judgement {
    let types = document.required("response_types_supported", "response-types")?;
    let name = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let wrong: Vec<_> = types.iter().filter(|text| !text.split(' ').all(name)).map(|text| said!("{text:?}")).collect();
    none_wrong(&wrong, "words with one space between them", said!("response types: {}", list(&types)))
}

/// Passes when every algorithm for `DPoP` proofs has a key pair.
pub(in crate::rule) fn dpop_algs_asymmetric(document: &Document) -> Judgement {
    each(document, &["dpop_signing_alg_values_supported"], "algorithms with a key pair", |alg| {
        !alg.eq_ignore_ascii_case("none") && !is_symmetric(alg)
    })
}

/// Passes when the languages of the user interface are language tags.
pub(in crate::rule) fn ui_locales(document: &Document) -> Judgement {
    each(document, &["ui_locales_supported"], "language tags", formats::is_language_tag)
}

/// Passes when every PKCE method is registered (RFC 7636 4.2).
pub(in crate::rule) fn pkce_methods_registered(document: &Document) -> Judgement {
    each(document, &["code_challenge_methods_supported"], "S256 or plain", |method| matches!(method, "S256" | "plain"))
}

/// The grant types with short names; every other one is named by a URI.
const SHORT_GRANTS: &[&str] = &["authorization_code", "implicit", "password", "client_credentials", "refresh_token"];

/// The registered names of signature algorithms (RFC 7518 3.1, RFC 8037 3.1, RFC 8812 3.2, RFC 9864 2).
const ALGORITHMS: &[&str] = &[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519",
    "Ed448", "none",
];
