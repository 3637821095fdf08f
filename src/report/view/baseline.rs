//! What differs from an earlier run.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use serde::Serialize;

use super::{Headline, TestLink, has_report, place};
use crate::report::mark::Mark;
use crate::report::news;
use crate::result::baseline::{Baseline, ChangedRule, ChangedTest, RuleChange, RuleState, TestChange};
use crate::result::model::{FindingOutcome, RunReport, TestReport};
use crate::text::count;

/// The most changes of a kind that are listed.
const MOST_LISTED: usize = 200;

/// The most tests that are named beside a rule.
const MOST_NAMED: usize = 3;

/// More changes of a kind than this are folded.
const MOST_OPEN: usize = 5;

/// An earlier run, and what differs from it.
#[derive(Debug, Serialize)]
pub struct BaselineView<'a> {
    /// `Since the run of …`
    since: String,
    /// `2 rules newly broken, 1 mended`
    sums: String,
    file: &'a str,
    remarks: Vec<&'a str>,
    rules: Vec<RulesView<'a>>,
    tests: Vec<TestsView<'a>>,
    /// What is said of the tests that were not asked for, if there are some.
    not_asked_for: Option<String>,
    /// How many changes there are beside those of the results.
    more: usize,
    /// True if anything differs.
    changes: bool,
}

/// The rules of which the same became.
#[derive(Debug, Serialize)]
struct RulesView<'a> {
    mark: Mark,
    /// `2 rules newly broken`
    says: String,
    open: bool,
    rules: Vec<RuleView<'a>>,
    /// How many more there are.
    more: usize,
}

#[derive(Debug, Serialize)]
struct RuleView<'a> {
    rule: &'a str,
    says: &'a str,
    /// The mark of what it is now.
    mark: Mark,
    /// What it was and is, unless the heading says it.
    states: Option<[Headline; 2]>,
    /// True if it is mended here and broken in other tests.
    elsewhere: bool,
    /// The address of what was found in the first of the tests; empty if it is not part of the run.
    anchor: String,
    /// `in 3 tests`, or the tests where they are few.
    #[serde(rename = "where")]
    place: String,
}

/// The tests of which the same became.
#[derive(Debug, Serialize)]
struct TestsView<'a> {
    mark: Mark,
    /// `1 test no longer run`
    says: String,
    open: bool,
    tests: Vec<ChangedView<'a>>,
    more: usize,
}

#[derive(Debug, Serialize)]
struct ChangedView<'a> {
    test: TestLink<'a>,
    step: Option<&'a str>,
    reason: Option<&'a str>,
}

/// The kinds of changes of rules, as they are listed: the mark, the heading of one and of several, and true if the list is always folded.
const RULES: [(RuleChange, Mark, &str, &str, bool); 6] = [
    (RuleChange::NewlyBroken, Mark::Failure, "rule newly broken", "rules newly broken", false),
    (RuleChange::Worse, Mark::Failure, "rule broken at a higher level", "rules broken at a higher level", false),
    (RuleChange::Mended, Mark::Passed, "rule mended", "rules mended", false),
    (RuleChange::Milder, Mark::Suggestion, "rule broken at a lower level", "rules broken at a lower level", false),
    (RuleChange::NotJudged, Mark::NotRun, "rule no longer judged", "rules no longer judged", false),
    (RuleChange::StillBroken, Mark::Failure, "rule still broken", "rules still broken", true),
];

/// The same of tests.
const TESTS: [(TestChange, Mark, &str, &str, bool); 6] = [
    (TestChange::NoLongerRun, Mark::Warning, "test no longer run", "tests no longer run", false),
    (TestChange::NoLongerWhole, Mark::Warning, "step no longer taken", "steps no longer taken", false),
    (TestChange::BreaksOff, Mark::Error, "test breaks off now", "tests break off now", false),
    (TestChange::New, Mark::NotApplicable, "new test", "new tests", true),
    (TestChange::Completed, Mark::Passed, "test comes to its end now", "tests come to their end now", true),
    (TestChange::NoLongerLeftOut, Mark::Passed, "test is no longer left out", "tests are no longer left out", true),
];

