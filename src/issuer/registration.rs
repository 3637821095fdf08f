//! Dynamic client registration (RFC 7591) and its management (RFC 7592).

use axum::extract::Path;

use super::client::Registered;
use super::client_metadata::Context;
use super::params;
use super::state::signs;
use crate::issuer::prelude::*;

/// How long a registration takes under a flaw that allows one at a time.
const REGISTERING: Duration = Duration::from_millis(100);

/// `POST` to the registration endpoint, with the initial access token.
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    if issuer.does(Behaviour::RegistrationByPolicy) {
        let mut reply = OauthError::invalid_client_metadata("the policy of this server allows no registration").reply();
        reply.status = StatusCode::FORBIDDEN;
        return Ok(reply);
    }
    if issuer.settings().registration_token {
        let token = bearer::token(&issuer, &headers);
        if token.is_none() && !issuer.does(Behaviour::RegistrationTokenOptional) {
            return refuse(&issuer, Site::RegistrationNoToken, &OauthError::no_token());
        }
        if token.is_some_and(|token| !random::same(token, &issuer.accounts.initial_access_token)) && issuer.checks(Check::RegistrationToken) {
            return refuse(&issuer, Site::RegistrationBadToken, &OauthError::invalid_token("this is not the initial access token"));
        }
    }
    let _turn = turn(&issuer).await?;
    let request = json_body(&headers, &body);
    let names_scope = request.as_ref().is_ok_and(|request| !request["scope"].is_null());
    if names_scope && issuer.does(Behaviour::RegistrationScopeRefused) {
        return refuse(&issuer, Site::RegistrationError, &OauthError::insufficient_scope("registration"));
    }
    let grants = request.as_ref().ok().and_then(|request| request["grant_types"].as_array());
    let is_machine = grants.is_some_and(|grants| grants.iter().any(|grant| grant == "client_credentials"));
    let alone: &[_] = &[Behaviour::RegistrationMachinesRefused];
    let of_both: &[_] = &[Behaviour::RegistrationOfBothRefused, Behaviour::RegistrationOfBothNative];
    let refusing = if grants.is_some_and(|grants| grants.len() == 1) { alone } else { of_both };
    if is_machine && refusing.iter().any(|behaviour| issuer.does(*behaviour)) {
        let error = OauthError::invalid_client_metadata("client_credentials is for clients that are known");
        return refuse(&issuer, Site::RegistrationError, &error);
    }
    let metadata = match &request {
        Ok(request) if is_too_strange(&issuer, request) => Err(OauthError::invalid_client_metadata("there is a member that is not known")),
        Ok(request) => metadata(&issuer, request).await,
        Err(error) => Err(error.clone()),
    };
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(error) => {
            let names_sector = request.is_ok_and(|request| request.get("sector_identifier_uri").is_some());
            return refuse(&issuer, if names_sector { Site::RegistrationSectorError } else { Site::RegistrationError }, &error);
        }
    };
    let mut client = Client::register(metadata, issuer.now());
    let has_signs = [Behaviour::SecretsWithSigns, Behaviour::BasicNotDecoded].into_iter().find(|behaviour| issuer.does(*behaviour));
    client.secret.iter_mut().for_each(|secret| secret.push_str(signs(has_signs)));
    let request = request.unwrap_or_default();
    give_as_flaw_has_it(&issuer, &request, &mut client);
    let mut told = information(&issuer, &client);
    tell_again(&issuer, &request, &client, &mut told);
    let reply = Reply::json(issuer.settings().registration_status, told).no_store();
    let reply = issuer.defect.patch_reply(&[Site::Registration], reply)?;
    // The client will use what it was sent, so that is what is remembered, even if a flaw changed it.
    if let Content::Json(sent) = &reply.content
        && told_again(&issuer, &request).is_none()
    {
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

/// True for a request with a member that the issuer does not take, under a flaw.
fn is_too_strange(issuer: &Issuer, request: &Value) -> bool {
    let has = |is_strange: fn(&str) -> bool| request.as_object().is_some_and(|members| members.keys().any(|name| is_strange(name)));
    let is_unknown: fn(&str) -> bool = |name| name.starts_with("oa_authtest_");
    (issuer.does(Behaviour::RegistrationUnknownRefused) && has(is_unknown))
        || (issuer.does(Behaviour::RegistrationTagsRefused) && has(|name| name.contains('#')))
}

/// Gives the client what a flaw has in the place of random texts.
fn give_as_flaw_has_it(issuer: &Issuer, request: &Value, client: &mut Client) {
    let number = {
        let mut store = issuer.store();
        store.registrations += 1;
        store.registrations
    };
    if let Some(id) = request["client_id"].as_str().filter(|_| issuer.does(Behaviour::RegistrationIdChosen)) {
        id.clone_into(&mut client.id);
    }
    if let Some(secret) = &mut client.secret {
        if let Some(chosen) = request["client_secret"].as_str().filter(|_| issuer.does(Behaviour::RegistrationSecretChosen)) {
            chosen.clone_into(secret);
        }
        if request["id_token_signed_response_alg"] == "HS256" && issuer.does(Behaviour::RegistrationSymmetricShort) {
            secret.truncate(24);
        }
        if request["id_token_signed_response_alg"] == "HS256" && issuer.does(Behaviour::RegistrationSymmetricLeast) {
            secret.truncate(32);
        }
        if issuer.does(Behaviour::RegistrationSecretShort) {
            secret.truncate(12);
        }
        if issuer.does(Behaviour::RegistrationSecretCounted) {
            *secret = format!("the-secret-of-a-client-of-this-server-{number:06}");
        }
    }
    if let Some(registered) = client.registered.as_mut().filter(|_| issuer.does(Behaviour::RegistrationOwnHandle)) {
        registered.handle = random::secret();
    }
    if let Some(registered) = client.registered.as_mut().filter(|_| issuer.does(Behaviour::RegistrationTokenCounted)) {
        registered.access_token = format!("the-token-of-a-client-of-this-server-{number:06}");
    }
}

/// What a client is told of the last client under a flaw, and the member of a request that is answered so.
const AGAIN: [(Behaviour, &str, &str); 3] = [
    (Behaviour::RegistrationIdAgain, "client_id", "client_id"),
    (Behaviour::RegistrationSecretAgain, "client_secret", "client_name#fr"),
    (Behaviour::RegistrationTokenAgain, "registration_access_token", "client_name#fr"),
];

/// What of another a client is told.
fn told_again(issuer: &Issuer, request: &Value) -> Option<&'static str> {
    AGAIN.iter().find(|(behaviour, _, member)| !request[*member].is_null() && issuer.does(*behaviour)).map(|(_, name, _)| *name)
}

