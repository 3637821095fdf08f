//! What logs in and consents: the interface between a test and its user agent, a real browser or the HTTP agent.

use std::time::Duration;

use thiserror::Error;
use url::Url;

use crate::agent::callback::Callback;
use crate::config::{Selectors, User};
use crate::http::busy::{Asked, Busy};
use crate::observed::document::{Document, Traffic};
use crate::observed::markup::Unparsed;
use crate::observed::page::{PageKind, Shown};
use crate::text::problem::Problem;
use crate::text::words::said;

/// One visit to the authorization endpoint.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The authorization request.
    pub url: Url,
    /// Where the visit is to end.
    pub redirect_uri: Url,
    /// The `state` of the request, by which the callback is recognised.
    pub state: String,
    /// The scope values that the request asks for: what stands for them on a consent page is ticked.
    pub scopes: Vec<String>,
    /// Who logs in.
    pub user: User,
    /// The selectors.
    pub selectors: Selectors,
    /// How long the whole visit may take.
    pub deadline: Duration,
    /// What the end-user does on the way.
    pub conduct: Conduct,
    /// Whether pictures of the pages are wanted, of an agent with a screen.
    pub pictures: bool,
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
    /// Does nothing on a page of our own, which leads to the redirect URI by itself.
    Wait,
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
    /// The HTTP method that its document was asked for by, where it could be seen.
    pub method: Option<String>,
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
    /// True if the time was over before anything was answered.
    pub fn had_no_answer(&self) -> bool {
        self.traffic.last.is_none() && matches!(self.end, Err(VisitError::Deadline { .. } | VisitError::Unreachable { timed_out: true, .. }))
    }

    /// How many consent pages were shown.
    pub fn consents(&self) -> usize {
        self.pages_of(PageKind::Consent)
    }

    /// How many pages were shown that may have asked for consent without saying so.
    pub fn notices(&self) -> usize {
        self.pages_of(PageKind::Notice)
    }

    /// How many login pages were shown.
    pub fn logins(&self) -> usize {
        self.pages_of(PageKind::Login)
    }

    /// How many pages were shown, not counting those that only wanted a notice about cookies out of the way.
    pub fn shown(&self) -> usize {
        self.pages.len() - self.pages_of(PageKind::Banner)
    }

    /// How many pages were shown on which the end-user is asked something. Of a page on which the visit ended that has to be known; what came of one that it
    /// went on from shows it.
    pub fn asking(&self) -> usize {
        let is_known =
            |kind: PageKind| matches!(kind, PageKind::Login | PageKind::Identifier | PageKind::Consent | PageKind::Notice | PageKind::NeedsHuman);
        let went_on = self.end.is_ok();
        self.pages.iter().filter(|page| is_known(page.kind) || (went_on && page.kind == PageKind::Other)).count()
    }

    fn pages_of(&self, kind: PageKind) -> usize {
        self.pages.iter().filter(|page| page.kind == kind).count()
    }
}

