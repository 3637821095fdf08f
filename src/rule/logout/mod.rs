//! Rules about RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0, 2 to 4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rule::authorization_parameters as parameters;
use crate::rule::prelude::*;

#[cfg(test)]
mod tests;

/// `id_token_hint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, Serialize, JsonSchema)]
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
    /// The ID token of an earlier login, which a logout has ended. There must have been one.
    Earlier,
}

impl Hint {
    /// True of an ID token as the issuer sent it.
    fn is_genuine(self) -> bool {
        matches!(self, Self::Good | Self::Earlier)
    }
}

/// `post_logout_redirect_uri`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, Serialize, JsonSchema)]
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
        /// Whether it says that something is wrong; `None` where that is not clear.
        is_error: Option<bool>,
    },
    /// On a page that may ask something that is not understood.
    Unclear,
}

/// A logout request and what came of it.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about the request or what came of it")]
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
    /// It asks for a language that nobody has.
    pub ui_locales: bool,
    /// Whether the hint names another session than the ID token of the present login, by `sid`; `None` where it names none.
    pub other_session: Option<bool>,
    /// Where it ended.
    pub end: LogoutEnd,
    /// Whether the end-user was asked whether to log out, and said yes; `None` where a page was answered that may have asked something else.
    pub asked: Option<bool>,
    /// Whether the end-user was logged in before; `None` where that was not looked at or could not be found out.
    pub logged_in_before: Option<bool>,
    /// Whether they are so afterwards; `None` as above.
    pub logged_in: Option<bool>,
    /// True if the browser was sent back after a logout of the same client with nothing wrong in it: the control for one that must not be.
    pub control: bool,
    /// True if the same request without a wish for a language was served when the end-user was not logged in.
    pub idle_control: bool,
}

impl Logout {
    /// Nothing to say unless the request has nothing wrong in it, and everything that a redirect needs.
    fn good(&self) -> Result<(), Unmet> {
        let is_good = self.hint == Hint::Good && self.redirect == Redirect::Registered && !self.other_client && !self.ui_locales;
        applies_if(is_good, "the request is not one to send the browser back for")
    }

    /// Nothing to say unless a redirect is due besides: where the request ends for an end-user who is not logged in is left to the issuer.
    fn due(&self) -> Result<(), Unmet> {
        self.good()?;
        applies_if(self.logged_in_before != Some(false) || self.is_redirected(), "the end-user was not logged in, so there was no logout")
    }

    /// Whether the issuer answered the request with an error, and neither followed nor asked about it; `None` where that is not clear.
    fn is_refused(&self) -> Option<bool> {
        match self.end {
            _ if self.is_asked() => Some(false),
            LogoutEnd::Redirected(_) => Some(false),
            LogoutEnd::Page { is_error, .. } => is_error,
            LogoutEnd::Unclear => None,
        }
    }

    /// True if the end-user was asked, as far as that is clear.
    fn is_asked(&self) -> bool {
        self.asked == Some(true)
    }

    /// True if a page may have asked something that was not understood.
    fn may_have_asked(&self) -> bool {
        self.asked.is_none() || self.end == LogoutEnd::Unclear
    }

    /// Passes where the request was not refused.
    fn not_refused(&self) -> Judgement {
        match self.is_refused() {
            Some(refused) => holds(!refused, "no error", self.seen()),
            None => not_applicable(format!("{NOT_CLEAR_ERROR}: {}", self.seen())),
        }
    }

    /// True if the browser came back from a request that has nothing wrong in it.
    pub fn is_control(&self) -> bool {
        self.good().is_ok() && self.is_redirected()
    }

    /// True if a request with nothing wrong in it was served when the end-user was not logged in.
    pub fn is_idle_control(&self) -> bool {
        self.good().is_ok() && self.logged_in_before == Some(false) && self.is_refused() == Some(false)
    }

    fn is_redirected(&self) -> bool {
        matches!(self.end, LogoutEnd::Redirected(_))
    }

    /// Whether the end-user is logged in afterwards, where the request was taken and what was asked is clear.
    fn still_logged_in(&self) -> Result<bool, Unmet> {
        self.taken()?;
        applies_if(self.is_asked() || self.end != LogoutEnd::Unclear, NOT_CLEAR)?;
        self.logged_in.ok_or_else(|| Unmet::not_applicable(UNKNOWN))
    }

