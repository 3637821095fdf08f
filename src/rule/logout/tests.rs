use proptest::prelude::*;
use proptest::sample::select;

use super::{Hint, Logout, LogoutEnd, POST, REDIRECTED, Redirect};
use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, not_run, passing};

fn good() -> Logout {
    Logout {
        hint: Hint::Good,
        redirect: Redirect::Registered,
        state: Some("s".to_owned()),
        other_client: false,
        by_post: false,
        end: back(&[("state", "s")]),
        asked: true,
        logged_in_before: Some(true),
        logged_in: Some(false),
        control: true,
    }
}

fn back(parameters: &[(&str, &str)]) -> LogoutEnd {
    LogoutEnd::Redirected(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn page(status: u16) -> LogoutEnd {
    LogoutEnd::Page { status: Some(status), says: "a page".to_owned(), is_error: status >= 400 }
}

#[test]
fn a_good_logout_comes_back_with_its_state() {
    assert_eq!(passing(&good()), ["logout/session-ended", REDIRECTED, "logout/state-returned", "logout/no-other-parameters"]);
    assert_eq!(failing(&Logout { asked: false, ..good() }), Vec::<&str>::new());
    assert_eq!(failing(&Logout { end: page(200), ..good() }), [REDIRECTED]);
    assert_eq!(failing(&Logout { end: LogoutEnd::Unclear, asked: false, logged_in: Some(true), ..good() }), Vec::<&str>::new());
    assert_eq!(failing(&Logout { end: back(&[]), ..good() }), ["logout/state-returned"]);
    assert_eq!(failing(&Logout { end: back(&[("state", "S")]), ..good() }), ["logout/state-returned"]);
    assert_eq!(failing(&Logout { state: None, ..good() }), ["logout/no-unasked-state"]);
    assert_eq!(failing(&Logout { end: back(&[("state", "s"), ("sid", "1")]), ..good() }), ["logout/no-other-parameters"]);
    assert_eq!(failing(&Logout { logged_in: Some(true), ..good() }), ["logout/session-ended"]);
    let unasked = Logout { asked: false, ..good() };
    assert_eq!(passing(&unasked)[0], "logout/session-ended-by-hint");
    assert_eq!(failing(&Logout { logged_in: Some(true), ..unasked.clone() }), ["logout/session-ended-by-hint"]);
    assert_eq!(failing(&Logout { logged_in: Some(true), other_client: true, end: page(400), ..unasked }), Vec::<&str>::new());
    assert_eq!(failing(&Logout { logged_in: None, ..good() }), Vec::<&str>::new());
}

#[test]
fn post() {
    let posted = |end| Logout { by_post: true, end, logged_in: Some(true), ..good() };
    assert_eq!(failing(&posted(page(405))), [POST]);
    assert_eq!(not_run(&posted(page(405))).len(), 6);
    assert_eq!(failing(&Logout { logged_in: Some(false), ..posted(back(&[("state", "s")])) }), Vec::<&str>::new());
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
        let refused = Logout { end: page(400), asked: false, logged_in: Some(true), ..logout };
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
        let unasked = Logout { hint: Hint::None, asked: false, end: page(200), ..unknown };
        assert_eq!(failing(&unasked), Vec::<&str>::new());
    }
}

#[test]
fn without_a_good_hint_the_end_user_is_asked() {
    let bare = Logout { hint: Hint::None, redirect: Redirect::None, end: page(200), ..good() };
    assert_eq!(failing(&bare), Vec::<&str>::new());
    assert_eq!(failing(&Logout { asked: false, ..bare.clone() }), ["logout/asks-without-hint"]);
    assert_eq!(failing(&Logout { asked: false, logged_in: Some(true), ..bare.clone() }), Vec::<&str>::new());
    assert_eq!(failing(&Logout { asked: false, end: LogoutEnd::Unclear, ..bare.clone() }), Vec::<&str>::new());
    let stayed = Logout { asked: false, logged_in: Some(true), ..bare.clone() };
    assert_eq!(passing(&stayed), ["logout/asks-without-hint"]);
    assert_eq!(passing(&Logout { end: page(400), ..stayed }), Vec::<&str>::new(), "the request was refused");
    assert_eq!(failing(&Logout { logged_in: Some(true), ..bare }), ["logout/session-ended"]);
}

arbitrary_artefact!(Logout:
    hint in select(&[Hint::Good, Hint::None, Hint::Forged, Hint::Unsigned][..]),
    redirect in select(&[Redirect::Registered, Redirect::None, Redirect::Unregistered, Redirect::QueryAdded][..]),
    state in proptest::option::of("s|.{0,4}"),
    (other_client, by_post, asked) in any::<(bool, bool, bool)>(),
    end in prop_oneof![
        arbitrary::parameters("state|sid").prop_map(LogoutEnd::Redirected),
        (any::<Option<u16>>(), ".{0,4}").prop_map(|(status, says)| LogoutEnd::Page { status, says, is_error: status == Some(400) }),
        Just(LogoutEnd::Unclear),
    ],
    (logged_in_before, logged_in, control) in any::<(Option<bool>, Option<bool>, bool)>()
    => Logout { hint, redirect, state, other_client, by_post, end, asked, logged_in_before, logged_in, control }
);
