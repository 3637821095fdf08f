//! Rules about the issuer identifier.

use crate::rule::judgement::{Unmet, fail, not_run, pass};
use url::Url;

use super::{ProviderMetadata, present};
use crate::rule::expect::{self, Scheme};
use crate::rule::{Check, Level, Rule};

pub(in crate::rule) const ISSUER_EXACT: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/issuer-exact",
        level: Level::Must,
        spec: "OIDCD-4.3",
        says: "The issuer published is, character for character, the one that was asked",
        why: "A client must refuse metadata of another issuer: otherwise one issuer could pass its keys off as another's.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let published = match present(document, "issuer").map(|value| value.as_str().ok_or(value)) {
                Some(Ok(published)) => published,
                Some(Err(other)) => return fail(format!("issuer = {}", expect::shorten(&artefact.issuer)), expect::show(other)),
                None => return fail(format!("issuer = {}", expect::shorten(&artefact.issuer)), "no issuer"),
            };
            let outcome = expect::same("issuer", &artefact.issuer, published);
            match outcome {
                Err(Unmet::Broken { expected, actual }) if published.trim_end_matches('/') == artefact.issuer.trim_end_matches('/') => {
                    fail(expected, format!("{actual}, which differs only in the slash at its end: was it given as it is published?"))
                }
                other => other,
            }
        })
    },
};

pub(in crate::rule) const ISSUER_VALID_URL: Check<ProviderMetadata> = Check {
    rule: Rule {
        id: "discovery/issuer-valid-url",
        level: Level::Must,
        spec: "OIDCD-3",
        says: "The issuer is a URL with the scheme https and without query and fragment",
        why: "The place of the metadata is formed by appending to the issuer, which a query or fragment makes impossible.",
    },
    judge: |artefact| {
        artefact.judge(|document| {
            let Some(issuer) = present(document, "issuer").and_then(|value| value.as_str()) else {
                return not_run("discovery/issuer-exact");
            };
            let shown = expect::shorten(issuer);
            let url = match Url::parse(issuer) {
                Ok(url) if url.has_host() => url,
                Ok(_) => return fail("a URL with a host", shown),
                Err(error) => return fail("a URL", format!("{shown}: {error}")),
            };
            if url.query().is_some() || url.fragment().is_some() {
                return fail("no query and no fragment", shown);
            }
            match expect::scheme(&url, artefact.plain_http) {
                Scheme::Https => pass(shown),
                Scheme::TolerateHttp => pass(format!("{shown} (plain http tolerated on loopback)")),
                Scheme::Refuse => fail("the scheme https", shown),
            }
        })
    },
};