impl<'a> BaselineView<'a> {
    /// A view of what differs, if a run was held against an earlier one.
    pub fn of(report: &'a RunReport) -> Option<Self> {
        let baseline = report.baseline.as_ref()?;
        let links = Links(report.tests.iter().map(|test| (test.id.as_str(), test)).collect());
        let broken: HashSet<&str> =
            baseline.rules.iter().filter(|rule| rule.after.is_some_and(RuleState::is_broken)).map(|rule| rule.rule.as_str()).collect();
        let rules = RULES.iter().filter_map(|(change, mark, one, many, folded)| {
            let of = grouped(baseline.rules.iter().filter(|rule| rule.change == *change));
            let n = of.iter().map(|(rule, _)| rule.rule.as_str()).collect::<HashSet<_>>().len();
            (n > 0).then(|| RulesView {
                mark: *mark,
                says: format!("{n} {}", if n == 1 { one } else { many }),
                open: !folded && of.len() <= MOST_OPEN,
                more: of.len().saturating_sub(MOST_LISTED),
                rules: of.into_iter().take(MOST_LISTED).map(|(rule, tests)| links.rule(rule, &tests, &broken)).collect(),
            })
        });
        let tests = TESTS.iter().filter_map(|(change, mark, one, many, folded)| {
            let of: Vec<&ChangedTest> = baseline.tests.iter().filter(|test| test.change == *change).collect();
            (!of.is_empty()).then(|| TestsView {
                mark: *mark,
                says: format!("{} {}", of.len(), if of.len() == 1 { one } else { many }),
                open: !folded && of.len() <= MOST_OPEN,
                more: of.len().saturating_sub(MOST_LISTED),
                tests: of.into_iter().take(MOST_LISTED).map(|test| links.test(test)).collect(),
            })
        });
        Some(Self {
            since: news::since(baseline),
            sums: news::sums(baseline),
            file: &baseline.file,
            remarks: baseline.remarks.iter().take(MOST_LISTED).map(String::as_str).collect(),
            rules: rules.collect(),
            tests: tests.collect(),
            not_asked_for: not_asked_for(baseline),
            more: baseline.more,
            changes: !(baseline.rules.is_empty() && baseline.tests.is_empty()),
        })
    }
}

fn not_asked_for(baseline: &Baseline) -> Option<String> {
    let n = baseline.not_asked_for;
    (n > 0).then(|| {
        format!(
            "This run was asked for some tests only: {} of the earlier run {} not part of it.",
            count(n, "test"),
            if n == 1 { "is" } else { "are" }
        )
    })
}

/// The tests of a run by their ids.
struct Links<'a>(HashMap<&'a str, &'a TestReport>);

impl<'a> Links<'a> {
    /// A link to a test; one that is not part of the run is named and not linked to.
    fn to(&self, id: &'a str) -> TestLink<'a> {
        self.0.get(id).map_or_else(|| TestLink::absent(id), |test| TestLink::of(test))
    }

    fn rule(&self, changed: &'a ChangedRule, tests: &[&str], broken: &HashSet<&str>) -> RuleView<'a> {
        let state = |state: Option<RuleState>| {
            state.map_or_else(|| Headline { mark: Mark::NotApplicable, says: "not judged".to_owned() }, Headline::of_state)
        };
        let first = tests.first().and_then(|id| self.0.get(id));
        RuleView {
            rule: &changed.rule,
            says: &changed.says,
            mark: state(changed.after).mark,
            states: states(changed).map(|states| states.map(state)),
            elsewhere: changed.change == RuleChange::Mended && broken.contains(changed.rule.as_str()),
            anchor: first.map_or_else(String::new, |test| finding(test, &changed.rule)),
            place: place_of(changed, tests),
        }
    }

    fn test(&self, changed: &'a ChangedTest) -> ChangedView<'a> {
        ChangedView { test: self.to(&changed.test), step: changed.step.as_deref(), reason: changed.reason.as_deref() }
    }
}

/// What a rule was and is, where the heading does not say it: that a rule breaks or is mended does.
fn states(changed: &ChangedRule) -> Option<[Option<RuleState>; 2]> {
    let says_more = matches!(changed.change, RuleChange::Worse | RuleChange::Milder | RuleChange::NotJudged);
    says_more.then_some([changed.before, changed.after])
}

/// The changes that read alike together, with the tests of them all: the first stands for them, which has the highest level.
fn grouped<'a>(changes: impl Iterator<Item = &'a ChangedRule>) -> Vec<(&'a ChangedRule, Vec<&'a str>)> {
    let mut groups: IndexMap<_, (&ChangedRule, Vec<&str>)> = IndexMap::new();
    for changed in changes {
        groups.entry((&changed.rule, states(changed))).or_insert((changed, Vec::new())).1.extend(changed.tests.iter().map(String::as_str));
    }
    groups.into_values().collect()
}

/// The tests of a change: named where they are few, or else counted. Where a rule is broken, they stand beside the rule itself.
fn place_of(changed: &ChangedRule, tests: &[&str]) -> String {
    let most = if changed.after.is_some_and(RuleState::is_broken) { 1 } else { MOST_NAMED };
    match tests.len() {
        n if n > most => format!("in {}", count(n, "test")),
        _ => format!("in {}", tests.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")),
    }
}

/// The address of the first finding of a test by which a rule is broken, else of the first about it; the test's own where there is none.
fn finding(test: &TestReport, rule: &str) -> String {
    let of_rule = || test.findings.iter().filter(|finding| finding.rule == rule);
    let first = of_rule().find(|finding| finding.outcome == FindingOutcome::Failed).or_else(|| of_rule().next());
    match first {
        _ if !has_report(test) => String::new(),
        Some(first) => place::finding(test, first),
        None => test.id.clone(),
    }
}
