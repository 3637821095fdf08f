//! Tokens that ought to be dead: whether they still open anything.

use crate::rule::dead_tokens::{Cause, DeadTokens};
use crate::session::recorder::Request;
use crate::session::{Session, Stop};

impl Session {
    /// Uses tokens that ought to be dead, at userinfo, at introspection and at the token endpoint, and judges what comes of it.
    pub(super) async fn try_dead_tokens(&mut self, cause: Cause, access: Option<&str>, refresh: Option<&str>) -> Result<(), Stop> {
        let mut artefact = DeadTokens { cause, userinfo: None, introspection: None, refresh: None };
        self.sentence(format!("should not take tokens after {}", cause.says()));
        if let Some(token) = access {
            if let Some(url) = self.endpoint("userinfo_endpoint")? {
                artefact.userinfo = Some(self.send(Request::get("UserInfo, afterwards", url).bearer(token)).await?);
            }
            if let Some(url) = self.endpoint("introspection_endpoint")? {
                artefact.introspection =
                    Some(self.send_authenticated("Introspection, afterwards", url, &super::token_form(token, "access_token")).await?);
            }
        }
        if let Some(token) = refresh
            && let Some(url) = self.endpoint("token_endpoint")?
        {
            artefact.refresh = Some(self.send_authenticated("Refresh, afterwards", url, &super::refresh_form(token)).await?);
        }
        self.judge(&artefact);
        Ok(())
    }
}