/// Tells a client what belongs to the last one. One identifier for the same metadata is allowed (OpenID Connect Registration 8.2).
fn tell_again(issuer: &Issuer, request: &Value, client: &Client, told: &mut Value) {
    let Some(name) = told_again(issuer, request) else { return };
    let is_other = |other: &&Client| other.registered.is_some() && (name != "client_id" || other.metadata.document != client.metadata.document);
    if let Some(last) = issuer.store().clients.values().rfind(is_other) {
        told[name] = information(issuer, last)[name].clone();
    }
}

/// One registration under way, under a flaw that allows no other.
struct Turn<'a>(&'a Issuer);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store().registering = false;
    }
}

/// Fails where a flaw lets registrations fail: the first one, or one beside another.
async fn turn(issuer: &Issuer) -> Result<Option<Turn<'_>>, Problem> {
    let is_first = !std::mem::replace(&mut issuer.store().registered_before, true);
    if is_first && issuer.does(Behaviour::RegistrationFailsFirst) {
        return Err(Problem::Broken("the first registration fails"));
    }
    if !issuer.does(Behaviour::RegistrationOneAtATime) {
        return Ok(None);
    }
    if std::mem::replace(&mut issuer.store().registering, true) {
        return Err(Problem::Broken("another registration is under way"));
    }
    let turn = Turn(issuer);
    tokio::time::sleep(REGISTERING).await;
    Ok(Some(turn))
}

