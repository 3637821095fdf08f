//! Proof Key for Code Exchange (RFC 7636): the code challenge of an authorization request, and the code verifier of a token request.

use crate::issuer::prelude::*;

/// The code challenge of an authorization request: S256 only, and needed from public clients (RFC 7636 4.4.1, RFC 9700 2.1.1).
///
/// # Errors
/// What is wrong with it.
pub fn challenge(issuer: &Issuer, client: &Client, params: &Params) -> Result<Option<String>, &'static str> {
    let Some(challenge) = params.get("code_challenge") else {
        return if params.get("code_challenge_method").is_some() {
            Err("code_challenge_method is there without code_challenge")
        } else if (client.metadata.is_public()
            && issuer.checks(Check::PkcePublicClient)
            && !(client.is_unproved() && issuer.does(Behaviour::PkceNativeOptional)))
            || issuer.does(Behaviour::PkceForAll)
        {
            Err("a public client needs a code_challenge")
        } else {
            Ok(None)
        };
    };
    // What fits a challenge by `plain` fits the S256 challenge of it.
    if params.get("code_challenge_method").is_none_or(|method| method == "plain") && issuer.does(Behaviour::PkcePlainSupported) {
        return Ok(Some(s256(challenge)));
    }
    let is_wrong = match params.get("code_challenge_method") {
        Some("S256") => false,
        Some("plain") => issuer.checks(Check::PkceMethodPlain),
        Some(_) => issuer.checks(Check::PkceMethodKnown),
        None => !issuer.does(Behaviour::PkceMethodAssumed),
    };
    if is_wrong {
        return Err("only the code_challenge_method S256 is supported");
    }
    let is_base64url = challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if challenge.len() == 43 && is_base64url { Ok(Some(challenge.to_owned())) } else { Err("code_challenge is not a SHA-256 in base64url") }
}

/// The S256 code challenge of a verifier (RFC 7636 4.2).
pub fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()))
}

/// True if there is a code challenge and it is that of this verifier.
pub fn fits(challenge: Option<&str>, verifier: &str) -> bool {
    challenge.is_some_and(|challenge| random::same(challenge, &s256(verifier)))
}

/// Checks the code verifier of a token request against the code challenge of its code. `is_of_any_code` is true if it is that of some code.
///
/// # Errors
/// `invalid_grant` (RFC 7636 4.6).
pub fn verify(challenge: Option<&str>, verifier: Option<&str>, is_of_any_code: bool, defect: &Defect) -> Result<(), OauthError> {
    let checks = |check| defect.checks(check);
    let invalid = |description| Err(OauthError::bad_request("invalid_grant", description));
    let is_right = verifier.is_some_and(|verifier| fits(challenge, verifier));
    // RFC 7636 4.1: 43 to 128 characters.
    let is_odd = verifier.is_some_and(|verifier| !(43..=128).contains(&verifier.len()));
    match (challenge, verifier) {
        (Some(_), Some(_)) if is_right && is_odd && checks(Check::PkceVerifierLength) => {
            return invalid("code_verifier is shorter or longer than it may be");
        }
        (Some(_), Some(_)) if is_right => {}
        (Some(challenge), Some(verifier)) if defect.does(Behaviour::PkceChallengeAccepted) && challenge == verifier => {}
        (Some(_), Some(_)) if is_of_any_code && defect.does(Behaviour::PkceAnyFlow) => {}
        (Some(_), Some(_)) if checks(Check::PkceVerifier) => return invalid("code_verifier does not fit the code challenge"),
        (Some(_), None) if checks(Check::PkceVerifierPresent) => return invalid("code_verifier is missing"),
        (None, Some(_)) if checks(Check::PkceDowngrade) => return invalid("there was no code challenge for this code_verifier"),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        assert_eq!(super::s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
