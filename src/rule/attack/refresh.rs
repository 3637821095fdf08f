//! Attacks with a refresh token (RFC 6749 6 and 10.4, RFC 9700 4.14).

use crate::rule::attack::{Attack, RefreshAttack, refused};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<RefreshAttack>] = &[
    must(
        "refresh/another-client-refused",
        "RFC6749-6",
        "A refresh token that was issued to one client must be refused to another client",
        "A client that finds the refresh token of another client acts for end-users who never allowed it anything.",
        "Store the client identifier with the refresh token and compare it with the client of the request. If they differ, answer with status 400 and `error=invalid_grant`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::RefreshTokenOfAnotherClient),
    ),
    must(
        "refresh/wrong-secret-refused",
        "RFC6749-6",
        "A refresh token must be refused to a client with a wrong secret",
        "An attacker who steals the refresh token needs nothing else to keep access without end.",
        "Authenticate the client in refresh requests as in every other token request. If the secret is wrong, answer with status 401 and `error=invalid_client`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::RefreshWithWrongSecret),
    ),
    must(
        "refresh/access-token-refused",
        "RFC6749-6",
        "An access token that is sent as a refresh token must be refused",
        "A resource server that receives an access token can get new access tokens without end.",
        "Accept only values that were issued as refresh tokens as `refresh_token`: keep the two kinds apart in the database or by their type. Otherwise answer with status 400 and `error=invalid_grant`.",
        |attacked| refused(&attacked.0, Attack::AccessTokenAsRefreshToken),
    ),
    must(
        "refresh/changed-token-refused",
        "RFC6749-10.4",
        "A refresh token of which something was changed must be refused",
        "A client writes itself a refresh token for longer, for more scope or for another end-user.",
        "Verify the signature of a refresh token that is a JWT before you read it, and look up any other by its whole text. Otherwise answer with status 400 and `error=invalid_grant`.",
        |attacked| refused(&attacked.0, Attack::ChangedRefreshToken),
    ),
    // "To detect refresh token replay by malicious actors for public clients". Some issuers let the last one work for some seconds more, for clients that missed the
    // answer.
    should(
        "refresh/reuse-refused",
        "RFC9700-4.14.2",
        "A refresh token of a public client that was exchanged for a newer one should be refused",
        "An attacker who copied the refresh token can use it beside the client without being detected.",
        "When a refresh gives a new refresh token, mark the previous one as used. If a used one comes again, answer with status 400 and `error=invalid_grant`, and revoke the newest one too.",
        |attacked| refused(&attacked.0, Attack::UsedRefreshToken),
    ),
    // "The authorization server MAY revoke the old refresh token": a client that authenticates is protected by that already.
    may(
        "refresh/confidential-reuse-refused",
        "RFC6749-6",
        "It is good practice that a refresh token of a confidential client is refused once it was exchanged for a newer one",
        "An attacker who has the client's credentials, too, can use a copied refresh token beside the client without being detected.",
        "When a refresh gives a new refresh token, mark the previous one as used. If a used one comes again, answer with status 400 and `error=invalid_grant`.",
        |attacked| refused(&attacked.0, Attack::UsedConfidentialRefreshToken),
    ),
];
