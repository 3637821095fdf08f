//! The way into the browser session of a test: every visit goes through here, so that a login is remembered wherever it happens.

use crate::agent::visit::{Conduct, Journey, Visit, VisitError};
use crate::config::User;
use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::session::LastVisit;

/// What is said where the browser does what was begun without it.
const REPEATED: &str = "Over plain HTTP this login was led elsewhere than it is in a browser. What is shown and judged here is what the browser was shown when it made the request once more.";

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
        self.run.http.silences().may_be_asked(url)?;
        let agent = self.run.agent.clone().await?;
        let visit = self.visit_of(url.clone(), redirect_uri.clone(), state, user, conduct);
        let is_first = self.facts.browser.session.is_none();
        if is_first {
            let opened = if self.wants_browser { agent.open().await } else { agent.open_either(&self.test, &visit).await };
            self.facts.browser.session = Some(opened.map_err(|error| Stop::Untestable(error.problem()))?);
        }
        let session = self.facts.browser.session.as_mut().ok_or_else(|| missing("a browser session"))?;
        if let Some(place) = session.place().filter(|_| is_first) {
            self.recorder.note(Entry::Note { text: format!("The browser of this test is in {place}.") });
        }
        let mut journey = session.visit(&visit, &listener).await;
        if is_first && !agent.may_stand(session, &visit, &journey) {
            // What was consented to on the way is not asked once more.
            if journey.consents() + journey.notices() > 0
                && let Some(registered) = self.facts.client.registered_mut()
            {
                registered.unseen = false;
            }
            let browser = agent.open().await.map_err(|error| Stop::Untestable(error.problem()))?;
            std::mem::replace(session, browser).close().await;
            journey = session.visit(&visit, &listener).await;
            let _ = agent.may_stand(session, &visit, &journey);
            self.recorder.note(Entry::Note { text: REPEATED.to_owned() });
        }
        self.waited += session.take_waited();
        agent.look_out(&self.test, session, &visit, &journey);
        self.facts.browser.described = Some(agent.describe_in(session).to_owned());
        if let Err(VisitError::Unreachable { url, member, .. }) = &mut journey.end {
            *member = self.member_of(url);
        }
        if journey.had_no_answer() {
            self.run.http.silences().timed_out(url, &self.test);
        } else if journey.traffic.last.is_some() {
            self.run.http.silences().answered(url);
        }
        self.remember_login(conduct, &journey);
        Ok(journey)
    }
}
