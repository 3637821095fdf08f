//! The judgements on pages and on the answer to a login.

use super::super::expect::{holds, list, shorten};
use super::{LoginAnswer, NOT_307, ShownPage};
use crate::observed::document::{Cookie, Document};
use crate::observed::page::PageKind;
use crate::rule::Check;
use crate::rule::expect::{may, must, should};
use crate::rule::judgement::{Judgement, Unmet, not_applicable, not_run};
use crate::text::address::is_loopback;
use url::{Host, Url};

const NO_HEADERS: &str = "the user agent does not tell the headers of a page";

pub(super) static PAGE_RULES: &[Check<ShownPage>] = &[
    must(
        "page/https",
        "RFC6749-10.11",
        "The pages on which the end-user logs in and consents, and their forms for the password, are at https addresses",
        "Whoever is on the way reads the password, or puts a page of their own in its place.",
        https,
    ),
    must(
        "page/not-framed",
        "RFC9700-4.16",
        "The pages on which the end-user logs in and consents cannot be framed by other sites",
        "An attacker lays the consent page, invisible, under a button of their own, and the user presses both.",
        |page| {
            with_headers(page).and_then(|document| {
                let protected = ancestors(document).iter().any(|directive| confines(directive)) || frame_options(document);
                if !protected && document.scripts {
                    // RFC 6749 10.13 knows scripts that break out of frames; what a script does cannot be told by looking at it.
                    return not_applicable(format!("{}; but one of its scripts may break out of frames", told(page, document)));
                }
                holds(protected, "X-Frame-Options: DENY or SAMEORIGIN, or frame-ancestors in a Content-Security-Policy", told(page, document))
            })
        },
    ),
    should(
        "page/frame-ancestors",
        "RFC9700-4.16",
        "The pages on which the end-user logs in and consents name who may frame them in a Content Security Policy",
        "X-Frame-Options alone is not asked of every ancestor by every browser, and scripts against frames can be switched off.",
        |page| {
            with_headers(page).and_then(|document| {
                let named = ancestors(document).iter().any(|directive| confines(directive));
                holds(named, "Content-Security-Policy with frame-ancestors that do not name everybody", told(page, document))
            })
        },
    ),
    should(
        "page/no-third-party-resources",
        "RFC9700-4.2.4",
        "The pages of the authorization endpoint load no scripts, style sheets and frames of third parties",
        "The third party learns the address of the page with all that is in it, and a script of theirs reads the password.",
        |page| {
            asks(page).and_then(|document| {
                let own = owner(&page.url);
                let strange = |url: &&Url| owner(url) != own && !(is_loopback(url) && is_loopback(&page.url));
                let strange: Vec<String> = document.resources.iter().filter(strange).map(place).collect();
                let seen = if strange.is_empty() { format!("{} of its own", document.resources.len()) } else { list(&strange) };
                holds(strange.is_empty(), "scripts, style sheets and frames of the issuer's own site only", format!("{}: {seen}", kind(page)))
            })
        },
    ),
    may(
        "page/referrer-policy",
        "RFC9700-4.2.4",
        "The pages of the authorization endpoint say by a referrer policy that their address stays with them",
        "What the address holds, such as the state, is told to every site that a link of the page leads to.",
        |page| {
            with_headers(page).and_then(|document| {
                // The last policy that is known counts (Referrer Policy 8.1), and a page's own goes after the header's.
                let all = document.header("referrer-policy").chain(document.referrer.as_deref());
                let policy =
                    all.flat_map(|value| value.split(',')).map(str::trim).filter(|policy| !policy.is_empty()).last().map(str::to_ascii_lowercase);
                let kept =
                    policy.as_deref().is_some_and(|policy| !matches!(policy, "unsafe-url" | "no-referrer-when-downgrade" | "always" | "default"));
                let seen = policy.map_or_else(|| "no referrer policy".to_owned(), |policy| format!("Referrer-Policy: {}", shorten(&policy)));
                holds(kept, "a Referrer-Policy such as no-referrer", format!("{}: {seen}", kind(page)))
            })
        },
    ),
    may(
        "page/no-store",
        "RFC9111-5.2.2.5",
        "The pages on which the end-user logs in and consents forbid caching with `no-store`",
        "On a shared computer the next person finds them by the back button.",
        |page| {
            with_headers(page).and_then(|document| {
                let said: Vec<&str> = document.header("cache-control").collect();
                let forbids = said.iter().flat_map(|value| value.split(',')).any(|directive| directive.trim().eq_ignore_ascii_case("no-store"));
                let seen = if said.is_empty() { "no Cache-Control".to_owned() } else { format!("Cache-Control: {}", list(&said)) };
                holds(forbids, "Cache-Control: no-store", format!("{}: {seen}", kind(page)))
            })
        },
    ),
];

