//! A protected resource: the orders feed, asked with a token and without (RFC 6750).

use crate::rule::orders_feed::OrdersFeed;
use crate::session::recorder::Request;
use crate::session::{OrLeftOut as _, Session, Stop};

impl Session {
    /// Asks the orders feed with the client's access token and once more without any.
    pub(super) async fn access_orders_feed(&mut self) -> Result<(), Stop> {
        let url = self.run.config.orders_feed_url.clone();
        let url = url.or_left_out("no orders feed is configured: set --orders-feed-url, or [orders-feed] url in oa-authtest.toml")?;
        let token = self.client_token()?;
        self.sentence("should allow access to the orders feed with the access token, and only with it");
        let with_token = self.recorder.send(Request::get("Orders Feed", url.clone()).bearer(&token)).await?;
        let without_token = self.recorder.send(Request::get("Orders Feed without a Token", url)).await?;
        self.judge(&OrdersFeed { with_token, without_token });
        Ok(())
    }
}
