//! Keys of a client behind a certificate that nobody trusts (OpenID Connect Core 16.17).

use std::time::Instant;

use crate::agent::callback::Offer;
use crate::agent::untrusted::UntrustedServer;
use crate::feature::register::KeysBy;
use crate::protocol::prelude::*;
use crate::rule::untrusted_fetch::{BEHIND_PROXY, UntrustedKeys, Visitor};

impl Session {
    /// Registers a client whose keys are on a server by https with a certificate of its own making, has it authenticate, and judges what that server saw.
    pub(super) async fn offer_untrusted_keys(&mut self) -> Result<(), Stop> {
        let url = self.offered("registration_endpoint")?;
        let reason = "`token_endpoint_auth_methods_supported` does not list private_key_jwt";
        Stop::not_offered_if(!self.offers_method(AuthMethod::PrivateKeyJwt)?, reason)?;
        Stop::out_of_reach_if(self.run.config.public.is_some(), BEHIND_PROXY)?;
        self.must_reach_this_machine()?;
        let signer = self.signer(KeysBy::Value).await?;
        let key = signer.key().or_not_offered("there is no key")?;
        let server = UntrustedServer::start(Offer::json(&key.set())).await.map_err(Stop::untestable)?;
        let mut body = self.client_metadata(Some(AuthMethod::PrivateKeyJwt), &["authorization_code".to_owned()])?;
        body["jwks_uri"] = json!(server.url());
        body["token_endpoint_auth_signing_alg"] = json!(signer.alg());
        self.sentence("should fetch the keys of a client only from a server whose certificate it trusts");
        let token = self.initial_access_token();
        let response = self.post_registration("Registration with Keys behind an Untrusted Certificate", &url, &body, token.as_deref()).await?;
        let client = self.registered_client(&response, Some(AuthMethod::PrivateKeyJwt), Instant::now());
        if let Some((client, endpoint)) = client.zip(self.endpoint("token_endpoint")?) {
            let assertion = signer.assertion(&client.id, jiff::Timestamp::now().as_second());
            self.try_assertion(&client, "Client Assertion with a Key behind an Untrusted Certificate", &endpoint, &assertion).await?;
        }
        let visitor = Visitor { reached: server.was_reached(), asked: server.was_asked() };
        self.judge(&UntrustedKeys { visitor, exchange: response.exchange });
        Ok(())
    }
}
