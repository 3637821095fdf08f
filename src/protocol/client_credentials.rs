//! The client credentials grant (RFC 6749 4.4).

use crate::feature::OAUTH;
use crate::protocol::prelude::*;
use crate::rule::aidbox::{ConfiguredLifetime, TokenForAudience};
use crate::rule::token_refusal::Provocation;
use crate::session::ClientGrant;

use super::tokens::Expected;

/// The profile whose product issues tokens for an audience and a time that can be configured.
const AIDBOX: &str = "aidbox";

impl Session {
    /// Obtains an access token for the client itself.
    /// Stops if none is to be had.
    pub(super) async fn client_credentials(&mut self, scope: &str, as_registered: bool, audience: bool) -> Result<(), Stop> {
        let may_lack = self.profile == OAUTH;
        let is_lacking = may_lack && self.lists("grant_types_supported", Grant::ClientCredentials.as_str())? == Some(false);
        Stop::not_offered_if(is_lacking, "`grant_types_supported` does not list client_credentials")?;
        let url = self.needed("token_endpoint")?;
        self.sentence("should complete Client Credentials Flow successfully");
        let scope = if as_registered { self.registered_part(scope) } else { scope.to_owned() };
        let audience = self.run.config.audience.clone().filter(|_| audience);
        let mut parameters = vec![("grant_type", Grant::ClientCredentials.as_str())];
        parameters.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        parameters.extend(audience.as_deref().map(|audience| ("audience", audience)));
        let exchange = self.exchange_authenticated("Client Credentials Flow", url, &parameters).await?;
        let error = exchange.response().member("error");
        if let Some(scope) = self.scope_instead(&scope, error.as_ref().and_then(Value::as_str))? {
            self.judge_refusal_of_tokens(exchange, Provocation::Elsewhere);
            return Box::pin(self.client_credentials(&scope, false, audience.is_some())).await;
        }
        // Somebody may have registered it for the authorization code alone.
        let is_configured = self.client()?.registered.is_none();
        let may_not = may_lack && is_configured && error.is_some_and(|error| error == "unauthorized_client");
        Stop::not_offered_if(may_not, "the client that was configured may not use the client credentials grant (unauthorized_client)")?;
        self.take_client_grant(exchange, &scope, audience).await
    }

    /// Judges what a client was granted for itself, however it asked, and keeps it.
    pub(super) async fn take_client_grant(&mut self, answer: TokenExchange, scope: &str, audience: Option<String>) -> Result<(), Stop> {
        let exchange = answer.response().exchange;
        let tokens = self.judge_tokens(answer, &Expected::of_client(Grant::ClientCredentials, scope)).await?;
        if let Some(audience) = audience {
            self.sentence("should issue an access token for the audience that was asked for");
            self.judge(&TokenForAudience { exchange, raw: tokens.access_token.clone(), audience });
        }
        if let Some(lifetime) = self.run.config.token_lifetime.filter(|_| self.profile == AIDBOX) {
            self.sentence("should issue an access token that lives as long as is configured");
            self.judge(&ConfiguredLifetime { exchange, response: tokens.members.clone(), lifetime });
        }
        self.facts.grant.client_grant =
            Some(ClientGrant { refresh_token: tokens.text("refresh_token"), response: tokens.members, requested_scope: scope.to_owned() });
        self.facts.grant.client_token = Some(tokens.access_token);
        Ok(())
    }

    /// What of a scope the registration response says the client has; all of it where it says nothing.
    pub(crate) fn registered_part(&self, scope: &str) -> String {
        let registered = self.facts.client.registered_scope();
        let Some(registered) = registered else { return scope.to_owned() };
        let has = |word: &&str| registered.split_ascii_whitespace().any(|known| known == *word);
        scope.split_ascii_whitespace().filter(has).collect::<Vec<_>>().join(" ")
    }
}
