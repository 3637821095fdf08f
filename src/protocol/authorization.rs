//! The authorization request and what comes of it in the user agent (RFC 6749 4.1.1, OpenID Connect Core 3.1.2, RFC 7636).

use super::authorization_request::{listing, self_sending};
use crate::agent::callback::{Callback, Offer};
use crate::agent::visit::{Conduct, Journey, VisitError};
use crate::feature::OAUTH;
use crate::feature::authorize::{Authorize, BrowserSession, ConsentDue, Expect, Method, RequestObject, ResponseMode};
use crate::feature::step::with_attempt;
use crate::observed::document::Answer;
use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::rule::authorization_answer::AuthorizationAnswer;
use crate::rule::authorization_delivery::{Asked, AuthorizationDelivery};
use crate::rule::authorization_error::{AuthorizationError, Refused};
use crate::rule::authorization_response::AuthorizationResponse;
use crate::rule::consent::{Consent, RepeatedRequest};

impl Session {
    /// Sends the end-user to the authorization endpoint, logs in, consents and waits for the callback; judges it and the way there.
    /// Stops if no authorization code comes of it though there is to be one.
    pub(crate) async fn authorize(&mut self, params: &Authorize) -> Result<(), Stop> {
        // An authorization server may be for machines alone.
        let endpoint = if self.profile == OAUTH { self.offered("authorization_endpoint")? } else { self.needed("authorization_endpoint")? };
        self.must_be_authorizable(params)?;
        let again = self.await_second(params).await?;
        let request = Arc::new(self.authorization_request(params)?);
        self.note(listing(&request, &endpoint, params.method));
        let asked_at = jiff::Timestamp::now().as_second();
        let journey = self.visit(params, &request, &endpoint).await?;
        // Before the pages are kept, since one of them may show it.
        self.learn_code(&journey);
        self.keep_pages(&journey, params.attempt.as_deref()).await;
        self.judge_pages_shown(params, &journey);
        let mut second = again.map(|again| self.second(again, &journey, asked_at));
        let (pages, consents, logged_in) = (journey.shown(), (journey.consents(), journey.notices()), journey.logins() > 0);
        let answer = journey.traffic.last;
        let callback = match journey.end {
            Ok(callback) => callback,
            Err(error) => return Err(self.no_callback(params, error, logged_in)),
        };
        self.judge_answer(params, answer, &callback);
        let mut artefact = self.authorization_response(&callback, Arc::clone(&request))?;
        let error = artefact.parameter("error").map(|error| match artefact.parameter("error_description") {
            Some(description) => format!("{error} ({description})"),
            None => error.to_owned(),
        });
        let may_refuse = params.request_object.map_or(Ok(true), |object| self.may_refuse(object))?;
        let may_be_refused = params.expect == Expect::CodeOrError && error.is_some() && may_refuse;
        self.sentence(match params.expect {
            Expect::Error => "should refuse the authorization request at the redirect URI".to_owned(),
            Expect::CodeOrError if error.is_some() => "should refuse what it does not support at the redirect URI".to_owned(),
            _ => with_attempt("should return an authorization response to the redirect URI", params.attempt.as_deref()),
        });
        if let Some(outside) = request.outside_state() {
            artefact.request = self.judge_request_object(&artefact, outside);
        }
        // What comes of a request object that was not read is held against what stands beside it: that it was not read is said once.
        let request = Arc::clone(&artefact.request);
        self.recorder.note(Entry::Callback { url: self.recorder.redactor().text(&shown(&callback)) });
        if params.expect == Expect::Error || may_be_refused {
            let beyond = params.beyond_scope.zip(artefact.parameter("error").map(str::to_owned));
            self.look_for_login(second.as_mut(), params, artefact.parameter("error")).await?;
            self.judge_refusal(params, artefact);
            self.judge_second_login(second.as_ref(), &request, params.attempt.as_deref(), error, None);
            if let Some((beyond, error)) = beyond {
                Box::pin(self.judge_refused_scope(beyond, params, error)).await?;
            }
            return Ok(());
        }
        if let Some(scope) = self.scope_instead(&params.scope, artefact.parameter("error"))? {
            Box::pin(self.authorize_within(params, scope)).await?;
            self.judge_missing_scope(artefact.parameter("error").map(str::to_owned), pages);
            return Ok(());
        }
        self.may_lack_scope(params, artefact.parameter("error"))?;
        let says = error.as_deref().unwrap_or_default();
        if let Some(stop) = artefact.parameter("error").and_then(|error| {
            let kind = request.get("response_type").unwrap_or_default();
            self.may_not_authorize(&params.scope, kind, error, says)
        }) {
            return Err(stop);
        }
        if params.method == Method::Post {
            self.judge_delivery(Asked::ByPost, None);
        }
        self.judge(&artefact);
        self.keep_session_state(artefact.parameter("session_state"));
        let beside = Box::pin(self.take_tokens_of_response(&artefact)).await?;
        let consent = Consent {
            shown: consents.0,
            perhaps: consents.1,
            new_client: self.facts.client.registered_mut().is_some_and(|registered| std::mem::take(&mut registered.unseen)),
            prompt_consent: request.get("prompt") == Some("consent"),
            already_given: params.consent == ConsentDue::AlreadyGiven,
            refused: artefact.parameter("error").is_some(),
        };
        self.judge_consent(params, &consent);
        if params.repeated {
            self.judge_repeated(pages, artefact.parameter("error").map(str::to_owned))?;
        }

        match artefact.parameter("code") {
            Some(code) if !code.is_empty() => {
                let (code, attempt) = (code.to_owned(), params.attempt.clone());
                let code = Code { code, request, attempt, beyond_scope: params.beyond_scope, second, beside };
                self.judge_issued_code(&code.code);
                self.facts.grant.codes.push(code.clone());
                self.facts.grant.code = Some(code);
                if params.scope.is_empty() {
                    self.judge_missing_scope(None, pages);
                }
                Ok(())
            }
            // Nothing else was asked for than what came.
            _ if error.is_none() && !request.response_type().code => {
                self.judge_second_login(second.as_ref(), &request, params.attempt.as_deref(), None, beside);
                Ok(())
            }
            _ => {
                let reason = no_code(error.as_deref());
                self.judge_second_login(second.as_ref(), &request, params.attempt.as_deref(), error, None);
                Err(Stop::issuer(reason))
            }
        }
    }

