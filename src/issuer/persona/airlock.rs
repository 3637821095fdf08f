//! Airlock IAM as its documentation shows it: an issuer identifier with a path, registration at a path of its own and without a token, and
//! tokens of client credentials that are not stored.

use axum::routing::{get, post};

use crate::issuer::prelude::*;
use crate::issuer::routes::login_pages;
use crate::issuer::{authorize, introspection, metadata, registration, token};

/// The one authorization server.
macro_rules! server {
    ($below:literal) => {
        concat!("/auth-login/rest/oauth2/authorization-servers/myAS", $below)
    };
}

/// Where clients register: not below the issuer identifier.
const REGISTER: &str = "/auth-login/rest/public/tech-client-registration/oauth2/myAS/register";

pub(super) static SETTINGS: PersonaSettings = PersonaSettings {
    issuer_path: server!(""),
    token_path: server!("/token"),
    register_path: REGISTER,
    metadata: Some(include_str!("../../../fixtures/issuer/airlock/authorization-server-metadata.json")),
    response_types: crate::issuer::response_type::CODE,
    unsigned_id_tokens: false,
    encryption: false,
    scopes: &["client-scope"],
    client_scope: "client-scope",
    client_grants: &[],
    token_lifetime: 18_000,
    token_type: "at+jwt",
    openactive_claims: false,
    default_audience: true,
    registration_token: false,
    registration_status: StatusCode::OK,
    registered_members: Some(&[
        "scope",
        "contacts",
        "client_id",
        "client_secret",
        "client_secret_expires_at",
        "client_id_issued_at",
        "redirect_uris",
        "token_endpoint_auth_method",
        "grant_types",
        "response_types",
        "client_name",
        "client_uri",
    ]),
    any_client_credentials: true,
    client_tokens_stored: false,
    request_uris: false,
    tells_of_logouts: false,
    session_management: false,
    refresh: RefreshFor::Registered,
};

pub(super) fn routes() -> Router<Arc<Issuer>> {
    Router::new()
        // RFC 8414 3.1: the well-known path comes before that of the issuer.
        .route(concat!("/.well-known/oauth-authorization-server", server!("")), get(metadata::server))
        .route(server!("/.well-known/oauth-authorization-server"), get(metadata::server_appended))
        .route(server!("/jwks"), get(metadata::jwks))
        .route(server!("/authorize"), get(authorize::get).post(authorize::post))
        .route(server!("/token"), get(token::get).post(token::post))
        .route(server!("/introspect"), post(introspection::post))
        .route(REGISTER, post(registration::post))
        .merge(login_pages())
}
