//! Client authentication (RFC 6749 2.3, OpenID Connect Core 9).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use super::assertion;
use super::client::{AuthMethod, Client};
use super::flaw::Behaviour;
use super::params::Params;
use super::random;
use super::reply::OauthError;
use super::state::{Issuer, now};

struct Credentials {
    id: String,
    proof: Proof,
}

/// What a client shows to be the one it says it is.
enum Proof {
    Secret(String, AuthMethod),
    Assertion(String),
    Nothing,
}

/// The client that sent this form.
///
/// # Errors
/// `invalid_client`, or `invalid_request` if it authenticates in two ways at once.
pub fn authenticate(issuer: &Issuer, headers: &HeaderMap, form: &Params) -> Result<Client, OauthError> {
    let refused = || OauthError::invalid_client("the client is unknown, or its credentials or its method of authentication are wrong");
    let credentials = credentials(headers, form)?;
    let client = issuer.store().client(&credentials.id).cloned().ok_or_else(refused)?;
    let (method, is_right) = match (&client.secret, &credentials.proof) {
        (Some(known), Proof::Secret(sent, method)) => (*method, random::same(known, sent)),
        (None, Proof::Assertion(text)) => (AuthMethod::PrivateKeyJwt, is_good(issuer, &client, text)),
        (None, Proof::Nothing) => (AuthMethod::None, true),
        _ => return Err(refused()),
    };
    if !is_right && client.secret.is_some() && issuer.defect.does(Behaviour::WrongSecretIsInvalidGrant) {
        return Err(OauthError::bad_request("invalid_grant", "the client secret is wrong"));
    }
    if !is_right || !client.metadata.auth_methods.contains(&method) {
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
    if client.metadata.is_public() { Err(OauthError::invalid_client("a public client may not do this")) } else { Ok(client) }
}

/// The client that a request says it is from, whatever the proof.
pub fn claimed_id(headers: &HeaderMap, form: &Params) -> Option<String> {
    let by_header = headers.get(AUTHORIZATION).and_then(|header| basic(header.to_str().ok()?)).map(|(id, _)| id);
    by_header.or_else(|| form.owned("client_id"))
}

/// True if a client assertion is good, which it is once.
fn is_good(issuer: &Issuer, client: &Client, text: &str) -> bool {
    let token_endpoint = &issuer.accounts.token_endpoint;
    if issuer.defect.does(Behaviour::AssertionRefused) {
        return false;
    }
    let audiences: &[&str] =
        if issuer.defect.does(Behaviour::AssertionForIssuerRefused) { &[token_endpoint] } else { &[&issuer.url, token_endpoint] };
    let found = client.metadata.assertion_keys.judge(text, &client.id, audiences, now());
    found.is_some_and(|assertion| issuer.store().use_assertion(&client.id, &assertion.jti))
}

fn credentials(headers: &HeaderMap, form: &Params) -> Result<Credentials, OauthError> {
    let header = headers.get(AUTHORIZATION);
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    if [header.is_some(), secret.is_some(), assertion.is_some()].iter().filter(|is_there| **is_there).count() > 1 {
        return Err(OauthError::bad_request("invalid_request", "the client authenticates in two ways at once"));
    }
    let same = |id: String, proof| {
        let is_other = form.get("client_id").is_some_and(|other| other != id);
        if is_other { Err(OauthError::invalid_client("client_id is not the client that authenticates")) } else { Ok(Credentials { id, proof }) }
    };
    if let Some(header) = header {
        let found = header.to_str().ok().and_then(basic);
        let (id, secret) = found.ok_or_else(|| OauthError::invalid_client("the Authorization header is not Basic"))?;
        return same(id, Proof::Secret(secret, AuthMethod::Basic));
    }
    if let Some(text) = assertion {
        if form.get("client_assertion_type") != Some(assertion::TYPE) {
            return Err(OauthError::bad_request("invalid_request", "client_assertion_type is not that of a JWT"));
        }
        let id = assertion::client_id(text).ok_or_else(|| OauthError::invalid_client("client_assertion is not a JWT of a client"))?;
        return same(id, Proof::Assertion(text.to_owned()));
    }
    let id = form.owned("client_id").ok_or_else(|| OauthError::invalid_client("there are no client credentials"))?;
    let proof = secret.map_or(Proof::Nothing, |secret| Proof::Secret(secret.to_owned(), AuthMethod::Post));
    Ok(Credentials { id, proof })
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
