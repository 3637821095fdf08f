//! Rules about what no client may be registered with, although it was asked for.

use url::ParseError;

use super::{ELSEWHERE, LINKS, NO_SUCH_METHOD, RegistrationRefusal, Wrong};
use crate::rule::expect;
use crate::rule::prelude::*;
use crate::text::address::is_loopback;

pub(super) static RULES: &[Check<RegistrationRefusal>] = &[
    must(
        "registration-error/redirect-fragment",
        "RFC6749-3.1.2",
        "The issuer must not register a client with a redirect URI that has a fragment",
        "Parameters that are appended to the fragment do not reach the client's server, but scripts in the page can read them.",
        "Check every entry of `redirect_uris` at registration. If an entry has a `#`, refuse the request with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::Fragment])? else { return refusal.refused() };
            without(client.redirect_uri(|uri| uri.contains('#')), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/redirect-relative",
        "RFC6749-3.1.2",
        "The issuer must not register a client with a relative redirect URI",
        "The browser resolves a relative URI against the issuer's own address: authorization codes go to a page of the issuer, or to wherever this page redirects.",
        "Parse every entry of `redirect_uris` at registration. If an entry has no scheme, refuse the request with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::Relative])? else { return refusal.refused() };
            let is_relative = |uri: &str| Url::parse(uri) == Err(ParseError::RelativeUrlWithoutBase);
            without(client.redirect_uri(is_relative), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/redirect-scheme",
        "RFC7591-5",
        "The issuer must not register a client with a redirect URI of the scheme `javascript` or `data`",
        "An attacker who registers such a client runs a script in the issuer's pages, and acts there as the end-user.",
        "Parse every entry of `redirect_uris` and compare its scheme, without regard to upper and lower case, with a list of allowed schemes. Refuse `javascript`, `data` and every other scheme with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::Script, Wrong::Data])? else { return refusal.refused() };
            let is_code = |uri: &str| Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "javascript" | "data"));
            without(client.redirect_uri(is_code), "a refusal: status 400")
        },
    ),
    // A certified OpenID provider MAY take http (OpenID Connect Core 3.1.2.1, Registration 2); RFC 7591 5 has no such exception.
    must_by_bcp(
        "registration-error/redirect-http",
        "RFC9700-2.6",
        "The issuer must not register a client with a redirect URI by http, but for loopback",
        "Authorization codes travel in plain text: everyone on the way reads them.",
        "Parse every entry of `redirect_uris` at registration. If its scheme is `http` and its host is not loopback, refuse the request with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::RemoteHttp])? else { return refusal.refused() };
            without(client.redirect_uri(is_remote_http), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/redirect-http-native",
        "OIDCR-2",
        "The issuer must not register a native application with a redirect URI by http on a host that is not loopback",
        "The code of a native application is sent over the network in plain text, and to a server that is not the application.",
        "Check `redirect_uris` against `application_type`. For `native`, allow http only with the hosts `localhost`, `127.0.0.1` and `[::1]`. Refuse the request with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::NativeRemoteHttp])? else { return refusal.refused() };
            let is_native = member(client.registered, "application_type").is_some_and(|kind| kind == "native");
            applies_if(is_native, "the response does not say that the client is a native application")?;
            without(client.redirect_uri(is_remote_http), "a refusal: status 400")
        },
    ),
    should(
        "registration-error/scheme-without-period",
        "RFC8252-8.4",
        "The issuer should not register a native application with a scheme of its own that has no period",
        "Every application on a device can claim a short name such as `myapp`, and receives the codes of the other.",
        "Demand that a private-use scheme is a domain name in reverse order, such as `com.example.app`. Refuse a scheme without a period with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::SchemeWithoutPeriod])? else { return refusal.refused() };
            let is_short = |uri: &str| Url::parse(uri).is_ok_and(|url| !url.scheme().contains('.') && !matches!(url.scheme(), "http" | "https"));
            without(client.redirect_uri(is_short), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/no-redirect-uris",
        "RFC7591-5",
        "The issuer must not register a client for the grant `authorization_code` without a redirect URI",
        "The issuer cannot tell the addresses of the client from those of an attacker, who gets the authorization codes.",
        "Check at registration that `redirect_uris` has an entry if `grant_types` has `authorization_code` or `implicit`. If it has none, refuse the request with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::NoRedirectUris])? else { return refusal.refused() };
            let redirects = client.strings("grant_types").iter().any(|grant| matches!(*grant, "authorization_code" | "implicit"));
            let is_open = redirects && client.strings("redirect_uris").is_empty();
            without(is_open.then(|| "the grant authorization_code and no redirect URI".to_owned()), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/both-key-sets",
        "RFC7591-2",
        "The issuer must not register a client with both `jwks` and `jwks_uri`",
        "It is not clear which keys count: a key that was withdrawn from one set may still be accepted from the other.",
        "Refuse a registration that has both members with status 400 and `error=invalid_client_metadata`, or register only one of them and return only the registered member.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::BothKeySets])? else { return refusal.refused() };
            let has = |name: &str| member(client.registered, name).is_some_and(|value| value != "");
            without((has("jwks") && has("jwks_uri")).then(|| "jwks and jwks_uri".to_owned()), "a refusal, or one of the two")
        },
    ),
    should(
        "registration-error/inconsistent-types",
        "RFC7591-2.1",
        "The issuer should not register a client for the response type `code` without the grant type `authorization_code`",
        "The client may request authorization codes but cannot exchange them for tokens.",
        "Compare `response_types` with `grant_types` at registration. If they do not fit, refuse the request with status 400 and `error=invalid_client_metadata`, or register values that fit and return them.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::Inconsistent])? else { return refusal.refused() };
            let (grants, responses) = (client.strings("grant_types"), client.strings("response_types"));
            let is_odd = responses.contains(&"code") && !grants.contains(&"authorization_code");
            let kept = is_odd.then(|| format!("response_types {} and grant_types {}", list(&responses), list(&grants)));
            without(kept, "a refusal, or types that fit")
        },
    ),
    may(
        "registration-error/unknown-auth-method",
        "RFC7591-3.2.2",
        "It is good practice to register no client with an authentication method that does not exist",
        "The client cannot authenticate at the token endpoint or, which is worse, does not have to.",
        "Compare `token_endpoint_auth_method` with the methods that the server supports. Refuse an unknown method with status 400 and `error=invalid_client_metadata`, or register a supported method and return it.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::UnknownMethod])? else { return refusal.refused() };
            let method = client.value("token_endpoint_auth_method");
            let kept = (method == NO_SUCH_METHOD).then(|| seen("token_endpoint_auth_method", Some(method)).to_string());
            without(kept, "a refusal, or a method that exists")
        },
    ),
    // The text demands https of the client; that a server has to look is not said, and certified ones do not.
    should(
        "registration-error/keys-by-http",
        "OIDCR-2",
        "An OpenID provider should not register a client with a `jwks_uri` by http on a remote host",
        "An attacker on the way replaces the keys of the client, and authenticates in its place.",
        "Check the scheme of `jwks_uri` at registration. If it is not `https`, refuse the request with status 400 and `error=invalid_client_metadata`.",
        |refusal| {
            let about = refusal.client(&[Wrong::KeysByHttp])?;
            applies_if(refusal.openid, "the issuer is no OpenID provider, and RFC 7591 does not name the scheme")?;
            let Some(client) = about else { return refusal.refused() };
            let kept = member(client.registered, "jwks_uri").and_then(Value::as_str).filter(|uri| is_remote_http(uri));
            without(kept.map(|uri| format!("jwks_uri = {uri}")), "a refusal, or no jwks_uri")
        },
    ),
    must(
        "registration-error/unsigned-assertions",
        "OIDCR-2",
        "An OpenID provider must not register `none` as the algorithm of client assertions",
        "Everyone can make an assertion without a signature: the client has no authentication at all.",
        "Refuse a `token_endpoint_auth_signing_alg` of `none` with status 400 and `error=invalid_client_metadata`, or register another algorithm and return it.",
        |refusal| {
            let about = refusal.client(&[Wrong::UnsignedAssertions])?;
            applies_if(refusal.openid, "the issuer is no OpenID provider, and RFC 7591 does not know this member")?;
            let Some(client) = about else { return refusal.refused() };
            let is_kept = member(client.registered, "token_endpoint_auth_signing_alg").is_some_and(|alg| alg == "none");
            without(is_kept.then(|| "token_endpoint_auth_signing_alg = \"none\"".to_owned()), "a refusal, or another algorithm")
        },
    ),
    must(
        "registration-error/symmetric-public",
        "OIDCC-10.1",
        "An OpenID provider must not register a public client for ID tokens that are signed with its secret",
        "A public client has no secret that others do not know: everyone can sign ID tokens for it.",
        "Refuse `HS256`, `HS384` and `HS512` in `id_token_signed_response_alg` for clients with the authentication method `none`, with status 400 and `error=invalid_client_metadata`.",
        |refusal| {
            let about = refusal.client(&[Wrong::SymmetricPublic])?;
            applies_if(refusal.openid, "the issuer is no OpenID provider, and gives no ID tokens")?;
            let Some(client) = about else { return refusal.refused() };
            let is_public = client.value("token_endpoint_auth_method") == "none";
            let alg = member(client.registered, "id_token_signed_response_alg").and_then(Value::as_str).filter(|alg| alg.starts_with("HS"));
            without(
                alg.filter(|_| is_public).map(|alg| format!("id_token_signed_response_alg = {alg} and no client authentication")),
                "a refusal, or another algorithm",
            )
        },
    ),
    must(
        "registration-error/implicit-http",
        "OIDCR-2",
        "The issuer must not register a web application for the implicit grant with a redirect URI by http",
        "The ID token is in the address itself: everyone on the way reads it.",
        "Check `redirect_uris` against `grant_types` and `application_type`. For web applications with the grant `implicit`, allow https only, and refuse the request with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::ImplicitHttp])? else { return refusal.refused() };
            without(client.redirect_uri(is_remote_http).filter(|_| client.is_implicit()), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/implicit-localhost",
        "OIDCR-2",
        "The issuer must not register a web application for the implicit grant with a redirect URI at `localhost`",
        "Every program on the machine of the end-user can listen there for the ID token of a client that is a web site.",
        "For web applications with the grant `implicit`, refuse redirect URIs with the host `localhost` with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::ImplicitLocalhost])? else { return refusal.refused() };
            let is_local = |uri: &str| Url::parse(uri).is_ok_and(|url| url.host_str() == Some("localhost"));
            without(client.redirect_uri(is_local).filter(|_| client.is_implicit()), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/unsigned-id-token",
        "OIDCR-2",
        "An OpenID provider must not register `none` as the algorithm of ID tokens that come from the authorization endpoint",
        "Everyone can make an ID token without a signature, and the browser brings it to the client.",
        "Refuse an `id_token_signed_response_alg` of `none` for clients whose `response_types` have `id_token`, with status 400 and `error=invalid_client_metadata`, or register another algorithm and return it.",
        |refusal| {
            let about = refusal.client(&[Wrong::UnsignedImplicit])?;
            applies_if(refusal.openid, "the issuer is no OpenID provider")?;
            let Some(client) = about else { return refusal.refused() };
            // What the response leaves out the issuer may have ignored: then the ID tokens are signed, or there are none from this endpoint.
            let Some(alg) = member(client.registered, "id_token_signed_response_alg") else {
                return not_applicable("the response does not say by which algorithm ID tokens are signed");
            };
            let is_unsigned = alg == "none";
            let is_told = !is_unsigned || member(client.registered, "response_types").is_some();
            applies_if(is_told, "the response does not say which response types the client has")?;
            without(
                (is_unsigned && client.gets_id_token()).then(|| "id_token_signed_response_alg = \"none\"".to_owned()),
                "a refusal, or another algorithm",
            )
        },
    ),
    // "SHOULD check", and nothing on what follows; clients have their pages where they like.
    may(
        "registration-error/foreign-links",
        "RFC7591-5",
        "It is good practice to register no logo, policy and terms on another host than that of the redirect URIs",
        "An attacker shows the logo of a well-known client on the consent page, with a redirect URI of their own.",
        "Compare the scheme and host of `logo_uri`, `policy_uri`, `tos_uri` and `client_uri` with those of `redirect_uris`. Refuse the request if they differ, or show the page without them.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::ForeignLinks])? else { return refusal.refused() };
            let is_kept = |name: &&str| member(client.registered, name).and_then(Value::as_str).is_some_and(|uri| uri.starts_with(ELSEWHERE));
            let kept: Vec<_> = LINKS.iter().map(|(name, _)| *name).filter(is_kept).collect();
            without((!kept.is_empty()).then(|| format!("{} on another host", list(&kept))), "a refusal, or none of them")
        },
    ),
];

