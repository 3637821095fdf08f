//! Controls: requests that have nothing wrong in them. Where these are refused as well, the refusal of one that has says nothing.

use std::time::Duration;

use serde_json::json;
use url::Url;

use crate::feature::authorize::Authorize;
use crate::observed::received::Received;
use crate::rule::answer::{Answer, Control};
use crate::rule::dead_tokens::Living;
use crate::rule::expect::scope_words;
use crate::rule::token_response::Grant;
use crate::rule::userinfo::UserInfo;
use crate::session::recorder::Request;
use crate::session::{Client, Session, Stop, missing};

/// How long an issuer may take until all of it knows that a token is dead: "there could be a propagation delay" (RFC 7009 2.1).
pub(super) const PROPAGATION: Duration = Duration::from_secs(1);

impl Session {
    /// Whether a right exchange of a code by the client gets tokens. One that succeeded in this test is enough; else there is one more login.
    pub(super) async fn code_control(&mut self, scope: &str) -> Result<Control, Stop> {
        let client = self.client()?.clone();
        if self.facts.grant.has_worked(&client, Grant::AuthorizationCode) || self.run.clients.is_proven(&client) {
            return Ok(Control::Good);
        }
        if let Some(known) = self.facts.grant.controls.get(&client.id) {
            return Ok(known.clone());
        }
        self.note("A login with nothing wrong in it, to see that the client gets tokens: without that, what was refused may have been refused for any reason.");
        let control = match self.exchange_another_code(scope).await {
            Ok(()) => Control::Good,
            Err(bug @ Stop::Bug(_)) => return Err(bug),
            Err(stop) => Control::Missing(format!("a right exchange by the same client gets no tokens either: {}", stop.problem())),
        };
        self.facts.grant.controls.insert(client.id, control.clone());
        Ok(control)
    }

    async fn exchange_another_code(&mut self, scope: &str) -> Result<(), Stop> {
        if self.facts.issuer.keys.is_none() && self.endpoint("jwks_uri")?.is_some() {
            self.fetch_key_set().await?;
        }
        self.log_in_for_control(scope, scope_words(scope).contains("openid")).await?;
        self.exchange_code().await
    }

    /// Logs in by a request that has nothing wrong in it.
    pub(super) async fn log_in_for_control(&mut self, scope: &str, nonce: bool) -> Result<(), Stop> {
        let params = json!({ "scope": scope, "nonce": nonce, "attempt": "control" });
        let params: Authorize = serde_json::from_value(params).map_err(|_| missing("an authorization request"))?;
        self.authorize(&params).await
    }

    /// Whether the access token of an answer opens userinfo, or is called active; `None` if it gives none, or there is nothing to try it at.
    pub(super) async fn try_given(&mut self, response: &Received, scope: &str) -> Result<Option<bool>, Stop> {
        let token = response.member("access_token").and_then(|token| token.as_str().map(str::to_owned));
        let Some(token) = token.filter(|_| response.grants_token()) else { return Ok(None) };
        let at_userinfo = self.endpoint("userinfo_endpoint")?.filter(|_| scope_words(scope).contains("openid"));
        let mut works = None;
        if let Some(url) = at_userinfo {
            let answer = self.plain_userinfo("UserInfo with What Was Given", url, &token, None).await?;
            works = Some(Answer::of_resource(&answer) == Answer::Given);
        }
        if works != Some(true)
            && let Some(url) = self.endpoint("introspection_endpoint")?
        {
            let answer = self.send_authenticated("Introspection of What Was Given", url, &super::token_form(&token, "access_token")).await?;
            works = answer.member("active").filter(|_| answer.is_success()).and_then(|active| active.as_bool()).or(works);
        }
        Ok(works)
    }

    /// Asks userinfo in the plain way. The claims that come are judged as ever.
    pub(super) async fn plain_userinfo(&mut self, title: &str, url: Url, token: &str, sub: Option<String>) -> Result<Received, Stop> {
        let response = self.send(Request::get(title, url).bearer(token)).await?;
        if response.gives() {
            self.judge(&UserInfo::new(response.clone(), sub));
        }
        Ok(response)
    }

    /// Where an access token is good, before it is to be dead.
    pub(super) async fn try_living(&mut self, token: &str) -> Result<Living, Stop> {
        self.sentence("should take the access token while it lives");
        let sub = self.login()?.sub();
        let userinfo = match self.endpoint("userinfo_endpoint")? {
            Some(url) => Some(self.plain_userinfo("UserInfo, before", url, token, sub).await?),
            None => None,
        };
        let introspection = match self.endpoint("introspection_endpoint")? {
            Some(url) => Some(self.send_authenticated("Introspection, before", url, &super::token_form(token, "access_token")).await?),
            None => None,
        };
        Ok(Living::of(userinfo.as_ref(), introspection.as_ref()))
    }

    /// Refreshes as a client; new tokens take the place of the old.
    pub(super) async fn try_refresh_token(
        &mut self,
        client: &Client,
        title: &str,
        token: &mut String,
        access: &mut String,
    ) -> Result<Option<Received>, Stop> {
        let Some(url) = self.endpoint("token_endpoint")? else { return Ok(None) };
        let response = self.send(self.authenticated(client, title, &url, &super::refresh_form(token))).await?;
        let newer = |name| response.member(name).and_then(|token| token.as_str().map(str::to_owned));
        if response.grants_token() {
            *token = newer("refresh_token").unwrap_or_else(|| token.clone());
            *access = newer("access_token").unwrap_or_else(|| access.clone());
        }
        Ok(Some(response))
    }

    /// Whether a client can refresh, as a refresh shows that has nothing wrong in it.
    pub(super) async fn refresh_control(&mut self, client: &Client, title: &str, token: &mut String, access: &mut String) -> Result<Control, Stop> {
        Ok(match self.try_refresh_token(client, title, token, access).await? {
            Some(response) => Control::of(Answer::of_token_endpoint(&response), &response, "a refresh before"),
            None => Control::Missing("there is no token endpoint to refresh at".to_owned()),
        })
    }
}
