//! Rules about the values in the lists of what is supported.

use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};

use super::{ProviderMetadata, optional_list};
use crate::rule::Check;
use crate::rule::expect::{self, may, must, should};
use crate::rule::userinfo::formats;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    must(
        "discovery/claim-types-normal",
        "OIDCC-5.6",
        "The types of claims, where they are published, contain normal",
        "A client that looks before it asks concludes that it gets no claims from the issuer itself.",
        |artefact| contains(artefact, "claim_types_supported", "normal"),
    ),
    may(
        "discovery/display-values",
        "OIDCC-3.1.2.1",
        "The display values published are of those that are defined: page, popup, touch and wap",
        "Clients know no other value, and cannot ask for it.",
        |artefact| {
            each(artefact, &["display_values_supported"], "page, popup, touch or wap", |value| matches!(value, "page" | "popup" | "touch" | "wap"))
        },
    ),
];

/// Judges each value of an optional list by itself.
fn each(artefact: &ProviderMetadata, names: &[&str], expected: &str, fits: impl Fn(&str) -> bool) -> Judgement {
    artefact.judge(|document| {
        let (mut seen, mut wrong) = (Vec::new(), Vec::new());
        for name in names {
            match optional_list(document, name) {
                Err(outcome) => return Err(outcome),
                Ok(values) => {
                    for value in values.unwrap_or_default() {
                        if !fits(value) {
                            wrong.push(format!("{name}: {value:?}"));
                        }
                        seen.push(value);
                    }
                }
            }
        }
        if seen.is_empty() {
            not_applicable(format!("not published: {}", expect::list(names)))
        } else if wrong.is_empty() {
            pass(expect::list(&seen))
        } else {
            fail(expected, expect::list(&wrong))
        }
    })
}

/// Judges whether an optional list holds a value.
fn contains(artefact: &ProviderMetadata, name: &str, value: &str) -> Judgement {
    artefact.judge(|document| match optional_list(document, name) {
        Err(outcome) => Err(outcome),
        Ok(None) => not_applicable(format!("no {name}")),
        // That it is empty is another rule's.
        Ok(Some(values)) if values.is_empty() => not_run("discovery/no-empty-arrays"),
        Ok(Some(values)) => expect::holds(values.contains(&value), format!("{value} in {name}"), format!("{name}: {}", expect::list(&values))),
    })
}

pub(super) const LOCALES_BCP47: Check<ProviderMetadata> = must(
    "discovery/locales-bcp47",
    "OIDCD-3",
    "The languages published for the user interface and for claims are language tags as BCP 47 defines them",
    "A client that compares the languages of its user with the list finds none, most often for an underscore in place of the hyphen.",
    |artefact| each(artefact, &["ui_locales_supported", "claims_locales_supported"], "language tags", formats::is_language_tag),
);

pub(super) const REQUEST_OBJECT_ALGS_RS256: Check<ProviderMetadata> = should(
    "discovery/request-object-algs-rs256",
    "OIDCD-3",
    "The algorithms for request objects, where they are published, contain RS256",
    "A client that signs its request objects with the one algorithm everybody knows is refused.",
    |artefact| contains(artefact, "request_object_signing_alg_values_supported", "RS256"),
);

pub(super) const AUTH_SIGNING_ALGS_RS256: Check<ProviderMetadata> = should(
    "discovery/auth-signing-algs-rs256",
    "OIDCD-3",
    "The algorithms for client authentication at the token endpoint, where they are published, contain RS256",
    "A client that authenticates with the one algorithm everybody knows is refused.",
    |artefact| contains(artefact, "token_endpoint_auth_signing_alg_values_supported", "RS256"),
);

pub(in crate::rule) const PKCE_METHODS_REGISTERED: Check<ProviderMetadata> = should(
    "discovery/pkce-methods-registered",
    "RFC8414-2",
    "The PKCE methods published are registered ones: S256 and plain, spelled so",
    "Clients compare the names to the letter, and leave out the protection they cannot find.",
    |artefact| each(artefact, &["code_challenge_methods_supported"], "S256 or plain", |method| matches!(method, "S256" | "plain")),
);

