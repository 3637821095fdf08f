//! Rules about the endpoints' URLs.

use super::{Document, ProviderMetadata};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<ProviderMetadata>] = &[
    must(
        "discovery/authorization-endpoint",
        "OIDCD-3",
        "The authorization endpoint must be published as an absolute URL",
        "Without it no end-user can log in.",
        "Add `authorization_endpoint` to the metadata, a string with scheme, host and path, such as `https://issuer.example/authorize`.",
        |metadata| required_url(&metadata.document()?, "authorization_endpoint"),
    ),
    must(
        "discovery/token-endpoint",
        "OIDCD-3",
        "The token endpoint must be published as an absolute URL, unless only the implicit flow is offered",
        "Without it a client cannot exchange a code for tokens.",
        "Add `token_endpoint` to the metadata, a string with scheme, host and path, such as `https://issuer.example/token`.",
        |metadata| token_endpoint(&metadata.document()?),
    ),
    must(
        "discovery/jwks-uri",
        "OIDCD-3",
        "The address of the key set must be published as an absolute URL",
        "Without the keys no client can verify an ID token.",
        "Add `jwks_uri` to the metadata, a string with scheme, host and path, and serve the public signing keys at this address.",
        |metadata| required_url(&metadata.document()?, "jwks_uri"),
    ),
    should(
        "discovery/userinfo-endpoint-recommended",
        "OIDCD-3",
        "A userinfo endpoint should be published",
        "Clients that need a name or an e-mail address ask there, and many libraries always do.",
        "Provide a userinfo endpoint and publish its address as `userinfo_endpoint`.",
        |metadata| is_published(&metadata.document()?, "userinfo_endpoint"),
    ),
    // The specification recommends it; but an issuer that registers its clients by hand does no harm, so this is only a suggestion.
    may(
        "discovery/registration-endpoint-recommended",
        "OIDCD-3",
        "It is good practice to publish a registration endpoint",
        "Without it every client must be registered by hand.",
        "If clients are to register themselves, enable dynamic client registration and publish its address as `registration_endpoint`. If all \
         clients are registered by an administrator, nothing has to change.",
        |metadata| is_published(&metadata.document()?, "registration_endpoint"),
    ),
    must(
        "discovery/all-endpoints-https",
        "OIDCD-3",
        "The URL of every endpoint must have the scheme https",
        "Over plain http an attacker on the network can read and change credentials, codes and tokens.",
        "Publish https addresses only, and serve the endpoints there. If TLS ends at a proxy, set the public address in the configuration of the \
         server, or let the server trust the scheme that the proxy forwards.",
        |metadata| all_https(&metadata.document()?),
    ),
    must(
        "discovery/endpoints-no-fragment",
        "RFC6749-3.1",
        "The URLs of the authorization endpoint and of the token endpoint must have no fragment",
        "A fragment never reaches the server, and parameters that are appended after it are lost, too.",
        "Remove `#` and all that follows from these URLs. If the login is a single-page application with addresses after `#`, give the endpoint a \
         path of its own at the server.",
        |metadata| no_fragment(&metadata.document()?, "authorization-endpoint"),
    ),
];

/// Passes when a member is there, whatever it is.
pub(in crate::rule) fn is_published(document: &Document, name: &str) -> Judgement {
    match document.member(name) {
        Some(value) => pass(said!("{name} = {}", show(value))),
        None => fail(said!("a {name}"), said!("no {name}")),
    }
}

/// Passes when a member is there and a URL.
pub(in crate::rule) fn required_url(document: &Document, name: &str) -> Judgement {
    let expected = said!("{name}: an absolute URL");
    match document.member(name) {
        None => fail(expected, said!("no {name}")),
        Some(Value::String(text)) => match Url::parse(text) {
            Ok(url) if url.has_host() => pass(said!("{name} = {}", shorten(text))),
            Ok(_) => fail(expected, said!("{name} = {}, which has no host", shorten(text))),
            Err(error) => fail(expected, said!("{name} = {}: {error}", shorten(text))),
        },
        Some(other) => fail(expected, said!("{name} is {}: {}", kind(other), show(other))),
    }
}

/// Passes when the token endpoint is a URL. An issuer of the implicit grant alone needs none.
pub(in crate::rule) fn token_endpoint(document: &Document) -> Judgement {
    let has_code = |responses: Vec<&str>| responses.iter().any(|response| response.split(' ').any(|word| word == "code"));
    let implicit_only = if document.members.contains_key("grant_types_supported") {
        document.grant_types().is_ok_and(|grants| grants == ["implicit"])
    } else {
        // The default names `authorization_code`, too; what is offered is then said by the response types.
        document
            .list("response_types_supported")
            .is_ok_and(|responses| responses.is_some_and(|responses| !responses.is_empty() && !has_code(responses)))
    };
    if implicit_only && document.member("token_endpoint").is_none() {
        return not_applicable("only the implicit grant is offered");
    }
    required_url(document, "token_endpoint")
}

/// Passes when every endpoint has the scheme https.
pub(in crate::rule) fn all_https(document: &Document) -> Judgement {
    let (mut https, mut tolerated, mut refused) = (0_usize, 0_usize, Vec::new());
    for (name, url) in endpoints(document.members) {
        match scheme(&url, document.metadata.plain_http) {
            Scheme::Https => https += 1,
            Scheme::TolerateHttp => tolerated += 1,
            Scheme::Refuse => refused.push(said!("{name}: {url}")),
        }
    }
    if !refused.is_empty() {
        fail("https", list(&refused))
    } else if tolerated > 0 {
        not_applicable(said!("the issuer is on loopback by plain http, and so are {tolerated} endpoints"))
    } else if https == 0 {
        not_applicable("no endpoint is published")
    } else {
        pass(said!("{https} endpoints, all https"))
    }
}

/// Every URL a client sends anything to, with its name: `…_endpoint`, `jwks_uri`, `check_session_iframe`, and the aliases for mutual TLS
/// (RFC 8705 5). What does not parse is left to the rules about types.
fn endpoints(members: &Map<String, Value>) -> impl Iterator<Item = (&str, Url)> {
    let aliases = members.get("mtls_endpoint_aliases").and_then(Value::as_object);
    let all = members.iter().chain(aliases.into_iter().flatten());
    all.filter(|(name, _)| name.ends_with("_endpoint") || matches!(name.as_str(), "jwks_uri" | "check_session_iframe"))
        .filter_map(|(name, value)| Some((name.as_str(), Url::parse(value.as_str()?).ok()?)))
}

/// Passes when neither the authorization nor the token endpoint has a fragment. Where there is none, the rule named says it.
pub(in crate::rule) fn no_fragment(document: &Document, rule: &str) -> Judgement {
    let url = |name| Some((name, Url::parse(document.member(name)?.as_str()?).ok()?));
    let urls: Vec<_> = ["authorization_endpoint", "token_endpoint"].into_iter().filter_map(url).collect();
    if urls.is_empty() {
        return document.not_run(rule);
    }
    let with: Vec<_> = urls.iter().filter(|(_, url)| url.fragment().is_some()).map(|(name, url)| said!("{name}: {url}")).collect();
    none_wrong(&with, "no fragment", "no fragment")
}
