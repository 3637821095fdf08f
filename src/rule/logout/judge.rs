//! The judgements on logouts.
use super::super::expect::{holds, list, shorten};
use super::{Hint, Logout, LogoutEnd, POST, REDIRECTED, Redirect};
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, is_broken, not_applicable, not_run, pass};

const NOT_CLEAR: &str = "the page asks something, and which of its buttons logs out is not clear";

pub(super) static RULES: &[Check<Logout>] = &[
    must(
        POST,
        "OIDCRIL-2",
        "The logout endpoint takes POST requests",
        "Clients that post the hint, to keep the ID token out of histories and logs, cannot log anybody out.",
        post,
    ),
    must(
        "logout/session-ended",
        "OIDCRIL-2",
        "After a logout to which the end-user said yes, or that a good hint asked for, the end-user is not logged in",
        "The next person at the computer goes on in their name.",
        |logout| {
            taken(logout).and_then(|()| {
                // A request with something wrong in it may be refused as a whole.
                let by_hint = logout.hint == Hint::Good && !logout.other_client && matches!(logout.redirect, Redirect::Registered | Redirect::None);
                match logout.logged_in {
                    None => not_applicable("whether the end-user is logged in afterwards was not found out"),
                    Some(_) if logout.end == LogoutEnd::Unclear && !logout.asked => not_applicable(NOT_CLEAR),
                    Some(_) if !logout.asked && !by_hint => not_applicable("the end-user was not asked"),
                    Some(still) => {
                        holds(!still, "no code with prompt=none", if still { "a code with prompt=none" } else { "an error with prompt=none" })
                    }
                }
            })
        },
    ),
    must(
        "logout/asks-without-hint",
        "OIDCRIL-2",
        "Without a good hint the end-user is asked before they are logged out",
        "Any page on the web logs the issuer's users out, as often as it likes.",
        asks,
    ),
    // The specification describes the redirect and has no keyword for it.
    should(
        REDIRECTED,
        "OIDCRIL-3",
        "After a logout with a good hint the browser is sent to the registered address that the request names",
        "Users are left on a page of the issuer's and have to find back by themselves.",
        redirected,
    ),
    should(
        "logout/state-returned",
        "OIDCRIL-2",
        "The browser comes back from a logout with the `state` of the request, unchanged",
        "The client cannot tell which of its logouts has come back.",
        |logout| {
            parameters(logout).and_then(|parameters| {
                let sent = logout.state.as_ref().ok_or_else(|| Unmet::not_applicable("no state was sent"))?;
                let expected = format!("state = {}", shorten(sent));
                match parameters.iter().find(|(name, _)| name == "state") {
                    Some((_, state)) => holds(state == sent, expected, format!("state = {}", shorten(state))),
                    None => fail(expected, "no state"),
                }
            })
        },
    ),
    should(
        "logout/no-unasked-state",
        "OIDCRIL-2",
        "The browser comes back from a logout without a `state` if the request had none",
        "Clients that check the state take the answer for a forged one.",
        |logout| {
            parameters(logout).and_then(|parameters| match &logout.state {
                Some(_) => not_applicable("a state was sent"),
                None => holds(!parameters.iter().any(|(name, _)| name == "state"), "no state", format!("parameters: {}", names(parameters))),
            })
        },
    ),
    may(
        "logout/no-other-parameters",
        "OIDCRIL-3",
        "The browser comes back from a logout with no parameters but the `state`",
        "What an issuer adds ends up in histories, logs and referrers.",
        |logout| {
            parameters(logout).and_then(|parameters| {
                let others: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "state").collect();
                holds(others.is_empty(), "nothing but state", if others.is_empty() { names(parameters) } else { format!("also: {}", list(&others)) })
            })
        },
    ),
    must(
        "logout/unregistered-not-followed",
        "OIDCRIL-3",
        "After a logout nobody is sent to an address that the client did not register exactly so",
        "Attackers use the issuer's good name to have people follow links to their own pages.",
        |logout| not_followed(logout, matches!(logout.redirect, Redirect::Unregistered | Redirect::QueryAdded)),
    ),
    must(
        "logout/bad-hint-not-followed",
        "OIDCRIL-4",
        "After a logout whose hint the issuer did not sign nobody is sent anywhere",
        "Anybody makes such a hint, and has the issuer believe that the request comes from a client.",
        |logout| not_followed(logout, matches!(logout.hint, Hint::Forged | Hint::Unsigned) && logout.redirect == Redirect::Registered),
    ),
    must(
        "logout/client-id-matched",
        "OIDCRIL-2",
        "After a logout that names another client than its hint nobody is sent anywhere",
        "One client ends sessions and sends people about in the name of another.",
        |logout| not_followed(logout, logout.other_client && logout.hint == Hint::Good && logout.redirect == Redirect::Registered),
    ),
    // The issuer may have other means of knowing who asks.
    should(
        "logout/no-hint-not-followed",
        "OIDCRIL-3",
        "After a logout without a hint nobody is sent anywhere",
        "Anybody has the issuer send people to a client's address, whatever happens there.",
        |logout| not_followed(logout, logout.hint == Hint::None && logout.redirect == Redirect::Registered),
    ),
];

