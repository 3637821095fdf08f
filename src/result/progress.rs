//! How far a run has come: the tests that have ended with their reports, and those that have not with what is known of them.

use std::collections::{BTreeSet, HashMap};

use super::event::Event;
use super::model::{RunReport, TestReport};

/// A run that goes on.
#[derive(Debug, Clone)]
pub struct Progress {
    /// What there is of its report: the tests that have ended, in the order of the plan.
    pub report: RunReport,
    /// The tests that have not, in the order of the plan.
    pub pending: Vec<PendingTest>,
    /// What the run is about.
    pub phase: Phase,
    /// The place of each test in the plan, by its id.
    places: HashMap<String, usize>,
}

/// A test that has not ended.
#[derive(Debug, Clone)]
pub struct PendingTest {
    /// What is known of it beforehand: its id, title, feature, description and command.
    pub outline: TestReport,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a test has come that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It has not begun.
    Waiting,
    /// It was begun.
    Running {
        /// The heading of the step it takes; `None` before the first.
        step: Option<String>,
        /// If it is run again: the number of the attempt, from 1, how many there may be, and what came of the one before.
        again: Option<(usize, usize, String)>,
    },
}

/// What a run is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// No test has begun; what is waited for, if anything is.
    Before(Option<String>),
    /// Tests are run.
    Running,
    /// The run has ended, and its report is whole.
    Ended {
        /// Where the report can be read from now on, if it could be written.
        report: Option<String>,
    },
    /// The run could not begin, for this reason.
    NotBegun(String),
}

/// A test of a run that goes on.
#[derive(Debug, Clone, Copy)]
pub enum Planned<'a> {
    /// It has ended.
    Ended(&'a TestReport),
    /// It has not.
    Pending(&'a PendingTest),
}

/// What became otherwise by an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Nothing that is shown.
    None,
    /// The step of a test, given by its id.
    Step(String),
    /// The test of this id, and with it what is said of the whole.
    Test(String),
    /// What is said of the whole.
    Whole,
}

impl Progress {
    /// A run before its first test, from the report that has nothing but what the plan says. A test that is skipped has ended by that.
    pub fn new(mut outline: RunReport) -> Self {
        let places = outline.tests.iter().enumerate().map(|(place, test)| (test.id.clone(), place)).collect();
        let (ended, pending) = std::mem::take(&mut outline.tests).into_iter().partition(|test| test.skipped.is_some());
        outline.tests = ended;
        let mut progress = Self { report: outline, pending: Vec::new(), phase: Phase::Before(None), places };
        progress.pending = pending.into_iter().map(|outline| PendingTest { outline, stage: Stage::Waiting }).collect();
        progress.report.sum_up();
        progress
    }

    /// How many tests have ended that were run, and how many are to be run in all: without those that are skipped.
    pub fn counted(&self) -> (usize, usize) {
        let ended = self.report.tests.iter().filter(|test| test.skipped.is_none()).count();
        (ended, ended + self.pending.len())
    }

