//! Attacks on a code challenge (RFC 7636, RFC 9700 2.1.1).

use crate::rule::attack::{Attack, PkceAttack, refused};
use crate::rule::prelude::*;

pub(super) static RULES: &[Check<PkceAttack>] = &[
    must(
        "pkce/wrong-verifier-refused",
        "RFC7636-4.6",
        "A code must be refused when the code verifier does not fit the code challenge",
        "An attacker who catches the code in the end-user's browser gets the end-user's tokens.",
        "Store the code challenge and its method with the code, apply the method to `code_verifier`, and compare. If the values differ, answer with status 400 and `error=invalid_grant`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::WrongVerifier),
    ),
    must_by_bcp(
        "pkce/missing-verifier-refused",
        "RFC9700-2.1.1",
        "A code that was requested with a code challenge must be refused without a code verifier",
        "An attacker who catches the code omits the verifier and gets the end-user's tokens.",
        "When a code challenge is stored with the code, demand a `code_verifier`. If it is missing, answer with status 400 and `error=invalid_grant` or `invalid_request`, and issue no tokens.",
        |attacked| refused(&attacked.0, Attack::MissingVerifier),
    ),
    must_by_bcp(
        "pkce/downgrade-refused",
        "RFC9700-2.1.1",
        "A token request with a `code_verifier` must be refused when the code was requested without a code challenge",
        "An attacker removes the challenge from the request and brings their own code into the end-user's session, and PKCE at the client does not detect this.",
        "Refuse a `code_verifier` when no code challenge is stored with the code: answer with status 400 and `error=invalid_grant`, and issue no tokens. Do not ignore the parameter.",
        |attacked| refused(&attacked.0, Attack::UnaskedVerifier),
    ),
    must(
        "pkce/challenge-as-verifier-refused",
        "RFC7636-4.6",
        "A code must be refused when its S256 code challenge is sent as the code verifier",
        "The challenge is in the address of the authorization request, where an attacker who catches the code can read it too.",
        "For the method `S256`, always compare the stored challenge with the SHA-256 hash of `code_verifier` in base64url, never with `code_verifier` itself.",
        |attacked| refused(&attacked.0, Attack::ChallengeAsVerifier),
    ),
    must(
        "pkce/verifier-of-another-flow-refused",
        "RFC7636-4.6",
        "A code must be refused with the code verifier of another authorization request",
        "An attacker exchanges a stolen code with the verifier of their own login.",
        "Store the code challenge with the code itself, not with the client or the session, and check `code_verifier` against the challenge of this code. Otherwise answer with status 400 and `error=invalid_grant`.",
        |attacked| refused(&attacked.0, Attack::VerifierOfAnotherFlow),
    ),
    must(
        "pkce/default-method-plain",
        "RFC7636-4.3",
        "A code challenge without a method must be taken for one of `plain`: its code must be refused with the verifier of an S256 challenge",
        "The issuer and the client do not mean the same: a client that leaves the method out means `plain`, and its code verifier is refused.",
        "Do not take a challenge without a method for one of `S256`. If the server supports `S256` only, which is best, answer the authorization request with `error=invalid_request`. If it supports `plain`, compare `code_verifier` with the challenge itself.",
        |attacked| refused(&attacked.0, Attack::VerifierByUnnamedMethod),
    ),
    // The length is a rule for clients; an issuer that looks at it does them a service.
    may(
        "pkce/short-verifier-refused",
        "RFC7636-4.1",
        "It is good practice to refuse a code verifier of less than 43 characters, even if it fits the code challenge",
        "A client whose code verifiers are easy to guess gets no error that would show the mistake.",
        "Check that `code_verifier` has 43 to 128 characters before you compare it. If not, answer with status 400 and `error=invalid_request` or `invalid_grant`.",
        |attacked| refused(&attacked.0, Attack::ShortVerifier),
    ),
];
