//! The report of one test as the template shows it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::rules::RuleView;
use super::step::{self, StepView};
use crate::report::words;
use crate::result::model::{RunReport, TestReport, Verdict};
use crate::text::markdown as escape;

/// A test. Members that hold Markdown say so; the others are plain and escaped by the template.
#[derive(Debug, Serialize)]
pub struct TestView {
    time: String,
    feature_id: String,
    test_id: String,
    warnings: Vec<String>,
    feature: String,
    title: String,
    /// Markdown of ours.
    description: String,
    command: String,
    headline: String,
    /// True if there is something to explain.
    why: bool,
    reason: Option<String>,
    /// The first broken rule of the highest level.
    first: Option<RuleView>,
    /// The other broken rules.
    others: Vec<RuleView>,
    steps: Vec<StepView>,
    not_tested: Vec<String>,
}

/// Shows a test.
pub fn view(report: &RunReport, test: &TestReport) -> TestView {
    let (feature_id, test_id) = test.id.split_once('/').unwrap_or(("", &test.id));
    // Each rule once: where else it is broken is said at its steps.
    let mut seen = BTreeSet::new();
    let broken = words::broken(&test.findings).into_iter().filter(|finding| seen.insert(finding.rule.as_str()));
    let mut broken = broken.map(|finding| RuleView::of(finding, test)).collect::<Vec<_>>().into_iter();
    let reason = test.reason.clone().filter(|reason| !reason.is_empty());
    let first = broken.next();
    let time = match test.verdict {
        Verdict::Skipped => "not at all".to_owned(),
        _ => format!("{}, in {}", words::moment(&test.started), words::duration(test.duration_ms)),
    };
    TestView {
        time,
        feature_id: feature_id.to_owned(),
        test_id: test_id.to_owned(),
        warnings: super::warnings(&report.environment),
        feature: test.feature.clone(),
        title: test.title.clone(),
        description: escape::description(&test.description),
        command: test.command.clone(),
        headline: words::headline(test),
        why: reason.is_some() || first.is_some(),
        reason,
        others: broken.collect(),
        first,
        steps: step::views(test),
        not_tested: test.not_tested.clone(),
    }
}
