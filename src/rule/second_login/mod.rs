//! Rules about a second authorization in the browser session of a first (OpenID Connect Core 2, 3.1.2.1).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Artefact, Check};
use crate::observed::authorization_request::AuthorizationRequest;

mod judge;
#[cfg(test)]
mod tests;

/// What the second authorization request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Again {
    /// `prompt=none`: no page at all.
    PromptNone,
    /// `prompt=none` with the first ID token as `id_token_hint`.
    IdTokenHint,
    /// `prompt=login`: a fresh login.
    PromptLogin,
    /// `max_age`, in seconds, that has passed since the first login: a fresh login.
    MaxAgePassed(u64),
    /// `max_age`, in seconds, far longer than the first login is ago: no fresh login is due.
    MaxAgeAmple(u64),
}

/// Two authorizations of the same end-user by the same client in one browser session.
#[derive(Debug, Clone)]
pub struct SecondLogin {
    /// What the second asked for.
    pub again: Again,
    /// The second authorization request.
    pub request: Arc<AuthorizationRequest>,
    /// How many pages that ask for a password the second showed.
    pub login_pages: usize,
    /// How many pages of any kind the second showed.
    pub pages: usize,
    /// The `error` of the second authorization response, with its description, if it was one.
    pub error: Option<String>,
    /// The claims of the first ID token.
    pub first: Map<String, Value>,
    /// The claims of the second ID token, if there was one.
    pub second: Option<Map<String, Value>>,
    /// When the second authorization request was sent, in seconds since the epoch.
    pub asked_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
}

impl Artefact for SecondLogin {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::RULES];
    fn exchange(&self) -> Option<usize> {
        None
    }
}

const LOGIN_PAGE: &str = "session/prompt-login-page";
const MAX_AGE_PAGE: &str = "session/max-age-page";
