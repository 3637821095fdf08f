//! The summary of a run.

use serde::Serialize;

use super::baseline::BaselineView;
use super::certification::CertificationView;
use super::coverage::CoverageView;
use super::finding::FindingView;
use super::history::HistoryView;
use super::{CountView, Headline, NO_CELL, TestLink, has_report, pending, place};
use crate::report::mark::Mark;
use crate::report::news::News;
use crate::report::{cause, words};
use crate::result::model::{self, RunReport, TestReport, Verdict};
use crate::result::progress::{PendingTest, Planned, Progress};
use crate::rule::Level;

/// A run.
#[derive(Debug, Serialize)]
pub struct SummaryView<'a> {
    issuer: &'a str,
    headline: Headline,
    warnings: Vec<String>,
    /// What differs from an earlier run.
    baseline: Option<BaselineView<'a>>,
    /// The last runs.
    history: Option<HistoryView>,
    time: String,
    profiles: String,
    tls: &'a str,
    agent: &'a str,
    redirect_uri: &'a str,
    tool: String,
    /// What the user added to the tests and rules of the program.
    own: Option<String>,
    counts: Vec<CountView>,
    broken: Vec<BrokenView<'a>>,
    /// The same, what follows from another rule under that rule.
    roots: Vec<BrokenView<'a>>,
    known: Vec<FindingView<'a>>,
    /// Tests that broke off because of a known failure.
    broken_off: Vec<StoppedView<'a>>,
    out_of_date: Option<OutOfDateView<'a>>,
    errored: Vec<ErroredView<'a>>,
    flaky: Vec<FlakyView<'a>>,
    features: Vec<FeatureView<'a>>,
    left_out: Vec<SkippedView<'a>>,
    skipped: Vec<SkippedView<'a>>,
    not_tested: Vec<&'a str>,
    left_behind: Option<LeftView<'a>>,
    coverage: Option<CoverageView<'a>>,
    /// What certification profiles would come to.
    certification: Option<CertificationView<'a>>,
    /// True if the reports of the tests are there to be linked to.
    with_tests: bool,
}

/// What remains at the issuer.
#[derive(Debug, Serialize)]
struct LeftView<'a> {
    /// `3 clients remain at the issuer`.
    says: String,
    things: Vec<LeftThingView<'a>>,
}

#[derive(Debug, Serialize)]
struct LeftThingView<'a> {
    what: &'static str,
    client_id: &'a str,
    why: &'a str,
    test: TestLink<'a>,
}

/// The broken rules of a level.
#[derive(Debug, Serialize)]
struct BrokenView<'a> {
    heading: &'static str,
    mark: Mark,
    /// Its address on the page.
    anchor: &'static str,
    /// How many rules and tests it lists.
    n: usize,
    rules: Vec<FindingView<'a>>,
    stopped: Vec<StoppedView<'a>>,
}

/// The entries of the file of known failures that need a change.
#[derive(Debug, Serialize)]
struct OutOfDateView<'a> {
    file: &'a str,
    entries: Vec<KnownView<'a>>,
}

#[derive(Debug, Serialize)]
struct KnownView<'a> {
    rule: &'a str,
    test: Option<&'a str>,
    reason: &'a str,
    advice: String,
}

#[derive(Debug, Serialize)]
struct StoppedView<'a> {
    mark: Mark,
    test: TestLink<'a>,
    reason: &'a str,
}

/// What could not be tested for one reason.
#[derive(Debug, Serialize)]
struct ErroredView<'a> {
    mark: Mark,
    reason: &'a str,
    tests: Vec<TestLink<'a>>,
}

/// A test that passed only when it was run again.
#[derive(Debug, Serialize)]
struct FlakyView<'a> {
    mark: Mark,
    test: TestLink<'a>,
    /// What came of it before.
    attempts: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FeatureView<'a> {
    /// The part the ids of its tests have in common.
    id: String,
    /// Its address on the page.
    anchor: String,
    title: &'a str,
    tests: Vec<RowView<'a>>,
    /// How many tests came out how, the worst first.
    tally: Vec<CountView>,
}

