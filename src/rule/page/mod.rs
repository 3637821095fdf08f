//! Rules about the pages an issuer shows during an authorization (RFC 6749 10, RFC 9700 4), and about what it answers to a login.

use url::Url;

use super::expect::{may, must, should};
use super::{Artefact, Check};
use crate::observed::document::{Cookie, Document};
use crate::observed::page::PageKind;

mod judge;
#[cfg(test)]
mod tests;

/// A page that was shown between the authorization request and its answer.
#[derive(Debug, Clone)]
pub struct ShownPage {
    /// What it was taken for.
    pub kind: PageKind,
    /// Its address.
    pub url: Url,
    /// The document behind it.
    pub document: Document,
}

impl Artefact for ShownPage {
    const RULES: &'static [Check<Self>] = PAGE_RULES;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

/// What the issuer set and answered during an authorization in which the end-user logged in.
#[derive(Debug, Clone)]
pub struct LoginAnswer {
    /// The status of the answer to the form with the password, where it could be seen.
    pub status: Option<u16>,
    /// The cookies that were set, without their values.
    pub cookies: Vec<Cookie>,
}

impl Artefact for LoginAnswer {
    const RULES: &'static [Check<Self>] = LOGIN_RULES;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

const NOT_307: &str = "login/password-not-resent";

static PAGE_RULES: &[Check<ShownPage>] = &[
    must(
        "page/https",
        "RFC6749-10.11",
        "The pages on which the end-user logs in and consents, and their forms for the password, are at https addresses",
        "Whoever is on the way reads the password, or puts a page of their own in its place.",
        judge::https,
    ),
    must(
        "page/not-framed",
        "RFC9700-4.16",
        "The pages on which the end-user logs in and consents cannot be framed by other sites",
        "An attacker lays the consent page, invisible, under a button of their own, and the user presses both.",
        judge::not_framed,
    ),
    should(
        "page/frame-ancestors",
        "RFC9700-4.16",
        "The pages on which the end-user logs in and consents name who may frame them in a Content Security Policy",
        "X-Frame-Options alone is not asked of every ancestor by every browser, and scripts against frames can be switched off.",
        judge::frame_ancestors,
    ),
    should(
        "page/no-third-party-resources",
        "RFC9700-4.2.4",
        "The pages of the authorization endpoint load no scripts, style sheets and frames of third parties",
        "The third party learns the address of the page with all that is in it, and a script of theirs reads the password.",
        judge::no_third_party,
    ),
    may(
        "page/referrer-policy",
        "RFC9700-4.2.4",
        "The pages of the authorization endpoint say by a referrer policy that their address stays with them",
        "What the address holds, such as the state, is told to every site that a link of the page leads to.",
        judge::referrer_policy,
    ),
    may(
        "page/no-store",
        "RFC9111-5.2.2.5",
        "The pages on which the end-user logs in and consents forbid caching with `no-store`",
        "On a shared computer the next person finds them by the back button.",
        judge::no_store,
    ),
];

static LOGIN_RULES: &[Check<LoginAnswer>] = &[
    must(
        NOT_307,
        "RFC9700-4.12",
        "The answer to the login form is no redirect that has the browser send the password again",
        "The browser carries the password on to the client, which may be anybody's.",
        judge::not_resent,
    ),
    should(
        "login/see-other",
        "RFC9700-4.12",
        "A redirect after the login form has status 303",
        "Of all redirects only this one promises that no browser sends the password again.",
        judge::see_other,
    ),
    should(
        "login/cookies-secure",
        "RFC6265-8.3",
        "Every cookie that is set over https during a login is `Secure`",
        "One link to the plain address of the issuer, and the session is read off the wire.",
        judge::secure,
    ),
    may(
        "login/cookie-http-only",
        "RFC6265-4.1.2.6",
        "Of the cookies that are set during a login one at least is kept from scripts by `HttpOnly`",
        "One script that does not belong on any page of the issuer's carries the session away.",
        judge::http_only,
    ),
];
