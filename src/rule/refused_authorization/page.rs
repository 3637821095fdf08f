//! Requests for which a page is the only answer, and that page (RFC 6749 4.1.2.1 and 10.14, RFC 9110 15.5).

use scraper::Selector;

use crate::observed::markup;
use crate::rule::page::is_protected_from_frames;
use crate::rule::prelude::*;
use crate::rule::refused_authorization::{Led, MARKER, REFUSED, RefusedAuthorization, RefusedAuthorizations, Wrong};

pub(super) static RULES: &[Check<RefusedAuthorizations>] = &[
    must(
        "authz-refusal/unknown-client",
        "RFC6749-4.1.2.1",
        "A request from a client that does not exist must be answered with a page and not with a redirect",
        "An attacker can use links to the trusted issuer to send end-users to any address.",
        "Look up the client before you use any other parameter. If the client does not exist, show an error page with status 400, and do not use the \
         `redirect_uri` of the request.",
        |all| no_redirect(all, Wrong::UnknownClient),
    ),
    must(
        "authz-refusal/no-client",
        "RFC6749-4.1.2.1",
        "A request without a `client_id` must be answered with a page and not with a redirect",
        "An attacker can use links to the trusted issuer to send end-users to any address.",
        "If `client_id` is missing, show an error page with status 400. Do not use the `redirect_uri` of the request, and do not look for a client \
         that registered it.",
        |all| no_redirect(all, Wrong::NoClient),
    ),
    should(
        "authz-refusal/end-user-told",
        "RFC6749-4.1.2.1",
        "A request with a wrong client or redirect URI should be refused on a page of the issuer, not at a redirect URI of the client",
        "With a link, an attacker can make the client believe that one of its own requests failed.",
        "If the client or the redirect URI is wrong, show the end-user an error page. Do not send the error to another redirect URI that the client \
         registered.",
        |all| {
            // One of two redirect URIs is the client's, beside one another or beside a request object; and what was not refused at all is another rule's.
            let has_right_one = |request: &RefusedAuthorization| matches!(request.wrong, Wrong::Doubled | Wrong::BesideObject);
            all.each(|request| !has_right_one(request) && request.is_refused(), "a page of the issuer's", |request| Some(request.is_page()))
        },
    ),
    may(
        "authz-refusal/status-4xx",
        "RFC9110-15.5",
        "It is good practice that the page that refuses a wrong client or redirect URI has a 4xx status",
        "Monitoring cannot distinguish such attacks from logins, or from faults of the server.",
        "Send the error page with status 400. In Ory Hydra: `urls.error` replaces the fallback page, which has status 500.",
        |all| {
            let is_4xx = |led: &Led| matches!(led, Led::Page(Some(400..=499)));
            all.each(|request| matches!(request.led, Led::Page(Some(_))), "a status from 400 to 499", |request| Some(is_4xx(&request.led)))
        },
    ),
    must(
        "authz-refusal/sanitised",
        "RFC6749-10.14",
        "A page that shows values of a refused request must show markup in them as text",
        "With a link to the issuer, an attacker can run a script on the site where end-users type their passwords.",
        "Escape every value of the request when you write it into the page, with a template engine that does so by default, or do not show the \
         values.",
        |all| {
            let is_html = |kind: String| matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
            let is_about = |request: &RefusedAuthorization| request.marked && request.is_page() && request.response.media_type().is_some_and(is_html);
            all.each(is_about, said!("no element {MARKER}"), |request| has_element(&request.response.text()).map(|has| !has))
        },
    ),
    should(
        "authz-refusal/not-framed",
        "RFC9700-4.16",
        "The error pages of the authorization endpoint should be protected by a header against being shown in a frame of another site",
        "A page of an attacker can show the issuer's own error page within it, and make the end-user believe what stands around it.",
        "Send `Content-Security-Policy: frame-ancestors 'none'` and `X-Frame-Options: DENY` with error pages, too: set the headers for all pages and not for those with a form only.",
        |all| {
            let is_html = |kind: String| matches!(kind.as_str(), "text/html" | "application/xhtml+xml");
            let is_about = |request: &RefusedAuthorization| {
                request.is_page() && request.response.status >= 400 && request.response.media_type().is_some_and(is_html)
            };
            all.each(is_about, "frame-ancestors, or X-Frame-Options", |request| Some(is_protected_from_frames(&request.response)))
        },
    ),
];

/// Passes when the requests that are wrong in this way are answered with a page.
fn no_redirect(all: &RefusedAuthorizations, wrong: Wrong) -> Judgement {
    all.each(|request| request.wrong == wrong, REFUSED, |request| Some(request.is_page()))
}

/// True if markup of the request became an element; `None` where that cannot be known. In a quoted attribute, in the text of a script and in a comment it
/// does no harm.
fn has_element(html: &str) -> Option<bool> {
    let marker = Selector::parse(MARKER.trim_matches(['<', '>'])).ok()?;
    Some(markup::parse(html).ok()?.select(&marker).next().is_some())
}
