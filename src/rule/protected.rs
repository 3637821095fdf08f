//! What the rules about endpoints that ask for a bearer token share (RFC 6750 3).
use super::expect::{holds, list, refusal};
use super::userinfo_request::challenge;
use crate::observed::received::Received;
use crate::rule::judgement::{Judgement, Unmet, not_applicable, not_run};

/// An issuer with too much to do, or one that slows us down, says nothing about the request.
pub fn is_busy(response: &Received) -> bool {
    matches!(response.status, 429 | 503)
}

/// Nothing to say where an issuer is busy.
pub fn not_busy(response: &Received) -> Result<(), Unmet> {
    if is_busy(response) { not_applicable(format!("status {} says nothing about the request", response.status)) } else { Ok(()) }
}

/// Passes when the request was refused.
pub fn refused(response: &Received) -> Judgement {
    match not_busy(response) {
        Err(outcome) => Err(outcome),
        Ok(()) => holds(!response.is_success(), "a refusal: status 401", refusal(response)),
    }
}

/// Judges a refusal; of what is none, the rule says it that asks for one.
pub fn if_refused(response: &Received, rule: &'static str, judge: impl FnOnce() -> Judgement) -> Judgement {
    match refused(response) {
        Ok(_) => judge(),
        Err(Unmet::Broken { .. }) => not_run(rule),
        other => other,
    }
}

/// Passes when the refusal has status 401.
pub fn http_401(response: &Received, rule: &'static str) -> Judgement {
    if_refused(response, rule, || holds(response.status == 401, "status 401", refusal(response)))
}

/// Passes when the refusal's challenge is for the scheme Bearer.
pub fn names_bearer(response: &Received, rule: &'static str) -> Judgement {
    if_refused(response, rule, || {
        let seen: Vec<_> = response.header_all("www-authenticate").collect();
        let named = seen.iter().any(|value| challenge::names(value, "bearer"));
        let shown = if seen.is_empty() { "no WWW-Authenticate".to_owned() } else { format!("WWW-Authenticate: {}", list(&seen)) };
        holds(named, "WWW-Authenticate: Bearer …", shown)
    })
}
