//! A resource that access tokens are for, whatever it is: asked with a token, without, and with one that no issuer gave (RFC 6750).

use crate::rule::protected_resource::ProtectedResource;
use crate::session::recorder::Request;
use crate::session::{OrLeftOut as _, Session, Stop};

/// A token that no issuer gave, and that is no secret.
const MADE_UP: &str = "oa-authtest-made-up-access-token";

impl Session {
    /// Asks the configured resource.
    pub(super) async fn access_resource(&mut self) -> Result<(), Stop> {
        let url = self.run.config.resource_url.clone();
        let url = url.or_left_out("no resource is configured: set --resource-url, or [resource] url in oa-authtest.toml")?;
        let token = self.client_token()?;
        self.sentence("should allow access to the resource with the access token, and only with it");
        let with_token = self.recorder.send(Request::get("Resource", url.clone()).bearer(&token).private()).await?;
        let without_token = self.recorder.send(Request::get("Resource without a Token", url.clone()).private()).await?;
        let made_up = self.recorder.send(Request::get("Resource with a Made-up Token", url).bearer(MADE_UP).private()).await?;
        self.judge(&ProtectedResource { with_token, without_token, made_up });
        Ok(())
    }
}
