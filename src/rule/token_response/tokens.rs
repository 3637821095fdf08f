//! Rules about the access token, the ID token and the refresh token, and which of them there have to be.

use serde_json::{Map, Value};

use super::{ACCESS_TOKEN, Grant, TokenResponse};
use crate::rule::Check;
use crate::rule::expect::{applies_if, has_text, holds, may, member, must, needs, optional, printable, scope_words, shorten, should, text};
use crate::rule::judgement::{Judgement, Unmet, fail, not_applicable, not_run, pass};

const ACCESS_TOKEN_CHARSET: &str = "token/access-token-charset";
const REFRESH_TOKEN_CHARSET: &str = "token/refresh-token-charset";
const TOKEN_TYPE: &str = "token/token-type-present";

/// The fewest characters that 128 bits fit into: there are 95 printable ASCII characters, about 6.57 bits each.
const FEWEST: usize = 20;

pub(super) static RULES: &[Check<TokenResponse>] = &[
    must(ACCESS_TOKEN, "RFC6749-5.1", "The token response has an `access_token`", "The client has nothing to call the API with.", "", |response| {
        let actual = match response.members()?.get("access_token") {
            Some(Value::String(token)) if !token.is_empty() => return pass(format!("an access token of {} characters", token.chars().count())),
            Some(Value::String(_)) => "an empty access_token",
            Some(Value::Null) => "access_token = null",
            Some(_) => "access_token is not a string",
            None => "no access_token",
        };
        fail("access_token: a string that is not empty", actual)
    }),
    must(
        ACCESS_TOKEN_CHARSET,
        "RFC6749-A.12",
        "The access token is printable ASCII",
        "It cannot be sent in an Authorization header.",
        "",
        |response| printable("access token", response.access_token()?),
    ),
    must(
        "token/access-token-length",
        "RFC6749-10.10",
        "The access token is long enough to hold 128 bits",
        "Short tokens can be guessed while they live.",
        "",
        |response| is_long_enough(response.access_token()?),
    ),
    must(
        "token/access-token-syntax",
        "RFC6750-2.1",
        "The access token of type Bearer is made of letters, digits and -._~+/, with equals signs at its end alone",
        "It does not fit into an Authorization header: servers and proxies that parse the header refuse it.",
        "",
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
        "The token response has a `token_type`",
        "The client does not know how to use the token, and strict libraries fail to parse the response.",
        "",
        |response| has_text(response.members()?, "token_type"),
    ),
    must(
        "token/token-type-bearer",
        "OIDCC-3.1.3.3",
        "The `token_type` is Bearer, in any case",
        "The client must not use a token of a type it does not understand, and it asked for no other.",
        "",
        |response| {
            // RFC 6749 7.1 has other types; OpenID Connect alone asks for Bearer "unless another Token Type has been negotiated".
            applies_if(response.is_for_openid(), "the request was none of OpenID Connect: other types of tokens are allowed")?;
            let token_type = token_type(response)?;
            holds(token_type.eq_ignore_ascii_case("bearer"), "token_type = Bearer", format!("token_type = {}", shorten(token_type)))
        },
    ),
    must(
        "token/id-token-present",
        "OIDCC-3.1.3.3",
        "The answer to an authorization code for `openid` holds an ID token",
        "The client does not learn who logged in.",
        "",
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
        "The answer to an authorization code for `offline_access` holds a refresh token",
        "The client loses its access as soon as the access token expires, and has to bother its user.",
        "",
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
        "The refresh token is printable ASCII",
        "Clients mangle it on the way back, and the refresh fails.",
        "",
        |response| match optional(response.members()?, "refresh_token")? {
            Value::String(token) => printable("refresh token", token),
            _ => fail("refresh_token: a string", "refresh_token is not a string"),
        },
    ),
    must(
        "token/refresh-token-length",
        "RFC6749-10.10",
        "The refresh token is long enough to hold 128 bits",
        "Short tokens can be guessed, and refresh tokens live long.",
        "",
        |response| match optional(response.members()?, "refresh_token")? {
            Value::String(token) if !token.is_empty() => is_long_enough(token),
            _ => not_run(REFRESH_TOKEN_CHARSET),
        },
    ),
    should(
        "token/refresh-token-differs",
        "RFC6749-1.5",
        "The refresh token is not the access token",
        "A refresh token is never sent to resource servers: whoever gets this one can make itself new tokens for ever.",
        "",
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
        "The answer to client credentials holds no refresh token",
        "It is one more long-lived secret to lose, and of no use: the client can ask again at any time.",
        "",
        |response| is_absent(response, "refresh_token"),
    ),
    // No text forbids it.
    may(
        "client-credentials/no-id-token",
        "OIDCC-2",
        "The answer to client credentials holds no ID token",
        "There is no end-user whose authentication it could be about: somebody takes the client for one.",
        "",
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
        None => pass(format!("no {name}")),
        Some(seen) => fail(format!("no {name}"), seen),
    }
}

fn is_long_enough(token: &str) -> Judgement {
    let length = token.chars().count();
    holds(length >= FEWEST, format!("at least {FEWEST} characters"), format!("{length} characters"))
}
