//! Rules about authorization requests that nobody may be redirected for (RFC 6749 4.1.2.1, RFC 9700 4.1.3), and about the ports of native
//! applications (RFC 8252 7.3).

use super::expect::must;
use super::{Artefact, Check};
use crate::observed::received::Received;

mod judge;

pub(super) static RULES: &[Check<RefusedAuthorizations>] = &[
    must(
        "redirect-uri/other-host",
        "RFC9700-2.1",
        "Nobody is redirected to a host that the client did not register",
        "A link to the issuer sends the codes of everyone who follows it to an attacker.",
        |all| judge::refused(all, Wrong::Host),
    ),
    must(
        "redirect-uri/other-scheme",
        "RFC9700-2.1",
        "Nobody is redirected to a URI with another scheme than the client registered",
        "The code goes over an open line, to another application, or into a script.",
        |all| judge::refused(all, Wrong::Scheme),
    ),
];

pub(super) static RULES_2: &[Check<RefusedAuthorizations>] = &[
    must(
        "redirect-uri/other-path",
        "RFC9700-2.1",
        "Nobody is redirected to another path than the client registered",
        "One page of the client's that passes on what it is sent is enough to lose the code.",
        |all| judge::refused(all, Wrong::Path),
    ),
    must(
        "redirect-uri/other-case",
        "RFC9700-2.1",
        "Nobody is redirected to a path whose letters are of another case than the client registered",
        "On most servers that is another page, which never was to see a code.",
        |all| judge::refused(all, Wrong::Case),
    ),
    must(
        "redirect-uri/other-query",
        "RFC9700-2.1",
        "Nobody is redirected to a URI with another query than the client registered",
        "An attacker chooses what the client does with the code.",
        |all| judge::refused(all, Wrong::Query),
    ),
    must(
        "redirect-uri/other-parts",
        "RFC9700-2.1",
        "Nobody is redirected to a URI with a user or a fragment that the client did not register",
        "Browsers and servers disagree about where such a URI leads, and attackers live of that.",
        |all| judge::refused(all, Wrong::Parts),
    ),
    must(
        "redirect-uri/padded",
        "RFC9700-2.1",
        "A redirect URI with white space around it is not taken for the one that the client registered",
        "What is compared is not what is sent, which is how headers are split.",
        |all| judge::refused(all, Wrong::Padding),
    ),
];

pub(super) static RULES_3: &[Check<RefusedAuthorizations>] = &[
    must(
        "authz-refusal/unknown-client",
        "RFC6749-4.1.2.1",
        "Nobody is redirected for a client that does not exist",
        "The issuer sends people anywhere an attacker likes, under its own good name.",
        |all| judge::no_redirect(all, Wrong::UnknownClient),
    ),
    must(
        "authz-refusal/no-client",
        "RFC6749-4.1.2.1",
        "Nobody is redirected for a request that names no client",
        "The issuer sends people anywhere an attacker likes, under its own good name.",
        |all| judge::no_redirect(all, Wrong::NoClient),
    ),
];

#[cfg(test)]
mod tests;

/// What is wrong with a request so that nobody may be redirected for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// The host of the redirect URI.
    Host,
    /// Its scheme.
    Scheme,
    /// Its port.
    Port,
    /// Its path.
    Path,
    /// The case of the letters of its path.
    Case,
    /// Its query.
    Query,
    /// It has a user or a fragment.
    Parts,
    /// It has white space around it.
    Padding,
    /// There are two redirect URIs, one of them registered.
    Doubled,
    /// There is no redirect URI though two are registered.
    Missing,
    /// There is no such client.
    UnknownClient,
    /// It names no client.
    NoClient,
}

/// Where a request led.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Led {
    /// To a page of the issuer's, with its status where that was seen.
    Page(Option<u16>),
    /// To the redirect URI that was sent and is not the client's. With what is said of it: `code`, or the error.
    Sent(String),
    /// To a redirect URI that the client registered.
    Registered {
        /// True if the issuer had found nothing wrong: a code, or an error about the end-user only.
        taken: bool,
        /// What came: `code`, or the error.
        with: String,
    },
    /// It could not be seen.
    Unknown(String),
}

/// A request that nobody may be redirected for, and where it led.
#[derive(Debug, Clone)]
pub struct RefusedAuthorization {
    /// What was wrong with it.
    pub wrong: Wrong,
    /// What was sent, for the report: the redirect URI mostly.
    pub sent: String,
    /// Where it led.
    pub led: Led,
    /// The answer to the request itself.
    pub response: Received,
    /// True if the client is known to be one that the rule about ports is for: no native application.
    pub port_counts: bool,
    /// True if [`MARKER`] was in the request.
    pub marked: bool,
}

/// Markup that does no harm, to be looked for in what an issuer shows of a request.
pub const MARKER: &str = "<oa-authtest>";

/// Every request of a story that nobody may be redirected for. Each rule is judged once, on all that it is about.
#[derive(Debug, Clone)]
pub struct RefusedAuthorizations(pub Vec<RefusedAuthorization>);

impl Artefact for RefusedAuthorizations {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES, judge::RULES, RULES_2, judge::RULES_2, RULES_3, judge::RULES_3];
    /// The first that did not lead to a page, else the first.
    fn exchange(&self) -> Option<usize> {
        let elsewhere = self.0.iter().find(|refused| !matches!(refused.led, Led::Page(_)));
        elsewhere.or_else(|| self.0.first()).map(|refused| refused.response.exchange)
    }
}

/// A request of a native application for a redirect to another port of loopback than it registered, all else the same.
#[derive(Debug, Clone)]
pub struct LoopbackRedirect {
    /// The redirect URI of the request.
    pub sent: String,
    /// Where it led.
    pub led: Led,
    /// The journal's number of the exchange.
    pub exchange: usize,
}

impl Artefact for LoopbackRedirect {
    const RULES: &'static [&'static [Check<Self>]] = &[judge::LOOPBACK_RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}
