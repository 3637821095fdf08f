//! Rules about what end-users and attackers do on the login and consent pages beside logging in.

use crate::rule::prelude::*;

/// What came of a login with a wrong password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongPasswordEnd {
    /// The redirect URI, without an error.
    LoggedIn,
    /// The login page again, with what it says about it, where that can be found.
    AskedAgain(Option<String>),
    /// An error page, with its text.
    ErrorPage(String),
    /// The redirect URI, with this error.
    Refused(String),
}

/// A login with a wrong password.
#[derive(Debug, Clone)]
pub struct WrongPassword {
    /// What came of it.
    pub end: WrongPasswordEnd,
    /// The status of the last page, where it could be seen.
    pub status: Option<u16>,
    /// A page shows the password that was typed.
    pub echoed: bool,
    /// Whether the browser was logged in afterwards, where that could be found out.
    pub logged_in: Option<bool>,
    /// Whether the same user logs in with the right password.
    pub control: Control,
    /// Whether a request with `prompt=none` gets a code after that.
    pub silent: Control,
}

artefact!(WrongPassword: [WRONG_PASSWORD], seen in Visit);

const REFUSED: &str = "wrong-password/refused";

static WRONG_PASSWORD: &[Check<WrongPassword>] = &[
    must(
        REFUSED,
        "RFC6749-3.1",
        "A wrong password must not log the end-user in",
        "An attacker who knows a user name gets into the account.",
        "Compare the password with the one that is stored for the account, and continue the authorization only if they match. Remove test accounts \
         and demonstration logins that accept every password.",
        |attempt| match &attempt.end {
            WrongPasswordEnd::LoggedIn => fail("no authorization response without an error", "the redirect URI was reached"),
            WrongPasswordEnd::AskedAgain(_) => beside(&attempt.control, "the login page again"),
            WrongPasswordEnd::ErrorPage(_) => beside(&attempt.control, "an error page"),
            WrongPasswordEnd::Refused(error) => beside(&attempt.control, &format!("error = {}", shorten(error))),
        },
    ),
    must(
        "wrong-password/no-session",
        "RFC6749-3.1",
        "After a wrong password the browser must not be logged in",
        "The next client that asks gets a code for an account whose password was not entered.",
        "Create the login session after the password has been verified, not when the form arrives or when the account is found.",
        |attempt| match (attempt.logged_in, &attempt.end) {
            (_, WrongPasswordEnd::LoggedIn) => not_run(REFUSED),
            (None, _) => not_applicable("whether the browser was logged in could not be found out"),
            (Some(true), _) => fail("no code before the right password was entered", "a code"),
            (Some(false), _) => beside(&attempt.silent, "error = login_required with prompt=none"),
        },
    ),
    // Good practice: the section leaves how end-users are authenticated to the issuer.
    may(
        "wrong-password/asked-again",
        "OIDCC-3.1.2.3",
        "It is good practice to show the login page again after a wrong password",
        "An end-user who mistyped the password must go back to the client and start again.",
        "Keep the authorization request when a password is wrong, and show the login form again with a short message. Do not say whether the user \
         name exists.",
        |attempt| match &attempt.end {
            WrongPasswordEnd::AskedAgain(Some(says)) => pass(said!("the login page says {:?}", shorten(says))),
            WrongPasswordEnd::AskedAgain(None) => pass("the login page again"),
            WrongPasswordEnd::ErrorPage(text) => fail("the login page", said!("an error page: {}", shorten(text))),
            WrongPasswordEnd::Refused(error) => fail("the login page", said!("back to the client with {}", shorten(error))),
            WrongPasswordEnd::LoggedIn => not_run(REFUSED),
        },
    ),
    may(
        "wrong-password/no-server-error",
        "RFC9110-15.6",
        "It is good practice to answer a wrong password with a status below 500",
        "Monitoring raises an alarm because of a mistyped password, and the end-user does not learn what was wrong.",
        "Treat a wrong password as a normal result and show the login form again, for example with status 200 or 401. Look for an exception that is \
         not caught, also in the connection to a user directory.",
        |attempt| match attempt.status {
            None => not_applicable("the status of the page could not be seen"),
            Some(status) => holds(status < 500, "a status below 500", said!("status {status}")),
        },
    ),
    // Good practice, as above.
    may(
        "wrong-password/not-echoed",
        "OIDCC-3.1.2.3",
        "It is good practice that no page shows the password that was typed",
        "It is often nearly the right password, and others can read it on the screen, in a cache or in a log.",
        "Leave the password field empty when you show the form again, and write the password into no message, no hidden field and no script of the \
         page.",
        |attempt| {
            holds(!attempt.echoed, "a page without the password", if attempt.echoed { "the password is in the page" } else { "not in the page" })
        },
    ),
];

