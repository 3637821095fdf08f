//! Bearer tokens (RFC 6750): found in a request, and checked.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::flaw::Behaviour;
use super::grant::{Access, Grant};
use super::reply::OauthError;
use super::state::Issuer;

/// The token of an `Authorization: Bearer` header (RFC 6750 2.1).
pub fn token<'a>(issuer: &Issuer, headers: &'a HeaderMap) -> Option<&'a str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let is_bearer = scheme == "Bearer" || (scheme.eq_ignore_ascii_case("bearer") && !issuer.does(Behaviour::BearerCaseSensitive));
    is_bearer.then(|| token.trim())
}

/// What a token stands for, if it is good for this scope.
///
/// # Errors
/// `invalid_token` or `insufficient_scope` (RFC 6750 3.1).
pub fn access(issuer: &Issuer, token: &str, scope: &'static str) -> Result<(Access, Grant), OauthError> {
    if issuer.does(Behaviour::AccessTokenStillborn) {
        return Err(OauthError::invalid_token("the token is unknown, expired or revoked"));
    }
    let store = issuer.store();
    if let Some(found) = store.other_token(token, issuer.now(), &issuer.defect) {
        return Ok(found);
    }
    let (access, grant) =
        store.good_access(token, issuer.now()).ok_or_else(|| OauthError::invalid_token("the token is unknown, expired or revoked"))?;
    if !access.scope.has(scope) {
        return Err(OauthError::insufficient_scope(scope));
    }
    Ok((access.clone(), grant.clone()))
}