/// Why a visit did not end at the redirect URI. Each message names the cause and the next action.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.problem())]
pub enum VisitError {
    /// The login page came back after the password was sent.
    LoginRejected {
        /// The page's address.
        url: String,
        /// What the page says about it, if it can be found.
        says: Option<String>,
    },
    /// The issuer showed an error page.
    ErrorPage {
        /// The page's address.
        url: String,
        /// The HTTP status, where it could be seen.
        status: Option<u16>,
        /// The page's text, shortened.
        text: String,
    },
    /// The browser dropped what the issuer answered to a form: the page's Content Security Policy does not let it lead to the client.
    FormDropped {
        /// The page's address.
        url: String,
        /// The directive, as the page has it.
        directive: String,
        /// The redirect URI.
        redirect_uri: String,
    },
    /// The issuer was too busy to answer.
    Busy {
        /// The HTTP status.
        status: u16,
        /// Whether it was asked once more.
        asked: Asked,
    },
    /// A page that only a person can pass.
    NeedsHuman {
        /// The page's address.
        url: String,
        /// What was recognised: `a one-time code`.
        what: String,
    },
    /// The account's profile lacks data, and the page wants them.
    ProfileWanted {
        /// The page's address.
        url: String,
        /// The fields, as the page names them.
        fields: Vec<String>,
    },
    /// The page is not understood.
    NotUnderstood {
        /// The page's address.
        url: String,
        /// What was missing.
        why: NoWay,
    },
    /// The deadline passed.
    Deadline {
        /// The deadline in seconds.
        seconds: u64,
        /// The last page's address.
        url: String,
    },
    /// The issuer answered with a file to be saved, which shows nothing.
    Download {
        /// Its address.
        url: String,
        /// The name that it would be saved by, if it is known.
        name: Option<String>,
    },
    /// The page opens one dialog after the other.
    Dialogs {
        /// The page's address.
        url: String,
        /// How many there were at least.
        dialogs: usize,
        /// What the last one says.
        says: String,
    },
    /// The page has taken down the process of the browser that shows it.
    Crashed {
        /// The page's address.
        url: String,
    },
    /// The browser could not reach a page: a TLS or network error.
    Unreachable {
        /// The address.
        url: String,
        /// The browser's or the library's words.
        why: String,
        /// True if the server's certificate is the matter.
        is_certificate: bool,
        /// The member of the provider metadata that names the address, if it is from there.
        member: Option<String>,
        /// True if the time for the answer was over.
        timed_out: bool,
    },
    /// The browser or its driver failed.
    Browser(String),
}

impl VisitError {
    /// True if the issuer gave a page instead of an answer, on which nothing can be done: an error page, whether it says so or not.
    pub fn is_page_without_way_on(&self) -> bool {
        matches!(self, Self::ErrorPage { .. } | Self::NotUnderstood { why: NoWay::Nothing(_), .. })
    }

    /// The same with whether a busy issuer was asked once more, which only the user agent knows.
    #[must_use]
    pub(crate) fn busy_when(self, asked: Asked) -> Self {
        if let Self::Busy { status, .. } = self { Self::Busy { status, asked } } else { self }
    }

