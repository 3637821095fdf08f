//! A run with several issuers.

use std::collections::HashMap;

use serde::Serialize;

use super::{CountView, Headline, NO_CELL, place};
use crate::config::is_name;
use crate::report::file::SUMMARY;
use crate::report::mark::Mark;
use crate::report::single::SINGLE_FILES;
use crate::report::{html, json, words};
use crate::result::issuers::{IssuerResult, IssuersReport, Outcome, RuleAt, RuleAtIssuer, RuleRow, TestAt, TestRow};
use crate::result::model::Verdict;
use crate::rule::spec as specification;
use crate::text::count;

/// A run with several issuers.
#[derive(Debug, Serialize)]
pub struct IssuersView<'a> {
    /// `3 issuers`.
    title: String,
    headline: Headline,
    /// The verdict that the whole is coloured by.
    verdict: Verdict,
    warnings: Vec<String>,
    time: String,
    tool: String,
    /// `1: not conformant (staging)`.
    exit: String,
    issuers: Vec<IssuerView<'a>>,
    /// The issuers that have results: the columns of what follows.
    columns: Vec<&'a str>,
    rules: Vec<RuleView<'a>>,
    tests: Vec<TestView<'a>>,
    /// How many tests passed at every issuer, in words.
    passed: Option<String>,
}

/// An issuer.
#[derive(Debug, Serialize)]
struct IssuerView<'a> {
    name: &'a str,
    issuer: &'a str,
    mark: Mark,
    /// The outcome in capitals, as in the headline of a run.
    verdict: String,
    says: &'a str,
    /// Its report, relative to the page; empty if there is none.
    report: String,
    /// How many rules of each level are broken, and how many of these failures are known.
    broken: Vec<CountView>,
    /// How many tests were run, could not be tested, were left out and were skipped.
    tests: Vec<CountView>,
    time: String,
}

/// A rule at every issuer.
#[derive(Debug, Serialize)]
struct RuleView<'a> {
    says: &'a str,
    rule: &'a str,
    spec: &'a str,
    spec_words: String,
    url: &'a str,
    cells: Vec<CellView>,
}

/// A test at every issuer.
#[derive(Debug, Serialize)]
struct TestView<'a> {
    id: &'a str,
    title: &'a str,
    cells: Vec<CellView>,
}

/// How a rule or a test came out at one issuer.
#[derive(Debug, Default, Serialize)]
struct CellView {
    /// Nothing where it has nothing to say.
    mark: Option<Mark>,
    /// What stands beside the mark: `2 tests`; may be empty.
    says: String,
    /// Where it leads; empty for nowhere.
    to: String,
}

impl<'a> IssuersView<'a> {
    /// A view of a run with several issuers whose reports are there to be linked to.
    pub fn of(report: &'a IssuersReport) -> Self {
        let ran: Vec<&IssuerResult> = report.issuers.iter().filter(|issuer| issuer.results.is_some() || issuer.verdict.is_some()).collect();
        let is_everywhere = |test: &&TestRow| !test.issuers.is_empty() && test.issuers.iter().all(|at| at.verdict == Verdict::Passed && !at.flaky);
        let passed = report.tests.iter().filter(is_everywhere).count();
        Self {
            title: count(report.issuers.len(), "issuer"),
            headline: headline(report),
            verdict: verdict_of_all(report),
            warnings: warnings(report),
            time: words::moment_and_duration(&report.started, report.duration_ms),
            tool: format!("{} {}", report.tool.name, report.tool.version),
            exit: format!("{}: {}", report.exit_code, report.because),
            issuers: report.issuers.iter().map(issuer).collect(),
            columns: ran.iter().map(|issuer| issuer.name.as_str()).collect(),
            rules: report.rules.iter().map(|rule| of_rule(rule, &ran)).collect(),
            tests: report.tests.iter().filter(|test| !is_everywhere(test)).map(|test| of_test(test, &ran)).collect(),
            passed: (passed > 0).then(|| format!("{} passed at every issuer that has it.", count(passed, "test"))),
        }
    }

    /// What it is about: `3 issuers`.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The mark of the whole.
    pub fn mark(&self) -> Mark {
        self.headline.mark
    }

