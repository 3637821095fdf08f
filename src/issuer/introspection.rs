//! The introspection endpoint (RFC 7662).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::client_auth::authenticate_confidential;
use super::flaw::{Behaviour, Site};
use super::lenient_authentication;
use super::params::Params;
use super::reply::{Answer, OauthError, Reply};
use super::state::{Issuer, now};

/// `POST`: what a token of this client stands for. Of a token that is not good, or another's, it says `active: false` and no more
/// (RFC 7662 2.2).
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::form(&headers, &body)?;
    let open = form.get("token").filter(|_| issuer.defect.does(Behaviour::IntrospectionOpen) && !headers.contains_key(AUTHORIZATION));
    let owner = open.and_then(|token| issuer.store().living_access(token, now()).map(|(_, grant)| grant.client_id.clone()));
    let let_in = owner.and_then(|id| issuer.store().client(&id).cloned());
    let client = match let_in.or_else(|| lenient_authentication::believe(&issuer, &headers, &form, Behaviour::IntrospectionSecretUnchecked)) {
        Some(client) => client,
        None => authenticate_confidential(&issuer, &headers, &form).map_err(|error| {
            let other = issuer.defect.does(Behaviour::IntrospectionBadRequest);
            if other { OauthError::bad_request("invalid_client", "the client is unknown, or its credentials are wrong") } else { error }
        })?,
    };
    let token = form.get("token").ok_or_else(|| OauthError::bad_request("invalid_request", "token is missing"))?;
    let reply = |body| Reply::json(StatusCode::OK, body).no_store();
    match living(&issuer, token, &client.id) {
        Some(body) if !issuer.defect.does(Behaviour::IntrospectionBlind) => Ok(issuer.defect.reply(&[Site::Introspection], reply(body))?),
        None if issuer.defect.does(Behaviour::IntrospectionCredulous) && !issuer.store().knows_token(token) => {
            Ok(reply(json!({ "active": true, "client_id": client.id })))
        }
        None if issuer.defect.does(Behaviour::IntrospectionTalkative) => Ok(reply(json!({ "active": false, "reason": "unknown" }))),
        _ => Ok(issuer.defect.reply(&[Site::IntrospectionUnknown], reply(json!({ "active": false })))?),
    }
}

fn living(issuer: &Issuer, token: &str, client_id: &str) -> Option<Value> {
    let now = now();
    let store = issuer.store();
    if let Some((access, grant)) = store.living_access(token, now).filter(|(_, grant)| grant.client_id == client_id) {
        return Some(json!({
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
        }));
    }
    let (refresh, grant) = store.living_refresh(token, now).filter(|(_, grant)| grant.client_id == client_id)?;
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
