//! The summary of a run as the template shows it.

use serde::Serialize;

use super::{rules, short_link, test_link};
use crate::report::words;
use crate::result::known::KnownEntry;
use crate::result::model;
use crate::result::model::{Counts, Finding, LeftBehind, RunReport, TestReport, Verdict};
use crate::rule::Level;
use crate::text::markdown as escape;

/// A run. Members that hold Markdown say so; the others are plain and escaped by the template.
#[derive(Debug, Serialize)]
pub struct SummaryView {
    issuer: String,
    headline: String,
    warnings: Vec<String>,
    time: String,
    profiles: String,
    tls: String,
    agent: String,
    redirect_uri: String,
    tool: String,
    counts: Counts,
    broken: Vec<BrokenView>,
    known: Vec<BrokenRuleView>,
    /// Tests that broke off because of a known failure.
    broken_off: Vec<StoppedView>,
    out_of_date: Option<OutOfDateView>,
    errored: Vec<StoppedView>,
    features: Vec<FeatureView>,
    skipped: Vec<SkippedView>,
    not_tested: Vec<String>,
    left_behind: Option<LeftView>,
}

/// What remains at the issuer.
#[derive(Debug, Serialize)]
struct LeftView {
    /// `3 clients remain at the issuer`.
    says: String,
    things: Vec<LeftThingView>,
}

#[derive(Debug, Serialize)]
struct LeftThingView {
    what: &'static str,
    client_id: String,
    why: String,
    /// Markdown: a link.
    test: String,
}

/// The broken rules of a level.
#[derive(Debug, Serialize)]
struct BrokenView {
    heading: &'static str,
    rules: Vec<BrokenRuleView>,
    stopped: Vec<StoppedView>,
}

#[derive(Debug, Serialize)]
struct BrokenRuleView {
    mark: &'static str,
    says: String,
    /// Markdown.
    reference: String,
    expected: String,
    actual: String,
    /// Markdown: links to the tests it is broken in.
    tests: String,
    /// Why it is lived with, if it is known.
    known: Option<String>,
}

/// The entries of the file of known failures that need a hand.
#[derive(Debug, Serialize)]
struct OutOfDateView {
    file: String,
    entries: Vec<EntryView>,
}

#[derive(Debug, Serialize)]
struct EntryView {
    rule: String,
    test: Option<String>,
    reason: String,
    advice: String,
}