    /// The same without links to the reports.
    #[must_use]
    pub fn alone(mut self) -> Self {
        for issuer in &mut self.issuers {
            issuer.report.clear();
        }
        let cells = self.rules.iter_mut().flat_map(|rule| &mut rule.cells).chain(self.tests.iter_mut().flat_map(|test| &mut test.cells));
        cells.for_each(|cell| cell.to.clear());
        self
    }
}

/// How the issuers came out: `3 issuers: 1 not conformant, 2 conformant`.
pub fn headline(report: &IssuersReport) -> Headline {
    let mut outcomes: Vec<Outcome> = report.issuers.iter().map(|issuer| issuer.outcome).collect();
    outcomes.sort_by_key(|outcome| std::cmp::Reverse(*outcome));
    outcomes.dedup();
    let of = |outcome: &Outcome| format!("{} {}", report.issuers.iter().filter(|issuer| issuer.outcome == *outcome).count(), outcome.words());
    let says = format!("{}: {}", count(report.issuers.len(), "issuer"), outcomes.iter().map(of).collect::<Vec<_>>().join(", "));
    let worst = report.issuers.iter().max_by_key(|issuer| (issuer.outcome, issuer.verdict));
    Headline { mark: worst.map_or(Mark::Skipped, mark), says }
}

/// The mark of an issuer.
pub fn mark(issuer: &IssuerResult) -> Mark {
    match issuer.outcome {
        Outcome::NotConformant => Mark::Failure,
        Outcome::NotFullyTested | Outcome::NotTested => Mark::Error,
        Outcome::NothingTested => Mark::LeftOut,
        Outcome::NotBegun => Mark::NotRun,
        Outcome::NothingToRun => Mark::Skipped,
        Outcome::Conformant if issuer.tests.flaky > 0 => Mark::Warning,
        Outcome::Conformant if issuer.rules.known > 0 && issuer.verdict == Some(Verdict::Passed) => Mark::Known,
        Outcome::Conformant => Mark::of_verdict(issuer.verdict.unwrap_or(Verdict::Passed)),
    }
}

/// The verdict that an issuer is coloured by.
pub fn verdict(issuer: &IssuerResult) -> Verdict {
    match issuer.outcome {
        Outcome::NotConformant => Verdict::Failed,
        Outcome::NotFullyTested | Outcome::NotTested => Verdict::Errored,
        Outcome::NothingTested | Outcome::NotBegun => Verdict::LeftOut,
        Outcome::NothingToRun => Verdict::Skipped,
        Outcome::Conformant => issuer.verdict.unwrap_or(Verdict::Passed),
    }
}

/// The verdict that the whole is coloured by: what is proven comes before what is not known.
fn verdict_of_all(report: &IssuersReport) -> Verdict {
    let verdicts = || report.issuers.iter().map(verdict);
    if verdicts().any(|verdict| verdict == Verdict::Failed) { Verdict::Failed } else { verdicts().max().unwrap_or_default() }
}

fn warnings(report: &IssuersReport) -> Vec<String> {
    let mut warnings = Vec::new();
    if report.interrupted {
        warnings.push("The run was interrupted: what had not ended by then is missing or unfinished.".to_owned());
    }
    if !report.not_selected.is_empty() {
        warnings.push(format!("Not selected for this run (--issuer-name): {}.", report.not_selected.join(", ")));
    }
    warnings.extend(report.issuers.iter().flat_map(|issuer| issuer.warnings.iter().map(|warning| format!("{}: {warning}", issuer.name))));
    warnings
}

