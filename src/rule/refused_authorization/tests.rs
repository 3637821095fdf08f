use super::*;
use crate::rule::testing::prelude::*;
use crate::rule::testing::{not_applicable, text};

const ALL: [(Wrong, &str); 13] = [
    (Wrong::Host, "redirect-uri/other-host"),
    (Wrong::Scheme, "redirect-uri/other-scheme"),
    (Wrong::Port, "redirect-uri/other-port"),
    (Wrong::Path, "redirect-uri/other-path"),
    (Wrong::Case, "redirect-uri/other-case"),
    (Wrong::Query, "redirect-uri/other-query"),
    (Wrong::Parts, "redirect-uri/other-parts"),
    (Wrong::Padding, "redirect-uri/padded"),
    (Wrong::Doubled, "redirect-uri/doubled"),
    (Wrong::BesideObject, "redirect-uri/beside-object"),
    (Wrong::Missing, "redirect-uri/missing"),
    (Wrong::UnknownClient, "authz-refusal/unknown-client"),
    (Wrong::NoClient, "authz-refusal/no-client"),
];

fn one(wrong: Wrong, led: Led, page: &str) -> RefusedAuthorization {
    let mut response = text(400, "text/html; charset=utf-8", page);
    response.headers.push(("x-frame-options".to_owned(), "DENY".to_owned()));
    RefusedAuthorization { wrong, sent: "http://evil.example/cb".to_owned(), led, response, port_counts: true, marked: page.contains("oa-authtest") }
}

fn all(wrong: Wrong, led: Led) -> RefusedAuthorizations {
    RefusedAuthorizations(vec![one(wrong, led, "No.")])
}

fn registered(taken: bool) -> Led {
    Led::Registered { taken, with: "error = login_required".to_owned() }
}

#[test]
fn a_page_is_right_and_a_redirect_there_is_wrong() {
    for (wrong, rule) in ALL {
        let page = all(wrong, Led::Page(Some(400)));
        assert_eq!(failing(&page), [""; 0], "{wrong:?}");
        assert!(passing(&page).contains(&rule), "{wrong:?}");
        assert_eq!(failing(&all(wrong, Led::Sent("`code`".to_owned()))), [rule], "{wrong:?}");
    }
}

#[test]
fn a_redirect_to_the_clients_own_redirect_uri_depends() {
    let of_two = [Wrong::Doubled, Wrong::BesideObject];
    for (wrong, rule) in ALL.into_iter().filter(|(wrong, _)| !of_two.contains(wrong) && !matches!(wrong, Wrong::UnknownClient | Wrong::NoClient)) {
        assert_eq!(failing(&all(wrong, registered(true))), [rule], "{wrong:?}");
        assert_eq!(failing(&all(wrong, registered(false))), ["authz-refusal/end-user-told"], "{wrong:?}");
    }
    for (wrong, taken) in of_two.into_iter().flat_map(|wrong| [(wrong, true), (wrong, false)]) {
        assert_eq!(failing(&all(wrong, registered(taken))), [""; 0], "{wrong:?}");
    }
}

#[test]
fn an_error_page_may_not_be_framed() {
    let mut page = one(Wrong::UnknownClient, Led::Page(Some(400)), "No.");
    page.response.headers.retain(|(name, _)| name != "x-frame-options");
    assert_eq!(failing(&RefusedAuthorizations(vec![page.clone()])), ["authz-refusal/not-framed"]);
    page.response.headers.push(("content-security-policy".to_owned(), "frame-ancestors 'none'".to_owned()));
    assert!(passing(&RefusedAuthorizations(vec![page.clone()])).contains(&"authz-refusal/not-framed"));
    page.response = text(400, "application/json", "{}");
    assert!(not_applicable(&RefusedAuthorizations(vec![page])).contains(&"authz-refusal/not-framed"));
}

#[test]
fn what_was_not_seen_is_not_judged() {
    for led in [Led::Unknown("the browser failed".to_owned()), Led::Page(Some(503)), Led::Page(Some(429))] {
        for (wrong, _) in ALL {
            let artefact = all(wrong, led.clone());
            assert_eq!((failing(&artefact), passing(&artefact)), (vec![], vec![]), "{wrong:?} {led:?}");
        }
    }
    assert_eq!(not_applicable(&RefusedAuthorizations(vec![])).len(), RefusedAuthorizations::rules().count());
}

