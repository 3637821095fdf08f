//! The judgements on a second authorization.

use super::super::expect::{holds, same, seconds, shorten, show};
use super::{Again, LOGIN_PAGE, MAX_AGE_PAGE, SecondLogin};
use crate::rule::Check;
use crate::rule::expect::{must, should};
use crate::rule::judgement::{Judgement, Unmet, fail, is_broken, not_applicable, not_run, pass};
use serde_json::{Map, Value};

/// The claims of an ID token.
type Claims = Map<String, Value>;

/// The rule that says it when a time of login cannot be one.
const AUTH_TIME_SANE: &str = "id-token/auth-time-sane";

pub(super) static RULES: &[Check<SecondLogin>] = &[
    must(
        "session/prompt-none-no-page",
        "OIDCC-3.1.2.1",
        "`prompt=none` shows the end-user no page",
        "Clients ask so in hidden frames, where a login page is never seen and never answered.",
        |login| {
            if !is_silent(login) {
                return not_applicable("the request did not say prompt=none");
            }
            holds(login.pages.max(login.login_pages) == 0, "no page", pages(login))
        },
    ),
    should(
        "session/prompt-none-silent",
        "OIDCC-3.1.2.1",
        "`prompt=none` succeeds for an end-user who is logged in",
        "Clients cannot renew a login silently, and send their users to the login page again and again.",
        |login| {
            if login.again != Again::PromptNone {
                return not_applicable("the request did not say prompt=none without a hint");
            }
            succeeds(login, &["consent_required", "account_selection_required", "interaction_required", "invalid_request", "temporarily_unavailable"])
        },
    ),
    must(
        "session/id-token-hint",
        "OIDCC-3.1.2.1",
        "`prompt=none` succeeds for the end-user that the `id_token_hint` names if that one is logged in",
        "Clients that say whom they mean get nowhere.",
        hint,
    ),
    should(
        LOGIN_PAGE,
        "OIDCC-3.1.2.1",
        "`prompt=login` makes the end-user log in again",
        "Whoever sits down at a screen left alone can confirm what asks for the password.",
        |login| {
            if login.again != Again::PromptLogin {
                return not_applicable("the request did not say prompt=login");
            }
            logs_in(login)
        },
    ),
    must(
        "session/prompt-login-auth-time",
        "OIDCC-2",
        "The `auth_time` after a fresh login by `prompt=login` is later than before",
        "Clients that check whether the login was fresh refuse it, or take an old one for fresh.",
        |login| {
            if login.again != Again::PromptLogin {
                return not_applicable("the request did not say prompt=login");
            }
            later(login, LOGIN_PAGE)
        },
    ),
    must(
        MAX_AGE_PAGE,
        "OIDCC-3.1.2.1",
        "A login older than `max_age` is not good enough: the end-user logs in again",
        "Clients rely on it before payments and the like.",
        |login| {
            if !matches!(login.again, Again::MaxAgePassed(_)) {
                return not_applicable("no max_age had passed");
            }
            logs_in(login)
        },
    ),
    must(
        "session/max-age-reauth",
        "OIDCC-2",
        "The `auth_time` after a fresh login by `max_age` is later than before",
        "Clients that check the age of the login refuse it, or take an old one for fresh.",
        |login| {
            if !matches!(login.again, Again::MaxAgePassed(_)) {
                return not_applicable("no max_age had passed");
            }
            later(login, MAX_AGE_PAGE)
        },
    ),
    must(
        "session/max-age-recent",
        "OIDCC-3.1.2.1",
        "The `auth_time` of the ID token is not older than the `max_age` that was asked for",
        "Clients that check the age of the login refuse it.",
        max_age_recent,
    ),
    must(
        "session/auth-time-stable",
        "OIDCC-2",
        "The `auth_time` stays as it was as long as nobody logs in again",
        "Clients take an old login for a fresh one.",
        |login| {
            if matches!(login.again, Again::PromptLogin | Again::MaxAgePassed(_)) {
                return not_applicable("the request asked for a fresh login");
            }
            // Any page may be a login of some kind.
            if login.pages.max(login.login_pages) > 0 {
                return not_applicable(format!("{}: the end-user may have logged in again", pages(login)));
            }
            times(login).and_then(|(before, after, seen)| holds((after - before).abs() < 0.5, "the same auth_time", seen))
        },
    ),
    must(
        "session/sub-stable",
        "OIDCC-2",
        "The same end-user has the same `sub` at every login",
        "Clients take one user for two and open an empty account.",
        |login| {
            both(login).and_then(|(first, second)| match (first.get("sub").and_then(Value::as_str), second.get("sub").and_then(Value::as_str)) {
                (Some(before), Some(after)) => same("sub", before, after),
                _ => not_applicable("not both ID tokens have a sub"),
            })
        },
    ),
];

fn is_silent(login: &SecondLogin) -> bool {
    matches!(login.again, Again::PromptNone | Again::IdTokenHint)
}

