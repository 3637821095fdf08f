//! Which path is answered by what. The paths are those of the OpenActive reference implementation.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use serde_json::json;

use super::reply::{Answer, Reply};
use super::state::Issuer;
use super::{authorize, interaction, introspection, metadata, pages, registration, resource, revocation, token, userinfo};

/// The authorization endpoint.
pub const AUTHORIZE: &str = "/connect/authorize";
/// The token endpoint.
pub const TOKEN: &str = "/connect/token";
/// The userinfo endpoint.
pub const USERINFO: &str = "/connect/userinfo";
/// The registration endpoint; below it each client's configuration.
pub const REGISTER: &str = "/connect/register";
/// The revocation endpoint.
pub const REVOKE: &str = "/connect/revocation";
/// The introspection endpoint.
pub const INTROSPECT: &str = "/connect/introspect";
/// The key set.
pub const JWKS: &str = "/.well-known/openid-configuration/jwks";
/// The login page.
pub const LOGIN: &str = "/account/login";
/// The consent page.
pub const CONSENT: &str = "/consent";
/// The orders feed.
pub const ORDERS_FEED: &str = "/api/orders-rpde";
/// The dataset site.
pub const DATASET_SITE: &str = "/dataset";

/// The largest request body, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// The longest a request may take, which is as good as: its body may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything the issuer answers.
pub fn router(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/.well-known/openid-configuration", get(metadata::discovery))
        .route("/.well-known/oauth-authorization-server", get(metadata::discovery))
        .route(JWKS, get(metadata::jwks))
        .route(AUTHORIZE, get(authorize::get).post(authorize::post))
        .route(LOGIN, get(interaction::login_page).post(interaction::log_in))
        .route(CONSENT, get(interaction::consent_page).post(interaction::consent))
        .route(TOKEN, post(token::post))
        .route(USERINFO, get(userinfo::get).post(userinfo::post))
        .route(REGISTER, post(registration::post))
        .route(&format!("{REGISTER}/{{handle}}"), get(registration::read).put(registration::replace).delete(registration::delete))
        .route(REVOKE, post(revocation::post))
        .route(INTROSPECT, post(introspection::post))
        .route(ORDERS_FEED, get(resource::orders_feed))
        .route(DATASET_SITE, get(resource::dataset_site))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(in_time))
        .with_state(issuer)
}

async fn in_time(request: Request, next: Next) -> Response {
    let late = || Reply::text(StatusCode::REQUEST_TIMEOUT, "The request took too long.").into_response();
    tokio::time::timeout(PATIENCE, next.run(request)).await.unwrap_or_else(|_| late())
}

async fn home(State(issuer): State<Arc<Issuer>>) -> Answer {
    let accounts = &issuer.accounts;
    let html = pages::home(&json!({
        "issuer": issuer.url,
        "client_id": accounts.client_id,
        "client_secret": accounts.client_secret,
        "initial_access_token": accounts.initial_access_token,
        "username": accounts.username,
        "password": accounts.password,
        "orders_feed_url": accounts.orders_feed_url,
        "dataset_site_url": accounts.dataset_site_url,
    }))?;
    Ok(Reply::page(StatusCode::OK, html))
}

async fn not_found() -> Reply {
    Reply::text(StatusCode::NOT_FOUND, "There is nothing here.")
}
