//! The parameters of an authorization response, and what the rules about granted and refused requests share (RFC 6749 4.1.2, RFC 9207).

use crate::rule::prelude::*;

/// The member of the metadata that promises an `iss` (RFC 9207 3).
pub const ISS_SUPPORTED: &str = "authorization_response_iss_parameter_supported";

/// The first value of a parameter.
pub fn value<'a>(parameters: &'a [(String, String)], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// The names of the parameters, for a message.
pub fn names(parameters: &[(String, String)]) -> String {
    list(&parameters.iter().map(|(name, _)| name).collect::<Vec<_>>())
}

/// The names of the parameters that come more than once.
pub fn repeated(parameters: &[(String, String)]) -> BTreeSet<&str> {
    let mut seen = BTreeSet::new();
    parameters.iter().map(|(name, _)| name.as_str()).filter(|name| !seen.insert(*name)).collect()
}

/// Passes when the `state` comes back as it was sent.
pub fn state_returned(sent: Option<&str>, returned: Option<&str>) -> Judgement {
    let Some(sent) = sent else { return not_applicable("no state was sent") };
    let expected = said!("the state that was sent, {} characters", sent.chars().count());
    match returned {
        Some(returned) if returned == sent => pass(expected),
        Some(returned) => fail(expected, said!("state = {}", shorten(returned))),
        None => fail("the state that was sent", "no state"),
    }
}

/// Passes when all of these parameters that are there are in the fragment, and none in the query.
pub fn in_fragment(came_to: &Url, names: &[&str]) -> Judgement {
    let in_query: Vec<_> = names.iter().filter(|name| came_to.query_pairs().any(|(key, _)| key == **name)).collect();
    let seen = if in_query.is_empty() { "in the fragment".to_owned() } else { format!("in the query: {}", list(&in_query)) };
    holds(in_query.is_empty(), "in the fragment", seen)
}

/// Passes when the query of the redirect URI is still there.
pub fn query_kept(redirect_uri: &Url, came_to: &Url) -> Judgement {
    let asked: Vec<_> = redirect_uri.query_pairs().collect();
    applies_if(!asked.is_empty(), "the redirect URI has no query")?;
    let came: Vec<_> = came_to.query_pairs().collect();
    let lost: Vec<_> = asked.iter().filter(|pair| !came.contains(pair)).map(|(name, value)| format!("{name}={value}")).collect();
    let actual = if lost.is_empty() { "all of it".to_owned() } else { shorten(&format!("lost: {}", lost.join(", "))) };
    holds(lost.is_empty(), shorten(&format!("the query {}", redirect_uri.query().unwrap_or_default())), actual)
}

/// Passes when an `iss` that is there is the issuer.
pub fn iss_is(issuer: &str, parameters: &[(String, String)]) -> Judgement {
    match value(parameters, "iss") {
        None => not_applicable("no iss"),
        Some(iss) => same_issuer("iss", issuer, iss),
    }
}

/// Passes when there is an `iss`.
pub fn iss_is_there(parameters: &[(String, String)]) -> Judgement {
    match value(parameters, "iss") {
        Some(_) => pass("an iss"),
        None => fail("an iss", said!("no iss; parameters: {}", names(parameters))),
    }
}

/// Nothing to say where no `session_state` is due: session management is that of OpenID Connect (OpenID Connect Session Management 2), and a request
/// without the scope `openid` is none of that.
///
/// # Errors
/// [`Unmet::NotApplicable`] then.
pub fn session_state_due(metadata: &Value, request: &AuthorizationRequest) -> Result<(), Unmet> {
    applies_if(metadata.get("check_session_iframe").is_some_and(Value::is_string), "the metadata have no check_session_iframe")?;
    applies_if(scope_words(request.scope()).contains("openid"), "the request has no scope openid: it is no request of OpenID Connect")
}

/// True if the metadata promise an `iss`.
pub fn promise_iss(metadata: &Value) -> bool {
    metadata.get(ISS_SUPPORTED) == Some(&Value::Bool(true))
}

/// Nothing to say where the metadata do not promise an `iss`.
///
/// # Errors
/// [`Unmet::NotApplicable`] then.
pub fn iss_promised(metadata: &Value) -> Result<(), Unmet> {
    applies_if(promise_iss(metadata), said!("the metadata do not set {ISS_SUPPORTED} to true"))
}