#[derive(Debug, Serialize)]
struct RowView<'a> {
    test: TestLink<'a>,
    mark: Mark,
    verdict: String,
    /// The counts of passed rules, failures, warnings and suggestions, and the time.
    cells: [String; 5],
    /// How many rules of each level are broken, if the test was run.
    broken: Vec<CountView>,
    time: String,
    /// True if a rule is newly broken in it.
    new: bool,
}

#[derive(Debug, Serialize)]
struct SkippedView<'a> {
    reason: &'a str,
    /// What is behind it that they were left out.
    cause: Option<String>,
    /// Labelled by their titles.
    tests: Vec<TestLink<'a>>,
}

impl<'a> SummaryView<'a> {
    /// A view of a run; `with_tests` if the reports of its tests are there to be linked to.
    pub fn of(report: &'a RunReport, with_tests: bool) -> Self {
        let environment = &report.environment;
        let mut warnings = super::warnings_of(report);
        if let Some(how) = words::cut_short(report) {
            warnings.insert(0, format!("The run {how}: what had not ended by then is missing or unfinished."));
        }
        let news = News::of(report);
        let broken_off = words::broken_off(report).into_iter().map(|(test, _)| StoppedView { mark: Mark::Known, ..stopped(test) });
        let roots = cause::roots(report, words::broken_in(report)).into_iter();
        let mut not_tested: Vec<&str> = Vec::new();
        for sentence in report.tests.iter().flat_map(|test| &test.not_tested) {
            if !not_tested.contains(&sentence.as_str()) {
                not_tested.push(sentence);
            }
        }
        Self {
            issuer: &report.issuer,
            headline: words::run_headline(report),
            warnings,
            baseline: BaselineView::of(report),
            history: HistoryView::of(report),
            time: words::moment_and_duration(&report.started, report.duration_ms),
            profiles: environment.profiles.join(", "),
            tls: &environment.tls,
            agent: &environment.agent,
            redirect_uri: &environment.redirect_uri,
            tool: format!("{} {}", report.tool.name, report.tool.version),
            own: report.own.as_ref().map(words::own),
            counts: counts(report.counts),
            broken: broken(words::broken_in(report).into_iter().map(|broken| (broken.0.level, FindingView::across(broken, &news))).collect(), report),
            roots: broken(roots.map(|root| (root.broken.0.level, FindingView::root(report, root, &news))).collect(), report),
            known: known(report, &news),
            broken_off: broken_off.collect(),
            out_of_date: out_of_date(report),
            errored: errored(report),
            flaky: flaky(report),
            features: features(report.tests.iter().map(Planned::Ended), &news),
            left_out: not_told(report, Verdict::LeftOut),
            skipped: not_told(report, Verdict::Skipped),
            not_tested,
            left_behind: left_behind(report),
            coverage: CoverageView::of(report),
            certification: CertificationView::of(report),
            with_tests,
        }
    }
}

impl<'a> SummaryView<'a> {
    /// A view of a run that goes on: every test of it has a row.
    pub fn of_progress(progress: &'a Progress) -> Self {
        let view = Self::of(&progress.report, true);
        if progress.has_ended() {
            return view;
        }
        Self {
            headline: words::progress_headline(progress),
            time: format!("since {}", words::moment(&progress.report.started)),
            features: features(progress.in_order(), &News::of(&progress.report)),
            // What no test came to so far, one may come to yet.
            coverage: None,
            certification: None,
            ..view
        }
    }
}

fn counts(counts: model::Counts) -> Vec<CountView> {
    let all = [
        (Mark::Passed, counts.passed, "passed"),
        (Mark::Failure, counts.failures, "failures"),
        (Mark::Warning, counts.warnings, "warnings"),
        (Mark::Suggestion, counts.suggestions, "suggestions"),
        (Mark::Error, counts.errors, "errors"),
        (Mark::LeftOut, counts.left_out, "left out"),
        (Mark::NotRun, counts.not_run, "not run"),
        (Mark::NotApplicable, counts.not_applicable, "not applicable"),
    ];
    all.into_iter().map(|(mark, n, says)| CountView { mark, n, says: says.to_owned() }).collect()
}

