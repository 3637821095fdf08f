//! The userinfo endpoint (OpenID Connect Core 5.3).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::bearer;
use super::claims;
use super::flaw::Site;
use super::params::{self, Params};
use super::reply::{Answer, OauthError, Reply};
use super::scope::OPENID;
use super::state::Issuer;

/// `GET`: the token is in the header.
pub async fn get(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Answer {
    answer(&issuer, bearer::token(&headers))
}

/// `POST`: the token is in the header or in the form (RFC 6750 2.2), not in both.
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = if params::is_form(&headers) { Params::form(&headers, &body)? } else { Params::default() };
    match (bearer::token(&headers), form.get("access_token")) {
        (Some(_), Some(_)) => Err(OauthError::bad_request("invalid_request", "there is a token in the header and one in the form").into()),
        (header, form) => answer(&issuer, header.or(form)),
    }
}

fn answer(issuer: &Issuer, token: Option<&str>) -> Answer {
    let token = token.ok_or_else(OauthError::no_token)?;
    let (access, grant) = bearer::access(issuer, token, OPENID)?;
    let mut claims = json!({ "sub": grant.sub, "name": "Sally Seller" });
    if let Value::Object(claims) = &mut claims {
        claims.extend(claims::seller(issuer, &access.scope));
    }
    Ok(issuer.defect.reply(&[Site::Userinfo], Reply::json(StatusCode::OK, claims).no_store())?)
}