/// True for http on a host that is not loopback.
fn is_remote_http(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
}

/// A client that was registered all the same.
struct Client<'a> {
    /// The members of the response.
    registered: &'a Map<String, Value>,
    /// What was asked for.
    request: &'a Value,
}

impl RegistrationRefusal {
    /// The client that was registered all the same; `None` where the request was refused. The rule is about requests of the kinds named.
    fn client(&self, wrong: &[Wrong]) -> Result<Option<Client<'_>>, Unmet> {
        if !wrong.contains(&self.wrong) {
            return not_applicable(said!("this request has {}", self.wrong.says()));
        }
        not_busy(&self.response)?;
        Ok(self.registered().map(|registered| Client { registered, request: &self.request }))
    }

    /// The members of a response that registers a client.
    pub(super) fn registered(&self) -> Option<&Map<String, Value>> {
        self.response.members().filter(|client| self.response.is_success() && client.contains_key("client_id"))
    }

    /// Passes where nothing but the mistake can be what was refused.
    fn refused(&self) -> Judgement {
        self.control.passes(expect::refusal(&self.response))
    }
}

impl Client<'_> {
    /// True of a web application that gets tokens from the authorization endpoint.
    fn is_implicit(&self) -> bool {
        let is_web = member(self.registered, "application_type").is_none_or(|kind| kind == "web");
        is_web && self.gets_id_token()
    }

    /// True of a client with a response type that returns an ID token from the authorization endpoint.
    fn gets_id_token(&self) -> bool {
        self.strings("response_types").iter().any(|kind| kind.split(' ').any(|part| part == "id_token"))
    }

    /// What a member is registered as. A response that leaves a member out registered what was asked for.
    fn value(&self, name: &str) -> &Value {
        member(self.registered, name).unwrap_or(&self.request[name])
    }

    /// The strings of a member that is an array.
    fn strings(&self, name: &str) -> Vec<&str> {
        self.value(name).as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The first redirect URI of a kind, for a message.
    fn redirect_uri(&self, is_wrong: impl Fn(&str) -> bool) -> Option<String> {
        self.strings("redirect_uris").into_iter().find(|uri| is_wrong(uri)).map(|uri| format!("the redirect URI {uri}"))
    }
}

/// Passes when the client was registered without what was wrong with the request.
fn without(kept: Option<String>, expected: &'static str) -> Judgement {
    match kept {
        None => pass("the client is registered without it"),
        Some(kept) => fail(expected, said!("a client is registered with {}", shorten(&kept))),
    }
}
