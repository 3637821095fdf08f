//! What happens in a run, told while it happens: the runner sends these, the console shows them.

use crate::result::model::TestReport;

/// One thing that happened. The runner sends them over a `tokio::sync::mpsc::UnboundedSender`, tests started in the order of the plan.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The run began.
    RunStarted {
        /// How many tests the plan holds, skipped ones included.
        tests: usize,
    },
    /// A test began. A skipped test does not: it only ends.
    TestStarted {
        /// `feature/test`.
        id: String,
        /// Its title.
        title: String,
    },
    /// A test took its next step.
    StepStarted {
        /// The test's id.
        id: String,
        /// The step's heading.
        step: String,
    },
    /// A test sent a request; told only if somebody wants to see each.
    Exchanged {
        /// The test's id.
        id: String,
        /// The method.
        method: String,
        /// The URL, redacted.
        url: String,
        /// The status, or why there was no response.
        answer: Result<u16, String>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
    },
    /// The user agent of a test was shown a page; told only if somebody wants to see each.
    Shown {
        /// The test's id.
        id: String,
        /// What it was taken for.
        title: String,
        /// Its address, redacted.
        url: String,
        /// The HTTP status, where it could be seen.
        status: Option<u16>,
    },
    /// A test failed or could not be tested, and is run again.
    TestAgain {
        /// The test's id.
        id: String,
        /// The number of the new attempt, from 1, and how many there may be.
        retry: (usize, usize),
        /// What came of the attempt before: a broken rule, or a reason.
        because: String,
    },
    /// A test ended, whatever its verdict.
    TestEnded(Box<TestReport>),
    /// Every test has ended, or the run was interrupted. Nothing follows.
    RunEnded,
}
