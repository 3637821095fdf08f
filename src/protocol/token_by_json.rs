//! Token requests as JSON, which some issuers take beside the form of RFC 6749.

use secrecy::ExposeSecret as _;

use crate::config::setting;
use crate::protocol::prelude::*;
use crate::rule::aidbox::{JsonGrant, JsonRefresh};

impl Session {
    /// Obtains an access token for the client itself by a request in JSON.
    /// Stops if none is to be had.
    pub(super) async fn request_token_by_json(&mut self, audience: bool) -> Result<(), Stop> {
        let url = self.needed("token_endpoint")?;
        let client = self.client()?.clone();
        let secret = &client.secret.or_lacks(&setting::CLIENT_SECRET, "the client has no secret")?;
        self.sentence("should take a token request as JSON like one as a form");
        let mut body = json!({ "grant_type": Grant::ClientCredentials.as_str(), "client_id": client.id, "client_secret": secret.expose_secret() });
        let audience = self.run.config.audience.clone().filter(|_| audience);
        if let Some(audience) = &audience {
            body["audience"] = json!(audience);
        }
        let exchange = self.exchange(Request::json("Token Request as JSON", url, &body)).await?;
        let response = exchange.response().clone();
        let is_refused = !response.is_success();
        let by_form = self.facts.grant.client_grant.as_ref().map(|grant| grant.response.clone());
        self.judge(&JsonGrant { response, by_form });
        // JSON is outside RFC 6749: to refuse it breaks no rule about token responses, and a test that has a token can go on.
        if is_refused && self.facts.grant.client_token.is_some() {
            return Ok(());
        }
        self.take_client_grant(exchange, "", audience).await
    }

    /// Refreshes the client's own token by a request in JSON that holds no secret: the refresh token is the proof.
    pub(super) async fn refresh_by_json(&mut self, refresh_token: &str) -> Result<(), Stop> {
        let url = self.needed("token_endpoint")?;
        let before = self.client_token()?;
        self.sentence("should refresh the client's token by a request as JSON");
        let body = json!({ "grant_type": Grant::RefreshToken.as_str(), "client_id": self.client()?.id, "refresh_token": refresh_token });
        let response = self.send(Request::json("Refresh as JSON", url, &body)).await?;
        let artefact = JsonRefresh { response, before };
        self.judge(&artefact);
        let token = artefact.response.object().and_then(|members| members.get("access_token")?.as_str().map(str::to_owned));
        // Without a new token the story goes on with the one it has.
        if let Some(token) = token.filter(|token| !token.is_empty() && artefact.response.status == 200) {
            self.facts.grant.client_token = Some(token);
        }
        Ok(())
    }
}
