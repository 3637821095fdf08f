//! The management of registered clients (RFC 7592): who may read a client's configuration, and what is left of a client that was deleted.

use std::time::Instant;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};

use super::client_metadata::second_redirect_uri;
use crate::observed::authorization_request::Parameters;
use crate::protocol::prelude::*;
use crate::rule::client_configuration::{ClientConfiguration, DeletedClient, DeletionByOthers, UnknownCode};
use crate::rule::client_update::{ClientUpdate, UpdateAttacks};
use crate::rule::provider_metadata::is_openid;
use crate::rule::registration::Deletion;

impl Session {
    /// Reads the configuration of the client with its own token, with none, with a made-up one and with that of another client, and judges the
    /// answers.
    pub(super) async fn read_client(&mut self) -> Result<(), Stop> {
        let client = self.client()?.clone();
        let (url, token) = management(&client)?;
        self.sentence("should show a client's configuration to that client alone");
        let own = self.read("Client Configuration", &url, Some(token.expose_secret())).await?;
        self.take_over(&client.id, &own);
        let (_, newest) = management(self.client()?)?;
        let again = self.read("Client Configuration once more", &url, Some(newest.expose_secret())).await?;
        self.take_over(&client.id, &again);
        let registration = self.facts.client.registration.clone().unwrap_or_default();
        self.facts.client.read = (own.status == 200).then(|| client.id.clone());
        let without = self.read("Client Configuration without a token", &url, None).await?;
        let made_up = super::random(32);
        self.recorder.redactor().learn(SecretKind::RegistrationAccessToken, &made_up);
        let unknown = self.read("Client Configuration with a made-up token", &url, Some(&made_up)).await?;
        let other = self.register_another().await?.filter(|(address, _)| *address != url).map(|(_, token)| token);
        let by_other =
            |token: SecretString| Request::get("Client Configuration with the token of another client", url.clone()).bearer(token.expose_secret());
        let other = self.send_if(other.map(by_other)).await?;
        let (shared, patched) = if own.status == 200 { self.ask_otherwise(&client.id, &url).await? } else { (None, None) };
        let openid = is_openid(self.metadata()?);
        self.judge(&ClientConfiguration { client_id: client.id, registration, own, again, without, unknown, other, shared, patched, openid });
        Ok(())
    }

    /// Asks for the configuration as a page of another origin does, and by a method that nothing defines.
    async fn ask_otherwise(&mut self, id: &str, url: &Url) -> Result<(Option<Received>, Option<Received>), Stop> {
        let page = Url::parse(&self.redirect_uri()).map_err(|error| Stop::untestable(said!("the redirect URI is not a URL: {error}")))?;
        let origin = page.origin().ascii_serialization();
        let (_, token) = management(self.client()?)?;
        let request = Request::get("Client Configuration from another origin", url.clone()).header("origin", &origin);
        let shared = self.send(request.bearer(token.expose_secret())).await?;
        self.take_over(id, &shared);
        let (_, token) = management(self.client()?)?;
        let request = Request { method: Method::PATCH, ..Request::json("Client Configuration by PATCH", url.clone(), &json!({})) };
        let patched = self.send(request.bearer(token.expose_secret())).await?;
        self.take_over(id, &patched);
        Ok((Some(shared), Some(patched)))
    }

    /// Changes the client's configuration: one change in order, and where that succeeds, changes that must be refused.
    pub(super) async fn update_client(&mut self) -> Result<(), Stop> {
        let client = self.client()?.clone();
        let (url, token) = management(&client)?;
        let read = self.read("Client Configuration before the update", &url, Some(token.expose_secret())).await?;
        self.take_over(&client.id, &read);
        let registered = || self.facts.client.registration.clone().filter(|members| members.get("client_id").is_some_and(|id| *id == client.id));
        let before =
            read.object().filter(|_| read.status == 200).or_else(registered).or_not_offered("the configuration of the client is not known")?;
        let redirect_uri = second_redirect_uri(&self.redirect_uri());
        let request = update_of(&before, &client.id, &redirect_uri);
        self.sentence("should replace a client's configuration by what the client sends");
        let (_, token) = management(self.client()?)?;
        let response = self.put("Client Update", &url, &request, Some(token.expose_secret())).await?;
        self.take_over(&client.id, &response);
        let attacks = match response.status {
            200 if response.gives() => {
                if let Some(registered) = self.facts.client.registered_mut() {
                    registered.redirect_uri = Some(redirect_uri);
                }
                self.facts.client.updated = Some((client.id.clone(), request.clone()));
                Some(self.attack_update(&client.id, &url, &request, &token).await?)
            }
            _ => None,
        };
        self.judge(&ClientUpdate { client_id: client.id, before, request, response, attacks });
        Ok(())
    }

