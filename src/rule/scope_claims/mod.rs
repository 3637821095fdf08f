//! Rules about the claims that scopes and the `claims` parameter ask for (OpenID Connect Core 5.1, 5.4, 5.5).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::expect::{may, must, should};
use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;

mod judge;
#[cfg(test)]
mod tests;

/// What userinfo and the ID token say after a request for standard scopes, or for single claims.
#[derive(Debug, Clone)]
pub struct ScopeClaims {
    /// The exchange of the userinfo response.
    pub exchange: usize,
    /// The scope that was granted, space-separated.
    pub scope: String,
    /// The authorization request they go back to.
    pub request: Arc<AuthorizationRequest>,
    /// The userinfo response's claims.
    pub userinfo: Map<String, Value>,
    /// The ID token's claims.
    pub id_token: Map<String, Value>,
    /// The provider metadata, as parsed.
    pub metadata: Value,
}

impl Artefact for ScopeClaims {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

static RULES: &[Check<ScopeClaims>] = &[
    should(
        "claims/scope-gating",
        "OIDCC-5.4",
        "Userinfo gives the claims of a standard scope to those only who were granted it",
        "Clients learn more about people than these agreed to.",
        judge::scope_gating,
    ),
    should(
        "claims/id-token-gating",
        "OIDCC-5.4",
        "The ID token holds the claims of a standard scope only if it was granted",
        "Clients learn more about people than these agreed to, and pass it on with every hint.",
        judge::id_token_gating,
    ),
    should(
        "claims/at-userinfo",
        "OIDCC-5.4",
        "The claims of the scopes that were granted are at userinfo, not in the ID token alone",
        "Clients that ask there, as the specification says, find nothing.",
        judge::at_userinfo,
    ),
    may(
        "claims/essential-name",
        "OIDCC-5.5.1",
        "Userinfo gives the claims that were asked for as essential",
        "A client cannot do for the user what it was made to do.",
        judge::essential,
    ),
    may(
        "claims/advertised",
        "OIDCD-3",
        "The standard claims that userinfo gives are among the `claims_supported` of the metadata",
        "Clients that look there first never ask for what they could have.",
        judge::advertised,
    ),
    must(
        "claims/language-tags",
        "OIDCC-5.2",
        "What follows the `#` in the name of a standard claim is a language tag",
        "Clients that look for their language do not find it.",
        judge::language_tags,
    ),
    should(
        "claims/address-no-empty",
        "OIDCC-5.3.2",
        "The address leaves out the parts it has no value for",
        "Relying parties print null, or an empty line, on a label.",
        judge::address_no_empty,
    ),
    must(
        "claims/updated-at-past",
        "OIDCC-5.1",
        "The `updated_at` of userinfo, if there is one, is not after the ID token",
        "Clients that compare it with their copy never update it again.",
        judge::updated_at_past,
    ),
    may(
        "claims/verified-has-value",
        "OIDCC-5.1",
        "What userinfo calls verified, an e-mail address or a phone number, is there",
        "Clients record a verified contact that they do not have.",
        judge::verified_has_value,
    ),
];
