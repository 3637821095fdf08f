//! Tokens that ought to be dead: whether they still open anything.

use super::control::PROPAGATION;
use crate::protocol::prelude::*;
use crate::rule::answer::error_code;
use crate::rule::dead_tokens::{Cause, DeadTokens, Living};

/// The tokens of a login by a client that is about to be deleted, and what they are good for.
pub(super) struct BeforeDeletion {
    access: String,
    living: Living,
    refresh: Option<(String, Control)>,
}

impl Session {
    /// Uses tokens that ought to be dead, at userinfo, at introspection and at the token endpoint, and judges what comes of it beside what came of
    /// it before. What lives is tried once more after a pause.
    pub(super) async fn try_dead_tokens(
        &mut self,
        cause: Cause,
        access: Option<(&str, Living)>,
        refresh: Option<(&str, Control)>,
    ) -> Result<(), Stop> {
        let mut artefact = DeadTokens::before(cause, access, refresh.as_ref().map(|(_, control)| control));
        self.sentence(format!("should not take tokens after {}", cause.says()));
        if let Some((token, _)) = access {
            (artefact.userinfo, artefact.introspection) = self.try_dead_access_token(token).await?;
            if artefact.access_token_lives() && cause.is_refused() {
                tokio::time::sleep(PROPAGATION).await;
                (artefact.userinfo, artefact.introspection) = self.try_dead_access_token(token).await?;
            }
            if artefact.access_token_lives() && cause == Cause::RefreshRevoked {
                artefact.access_not_revocable = self.says_access_tokens_are_not_revoked(token).await?;
            }
        }
        if let Some((token, _)) = refresh
            && let Some(url) = self.endpoint("token_endpoint")?
        {
            artefact.refresh = Some(self.send_authenticated("Refresh, afterwards", url, &super::refresh_form(token)).await?);
        }
        self.judge(&artefact);
        Ok(())
    }

    /// Where the tokens of a login by this client are good before the client is deleted; `None` where there was no login.
    pub(super) async fn tokens_before_deletion(&mut self, client: &Client) -> Result<Option<BeforeDeletion>, Stop> {
        let is_its_own = self.facts.grant.issued.iter().any(|granted| granted.client.id == client.id);
        let Some(login) = self.facts.grant.login.clone().filter(|_| is_its_own) else { return Ok(None) };
        let (mut access, mut refresh) = (login.access_token, login.refresh_token);
        let mut control = None;
        if let Some(token) = &mut refresh {
            control = Some(self.refresh_control(client, "Refresh, before", token, &mut access).await?);
        }
        let living = self.try_living(&access).await?;
        Ok(Some(BeforeDeletion { access, living, refresh: refresh.zip(control) }))
    }

    /// Uses the tokens of a login by a client that was deleted, and judges what comes of it.
    pub(super) async fn judge_tokens_after_deletion(&mut self, client: &Client, before: Option<BeforeDeletion>) -> Result<(), Stop> {
        let Some(BeforeDeletion { access, living, refresh }) = before else { return Ok(()) };
        let cause = Cause::ClientDeleted;
        self.sentence(format!("should not take tokens after {}", cause.says()));
        // Nobody introspects any more: the client is gone.
        let living = Living { at_introspection: false, ..living };
        let mut artefact = DeadTokens::before(cause, Some((&access, living)), refresh.as_ref().map(|(_, control)| control));
        if let Some(url) = self.endpoint("userinfo_endpoint")? {
            artefact.userinfo = Some(self.send(Request::get("UserInfo, afterwards", url.clone()).bearer(&access)).await?);
            if artefact.access_token_lives() {
                tokio::time::sleep(PROPAGATION).await;
                artefact.userinfo = Some(self.send(Request::get("UserInfo, afterwards", url).bearer(&access)).await?);
            }
        }
        if let Some((token, _)) = refresh
            && let Some(url) = self.endpoint("token_endpoint")?
        {
            artefact.refresh = Some(self.send(self.authenticated(client, "Refresh, afterwards", &url, &super::refresh_form(&token))).await?);
        }
        self.judge(&artefact);
        Ok(())
    }

    /// What userinfo and introspection say of an access token.
    async fn try_dead_access_token(&mut self, token: &str) -> Result<(Option<Received>, Option<Received>), Stop> {
        let (mut userinfo, mut introspection) = (None, None);
        if let Some(url) = self.endpoint("userinfo_endpoint")? {
            userinfo = Some(self.send(Request::get("UserInfo, afterwards", url).bearer(token)).await?);
        }
        if let Some(url) = self.endpoint("introspection_endpoint")? {
            introspection = Some(self.send_authenticated("Introspection, afterwards", url, &super::token_form(token, "access_token")).await?);
        }
        Ok((userinfo, introspection))
    }

    /// Whether an access token that was good at userinfo or introspection still is; `None` where neither says anything.
    pub(super) async fn lives(&mut self, token: &str, living: Living) -> Result<Option<bool>, Stop> {
        let (userinfo, introspection) = self.try_dead_access_token(token).await?;
        let at_userinfo = userinfo.filter(|_| living.at_userinfo).and_then(|answer| match Answer::of_resource(&answer) {
            Answer::Given => Some(true),
            Answer::Refused | Answer::RefusedAsSuccess => Some(false),
            Answer::Silent => None,
        });
        let at_introspection = introspection.filter(|_| living.at_introspection).and_then(|answer| answer.member("active")?.as_bool());
        Ok([at_userinfo, at_introspection].into_iter().flatten().reduce(|one, other| one || other))
    }

    /// True if the issuer says that it does not revoke access tokens (RFC 7009 2.2.1).
    async fn says_access_tokens_are_not_revoked(&mut self, token: &str) -> Result<bool, Stop> {
        let Some(url) = self.endpoint("revocation_endpoint")? else { return Ok(false) };
        let response = self.send_authenticated("Revocation of the Access Token", url, &super::token_form(token, "access_token")).await?;
        Ok(error_code(&response) == Some("unsupported_token_type"))
    }
}
