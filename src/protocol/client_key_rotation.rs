//! A client that replaces the key behind its `jwks_uri` (OpenID Connect Core 10.1.1).

use std::time::Instant;

use crate::protocol::prelude::*;
use crate::rule::client_assertion::{Attempt, NewKey, ReplacedKey};
use crate::session::assertion::{Means, next_key};
use crate::session::signing_key::SigningKey;

use super::client_authentication::FIRST_PAUSE;
use super::refresh::no_refresh_token;

impl Session {
    /// Puts a new key in the place of the one behind the client's `jwks_uri` and refreshes the tokens of the login with an assertion by it; then tries
    /// once more with one by the old key.
    /// Stops if the refresh token is refused.
    pub(super) async fn rotate_client_key(&mut self) -> Result<(), Stop> {
        let user = self.login()?.clone();
        let refresh_token = user.refresh_token.clone().or_not_offered(no_refresh_token(user.request.scope()))?;
        let signer = self.client()?.registered.as_ref().and_then(|registered| registered.signer.clone());
        let keys = signer.as_ref().and_then(|signer| signer.key().zip(signer.hosted.as_ref().map(Arc::clone)));
        let (old, hosted) = keys.or_not_offered("the client has no key behind an address")?;
        let new = next_key(old.alg()).await.map_err(|error| Stop::untestable(error.to_string()))?;
        self.sentence("should take the key that the client has put in the place of its old one");
        let before = hosted.fetched();
        hosted.replace(new.set().to_string());
        self.sign_with(new)?;
        let seconds_since = user.at.elapsed().as_secs();
        let (since, mut pause) = (Instant::now(), FIRST_PAUSE);
        let (exchange, attempt) = loop {
            let (exchange, attempt) = self.refresh_by_assertion("Refresh with the New Key", &refresh_token).await?;
            if attempt.accepted != Some(false) || since.elapsed() + pause >= self.run.config.registration_patience {
                break (exchange, attempt);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        };
        let accepted = attempt.accepted == Some(true);
        self.judge(&NewKey { attempt, fetched_again: hosted.fetched() > before });
        if !accepted {
            return Ok(());
        }
        self.take_refreshed(exchange, &user, refresh_token, seconds_since).await?;
        let Some(refresh_token) = self.login()?.refresh_token.clone() else { return Ok(()) };
        self.sentence("should not take the old key of the client any more");
        self.sign_with(old)?;
        let tried = self.refresh_by_assertion("Refresh with the Old Key", &refresh_token).await;
        self.sign_with(new)?;
        let (_exchange, attempt) = tried?;
        self.judge(&ReplacedKey { attempt });
        Ok(())
    }

    /// What the client signs its assertions with from now on.
    fn sign_with(&mut self, key: &'static SigningKey) -> Result<(), Stop> {
        let signer = self.facts.client.registered_mut().and_then(|registered| registered.signer.as_mut()).ok_or_else(|| missing("a signer"))?;
        signer.means = Means::Key(key);
        Ok(())
    }

    /// Refreshes once with an assertion of the client, and says whether that was accepted.
    async fn refresh_by_assertion(&mut self, title: &str, refresh_token: &str) -> Result<(TokenExchange, Attempt), Stop> {
        let (client, url) = (self.client()?.clone(), self.needed("token_endpoint")?);
        let exchange = self.exchange(self.authenticated(&client, title, &url, &super::refresh_form(refresh_token))).await?;
        let attempt = Attempt::of_refresh(exchange.response());
        Ok((exchange, attempt))
    }
}
