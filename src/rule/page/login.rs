//! Rules about what an issuer answers and sets when the end-user logs in (RFC 9700 4.12, RFC 6265).

use crate::observed::document::Cookie;
use crate::rule::prelude::*;

/// What the issuer set and answered during an authorization in which the end-user logged in.
#[derive(Debug, Clone)]
pub struct LoginAnswer {
    /// The status of the answer to the form with the password, where it could be seen.
    pub status: Option<u16>,
    /// The cookies that were set, without their values.
    pub cookies: Vec<Cookie>,
    /// The exchange of the form, where it could be seen.
    pub exchange: Option<usize>,
}

impl LoginAnswer {
    fn status(&self) -> Result<u16, Unmet> {
        self.status.ok_or_else(|| Unmet::not_applicable("no form was posted, or its answer could not be seen"))
    }
}

artefact!(LoginAnswer: [RULES], at exchange);

const NOT_307: &str = "login/password-not-resent";

static RULES: &[Check<LoginAnswer>] = &[
    must_by_bcp(
        NOT_307,
        "RFC9700-4.12",
        "The answer to the login form must not be a redirect with status 307 or 308, which makes the browser send the password again",
        "The browser sends the password on to the client, which may belong to an attacker.",
        "Answer the login form with a redirect of status 303. The browser then continues with a GET request that does not contain the form.",
        |answer| {
            let status = answer.status()?;
            // Section 4.12 names 307 alone. RFC 9700 2.1 forbids to forward the credentials at all, and RFC 9110 15.4 calls 307 and 308 alike
            // method-preserving: a browser sends the password again at 308 as it does at 307.
            holds(!matches!(status, 307 | 308), "no redirect with status 307 or 308", said!("status {status}"))
        },
    ),
    should(
        "login/see-other",
        "RFC9700-4.12",
        "A redirect after the login form should have status 303",
        "Only status 303 guarantees that no browser sends the password again.",
        "Set the status of the redirect after the login form to 303 (See Other). Many frameworks send 302 if no status is given.",
        |answer| match answer.status()? {
            307 | 308 => not_run(NOT_307),
            status @ 301..=303 => holds(status == 303, "status 303", said!("status {status}")),
            status => not_applicable(said!("status {status} is no redirect")),
        },
    ),
    should(
        "login/cookies-secure",
        "RFC6265-8.3",
        "Every cookie that is set over https during a login should be `Secure`",
        "If the browser follows one link to the http address of the issuer, an attacker on the network can read the session.",
        "Set the attribute `Secure` on every cookie. If TLS ends at a proxy, configure the server so that it knows that its public address is https.",
        |answer| {
            let all: Vec<&Cookie> = answer.cookies.iter().filter(|cookie| of_https(cookie)).collect();
            applies_if(!all.is_empty(), "no cookie was seen that was set over https")?;
            let without: Vec<&str> = all.iter().filter(|cookie| !cookie.secure).map(|cookie| cookie.name.as_str()).collect();
            let seen = if without.is_empty() {
                said!("Secure: {}", list(&all.iter().map(|cookie| &cookie.name).collect::<Vec<_>>()))
            } else {
                said!("without: {}", list(&without))
            };
            holds(without.is_empty(), "Secure on every cookie", seen)
        },
    ),
    may(
        "login/cookie-http-only",
        "RFC6265-4.1.2.6",
        "It is good practice that at least one of the cookies set during a login is kept from scripts by `HttpOnly`",
        "An injected script on any page of the issuer can steal the session.",
        "Set the attribute `HttpOnly` on the cookie that holds the login session. Omit it only for cookies that scripts must read.",
        |answer| {
            // Some cookies are meant for scripts (OpenID Connect Session Management 3.2), so not every one has to be kept from them.
            applies_if(!answer.cookies.is_empty(), "no cookie was seen")?;
            let kept: Vec<&str> = answer.cookies.iter().filter(|cookie| cookie.http_only).map(|cookie| cookie.name.as_str()).collect();
            let seen = if kept.is_empty() { "no cookie is HttpOnly".to_owned() } else { format!("HttpOnly: {}", list(&kept)) };
            holds(!kept.is_empty(), "HttpOnly on the session's cookie", seen)
        },
    ),
];

/// A cookie that is to be sent over https only: set there, or called so. Browsers refuse the others of these names.
fn of_https(cookie: &Cookie) -> bool {
    cookie.over_https || cookie.name.starts_with("__Secure-") || cookie.name.starts_with("__Host-") || cookie.same_site.as_deref() == Some("none")
}