    /// Sends changes that must be refused. `before` is the token that the update was sent with.
    async fn attack_update(&mut self, id: &str, url: &Url, request: &Value, before: &SecretString) -> Result<UpdateAttacks, Stop> {
        self.sentence("should refuse a change by others, and one to what no client may have");
        let (_, token) = management(self.client()?)?;
        let replaced = if token.expose_secret() == before.expose_secret() {
            None
        } else {
            Some(self.read("Client Configuration with the token that was replaced", url, Some(before.expose_secret())).await?)
        };
        let mut attacked = request.clone();
        attacked["client_name"] = json!("oa-authtest (changed by another)");
        let mut by_others = Vec::new();
        for (with, token) in self.tokens_of_others(id, url) {
            let response = self.put(&format!("Client Update {with}"), url, &attacked, token.as_deref()).await?;
            by_others.push((with, response));
        }
        let mut with_other_id = request.clone();
        let other = format!("oa-authtest-{}", super::random(12));
        with_other_id["client_id"] = json!(other);
        let other_id = (self.put_as_own(id, "Client Update with another client_id", url, &with_other_id).await?, other);
        let chosen_secret = if request.get("client_secret").is_some() {
            let chosen = super::random(32);
            self.recorder.redactor().learn(SecretKind::ClientSecret, &chosen);
            let mut with_secret = request.clone();
            with_secret["client_secret"] = json!(chosen);
            let (_, token) = management(self.client()?)?;
            let response = self.put("Client Update with a chosen secret", url, &with_secret, Some(token.expose_secret())).await?;
            self.take_over(id, &response);
            Some((response, chosen))
        } else {
            None
        };
        let mut with_fragment = request.clone();
        let uri = format!("{}#here", self.redirect_uri());
        with_fragment["redirect_uris"] = json!([uri]);
        let fragment = (self.put_as_own(id, "Client Update with a fragment", url, &with_fragment).await?, uri);
        let (_, token) = management(self.client()?)?;
        let read = self.read("Client Configuration after the update", url, Some(token.expose_secret())).await?;
        self.take_over(id, &read);
        Ok(UpdateAttacks { by_others, other_id, chosen_secret, fragment, replaced, read })
    }

    /// Sends a change with the client's own token, and the secret that it has now.
    async fn put_as_own(&mut self, id: &str, title: &str, url: &Url, body: &Value) -> Result<Received, Stop> {
        let client = self.client()?.clone();
        let (_, token) = management(&client)?;
        let mut body = body.clone();
        if let Some(secret) = client.secret.filter(|_| body.get("client_secret").is_some()) {
            body["client_secret"] = json!(secret.expose_secret());
        }
        let response = self.put(title, url, &body, Some(token.expose_secret())).await?;
        self.take_over(id, &response);
        Ok(response)
    }

    async fn put(&mut self, title: &str, url: &Url, body: &Value, token: Option<&str>) -> Result<Received, Stop> {
        let request = Request { method: Method::PUT, ..Request::json(title, url.clone(), body) };
        Ok(self.send(request.bearer_if(token)).await?)
    }

    /// What is no token for a client's configuration: none, one that the issuer never gave and, where there is another client, that of the other.
    /// An issuer may have one address for all clients (OpenID Connect Registration 4.1): what is done there by another token is done to the other.
    fn tokens_of_others(&self, id: &str, url: &Url) -> Vec<(&'static str, Option<String>)> {
        let made_up = super::random(32);
        self.recorder.redactor().learn(SecretKind::RegistrationAccessToken, &made_up);
        let other = self.facts.client.registered.iter().filter(|other| other.id != id).filter_map(|other| management(other).ok());
        let mut tokens = vec![("without a token", None), ("with a made-up token", Some(made_up))];
        tokens.extend(
            other
                .filter(|(address, _)| address != url)
                .take(1)
                .map(|(_, token)| ("with the token of another client", Some(token.expose_secret().to_owned()))),
        );
        tokens
    }

    /// Tries to delete the client without its token, and looks whether it is still there.
    async fn try_deletion_by_others(&mut self, client: &Client, url: &Url) -> Result<DeletionByOthers, Stop> {
        self.sentence("should not delete a client for others");
        let mut answers = Vec::new();
        for (with, token) in self.tokens_of_others(&client.id, url) {
            let request = Request::delete(format!("Client Deletion {with}"), url.clone());
            answers.push((with, self.send(request.bearer_if(token.as_deref())).await?));
        }
        Ok(DeletionByOthers { answers, own: None })
    }

