//! Dynamic client registration (RFC 7591) and its management (RFC 7592).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::bearer;
use super::client::{Client, Registered};
use super::client_metadata::{Fetched, Metadata};
use super::fetch;
use super::flaw::{Behaviour, Site};
use super::lenient_registration;
use super::params;
use super::random;
use super::reply::{Answer, Content, OauthError, Reply};
use super::state::{Issuer, now};

/// `POST` to the registration endpoint, with the initial access token.
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    if issuer.manners().registration_token {
        let Some(token) = bearer::token(&issuer, &headers) else {
            return refuse(&issuer, Site::RegistrationNoToken, &OauthError::no_token());
        };
        if !random::same(token, &issuer.accounts.initial_access_token) && !issuer.defect.does(Behaviour::RegistrationTokenUnchecked) {
            return refuse(&issuer, Site::RegistrationBadToken, &OauthError::invalid_token("this is not the initial access token"));
        }
    }
    let (metadata, echoed) = match metadata(&issuer, &headers, &body).await {
        Ok(metadata) => metadata,
        Err(error) => {
            let names_sector = json_body(&headers, &body).is_ok_and(|request| request.get("sector_identifier_uri").is_some());
            return refuse(&issuer, if names_sector { Site::RegistrationSectorError } else { Site::RegistrationError }, &error);
        }
    };
    let mut client = Client::register(metadata, now());
    let mut information = information(&issuer, &client);
    if let Some((member, value)) = echoed {
        information[member] = value;
    }
    let reply = Reply::json(issuer.manners().registration_status, information).no_store();
    let reply = issuer.defect.reply(&[Site::Registration], reply)?;
    // The client will use what it was sent, so that is what is remembered, even if a flaw changed it.
    if let Content::Json(sent) = &reply.content {
        let replace = |name: &str, known: &mut String| {
            if let Some(text) = sent[name].as_str() {
                text.clone_into(known);
            }
        };
        replace("client_id", &mut client.id);
        client.secret.iter_mut().for_each(|secret| replace("client_secret", secret));
        client.registered.iter_mut().for_each(|registered| replace("registration_access_token", &mut registered.access_token));
    }
    issuer.store().put_client(client);
    Ok(reply)
}