    /// Sends the request with another scope; the last visit stays the one before.
    async fn authorize_within(&mut self, params: &Authorize, scope: String) -> Result<(), Stop> {
        let visit = self.last_visit.clone();
        self.authorize(&Authorize { scope, ..params.clone() }).await?;
        self.last_visit = visit;
        Ok(())
    }

    /// Sends one more request in the browser session of the test, to see what it shows.
    pub(super) async fn visit_in_order(&mut self, params: &Authorize) -> Result<Journey, Stop> {
        let endpoint = self.needed("authorization_endpoint")?;
        let request = self.authorization_request(params)?;
        self.note(listing(&request, &endpoint, params.method));
        let journey = self.visit(params, &request, &endpoint).await?;
        self.learn_code(&journey);
        self.keep_pages(&journey, params.attempt.as_deref()).await;
        Ok(journey)
    }

    /// Keeps the code that a visit brought out of the report.
    fn learn_code(&self, journey: &Journey) {
        if let Ok(callback) = &journey.end {
            self.learn_granted(callback);
        }
    }

    /// Keeps what an authorization response grants out of the report.
    fn learn_granted(&self, callback: &Callback) {
        for (name, value) in callback.parameters() {
            let kind = match name.as_ref() {
                "code" => SecretKind::AuthorizationCode,
                "access_token" => SecretKind::AccessToken,
                "id_token" => SecretKind::IdToken,
                "refresh_token" => SecretKind::RefreshToken,
                _ => continue,
            };
            self.recorder.redactor().learn(kind, &value);
        }
    }