/// The error code, without its description.
fn error(login: &SecondLogin) -> Option<&str> {
    login.error.as_deref().map(|error| error.split(' ').next().unwrap_or_default())
}

fn pages(login: &SecondLogin) -> String {
    match (login.pages.max(login.login_pages), login.login_pages) {
        (0, _) => "no page".to_owned(),
        (pages, logins) => format!("{pages} {}, {logins} of them asking for a password", if pages == 1 { "page" } else { "pages" }),
    }
}

/// Judges whether `prompt=none` succeeded. Consent, a choice of account and other interaction may be missing though the end-user is
/// logged in, and an issuer may ask for a hint: such refusals are as good.
fn succeeds(login: &SecondLogin, as_good: &[&str]) -> Judgement {
    match (&login.second, error(login)) {
        (Some(_), _) => pass("an ID token"),
        (None, None) => not_applicable("neither an ID token nor an error came"),
        (None, Some(error)) if as_good.contains(&error) => not_applicable(format!("the issuer refused with {}", shorten(error))),
        (None, Some(_)) => fail("an ID token", format!("error = {}", shorten(login.error.as_deref().unwrap_or_default()))),
    }
}

pub(super) fn hint(login: &SecondLogin) -> Judgement {
    if login.again != Again::IdTokenHint {
        return not_applicable("the request had no id_token_hint");
    }
    succeeds(login, &["consent_required", "account_selection_required", "interaction_required", "temporarily_unavailable"])
}

/// The claims of both ID tokens; else what to say.
fn both(login: &SecondLogin) -> Result<(&Claims, &Claims), Unmet> {
    match &login.second {
        Some(second) => Ok((&login.first, second)),
        None => not_applicable("the second request gave no ID token"),
    }
}

fn auth_time(claims: &Claims) -> Option<f64> {
    claims.get("auth_time").and_then(Value::as_f64)
}

fn shown(claims: &Claims) -> String {
    claims.get("auth_time").map_or_else(|| "none".to_owned(), show)
}

/// Both times of login; else what to say.
fn times(login: &SecondLogin) -> Result<(f64, f64, String), Unmet> {
    let (first, second) = both(login)?;
    let seen = format!("auth_time = {}, before that {}", shown(second), shown(first));
    match (auth_time(first), auth_time(second)) {
        // A first login before 1970, or after the second was asked for, is no time to compare with.
        (Some(before), _) if before <= 0.0 || before > seconds(login.asked_at) + seconds(login.skew) => not_run(AUTH_TIME_SANE),
        (Some(before), Some(after)) => Ok((before, after, seen)),
        _ => not_applicable("not both ID tokens have an auth_time that is a number"),
    }
}

fn is_later(login: &SecondLogin) -> bool {
    times(login).is_ok_and(|(before, after, _)| after > before)
}

/// Whether the end-user had to log in again. A page that asks for no password may still be a login, by a passkey say, and an issuer
/// that signs its users in by other means has no page: then `auth_time` tells.
fn logs_in(login: &SecondLogin) -> Judgement {
    both(login).and_then(|_| match (login.login_pages, login.pages) {
        (0, 0) if is_later(login) => pass("no page, and a later auth_time"),
        (0, 0) => fail("a page that asks for a login", pages(login)),
        (0, _) => not_applicable(format!("{}: whether it is a login cannot be told", pages(login))),
        _ => pass(pages(login)),
    })
}

fn later(login: &SecondLogin, page: &str) -> Judgement {
    times(login).and_then(|(before, after, seen)| match login.login_pages {
        0 if is_broken(&logs_in(login)) => not_run(page),
        0 => not_applicable("no page that asks for a password was shown"),
        _ => holds(after > before, "a later auth_time", seen),
    })
}

#[allow(clippy::cast_precision_loss, reason = "a max_age above 2^53 is not told from one beside it")]
pub(super) fn max_age_recent(login: &SecondLogin) -> Judgement {
    let (Again::MaxAgePassed(max_age) | Again::MaxAgeAmple(max_age)) = login.again else {
        return not_applicable("the request had no max_age");
    };
    both(login).and_then(|(_, second)| {
        let Some(time) = auth_time(second) else {
            return not_applicable("no auth_time that is a number");
        };
        if time <= 0.0 {
            return not_run(AUTH_TIME_SANE);
        }
        let age = seconds(login.asked_at) - time;
        let expected = format!("a login at most {max_age} s before the request, with {} s for clocks", login.skew);
        // Of a login that was ignored, the rule about the page says it all.
        if is_broken(&logs_in(login)) && matches!(login.again, Again::MaxAgePassed(_)) {
            return not_run(MAX_AGE_PAGE);
        }
        holds(age <= max_age as f64 + seconds(login.skew), expected, format!("auth_time = {}, {age} s before the request", shown(second)))
    })
}
