use super::*;
use crate::observed::document::{Cookie, Document};
use crate::observed::page::PageKind;
use crate::rule::testing::not_applicable;
use crate::rule::testing::prelude::*;

fn page(kind: PageKind, url: &str, headers: &[(&str, &str)], html: &str) -> ShownPage {
    let headers: Vec<(String, String)> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ShownPage {
        kind,
        url: url.parse().expect("a URL"),
        document: Document::read(url, html, Some(&headers), false),
        leads_to: Some("http://127.0.0.1:3000/cb".parse().expect("a URL")),
        client: Some("https://app.client.example/cb".parse().expect("a URL")),
        exchange: None,
    }
}

const OP: &str = "https://login.op.example/authorize?state=1";
const FORM: &str = "<form method=post action=/login><input type=password></form>";
const GOOD: [(&str, &str); 4] = [
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
];

fn with(change: (&'static str, &'static str), html: &str) -> Vec<&'static str> {
    // Of the two that keep a page from being framed, the change is to be all there is.
    let is_other = |name: &str| name != change.0 && !(change.0 == "content-security-policy" && name == "x-frame-options");
    let mut headers: Vec<_> = GOOD.into_iter().filter(|(name, _)| is_other(name)).collect();
    headers.extend(Some(change).filter(|(_, value)| !value.is_empty()));
    failing(&page(PageKind::Login, OP, &headers, html))
}

#[test]
fn a_good_page_passes_and_others_are_not_asked() {
    assert_eq!(passing(&page(PageKind::Consent, OP, &GOOD, FORM)).len(), 9);
    assert_eq!(not_applicable(&page(PageKind::Error, OP, &[], "")).len(), 9);
    let mut unseen = page(PageKind::Login, OP, &[], FORM);
    unseen.document.headers = None;
    assert_eq!(failing(&unseen), Vec::<&str>::new());
}

#[test]
fn framing() {
    let both = ["page/not-framed", "page/frame-ancestors"];
    assert_eq!(with(("content-security-policy", ""), FORM), both);
    assert_eq!(with(("content-security-policy", "default-src 'self'"), FORM), both);
    assert_eq!(with(("content-security-policy", "frame-ancestors *"), FORM), both);
    assert_eq!(with(("content-security-policy", "frame-ancestors https:"), FORM), both);
    assert_eq!(with(("content-security-policy-report-only", "frame-ancestors 'none'"), FORM), Vec::<&str>::new(), "beside the real one");
    assert_eq!(with(("content-security-policy", "script-src 'self', Frame-Ancestors 'self' https://a.example"), FORM), Vec::<&str>::new());
    assert_eq!(with(("content-security-policy", ""), &format!("{FORM}<script>x()</script>")), ["page/frame-ancestors"]);
    for (value, failed) in
        [("DENY", &both[1..]), ("sameorigin", &both[1..]), ("DENY, DENY", &both[1..]), ("ALLOW-FROM https://a.example", &both), ("ALLOWALL", &both)]
    {
        let headers = [("x-frame-options", value), GOOD[2], GOOD[3]];
        assert_eq!(failing(&page(PageKind::Login, OP, &headers, FORM)), failed, "{value}");
    }
}

#[test]
fn one_protection_beside_another() {
    let rule = ["page/x-frame-options"];
    assert_eq!(with(("x-frame-options", ""), FORM), rule);
    assert_eq!(with(("x-frame-options", "ALLOWALL"), FORM), rule);
    assert_eq!(with(("x-frame-options", "sameorigin"), FORM), Vec::<&str>::new());
    assert_eq!(with(("x-frame-options", ""), &format!("{FORM}<script>x()</script>")), Vec::<&str>::new());
    assert_eq!(with(("content-security-policy", "frame-ancestors 'self' https://a.example"), FORM), Vec::<&str>::new());
}

#[test]
fn where_a_form_may_lead() {
    let policy = |more: &str| format!("frame-ancestors 'none'; {more}");
    let judged = |more: &str, client: Option<&str>| {
        let (policy, client) = (policy(more), client.map(|url| url.parse().expect("a URL")));
        let headers = [("content-security-policy", policy.as_str()), GOOD[1], GOOD[2], GOOD[3]];
        failing(&ShownPage { leads_to: client, ..page(PageKind::Consent, OP, &headers, FORM) })
    };
    let client = Some("http://127.0.0.1:3000/cb");
    assert_eq!(judged("form-action 'self'", client), ["page/form-action-lets-client"]);
    assert_eq!(judged("form-action 'self'", None), Vec::<&str>::new());
    assert_eq!(judged("form-action 'self' http://127.0.0.1:3000", client), Vec::<&str>::new());
    assert_eq!(judged("default-src 'none'", client), Vec::<&str>::new());
}

