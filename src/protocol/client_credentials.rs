//! The client credentials grant (RFC 6749 4.4).

use crate::feature::OAUTH;
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
        let may_lack = self.profile == OAUTH;
        if may_lack && self.listed("grant_types_supported")?.is_some_and(|grants| !grants.contains(&Grant::ClientCredentials.as_str())) {
            return Ok(StepEnd::LeftOut("`grant_types_supported` does not list client_credentials".to_owned()));
        }
        let Some(url) = self.endpoint("token_endpoint")? else {
            return Err(super::unknown_endpoint("token_endpoint"));
        };
        self.sentence("should complete Client Credentials Flow successfully");
        let grant = Grant::ClientCredentials;
        let mut parameters = vec![("grant_type", grant.as_str())];
        parameters.extend((!scope.is_empty()).then_some(("scope", scope)));
        let response = self.send_authenticated("Client Credentials Flow", url, &parameters).await?;
        let error = response.member("error");
        super::is_scope_wanted(scope, error.as_ref().and_then(serde_json::Value::as_str))?;
        // Somebody may have registered it for the authorization code alone.
        let is_configured = self.client()?.registered.is_none();
        if may_lack && is_configured && error.is_some_and(|error| error == "unauthorized_client") {
            return Ok(StepEnd::LeftOut("the client that was configured may not use the client credentials grant (unauthorized_client)".to_owned()));
        }
        let tokens = self.judge_tokens(response, &Asked { grant, scope, nonce: None, max_age: None, sub: None })?;
        self.facts.client_token = Some(tokens.access_token);
        Ok(StepEnd::Done)
    }
}