/// The metadata of a request, with the documents it refers to. They are fetched once, at registration.
async fn metadata(issuer: &Issuer, request: &Value) -> Result<Metadata, OauthError> {
    let mut context = Context {
        scopes: issuer.settings().scopes,
        response_types: issuer.settings().response_types,
        mutual_tls: issuer.trusted.is_some(),
        tells_of_logouts: issuer.settings().tells_of_logouts,
        unsigned_id_tokens: issuer.settings().unsigned_id_tokens,
        encryption: issuer.settings().encryption,
        defect: issuer.defect.clone(),
        ..Context::default()
    };
    let names = |end: &str| request.as_object().is_some_and(|members| members.keys().any(|name| name.ends_with(end)));
    let uses_keys = request["token_endpoint_auth_method"] == "private_key_jwt" || (context.encryption && names("_encrypted_response_alg"));
    let needs_keys = uses_keys && request["jwks"].is_null();
    if let Some(uri) = request["jwks_uri"].as_str().filter(|_| needs_keys) {
        context.keys = Some(fetch::json(issuer, uri).await.map_err(OauthError::invalid_client_metadata)?);
    }
    if let Some(uri) = request["sector_identifier_uri"].as_str() {
        context.sector = match fetch::json(issuer, uri).await {
            Err(_) if uri.starts_with("http:") && !issuer.checks(Check::RegistrationSectorHttps) => Some(request["redirect_uris"].clone()),
            fetched => Some(fetched.map_err(OauthError::invalid_client_metadata)?),
        };
    }
    Metadata::read(request, &context)
}

fn refuse(issuer: &Issuer, site: Site, error: &OauthError) -> Answer {
    issuer.reply(&[site], error.reply())
}

/// `GET` of a client's configuration (RFC 7592 2.1).
pub async fn read(State(issuer): State<Arc<Issuer>>, Path(handle): Path<String>, headers: HeaderMap) -> Answer {
    match managed(&issuer, Operation::Read, &handle, &headers) {
        Ok(mut client) => {
            rotate(&issuer, &mut client);
            if issuer.does(Behaviour::ClientConfigChanges) {
                let name = format!("{}!", client.name());
                client.metadata.document.insert("client_name".to_owned(), json!(name));
                client.metadata.name = Some(name);
            }
            issuer.store().put_client(client.clone());
            issuer.reply(&[Site::ClientConfig], Reply::ok(information(&issuer, &client)))
        }
        Err(error) => {
            let mut reply = error.reply();
            if issuer.does(Behaviour::ClientConfigNotFound) && issuer.store().managed(&handle).is_none() {
                reply.status = StatusCode::NOT_FOUND;
            }
            issuer.reply(&[Site::ClientConfigRefusal], reply)
        }
    }
}

/// Gives a client a new secret and a new registration access token, where the issuer does that.
fn rotate(issuer: &Issuer, client: &mut Client) {
    if !issuer.does(Behaviour::ClientConfigRotates) && !issuer.does(Behaviour::ClientConfigKeepsToken) {
        return;
    }
    client.secret = client.secret.take().map(|_| random::secret());
    if let Some(registered) = &mut client.registered {
        registered.replaced = Some(std::mem::replace(&mut registered.access_token, random::secret()));
    }
}

