//! The exit codes: a contract with every pipeline. 1 only ever means that the issuer does not conform.

use std::process::{ExitCode, Termination};

use crate::config::FailOn;
use crate::result::certification::{self, Outcome, ProfileVerdict};
use crate::result::model::{Counts, RunReport, TestReport, Verdict};
use crate::text::count;

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// 0: the issuer conforms, as far as `--fail-on` asks; or what was asked for was done.
    Conformant,
    /// 1: the issuer does not conform, or what is known of it is out of date and `--strict-known` asks for that. Never anything else.
    NotConformant,
    /// 2: the command line or the configuration is wrong; nothing was tested. The number is clap's own.
    Usage,
    /// 3: something could not be tested: the issuer unreachable, TLS, no browser or driver, the login not passed.
    CouldNotTest,
    /// 4: nothing was tested: no test was selected, or all were skipped or left out.
    NothingTested,
    /// 70: a bug of this program (`EX_SOFTWARE` of `sysexits.h`).
    Bug,
    /// 130: interrupted from the keyboard (128 + `SIGINT`).
    Interrupted,
    /// 143: asked to end (128 + `SIGTERM`).
    Terminated,
}

impl Exit {
    /// How a run that was not interrupted ends: the first of 70, 1 and 3 that applies, else 4 if no test got to what it is about, else 0.
    ///
    /// A broken rule counts from `fail_on` on, in tests that could not be finished too. [`FailOn::Never`] only takes away 1.
    pub fn of(report: &RunReport, fail_on: FailOn) -> Self {
        let executed = || report.tests.iter().filter(|test| test.verdict != Verdict::Skipped);
        if executed().any(|test| test.bug) {
            Self::Bug
        } else if threshold(fail_on).is_some_and(|least| executed().any(|test| proven(test) >= least)) {
            Self::NotConformant
        } else if executed().any(|test| test.verdict == Verdict::Errored) || missing(report).next().is_some() {
            Self::CouldNotTest
        } else if report.shard().is_none() && executed().all(|test| test.verdict == Verdict::LeftOut) {
            // Of a shard that says nothing: `merge` knows whether anything was tested.
            Self::NothingTested
        } else {
            Self::Conformant
        }
    }

    /// How a run that was not interrupted ends by what its settings ask for: as [`Exit::of`], as [`Exit::strictly`] where that is asked for, and 1 where it
    /// would have ended well and the certification would not be passed (`--certification`).
    pub fn of_run(report: &RunReport, fail_on: FailOn, strict_known: bool) -> Self {
        let exit = Self::of(report, fail_on);
        let exit = if strict_known { exit.strictly(report, fail_on) } else { exit };
        exit.certified(report, fail_on)
    }

    /// The same, but 1 where the run would have ended well and a certification profile would fail that the issuer offers or that was asked for by name.
    /// [`FailOn::Never`] takes away 1 here too.
    fn certified(self, report: &RunReport, fail_on: FailOn) -> Self {
        if self == Self::Conformant && fail_on != FailOn::Never && failing_profiles(report).next().is_some() { Self::NotConformant } else { self }
    }

    /// The same, but 1 where the run would have ended well or could not test everything, and a known failure no longer happens (`--strict-known`).
    /// [`FailOn::Never`] takes away 1 here too.
    #[must_use]
    pub fn strictly(self, report: &RunReport, fail_on: FailOn) -> Self {
        match self {
            Self::Conformant | Self::CouldNotTest if stale(report) > 0 && fail_on != FailOn::Never => Self::NotConformant,
            other => other,
        }
    }

    /// How a run with several issuers ends: the first of 70, 1, 3, 2 and 4 that the test of one of them ends with, else 0. `None` stands for an issuer that
    /// the selection of tests leaves nothing to run for; where that is so for all, nothing was tested.
    pub fn of_all(exits: impl IntoIterator<Item = Option<Self>>) -> Self {
        let exits: Vec<Self> = exits.into_iter().flatten().collect();
        let worst = [Self::Bug, Self::NotConformant, Self::CouldNotTest, Self::Usage, Self::NothingTested];
        let otherwise = if exits.is_empty() { Self::NothingTested } else { Self::Conformant };
        worst.into_iter().find(|exit| exits.contains(exit)).unwrap_or(otherwise)
    }

