//! The report of one test.

use std::collections::BTreeSet;

use serde::Serialize;

use super::finding::FindingView;
use super::place::Places;
use super::step::{self, StepView};
use super::{Headline, has_report};
use crate::report::news::News;
use crate::report::words;
use crate::result::model::{LeftOut, RunReport, TestReport, Verdict};

/// A test.
#[derive(Debug, Serialize)]
pub struct TestView<'a> {
    id: &'a str,
    time: String,
    feature_id: &'a str,
    test_id: &'a str,
    warnings: Vec<String>,
    feature: &'a str,
    title: &'a str,
    /// Markdown of a feature document.
    description: &'a str,
    command: &'a str,
    /// The class of its verdict in HTML.
    verdict: Verdict,
    /// What is behind it that it was left out.
    left_out: Option<String>,
    /// How many rules of level SHOULD are broken.
    warned: usize,
    suggested: usize,
    headline: Headline,
    /// True if there is something to explain.
    why: bool,
    reason: Option<&'a str>,
    /// The first broken rule of the highest level.
    first: Option<FindingView<'a>>,
    /// The other broken rules.
    others: Vec<FindingView<'a>>,
    /// What was done, in order.
    pub steps: Vec<StepView<'a>>,
    not_tested: &'a [String],
    /// What came of the other attempts at it.
    attempts: Vec<String>,
    flaky: bool,
    /// What logged in.
    agent: Option<&'a str>,
}

impl<'a> TestView<'a> {
    /// A view of a test of a run with these news.
    pub fn of(report: &RunReport, test: &'a TestReport, news: &News) -> Self {
        let (feature_id, test_id) = test.id.split_once('/').unwrap_or(("", &test.id));
        // Each rule once: where else it is broken is said at its steps.
        let mut seen = BTreeSet::new();
        let broken = words::broken(&test.findings).into_iter().filter(|finding| seen.insert(finding.rule.as_str()));
        let places = Places::of(test);
        let mut broken = broken.map(|finding| FindingView::within(&places, finding, news));
        let reason = test.reason.as_deref().filter(|reason| !reason.is_empty());
        let first = broken.next();
        Self {
            id: &test.id,
            time: if has_report(test) { words::moment_and_duration(&test.started, test.duration_ms) } else { "not at all".to_owned() },
            feature_id,
            test_id,
            warnings: super::warnings_of(report),
            feature: &test.feature,
            title: &test.title,
            description: &test.description,
            command: &test.command,
            verdict: test.verdict,
            left_out: test.left_out.as_ref().filter(|_| test.verdict == Verdict::LeftOut).map(LeftOut::words),
            warned: test.counts.warnings,
            suggested: test.counts.suggestions,
            headline: words::headline(test),
            why: reason.is_some() || first.is_some(),
            reason,
            others: broken.collect(),
            first,
            steps: step::views(test, news),
            not_tested: &test.not_tested,
            attempts: words::attempts(test),
            flaky: test.flaky,
            agent: test.agent.as_deref(),
        }
    }
}
