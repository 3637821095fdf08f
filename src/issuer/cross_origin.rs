//! What pages of other origins may read: the endpoints that clients in a browser use, and never the authorization endpoint (OpenID Connect Discovery 3).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};

use super::routes::USERINFO;
use crate::issuer::prelude::*;

/// Answers the question of a browser, and lets pages of any origin read the answers: the endpoints look at tokens and secrets, and at no cookie.
pub async fn share(State(issuer): State<Arc<Issuer>>, request: Request, next: Next) -> Response {
    let Some(site) = site(&issuer, request.uri().path()).filter(|_| request.headers().contains_key(ORIGIN)) else {
        return next.run(request).await;
    };
    let is_shared = site != Site::SharedAuthorization;
    let is_question = is_shared && request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let answer = if is_question { Reply::empty(StatusCode::NO_CONTENT).into_response() } else { next.run(request).await };
    let (mut head, body) = answer.into_parts();
    let mut shell = Reply { status: head.status, headers: head.headers, content: Content::Empty };
    if is_shared {
        shell = shell.with(ACCESS_CONTROL_ALLOW_ORIGIN, "*").with(ACCESS_CONTROL_EXPOSE_HEADERS, "WWW-Authenticate");
    }
    if is_question {
        shell = shell.with(ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE");
        shell = shell.with(ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type").with(ACCESS_CONTROL_MAX_AGE, "600");
    }
    let sites = if is_question { &[site, Site::Preflight][..] } else { &[site] };
    match issuer.defect.patch_http(sites, shell) {
        Err(error) => Problem::from(error).into_response(),
        Ok(shell) => {
            (head.status, head.headers) = (shell.status, shell.headers);
            Response::from_parts(head, body)
        }
    }
}

/// What is at a path, if pages of other origins may ask there, or may not.
fn site(issuer: &Issuer, path: &str) -> Option<Site> {
    let settings = issuer.settings();
    if path == settings.token_path {
        Some(Site::SharedToken)
    } else if path == settings.register_path {
        Some(Site::SharedRegistration)
    } else if path.starts_with(settings.register_path) {
        Some(Site::SharedClientConfig)
    } else if path == USERINFO {
        Some(Site::SharedUserinfo)
    } else if path.ends_with("/jwks") {
        Some(Site::SharedKeySet)
    } else if path.contains("/.well-known/") {
        Some(Site::SharedMetadata)
    } else if path.ends_with("/authorize") {
        Some(Site::SharedAuthorization)
    } else {
        None
    }
}
