//! A test that has not ended.

use serde::Serialize;

use crate::report::mark::Mark;
use crate::result::progress::{PendingTest, Stage};

/// A test that has not ended.
#[derive(Debug, Serialize)]
pub struct PendingView<'a> {
    id: &'a str,
    title: &'a str,
    feature: &'a str,
    /// Markdown of a feature document.
    description: &'a str,
    mark: Mark,
    /// The step it takes, if it takes one.
    step: Option<&'a str>,
    /// That it is run again, and why.
    again: Option<String>,
}

impl<'a> PendingView<'a> {
    /// A view of a test.
    pub fn of(test: &'a PendingTest) -> Self {
        let (step, again) = match &test.stage {
            Stage::Waiting => (None, None),
            Stage::Running { step, again } => (step.as_deref(), again.as_ref()),
        };
        let outline = &test.outline;
        Self {
            id: &outline.id,
            title: &outline.title,
            feature: &outline.feature,
            description: &outline.description,
            mark: mark(test),
            step,
            again: again.map(|(number, most, because)| format!("{number} of {most} times again: {because}")),
        }
    }
}

/// The mark of a test that has not ended.
pub(super) fn mark(test: &PendingTest) -> Mark {
    if test.stage == Stage::Waiting { Mark::Waiting } else { Mark::Running }
}