/// The grant types with short names; every other one is named by a URI.
const SHORT_GRANTS: &[&str] = &["authorization_code", "implicit", "password", "client_credentials", "refresh_token"];

/// The registered names of signature algorithms (RFC 7518 3.1, RFC 8037 3.1, RFC 8812 3.2, RFC 9864 2).
const ALGORITHMS: &[&str] = &[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519",
    "Ed448", "none",
];

fn signing_lists(document: &Map<String, Value>) -> impl Iterator<Item = (&str, Vec<&str>)> {
    document
        .iter()
        .filter(|(name, _)| name.ends_with("signing_alg_values_supported"))
        .filter_map(|(name, value)| Some((name.as_str(), expect::strings(value).ok()?)))
}

pub(super) static RULES_2: &[Check<ProviderMetadata>] = &[
    may(
        "discovery/grant-types-syntax",
        "RFC6749-8.3",
        "Every grant type beyond those of OAuth 2.0 itself is named by an absolute URI",
        "Two extensions with the same short name cannot be told apart, and a misspelled name is taken for an extension.",
        |artefact| {
            each(artefact, &["grant_types_supported"], "a grant type of OAuth 2.0, or an absolute URI", |grant| {
                SHORT_GRANTS.contains(&grant) || url::Url::parse(grant).is_ok()
            })
        },
    ),
    must(
        "discovery/response-types-syntax",
        "RFC6749-A.3",
        "Every response type is made of words of letters, digits and underscores with one space between them",
        "A response type that is not one cannot be asked for: two joined by a comma are read as one that nobody knows.",
        |artefact| {
            artefact.judge(|document| {
                let types = document.get("response_types_supported").map(expect::strings);
                let Some(Ok(types)) = types else { return not_run("discovery/response-types") };
                let name = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                let wrong: Vec<_> = types.iter().filter(|text| !text.split(' ').all(name)).map(|text| format!("{text:?}")).collect();
                if wrong.is_empty() {
                    pass(format!("response types: {}", expect::list(&types)))
                } else {
                    fail("words with one space between them", expect::list(&wrong))
                }
            })
        },
    ),
    // Only names that are somebody's in another spelling are wrong: algorithms nobody here knows may be registered tomorrow.
    should(
        "discovery/alg-names-spelled",
        "RFC7515-4.1.1",
        "The names of signature algorithms have the letter case they are registered with",
        "Names are compared with their case: a client that looks for RS256 does not find rs256.",
        |artefact| {
            artefact.judge(|document| {
                let (mut seen, mut wrong) = (0_usize, Vec::new());
                for (name, algs) in signing_lists(document) {
                    seen += algs.len();
                    let odd = |alg: &&&str| !ALGORITHMS.contains(alg) && ALGORITHMS.iter().any(|known| known.eq_ignore_ascii_case(alg));
                    wrong.extend(algs.iter().filter(odd).map(|alg| format!("{name}: {alg}")));
                }
                if seen == 0 {
                    not_applicable("no signature algorithm is published")
                } else if wrong.is_empty() {
                    pass(format!("{seen} names of algorithms"))
                } else {
                    fail("the registered spelling", expect::list(&wrong))
                }
            })
        },
    ),
    must(
        "discovery/dpop-algs-asymmetric",
        "RFC9449-4.2",
        "The algorithms published for DPoP proofs are neither none nor those of a shared secret",
        "A proof anybody can make proves nothing: a stolen token is as good as the client's own.",
        |artefact| {
            each(artefact, &["dpop_signing_alg_values_supported"], "algorithms with a key pair", |alg| {
                !alg.eq_ignore_ascii_case("none") && !crate::rule::jose::is_symmetric(alg)
            })
        },
    ),
];
