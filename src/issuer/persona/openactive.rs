//! The `OpenActive` reference implementation: its paths and settings.

use axum::routing::{get, post};

use crate::issuer::client_metadata::GRANT_TYPES;
use crate::issuer::grant::ACCESS_TOKEN_LIFETIME;
use crate::issuer::prelude::*;
use crate::issuer::routes::{
    AUTHORIZE, CERTIFICATE, DATASET_SITE, END_SESSION, INTROSPECT, JWKS, LOGOUT, ORDERS_FEED, REGISTER, REVOKE, TOKEN, USERINFO, home, login_pages,
};
use crate::issuer::{authorize, front_channel, introspection, logout, metadata, registration, resource, revocation, scope, token, userinfo};

pub(super) static SETTINGS: PersonaSettings = REFERENCE;

/// The settings, for a persona that differs in some of them.
pub(super) const REFERENCE: PersonaSettings = PersonaSettings {
    issuer_path: "",
    token_path: TOKEN,
    register_path: REGISTER,
    metadata: Some(include_str!("../../../fixtures/issuer/openactive/provider-metadata.json")),
    response_types: response_type::CODE,
    unsigned_id_tokens: false,
    encryption: false,
    scopes: &scope::SUPPORTED,
    client_scope: scope::ORDERS_FEED,
    client_grants: &GRANT_TYPES,
    token_lifetime: ACCESS_TOKEN_LIFETIME,
    token_type: "at+jwt",
    openactive_claims: true,
    default_audience: true,
    registration_token: true,
    registration_status: StatusCode::CREATED,
    registered_members: None,
    any_client_credentials: false,
    client_tokens_stored: true,
    request_uris: false,
    tells_of_logouts: false,
    session_management: false,
    refresh: RefreshFor::OfflineAccess,
};

pub(super) fn routes() -> Router<Arc<Issuer>> {
    Router::new()
        .route("/", get(home))
        .route("/.well-known/openid-configuration", get(metadata::discovery))
        .route("/.well-known/oauth-authorization-server", get(metadata::server))
        .route("/.well-known/webfinger", get(metadata::web_finger))
        .route(CERTIFICATE, get(metadata::certificate))
        .route(JWKS, get(metadata::jwks))
        .route(AUTHORIZE, get(authorize::get).post(authorize::post))
        .merge(login_pages())
        .route(TOKEN, get(token::get).post(token::post))
        .route(USERINFO, get(userinfo::get).post(userinfo::post))
        .route(REGISTER, post(registration::post))
        .route(
            &format!("{REGISTER}/{{handle}}"),
            get(registration::read).put(registration::replace).delete(registration::delete).patch(registration::other_method),
        )
        .route(REVOKE, post(revocation::post))
        .route(INTROSPECT, post(introspection::post))
        .route(END_SESSION, get(logout::get).post(logout::post))
        .route(LOGOUT, get(front_channel::nested).post(logout::confirm))
        .route(ORDERS_FEED, get(resource::orders_feed))
        .route(DATASET_SITE, get(resource::dataset_site))
}
