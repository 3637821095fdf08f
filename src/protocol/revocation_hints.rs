//! Revocation under hints that are not the token's type (RFC 7009 2.1, 2.2).

use super::control::PROPAGATION;
use super::token_attacks::NO_SUCH_HINT;
use crate::protocol::prelude::*;
use crate::rule::dead_tokens::Living;
use crate::rule::revocation_hint::{HintTried, RevocationHints};

/// What can be revoked.
const ACCESS: (&str, &str) = ("an access token", "access_token");
const REFRESH: (&str, &str) = ("a refresh token", "refresh_token");

impl Session {
    /// Revokes an access token as if it were a refresh token; then another access token and the refresh token under a hint that does not exist. What
    /// lives on is revoked under the right hint, to see whether it can be revoked at all.
    pub(super) async fn try_revocation_hints(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let user = self.login()?.clone();
        let client = self.client()?.clone();
        let (mut access, mut refresh) = (user.access_token.clone(), user.refresh_token.clone());
        self.sentence("should revoke tokens whatever the `token_type_hint` says");
        let access_token = self.revoke_access_under(&url, &access, "refresh_token").await?;
        let mut unknown = Vec::new();
        // Its revocation may have ended the grant, with all that belongs to it (RFC 7009 2.1): then there is nothing left to try.
        if let Some(token) = &mut refresh
            && self.refresh_control(&client, "Refresh before the Revocation", token, &mut access).await?.is_good()
        {
            if access != user.access_token {
                unknown.push(self.revoke_access_under(&url, &access, NO_SUCH_HINT).await?);
            }
            if self.refresh_control(&client, "Refresh before the Revocation", token, &mut access).await?.is_good() {
                unknown.push(self.revoke_refresh_under(&url, token, NO_SUCH_HINT).await?);
            }
        }
        self.judge(&RevocationHints { access_token, unknown });
        Ok(())
    }

    async fn revoke_access_under(&mut self, url: &Url, token: &str, hint: &str) -> Result<HintTried, Stop> {
        let living = self.try_living(token).await?;
        let (what, right) = ACCESS;
        let answer = self.send_authenticated("Revocation under a Wrong Hint", url.clone(), &super::token_form(token, hint)).await?;
        let dead = self.is_access_token_dead(token, living).await?;
        let mut dead_by_right_hint = None;
        if dead == Some(false) {
            self.send_authenticated("Revocation under the Right Hint", url.clone(), &super::token_form(token, right)).await?;
            dead_by_right_hint = self.is_access_token_dead(token, living).await?;
        }
        Ok(HintTried { what, answer, dead, dead_by_right_hint })
    }

    /// Whether an access token that was good there is dead at userinfo or introspection; what lives is tried once more after a pause.
    async fn is_access_token_dead(&mut self, token: &str, living: Living) -> Result<Option<bool>, Stop> {
        let mut lives = self.lives(token, living).await?;
        if lives == Some(true) {
            tokio::time::sleep(PROPAGATION).await;
            lives = self.lives(token, living).await?;
        }
        Ok(lives.map(|lives| !lives))
    }

    async fn revoke_refresh_under(&mut self, url: &Url, token: &str, hint: &str) -> Result<HintTried, Stop> {
        let (what, right) = REFRESH;
        let answer = self.send_authenticated("Revocation under a Wrong Hint", url.clone(), &super::token_form(token, hint)).await?;
        let mut token = token.to_owned();
        let dead = self.is_refresh_token_dead(&mut token).await?;
        let mut dead_by_right_hint = None;
        if dead == Some(false) {
            self.send_authenticated("Revocation under the Right Hint", url.clone(), &super::token_form(&token, right)).await?;
            dead_by_right_hint = self.is_refresh_token_dead(&mut token).await?;
        }
        if dead != Some(true)
            && let Some(kept) = &mut self.facts.grant.login
        {
            kept.refresh_token = Some(token);
        }
        Ok(HintTried { what, answer, dead, dead_by_right_hint })
    }

    /// Whether a refresh token is dead; of one that lives the newest takes its place, and is tried once more after a pause.
    async fn is_refresh_token_dead(&mut self, token: &mut String) -> Result<Option<bool>, Stop> {
        let client = self.client()?.clone();
        let mut access = String::new();
        let gives = |answer: Option<Received>| answer.map(|answer| answer.grants_token());
        let mut lives = gives(self.try_refresh_token(&client, "Refresh after the Revocation", token, &mut access).await?);
        if lives == Some(true) {
            tokio::time::sleep(PROPAGATION).await;
            lives = gives(self.try_refresh_token(&client, "Refresh a Moment after the Revocation", token, &mut access).await?);
        }
        Ok(lives.map(|lives| !lives))
    }
}
