//! Rules about the issuer identifier.

use super::{Document, ProviderMetadata};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    must(
        "discovery/issuer-exact",
        "OIDCD-4.3",
        "The published `issuer` must be, character by character, the issuer whose metadata were requested",
        "Clients must refuse metadata of another issuer. Otherwise one issuer could present its keys as the keys of another issuer.",
        "Set the issuer of the server to the public address that clients use, with the same scheme, host, port and slash at the end. A server behind \
         a proxy needs this address in its configuration.",
        |metadata| is_asked_issuer(&metadata.document()?),
    ),
    must(
        "discovery/issuer-valid-url",
        "OIDCD-3",
        "The `issuer` must be a URL with the scheme https and with no query and no fragment",
        "Clients append to the issuer to find the metadata, which does not work after a query or a fragment.",
        "Set the issuer to an https URL without `?` and `#`, such as `https://issuer.example/tenant`. Put a tenant into the path or the host.",
        |metadata| is_valid_url(&metadata.document()?),
    ),
];

/// Passes when the issuer published is the one that was asked.
pub(in crate::rule) fn is_asked_issuer(document: &Document) -> Judgement {
    let asked = &document.metadata.issuer;
    let published = match document.member("issuer") {
        Some(Value::String(published)) => published,
        Some(other) => return fail(said!("issuer = {}", shorten(asked)), show(other)),
        None => return fail(said!("issuer = {}", shorten(asked)), "no issuer"),
    };
    match same_issuer("issuer", asked, published) {
        Err(Unmet::Broken { expected, actual, issuers }) if published.trim_end_matches('/') == asked.trim_end_matches('/') => {
            let actual = said!("{actual}, which differs only in the slash at its end: was it given as it is published?");
            Err(Unmet::Broken { expected, actual, issuers })
        }
        judgement => judgement,
    }
}

/// Passes when the issuer published is a URL that metadata can be found by.
pub(in crate::rule) fn is_valid_url(document: &Document) -> Judgement {
    let Some(issuer) = document.member("issuer").and_then(Value::as_str) else {
        return document.not_run("issuer-exact");
    };
    let shown = shorten(issuer);
    let url = match Url::parse(issuer) {
        Ok(url) if url.has_host() => url,
        Ok(_) => return fail("a URL with a host", shown),
        Err(error) => return fail("a URL", said!("{shown}: {error}")),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return fail("no query and no fragment", shown);
    }
    match scheme(&url, document.metadata.plain_http) {
        Scheme::Https => pass(shown),
        Scheme::TolerateHttp => pass(said!("{shown} (plain http tolerated on loopback)")),
        Scheme::Refuse => fail("the scheme https", shown),
    }
}
