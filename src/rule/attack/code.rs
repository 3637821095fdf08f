//! Attacks with an authorization code (RFC 6749 4.1.2, 4.1.3).

use crate::rule::attack::{Attack, CodeAttack, refused};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<CodeAttack>] = &[
    must(
        "code/another-client-refused",
        "RFC6749-4.1.3",
        "A code that was issued to one client must be refused to another client",
        "A client gets the data of end-users who never allowed it anything.",
        "Store the client identifier with the code and compare it with the client of the token request. If they differ, answer with status 400 and `error=invalid_grant`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::CodeOfAnotherClient),
    ),
    must(
        "code/other-redirect-uri-refused",
        "RFC6749-4.1.3",
        "A code must be refused when the `redirect_uri` is not that of the authorization request",
        "An attacker who catches a code at a manipulated redirect URI can use it at the client's real redirect URI.",
        "Store the `redirect_uri` of the authorization request with the code and compare it with that of the token request. If they differ, answer with status 400 and `error=invalid_grant`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::OtherRedirectUri),
    ),
    // Tried by a client that registered several: of one that registered a single redirect URI, an issuer may take the request without it
    // (OpenID Connect Core 3.1.3.2).
    must(
        "code/missing-redirect-uri-refused",
        "RFC6749-4.1.3",
        "A code of a client that registered several redirect URIs must be refused without the `redirect_uri` of the authorization request",
        "An attacker omits the parameter, and the check of the redirect URI prevents nothing.",
        "When the authorization request had a `redirect_uri`, demand the same value in the token request. If it is missing, answer with status 400 and `error=invalid_grant` or `invalid_request`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::MissingRedirectUri),
    ),
    must(
        "code/reuse-refused",
        "RFC6749-4.1.2",
        "A code that was exchanged before must be refused",
        "An attacker who finds a code in a browser's history or in a log gets the end-user's tokens.",
        "Mark the code as used in the same transaction that issues the tokens. For a used code, answer with status 400 and `error=invalid_grant`, and revoke the tokens that were issued for it.",
        |attacked| refused(&attacked.0, Attack::UsedCode),
    ),
    should(
        "code/repeated-parameter-refused",
        "RFC6749-3.2",
        "A token request with two `code` parameters should be refused",
        "A gateway checks the first value and the issuer takes the last one, so the check can be avoided.",
        "Check the form of the token request for parameters that come more than once. If there is one, answer with status 400 and `error=invalid_request`.",
        |attacked| refused(&attacked.0, Attack::RepeatedParameter),
    ),
    // What has to use POST is the client.
    should(
        "code/get-refused",
        "RFC6749-3.2",
        "The token endpoint should give no tokens to a GET request",
        "Codes and secrets in addresses end up in logs and caches, and every web page can send such a request.",
        "Accept POST requests only at the token endpoint, and answer every other method with status 405 and the header `Allow: POST`.",
        |attacked| refused(&attacked.0, Attack::GetRequest),
    ),
];