    /// What is wrong, and what to do about it.
    pub fn problem(&self) -> Problem {
        match self {
            Self::LoginRejected { url, says } => {
                let says = says.as_deref().map(|says| format!(", which says {says:?}")).unwrap_or_default();
                Problem::new(said!("the login was rejected at {}{says}", bare(url))).with_hint(": ", "check --username and --password")
            }
            Self::ErrorPage { url, status, text } => {
                let status = status.map(|status| format!(" (status {status})")).unwrap_or_default();
                Problem::new(said!("the issuer showed an error page at {}{status}{}", bare(url), quote(text)))
            }
            Self::Busy { status, asked } => Problem::new(Busy::says(*status, *asked)).with_hint("; ", Busy::hint(*status).to_string()),
            Self::FormDropped { url, directive, redirect_uri } => {
                let says = format!(
                    "the browser dropped the answer to the form at {}: by its Content-Security-Policy ({directive}) the form may not lead to {redirect_uri}",
                    bare(url)
                );
                Problem::new(says).with_hint(
                    "; ",
                    "the issuer has to name the redirect URI in form-action, or to leave form-action out (--agent http does not heed it)",
                )
            }
            Self::NeedsHuman { url, what } => {
                Problem::new(said!("the page at {} needs a person ({what})", bare(url))).with_hint(": ", "use an account without it")
            }
            Self::ProfileWanted { url, fields } => {
                let fields = fields.iter().map(|field| format!("{field:?}")).collect::<Vec<_>>().join(", ");
                let problem = Problem::new(said!("the page at {} wants data for the profile of the account ({fields})", bare(url)));
                problem.with_hint(": ", "fill them in once by hand, or name an account with a complete profile by --username")
            }
            Self::NotUnderstood { url, why: NoWay::Nothing(text) } => {
                Problem::new(said!("the page at {} has neither a form nor a button{}", bare(url), quote(text)))
            }
            Self::NotUnderstood { url, why } => {
                let hint = match why {
                    why if why.is_unread() => "use --agent webdriver",
                    NoWay::Redirects(_) => "correct the redirect at the issuer",
                    NoWay::Loading => "see what it waits for: --headed shows it",
                    _ => "name its fields and button in [login] (username, password, button)",
                };
                Problem::new(said!("no way on from the page at {} ({why})", bare(url))).with_hint(": ", hint)
            }
            Self::Deadline { seconds, url } => {
                Problem::new(said!("no callback reached the redirect URI within {seconds} s; the last page was {}", bare(url)))
            }
            Self::Unreachable { url, why, is_certificate, member, .. } => {
                let from = member.as_ref().map(|member| format!(" (`{member}` in the provider metadata)")).unwrap_or_default();
                let problem = Problem::new(said!("the browser could not open {}{from}: {why}", bare(url)));
                let hint = "trust the issuer's certificate authority with --ca-file, or accept any certificate with --insecure";
                match member {
                    _ if *is_certificate => problem.with_hint("; ", hint),
                    Some(member) => problem.with_hint("; ", format!("correct `{member}` in the provider metadata, or make its host reachable")),
                    None => problem,
                }
            }
            Self::Download { url, name } => {
                let name = name.as_ref().map(|name| format!(" ({name:?})")).unwrap_or_default();
                let says = said!("the issuer answered at {} with a file to be saved{name} instead of a page", bare(url));
                Problem::new(says).with_hint("; ", "send the page as text/html and without `Content-Disposition: attachment`")
            }
            Self::Dialogs { url, dialogs, says } => {
                let says = said!("the page at {} opens one dialog after another: {dialogs} or more, the last one{}", bare(url), quote(says));
                Problem::new(says).with_hint("; ", "end the loop of alert(), confirm() or prompt() in its scripts")
            }
            Self::Crashed { url } => Problem::new(said!("the page at {} has crashed the browser's tab", bare(url)))
                .with_hint("; ", "see by hand what its scripts do, or how much memory they take"),
            Self::Browser(why) => Problem::new(said!("the browser failed: {why}")),
        }
    }
}

/// Why there is no way on from a page.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoWay {
    /// The end-user wants to refuse, and no button is known to do that.
    #[error("none of its buttons clearly refuses")]
    NoRefusal,
    /// The end-user wants to log out, and no button is known to do that.
    #[error("which of its buttons logs out is not clear")]
    UnclearLogout,
    /// Its scripts have to run, and this user agent runs none.
    #[error("{0}")]
    NeedsBrowser(String),
    /// It says that it is loading, and goes on saying so.
    #[error("it says that it is loading, and nothing comes of it")]
    Loading,
    /// It may say that something is wrong, or that all is well: a word of its heading or a message on it, and no status of an error.
    #[error("whether it says that something is wrong is not clear")]
    PerhapsError,
    /// It has neither a form nor a button, only this text.
    #[error("it shows no form and no button")]
    Nothing(String),
    /// Its HTML was not parsed.
    #[error("{0}")]
    NotRead(#[from] Unparsed),
    /// It has a content coding that this user agent does not know.
    #[error("it is encoded as {0}, though the request says Accept-Encoding: identity")]
    Encoded(String),
    /// It redirects again and again, or to what is no page.
    #[error("{0}")]
    Redirects(String),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl NoWay {
    /// True if the page may have asked something that was not answered.
    pub fn may_have_asked(&self) -> bool {
        matches!(self, Self::UnclearLogout) || self.is_unread()
    }

    /// True if what the page shows was not seen, or could not be sent, by this user agent.
    pub fn is_unread(&self) -> bool {
        matches!(self, Self::NeedsBrowser(_) | Self::NotRead(_) | Self::Encoded(_))
    }
}

impl From<String> for NoWay {
    fn from(why: String) -> Self {
        Self::Other(why)
    }
}

impl From<&str> for NoWay {
    fn from(why: &str) -> Self {
        Self::Other(why.to_owned())
    }
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