/// A refusal, which says something where what is right is taken.
fn beside(control: &Control, became: &str) -> Judgement {
    match control {
        Control::Good => pass(shorten(became)),
        Control::Missing(why) => not_applicable(shorten(why)),
    }
}

/// A login form that was sent by another browser than the one it was shown in.
#[derive(Debug, Clone)]
pub struct FormElsewhere {
    /// It went on to a code or a consent page.
    pub accepted: bool,
    /// The same, sent as a browser sends it from a page of another site; none where it was not tried.
    pub of_other_site: Option<bool>,
    /// What came of it.
    pub says: String,
    /// Whether the same form goes on where the browser sends it that it was shown in.
    pub control: Control,
}

artefact!(FormElsewhere: [FORM_ELSEWHERE], seen in Visit);

static FORM_ELSEWHERE: &[Check<FormElsewhere>] = &[must(
    "login/form-bound-to-session",
    "RFC6749-10.12",
    "A login form must be accepted only from the browser in which it was shown",
    "A page of an attacker can send the form from the end-user's browser, and the end-user then works in the attacker's account.",
    "Put a random value into the form and into a cookie of the browser, and refuse the form if the two do not match. A signed value in the form or \
     in its address is not enough: it works in every browser.",
    |form| {
        // The text wants protection and names no way: to look where the form comes from is one, and needs nothing of the browser's.
        match (form.accepted, form.of_other_site) {
            (false, _) => beside(&form.control, &form.says),
            (true, Some(true)) => fail("no consent page and no code", "the login went on"),
            (true, Some(false)) => not_applicable("the login went on; but not where the browser says that a page of another site sent the form"),
            (true, None) => not_applicable("the login went on; whether it does so with a form of another site was not seen"),
        }
    },
)];

/// A consent form that was sent as another site sends it, without what that cannot know, from the browser of an end-user who is asked to consent.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own about what was sent or what came of it")]
pub struct ForgedConsent {
    /// It gave a code.
    pub accepted: bool,
    /// True if cookies of the issuer are such that browsers leave them out of a form of another site.
    pub same_site: bool,
    /// True if the form has values that may be a secret of the end-user's, though two browsers were shown the same.
    pub may_be_known: bool,
    /// The form of another browser gave a code where it was sent without any cookies.
    pub without_cookies: bool,
    /// True if that form has a value that nobody can guess and that the other browser was not shown.
    pub has_secret: bool,
    /// True if the form of another site was answered by a server that is out of order, which is neither.
    pub unclear: bool,
    /// It gave one where it was sent from the browser of the same end-user who is logged in there, too.
    pub of_other: bool,
    /// What came of the form of another site.
    pub says: String,
    /// Whether a form with nothing changed gives a code.
    pub control: Control,
}

artefact!(ForgedConsent: [FORGED_CONSENT], seen in Visit);

static FORGED_CONSENT: &[Check<ForgedConsent>] = &[must(
    "consent/form-not-forged",
    "RFC6749-10.12",
    "A consent form must be accepted only with what the issuer put into it for this browser, which no other site can know",
    "A page of an attacker sends the form from the browser of an end-user who is logged in, and the attacker's client gets access without a click.",
    "Put a random value into the form and into a cookie of the browser or its session, and refuse the form if the two do not match. That the end-user \
     is logged in proves nothing: the browser sends the cookies with every form.",
    |forged| {
        // With a secret in it, who sends the form has been on its page: that proves as much as a cookie does.
        if forged.without_cookies && !forged.has_secret {
            if forged.may_be_known {
                return not_applicable("it was accepted without cookies; but it has values that may be a secret of the end-user's");
            }
            return fail("no code", "a code for a form without a secret that was sent without the cookies of the browser in which it was shown");
        }
        applies_if(!forged.unclear, said!("what came is neither a refusal nor a code: {}", shorten(&forged.says)))?;
        if !forged.accepted {
            // A value that belongs to the end-user protects as well, and there is one end-user only.
            if forged.of_other {
                return not_applicable(
                    "the form of the same end-user in another browser is taken: whether its values belong to the end-user could not be seen",
                );
            }
            return beside(&forged.control, &forged.says);
        }
        if forged.same_site {
            return not_applicable(
                "it was accepted; but browsers do not send the cookies of the issuer, which are SameSite, with a form of another site",
            );
        }
        if forged.may_be_known {
            return not_applicable("it was accepted; but it has values that may be a secret of the end-user's, the same in each browser");
        }
        fail("no code", "a code")
    },
)];

