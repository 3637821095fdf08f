//! Token revocation (RFC 7009).

use crate::rule::revocation::Revocation;
use crate::session::{OrLeftOut as _, Session, Stop};

impl Session {
    /// Revokes the refresh token, where an endpoint is published and a refresh token was issued, and tries it once more.
    pub(super) async fn revoke(&mut self) -> Result<(), Stop> {
        let url = self.offered("revocation_endpoint")?;
        let user = self.login()?.clone();
        let refresh_token = user.refresh_token.or_not_offered("no refresh token was issued, so there is none to revoke")?;
        self.sentence("should revoke the refresh token");
        let response = self.send_authenticated("Revocation", url, &super::token_form(&refresh_token, "refresh_token")).await?;
        let mut afterwards = None;
        if response.status == 200
            && let Some(url) = self.endpoint("token_endpoint")?
        {
            afterwards = Some(self.send_authenticated("Refresh with the Revoked Token", url, &super::refresh_form(&refresh_token)).await?);
        }
        self.judge(&Revocation { response, afterwards });
        Ok(())
    }
}
