//! Rules about a second authorization in the browser session of a first (OpenID Connect Core 2, 3.1.2.1).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::expect::{must, should};
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
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

const LOGIN_PAGE: &str = "session/prompt-login-page";
const MAX_AGE_PAGE: &str = "session/max-age-page";

static RULES: &[Check<SecondLogin>] = &[
    must(
        "session/prompt-none-no-page",
        "OIDCC-3.1.2.1",
        "`prompt=none` shows the end-user no page",
        "Clients ask so in hidden frames, where a login page is never seen and never answered.",
        judge::no_page,
    ),
    should(
        "session/prompt-none-silent",
        "OIDCC-3.1.2.1",
        "`prompt=none` succeeds for an end-user who is logged in",
        "Clients cannot renew a login silently, and send their users to the login page again and again.",
        judge::silent,
    ),
    must(
        "session/id-token-hint",
        "OIDCC-3.1.2.1",
        "`prompt=none` succeeds for the end-user that the `id_token_hint` names if that one is logged in",
        "Clients that say whom they mean get nowhere.",
        judge::hint,
    ),
    should(
        LOGIN_PAGE,
        "OIDCC-3.1.2.1",
        "`prompt=login` makes the end-user log in again",
        "Whoever sits down at a screen left alone can confirm what asks for the password.",
        judge::login_page,
    ),
    must(
        "session/prompt-login-auth-time",
        "OIDCC-2",
        "The `auth_time` after a fresh login by `prompt=login` is later than before",
        "Clients that check whether the login was fresh refuse it, or take an old one for fresh.",
        judge::login_auth_time,
    ),
    must(
        MAX_AGE_PAGE,
        "OIDCC-3.1.2.1",
        "A login older than `max_age` is not good enough: the end-user logs in again",
        "Clients rely on it before payments and the like.",
        judge::max_age_page,
    ),
    must(
        "session/max-age-reauth",
        "OIDCC-2",
        "The `auth_time` after a fresh login by `max_age` is later than before",
        "Clients that check the age of the login refuse it, or take an old one for fresh.",
        judge::max_age_reauth,
    ),
    must(
        "session/max-age-recent",
        "OIDCC-3.1.2.1",
        "The `auth_time` of the ID token is not older than the `max_age` that was asked for",
        "Clients that check the age of the login refuse it.",
        judge::max_age_recent,
    ),
    must(
        "session/auth-time-stable",
        "OIDCC-2",
        "The `auth_time` stays as it was as long as nobody logs in again",
        "Clients take an old login for a fresh one.",
        judge::auth_time_stable,
    ),
    must(
        "session/sub-stable",
        "OIDCC-2",
        "The same end-user has the same `sub` at every login",
        "Clients take one user for two and open an empty account.",
        judge::sub_stable,
    ),
];
