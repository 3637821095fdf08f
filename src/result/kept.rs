//! What the tests of a run have in common, kept once. Most of what a test finds, the tests before it have found as well, and most answers have bodies that
//! others have: a run of a thousand tests holds little more than one of ten.

use std::collections::HashSet;
use std::sync::Arc;

use super::model::{Entry, ExchangeResponse, Finding, TestReport};

/// The findings and the bodies of the tests so far.
#[derive(Debug, Default)]
pub struct Kept {
    findings: HashSet<Arc<Finding>>,
    bodies: HashSet<Arc<str>>,
}

impl Kept {
    /// Puts what is kept already in the place of what a test has, keeps what is new in it, and gives back the room that the test does not need.
    pub fn share(&mut self, test: &mut TestReport) {
        // Two findings of one test stay two, however alike they are: each has its own place in a report.
        let mut of_test: HashSet<*const Finding> = HashSet::new();
        for finding in &mut test.findings {
            match self.findings.get(finding.as_ref()) {
                Some(known) if of_test.insert(Arc::as_ptr(known)) => *finding = Arc::clone(known),
                Some(_) => {}
                None => {
                    of_test.insert(Arc::as_ptr(finding));
                    self.findings.insert(Arc::clone(finding));
                }
            }
        }
        test.findings.shrink_to_fit();
        for step in &mut test.steps {
            step.entries.shrink_to_fit();
        }
        answers_of(test).for_each(|answer| self.share_body(answer));
    }

    fn share_body(&mut self, answer: &mut ExchangeResponse) {
        match self.bodies.get(&answer.body) {
            Some(known) => answer.body = Arc::clone(known),
            None => drop(self.bodies.insert(Arc::clone(&answer.body))),
        }
    }
}

/// The answers that a test got, in order.
pub fn answers_of(test: &mut TestReport) -> impl Iterator<Item = &mut ExchangeResponse> {
    test.steps.iter_mut().flat_map(|step| &mut step.entries).filter_map(|entry| match entry {
        Entry::Exchange(exchange) => exchange.response.as_mut().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::model::{Exchange, FindingOutcome, StepEnd, StepReport};
    use crate::rule::Level;

    fn finding(rule: &str) -> Arc<Finding> {
        Arc::new(Finding::new(rule, Level::Must, FindingOutcome::Passed))
    }

    fn test(rules: &[&str], body: &str) -> TestReport {
        let exchange = Exchange {
            number: 0,
            title: String::new(),
            method: "GET".to_owned(),
            url: String::new(),
            request_headers: Vec::new(),
            request_body: None,
            response: Ok(ExchangeResponse { status: 200, headers: Vec::new(), body: body.into(), shared_body: None, size: body.len() }),
            duration_ms: 0,
            of_user_agent: false,
        };
        let step = StepReport { name: String::new(), sentences: Vec::new(), ended: StepEnd::Done, entries: vec![Entry::Exchange(exchange)] };
        TestReport { findings: rules.iter().map(|rule| finding(rule)).collect(), steps: vec![step], ..TestReport::default() }
    }

    fn body(test: &mut TestReport) -> Arc<str> {
        answers_of(test).map(|answer| Arc::clone(&answer.body)).next().unwrap_or_default()
    }

    #[test]
    fn what_two_tests_have_is_there_once_and_neither_is_changed() {
        let (mut kept, mut one, mut other) = (Kept::default(), test(&["a/a", "a/b"], "same"), test(&["a/b", "a/c"], "same"));
        let before = (one.clone(), other.clone());
        kept.share(&mut one);
        kept.share(&mut other);
        assert_eq!((&one, &other), (&before.0, &before.1));
        assert!(Arc::ptr_eq(&one.findings[1], &other.findings[0]) && Arc::ptr_eq(&body(&mut one), &body(&mut other)));
        let mut third = test(&["a/a"], "another");
        kept.share(&mut third);
        assert!(Arc::ptr_eq(&one.findings[0], &third.findings[0]) && *body(&mut third) == *"another");
    }

    #[test]
    fn findings_of_one_test_that_are_alike_stay_apart() {
        let mut kept = Kept::default();
        for _ in 0..2 {
            let mut twice = test(&["a/a", "a/a"], "");
            kept.share(&mut twice);
            assert!(twice.findings[0] == twice.findings[1] && !Arc::ptr_eq(&twice.findings[0], &twice.findings[1]));
        }
    }
}
