//! Token introspection (RFC 7662).

use crate::protocol::prelude::*;
use crate::rule::introspection::Introspection;

impl Session {
    /// Introspects the access token of the login, where an endpoint is published.
    pub(super) async fn introspect(&mut self) -> Result<(), Stop> {
        let url = self.offered("introspection_endpoint")?;
        let is_public = self.client()?.method == AuthMethod::None;
        Stop::not_offered_if(is_public, "a public client has no credentials, and introspection asks for some (RFC 7662 2.1)")?;
        let user = self.login()?.clone();
        self.sentence("should introspect the access token as defined in specification");
        let mut response = self.send_authenticated("Introspection", url, &super::token_form(&user.access_token, "access_token")).await?;
        // By the issuer's clock, as the times in the answer are.
        response.received_at = response.received_at.saturating_add(self.facts.issuer.clock_offset);
        let client_id = self.client()?.id.clone();
        let issuer = self.issuer();
        self.judge(&Introspection { response, client_id, issuer, scope: user.known_scope(), id_token_sub: user.sub() });
        Ok(())
    }
}