    /// True if nothing more will happen.
    pub fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. } | Phase::NotBegun(_))
    }

    /// Every test in the order of the plan.
    pub fn in_order(&self) -> Vec<Planned<'_>> {
        let mut tests: Vec<_> = self.report.tests.iter().map(Planned::Ended).chain(self.pending.iter().map(Planned::Pending)).collect();
        tests.sort_by_key(|test| self.place(&test.report().id));
        tests
    }

    /// A test by its id.
    pub fn find(&self, id: &str) -> Option<Planned<'_>> {
        let ended = self.report.tests.iter().find(|test| test.id == id).map(Planned::Ended);
        ended.or_else(|| self.pending.iter().find(|test| test.outline.id == id).map(Planned::Pending))
    }

    /// The tests that are running, with the heading of the step they take.
    pub fn running(&self) -> impl Iterator<Item = (&TestReport, Option<&str>)> {
        self.pending.iter().filter_map(|test| match &test.stage {
            Stage::Waiting => None,
            Stage::Running { step, .. } => Some((&test.outline, step.as_deref())),
        })
    }

    /// Takes an event in, and says what became otherwise by it.
    pub fn apply(&mut self, event: Event) -> Change {
        let changed = |is_there: bool, change: Change| if is_there { change } else { Change::None };
        match event {
            Event::RunStarted { .. } => {
                self.phase = Phase::Running;
                Change::Whole
            }
            Event::TestStarted { id, .. } => {
                let stage = Stage::Running { step: None, again: None };
                changed(self.pending_test(&id).map(|test| test.stage = stage).is_some(), Change::Test(id))
            }
            Event::StepStarted { id, step: next } => match self.pending_test(&id).map(|test| &mut test.stage) {
                Some(Stage::Running { step, .. }) => {
                    *step = Some(next);
                    Change::Step(id)
                }
                _ => Change::None,
            },
            Event::TestAgain { id, retry: (number, most), because } => {
                let stage = Stage::Running { step: None, again: Some((number, most, because)) };
                changed(self.pending_test(&id).map(|test| test.stage = stage).is_some(), Change::Step(id))
            }
            Event::TestEnded(test) => {
                let id = test.id.clone();
                self.end(std::sync::Arc::unwrap_or_clone(test));
                Change::Test(id)
            }
            Event::Exchanged { .. } | Event::Shown { .. } | Event::RunEnded => Change::None,
        }
    }

    /// The run has ended with this report, which can be read at `place` from now on. Returns the ids of the tests of which something else, or nothing, was
    /// known until now.
    pub fn finish(&mut self, report: RunReport, place: Option<String>) -> BTreeSet<String> {
        let known: HashMap<&str, &TestReport> = self.report.tests.iter().map(|test| (test.id.as_str(), test)).collect();
        let others = report.tests.iter().filter(|test| known.get(test.id.as_str()) != Some(test)).map(|test| test.id.clone());
        let others = others.chain(self.pending.iter().map(|test| test.outline.id.clone())).collect();
        (self.report, self.phase) = (report, Phase::Ended { report: place });
        self.pending.clear();
        others
    }

    /// The run could not begin. Returns the ids of the tests that are not run.
    pub fn give_up(&mut self, why: String) -> BTreeSet<String> {
        self.phase = Phase::NotBegun(why);
        std::mem::take(&mut self.pending).into_iter().map(|test| test.outline.id).collect()
    }

    fn pending_test(&mut self, id: &str) -> Option<&mut PendingTest> {
        self.pending.iter_mut().find(|test| test.outline.id == id)
    }

    fn end(&mut self, test: TestReport) {
        self.pending.retain(|pending| pending.outline.id != test.id);
        let place = self.place(&test.id);
        let at = self.report.tests.partition_point(|known| self.places.get(&known.id).copied().unwrap_or(usize::MAX) < place);
        match self.report.tests.get_mut(at).filter(|known| known.id == test.id) {
            Some(known) => *known = test,
            None => self.report.tests.insert(at, test),
        }
        self.report.sum_up();
    }

    fn place(&self, id: &str) -> usize {
        self.places.get(id).copied().unwrap_or(usize::MAX)
    }
}

