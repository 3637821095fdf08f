//! Rules about authorization requests that must not lead to a redirect (RFC 6749 4.1.2.1, RFC 9700 4.1.3), and about the ports of native
//! applications (RFC 8252 7.3).

use crate::rule::expect;
use crate::rule::prelude::*;

pub use loopback::LoopbackRedirect;

mod loopback;
mod page;
mod redirect_uri;
#[cfg(test)]
mod tests;

/// What is wrong with a request so that must not lead to a redirect it.
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
    /// It is not registered, and stands beside a request object with one that is.
    BesideObject,
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

/// A request that must not lead to a redirect, and where it led.
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

impl RefusedAuthorization {
    /// True if it was neither redirected to where it said nor taken for a good one.
    fn is_refused(&self) -> bool {
        !matches!(self.led, Led::Sent(_) | Led::Registered { taken: true, .. })
    }

    /// True if it led to a page of the issuer's.
    fn is_page(&self) -> bool {
        matches!(self.led, Led::Page(_))
    }

    /// What became of it, for the report.
    fn became(&self) -> String {
        let sent = shorten(&self.sent);
        match &self.led {
            Led::Page(Some(status)) => format!("{sent}: a page with status {status}"),
            Led::Page(None) => format!("{sent}: a page"),
            Led::Sent(with) => format!("{sent}: a redirect there with {}", shorten(with)),
            Led::Registered { with, .. } => format!("{sent}: a redirect to the registered redirect URI with {}", shorten(with)),
            Led::Unknown(why) => format!("{sent}: {}", shorten(why)),
        }
    }
}

const REFUSED: &str = "a page that says so, and no redirect";

/// Markup that does no harm, to be looked for in what an issuer shows of a request.
pub const MARKER: &str = "<oa-authtest>";

/// Every request of a story that must not lead to a redirect. Each rule is judged once, on all that it is about.
#[derive(Debug, Clone)]
pub struct RefusedAuthorizations(pub Vec<RefusedAuthorization>);

impl RefusedAuthorizations {
    /// Judges every request that a rule is about, each by itself. `is_right` gives `None` where nothing can be concluded.
    fn each(
        &self,
        is_about: impl Fn(&RefusedAuthorization) -> bool,
        expected: impl Into<Words>,
        is_right: impl Fn(&RefusedAuthorization) -> Option<bool>,
    ) -> Judgement {
        let judged = self.0.iter().filter(|request| is_about(request)).map(|request| {
            // A server with too much to do says nothing about the request.
            let is_open = matches!(request.led, Led::Unknown(_) | Led::Page(Some(429 | 503)));
            (is_right(request).filter(|_| !is_open), request.became())
        });
        expect::each(expected, judged)
    }
}

impl Artefact for RefusedAuthorizations {
    const RULES: &'static [&'static [Check<Self>]] = &[redirect_uri::RULES, page::RULES];
    /// The first that did not lead to a page, else the first.
    fn exchange(&self) -> Option<usize> {
        let elsewhere = self.0.iter().find(|refused| !matches!(refused.led, Led::Page(_)));
        elsewhere.or_else(|| self.0.first()).map(|refused| refused.response.exchange)
    }
}
