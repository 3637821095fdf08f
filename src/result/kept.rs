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
