//! Rules about the ways a userinfo request may be made (OpenID Connect Core 5.3.1, RFC 6750 2). None of them ever shows a token or a claim but `sub`.

use crate::rule::prelude::*;

mod accepted;
pub mod challenge;
mod refused;
#[cfg(test)]
mod tests;

/// The same userinfo request made in every way the specifications know, and in ways that must fail.
#[derive(Debug, Clone)]
pub struct UserInfoRequests {
    /// The plain request, a GET with the token in the header: without an answer to that, nothing can be concluded from the others.
    pub control: Received,
    /// POST with the token in the header.
    pub post_header: Received,
    /// POST with the token in the form body (RFC 6750 2.2).
    pub post_body: Received,
    /// POST with the token in the header and in the form body.
    pub in_both: Received,
    /// GET with the authentication scheme in lower case (RFC 9110 11.1: schemes are case-insensitive).
    pub lower_case_scheme: Received,
    /// GET without any token.
    pub no_token: Received,
    /// GET with a token the issuer never gave.
    pub unknown_token: Received,
    /// `sub` of the ID token that came with the access token.
    pub id_token_sub: Option<String>,
}

/// The rule that says it when userinfo does not work at all.
const WORKS: &str = "userinfo/http-200";

impl UserInfoRequests {
    /// Goes on where userinfo answers the plain request.
    fn works(&self) -> Result<(), Unmet> {
        needs(Answer::of_resource(&self.control) == Answer::Given, WORKS)
    }
}

impl Artefact for UserInfoRequests {
    const RULES: &'static [&'static [Check<Self>]] = &[accepted::RULES, refused::RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.post_header.exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            "userinfo/post-body" => &self.post_body,
            "userinfo/two-tokens-http-400" | "userinfo/two-tokens-invalid-request" => &self.in_both,
            "userinfo/scheme-case-insensitive" => &self.lower_case_scheme,
            _ => refused::about(self, rule).unwrap_or(&self.post_header),
        };
        Some(about.exchange)
    }
}
