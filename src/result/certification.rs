//! Whether a provider would pass the OpenID Foundation's certification: the verdict of each module, made of what a run found.

use crate::feature::certification::{self, CERTIFICATIONS, CONFIG, Certification, Module, Weight};
use crate::result::model::{Finding, FindingOutcome, LeftOut, RunReport, TestReport, Verdict};
use crate::text::count;

/// How a module would end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is skipped there as well.
    LeftOut,
    /// It passes.
    Passes,
    /// It passes with warnings.
    Warns,
    /// It was not tested: nothing is known.
    NotTested,
    /// It fails.
    Fails,
}

impl Outcome {
    /// What it is, in the words of a report.
    pub fn words(self) -> &'static str {
        match self {
            Self::LeftOut => "would be skipped",
            Self::Passes => "would pass",
            Self::Warns => "would pass with warnings",
            Self::NotTested => "not tested",
            Self::Fails => "would fail",
        }
    }
}

/// Something that decides about a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The test that it was found in.
    pub test: String,
    /// The rule that was broken, if one was.
    pub rule: Option<String>,
    /// What was found, or why nothing was.
    pub says: String,
    /// What it comes to.
    pub outcome: Outcome,
    /// True if the everyday level of the rule is another.
    pub other_level: bool,
}

/// A module and how it would end.
#[derive(Debug)]
pub struct ModuleVerdict {
    /// The module.
    pub module: &'static Module,
    /// How it would end.
    pub outcome: Outcome,
    /// What decided that, the worst first; nothing where it passes.
    pub reasons: Vec<Reason>,
    /// The tests of the run that say something of it.
    pub tests: Vec<String>,
}

/// A certification profile and how its modules would end.
#[derive(Debug)]
pub struct ProfileVerdict {
    /// The profile.
    pub profile: &'static Certification,
    /// Its modules, in the order of the plan.
    pub modules: Vec<ModuleVerdict>,
    /// True if the issuer offers nothing of what the profile is about.
    pub not_offered: bool,
}

impl ProfileVerdict {
    /// How many modules would end so.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.modules.iter().filter(|module| module.outcome == outcome).count()
    }

    /// How many would pass, with warnings too.
    pub fn passing(&self) -> usize {
        self.count(Outcome::Passes) + self.count(Outcome::Warns)
    }

    /// One line of it: `basic: 38 of 38 modules would pass`.
    pub fn line(&self) -> String {
        let (id, all) = (&self.profile.id, self.modules.len());
        if self.not_offered {
            return format!("{id}: not offered");
        }
        let mut parts = vec![format!("{} of {} would pass", self.passing(), count(all, "module"))];
        for outcome in [Outcome::Fails, Outcome::NotTested, Outcome::LeftOut] {
            let n = self.count(outcome);
            if n > 0 {
                parts.push(format!("{n} {}", outcome.words()));
            }
        }
        if self.count(Outcome::Warns) > 0 {
            parts.push(format!("{} with warnings", self.count(Outcome::Warns)));
        }
        format!("{id}: {}", parts.join(", "))
    }
}

/// The verdicts of the certification profiles that a run was asked for; none where it was asked for none.
pub fn verdicts(report: &RunReport) -> Vec<ProfileVerdict> {
    certification::named(&report.environment.certification).into_iter().map(|profile| verdict(&report.tests, profile)).collect()
}

fn verdict(tests: &[TestReport], profile: &'static Certification) -> ProfileVerdict {
    let modules: Vec<ModuleVerdict> = profile.modules.iter().map(|module| of_module(tests, profile, module)).collect();
    // What every issuer publishes shows nothing of what a profile is about, but for the one that is about that.
    let published = CERTIFICATIONS.iter().find(|known| known.id == CONFIG && known.id != profile.id);
    let is_about = |test: &&TestReport| profile.has_test(&test.id) && !published.is_some_and(|published| published.has_test(&test.id));
    let is_not_offered = |test: &TestReport| test.verdict == Verdict::LeftOut && test.left_out == Some(LeftOut::NotOffered);
    let mut about = tests.iter().filter(is_about).peekable();
    let not_offered = about.peek().is_some() && about.all(is_not_offered);
    ProfileVerdict { profile, modules, not_offered }
}

