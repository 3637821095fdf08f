//! What a test made at the issuer is removed at its end, as far as the issuer lets us: sessions, clients, grants. What remains is said.
//!
//! Nothing that goes wrong here is a failure of the test: it is left behind, with the reason.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::error_of;
use crate::agent::visit::{Conduct, Journey, NoWay, VisitError};
use crate::feature::authorize::Method;
use crate::protocol::prelude::*;
use crate::result::model;
use crate::result::model::{LeftBehind, LeftBehindKind, StepEnd};
use crate::session::Granted;
use crate::session::token_exchange::TokenRequest;
use crate::text::markdown::code;

/// The most grants of a test that are remembered: far more than any story asks for.
const MOST_GRANTS: usize = 64;

/// What is said of what the time did not suffice for.
pub(super) const NO_TIME: &str = "there was no time left to remove it";

impl Session {
    /// Remembers the tokens of a token response, whichever client asked for them and whether it was right to give them.
    pub(crate) fn remember_grant(&mut self, request: &TokenRequest, response: &Received) {
        if !response.is_success() {
            return;
        }
        let Some(members) = response.object() else { return };
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let (access_token, refresh_token) = (text("access_token"), text("refresh_token"));
        if access_token.is_none() && refresh_token.is_none() {
            return;
        }
        let Some(client) = self.client_of(request) else { return };
        if let Some(grant) = request.parameter("grant_type").filter(|_| response.grants_token()) {
            self.facts.grant.worked.insert((client.id.clone(), grant.to_owned()));
        }
        let sent_for = request.parameter("refresh_token");
        let of_one = |granted: &&mut Granted| sent_for.is_some_and(|token| granted.refresh_tokens.iter().any(|known| known == token));
        if let Some(granted) = self.facts.grant.issued.iter_mut().find(of_one) {
            granted.access_tokens.extend(access_token);
            granted.refresh_tokens.extend(refresh_token.filter(|token| !granted.refresh_tokens.contains(token)));
        } else if self.facts.grant.issued.len() < MOST_GRANTS {
            let (refresh_tokens, access_tokens) = (refresh_token.into_iter().collect(), access_token.into_iter().collect());
            self.facts.grant.issued.push(Granted { client, refresh_tokens, access_tokens });
        }
    }

    /// Remembers whether the browser is logged in after a visit.
    pub(super) fn remember_login(&mut self, conduct: Conduct, journey: &Journey) {
        if matches!(conduct, Conduct::LogOut | Conduct::Leave) {
            self.facts.browser.is_logged_in &= logged_out(journey).is_err();
        } else {
            self.facts.browser.is_logged_in |= journey.end.is_ok() && journey.logins() > 0;
        }
    }

    /// Removes what this test made at the issuer and says what remains. The limit is for each thing to remove, since a busy machine needs it for
    /// one; an issuer that does not answer one in time is asked for no more, so that the whole is bounded.
    /// When `hurry` resolves there is no more time for any of it.
    pub(crate) async fn clean_up(&mut self, limit: Duration, hurry: impl Future<Output = ()>) {
        if self.facts.client.registered.is_empty() && self.facts.grant.issued.is_empty() && !self.facts.browser.is_logged_in {
            return;
        }
        self.begin("Clean-up".to_owned());
        let mut said = Vec::new();
        let is_done = tokio::select! {
            removed = self.remove(limit, &mut said) => removed.is_ok(),
            () = hurry => false,
        };
        if !is_done {
            if self.facts.browser.is_logged_in
                && let Some(client) = self.facts.client.current.clone()
            {
                self.leave(LeftBehindKind::Session, &client, NO_TIME);
            }
            let clients = std::mem::take(&mut self.facts.client.registered);
            let grants = std::mem::take(&mut self.facts.grant.issued);
            for client in &clients {
                self.leave(LeftBehindKind::Client, client, NO_TIME);
            }
            for granted in &grants {
                self.leave(LeftBehindKind::Grant, &granted.client, NO_TIME);
            }
        }
        let remains = model::left_behind(self.facts.left_behind.iter());
        let left = self.facts.left_behind.iter().map(|left| format!("remains: {} {}: {}", left.kind.words(), code(&left.client_id), code(&left.why)));
        let list: Vec<String> = said.into_iter().chain(left).map(|line| format!("* {line}")).collect();
        self.note(list.join("\n"));
        self.end(remains.map_or(StepEnd::Done, StepEnd::LeftOut));
    }

