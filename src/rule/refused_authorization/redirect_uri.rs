//! Redirect URIs that the client did not register. OpenID Connect Core 3.1.2.1 has them match exactly, and RFC 9700 2.1 every authorization server.

use crate::rule::prelude::*;
use crate::rule::refused_authorization::{Led, REFUSED, RefusedAuthorizations, Wrong};

pub(super) static RULES: &[Check<RefusedAuthorizations>] = &[
    must(
        "redirect-uri/other-host",
        "OIDCC-3.1.2.1",
        "A redirect URI with a host that the client did not register must be refused",
        "With a link to the issuer, an attacker gets the code of every end-user who follows the link.",
        "Compare the redirect URI as a whole string with the registered ones, not by its beginning, its end, a pattern or the domain of the host. If \
         none is equal, show an error page and do not redirect.",
        |all| refused(all, Wrong::Host),
    ),
    must(
        "redirect-uri/other-scheme",
        "OIDCC-3.1.2.1",
        "A redirect URI with another scheme than the client registered must be refused",
        "The code is sent over an unencrypted connection, to another application, or into a script.",
        "Compare the redirect URI as a whole string, with its scheme: `http` and `https` are different. Do not accept `javascript:` and `data:` at \
         all.",
        |all| refused(all, Wrong::Scheme),
    ),
    must(
        "redirect-uri/other-port",
        "OIDCC-3.1.2.1",
        "A redirect URI with another port than registered must be refused for a client that is not a native application",
        "Another program on the same machine gets the code.",
        "Compare the port as a part of the redirect URI. Ignore the port only for native applications, and only on loopback addresses.",
        // Native applications may use any port of loopback (RFC 8252 7.3), and issuers that do not know which clients are native let all of them.
        |all| all.each(|request| request.wrong == Wrong::Port, REFUSED, |request| request.port_counts.then(|| request.is_refused())),
    ),
    must(
        "redirect-uri/other-path",
        "OIDCC-3.1.2.1",
        "A redirect URI with another path than the client registered must be refused",
        "One page of the client that forwards what it receives is enough to lose the code.",
        "Compare the redirect URI as it was sent, as a whole string: no prefixes, no patterns, no decoding of `%`, no resolving of `..`, and no \
         tolerance for a slash at the end.",
        |all| refused(all, Wrong::Path),
    ),
    must(
        "redirect-uri/other-case",
        "OIDCC-3.1.2.1",
        "A redirect URI whose path has letters of another case than the client registered must be refused",
        "On most servers this is another page, which was not meant to receive a code.",
        "Compare redirect URIs with their letter case. Check that neither the database column nor a URL library ignores the case.",
        |all| refused(all, Wrong::Case),
    ),
    must(
        "redirect-uri/other-query",
        "OIDCC-3.1.2.1",
        "A redirect URI with another query than the client registered must be refused",
        "An attacker can influence what the client does with the code.",
        "Compare the query as a part of the redirect URI, and accept no additional and no missing parameters. Clients can use `state` for values \
         that change.",
        |all| refused(all, Wrong::Query),
    ),
    must(
        "redirect-uri/other-parts",
        "OIDCC-3.1.2.1",
        "A redirect URI with a user name or a fragment that the client did not register must be refused",
        "Browsers and servers disagree about where such a URI leads, and attackers make use of this.",
        "Compare the redirect URI as a whole string before you parse it, and do not remove a fragment or a user name first.",
        |all| refused(all, Wrong::Parts),
    ),
    must(
        "redirect-uri/padded",
        "OIDCC-3.1.2.1",
        "A redirect URI with white space around it must be refused",
        "The issuer compares another value than it sends, and a line break in the value can split the headers of the response.",
        "Do not trim the redirect URI before you compare it, and refuse every redirect URI with white space or control characters.",
        |all| refused(all, Wrong::Padding),
    ),
    must(
        "redirect-uri/doubled",
        "RFC6749-4.1.2.1",
        "If a request has two redirect URIs, the issuer must not redirect to one that is not registered",
        "The issuer checks one redirect URI and sends the code to the other.",
        "Refuse requests in which a parameter occurs twice with an error page. Read `redirect_uri` once, and redirect to exactly the value that was \
         checked.",
        |all| {
            // Which of the two is used is left open; one that is not registered is not.
            let expected = "no redirect to the one that is not registered";
            all.each(|request| request.wrong == Wrong::Doubled, expected, |request| Some(!matches!(request.led, Led::Sent(_))))
        },
    ),
    must(
        "redirect-uri/beside-object",
        "OIDCC-6.1",
        "If a request object names a registered redirect URI, the issuer must not redirect to another one that stands beside it and is not registered",
        "An attacker puts an address beside the client's own request object, and gets the code of every end-user who follows the link.",
        "Put the request together first, with the parameters of the request object in the place of those beside it. Check the `redirect_uri` of the \
         result, and redirect to no other address.",
        |all| {
            // A request object need not be supported, and what stands beside it may be checked as well: a page is as good as the registered address.
            let expected = "no redirect to the one that is not registered";
            all.each(|request| request.wrong == Wrong::BesideObject, expected, |request| Some(!matches!(request.led, Led::Sent(_))))
        },
    ),
    must(
        "redirect-uri/missing",
        "OIDCC-3.1.2.2",
        "A request without a redirect URI, from a client that registered two, must be refused",
        "The response goes to an address where the client does not wait for it.",
        "Require `redirect_uri` in every authorization request of OpenID Connect, and show an error page if it is missing. Do not use the first \
         registered redirect URI instead.",
        |all| all.each(|request| request.wrong == Wrong::Missing, "an error", |request| Some(request.is_refused())),
    ),
];

/// Passes when the requests that are wrong in this way are neither redirected to where they say nor taken for good ones.
fn refused(all: &RefusedAuthorizations, wrong: Wrong) -> Judgement {
    all.each(|request| request.wrong == wrong, REFUSED, |request| Some(request.is_refused()))
}