    /// Asks the authorization endpoint for a code without any page, and says where that leads.
    async fn ask_for_code(&mut self, title: &str, parameters: Option<Parameters>) -> Result<Option<Received>, Stop> {
        let (Some(endpoint), Some(parameters)) = (self.endpoint("authorization_endpoint")?, parameters) else { return Ok(None) };
        let request = Request::get(title, AuthorizationRequest::new(parameters).url(&endpoint)).header("accept", "text/html, */*;q=0.1");
        Ok(Some(self.send_unjudged(request).await?))
    }

    /// Deletes the client and tries what it was given once more.
    pub(super) async fn delete_client(&mut self) -> Result<(), Stop> {
        let client = self.client()?.clone();
        let (url, token) = management(&client)?;
        let was_readable = self.facts.client.read.as_ref() == Some(&client.id);
        if client.method != AuthMethod::None
            && let Some(url) = self.endpoint("token_endpoint")?
        {
            self.try_credentials(&url).await?;
        }
        let known = self.send_unknown_code(&client, "Token Request before the deletion").await?;
        let wrong_secret = match super::liar(&client) {
            Some(liar) => self.send_unknown_code(&liar, "Token Request before the deletion with a wrong secret").await?,
            None => None,
        };
        // From here on it may be deleted, and its identifier be given to another client.
        self.run.clients.set_gone(&client.id, true);
        let mut by_others = self.try_deletion_by_others(&client, &url).await?;
        if by_others.answers.iter().any(|(_, response)| response.gives()) {
            self.judge(&by_others);
            return Err(Stop::not_offered("a request without the client's token has deleted the client"));
        }
        let redirect_uri = self.redirect_uri();
        let before = self.ask_for_code("Authorization Request before the deletion", self.plain_request(&redirect_uri, true).ok()).await?;
        let again = self.plain_request(&redirect_uri, true).ok();
        let login = self.tokens_before_deletion(&client).await?;
        // While the client is known: what a refresh gave is judged as that of any other.
        self.judge_unjudged_answers().await;
        self.sentence("should delete the client");
        let response = self.send(Request::delete("Client Deletion", url.clone()).bearer(token.expose_secret())).await?;
        let (deleted, status) = (response.is_success(), response.status);
        self.run.clients.set_gone(&client.id, deleted);
        by_others.own = Some(response.clone());
        self.judge(&by_others);
        // An update that succeeded is of RFC 7592, as is all management of clients by an authorization server that is no OpenID provider.
        let is_updated = self.facts.client.updated.as_ref().is_some_and(|(id, _)| *id == client.id);
        let is_managed = is_updated || !is_openid(self.metadata()?);
        self.judge(&Deletion { response, is_managed });
        Stop::not_offered_if(!deleted, said!("the issuer did not delete the client (status {status})"))?;
        // Whatever is left of it cannot be deleted once more.
        self.facts.client.registered.retain(|registered| registered.id != client.id);
        self.facts.grant.issued.retain(|granted| granted.client.id != client.id);
        self.facts.client.current = None;
        self.sentence("should accept nothing that the deleted client was given");
        let read = self.read("Client Configuration after the deletion", &url, Some(token.expose_secret())).await?;
        let request = Request::delete("Client Deletion once more", url.clone());
        let deletion = Some(self.send(request.bearer(token.expose_secret())).await?);
        let answer = self.send_unknown_code(&client, "Token Request of the deleted client").await?;
        let unknown_code = known.zip(answer).map(|(before, after)| UnknownCode { before, wrong_secret, after });
        let after = self.ask_for_code("Authorization Request of the deleted client", again).await?;
        let ended = self.judge_tokens_after_deletion(&client, login).await;
        // Last of all: the client may come back to life by it.
        let update = self.update_deleted(&client, &url, &token).await?;
        self.sentence("should accept nothing that the deleted client was given");
        self.judge(&DeletedClient { read, was_readable, token: unknown_code, authorization: before.zip(after), redirect_uri, update, deletion });
        ended
    }

    /// Sends a code that the issuer never gave, where the client has credentials and there is a token endpoint.
    async fn send_unknown_code(&mut self, client: &Client, title: &str) -> Result<Option<Received>, Stop> {
        let Some(url) = self.endpoint("token_endpoint")?.filter(|_| client.method != AuthMethod::None) else { return Ok(None) };
        let (code, redirect_uri) = (super::random(32), self.redirect_uri());
        let form = super::code_form(&code, None, &redirect_uri);
        Ok(Some(self.send(self.authenticated(client, title, &url, &form)).await?))
    }

