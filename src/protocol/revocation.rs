//! Token revocation (RFC 7009).

use super::control::PROPAGATION;
use crate::protocol::prelude::*;
use crate::rule::revocation::Revocation;

impl Session {
    /// Revokes the refresh token, where an endpoint is published and a refresh token was issued, and tries it once more.
    pub(super) async fn revoke(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let user = self.login()?.clone();
        let refresh_token = user.refresh_token.or_not_offered("no refresh token was issued, so there is none to revoke")?;
        let client = self.client()?.clone();
        let (mut token, mut access) = (refresh_token, user.access_token);
        let mut refreshed = Control::Good;
        if !self.facts.grant.has_worked(&client, Grant::RefreshToken) {
            self.sentence("should refresh before the revocation");
            refreshed = self.refresh_control(&client, "Refresh before the Revocation", &mut token, &mut access).await?;
        }
        self.sentence("should revoke the refresh token");
        let response = self.send_authenticated("Revocation", url, &super::token_form(&token, "refresh_token")).await?;
        let (mut afterwards, mut after_pause) = (None, None);
        if response.status == 200 {
            afterwards = self.try_refresh_token(&client, "Refresh with the Revoked Token", &mut token, &mut access).await?;
        }
        if afterwards.as_ref().is_some_and(Received::grants_token) {
            tokio::time::sleep(PROPAGATION).await;
            after_pause = self.try_refresh_token(&client, "Refresh with the Revoked Token, a Moment Later", &mut token, &mut access).await?;
        }
        self.judge(&Revocation { response, refreshed, afterwards, after_pause });
        Ok(())
    }
}