/// What came of a refusal on the consent page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denied {
    /// An answer without a code at the redirect URI.
    Answer,
    /// A code.
    Code,
    /// A page, with what it says.
    Page(String),
}

/// A refusal on the consent page.
#[derive(Debug, Clone)]
pub struct Denial {
    /// What came of it.
    pub denied: Denied,
}

artefact!(Denial: [DENIAL], seen in Visit);

static DENIAL: &[Check<Denial>] = &[
    must(
        "denial/heeded",
        "OIDCC-3.1.2.4",
        "When the end-user refuses consent, the client must not get a code",
        "The client reads the end-user's data against the end-user's decision.",
        "When the end-user refuses, issue no code and redirect to the client with `error=access_denied` and the `state` of the request.",
        |denial| match &denial.denied {
            Denied::Code => fail("no code", "a code"),
            Denied::Answer => pass("no code"),
            Denied::Page(_) => pass("a page of the issuer's"),
        },
    ),
    // The text describes the error and has no keyword for it.
    should(
        "denial/told",
        "RFC6749-4.1.2.1",
        "When the end-user refuses consent, the issuer should send the browser back to the redirect URI with an answer",
        "The end-user is left at the issuer, and the client waits for an answer.",
        "After a refusal, redirect to the redirect URI of the request with `error=access_denied` and its `state`, instead of showing a page of the \
         issuer.",
        |denial| match &denial.denied {
            Denied::Answer => pass("an answer at the redirect URI"),
            Denied::Code => not_run("denial/heeded"),
            Denied::Page(says) => fail("an error at the redirect URI", shorten(says)),
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;

    #[test]
    fn wrong_passwords() {
        let (end, control, silent) = (WrongPasswordEnd::AskedAgain(None), Control::Good, Control::Good);
        let good = WrongPassword { end, status: Some(401), echoed: false, logged_in: Some(false), control, silent };
        assert_eq!(passing(&good).len(), 5);
        assert_eq!(failing(&WrongPassword { end: WrongPasswordEnd::LoggedIn, ..good.clone() }), [REFUSED]);
        assert_eq!(failing(&WrongPassword { logged_in: Some(true), ..good.clone() }), ["wrong-password/no-session"]);
        assert_eq!(failing(&WrongPassword { logged_in: None, status: None, ..good.clone() }), Vec::<&str>::new());
        assert_eq!(failing(&WrongPassword { status: Some(500), ..good.clone() }), ["wrong-password/no-server-error"]);
        assert_eq!(failing(&WrongPassword { echoed: true, ..good.clone() }), ["wrong-password/not-echoed"]);
        for end in [WrongPasswordEnd::ErrorPage("locked".to_owned()), WrongPasswordEnd::Refused("access_denied".to_owned())] {
            assert_eq!(failing(&WrongPassword { end, ..good.clone() }), ["wrong-password/asked-again"]);
        }
    }

    #[test]
    fn a_refusal_says_nothing_where_what_is_right_is_refused_too() {
        let control = || Control::Missing("the right password is refused, too".to_owned());
        let (end, logged_in) = (WrongPasswordEnd::AskedAgain(None), Some(false));
        let refused = WrongPassword { end, status: None, echoed: false, logged_in, control: control(), silent: control() };
        assert!(!passing(&refused).contains(&REFUSED));
        // An issuer that never grants a silent request refuses it whether or not somebody is logged in.
        assert!(!passing(&refused).contains(&"wrong-password/no-session"));
        assert_eq!(failing(&WrongPassword { logged_in: Some(true), ..refused }), ["wrong-password/no-session"]);
        assert!(passing(&FormElsewhere { accepted: false, of_other_site: None, says: String::new(), control: control() }).is_empty());
    }

    #[test]
    fn forms_and_refusals() {
        let form = |accepted, of_other_site| FormElsewhere { accepted, of_other_site, says: String::new(), control: Control::Good };
        assert_eq!(passing(&form(false, None)).len(), 1);
        assert_eq!(failing(&form(true, Some(true))), ["login/form-bound-to-session"]);
        for open in [form(true, Some(false)), form(true, None)] {
            assert!(failing(&open).is_empty() && passing(&open).is_empty());
        }
        assert_eq!(failing(&Denial { denied: Denied::Answer }), Vec::<&str>::new());
        assert_eq!(failing(&Denial { denied: Denied::Code }), ["denial/heeded"]);
        assert_eq!(failing(&Denial { denied: Denied::Page(String::new()) }), ["denial/told"]);
    }

    arbitrary_artefact!(WrongPassword:
        end in prop_oneof![
            Just(WrongPasswordEnd::LoggedIn),
            proptest::option::of(".{0,4}").prop_map(WrongPasswordEnd::AskedAgain),
            ".{0,4}".prop_map(WrongPasswordEnd::ErrorPage),
            ".{0,4}".prop_map(WrongPasswordEnd::Refused),
        ],
        status in proptest::option::of(any::<u16>()),
        echoed in any::<bool>(),
        logged_in in any::<Option<bool>>()
        => WrongPassword { end, status, echoed, logged_in, control: Control::Good, silent: Control::Good }
    );

    #[test]
    fn forged_consent() {
        let (says, control) = ("an error page".to_owned(), Control::Good);
        let (accepted, without_cookies, of_other) = (false, false, false);
        let (has_secret, unclear) = (true, false);
        let refused = ForgedConsent { accepted, same_site: true, may_be_known: true, without_cookies, has_secret, unclear, of_other, says, control };
        let rule = ["consent/form-not-forged"];
        assert_eq!(passing(&refused), rule);
        let broken = ForgedConsent { unclear: true, ..refused.clone() };
        assert!(passing(&broken).is_empty() && failing(&broken).is_empty());
        assert!(passing(&ForgedConsent { control: Control::Missing("no".to_owned()), ..refused.clone() }).is_empty());
        // Who has the secret of the form has been on its page.
        assert_eq!(passing(&ForgedConsent { without_cookies: true, ..refused.clone() }), rule);
        let guessed = ForgedConsent { without_cookies: true, has_secret: false, ..refused.clone() };
        assert!(passing(&guessed).is_empty() && failing(&guessed).is_empty());
        assert_eq!(failing(&ForgedConsent { may_be_known: false, ..guessed }), rule);
        let of_user = ForgedConsent { of_other: true, ..refused.clone() };
        assert!(passing(&of_user).is_empty() && failing(&of_user).is_empty());
        let accepted = ForgedConsent { accepted: true, same_site: false, may_be_known: false, ..refused };
        assert_eq!(failing(&accepted), rule);
        for open in [ForgedConsent { same_site: true, ..accepted.clone() }, ForgedConsent { may_be_known: true, ..accepted.clone() }] {
            assert!(failing(&open).is_empty() && passing(&open).is_empty());
        }
    }

    arbitrary_artefact!(ForgedConsent:
        (accepted, same_site, may_be_known, without_cookies, of_other) in any::<(bool, bool, bool, bool, bool)>(),
        (has_secret, unclear) in any::<(bool, bool)>(),
        says in ".{1,12}"
        => ForgedConsent { accepted, same_site, may_be_known, without_cookies, has_secret, unclear, of_other, says, control: Control::Good }
    );

    arbitrary_artefact!(FormElsewhere:
        accepted in any::<bool>(), of_other_site in any::<Option<bool>>(), says in ".{1,12}"
        => FormElsewhere { accepted, of_other_site, says, control: Control::Good }
    );

    arbitrary_artefact!(Denial:
        denied in prop_oneof![Just(Denied::Answer), Just(Denied::Code), ".{1,12}".prop_map(Denied::Page)] => Denial { denied }
    );
}
