//! The revocation endpoint (RFC 7009).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode};

use super::client_auth::authenticate;
use super::flaw::{Behaviour, Site};
use super::lenient_authentication;
use super::params::Params;
use super::reply::{Answer, OauthError, Reply};
use super::state::Issuer;

/// `POST`: 200 whether or not there was such a token (RFC 7009 2.2). A `token_type_hint` is not needed to find it.
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::form(&headers, &body)?;
    let client = match lenient_authentication::believe(&issuer, &headers, &form, Behaviour::RevocationSecretUnchecked) {
        Some(client) => client,
        None => authenticate(&issuer, &headers, &form)?,
    };
    let token = form.get("token").ok_or_else(|| OauthError::bad_request("invalid_request", "token is missing"))?;
    if issuer.defect.does(Behaviour::RevocationUnknownRefused) && !issuer.store().knows_token(token) {
        return Err(OauthError::bad_request("invalid_request", "there is no such token").into());
    }
    if !issuer.defect.does(Behaviour::RevocationIgnored) {
        issuer.store().revoke(token, &client.id, form.get("token_type_hint"), &issuer.defect);
    }
    Ok(issuer.defect.reply(&[Site::Revocation], Reply::empty(StatusCode::OK).no_store())?)
}