fn broken<'a>(rules: Vec<(Level, FindingView<'a>)>, report: &'a RunReport) -> Vec<BrokenView<'a>> {
    // A test that failed without a broken rule stopped for a reason the issuer gave.
    let is_broken = |test: &TestReport| test.findings.iter().any(|finding| finding.is_broken() && finding.level == Level::Must);
    let mut stopped: Vec<_> = report.tests.iter().filter(|test| test.verdict == Verdict::Failed && !is_broken(test)).map(stopped).collect();
    let mut of_level: [Vec<FindingView>; 3] = Default::default();
    for (level, rule) in rules {
        let at = match level {
            Level::Must => 0,
            Level::Should => 1,
            Level::May => 2,
        };
        of_level[at].push(rule);
    }
    let levels = [("Failures", Level::Must), ("Warnings", Level::Should), ("Suggestions", Level::May)].into_iter().zip(of_level);
    let views = levels.map(|((heading, level), rules)| {
        let stopped = if level == Level::Must { std::mem::take(&mut stopped) } else { Vec::new() };
        BrokenView { heading, mark: Mark::of_level(level), anchor: place::level(level), n: rules.len() + stopped.len(), rules, stopped }
    });
    views.filter(|level| level.n > 0).collect()
}

/// Known failures, each with an address of its own: a rule may be known for several reasons.
fn known<'a>(report: &'a RunReport, news: &News) -> Vec<FindingView<'a>> {
    let (mut addresses, mut views) = (Vec::new(), Vec::new());
    for known in words::known_in(report) {
        let address = place::known(known.0.level, &known.0.rule);
        let before = addresses.iter().filter(|other| **other == address).count();
        let own = if before == 0 { address.clone() } else { format!("{address}/{}", before + 1) };
        addresses.push(address);
        views.push(FindingView::across(known, news).at(own));
    }
    views
}

fn out_of_date(report: &RunReport) -> Option<OutOfDateView<'_>> {
    let entries = words::out_of_date(report).into_iter();
    let entries: Vec<_> =
        entries.map(|(entry, advice)| KnownView { rule: &entry.rule, test: entry.test.as_deref(), reason: &entry.reason, advice }).collect();
    (!entries.is_empty()).then(|| OutOfDateView { file: words::known_file(report), entries })
}

fn stopped(test: &TestReport) -> StoppedView<'_> {
    StoppedView { mark: Mark::of_verdict(test.verdict), test: TestLink::of(test), reason: words::reason(test) }
}

fn errored(report: &RunReport) -> Vec<ErroredView<'_>> {
    let mark = Mark::of_verdict(Verdict::Errored);
    let reasons = words::by_reason(report, Verdict::Errored).into_iter();
    reasons.map(|(reason, tests)| ErroredView { mark, reason, tests: tests.into_iter().map(TestLink::of).collect() }).collect()
}

fn flaky(report: &RunReport) -> Vec<FlakyView<'_>> {
    let tests = words::flaky(report).into_iter();
    tests.map(|test| FlakyView { mark: Mark::Warning, test: TestLink::of(test), attempts: words::attempts(test) }).collect()
}

/// The tests by feature, in the order of the plan.
fn features<'a>(tests: impl IntoIterator<Item = Planned<'a>>, news: &News) -> Vec<FeatureView<'a>> {
    let mut features: Vec<FeatureView> = Vec::new();
    for planned in tests {
        let test = planned.report();
        let (feature, label) = test.id.split_once('/').unwrap_or((&test.id, &test.id));
        let id = format!("{feature}/");
        let row = match planned {
            Planned::Ended(test) => RowView { new: news.is_in(test), ..row(test, label) },
            Planned::Pending(test) => RowView::pending(test, label),
        };
        match features.iter_mut().find(|known| known.id == id) {
            Some(feature) => feature.tests.push(row),
            None => features.push(FeatureView { anchor: place::feature(feature), id, title: &test.feature, tests: vec![row], tally: Vec::new() }),
        }
    }
    for feature in &mut features {
        feature.tally = tally(&feature.tests);
    }
    features
}

