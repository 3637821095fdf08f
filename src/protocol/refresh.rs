//! Refreshing (RFC 6749 6, OpenID Connect Core 12).

use crate::protocol::prelude::*;
use crate::rule::refresh::Refresh;
use crate::session::UserTokens;

use super::tokens::Expected;

/// What a refresh gave.
pub(super) struct Refreshed {
    /// The exchange.
    pub exchange: usize,
    /// The scope that the response names, if it names one.
    pub scope: Option<String>,
}

impl Session {
    /// Refreshes the tokens of the login, where a refresh token was issued. A rotated refresh token takes the old one's place.
    /// Stops if the refresh token is refused.
    pub(super) async fn refresh(&mut self) -> Result<(), Stop> {
        self.refresh_login().await.map(drop)
    }

    /// The same; gives what was granted.
    pub(super) async fn refresh_login(&mut self) -> Result<Refreshed, Stop> {
        let user = self.login()?.clone();
        let refresh_token = user.refresh_token.clone().or_not_offered(no_refresh_token(user.request.scope()))?;
        let url = self.needed("token_endpoint")?;
        self.sentence("should refresh the access token successfully");
        let seconds_since = user.at.elapsed().as_secs();
        let exchange = self.exchange_authenticated("Refresh", url, &super::refresh_form(&refresh_token)).await?;
        self.take_refreshed(exchange, &user, refresh_token, seconds_since).await
    }

    /// Judges the answer to a refresh of the tokens of a login, and keeps what it gives. Stops if the refresh token is refused.
    pub(super) async fn take_refreshed(
        &mut self,
        exchange: TokenExchange,
        user: &UserTokens,
        refresh_token: String,
        seconds_since: u64,
    ) -> Result<Refreshed, Stop> {
        let response = exchange.response().clone();
        let number = response.exchange;
        let judged = self.judge_tokens(exchange, &Expected::of_refresh(user)).await;
        self.sentence("should not change what the login established");
        self.judge(&Refresh {
            response,
            before: user.response.clone(),
            id_token_before: user.id_token.clone(),
            id_token_after: judged.as_ref().ok().and_then(|tokens| tokens.id_token.clone()),
            scope_before: user.known_scope(),
            seconds_since,
        });
        let tokens = judged?;
        let scope = tokens.text("scope");
        if let Some(kept) = &mut self.facts.grant.login {
            kept.refresh_token = tokens.text("refresh_token").or(Some(refresh_token));
            kept.access_token = tokens.access_token;
        }
        Ok(Refreshed { exchange: number, scope })
    }
}

/// Why there is nothing to refresh with, and what can be done about it.
pub(super) fn no_refresh_token(asked: &str) -> String {
    if asked.split_ascii_whitespace().any(|scope| scope == "offline_access") {
        "no refresh token was issued, though `offline_access` was asked for with `prompt=consent`: allow the client offline access and the grant \
         `refresh_token` at the issuer, if it is to keep its access"
            .to_owned()
    } else {
        "no refresh token was issued, and `offline_access` was not asked for".to_owned()
    }
}
