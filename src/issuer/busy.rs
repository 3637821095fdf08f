//! Requests that the issuer, or what stands before it, is too busy to answer (RFC 6585 4, RFC 9110 15.6.3 to 15.6.5): now and then, or for good.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, COOKIE, RETRY_AFTER};

use super::routes::CERTIFICATE;
use super::routes::LARGEST_BODY;
use crate::issuer::prelude::*;

/// Of how many requests one is not answered. It shares no factor with the number of the statuses, so that each of these meets requests of all kinds.
const ONE_IN: usize = 17;

/// What is answered instead, one after the other.
const STATUSES: [StatusCode; 4] =
    [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE, StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT];

/// The requests that were refused for want of time.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    requests: usize,
    /// Digests of those that were refused.
    refused: HashSet<u64>,
}

impl Refusals {
    /// The status that this request is refused with; `again` says what becomes of one that was refused before.
    fn of(&self, request: u64, again: bool) -> Option<StatusCode> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.refused.contains(&request) {
            return again.then_some(StatusCode::SERVICE_UNAVAILABLE);
        }
        kept.requests += 1;
        let is_due = kept.requests.is_multiple_of(ONE_IN);
        is_due.then(|| {
            kept.refused.insert(request);
            STATUSES[kept.requests / ONE_IN % STATUSES.len()]
        })
    }
}

/// Answers the request, unless the issuer is too busy.
pub(super) async fn or_too_busy(State(issuer): State<Arc<Issuer>>, request: Request, next: Next) -> Response {
    if issuer.accounts.token_endpoint.ends_with(request.uri().path()) && issuer.does(Behaviour::TokenEndpointBusy) {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "0");
    }
    if request.uri().path().ends_with(CERTIFICATE) && issuer.does(Behaviour::CertificateBusy) {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "0");
    }
    let (recovers, gives_up) = (issuer.does(Behaviour::BusyNowAndThen), issuer.does(Behaviour::GatewayNowAndThen));
    if !recovers && !gives_up {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    // More than that is refused anyway.
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let mut digest = DefaultHasher::new();
    (head.method.as_str(), head.uri.to_string(), &body).hash(&mut digest);
    for name in [AUTHORIZATION, COOKIE] {
        head.headers.get_all(name).iter().for_each(|value| value.as_bytes().hash(&mut digest));
    }
    match issuer.refusals.of(digest.finish(), gives_up) {
        // What answers for another server may have passed the request on, so that it is not sent again.
        Some(status) if recovers && !head.method.is_safe() => refusal(STATUSES[usize::from(status.as_u16() % 2 == 0)], "1"),
        Some(status) => refusal(status, if gives_up { "0" } else { "1" }),
        None => next.run(Request::from_parts(head, Body::from(body))).await,
    }
}

fn refusal(status: StatusCode, after: &str) -> Response {
    Reply::text(status, "Too busy, ask again later.").with(RETRY_AFTER, after).into_response()
}
