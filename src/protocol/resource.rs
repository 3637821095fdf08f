//! What access tokens are for: a resource, whatever it is, and the orders feed; each asked with a token and without (RFC 6750).

use crate::config::setting;
use crate::protocol::prelude::*;
use crate::rule::orders_feed::OrdersFeed;
use crate::rule::protected_resource::ProtectedResource;

/// A token that no issuer gave, and that is no secret.
const MADE_UP: &str = "oa-authtest-made-up-access-token";

impl Session {
    /// Asks the configured resource with the client's access token, without any, and with one that no issuer gave.
    pub(super) async fn access_resource(&mut self) -> Result<(), Stop> {
        let url = self.run.config.resource_url.clone();
        let url = url.or_lacks(&setting::RESOURCE_URL, "no resource is configured")?;
        let token = self.client_token()?;
        self.sentence("should allow access to the resource with the access token, and only with it");
        let with_token = self.send_unjudged(Request::get("Resource", url.clone()).bearer(&token).private()).await?;
        let without_token = self.send_unjudged(Request::get("Resource without a Token", url.clone()).private()).await?;
        let made_up = self.send_unjudged(Request::get("Resource with a Made-up Token", url).bearer(MADE_UP).private()).await?;
        self.judge(&ProtectedResource { with_token, without_token, made_up });
        Ok(())
    }

    /// Asks the orders feed with the client's access token and once more without any.
    pub(super) async fn access_orders_feed(&mut self) -> Result<(), Stop> {
        let url = self.run.config.orders_feed_url.clone();
        let url = url.or_lacks(&setting::ORDERS_FEED_URL, "no orders feed is configured")?;
        let token = self.client_token()?;
        self.sentence("should allow access to the orders feed with the access token, and only with it");
        let with_token = self.send_unjudged(Request::get("Orders Feed", url.clone()).bearer(&token)).await?;
        let without_token = self.send_unjudged(Request::get("Orders Feed without a Token", url)).await?;
        self.judge(&OrdersFeed { with_token, without_token });
        Ok(())
    }
}
