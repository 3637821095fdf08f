//! A provider that offers every flow of OpenID Connect: its settings.

use axum::routing::{get, post};

use super::openactive;
use crate::issuer::key_rollover;
use crate::issuer::prelude::*;
use crate::issuer::routes::{CHECK_SESSION, ROTATE_KEYS};

pub(super) static SETTINGS: PersonaSettings = PersonaSettings {
    metadata: Some(include_str!("../../../fixtures/issuer/certification/provider-metadata.json")),
    response_types: response_type::ALL,
    unsigned_id_tokens: true,
    encryption: true,
    openactive_claims: false,
    request_uris: true,
    tells_of_logouts: true,
    session_management: true,
    ..openactive::REFERENCE
};

/// What it has beside the reference implementation.
pub(super) fn routes() -> Router<Arc<Issuer>> {
    Router::new().route(ROTATE_KEYS, post(key_rollover::rotate)).route(CHECK_SESSION, get(session_state::frame))
}
