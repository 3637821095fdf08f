//! Rules about the access token, the ID token and the refresh token, and which of them there have to be.

use super::{ACCESS_TOKEN, Grant, TokenResponse};
use crate::rule::prelude::*;

const ACCESS_TOKEN_CHARSET: &str = "token/access-token-charset";
const REFRESH_TOKEN_CHARSET: &str = "token/refresh-token-charset";
const TOKEN_TYPE: &str = "token/token-type-present";

/// The fewest characters that 128 bits fit into: there are 95 printable ASCII characters, about 6.57 bits each.
const FEWEST: usize = 20;

pub(super) static RULES: &[Check<TokenResponse>] = &[
    must(
        ACCESS_TOKEN,
        "RFC6749-5.1",
        "The token response must have an `access_token` that is a string and not empty",
        "The client has no token with which it can call the API.",
        "Return an access token as a JSON string in `access_token`, also if the client only needs the ID token.",
        |response| {
            let actual = match response.members()?.get("access_token") {
                Some(Value::String(token)) if !token.is_empty() => return pass(said!("an access token of {} characters", token.chars().count())),
                Some(Value::String(_)) => "an empty access_token",
                Some(Value::Null) => "access_token = null",
                Some(_) => "access_token is not a string",
                None => "no access_token",
            };
            fail("access_token: a string that is not empty", actual)
        },
    ),
    must(
        ACCESS_TOKEN_CHARSET,
        "RFC6749-A.12",
        "The access token must be printable ASCII",
        "The client cannot send the token in an `Authorization` header.",
        "Encode the access token in base64url, or create it from letters and digits, and return no raw bytes.",
        |response| printable("access token", response.access_token()?),
    ),
    must(
        "token/access-token-length",
        "RFC6749-10.10",
        "The access token must be long enough to hold 128 bits: at least 20 characters",
        "An attacker can guess short tokens while they are valid.",
        "Create opaque access tokens from at least 128 bits (16 bytes) of a cryptographic random number generator, for example as 22 characters of base64url.",
        |response| is_long_enough(response.access_token()?),
    ),
    must(
        "token/access-token-syntax",
        "RFC6750-2.1",
        "An access token of type Bearer must be of letters, digits and `-._~+/`, with equals signs only at its end",
        "The token does not fit into an `Authorization` header: servers and proxies that parse the header refuse it.",
        "Encode the access token in base64url, or issue a JWT, so that it has no spaces, colons, quotation marks or other special characters.",
        |response| {
            needs(token_type(response)?.eq_ignore_ascii_case("bearer"), TOKEN_TYPE)?;
            let token = response.access_token()?;
            needs(token.chars().all(|c| matches!(c, ' '..='~')), ACCESS_TOKEN_CHARSET)?;
            let odd = token.trim_end_matches('=').chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~+/".contains(*c));
            let actual = odd.map_or_else(|| "nothing else".to_owned(), |c| format!("a token holding U+{:04X}", u32::from(c)));
            holds(odd.is_none(), "letters, digits and -._~+/, then equals signs", actual)
        },
    ),
    must(
        TOKEN_TYPE,
        "RFC6749-5.1",
        "The token response must have a `token_type` that is a string and not empty",
        "The client does not know how to use the token, and strict libraries cannot parse the response.",
        "Add `\"token_type\": \"Bearer\"` to the token response.",
        |response| has_text(response.members()?, "token_type"),
    ),
    must(
        "token/token-type-bearer",
        "OIDCC-3.1.3.3",
        "The `token_type` of a response for `openid` must be Bearer, in upper or lower case",
        "A client must not use a token of a type that it does not understand, and it did not ask for another type.",
        "Return `\"token_type\": \"Bearer\"`, and no names of token formats such as `JWT` or `access_token`.",
        |response| {
            // RFC 6749 7.1 has other types; OpenID Connect alone asks for Bearer "unless another Token Type has been negotiated".
            applies_if(response.is_for_openid(), "the request was none of OpenID Connect: other types of tokens are allowed")?;
            let token_type = token_type(response)?;
            holds(token_type.eq_ignore_ascii_case("bearer"), "token_type = Bearer", said!("token_type = {}", shorten(token_type)))
        },
    ),
    must(
        "token/id-token-present",
        "OIDCC-3.1.3.3",
        "The response to an authorization code for `openid` must have an ID token",
        "The client does not learn which end-user logged in.",
        "Issue an `id_token` if the authorization request had the scope `openid`. Store the scope with the code, so that the token endpoint knows it.",
        |response| {
            applies_if(response.is_code_for("openid"), "not the answer to an authorization code for openid")?;
            let body = response.members()?;
            let none = || match response.without_openid() {
                Some(granted) => format!("no id_token, since openid was not granted: scope = {:?}", shorten(granted)),
                None => "no id_token".to_owned(),
            };
            let seen = length(body, "id_token").unwrap_or_else(none);
            holds(text(body, "id_token").is_some(), "id_token: a string that is not empty", seen)
        },
    ),
    // The text says what the scope asks for, and nowhere that it has to be given.
    may(
        "token/refresh-token-for-offline-access",
        "OIDCC-11",
        "It is good practice that the response to an authorization code for `offline_access` has a refresh token",
        "The client loses its access when the access token expires, and must ask the end-user to log in again.",
        "Issue a `refresh_token` if `offline_access` was granted. If the server does not grant this scope, return a `scope` without `offline_access`.",
        |response| {
            applies_if(response.is_code_for("offline_access"), "not the answer to an authorization code for offline_access")?;
            let seen = length(response.members()?, "refresh_token");
            let is_denied = response.scope().is_ok_and(|granted| !scope_words(granted).contains("offline_access"));
            applies_if(!is_denied, "offline_access was not granted")?;
            holds(seen.is_some(), "a refresh_token", seen.unwrap_or_else(|| "no refresh_token".to_owned()))
        },
    ),
    must(
        REFRESH_TOKEN_CHARSET,
        "RFC6749-A.17",
        "The refresh token must be a string of printable ASCII",
        "Clients change the token when they send it back, and the refresh fails.",
        "Encode the refresh token in base64url, or create it from letters and digits, and return it as a JSON string. If there is no refresh token, leave the member out.",
        |response| match optional(response.members()?, "refresh_token")? {
            Value::String(token) => printable("refresh token", token),
            _ => fail("refresh_token: a string", "refresh_token is not a string"),
        },
    ),
    must(
        "token/refresh-token-length",
        "RFC6749-10.10",
        "The refresh token must be long enough to hold 128 bits: at least 20 characters",
        "An attacker can guess short tokens, and refresh tokens are valid for a long time.",
        "Create refresh tokens from at least 128 bits (16 bytes) of a cryptographic random number generator, for example as 22 characters of base64url.",
        |response| match optional(response.members()?, "refresh_token")? {
            Value::String(token) if !token.is_empty() => is_long_enough(token),
            _ => not_run(REFRESH_TOKEN_CHARSET),
        },
    ),
    should(
        "token/refresh-token-differs",
        "RFC6749-1.5",
        "The refresh token should not be the same as the access token",
        "A refresh token is never sent to resource servers. A resource server that gets this token can make new tokens for ever.",
        "Create the refresh token separately from the access token, and do not accept access tokens for `grant_type=refresh_token`.",
        |response| {
            let body = response.members()?;
            let token = |name: &str| body.get(name).and_then(Value::as_str);
            let Some(refresh_token) = token("refresh_token") else { return not_applicable("no refresh_token") };
            let access_token = token("access_token").ok_or_else(|| Unmet::not_run(ACCESS_TOKEN))?;
            let differs = access_token != refresh_token;
            holds(differs, "two different tokens", if differs { "different" } else { "the same" })
        },
    ),
    should(
        "client-credentials/no-refresh-token",
        "RFC6749-4.4.3",
        "The response to client credentials should have no refresh token",
        "A refresh token is one more long-lived secret that can be stolen, and has no use: the client can request a new access token at any time.",
        "Leave `refresh_token` out of the response to `grant_type=client_credentials`.",
        |response| is_absent(response, "refresh_token"),
    ),
    // No text forbids it.
    may(
        "client-credentials/no-id-token",
        "OIDCC-2",
        "It is good practice that the response to client credentials has no ID token",
        "There is no end-user who authenticated, so an application may take the client for an end-user.",
        "Leave `id_token` out of the response to `grant_type=client_credentials`, also if the client requests the scope `openid`.",
        |response| is_absent(response, "id_token"),
    ),
];

fn token_type(response: &TokenResponse) -> Result<&str, Unmet> {
    text(response.members()?, "token_type").ok_or_else(|| Unmet::not_run(TOKEN_TYPE))
}

/// A token for a message, by its length.
fn length(body: &Map<String, Value>, name: &str) -> Option<String> {
    match member(body, name)? {
        Value::String(text) => Some(format!("{name} of {} characters", text.chars().count())),
        _ => Some(format!("{name} that is not a string")),
    }
}

fn is_absent(response: &TokenResponse, name: &str) -> Judgement {
    applies_if(response.grant == Grant::ClientCredentials, "not the answer to client credentials")?;
    match length(response.members()?, name) {
        None => pass(said!("no {name}")),
        Some(seen) => fail(said!("no {name}"), seen),
    }
}

fn is_long_enough(token: &str) -> Judgement {
    let length = token.chars().count();
    holds(length >= FEWEST, said!("at least {FEWEST} characters"), said!("{length} characters"))
}
