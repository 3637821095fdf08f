//! Findings, and the sentences of a step with the marks they roll up to.

use serde::Serialize;

use super::{Headline, TestLink};
use crate::report::mark::Mark;
use crate::report::words;
use crate::result::model::{Finding, FindingOutcome, StepEnd, StepReport, TestReport};
use crate::rule::Level;

/// A finding.
#[derive(Debug, Serialize)]
pub struct FindingView<'a> {
    mark: Mark,
    rule: &'a str,
    says: &'a str,
    /// The specification's paragraph, which may be empty, and its address.
    spec: &'a str,
    url: &'a str,
    failed: bool,
    expected: &'a str,
    actual: &'a str,
    /// In the summary: what else was seen of the rule, and how much more there is.
    others: Vec<&'a str>,
    more: usize,
    /// Why a broken rule matters, and how to mend it; empty where that is not known.
    why: &'a str,
    fix: &'a str,
    /// Why it has this level, if that depends on the profile.
    level_note: Option<&'a str>,
    /// Why it is accepted, if it is a known failure.
    known: Option<&'a str>,
    /// Why it was not judged.
    because: Option<&'a str>,
    /// In the report of a test: the exchange it failed on.
    place: Option<PlaceView>,
    /// In the summary: the tests it is broken in.
    tests: Vec<TestLink<'a>>,
}

/// An exchange as it is linked to.
#[derive(Debug, Serialize)]
struct PlaceView {
    number: usize,
    title: String,
}

impl<'a> FindingView<'a> {
    fn of(finding: &'a Finding) -> Self {
        let unjudged = matches!(finding.outcome, FindingOutcome::NotApplicable | FindingOutcome::NotRun);
        Self {
            mark: Mark::of_finding(finding),
            rule: &finding.rule,
            says: &finding.says,
            spec: &finding.spec,
            url: &finding.url,
            failed: finding.outcome == FindingOutcome::Failed,
            expected: &finding.expected,
            actual: &finding.actual,
            others: Vec::new(),
            more: 0,
            why: &finding.why,
            fix: &finding.fix,
            level_note: finding.level_note.as_deref(),
            known: finding.known.as_deref(),
            because: (unjudged && !finding.actual.is_empty()).then_some(&finding.actual),
            place: None,
            tests: Vec::new(),
        }
    }

    /// A finding in the report of its test.
    pub fn within(test: &TestReport, finding: &'a Finding) -> Self {
        let of = Self::of(finding);
        let exchange = finding.exchange.filter(|_| of.failed).and_then(|number| words::exchange(test, number));
        let place = exchange.map(|exchange| PlaceView { number: exchange.number, title: request_title(&exchange.title) });
        Self { place, ..of }
    }

    /// A finding in the summary, with the tests it is in.
    pub fn across((finding, tests): (&'a Finding, Vec<&'a TestReport>)) -> Self {
        let (others, more) = words::other_actuals(finding, &tests);
        Self { others, more, tests: tests.into_iter().map(TestLink::of).collect(), ..Self::of(finding) }
    }
}

/// What an exchange is called in headings and links.
pub fn request_title(title: &str) -> String {
    format!("{} Request", title.strip_suffix(" Request").or_else(|| title.strip_suffix(" request")).unwrap_or(title))
}

/// A sentence of a step's specs and the rules judged under it.
#[derive(Debug, Serialize)]
pub struct SpecView<'a> {
    mark: Mark,
    sentence: &'a str,
    rules: Vec<FindingView<'a>>,
    /// How many rules did not apply, in words, if any did not.
    folded: Option<Headline>,
    not_applicable: Vec<FindingView<'a>>,
}

/// The specs of a step with its findings. A finding whose sentence is not among the step's is shown under one of its
/// own: none may be lost.
pub fn specs<'a>(step: &'a StepReport, findings: &[&'a Finding], test: &'a TestReport) -> Vec<SpecView<'a>> {
    let own = |n: usize| findings.iter().copied().filter(move |finding| finding.sentence == n).collect::<Vec<_>>();
    let sentences = step.sentences.iter().enumerate();
    let mut specs: Vec<_> = sentences.map(|(n, sentence)| spec(sentence, &own(n), &step.ended, n == 0, test)).collect();
    let others: Vec<_> = findings.iter().copied().filter(|finding| finding.sentence >= step.sentences.len()).collect();
    specs.extend(other_rules(&others, test));
    specs
}

/// Findings without a sentence of their own, under one, if there are any.
pub fn other_rules<'a>(findings: &[&'a Finding], test: &'a TestReport) -> Option<SpecView<'a>> {
    (!findings.is_empty()).then(|| spec("other rules", findings, &StepEnd::Done, false, test))
}

fn spec<'a>(sentence: &'a str, findings: &[&'a Finding], ended: &StepEnd, about_the_step: bool, test: &'a TestReport) -> SpecView<'a> {
    let (idle, rules): (Vec<_>, Vec<_>) = findings.iter().copied().partition(|finding| finding.outcome == FindingOutcome::NotApplicable);
    let folded = match idle.len() {
        0 => None,
        1 => Some("1 rule does not apply".to_owned()),
        n => Some(format!("{n} rules do not apply")),
    };
    let views = |findings: Vec<&'a Finding>| findings.into_iter().map(|finding| FindingView::within(test, finding)).collect();
    SpecView {
        mark: mark(findings, ended, about_the_step),
        sentence,
        rules: views(rules),
        folded: folded.map(|says| Headline { mark: Mark::NotApplicable, says }),
        not_applicable: views(idle),
    }
}

/// What a sentence rolls up to: its worst finding, or what became of the step. The first sentence is the one about the step itself.
fn mark(findings: &[&Finding], ended: &StepEnd, about_the_step: bool) -> Mark {
    let broken = findings.iter().filter(|finding| finding.is_broken()).map(|finding| finding.level).max();
    let any = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
    match (broken, ended) {
        (Some(Level::Must), _) => Mark::Failure,
        (_, StepEnd::Stopped(_)) if about_the_step => Mark::Failure,
        (_, StepEnd::Errored(_)) if about_the_step => Mark::Error,
        (Some(level), _) => Mark::of_level(level),
        (None, _) if findings.iter().any(|finding| finding.is_known()) => Mark::Known,
        (None, _) if any(FindingOutcome::NotRun) => Mark::NotRun,
        (None, _) if any(FindingOutcome::Passed) => Mark::Passed,
        (None, StepEnd::Done) => Mark::NotApplicable,
        (None, StepEnd::LeftOut(_)) => Mark::LeftOut,
        (None, _) => Mark::NotRun,
    }
}
