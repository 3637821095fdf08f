//! What end-users and attackers do on the login and consent pages beside logging in: a wrong password, a form in another browser, a refusal.

use secrecy::SecretString;

use super::authorization_request::listing;
use super::forged_consent::OTHER_SITE;
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

/// Who sends a login form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SentBy {
    /// The browser that it was shown in.
    Own,
    /// Another browser, from the page of the issuer.
    Another,
    /// Another browser, from a page of another site.
    AnotherSite,
}

impl SentBy {
    /// For the report.
    fn says(self) -> &'static str {
        match self {
            Self::Own => "form sent by its own browser",
            Self::Another => "form sent by another browser",
            Self::AnotherSite => "form sent by another browser from another site",
        }
    }
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
        let mut logged_in = match silent {
            Silent::Code => Some(true),
            // Every other error, `consent_required` above all, may come to an end-user who is logged in (OpenID Connect Core 3.1.2.6).
            Silent::Error(error) => (error == "login_required").then_some(false),
            Silent::Nothing(_) => None,
        };
        let (mut control, mut silent) = (Control::Good, Control::Missing("no silent request was sent after a login".to_owned()));
        if !matches!(end, WrongPasswordEnd::LoggedIn) {
            let (logs_in, was_logged_in) = self.log_in_with_right_password().await?;
            control = logs_in;
            if was_logged_in {
                logged_in = Some(true);
            }
            if control.is_good() && logged_in == Some(false) {
                let visit = self.last_visit.clone();
                silent = match self.ask_silently().await? {
                    Silent::Code => Control::Good,
                    Silent::Error(why) | Silent::Nothing(why) => Control::Missing(format!("prompt=none gets no code after a login either: {why}")),
                };
                self.last_visit = visit;
                self.sentence("should refuse a wrong password and say so");
            }
        }
        self.judge(&WrongPassword { end, status, echoed, logged_in, control, silent });
        Ok(())
    }

    /// Whether the end-user logs in with the right password, after a wrong one; and whether there was nothing to log in to, since a code came without a login page.
    async fn log_in_with_right_password(&mut self) -> Result<(Control, bool), Stop> {
        let (request, endpoint) = self.login_request("")?;
        let user = self.user()?;
        let visit = self.last_visit.clone();
        let journey = self.go(&request.url(&endpoint), &self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Consent).await?;
        self.keep_pages(&journey, Some("right password")).await;
        let without_login = journey.logins() == 0;
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
        let was_logged_in = without_login && control.is_good();
        Ok((control, was_logged_in))
    }

    /// Fetches the login form in one browser session and sends it, filled in, from another that has none of its cookies. Where that leads nowhere,
    /// the same form is sent from its own; where the login goes on, one is sent as from a page of another site.
    pub(super) async fn send_form_elsewhere(&mut self) -> Result<(), Stop> {
        self.note("The login form is fetched over plain HTTP and sent over another connection, without the cookies that came with it.");
        let (accepted, says) = self.send_form(SentBy::Another).await?;
        let visit = self.last_visit.clone();
        let (mut control, mut of_other_site) = (Control::Good, None);
        if accepted {
            of_other_site = self.send_form_again(SentBy::AnotherSite).await?.ok().map(|(accepted, _)| accepted);
        } else {
            let why = match self.send_form_again(SentBy::Own).await? {
                Ok((true, _)) => None,
                Ok((false, why)) | Err(why) => Some(why),
            };
            let missing = |why| Control::Missing(format!("sent from the browser that it was shown in the form leads to no code either: {why}"));
            control = why.map_or(Control::Good, missing);
        }
        // What is judged is the form that another browser sent.
        self.last_visit = visit;
        self.sentence("should not take a login form from another browser than the one it was shown in");
        self.judge(&FormElsewhere { accepted, of_other_site, says, control });
        Ok(())
    }

    /// Sends a form beside the one that is judged: what cannot be tried there is no end of the test.
    async fn send_form_again(&mut self, by: SentBy) -> Result<Result<(bool, String), String>, Stop> {
        match self.send_form(by).await {
            Ok(came) => Ok(Ok(came)),
            Err(bug @ Stop::Bug(_)) => Err(bug),
            Err(stop) => Ok(Err(stop.problem().to_string())),
        }
    }

    /// Sends a login form from the browser session that it was shown in, or from another: whether the login goes on, and what came of it.
    async fn send_form(&mut self, by: SentBy) -> Result<(bool, String), Stop> {
        let by_same = by == SentBy::Own;
        let (request, endpoint) = self.login_request("")?;
        let user = self.user()?;
        let untestable = |error: crate::agent::http::HttpAgentError| Stop::untestable(error.to_string());
        let agent = HttpAgent::new(&self.run.config.network).map_err(untestable)?;
        let (one, other) = (agent.open().map_err(untestable)?, agent.open().map_err(untestable)?);
        let listener = self.listener()?;
        let visit = self.visit_of(request.url(&endpoint), self.redirect_url()?, request.state().unwrap_or_default(), user, Conduct::Consent);
        let other_site = Url::parse(OTHER_SITE).map_err(|error| Stop::untestable(error.to_string()))?;
        let site = (by == SentBy::AnotherSite).then_some(&other_site);
        let journey = one.visit_with_form_sent_by(if by_same { &one } else { &other }, site, &visit, &listener).await;
        self.keep_pages(&journey, Some(by.says())).await;
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
