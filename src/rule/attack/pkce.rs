//! Attacks on a code challenge (RFC 7636, RFC 9700 2.1.1).

use super::super::Check;
use super::super::expect::{may, must};
use super::{Attack, PkceAttack, refused};

pub(super) const WRONG: &str = "pkce/wrong-verifier-refused";
pub(super) const SHORT: &str = "pkce/short-verifier-refused";
pub(super) const MISSING: &str = "pkce/missing-verifier-refused";
pub(super) const UNASKED: &str = "pkce/downgrade-refused";
pub(super) const CHALLENGE: &str = "pkce/challenge-as-verifier-refused";
pub(super) const ANOTHER: &str = "pkce/verifier-of-another-flow-refused";

pub(super) static RULES: &[Check<PkceAttack>] = &[
    must(
        WRONG,
        "RFC7636-4.6",
        "A code with a code verifier that does not fit its code challenge is refused",
        "Whoever catches the code in the user's browser gets the user's tokens.",
        |attacked| refused(&attacked.0, Attack::WrongVerifier),
    ),
    must(
        MISSING,
        "RFC9700-2.1.1",
        "A code that was asked for with a code challenge is refused without a code verifier",
        "Whoever catches the code leaves the verifier out and gets the user's tokens.",
        |attacked| refused(&attacked.0, Attack::MissingVerifier),
    ),
    must(
        UNASKED,
        "RFC9700-2.1.1",
        "A code that was asked for without a code challenge is refused with a code verifier",
        "An attacker who takes the challenge out of the request slips a code of their own into the user's session, and the client's PKCE does not notice.",
        |attacked| refused(&attacked.0, Attack::UnaskedVerifier),
    ),
    must(
        CHALLENGE,
        "RFC7636-4.6",
        "A code is refused with the S256 code challenge itself as code verifier",
        "The challenge is in the request's address, where whoever catches the code can read it, too.",
        |attacked| refused(&attacked.0, Attack::ChallengeAsVerifier),
    ),
    must(
        ANOTHER,
        "RFC7636-4.6",
        "A code is refused with the code verifier of another authorization",
        "An attacker redeems a caught code with the verifier of a login of their own.",
        |attacked| refused(&attacked.0, Attack::VerifierOfAnotherFlow),
    ),
    // The length is a rule for clients; an issuer that looks at it does them a service.
    may(
        SHORT,
        "RFC7636-4.1",
        "A code verifier of less than 43 characters is refused, though it fits",
        "A client whose code verifiers can be guessed never learns that they can.",
        |attacked| refused(&attacked.0, Attack::ShortVerifier),
    ),
];
