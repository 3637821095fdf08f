//! What can be done with the token a client got for itself, beside using it: refreshing it and asking about it.

use crate::feature::step::Body;
use crate::protocol::prelude::*;
use crate::rule::airlock::UnstoredToken;
use crate::rule::introspection::Introspection;
use crate::rule::refresh::Refresh;

use super::tokens::Expected;

impl Session {
    /// Refreshes the client's own token, where a refresh token came with it.
    /// Stops if the refresh token is refused.
    pub(super) async fn refresh_client_token(&mut self, by: Body) -> Result<(), Stop> {
        let before = self.facts.grant.client_grant.clone().ok_or_else(|| missing("what the client was granted"))?;
        let refresh_token =
            before.refresh_token.clone().or_not_offered("no refresh token came with the client's token, and none has to (RFC 6749 4.4.3)")?;
        if by == Body::Json {
            return self.refresh_by_json(&refresh_token).await;
        }
        let url = self.needed("token_endpoint")?;
        self.sentence("should refresh the client's token successfully");
        let exchange = self.exchange_authenticated("Refresh", url, &super::refresh_form(&refresh_token)).await?;
        let (response, scope) = (exchange.response().clone(), before.requested_scope);
        let judged = self.judge_tokens(exchange, &Expected::of_client(Grant::RefreshToken, &scope)).await;
        let (id_token_before, id_token_after) = (None, None);
        let scope_before = Some(scope).filter(|scope| !scope.is_empty());
        self.judge(&Refresh { response, before: before.response, id_token_before, id_token_after, scope_before, seconds_since: 0 });
        let tokens = judged?;
        if let Some(grant) = &mut self.facts.grant.client_grant {
            grant.refresh_token = tokens.text("refresh_token").or(Some(refresh_token));
        }
        self.facts.grant.client_token = Some(tokens.access_token);
        Ok(())
    }

    /// Introspects the client's own token. An issuer that does not store such tokens does not know it, and only says so.
    pub(super) async fn introspect_client_token(&mut self) -> Result<(), Stop> {
        let url = self.offered("introspection_endpoint")?;
        let token = self.client_token()?;
        self.sentence("should answer about the access token, whether it knows it or not");
        let response = self.send_authenticated("Introspection", url, &super::token_form(&token, "access_token")).await?;
        let known = response.member("active").is_some_and(|active| active == true);
        self.judge(&UnstoredToken { response: response.clone() });
        if known {
            let (client_id, issuer) = (self.client()?.id.clone(), self.issuer());
            let scope = self.facts.grant.client_grant.as_ref().map(|grant| grant.requested_scope.clone()).filter(|scope| !scope.is_empty());
            self.judge(&Introspection { response, client_id, issuer, scope, id_token_sub: None });
        } else if response.status == 200 {
            self.note("The issuer does not know the token: access tokens of the client credentials grant need not be stored, and then cannot be revoked either.");
        }
        Ok(())
    }
}
