//! What end-users and attackers do on the login and consent pages beside logging in: a wrong password, a form in another browser, a refusal.

use secrecy::SecretString;

use super::authorization_request::listing;
use crate::agent::callback::Callback;
use crate::agent::http::HttpAgent;
use crate::agent::visit::{Conduct, NoWay, VisitError};
use crate::feature::authorize::{Authorize, Method};
use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::rule::authorization_error::Refused;
use crate::rule::authorization_response::AuthorizationResponse;
use crate::rule::login_attempt::{Denial, Denied, FormElsewhere, WrongPassword, WrongPasswordEnd};

/// What an authorization request that may show no page was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Silent {
    /// A code: the end-user is logged in.
    Code,
    /// An error.
    Error(String),
    /// Nothing that could be judged.
    Nothing(String),
}

impl Session {
    /// Logs in with a wrong password, once, and looks what the issuer makes of it.
    pub(super) async fn try_wrong_password(&mut self) -> Result<(), Stop> {
        let (request, endpoint) = self.login_request("")?;
        let mut user = self.user()?;
        let wrong = super::random(18);
        self.recorder.redactor().learn(SecretKind::Password, &wrong);
        user.password = SecretString::from(wrong);
        self.note("The user name is the end-user's, the password is not. It is tried once.");
        let journey = self.go(&request.url(&endpoint), &self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Consent).await?;
        self.keep_pages(&journey, Some("wrong password")).await;
        let echoed = journey.pages.iter().any(|page| page.document.echoes_password);
        let status = journey.pages.last().and_then(|page| page.status);
        let end = match journey.end {
            Ok(callback) => {
                let response = self.response(&callback, &request)?;
                match response.parameter("error") {
                    Some(error) => WrongPasswordEnd::Refused(error.to_owned()),
                    None => WrongPasswordEnd::LoggedIn,
                }
            }
            Err(VisitError::LoginRejected { says, .. }) => WrongPasswordEnd::AskedAgain(says),
            Err(VisitError::ErrorPage { text, .. }) if journey.logins() > 0 => WrongPasswordEnd::ErrorPage(text),
            Err(error @ VisitError::NotUnderstood { .. }) => {
                return Err(Stop::not_understood(self.recorder.redactor().text(&error.to_string())));
            }
            Err(error) => return Err(self.blame(error)),
        };
        let visit = self.last_visit.clone();
        let silent = self.ask_silently().await?;
        // What is judged is the login, and the silent request is what shows how it ended.
        self.last_visit = visit;
        self.sentence("should refuse a wrong password and say so");
        let logged_in = match silent {
            Silent::Code => Some(true),
            Silent::Error(_) => Some(false),
            Silent::Nothing(_) => None,
        };
        let control = if matches!(end, WrongPasswordEnd::LoggedIn) { Control::Good } else { self.log_in_with_right_password().await? };
        self.judge(&WrongPassword { end, status, echoed, logged_in, control });
        Ok(())
    }

    /// Whether the end-user logs in with the right password, after a wrong one.
    async fn log_in_with_right_password(&mut self) -> Result<Control, Stop> {
        let (request, endpoint) = self.login_request("")?;
        let user = self.user()?;
        let visit = self.last_visit.clone();
        let journey = self.go(&request.url(&endpoint), &self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Consent).await?;
        self.keep_pages(&journey, Some("right password")).await;
        let missing = |why: &str| Control::Missing(format!("the right password gets no code either{why}"));
        let control = match journey.end {
            Ok(callback) => {
                let response = self.response(&callback, &request)?;
                self.sentence("should take the right password after a wrong one");
                self.judge(&response);
                if response.parameter("code").is_some() { Control::Good } else { missing("") }
            }
            Err(error) => missing(&self.recorder.redactor().text(&format!(": {error}"))),
        };
        // What is judged next is the wrong password.
        self.last_visit = visit;
        Ok(control)
    }

    /// Fetches the login form in one browser session and sends it, filled in, from another that has none of its cookies. Where that leads nowhere,
    /// the same form is sent from its own.
    pub(super) async fn send_form_elsewhere(&mut self) -> Result<(), Stop> {
        self.note("The login form is fetched over plain HTTP and sent over another connection, without the cookies that came with it.");
        let (accepted, says) = self.send_form(false).await?;
        let visit = self.last_visit.clone();
        let control = if accepted { Control::Good } else { self.form_control().await? };
        // What is judged is the form that another browser sent.
        self.last_visit = visit;
        self.sentence("should not take a login form from another browser than the one it was shown in");
        self.judge(&FormElsewhere { accepted, says, control });
        Ok(())
    }

    /// Whether the login goes on where the form is sent by the browser that it was shown in.
    async fn form_control(&mut self) -> Result<Control, Stop> {
        let why = match self.send_form(true).await {
            Ok((true, _)) => return Ok(Control::Good),
            Ok((false, says)) => says,
            Err(bug @ Stop::Bug(_)) => return Err(bug),
            Err(stop) => stop.problem().to_string(),
        };
        Ok(Control::Missing(format!("sent from the browser that it was shown in the form leads to no code either: {why}")))
    }

