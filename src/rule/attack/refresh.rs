//! Attacks with a refresh token (RFC 6749 6, RFC 9700 4.14).

use crate::rule::Check;
use crate::rule::attack::{Attack, RefreshAttack, refused};
use crate::rule::expect::{must, should};

pub(super) static RULES: &[Check<RefreshAttack>] = &[
    must(
        "refresh/another-client-refused",
        "RFC6749-6",
        "A refresh token that was issued to one client is refused to another",
        "A client that finds the token of another acts for users who never allowed it anything.",
        "",
        |attacked| refused(&attacked.0, Attack::RefreshTokenOfAnotherClient),
    ),
    must(
        "refresh/wrong-secret-refused",
        "RFC6749-6",
        "A refresh token is refused to a client with a wrong secret",
        "Whoever steals the token needs nothing else to stay in for good.",
        "",
        |attacked| refused(&attacked.0, Attack::RefreshWithWrongSecret),
    ),
    must(
        "refresh/access-token-refused",
        "RFC6749-6",
        "An access token in the place of a refresh token is refused",
        "A resource server that sees an access token can make itself new ones without end.",
        "",
        |attacked| refused(&attacked.0, Attack::AccessTokenAsRefreshToken),
    ),
    // Some issuers let the last one work for some seconds more, for clients that missed the answer.
    should(
        "refresh/reuse-refused",
        "RFC9700-4.14.2",
        "A refresh token that was exchanged for a newer one is refused",
        "A thief who copied it refreshes beside the client, and nobody notices.",
        "",
        |attacked| refused(&attacked.0, Attack::UsedRefreshToken),
    ),
];