#[derive(Debug, Serialize)]
struct StoppedView {
    mark: &'static str,
    /// Markdown: a link.
    test: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct FeatureView {
    /// The part the ids of its tests have in common.
    id: String,
    title: String,
    tests: Vec<RowView>,
}

#[derive(Debug, Serialize)]
struct RowView {
    /// Markdown: a link.
    link: String,
    verdict: String,
    passed: String,
    failures: String,
    warnings: String,
    suggestions: String,
    time: String,
}

#[derive(Debug, Serialize)]
struct SkippedView {
    reason: String,
    /// Markdown.
    tests: Vec<String>,
}

/// Shows a run.
pub fn view(report: &RunReport) -> SummaryView {
    let environment = &report.environment;
    let mut warnings = super::warnings(environment);
    if report.interrupted {
        warnings.insert(0, "The run was interrupted: what had not ended by then is missing or unfinished.".to_owned());
    }
    SummaryView {
        issuer: report.issuer.clone(),
        headline: words::run_headline(report),
        warnings,
        time: format!("{}, in {}", words::moment(&report.started), words::duration(report.duration_ms)),
        profiles: environment.profiles.join(", "),
        tls: environment.tls.clone(),
        agent: environment.agent.clone(),
        redirect_uri: environment.redirect_uri.clone(),
        tool: format!("{} {}", report.tool.name, report.tool.version),
        counts: report.counts,
        broken: broken(report),
        known: words::known_in(report).into_iter().map(broken_rule_in).collect(),
        broken_off: words::broken_off(report).into_iter().map(|(test, _)| StoppedView { mark: words::KNOWN_MARK, ..stopped(test) }).collect(),
        out_of_date: out_of_date(report),
        errored: report.tests.iter().filter(|t| t.verdict == Verdict::Errored).map(stopped).collect(),
        features: features(report),
        skipped: skipped(report),
        not_tested: unique(report.tests.iter().flat_map(|test| &test.not_tested)),
        left_behind: left_behind(report),
    }
}

fn broken(report: &RunReport) -> Vec<BrokenView> {
    [(Level::Must, "Failures"), (Level::Should, "Warnings"), (Level::May, "Suggestions")]
        .into_iter()
        .map(|(level, heading)| BrokenView {
            heading,
            rules: broken_rules(report, level),
            // A test that failed without a broken rule stopped for a reason the issuer gave.
            stopped: report
                .tests
                .iter()
                .filter(|t| level == Level::Must && t.verdict == Verdict::Failed && !t.findings.iter().any(|f| is_broken(f, Level::Must)))
                .map(stopped)
                .collect(),
        })
        .filter(|view| !view.rules.is_empty() || !view.stopped.is_empty())
        .collect()
}

fn is_broken(finding: &Finding, level: Level) -> bool {
    finding.is_broken() && finding.level == level
}

/// Every broken rule of a level once, with links to the tests it is broken in.
fn broken_rules(report: &RunReport, level: Level) -> Vec<BrokenRuleView> {
    let rules = words::broken_in(report).into_iter().filter(|(finding, _)| finding.level == level);
    rules.map(broken_rule_in).collect()
}

fn broken_rule_in((finding, tests): (&Finding, Vec<&TestReport>)) -> BrokenRuleView {
    BrokenRuleView {
        mark: words::finding_mark(finding),
        says: finding.says.clone(),
        reference: rules::reference(finding),
        expected: finding.expected.clone(),
        actual: finding.actual.clone(),
        tests: tests.into_iter().map(test_link).collect::<Vec<_>>().join(", "),
        known: finding.known.clone(),
    }
}

fn out_of_date(report: &RunReport) -> Option<OutOfDateView> {
    let of = |(entry, advice): (&KnownEntry, String)| EntryView {
        rule: entry.rule.clone(),
        test: entry.test.clone(),
        reason: entry.reason.clone(),
        advice,
    };
    let entries: Vec<_> = words::out_of_date(report).into_iter().map(of).collect();
    (!entries.is_empty()).then(|| OutOfDateView { file: report.known.as_ref().map(|known| known.file.clone()).unwrap_or_default(), entries })
}

fn stopped(test: &TestReport) -> StoppedView {
    StoppedView {
        mark: words::verdict_mark(test.verdict),
        test: test_link(test),
        reason: test.reason.clone().unwrap_or_else(|| "no reason was given".to_owned()),
    }
}

/// The tests by feature, in the order of the plan.
fn features(report: &RunReport) -> Vec<FeatureView> {
    let mut features: Vec<(&str, FeatureView)> = Vec::new();
    for test in &report.tests {
        let id = test.id.split_once('/').map_or(test.id.as_str(), |(feature, _)| feature);
        match features.iter_mut().find(|(known, _)| *known == id) {
            Some((_, feature)) => feature.tests.push(row(test)),
            None => features.push((id, FeatureView { id: format!("{id}/"), title: test.feature.clone(), tests: vec![row(test)] })),
        }
    }
    features.into_iter().map(|(_, feature)| feature).collect()
}

fn row(test: &TestReport) -> RowView {
    let ran = test.verdict != Verdict::Skipped;
    let cell = |text: String| if ran { text } else { "–".to_owned() };
    RowView {
        link: short_link(test),
        verdict: format!("{} {}", words::mark(test.verdict, test.counts), words::verdict_word(test.verdict)),
        passed: cell(test.counts.passed.to_string()),
        failures: cell(test.counts.failures.to_string()),
        warnings: cell(test.counts.warnings.to_string()),
        suggestions: cell(test.counts.suggestions.to_string()),
        time: cell(words::duration(test.duration_ms)),
    }
}

fn skipped(report: &RunReport) -> Vec<SkippedView> {
    words::by_reason(report, Verdict::Skipped)
        .into_iter()
        .map(|(reason, tests)| SkippedView {
            reason: reason.to_owned(),
            tests: tests.iter().map(|t| format!("{}: {}", escape::md(&t.id), escape::md(&t.title))).collect(),
        })
        .collect()
}

fn left_behind(report: &RunReport) -> Option<LeftView> {
    let says = model::left_behind(report.tests.iter().flat_map(|test| &test.left_behind))?;
    let of = |test: &TestReport| {
        let test_link = test_link(test);
        let show = |left: &LeftBehind| LeftThingView {
            what: left.kind.words(),
            client_id: left.client_id.clone(),
            why: left.why.clone(),
            test: test_link.clone(),
        };
        test.left_behind.iter().map(show).collect::<Vec<_>>()
    };
    Some(LeftView { says, things: report.tests.iter().flat_map(of).collect() })
}

fn unique<'a>(sentences: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut unique = Vec::new();
    for sentence in sentences {
        if !unique.contains(sentence) {
            unique.push(sentence.clone());
        }
    }
    unique
}
