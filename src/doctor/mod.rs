//! `doctor`: looks before a run at everything a run depends on, and names the setting at fault.
//!
//! What can be looked at by itself is, whatever else is wrong; what cannot is said to be not checked, and why. The engine is that of a run: one
//! HTTP client, one browser, and what is made at the issuer is removed again.

use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

use crate::agent::callback::{CallbackError, CallbackListener};
use crate::agent::user_agent::UserAgent;
use crate::config::{Config, Sources};
use crate::feature::plan::Plan;
use crate::guard::{Folder, FolderError};
use crate::http::{Client, ClientError};
use crate::result::event::Event;
use crate::result::model;
use crate::result::model::LeftBehindKind;
use crate::session::{Run, Session, SharedClients};
use crate::text::millis;
use crate::text::problem::Problem;
use crate::text::visible;
use crate::text::words::Words;

mod browser;
mod certificate;
mod client;
pub mod console;
mod issuer;
mod login;
mod machine;
mod network;
mod settings;
mod verdict;

pub use verdict::Outlook;

/// The name and version of the format, the value of `schema`.
pub const SCHEMA: &str = "oa-authtest/doctor/1";

/// The most characters of what one check saw.
const MOST: usize = 600;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// As it should be.
    Fine,
    /// A run goes on, but something is worth knowing.
    Warning,
    /// A run would not get past this.
    Wrong,
    /// Nothing could be said, or nothing needs to be.
    NotChecked,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What it is called in JSON: `tls`.
    pub id: &'static str,
    /// What it is called on the screen.
    pub title: &'static str,
    /// How it came out.
    pub mark: Mark,
    /// What was seen; everything invisible in it has been made visible.
    pub saw: String,
    /// What to do about it, with the setting at fault.
    pub next: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// What a check saw.
#[derive(Debug, Clone)]
struct Seen {
    mark: Mark,
    saw: Words,
    next: Option<String>,
}

impl Seen {
    fn fine(saw: impl Into<Words>) -> Self {
        Self { mark: Mark::Fine, saw: saw.into(), next: None }
    }

    fn warning(saw: impl Into<Words>, next: impl Into<String>) -> Self {
        Self { mark: Mark::Warning, saw: saw.into(), next: Some(next.into()) }
    }

    fn wrong(saw: impl Into<Words>, next: impl Into<String>) -> Self {
        Self { mark: Mark::Wrong, saw: saw.into(), next: Some(next.into()) }
    }

    /// Every word of the reason is of this program.
    fn not_checked(because: &str) -> Self {
        Self { mark: Mark::NotChecked, saw: format!("not checked, because {because}").into(), next: None }
    }

    /// A problem with what to do about it, or with something else to do where nothing is known.
    fn problem(problem: Problem, otherwise: &str) -> Self {
        Self::wrong(problem.says, problem.hint.map_or_else(|| otherwise.to_owned(), String::from))
    }
}

/// Everything that was looked at, and what comes of it.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// The issuer as configured.
    pub issuer: String,
    /// How far a run would get.
    pub outlook: Outlook,
    /// The checks in order.
    pub checks: Vec<Check>,
}

/// What is examined.
pub struct DoctorInput {
    /// The settings.
    pub config: Config,
    /// Where they come from.
    pub sources: Sources,
    /// What a run would do.
    pub plan: Plan,
    /// The listener behind the redirect URI, if it is bound already.
    pub callback: Option<Result<Arc<CallbackListener>, CallbackError>>,
}

/// The examination of one configuration.
pub struct Doctor<'a> {
    session: Session,
    sources: Sources,
    plan: Plan,
    callback: Option<Result<Arc<CallbackListener>, CallbackError>>,
    agent: Option<Arc<UserAgent>>,
    /// Screenshots go here, and with it.
    _folder: Folder,
    /// Where a run would write its reports.
    reports: std::path::PathBuf,
    checks: Vec<Check>,
    /// When the check under way began.
    since: Instant,
    on_check: &'a mut (dyn FnMut(&Check) + Send),
}

/// Why there can be no examination.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Http(#[from] ClientError),
    /// There is no temporary folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

