//! Attacks with a refresh token (RFC 6749 6, RFC 9700 4.14).

use super::super::Check;
use super::super::expect::{must, should};
use super::{Attack, RefreshAttack, refused};

pub(super) const OTHER_CLIENT: &str = "refresh/another-client-refused";
pub(super) const WRONG_SECRET: &str = "refresh/wrong-secret-refused";
pub(super) const ACCESS_TOKEN: &str = "refresh/access-token-refused";
pub const USED: &str = "refresh/reuse-refused";

pub(super) static RULES: &[Check<RefreshAttack>] = &[
    must(
        OTHER_CLIENT,
        "RFC6749-6",
        "A refresh token that was issued to one client is refused to another",
        "A client that finds the token of another acts for users who never allowed it anything.",
        |attacked| refused(&attacked.0, Attack::RefreshTokenOfAnotherClient),
    ),
    must(
        WRONG_SECRET,
        "RFC6749-6",
        "A refresh token is refused to a client with a wrong secret",
        "Whoever steals the token needs nothing else to stay in for good.",
        |attacked| refused(&attacked.0, Attack::RefreshWithWrongSecret),
    ),
    must(
        ACCESS_TOKEN,
        "RFC6749-6",
        "An access token in the place of a refresh token is refused",
        "A resource server that sees an access token can make itself new ones without end.",
        |attacked| refused(&attacked.0, Attack::AccessTokenAsRefreshToken),
    ),
    // Some issuers let the last one work for some seconds more, for clients that missed the answer.
    should(
        USED,
        "RFC9700-4.14.2",
        "A refresh token that was exchanged for a newer one is refused",
        "A thief who copied it refreshes beside the client, and nobody notices.",
        |attacked| refused(&attacked.0, Attack::UsedRefreshToken),
    ),
];
