//! What the issuer registers under a flaw although it must not: the request is mended so that it can be read, and echoed as it was.

use serde_json::{Value, json};

use super::client::AuthMethod;
use super::flaw::Behaviour;
use super::state::Issuer;

/// A mistake and the member that mends it.
struct Mending {
    behaviour: Behaviour,
    is_wrong: fn(&Value) -> bool,
    member: &'static str,
    instead: fn() -> Value,
}

fn any_redirect(request: &Value, is_wrong: fn(&str) -> bool) -> bool {
    request["redirect_uris"].as_array().is_some_and(|uris| uris.iter().filter_map(Value::as_str).any(is_wrong))
}

fn harmless() -> Value {
    json!(["https://client.example/cb"])
}

static MENDINGS: &[Mending] = &[
    Mending {
        behaviour: Behaviour::RegistrationFragmentAccepted,
        is_wrong: |request| any_redirect(request, |uri| uri.contains('#')),
        member: "redirect_uris",
        instead: harmless,
    },
    Mending {
        behaviour: Behaviour::RegistrationRelativeAccepted,
        is_wrong: |request| any_redirect(request, |uri| uri.starts_with('/')),
        member: "redirect_uris",
        instead: harmless,
    },
    Mending {
        behaviour: Behaviour::RegistrationSchemeAccepted,
        is_wrong: |request| any_redirect(request, |uri| uri.starts_with("javascript:") || uri.starts_with("data:")),
        member: "redirect_uris",
        instead: harmless,
    },
    Mending {
        behaviour: Behaviour::RegistrationKeySetsAccepted,
        is_wrong: |request| request.get("jwks").is_some(),
        member: "jwks_uri",
        instead: || Value::Null,
    },
    Mending {
        behaviour: Behaviour::RegistrationTypesAccepted,
        is_wrong: |request| request["grant_types"] == json!(["refresh_token"]),
        member: "grant_types",
        instead: || json!(["authorization_code"]),
    },
    Mending {
        behaviour: Behaviour::RegistrationMethodAccepted,
        is_wrong: |request| request["token_endpoint_auth_method"].as_str().is_some_and(|name| AuthMethod::of(name).is_none()),
        member: "token_endpoint_auth_method",
        instead: || Value::Null,
    },
];

/// Mends a request for what a flaw lets through; returns the member that was replaced with its value, to be echoed.
pub fn mend(issuer: &Issuer, request: &mut Value) -> Option<(&'static str, Value)> {
    let mending = MENDINGS.iter().find(|mending| issuer.defect.does(mending.behaviour) && (mending.is_wrong)(request))?;
    let member = request.get_mut(mending.member)?;
    Some((mending.member, std::mem::replace(member, (mending.instead)())))
}