    /// Changes the client that was deleted, where an update succeeded before. Should that make a client, the clean-up deletes it, by the address and the token
    /// in the answer or, where there are none, by those that it had before.
    async fn update_deleted(&mut self, client: &Client, url: &Url, token: &SecretString) -> Result<Option<Received>, Stop> {
        let Some((_, request)) = self.facts.client.updated.take().filter(|(id, _)| *id == client.id) else { return Ok(None) };
        let response = self.put("Client Update after the deletion", url, &request, Some(token.expose_secret())).await?;
        if response.is_success() {
            let mut back = self.registered_client(&response, None, Instant::now()).unwrap_or_else(|| client.clone());
            if let Some(registered) = back.registered.as_mut().filter(|registered| registered.management.is_none()) {
                registered.management = Some((url.clone(), token.clone()));
            }
            self.facts.client.registered.push(back);
        }
        Ok(Some(response))
    }

    /// Takes over what the answer about a client's configuration brings anew: the issuer may replace the client secret and the registration access
    /// token in it, and the old ones are to be discarded then (RFC 7592 2.1, 3).
    fn take_over(&mut self, id: &str, response: &Received) {
        let Some(members) = response.object().filter(|members| response.is_success() && members.get("client_id").is_some_and(|of| of == id)) else {
            return;
        };
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (secret, token) = (text("client_secret"), text("registration_access_token"));
        let uri = text("registration_client_uri").and_then(|uri| Url::parse(uri).ok()).filter(|uri| matches!(uri.scheme(), "http" | "https"));
        let redactor = self.recorder.redactor();
        for (kind, text) in [(SecretKind::ClientSecret, secret), (SecretKind::RegistrationAccessToken, token)] {
            if let Some(text) = text {
                redactor.learn(kind, text);
            }
        }
        let clients = &mut self.facts.client;
        let granted = self.facts.grant.issued.iter_mut().map(|granted| &mut granted.client);
        for client in clients.current.iter_mut().chain(&mut clients.registered).chain(granted).filter(|client| client.id == id) {
            if let (Some(known), Some(secret)) = (&mut client.secret, secret) {
                *known = SecretString::from(secret);
            }
            if let Some((known_uri, known_token)) = client.registered.as_mut().and_then(|registered| registered.management.as_mut()) {
                if let Some(uri) = &uri {
                    known_uri.clone_from(uri);
                }
                if let Some(token) = token {
                    *known_token = SecretString::from(token);
                }
            }
        }
    }

    async fn read(&mut self, title: &str, url: &Url, token: Option<&str>) -> Result<Received, Stop> {
        Ok(self.send(Request::get(title, url.clone()).bearer_if(token)).await?)
    }

    /// The address and the registration access token of another client, registered for this. An issuer may revoke a token that is used for another client, so
    /// its client may not be deletable afterwards: that is no fault.
    async fn register_another(&mut self) -> Result<Option<(Url, SecretString)>, Stop> {
        let Some(url) = self.endpoint("registration_endpoint")? else { return Ok(None) };
        let before = self.facts.client.registered.len();
        match self.register_in_order(&url).await {
            Ok(_) | Err(Stop::LeftOut { .. }) => {}
            Err(stop) => return Err(stop),
        }
        let another = self.facts.client.registered.get_mut(before).and_then(|client| client.registered.as_mut());
        Ok(another.and_then(|registered| {
            registered.exposed = true;
            registered.management.clone()
        }))
    }
}

/// What is sent to replace a configuration: the same without what a client does not send, with another redirect URI and name, and without contacts
/// (RFC 7592 2.2).
fn update_of(before: &Map<String, Value>, id: &str, redirect_uri: &str) -> Value {
    const NOT_SENT: [&str; 5] =
        ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at", "contacts"];
    let mut request = before.clone();
    request.retain(|name, value| !NOT_SENT.contains(&name.as_str()) && !value.is_null());
    request.insert("client_id".to_owned(), json!(id));
    request.insert("client_name".to_owned(), json!("oa-authtest (changed)"));
    request.insert("redirect_uris".to_owned(), json!([redirect_uri]));
    Value::Object(request)
}

/// Where a client is managed, and its token for it.
fn management(client: &Client) -> Result<(Url, SecretString), Stop> {
    let management = client.registered.as_ref().and_then(|registered| registered.management.clone());
    management.or_not_offered("the registration response has no `registration_client_uri` with a token, so the client cannot be managed")
}
