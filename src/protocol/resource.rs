//! A resource that access tokens are for, whatever it is: asked with a token, without, and with one that no issuer gave (RFC 6750).

use crate::result::model::StepEnd;
use crate::rule::protected_resource::ProtectedResource;
use crate::session::recorder::Request;
use crate::session::{Session, Stop, missing};

/// A token that no issuer gave, and that is no secret.
const MADE_UP: &str = "oa-authtest-made-up-access-token";

impl Session {
    /// Asks the configured resource.
    ///
    /// # Errors
    /// [`Stop`] if it cannot be reached.
    pub async fn access_resource(&mut self) -> Result<StepEnd, Stop> {
        let Some(url) = self.run.config.resource_url.clone() else {
            return Ok(StepEnd::LeftOut("no resource is configured: set --resource-url, or [resource] url in oa-authtest.toml".to_owned()));
        };
        let token = self.facts.grant.client_token.clone().ok_or_else(|| missing("the client's access token"))?;
        self.sentence("should allow access to the resource with the access token, and only with it");
        let with_token = self.recorder.send(Request::get("Resource", url.clone()).bearer(&token).private()).await?;
        let without_token = self.recorder.send(Request::get("Resource without a Token", url.clone()).private()).await?;
        let made_up = self.recorder.send(Request::get("Resource with a Made-up Token", url).bearer(MADE_UP).private()).await?;
        self.judge(&ProtectedResource { with_token, without_token, made_up });
        Ok(StepEnd::Done)
    }
}
