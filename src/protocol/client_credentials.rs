//! The client credentials grant (RFC 6749 4.4).

use crate::report::model::StepEnd;
use crate::rule::token_response::Grant;
use crate::session::{Session, Stop};

use super::tokens::Asked;

impl Session {
    /// Obtains an access token for the client itself.
    ///
    /// # Errors
    /// [`Stop`] if none is to be had.
    pub async fn client_credentials(&mut self, scope: &str) -> Result<StepEnd, Stop> {
        let Some(url) = self.endpoint("token_endpoint")? else {
            return Err(super::unknown_endpoint("token_endpoint"));
        };
        self.sentence("should complete Client Credentials Flow successfully");
        let grant = Grant::ClientCredentials;
        let response = self.send_authenticated("Client Credentials Flow", url, &[("grant_type", grant.as_str()), ("scope", scope)]).await?;
        let tokens = self.judge_tokens(response, &Asked { grant, scope, nonce: None, max_age: None, sub: None })?;
        self.facts.client_token = Some(tokens.access_token);
        Ok(StepEnd::Done)
    }
}
