use super::*;
use crate::rule::testing::not_applicable;
use crate::rule::testing::prelude::*;

fn code() -> Came {
    Came::Code { place: Place::Query, state: None }
}

fn error(error: &str) -> Came {
    Came::Error(error.to_owned())
}

fn requests(requests: &[(Asked, Came)]) -> SessionRequests {
    let requests = requests.iter().enumerate().map(|(number, (asked, came))| SessionRequest {
        asked: asked.clone(),
        sent: "a request".to_owned(),
        came: came.clone(),
        asking: 0,
        exchange: Some(number),
    });
    SessionRequests { requests: requests.collect(), control: Control::Good, session_states: Vec::new(), metadata: json!({}) }
}

const REFUSED: [(Asked, Option<Asked>, &str); 5] = [
    (Asked::MaxAgeZero, None, "session/max-age-zero"),
    (Asked::HintElsewhere, Some(Asked::Hint), "session/hint-no-login"),
    (Asked::Subject(Named::Another), Some(Asked::Subject(Named::TheUser)), "session/sub-value"),
    (Asked::UnknownAcr, None, "session/acr-essential"),
    (Asked::UnknownMode, None, "authz-refusal/response-mode"),
];

const TAKEN: [(Asked, &str); 7] = [
    (Asked::UnknownMember, "claims/unknown-members-ignored"),
    (Asked::UnknownInClaim, "claims/unknown-in-claim-ignored"),
    (Asked::UnavailableClaim, "claims/unavailable-no-error"),
    (Asked::NoState, "authz/state-optional"),
    (Asked::ShortState, "authz/state-short"),
    (Asked::ShortNonce, "authz/nonce-short"),
    (Asked::EmptyParameters, "authz/empty-parameters"),
];

#[test]
fn what_must_be_refused_is_judged_by_its_control() {
    for (asked, control, rule) in REFUSED {
        let with = |came: Came, control_came: Came| {
            let control = control.clone().map(|control| (control, control_came));
            requests(&[(asked.clone(), came)].into_iter().chain(control).collect::<Vec<_>>())
        };
        assert_eq!(failing(&with(code(), code())), [rule]);
        for refusal in [error("login_required"), error("unmet_authentication_requirements"), Came::Page(Some(400))] {
            let all = with(refusal.clone(), code());
            let is_status = |id: &&str| *id == "authz-refusal/response-mode-status";
            assert_eq!(failing(&all).into_iter().filter(|id| !is_status(id)).collect::<Vec<_>>(), [""; 0], "{rule} {refusal:?}");
            assert!(passing(&all).contains(&rule), "{rule} {refusal:?}");
            // Without a request in order that is granted, a refusal may be for anything.
            let mut ended = with(refusal.clone(), code());
            ended.control = Control::Missing("the session has ended".to_owned());
            assert!(!passing(&ended).contains(&rule), "{rule}");
            if control.is_some() {
                assert!(!passing(&with(refusal, error("invalid_request"))).contains(&rule), "{rule}");
            }
        }
        for open in [error("temporarily_unavailable"), error("server_error"), Came::Page(Some(503)), Came::Page(None), Came::Unknown("?".to_owned())]
        {
            assert!(not_applicable(&with(open, code())).contains(&rule), "{rule}");
        }
    }
}

#[test]
fn what_must_be_taken_may_be_refused_for_want_of_a_page_only() {
    for (asked, rule) in TAKEN {
        assert!(passing(&requests(&[(asked.clone(), code())])).contains(&rule));
        for refusal in [error("invalid_request"), error("server_error"), Came::Page(Some(400)), Came::Page(Some(500))] {
            let mut all = requests(&[(asked.clone(), refusal)]);
            assert_eq!(failing(&all), [rule]);
            all.control = Control::Missing("the session has ended".to_owned());
            assert_eq!(failing(&all), [""; 0]);
        }
        for open in [error("consent_required"), error("temporarily_unavailable"), Came::Page(Some(429)), Came::Page(Some(200)), Came::Page(None)] {
            let all = requests(&[(asked.clone(), open)]);
            assert!(not_applicable(&all).contains(&rule), "{all:?}");
        }
    }
}

