//! Two runs beside each other: what got worse, what got better, what is new and what is gone. A release can be gated on "no worse".

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::mark::Mark;
use super::markdown;
use super::view::Headline;
use crate::exit::Exit;
use crate::result::model::{Finding, FindingOutcome, RunReport, TestReport, Verdict};
use crate::rule::Level;
use crate::text::count;
use crate::text::markdown::code;

/// How a rule came out in a test as a whole, the best first: one broken artefact among many makes it broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// It had nothing to say, or holds.
    Fine,
    /// It could not be judged.
    NotRun,
    /// It is broken.
    Broken(Level),
}

/// A rule in a test, and what it was and is.
#[derive(Debug, Clone, Serialize)]
struct Row {
    test: String,
    rule: String,
    says: String,
    before: Option<State>,
    after: Option<State>,
    /// What was there instead, where it is broken now.
    actual: String,
}

/// What two runs of the same tests differ in.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    worse: Vec<Row>,
    better: Vec<Row>,
    new: Vec<Row>,
    gone: Vec<Row>,
    /// Tests that came to their end and do not any more: the id, and why.
    broken_off: Vec<(String, Verdict, String)>,
    /// Tests that come to their end now.
    completed: Vec<String>,
    /// Tests that only one of the runs had.
    new_tests: Vec<String>,
    gone_tests: Vec<String>,
    remarks: Vec<String>,
}

impl Comparison {
    /// Holds a run against an earlier one.
    pub fn of(before: &RunReport, after: &RunReport) -> Self {
        let mut comparison = Self { remarks: remarks(before, after), ..Self::default() };
        let ran = |test: &&TestReport| test.verdict != Verdict::Skipped || !test.findings.is_empty();
        let in_run = |report: &RunReport, id: &str| report.tests.iter().filter(ran).find(|test| test.id == id).cloned();
        let known_before: Vec<&str> = before.tests.iter().flat_map(|test| &test.findings).map(|finding| finding.rule.as_str()).collect();
        for test in after.tests.iter().filter(ran) {
            if let Some(earlier) = in_run(before, &test.id) {
                comparison.test(&earlier, test, &known_before);
            } else {
                comparison.new_tests.push(test.id.clone());
                comparison.new.extend(states(test).into_values().filter(|row| matches!(row.after, Some(State::Broken(_)))));
            }
        }
        comparison.gone_tests.extend(before.tests.iter().filter(ran).filter(|test| in_run(after, &test.id).is_none()).map(|test| test.id.clone()));
        comparison
    }

    fn test(&mut self, before: &TestReport, after: &TestReport, known_before: &[&str]) {
        let broke_off = |test: &TestReport| test.reason.is_some();
        match (broke_off(before), broke_off(after)) {
            (false, true) => self.broken_off.push((after.id.clone(), after.verdict, after.reason.clone().unwrap_or_default())),
            (true, false) => self.completed.push(after.id.clone()),
            _ => {}
        }
        let mut earlier = states(before);
        for (rule, mut row) in states(after) {
            row.before = earlier.remove(&rule).and_then(|row| row.after);
            match (row.before, row.after) {
                // A rule that the earlier run did not know says nothing about what changed at the issuer.
                (None, Some(State::Broken(_))) if !known_before.contains(&rule.as_str()) => self.new.push(row),
                (None, Some(State::Broken(_))) => self.worse.push(row),
                (Some(before), Some(after)) if after > before => self.worse.push(row),
                (Some(before), Some(after)) if after < before => self.better.push(row),
                _ => {}
            }
        }
        // Of a story that broke off, that is said once.
        if !broke_off(after) {
            self.gone.extend(earlier.into_values().map(|row| Row { before: row.after, after: None, ..row }));
        }
    }

    /// How `compare` ends: 1 if anything got worse, else 3 if a test could not be tested that could before, else 0.
    pub fn exit(&self) -> Exit {
        let broken_off = |verdict| self.broken_off.iter().any(|(_, of, _)| *of == verdict);
        if !self.worse.is_empty() || broken_off(Verdict::Failed) {
            Exit::NotConformant
        } else if broken_off(Verdict::Errored) {
            Exit::CouldNotTest
        } else {
            Exit::Conformant
        }
    }

