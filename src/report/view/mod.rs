//! What reports show of a run and of a test: plain data, which the templates of Markdown and of HTML format.

use std::fmt;

use serde::Serialize;

mod baseline;
pub mod body;
pub mod certification;
mod coverage;
mod finding;
mod history;
pub mod issuers;
mod pending;
mod place;
mod step;
mod summary;
mod test;

pub use finding::RuleView;
pub use issuers::IssuersView;
pub use pending::PendingView;
pub use step::{EntryView, Picture, Shown};
pub use summary::SummaryView;
pub use test::TestView;

use super::mark::Mark;
use super::words;
use crate::result::baseline::RuleState;
use crate::result::model::{Environment, RunReport, TestReport, Verdict};

/// What stands in a table where there is nothing to count.
const NO_CELL: &str = "–";

/// A mark and what is said behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Headline {
    /// The mark.
    pub mark: Mark,
    /// A sentence.
    pub says: String,
}

impl Headline {
    /// What a rule was or is.
    pub fn of_state(state: RuleState) -> Self {
        Self { mark: Mark::of_state(state), says: state.words().to_owned() }
    }
}

impl fmt::Display for Headline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mark, self.says)
    }
}

/// How often something is there, and what is counted.
#[derive(Debug, Serialize)]
struct CountView {
    mark: Mark,
    n: usize,
    says: String,
}

/// A test as it is linked to.
#[derive(Debug, Serialize)]
struct TestLink<'a> {
    id: &'a str,
    label: &'a str,
    /// The test's title.
    title: &'a str,
    /// Where the link leads on the page: to the test, or into it.
    anchor: String,
    /// True if the test has a report of its own.
    linked: bool,
    /// True if it had to run and did not.
    required: bool,
    /// True if what it is linked to for is newly broken in it.
    new: bool,
}

impl<'a> TestLink<'a> {
    /// A link named by the test's id.
    fn of(test: &'a TestReport) -> Self {
        let (id, anchor) = (test.id.as_str(), test.id.clone());
        Self { id, label: id, title: &test.title, anchor, linked: has_report(test), required: test.is_missing(), new: false }
    }

    /// A test of which no more is known than its id.
    fn absent(id: &'a str) -> Self {
        Self { id, label: id, title: "", anchor: String::new(), linked: false, required: false, new: false }
    }
}

/// True if a test has a report of its own: a skipped one has nothing to report but its reason, which the summary gives.
pub fn has_report(test: &TestReport) -> bool {
    test.verdict != Verdict::Skipped
}

/// The warnings of a run that a reader must see before anything else.
pub fn warnings_of(report: &RunReport) -> Vec<String> {
    let selection = words::selection(report).into_iter();
    selection.chain(warnings(&report.environment).into_iter().map(str::to_owned)).collect()
}

/// The warnings about the circumstances of a run.
pub fn warnings(environment: &Environment) -> Vec<&'static str> {
    let warnings = [
        (environment.is_insecure(), "TLS certificates were not verified: the answers may have come from another server."),
        (environment.secrets_shown, "This report holds secrets in clear text. Do not publish it."),
    ];
    warnings.into_iter().filter_map(|(applies, says)| applies.then_some(says)).collect()
}
