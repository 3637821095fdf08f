//! The management of registered clients (RFC 7592): who may read a client's configuration, and what is left of a client that was deleted.

use openidconnect::CsrfToken;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::config::AuthMethod;
use crate::observed::received::Received;
use crate::redact::SecretKind;
use crate::result::model::StepEnd;
use crate::rule::client_configuration::{ClientConfiguration, DeletedClient};
use crate::rule::registration::Deletion;
use crate::rule::token_response::Grant;
use crate::session::recorder::Request;
use crate::session::{Client, Session, Stop};

impl Session {
    /// Reads the configuration of the client with its own token, with none, with a made-up one and with that of another client, and judges the
    /// answers.
    ///
    /// # Errors
    /// [`Stop`] if the endpoint cannot be reached.
    pub async fn read_client(&mut self) -> Result<StepEnd, Stop> {
        let client = self.client()?.clone();
        let Some((url, token)) = management(&client) else {
            return Ok(unmanaged());
        };
        self.sentence("should show a client's configuration to that client and to nobody else");
        let own = self.read("Client Configuration", &url, Some(token.expose_secret())).await?;
        let without = self.read("Client Configuration without a token", &url, None).await?;
        let made_up = super::random(32);
        self.recorder.redactor().learn(SecretKind::RegistrationAccessToken, &made_up);
        let unknown = self.read("Client Configuration with a made-up token", &url, Some(&made_up)).await?;
        let other = match self.register_another().await? {
            Some(token) => Some(self.read("Client Configuration with the token of another client", &url, Some(token.expose_secret())).await?),
            None => None,
        };
        self.judge(&ClientConfiguration { client_id: client.id, own, without, unknown, other });
        Ok(StepEnd::Done)
    }

    /// Deletes the client and tries what it was given once more.
    ///
    /// # Errors
    /// [`Stop`] if an endpoint cannot be reached.
    pub async fn delete_client(&mut self) -> Result<StepEnd, Stop> {
        let client = self.client()?.clone();
        let Some((url, token)) = management(&client) else {
            return Ok(unmanaged());
        };
        self.sentence("should delete the client");
        let response = self.send(Request::delete("Client Deletion", url.clone()).bearer(token.expose_secret())).await?;
        let (deleted, status) = (response.is_success(), response.status);
        self.judge(&Deletion { response });
        if !deleted {
            return Ok(StepEnd::LeftOut(format!("the issuer did not delete the client (status {status})")));
        }
        self.sentence("should accept nothing that the deleted client was given");
        let read = self.read("Client Configuration after the deletion", &url, Some(token.expose_secret())).await?;
        let token = match self.endpoint("token_endpoint")? {
            Some(url) if client.method != AuthMethod::None => {
                let code = CsrfToken::new_random_len(32);
                let redirect_uri = self.redirect_uri();
                let form = [("grant_type", Grant::AuthorizationCode.as_str()), ("code", code.secret()), ("redirect_uri", &redirect_uri)];
                let request = self.authenticated(&client, "Token Request of the deleted client", &url, &form);
                Some(self.send(request).await?)
            }
            _ => None,
        };
        // Whatever is left of it cannot be deleted once more.
        self.facts.client.registered.retain(|registered| registered.id != client.id);
        self.facts.grant.issued.retain(|granted| granted.client.id != client.id);
        self.facts.client.current = None;
        self.judge(&DeletedClient { read, token });
        Ok(StepEnd::Done)
    }

    async fn read(&mut self, title: &str, url: &Url, token: Option<&str>) -> Result<Received, Stop> {
        let request = Request::get(title, url.clone());
        Ok(self.send(token.into_iter().fold(request, Request::bearer)).await?)
    }

    /// The registration access token of another client, registered for this. An issuer may revoke a token that is used for another client, so
    /// its client may not be deletable afterwards: that is no fault.
    async fn register_another(&mut self) -> Result<Option<SecretString>, Stop> {
        let Some(url) = self.endpoint("registration_endpoint")? else { return Ok(None) };
        let token = self.run.config.initial_access_token.as_ref().map(|token| token.expose_secret().to_owned());
        let (body, before) = (self.plain_metadata()?, self.facts.client.registered.len());
        self.post_good_registration("Registration of another client", &url, &body, token.as_deref()).await?;
        let another = self.facts.client.registered.get_mut(before).and_then(|client| client.registered.as_mut());
        Ok(another.and_then(|registered| {
            registered.exposed = true;
            registered.management.as_ref().map(|(_, token)| token.clone())
        }))
    }
}

/// Where a client is managed, and its token for it.
fn management(client: &Client) -> Option<(Url, SecretString)> {
    client.registered.as_ref()?.management.clone()
}

fn unmanaged() -> StepEnd {
    StepEnd::LeftOut("the registration response has no `registration_client_uri` with a token, so the client cannot be managed".to_owned())
}
