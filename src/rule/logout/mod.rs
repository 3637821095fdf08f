//! Rules about RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0, 2 to 4).

use super::expect::{may, must, should};
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
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

const REDIRECTED: &str = "logout/redirected";
const POST: &str = "logout/post-supported";

static RULES: &[Check<Logout>] = &[
    must(
        POST,
        "OIDCRIL-2",
        "The logout endpoint takes POST requests",
        "Clients that post the hint, to keep the ID token out of histories and logs, cannot log anybody out.",
        judge::post,
    ),
    must(
        "logout/session-ended",
        "OIDCRIL-2",
        "After a logout to which the end-user said yes, or that a good hint asked for, the end-user is not logged in",
        "The next person at the computer goes on in their name.",
        judge::session_ended,
    ),
    must(
        "logout/asks-without-hint",
        "OIDCRIL-2",
        "Without a good hint the end-user is asked before they are logged out",
        "Any page on the web logs the issuer's users out, as often as it likes.",
        judge::asks,
    ),
    // The specification describes the redirect and has no keyword for it.
    should(
        REDIRECTED,
        "OIDCRIL-3",
        "After a logout with a good hint the browser is sent to the registered address that the request names",
        "Users are left on a page of the issuer's and have to find back by themselves.",
        judge::redirected,
    ),
    should(
        "logout/state-returned",
        "OIDCRIL-2",
        "The browser comes back from a logout with the `state` of the request, unchanged",
        "The client cannot tell which of its logouts has come back.",
        judge::state_returned,
    ),
    should(
        "logout/no-unasked-state",
        "OIDCRIL-2",
        "The browser comes back from a logout without a `state` if the request had none",
        "Clients that check the state take the answer for a forged one.",
        judge::no_state,
    ),
    may(
        "logout/no-other-parameters",
        "OIDCRIL-3",
        "The browser comes back from a logout with no parameters but the `state`",
        "What an issuer adds ends up in histories, logs and referrers.",
        judge::no_others,
    ),
    must(
        "logout/unregistered-not-followed",
        "OIDCRIL-3",
        "After a logout nobody is sent to an address that the client did not register exactly so",
        "Attackers use the issuer's good name to have people follow links to their own pages.",
        judge::unregistered,
    ),
    must(
        "logout/bad-hint-not-followed",
        "OIDCRIL-4",
        "After a logout whose hint the issuer did not sign nobody is sent anywhere",
        "Anybody makes such a hint, and has the issuer believe that the request comes from a client.",
        judge::bad_hint,
    ),
    must(
        "logout/client-id-matched",
        "OIDCRIL-2",
        "After a logout that names another client than its hint nobody is sent anywhere",
        "One client ends sessions and sends people about in the name of another.",
        judge::client_id,
    ),
    // The issuer may have other means of knowing who asks.
    should(
        "logout/no-hint-not-followed",
        "OIDCRIL-3",
        "After a logout without a hint nobody is sent anywhere",
        "Anybody has the issuer send people to a client's address, whatever happens there.",
        judge::no_hint,
    ),
];