/// How a module would end by these tests.
pub fn of_module(all: &[TestReport], profile: &'static Certification, module: &'static Module) -> ModuleVerdict {
    let matcher = profile.matcher(module);
    let tests: Vec<&TestReport> =
        all.iter().filter(|test| matcher.has_test(&test.id) && !(matcher.is_extra(&test.id) && test.did_not_run())).collect();
    let mut reasons: Vec<Reason> = Vec::new();
    let mut passed = false;
    for test in &tests {
        let before = reasons.len();
        reasons.extend(test.findings.iter().filter_map(|finding| of_finding(test, finding, matcher.weight(&finding.rule, finding.level))));
        let has_failed = reasons[before..].iter().any(|reason| reason.outcome == Outcome::Fails);
        reasons.extend(of_end(test, module).filter(|_| !has_failed));
        passed |= !test.did_not_run() && reasons[before..].iter().all(|reason| reason.outcome == Outcome::Warns);
    }
    if tests.is_empty() {
        let says = module.not_judged_because.clone().unwrap_or_else(|| "no test of this run says anything of it".to_owned());
        reasons.push(Reason { test: String::new(), rule: None, says, outcome: Outcome::NotTested, other_level: false });
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.outcome));
    reasons.dedup_by(|one, other| one.rule.is_some() && one.rule == other.rule && one.says == other.says);
    let worst = reasons.iter().map(|reason| reason.outcome).max();
    let outcome = match worst {
        // Some response types may be left out where others were seen.
        Some(Outcome::LeftOut) if passed => Outcome::Passes,
        Some(worst) => worst,
        None => Outcome::Passes,
    };
    ModuleVerdict { module, outcome, reasons, tests: tests.iter().map(|test| test.id.clone()).collect() }
}

/// What a finding means to a module. A known failure is one all the same: the foundation knows of no list.
fn of_finding(test: &TestReport, finding: &Finding, weight: Option<Weight>) -> Option<Reason> {
    use crate::rule::Level;
    let weight = weight.filter(|_| finding.outcome == FindingOutcome::Failed && !finding.own && test.verdict != Verdict::LeftOut)?;
    let (outcome, usual) = match weight {
        Weight::Fails => (Outcome::Fails, Level::Must),
        Weight::Warns => (Outcome::Warns, Level::Should),
    };
    let says = format!("{}: expected {}, actual {}", finding.says, finding.expected, finding.actual);
    Some(Reason { test: test.id.clone(), rule: Some(finding.rule.clone()), says, outcome, other_level: finding.level != usual })
}

