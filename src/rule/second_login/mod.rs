//! Rules about a second authorization in the browser session of a first (OpenID Connect Core 2, 3.1.2.1).

use crate::rule::prelude::*;

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
    /// No `max_age`; the `default_max_age` of the client, in seconds, that has passed since the first login: a fresh login.
    DefaultMaxAgePassed(u64),
    /// `max_age`, in seconds, far longer than the first login is ago: no fresh login is due.
    MaxAgeAmple(u64),
}

/// The claims of an ID token.
type Claims = Map<String, Value>;

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
    /// Whether the browser was logged in, where the error is that it was not and that was looked at.
    pub logged_in: Option<bool>,
    /// When the second authorization request was sent, in seconds since the epoch.
    pub asked_at: i64,
    /// The clock skew allowed to the issuer, in seconds.
    pub skew: i64,
}

artefact!(SecondLogin: [RULES], seen in Visit);

const LOGIN_PAGE: &str = "session/prompt-login-page";
const MAX_AGE_PAGE: &str = "session/max-age-page";

/// How far two times of one login may be apart where an issuer rounds them, in seconds.
const ROUNDING: f64 = 2.0;

/// The rule that says it when a time of login cannot be one.
const AUTH_TIME_SANE: &str = "id-token/auth-time-sane";

