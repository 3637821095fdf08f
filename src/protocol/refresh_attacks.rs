//! Attacks with refresh tokens (RFC 6749 6, RFC 9700 4.14).

use super::attacks::title;
use super::refresh_form;
use crate::protocol::prelude::*;
use crate::rule::answer::is_about_client;
use crate::rule::attack::Attack;
use crate::rule::dead_tokens::Cause;
use crate::rule::expect::scope_words;
use crate::rule::refresh_practice::RefreshPractice;
use crate::rule::token_refusal::Provocation;

/// The form of a refresh.
fn form<'a>(token: &'a str, scope: Option<&'a str>) -> Vec<(&'a str, &'a str)> {
    refresh_form(token).into_iter().chain(scope.map(|scope| ("scope", scope))).collect()
}

/// The refresh token of a success, if it gave one.
fn newer(response: &Received) -> Option<String> {
    let token = response.member("refresh_token").filter(|_| response.grants_token())?;
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
        let liar = super::liar(&client);
        // Not every client without a secret is public: others sign assertions, or show a certificate.
        let is_public = client.is_public();
        let changed = self.changed(SecretKind::RefreshToken, &original).map(|token| (Attack::ChangedRefreshToken, &client, token));
        let by_liar = liar.as_ref().map(|liar| (Attack::RefreshWithWrongSecret, liar, original.clone()));
        let attempts = [(Attack::AccessTokenAsRefreshToken, &client, user.access_token.clone())].into_iter().chain(changed).chain(by_liar);
        let mut tried = Vec::new();
        for (attack, by, token) in attempts {
            let exchange = self.send_attack(attack, by, &url, &token).await?;
            let works = self.try_given(exchange.response(), user.request.scope()).await?;
            // If it is not refused, the token itself may be used up, and what follows would be about that.
            let may_be_used_up = attack != Attack::AccessTokenAsRefreshToken && exchange.response().grants_token();
            tried.push((attack, exchange, works));
            if may_be_used_up {
                for (attack, exchange, works) in tried {
                    self.judge_attack(attack, exchange, Control::Good, works);
                }
                return Ok(());
            }
        }
        let after_attacks = self.send_authenticated("Refresh after the Attacks", url.clone(), &form(&original, None)).await?;
        let is_alive = after_attacks.grants_token();
        let control = Control::of(Answer::of_token_endpoint(&after_attacks), &after_attacks, "a right refresh");
        for (attack, exchange, works) in tried {
            // The attempt may have cost the token its life; that it was refused for the client is clear then, if the client is known to be good.
            let is_clear = attack == Attack::RefreshWithWrongSecret
                && is_about_client(exchange.response())
                && self.facts.grant.has_worked(&client, Grant::AuthorizationCode);
            self.judge_attack(attack, exchange, if is_clear { Control::Good } else { control.clone() }, works);
        }
        self.sentence("should refresh for the client itself, and give no more than was granted");
        let granted = user.scope();
        let mut newest = newer(&after_attacks).unwrap_or_else(|| original.clone());
        let (mut narrow, mut whole, mut wide) = (None, None, None);
        if is_alive && scope_words(&granted).len() > 1 && scope_words(&granted).contains("openid") {
            let (response, after) = self.refresh_for_less(&url, &mut newest).await?;
            whole = after;
            narrow = Some(("openid".to_owned(), response));
        }
        if is_alive && !scope_words(wider).is_subset(&scope_words(&granted)) {
            let scope = format!("{granted} {wider}");
            let exchange = self.exchange_authenticated("Refresh with More Scope", url.clone(), &form(&newest, Some(&scope))).await?;
            let response = exchange.response().clone();
            if !response.grants_token() {
                self.judge_refusal_of_tokens(exchange, Provocation::WiderScope);
            }
            newest = newer(&response).unwrap_or(newest);
            wide = Some(response);
        }
        self.judge(&RefreshPractice { after_attacks, sent: original.clone(), is_public, granted, narrow, whole, wide });
        if let Some(kept) = &mut self.facts.grant.login {
            kept.refresh_token = Some(newest.clone());
        }
        if !is_alive || newest == original {
            self.note("The refresh token is not rotated, so there is none that was used before.");
            return Ok(());
        }
        // What was tried so far is judged; only what is left of the step wants leave.
        if let Err(stop) = self.may_destroy("a refresh token would be used twice") {
            self.note(said!("Whether a refresh token is refused once it was exchanged was not tried: {stop}."));
            return Ok(());
        }
        let grace = self.run.config.refresh_grace;
        if !grace.is_zero() {
            self.note(said!(
                "The issuer is allowed {} s in which it may still take a refresh token that was rotated, so they are waited for.",
                grace.as_secs()
            ));
            self.pause(grace).await;
        }
        self.sentence("should refuse a refresh token that was exchanged for a newer one");
        let attack = if is_public { Attack::UsedRefreshToken } else { Attack::UsedConfidentialRefreshToken };
        let exchange = self.send_attack(attack, &client, &url, &original).await?;
        let works = self.try_given(exchange.response(), user.request.scope()).await?;
        // It was exchanged once, and got tokens.
        let refused = self.judge_attack(attack, exchange, Control::Good, works);
        if !refused {
            self.note("If the issuer means to take a refresh token for some time after its rotation, say how many seconds with `--refresh-grace`.");
        }
        self.try_dead_tokens(Cause::RefreshReuse { refused, public: is_public }, None, Some((&newest, Control::Good))).await
    }

    /// Refreshes for a part of the scope and, where a refresh token came of it, once more without a scope: what that one is good for.
    async fn refresh_for_less(&mut self, url: &Url, newest: &mut String) -> Result<(Received, Option<Received>), Stop> {
        let response = self.send_authenticated("Refresh with Less Scope", url.clone(), &form(newest, Some("openid"))).await?;
        let Some(token) = newer(&response) else { return Ok((response, None)) };
        *newest = token;
        let after = self.send_authenticated("Refresh after Less Scope", url.clone(), &form(newest, None)).await?;
        if let Some(token) = newer(&after) {
            *newest = token;
        }
        Ok((response, Some(after)))
    }

    /// Tries the refresh token of the login as the client that the story took last, which is another than the login's.
    pub(super) async fn attack_refresh_as_another(&mut self) -> Result<(), Stop> {
        let url = self.offered("token_endpoint")?;
        let user = self.login()?.clone();
        let mut token = user.refresh_token.clone().or_not_offered("no refresh token was issued")?;
        let owner = self.facts.client.previous.clone().or_not_offered("there is no second client to try the refresh token")?;
        self.try_credentials(&url).await?;
        let client = self.client()?.clone();
        let mut access = user.access_token.clone();
        self.sentence("should refresh for the token's own client");
        let control = self.refresh_control(&owner, "Refresh by the Token's Own Client", &mut token, &mut access).await?;
        self.sentence("should refuse the refresh token of another client");
        let exchange = self.send_attack(Attack::RefreshTokenOfAnotherClient, &client, &url, &token).await?;
        let works = self.try_given(exchange.response(), user.request.scope()).await?;
        // The other client has no refresh token of its own to show that it may use the grant.
        let about_client = || Control::Missing("the error is about the other client, and not about the token".to_owned());
        let control = if is_about_client(exchange.response()) { about_client() } else { control };
        self.judge_attack(Attack::RefreshTokenOfAnotherClient, exchange, control, works);
        if let Some(kept) = &mut self.facts.grant.login {
            kept.refresh_token = Some(token);
        }
        Ok(())
    }

    /// Sends a refresh that must fail.
    async fn send_attack(&mut self, attack: Attack, client: &Client, url: &Url, token: &str) -> Result<TokenExchange, Stop> {
        Ok(self.exchange(self.authenticated(client, &title(attack), url, &form(token, None))).await?)
    }
}
