//! Access tokens whose scope does not cover userinfo (RFC 6749 7, RFC 6750 3.1).

use crate::protocol::prelude::*;
use crate::rule::expect::scope_words;
use crate::rule::uncovered_token::{Uncovered, UncoveredToken};

impl Session {
    /// Asks userinfo with an access token of the client's own, and with one that a refresh gave without `openid`.
    pub(super) async fn try_uncovered_tokens(&mut self) -> Result<(), Stop> {
        let url = self.offered("userinfo_endpoint")?;
        let token_endpoint = self.offered("token_endpoint")?;
        let user = self.login()?.clone();
        self.sentence("should take the access token of the login at userinfo");
        let control = self.plain_userinfo("UserInfo", url.clone(), &user.access_token, user.sub()).await?;
        let own = self.own_token(token_endpoint.clone()).await?;
        let narrowed = self.token_without_openid(token_endpoint).await?;
        Stop::not_offered_if(
            own.is_none() && narrowed.is_none(),
            "the issuer gives this client neither a token of its own nor one without `openid`",
        )?;
        self.sentence("should refuse access tokens at userinfo whose scope does not cover it");
        for (why, answer) in [(Uncovered::ClientToken, own), (Uncovered::Narrowed, narrowed)] {
            let text = |name: &str| answer.as_ref()?.member(name)?.as_str().map(str::to_owned);
            let (Some(token), scope) = (text("access_token"), text("scope")) else { continue };
            let title = match why {
                Uncovered::ClientToken => "UserInfo with the Client's Own Token",
                Uncovered::Narrowed => "UserInfo with a Token without openid",
            };
            let response = self.send(Request::get(title, url.clone()).bearer(&token)).await?;
            self.judge(&UncoveredToken { why, scope, control: control.clone(), response });
        }
        Ok(())
    }

    /// What the client gets for itself, without asking for a scope; `None` where it gets nothing.
    async fn own_token(&mut self, token_endpoint: Url) -> Result<Option<Received>, Stop> {
        let grant = Grant::ClientCredentials.as_str();
        if self.lists("grant_types_supported", grant)? == Some(false) {
            self.note("The client's own token was not tried: `grant_types_supported` does not list client_credentials.");
            return Ok(None);
        }
        // The client has logged an end-user in: that its credentials are refused here would be about the grant.
        let client = self.client()?.clone();
        let response = self.send(self.authenticated(&client, "Client Credentials Flow", &token_endpoint, &[("grant_type", grant)])).await?;
        if !response.grants_token() {
            self.note("The client's own token was not tried: the issuer gives this client none.");
        }
        Ok(Some(response).filter(Received::grants_token))
    }

    /// What a refresh for everything but `openid` gives; `None` where the issuer gives no such token, or does not say that it is one.
    async fn token_without_openid(&mut self, token_endpoint: Url) -> Result<Option<Received>, Stop> {
        let user = self.login()?.clone();
        let granted = user.scope();
        // A token for `offline_access` alone would be for nothing.
        let is_other = |word: &&str| !matches!(*word, "openid" | "offline_access");
        let others = scope_words(&granted).into_iter().filter(is_other).collect::<Vec<_>>().join(" ");
        let Some(token) = user.refresh_token.filter(|_| !others.is_empty()) else {
            self.note("A token without `openid` was not tried: there is no refresh token, or no other scope.");
            return Ok(None);
        };
        let form: Vec<_> = super::refresh_form(&token).into_iter().chain([("scope", others.as_str())]).collect();
        let response = self.send_authenticated("Refresh without openid", token_endpoint, &form).await?;
        let newer = response.member("refresh_token").filter(|_| response.grants_token());
        if let (Some(newer), Some(kept)) = (newer.as_ref().and_then(|token| token.as_str()), &mut self.facts.grant.login) {
            kept.refresh_token = Some(newer.to_owned());
        }
        // Without a word of the scope it is the one that was asked for (RFC 6749 5.1).
        let has_openid = response.member("scope").is_some_and(|scope| scope.as_str().is_none_or(|scope| scope_words(scope).contains("openid")));
        if !response.grants_token() || has_openid {
            self.note(said!("A token without `openid` was not tried: the issuer gives none for the scope {others:?}."));
            return Ok(None);
        }
        Ok(Some(response))
    }
}