#[test]
fn a_hint_that_is_not_verified_may_decide_nothing() {
    for (fault, rule) in [(HintFault::Forged, "session/hint-forged"), (HintFault::Unsigned, "session/hint-unsigned")] {
        let with = |own: Came, other: Came, hint: Came| {
            let bad = |named| Asked::BadHint(fault, named);
            requests(&[(Asked::Hint, hint), (bad(Named::TheUser), own), (bad(Named::Another), other)])
        };
        assert_eq!(failing(&with(code(), error("login_required"), code())), [rule]);
        assert!(passing(&with(error("invalid_request"), error("invalid_request"), code())).contains(&rule));
        // Nor does one show anything that looks at no hints, or refuses its own.
        assert!(not_applicable(&with(code(), code(), code())).contains(&rule));
        assert!(not_applicable(&with(error("invalid_request"), error("invalid_request"), error("invalid_request"))).contains(&rule));
        assert!(not_applicable(&with(error("login_required"), code(), code())).contains(&rule));
        assert!(not_applicable(&with(code(), Came::Unknown("?".to_owned()), code())).contains(&rule));
    }
}

#[test]
fn an_acr_that_cannot_be_had_has_an_error_of_its_own() {
    let rule = "authz-error/unmet-acr-code";
    for (came, right) in [
        (error("unmet_authentication_requirements"), true),
        (error("login_required"), true),
        (error("interaction_required"), true),
        (error("access_denied"), false),
        (error("invalid_request"), false),
    ] {
        let all = requests(&[(Asked::UnknownAcr, came)]);
        assert_eq!(failing(&all).contains(&rule), !right, "{all:?}");
    }
    assert!(not_applicable(&requests(&[(Asked::UnknownAcr, Came::Page(Some(400)))])).contains(&rule));
    let mut asked = requests(&[(Asked::UnknownAcr, error("access_denied"))]);
    asked.requests[0].asking = 1;
    assert!(not_applicable(&asked).contains(&rule));
}

#[test]
fn an_account_is_selected_on_a_page() {
    let rule = "session/select-account";
    let of = |pages, came, metadata: Value| {
        let mut all = SessionRequests { metadata, ..requests(&[(Asked::SelectAccount, came)]) };
        all.requests[0].asking = pages;
        (failing(&all).contains(&rule), passing(&all).contains(&rule))
    };
    assert_eq!(of(1, code(), json!({})), (false, true));
    assert_eq!(of(0, code(), json!({})), (true, false));
    assert_eq!(of(0, error("account_selection_required"), json!({})), (false, true));
    assert_eq!(of(0, error("interaction_required"), json!({})), (false, true));
    assert_eq!(of(1, Came::Unknown("no way on".to_owned()), json!({})), (false, true));
    for open in [error("server_error"), Came::Page(Some(400)), Came::Page(None), Came::Unknown("no way on".to_owned())] {
        assert_eq!(of(0, open, json!({})), (false, false));
    }
    assert_eq!(of(0, code(), json!({ "prompt_values_supported": ["none", "login"] })), (false, false));
    assert_eq!(of(0, code(), json!({ "prompt_values_supported": ["select_account"] })), (true, false));
}

#[test]
fn an_empty_state_does_not_come_back() {
    let of = |state: Option<&str>| failing(&requests(&[(Asked::EmptyState, Came::Code { place: Place::Query, state: state.map(str::to_owned) })]));
    assert_eq!((of(None), of(Some(""))), (vec![], vec!["authz/empty-state"]));
    assert!(not_applicable(&requests(&[(Asked::EmptyState, error("invalid_request"))])).contains(&"authz/empty-state"));
}

