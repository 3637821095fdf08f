//! Attacks on a code challenge (RFC 7636, RFC 9700 2.1.1).

use crate::rule::Check;
use crate::rule::attack::{Attack, PkceAttack, refused};
use crate::rule::expect::{may, must, must_by_bcp};

pub(super) static RULES: &[Check<PkceAttack>] = &[
    must(
        "pkce/wrong-verifier-refused",
        "RFC7636-4.6",
        "A code with a code verifier that does not fit its code challenge is refused",
        "Whoever catches the code in the user's browser gets the user's tokens.",
        "",
        |attacked| refused(&attacked.0, Attack::WrongVerifier),
    ),
    must_by_bcp(
        "pkce/missing-verifier-refused",
        "RFC9700-2.1.1",
        "A code that was asked for with a code challenge is refused without a code verifier",
        "Whoever catches the code leaves the verifier out and gets the user's tokens.",
        "",
        |attacked| refused(&attacked.0, Attack::MissingVerifier),
    ),
    must_by_bcp(
        "pkce/downgrade-refused",
        "RFC9700-2.1.1",
        "A code that was asked for without a code challenge is refused with a code verifier",
        "An attacker who takes the challenge out of the request slips a code of their own into the user's session, and the client's PKCE does not notice.",
        "",
        |attacked| refused(&attacked.0, Attack::UnaskedVerifier),
    ),
    must(
        "pkce/challenge-as-verifier-refused",
        "RFC7636-4.6",
        "A code is refused with the S256 code challenge itself as code verifier",
        "The challenge is in the request's address, where whoever catches the code can read it, too.",
        "",
        |attacked| refused(&attacked.0, Attack::ChallengeAsVerifier),
    ),
    must(
        "pkce/verifier-of-another-flow-refused",
        "RFC7636-4.6",
        "A code is refused with the code verifier of another authorization",
        "An attacker redeems a caught code with the verifier of a login of their own.",
        "",
        |attacked| refused(&attacked.0, Attack::VerifierOfAnotherFlow),
    ),
    // The length is a rule for clients; an issuer that looks at it does them a service.
    may(
        "pkce/short-verifier-refused",
        "RFC7636-4.1",
        "A code verifier of less than 43 characters is refused, though it fits",
        "A client whose code verifiers can be guessed never learns that they can.",
        "",
        |attacked| refused(&attacked.0, Attack::ShortVerifier),
    ),
];
