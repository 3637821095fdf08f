//! The parameters of a logout: a flat bag, each typed, all optional.

use schemars::JsonSchema;
use serde::Deserialize;

use super::authorize::Method;
pub use crate::rule::logout::{Hint, Redirect};

/// A logout request and what of it is looked at (OpenID Connect RP-Initiated Logout 1.0, 2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a parameter of its own that a document sets or leaves out")]
pub struct LogOut {
    /// A name by which the report distinguishes this logout from another one of the test.
    #[schemars(regex(pattern = r"^\S.*$"), length(max = 100))]
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
    /// Whether the request asks, as `ui_locales`, for a language that no issuer has.
    #[serde(default)]
    pub ui_locales: bool,
    /// The HTTP method of the request.
    #[serde(default)]
    pub method: Method,
    /// Whether it is checked afterwards that the end-user is logged out. Of use where they were logged in before.
    #[serde(default)]
    pub check_session: bool,
}