    /// The comparison as Markdown.
    pub fn render(&self) -> String {
        let (mark, says) = match self.exit() {
            Exit::Conformant => (Mark::Passed, "No worse"),
            Exit::CouldNotTest => (Mark::Error, "Tests that could be tested before no longer can"),
            _ => (Mark::Failure, "Worse"),
        };
        let sums =
            [(self.worse.len(), "worse"), (self.better.len(), "better"), (self.new.len(), "new and broken"), (self.gone.len(), "no longer judged")];
        let sums: Vec<String> = sums.iter().map(|(n, what)| format!("{} {what}", count(*n, "rule"))).collect();
        let broken_off = self.broken_off.iter().map(|(id, verdict, reason)| (Mark::of_verdict(*verdict), id, reason)).collect();
        let rules = [("Worse", &self.worse), ("Better", &self.better), ("New and broken", &self.new), ("No longer judged", &self.gone)];
        let tests = [
            ("Tests that go to their end now", &self.completed),
            ("Tests only the later run has", &self.new_tests),
            ("Tests only the earlier run has", &self.gone_tests),
        ];
        markdown::render_comparison(&View {
            headline: Headline { mark, says: says.to_owned() },
            sums: sums.join(", "),
            remarks: &self.remarks,
            broken_off,
            rules: rules.into_iter().filter(|(_, rows)| !rows.is_empty()).collect(),
            tests: tests.into_iter().filter(|(_, ids)| !ids.is_empty()).collect(),
        })
    }
}

/// A comparison as the template shows it.
#[derive(Serialize)]
struct View<'a> {
    headline: Headline,
    sums: String,
    /// Markdown.
    remarks: &'a [String],
    broken_off: Vec<(Mark, &'a String, &'a String)>,
    rules: Vec<(&'a str, &'a Vec<Row>)>,
    tests: Vec<(&'a str, &'a Vec<String>)>,
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (mark, says) = match self {
            Self::Fine => (Mark::Passed, "holds"),
            Self::NotRun => (Mark::NotRun, "not run"),
            Self::Broken(Level::Must) => (Mark::Failure, "failure"),
            Self::Broken(Level::Should) => (Mark::Warning, "warning"),
            Self::Broken(Level::May) => (Mark::Suggestion, "suggestion"),
        };
        serializer.serialize_str(&format!("{mark} {says}"))
    }
}

/// Every rule judged in a test, with its worst outcome as what it is after.
fn states(test: &TestReport) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for finding in &test.findings {
        let state = state(finding);
        let actual = if matches!(state, State::Broken(_)) { finding.actual.clone() } else { String::new() };
        let row = Row { test: test.id.clone(), rule: finding.rule.clone(), says: finding.says.clone(), before: None, after: Some(state), actual };
        match rows.get_mut(&finding.rule) {
            Some(known) if known.after >= Some(state) => {}
            _ => {
                rows.insert(finding.rule.clone(), row);
            }
        }
    }
    rows
}

fn state(finding: &Finding) -> State {
    match finding.outcome {
        FindingOutcome::Passed | FindingOutcome::NotApplicable => State::Fine,
        FindingOutcome::NotRun => State::NotRun,
        FindingOutcome::Failed => State::Broken(finding.level),
    }
}

/// What makes the two runs hard to compare.
fn remarks(before: &RunReport, after: &RunReport) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut differ = |what: &str, before: &str, after: &str| {
        if before != after {
            remarks.push(format!("⚠️ {what}: {} before, {} after.", code(before), code(after)));
        }
    };
    differ("The issuers differ", &before.issuer, &after.issuer);
    differ("The versions of oa-authtest differ", &before.tool.version, &after.tool.version);
    differ("The profiles differ", &before.environment.profiles.join(", "), &after.environment.profiles.join(", "));
    for (report, which) in [(before, "earlier"), (after, "later")] {
        if report.interrupted {
            remarks.push(format!("⚠️ The {which} run was interrupted."));
        }
    }
    remarks
}

#[cfg(test)]
mod tests;
