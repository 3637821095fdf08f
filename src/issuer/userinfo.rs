//! The userinfo endpoint (OpenID Connect Core 5.3).

use http::header::CONTENT_TYPE;

use super::encryption;
use super::params;
use crate::issuer::prelude::*;

/// `GET`: the token is in the header.
pub async fn get(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    let in_query = query.get("access_token").filter(|_| issuer.does(Behaviour::BearerInQuery));
    answer(&issuer, &headers, bearer::token(&issuer, &headers).or(in_query), None)
}

/// `POST`: the token is in the header or in the form (RFC 6750 2.2), not in both.
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = if params::is_form(&headers) { Params::form(&headers, &body)? } else { Params::default() };
    match (bearer::token(&issuer, &headers), form.get("access_token")) {
        (Some(token), Some(_)) if !issuer.checks(Check::BearerOneMethod) => answer(&issuer, &headers, Some(token), None),
        (Some(_), Some(_)) => {
            let error = OauthError::invalid_request("there is a token in the header and one in the form");
            issuer.reply(&[Site::UserinfoTwoTokens], error.reply())
        }
        (None, Some(token)) => answer(&issuer, &headers, Some(token), Some(Site::UserinfoPostBody)),
        (header, None) => answer(&issuer, &headers, header, Some(Site::UserinfoPostHeader)),
    }
}

/// The answer to a token, or to none. A successful one to a POST has a site of its own.
fn answer(issuer: &Issuer, headers: &HeaderMap, token: Option<&str>, own: Option<Site>) -> Answer {
    let refuse = |site, error: &OauthError| issuer.reply(&[site], error.reply());
    let Some(token) = token else { return refuse(Site::UserinfoNoToken, &OauthError::no_token()) };
    let known = bearer::access(issuer, headers, token, OPENID);
    match known {
        Ok((access, grant)) => {
            let sites: Vec<_> = [Site::Userinfo].into_iter().chain(own).collect();
            claims(issuer, &access, &grant, &sites)
        }
        Err(error) if error.is_invalid_token() => refuse(Site::UserinfoBadToken, &error),
        Err(error) => refuse(Site::UserinfoScopeError, &error),
    }
}

/// A JSON object, or the same as a signed JWT if the client registered that, and encrypted if it registered that (OpenID Connect Core 5.3.2).
fn claims(issuer: &Issuer, access: &Access, grant: &Grant, sites: &[Site]) -> Answer {
    let claims = claims::userinfo(issuer, grant, access)?;
    let client = issuer.store().clients.get(&grant.client_id).cloned();
    let is_signed = !issuer.does(Behaviour::UserinfoUnsigned);
    let alg = |client: &Client| client.metadata.userinfo_alg.or_else(|| issuer.does(Behaviour::UserinfoSignedUnasked).then_some(Alg::Rs256));
    let asked = client.as_ref().and_then(|client| Some((client, client.metadata.encryption.userinfo?)));
    let encrypted = asked.filter(|_| !issuer.does(Behaviour::UserinfoNotEncrypted));
    let send = |jwt: String, site| {
        let reply = Reply::text(StatusCode::OK, jwt).with(CONTENT_TYPE, "application/jwt").no_store();
        Ok(issuer.defect.patch_http(&[site], reply)?)
    };
    match client.as_ref().filter(|_| is_signed).and_then(|client| Some((client, alg(client)?))) {
        None => match encrypted {
            Some((client, algorithms)) => send(encryption::encrypt(issuer, client, algorithms, &claims.to_string(), false)?, Site::UserinfoEncrypted),
            None => issuer.reply(sites, Reply::ok(claims)),
        },
        Some((client, alg)) => {
            let jwt = claims::signed_userinfo(issuer, client, alg, claims)?;
            match encrypted {
                Some((client, algorithms)) => send(encryption::encrypt(issuer, client, algorithms, &jwt, true)?, Site::UserinfoEncrypted),
                None => send(jwt, Site::UserinfoSigned),
            }
        }
    }
}
