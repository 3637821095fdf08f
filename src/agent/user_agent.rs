//! Either user agent behind one interface.

use thiserror::Error;

use crate::agent::browser::{Browser, BrowserError, BrowserSession, Launch};
use crate::agent::callback::CallbackListener;
use crate::agent::http::{HttpAgent, HttpAgentError, HttpSession};
use crate::agent::visit::{Journey, Visit};
use crate::config::{AgentConfig, AgentKind, Network};
use crate::text::problem::Problem;

/// What logs in during a run.
#[derive(Debug)]
pub enum UserAgent {
    /// A real browser.
    Browser(Box<Browser>),
    /// Plain HTTP with forms.
    Http(HttpAgent),
}

/// Why there is no user agent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UserAgentError {
    /// No browser.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// No HTTP agent.
    #[error(transparent)]
    Http(#[from] HttpAgentError),
}

impl UserAgentError {
    /// What is wrong, and what to do about it.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Browser(error) => error.problem(),
            Self::Http(error) => error.problem(),
        }
    }
}

impl UserAgent {
    /// Starts the agent that is configured: a browser unless plain HTTP was asked for.
    ///
    /// # Errors
    /// What is missing or wrong, and what to do about it.
    pub async fn start(agent: &AgentConfig, network: &Network, launch: &Launch) -> Result<Self, UserAgentError> {
        match agent.kind {
            AgentKind::Http => Ok(Self::Http(HttpAgent::new(network)?)),
            AgentKind::Auto | AgentKind::Webdriver => Ok(Self::Browser(Box::new(Browser::start(agent, &network.tls, launch).await?))),
        }
    }

    /// What logs in, for the report: `Chromium 156 (headless shell)` or `HTTP forms`.
    pub fn describe(&self) -> &str {
        match self {
            Self::Browser(browser) => browser.describe(),
            Self::Http(agent) => agent.describe(),
        }
    }

    /// Opens a session isolated from every other, for one test.
    ///
    /// # Errors
    /// The agent's own words.
    pub async fn open(&self) -> Result<AgentSession, UserAgentError> {
        match self {
            Self::Browser(browser) => Ok(AgentSession::Browser(browser.open().await?)),
            Self::Http(agent) => Ok(AgentSession::Http(agent.open()?)),
        }
    }

    /// Ends the agent and everything that was started for it.
    pub async fn close(self) {
        match self {
            Self::Browser(browser) => browser.close().await,
            Self::Http(_) => {}
        }
    }
}

/// A session of either agent: its own cookies.
#[derive(Debug)]
pub enum AgentSession {
    /// In a browser.
    Browser(BrowserSession),
    /// Over plain HTTP.
    Http(HttpSession),
}

impl AgentSession {
    /// Makes a visit to the authorization endpoint. A second one in the same session finds the end-user logged in, if the issuer remembers.
    pub async fn visit(&mut self, visit: &Visit, callback: &CallbackListener) -> Journey {
        match self {
            Self::Browser(session) => session.visit(visit, callback).await,
            Self::Http(session) => session.visit(visit, callback).await,
        }
    }

    /// Ends the session and forgets its cookies.
    pub async fn close(self) {
        match self {
            Self::Browser(session) => session.close().await,
            Self::Http(_) => {}
        }
    }
}
