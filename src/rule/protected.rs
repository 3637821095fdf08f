//! What the rules about endpoints that ask for a bearer token share (RFC 6750 3).

use crate::rule::prelude::*;
use crate::rule::userinfo_request::challenge;

/// An issuer with too much to do, or one that slows its callers down, says nothing about the request.
pub fn is_busy(response: &Received) -> bool {
    matches!(response.status, 429 | 503)
}

/// Goes on where an issuer is not busy.
///
/// # Errors
/// [`Unmet::NotApplicable`] where it is.
pub fn not_busy(response: &Received) -> Result<(), Unmet> {
    if is_busy(response) { not_applicable(said!("status {} says nothing about the request", response.status)) } else { Ok(()) }
}

/// Goes on where a request was refused, in whatever form.
///
/// # Errors
/// [`Unmet::NotRun`] where it was not, because of `rule`, which asks for the refusal; [`Unmet::NotApplicable`] where the issuer is busy.
pub fn expect_refusal(response: &Received, rule: &'static str) -> Result<(), Unmet> {
    not_busy(response)?;
    if response.gives() { not_run(rule) } else { Ok(()) }
}

/// Passes when the request was refused.
pub fn refused(response: &Received) -> Judgement {
    not_busy(response)?;
    holds(!response.gives(), "a refusal: status 401", refusal(response))
}

/// Passes when the refusal has status 401.
pub fn http_401(response: &Received, rule: &'static str) -> Judgement {
    expect_refusal(response, rule)?;
    holds(response.status == 401, "status 401", refusal(response))
}

/// True if a response names this authentication scheme, in lower case here, where a challenge may begin (RFC 9110 11.6.1).
pub fn challenges_for(response: &Received, scheme: &str) -> bool {
    response.header_all("www-authenticate").any(|value| challenge::names(value, scheme))
}

/// Goes on where a request was refused by a status that can have a challenge: that an error calls itself a success is said by the rule about the
/// status.
///
/// # Errors
/// As [`expect_refusal`]; [`Unmet::NotApplicable`] where the refusal has a status of success.
pub fn expect_challenge(response: &Received, rule: &'static str) -> Result<(), Unmet> {
    expect_refusal(response, rule)?;
    applies_if(!response.is_success(), said!("an error with status {}, which has no challenge", response.status))
}

/// Passes when the refusal's challenge is for the scheme Bearer.
pub fn names_bearer(response: &Received, rule: &'static str) -> Judgement {
    expect_challenge(response, rule)?;
    let seen: Vec<_> = response.header_all("www-authenticate").collect();
    let shown = if seen.is_empty() { "no WWW-Authenticate".to_owned() } else { format!("WWW-Authenticate: {}", list(&seen)) };
    holds(challenges_for(response, "bearer"), "WWW-Authenticate: Bearer …", shown)
}
