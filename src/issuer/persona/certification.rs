//! A provider that offers every flow of OpenID Connect: its settings.

use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use http::StatusCode;

use super::{PersonaSettings, RefreshFor};
use crate::issuer::client_metadata::GRANT_TYPES;
use crate::issuer::grant::ACCESS_TOKEN_LIFETIME;
use crate::issuer::routes::{REGISTER, ROTATE_KEYS, TOKEN};
use crate::issuer::state::Issuer;
use crate::issuer::{key_rollover, response_type, scope};

pub(super) static SETTINGS: PersonaSettings = PersonaSettings {
    issuer_path: "",
    token_path: TOKEN,
    register_path: REGISTER,
    metadata: Some(include_str!("../../../fixtures/issuer/certification/provider-metadata.json")),
    response_types: response_type::ALL,
    unsigned_id_tokens: true,
    scopes: &scope::SUPPORTED,
    client_scope: scope::ORDERS_FEED,
    client_grants: &GRANT_TYPES,
    token_lifetime: ACCESS_TOKEN_LIFETIME,
    token_type: "at+jwt",
    openactive_claims: false,
    default_audience: true,
    registration_token: true,
    registration_status: StatusCode::CREATED,
    registered_members: None,
    any_client_credentials: false,
    client_tokens_stored: true,
    tells_of_logouts: true,
    refresh: RefreshFor::OfflineAccess,
};

/// What it has beside the reference implementation.
pub(super) fn routes() -> Router<Arc<Issuer>> {
    Router::new().route(ROTATE_KEYS, post(key_rollover::rotate))
}