pub(super) static LOGIN_RULES: &[Check<LoginAnswer>] = &[
    must(
        NOT_307,
        "RFC9700-4.12",
        "The answer to the login form is no redirect that has the browser send the password again",
        "The browser carries the password on to the client, which may be anybody's.",
        |answer| {
            status(answer).and_then(|status| holds(!matches!(status, 307 | 308), "no redirect with status 307 or 308", format!("status {status}")))
        },
    ),
    should(
        "login/see-other",
        "RFC9700-4.12",
        "A redirect after the login form has status 303",
        "Of all redirects only this one promises that no browser sends the password again.",
        |answer| {
            status(answer).and_then(|status| match status {
                307 | 308 => not_run(NOT_307),
                301..=303 => holds(status == 303, "status 303", format!("status {status}")),
                _ => not_applicable(format!("status {status} is no redirect")),
            })
        },
    ),
    should(
        "login/cookies-secure",
        "RFC6265-8.3",
        "Every cookie that is set over https during a login is `Secure`",
        "One link to the plain address of the issuer, and the session is read off the wire.",
        |answer| {
            let all: Vec<&Cookie> = answer.cookies.iter().filter(|cookie| of_https(cookie)).collect();
            if all.is_empty() {
                return not_applicable("no cookie was seen that was set over https");
            }
            let without: Vec<&str> = all.iter().filter(|cookie| !cookie.secure).map(|cookie| cookie.name.as_str()).collect();
            let seen = if without.is_empty() {
                format!("Secure: {}", list(&all.iter().map(|cookie| &cookie.name).collect::<Vec<_>>()))
            } else {
                format!("without: {}", list(&without))
            };
            holds(without.is_empty(), "Secure on every cookie", seen)
        },
    ),
    may(
        "login/cookie-http-only",
        "RFC6265-4.1.2.6",
        "Of the cookies that are set during a login one at least is kept from scripts by `HttpOnly`",
        "One script that does not belong on any page of the issuer's carries the session away.",
        |answer| {
            // Some cookies are meant for scripts (OpenID Connect Session Management 3.2), so not every one has to be kept from them.
            if answer.cookies.is_empty() {
                return not_applicable("no cookie was seen");
            }
            let kept: Vec<&str> = answer.cookies.iter().filter(|cookie| cookie.http_only).map(|cookie| cookie.name.as_str()).collect();
            let seen = if kept.is_empty() { "no cookie is HttpOnly".to_owned() } else { format!("HttpOnly: {}", list(&kept)) };
            holds(!kept.is_empty(), "HttpOnly on the session's cookie", seen)
        },
    ),
];

/// A page that asks the end-user for something an attacker may want.
fn asks(page: &ShownPage) -> Result<&Document, Unmet> {
    match page.kind {
        PageKind::Login | PageKind::Identifier | PageKind::Consent => Ok(&page.document),
        _ => not_applicable("neither a login nor a consent page"),
    }
}

fn with_headers(page: &ShownPage) -> Result<&Document, Unmet> {
    asks(page).and_then(|document| if document.headers.is_some() { Ok(document) } else { not_applicable(NO_HEADERS) })
}

/// What it is, for a reader who sees the rule judged on several pages.
fn kind(page: &ShownPage) -> &'static str {
    match page.kind {
        PageKind::Login => "login page",
        PageKind::Identifier => "user name page",
        PageKind::Consent => "consent page",
        _ => "page",
    }
}

/// An address without what follows its path, which may be long.
fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

pub(super) fn https(page: &ShownPage) -> Judgement {
    asks(page).and_then(|document| {
        let is_plain = |url: &&Url| url.scheme() != "https" && !(is_loopback(url) && is_loopback(&page.url) && page.url.scheme() == "http");
        let plain: Vec<String> = std::iter::once(&page.url).chain(&document.actions).filter(is_plain).map(place).collect();
        let seen = if plain.is_empty() { format!("{}: {}", kind(page), place(&page.url)) } else { list(&plain) };
        holds(plain.is_empty(), "https addresses only", seen)
    })
}

/// The sources of `frame-ancestors`, of each policy that has some (Content Security Policy 2, 7.7). A policy in report-only mode protects nobody.
fn ancestors(document: &Document) -> Vec<String> {
    let policies = document.header("content-security-policy").flat_map(|value| value.split([',', '\n']));
    let directives = policies.filter_map(|policy| {
        policy.split(';').map(str::trim).find(|directive| {
            let name = directive.split_ascii_whitespace().next().unwrap_or_default();
            name.eq_ignore_ascii_case("frame-ancestors")
        })
    });
    directives.map(str::to_owned).collect()
}

/// A policy that names somebody, rather than everybody.
fn confines(directive: &str) -> bool {
    !directive
        .split_ascii_whitespace()
        .skip(1)
        .any(|source| matches!(source.to_ascii_lowercase().as_str(), "*" | "http:" | "https:" | "http://*" | "https://*"))
}

/// `X-Frame-Options`, where browsers heed it: `DENY` or `SAMEORIGIN` (RFC 7034 2.1).
fn frame_options(document: &Document) -> bool {
    let mut values = document.header("x-frame-options").flat_map(|value| value.split([',', '\n'])).map(str::trim).peekable();
    values.peek().is_some() && values.all(|value| value.eq_ignore_ascii_case("deny") || value.eq_ignore_ascii_case("sameorigin"))
}

fn told(page: &ShownPage, document: &Document) -> String {
    let options = document.header("x-frame-options").next().map(|value| format!("X-Frame-Options: {}", shorten(value)));
    let told: Vec<String> = options.into_iter().chain(ancestors(document)).collect();
    let told = if told.is_empty() { "neither X-Frame-Options nor frame-ancestors".to_owned() } else { list(&told) };
    format!("{}: {told}", kind(page))
}

/// The part of a host name that two hosts of one owner have in common. Without a list of public suffixes it is its last two labels: two
/// strangers under one suffix of two labels are taken for one, which is the safer error.
fn owner(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => {
            let labels: Vec<&str> = name.trim_end_matches('.').rsplit('.').take(2).collect();
            Some(labels.into_iter().rev().collect::<Vec<_>>().join("."))
        }
        host => Some(host.to_string()),
    }
}

fn status(answer: &LoginAnswer) -> Result<u16, Unmet> {
    answer.status.ok_or_else(|| Unmet::not_applicable("no form was posted, or its answer could not be seen"))
}

/// A cookie that is to be sent over https only: set there, or called so. Browsers refuse the others of these names.
fn of_https(cookie: &Cookie) -> bool {
    cookie.over_https || cookie.name.starts_with("__Secure-") || cookie.name.starts_with("__Host-") || cookie.same_site.as_deref() == Some("none")
}
