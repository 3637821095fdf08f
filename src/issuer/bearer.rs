//! Bearer tokens (RFC 6750): found in a request, and checked.

use http::header::AUTHORIZATION;

use super::client_keys::has_expired;
use crate::issuer::prelude::*;

/// The token of an `Authorization: Bearer` header (RFC 6750 2.1).
pub fn token<'a>(issuer: &Issuer, headers: &'a HeaderMap) -> Option<&'a str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let is_bearer = scheme == "Bearer" || (scheme.eq_ignore_ascii_case("bearer") && !issuer.does(Behaviour::BearerCaseSensitive));
    is_bearer.then(|| token.trim())
}

/// The access token that was issued with the `jti` of one that was not, where nobody looks whether it was. Its `exp` is looked at all the same.
pub fn issued(issuer: &Issuer, token: &str) -> Option<String> {
    let own = issuer.store().with_jti_of(token)?;
    if own == token || issuer.checks(Check::AccessTokenWhole) {
        return None;
    }
    let is_over = ReceivedJwt::read(token, &|_| true).is_some_and(|jwt| jwt.claims.get("exp").is_some_and(|exp| has_expired(exp, issuer.now())));
    (!is_over).then_some(own)
}

/// What a token stands for, if it is good for this scope.
///
/// # Errors
/// `invalid_token` or `insufficient_scope` (RFC 6750 3.1).
pub fn access(issuer: &Issuer, headers: &HeaderMap, token: &str, scope: &'static str) -> Result<(Access, Grant), OauthError> {
    if issuer.does(Behaviour::AccessTokenStillborn) {
        return Err(OauthError::invalid_token("the token is unknown, expired or revoked"));
    }
    let own = issued(issuer, token);
    let token = own.as_deref().unwrap_or(token);
    let store = issuer.store();
    if let Some(found) = store.other_token(token, issuer.now(), &issuer.defect) {
        return Ok(found);
    }
    let (access, grant) =
        store.good_access(token, issuer.now()).ok_or_else(|| OauthError::invalid_token("the token is unknown, expired or revoked"))?;
    if !mutual_tls::may_use(issuer, access.bound.as_deref(), headers) {
        let says = "the token is bound to another certificate than that of the connection";
        if mutual_tls::thumbprint(headers).is_none() && issuer.does(Behaviour::BoundTokenBehindProxy) {
            return Err(OauthError::invalid_request("no required SSL certificate was sent"));
        }
        let forbidden = issuer.does(Behaviour::BoundTokenForbidden);
        return Err(if forbidden { OauthError::forbidden("invalid_token", says) } else { OauthError::invalid_token(says) });
    }
    if grant.auth_time.is_none() && scope == OPENID && issuer.does(Behaviour::ClientTokensElsewhere) {
        return Err(OauthError::invalid_token("the token is not an end-user's"));
    }
    if !access.scope.has(scope) && (scope != OPENID || issuer.checks(Check::UserinfoOpenid)) {
        return Err(OauthError::insufficient_scope(scope));
    }
    Ok((access.clone(), grant.clone()))
}