static RULES: &[Check<SecondLogin>] = &[
    must(
        "session/prompt-none-no-page",
        "OIDCC-3.1.2.1",
        "The issuer must show the end-user no page if the request has `prompt=none`",
        "Clients send such requests in hidden frames, where the end-user neither sees nor answers a page.",
        "If a page is needed, redirect to the client at once with `error=login_required`, `consent_required` or `interaction_required` instead of the page.",
        |login| {
            applies_if(matches!(login.again, Again::PromptNone | Again::IdTokenHint), "the request did not say prompt=none")?;
            holds(login.all_pages() == 0, "no page", login.pages_seen())
        },
    ),
    should(
        "session/prompt-none-silent",
        "OIDCC-3.1.2.1",
        "A request with `prompt=none` should succeed if the end-user is logged in",
        "Clients cannot renew a login without a page, and have to send the end-user to the login page again and again.",
        "Look up the session of the browser at the authorization endpoint, and issue the code without a page if the session is valid and consent was given before. Check that the session and its cookie still exist after the first login has ended.",
        |login| {
            applies_if(login.again == Again::PromptNone, "the request did not say prompt=none without a hint")?;
            succeeds(login, &["consent_required", "account_selection_required", "interaction_required", "invalid_request", "temporarily_unavailable"])
        },
    ),
    // "Possibly evaluating other information beyond the ID Token": only the error for another end-user is a MUST.
    should(
        "session/id-token-hint",
        "OIDCC-3.1.2.1",
        "A request with `prompt=none` and an `id_token_hint` should succeed if the end-user of the hint is logged in",
        "Clients that say which end-user they mean get an error although this end-user is logged in.",
        "Verify the signature of the ID token in `id_token_hint` and compare its `sub` with the end-user of the session. If both are the same end-user, issue the code without a page.",
        |login| {
            applies_if(login.again == Again::IdTokenHint, "the request had no id_token_hint")?;
            succeeds(login, &["consent_required", "account_selection_required", "interaction_required", "temporarily_unavailable"])
        },
    ),
    must(
        LOGIN_PAGE,
        "OIDCC-3.1.2.3",
        "The issuer must make the end-user log in again if the request has `prompt=login`",
        "Another person at an unlocked computer can confirm actions for which the client wants a new login.",
        "Evaluate `prompt` at the authorization endpoint. For `login`, show the login page even if there is a valid session, and issue the code only after the end-user has authenticated again.",
        |login| {
            login.asked_for_login()?;
            logs_in(login)
        },
    ),
    must(
        "session/prompt-login-auth-time",
        "OIDCC-2",
        "The `auth_time` after a fresh login by `prompt=login` must be later than before",
        "Clients that check the time of the login refuse the fresh login, or take an old login for a fresh login.",
        "Update the time of authentication in the session at every login, also if the session goes on, and copy this time into `auth_time` of the ID token.",
        |login| {
            login.asked_for_login()?;
            is_later(login, LOGIN_PAGE)
        },
    ),
    must(
        MAX_AGE_PAGE,
        "OIDCC-3.1.2.1",
        "The issuer must make the end-user log in again if the last login is older than `max_age`",
        "Clients rely on a recent login before payments and similar actions.",
        "Store the time of the last login in the session and compare this time with `max_age` at the authorization endpoint. If the login is older, show the login page and issue the code only after a new login.",
        |login| {
            login.max_age_had_passed()?;
            logs_in(login)
        },
    ),
    must(
        "session/default-max-age-page",
        "OIDCR-2",
        "The issuer must make the end-user log in again if the last login is older than the `default_max_age` that the client registered",
        "Clients that registered how old a login may be rely on a recent one, and get an old one.",
        "Where the authorization request has no `max_age`, compare the time of the last login with the `default_max_age` of the client. If the server does not support it, leave it out of the registration response.",
        |login| {
            applies_if(matches!(login.again, Again::DefaultMaxAgePassed(_)), "no default_max_age had passed")?;
            logs_in(login)
        },
    ),
    must(
        "session/max-age-reauth",
        "OIDCC-2",
        "The `auth_time` after a fresh login by `max_age` must be later than before",
        "Clients that check the age of the login refuse the fresh login, or take an old login for a fresh login.",
        "Update the time of authentication in the session at every login, also if the session goes on, and copy this time into `auth_time` of the ID token.",
        |login| {
            login.max_age_had_passed()?;
            is_later(login, MAX_AGE_PAGE)
        },
    ),
    must(
        // Derived: an issuer that enforces the age, as this MUST, has a login that is recent enough.
        "session/max-age-recent",
        "OIDCC-15.1",
        "The `auth_time` of the ID token must not be older than the `max_age` of the request",
        "Clients that check the age of the login refuse the ID token.",
        "Set `auth_time` to the time of the end-user's last login, in seconds of UTC, and show the login page if this time is more than `max_age` seconds ago.",
        |login| {
            let (Again::MaxAgePassed(max_age) | Again::MaxAgeAmple(max_age)) = login.again else {
                return not_applicable("the request had no max_age");
            };
            let (_, second) = login.id_tokens()?;
            let Some(time) = auth_time(second) else { return not_applicable("no auth_time that is a number") };
            needs(time > 0.0, AUTH_TIME_SANE)?;
            // Of a login that was ignored, the rule about the page says it all.
            needs(!(is_broken(&logs_in(login)) && matches!(login.again, Again::MaxAgePassed(_))), MAX_AGE_PAGE)?;
            let age = seconds(login.asked_at) - time;
            let expected = format!("a login at most {max_age} s before the request, with {} s for clocks", login.skew);
            let actual = format!("auth_time = {}, {age} s before the request", shown(second));
            #[allow(clippy::cast_precision_loss, reason = "a max_age above 2^53 is as good as one beside it")]
            let is_recent = age <= max_age as f64 + seconds(login.skew);
            holds(is_recent, expected, actual)
        },
    ),
    // Core 3.1.2.3 knows end-users who are authenticated silently, which is a login, too.
    should(
        "session/auth-time-stable",
        "OIDCC-2",
        "The `auth_time` should stay the same as long as the end-user does not log in again",
        "Clients take an old login for a fresh login.",
        "Store the time of authentication in the session when the end-user logs in, and copy `auth_time` from there. Do not use the time of the authorization request or of the ID token.",
        |login| {
            let is_fresh = matches!(login.again, Again::PromptLogin | Again::MaxAgePassed(_) | Again::DefaultMaxAgePassed(_));
            applies_if(!is_fresh, "the request asked for a fresh login")?;
            // Any page may be a login of some kind.
            applies_if(login.all_pages() == 0, format!("{}: the end-user may have logged in again", login.pages_seen()))?;
            let (before, after, seen) = login.auth_times()?;
            holds((after - before).abs() <= ROUNDING, "the same auth_time", seen)
        },
    ),
    must(
        "session/sub-stable",
        "OIDCC-2",
        "The same end-user must have the same `sub` at every login",
        "Clients take one end-user for two, and create a second, empty account.",
        "Derive `sub` from an identifier of the account that never changes, and not from the session or the login. Keep the salt of pairwise identifiers constant.",
        |login| {
            let (first, second) = login.id_tokens()?;
            match (first.get("sub").and_then(Value::as_str), second.get("sub").and_then(Value::as_str)) {
                (Some(before), Some(after)) => same("sub", before, after),
                _ => not_applicable("not both ID tokens have a sub"),
            }
        },
    ),
];