    /// Passes when the end-user was logged in before and is not any more.
    fn session_ended(&self, still_logged_in: bool) -> Judgement {
        applies_if(still_logged_in || self.logged_in_before == Some(true), NOT_BEFORE)?;
        let seen = if still_logged_in { "a code with prompt=none" } else { "an error with prompt=none" };
        holds(!still_logged_in, "no code with prompt=none", seen)
    }

    /// Passes where the end-user was asked before a hint of an earlier session logged them out, or were not logged out.
    fn asked_for_earlier(&self) -> Judgement {
        applies_if(self.hint == Hint::Earlier, "the hint is of no earlier login")?;
        match self.logged_in {
            None => not_applicable(UNKNOWN),
            Some(_) if self.is_asked() => pass("the end-user was asked"),
            Some(true) => {
                applies_if(self.control, NO_CONTROL)?;
                pass("still logged in")
            }
            Some(false) if self.logged_in_before != Some(true) => not_applicable(NOT_BEFORE),
            Some(false) if self.may_have_asked() => not_applicable(NOT_CLEAR),
            Some(false) => fail("a question first", format!("logged out without a question; {}", self.seen())),
        }
    }

    /// Passes where a request without a hint was not refused.
    fn served(&self, redirect: Redirect) -> Judgement {
        let is_it = self.hint == Hint::None && self.redirect == redirect && !self.other_client && !self.ui_locales;
        applies_if(is_it, "the request is another")?;
        applies_if(self.logged_in_before == Some(true), NOT_BEFORE)?;
        match self.is_refused() {
            // Who is logged out was not refused it; that they have to be asked is another rule.
            _ if self.is_asked() || self.logged_in == Some(false) => pass(self.seen()),
            Some(true) => fail("a question, and no error", self.seen()),
            Some(false) | None => not_applicable(format!("could not be judged: neither a question nor a logout; {}", self.seen())),
        }
    }

    /// Where it ended, for the report.
    fn seen(&self) -> String {
        match &self.end {
            LogoutEnd::Redirected(_) => "sent to the address of the request".to_owned(),
            LogoutEnd::Page { says, .. } => format!("a page: {}", shorten(says)),
            LogoutEnd::Unclear => NOT_CLEAR.to_owned(),
        }
    }

    /// Passes when a POST was not refused.
    fn post(&self) -> Judgement {
        applies_if(self.by_post, "sent by GET")?;
        self.not_refused()
    }

    /// Whether the POST was taken at all: without that the other rules would say the same again.
    fn taken(&self) -> Result<(), Unmet> {
        needs(!is_broken(&self.post()), POST)
    }

    /// The parameters with which the browser came back from a good request.
    fn returned(&self) -> Result<&[(String, String)], Unmet> {
        self.due()?;
        if let LogoutEnd::Redirected(parameters) = &self.end {
            return Ok(parameters);
        }
        self.taken()?;
        not_run(REDIRECTED)
    }
}

artefact!(Logout: [RULES], seen in Visit);

const REDIRECTED: &str = "logout/redirected";
const POST: &str = "logout/post-supported";
const UNKNOWN: &str = "whether the end-user is logged in afterwards was not found out";
const NOT_BEFORE: &str = "could not be judged: as far as a request with prompt=none shows, the end-user was not logged in before either";
const NO_CONTROL: &str = "could not be judged: the browser was not sent back after a good logout either";
const NOT_CLEAR_ERROR: &str = "could not be judged: whether the page says that something is wrong is not clear";
const NOT_CLEAR: &str = "the page asks something, and which of its buttons logs out is not clear";

