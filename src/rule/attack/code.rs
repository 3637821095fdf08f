//! Attacks with an authorization code (RFC 6749 4.1.2, 4.1.3).

use crate::rule::Check;
use crate::rule::attack::{Attack, CodeAttack, refused};
use crate::rule::expect::{must, should};

pub(super) static RULES: &[Check<CodeAttack>] = &[
    must(
        "code/another-client-refused",
        "RFC6749-4.1.3",
        "A code that was issued to one client is refused to another",
        "A client gets at users who never allowed it anything.",
        "",
        |attacked| refused(&attacked.0, Attack::CodeOfAnotherClient),
    ),
    must(
        "code/other-redirect-uri-refused",
        "RFC6749-4.1.3",
        "A code is refused with another redirect URI than that of the authorization request",
        "A code that was caught at a manipulated redirect URI can be redeemed at the right one.",
        "",
        |attacked| refused(&attacked.0, Attack::OtherRedirectUri),
    ),
    // Tried by a client that registered several: of one that registered a single redirect URI, an issuer may take the request without it
    // (OpenID Connect Core 3.1.3.2).
    must(
        "code/missing-redirect-uri-refused",
        "RFC6749-4.1.3",
        "A code of a client that registered several redirect URIs is refused without the one that the authorization request had",
        "An attacker leaves it out, and what it is to prevent is not prevented.",
        "",
        |attacked| refused(&attacked.0, Attack::MissingRedirectUri),
    ),
    must(
        "code/reuse-refused",
        "RFC6749-4.1.2",
        "A code that was exchanged before is refused",
        "A code in a browser's history or a log is as good as the user's tokens.",
        "",
        |attacked| refused(&attacked.0, Attack::UsedCode),
    ),
    should(
        "code/repeated-parameter-refused",
        "RFC6749-3.2",
        "A token request with its code twice is refused",
        "A gateway judges the first of them and the issuer takes the last.",
        "",
        |attacked| refused(&attacked.0, Attack::RepeatedParameter),
    ),
    // What has to use POST is the client.
    should(
        "code/get-refused",
        "RFC6749-3.2",
        "The token endpoint gives no tokens to a GET",
        "Codes and secrets in addresses end up in logs and caches, and any page can send the request.",
        "",
        |attacked| refused(&attacked.0, Attack::GetRequest),
    ),
];
