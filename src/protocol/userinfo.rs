//! The userinfo endpoint (OpenID Connect Core 5.3).

use serde_json::Value;

use crate::report::model::StepEnd;
use crate::rule::userinfo::UserInfo;
use crate::session::recorder::Request;
use crate::session::{Session, Stop, UserTokens, missing};

impl UserTokens {
    /// `sub` of the ID token of the login.
    pub fn sub(&self) -> Option<String> {
        self.id_token.as_ref()?.get("sub")?.as_str().map(str::to_owned)
    }

    /// The scope granted: the response's own word, else what was asked for (RFC 6749 5.1).
    pub fn scope(&self) -> String {
        self.response.get("scope").and_then(Value::as_str).unwrap_or(&self.requested_scope).to_owned()
    }
}

impl Session {
    /// Asks the userinfo endpoint with the access token of the login, where one is published.
    ///
    /// # Errors
    /// [`Stop`] if the endpoint cannot be reached.
    pub async fn fetch_userinfo(&mut self) -> Result<StepEnd, Stop> {
        let Some(url) = self.endpoint("userinfo_endpoint")? else {
            return Ok(super::not_offered("userinfo_endpoint"));
        };
        let user = self.facts.user.clone().ok_or_else(|| missing("an access token"))?;
        self.sentence("should return the end-user's claims from the userinfo endpoint");
        let response = self.recorder.send(Request::get("UserInfo", url).bearer(&user.access_token)).await?;
        self.judge(&UserInfo { response, id_token_sub: user.sub() });
        Ok(StepEnd::Done)
    }
}