/// `PUT` of a client's configuration: replaces all of its metadata (RFC 7592 2.2).
pub async fn replace(State(issuer): State<Arc<Issuer>>, Path(handle): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    if issuer.does(Behaviour::ClientUpdateNotOffered) {
        let mut reply = OauthError::invalid_client_metadata("configurations are not changed here").reply();
        reply.status = StatusCode::METHOD_NOT_ALLOWED;
        return Ok(reply.with(http::header::ALLOW, "GET, DELETE"));
    }
    let request = json_body(&headers, &body);
    let client = match managed(&issuer, Operation::Update, &handle, &headers) {
        Ok(client) => client,
        Err(error) => {
            let is_gone = issuer.store().managed(&handle).is_none();
            if let Some(request) = request.ok().filter(|_| is_gone && issuer.does(Behaviour::ClientUpdateRecreates)) {
                let client = metadata(&issuer, &request).await.map(|metadata| Client::register(metadata, issuer.now()));
                let Ok(client) = client else { return issuer.reply(&[Site::ClientConfigRefusal], error.reply()) };
                issuer.store().put_client(client.clone());
                return Ok(Reply::ok(information(&issuer, &client)));
            }
            let mut reply = error.reply();
            if is_gone && issuer.does(Behaviour::ClientUpdateNotFound) {
                reply.status = StatusCode::NOT_FOUND;
            }
            return issuer.reply(&[Site::ClientConfigRefusal], reply);
        }
    };
    let (asked, changed) = match request {
        Ok(request) => (request["client_id"].as_str().map(str::to_owned), changed(&issuer, client, &request).await),
        Err(error) => (None, Err(error)),
    };
    match changed {
        Ok(mut client) => {
            if !issuer.does(Behaviour::ClientUpdateForgotten) {
                issuer.store().put_client(client.clone());
            }
            // Where the client is managed goes on being that of its own identifier.
            if let Some(id) = asked.filter(|_| issuer.does(Behaviour::ClientUpdateTakesId)) {
                client.id = id;
            }
            issuer.reply(&[Site::ClientUpdate], Reply::ok(information(&issuer, &client)))
        }
        Err(error) => issuer.reply(&[Site::ClientUpdateRefusal], error.reply()),
    }
}

/// A client as an update has it.
async fn changed(issuer: &Issuer, mut client: Client, request: &Value) -> Result<Client, OauthError> {
    let id = request["client_id"].as_str();
    if id != Some(client.id.as_str()) && issuer.checks(Check::ClientUpdateId) {
        return Err(OauthError::invalid_client_metadata("client_id is missing, or that of another client"));
    }
    if let Some(chosen) = request["client_secret"].as_str().filter(|chosen| Some(*chosen) != client.secret.as_deref()) {
        if issuer.does(Behaviour::ClientUpdateSecretIgnored) {
            // The secret stays as it is.
        } else if issuer.checks(Check::ClientUpdateSecret) {
            return Err(OauthError::invalid_client_metadata("client_secret is not the present one: a client cannot choose it"));
        } else {
            client.secret = Some(chosen.to_owned());
        }
    }
    let before = client.metadata.clone();
    client.metadata = match metadata(issuer, request).await {
        Ok(metadata) => metadata,
        Err(_) if issuer.does(Behaviour::ClientUpdateCorrects) => with_redirect_uris(before.clone(), &without_fragments(request)),
        Err(error) if issuer.checks(Check::ClientUpdateMetadata) => return Err(error),
        Err(_) => with_redirect_uris(before.clone(), request),
    };
    if issuer.does(Behaviour::ClientUpdateAugments) {
        let uris = client.metadata.redirect_uris.iter().chain(&before.redirect_uris).cloned().collect::<Vec<_>>();
        client.metadata = with_redirect_uris(client.metadata, &json!({ "redirect_uris": uris }));
    }
    if issuer.does(Behaviour::ClientUpdateKeepsOmitted) {
        for (name, value) in before.document {
            client.metadata.document.entry(name).or_insert(value);
        }
    }
    if !client.metadata.has_secret() {
        client.secret = None;
    } else if client.secret.is_none() {
        client.secret = Some(random::secret());
    }
    rotate(issuer, &mut client);
    Ok(client)
}

/// The same request with its redirect URIs up to their fragments.
fn without_fragments(request: &Value) -> Value {
    let uris = request["redirect_uris"].as_array().into_iter().flatten().filter_map(|uri| uri.as_str()?.split('#').next());
    json!({ "redirect_uris": uris.collect::<Vec<_>>() })
}

/// The same metadata with the redirect URIs of a request, whatever they are.
fn with_redirect_uris(mut metadata: Metadata, request: &Value) -> Metadata {
    let uris = request["redirect_uris"].as_array().into_iter().flatten().filter_map(Value::as_str);
    metadata.redirect_uris = uris.map(str::to_owned).collect();
    metadata.document.insert("redirect_uris".to_owned(), json!(metadata.redirect_uris));
    metadata
}