fn seen(logout: &Logout) -> String {
    match &logout.end {
        LogoutEnd::Redirected(_) => "sent to the address of the request".to_owned(),
        LogoutEnd::Page { says, .. } => format!("a page: {}", shorten(says)),
        LogoutEnd::Unclear => NOT_CLEAR.to_owned(),
    }
}

fn is_redirected(logout: &Logout) -> bool {
    matches!(logout.end, LogoutEnd::Redirected(_))
}

pub(super) fn post(logout: &Logout) -> Judgement {
    if !logout.by_post {
        return not_applicable("sent by GET");
    }
    match &logout.end {
        LogoutEnd::Page { status: Some(status), .. } => holds(*status < 400, "a status below 400", format!("{} (status {status})", seen(logout))),
        _ => pass(seen(logout)),
    }
}

/// Whether the POST was taken at all: without that the other rules would say the same again.
fn taken(logout: &Logout) -> Result<(), Unmet> {
    if is_broken(&post(logout)) { not_run(POST) } else { Ok(()) }
}

pub(super) fn asks(logout: &Logout) -> Judgement {
    if logout.hint == Hint::Good {
        return not_applicable("the request has a good hint");
    }
    match logout.logged_in {
        None => not_applicable("whether the end-user is logged in afterwards was not found out"),
        Some(_) if logout.asked => pass("the end-user was asked"),
        Some(true) => pass("still logged in"),
        // What was not understood may have been the question.
        Some(false) if logout.end == LogoutEnd::Unclear => not_applicable(NOT_CLEAR),
        Some(false) => fail("a question first", format!("logged out without a question; {}", seen(logout))),
    }
}

pub(super) fn redirected(logout: &Logout) -> Judgement {
    if !logout.is_good() {
        return not_applicable("the request is not one to send the browser back for");
    }
    taken(logout).and_then(|()| match logout.end {
        LogoutEnd::Unclear => not_applicable(NOT_CLEAR),
        _ => holds(is_redirected(logout), "the registered address", seen(logout)),
    })
}

/// The parameters with which the browser came back from a good request.
fn parameters(logout: &Logout) -> Result<&[(String, String)], Unmet> {
    match &logout.end {
        _ if !logout.is_good() => not_applicable("the request is not one to send the browser back for"),
        LogoutEnd::Redirected(parameters) => Ok(parameters),
        _ => not_run(if is_broken(&post(logout)) { POST } else { REDIRECTED }),
    }
}

fn names(parameters: &[(String, String)]) -> String {
    list(&parameters.iter().map(|(name, _)| name).collect::<Vec<_>>())
}

/// Judges a request that asks for a redirect and must not have one.
fn not_followed(logout: &Logout, concerned: bool) -> Judgement {
    if !concerned {
        return not_applicable("the request is another");
    }
    holds(!is_redirected(logout), "no redirect to the address of the request", seen(logout))
}
