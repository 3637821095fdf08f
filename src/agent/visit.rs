//! What logs in and consents: the interface between a test and its user agent, a real browser or the HTTP agent.

use std::time::Duration;

use thiserror::Error;
use url::Url;

use crate::agent::callback::{Callback, CallbackError};
use crate::config::{Selectors, User};
use crate::observed::document::{Document, Traffic};
use crate::observed::page::{PageKind, Shown};

/// One visit to the authorization endpoint.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The authorization request.
    pub url: Url,
    /// Where the visit is to end.
    pub redirect_uri: Url,
    /// The `state` of the request, by which the callback is recognised.
    pub state: String,
    /// Who logs in.
    pub user: User,
    /// The selectors.
    pub selectors: Selectors,
    /// How long the whole visit may take.
    pub deadline: Duration,
    /// What the end-user does on the way.
    pub conduct: Conduct,
}

/// What the end-user does on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Conduct {
    /// Logs in and consents.
    #[default]
    Consent,
    /// Logs in and refuses to consent.
    Deny,
    /// Does nothing: the request asks for no page, so a page is the end.
    Silent,
    /// Confirms that they want to log out, once.
    LogOut,
    /// Logs out as well, and stays no longer than it takes to see the page that this ends with.
    Leave,
}

/// A page that was shown.
#[derive(Debug, Clone)]
pub struct SeenPage {
    /// What it was taken for.
    pub kind: PageKind,
    /// Its address.
    pub url: String,
    /// The page's own title.
    pub title: String,
    /// The HTTP status of the document, where it could be seen.
    pub status: Option<u16>,
    /// Why it was taken for that, and what was done on it.
    pub note: String,
    /// A PNG, where the agent has a screen.
    pub screenshot: Option<Vec<u8>>,
    /// The page's source, on trouble.
    pub source: Option<String>,
    /// What it shows besides its forms.
    pub shown: Shown,
    /// The document behind it.
    pub document: Document,
}

/// How a visit went.
#[derive(Debug)]
pub struct Journey {
    /// The pages shown, in order.
    pub pages: Vec<SeenPage>,
    /// What the issuer set and answered on the way.
    pub traffic: Traffic,
    /// The callback, or why there was none.
    pub end: Result<Callback, VisitError>,
}

impl Journey {
    /// How many consent pages were shown.
    pub fn consents(&self) -> usize {
        self.pages.iter().filter(|page| page.kind == PageKind::Consent).count()
    }

    /// How many pages were shown that may have asked for consent without saying so.
    pub fn notices(&self) -> usize {
        self.pages.iter().filter(|page| page.kind == PageKind::Notice).count()
    }
}

/// Why a visit did not end at the redirect URI. Each message names the cause and the next action.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VisitError {
    /// The login page came back after the password was sent.
    #[error("the login was rejected at {}{}: check --username and --password", bare(.url), .says.as_deref().map(|s| format!(", which says {s:?}")).unwrap_or_default())]
    LoginRejected {
        /// The page's address.
        url: String,
        /// What the page says about it, if it can be found.
        says: Option<String>,
    },
    /// The issuer showed an error page.
    #[error("the issuer showed an error page at {}{}{}", bare(.url), .status.map(|s| format!(" (status {s})")).unwrap_or_default(), quote(.text))]
    ErrorPage {
        /// The page's address.
        url: String,
        /// The HTTP status, where it could be seen.
        status: Option<u16>,
        /// The page's text, shortened.
        text: String,
    },
    /// A page that only a person can pass.
    #[error("the page at {} needs a person ({what}): use an account without it", bare(.url))]
    NeedsHuman {
        /// The page's address.
        url: String,
        /// What was recognised: `a one-time code`.
        what: String,
    },
    /// The page is not understood.
    #[error("no way on from the page at {} ({why}): name its fields and button in [login] (username, password, button)", bare(.url))]
    NotUnderstood {
        /// The page's address.
        url: String,
        /// What was missing.
        why: String,
    },
    /// The deadline passed.
    #[error("no callback reached the redirect URI within {seconds} s; the last page was {}", bare(.url))]
    Deadline {
        /// The deadline in seconds.
        seconds: u64,
        /// The last page's address.
        url: String,
    },
    /// The browser could not reach a page: a TLS or network error.
    #[error("the browser could not open {}: {why}", bare(.url))]
    Unreachable {
        /// The address.
        url: String,
        /// The browser's or the library's words.
        why: String,
    },
    /// The browser or its driver failed.
    #[error("the browser failed: {0}")]
    Browser(String),
    /// The callback listener failed.
    #[error(transparent)]
    Callback(#[from] CallbackError),
}

/// The beginning of what a page says.
fn quote(text: &str) -> String {
    let beginning: String = text.chars().take(120).collect();
    match beginning.len() {
        0 => String::new(),
        length if length < text.len() => format!(", which says {:?}", format!("{beginning}…")),
        _ => format!(", which says {beginning:?}"),
    }
}

/// An address without its query and fragment, which hold more than a message can bear. The report has it whole.
fn bare(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}
