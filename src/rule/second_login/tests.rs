use super::*;
use crate::rule::jose::testing::arbitrary_object;
use crate::rule::testing::prelude::*;

const ASKED: i64 = 1_700_000_100;

fn login(again: Again, login_pages: usize, pages: usize, second: &Value) -> SecondLogin {
    let object = |value: Value| value.as_object().cloned();
    SecondLogin {
        again,
        request: Arc::default(),
        login_pages,
        pages,
        error: second.as_str().map(str::to_owned),
        first: object(json!({ "sub": "u", "auth_time": ASKED - 5 })).unwrap_or_default(),
        second: object(second.clone()),
        asked_at: ASKED,
        logged_in: None,
        skew: 10,
    }
}

fn failed(login: &SecondLogin) -> Vec<String> {
    judged(login).failed.into_iter().map(|id| id.trim_start_matches("session/").to_owned()).collect()
}

#[test]
fn an_issuer_without_sessions_cannot_succeed_silently() {
    for (again, rule) in [(Again::PromptNone, "prompt-none-silent"), (Again::IdTokenHint, "id-token-hint")] {
        let refused = login(again, 0, 0, &json!("login_required"));
        assert_eq!(failed(&refused), [rule]);
        assert_eq!(failed(&SecondLogin { logged_in: Some(true), ..refused.clone() }), [rule]);
        assert!(failed(&SecondLogin { logged_in: Some(false), ..refused }).is_empty());
    }
}

#[test]
fn silent_requests_are_judged() {
    let same = json!({ "sub": "u", "auth_time": ASKED - 5 });
    for (pages, second, rules, with_hint) in [
        (0, same.clone(), &[][..], &[][..]),
        (0, json!({ "sub": "u" }), &[], &[]),
        (1, same, &["prompt-none-no-page"], &["prompt-none-no-page"]),
        (0, json!({ "sub": "u", "auth_time": ASKED }), &["auth-time-stable"], &["auth-time-stable"]),
        (1, json!({ "sub": "u", "auth_time": ASKED }), &["prompt-none-no-page"], &["prompt-none-no-page"]),
        (0, json!({ "sub": "v", "auth_time": ASKED - 5 }), &["sub-stable"], &["sub-stable"]),
        (0, json!("login_required (nobody is here)"), &["prompt-none-silent"], &["id-token-hint"]),
        (0, json!("server_error"), &["prompt-none-silent"], &["id-token-hint"]),
        (0, json!("consent_required"), &[], &[]),
        (0, json!("interaction_required (more)"), &[], &[]),
        (0, json!("invalid_request (no hint)"), &[], &["id-token-hint"]),
        (0, Value::Null, &[], &[]),
    ] {
        assert_eq!(failed(&login(Again::PromptNone, 0, pages, &second)), rules, "{second}");
        assert_eq!(failed(&login(Again::IdTokenHint, 0, pages, &second)), with_hint, "{second}");
    }
}

#[test]
fn fresh_logins_are_judged() {
    let at = |time: i64| json!({ "sub": "u", "auth_time": time });
    for (login_pages, pages, second, rules, by_age) in [
        (1, 1, at(ASKED + 1), &[][..], &[][..]),
        (1, 2, json!({ "sub": "u" }), &[], &[]),
        (0, 0, at(ASKED - 5), &["prompt-login-page"], &["max-age-page"]),
        (0, 0, json!({ "sub": "u" }), &["prompt-login-page"], &["max-age-page"]),
        // Signed in by other means, a passkey or a domain's ticket.
        (0, 0, at(ASKED), &[], &[]),
        (0, 1, at(ASKED - 5), &[], &[]),
        (1, 1, at(ASKED - 5), &["prompt-login-auth-time"], &["max-age-reauth"]),
        (1, 1, at(ASKED - 4000), &["prompt-login-auth-time"], &["max-age-reauth", "max-age-recent"]),
        (0, 0, json!("login_required"), &[], &[]),
        (1, 1, json!({ "sub": "v", "auth_time": ASKED + 1 }), &["sub-stable"], &["sub-stable"]),
    ] {
        assert_eq!(failed(&login(Again::PromptLogin, login_pages, pages, &second)), rules, "{login_pages} {pages} {second}");
        assert_eq!(failed(&login(Again::MaxAgePassed(1), login_pages, pages, &second)), by_age, "{login_pages} {pages} {second}");
    }
}

#[test]
fn the_max_age_that_a_client_registered_is_kept() {
    let at = |time: i64| json!({ "sub": "u", "auth_time": time });
    for (pages, second, rules) in [
        (1, at(ASKED + 1), &[][..]),
        (0, at(ASKED), &[]),
        (0, at(ASKED - 5), &["default-max-age-page"]),
        (0, json!({ "sub": "u" }), &["default-max-age-page"]),
        (0, json!("login_required"), &[]),
    ] {
        assert_eq!(failed(&login(Again::DefaultMaxAgePassed(1), pages, pages, &second)), rules, "{second}");
    }
}

#[test]
fn an_ample_max_age_changes_nothing() {
    let at = |time: i64| json!({ "sub": "u", "auth_time": time });
    for (pages, second, rules) in [
        (0, at(ASKED - 5), &[][..]),
        (1, at(ASKED + 1), &[]),
        (0, at(ASKED + 1), &["auth-time-stable"]),
        // Rounded up once and down once.
        (0, at(ASKED - 3), &[]),
        (1, at(ASKED - 10_011), &["max-age-recent"]),
        (1, at(ASKED - 10_010), &[]),
    ] {
        assert_eq!(failed(&login(Again::MaxAgeAmple(10_000), pages, pages, &second)), rules, "{second}");
    }
}

#[test]
fn a_time_that_is_none_is_not_compared() {
    let odd = json!({ "sub": "u", "auth_time": 0 });
    for again in [Again::PromptNone, Again::PromptLogin, Again::MaxAgePassed(1)] {
        let silent = again == Again::PromptNone;
        let mut both = login(again, usize::from(!silent), usize::from(!silent), &odd);
        both.first = odd.as_object().cloned().unwrap_or_default();
        assert_eq!(failed(&both), Vec::<String>::new(), "{again:?}");
    }
}

arbitrary_artefact!(SecondLogin:
    again in prop_oneof![
        Just(Again::PromptNone), Just(Again::IdTokenHint), Just(Again::PromptLogin),
        any::<u64>().prop_map(Again::MaxAgePassed), any::<u64>().prop_map(Again::MaxAgeAmple),
    ],
    (login_pages, pages, asked_at, skew) in (0..3_usize, 0..3_usize, any::<i64>(), any::<i64>()),
    error in proptest::option::of(".{0,8}"),
    first in arbitrary_object(&["sub", "auth_time"]),
    second in proptest::option::of(arbitrary_object(&["sub", "auth_time"]))
    => SecondLogin { again, request: Arc::default(), login_pages, pages, error, first, second, asked_at, logged_in: None, skew }
);
