//! The paths of the OpenActive reference implementation, and what every path has in common.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{CONTENT_SECURITY_POLICY, DATE, X_FRAME_OPTIONS};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::reply::Json;
use super::{busy, cross_origin, interaction, login, single_page};
use crate::issuer::prelude::*;

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
/// The certificate of a key that is published under a flaw.
pub const CERTIFICATE: &str = "/certificate.pem";
/// Where whoever runs the issuer has its keys rotated.
pub const ROTATE_KEYS: &str = "/rotate-keys";
/// The login page.
pub const LOGIN: &str = "/account/login";
/// The frame with the login form, where it is in one.
pub const LOGIN_FRAME: &str = "/account/frame";
/// The page between login and consent, where there is one.
pub const CONTINUE: &str = "/account/continue";
/// Where a page that a script runs sends what the end-user does.
pub const STEPS: &str = "/account/steps";
/// The consent page.
pub const CONSENT: &str = "/consent";
/// The logout endpoint.
pub const END_SESSION: &str = "/connect/endsession";
/// Where the page that asks about a logout is answered.
pub const LOGOUT: &str = "/account/logout";
/// The page that a client has in a frame to learn whether the session has changed.
pub const CHECK_SESSION: &str = "/connect/checksession";
/// The orders feed.
pub const ORDERS_FEED: &str = "/api/orders-rpde";
/// The dataset site.
pub const DATASET_SITE: &str = "/dataset";

/// The largest request body, in bytes.
pub(super) const LARGEST_BODY: usize = 64 * 1024;

/// The longest that reading and answering a request may take; it is the body of the request that can be slow.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The pages of a login, in every set of them.
pub(super) fn login_pages() -> Router<Arc<Issuer>> {
    Router::new()
        .route(LOGIN, get(login::login_page).post(login::log_in))
        .route(LOGIN_FRAME, get(login::login_frame))
        .route(CONTINUE, get(interaction::continue_page).post(interaction::go_on_after_login))
        .route(STEPS, post(single_page::step))
        .route(CONSENT, get(interaction::consent_page).post(interaction::consent))
}

/// Everything the issuer answers.
pub fn router(issuer: Arc<Issuer>) -> Router {
    let persona = issuer.persona;
    persona
        .routes()
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&issuer), busy::or_too_busy))
        .layer(middleware::from_fn_with_state(Arc::clone(&issuer), cross_origin::share))
        .layer(middleware::map_response_with_state(Arc::clone(&issuer), finish))
        .layer(middleware::from_fn(in_time))
        .with_state(issuer)
}

async fn in_time(request: Request, next: Next) -> Response {
    let late = || Reply::text(StatusCode::REQUEST_TIMEOUT, "The request took too long.").into_response();
    tokio::time::timeout(TIMEOUT, next.run(request)).await.unwrap_or_else(|_| late())
}

/// What is done to every response: the time is added (RFC 9110 6.6.1), and a flaw changes those that are JSON.
async fn finish(State(issuer): State<Arc<Issuer>>, mut response: Response) -> Response {
    if let Some(now) = i64::try_from(issuer.now()).ok().and_then(|now| Timestamp::from_second(now).ok())
        && let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now)
        && let Ok(date) = HeaderValue::from_str(&date)
    {
        response.headers_mut().insert(DATE, date);
    }
    if response.extensions().get::<Json>().is_none() {
        if response.status().is_client_error() && issuer.does(Behaviour::ErrorPagesFramed) {
            response.headers_mut().remove(CONTENT_SECURITY_POLICY);
            response.headers_mut().remove(X_FRAME_OPTIONS);
        }
        return response;
    }
    let (mut head, body) = response.into_parts();
    let shell = Reply { status: head.status, headers: head.headers, content: Content::Empty };
    match issuer.defect.patch_http(&[Site::EveryResponse], shell) {
        Err(error) => Problem::from(error).into_response(),
        Ok(shell) => {
            (head.status, head.headers) = (shell.status, shell.headers);
            let body = if let Content::Text(text) = shell.content { Body::from(text) } else { body };
            Response::from_parts(head, body)
        }
    }
}

/// The page that says what the issuer has.
pub async fn home(State(issuer): State<Arc<Issuer>>) -> Answer {
    let html = pages::render("home", &json!({ "issuer": issuer.url, "accounts": issuer.accounts }))?;
    Ok(Reply::page(StatusCode::OK, html))
}

async fn not_found() -> Reply {
    Reply::text(StatusCode::NOT_FOUND, "There is nothing here.")
}