/// What the end of a test means to a module, where that is not its findings.
fn of_end(test: &TestReport, module: &Module) -> Option<Reason> {
    let why = test.reason.clone().unwrap_or_else(|| "no reason was given".to_owned());
    let (outcome, says) = match test.verdict {
        Verdict::Errored => (Outcome::NotTested, format!("could not be tested: {why}")),
        Verdict::Skipped => (Outcome::NotTested, format!("skipped: {why}")),
        Verdict::LeftOut => match (&test.left_out, &module.left_out_where) {
            (Some(LeftOut::NotOffered), Some(_)) => (Outcome::LeftOut, why),
            // What the issuer does not offer the foundation does not wait for.
            (Some(LeftOut::NotOffered), None) => (Outcome::Fails, format!("left out, which the foundation does not allow here: {why}")),
            _ => (Outcome::NotTested, format!("left out: {why}")),
        },
        Verdict::Failed if test.reason.is_some() => (Outcome::Fails, format!("the test broke off: {why}")),
        _ => return None,
    };
    Some(Reason { test: test.id.clone(), rule: None, says, outcome, other_level: false })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::rule::Level;

    fn finding(rule: &str, level: Level) -> Arc<Finding> {
        Arc::new(Finding::new(rule, level, FindingOutcome::Failed))
    }

    fn test(verdict: Verdict, findings: &[(&str, Level)]) -> TestReport {
        let findings = findings.iter().map(|(rule, level)| finding(rule, *level)).collect();
        TestReport { id: "authorization-code/basic".to_owned(), verdict, findings, ..TestReport::default() }
    }

    fn outcome(test: TestReport) -> Outcome {
        let profile = certification::named(&["basic".to_owned()])[0];
        let module = profile.modules.iter().find(|module| module.id == "oidcc-server").unwrap();
        of_module(&[test], profile, module).outcome
    }

    #[test]
    fn the_level_of_certification_decides() {
        for (findings, expected) in
            [(&[][..], Outcome::Passes), (&[("id-token/issuer", Level::Must)], Outcome::Fails), (&[("page/no-store", Level::Must)], Outcome::Passes)]
        {
            assert_eq!(outcome(test(Verdict::Failed, findings)), expected, "{findings:?}");
        }
    }

    #[test]
    fn a_test_that_few_can_run_counts_where_it_ran() {
        let profile = certification::named(&["basic".to_owned()])[0];
        let module = profile.modules.iter().find(|module| !module.where_it_ran.is_empty()).unwrap();
        let outcome = |verdict, findings: &[(&str, Level)]| {
            let usual = TestReport { id: module.tests[0].clone(), ..test(Verdict::Passed, &[]) };
            let extra = TestReport { id: module.where_it_ran[0].clone(), ..test(verdict, findings) };
            of_module(&[usual, extra], profile, module).outcome
        };
        assert_eq!(outcome(Verdict::Skipped, &[]), Outcome::Passes);
        assert_eq!(outcome(Verdict::Failed, &[("request-object/supersedes", Level::Must)]), Outcome::Fails);
    }

    #[test]
    fn what_did_not_run_is_no_pass() {
        assert_eq!(outcome(test(Verdict::Errored, &[])), Outcome::NotTested);
        assert_eq!(outcome(test(Verdict::Skipped, &[])), Outcome::NotTested);
        let left_out = |why| TestReport { left_out: Some(why), ..test(Verdict::LeftOut, &[]) };
        assert_eq!(outcome(left_out(LeftOut::NotOffered)), Outcome::Fails);
        assert_eq!(outcome(left_out(LeftOut::NotUnderstood)), Outcome::NotTested);
        let broken_off = TestReport { reason: Some("no code".to_owned()), ..test(Verdict::Failed, &[]) };
        assert_eq!(outcome(broken_off), Outcome::Fails);
    }

    #[test]
    fn a_profile_of_which_only_the_metadata_were_read_is_not_offered() {
        let of = |id: &str, verdict| {
            let left_out = (verdict == Verdict::LeftOut).then_some(LeftOut::NotOffered);
            TestReport { id: id.to_owned(), verdict, left_out, ..TestReport::default() }
        };
        let is_offered = |name: &str, tests: &[(&str, Verdict)]| {
            let tests: Vec<TestReport> = tests.iter().map(|(id, verdict)| of(id, *verdict)).collect();
            !verdict(&tests, certification::named(&[name.to_owned()])[0]).not_offered
        };
        let (metadata, logout) = (("discovery/provider-metadata", Verdict::Passed), "front-channel-logout/logout");
        assert!(!is_offered("front-channel", &[metadata, (logout, Verdict::LeftOut)]));
        assert!(is_offered("front-channel", &[metadata, (logout, Verdict::Failed)]));
        assert!(is_offered("front-channel", &[metadata]), "that nothing ran says nothing");
        assert!(is_offered("config", &[metadata]));
    }
}
