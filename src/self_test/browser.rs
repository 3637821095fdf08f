//! The browser of the self-test, for the few tests that nothing else can show: what a page of the issuer says in a frame of a page of the client.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::agent::browser::Launch;
use crate::agent::user_agent::{UserAgent, UserAgentError};
use crate::config::{AgentKind, Config, Tls};
use crate::feature::plan::PlannedTest;
use crate::issuer::flaw::Flaw;

/// The tests that need it.
pub(super) const TESTS: &[&str] = &["session-management/frame", "session-management/two-clients", "session-management/logout"];
/// What the ids of the rules begin with that are judged in these tests and in no other.
const RULES: &str = "session-frame/";
/// How many tests use it at a time: a page that waits for a slow machine must not be taken for one that is silent.
pub(super) const SIDE_BY_SIDE: usize = 5;
/// How long one visit may take in it. A fifth of that is how long the page in the frame is waited for.
const DEADLINE: Duration = Duration::from_secs(20);

/// A browser that is started when the first test needs it.
pub(super) struct Browser {
    guard: Option<PathBuf>,
    agent: OnceCell<Result<Arc<UserAgent>, UserAgentError>>,
    turns: Semaphore,
}

impl Browser {
    /// One that this program guards, by default this very program.
    pub fn new(guard: Option<PathBuf>) -> Self {
        Self { guard, agent: OnceCell::new(), turns: Semaphore::new(SIDE_BY_SIDE) }
    }

    /// It, started.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn agent(&self) -> Result<Arc<UserAgent>, UserAgentError> {
        let start = || async {
            let mut config = Config::for_tests("http://localhost");
            config.agent.kind = AgentKind::Webdriver;
            // As for every other test of the self-test.
            config.network.tls = Tls::Insecure;
            let launch = Launch { spki: None, guard: self.guard.clone() };
            UserAgent::start(&config.agent, &config.network, &launch).await.map(Arc::new)
        };
        // A browser takes much to start, which is on no stack.
        self.agent.get_or_init(|| Box::pin(start())).await.clone()
    }

    /// The right to use it, for one test.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Ends it, if it was started.
    pub async fn close(self) {
        if let Some(Ok(agent)) = self.agent.into_inner()
            && let Some(agent) = Arc::into_inner(agent)
        {
            agent.close().await;
        }
    }
}

/// True for a test, by its id, that needs a browser, and an issuer that offers what only a browser shows.
pub fn is_for_browser(test: &str) -> bool {
    TESTS.contains(&test)
}

/// The same of a test of a plan.
pub(super) fn needs_browser(planned: &PlannedTest) -> bool {
    is_for_browser(&planned.id)
}

/// True for a rule that is judged in such tests only.
pub(super) fn is_rule_of_browser(rule: &str) -> bool {
    rule.starts_with(RULES)
}

/// True for a flaw or a variant that is about such rules: to tell such tests to all the others would take hours, and say nothing.
pub(super) fn is_about_browser(flaw: &Flaw) -> bool {
    flaw.trips.iter().chain(&flaw.spares).chain(&flaw.unproven).any(|rule| is_rule_of_browser(rule))
}

/// The settings for such a test.
pub(super) fn settings(config: &mut Config) {
    config.agent.kind = AgentKind::Webdriver;
    config.agent.deadline = DEADLINE;
    config.report.screenshots = false;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::{self, Step};
    use crate::rule::catalogue;

    #[test]
    fn the_tests_that_need_a_browser_are_those_with_such_a_step() {
        let features = feature::features().expect("sound documents");
        let with_step = features.iter().flat_map(|feature| feature.tests.iter().map(move |test| (format!("{}/{}", feature.id, test.id), test)));
        let needs = |step: &Step| matches!(step, Step::AskSessionFrame { .. });
        let found: Vec<String> = with_step.filter(|(_, test)| test.steps.iter().any(needs)).map(|(id, _)| id).collect();
        assert_eq!(found, TESTS);
        assert!(catalogue().iter().any(|rule| is_rule_of_browser(rule.id)));
    }
}