/// How many tests came out how, the worst first.
fn tally(tests: &[RowView]) -> Vec<CountView> {
    let ended = [Mark::Error, Mark::Failure, Mark::Warning, Mark::Suggestion, Mark::Known, Mark::Passed, Mark::LeftOut, Mark::Skipped];
    let marks = ended.into_iter().chain([Mark::Running, Mark::Waiting]);
    let of = |mark| tests.iter().filter(|row| row.mark == mark).count();
    let counts = marks.map(|mark| (mark, of(mark))).filter(|(_, n)| *n > 0);
    counts.map(|(mark, n)| CountView { mark, n, says: n.to_string() }).collect()
}

fn row<'a>(test: &'a TestReport, label: &'a str) -> RowView<'a> {
    let counts = test.counts;
    let [passed, failures, warnings, suggestions] = [counts.passed, counts.failures, counts.warnings, counts.suggestions].map(|n| n.to_string());
    // What a test found on the way to what it is about is no pass of it.
    let passed = if test.verdict == Verdict::LeftOut { NO_CELL.to_owned() } else { passed };
    let time = if has_report(test) { words::duration(test.duration_ms) } else { NO_CELL.to_owned() };
    let broken = [
        (Mark::Failure, counts.failures, "failure"),
        (Mark::Warning, counts.warnings, "warning"),
        (Mark::Suggestion, counts.suggestions, "suggestion"),
    ];
    let broken = broken.map(|(mark, n, noun)| CountView { mark, n, says: if n == 1 { noun.to_owned() } else { format!("{noun}s") } });
    let cells = [passed, failures, warnings, suggestions, time.clone()];
    RowView {
        broken: broken.into(),
        time,
        new: false,
        test: TestLink { label, ..TestLink::of(test) },
        mark: if test.flaky { Mark::Warning } else { Mark::of(test.verdict, counts) },
        verdict: if test.flaky { format!("{}, flaky", words::verdict_word(test.verdict)) } else { words::verdict_word(test.verdict).to_owned() },
        cells: if has_report(test) { cells } else { cells.map(|_| NO_CELL.to_owned()) },
    }
}

impl<'a> RowView<'a> {
    /// The row of a test that has not ended.
    fn pending(test: &'a PendingTest, label: &'a str) -> Self {
        let mark = pending::mark(test);
        let link = TestLink { label, linked: true, ..TestLink::of(&test.outline) };
        Self { test: link, mark, verdict: mark.words().to_owned(), time: NO_CELL.to_owned(), ..row(&test.outline, label) }
    }
}

/// The tests of a verdict that were skipped or left out, by their reason.
fn not_told<'a>(report: &'a RunReport, verdict: Verdict) -> Vec<SkippedView<'a>> {
    let titled = |test: &'a TestReport| TestLink { label: &test.title, ..TestLink::of(test) };
    let cause = |tests: &[&TestReport]| tests.first().and_then(|test| Some(test.left_out.as_ref()?.words()));
    let by_reason = words::by_reason(report, verdict).into_iter();
    by_reason.map(|(reason, tests)| SkippedView { reason, cause: cause(&tests), tests: tests.into_iter().map(titled).collect() }).collect()
}

fn left_behind(report: &RunReport) -> Option<LeftView<'_>> {
    let says = model::left_behind(report.tests.iter().flat_map(|test| &test.left_behind))?;
    let things = report.tests.iter().flat_map(|test| test.left_behind.iter().map(move |left| (test, left)));
    let things =
        things.map(|(test, left)| LeftThingView { what: left.kind.words(), client_id: &left.client_id, why: &left.why, test: TestLink::of(test) });
    Some(LeftView { says, things: things.collect() })
}