impl<'a> Planned<'a> {
    /// What is known of the test.
    pub fn report(self) -> &'a TestReport {
        match self {
            Self::Ended(test) => test,
            Self::Pending(test) => &test.outline,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::result::model::{Counts, SkipKind, Verdict};

    fn test(id: &str, verdict: Verdict, failures: usize) -> TestReport {
        TestReport { id: id.to_owned(), verdict, counts: Counts { failures, ..Counts::default() }, ..TestReport::default() }
    }

    fn sample() -> RunReport {
        serde_json::from_str(include_str!("../../fixtures/results/sample.json")).expect("it is a results file")
    }

    /// A run of the tests `a/1`, `a/2`, which is skipped, and `a/3`.
    fn progress() -> Progress {
        let skipped = TestReport { skipped: Some(SkipKind::LeftOut), ..test("a/2", Verdict::Skipped, 0) };
        let tests = vec![test("a/1", Verdict::Skipped, 0), skipped, test("a/3", Verdict::Skipped, 0)];
        Progress::new(RunReport { tests, ..sample() })
    }

    fn ids(progress: &Progress) -> (Vec<&str>, Vec<&str>) {
        let pending = progress.pending.iter().map(|test| test.outline.id.as_str()).collect();
        (progress.report.tests.iter().map(|test| test.id.as_str()).collect(), pending)
    }

    #[test]
    fn tests_end_in_any_order_and_stand_in_that_of_the_plan() {
        let mut progress = progress();
        assert_eq!((ids(&progress), progress.counted()), ((vec!["a/2"], vec!["a/1", "a/3"]), (0, 2)));
        assert_eq!(progress.apply(Event::RunStarted { tests: 3 }), Change::Whole);
        let started = |id: &str| Event::TestStarted { id: id.to_owned(), title: String::new() };
        assert_eq!(progress.apply(started("a/3")), Change::Test("a/3".to_owned()));
        assert_eq!(progress.apply(started("a/1")), Change::Test("a/1".to_owned()));
        let step = Event::StepStarted { id: "a/3".to_owned(), step: "Discovery".to_owned() };
        assert_eq!(progress.apply(step), Change::Step("a/3".to_owned()));
        let running: Vec<_> = progress.running().map(|(test, step)| (test.id.as_str(), step)).collect();
        assert_eq!(running, [("a/1", None), ("a/3", Some("Discovery"))]);
        let again = Event::TestAgain { id: "a/3".to_owned(), retry: (1, 2), because: "x".to_owned() };
        assert_eq!(progress.apply(again), Change::Step("a/3".to_owned()));
        assert_eq!(progress.pending[1].stage, Stage::Running { step: None, again: Some((1, 2, "x".to_owned())) });
        assert_eq!(progress.apply(Event::TestEnded(Arc::new(test("a/3", Verdict::Failed, 2)))), Change::Test("a/3".to_owned()));
        assert_eq!(
            (ids(&progress), progress.report.verdict, progress.report.counts.failures),
            ((vec!["a/2", "a/3"], vec!["a/1"]), Verdict::Failed, 2)
        );
        progress.apply(Event::TestEnded(Arc::new(test("a/1", Verdict::Passed, 0))));
        assert_eq!(ids(&progress), (vec!["a/1", "a/2", "a/3"], vec![]));
        assert_eq!(progress.in_order().into_iter().map(|test| test.report().id.as_str()).collect::<Vec<_>>(), ["a/1", "a/2", "a/3"]);
        assert_eq!((progress.counted(), progress.has_ended()), ((2, 2), false));
    }

    #[test]
    fn the_end_names_what_was_not_known_before() {
        let mut progress = progress();
        progress.apply(Event::TestEnded(Arc::new(test("a/1", Verdict::Passed, 0))));
        let known = progress.report.tests.clone();
        let tests = vec![known[0].clone(), known[1].clone(), test("a/3", Verdict::Errored, 0)];
        let others = progress.finish(RunReport { tests, ..sample() }, Some("reports/report.html".to_owned()));
        assert_eq!(others.into_iter().collect::<Vec<_>>(), ["a/3"]);
        assert_eq!(ids(&progress), (vec!["a/1", "a/2", "a/3"], vec![]));
        assert!(progress.has_ended());
    }

    #[test]
    fn what_is_not_in_the_plan_changes_nothing() {
        let mut progress = progress();
        for event in [
            Event::TestStarted { id: "b/1".to_owned(), title: String::new() },
            Event::StepStarted { id: "a/1".to_owned(), step: "before it was begun".to_owned() },
            Event::RunEnded,
        ] {
            assert_eq!(progress.apply(event), Change::None);
        }
    }
}
