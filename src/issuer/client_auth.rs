//! Client authentication (RFC 6749 2.3, OpenID Connect Core 9).

use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use super::assertion::{self, AssertionKeys};
use super::state::now;
use crate::issuer::prelude::*;

/// What the names of claims and header parameters begin with that no specification has.
const UNKNOWN: &str = "oa_authtest_";

struct Credentials {
    /// `None` only where a flaw lets a client leave it out.
    id: Option<String>,
    proof: Proof,
}

/// What a client shows to be the one it says it is.
enum Proof {
    Secret(String, AuthMethod),
    Assertion(String),
    Nothing,
}

/// Where a client authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// The introspection endpoint.
    Introspection,
}

impl Endpoint {
    /// The check that a client which has credentials shows them.
    fn presence(self) -> Check {
        if self == Self::Introspection { Check::IntrospectionClient } else { Check::ClientAuthenticationPresent }
    }

    /// The check that a client's secret is right.
    fn secret(self, form: &Params) -> Check {
        match self {
            Self::Token if form.get("refresh_token").is_some() => Check::RefreshClientSecret,
            Self::Token if form.get("grant_type") == Some("client_credentials") => Check::ClientCredentialsClientSecret,
            Self::Token => Check::CodeClientSecret,
            Self::Revocation => Check::RevocationClientSecret,
            Self::Introspection => Check::IntrospectionClientSecret,
        }
    }
}

/// The client that sent this form. Where a flaw waives that it says who it is, it is the client that its code or token was issued to.
///
/// # Errors
/// `invalid_client`, or `invalid_request` if it authenticates in two ways at once.
pub fn authenticate(issuer: &Issuer, endpoint: Endpoint, headers: &HeaderMap, form: &Params) -> Result<Client, OauthError> {
    let refused = || OauthError::invalid_client("the client is unknown, or its credentials or its method of authentication are wrong");
    let owner = || ["code", "refresh_token", "token"].into_iter().find_map(|name| issuer.store().owner(form.get(name)?).cloned());
    let is_optional = || !issuer.checks(endpoint.presence());
    let credentials = credentials(issuer, headers, form, is_optional)?;
    let Some(id) = credentials.id else { return owner().ok_or_else(refused) };
    let known = issuer.store().clients.get(&id).cloned();
    let Some(client) = known else { return owner().filter(|_| !issuer.checks(Check::ClientAuthenticationKnown)).ok_or_else(refused) };
    let (method, is_right) = match (&client.secret, &credentials.proof) {
        (Some(known), Proof::Assertion(text)) if client.metadata.auth_methods == [AuthMethod::SecretJwt] => {
            (AuthMethod::SecretJwt, is_good(issuer, &client, text, Some(known)))
        }
        (Some(known), Proof::Secret(sent, method)) => (*method, is_right_secret(issuer, known, sent) || !issuer.checks(endpoint.secret(form))),
        (None, Proof::Assertion(text)) => (AuthMethod::PrivateKeyJwt, is_good(issuer, &client, text, None)),
        (None, Proof::Nothing) if client.metadata.is_by_certificate() => {
            return if mutual_tls::is_authenticated(issuer, &client, headers) { Ok(client) } else { Err(refused()) };
        }
        (None, Proof::Nothing) => (AuthMethod::None, true),
        (Some(_), Proof::Nothing) if is_optional() => return Ok(client),
        _ => return Err(refused()),
    };
    if !is_right && client.secret.is_some() && endpoint == Endpoint::Token && issuer.does(Behaviour::WrongSecretIsInvalidGrant) {
        return Err(OauthError::bad_request("invalid_grant", "the client secret is wrong"));
    }
    if !is_right || !client.metadata.auth_methods.contains(&method) {
        return Err(refused());
    }
    if method == AuthMethod::Post && client.registered.is_some() && issuer.does(Behaviour::SecretInBodyRefused) {
        return Err(refused());
    }
    let is_late = issuer.does(Behaviour::RegistrationLate) && client.is_new();
    let is_dead = client.registered.is_some() && issuer.does(Behaviour::RegistrationDead);
    if is_late || is_dead { Err(refused()) } else { Ok(client) }
}