    /// Judges the last answer of the issuer before the redirect URI, if it was seen.
    fn judge_answer(&mut self, params: &Authorize, answer: Option<Answer>, callback: &Callback) {
        let Some(answer) = answer else { return };
        let caching = answer.headers.into_iter().filter(|(name, _)| name == "cache-control").map(|(_, value)| value).collect();
        let by_form = params.response_mode == Some(ResponseMode::FormPost) && callback.method == "POST";
        self.sentence("should lead to the redirect URI by an answer that keeps nothing and sends no form again");
        self.judge(&AuthorizationAnswer { status: answer.status, caching, by_form });
    }

    /// Opens the request in the user agent and goes where it leads.
    async fn visit(&mut self, params: &Authorize, request: &AuthorizationRequest, endpoint: &Url) -> Result<Journey, Stop> {
        if params.browser == BrowserSession::Fresh
            && let Some(session) = self.facts.browser.session.take()
        {
            session.close().await;
        }
        let listener = self.listener()?;
        // A form needs a page to be sent from: one of our own, which goes when the visit is over.
        let page = (params.method == Method::Post)
            .then(|| listener.offer_to_user_agent(Offer::html(self_sending("Authorization request", endpoint, request.sent()))));
        let url = page.as_ref().map_or_else(|| request.url(endpoint), |page| page.url().clone());
        let user = self.user()?;
        // A client may have a redirect URI of its own, at the same listener.
        let own = Url::parse(&self.redirect_uri()).unwrap_or_else(|_| listener.redirect_uri().clone());
        self.go(&url, &own, request.state().unwrap_or_default(), user, Conduct::Consent).await
    }

    /// What a visit that did not end at the redirect URI means: a finding where that is what the story is about.
    fn no_callback(&mut self, params: &Authorize, error: VisitError, logged_in: bool) -> Stop {
        let refusable = params.beyond_scope.is_some() || matches!(params.expect, Expect::Error | Expect::CodeOrError);
        match error {
            error if error.is_page_without_way_on() && refusable && params.method != Method::Post => {
                self.sentence("should refuse the authorization request at the redirect URI");
                self.judge_delivery(Asked::Refusal, Some(error.to_string()));
                Stop::not_offered("the issuer refused the request with a page of its own, so there is no error response to judge")
            }
            // After a login it is not the POST that is not understood: what it asked for was lost.
            error if error.is_page_without_way_on() && logged_in && params.method == Method::Post => {
                self.sentence("should take authorization requests by POST");
                self.judge_delivery(Asked::ByPost, Some(error.to_string()));
                Stop::not_offered("the issuer lost the authorization request that came by POST, so there was no answer to it")
            }
            VisitError::NotUnderstood { .. } if params.method == Method::Post => {
                let what = self.recorder.redactor().text(&error.to_string());
                Stop::not_understood(said!("what the issuer answers to an authorization request by POST is not understood: {what}"))
            }
            VisitError::ErrorPage { .. } if params.method == Method::Post => {
                self.sentence("should take authorization requests by POST");
                self.judge_delivery(Asked::ByPost, Some(error.to_string()));
                Stop::not_offered("the issuer does not take authorization requests by POST, so there was no login")
            }
            error => self.blame(error),
        }
    }

    /// Judges whether the answer to a request reached the redirect URI, or ended elsewhere.
    fn judge_delivery(&mut self, asked: Asked, ended: Option<String>) {
        self.judge(&AuthorizationDelivery { asked, ended, exchange: None });
    }

    fn judge_refusal(&mut self, params: &Authorize, response: AuthorizationResponse) {
        self.judge_delivery(Asked::Refusal, None);
        if let Some(refused) = refused(params) {
            self.judge_authorization_error(response, refused);
        }
    }

    /// Judges an error that a visit brought to the redirect URI.
    pub(super) fn judge_authorization_error(&mut self, response: AuthorizationResponse, refused: Refused) {
        let AuthorizationResponse { url, method, redirect_uri, parameters, request, issuer, metadata } = response;
        let shown = self.last_visit.shown.clone();
        self.judge(&AuthorizationError { url, method, redirect_uri, parameters, request, issuer, metadata, refused, shown, exchange: None });
    }

