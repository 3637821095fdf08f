//! Who gets in at the token endpoint under a flaw, although the client did not authenticate as it must.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::client::Client;
use super::client_auth::claimed_id;
use super::flaw::Behaviour;
use super::params::Params;
use super::state::Issuer;

/// The client that a request says it is from, under a flaw that does not look at its secret.
pub fn believe(issuer: &Issuer, headers: &HeaderMap, form: &Params, flaw: Behaviour) -> Option<Client> {
    let id = claimed_id(headers, form).filter(|_| issuer.defect.does(flaw))?;
    issuer.store().client(&id).cloned()
}

/// The client that the request says it is from, or else that its code or refresh token was issued to, if a flaw lets it in.
pub fn let_in(issuer: &Issuer, headers: &HeaderMap, form: &Params, query: &Params) -> Option<Client> {
    let has_header = headers.contains_key(AUTHORIZATION);
    let has_secret = form.get("client_secret").is_some();
    let claimed = claimed_id(headers, form).filter(|id| issuer.store().client(id).is_some());
    let is_known = claimed.is_some();
    let is_refresh = form.get("refresh_token").is_some();
    let is_so = |behaviour| match behaviour {
        Behaviour::ClientAuthenticationOptional => !has_header && !has_secret && query.get("client_secret").is_none(),
        Behaviour::UnknownClientAccepted => (has_header || has_secret) && !is_known,
        Behaviour::ClientSecretUnchecked => has_header != has_secret && is_known && !is_refresh,
        Behaviour::RefreshSecretUnchecked => has_header != has_secret && is_known && is_refresh,
        Behaviour::TwoAuthenticationsAccepted => has_header && has_secret,
        Behaviour::SecretInQueryAccepted => query.get("client_secret").is_some(),
        _ => false,
    };
    let flaws = [
        Behaviour::ClientAuthenticationOptional,
        Behaviour::UnknownClientAccepted,
        Behaviour::ClientSecretUnchecked,
        Behaviour::RefreshSecretUnchecked,
        Behaviour::TwoAuthenticationsAccepted,
        Behaviour::SecretInQueryAccepted,
    ];
    if !flaws.into_iter().any(|flaw| issuer.defect.does(flaw) && is_so(flaw)) {
        return None;
    }
    let store = issuer.store();
    let owner = store.client_of(form.get("code"), form.get("refresh_token"))?;
    store.client(&claimed.unwrap_or(owner)).cloned()
}
