//! The revocation endpoint (RFC 7009).

use super::client_auth::{Endpoint, authenticate};
use crate::issuer::prelude::*;

/// How long a revocation takes to be known everywhere, where it takes time.
const DELAY: Duration = Duration::from_millis(500);

/// `POST`: 200 whether or not there was such a token (RFC 7009 2.2). A `token_type_hint` is not needed to find it.
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::form(&headers, &body)?;
    let client = match authenticate(&issuer, Endpoint::Revocation, &headers, &form) {
        Ok(client) => client,
        Err(error) => return issuer.unauthorized(Site::RevocationUnauthorized, error),
    };
    if client.metadata.is_public() && issuer.does(Behaviour::RevocationForConfidentialClients) {
        return Err(OauthError::invalid_client("a public client may not do this").into());
    }
    if form.get("token").is_none() && !issuer.checks(Check::RevocationTokenPresent) {
        return Ok(Reply::empty(StatusCode::OK).no_store());
    }
    let token = form.get("token").ok_or_else(|| OauthError::invalid_request("token is missing"))?;
    if !issuer.store().knows_token(token) && issuer.does(Behaviour::RevocationUnknownRefused) {
        return Err(OauthError::invalid_request("there is no such token").into());
    }
    if issuer.does(Behaviour::RevocationClosed) {
        return Err(OauthError::invalid_request("revocation is out of order").into());
    }
    let is_of_another = issuer.store().owner(token).is_some_and(|owner| owner.id != client.id);
    if is_of_another && issuer.checks(Check::RevocationClient) {
        if issuer.does(Behaviour::RevocationOfAnotherSilent) {
            return Ok(Reply::empty(StatusCode::OK).no_store());
        }
        return Err(OauthError::invalid_request("the token was issued to another client").into());
    }
    if issuer.store().access.contains_key(token) && issuer.does(Behaviour::RevocationOfRefreshTokensOnly) {
        return Err(OauthError::bad_request("unsupported_token_type", "access tokens are not revoked").into());
    }
    if issuer.does(Behaviour::RevocationDelayed) {
        let (issuer, token, client) = (Arc::clone(&issuer), token.to_owned(), client.id.clone());
        tokio::spawn(async move {
            tokio::time::sleep(DELAY).await;
            issuer.store().revoke(&token, &client, None, &issuer.defect);
        });
    } else if !issuer.does(Behaviour::RevocationIgnored) {
        issuer.store().revoke(token, &client.id, form.get("token_type_hint"), &issuer.defect);
    }
    issuer.reply(&[Site::Revocation], Reply::empty(StatusCode::OK).no_store())
}
