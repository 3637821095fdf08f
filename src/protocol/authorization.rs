//! The authorization request and what comes of it in the user agent (RFC 6749 4.1.1, OpenID Connect Core 3.1.2, RFC 7636).

use openidconnect::{CsrfToken, Nonce, PkceCodeChallenge};
use url::Url;

use crate::feature::step::{BrowserSession, ConsentDue};
use crate::report::model::{Entry, Page, StepEnd};
use crate::rule::authorization_response::AuthorizationResponse;
use crate::rule::consent::Consent;
use crate::session::agent::{Journey, PageKind, SeenPage, Visit, VisitError};
use crate::session::callback::Callback;
use crate::session::redact::SecretKind;
use crate::session::{Code, Session, Stop, missing};

/// The longest page source kept, in bytes.
const MOST_SOURCE: usize = 100 * 1024;

/// What an authorization is to be.
pub struct Wish<'a> {
    /// The scope, space-separated.
    pub scope: &'a str,
    /// `max_age`, in seconds.
    pub max_age: Option<u64>,
    /// Tells two authorizations of one story apart.
    pub attempt: Option<&'a str>,
    /// The browser session it happens in.
    pub browser: BrowserSession,
    /// What is known about the end-user's consent.
    pub consent: ConsentDue,
}

impl Session {
    /// Sends the end-user to the authorization endpoint, logs in, consents and waits for the callback; judges it and the way there.
    ///
    /// # Errors
    /// [`Stop`] if no authorization code comes of it.
    pub async fn authorize(&mut self, wish: &Wish<'_>) -> Result<StepEnd, Stop> {
        let Wish { scope, max_age, attempt, browser, consent } = *wish;
        let Some(endpoint) = self.endpoint("authorization_endpoint")? else {
            return Err(Stop::Issuer("the provider metadata names no usable `authorization_endpoint`".to_owned()));
        };
        let listener = self.run.callback.clone().ok_or_else(|| missing("the callback listener"))?;
        let redirect_uri = listener.redirect_uri().clone();
        let user = self.run.config.user.clone().ok_or_else(|| missing("somebody to log in as"))?;
        let state = CsrfToken::new_random_len(24).secret().clone();
        let nonce = Nonce::new_random_len(24).secret().clone();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        self.recorder.redactor().learn(SecretKind::CodeVerifier, verifier.secret());
        let prompt_consent = scope.split_ascii_whitespace().any(|value| value == "offline_access");
        let client_id = self.client()?.id.clone();

        let mut url = endpoint;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client_id)
            .append_pair("redirect_uri", &self.run.redirect_uri())
            .append_pair("scope", scope)
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256");
        if prompt_consent {
            // OpenID Connect Core 11: without it a request for offline_access may be ignored.
            url.query_pairs_mut().append_pair("prompt", "consent");
        }
        if let Some(max_age) = max_age {
            url.query_pairs_mut().append_pair("max_age", &max_age.to_string());
        }
        self.note(format!("Authorization request, opened in the user agent:\n\n{}", listing(&url)));

        let agent = self.run.agent.clone().await.map_err(Stop::Untestable)?;
        if browser == BrowserSession::Fresh
            && let Some(session) = self.browser.take()
        {
            session.close().await;
        }
        if self.browser.is_none() {
            self.browser = Some(agent.open().await.map_err(|e| Stop::Untestable(e.to_string()))?);
        }
        let visit = Visit {
            url,
            redirect_uri: redirect_uri.clone(),
            state: state.clone(),
            user,
            selectors: self.run.config.selectors.clone(),
            deadline: self.run.config.agent.deadline,
        };
        let session = self.browser.as_mut().ok_or_else(|| missing("a browser session"))?;
        let journey = session.visit(&visit, &listener).await;
        self.keep_pages(&journey, attempt).await;
        let consents = journey.consents();
        let callback = match journey.end {
            Ok(callback) => callback,
            Err(error) => return Err(self.blame(error)),
        };
        self.sentence(match attempt {
            Some(attempt) => format!("should return an authorization response to the redirect URI ({attempt})"),
            None => "should return an authorization response to the redirect URI".to_owned(),
        });
        let artefact = self.authorization_response(&callback, &redirect_uri, state)?;
        self.recorder.note(Entry::Callback { url: self.recorder.redactor().text(&shown(&callback)) });
        self.judge(&artefact);

        let already_given = consent == ConsentDue::AlreadyGiven;
        let registered = self.facts.client.as_mut().and_then(|client| client.registered.as_mut());
        let new_client = registered.is_some_and(|registered| std::mem::take(&mut registered.unseen));
        if new_client || prompt_consent || already_given {
            self.sentence(match (already_given, attempt) {
                (true, Some(attempt)) => format!("should not require a consent prompt for Authorization Code Flow ({attempt})"),
                (true, None) => "should not require a consent prompt for Authorization Code Flow".to_owned(),
                (false, _) => "should require a consent prompt for Authorization Code Flow".to_owned(),
            });
        }
        self.judge(&Consent { shown: consents, new_client, prompt_consent, already_given });