    /// Sends a login form from the browser session that it was shown in, or from another: whether the login goes on, and what came of it.
    async fn send_form(&mut self, by_same: bool) -> Result<(bool, String), Stop> {
        let (request, endpoint) = self.login_request("")?;
        let user = self.user()?;
        let untestable = |error: crate::agent::http::HttpAgentError| Stop::untestable(error.to_string());
        let agent = HttpAgent::new(&self.run.config.network).map_err(untestable)?;
        let (one, other) = (agent.open().map_err(untestable)?, agent.open().map_err(untestable)?);
        let listener = self.listener()?;
        let visit = self.visit_of(request.url(&endpoint), self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Consent);
        let journey = one.visit_with_form_sent_by(if by_same { &one } else { &other }, &visit, &listener).await;
        self.keep_pages(&journey, Some(if by_same { "form sent by its own browser" } else { "form sent by another browser" })).await;
        if journey.traffic.password_answered.is_none() {
            let why = journey.end.err().map_or_else(|| "no login page was shown".to_owned(), |error| error.to_string());
            return Err(Stop::not_understood(said!("the login page has no form that can be sent without running its scripts ({why})")));
        }
        let consent = journey.consents() > 0;
        match journey.end {
            Ok(callback) => {
                let response = self.response(&callback, &request)?;
                let says = response.parameter("error").map_or_else(|| "a code".to_owned(), |error| format!("the error {error}"));
                if by_same {
                    self.sentence("should take the login form from the browser that it was shown in");
                    self.judge(&response);
                }
                Ok((consent || response.parameter("code").is_some(), says))
            }
            Err(error) if error.is_page_without_way_on() => Ok((consent, error.to_string())),
            Err(error @ (VisitError::LoginRejected { .. } | VisitError::NotUnderstood { .. } | VisitError::NeedsHuman { .. })) => {
                Ok((consent, error.to_string()))
            }
            // What did not end on a page of the issuer's says nothing about the form.
            Err(error) => Err(self.blame(error)),
        }
    }

    /// Logs in and refuses to consent.
    pub(super) async fn deny_consent(&mut self) -> Result<(), Stop> {
        // The end-user may have consented to a configured client before.
        let prompt = if self.client()?.configured.is_some() { "consent" } else { "" };
        let (request, endpoint) = self.login_request(prompt)?;
        let user = self.user()?;
        let journey = self.go(&request.url(&endpoint), &self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Deny).await?;
        let asked = journey.consents() > 0;
        let denied = match &journey.end {
            Ok(callback) => {
                let response = self.response(callback, &request)?;
                self.keep_pages(&journey, Some("consent refused")).await;
                Stop::not_offered_if(!asked, "no consent page was shown, so there was nothing to refuse")?;
                self.sentence("should answer the client with an error when the end-user refuses");
                let denied = if response.parameter("code").is_some() { Denied::Code } else { Denied::Answer };
                if denied == Denied::Answer {
                    self.judge_authorization_error(response, Refused::Denied);
                }
                denied
            }
            Err(error) => {
                self.keep_pages(&journey, Some("consent refused")).await;
                match error {
                    VisitError::NotUnderstood { why: NoWay::NoRefusal, .. } => {
                        return Err(Stop::not_understood("the consent page has no button that clearly refuses"));
                    }
                    VisitError::NotUnderstood { .. } | VisitError::ErrorPage { .. } if asked => {
                        self.sentence("should answer the client with an error when the end-user refuses");
                        Denied::Page(error.to_string())
                    }
                    error => return Err(self.blame(error.clone())),
                }
            }
        };
        self.judge(&Denial { denied });
        Ok(())
    }

    /// Asks for a code without any page in the browser session of the test.
    pub(super) async fn ask_silently(&mut self) -> Result<Silent, Stop> {
        let (request, endpoint) = self.login_request("none")?;
        let user = self.user()?;
        let journey = self.go(&request.url(&endpoint), &self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Silent).await?;
        let end = match &journey.end {
            Ok(callback) => Ok(self.response(callback, &request)?),
            Err(error) => Err(self.recorder.redactor().text(&error.to_string())),
        };
        self.keep_pages(&journey, Some("prompt=none")).await;
        if let Ok(response) = &end {
            self.sentence("should answer the silent request as the specification says");
            if response.parameter("code").is_some() {
                self.judge(response);
            } else {
                self.judge_authorization_error(response.clone(), Refused::PromptNoneNotLoggedIn);
            }
        }
        Ok(match end {
            Ok(response) if response.parameter("code").is_some() => Silent::Code,
            Ok(response) => Silent::Error(response.parameter("error").unwrap_or("neither a code nor an error").to_owned()),
            Err(why) => Silent::Nothing(why),
        })
    }

    /// A plain authorization request, with `prompt` unless it is empty, and the endpoint for it.
    pub(super) fn login_request(&mut self, prompt: &str) -> Result<(Arc<AuthorizationRequest>, Url), Stop> {
        let endpoint = self.offered("authorization_endpoint")?;
        let mut params = json!({ "scope": "openid" });
        if !prompt.is_empty() {
            params["prompt"] = json!(prompt);
        }
        let params: Authorize = serde_json::from_value(params).map_err(|_| missing("an authorization request"))?;
        let request = Arc::new(self.authorization_request(&params)?);
        self.note(listing(&request, &endpoint, Method::Get));
        Ok((request, endpoint))
    }

    /// What reached the redirect URI, in the journal and apart.
    pub(super) fn response(&self, callback: &Callback, request: &Arc<AuthorizationRequest>) -> Result<AuthorizationResponse, Stop> {
        let response = self.authorization_response(callback, Arc::clone(request))?;
        let shown = &callback.url[url::Position::BeforePath..];
        self.recorder.note(Entry::Callback { url: self.recorder.redactor().text(shown) });
        Ok(response)
    }
}
