use super::*;
use crate::rule::testing::not_run;
use crate::rule::testing::prelude::*;

fn good() -> Logout {
    Logout {
        hint: Hint::Good,
        redirect: Redirect::Registered,
        state: Some("s".to_owned()),
        other_client: false,
        by_post: false,
        ui_locales: false,
        other_session: None,
        end: back(&[("state", "s")]),
        asked: Some(true),
        logged_in_before: Some(true),
        logged_in: Some(false),
        control: true,
        idle_control: true,
    }
}

fn back(parameters: &[(&str, &str)]) -> LogoutEnd {
    LogoutEnd::Redirected(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn page(status: u16) -> LogoutEnd {
    LogoutEnd::Page { status: Some(status), says: "a page".to_owned(), is_error: Some(status >= 400) }
}

#[test]
fn a_good_logout_comes_back_with_its_state() {
    assert_eq!(
        passing(&good()),
        ["logout/session-ended", "logout/asks-with-hint", REDIRECTED, "logout/state-returned", "logout/no-other-parameters"]
    );
    assert_eq!(failing(&Logout { asked: Some(false), ..good() }), ["logout/asks-with-hint"]);
    assert_eq!(failing(&Logout { end: page(200), ..good() }), [REDIRECTED]);
    assert_eq!(failing(&Logout { end: LogoutEnd::Unclear, asked: Some(false), logged_in: Some(true), ..good() }), Vec::<&str>::new());
    assert_eq!(failing(&Logout { end: back(&[]), ..good() }), ["logout/state-returned"]);
    assert_eq!(failing(&Logout { end: back(&[("state", "S")]), ..good() }), ["logout/state-returned"]);
    assert_eq!(failing(&Logout { state: None, ..good() }), ["logout/no-unasked-state"]);
    assert_eq!(failing(&Logout { end: back(&[("state", "s"), ("sid", "1")]), ..good() }), ["logout/no-other-parameters"]);
    assert_eq!(failing(&Logout { logged_in: Some(true), ..good() }), ["logout/session-ended"]);
    let unasked = Logout { asked: Some(false), ..good() };
    assert_eq!(passing(&unasked)[0], "logout/session-ended-by-hint");
    assert_eq!(failing(&Logout { logged_in: Some(true), ..unasked.clone() }), ["logout/session-ended-by-hint", "logout/asks-with-hint"]);
    assert_eq!(failing(&Logout { logged_in: Some(true), other_client: true, end: page(400), ..unasked }), Vec::<&str>::new());
    assert_eq!(failing(&Logout { logged_in: None, ..good() }), Vec::<&str>::new());
}

#[test]
fn post() {
    let posted = |end| Logout { by_post: true, asked: Some(false), end, logged_in: Some(true), ..good() };
    assert_eq!(failing(&posted(page(405))), [POST]);
    assert_eq!(not_run(&posted(page(405))).len(), 7);
    let asked = Logout { asked: Some(true), logged_in: Some(false), ..posted(back(&[("state", "s")])) };
    assert_eq!(failing(&asked), Vec::<&str>::new());
}

#[test]
fn what_must_not_be_followed() {
    for (logout, rule) in [
        (Logout { redirect: Redirect::Unregistered, ..good() }, "logout/unregistered-not-followed"),
        (Logout { redirect: Redirect::QueryAdded, ..good() }, "logout/unregistered-not-followed"),
        (Logout { hint: Hint::Forged, ..good() }, "logout/bad-hint-not-followed"),
        (Logout { hint: Hint::Unsigned, ..good() }, "logout/bad-hint-not-followed"),
        (Logout { other_client: true, ..good() }, "logout/client-id-matched"),
        (Logout { hint: Hint::None, ..good() }, "logout/no-hint-not-followed"),
    ] {
        assert_eq!(failing(&logout), [rule]);
        // Whether a request without a hint may be refused is another matter.
        let refused = Logout { end: page(400), asked: Some(false), logged_in: Some(true), logged_in_before: None, ..logout };
        assert_eq!((failing(&refused), passing(&refused)), (vec![], vec![rule]));
        assert_eq!(passing(&Logout { control: false, ..refused }), Vec::<&str>::new(), "a good logout is not followed either");
    }
    assert!(good().is_control() && !Logout { hint: Hint::None, ..good() }.is_control() && !Logout { end: page(200), ..good() }.is_control());
}

#[test]
fn nothing_is_concluded_of_who_was_not_logged_in() {
    for logged_in_before in [None, Some(false)] {
        let unknown = Logout { logged_in_before, ..good() };
        assert!(!passing(&unknown).contains(&"logout/session-ended"));
        let unasked = Logout { hint: Hint::None, asked: Some(false), end: page(200), ..unknown };
        assert_eq!(failing(&unasked), Vec::<&str>::new());
    }
}

#[test]
fn without_a_good_hint_the_end_user_is_asked() {
    let bare = Logout { hint: Hint::None, redirect: Redirect::None, end: page(200), ..good() };
    assert_eq!(failing(&bare), Vec::<&str>::new());
    assert_eq!(failing(&Logout { asked: Some(false), ..bare.clone() }), ["logout/asks-without-hint"]);
    assert_eq!(failing(&Logout { asked: Some(false), logged_in: Some(true), ..bare.clone() }), Vec::<&str>::new());
    assert_eq!(failing(&Logout { asked: Some(false), end: LogoutEnd::Unclear, ..bare.clone() }), Vec::<&str>::new());
    let stayed = Logout { asked: Some(false), logged_in: Some(true), ..bare.clone() };
    assert_eq!(passing(&stayed), ["logout/asks-without-hint"], "it did nothing, which is neither");
    // A page that says so in a message is an error or none; who is logged out was not refused it.
    let message = LogoutEnd::Page { status: Some(200), says: "a message".to_owned(), is_error: None };
    assert_eq!(passing(&Logout { end: message.clone(), ..bare.clone() }), ["logout/session-ended", "logout/asks-without-hint", "logout/bare-served"]);
    let ignored = Logout { end: message, ..stayed.clone() };
    assert_eq!((passing(&ignored), failing(&ignored)), (vec![], vec![]));
    // What was answered may have been no question.
    let unclear = Logout { asked: None, ..bare.clone() };
    assert_eq!((passing(&unclear), failing(&unclear)), (vec!["logout/bare-served"], vec![]));
    let refused = Logout { end: page(400), ..stayed };
    assert_eq!((passing(&refused), failing(&refused)), (vec![], vec!["logout/bare-served"]), "the request was refused");
    let redirect_only = Logout { redirect: Redirect::Registered, ..refused };
    assert_eq!(failing(&redirect_only), ["logout/redirect-only-served"]);
    assert_eq!(failing(&Logout { logged_in: Some(true), ..bare }), ["logout/session-ended"]);
}

#[test]
fn a_hint_of_an_earlier_session_is_no_order() {
    for (other_session, rule) in [(Some(true), "logout/asks-for-other-session"), (None, "logout/asks-for-earlier-login")] {
        let earlier = Logout { hint: Hint::Earlier, redirect: Redirect::None, other_session, end: page(200), ..good() };
        assert_eq!(passing(&earlier), ["logout/session-ended", rule]);
        let unasked = Logout { asked: Some(false), ..earlier };
        assert_eq!(failing(&unasked), [rule]);
        // The issuer may think it suspect and do nothing, where it does something with one in order.
        let declined = Logout { logged_in: Some(true), end: page(400), ..unasked.clone() };
        assert_eq!((passing(&declined), failing(&declined)), (vec![rule], vec![]));
        assert!(passing(&Logout { control: false, ..declined }).is_empty());
        assert!(failing(&Logout { logged_in_before: Some(false), ..unasked.clone() }).is_empty());
        assert!(failing(&Logout { other_session: Some(false), ..unasked }).is_empty());
    }
}

#[test]
fn who_is_not_logged_in_may_log_out() {
    let idle = Logout { asked: Some(false), logged_in_before: Some(false), ..good() };
    assert!(passing(&idle).contains(&"logout/not-logged-in-served") && idle.is_idle_control());
    // Without a logout there need be no redirect after it.
    let ended = Logout { end: page(200), ..idle.clone() };
    assert_eq!((passing(&ended), failing(&ended)), (vec!["logout/not-logged-in-served"], vec![]));
    let refused = Logout { end: page(400), ..idle };
    assert_eq!(failing(&refused), ["logout/not-logged-in-served"]);
    assert!(!refused.is_idle_control());
    assert!(!failing(&Logout { control: false, ..refused }).contains(&"logout/not-logged-in-served"));
}

#[test]
fn a_language_that_nobody_has_is_no_error() {
    let locales = Logout { ui_locales: true, asked: Some(false), logged_in_before: None, logged_in: None, ..good() };
    assert_eq!(passing(&locales), ["logout/ui-locales"]);
    let refused = Logout { end: page(400), ..locales };
    assert_eq!(failing(&refused), ["logout/ui-locales"]);
    assert!(failing(&Logout { idle_control: false, ..refused }).is_empty());
}

arbitrary_artefact!(Logout:
    hint in select(&[Hint::Good, Hint::None, Hint::Forged, Hint::Unsigned, Hint::Earlier][..]),
    (ui_locales, other_session, idle_control) in any::<(bool, Option<bool>, bool)>(),
    redirect in select(&[Redirect::Registered, Redirect::None, Redirect::Unregistered, Redirect::QueryAdded][..]),
    state in proptest::option::of("s|.{0,4}"),
    (other_client, by_post, asked) in any::<(bool, bool, Option<bool>)>(),
    end in prop_oneof![
        arbitrary::parameters("state|sid").prop_map(LogoutEnd::Redirected),
        (any::<Option<u16>>(), ".{0,4}", any::<Option<bool>>()).prop_map(|(status, says, is_error)| LogoutEnd::Page { status, says, is_error }),
        Just(LogoutEnd::Unclear),
    ],
    (logged_in_before, logged_in, control) in any::<(Option<bool>, Option<bool>, bool)>()
    => Logout { hint, redirect, state, other_client, by_post, ui_locales, other_session, end, asked, logged_in_before, logged_in, control, idle_control }
);