impl SecondLogin {
    fn asked_for_login(&self) -> Result<(), Unmet> {
        applies_if(self.again == Again::PromptLogin, "the request did not say prompt=login")
    }

    fn max_age_had_passed(&self) -> Result<(), Unmet> {
        applies_if(matches!(self.again, Again::MaxAgePassed(_)), "no max_age had passed")
    }

    fn all_pages(&self) -> usize {
        self.pages.max(self.login_pages)
    }

    /// The pages of the second authorization, for a message.
    fn pages_seen(&self) -> String {
        match self.all_pages() {
            0 => "no page".to_owned(),
            pages => format!("{pages} {}, {} of them asking for a password", if pages == 1 { "page" } else { "pages" }, self.login_pages),
        }
    }

    /// The claims of both ID tokens.
    fn id_tokens(&self) -> Result<(&Claims, &Claims), Unmet> {
        match &self.second {
            Some(second) => Ok((&self.first, second)),
            None => not_applicable("the second request gave no ID token"),
        }
    }

    /// Both times of login, and what to say of them.
    fn auth_times(&self) -> Result<(f64, f64, String), Unmet> {
        let (first, second) = self.id_tokens()?;
        match (auth_time(first), auth_time(second)) {
            // A first login before 1970, or after the second was asked for, is no time to compare with.
            (Some(before), _) if before <= 0.0 || before > seconds(self.asked_at) + seconds(self.skew) => not_run(AUTH_TIME_SANE),
            (Some(before), Some(after)) => Ok((before, after, format!("auth_time = {}, before that {}", shown(second), shown(first)))),
            _ => not_applicable("not both ID tokens have an auth_time that is a number"),
        }
    }
}

fn auth_time(claims: &Claims) -> Option<f64> {
    claims.get("auth_time").and_then(Value::as_f64)
}

fn shown(claims: &Claims) -> String {
    claims.get("auth_time").map_or_else(|| "none".to_owned(), show)
}

/// Judges whether `prompt=none` succeeded. Consent, a choice of account and other interaction may be missing though the end-user is
/// logged in, and an issuer may ask for a hint: such refusals are as good.
fn succeeds(login: &SecondLogin, as_good: &[&str]) -> Judgement {
    match (&login.second, login.error.as_deref()) {
        (Some(_), _) => pass("an ID token"),
        (None, None) => not_applicable("neither an ID token nor an error came"),
        (None, Some(error)) => {
            let code = error.split(' ').next().unwrap_or_default();
            applies_if(!as_good.contains(&code), format!("the issuer refused with {}", shorten(code)))?;
            let keeps_none = login.logged_in == Some(false);
            applies_if(
                !keeps_none,
                "the end-user is not logged in any more: the issuer keeps no session, and the same request without prompt shows a login page",
            )?;
            fail("an ID token", format!("error = {}", shorten(error)))
        }
    }
}

/// Judges whether the end-user had to log in again. A page that asks for no password may still be a login, by a passkey say, and an issuer
/// that signs its users in by other means has no page: then `auth_time` shows it.
fn logs_in(login: &SecondLogin) -> Judgement {
    login.id_tokens()?;
    match (login.login_pages, login.pages) {
        (0, 0) if login.auth_times().is_ok_and(|(before, after, _)| after > before) => pass("no page, and a later auth_time"),
        (0, 0) => fail("a page that asks for a login", login.pages_seen()),
        (0, _) => not_applicable(format!("{}: whether it is a login cannot be told", login.pages_seen())),
        _ => pass(login.pages_seen()),
    }
}

fn is_later(login: &SecondLogin, page: &str) -> Judgement {
    let (before, after, seen) = login.auth_times()?;
    match login.login_pages {
        0 if is_broken(&logs_in(login)) => not_run(page),
        0 => not_applicable("no page that asks for a password was shown"),
        _ => holds(after > before, "a later auth_time", seen),
    }
}
