//! Rules about what was registered, beside what was asked for. The issuer may replace values; it has to say what they are.

use super::Registration;
use super::response::secret;
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<Registration>] = &[
    must(
        "registration/redirect-uris-returned",
        "RFC7591-3.2.1",
        "The registration response must return the redirect URIs that are registered",
        "The client cannot see whether its logins will work, and notices only when its first end-user sees an error page.",
        "Write the redirect URIs that are stored for the client into the response, as `redirect_uris`, an array of strings.",
        |registration| {
            let client = registration.client()?;
            if !asked_for(registration).any(|(name, _)| name == "redirect_uris") {
                return not_applicable("no redirect URI was asked for");
            }
            let expected = "redirect_uris: an array of strings that is not empty";
            match member(client, "redirect_uris").map(strings) {
                None => fail(expected, "no redirect_uris"),
                Some(Err(what)) => fail(expected, said!("redirect_uris: {what}")),
                Some(Ok(uris)) => holds(!uris.is_empty(), expected, said!("redirect_uris: {}", list(&uris))),
            }
        },
    ),
    // A member that is not returned was either ignored, which is allowed, or kept quiet, which is not. Which one cannot be seen, hence no failure.
    should(
        "registration/echo-all-metadata",
        "RFC7591-3.2.1",
        "The registration response should return every member of the request",
        "The client cannot see what was registered, changed or ignored, and fails later for no visible reason.",
        "Build the response from all the metadata that are stored for the client, with the values that the server will use. If the server ignores a \
         member on purpose, nothing has to change.",
        |registration| {
            let client = registration.client()?;
            let asked: Vec<_> = asked_for(registration).map(|(name, _)| name).filter(|name| *name != "redirect_uris").collect();
            let missing: Vec<_> = asked.iter().filter(|name| member(client, name).is_none()).collect();
            if asked.is_empty() {
                not_applicable("nothing but redirect URIs was asked for")
            } else if missing.is_empty() {
                pass(said!("returned: {}", list(&asked)))
            } else {
                fail(said!("returned: {}", list(&asked)), said!("not returned: {}", list(&missing)))
            }
        },
    ),
    // "MAY reject or replace any of the Client's requested field values, other than the redirect_uris value".
    must(
        "registration/redirect-uris-kept",
        "OIDCR-3.2",
        "An OpenID provider that registers a client must register every redirect URI that was asked for",
        "The client is registered, but its end-users see an error page where it uses the redirect URI that is missing.",
        "Register all redirect URIs of the request. If one of them is not acceptable, refuse the whole request with status 400 and the error \
         `invalid_redirect_uri`.",
        |registration| {
            applies_if(
                registration.is_of_provider(),
                "the issuer is no OpenID provider; another authorization server may replace them (RFC 7591 3.2.1)",
            )?;
            narrowed(registration, &[REDIRECT_URIS])
        },
    ),
    may(
        "registration/no-silent-narrowing",
        "RFC7591-3.2.1",
        "It is good practice to register all requested redirect URIs and grant types, even where the issuer may leave some out",
        "A client that does not compare the response with its request fails when it uses what it asked for.",
        "Register all values of the request, or refuse the request with status 400 and the error `invalid_client_metadata` or \
         `invalid_redirect_uri`, so that the client sees at once what it cannot have.",
        |registration| narrowed(registration, if registration.is_of_provider() { &[GRANT_TYPES] } else { &[REDIRECT_URIS, GRANT_TYPES] }),
    ),
    must(
        "registration/symmetric-secret-length",
        "OIDCC-16.19",
        "The `client_secret` of a client with an algorithm of HMAC must be as long as the hash: 32 octets for HS256",
        "An attacker who has one ID token tries secrets until one fits, and signs ID tokens for the client.",
        "Create secrets of at least 32 random bytes for clients that register HS256 (48 for HS384, 64 for HS512), for example as 43 characters of base64url.",
        |registration| {
            let (octets, secret) = symmetric_secret(registration)?;
            holds(secret.len() >= octets, said!("a client_secret of at least {octets} octets"), said!("a client_secret of {} octets", secret.len()))
        },
    ),
    // "and almost certainly SHOULD contain more, since client_secret values are likely to use a restricted alphabet"
    should(
        "registration/symmetric-secret-longer",
        "OIDCC-16.19",
        "The `client_secret` of a client with an algorithm of HMAC should be longer than the hash: more than 32 octets for HS256",
        "Each character of a secret holds less than an octet, so that a secret of 32 characters is weaker than the hash.",
        "Create secrets of at least 32 random bytes for clients that register HS256 and write them in base64url, which makes 43 characters.",
        |registration| {
            let (octets, secret) = symmetric_secret(registration)?;
            needs(secret.len() >= octets, "registration/symmetric-secret-length")?;
            holds(secret.len() > octets, said!("a client_secret of more than {octets} octets"), said!("a client_secret of {} octets", secret.len()))
        },
    ),
    should(
        "registration/public-client-no-secret",
        "RFC7591-2",
        "A client that is registered with the authentication method `none` should not get a client secret",
        "A public client cannot keep a secret. Others learn the secret, and a server may take it for proof of the client's identity.",
        "Issue a `client_secret` only if the `token_endpoint_auth_method` of the client needs it, and leave it out of the response for `none`.",
        |registration| {
            let client = registration.client()?;
            let method = method(registration, client);
            if method != "none" {
                return not_applicable(said!("the client authenticates by {}", shorten(method)));
            }
            let has_secret = secret(client).is_some();
            holds(!has_secret, "no client_secret", if has_secret { "client_secret beside the method none" } else { "no client_secret" })
        },
    ),
];

