//! Tokens that ought to be dead: whether they still open anything.

use crate::result::model::StepEnd;
use crate::rule::dead_tokens::{Cause, DeadTokens};
use crate::rule::token_response::Grant;
use crate::session::recorder::Request;
use crate::session::{Session, Stop};

impl Session {
    /// Uses tokens that ought to be dead, at userinfo, at introspection and at the token endpoint, and judges what comes of it.
    ///
    /// # Errors
    /// [`Stop`] if an endpoint cannot be reached.
    pub(super) async fn try_dead_tokens(&mut self, cause: Cause, access: Option<&str>, refresh: Option<&str>) -> Result<StepEnd, Stop> {
        let mut artefact = DeadTokens { cause, userinfo: None, introspection: None, refresh: None };
        self.sentence(format!("should not take tokens after {}", cause.says()));
        if let Some(token) = access {
            if let Some(url) = self.endpoint("userinfo_endpoint")? {
                artefact.userinfo = Some(self.send(Request::get("UserInfo, afterwards", url).bearer(token)).await?);
            }
            if let Some(url) = self.endpoint("introspection_endpoint")? {
                let parameters = [("token", token), ("token_type_hint", "access_token")];
                artefact.introspection = Some(self.send_authenticated("Introspection, afterwards", url, &parameters).await?);
            }
        }
        if let Some(token) = refresh
            && let Some(url) = self.endpoint("token_endpoint")?
        {
            let parameters = [("grant_type", Grant::RefreshToken.as_str()), ("refresh_token", token)];
            artefact.refresh = Some(self.send_authenticated("Refresh, afterwards", url, &parameters).await?);
        }
        self.judge(&artefact);
        Ok(StepEnd::Done)
    }
}
