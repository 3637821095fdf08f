//! Rules about the ways a userinfo request may be made (OpenID Connect Core 5.3.1, RFC 6750 2).

use super::expect::{may, must, should};
use super::{Artefact, Check};
use crate::observed::received::Received;

pub mod challenge;
mod judge;
#[cfg(test)]
mod tests;

/// The same userinfo request made in every way the specifications know, and in ways that must fail.
#[derive(Debug, Clone)]
pub struct UserInfoRequests {
    /// POST with the token in the header.
    pub post_header: Received,
    /// POST with the token in the form body (RFC 6750 2.2).
    pub post_body: Received,
    /// GET with the authentication scheme in lower case (RFC 9110 11.1: schemes are case-insensitive).
    pub lower_case_scheme: Received,
    /// GET without any token.
    pub no_token: Received,
    /// GET with a token the issuer never gave.
    pub unknown_token: Received,
    /// `sub` of the ID token that came with the access token.
    pub id_token_sub: Option<String>,
}

impl Artefact for UserInfoRequests {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.post_header.exchange)
    }
}

const NO_TOKEN: &str = "userinfo/no-token-refused";
const NO_TOKEN_CHALLENGE: &str = "userinfo/no-token-challenge";
const BAD_TOKEN: &str = "userinfo/bad-token-refused";
const BAD_TOKEN_CHALLENGE: &str = "userinfo/bad-token-challenge";
const SYNTAX: &str = "userinfo/challenge-syntax";

static RULES: &[Check<UserInfoRequests>] = &[
    must(
        "userinfo/post-header",
        "OIDCC-5.3",
        "Userinfo answers a POST with the access token in the Authorization header",
        "Relying parties that post their request learn nothing about their user.",
        judge::post_header,
    ),
    may(
        "userinfo/post-body",
        "RFC6750-2.2",
        "Userinfo answers a POST with the access token in the form body",
        "Relying parties that cannot set the Authorization header have no other way.",
        judge::post_body,
    ),
    must(
        "userinfo/scheme-case-insensitive",
        "RFC9110-11.1",
        "Userinfo takes the authentication scheme in lower case, too",
        "HTTP libraries that write schemes in lower case are shut out with a good token.",
        judge::scheme_case,
    ),
    must(
        "userinfo/post-same-sub",
        "OIDCC-5.3.2",
        "The `sub` of userinfo is the same whatever way it was asked for",
        "The relying party takes one user's name and address for another's.",
        judge::same_sub,
    ),
    must(
        NO_TOKEN,
        "RFC6749-7",
        "Userinfo refuses a request without an access token",
        "Somebody's name and address are there for anybody to read.",
        judge::no_token_refused,
    ),
    should(
        "userinfo/no-token-http-401",
        "RFC6750-3.1",
        "A userinfo request without an access token is refused with 401",
        "Clients cannot tell that a token was all that was missing.",
        judge::no_token_401,
    ),
    must(
        NO_TOKEN_CHALLENGE,
        "RFC6750-3",
        "The refusal of a userinfo request without a token names the scheme Bearer in WWW-Authenticate",
        "A client that does not know the endpoint cannot find out what it asks for.",
        judge::no_token_challenge,
    ),
    should(
        "userinfo/no-token-no-error",
        "RFC6750-3.1",
        "The challenge to a userinfo request without a token names no error",
        "Clients throw away good tokens when a request went out without one.",
        judge::no_token_no_error,
    ),
    must(
        BAD_TOKEN,
        "RFC6749-7",
        "Userinfo refuses an access token that the issuer never gave",
        "Whoever makes up a token reads somebody's name and address.",
        judge::bad_token_refused,
    ),
    should(
        "userinfo/bad-token-http-401",
        "RFC6750-3.1",
        "A userinfo request with an invalid access token is refused with 401",
        "Clients do not notice that it is time to refresh the token.",
        judge::bad_token_401,
    ),
    must(
        BAD_TOKEN_CHALLENGE,
        "RFC6750-3",
        "The refusal of an invalid access token names the scheme Bearer in WWW-Authenticate",
        "Clients look there for the reason and find none.",
        judge::bad_token_challenge,
    ),
    should(
        "userinfo/bad-token-invalid-token",
        "RFC6750-3.1",
        "The challenge to an invalid access token has the error `invalid_token`",
        "Clients cannot tell an expired token from a missing scope, and do not refresh it.",
        judge::bad_token_error,
    ),
    must(
        SYNTAX,
        "RFC9110-11.6.1",
        "The challenges of userinfo have the syntax of WWW-Authenticate",
        "Clients that parse the header do not get at the reason.",
        judge::syntax,
    ),
    must(
        "userinfo/challenge-parameters",
        "RFC6750-3",
        "The Bearer challenge of userinfo has at least one parameter",
        "Parsers written after the specification do not take the scheme alone for a challenge.",
        judge::parameters,
    ),
    must(
        "userinfo/challenge-once",
        "RFC6750-3",
        "No parameter the specification knows comes twice in a Bearer challenge of userinfo",
        "Two libraries read two different reasons.",
        judge::once,
    ),
    must(
        "userinfo/challenge-charset",
        "RFC6750-3",
        "The `error` and `error_description` of userinfo's challenges are printable ASCII without quotes and backslashes",
        "Careless parsers end the value at the first quote and misread what follows.",
        judge::charset,
    ),
];
