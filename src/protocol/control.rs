//! Controls: requests that have nothing wrong in them. Where these are refused as well, the refusal of one that has says nothing.

use std::time::Duration;

use crate::feature::authorize::Authorize;
use crate::protocol::prelude::*;
use crate::rule::answer::is_about_client;
use crate::rule::dead_tokens::Living;
use crate::rule::expect::scope_words;
use crate::rule::token_refusal::Provocation;

/// How long an issuer may take until all of it knows that a token is dead: "there could be a propagation delay" (RFC 7009 2.1).
pub(super) const PROPAGATION: Duration = Duration::from_secs(1);

/// The control of an attempt with a code that may have been taken back after the first: an answer says something then where it is about the client.
pub(super) fn weighed(control: &Control, was_good: bool, number: usize, response: &Received) -> Control {
    let is_clear = was_good || number == 0 || is_about_client(response);
    if is_clear { control.clone() } else { Control::Missing("an attempt before it may have used up the code".to_owned()) }
}

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
        let control = of_flow(self.exchange_another_code(scope).await)?;
        self.facts.grant.controls.insert(client.id, control.clone());
        Ok(control)
    }

    /// Sends attempts with the code of the last login, each of which is to be refused for the client's authentication, and exchanges the code rightly
    /// after them: the tokens become those of the test. Gives each attempt with its answer and what shows that it was refused for what is wrong with it.
    ///
    /// A code is good once: where it is given for an attempt, the next goes with that of another login.
    pub(super) async fn try_with_code<T>(
        &mut self,
        url: &Url,
        attempts: Vec<T>,
        request: impl Fn(&Self, &T, &[(&str, &str)]) -> Request,
    ) -> Result<Vec<(T, TokenExchange, Control)>, Stop> {
        let mut code = self.take_code()?;
        let redirect_uri = self.redirect_uri();
        let mut sent = Vec::new();
        for attempt in attempts {
            let form = super::code_form(&code.code, code.request.verifier(), &redirect_uri);
            let exchange = self.exchange(request(self, &attempt, &form)).await?;
            let is_given = exchange.response().grants_token();
            sent.push((attempt, exchange));
            if is_given {
                code = Box::pin(self.another_code(code.request.scope())).await?;
            }
        }
        let (was_good, control) = Box::pin(self.exchange_attacked_code(url, code)).await?;
        let weighed = sent.into_iter().enumerate().map(|(number, (attempt, exchange))| {
            let control = weighed(&control, was_good, number, exchange.response());
            (attempt, exchange, control)
        });
        Ok(weighed.collect())
    }

    /// Exchanges a code that was attacked, as its own client; where the issuer took it back, that of another login. The tokens become those of the
    /// test. True if that very code was good to the end.
    pub(super) async fn exchange_attacked_code(&mut self, url: &Url, code: Code) -> Result<(bool, Control), Stop> {
        let (redirect_uri, scope) = (self.redirect_uri(), code.request.scope().to_owned());
        let form = super::code_form(&code.code, code.request.verifier(), &redirect_uri);
        let exchange = self.exchange_authenticated("Token Request with the Right Credentials", url.clone(), &form).await?;
        if exchange.response().grants_token() {
            self.note("The code was good to the end: what was refused was refused for the client's authentication.");
            self.take_login(exchange, code).await?;
            return Ok((true, Control::Good));
        }
        self.judge_refusal_of_tokens(exchange, Provocation::Elsewhere);
        self.note("The code is no good any more: the issuer takes it back when a client fails to authenticate, as it may. There is one more login.");
        Ok((false, of_flow(self.exchange_another_code(&scope).await)?))
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
        Box::pin(self.authorize(&params)).await
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
            self.judge(&self.userinfo(response.clone(), sub));
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

/// Whether a right exchange got tokens, by how it ended.
fn of_flow(ended: Result<(), Stop>) -> Result<Control, Stop> {
    match ended {
        Ok(()) => Ok(Control::Good),
        Err(bug @ Stop::Bug(_)) => Err(bug),
        Err(stop) => Ok(Control::Missing(format!("a right exchange by the same client gets no tokens either: {}", stop.problem()))),
    }
}