/// Members that name an algorithm to sign with.
const SIGNED: [&str; 4] = ["id_token_signed_response_alg", "userinfo_signed_response_alg", "request_object_signing_alg", ASSERTIONS];

/// The one of them that names the algorithm of client assertions.
const ASSERTIONS: &str = "token_endpoint_auth_signing_alg";

/// How a client authenticates: what the response leaves out is as it was asked for.
fn method<'a>(registration: &'a Registration, client: &'a Map<String, Value>) -> &'a str {
    let asked = registration.request.get("token_endpoint_auth_method").and_then(Value::as_str);
    member(client, "token_endpoint_auth_method").and_then(Value::as_str).or(asked).unwrap_or("client_secret_basic")
}

/// The secret of a client with an algorithm of HMAC, and how many octets it has at least: as many as the longest hash. Of client assertions that counts where
/// the client makes some ("when used with symmetric signing or encryption operations").
fn symmetric_secret(registration: &Registration) -> Result<(usize, &str), Unmet> {
    let client = registration.client()?;
    let by_assertion = method(registration, client) == "client_secret_jwt";
    let names = SIGNED.iter().filter(|name| by_assertion || **name != ASSERTIONS);
    let octets = names.filter_map(|name| octets_of(member(client, name)?.as_str()?)).max();
    let octets = octets.ok_or_else(|| Unmet::not_applicable("no algorithm of HMAC was registered"))?;
    let secret = secret(client).and_then(Value::as_str);
    Ok((octets, secret.ok_or_else(|| Unmet::not_applicable("no client secret was issued"))?))
}

/// The least octets of a key for an algorithm of HMAC (RFC 7518 3.2); `None` for every other.
fn octets_of(alg: &str) -> Option<usize> {
    match alg {
        "HS256" => Some(32),
        "HS384" => Some(48),
        "HS512" => Some(64),
        _ => None,
    }
}

/// A member whose values may be fewer than were asked for, and the rule that asks for the member.
type Narrowed = (&'static str, &'static str);

const REDIRECT_URIS: Narrowed = ("redirect_uris", "registration/redirect-uris-returned");
const GRANT_TYPES: Narrowed = ("grant_types", "registration/echo-all-metadata");

/// Passes when every value asked for in these members is registered.
fn narrowed(registration: &Registration, members: &[Narrowed]) -> Judgement {
    let client = registration.client()?;
    let mut missing = Vec::new();
    let mut seen = Vec::new();
    for (name, root) in members {
        let Some(asked) = strings_in(registration.request.as_object(), name) else { continue };
        let Some(registered) = strings_in(Some(client), name) else { return not_run(*root) };
        missing.extend(asked.iter().filter(|value| !registered.contains(value)).map(|value| format!("{name}: {value}")));
        seen.push(said!("{name}: {}", list(&registered)));
    }
    if seen.is_empty() {
        not_applicable("the request asked for none")
    } else if missing.is_empty() {
        pass(Words::join(&seen, "; "))
    } else {
        fail(format!("registered: {}", list(&missing)), Words::join(&seen, "; "))
    }
}

/// The members of the request that hold something.
fn asked_for(registration: &Registration) -> impl Iterator<Item = (&str, &Value)> {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        _ => false,
    };
    registration.request.as_object().into_iter().flatten().filter(move |(_, value)| !empty(value)).map(|(name, value)| (name.as_str(), value))
}

/// The strings of an array that holds some.
fn strings_in<'a>(members: Option<&'a Map<String, Value>>, name: &str) -> Option<Vec<&'a str>> {
    strings(members?.get(name)?).ok().filter(|values| !values.is_empty())
}
