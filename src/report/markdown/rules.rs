//! Findings as the templates show them, and the sentences of a step with the marks they roll up to.

use serde::Serialize;

use crate::report::words;
use crate::result::model::{Entry, Finding, FindingOutcome, StepEnd, StepReport, TestReport};
use crate::rule::Level;
use crate::text::markdown as escape;

/// A finding. Members that hold Markdown say so; the others are plain and escaped by the template.
#[derive(Debug, Serialize)]
pub struct RuleView {
    mark: &'static str,
    says: String,
    /// Markdown: the rule's id and the link to its specification.
    reference: String,
    failed: bool,
    expected: String,
    actual: String,
    /// Markdown: a link to the exchange.
    place: Option<String>,
    /// Why it is lived with, if it is known.
    known: Option<String>,
    /// Why it was not judged.
    because: Option<String>,
}

impl RuleView {
    /// Shows a finding in the report of its test.
    pub fn of(finding: &Finding, test: &TestReport) -> Self {
        let unjudged = matches!(finding.outcome, FindingOutcome::NotApplicable | FindingOutcome::NotRun);
        Self {
            mark: words::finding_mark(finding),
            says: finding.says.clone(),
            reference: reference(finding),
            failed: finding.outcome == FindingOutcome::Failed,
            expected: finding.expected.clone(),
            actual: finding.actual.clone(),
            place: finding.exchange.and_then(|number| place(number, test)),
            known: finding.known.clone(),
            because: (unjudged && !finding.actual.is_empty()).then(|| finding.actual.clone()),
        }
    }
}

/// Markdown: the rule's id, which `explain` takes, and the specification's paragraph with a link to it.
pub fn reference(finding: &Finding) -> String {
    if finding.spec.is_empty() {
        format!("({})", escape::code(&finding.rule))
    } else {
        format!("({}, {})", escape::code(&finding.rule), escape::link(&finding.spec, &finding.url))
    }
}

/// The name of an exchange's anchor in the report of its test.
pub fn anchor(number: usize) -> String {
    format!("exchange-{number}")
}

/// What an exchange is called in headings and links.
pub fn request_title(title: &str) -> String {
    format!("{} Request", title.strip_suffix(" Request").or_else(|| title.strip_suffix(" request")).unwrap_or(title))
}

fn place(number: usize, test: &TestReport) -> Option<String> {
    let entries = test.steps.iter().flat_map(|step| &step.entries);
    let exchange = entries.filter_map(|entry| if let Entry::Exchange(e) = entry { Some(e) } else { None }).find(|e| e.number == number)?;
    Some(format!("[{}](#{})", escape::md(&request_title(&exchange.title)), anchor(number)))
}

/// A sentence of a step's specs and the rules judged under it.
#[derive(Debug, Serialize)]
pub struct SpecView {
    mark: &'static str,
    sentence: String,
    rules: Vec<RuleView>,
    /// What the fold over the rules that did not apply says.
    folded: Option<String>,
    not_applicable: Vec<RuleView>,
}

/// The specs of a step. A finding whose sentence is not among the step's is shown under one of its own: none may be lost.
pub fn specs(index: usize, step: &StepReport, test: &TestReport) -> Vec<SpecView> {
    let findings: Vec<_> = test.findings.iter().filter(|f| f.step == index).collect();
    let mut specs: Vec<_> = step
        .sentences
        .iter()
        .enumerate()
        .map(|(n, sentence)| {
            let own: Vec<_> = findings.iter().copied().filter(|f| f.sentence == n).collect();
            spec(sentence, mark(&own, &step.ended, n == 0), &own, test)
        })
        .collect();
    let others: Vec<_> = findings.into_iter().filter(|f| f.sentence >= step.sentences.len()).collect();
    if !others.is_empty() {
        specs.push(spec("other rules", mark(&others, &StepEnd::Done, false), &others, test));
    }
    specs
}

/// The findings that belong to no step of the test, if there are any.
pub fn astray(test: &TestReport) -> Vec<SpecView> {
    let astray: Vec<_> = test.findings.iter().filter(|f| f.step >= test.steps.len()).collect();
    if astray.is_empty() { Vec::new() } else { vec![spec("other rules", mark(&astray, &StepEnd::Done, false), &astray, test)] }
}

fn spec(sentence: &str, mark: &'static str, findings: &[&Finding], test: &TestReport) -> SpecView {
    let (idle, rules): (Vec<_>, Vec<_>) = findings.iter().partition(|f| f.outcome == FindingOutcome::NotApplicable);
    let folded = match idle.len() {
        0 => None,
        1 => Some("➖ 1 rule does not apply".to_owned()),
        n => Some(format!("➖ {n} rules do not apply")),
    };
    let views = |findings: Vec<&&Finding>| findings.into_iter().map(|f| RuleView::of(f, test)).collect();
    SpecView { mark, sentence: sentence.to_owned(), rules: views(rules), folded, not_applicable: views(idle) }
}

/// What a sentence rolls up to: its worst finding, or what became of the step. The first sentence is the one about the step itself.
fn mark(findings: &[&Finding], ended: &StepEnd, about_the_step: bool) -> &'static str {
    let broken = findings.iter().filter(|f| f.is_broken()).max_by_key(|f| f.level);
    let any = |outcome| findings.iter().any(|f| f.outcome == outcome);
    match (broken, ended) {
        (Some(finding), _) if finding.level == Level::Must => "❌",
        (_, StepEnd::Stopped(_)) if about_the_step => "❌",
        (_, StepEnd::Errored(_)) if about_the_step => "💥",
        (Some(finding), _) => words::finding_mark(finding),
        (None, _) if findings.iter().any(|f| f.is_known()) => words::KNOWN_MARK,
        (None, _) if any(FindingOutcome::NotRun) => "⏸",
        (None, _) if any(FindingOutcome::Passed) => "✅",
        (None, StepEnd::Done) => "➖",
        (None, StepEnd::LeftOut(_)) => "⏭",
        (None, _) => "⏸",
    }
}
