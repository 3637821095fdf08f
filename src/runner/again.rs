//! A test that is run again (`--retries`): when that is worth it, and what its attempts come to together.

use std::path::Path;
use std::sync::Arc;

use crate::result::model::{Attempt, Entry, Finding, TestReport, Verdict};
use crate::session::Run;

/// True if another attempt may come out otherwise: the test failed or could not be tested, by no bug of this program and for another reason than
/// that there is nothing to log in with.
pub(super) fn is_worth_it(attempt: &TestReport, shared: &Run) -> bool {
    let fell_short = matches!(attempt.verdict, Verdict::Failed | Verdict::Errored);
    // The user agent of a run is started once.
    let has_no_agent = attempt.verdict == Verdict::Errored && matches!(shared.agent.peek(), Some(Err(_)));
    fell_short && !attempt.bug && !has_no_agent
}

/// What came of an attempt, in a few words: its reason, or its first broken rule.
pub(super) fn because(attempt: &TestReport) -> String {
    let is_broken = Finding::first_failure(&attempt.findings).map(|first| format!("{} is broken", first.rule));
    is_broken.or_else(|| attempt.reason.clone()).unwrap_or_default()
}

/// The screenshots that a report shows, relative to the report directory.
pub(super) fn screenshots(test: &TestReport) -> impl Iterator<Item = &str> {
    test.steps.iter().flat_map(|step| &step.entries).filter_map(|entry| if let Entry::Page(page) = entry { page.screenshot.as_deref() } else { None })
}

/// Removes the screenshots that were taken in one of the attempts and that the report does not show.
pub(super) fn forget_screenshots(taken: &[String], report: &TestReport, report_dir: &Path) {
    for name in taken.iter().filter(|name| screenshots(report).all(|shown| shown != name.as_str())) {
        // One that is gone already is no matter.
        let _ = std::fs::remove_file(report_dir.join(name));
    }
}

/// The report of a test from its attempts, in order: that of the one that passed, else of the last that failed, else of the last. A bug of this
/// program comes before all. What the others came to is kept beside it.
pub(super) fn settle(mut attempts: Vec<TestReport>) -> Option<TestReport> {
    let passed = |attempt: &TestReport| matches!(attempt.verdict, Verdict::Passed | Verdict::Suggested | Verdict::Warned);
    let find = |kind: &dyn Fn(&TestReport) -> bool| attempts.iter().rposition(kind);
    let at = find(&|attempt| attempt.bug)
        .or_else(|| find(&passed))
        .or_else(|| find(&|attempt| attempt.verdict == Verdict::Failed))
        .or_else(|| attempts.len().checked_sub(1))?;
    let report = attempts.remove(at);
    let left_behind = attempts.iter_mut().flat_map(|other| std::mem::take(&mut other.left_behind)).collect::<Vec<_>>();
    let flaky = !attempts.is_empty() && passed(&report);
    let retries = attempts.into_iter().map(of_other).collect();
    Some(TestReport { flaky, retries, left_behind: left_behind.into_iter().chain(report.left_behind.clone()).collect(), ..report })
}

fn of_other(attempt: TestReport) -> Attempt {
    let without_exchange = |finding: Arc<Finding>| Arc::new(Finding { exchange: None, ..Arc::unwrap_or_clone(finding) });
    let broken = attempt.findings.into_iter().filter(|finding| finding.is_broken()).map(without_exchange).collect();
    Attempt { verdict: attempt.verdict, reason: attempt.reason, started: attempt.started, duration_ms: attempt.duration_ms, broken }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Errored, Failed, LeftOut, Passed, Warned};

    #[test]
    fn what_passed_comes_before_what_failed_before_what_could_not_be_tested() {
        let attempt = |verdict, reason: &str| TestReport { verdict, reason: Some(reason.to_owned()), ..TestReport::default() };
        let settled = |attempts: &[(Verdict, &str)]| {
            let report = settle(attempts.iter().map(|(verdict, reason)| attempt(*verdict, reason)).collect()).expect("there are some");
            (report.verdict, report.flaky, report.retries.iter().map(|other| other.reason.clone().unwrap_or_default()).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(settled(&[(Passed, "a")]), (Passed, false, String::new()));
        assert_eq!(settled(&[(Failed, "a"), (Errored, "b"), (Passed, "c")]), (Passed, true, "a b".to_owned()));
        assert_eq!(settled(&[(Errored, "a"), (Warned, "b")]), (Warned, true, "a".to_owned()));
        assert_eq!(settled(&[(Failed, "a"), (Errored, "b")]), (Failed, false, "b".to_owned()), "what is proven of the issuer is kept");
        assert_eq!(settled(&[(Failed, "a"), (LeftOut, "b")]), (Failed, false, "b".to_owned()), "left out is not passed");
        assert_eq!(settled(&[(Errored, "a"), (Errored, "b")]), (Errored, false, "a".to_owned()));
        let bug = TestReport { bug: true, ..attempt(Errored, "bug") };
        assert!(settle(vec![attempt(Failed, "a"), bug]).is_some_and(|report| report.bug && !report.flaky));
    }
}