/// The metadata of a request, and a member that a flaw has echoed otherwise than it is taken.
async fn metadata(issuer: &Issuer, headers: &HeaderMap, body: &[u8]) -> Result<(Metadata, Option<(&'static str, Value)>), OauthError> {
    let mut request = json_body(headers, body)?;
    let echoed = lenient_registration::mend(issuer, &mut request);
    let fetched = fetched(issuer, &request).await?;
    Ok((Metadata::read(&request, &fetched)?, echoed))
}

fn refuse(issuer: &Issuer, site: Site, error: &OauthError) -> Answer {
    Ok(issuer.defect.reply(&[site], error.reply())?)
}

/// `GET` of a client's configuration (RFC 7592 2.1).
pub async fn read(State(issuer): State<Arc<Issuer>>, Path(handle): Path<String>, headers: HeaderMap) -> Answer {
    match managed(&issuer, &handle, &headers) {
        Ok(client) => Ok(issuer.defect.reply(&[Site::ClientConfig], Reply::json(StatusCode::OK, information(&issuer, &client)).no_store())?),
        Err(error) => {
            let mut reply = error.reply();
            if issuer.defect.does(Behaviour::ClientConfigNotFound) && issuer.store().managed(&handle).is_none() {
                reply.status = StatusCode::NOT_FOUND;
            }
            Ok(issuer.defect.reply(&[Site::ClientConfigRefusal], reply)?)
        }
    }
}

/// `PUT` of a client's configuration: replaces all of its metadata (RFC 7592 2.2).
pub async fn replace(State(issuer): State<Arc<Issuer>>, Path(handle): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let request = json_body(&headers, &body);
    let mut client = managed(&issuer, &handle, &headers)?;
    let request = request?;
    let fetched = fetched(&issuer, &request).await?;
    let invalid = |description| OauthError::bad_request("invalid_client_metadata", description);
    if request["client_id"] != Value::String(client.id.clone()) {
        return Err(invalid("client_id is missing, or that of another client").into());
    }
    if !request["client_secret"].is_null() && request["client_secret"].as_str() != client.secret.as_deref() {
        return Err(invalid("client_secret is not the present one: a client cannot choose it").into());
    }
    client.metadata = Metadata::read(&request, &fetched)?;
    if !client.metadata.has_secret() {
        client.secret = None;
    } else if client.secret.is_none() {
        client.secret = Some(random::secret());
    }
    issuer.store().put_client(client.clone());
    Ok(Reply::json(StatusCode::OK, information(&issuer, &client)).no_store())
}

/// `DELETE` of a client (RFC 7592 2.3): nothing it was given is good any more.
pub async fn delete(State(issuer): State<Arc<Issuer>>, Path(handle): Path<String>, headers: HeaderMap) -> Answer {
    let client = managed(&issuer, &handle, &headers)?;
    if issuer.defect.does(Behaviour::DeletionKeepsCredentials) {
        let moved = client.registered.clone().map(|registered| Registered { handle: random::secret(), ..registered });
        issuer.store().put_client(Client { registered: moved, ..client });
    } else if !issuer.defect.does(Behaviour::DeletionIgnored) {
        issuer.store().remove_client(&client.id);
    }
    Ok(issuer.defect.reply(&[Site::Deletion], Reply::empty(StatusCode::NO_CONTENT).no_store())?)
}

/// The documents that a request refers to. They are fetched once, at registration.
async fn fetched(issuer: &Issuer, request: &Value) -> Result<Fetched, OauthError> {
    let invalid = |why| OauthError::bad_request("invalid_client_metadata", why);
    let mut fetched = Fetched { scopes: issuer.manners().scopes, ..Fetched::default() };
    if let (Some("private_key_jwt"), Some(uri)) = (request["token_endpoint_auth_method"].as_str(), request["jwks_uri"].as_str()) {
        fetched.keys = Some(fetch::json(uri).await.map_err(invalid)?);
    }
    if let Some(uri) = request["sector_identifier_uri"].as_str() {
        let listed = fetch::json(uri).await.map_err(invalid)?;
        fetched.sector = Some(if issuer.defect.does(Behaviour::SectorUnchecked) { request["redirect_uris"].clone() } else { listed });
    }
    Ok(fetched)
}

fn information(issuer: &Issuer, client: &Client) -> Value {
    let manners = issuer.manners();
    let mut information = client.information(&format!("{}{}", issuer.origin, manners.register_path));
    if let (Some(kept), Value::Object(members)) = (manners.registered_members, &mut information) {
        members.retain(|name, _| kept.contains(&name.as_str()));
    }
    information
}

/// The client at this address, if the request has its registration access token. A client that is gone looks like a wrong token
/// (RFC 7592 2.1).
fn managed(issuer: &Issuer, handle: &str, headers: &HeaderMap) -> Result<Client, OauthError> {
    let store = issuer.store();
    let client = store.managed(handle);
    let is_token_of =
        |client: &Client, token: &str| client.registered.as_ref().is_some_and(|registered| random::same(token, &registered.access_token));
    let is_let_in = match bearer::token(issuer, headers) {
        None if issuer.defect.does(Behaviour::ClientConfigOpen) => true,
        None => return Err(OauthError::no_token()),
        Some(token) if client.is_some_and(|client| is_token_of(client, token)) => true,
        Some(token) if store.any_client(|client| is_token_of(client, token)) => issuer.defect.does(Behaviour::ClientConfigOtherToken),
        Some(_) => issuer.defect.does(Behaviour::ClientConfigUnknownToken),
    };
    client
        .filter(|_| is_let_in)
        .cloned()
        .ok_or_else(|| OauthError::invalid_token("there is no client here, or this is not its registration access token"))
}

fn json_body(headers: &HeaderMap, body: &[u8]) -> Result<Value, OauthError> {
    let invalid = |description| OauthError::bad_request("invalid_client_metadata", description);
    if !params::media_type(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        return Err(invalid("the content type is not application/json"));
    }
    serde_json::from_slice(body).map_err(|_| invalid("the body is not JSON"))
}
