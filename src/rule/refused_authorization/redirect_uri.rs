//! Redirect URIs that the client did not register. OpenID Connect Core 3.1.2.1 has them match exactly, and RFC 9700 2.1 every authorization server.

use crate::rule::Check;
use crate::rule::expect::must;
use crate::rule::judgement::Judgement;
use crate::rule::refused_authorization::{Led, REFUSED, RefusedAuthorizations, Wrong};

pub(super) static RULES: &[Check<RefusedAuthorizations>] = &[
    must(
        "redirect-uri/other-host",
        "OIDCC-3.1.2.1",
        "Nobody is redirected to a host that the client did not register",
        "A link to the issuer sends the codes of everyone who follows it to an attacker.",
        "",
        |all| refused(all, Wrong::Host),
    ),
    must(
        "redirect-uri/other-scheme",
        "OIDCC-3.1.2.1",
        "Nobody is redirected to a URI with another scheme than the client registered",
        "The code goes over an open line, to another application, or into a script.",
        "",
        |all| refused(all, Wrong::Scheme),
    ),
    must(
        "redirect-uri/other-port",
        "OIDCC-3.1.2.1",
        "Nobody is redirected to another port than a client that is no native application registered",
        "Whatever else runs on the machine is handed the code.",
        "",
        // Native applications may use any port of loopback (RFC 8252 7.3), and issuers that do not know which clients are native let all of them.
        |all| all.each(|request| request.wrong == Wrong::Port, REFUSED, |request| request.port_counts.then(|| request.is_refused())),
    ),
    must(
        "redirect-uri/other-path",
        "OIDCC-3.1.2.1",
        "Nobody is redirected to another path than the client registered",
        "One page of the client's that passes on what it is sent is enough to lose the code.",
        "",
        |all| refused(all, Wrong::Path),
    ),
    must(
        "redirect-uri/other-case",
        "OIDCC-3.1.2.1",
        "Nobody is redirected to a path whose letters are of another case than the client registered",
        "On most servers that is another page, which never was to see a code.",
        "",
        |all| refused(all, Wrong::Case),
    ),
    must(
        "redirect-uri/other-query",
        "OIDCC-3.1.2.1",
        "Nobody is redirected to a URI with another query than the client registered",
        "An attacker chooses what the client does with the code.",
        "",
        |all| refused(all, Wrong::Query),
    ),
    must(
        "redirect-uri/other-parts",
        "OIDCC-3.1.2.1",
        "Nobody is redirected to a URI with a user or a fragment that the client did not register",
        "Browsers and servers disagree about where such a URI leads, and attackers live of that.",
        "",
        |all| refused(all, Wrong::Parts),
    ),
    must(
        "redirect-uri/padded",
        "OIDCC-3.1.2.1",
        "A redirect URI with white space around it is not taken for the one that the client registered",
        "What is compared is not what is sent, which is how headers are split.",
        "",
        |all| refused(all, Wrong::Padding),
    ),
    must(
        "redirect-uri/doubled",
        "RFC6749-4.1.2.1",
        "Of two redirect URIs in a request, one that is not registered is not redirected to",
        "The issuer checks one of them and sends the code to the other.",
        "",
        |all| {
            // Which of the two is used is left open; one that is not registered is not.
            let expected = "no redirect to the one that is not registered";
            all.each(|request| request.wrong == Wrong::Doubled, expected, |request| Some(!matches!(request.led, Led::Sent(_))))
        },
    ),
    must(
        "redirect-uri/missing",
        "OIDCC-3.1.2.2",
        "A request without a redirect URI, from a client that registered two, is not granted",
        "The response goes where the client is not waiting for it.",
        "",
        |all| all.each(|request| request.wrong == Wrong::Missing, "an error", |request| Some(request.is_refused())),
    ),
];

/// Passes when the requests that are wrong in this way are neither redirected to where they say nor taken for good ones.
fn refused(all: &RefusedAuthorizations, wrong: Wrong) -> Judgement {
    all.each(|request| request.wrong == wrong, REFUSED, |request| Some(request.is_refused()))
}