static RULES: &[Check<Logout>] = &[
    must(
        POST,
        "OIDCRIL-2",
        "The logout endpoint must accept requests by POST",
        "Clients that use POST to keep the ID token out of browser histories and logs cannot log their end-users out.",
        "Accept GET and POST at the `end_session_endpoint`, and read the parameters of a POST from the form in the body. Exempt the endpoint from a \
         CSRF filter: the form comes from the page of a client.",
        Logout::post,
    ),
    must(
        "logout/session-ended",
        "OIDCRIL-2",
        "After a logout that the end-user confirmed, the end-user must no longer be logged in",
        "The next person at the computer continues in the end-user's name.",
        "When the end-user confirms, end the login session on the server and delete its cookie. A cookie that remembers the login for later must be \
         deleted, too.",
        |logout| {
            let still = logout.still_logged_in()?;
            applies_if(logout.is_asked(), "the end-user was not asked, or that is not clear")?;
            logout.session_ended(still)
        },
    ),
    // The MUST is about an end-user who was asked. Without the question an issuer may think a request suspect and "decline to act upon it".
    should(
        "logout/session-ended-by-hint",
        "OIDCRIL-2",
        "After a logout with a good `id_token_hint` and without a question, the end-user should no longer be logged in",
        "End-users of shared computers believe that they have logged out, but they have not.",
        "If you do not ask the end-user, end the login session to which the `id_token_hint` belongs before you redirect. Otherwise ask whether to \
         log out.",
        |logout| {
            let still = logout.still_logged_in()?;
            applies_if(logout.asked == Some(false), "the end-user was asked, or that is not clear")?;
            // A request with something wrong in it may be refused as a whole.
            let by_hint = logout.hint == Hint::Good && !logout.other_client && matches!(logout.redirect, Redirect::Registered | Redirect::None);
            applies_if(by_hint, "the request has no good hint, or something else is wrong in it")?;
            logout.session_ended(still)
        },
    ),
    must(
        "logout/asks-without-hint",
        "OIDCRIL-2",
        "Without a good `id_token_hint` the issuer must ask the end-user before it logs the end-user out",
        "Every page on the web can log the issuer's end-users out, as often as it likes.",
        "If `id_token_hint` is missing or its signature is not the issuer's, show a page that asks whether to log out, and end the session only when \
         the end-user confirms.",
        |logout| {
            applies_if(!logout.hint.is_genuine(), "the request has a good hint")?;
            match logout.logged_in {
                None => not_applicable(UNKNOWN),
                Some(_) if logout.is_asked() => pass("the end-user was asked"),
                // Neither logged out nor asked: what the issuer does with a request that it takes is not shown by that.
                Some(true) if logout.is_refused() != Some(false) => {
                    not_applicable(format!("could not be judged: the request was refused, or that is not clear: {}", logout.seen()))
                }
                Some(true) => pass("still logged in"),
                Some(false) if logout.logged_in_before != Some(true) => not_applicable(NOT_BEFORE),
                // What was not understood may have been the question.
                Some(false) if logout.may_have_asked() => not_applicable(NOT_CLEAR),
                Some(false) => fail("a question first", format!("logged out without a question; {}", logout.seen())),
            }
        },
    ),
    should(
        "logout/asks-with-hint",
        "OIDCRIL-2",
        "With a good `id_token_hint`, too, the issuer should ask the end-user before it logs the end-user out",
        "An end-user who leaves one client is logged out of all of them, and did not want that.",
        "Show a page that asks whether to log out of the issuer, too, whatever the request holds, and end the session when the end-user confirms.",
        |logout| {
            let is_good = logout.hint == Hint::Good && !logout.other_client && !logout.ui_locales;
            applies_if(is_good && matches!(logout.redirect, Redirect::Registered | Redirect::None), "the request is not one that is in order")?;
            applies_if(logout.logged_in_before == Some(true), NOT_BEFORE)?;
            logout.taken()?;
            match logout.is_refused() {
                _ if logout.is_asked() => pass("the end-user was asked"),
                _ if logout.may_have_asked() => not_applicable(NOT_CLEAR),
                Some(false) => fail("a question first", format!("no question; {}", logout.seen())),
                Some(true) => not_applicable(format!("the request was refused: {}", logout.seen())),
                // Who is logged out was not refused it.
                None if logout.logged_in == Some(false) => fail("a question first", format!("logged out without a question; {}", logout.seen())),
                None => not_applicable(format!("{NOT_CLEAR_ERROR}: {}", logout.seen())),
            }
        },
    ),
    must(
        "logout/asks-for-other-session",
        "OIDCRIL-2",
        "With an `id_token_hint` whose `sid` is that of another session, the issuer must ask the end-user before it logs the end-user out",
        "An attacker who has an old ID token of the end-user, for example from a log, can log them out as often as they like.",
        "Compare the `sid` of the hint with the session of the browser. If they differ, ask whether to log out, or do nothing.",
        |logout| {
            applies_if(logout.other_session == Some(true), "the hint does not name another session by sid")?;
            logout.asked_for_earlier()
        },
    ),
    // The text: "if the supplied ID Token does not belong to the current OP session with the RP and/or currently logged in End-User". Without a
    // `sid` a hint is of the end-user at least.
    should(
        "logout/asks-for-earlier-login",
        "OIDCRIL-2",
        "With an `id_token_hint` of a login that was ended, the issuer should ask the end-user before it logs the end-user out",
        "An attacker who has an old ID token of the end-user, for example from a log, can log them out as often as they like.",
        "Put a `sid` into ID tokens and compare that of the hint with the session of the browser. If they differ, ask whether to log out, or do nothing.",
        |logout| {
            applies_if(logout.other_session.is_none(), "the hint says by sid which session it is of")?;
            logout.asked_for_earlier()
        },
    ),
    must(
        "logout/bare-served",
        "OIDCRIL-2",
        "A logout request with nothing but a `state` must not be refused: the end-user must be asked",
        "A client that has no ID token at hand, for example after a restart, cannot let its end-users log out.",
        "Take every parameter of the logout endpoint as optional. Without `id_token_hint`, ask whether to log out, and end on a page of the issuer.",
        |logout| logout.served(Redirect::None),
    ),
    // What is "declined" or "suspect" is about hints; but an address that nothing shows to be the client's may be taken for an error (4).
    should(
        "logout/redirect-only-served",
        "OIDCRIL-2",
        "A logout request with a `post_logout_redirect_uri` and without `id_token_hint` should not be refused: the end-user should be asked",
        "End-users of a client that has no ID token at hand believe that they have logged out, but they have not.",
        "Without `id_token_hint`, ask whether to log out, and end on a page of the issuer: leave out the redirect only.",
        |logout| logout.served(Redirect::Registered),
    ),
    must(
        "logout/not-logged-in-served",
        "OIDCRIL-4",
        "A logout request must not be refused because the end-user is not logged in",
        "The end-user who logs out in two windows is shown an error in the second, and does not know whether they are logged out.",
        "Where there is no session, end the request as if it had been ended now: with the redirect, or with a page that says so.",
        |logout| {
            logout.good()?;
            applies_if(logout.logged_in_before == Some(false), "the end-user was logged in before, or that is not known")?;
            applies_if(logout.control, NO_CONTROL)?;
            logout.not_refused()
        },
    ),
    should(
        "logout/ui-locales",
        "OIDCRIL-2",
        "A logout request should not be refused because of languages in `ui_locales` that the issuer does not have",
        "End-users who speak another language than the issuer cannot log out.",
        "Take the first language of `ui_locales` that the issuer has, and its own where it has none of them.",
        |logout| {
            applies_if(logout.ui_locales, "the request has no ui_locales")?;
            applies_if(logout.idle_control, "could not be judged: the same request without ui_locales was not served either")?;
            logout.not_refused()
        },
    ),
    // The specification describes the redirect and has no keyword for it.
    should(
        REDIRECTED,
        "OIDCRIL-3",
        "After a logout with a good `id_token_hint`, the issuer should redirect to the registered `post_logout_redirect_uri`",
        "End-users are left on a page of the issuer and must find the way back to the client themselves.",
        "Compare the `post_logout_redirect_uri` with the `post_logout_redirect_uris` of the client to which the hint was issued, and redirect there \
         after the logout if it is among them. Do not refuse a hint because it has expired.",
        |logout| {
            logout.due()?;
            logout.taken()?;
            match logout.end {
                LogoutEnd::Unclear => not_applicable(NOT_CLEAR),
                _ => holds(logout.is_redirected(), "the registered address", logout.seen()),
            }
        },
    ),
    should(
        "logout/state-returned",
        "OIDCRIL-2",
        "The redirect after a logout should carry the `state` of the request, unchanged",
        "The client cannot see to which of its logout requests the redirect belongs.",
        "Keep the `state` of the logout request, also while the end-user is asked, and add it, URL-encoded, to the `post_logout_redirect_uri` when \
         you redirect.",
        |logout| {
            let returned = logout.returned()?;
            let sent = logout.state.as_ref().ok_or_else(|| Unmet::not_applicable("no state was sent"))?;
            let expected = format!("state = {}", shorten(sent));
            match parameters::value(returned, "state") {
                Some(state) => holds(state == sent, expected, format!("state = {}", shorten(state))),
                None => fail(expected, "no state"),
            }
        },
    ),
    // No text forbids it.
    may(
        "logout/no-unasked-state",
        "OIDCRIL-2",
        "It is good practice that the redirect after a logout has no `state` if the request had none",
        "Clients that check the `state` take the answer for a forged answer.",
        "Add `state` to the `post_logout_redirect_uri` only if the logout request had a `state`. Do not invent a value, and do not send an empty \
         `state`.",
        |logout| {
            let returned = logout.returned()?;
            applies_if(logout.state.is_none(), "a state was sent")?;
            holds(parameters::value(returned, "state").is_none(), "no state", format!("parameters: {}", parameters::names(returned)))
        },
    ),
    may(
        "logout/no-other-parameters",
        "OIDCRIL-3",
        "It is good practice that the redirect after a logout adds no parameter but `state`",
        "What the issuer adds appears in browser histories, in logs and in `Referer` headers.",
        "Add nothing but the `state` to the `post_logout_redirect_uri`: no session identifiers, no ID token and no parameters of the logout request.",
        |logout| {
            let returned = logout.returned()?;
            let others: Vec<&str> = returned.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "state").collect();
            holds(
                others.is_empty(),
                "nothing but state",
                if others.is_empty() { parameters::names(returned) } else { format!("also: {}", list(&others)) },
            )
        },
    ),
    must(
        "logout/unregistered-not-followed",
        "OIDCRIL-3",
        "A logout must not end with a redirect to an address that the client did not register in exactly this form",
        "Attackers use links to the trusted issuer to lead end-users to their own pages.",
        "Compare `post_logout_redirect_uri` as a whole string with the registered addresses: no prefixes, no patterns, no additional query \
         parameters. If none is equal, end the logout on a page of the issuer.",
        |logout| not_followed(logout, matches!(logout.redirect, Redirect::Unregistered | Redirect::QueryAdded)),
    ),
    must(
        "logout/bad-hint-not-followed",
        "OIDCRIL-4",
        "A logout whose `id_token_hint` the issuer did not sign must not end with a redirect",
        "Everyone can write such a hint, and make the issuer believe that the request comes from a client.",
        "Verify the signature of `id_token_hint` with the issuer's own keys, and refuse `alg` `none`. If the verification fails, end the request on \
         a page of the issuer, even if the redirect address is registered.",
        |logout| not_followed(logout, matches!(logout.hint, Hint::Forged | Hint::Unsigned) && logout.redirect == Redirect::Registered),
    ),
    must(
        "logout/client-id-matched",
        "OIDCRIL-2",
        "A logout whose `client_id` does not match its `id_token_hint` must not end with a redirect",
        "One client can end sessions and redirect end-users in the name of another client.",
        "If the request has both parameters, compare `client_id` with the client to which the ID token was issued. If they differ, refuse the \
         request with a page of the issuer.",
        |logout| not_followed(logout, logout.other_client && logout.hint == Hint::Good && logout.redirect == Redirect::Registered),
    ),
    // The issuer may have other means of knowing who asks.
    should(
        "logout/no-hint-not-followed",
        "OIDCRIL-3",
        "A logout without an `id_token_hint` should not end with a redirect",
        "Everyone can make the issuer send end-users to the address of a client, whatever that address does.",
        "Without `id_token_hint`, end the logout on a page of the issuer. Redirect only if the server can verify in another way that the client sent \
         the request.",
        |logout| not_followed(logout, logout.hint == Hint::None && logout.redirect == Redirect::Registered),
    ),
];

/// Passes when a request that asks for a redirect and must not have one, if it is such a one, has none.
fn not_followed(logout: &Logout, concerned: bool) -> Judgement {
    applies_if(concerned, "the request is another")?;
    if logout.is_redirected() {
        return fail("no redirect to the address of the request", logout.seen());
    }
    applies_if(logout.control, NO_CONTROL)?;
    pass(logout.seen())
}
