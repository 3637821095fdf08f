//! What became of the known failures: which still happen, which are over, and which could not be told.

use serde::{Deserialize, Serialize};

use crate::config::known::{Known, KnownFailure};
use crate::feature::Feature;
use crate::result::model::{Entry, Finding, FindingOutcome, RunReport, SkipKind, StepEnd, StepReport, TestReport, Verdict};
use crate::rule::Level;

/// The known failures of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownReport {
    /// The name of the file they stand in, without its folder.
    pub file: String,
    /// The entries, in the order of the file.
    pub entries: Vec<KnownEntry>,
}

/// A known failure and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownEntry {
    /// The rule.
    pub rule: String,
    /// The glob of the tests it speaks of; `None` for all.
    pub test: Option<String>,
    /// Why the failure is lived with.
    pub reason: String,
    /// The last day it is lived with, as `2026-12-31`.
    pub until: Option<String>,
    /// What became of it.
    pub state: KnownState,
    /// The broken findings it speaks of, excused or not.
    pub findings: usize,
}

/// What became of a known failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownState {
    /// It still happens, and is excused.
    Excused,
    /// Its last day is over: it excuses nothing any more.
    Expired,
    /// It no longer happens.
    Gone,
    /// There is no test it speaks of.
    NoTest,
    /// No test of the run says whether it still happens.
    NotJudged,
}

impl KnownEntry {
    /// True if it matches no failure of the run, and would have if there were one: the file is out of date.
    pub fn is_stale(&self) -> bool {
        matches!(self.state, KnownState::Gone | KnownState::NoTest)
    }

    /// What has to be done about it, if anything: a sentence without a full stop that names neither rule nor test.
    pub fn advice(&self) -> Option<String> {
        let until = self.until.as_deref().unwrap_or_default();
        match self.state {
            KnownState::Excused | KnownState::NotJudged => None,
            KnownState::Expired if self.findings == 0 => Some(format!("expired after {until}")),
            KnownState::Expired => Some(format!("expired after {until}, and the failure still happens")),
            KnownState::Gone => Some("the failure no longer happens: take the entry out".to_owned()),
            KnownState::NoTest => Some("no test matches it: correct the glob, or take the entry out".to_owned()),
        }
    }
}

/// Marks the findings of a test that are known failures.
pub fn mark(known: &Known, test_id: &str, findings: &mut [Finding]) {
    let entries: Vec<_> = known.entries.iter().filter(|entry| !entry.is_expired(known.today) && entry.is_about(test_id)).collect();
    for finding in findings.iter_mut().filter(|finding| finding.outcome == FindingOutcome::Failed) {
        finding.known = entries.iter().find(|entry| entry.rule == finding.rule).map(|entry| entry.reason.clone());
    }
}

/// Holds the entries against a run that has ended. `features` are all there are, so that a test that was not selected is told from one there is not.
///
/// An entry speaks of the tests of the profiles that ran. It is only said to be over where that is certain: a test it speaks of judged the rule,
/// none found it broken, and none was left out by `--test` or `--skip` or broke off before it came to the rule.
pub fn assess(known: &Known, report: &RunReport, features: &[Feature]) -> KnownReport {
    let entries = known.entries.iter().map(|entry| assess_entry(entry, known, report, features)).collect();
    KnownReport { file: known.file.clone(), entries }
}

fn assess_entry(entry: &KnownFailure, known: &Known, report: &RunReport, features: &[Feature]) -> KnownEntry {
    let tests: Vec<&TestReport> = report.tests.iter().filter(|test| entry.is_about(&test.id)).collect();
    let judgements = |test: &TestReport, outcomes: &[FindingOutcome]| {
        test.findings.iter().filter(|finding| finding.rule == entry.rule && outcomes.contains(&finding.outcome)).count()
    };
    let findings: usize = tests.iter().map(|test| judgements(test, &[FindingOutcome::Failed])).sum();
    // That a rule has nothing to say any more is one way for it to hold.
    let holds = |test: &TestReport| judgements(test, &[FindingOutcome::Passed, FindingOutcome::NotApplicable]) > 0;
    let ids = |feature: &Feature| {
        feature.tests.iter().map(|test| format!("{}/{}", feature.id, test.id)).filter(|id| entry.is_about(id)).collect::<Vec<_>>()
    };
    let of_the_run = features.iter().filter(|feature| report.environment.profiles.contains(&feature.profile)).flat_map(ids);
    let not_selected = of_the_run.into_iter().any(|id| tests.iter().all(|test| test.id != id));
    let undecided = |test: &&&TestReport| match test.verdict {
        Verdict::Skipped => test.skipped == Some(SkipKind::LeftOut),
        // What the issuer does not offer is as certain not to break a rule as what lacks its settings.
        Verdict::LeftOut => false,
        _ => test.reason.is_some() && !holds(test),
    };
    // A rule that counts in some profiles only may be broken where it does not count.
    let counts_everywhere = report.selection.as_ref().is_none_or(|selection| selection.level.is_none());
    let certain = counts_everywhere && !not_selected && tests.iter().filter(undecided).count() == 0;
    let state = if findings > 0 && !entry.is_expired(known.today) {
        KnownState::Excused
    } else if findings > 0 {
        KnownState::Expired
    } else if !features.iter().any(|feature| !ids(feature).is_empty()) {
        KnownState::NoTest
    } else if certain && tests.iter().any(|test| holds(test)) {
        KnownState::Gone
    } else if entry.is_expired(known.today) {
        KnownState::Expired
    } else {
        KnownState::NotJudged
    };
    KnownEntry {
        rule: entry.rule.clone(),
        test: entry.test.as_ref().map(|glob| glob.glob().glob().to_owned()),
        reason: entry.reason.clone(),
        until: entry.until.map(|until| until.to_string()),
        state,
        findings,
    }
}

/// True if a story broke off because of known failures only: those of the step it broke off at; or, if that step did nothing because something
/// was missing (an endpoint that is not published), those of the steps before it.
pub fn excuses_the_stop(findings: &[Finding], steps: &[StepReport]) -> bool {
    let Some(stopped) = steps.iter().position(|step| matches!(step.ended, StepEnd::Stopped(_))) else { return false };
    let began = findings.iter().any(|finding| finding.step == stopped)
        || steps[stopped].entries.iter().any(|entry| matches!(entry, Entry::Exchange(_) | Entry::Page(_) | Entry::Callback { .. }));
    let responsible = || findings.iter().filter(|finding| finding.level == Level::Must && (finding.step == stopped || !began));
    responsible().any(Finding::is_known) && !responsible().any(Finding::is_broken)
}