#[test]
fn a_response_mode_that_is_supported_is_heeded() {
    let at = |place| Came::Code { place, state: None };
    for (promise, rule) in [(Promise::Listed, "authz/response-mode-published"), (Promise::Default, "authz/response-mode-default")] {
        for (mode, place, right) in [
            ("query", Place::Query, true),
            ("query", Place::Fragment, false),
            ("fragment", Place::Fragment, true),
            ("fragment", Place::Query, false),
            ("form_post", Place::Form, true),
            ("form_post", Place::Query, false),
        ] {
            let mut all = requests(&[(Asked::Mode("query", promise), at(Place::Query)), (Asked::Mode(mode, promise), at(place))]);
            all.metadata = json!({ "registration_endpoint": "https://issuer.example/register" });
            assert_eq!((failing(&all).contains(&rule), passing(&all).contains(&rule)), (!right, right), "{mode} {place:?}");
        }
        let mut refused = requests(&[(Asked::Mode("fragment", promise), error("invalid_request"))]);
        assert_eq!(failing(&refused).contains(&rule), promise == Promise::Listed);
        refused.metadata = json!({ "registration_endpoint": "https://issuer.example/register" });
        assert_eq!(failing(&refused), [rule]);
    }
}

#[test]
fn an_unknown_response_mode_ends_on_a_page_with_status_400() {
    let rule = "authz-refusal/response-mode-status";
    let failed = |came| failing(&requests(&[(Asked::UnknownMode, came)])).contains(&rule);
    assert!(!failed(Came::Page(Some(400))) && !failed(Came::Page(None)) && !failed(code()) && !failed(Came::Page(Some(503))));
    assert!(failed(error("invalid_request")) && failed(Came::Page(Some(200))) && failed(Came::Page(Some(500))));
}

#[test]
fn the_session_state_of_errors_is_another_one_each_time() {
    let rule = "authz-error/session-state-salted";
    let of = |states: &[&str]| {
        let session_states = states.iter().map(|state| (*state).to_owned()).collect();
        let all = SessionRequests { session_states, ..requests(&[]) };
        (failing(&all).contains(&rule), passing(&all).contains(&rule))
    };
    assert_eq!((of(&[]), of(&["a.b"])), ((false, false), (false, false)));
    assert_eq!((of(&["a.b", "c.d", "e.f"]), of(&["a.b", "c.d", "a.b"])), ((false, true), (true, false)));
}

#[test]
fn the_exchange_is_that_of_the_request_that_a_rule_is_about() {
    let all = requests(&[(Asked::MaxAgeZero, code()), (Asked::UnknownAcr, code()), (Asked::UnknownMode, code())]);
    assert_eq!(
        (all.exchange(), all.exchange_of("session/max-age-zero"), all.exchange_of("authz-refusal/response-mode")),
        (Some(2), Some(0), Some(2))
    );
}

fn all_asked() -> Vec<Asked> {
    let mut asked: Vec<Asked> = REFUSED.into_iter().flat_map(|(asked, control, _)| std::iter::once(asked).chain(control)).collect();
    asked.extend(TAKEN.into_iter().map(|(asked, _)| asked));
    for fault in [HintFault::Forged, HintFault::Unsigned] {
        asked.extend([Asked::BadHint(fault, Named::TheUser), Asked::BadHint(fault, Named::Another)]);
    }
    asked.extend([Asked::EmptyState, Asked::Mode("query", Promise::Listed), Asked::Mode("fragment", Promise::Default), Asked::SelectAccount]);
    asked
}

prop_compose! {
    fn any_request()(
        asked in select(all_asked()),
        came in prop_oneof![
            Just(code()),
            ".{0,4}|invalid_request|login_required".prop_map(Came::Error),
            proptest::option::of(any::<u16>()).prop_map(Came::Page),
            ".{0,4}".prop_map(Came::Unknown),
        ],
        asking in 0..2_usize,
    ) -> SessionRequest {
        SessionRequest { asked, sent: "a request".to_owned(), came, asking, exchange: Some(3) }
    }
}

arbitrary_artefact!(SessionRequests: requests in proptest::collection::vec(any_request(), 0..8) => {
    SessionRequests { requests, control: Control::Good, session_states: Vec::new(), metadata: json!({}) }
});