    /// Judges whether the end-user was asked once more for a client that was granted the same before.
    fn judge_repeated(&mut self, pages: usize, error: Option<String>) -> Result<(), Stop> {
        let native = self.client()?.method == AuthMethod::None && self.is_native()?;
        let by_https = self.redirect_uri().starts_with("https:");
        self.sentence("should not let a client in unseen that cannot prove who it is");
        self.judge(&RepeatedRequest { pages, error, native, by_https });
        Ok(())
    }

    fn judge_consent(&mut self, params: &Authorize, consent: &Consent) {
        if consent.new_client || consent.prompt_consent || consent.already_given {
            self.sentence(if consent.already_given {
                with_attempt("should not require a consent prompt for Authorization Code Flow", params.attempt.as_deref())
            } else {
                "should require a consent prompt for Authorization Code Flow".to_owned()
            });
        }
        self.judge(consent);
    }

    pub(super) fn authorization_response(&self, callback: &Callback, request: Arc<AuthorizationRequest>) -> Result<AuthorizationResponse, Stop> {
        let redirect_uri = Url::parse(&self.redirect_uri()).map_err(|_| missing("the redirect URI"))?;
        let own: Vec<(String, String)> = redirect_uri.query_pairs().into_owned().collect();
        let mut parameters: Vec<(String, String)> =
            callback.url.query_pairs().into_owned().chain(callback.form.clone()).filter(|pair| !own.contains(pair)).collect();
        if let Some(fragment) = callback.url.fragment() {
            parameters.extend(url::form_urlencoded::parse(fragment.as_bytes()).into_owned());
        }
        self.learn_granted(callback);
        Ok(AuthorizationResponse {
            url: callback.url.clone(),
            method: callback.method.clone(),
            redirect_uri,
            parameters,
            request,
            issuer: self.issuer(),
            metadata: self.metadata_value()?,
        })
    }
}

impl crate::session::Run {
    /// The redirect URI as it is sent and registered: exactly as configured, unless its port was left to the system.
    pub fn redirect_uri(&self) -> String {
        self.callback.as_ref().map_or_else(|| self.config.redirect_uri.to_string(), |listener| listener.redirect_uri().to_string())
    }
}

/// Why there is no code, for the reader.
fn no_code(error: Option<&str>) -> String {
    error.map_or_else(
        || "the authorization response holds no code".to_owned(),
        |error| format!("the authorization endpoint answered with the error {error}"),
    )
}

/// Why a request has to be refused, or may be.
fn refused(params: &Authorize) -> Option<Refused> {
    use crate::feature::authorize::Prompt;
    let asked = params.response_type();
    match params.prompt {
        _ if params.response_type.is_some() && !asked.code && !asked.id_token => Some(Refused::UnsupportedResponseType),
        _ if params.request_object.is_some_and(RequestObject::is_by_reference) => Some(Refused::RequestUri),
        _ if params.request_object.is_some() => Some(Refused::RequestObject),
        Some(Prompt::NoneAndLogin) => Some(Refused::PromptNoneAndLogin),
        Some(Prompt::None) if params.second.is_none() => Some(Refused::PromptNoneNotLoggedIn),
        _ if asked.id_token && !params.nonce => Some(Refused::NonceMissing),
        _ if asked.asks_for_tokens() && params.response_mode == Some(ResponseMode::Query) => Some(Refused::TokensInQuery),
        _ if params.challenge_without_method => Some(Refused::ChallengeMethod),
        _ if !params.pkce => Some(Refused::NoChallenge),
        _ => None,
    }
}

/// The callback as the seeds show it: path, query and fragment; the parameters of a form post after it.
fn shown(callback: &Callback) -> String {
    let mut text = callback.url[url::Position::BeforePath..].to_owned();
    if !callback.form.is_empty() {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&callback.form).finish();
        text = format!("{} {text} {form}", callback.method);
    }
    text
}
