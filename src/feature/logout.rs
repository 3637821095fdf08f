//! The parameters of a logout: a flat bag, each typed, all optional.

use serde::Deserialize;

use super::authorize::Method;

/// A logout request and what of it is looked at (OpenID Connect RP-Initiated Logout 1.0, 2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogOut {
    /// Tells two logouts of one story apart in the report.
    pub attempt: Option<String>,
    /// `id_token_hint`.
    #[serde(default)]
    pub hint: Hint,
    /// `post_logout_redirect_uri`.
    #[serde(default)]
    pub redirect: Redirect,
    /// Whether the request has a `state`.
    #[serde(default)]
    pub state: bool,
    /// Whether the request names, as `client_id`, another client than that of the hint.
    #[serde(default)]
    pub other_client: bool,
    /// The HTTP method of the request.
    #[serde(default)]
    pub method: Method,
    /// Whether it is looked afterwards whether the end-user is still logged in. Of use where they were before.
    #[serde(default)]
    pub check_session: bool,
}

/// `id_token_hint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hint {
    /// The ID token of the login.
    #[default]
    Good,
    /// None.
    None,
    /// The ID token of the login with another signature.
    Forged,
    /// The ID token of the login with `alg` `none` and without a signature.
    Unsigned,
}

/// `post_logout_redirect_uri`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Redirect {
    /// The one that the client registered.
    #[default]
    Registered,
    /// None.
    None,
    /// One that the client did not register.
    Unregistered,
    /// The one that the client registered, with a query parameter added.
    QueryAdded,
}
