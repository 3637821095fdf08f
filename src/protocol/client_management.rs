//! The management of registered clients (RFC 7592): who may read a client's configuration, and what is left of a client that was deleted.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::config::AuthMethod;
use crate::observed::received::Received;
use crate::redact::SecretKind;
use crate::rule::client_configuration::{ClientConfiguration, DeletedClient};
use crate::rule::provider_metadata::is_openid;
use crate::rule::registration::Deletion;
use crate::session::recorder::Request;
use crate::session::{Client, OrLeftOut as _, Session, Stop};
use crate::text::words::said;

impl Session {
    /// Reads the configuration of the client with its own token, with none, with a made-up one and with that of another client, and judges the
    /// answers.
    pub(super) async fn read_client(&mut self) -> Result<(), Stop> {
        let client = self.client()?.clone();
        let (url, token) = management(&client)?;
        self.sentence("should show a client's configuration to that client alone");
        let own = self.read("Client Configuration", &url, Some(token.expose_secret())).await?;
        self.take_over(&client.id, &own);
        self.facts.client.read = (own.status == 200).then(|| client.id.clone());
        let without = self.read("Client Configuration without a token", &url, None).await?;
        let made_up = super::random(32);
        self.recorder.redactor().learn(SecretKind::RegistrationAccessToken, &made_up);
        let unknown = self.read("Client Configuration with a made-up token", &url, Some(&made_up)).await?;
        let other = self.register_another().await?;
        let by_other =
            |token: SecretString| Request::get("Client Configuration with the token of another client", url.clone()).bearer(token.expose_secret());
        let other = self.send_if(other.map(by_other)).await?;
        let openid = is_openid(self.metadata()?);
        self.judge(&ClientConfiguration { client_id: client.id, own, without, unknown, other, openid });
        Ok(())
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
        self.sentence("should delete the client");
        let response = self.send(Request::delete("Client Deletion", url.clone()).bearer(token.expose_secret())).await?;
        let (deleted, status) = (response.is_success(), response.status);
        self.judge(&Deletion { response });
        Stop::not_offered_if(!deleted, said!("the issuer did not delete the client (status {status})"))?;
        // Whatever is left of it cannot be deleted once more.
        self.facts.client.registered.retain(|registered| registered.id != client.id);
        self.facts.grant.issued.retain(|granted| granted.client.id != client.id);
        self.facts.client.current = None;
        self.sentence("should accept nothing that the deleted client was given");
        let read = self.read("Client Configuration after the deletion", &url, Some(token.expose_secret())).await?;
        let token = match self.endpoint("token_endpoint")? {
            Some(url) if client.method != AuthMethod::None => {
                let (code, redirect_uri) = (super::random(32), self.redirect_uri());
                let form = super::code_form(&code, None, &redirect_uri);
                Some(self.send(self.authenticated(&client, "Token Request of the deleted client", &url, &form)).await?)
            }
            _ => None,
        };
        self.judge(&DeletedClient { read, was_readable, token });
        Ok(())
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
        let request = Request::get(title, url.clone());
        Ok(self.send(token.into_iter().fold(request, Request::bearer)).await?)
    }

    /// The registration access token of another client, registered for this. An issuer may revoke a token that is used for another client, so
    /// its client may not be deletable afterwards: that is no fault.
    async fn register_another(&mut self) -> Result<Option<SecretString>, Stop> {
        let Some(url) = self.endpoint("registration_endpoint")? else { return Ok(None) };
        let before = self.facts.client.registered.len();
        match self.register_in_order(&url).await {
            Ok(_) | Err(Stop::LeftOut { .. }) => {}
            Err(stop) => return Err(stop),
        }
        let another = self.facts.client.registered.get_mut(before).and_then(|client| client.registered.as_mut());
        Ok(another.and_then(|registered| {
            registered.exposed = true;
            registered.management.as_ref().map(|(_, token)| token.clone())
        }))
    }
}

/// Where a client is managed, and its token for it.
fn management(client: &Client) -> Result<(Url, SecretString), Stop> {
    let management = client.registered.as_ref().and_then(|registered| registered.management.clone());
    management.or_not_offered("the registration response has no `registration_client_uri` with a token, so the client cannot be managed")
}
