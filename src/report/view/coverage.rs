//! Which rules a run looked at.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::words;
use crate::result::model::{Finding, RunReport};
use crate::text::count;

/// The rules of a run by their family.
#[derive(Debug, Serialize)]
pub struct CoverageView<'a> {
    /// `400 of 553 rules checked`.
    says: String,
    families: Vec<FamilyView<'a>>,
    /// Of the rules that no test of the run came to: how many there are, in words.
    unseen: Option<String>,
}

/// The rules that have the first part of their ids in common.
#[derive(Debug, Default, Serialize)]
struct FamilyView<'a> {
    name: &'a str,
    checked: usize,
    broken: usize,
    /// The rules that a test came to and that were never judged: they did not apply, or could not be judged.
    unjudged: Vec<&'a str>,
}

impl<'a> CoverageView<'a> {
    /// What a run looked at; `None` if it judged nothing at all.
    pub fn of(report: &'a RunReport) -> Option<Self> {
        let checked = words::checked(&report.tests);
        let mut rules: BTreeMap<&str, bool> = BTreeMap::new();
        for finding in report.tests.iter().flat_map(|test| &test.findings) {
            *rules.entry(finding.rule.as_str()).or_default() |= Finding::is_broken(finding);
        }
        let mut families: BTreeMap<&str, FamilyView> = BTreeMap::new();
        for (rule, is_broken) in &rules {
            let name = rule.split('/').next().unwrap_or(rule);
            let family = families.entry(name).or_insert_with(|| FamilyView { name, ..FamilyView::default() });
            if checked.contains(rule) {
                family.checked += 1;
            } else {
                family.unjudged.push(rule);
            }
            family.broken += usize::from(*is_broken);
        }
        let says = words::of_all_rules(report, &checked);
        let of_program = rules.len() - words::own_rules(&report.tests).len();
        let unseen = report.tool.rules.map(|all| all.saturating_sub(of_program)).filter(|unseen| *unseen > 0);
        let unseen =
            unseen.map(|n| format!("Not in this run: {}. Other profiles have them, or tests that need more settings.", count(n, "other rule")));
        (!families.is_empty()).then(|| Self { says, families: families.into_values().collect(), unseen })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::model::{FindingOutcome, TestReport, Verdict};

    #[test]
    fn rules_are_counted_once_by_their_family() {
        let mut report = crate::report::json::sample();
        let seed = (*report.tests[0].findings[0]).clone();
        let finding = |rule: &str, outcome| std::sync::Arc::new(Finding { rule: rule.to_owned(), outcome, known: None, ..seed.clone() });
        let test = |verdict, findings| TestReport { verdict, findings, ..report.tests[0].clone() };
        let (passed, failed, idle) = (FindingOutcome::Passed, FindingOutcome::Failed, FindingOutcome::NotApplicable);
        let tests = vec![
            test(Verdict::Failed, vec![finding("a/one", passed), finding("a/two", idle), finding("b/one", failed), finding("a/one", failed)]),
            test(Verdict::LeftOut, vec![finding("a/three", passed), finding("b/two", FindingOutcome::NotRun)]),
        ];
        report.tests = tests;
        report.tool.rules = Some(9);
        let view = CoverageView::of(&report).unwrap();
        assert_eq!(view.says, "2 of 9 rules checked");
        let families: Vec<_> = view.families.iter().map(|family| (family.name, family.checked, family.broken, family.unjudged.join(" "))).collect();
        assert_eq!(families, [("a", 1, 1, "a/three a/two".to_owned()), ("b", 1, 1, "b/two".to_owned())]);
        assert_eq!(view.unseen.unwrap(), "Not in this run: 4 other rules. Other profiles have them, or tests that need more settings.");
        report.tool.rules = None;
        let view = CoverageView::of(&report).unwrap();
        assert_eq!((view.says.as_str(), view.unseen), ("2 rules checked", None));
    }
}