#[test]
fn what_leaves_the_page() {
    assert_eq!(with(("referrer-policy", ""), FORM), ["page/referrer-policy"]);
    assert_eq!(with(("referrer-policy", "unsafe-url"), FORM), ["page/referrer-policy"]);
    assert_eq!(with(("referrer-policy", "no-referrer, strict-origin-when-cross-origin"), FORM), Vec::<&str>::new());
    assert_eq!(with(("referrer-policy", ""), "<meta name=referrer content=origin>"), Vec::<&str>::new());
    assert_eq!(with(("cache-control", "private"), FORM), ["page/no-store"]);
    assert_eq!(with(("cache-control", "max-age=0, No-Store"), FORM), Vec::<&str>::new());
    assert_eq!(with(("x", "y"), "<script src=https://cdn.op.example/a.js></script>"), Vec::<&str>::new());
    assert_eq!(with(("x", "y"), "<script src=https://cdn.example.net/a.js></script>"), ["page/no-third-party-resources"]);
    assert_eq!(with(("x", "y"), "<iframe src=//tracker.example/></iframe>"), ["page/no-third-party-resources"]);
    assert_eq!(with(("x", "y"), "<img src=https://client.example/logo.png>"), Vec::<&str>::new());
    for (link, failed) in [
        ("https://help.op.example/", &[][..]),
        ("https://www.client.example/policy", &[]),
        ("mailto:help@elsewhere.example", &[]),
        ("/help", &[]),
        ("https://partner.example/offers", &["page/no-third-party-links"]),
    ] {
        assert_eq!(with(("x", "y"), &format!("{FORM}<a href={link}>More</a>")), failed, "{link}");
    }
}

#[test]
fn https_but_on_loopback() {
    let html = "<form action=http://login.op.example/login><input type=password></form>";
    assert_eq!(with(("x", "y"), html), ["page/https"]);
    assert_eq!(with(("x", "y"), "<form action=http://op.example/search><input name=q></form>"), Vec::<&str>::new());
    let by_script = "<form action='javascript:void(0)' onsubmit='log_in()'><input type=password></form>";
    assert_eq!(with(("x", "y"), by_script), Vec::<&str>::new());
    assert_eq!(failing(&page(PageKind::Login, "http://op.example/", &GOOD, FORM)), ["page/https"]);
    assert_eq!(failing(&page(PageKind::Login, "http://localhost:1/", &GOOD, FORM)), Vec::<&str>::new());
    assert_eq!(failing(&page(PageKind::Login, "http://localhost:1/", &GOOD, html)), ["page/https"]);
}

#[test]
fn answers_to_a_login() {
    let answer = |status: Option<u16>, cookies: &[(&str, bool)]| LoginAnswer {
        status,
        cookies: cookies.iter().filter_map(|(header, over_https)| Cookie::read(header, *over_https)).collect(),
        exchange: None,
    };
    let good = ("s=1; Secure; HttpOnly; SameSite=None", true);
    assert_eq!(passing(&answer(Some(303), &[good])).len(), 4);
    assert_eq!(not_applicable(&answer(None, &[])).len(), 4);
    assert_eq!(failing(&answer(Some(302), &[good])), ["login/see-other"]);
    assert_eq!(failing(&answer(Some(200), &[good])), Vec::<&str>::new());
    assert_eq!(failing(&answer(Some(307), &[good])), ["login/password-not-resent"]);
    assert_eq!(failing(&answer(Some(308), &[good])), ["login/password-not-resent"]);
    for (cookies, failed) in [
        (&[("s=1; HttpOnly", true)][..], &["login/cookies-secure"][..]),
        (&[("s=1; HttpOnly", false)], &[]),
        (&[("__Host-s=1; HttpOnly", false)], &["login/cookies-secure"]),
        (&[("s=1; Secure", true)], &["login/cookie-http-only"]),
        (&[("s=1; Secure", true), good], &[]),
        (&[("lang=en", true), good], &["login/cookies-secure"]),
        (&[("lang=en", true), ("t=1; Secure; HttpOnly", true)], &["login/cookies-secure"]),
    ] {
        assert_eq!(failing(&answer(None, cookies)), failed, "{cookies:?}");
    }
}

arbitrary_artefact!(ShownPage:
    kind in select(&[PageKind::Login, PageKind::Identifier, PageKind::Consent, PageKind::Error][..]),
    url in select(&[OP, "http://op.example/", "http://localhost:1/", "https://[::1]/é", "data:x"][..]),
    headers in proptest::collection::vec(
        ("content-security-policy|x-frame-options|referrer-policy|cache-control", "(frame-ancestors|form-action|'none'|deny|[*,; ]|https?:|é){0,5}"),
        0..5,
    ),
    html in "(<form action=|<script src=|https?:|//|[.]example|[>é ]){0,8}"
    => {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        page(kind, url, &headers, &html)
    }
);

arbitrary_artefact!(LoginAnswer:
    status in proptest::option::of(prop_oneof![300..310_u16, any::<u16>()]),
    cookies in proptest::collection::vec(("(__Secure-|é)?a=b(; ?(Secure|HttpOnly|SameSite=None)){0,3}|.{0,12}", any::<bool>()), 0..4)
    => LoginAnswer { status, cookies: cookies.iter().filter_map(|(header, over_https)| Cookie::read(header, *over_https)).collect(), exchange: None }
);
