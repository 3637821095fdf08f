//! Rules about successful token responses of every grant (RFC 6749 5.1, `OpenID` Connect Core 3.1.3.3).

use std::sync::Arc;

use serde_json::Value;

use super::expect::{may, must, should};
use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;
use crate::observed::received::Received;

mod judge;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

/// The grant a token response answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grant {
    /// RFC 6749 4.4.
    ClientCredentials,
    /// RFC 6749 4.1.
    AuthorizationCode,
    /// RFC 6749 6.
    RefreshToken,
}

impl Grant {
    /// The value of the `grant_type` parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// The response to a token request.
#[derive(Debug, Clone)]
pub struct TokenResponse {
    /// The response, whatever its status.
    pub response: Received,
    /// The grant it answers.
    pub grant: Grant,
    /// The scope that was asked for (in the authorization request, for a code; at first, for a refresh token), space-separated.
    pub requested_scope: Option<String>,
    /// The authorization request it goes back to, if it goes back to one.
    pub request: Option<Arc<AuthorizationRequest>>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl Artefact for TokenResponse {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const HTTP_200: &str = "token/http-200";
const JSON_OBJECT: &str = "token/json-object";
const ACCESS_TOKEN: &str = "token/access-token-present";
const TOKEN_TYPE: &str = "token/token-type-present";
const EXPIRES_IN_NUMBER: &str = "token/expires-in-number";
const SCOPE_STRING: &str = "token/scope-string";

static RULES: &[Check<TokenResponse>] = &[
    must(HTTP_200, "RFC6749-5.1", "The token request is answered with 200", "The client does not get its tokens.", judge::http_200),
    must(JSON_OBJECT, "RFC6749-5.1", "The token response is a JSON object", "The client cannot read its tokens.", judge::json_object),
    must(
        "token/content-type-json",
        "RFC6749-5.1",
        "The token response is `application/json`",
        "Clients that look at the media type refuse to parse it.",
        judge::content_type,
    ),
    must(
        "token/cache-no-store",
        "RFC6749-5.1",
        "The token response forbids caching with `no-store`",
        "Tokens stay behind in caches, where others find them.",
        judge::no_store,
    ),
    must(
        "token/no-error",
        "RFC6749-5.2",
        "The token response with status 200 holds no `error`",
        "One client takes it for a success and another for a failure.",
        judge::no_error,
    ),
    must(
        ACCESS_TOKEN,
        "RFC6749-5.1",
        "The token response has an `access_token`",
        "The client has nothing to call the API with.",
        judge::access_token_present,
    ),
    must(
        "token/access-token-charset",
        "RFC6749-A.12",
        "The access token is printable ASCII",
        "It cannot be sent in an Authorization header.",
        judge::access_token_charset,
    ),
    must(
        TOKEN_TYPE,
        "RFC6749-5.1",
        "The token response has a `token_type`",
        "The client does not know how to use the token, and strict libraries fail to parse the response.",
        judge::token_type_present,
    ),
    must(
        "token/token-type-bearer",
        "OIDCC-3.1.3.3",
        "The `token_type` is Bearer, in any case",
        "The client must not use a token of a type it does not understand, and it asked for no other.",
        judge::token_type_bearer,
    ),
    should(
        "token/expires-in-present",
        "RFC6749-5.1",
        "The token response says in `expires_in` how long the access token lives",
        "The client learns of the end of its token by failing calls.",
        judge::expires_in_present,
    ),
    must(
        EXPIRES_IN_NUMBER,
        "RFC6749-5.1",
        "`expires_in` is a JSON number",
        "Typed libraries fail to parse the whole response.",
        judge::expires_in_number,
    ),
    should(
        "token/expires-in-sane",
        "RFC6749-A.14",
        "`expires_in` is a whole number of seconds above zero and not above a year",
        "A client refreshes in a loop, or never.",
        judge::expires_in_sane,
    ),
    must(
        SCOPE_STRING,
        "RFC6749-3.3",
        "The `scope` of the token response is a string of words with one space between them",
        "Libraries fail to parse the response: an array in place of the string is the usual slip.",
        judge::scope_string,
    ),
    must(
        "token/scope-if-different",
        "RFC6749-5.1",
        "The token response names the scope if it is not the one that was asked for",
        "The client believes it may do what it may not, or less than it may.",
        judge::scope_if_different,
    ),
    may(
        "token/scope-not-widened",
        "RFC6749-3.3",
        "The token response grants no scope that was not asked for",
        "A client ends up with more power than it wanted, and so does whoever steals its token.",
        judge::scope_not_widened,
    ),
    must(
        "token/id-token-present",
        "OIDCC-3.1.3.3",
        "The answer to an authorization code for `openid` holds an ID token",
        "The client does not learn who logged in.",
        judge::id_token_present,
    ),
    // The text says what the scope asks for, and nowhere that it has to be given.
    may(
        "token/refresh-token-for-offline-access",
        "OIDCC-11",
        "The answer to an authorization code for `offline_access` holds a refresh token",
        "The client loses its access as soon as the access token expires, and has to bother its user.",
        judge::refresh_token_present,
    ),
    must(
        "token/refresh-token-charset",
        "RFC6749-A.17",
        "The refresh token is printable ASCII",
        "Clients mangle it on the way back, and the refresh fails.",
        judge::refresh_token_charset,
    ),
    should(
        "client-credentials/no-refresh-token",
        "RFC6749-4.4.3",
        "The answer to client credentials holds no refresh token",
        "It is one more long-lived secret to lose, and of no use: the client can ask again at any time.",
        judge::no_refresh_token,
    ),
    should(
        "client-credentials/no-id-token",
        "OIDCC-2",
        "The answer to client credentials holds no ID token",
        "There is no end-user whose authentication it could be about: somebody takes the client for one.",
        judge::no_id_token,
    ),
    must(
        "token/access-token-length",
        "RFC6749-10.10",
        "The access token is long enough to hold 128 bits",
        "Short tokens can be guessed while they live.",
        judge::access_token_length,
    ),
    must(
        "token/refresh-token-length",
        "RFC6749-10.10",
        "The refresh token is long enough to hold 128 bits",
        "Short tokens can be guessed, and refresh tokens live long.",
        judge::refresh_token_length,
    ),
    must(
        "token/access-token-syntax",
        "RFC6750-2.1",
        "The access token of type Bearer is made of letters, digits and -._~+/, with equals signs at its end alone",
        "It does not fit into an Authorization header: servers and proxies that parse the header refuse it.",
        judge::access_token_syntax,
    ),
    should(
        "token/refresh-token-differs",
        "RFC6749-1.5",
        "The refresh token is not the access token",
        "A refresh token is never sent to resource servers: whoever gets this one can make itself new tokens for ever.",
        judge::refresh_token_differs,
    ),
    should(
        "token/expires-in-short",
        "RFC6750-5.3",
        "The access token lives for an hour at most",
        "Whoever finds a bearer token can use it as long as it lives.",
        judge::expires_in_short,
    ),
];
