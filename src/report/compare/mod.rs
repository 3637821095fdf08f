//! Two runs beside each other: what got worse, what got better, what is new and what is gone. A release can be gated on "no worse".
//!
//! Worse is also what is no longer looked at (a test or a step that was done before), and a MUST that is broken where nothing was looked at
//! before: neither may pass a gate.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::mark::Mark;
use super::markdown;
use super::view::Headline;
use super::words;
use crate::exit::Exit;
use crate::result::model::{Finding, FindingOutcome, RunReport, StepEnd, StepReport, TestReport, Verdict};
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
#[derive(Debug, Clone)]
struct Row {
    test: String,
    rule: String,
    says: String,
    before: Option<State>,
    after: Option<State>,
    /// What was there instead, where it is broken now.
    actual: String,
}

/// A test, or a step of one, that was done in the earlier run only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Lost {
    test: String,
    /// The step's heading; none for a whole test.
    step: Option<String>,
    /// Why it is not done any more, where that is known.
    reason: Option<String>,
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
    /// What was done before and is not now.
    lost: Vec<Lost>,
    /// Tests that come to their end now.
    completed: Vec<String>,
    /// Tests that were left out and get to what they are about now.
    reached: Vec<String>,
    /// Tests that only the later run had.
    new_tests: Vec<String>,
    remarks: Vec<String>,
}

impl Comparison {
    /// Holds a run against an earlier one.
    pub fn of(before: &RunReport, after: &RunReport) -> Self {
        let mut comparison = Self { remarks: remarks(before, after), ..Self::default() };
        let (earlier, later) = (by_id(before), by_id(after));
        let judged_before: BTreeSet<&str> = before.tests.iter().flat_map(|test| &test.findings).map(|finding| finding.rule.as_str()).collect();
        let own = |report: &RunReport| report.own.as_ref().map(|own| own.version.clone());
        let same_rules = before.tool.catalogue.is_some() && before.tool.catalogue == after.tool.catalogue && own(before) == own(after);
        let was_known = |rule: &str| same_rules || judged_before.contains(rule);
        for test in after.tests.iter().filter(|test| ran(test)) {
            if let Some(earlier) = earlier.get(test.id.as_str()).filter(|test| ran(test)) {
                comparison.test(earlier, test, was_known);
            } else {
                if !is_left_out(test) {
                    comparison.new_tests.push(test.id.clone());
                }
                for row in states(test).into_values().filter(|row| matches!(row.after, Some(State::Broken(_)))) {
                    let is_failure = row.after == Some(State::Broken(Level::Must));
                    if is_failure { &mut comparison.worse } else { &mut comparison.new }.push(row);
                }
            }
        }
        for test in before.tests.iter().filter(|test| ran(test) && !is_left_out(test)) {
            let now = later.get(test.id.as_str());
            if !now.is_some_and(|test| ran(test)) {
                comparison.lost.push(Lost { test: test.id.clone(), step: None, reason: now.and_then(|test| test.reason.clone()) });
            }
        }
        comparison
    }

    fn test(&mut self, before: &TestReport, after: &TestReport, was_known: impl Fn(&str) -> bool) {
        let broke_off = |test: &TestReport| test.reason.is_some() && !is_left_out(test);
        match (broke_off(before), broke_off(after)) {
            (false, true) => self.broken_off.push((after.id.clone(), after.verdict, after.reason.clone().unwrap_or_default())),
            (true, false) if !is_left_out(after) => self.completed.push(after.id.clone()),
            (false, false) if is_left_out(before) && !is_left_out(after) => self.reached.push(after.id.clone()),
            _ => {}
        }
        // A step without sentences judges nothing (the clean-up for one), so no rule loses by it.
        let judged = |step: &StepReport| step.ended == StepEnd::Done && !step.sentences.is_empty();
        let done: BTreeSet<_> = numbered(before).filter(|(_, step)| judged(step)).map(|(place, _)| place).collect();
        let mut lost = Vec::new();
        for (place, step) in numbered(after) {
            if let (true, StepEnd::LeftOut(reason)) = (done.contains(&place), &step.ended) {
                lost.push(Lost { test: after.id.clone(), step: Some(step.name.clone()), reason: Some(reason.clone()) });
            }
        }
        // A test that is left out now is lost as a whole, unless it did no more before: an older version called that passed.
        let is_omitted = |step: &StepReport| matches!(step.ended, StepEnd::LeftOut(_));
        let omitted: BTreeSet<_> = numbered(before).filter(|(_, step)| is_omitted(step)).map(|(place, _)| place).collect();
        let omitted_now: Vec<_> = numbered(after).filter(|(_, step)| is_omitted(step)).map(|(place, _)| place).collect();
        let did_no_more = !omitted_now.is_empty() && omitted_now.iter().all(|place| omitted.contains(place));
        if is_left_out(after) && !is_left_out(before) && !did_no_more {
            lost = vec![Lost { test: after.id.clone(), step: None, reason: after.reason.clone() }];
        }
        self.lost.extend(lost);
        let mut earlier = states(before);
        for (rule, mut row) in states(after) {
            row.before = earlier.remove(&rule).and_then(|row| row.after);
            match (row.before, row.after) {
                // A rule that the earlier run did not know says nothing about what changed at the issuer.
                (None, Some(State::Broken(_))) if !was_known(&rule) => self.new.push(row),
                // Nor does it where the test did not get to it before; but a MUST may not pass a gate.
                (None, Some(State::Broken(level))) if is_left_out(before) && level != Level::Must => self.new.push(row),
                (None, Some(State::Broken(_))) => self.worse.push(row),
                (Some(before), Some(after)) if after > before => self.worse.push(row),
                (Some(before), Some(after)) if after < before => self.better.push(row),
                _ => {}
            }
        }
        // Of a story that broke off or was left out, that is said once.
        if !broke_off(after) && !is_left_out(after) {
            self.gone.extend(earlier.into_values().map(|row| Row { before: row.after, after: None, ..row }));
        }
    }

