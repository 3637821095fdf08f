//! Client authentication (RFC 6749 2.3, OpenID Connect Core 9).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use super::client::{AuthMethod, Client};
use super::flaw::Behaviour;
use super::params::Params;
use super::random;
use super::reply::OauthError;
use super::state::Issuer;

struct Credentials {
    id: String,
    secret: Option<String>,
    method: AuthMethod,
}

/// The client that sent this form.
///
/// # Errors
/// `invalid_client`, or `invalid_request` if it authenticates in two ways at once.
pub fn authenticate(issuer: &Issuer, headers: &HeaderMap, form: &Params) -> Result<Client, OauthError> {
    let refused = || OauthError::invalid_client("the client is unknown, or its credentials or its method of authentication are wrong");
    let credentials = credentials(headers, form)?;
    let client = issuer.store().client(&credentials.id).cloned().ok_or_else(refused)?;
    let is_right = match (&client.secret, &credentials.secret) {
        (Some(known), Some(sent)) => random::same(known, sent),
        (None, None) => true,
        _ => false,
    };
    if !is_right || !client.metadata.auth_methods.contains(&credentials.method) {
        return Err(refused());
    }
    let is_late = issuer.defect.does(Behaviour::RegistrationLate) && client.is_new();
    let is_dead = issuer.defect.does(Behaviour::RegistrationDead) && client.registered.is_some();
    if is_late || is_dead { Err(refused()) } else { Ok(client) }
}

/// The same, for endpoints that no public client may use.
///
/// # Errors
/// As [`authenticate`].
pub fn authenticate_confidential(issuer: &Issuer, headers: &HeaderMap, form: &Params) -> Result<Client, OauthError> {
    let client = authenticate(issuer, headers, form)?;
    if client.secret.is_some() { Ok(client) } else { Err(OauthError::invalid_client("a public client may not do this")) }
}

fn credentials(headers: &HeaderMap, form: &Params) -> Result<Credentials, OauthError> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        let id = form.owned("client_id").ok_or_else(|| OauthError::invalid_client("there are no client credentials"))?;
        let secret = form.owned("client_secret");
        let method = if secret.is_some() { AuthMethod::Post } else { AuthMethod::None };
        return Ok(Credentials { id, secret, method });
    };
    let (id, secret) = header.to_str().ok().and_then(basic).ok_or_else(|| OauthError::invalid_client("the Authorization header is not Basic"))?;
    if form.get("client_secret").is_some() {
        return Err(OauthError::bad_request("invalid_request", "the client authenticates in two ways at once"));
    }
    if form.get("client_id").is_some_and(|other| other != id) {
        return Err(OauthError::invalid_client("client_id is not the client that authenticates"));
    }
    Ok(Credentials { id, secret: Some(secret), method: AuthMethod::Basic })
}

/// User name and password of an `Authorization: Basic` header, each form-encoded before it is put together (RFC 6749 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    Some((decode(id)?, decode(secret)?))
}

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("basic {}", base64::Engine::encode(&super::STANDARD, "a%3Ab+c:s%25e:c"));
        assert_eq!(basic(&header), Some(("a:b c".to_owned(), "s%e:c".to_owned())));
        assert_eq!(basic("Bearer x"), None);
        assert_eq!(basic("Basic !"), None);
        assert_eq!(basic("Basic"), None);
    }
}
