//! The addresses of tests, steps and findings on the page: they stay the same from run to run, so that a link to one can be kept.

use std::collections::HashMap;
use std::sync::Arc;

use crate::result::model::{Finding, RunReport, TestReport};
use crate::rule::Level;

/// How much of a foreign name goes into an address.
const MOST: usize = 80;

/// A name in lower case with hyphens for everything but letters, digits, dots, underscores and slashes.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().take(MOST).map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/') {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_matches('-').to_owned()
}

/// The address of a step by its index: `feature/test/step-2-authorization-code-flow`. A name is no more than a help to the reader.
pub fn step(test: &TestReport, index: usize) -> String {
    let name = test.steps.get(index).map_or("whole test", |step| step.name.as_str());
    format!("{}/step-{}-{}", test.id, index.min(test.steps.len()) + 1, slug(&name.replace('/', " ")))
}

/// The address of a finding: that of its step and its rule. A rule that a step judges again has a number behind it.
pub fn finding(test: &TestReport, finding: &Finding) -> String {
    Places::of(test).finding(finding)
}

/// The addresses of the findings of a test. Which of them are of the same rule and step is found out once for all.
pub struct Places<'a> {
    /// The test.
    pub test: &'a TestReport,
    /// How many findings of the same rule and step come before each that is not the first.
    before: HashMap<*const Finding, usize>,
}

impl<'a> Places<'a> {
    /// Those of a test.
    pub fn of(test: &'a TestReport) -> Self {
        let mut found: HashMap<(usize, String), usize> = HashMap::new();
        let mut before = HashMap::new();
        for finding in &test.findings {
            let count = found.entry((finding.step.min(test.steps.len()), slug(&finding.rule))).or_default();
            if *count > 0 {
                before.insert(Arc::as_ptr(finding), *count);
            }
            *count += 1;
        }
        Self { test, before }
    }

    /// The address of a finding.
    pub fn finding(&self, finding: &Finding) -> String {
        let address = format!("{}/{}", step(self.test, finding.step), slug(&finding.rule));
        self.before.get(&std::ptr::from_ref(finding)).map_or_else(|| address.clone(), |before| format!("{address}/{}", before + 1))
    }
}

/// The address of the first finding of a test that is broken, or known to be, as another is; the test's own where there is none.
pub fn first_like(test: &TestReport, like: &Finding) -> String {
    let is_like = |other: &&Finding| (&other.rule, other.level, other.outcome, &other.known) == (&like.rule, like.level, like.outcome, &like.known);
    test.findings.iter().map(AsRef::as_ref).find(is_like).map_or_else(|| test.id.clone(), |found| finding(test, found))
}

/// The address of the broken rules of a level in the summary.
pub fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "broken-must",
        Level::Should => "broken-should",
        Level::May => "broken-may",
    }
}

/// The address of a rule in the summary that is broken at a level.
pub fn broken(of: Level, rule: &str) -> String {
    format!("{}:{}", level(of), slug(rule))
}

/// The address of a known failure in the summary.
pub fn known(of: Level, rule: &str) -> String {
    format!("known-{}:{}", of.word(), slug(rule))
}

/// The address of a feature in the table of tests, by the part the ids of its tests have in common.
pub fn feature(id: &str) -> String {
    format!("tests-of-{}", slug(&id.replace('/', " ")))
}

/// Where the pages of a run are on which a rule is broken, without their queries: at most five, and how many more there are.
pub fn pages(report: &RunReport, like: &Finding) -> (Vec<String>, usize) {
    let mut pages: Vec<String> = Vec::new();
    for test in &report.tests {
        let found = test.findings.iter().filter(|other| (&other.rule, other.level, other.outcome) == (&like.rule, like.level, like.outcome));
        for exchange in found.filter_map(|finding| crate::report::words::exchange(test, finding.exchange?)) {
            let page = exchange.url.split(['?', '#']).next().unwrap_or_default().to_owned();
            if !pages.contains(&page) {
                pages.push(page);
            }
        }
    }
    let more = pages.len().saturating_sub(5);
    pages.truncate(5);
    (pages, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_test_step_and_rule() {
        let mut report = crate::report::json::sample();
        let test = &mut report.tests[0];
        test.findings.truncate(3);
        for (finding, (step, rule)) in
            test.findings.iter_mut().map(Arc::make_mut).zip([(1, "id-token/aud"), (1, "id-token/aud"), (9, "Odd \" rule<")])
        {
            (finding.step, finding.rule) = (step, rule.to_owned());
        }
        let addresses: Vec<String> = test.findings.iter().map(|of| finding(test, of)).collect();
        let id = "booking-partner-authentication/authorization-code-flow";
        assert_eq!(
            addresses,
            [
                format!("{id}/step-2-authorization-code-flow-first-attempt/id-token/aud"),
                format!("{id}/step-2-authorization-code-flow-first-attempt/id-token/aud/2"),
                format!("{id}/step-3-whole-test/odd-rule"),
            ]
        );
    }

    #[test]
    fn the_pages_of_a_rule_are_named_once_and_without_their_queries() {
        let mut report = crate::report::json::sample();
        let seed = report.tests[2].findings.iter().find(|finding| finding.is_broken()).unwrap().clone();
        let url = crate::report::words::exchange(&report.tests[2], 0).unwrap().url.clone();
        for test in [2, 3] {
            report.tests[test].findings = vec![Arc::new(Finding { exchange: Some(0), ..(*seed).clone() })];
            for entry in &mut report.tests[test].steps[0].entries {
                if let crate::result::model::Entry::Exchange(exchange) = entry {
                    exchange.url = format!("{url}?state={test}#x");
                }
            }
        }
        assert_eq!(pages(&report, &seed), (vec![url.clone()], 0));
    }

    #[test]
    fn no_two_findings_of_a_run_have_the_same_address() {
        let report = crate::report::json::read(std::path::Path::new("reports/example/results.json")).unwrap();
        let all: Vec<String> = report.tests.iter().flat_map(|test| test.findings.iter().map(move |of| finding(test, of))).collect();
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert!(all.len() > 100 && different.len() == all.len());
    }
}