    /// How `compare` ends: 1 if anything got worse or is no longer looked at, else 3 if a test could not be tested that could before, else 0.
    pub fn exit(&self) -> Exit {
        let broken_off = |verdict| self.broken_off.iter().any(|(_, of, _)| *of == verdict);
        if !self.worse.is_empty() || !self.lost.is_empty() || broken_off(Verdict::Failed) {
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
        let rules = [("Worse", &self.worse), ("Better", &self.better), ("New and broken", &self.new), ("No longer judged", &self.gone)];
        let mut sums: Vec<String> = rules.iter().map(|(what, rows)| format!("{} {}", count(rules_in(rows), "rule"), what.to_lowercase())).collect();
        let lost: BTreeSet<&str> = self.lost.iter().map(|lost| lost.test.as_str()).collect();
        if !lost.is_empty() {
            sums.push(format!("{} no longer done, in whole or in part", count(lost.len(), "test")));
        }
        if !self.reached.is_empty() {
            sums.push(format!("{} no longer left out", count(self.reached.len(), "test")));
        }
        let broken_off = self.broken_off.iter().map(|(id, verdict, reason)| (Mark::of_verdict(*verdict), id, reason)).collect();
        let left_out = ("Tests that are no longer left out", &self.reached);
        let tests = [("Tests that go to their end now", &self.completed), left_out, ("Tests only the later run has", &self.new_tests)];
        markdown::render_comparison(&View {
            headline: Headline { mark, says: says.to_owned() },
            sums: sums.join(", "),
            remarks: &self.remarks,
            broken_off,
            lost: &self.lost,
            rules: rules.into_iter().filter(|(_, rows)| !rows.is_empty()).map(|(what, rows)| (what, grouped(rows))).collect(),
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
    lost: &'a [Lost],
    rules: Vec<(&'a str, Vec<Group<'a>>)>,
    tests: Vec<(&'a str, &'a Vec<String>)>,
}

/// A rule that came out alike in several tests.
#[derive(Debug, Serialize)]
struct Group<'a> {
    rule: &'a str,
    says: &'a str,
    before: Option<State>,
    after: Option<State>,
    /// What was there instead, in the first of the tests.
    actual: &'a str,
    tests: Vec<&'a str>,
}

fn rules_in(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.rule.as_str()).collect::<BTreeSet<_>>().len()
}

/// The rows with what happened to the same rule together, in the order of the first of each.
fn grouped(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        match groups.iter_mut().find(|group| (group.rule, group.before, group.after) == (row.rule.as_str(), row.before, row.after)) {
            Some(group) => group.tests.push(&row.test),
            None => groups.push(Group {
                rule: &row.rule,
                says: &row.says,
                before: row.before,
                after: row.after,
                actual: &row.actual,
                tests: vec![&row.test],
            }),
        }
    }
    groups
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

/// True if a test did not get to what it is about, and failed by nothing on the way.
fn is_left_out(test: &TestReport) -> bool {
    test.verdict == Verdict::LeftOut
}

/// True if a test was begun.
fn ran(test: &TestReport) -> bool {
    test.verdict != Verdict::Skipped || !test.findings.is_empty()
}

fn by_id(report: &RunReport) -> BTreeMap<&str, &TestReport> {
    report.tests.iter().map(|test| (test.id.as_str(), test)).collect()
}

/// The steps of a test, each with its heading and how many before it have the same.
fn numbered(test: &TestReport) -> impl Iterator<Item = ((&str, usize), &StepReport)> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    test.steps.iter().map(move |step| {
        let before = seen.entry(&step.name).or_default();
        *before += 1;
        ((step.name.as_str(), *before - 1), step)
    })
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
    let own = |report: &RunReport| report.own.as_ref().map_or_else(|| "none".to_owned(), |own| own.version.clone());
    differ("The user's own tests and rules differ", &own(before), &own(after));
    for (report, which) in [(before, "earlier"), (after, "later")] {
        if let Some(rules) = words::rules_asked_for(report) {
            remarks.push(format!("⚠️ The {which} run was asked for {} alone.", code(rules.trim_start_matches("only "))));
        }
        if report.interrupted {
            remarks.push(format!("⚠️ The {which} run was interrupted."));
        }
    }
    remarks
}

#[cfg(test)]
mod tests;
