//! What is new since the run that a run is held against (`--baseline`).

use std::collections::{BTreeSet, HashMap, HashSet};

use super::words;
use crate::result::baseline::{Baseline, ChangedRule, RuleChange, RuleState, TestChange};
use crate::result::model::{RunReport, TestReport};
use crate::text::{count, visible};

/// The rules that are newly broken, each with the tests in which it is.
#[derive(Debug, Default)]
pub struct News<'a>(HashMap<&'a str, HashSet<&'a str>>);

impl<'a> News<'a> {
    /// The news of a run.
    pub fn of(report: &'a RunReport) -> Self {
        let mut rules: HashMap<&str, HashSet<&str>> = HashMap::new();
        let changes = report.baseline.iter().flat_map(|baseline| &baseline.rules);
        for changed in changes.filter(|changed| changed.change == RuleChange::NewlyBroken) {
            rules.entry(&changed.rule).or_default().extend(changed.tests.iter().map(String::as_str));
        }
        Self(rules)
    }

    /// True if a rule is newly broken in a test.
    pub fn is_new(&self, rule: &str, test: &TestReport) -> bool {
        self.0.get(rule).is_some_and(|tests| tests.contains(test.id.as_str()))
    }

    /// What is said beside a broken rule that is newly broken in some of these tests: `new`, or `new in 1 of 3 tests`.
    pub fn words(&self, rule: &str, tests: &[&TestReport]) -> Option<String> {
        let new = tests.iter().filter(|test| self.is_new(rule, test)).count();
        match new {
            0 => None,
            new if new == tests.len() => Some("new".to_owned()),
            new => Some(format!("new in {new} of {}", count(tests.len(), "test"))),
        }
    }

    /// True if something broken in a test is newly broken.
    pub fn is_in(&self, test: &TestReport) -> bool {
        !self.0.is_empty() && test.findings.iter().any(|finding| self.is_new(&finding.rule, test))
    }
}

/// The moment of the earlier run: `Since the run of Thu 21 Nov 2024 17:48:44 UTC`.
pub fn since(baseline: &Baseline) -> String {
    format!("Since the run of {}", words::moment(&baseline.started))
}

/// The most characters of an id in a line.
const MOST_NAME: usize = 80;

/// The most rules or tests that are named in a line.
const MOST_NAMED: usize = 3;

/// What differs, in a line: `2 rules newly broken, 1 mended, 1 test no longer run`.
pub fn sums(baseline: &Baseline) -> String {
    line(baseline, |_| String::new())
}

/// The same with the rules that are newly broken or mended and the tests that are lost, by their ids: `1 mended (id-token/issuer)`.
pub fn named_sums(baseline: &Baseline) -> String {
    line(baseline, |ids| {
        let named: Vec<String> = ids.iter().take(MOST_NAMED).map(|id| visible::short(id, MOST_NAME)).collect();
        format!(" ({}{})", named.join(", "), if ids.len() > MOST_NAMED { ", …" } else { "" })
    })
}

fn line(baseline: &Baseline, named: impl Fn(&BTreeSet<&str>) -> String) -> String {
    let rules = |wanted: &dyn Fn(&ChangedRule) -> bool| -> BTreeSet<&str> {
        baseline.rules.iter().filter(|changed| wanted(changed)).map(|changed| changed.rule.as_str()).collect()
    };
    let of = |change: RuleChange| rules(&|changed| changed.change == change);
    let broken = rules(&|changed| changed.after.is_some_and(RuleState::is_broken));
    let (newly, mended) = (of(RuleChange::NewlyBroken), of(RuleChange::Mended));
    let in_part: BTreeSet<&str> = mended.intersection(&broken).copied().collect();
    let mended: BTreeSet<&str> = mended.difference(&broken).copied().collect();
    let still = of(RuleChange::StillBroken).difference(&newly).count();
    let mut parts = vec![if newly.is_empty() {
        "no rule newly broken".to_owned()
    } else {
        format!("{} newly broken{}", count(newly.len(), "rule"), named(&newly))
    }];
    for (ids, what) in [
        (of(RuleChange::Worse), "broken at a higher level"),
        (mended, "mended"),
        (in_part, "mended in some tests only"),
        (of(RuleChange::Milder), "broken at a lower level"),
        (of(RuleChange::NotJudged), "no longer judged"),
    ] {
        if !ids.is_empty() {
            parts.push(format!("{} {what}{}", ids.len(), named(&ids)));
        }
    }
    if still > 0 {
        parts.push(format!("{still} still broken"));
    }
    for (change, what) in
        [(TestChange::NoLongerRun, "no longer run"), (TestChange::NoLongerWhole, "run in part only"), (TestChange::BreaksOff, "breaking off")]
    {
        let tests = tests(baseline, change);
        if !tests.is_empty() {
            parts.push(format!("{} {what}{}", count(tests.len(), "test"), named(&tests)));
        }
    }
    let new = tests(baseline, TestChange::New).len();
    if new > 0 {
        parts.push(count(new, "new test"));
    }
    parts.join(", ")
}

/// The tests of which the same became.
fn tests(baseline: &Baseline, change: TestChange) -> BTreeSet<&str> {
    baseline.tests.iter().filter(|changed| changed.change == change).map(|changed| changed.test.as_str()).collect()
}