    /// Why a run ends so, where its verdict alone would let one expect another exit code, or where tests were flaky or left out: a sentence without a full
    /// stop, which names the setting.
    pub fn because(self, report: &RunReport, fail_on: FailOn) -> Option<String> {
        let why = self.unexpectedly(report, fail_on);
        let left_out = report.tests.iter().filter(|test| test.verdict == Verdict::LeftOut).count();
        let flaky = report.tests.iter().filter(|test| test.flaky).count();
        // An interrupted run ends by its signal, whatever it came to.
        if left_out + flaky == 0 || report.interrupted {
            return why;
        }
        let mut parts = vec![why.unwrap_or_else(|| self.says().to_owned())];
        for (n, what) in [(flaky, "flaky"), (left_out, "left out")] {
            if n > 0 {
                parts.push(format!("{} {what}", count(n, "test")));
            }
        }
        Some(parts.join("; "))
    }

    /// Why the verdict of a run alone would let one expect another exit code, if it would: a sentence without a full stop.
    pub fn unexpectedly(self, report: &RunReport, fail_on: FailOn) -> Option<String> {
        match (self, report.verdict) {
            (Self::NotConformant, Verdict::Failed) => None,
            (Self::NotConformant, _) if Self::of(report, fail_on) != self && failing_profiles(report).next().is_some() => {
                let names: Vec<String> = failing_profiles(report).map(|verdict| verdict.profile.id.clone()).collect();
                Some(format!("the certification would not be passed: {}", names.join(", ")))
            }
            (Self::NotConformant, _) if Self::of(report, fail_on) != self => {
                let entries = report.known.iter().flat_map(|known| &known.entries).filter(|entry| entry.is_stale());
                let rules: Vec<&str> = entries.take(3).map(|entry| entry.rule.as_str()).collect();
                let more = if stale(report) > rules.len() { ", …" } else { "" };
                Some(format!("{} no longer happens ({}{more}), which --strict-known does not accept", plural(stale(report)), rules.join(", ")))
            }
            (Self::NotConformant, Verdict::Warned) => Some("a broken SHOULD rule fails the run (--fail-on)".to_owned()),
            (Self::NotConformant, Verdict::Suggested) => Some("a suggestion fails the run (--fail-on)".to_owned()),
            (Self::NotConformant, _) => Some("a broken rule is proven, though not every test could be tested".to_owned()),
            (Self::CouldNotTest, verdict) if verdict != Verdict::Errored => {
                let ids: Vec<&str> = missing(report).map(|test| test.id.as_str()).collect();
                let (first, more) = (ids.iter().take(3).copied().collect::<Vec<_>>().join(", "), if ids.len() > 3 { ", …" } else { "" });
                Some(format!("{} did not run ({first}{more}), which --require and --fail-on-skip do not accept", count(ids.len(), "required test")))
            }
            (Self::Conformant, Verdict::Skipped | Verdict::LeftOut) if report.shard().is_some() => {
                let nothing = if report.tests.is_empty() { "this shard has no test" } else { "no test of this shard got to what it is about" };
                Some(format!("{nothing}, which oa-authtest merge judges with the other shards"))
            }
            (Self::Conformant, Verdict::Failed) => Some("broken rules do not fail the run (--fail-on never)".to_owned()),
            _ => None,
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Conformant => 0,
            Self::NotConformant => 1,
            Self::Usage => 2,
            Self::CouldNotTest => 3,
            Self::NothingTested => 4,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What the number means, in a few words.
    pub fn says(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NotConformant => "not conformant",
            Self::Usage => "usage or configuration",
            Self::CouldNotTest => "could not test",
            Self::NothingTested => "nothing was tested",
            Self::Bug => "a bug in oa-authtest",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }
}

/// The certification profiles in which a module would fail. One that the issuer does not offer counts only where it was asked for by name.
fn failing_profiles(report: &RunReport) -> impl Iterator<Item = ProfileVerdict> {
    let asked = report.environment.certification.clone();
    let counts = move |verdict: &ProfileVerdict| !verdict.not_offered || asked.contains(&verdict.profile.id);
    let fails = |verdict: &ProfileVerdict| verdict.not_offered || verdict.count(Outcome::Fails) > 0;
    certification::verdicts(report).into_iter().filter(fails).filter(move |verdict| counts(verdict))
}

/// The tests that had to run and did not.
fn missing(report: &RunReport) -> impl Iterator<Item = &TestReport> {
    report.tests.iter().filter(|test| test.is_missing())
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

/// How many known failures no longer happen.
fn stale(report: &RunReport) -> usize {
    report.known.iter().flat_map(|known| &known.entries).filter(|entry| entry.is_stale()).count()
}

fn plural(n: usize) -> String {
    if n == 1 { "a known failure".to_owned() } else { format!("each of {n} known failures") }
}

/// The mildest verdict that makes the exit code 1.
fn threshold(fail_on: FailOn) -> Option<Verdict> {
    match fail_on {
        FailOn::Failure => Some(Verdict::Failed),
        FailOn::Warning => Some(Verdict::Warned),
        FailOn::Suggestion => Some(Verdict::Suggested),
        FailOn::Never => None,
    }
}

/// The verdict about the issuer that is proven, whatever else kept the test from its end.
fn proven(test: &TestReport) -> Verdict {
    let broken = Counts { errors: 0, ..Counts::of(&test.findings) }.verdict();
    if test.verdict == Verdict::Errored { broken } else { broken.max(test.verdict) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::result::model::{Finding, FindingOutcome};
    use crate::rule::Level;

    fn test(verdict: Verdict, broken: &[Level], reason: Option<&str>) -> TestReport {
        let finding = |level: &Level| Finding::new("id-token/issuer", *level, FindingOutcome::Failed);
        let findings: Vec<_> = broken.iter().map(finding).map(Arc::new).collect();
        TestReport {
            profile: "openactive".into(),
            verdict,
            reason: reason.map(str::to_owned),
            counts: Counts::of(&findings),
            findings,
            ..TestReport::default()
        }
    }

    fn report(tests: Vec<TestReport>) -> RunReport {
        RunReport { verdict: Verdict::Skipped, tests, ..RunReport::default() }
    }

    #[test]
    fn the_table() {
        use FailOn::{Failure, Never, Suggestion, Warning};
        use Verdict::{Errored, Failed, LeftOut, Passed, Skipped, Suggested, Warned};
        let passed = || test(Passed, &[], None);
        let skipped = || test(Skipped, &[], Some("needs --username"));
        let left_out = || test(LeftOut, &[], Some("`end_session_endpoint` is not there"));
        let left_out_warned = || test(LeftOut, &[Level::Should], Some("`end_session_endpoint` is not there"));
        let suggested = || test(Suggested, &[Level::May], None);
        let warned = || test(Warned, &[Level::Should], None);
        let failed = || test(Failed, &[Level::Must], None);
        let stopped = || test(Failed, &[], Some("no token endpoint"));
        let errored = || test(Errored, &[], Some("no browser was found"));
        let errored_late = || test(Errored, &[Level::Must], Some("no browser was found"));
        let errored_warned = || test(Errored, &[Level::Should], Some("no browser was found"));
        let bug = || TestReport { bug: true, ..test(Errored, &[], Some("a bug in oa-authtest: a step gave nothing")) };
        let required = |test: TestReport| TestReport { required: true, ..test };
        let table: Vec<(&str, Vec<TestReport>, FailOn, u8)> = vec![
            ("nothing selected", vec![], Failure, 4),
            ("all skipped", vec![skipped(), skipped()], Failure, 4),
            ("all skipped, never", vec![skipped()], Never, 4),
            ("one passed, one skipped", vec![passed(), skipped()], Failure, 0),
            ("one passed, one left out", vec![passed(), left_out()], Failure, 0),
            ("all left out", vec![left_out(), left_out()], Failure, 4),
            ("left out and skipped", vec![left_out(), skipped()], Failure, 4),
            ("a warning on the way, below the bar", vec![left_out_warned()], Failure, 4),
            ("a warning on the way, at the bar", vec![left_out_warned()], Warning, 1),
            ("a failure beside it", vec![left_out(), failed()], Failure, 1),
            ("an error beside it", vec![left_out(), errored()], Failure, 3),
            ("suggestion below the bar", vec![suggested()], Warning, 0),
            ("suggestion at the bar", vec![suggested()], Suggestion, 1),
            ("warning below the bar", vec![warned()], Failure, 0),
            ("warning at the bar", vec![warned()], Warning, 1),
            ("warning above the bar", vec![warned()], Suggestion, 1),
            ("failure", vec![passed(), failed()], Failure, 1),
            ("failure, suggestion asked", vec![failed()], Suggestion, 1),
            ("failure, never", vec![failed()], Never, 0),
            ("stopped by the issuer without a finding", vec![stopped()], Failure, 1),
            ("errored", vec![passed(), errored()], Failure, 3),
            ("errored, never", vec![errored()], Never, 3),
            ("failure wins over errored", vec![errored(), failed()], Failure, 1),
            ("failure proven before the error", vec![errored_late()], Failure, 1),
            ("failure proven before the error, never", vec![errored_late()], Never, 3),
            ("warning before the error, below the bar", vec![errored_warned()], Failure, 3),
            ("warning before the error, at the bar", vec![errored_warned()], Warning, 1),
            ("a required test skipped", vec![passed(), required(skipped())], Failure, 3),
            ("a required test left out, never", vec![passed(), required(left_out())], Never, 3),
            ("a required test passed", vec![required(passed()), skipped()], Failure, 0),
            ("failure wins over a required test skipped", vec![failed(), required(skipped())], Failure, 1),
            ("bug wins over failure", vec![failed(), bug(), errored()], Failure, 70),
            ("bug, never", vec![bug()], Never, 70),
        ];
        for (name, tests, fail_on, code) in table {
            assert_eq!(Exit::of(&report(tests), fail_on).code(), code, "{name}");
        }
    }

    #[test]
    fn the_last_line_counts_the_tests_that_were_left_out() {
        let left_out = || test(Verdict::LeftOut, &[], Some("not offered"));
        let says = |tests: Vec<TestReport>, fail_on| {
            let verdict = tests.iter().map(|test| test.verdict).max().unwrap_or_default();
            let report = RunReport { verdict, ..report(tests) };
            Exit::of(&report, fail_on).because(&report, fail_on)
        };
        let passed = || test(Verdict::Passed, &[], None);
        assert_eq!(says(vec![passed()], FailOn::Failure), None);
        assert_eq!(says(vec![passed(), left_out()], FailOn::Failure).as_deref(), Some("conformant; 1 test left out"));
        let flaky = || TestReport { flaky: true, ..test(Verdict::Passed, &[], None) };
        assert_eq!(says(vec![flaky(), passed()], FailOn::Failure).as_deref(), Some("conformant; 1 test flaky"));
        assert_eq!(says(vec![flaky(), left_out()], FailOn::Failure).as_deref(), Some("conformant; 1 test flaky; 1 test left out"));
        assert_eq!(says(vec![left_out(), left_out()], FailOn::Failure).as_deref(), Some("nothing was tested; 2 tests left out"));
        let warned = test(Verdict::Warned, &[Level::Should], None);
        let why = "a broken SHOULD rule fails the run (--fail-on); 1 test left out";
        assert_eq!(says(vec![warned, left_out()], FailOn::Warning).as_deref(), Some(why));
    }

    #[test]
    fn several_issuers_end_as_the_worst_of_them() {
        use Exit::{Bug, Conformant, CouldNotTest, NotConformant, NothingTested, Usage};
        for (exits, of_all) in [
            (&[Some(Conformant), Some(Conformant)][..], Conformant),
            (&[Some(Conformant), Some(NothingTested)], NothingTested),
            (&[Some(NothingTested), Some(Usage)], Usage),
            (&[Some(CouldNotTest), Some(Usage), Some(Conformant)], CouldNotTest),
            (&[Some(CouldNotTest), Some(NotConformant)], NotConformant),
            (&[Some(NotConformant), Some(Bug), Some(CouldNotTest)], Bug),
            (&[None, Some(Conformant)], Conformant),
            (&[None, None], NothingTested),
            (&[], NothingTested),
        ] {
            assert_eq!(Exit::of_all(exits.iter().copied()), of_all, "{exits:?}");
        }
    }

    #[test]
    fn the_codes_are_the_contract() {
        use Exit::{Bug, Conformant, CouldNotTest, Interrupted, NotConformant, NothingTested, Terminated, Usage};
        let all = [Conformant, NotConformant, Usage, CouldNotTest, NothingTested, Bug, Interrupted, Terminated];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4, 70, 130, 143]);
    }
}
