//! Two runs beside each other: what got worse, what got better, what is new and what is gone. A release can be gated on "no worse".
//!
//! Worse is also what is no longer looked at (a test or a step that was done before), and a MUST that is broken where nothing was looked at
//! before: neither may pass a gate.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde::Serialize;

use super::words;
use crate::exit::Exit;
use crate::result::baseline::RuleState;
use crate::result::model::{Finding, FindingOutcome, RunReport, Selection, StepEnd, StepReport, TestReport, Verdict};
use crate::text::visible;

mod kept;
mod rendered;

/// The most characters of an issuer or another name in a remark.
const MOST_NAME: usize = 200;

/// A rule in a test, and what it was and is.
#[derive(Debug, Clone)]
struct Row {
    test: String,
    rule: String,
    says: String,
    before: Option<RuleState>,
    after: Option<RuleState>,
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
    /// What is broken as it was.
    same: Vec<Row>,
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
    /// What differs in the circumstances of the two.
    differences: Vec<String>,
    /// What the earlier run, and the later, say less about than they might.
    limits: [Vec<String>; 2],
}

impl Comparison {
    /// Holds a run against an earlier one.
    pub fn of(before: &RunReport, after: &RunReport) -> Self {
        let limits = [limits(before, "earlier"), limits(after, "later")];
        let mut comparison = Self { differences: differences(before, after), limits, ..Self::default() };
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
                for row in states(test).into_values().filter(|row| row.after.is_some_and(RuleState::is_broken)) {
                    if row.after == Some(RuleState::Failure) { &mut comparison.worse } else { &mut comparison.new }.push(row);
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
                (None, Some(now)) if now.is_broken() => {
                    // A rule that the earlier run did not know says nothing about what changed at the issuer. Nor does it where the test did not get to
                    // it before; but a MUST may not pass a gate.
                    let says_nothing = !was_known(&rule) || (is_left_out(before) && now != RuleState::Failure);
                    if says_nothing { &mut self.new } else { &mut self.worse }.push(row);
                }
                (Some(then), Some(now)) if now > then => self.worse.push(row),
                (Some(then), Some(now)) if now < then => self.better.push(row),
                (Some(_), Some(now)) if now.is_broken() => self.same.push(row),
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
}

/// How many different rules there are.
fn rules_in(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.rule.as_str()).collect::<BTreeSet<_>>().len()
}

/// The first of the rows in which the same happened to the same rule, with the tests of them all, in the order of the first of each.
fn grouped<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<(&'a Row, Vec<&'a str>)> {
    let mut groups: IndexMap<_, (&Row, Vec<&str>)> = IndexMap::new();
    for row in rows {
        groups.entry((&row.rule, row.before, row.after)).or_insert((row, Vec::new())).1.push(&row.test);
    }
    groups.into_values().collect()
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
        let actual = if state.is_broken() { finding.actual.clone() } else { String::new() };
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

fn state(finding: &Finding) -> RuleState {
    match finding.outcome {
        FindingOutcome::Passed | FindingOutcome::NotApplicable => RuleState::Holds,
        FindingOutcome::NotRun => RuleState::NotRun,
        FindingOutcome::Failed => RuleState::broken(finding.level),
    }
}

/// Which rules each of two runs was asked for, in words, where that is not the same: the earlier one, then the one with this selection. What is missing
/// in one of them would look as if nothing were wrong, or as if it were new.
pub fn rules_apart(before: &RunReport, selection: Option<&Selection>) -> Option<(String, String)> {
    let (before, after) = (words::rules_asked_for(before), words::rules_of(selection));
    let words = |rules: Option<String>| rules.unwrap_or_else(|| "every rule".to_owned());
    (before != after).then(|| (words(before), words(after)))
}

/// What differs in the circumstances of two runs: a sentence each.
fn differences(before: &RunReport, after: &RunReport) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut differ = |what: &str, before: &str, after: &str| {
        if before != after {
            remarks.push(format!("{what}: {} before, {} after.", visible::short(before, MOST_NAME), visible::short(after, MOST_NAME)));
        }
    };
    // The embedded issuer has another port each time.
    if !(before.environment.embedded && after.environment.embedded) {
        differ("The issuers differ", &before.issuer, &after.issuer);
    }
    differ("The versions of oa-authtest differ", &before.tool.version, &after.tool.version);
    differ("The profiles differ", &before.environment.profiles.join(", "), &after.environment.profiles.join(", "));
    let own = |report: &RunReport| report.own.as_ref().map_or_else(|| "none".to_owned(), |own| own.version.clone());
    differ("The user's own tests and rules differ", &own(before), &own(after));
    remarks
}

/// What a run says less about than it might: a sentence each.
fn limits(report: &RunReport, which: &str) -> Vec<String> {
    let rules = words::counted_rules(report.selection.as_ref()).map(|rules| format!("The {which} run was asked for {rules} alone."));
    let interrupted = words::cut_short(report).map(|how| format!("The {which} run {how}."));
    rules.into_iter().chain(interrupted).collect()
}

#[cfg(test)]
mod tests;
