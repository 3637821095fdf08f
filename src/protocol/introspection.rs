//! Token introspection (RFC 7662).

use crate::result::model::StepEnd;
use crate::rule::introspection::Introspection;
use crate::session::{Session, Stop};

impl Session {
    /// Introspects the access token of the login, where an endpoint is published.
    ///
    /// # Errors
    /// [`Stop`] if the endpoint cannot be reached.
    pub async fn introspect(&mut self) -> Result<StepEnd, Stop> {
        let Some(url) = self.endpoint("introspection_endpoint")? else {
            return Ok(super::not_offered("introspection_endpoint"));
        };
        let user = self.login()?.clone();
        self.sentence("should introspect the access token as defined in specification");
        let parameters = [("token", user.access_token.as_str()), ("token_type_hint", "access_token")];
        let response = self.send_authenticated("Introspection", url, &parameters).await?;
        let client_id = self.client()?.id.clone();
        let issuer = self.issuer();
        self.judge(&Introspection { response, client_id, issuer, scope: user.known_scope(), id_token_sub: user.sub() });
        Ok(StepEnd::Done)
    }
}