/// Fetches the keys of a client behind its `jwks_uri` again, where its assertion names a key that is not among them (OpenID Connect Core 10.1.1).
pub async fn learn_keys(issuer: &Issuer, assertion: Option<&str>) {
    let unknown = |text: &str| {
        let jwt = ReceivedJwt::read(text, &|_| true)?;
        let client = issuer.store().clients.get(jwt.claims.get("sub")?.as_str()?).cloned()?;
        let is_by_key = client.metadata.auth_methods == [AuthMethod::PrivateKeyJwt];
        let is_known = client.metadata.assertion_keys.keys().named(Some(jwt.header("kid")?)).next().is_some();
        let uri = client.metadata.link("jwks_uri")?.to_owned();
        (is_by_key && !is_known).then_some((client, uri))
    };
    let Some((mut client, uri)) = assertion.and_then(unknown) else { return };
    if issuer.does(Behaviour::ClientKeysKept) || issuer.does(Behaviour::RefreshLostByAssertion) {
        return;
    }
    let Ok(document) = fetch::json(issuer, &uri).await else { return };
    let before = client.metadata.assertion_keys.clone();
    let Ok(keys) = AssertionKeys::read(Some(&document), before.alg.map(Alg::name)) else { return };
    client.metadata.assertion_keys = match () {
        () if issuer.does(Behaviour::ClientKeysFetchedInVain) => before,
        () if issuer.does(Behaviour::ClientKeysAdded) => keys.with(before),
        () => keys,
    };
    issuer.store().put_client(client);
}

/// True if what a client sent is its secret, or a flaw takes it for that.
fn is_right_secret(issuer: &Issuer, known: &str, sent: &str) -> bool {
    let is_anyones = || issuer.store().clients.values().any(|client| client.secret.as_deref().is_some_and(|secret| random::same(secret, sent)));
    random::same(known, sent)
        || (sent.is_empty() && issuer.does(Behaviour::EmptySecretAccepted))
        || (issuer.does(Behaviour::SecretOfAnyClientAccepted) && is_anyones())
}

/// True if a client assertion is good, which it is once: one that the secret signed, or a key of the client.
fn is_good(issuer: &Issuer, client: &Client, text: &str, secret: Option<&str>) -> bool {
    let token_endpoint = &issuer.accounts.token_endpoint;
    let refuses_all = if secret.is_some() { Behaviour::AssertionBySecretRefused } else { Behaviour::AssertionRefused };
    if issuer.does(refuses_all) || issuer.does(Behaviour::AssertionRefusedAfterCode) {
        return false;
    }
    let checks = |check| issuer.checks(check);
    if !text.contains('.') && !issuer.checks(Check::AssertionReadable) {
        return true;
    }
    let Some(jwt) = ReceivedJwt::read(text, &checks) else { return false };
    if jwt.header.keys().any(|name| name.starts_with(UNKNOWN)) && issuer.does(Behaviour::AssertionHeaderUnknownRefused) {
        return false;
    }
    if jwt.claims.keys().any(|name| name.starts_with(UNKNOWN)) && issuer.does(Behaviour::AssertionClaimUnknownRefused) {
        return false;
    }
    let is_signed = if let Some(secret) = secret {
        assertion::is_by_secret(&jwt, secret, &checks)
    } else {
        let keys = &client.metadata.assertion_keys;
        keys.verify(&jwt, &jwt.brought_along(issuer), &checks) || is_signed_by_another(issuer, client, &jwt)
    };
    let is_for_endpoint_only = issuer.does(Behaviour::AssertionForIssuerRefused) || issuer.does(Behaviour::AssertionForEndpointAfterCode);
    let audiences: &[&str] = if is_for_endpoint_only { &[token_endpoint] } else { &[&issuer.url, token_endpoint] };
    let jti = assertion::identifier(&jwt.claims, &client.id, audiences, now(), &checks).filter(|_| is_signed);
    jti.is_some_and(|jti| issuer.store().use_assertion(&client.id, &jti) || !issuer.checks(Check::AssertionOnce))
}

