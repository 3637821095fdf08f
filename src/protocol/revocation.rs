//! Token revocation (RFC 7009).

use crate::result::model::StepEnd;
use crate::rule::revocation::Revocation;
use crate::rule::token_response::Grant;
use crate::session::{Session, Stop};

impl Session {
    /// Revokes the refresh token, where an endpoint is published and a refresh token was issued, and tries it once more.
    ///
    /// # Errors
    /// [`Stop`] if an endpoint cannot be reached.
    pub async fn revoke(&mut self) -> Result<StepEnd, Stop> {
        let Some(url) = self.endpoint("revocation_endpoint")? else {
            return Ok(super::not_offered("revocation_endpoint"));
        };
        let user = self.login()?.clone();
        let Some(refresh_token) = user.refresh_token else {
            return Ok(StepEnd::LeftOut("no refresh token was issued, so there is none to revoke".to_owned()));
        };
        self.sentence("should revoke the refresh token");
        let parameters = [("token", refresh_token.as_str()), ("token_type_hint", "refresh_token")];
        let response = self.send_authenticated("Revocation", url, &parameters).await?;
        let mut afterwards = None;
        if response.status == 200
            && let Some(url) = self.endpoint("token_endpoint")?
        {
            let parameters = [("grant_type", Grant::RefreshToken.as_str()), ("refresh_token", refresh_token.as_str())];
            afterwards = Some(self.send_authenticated("Refresh with the Revoked Token", url, &parameters).await?);
        }
        self.judge(&Revocation { response, afterwards });
        Ok(StepEnd::Done)
    }
}