impl<'a> Doctor<'a> {
    /// Prepares an examination; `on_check` gets each check when it is over.
    ///
    /// # Errors
    /// [`DoctorError`] if that is not possible on this machine.
    pub fn new(input: DoctorInput, on_check: &'a mut (dyn FnMut(&Check) + Send)) -> Result<Self, DoctorError> {
        let DoctorInput { mut config, sources, plan, callback } = input;
        let folder = Folder::make()?;
        let reports = std::mem::replace(&mut config.report.dir, folder.path().to_owned());
        let http = Arc::new(Client::new(&config.network)?);
        let bound = callback.as_ref().and_then(|bound| bound.as_ref().ok()).cloned();
        let run = Run {
            config: Arc::new(config),
            http,
            callback: bound,
            agent: Run::no_agent("the browser did not start"),
            clients: SharedClients::default(),
        };
        let session = Session::new(run, "doctor", "doctor", &["openid"]);
        Ok(Self { session, sources, plan, callback, agent: None, _folder: folder, reports, checks: Vec::new(), since: Instant::now(), on_check })
    }

    /// Sends an event for each request and each page, too, as it comes.
    pub fn report_exchanges(&mut self, events: UnboundedSender<Event>) {
        self.session.recorder.publish_to(events);
    }

    /// Looks at everything, in order.
    pub async fn examine(&mut self) {
        self.settings();
        self.network().await;
        self.issuer().await;
        self.report_folder();
        self.live_page().await;
        self.baseline();
        self.redirect_uri().await;
        self.browser().await;
        self.login().await;
    }

    /// Removes what was made at the issuer, ends the browser, and says how far a run would get.
    pub async fn finish(mut self) -> Diagnosis {
        self.since = Instant::now();
        let facts = &self.session.facts;
        if !facts.client.registered.is_empty() || !facts.grant.issued.is_empty() || facts.browser.is_logged_in {
            let limit = self.session.run.config.network.timeout.min(std::time::Duration::from_secs(10));
            self.session.clean_up(limit, std::future::pending()).await;
            let seen = self.left_behind();
            self.note("clean-up", "Clean-up", seen);
        }
        let Self { mut session, agent, checks, plan, .. } = self;
        if let Some(browser) = session.facts.browser.session.take() {
            browser.close().await;
        }
        let issuer = visible::line(&session.run.config.issuer);
        drop(session);
        if let Some(agent) = agent.and_then(Arc::into_inner) {
            agent.close().await;
        }
        let outlook = Outlook::of(&checks, &plan);
        Diagnosis { schema: SCHEMA, issuer, outlook, checks }
    }

    fn left_behind(&self) -> Seen {
        let left = &self.session.facts.left_behind;
        let Some(remains) = model::left_behind(left.iter()) else { return Seen::fine("what was made at the issuer for this is gone again") };
        let whys: Vec<String> = left.iter().map(|left| format!("{} {}: {}", left.kind.words(), left.client_id, left.why)).collect();
        let saw = format!("{remains} ({})", whys.join("; "));
        if left.iter().any(|left| left.kind == LeftBehindKind::Client) {
            Seen::warning(saw, "delete the client by hand, or name one that exists with --client-id and --client-secret, so that none is registered")
        } else {
            Seen::fine(saw)
        }
    }

    /// Keeps a check and reports it. What the issuer said in it is redacted and made visible here; the words of this program are not redacted, since a
    /// password may well be a word of it, and its label in the place of that word would give it away.
    fn note(&mut self, id: &'static str, title: &'static str, seen: Seen) {
        let saw = match seen.mark {
            Mark::NotChecked => seen.saw,
            _ => self.session.recorder.redactor().words(&seen.saw),
        };
        let check = Check {
            id,
            title,
            mark: seen.mark,
            saw: visible::short(saw.as_str(), MOST),
            next: seen.next.map(|next| visible::short(&next, MOST)),
            duration_ms: millis(self.since.elapsed()),
        };
        (self.on_check)(&check);
        self.checks.push(check);
        self.since = Instant::now();
    }

    /// The first of these checks that went wrong or could not be made, as a reason for what depends on it.
    fn lacking(&self, ids: &[&str]) -> Option<String> {
        let failed = self.checks.iter().find(|check| ids.contains(&check.id) && check.mark == Mark::Wrong)?;
        Some(format!("«{}» went wrong", failed.title))
    }

    fn config(&self) -> &Config {
        &self.session.run.config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_told_by_itself_and_is_never_the_issuers_word() {
        let quoting = "registration is protected (status 401, x (use: check hunter2))";
        for (problem, saw, next) in [
            (Problem::new(quoting).with_hint(": ", "set --initial-access-token"), quoting, "set --initial-access-token"),
            (Problem::new(quoting), quoting, "otherwise"),
            (Problem::new("it broke").with_hint("; ", "check --timeout"), "it broke", "check --timeout"),
        ] {
            let seen = Seen::problem(problem, "otherwise");
            assert_eq!((seen.saw.as_str(), seen.next.as_deref()), (saw, Some(next)));
        }
    }
}