        match artefact.parameter("code") {
            Some(code) if !code.is_empty() => {
                self.facts.code = Some(Code {
                    code: code.to_owned(),
                    verifier: verifier.secret().clone(),
                    nonce,
                    scope: scope.to_owned(),
                    max_age,
                    attempt: attempt.map(str::to_owned),
                });
                Ok(StepEnd::Done)
            }
            _ => Err(Stop::Issuer(match artefact.parameter("error") {
                Some(error) => match artefact.parameter("error_description") {
                    Some(description) => format!("the authorization endpoint answered with the error {error} ({description})"),
                    None => format!("the authorization endpoint answered with the error {error}"),
                },
                None => "the authorization response holds no code".to_owned(),
            })),
        }
    }

    fn authorization_response(&self, callback: &Callback, redirect_uri: &Url, state: String) -> Result<AuthorizationResponse, Stop> {
        let own: Vec<(String, String)> = redirect_uri.query_pairs().into_owned().collect();
        let mut parameters: Vec<(String, String)> =
            callback.url.query_pairs().into_owned().chain(callback.form.clone()).filter(|pair| !own.contains(pair)).collect();
        if let Some(fragment) = callback.url.fragment() {
            parameters.extend(url::form_urlencoded::parse(fragment.as_bytes()).into_owned());
        }
        for (name, value) in &parameters {
            if name == "code" {
                self.recorder.redactor().learn(SecretKind::AuthorizationCode, value);
            }
        }
        Ok(AuthorizationResponse {
            url: callback.url.clone(),
            method: callback.method.clone(),
            redirect_uri: redirect_uri.clone(),
            parameters,
            state: Some(state),
            issuer: self.issuer(),
            metadata: self.metadata_value()?,
        })
    }

    /// Writes the pages of a visit into the journal, each screenshot into its file at once.
    async fn keep_pages(&mut self, journey: &Journey, attempt: Option<&str>) {
        for page in &journey.pages {
            let title = page_title(page.kind);
            let mut screenshot = None;
            if let Some(png) = &page.screenshot {
                let name = title.to_ascii_lowercase().replace(' ', "-");
                let (relative, path) = self.next_screenshot(&name);
                match save(&path, png).await {
                    Ok(()) => screenshot = Some(relative),
                    Err(error) => self.note(format!("A screenshot could not be written: {error}.")),
                }
            }
            let redactor = self.recorder.redactor();
            let entry = Page {
                title: attempt.map_or_else(|| title.to_owned(), |attempt| format!("{title} ({attempt})")),
                url: redactor.text(&page.url),
                status: page.status,
                note: redactor.text(&seen(page)),
                screenshot,
                source: page.source.as_ref().map(|source| redactor.text(&cut(source))),
            };
            self.recorder.note(Entry::Page(entry));
        }
    }

    /// Whose fault it is that a visit did not end at the redirect URI.
    fn blame(&self, error: VisitError) -> Stop {
        let registered = self.facts.client.as_ref().is_some_and(|client| client.registered.is_some());
        match error {
            VisitError::ErrorPage { url, status, text } => {
                let status = status.map(|status| format!(" (status {status})")).unwrap_or_default();
                let page = self.recorder.redactor().text(&format!("the issuer showed an error page at {url}{status}: {text}"));
                if registered {
                    Stop::Issuer(page)
                } else {
                    Stop::Untestable(format!(
                        "{page}; check --client-id, and that {} is among the client's redirect URIs (or set --redirect-uri)",
                        self.run.redirect_uri()
                    ))
                }
            }
            other => Stop::Untestable(self.recorder.redactor().text(&other.to_string())),
        }
    }
}

impl crate::session::Run {
    /// The redirect URI as it is sent and registered: exactly as configured, unless its port was left to the system.
    pub fn redirect_uri(&self) -> String {
        self.callback.as_ref().map_or_else(|| self.config.redirect_uri.to_string(), |listener| listener.redirect_uri().to_string())
    }
}

fn page_title(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Login => "Login page",
        PageKind::Identifier => "User name page",
        PageKind::Consent => "Authorization page",
        PageKind::Error => "Error page",
        PageKind::NeedsHuman => "Page that needs a person",
        PageKind::Other => "Page",
    }
}

fn seen(page: &SeenPage) -> String {
    if page.title.is_empty() { format!("{}.", page.note) } else { format!("“{}”: {}.", page.title, page.note) }
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

/// The request's parameters, one a line: they are all ours.
fn listing(url: &Url) -> String {
    let mut endpoint = url.clone();
    endpoint.set_query(None);
    let pairs: Vec<String> = url.query_pairs().map(|(name, value)| format!("* **{name}**: `{}`", value.replace('`', "'"))).collect();
    format!("`{}`\n\n{}", endpoint.as_str().replace('`', "%60"), pairs.join("\n"))
}

async fn save(path: &std::path::Path, png: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    tokio::fs::write(path, png).await
}

fn cut(text: &str) -> String {
    let at = (0..=MOST_SOURCE.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..at].to_owned()
}
