//! The introspection endpoint (RFC 7662).

use super::client_auth::{Endpoint, authenticate};
use super::store::TOKEN_TYPES;
use crate::issuer::prelude::*;

/// `POST`: what a token of this client stands for. Of a token that is not good, or another's, it says `active: false` and no more
/// (RFC 7662 2.2).
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::form(&headers, &body)?;
    let client = authenticate(&issuer, Endpoint::Introspection, &headers, &form)
        .and_then(|client| if client.metadata.is_public() { Err(OauthError::invalid_client("a public client may not do this")) } else { Ok(client) });
    let client = match client {
        Ok(client) => client,
        Err(_) if issuer.does(Behaviour::IntrospectionBadRequest) => {
            return Err(OauthError::bad_request("invalid_client", "the client is unknown, or its credentials are wrong").into());
        }
        Err(_) if bearer::token(&issuer, &headers).is_some() && issuer.does(Behaviour::IntrospectionBearerBadRequest) => {
            return Err(OauthError::invalid_request("the client has to authenticate").into());
        }
        Err(_) if bearer::token(&issuer, &headers).is_some() && issuer.does(Behaviour::IntrospectionBearerForbidden) => {
            return Err(OauthError::forbidden("insufficient_scope", "the token is not for this").into());
        }
        Err(error) => return issuer.unauthorized(Site::IntrospectionUnauthorized, error),
    };
    if issuer.does(Behaviour::IntrospectionForResourceServers) {
        return Err(OauthError::forbidden("access_denied", "this is for resource servers").into());
    }
    if form.get("token").is_none() && !issuer.checks(Check::IntrospectionTokenPresent) {
        return Ok(Reply::ok(json!({ "active": false })));
    }
    let token = form.get("token").ok_or_else(|| OauthError::invalid_request("token is missing"))?;
    let hint = form.get("token_type_hint");
    let is_known = hint.is_none_or(|hint| TOKEN_TYPES.contains(&hint));
    if !is_known && issuer.does(Behaviour::IntrospectionUnknownHintRefused) {
        return Err(OauthError::bad_request("unsupported_token_type", "there is no such type of tokens").into());
    }
    let is_good = |token: &str| issuer.store().good_refresh(token, issuer.now()).is_some();
    if issuer.store().refresh.contains_key(token) && !is_good(token) && issuer.does(Behaviour::IntrospectionRevokedRefused) {
        return Err(OauthError::bad_request("invalid_token", "the token was revoked").into());
    }
    let own = bearer::issued(&issuer, token);
    let token = own.as_deref().unwrap_or(token);
    let is_other = match hint {
        Some("access_token") => issuer.store().refresh.contains_key(token),
        Some("refresh_token") => issuer.store().access.contains_key(token),
        _ => false,
    };
    if is_other && issuer.does(Behaviour::IntrospectionTrustsHint) {
        return Ok(Reply::ok(json!({ "active": false })));
    }
    match good_token(&issuer, token, &client.id) {
        Some(body) if !issuer.does(Behaviour::IntrospectionBlind) => issuer.reply(&[Site::Introspection], Reply::ok(body)),
        None if !issuer.checks(Check::IntrospectionTokenKnown) && !issuer.store().knows_token(token) => {
            Ok(Reply::ok(json!({ "active": true, "client_id": client.id })))
        }
        None if issuer.does(Behaviour::IntrospectionTalkative) => Ok(Reply::ok(json!({ "active": false, "reason": "unknown" }))),
        _ => issuer.reply(&[Site::IntrospectionUnknown], Reply::ok(json!({ "active": false }))),
    }
}

fn good_token(issuer: &Issuer, token: &str, client_id: &str) -> Option<Value> {
    if issuer.does(Behaviour::AccessTokenStillborn) {
        return None;
    }
    let now = issuer.now();
    let store = issuer.store();
    if let Some((access, grant)) = store.good_access(token, now).filter(|(_, grant)| grant.client_id == client_id) {
        let mut answer = json!({
            "active": true,
            "scope": access.scope.to_string(),
            "client_id": grant.client_id,
            "token_type": "Bearer",
            "exp": access.expires_at,
            "iat": access.issued_at,
            "sub": grant.sub,
            "aud": access.audience,
            "iss": issuer.url,
            "jti": access.jti,
        });
        if let Some(bound) = access.bound.as_deref().filter(|_| !issuer.does(Behaviour::IntrospectionUnbound)) {
            answer["cnf"] = json!({ "x5t#S256": bound });
        }
        return Some(answer);
    }
    let (refresh, grant) = store.good_refresh(token, now).filter(|(_, grant)| grant.client_id == client_id)?;
    Some(json!({
        "active": true,
        "scope": grant.scope.to_string(),
        "client_id": grant.client_id,
        "exp": refresh.expires_at,
        "iat": refresh.issued_at,
        "sub": grant.sub,
        "iss": issuer.url,
    }))
}
