//! Rules about RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0, 2 to 4).

use super::{Artefact, Check};
use serde::Deserialize;

mod judge;
#[cfg(test)]
mod tests;

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

/// Where a logout ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutEnd {
    /// At the address that the request named, with these parameters beside its own.
    Redirected(Vec<(String, String)>),
    /// On a page of the issuer's.
    Page {
        /// Its status, where it could be seen.
        status: Option<u16>,
        /// What is known of it.
        says: String,
    },
    /// On a page that may ask something that is not understood.
    Unclear,
}

/// A logout request and what came of it.
#[derive(Debug, Clone)]
pub struct Logout {
    /// The hint of the request.
    pub hint: Hint,
    /// The address to come back to.
    pub redirect: Redirect,
    /// The `state` that was sent.
    pub state: Option<String>,
    /// The request names another client than the hint.
    pub other_client: bool,
    /// It was sent by POST.
    pub by_post: bool,
    /// Where it ended.
    pub end: LogoutEnd,
    /// The end-user was asked whether to log out, and said yes.
    pub asked: bool,
    /// Whether the end-user, who was logged in before, is so afterwards; `None` where that was not looked at or could not be found out.
    pub logged_in: Option<bool>,
}

impl Logout {
    /// True if nothing is wrong with the request, and it has everything that a redirect needs.
    fn is_good(&self) -> bool {
        self.hint == Hint::Good && self.redirect == Redirect::Registered && !self.other_client
    }
}

impl Artefact for Logout {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::RULES];
    fn exchange(&self) -> Option<usize> {
        None
    }
}

const REDIRECTED: &str = "logout/redirected";
const POST: &str = "logout/post-supported";
