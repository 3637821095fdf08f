//! Rules about what no client may be registered with, although it was asked for.

use serde_json::{Map, Value};
use url::{ParseError, Url};

use super::{NO_SUCH_METHOD, RegistrationRefusal, Wrong};
use crate::rule::Check;
use crate::rule::expect::{self, list, may, member, must, seen, shorten, should};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, pass};
use crate::rule::protected::not_busy;
use crate::text::words::said;

pub(super) static RULES: &[Check<RegistrationRefusal>] = &[
    must(
        "registration-error/redirect-fragment",
        "RFC6749-3.1.2",
        "The issuer must not register a client with a redirect URI that has a fragment",
        "Parameters that are appended to the fragment do not reach the client's server, but scripts in the page can read them.",
        "Check every entry of `redirect_uris` at registration. If an entry has a `#`, refuse the request with status 400 and `error=invalid_redirect_uri`.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::Fragment])? else { return pass(expect::refusal(&refusal.response)) };
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
            let Some(client) = refusal.client(&[Wrong::Relative])? else { return pass(expect::refusal(&refusal.response)) };
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
            let Some(client) = refusal.client(&[Wrong::Script, Wrong::Data])? else { return pass(expect::refusal(&refusal.response)) };
            let is_code = |uri: &str| Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "javascript" | "data"));
            without(client.redirect_uri(is_code), "a refusal: status 400")
        },
    ),
    must(
        "registration-error/both-key-sets",
        "RFC7591-2",
        "The issuer must not register a client with both `jwks` and `jwks_uri`",
        "It is not clear which keys count: a key that was withdrawn from one set may still be accepted from the other.",
        "Refuse a registration that has both members with status 400 and `error=invalid_client_metadata`, or register only one of them and return only the registered member.",
        |refusal| {
            let Some(client) = refusal.client(&[Wrong::BothKeySets])? else { return pass(expect::refusal(&refusal.response)) };
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
            let Some(client) = refusal.client(&[Wrong::Inconsistent])? else { return pass(expect::refusal(&refusal.response)) };
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
            let Some(client) = refusal.client(&[Wrong::UnknownMethod])? else { return pass(expect::refusal(&refusal.response)) };
            let method = client.value("token_endpoint_auth_method");
            let kept = (method == NO_SUCH_METHOD).then(|| seen("token_endpoint_auth_method", Some(method)).to_string());
            without(kept, "a refusal, or a method that exists")
        },
    ),
];

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
        let registered = self.response.members().filter(|client| self.response.is_success() && client.contains_key("client_id"));
        Ok(registered.map(|registered| Client { registered, request: &self.request }))
    }
}

impl Client<'_> {
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
