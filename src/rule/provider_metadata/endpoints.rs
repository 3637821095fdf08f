//! Rules about the endpoints' URLs.

use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, fail, not_applicable, not_run, pass};
use serde_json::{Map, Value};
use url::Url;

use super::{ProviderMetadata, grant_types, present};
use crate::rule::expect::{self, Scheme};
use crate::rule::{Check, Level, Rule};

pub(in crate::rule) const TOKEN_ENDPOINT: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/token-endpoint",
        level: Level::Must,
        spec: "OIDCD-3",
        says: "The token endpoint is published as a URL, unless only the implicit flow is offered",
        why: "Without it a client cannot turn a code into tokens.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let implicit_only = document.contains_key("grant_types_supported") && grant_types(document).is_ok_and(|grants| grants == ["implicit"]);
            if implicit_only && present(document, "token_endpoint").is_none() {
                return not_applicable("only the implicit grant is offered");
            }
            required_url(document, "token_endpoint")
        })
    },
};

pub(in crate::rule) const ALL_ENDPOINTS_HTTPS: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/all-endpoints-https",
        level: Level::Must,
        spec: "OIDCD-3",
        says: "Every endpoint's URL has the scheme https",
        why: "Over plain http, credentials, codes and tokens can be read and changed by anybody on the way.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let (mut https, mut tolerated, mut refused) = (0_usize, 0_usize, Vec::new());
            for (name, url) in endpoints(document) {
                match expect::scheme(&url, artefact.plain_http) {
                    Scheme::Https => https += 1,
                    Scheme::TolerateHttp => tolerated += 1,
                    Scheme::Refuse => refused.push(format!("{name}: {url}")),
                }
            }
            if !refused.is_empty() {
                fail("https", expect::list(&refused))
            } else if tolerated > 0 {
                not_applicable(format!("the issuer is on loopback by plain http, and so are {tolerated} endpoints"))
            } else if https == 0 {
                not_applicable("no endpoint is published")
            } else {
                pass(format!("{https} endpoints, all https"))
            }
        })
    },
};

pub(in crate::rule) const ENDPOINTS_NO_FRAGMENT: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/endpoints-no-fragment",
        level: Level::Must,
        spec: "RFC6749-3.1",
        says: "The URLs of the authorization and the token endpoint have no fragment",
        why: "A fragment never reaches the server, and parameters appended after it are lost with it.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let urls: Vec<_> = ["authorization_endpoint", "token_endpoint"]
                .into_iter()
                .filter_map(|name| Some((name, Url::parse(document.get(name)?.as_str()?).ok()?)))
                .collect();
            let with: Vec<_> = urls.iter().filter(|(_, url)| url.fragment().is_some()).map(|(name, url)| format!("{name}: {url}")).collect();
            if urls.is_empty() {
                return not_run("discovery/authorization-endpoint");
            }
            if with.is_empty() { pass("no fragment") } else { fail("no fragment", expect::list(&with)) }
        })
    },
};

pub(super) static RULES: &[Check<ProviderMetadata>] = &[must(
    "discovery/authorization-endpoint",
    "OIDCD-3",
    "The authorization endpoint is published as a URL",
    "Without it nobody can log in.",
    |artefact| artefact.judge(|document| required_url(document, "authorization_endpoint")),
)];

/// Every URL a client sends anything to, with its name: `…_endpoint`, `jwks_uri`, `check_session_iframe`, and the aliases for mutual TLS
/// (RFC 8705 5). What does not parse is left to the rules about types.
fn endpoints(document: &Map<String, Value>) -> Vec<(String, Url)> {
    let aliases = document.get("mtls_endpoint_aliases").and_then(Value::as_object);
    let all = document.iter().chain(aliases.into_iter().flatten());
    all.filter(|(name, _)| name.ends_with("_endpoint") || matches!(name.as_str(), "jwks_uri" | "check_session_iframe"))
        .filter_map(|(name, value)| Some((name.clone(), Url::parse(value.as_str()?).ok()?)))
        .collect()
}

/// Judges a member that must be there and be a URL.
pub(in crate::rule) fn required_url(document: &Map<String, Value>, name: &str) -> Judgement {
    let expected = format!("{name}: an absolute URL");
    match present(document, name) {
        None => fail(expected, format!("no {name}")),
        Some(Value::String(text)) => match Url::parse(text) {
            Ok(url) if url.has_host() => pass(format!("{name} = {}", expect::shorten(text))),
            Ok(_) => fail(expected, format!("{name} = {}, which has no host", expect::shorten(text))),
            Err(error) => fail(expected, format!("{name} = {}: {error}", expect::shorten(text))),
        },
        Some(other) => fail(expected, format!("{name} is {}: {}", expect::kind(other), expect::show(other))),
    }
}

fn published(document: &Map<String, Value>, name: &str) -> Judgement {
    match present(document, name) {
        Some(value) => pass(format!("{name} = {}", expect::show(value))),
        None => fail(format!("a {name}"), format!("no {name}")),
    }
}

pub(super) static RULES_2: &[Check<ProviderMetadata>] = &[
    must("discovery/jwks-uri", "OIDCD-3", "The URL of the key set is published", "Without the keys no client can verify an ID token.", |artefact| {
        artefact.judge(|document| required_url(document, "jwks_uri"))
    }),
    should(
        "discovery/userinfo-endpoint-recommended",
        "OIDCD-3",
        "A userinfo endpoint is published",
        "Clients that need a name or an e-mail address ask there; many libraries do so always.",
        |artefact| artefact.judge(|document| published(document, "userinfo_endpoint")),
    ),
    // The specification recommends it; but an issuer that registers its clients by hand harms nobody, so this is only a suggestion.
    may(
        "discovery/registration-endpoint-recommended",
        "OIDCD-3",
        "A registration endpoint is published",
        "Without one every client has to be registered by hand.",
        |artefact| artefact.judge(|document| published(document, "registration_endpoint")),
    ),
];