/// `DELETE` of a client (RFC 7592 2.3): nothing it was given is good any more.
pub async fn delete(State(issuer): State<Arc<Issuer>>, Path(handle): Path<String>, headers: HeaderMap) -> Answer {
    let client = match managed(&issuer, Operation::Deletion, &handle, &headers) {
        Ok(client) => client,
        Err(_) if issuer.store().managed(&handle).is_none() && issuer.does(Behaviour::DeletionRepeatable) => {
            return Ok(Reply::empty(StatusCode::NO_CONTENT).no_store());
        }
        Err(error) => return issuer.reply(&[Site::ClientConfigRefusal], error.reply()),
    };
    if issuer.does(Behaviour::DeletionKeepsAuthorization) {
        issuer.store().remove_client(&client.id);
        // Under an address and with credentials that nobody has.
        let moved = client.registered.clone().map(|registered| Registered { handle: random::secret(), access_token: random::secret(), ..registered });
        issuer.store().put_client(Client { registered: moved, secret: Some(random::secret()), ..client });
    } else if issuer.does(Behaviour::DeletionKeepsTokens) {
        issuer.store().clients.shift_remove(&client.id);
    } else if issuer.does(Behaviour::DeletionKeepsCredentials) {
        let moved = client.registered.clone().map(|registered| Registered { handle: random::secret(), ..registered });
        issuer.store().put_client(Client { registered: moved, ..client });
    } else if !issuer.does(Behaviour::DeletionIgnored) {
        issuer.store().remove_client(&client.id);
    }
    issuer.reply(&[Site::Deletion], Reply::empty(StatusCode::NO_CONTENT).no_store())
}

/// Any other method at the address of a client's configuration (RFC 7592 2).
pub async fn other_method(State(issuer): State<Arc<Issuer>>) -> Answer {
    let reply = Reply::empty(StatusCode::METHOD_NOT_ALLOWED).with(http::header::ALLOW, "GET, PUT, DELETE");
    issuer.reply(&[Site::ClientConfigMethod], reply)
}

fn information(issuer: &Issuer, client: &Client) -> Value {
    let settings = issuer.settings();
    let mut information = client.information(&format!("{}{}", issuer.origin, settings.register_path));
    if let (Some(kept), Value::Object(members)) = (settings.registered_members, &mut information) {
        members.retain(|name, _| kept.contains(&name.as_str()));
    }
    information
}

/// What is done with a client's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Read,
    Update,
    Deletion,
}

/// The client at this address, if the request has its registration access token. A client that is gone looks like a wrong token
/// (RFC 7592 2.1).
fn managed(issuer: &Issuer, operation: Operation, handle: &str, headers: &HeaderMap) -> Result<Client, OauthError> {
    let store = issuer.store();
    let client = store.managed(handle).cloned();
    let token_is = |client: &Client, token: &str| {
        let is = |known: &str| random::same(token, known);
        let replaced = |registered: &Registered| registered.replaced.as_deref().is_some_and(is) && issuer.does(Behaviour::ClientConfigKeepsToken);
        client.registered.as_ref().is_some_and(|registered| is(&registered.access_token) || replaced(registered))
    };
    let refused = || OauthError::invalid_token("there is no client here, or this is not its registration access token");
    let of_read = |check| match operation {
        Operation::Read => check,
        Operation::Update => Check::ClientUpdateToken,
        Operation::Deletion => Check::ClientDeletionToken,
    };
    let (failed, error) = match bearer::token(issuer, headers) {
        None => (of_read(Check::ClientConfigurationTokenPresent), OauthError::no_token()),
        Some(token) if client.as_ref().is_some_and(|client| token_is(client, token)) => return client.ok_or_else(refused),
        Some(token) if store.clients.values().any(|client| token_is(client, token)) => (of_read(Check::ClientConfigurationClient), refused()),
        Some(_) => (of_read(Check::ClientConfigurationTokenKnown), refused()),
    };
    if issuer.checks(failed) { Err(error) } else { client.ok_or_else(refused) }
}

fn json_body(headers: &HeaderMap, body: &[u8]) -> Result<Value, OauthError> {
    if !params::is_json(headers) {
        return Err(OauthError::invalid_client_metadata("the content type is not application/json"));
    }
    serde_json::from_slice(body).map_err(|_| OauthError::invalid_client_metadata("the body is not JSON"))
}