fn issuer(issuer: &IssuerResult) -> IssuerView<'_> {
    let rules = issuer.rules;
    let counts = [
        (Mark::Failure, rules.must, "MUST rule"),
        (Mark::Warning, rules.should, "SHOULD rule"),
        (Mark::Suggestion, rules.may, "MAY rule"),
        (Mark::Known, rules.known, "known failure"),
    ];
    let tests = [
        (Mark::Passed, issuer.tests.run, "run"),
        (Mark::Error, issuer.tests.errored, "errored"),
        (Mark::LeftOut, issuer.tests.left_out, "left out"),
        (Mark::Skipped, issuer.tests.skipped, "skipped"),
    ];
    IssuerView {
        name: &issuer.name,
        issuer: issuer.issuer.as_deref().unwrap_or(NO_CELL),
        mark: mark(issuer),
        verdict: issuer.outcome.words().to_uppercase(),
        says: &issuer.says,
        report: link(issuer, issuer.report.as_deref()).unwrap_or_default(),
        broken: counts
            .into_iter()
            .map(|(mark, n, noun)| CountView { mark, n, says: if n == 1 { noun.to_owned() } else { format!("{noun}s") } })
            .collect(),
        tests: tests.into_iter().map(|(mark, n, says)| CountView { mark, n, says: says.to_owned() }).collect(),
        time: if issuer.duration_ms == 0 { NO_CELL.to_owned() } else { words::duration(issuer.duration_ms) },
    }
}

/// A path that leads into the folder of an issuer and to a report there; none for any other, since the file may come from anywhere.
fn link(issuer: &IssuerResult, path: Option<&str>) -> Option<String> {
    let (folder, name) = path?.split_once('/')?;
    let is_report = [html::NAME, SUMMARY, json::NAME].contains(&name) || SINGLE_FILES.iter().any(|single| single.name == name);
    (is_name(folder) && folder == issuer.name && is_report).then(|| format!("{folder}/{name}"))
}

/// Where the page of an issuer is, if it has one.
fn page(issuer: &IssuerResult) -> Option<String> {
    link(issuer, issuer.report.as_deref()).filter(|path| path.ends_with(html::NAME))
}

fn of_rule<'a>(row: &'a RuleRow, ran: &[&IssuerResult]) -> RuleView<'a> {
    let by_name: HashMap<&str, &RuleAt> = row.issuers.iter().map(|at| (at.issuer.as_str(), at)).collect();
    let cell = |issuer: &&IssuerResult| by_name.get(issuer.name.as_str()).map(|at| of_rule_at(row, at, issuer)).unwrap_or_default();
    RuleView {
        says: &row.says,
        rule: &row.rule,
        spec: &row.spec,
        spec_words: specification::resolve(&row.spec).map_or_else(|| row.spec.clone(), |reference| reference.title),
        url: &row.url,
        cells: ran.iter().map(cell).collect(),
    }
}

fn of_rule_at(row: &RuleRow, at: &RuleAt, issuer: &IssuerResult) -> CellView {
    let level = at.level.unwrap_or(row.level);
    let (mark, address) = match at.state {
        RuleAtIssuer::Broken => (Some(Mark::of_level(level)), Some(place::broken(level, &row.rule))),
        RuleAtIssuer::Known => (Some(Mark::Known), Some(place::known(level, &row.rule))),
        RuleAtIssuer::Passed => (Some(Mark::Passed), None),
        RuleAtIssuer::NotRun => (Some(Mark::NotRun), None),
        RuleAtIssuer::NotApplicable => (Some(Mark::NotApplicable), None),
        RuleAtIssuer::NotJudged => (None, None),
    };
    let to = address.and_then(|address| Some(format!("{}#{address}", page(issuer)?))).unwrap_or_default();
    let says = if at.tests.is_empty() { String::new() } else { count(at.tests.len(), "test") };
    CellView { mark, says, to }
}

fn of_test<'a>(row: &'a TestRow, ran: &[&IssuerResult]) -> TestView<'a> {
    let by_name: HashMap<&str, &TestAt> = row.issuers.iter().map(|at| (at.issuer.as_str(), at)).collect();
    let of = |at: &TestAt, issuer: &IssuerResult| {
        let has_report = at.verdict != Verdict::Skipped;
        CellView {
            mark: Some(if at.flaky { Mark::Warning } else { Mark::of_verdict(at.verdict) }),
            says: if at.flaky { "flaky" } else { words::verdict_word(at.verdict) }.to_owned(),
            to: page(issuer).filter(|_| has_report).map(|page| format!("{page}#{}", row.id)).unwrap_or_default(),
        }
    };
    let cell = |issuer: &&IssuerResult| by_name.get(issuer.name.as_str()).map(|at| of(at, issuer)).unwrap_or_default();
    TestView { id: &row.id, title: &row.title, cells: ran.iter().map(cell).collect() }
}
