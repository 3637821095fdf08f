//! What the results of a run keep of its comparison with an earlier one (`--baseline`).
//!
//! The earlier results may come from anywhere, so what is kept of them is bounded.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::{Comparison, Lost, Row, grouped};
use crate::result::baseline::{Baseline, ChangedRule, ChangedTest, RuleChange, TestChange};
use crate::result::model::RunReport;
use crate::text::visible;

/// The most changes of rules, and of tests, that are kept; there are some hundred rules and tests.
const MOST_CHANGES: usize = 2000;

/// The most tests that are kept of a change of a rule.
const MOST_TESTS: usize = 500;

/// The most characters of an id or a heading.
const MOST_NAME: usize = 200;

/// The most characters of a sentence or a reason.
const MOST_SENTENCE: usize = 600;

impl Comparison {
    /// What is kept of the comparison of a run with an earlier one, whose results are in a file of that name. A run that was asked for `part` of the
    /// tests says nothing about the others.
    pub fn baseline(&self, file: &str, before: &RunReport, after: &RunReport, part: bool) -> Baseline {
        let rows = self.worse.iter().chain(&self.new).chain(&self.better).chain(&self.same);
        let mut rules: Vec<ChangedRule> = grouped(rows.chain(&self.gone)).into_iter().filter_map(changed).collect();
        rules.sort_by_key(|rule| (rule.change, Reverse(rule.after), Reverse(rule.before)));
        let ids: HashSet<&str> = after.tests.iter().map(|test| test.id.as_str()).collect();
        let (lost, not_asked_for): (Vec<&Lost>, Vec<&Lost>) = self.lost.iter().partition(|lost| !part || ids.contains(lost.test.as_str()));
        let mut tests: Vec<ChangedTest> = lost.into_iter().map(no_longer).collect();
        tests.extend(self.broken_off.iter().map(|(id, _, reason)| ChangedTest { reason: Some(sentence(reason)), ..test(TestChange::BreaksOff, id) }));
        for (change, ids) in
            [(TestChange::New, &self.new_tests), (TestChange::Completed, &self.completed), (TestChange::NoLongerLeftOut, &self.reached)]
        {
            tests.extend(ids.iter().map(|id| test(change, id)));
        }
        tests.sort_by_key(|test| test.change);
        let more = rules.len().saturating_sub(MOST_CHANGES) + tests.len().saturating_sub(MOST_CHANGES);
        rules.truncate(MOST_CHANGES);
        tests.truncate(MOST_CHANGES);
        Baseline {
            file: name(file),
            started: name(&before.started),
            remarks: self.differences.iter().chain(&self.limits[0]).map(|remark| sentence(remark)).collect(),
            rules,
            tests,
            not_asked_for: not_asked_for.len(),
            more,
        }
    }
}

fn changed((row, tests): (&Row, Vec<&str>)) -> Option<ChangedRule> {
    let change = RuleChange::between(row.before, row.after)?;
    Some(ChangedRule {
        change,
        rule: name(&row.rule),
        says: sentence(&row.says),
        before: row.before,
        after: row.after,
        tests: tests.into_iter().take(MOST_TESTS).map(name).collect(),
    })
}

fn no_longer(lost: &Lost) -> ChangedTest {
    let change = if lost.step.is_some() { TestChange::NoLongerWhole } else { TestChange::NoLongerRun };
    ChangedTest { step: lost.step.as_deref().map(name), reason: lost.reason.as_deref().map(sentence), ..test(change, &lost.test) }
}

fn test(change: TestChange, id: &str) -> ChangedTest {
    ChangedTest { change, test: name(id), step: None, reason: None }
}

fn name(text: &str) -> String {
    visible::short(text, MOST_NAME)
}

fn sentence(text: &str) -> String {
    visible::short(text, MOST_SENTENCE)
}
