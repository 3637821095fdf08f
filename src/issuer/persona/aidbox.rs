//! Aidbox as its documentation shows it: no metadata and no registration, token requests as a form or as JSON, refresh tokens for client
//! credentials, and a session for each access token that its bearer can close.

use axum::routing::{delete, get, post};

use crate::issuer::params;
use crate::issuer::prelude::*;
use crate::issuer::token;

/// The token endpoint.
const TOKEN: &str = "/auth/token";
/// The session of an access token.
const SESSION: &str = "/Session";
/// A resource for any client with a token.
pub const PATIENTS: &str = "/Patient";

static BUNDLE: &str = include_str!("../../../fixtures/issuer/aidbox/patients.json");

pub(super) static SETTINGS: PersonaSettings = PersonaSettings {
    issuer_path: "",
    token_path: TOKEN,
    register_path: "",
    metadata: None,
    response_types: crate::issuer::response_type::CODE,
    unsigned_id_tokens: false,
    encryption: false,
    scopes: &[],
    client_scope: "",
    client_grants: &["client_credentials", "refresh_token"],
    token_lifetime: 600,
    token_type: "JWT",
    openactive_claims: false,
    default_audience: false,
    registration_token: true,
    registration_status: StatusCode::CREATED,
    registered_members: None,
    any_client_credentials: false,
    client_tokens_stored: true,
    request_uris: false,
    tells_of_logouts: false,
    session_management: false,
    refresh: RefreshFor::Everyone,
};

pub(super) fn routes() -> Router<Arc<Issuer>> {
    Router::new().route(TOKEN, post(give_token)).route(SESSION, delete(close_session)).route(PATIENTS, get(patients))
}

/// `POST` to the token endpoint: a form as the RFC has it, or JSON.
async fn give_token(State(issuer): State<Arc<Issuer>>, query: Query, headers: HeaderMap, body: Bytes) -> Answer {
    if !params::is_json(&headers) {
        return token::post(State(issuer), query, headers, body).await;
    }
    let given = if issuer.does(Behaviour::JsonTokenRequestRefused) {
        Err(OauthError::invalid_request("the content type is not application/x-www-form-urlencoded").into())
    } else {
        let request = Params::of_json(&body).ok_or_else(|| Problem::from(OauthError::invalid_request("the body is not a JSON object of strings")));
        request.and_then(|request| by_json(&issuer, &headers, &request))
    };
    let reply = token::answer(&issuer, given)?;
    Ok(if reply.status == StatusCode::OK { issuer.defect.patch_reply(&[Site::TokenByJson], reply)? } else { reply })
}

fn by_json(issuer: &Issuer, headers: &HeaderMap, request: &Params) -> Answer {
    // A refresh names its client, and the refresh token is the proof.
    if request.get("grant_type") == Some("refresh_token") && request.get("client_secret").is_none() {
        if issuer.does(Behaviour::JsonRefreshRefused) {
            return Err(OauthError::bad_request("invalid_grant", "the refresh token is unknown").into());
        }
        let named = request.get("client_id").and_then(|id| issuer.store().clients.get(id).cloned());
        let client: Client = named.ok_or_else(|| OauthError::invalid_client("client_id is missing, or there is no such client"))?;
        return token::give(issuer, &client, headers, request);
    }
    token::grant(issuer, headers, request, &Params::default())
}

/// `DELETE` of the session of the access token in the header: it is not good any more.
async fn close_session(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Answer {
    let token = bearer::token(&issuer, &headers).ok_or_else(OauthError::no_token)?;
    if !issuer.store().knows_token(token) {
        return Err(OauthError::invalid_token("there is no session of this token").into());
    }
    if !issuer.does(Behaviour::SessionCloseIgnored) {
        issuer.store().end_session_of(token);
    }
    issuer.reply(&[Site::SessionClosed], Reply::empty(StatusCode::OK).no_store())
}

/// `GET` of the resource.
async fn patients(State(issuer): State<Arc<Issuer>>, headers: HeaderMap) -> Answer {
    let Some(token) = bearer::token(&issuer, &headers) else {
        return issuer.reply(&[Site::ResourceNoToken], OauthError::no_token().reply());
    };
    if issuer.store().good_access(token, issuer.now()).is_none() {
        let refusal = OauthError::invalid_token("the token is unknown or expired, or its session was closed");
        return issuer.reply(&[Site::ResourceBadToken], refusal.reply());
    }
    let bundle: Value = pages::document(BUNDLE, &issuer.url)?;
    issuer.reply(&[Site::Resource], Reply::ok(bundle))
}