/// True if a key that another client registered signed an assertion, where a flaw takes that.
fn is_signed_by_another(issuer: &Issuer, client: &Client, jwt: &ReceivedJwt<'_>) -> bool {
    let keys: Vec<ClientKeys> = {
        let store = issuer.store();
        store.clients.values().filter(|other| other.id != client.id).map(|other| other.metadata.assertion_keys.keys().clone()).collect()
    };
    // A key is looked for among those of all clients, and used as this client registered.
    let alg = jwt.header("alg").and_then(Alg::of).filter(|alg| client.metadata.assertion_keys.alg.is_none_or(|only| only == *alg));
    alg.is_some_and(|alg| keys.iter().any(|keys| jwt.is_signed(keys, &[], alg, &|_| true))) && issuer.does(Behaviour::AssertionKeyOfAnyClient)
}

fn credentials(issuer: &Issuer, headers: &HeaderMap, form: &Params, is_optional: impl Fn() -> bool) -> Result<Credentials, OauthError> {
    let header = headers.get(AUTHORIZATION);
    let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
    if [header.is_some(), secret.is_some(), assertion.is_some()].iter().filter(|is_there| **is_there).count() > 1
        && issuer.checks(Check::ClientAuthenticationOneMethod)
    {
        return Err(OauthError::invalid_request("the client authenticates in two ways at once"));
    }
    let same = |id: String, proof| {
        let is_other = form.get("client_id").is_some_and(|other| other != id);
        let is_asserted = matches!(proof, Proof::Assertion(_));
        if is_other && (!is_asserted || issuer.checks(Check::AssertionClientId)) {
            Err(OauthError::invalid_client("client_id is not the client that authenticates"))
        } else {
            Ok(Credentials { id: Some(id), proof })
        }
    };
    if let Some(header) = header {
        let found = header.to_str().ok().and_then(|header| basic(header, !issuer.does(Behaviour::BasicNotDecoded)));
        let (id, secret) = found.ok_or_else(|| OauthError::invalid_client("the Authorization header is not Basic"))?;
        return same(id, Proof::Secret(secret, AuthMethod::Basic));
    }
    if let Some(text) = assertion {
        if form.get("client_assertion_type") != Some(assertion::TYPE) && issuer.checks(Check::AssertionType) {
            return Err(OauthError::invalid_request("client_assertion_type is not that of a JWT"));
        }
        let has_unknown = |jwt: &ReceivedJwt<'_>| jwt.claims.keys().any(|name| name.starts_with(UNKNOWN));
        let is_unknown = ReceivedJwt::read(text, &|_| true).is_some_and(|jwt| has_unknown(&jwt));
        if is_unknown && issuer.does(Behaviour::AssertionClaimUnknownMalformed) {
            return Err(OauthError::invalid_request("the assertion has a claim that is not known"));
        }
        let subject = assertion::client_id(text, &|check| issuer.checks(check));
        let is_other = subject.as_deref() != form.get("client_id");
        // A word tells nothing of the client.
        let is_taken_by_form =
            is_other && (!issuer.checks(Check::AssertionSubject) || (!text.contains('.') && !issuer.checks(Check::AssertionReadable)));
        let id = if is_taken_by_form { form.owned("client_id").or(subject) } else { subject };
        let id = id.ok_or_else(|| OauthError::invalid_client("client_assertion is not a JWT of a client"))?;
        return same(id, Proof::Assertion(text.to_owned()));
    }
    let id = form.owned("client_id");
    if id.is_none() && !is_optional() {
        return Err(OauthError::invalid_client("there are no client credentials"));
    }
    let proof = secret.map_or(Proof::Nothing, |secret| Proof::Secret(secret.to_owned(), AuthMethod::Post));
    Ok(Credentials { id, proof })
}

/// User name and password of an `Authorization: Basic` header, each form-encoded before it is put together (RFC 6749 2.3.1).
fn basic(header: &str, decodes: bool) -> Option<(String, String)> {
    let (scheme, value) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    if !decodes {
        return Some((id.to_owned(), secret.to_owned()));
    }
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8().ok().map(std::borrow::Cow::into_owned);
    Some((decode(id)?, decode(secret)?))
}

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("basic {}", base64::Engine::encode(&super::STANDARD, "a%3Ab+c:s%25e:c"));
        assert_eq!(basic(&header, true), Some(("a:b c".to_owned(), "s%e:c".to_owned())));
        assert_eq!(basic("Bearer x", true), None);
        assert_eq!(basic("Basic !", true), None);
        assert_eq!(basic("Basic", true), None);
    }
}
