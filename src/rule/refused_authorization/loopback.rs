//! The ports of native applications (RFC 8252 7.3).

use crate::rule::prelude::*;
use crate::rule::refused_authorization::Led;

/// A request of a native application for a redirect to another port of loopback than it registered, all else the same.
#[derive(Debug, Clone)]
pub struct LoopbackRedirect {
    /// The redirect URI of the request.
    pub sent: String,
    /// Where it led.
    pub led: Led,
    /// True if it is on the IPv6 loopback address.
    pub ipv6: bool,
    /// The journal's number of the exchange.
    pub exchange: usize,
}

artefact!(LoopbackRedirect: [RULES], at exchange);

// OpenID Connect Core 3.1.2.1 has the redirect URI "exactly match": a provider that obeys it cannot follow RFC 8252.
static RULES: &[Check<LoopbackRedirect>] = &[
    should(
        "redirect-uri/loopback-port",
        "RFC8252-7.3",
        "The issuer should accept a native application's redirect URI on a loopback address with any port",
        "If another program uses the registered port, the application cannot log its end-user in.",
        "For native applications, ignore the port when you compare redirect URIs on `127.0.0.1` and `[::1]`, and compare all other parts exactly.",
        |redirect| {
            applies_if(!redirect.ipv6, "the redirect URI is on the IPv6 loopback address")?;
            is_taken(redirect)
        },
    ),
    should(
        "redirect-uri/loopback-port-ipv6",
        "RFC8252-7.3",
        "The issuer should accept a native application's redirect URI on the IPv6 loopback address with any port",
        "On a device that has IPv6 only, the application cannot log its end-user in.",
        "For native applications, ignore the port when you compare redirect URIs on `[::1]`, too. Parse the address: the colons in the brackets are no port.",
        |redirect| {
            applies_if(redirect.ipv6, "the redirect URI is on the IPv4 loopback address")?;
            is_taken(redirect)
        },
    ),
];

/// Passes where the browser is sent to the port of the request.
fn is_taken(redirect: &LoopbackRedirect) -> Judgement {
    let sent = shorten(&redirect.sent);
    match &redirect.led {
        Led::Sent(with) => pass(said!("{sent}: a redirect there with {}", shorten(with))),
        Led::Page(Some(status @ (429 | 503))) => not_applicable(said!("status {status} says nothing about the request")),
        Led::Page(Some(status)) => fail("a redirect there", said!("{sent}: a page with status {status}")),
        Led::Page(None) => fail("a redirect there", said!("{sent}: a page")),
        Led::Registered { with, .. } => fail("a redirect there", said!("{sent}: a redirect to the registered one with {}", shorten(with))),
        Led::Unknown(why) => not_applicable(said!("it could not be seen where the request led: {}", shorten(why))),
    }
}
