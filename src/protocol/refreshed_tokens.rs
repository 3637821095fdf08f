//! The access token of a refresh, followed to where it is used.

use std::time::Duration;

use crate::protocol::prelude::*;
use crate::rule::jose::Token;
use crate::rule::refreshed_token::RefreshedToken;

/// How long after the login the refresh is, so that its time is another by any clock that counts seconds.
const APART: Duration = Duration::from_secs(2);

impl Session {
    /// Refreshes some seconds after the login, and asks userinfo and introspection with the access token before and after.
    pub(super) async fn use_refreshed_tokens(&mut self) -> Result<(), Stop> {
        let user = self.login()?.clone();
        if user.refresh_token.is_some() {
            self.pause(APART.saturating_sub(user.at.elapsed())).await;
        }
        let (mut at_userinfo, mut at_introspection) = (None, None);
        if user.refresh_token.is_some() {
            self.sentence("should take the access token of the login before the refresh");
            at_userinfo = self.userinfo_for("UserInfo before the Refresh", &user.access_token).await?;
            at_introspection = self.introspection_for("Introspection before the Refresh", &user.access_token).await?;
        }
        let granted = self.refresh_login().await?;
        let after = self.login()?.access_token.clone();
        let exchange = granted.exchange;
        let scope = granted.scope.unwrap_or_else(|| user.scope());
        self.sentence("should take the refreshed access token as it took that of the login");
        let userinfo_after = self.userinfo_for("UserInfo after the Refresh", &after).await?;
        let introspection_after = self.introspection_for("Introspection after the Refresh", &after).await?;
        if let Some(answer) = userinfo_after.clone().filter(Received::gives) {
            self.judge(&self.userinfo(answer, user.sub()));
        }
        self.judge(&RefreshedToken {
            exchange,
            before: Token::from(user.access_token),
            after: Token::from(after),
            scope,
            userinfo: at_userinfo.zip(userinfo_after),
            introspection: at_introspection.zip(introspection_after),
        });
        Ok(())
    }

    async fn userinfo_for(&mut self, title: &str, token: &str) -> Result<Option<Received>, Stop> {
        let Some(url) = self.endpoint("userinfo_endpoint")? else { return Ok(None) };
        Ok(Some(self.send(Request::get(title, url).bearer(token)).await?))
    }

    async fn introspection_for(&mut self, title: &str, token: &str) -> Result<Option<Received>, Stop> {
        let is_public = self.client()?.method == AuthMethod::None;
        let Some(url) = self.endpoint("introspection_endpoint")?.filter(|_| !is_public) else { return Ok(None) };
        Ok(Some(self.send_authenticated(title, url, &super::token_form(token, "access_token")).await?))
    }
}
