//! Attacks with refresh tokens (RFC 6749 6, RFC 9700 4.14).

use url::Url;

use super::attacks::title;
use super::refresh_form;
use crate::observed::received::Received;
use crate::rule::attack::Attack;
use crate::rule::dead_tokens::Cause;
use crate::rule::expect::scope_words;
use crate::rule::refresh_practice::RefreshPractice;
use crate::rule::token_refusal::Provocation;
use crate::session::{Client, OrLeftOut as _, Session, Stop};

/// The form of a refresh.
fn form<'a>(token: &'a str, scope: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    refresh_form(token).into_iter().chain(scope.map(|scope| ("scope", scope))).collect()
}

/// The refresh token of a success, if it gave one.
fn newer(response: &Received) -> Option<String> {
    let token = response.member("refresh_token").filter(|_| response.is_success())?;
    token.as_str().filter(|token| !token.is_empty()).map(str::to_owned)
}

impl Session {
    /// Tries the refresh token of the login in ways that must fail; refreshes rightly, with less and with more scope; and uses a token that was
    /// rotated away once more.
    pub(super) async fn attack_refresh(&mut self, wider: &str) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let user = self.login()?.clone();
        let original = user.refresh_token.clone().or_not_offered("no refresh token was issued")?;
        let client = self.client()?.clone();
        self.sentence("should refuse what is no refresh token of the client");
        self.try_refresh(Attack::AccessTokenAsRefreshToken, &client, &url, &user.access_token).await?;
        let liar = super::liar(&client);
        let is_public = liar.is_none();
        // If it is not refused, the token is used up, and what follows would be about that.
        if let Some(liar) = liar
            && !self.try_refresh(Attack::RefreshWithWrongSecret, &liar, &url, &original).await?
        {
            return Ok(());
        }
        self.sentence("should refresh for the client itself, and give no more than was granted");
        let after_attacks = self.send_authenticated("Refresh after the Attacks", url.clone(), &form(&original, None)).await?;
        let is_alive = after_attacks.is_success();
        let granted = user.scope();
        let mut newest = newer(&after_attacks).unwrap_or_else(|| original.clone());
        let (mut narrow, mut wide) = (None, None);
        if is_alive && scope_words(&granted).len() > 1 && scope_words(&granted).contains("openid") {
            let response = self.send_authenticated("Refresh with Less Scope", url.clone(), &form(&newest, Some("openid"))).await?;
            newest = newer(&response).unwrap_or(newest);
            narrow = Some(("openid".to_owned(), response));
        }
        if is_alive && !scope_words(wider).is_subset(&scope_words(&granted)) {
            let scope = format!("{granted} {wider}");
            let exchange = self.exchange_authenticated("Refresh with More Scope", url.clone(), &form(&newest, Some(&scope))).await?;
            let response = exchange.response().clone();
            if !response.is_success() {
                self.judge_refusal_of_tokens(exchange, Provocation::WiderScope);
            }
            newest = newer(&response).unwrap_or(newest);
            wide = Some(response);
        }
        self.judge(&RefreshPractice { after_attacks, sent: original.clone(), is_public, granted, narrow, wide });
        if let Some(kept) = &mut self.facts.grant.login {
            kept.refresh_token = Some(newest.clone());
        }
        if !is_alive || newest == original {
            self.note("The refresh token is not rotated, so there is none that was used before.");
            return Ok(());
        }
        self.may_destroy("a refresh token would be used twice")?;
        let grace = self.run.config.refresh_grace;
        if !grace.is_zero() {
            self.note(format!(
                "The issuer is allowed {} s in which it may still take a refresh token that was rotated, so they are waited for.",
                grace.as_secs()
            ));
            tokio::time::sleep(grace).await;
        }
        self.sentence("should refuse a refresh token that was exchanged for a newer one");
        let refused = self.try_refresh(Attack::UsedRefreshToken, &client, &url, &original).await?;
        if !refused {
            self.note("If the issuer means to take a refresh token for some time after its rotation, say how many seconds with `--refresh-grace`.");
        }
        self.try_dead_tokens(Cause::RefreshReuse { refused }, None, Some(&newest)).await
    }

    /// Tries the refresh token of the login as the client that the story took last, which is another than the login's.
    pub(super) async fn attack_refresh_as_another(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let user = self.login()?.clone();
        let token = user.refresh_token.or_not_offered("no refresh token was issued")?;
        Stop::not_offered_if(self.facts.client.previous.is_none(), "there is no second client to try the refresh token")?;
        self.try_credentials(&url).await?;
        let client = self.client()?.clone();
        self.sentence("should refuse the refresh token of another client");
        self.try_refresh(Attack::RefreshTokenOfAnotherClient, &client, &url, &token).await?;
        Ok(())
    }

    /// Tries a refresh that must fail; true if it does.
    async fn try_refresh(&mut self, attack: Attack, client: &Client, url: &Url, token: &str) -> Result<bool, Stop> {
        let exchange = self.exchange(self.authenticated(client, &title(attack), url, &form(token, None))).await?;
        Ok(self.judge_attack(attack, exchange))
    }
}
