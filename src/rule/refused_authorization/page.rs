//! Requests for which a page is the only answer, and that page (RFC 6749 4.1.2.1 and 10.14, RFC 9110 15.5).

use scraper::{Html, Selector};

use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::Judgement;
use crate::rule::refused_authorization::{Led, MARKER, REFUSED, RefusedAuthorization, RefusedAuthorizations, Wrong};

pub(super) static RULES: &[Check<RefusedAuthorizations>] = &[
    must(
        "authz-refusal/unknown-client",
        "RFC6749-4.1.2.1",
        "Nobody is redirected for a client that does not exist",
        "The issuer sends people anywhere an attacker likes, under its own good name.",
        "",
        |all| no_redirect(all, Wrong::UnknownClient),
    ),
    must(
        "authz-refusal/no-client",
        "RFC6749-4.1.2.1",
        "Nobody is redirected for a request that names no client",
        "The issuer sends people anywhere an attacker likes, under its own good name.",
        "",
        |all| no_redirect(all, Wrong::NoClient),
    ),
    should(
        "authz-refusal/end-user-told",
        "RFC6749-4.1.2.1",
        "A request with a wrong client or redirect URI is refused on a page for the end-user, not at a redirect URI of the client's",
        "An attacker's link makes the client believe that one of its own requests failed.",
        "",
        |all| {
            // One of two redirect URIs is the client's; and what was not refused at all is another rule's.
            all.each(|request| request.wrong != Wrong::Doubled && request.is_refused(), "a page of the issuer's", |request| Some(request.is_page()))
        },
    ),
    may(
        "authz-refusal/status-4xx",
        "RFC9110-15.5",
        "The page that refuses a request with a wrong client or redirect URI has a 4xx status",
        "Monitoring cannot tell attacks from logins.",
        "",
        |all| {
            let is_4xx = |led: &Led| matches!(led, Led::Page(Some(400..=499)));
            all.each(|request| matches!(request.led, Led::Page(Some(_))), "a status from 400 to 499", |request| Some(is_4xx(&request.led)))
        },
    ),
    must(
        "authz-refusal/sanitised",
        "RFC6749-10.14",
        "A page that shows what was in a refused request shows markup in it as text",
        "A link to the issuer runs an attacker's script on the page where passwords are typed.",
        "",
        |all| {
            let is_html = |kind: String| matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
            let is_about = |request: &RefusedAuthorization| request.marked && request.is_page() && request.response.media_type().is_some_and(is_html);
            let is_right = |request: &RefusedAuthorization| !has_element(&request.response.text());
            all.each(is_about, &format!("no element {MARKER}"), |request| Some(is_right(request)))
        },
    ),
];

/// Passes when the requests that are wrong in this way are answered with a page.
fn no_redirect(all: &RefusedAuthorizations, wrong: Wrong) -> Judgement {
    all.each(|request| request.wrong == wrong, REFUSED, |request| Some(request.is_page()))
}

/// True if markup of the request became an element. In a quoted attribute, in the text of a script and in a comment it does no harm.
fn has_element(html: &str) -> bool {
    let Ok(marker) = Selector::parse(MARKER.trim_matches(['<', '>'])) else { return false };
    Html::parse_document(html).select(&marker).next().is_some()
}
