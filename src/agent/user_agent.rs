//! Either user agent behind one interface.

use std::time::Duration;

use thiserror::Error;

use crate::agent::auto::{Auto, ended_for_want_of_a_browser};
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
    /// A browser, and plain HTTP where it comes to the same.
    Auto(Box<Auto>),
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
    /// Starts the agent that is configured: a browser unless plain HTTP was asked for, with plain HTTP beside it where neither was. A browser that the user
    /// has named or wants to see does it all.
    ///
    /// # Errors
    /// What is missing or wrong, and what to do about it.
    pub async fn start(agent: &AgentConfig, network: &Network, launch: &Launch) -> Result<Self, UserAgentError> {
        match agent.kind {
            AgentKind::Http => Ok(Self::Http(HttpAgent::new(network)?)),
            AgentKind::Auto if agent.webdriver_url.is_none() && !agent.headed => {
                let browser = Browser::start(agent, &network.tls, launch).await?;
                Ok(Self::Auto(Box::new(Auto::new(browser, HttpAgent::new(network)?))))
            }
            AgentKind::Auto | AgentKind::Webdriver => Ok(Self::Browser(Box::new(Browser::start(agent, &network.tls, launch).await?))),
        }
    }

    /// What logs in, for the report: `Chromium 156 (headless shell)` or `HTTP forms`.
    pub fn describe(&self) -> &str {
        match self {
            Self::Browser(browser) => browser.describe(),
            Self::Http(agent) => agent.describe(),
            Self::Auto(auto) => auto.browser.describe(),
        }
    }

    /// Opens a session isolated from every other, for one test: in the browser, if there is one.
    ///
    /// # Errors
    /// The agent's own words.
    pub async fn open(&self) -> Result<AgentSession, UserAgentError> {
        match self {
            Self::Browser(browser) => Ok(AgentSession::Browser(browser.open().await?)),
            Self::Http(agent) => Ok(AgentSession::Http(agent.open()?)),
            Self::Auto(auto) => Ok(AgentSession::Browser(auto.browser.open().await?)),
        }
    }

    /// Opens a session for a test that begins with this visit, and that is not about what a browser shows: over plain HTTP where that was shown to do.
    ///
    /// # Errors
    /// The agent's own words.
    pub async fn open_either(&self, test: &str, visit: &Visit) -> Result<AgentSession, UserAgentError> {
        match self {
            Self::Auto(auto) if auto.does_without_browser(test, visit) => Ok(AgentSession::Http(auto.http.open()?)),
            _ => self.open().await,
        }
    }

    /// Learns from the first visit of a session. False if the browser has to make it once more: the HTTP agent was led elsewhere than the browser is.
    pub fn may_stand(&self, session: &AgentSession, visit: &Visit, journey: &Journey) -> bool {
        match (self, session) {
            (Self::Auto(auto), AgentSession::Http(_)) => auto.holds(visit, journey),
            (Self::Auto(auto), AgentSession::Browser(_)) => {
                auto.see(visit, journey);
                true
            }
            _ => true,
        }
    }

    /// Remembers a test that came to a page which needs a browser, in a session without one.
    pub fn look_out(&self, test: &str, session: &AgentSession, visit: &Visit, journey: &Journey) {
        if let (Self::Auto(auto), AgentSession::Http(_)) = (self, session)
            && ended_for_want_of_a_browser(visit, journey)
        {
            auto.needs_browser(test);
        }
    }

    /// True if a test has to be made once more, in the browser.
    pub fn is_to_be_repeated(&self, test: &str) -> bool {
        matches!(self, Self::Auto(auto) if auto.is_to_be_repeated(test))
    }

    /// What logs in in a session, for the report.
    pub fn describe_in(&self, session: &AgentSession) -> &str {
        match (self, session) {
            (Self::Auto(auto), AgentSession::Http(_)) => auto.http.describe(),
            _ => self.describe(),
        }
    }

    /// Ends the agent and everything that was started for it.
    pub async fn close(self) {
        match self {
            Self::Browser(browser) => browser.close().await,
            Self::Http(_) => {}
            Self::Auto(auto) => auto.browser.close().await,
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

    /// Which session of which running driver it is, if it is one.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Browser(session) => session.place(),
            Self::Http(_) => None,
        }
    }

    /// How long it has waited for other tests, since this was asked last.
    pub fn take_waited(&mut self) -> Duration {
        match self {
            Self::Browser(session) => session.take_waited(),
            Self::Http(_) => Duration::ZERO,
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