#[test]
fn the_port_counts_only_for_a_client_that_is_no_native_application() {
    let mut artefact = all(Wrong::Port, Led::Sent("`code`".to_owned()));
    artefact.0[0].port_counts = false;
    assert_eq!(failing(&artefact), [""; 0]);
}

#[test]
fn one_that_is_wrong_among_many_is_found_and_said() {
    let pages = [Wrong::Host, Wrong::Host, Wrong::Path].map(|wrong| one(wrong, Led::Page(Some(400)), "No."));
    let mut artefact = RefusedAuthorizations(pages.to_vec());
    artefact.0.push(one(Wrong::Host, Led::Sent("`code`".to_owned()), ""));
    artefact.0[3].response.exchange = 7;
    assert_eq!(failing(&artefact), ["redirect-uri/other-host"]);
    assert_eq!(artefact.exchange(), Some(7));
}

#[test]
fn the_page_has_a_status_and_no_markup_of_the_requests() {
    for (status, wrong) in [(None, false), (Some(400), false), (Some(403), false), (Some(200), true), (Some(500), true)] {
        let failed = failing(&all(Wrong::Path, Led::Page(status)));
        assert_eq!(failed.contains(&"authz-refusal/status-4xx"), wrong, "{status:?}");
    }
    for (page, wrong) in [
        (MARKER, true),
        ("<OA-Authtest>", true),
        ("&lt;oa-authtest&gt;", false),
        ("%3Coa-authtest%3E", false),
        ("<i title='<oa-authtest>'>", false),
        ("<script>let a = \"<oa-authtest>\";</script>", false),
    ] {
        let mut artefact = RefusedAuthorizations(vec![one(Wrong::Query, Led::Page(Some(400)), &format!("<p>{page}</p>"))]);
        artefact.0[0].marked = true;
        assert_eq!(failing(&artefact).contains(&"authz-refusal/sanitised"), wrong, "{page}");
        artefact.0[0].response = text(400, "application/json", page);
        assert_eq!(failing(&artefact), [""; 0], "{page}");
    }
}

#[test]
fn any_port_of_loopback_is_taken() {
    for (ipv6, rule, other) in [
        (false, "redirect-uri/loopback-port", "redirect-uri/loopback-port-ipv6"),
        (true, "redirect-uri/loopback-port-ipv6", "redirect-uri/loopback-port"),
    ] {
        let judged = |led| LoopbackRedirect { sent: "http://127.0.0.1:5/cb".to_owned(), led, ipv6, exchange: 0 };
        assert_eq!(passing(&judged(Led::Sent("error = login_required".to_owned()))), [rule]);
        for led in [Led::Page(Some(400)), Led::Page(None), registered(true)] {
            assert_eq!(failing(&judged(led.clone())), [rule]);
            assert_eq!(not_applicable(&judged(led)), [other]);
        }
        for led in [Led::Page(Some(503)), Led::Unknown("?".to_owned())] {
            assert_eq!(not_applicable(&judged(led)).len(), 2);
        }
    }
}

fn any_led() -> impl Strategy<Value = Led> {
    prop_oneof![
        proptest::option::of(any::<u16>()).prop_map(Led::Page),
        ".{0,4}".prop_map(Led::Sent),
        (any::<bool>(), ".{0,4}").prop_map(|(taken, with)| Led::Registered { taken, with }),
        ".{0,4}".prop_map(Led::Unknown),
    ]
}

prop_compose! {
    fn any_request()(
        (wrong, _) in select(&ALL[..]), led in any_led(), sent in ".{0,12}", page in "(é|<oa-authtest>|.){0,4}", port_counts in any::<bool>(), marked in any::<bool>(),
    ) -> RefusedAuthorization {
        RefusedAuthorization { sent, port_counts, marked, ..one(wrong, led, &page) }
    }
}

arbitrary_artefact!(RefusedAuthorizations: requests in proptest::collection::vec(any_request(), 0..5) => RefusedAuthorizations(requests));

arbitrary_artefact!(LoopbackRedirect:
    led in any_led(), sent in ".{0,12}", ipv6 in any::<bool>() => LoopbackRedirect { sent, led, ipv6, exchange: 0 }
);
