//! What became of the known failures: which still happen, which are over, and which could not be told.

use std::sync::Arc;

use globset::Glob;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::config::known::{Known, KnownFailure};
use crate::feature::Feature;
use crate::result::model::{Entry, Finding, FindingOutcome, RunReport, SkipKind, StepEnd, StepReport, TestReport, Verdict};
use crate::rule::Level;
use crate::text::visible;

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
pub fn mark(known: &Known, test_id: &str, findings: &mut [Arc<Finding>]) {
    let entries: Vec<_> = known.entries.iter().filter(|entry| !entry.is_expired(known.today) && entry.is_about(test_id)).collect();
    for finding in findings.iter_mut().filter(|finding| finding.outcome == FindingOutcome::Failed) {
        let reason = entries.iter().find(|entry| entry.rule == finding.rule).map(|entry| entry.reason.clone());
        Arc::make_mut(finding).known = reason;
    }
}

/// Holds the entries against a run that has ended. `features` are all there are, so that a test that was not selected is told from one there is not.
///
/// An entry speaks of the tests of the profiles that ran. It is only said to be over where that is certain: a test it speaks of judged the rule,
/// none found it broken, and none was left out by `--test` or `--skip` or broke off before it came to the rule.
pub fn assess(known: &Known, report: &RunReport, features: &[Feature]) -> KnownReport {
    assess_among(known, report, &tests_of(features))
}

/// The same of what was said of the parts of a run, now that the whole is there. The entries are in the results alone, and so are the user's own tests, which
/// are no features of this program. The day is that of the last start.
///
/// # Errors
/// What is wrong in the results, in words.
pub fn assess_again(said: &KnownReport, report: &RunReport, features: &[Feature], started: Timestamp) -> Result<KnownReport, String> {
    let shown = |text: &str| visible::short(text, 100);
    let entry = |entry: &KnownEntry| {
        let glob = entry.test.as_deref().map(Glob::new).transpose().map_err(|why| format!("the known failure {}: {why}", shown(&entry.rule)))?;
        let until = entry.until.as_deref().map(str::parse).transpose();
        let until = until.map_err(|why| format!("the last day of the known failure {}: {why}", shown(&entry.rule)))?;
        Ok(KnownFailure { rule: entry.rule.clone(), test: glob.map(|glob| glob.compile_matcher()), reason: entry.reason.clone(), until })
    };
    let entries = said.entries.iter().map(entry).collect::<Result<Vec<_>, String>>()?;
    let known = Known { file: said.file.clone(), today: started.to_zoned(TimeZone::UTC).date(), entries };
    let own = report.own.iter().flat_map(|own| &own.profiles).flat_map(|of| of.tests.iter().map(|id| (of.name.as_str(), id.clone())));
    let tests: Vec<(&str, String)> = tests_of(features).into_iter().chain(own).collect();
    Ok(assess_among(&known, report, &tests))
}

/// All tests there are, each with its profile.
fn tests_of(features: &[Feature]) -> Vec<(&str, String)> {
    features.iter().flat_map(|feature| feature.test_ids().into_iter().map(|id| (feature.profile.as_str(), id))).collect()
}

fn assess_among(known: &Known, report: &RunReport, all: &[(&str, String)]) -> KnownReport {
    let entries = known.entries.iter().map(|entry| assess_entry(entry, known, report, all)).collect();
    KnownReport { file: known.file.clone(), entries }
}

fn assess_entry(entry: &KnownFailure, known: &Known, report: &RunReport, all: &[(&str, String)]) -> KnownEntry {
    let tests: Vec<&TestReport> = report.tests.iter().filter(|test| entry.is_about(&test.id)).collect();
    let judgements = |test: &TestReport, outcomes: &[FindingOutcome]| {
        test.findings.iter().filter(|finding| finding.rule == entry.rule && outcomes.contains(&finding.outcome)).count()
    };
    let findings: usize = tests.iter().map(|test| judgements(test, &[FindingOutcome::Failed])).sum();
    // That a rule has nothing to say any more is one way for it to hold.
    let holds = |test: &TestReport| judgements(test, &[FindingOutcome::Passed, FindingOutcome::NotApplicable]) > 0;
    let mut of_the_run = all.iter().filter(|(profile, id)| report.environment.profiles.iter().any(|ran| ran == profile) && entry.is_about(id));
    let not_selected = of_the_run.any(|(_, id)| tests.iter().all(|test| test.id != *id));
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
    } else if !all.iter().any(|(_, id)| entry.is_about(id)) {
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
pub fn excuses_the_stop(findings: &[Arc<Finding>], steps: &[StepReport]) -> bool {
    let Some(stopped) = steps.iter().position(|step| matches!(step.ended, StepEnd::Stopped(_))) else { return false };
    let began = findings.iter().any(|finding| finding.step == stopped)
        || steps[stopped].entries.iter().any(|entry| matches!(entry, Entry::Exchange(_) | Entry::Page(_) | Entry::Callback { .. }));
    let responsible = || findings.iter().filter(|finding| finding.level == Level::Must && (finding.step == stopped || !began));
    responsible().any(|finding| finding.is_known()) && !responsible().any(|finding| finding.is_broken())
}