    /// Ends the session first, while the client its ID token names is there; then deletes clients, since that ends their grants (RFC 7592 2.3), and then revokes the grants of those that remain. Each thing is
    /// forgotten once it has been dealt with, so that what is still known when the time is over is what was not.
    ///
    /// # Errors
    /// If one of them was not removed in time.
    async fn remove(&mut self, limit: Duration, said: &mut Vec<String>) -> Result<(), Elapsed> {
        if let Some(client) = self.facts.client.current.clone().filter(|_| self.facts.browser.is_logged_in) {
            match timeout(limit, self.end_session()).await? {
                Ok(()) => said.push("removed: the session of the login".to_owned()),
                Err(why) => self.leave(LeftBehindKind::Session, &client, &why),
            }
            self.facts.browser.is_logged_in = false;
        }
        while let Some(client) = self.facts.client.registered.first().cloned() {
            self.sentence("should delete the client that was registered");
            match timeout(limit, self.delete(&client)).await? {
                Ok(()) => {
                    self.facts.grant.issued.retain(|granted| granted.client.id != client.id);
                    said.push(format!("removed: the client {}, and with it what it was granted", code(&client.id)));
                }
                Err(why) => self.leave(LeftBehindKind::Client, &client, &why),
            }
            self.facts.client.registered.remove(0);
        }
        while let Some(granted) = self.facts.grant.issued.first().cloned() {
            match timeout(limit, self.revoke_grant(&granted)).await? {
                Ok(()) => said.push(format!("removed: a grant of the client {}", code(&granted.client.id))),
                Err(why) => self.leave(LeftBehindKind::Grant, &granted.client, &why),
            }
            self.facts.grant.issued.remove(0);
        }
        Ok(())
    }

    /// Ends the session by the browser that has its cookies (OpenID Connect RP-Initiated Logout 1.0 2); whatever page that ends with is the end.
    async fn end_session(&mut self) -> Result<(), String> {
        let Some(endpoint) = self.endpoint("end_session_endpoint").ok().flatten() else {
            return Err("the issuer publishes no `end_session_endpoint`: only the browser has forgotten it".to_owned());
        };
        let id_token = self.facts.grant.id_token();
        let parameters: Vec<_> = id_token.map(|hint| ("id_token_hint".to_owned(), hint.to_owned())).into_iter().collect();
        let redirect_uri = self.redirect_url().map_err(|stop| stop.to_string())?;
        let journey = self.visit_logout(&endpoint, Method::Get, &parameters, &redirect_uri, Conduct::Leave).await.map_err(|stop| stop.to_string())?;
        logged_out(&journey)
    }

    pub(super) fn leave(&mut self, kind: LeftBehindKind, client: &Client, why: &str) {
        let redactor = self.recorder.redactor();
        let left = LeftBehind { kind, client_id: redactor.text(&client.id), why: redactor.text(why) };
        self.facts.left_behind.push(left);
    }

    /// Deletes a client this test registered (RFC 7592 2.3). The answer is not judged: that is what the story of deletion is for.
    pub(super) async fn delete(&self, client: &Client) -> Result<(), String> {
        let Some(registered) = &client.registered else { return Err("it was not registered by this test".to_owned()) };
        let Some((url, token)) = registered.management.clone() else {
            return Err("the issuer offers no way to delete it (no `registration_client_uri` with a token)".to_owned());
        };
        let request = Request::delete("Client Deletion", url).bearer(token.expose_secret());
        self.run.clients.set_gone(&client.id, true);
        let response = self.send_unjudged(request).await.map_err(|unreachable| unreachable.to_string())?;
        let (deleted, status) = (response.is_success(), response.status);
        self.run.clients.set_gone(&client.id, deleted);
        if !deleted && registered.exposed {
            return Err(format!("status {status}: the token was revoked because the test had used it for another client"));
        }
        if deleted { Ok(()) } else { Err(format!("the issuer refused to delete it (status {status})")) }
    }

    /// Revokes the tokens of a grant (RFC 7009): refresh tokens first, which may end the access tokens, too. The answers are not judged: that
    /// is what the stories of revocation are for, and tokens that are dead already are answered like others (2.2).
    async fn revoke_grant(&mut self, granted: &Granted) -> Result<(), String> {
        let Some(url) = self.endpoint("revocation_endpoint").ok().flatten() else {
            return Err("the issuer publishes no `revocation_endpoint`: its tokens are good until they expire".to_owned());
        };
        let mut why = None;
        for token in granted.refresh_tokens.iter().rev() {
            why = self.revoke_token(&granted.client, &url, token, "refresh_token", "a refresh token").await.err().or(why);
        }
        for token in granted.access_tokens.iter().rev() {
            why = self.revoke_token(&granted.client, &url, token, "access_token", "an access token").await.err().or(why);
        }
        why.map_or(Ok(()), Err)
    }

    async fn revoke_token(&self, client: &Client, url: &Url, token: &str, hint: &str, what: &str) -> Result<(), String> {
        let request = self.authenticated(client, "Revocation", url, &super::token_form(token, hint));
        let response = self.send_unjudged(request).await.map_err(|unreachable| unreachable.to_string())?;
        if response.status == 200 {
            return Ok(());
        }
        let says = error_of(&response).map(|error| format!(", {error}")).unwrap_or_default();
        Err(format!("the issuer refused to revoke {what} (status {}{says}): it is good until it expires", response.status))
    }
}

/// Whether a logout came to an end: back at the client, or on a page that asks nothing more.
fn logged_out(journey: &Journey) -> Result<(), String> {
    match &journey.end {
        Ok(_) => Ok(()),
        Err(VisitError::NotUnderstood { why, .. }) if !why.may_have_asked() && *why != NoWay::PerhapsError => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}
