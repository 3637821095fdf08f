//! The way into the browser session of a test: every visit goes through here, so that a login is remembered wherever it happens.

use url::Url;

use crate::agent::visit::{Conduct, Journey, Visit, VisitError};
use crate::config::User;
use crate::session::{LastVisit, Session, Stop, missing};

impl Session {
    /// Who logs in.
    pub(super) fn user(&self) -> Result<User, Stop> {
        self.run.config.user.clone().ok_or_else(|| missing("an end-user to log in as"))
    }

    /// The redirect URI as the listener has it.
    pub(super) fn redirect_url(&self) -> Result<Url, Stop> {
        let listener = self.listener()?;
        Ok(listener.redirect_uri().clone())
    }

    /// A visit as the run's settings have it.
    pub(super) fn visit_of(&self, url: Url, redirect_uri: Url, state: &str, user: User, conduct: Conduct) -> Visit {
        let (selectors, deadline) = (self.run.config.selectors.clone(), self.run.config.agent.deadline);
        // A request that is sent by a form has its scope there: the story's is what it can be.
        let asked = url.query_pairs().find(|(name, _)| name == "scope").map_or_else(|| self.scopes.clone(), |(_, scope)| scope.into_owned());
        let scopes = asked.split_ascii_whitespace().map(str::to_owned).collect();
        // Of what is left at the end nothing is kept.
        let pictures = self.run.config.report.screenshots && conduct != Conduct::Leave;
        Visit { url, redirect_uri, state: state.to_owned(), scopes, user, selectors, deadline, conduct, pictures }
    }

    /// Goes to an address in the browser session of the test, which is opened if there is none.
    pub(super) async fn go(&mut self, url: &Url, redirect_uri: &Url, state: &str, user: User, conduct: Conduct) -> Result<Journey, Stop> {
        self.last_visit = LastVisit::default();
        let listener = self.listener()?;
        let agent = self.run.agent.clone().await?;
        let visit = self.visit_of(url.clone(), redirect_uri.clone(), state, user, conduct);
        if self.facts.browser.session.is_none() {
            self.facts.browser.session = Some(agent.open().await.map_err(|error| Stop::Untestable(error.problem()))?);
        }
        let session = self.facts.browser.session.as_mut().ok_or_else(|| missing("a browser session"))?;
        let mut journey = session.visit(&visit, &listener).await;
        if let Err(VisitError::Unreachable { url, member, .. }) = &mut journey.end {
            *member = self.member_of(url);
        }
        self.remember_login(conduct, &journey);
        Ok(journey)
    }
}
