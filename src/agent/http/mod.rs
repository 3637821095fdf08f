//! The user agent without a screen: plain HTTP with cookies and forms, for pipelines without a browser. It runs no JavaScript.

pub mod consent_form;
mod form;
mod html;
mod walk;

use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderMap, HeaderValue};
use thiserror::Error;
use url::Url;

use self::consent_form::ConsentForm;
use self::walk::Walk;
use crate::agent::callback::CallbackListener;
use crate::agent::certificate;
use crate::agent::visit::{Journey, Visit};
use crate::config::{Network, Selectors, Tls};
use crate::http::IDLE;
use crate::http::trust::File;
use crate::observed::markup::Unparsed;
use crate::observed::page::Facts;
use crate::text::problem::Problem;
use crate::text::words::said;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// Why the agent cannot be used: the certificate authorities cannot be read, or the HTTP client cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct HttpAgentError(Problem);

impl HttpAgentError {
    /// What is wrong, and what to do about it.
    pub fn problem(&self) -> Problem {
        self.0.clone()
    }
}

/// The facts of a page as this agent gathers them from its HTML, without asking for it.
///
/// # Errors
/// [`Unparsed`] if its HTML is such that to parse it would take too long.
pub fn facts(url: &Url, status: u16, html: &str, selectors: &Selectors) -> Result<Facts, Unparsed> {
    html::Page::read(url, status, html, 0, selectors).map(|page| page.facts)
}

/// Logs in by forms over plain HTTP.
#[derive(Debug, Clone)]
pub struct HttpAgent {
    network: Network,
    trust: Option<File>,
}

impl HttpAgent {
    /// An agent that reaches the network as configured.
    ///
    /// # Errors
    /// [`HttpAgentError`] if the file of certificate authorities is of no use.
    pub fn new(network: &Network) -> Result<Self, HttpAgentError> {
        let trust = match &network.tls {
            Tls::CaFile(path) => {
                let broken = |why: String| {
                    let problem = Problem::new(said!("cannot read the certificate authorities of {}: {why}", path.display()));
                    HttpAgentError(problem.with_hint("; ", "check --ca-file"))
                };
                let file = File::read(path).map_err(broken)?;
                file.client_config(None).map_err(broken)?;
                Some(file)
            }
            Tls::System | Tls::Insecure => None,
        };
        Ok(Self { network: network.clone(), trust })
    }

    /// What logs in, for the report: `HTTP forms`.
    pub fn describe(&self) -> &'static str {
        "HTTP forms"
    }

    /// Opens an isolated session: its own cookies and connections.
    ///
    /// # Errors
    /// [`HttpAgentError`] in the library's words.
    pub fn open(&self) -> Result<HttpSession, HttpAgentError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        // As everything else of a run: what is judged is what the server has.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en-US,en;q=0.9"));
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("oa-authtest/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .pool_idle_timeout(IDLE)
            .connect_timeout(CONNECT.min(self.network.timeout))
            .timeout(self.network.timeout);
        if let Some(trust) = &self.trust {
            let own = certificate::made().map(|own| &own.authority);
            let config = trust.client_config(own).map_err(|why| HttpAgentError(Problem::new(said!("cannot make an HTTP client: {why}"))))?;
            builder = builder.tls_backend_preconfigured(config);
        }
        // A redirect URI by https on this machine, if there is one.
        if let Some(own) = certificate::made().filter(|_| self.network.tls == Tls::System) {
            let authority = reqwest::Certificate::from_der(&own.authority);
            let authority = authority.map_err(|why| HttpAgentError(Problem::new(said!("cannot trust the certificate of this process: {why}"))))?;
            builder = builder.tls_certs_merge([authority]);
        }
        if self.network.tls == Tls::Insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        let client = builder.build().map_err(|why| HttpAgentError(Problem::new(said!("cannot make an HTTP client: {why}"))))?;
        Ok(HttpSession { client })
    }
}

/// An isolated session of the agent.
#[derive(Debug)]
pub struct HttpSession {
    client: reqwest::Client,
}

impl HttpSession {
    /// Goes to the authorization endpoint, logs in, consents, and takes the answer to the redirect URI.
    pub async fn visit(&mut self, visit: &Visit, callback: &CallbackListener) -> Journey {
        Walk::new(&self.client, visit, callback).go().await
    }

    /// Goes to the authorization endpoint, logs in, and ends where the end-user is asked to consent, with the form as it would be sent.
    pub async fn visit_to_consent(&self, visit: &Visit, callback: &CallbackListener) -> (Journey, Option<ConsentForm>) {
        Walk::new(&self.client, visit, callback).ending_at_consent().go_to_consent().await
    }

    /// Sends a consent form as a page at an address does, and goes where it leads: a consent page once more is the end.
    pub async fn send_consent(&self, form: &ConsentForm, from: &Url, visit: &Visit, callback: &CallbackListener) -> Journey {
        Walk::new(&self.client, visit, callback).begin_with(form, from).ending_at_consent().go().await
    }

    /// The visit as of an end-user who logs in, but the login form that this session was shown is sent by another, which has none of its cookies: from its page, or
    /// from one of another site.
    pub async fn visit_with_form_sent_by(&self, other: &Self, site: Option<&Url>, visit: &Visit, callback: &CallbackListener) -> Journey {
        Walk::new(&self.client, visit, callback).with_form_sent_by(&other.client, site).go().await
    }
}
