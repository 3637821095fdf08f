//! Client authentication at the token endpoint and its kin (RFC 6749 2.3, OpenID Connect Core 9).

use std::time::{Duration, Instant};

use secrecy::ExposeSecret;

use crate::protocol::prelude::*;
use crate::rule::answer::error_code;
use crate::rule::client_authentication::{ClientAuthentication, accepts, is_refused};
use crate::session::assertion::JWT_BEARER;
use crate::session::recorder::Shows;

use super::error_of;
use crate::text::millis;

/// What a client that is not known, or not by these credentials, gets (RFC 6749 5.2).
pub(super) const INVALID_CLIENT: &str = "invalid_client";

/// The first pause before a freshly registered client is tried again; it doubles from there.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(50);

impl Session {
    /// Sends a form to an endpoint with the client authenticated the way that was registered or configured. An answer of the token endpoint is
    /// judged when the step ends.
    ///
    /// # Errors
    /// As [`Session::exchange_authenticated`].
    pub(crate) async fn send_authenticated(&mut self, title: &str, url: Url, parameters: &[(&str, &str)]) -> Result<Received, Stop> {
        Ok(self.exchange_authenticated(title, url, parameters).await?.response().clone())
    }

    /// The same for an answer that a judge takes.
    ///
    /// A client that was registered a moment ago may not be known everywhere yet: `invalid_client` is tried again with growing pauses until
    /// `registration_patience` after the registration, and how that went is judged.
    /// Stops if the endpoint cannot be reached, or refuses the credentials that were configured.
    pub(super) async fn exchange_authenticated(&mut self, title: &str, url: Url, parameters: &[(&str, &str)]) -> Result<TokenExchange, Stop> {
        let client = self.client()?.clone();
        let mut pause = FIRST_PAUSE;
        let mut refusals = 0;
        loop {
            let exchange = self.exchange(self.authenticated(&client, title, &url, parameters)).await?;
            let response = exchange.response();
            let refused = is_refused(response);
            if refused && let Some(accepted) = self.try_otherwise(&client, title, &url, parameters).await? {
                return Ok(accepted);
            }
            let response = exchange.response();
            let Some(registered) = &client.registered else {
                let (error, says) = (error_code(response).unwrap_or_default(), error_of(response).unwrap_or_default());
                if let Some(stop) = self.may_not(&client, response.status, error, &says) {
                    return Err(stop);
                }
                if !refused {
                    self.judge_encoding(&client, response);
                }
                if refused && self.endpoint("token_endpoint")?.as_ref() == Some(&url) {
                    return Err(self.blame_client(&client, parameters, &says).await?);
                }
                return Ok(exchange);
            };
            if !registered.untried {
                return Ok(exchange);
            }
            refusals += u32::from(refused);
            if refused && registered.at.elapsed() + pause < self.run.config.registration_patience {
                tokio::time::sleep(pause).await;
                pause *= 2;
                continue;
            }
            self.judge_registered_credentials(response, refusals, registered.at, accepts(response, refusals));
            if refused {
                return Err(Stop::issuer(said!("the issuer refuses the credentials it has registered ({})", error_of(response).unwrap_or_default())));
            }
            return Ok(exchange);
        }
    }

    pub(super) fn judge_registered_credentials(&mut self, response: &Received, refusals: u32, since: Instant, accepted: Option<bool>) {
        let elapsed_ms = millis(since.elapsed());
        self.judge(&ClientAuthentication { exchange: response.exchange, refusals, elapsed_ms, accepted });
        if let Some(client) = self.facts.client.current.clone().filter(|_| accepted != Some(false)) {
            self.judge_encoding(&client, response);
        }
        if let Some(registered) = self.facts.client.registered_mut() {
            registered.untried = false;
        }
    }

    /// A form for an endpoint with an assertion of a client, of a `client_assertion_type`.
    pub(super) fn with_assertion(
        &self,
        client: &Client,
        title: &str,
        url: &Url,
        parameters: &[(&str, &str)],
        (assertion, of_type): (&str, &str),
    ) -> Request {
        self.recorder.redactor().learn(SecretKind::ClientAssertion, assertion);
        let own = [("client_id", client.id.as_str()), ("client_assertion_type", of_type), ("client_assertion", assertion)];
        let form: Vec<_> = parameters.iter().copied().chain(own).collect();
        Request::form(title, url.clone(), &form)
    }

    /// A form for an endpoint with a client's credentials, the way it authenticates.
    pub(super) fn authenticated(&self, client: &Client, title: &str, url: &Url, parameters: &[(&str, &str)]) -> Request {
        let request = self.with_credentials(client, title, url, parameters);
        request.showing(Shows::of(client.certificate.as_ref()))
    }

    /// The same, whatever is shown on the connection.
    fn with_credentials(&self, client: &Client, title: &str, url: &Url, parameters: &[(&str, &str)]) -> Request {
        let secret = client.secret.as_ref().map(ExposeSecret::expose_secret);
        let mut parameters = parameters.to_vec();
        match (client.method, secret) {
            (AuthMethod::ClientSecretBasic, Some(secret)) => {
                let value = self.recorder.basic(&client.id, secret, self.facts.client.raw_basic);
                Request::form(title, url.clone(), &parameters).header("authorization", value)
            }
            (AuthMethod::ClientSecretPost, Some(secret)) => {
                parameters.extend([("client_id", client.id.as_str()), ("client_secret", secret)]);
                Request::form(title, url.clone(), &parameters)
            }
            (AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretJwt, _) => {
                let now = jiff::Timestamp::now().as_second();
                let assertion = client.signer().map(|signer| signer.assertion(&client.id, now)).unwrap_or_default();
                self.with_assertion(client, title, url, &parameters, (&assertion, JWT_BEARER))
            }
            // A client that authenticates by its certificate says who it is (RFC 8705 2).
            (AuthMethod::None | AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth, _) | (_, None) => {
                parameters.push(("client_id", client.id.as_str()));
                Request::form(title, url.clone(), &parameters)
            }
        }
    }
}
