//! What certification profiles would come to, as templates want it.

use serde::Serialize;

use super::TestLink;
use crate::feature::certification::SUITE;
use crate::report::mark::Mark;
use crate::result::certification::{ModuleVerdict, Outcome, ProfileVerdict, Reason, verdicts};
use crate::result::model::RunReport;
use crate::rule::catalogue;

/// The most reasons of a module that are told; the results have all.
const MOST_REASONS: usize = 8;

/// The certification profiles of a run.
#[derive(Debug, Serialize)]
pub struct CertificationView<'a> {
    issuer: &'a str,
    /// The version of the foundation's suite.
    suite: &'static str,
    /// The program and its version.
    tool: String,
    time: String,
    profiles: Vec<ProfileView<'a>>,
}

#[derive(Debug, Serialize)]
struct ProfileView<'a> {
    id: &'static str,
    title: &'static str,
    plan: &'static str,
    mark: Mark,
    /// `basic: 38 of 38 modules would pass`.
    line: String,
    not_offered: bool,
    modules: Vec<ModuleView<'a>>,
    beyond: &'static [String],
    not_judged: Vec<[&'static str; 2]>,
}

#[derive(Debug, Serialize)]
struct ModuleView<'a> {
    id: &'static str,
    says: &'static str,
    mark: Mark,
    outcome: &'static str,
    reasons: Vec<ReasonView<'a>>,
    more: usize,
    tests: Vec<TestLink<'a>>,
    person: Option<&'static str>,
    other_way: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ReasonView<'a> {
    says: String,
    rule: Option<String>,
    /// What the everyday level is and why it is another here, if it is.
    differs: Option<String>,
    test: Option<TestLink<'a>>,
}

/// The mark of an outcome.
pub fn mark(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Passes => Mark::Passed,
        Outcome::Warns => Mark::Warning,
        Outcome::Fails => Mark::Failure,
        Outcome::NotTested => Mark::Error,
        Outcome::LeftOut => Mark::LeftOut,
    }
}

/// The mark of a profile: that of the worst of its modules.
pub fn mark_of(verdict: &ProfileVerdict) -> Mark {
    if verdict.not_offered {
        return Mark::LeftOut;
    }
    let worst = verdict.modules.iter().map(|module| module.outcome).max();
    worst.map_or(Mark::LeftOut, |worst| if worst == Outcome::LeftOut { Mark::Passed } else { mark(worst) })
}

impl<'a> CertificationView<'a> {
    /// The certification profiles that a run was asked for; `None` where it was asked for none.
    pub fn of(report: &'a RunReport) -> Option<Self> {
        let verdicts = verdicts(report);
        (!verdicts.is_empty()).then(|| Self {
            issuer: &report.issuer,
            suite: SUITE,
            tool: format!("{} {}", report.tool.name, report.tool.version),
            time: report.started.clone(),
            profiles: verdicts.into_iter().map(|verdict| ProfileView::of(report, verdict)).collect(),
        })
    }
}

impl<'a> ProfileView<'a> {
    fn of(report: &'a RunReport, verdict: ProfileVerdict) -> Self {
        let (mark, line, not_offered) = (mark_of(&verdict), verdict.line(), verdict.not_offered);
        let ProfileVerdict { profile, modules, .. } = verdict;
        Self {
            id: &profile.id,
            title: &profile.title,
            plan: &profile.plan,
            mark,
            line,
            not_offered,
            modules: modules.into_iter().map(|module| ModuleView::of(report, module)).collect(),
            beyond: &profile.beyond,
            not_judged: profile.not_judged.iter().map(|left| [left.what.as_str(), left.why.as_str()]).collect(),
        }
    }
}

impl<'a> ModuleView<'a> {
    fn of(report: &'a RunReport, verdict: ModuleVerdict) -> Self {
        let ModuleVerdict { module, outcome, reasons, tests } = verdict;
        let link = |id: &str| report.tests.iter().find(|test| test.id == id).map(TestLink::of);
        let more = reasons.len().saturating_sub(MOST_REASONS);
        Self {
            id: &module.id,
            says: &module.says,
            mark: mark(outcome),
            outcome: outcome.words(),
            more,
            tests: tests.iter().filter_map(|id| link(id)).collect(),
            reasons: reasons
                .into_iter()
                .take(MOST_REASONS)
                .map(|reason| ReasonView { differs: differs(&reason), test: link(&reason.test), says: reason.says, rule: reason.rule })
                .collect(),
            person: module.a_person_looks_at.as_deref(),
            other_way: module.other_way.as_deref(),
        }
    }
}

/// What the everyday level of a rule is, where it is another than that of the certification.
fn differs(reason: &Reason) -> Option<String> {
    let id = reason.rule.as_ref().filter(|_| reason.other_level)?;
    let rule = catalogue().into_iter().find(|rule| rule.id == id)?;
    Some(format!("in an everyday run it is {}", rule.level.weight()))
}
