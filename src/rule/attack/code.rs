//! Attacks with an authorization code (RFC 6749 4.1.2, 4.1.3).

use super::super::Check;
use super::super::expect::{must, should};
use super::{Attack, CodeAttack, refused};

pub(super) const OTHER_CLIENT: &str = "code/another-client-refused";
pub(super) const OTHER_REDIRECT: &str = "code/other-redirect-uri-refused";
pub(super) const MISSING_REDIRECT: &str = "code/missing-redirect-uri-refused";
pub const USED: &str = "code/reuse-refused";
pub(super) const REPEATED: &str = "code/repeated-parameter-refused";
pub(super) const GET: &str = "code/get-refused";

pub(super) static RULES: &[Check<CodeAttack>] = &[
    must(
        OTHER_CLIENT,
        "RFC6749-4.1.3",
        "A code that was issued to one client is refused to another",
        "A client gets at users who never allowed it anything.",
        |attacked| refused(&attacked.0, Attack::CodeOfAnotherClient),
    ),
    must(
        OTHER_REDIRECT,
        "RFC6749-4.1.3",
        "A code is refused with another redirect URI than that of the authorization request",
        "A code that was caught at a manipulated redirect URI can be redeemed at the right one.",
        |attacked| refused(&attacked.0, Attack::OtherRedirectUri),
    ),
    // Tried by a client that registered several: of one that registered a single redirect URI, an issuer may take the request without it
    // (OpenID Connect Core 3.1.3.2).
    must(
        MISSING_REDIRECT,
        "RFC6749-4.1.3",
        "A code of a client that registered several redirect URIs is refused without the one that the authorization request had",
        "An attacker leaves it out, and what it is to prevent is not prevented.",
        |attacked| refused(&attacked.0, Attack::MissingRedirectUri),
    ),
    must(
        USED,
        "RFC6749-4.1.2",
        "A code that was exchanged before is refused",
        "A code in a browser's history or a log is as good as the user's tokens.",
        |attacked| refused(&attacked.0, Attack::UsedCode),
    ),
    should(
        REPEATED,
        "RFC6749-3.2",
        "A token request with its code twice is refused",
        "A gateway judges the first of them and the issuer takes the last.",
        |attacked| refused(&attacked.0, Attack::RepeatedParameter),
    ),
    // What has to use POST is the client.
    should(
        GET,
        "RFC6749-3.2",
        "The token endpoint gives no tokens to a GET",
        "Codes and secrets in addresses end up in logs and caches, and any page can send the request.",
        |attacked| refused(&attacked.0, Attack::GetRequest),
    ),
];
