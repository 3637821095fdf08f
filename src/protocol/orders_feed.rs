//! A protected resource: the orders feed, asked with a token and without (RFC 6750).

use crate::result::model::StepEnd;
use crate::rule::orders_feed::OrdersFeed;
use crate::session::recorder::Request;
use crate::session::{Session, Stop, missing};

impl Session {
    /// Asks the orders feed with the client's access token and once more without any.
    ///
    /// # Errors
    /// [`Stop`] if the feed cannot be reached.
    pub async fn access_orders_feed(&mut self) -> Result<StepEnd, Stop> {
        let Some(url) = self.run.config.orders_feed_url.clone() else {
            return Ok(StepEnd::LeftOut("no orders feed is configured: set --orders-feed-url, or [orders-feed] url in oa-authtest.toml".to_owned()));
        };
        let token = self.facts.grant.client_token.clone().ok_or_else(|| missing("the client's access token"))?;
        self.sentence("should allow access to the orders feed with the access token, and only with it");
        let with_token = self.recorder.send(Request::get("Orders Feed", url.clone()).bearer(&token)).await?;
        let without_token = self.recorder.send(Request::get("Orders Feed without a Token", url)).await?;
        self.judge(&OrdersFeed { with_token, without_token });
        Ok(StepEnd::Done)
    }
}
