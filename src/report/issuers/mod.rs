//! `issuers.json`, `issuers.md` and `issuers.html`: what came of a run with several issuers, beside the reports of each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::ReportError;
use super::view::{self, IssuersView};
use super::words::{self, Conclusion};
use super::{Written, file, harm, html, json, markdown};
use crate::config::{Format, MOST_ISSUERS};
use crate::exit::Exit;
use crate::result::issuers::{IssuerResult, IssuersReport, Outcome, RuleAt, RuleAtIssuer, RuleCounts, RuleRow, SCHEMA, TestAt, TestCounts, TestRow};
use crate::result::model::{Finding, FindingOutcome, RunReport, TestReport, Tool, Verdict};
use crate::rule::Level;
use crate::text::count;

/// The names in the report directory: for programs, and for people.
pub const JSON: &str = "issuers.json";
/// As Markdown.
pub const MARKDOWN: &str = "issuers.md";
/// As a page.
pub const HTML: &str = "issuers.html";

/// What `issuers.json` begins with; by it that of an earlier run is known.
pub const BEGINNING: &str = "{\n  \"schema\": \"oa-authtest/issuers/1\"";

/// The most rows of a table that is read from a file: there are fewer rules, and fewer tests.
const MOST_ROWS: usize = 2000;

/// The most issuers that a sentence names together.
const MOST_NAMES: usize = 5;

/// One of several issuers, and what came of it.
#[derive(Debug)]
pub struct Tested {
    /// Its name.
    pub name: String,
    /// The issuer, as far as it was found out.
    pub issuer: Option<String>,
    /// What came of it.
    pub came: Came,
}

/// What came of one of several issuers.
#[derive(Debug)]
pub enum Came {
    /// A run, even one that could not get to the issuer.
    Run(Box<Ran>),
    /// No run: why it could not be begun, and how the program would end because of that.
    Error {
        /// Why.
        why: String,
        /// How.
        exit: Exit,
    },
    /// There was nothing to run, and why that is so.
    Nothing(String),
    /// The program was interrupted before.
    NotBegun,
}

/// A run of one of several issuers.
#[derive(Debug)]
pub struct Ran {
    /// What came of it.
    pub report: RunReport,
    /// Where its reports are, if they could be written.
    pub written: Option<Written>,
    /// How it ends.
    pub exit: Exit,
    /// Why, where its verdict would let one expect another exit code.
    pub unexpectedly: Option<String>,
}

impl Tested {
    /// Its run, if there was one.
    pub fn ran(&self) -> Option<&Ran> {
        if let Came::Run(ran) = &self.came { Some(ran) } else { None }
    }

    /// How a run of this issuer alone would end; `None` if there was nothing to run or it was not begun.
    fn exit(&self) -> Option<Exit> {
        match &self.came {
            Came::Run(ran) => Some(ran.exit),
            Came::Error { exit, .. } => Some(*exit),
            Came::Nothing(_) | Came::NotBegun => None,
        }
    }

    fn result(&self) -> IssuerResult {
        let blank = IssuerResult {
            name: self.name.clone(),
            issuer: self.issuer.clone(),
            outcome: Outcome::NotBegun,
            says: "the run was interrupted before".to_owned(),
            exit_code: self.exit().map(Exit::code),
            verdict: None,
            started: None,
            duration_ms: 0,
            rules: RuleCounts::default(),
            tests: TestCounts::default(),
            warnings: Vec::new(),
            results: None,
            report: None,
        };
        match &self.came {
            Came::Run(ran) => {
                let report = &ran.report;
                let beside = |path: &Path| Some(format!("{}/{}", self.name, path.file_name()?.to_str()?));
                IssuerResult {
                    issuer: Some(report.issuer.clone()),
                    outcome: outcome(Conclusion::of(report)),
                    says: words::run_headline(report).says,
                    verdict: Some(report.verdict),
                    started: Some(report.started.clone()),
                    duration_ms: report.duration_ms,
                    rules: rules_of(report),
                    tests: tests_of(report),
                    warnings: view::warnings_of(report),
                    results: ran.written.as_ref().and_then(|written| beside(&written.results)),
                    report: ran.written.as_ref().and_then(|written| beside(written.to_read())),
                    ..blank
                }
            }
            Came::Error { why, .. } => IssuerResult { outcome: Outcome::NotTested, says: why.clone(), ..blank },
            Came::Nothing(why) => IssuerResult { outcome: Outcome::NothingToRun, says: why.clone(), ..blank },
            Came::NotBegun => blank,
        }
    }
}

fn outcome(conclusion: Conclusion) -> Outcome {
    match conclusion {
        Conclusion::NotConformant => Outcome::NotConformant,
        Conclusion::NotFullyTested => Outcome::NotFullyTested,
        Conclusion::NothingTested => Outcome::NothingTested,
        Conclusion::Conformant => Outcome::Conformant,
    }
}

fn rules_of(report: &RunReport) -> RuleCounts {
    let broken = words::broken_levels(&report.tests);
    let of = |level| broken.values().filter(|of| **of == level).count();
    let known =
        report.tests.iter().flat_map(|test| &test.findings).filter(|finding| finding.is_known() && !broken.contains_key(finding.rule.as_str()));
    let known: std::collections::BTreeSet<&str> = known.map(|finding| finding.rule.as_str()).collect();
    let checked = words::checked(&report.tests).len();
    RuleCounts { must: of(Level::Must), should: of(Level::Should), may: of(Level::May), known: known.len(), checked }
}

fn tests_of(report: &RunReport) -> TestCounts {
    let of = |kind: fn(&TestReport) -> bool| report.tests.iter().filter(|test| kind(test)).count();
    TestCounts {
        run: of(|test| !test.did_not_run() && test.verdict != Verdict::Errored),
        flaky: of(|test| test.flaky),
        errored: of(|test| test.verdict == Verdict::Errored),
        left_out: of(|test| test.verdict == Verdict::LeftOut),
        skipped: of(|test| test.verdict == Verdict::Skipped),
    }
}

/// A run with several issuers as a whole.
#[derive(Debug)]
pub struct Whole<'a> {
    /// When it started.
    pub started: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How the program ends because it was interrupted, if it was.
    pub interrupted: Option<Exit>,
    /// The names of the issuers that were not selected.
    pub not_selected: &'a [String],
    /// The program.
    pub tool: Tool,
}

/// What came of a run with several issuers, and how the program ends.
pub fn report(tested: &[Tested], whole: &Whole<'_>) -> (IssuersReport, Exit) {
    let exit = whole.interrupted.unwrap_or_else(|| Exit::of_all(tested.iter().map(Tested::exit)));
    let report = IssuersReport {
        schema: SCHEMA.to_owned(),
        tool: whole.tool.clone(),
        started: whole.started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        duration_ms: whole.duration_ms,
        exit_code: exit.code(),
        because: because(tested, whole.interrupted),
        interrupted: whole.interrupted.is_some(),
        not_selected: whole.not_selected.to_vec(),
        issuers: tested.iter().map(Tested::result).collect(),
        rules: rules(tested),
        tests: tests(tested),
    };
    (report, exit)
}

/// Why the program ends so: how each issuer ended, the worst first, and what is not to be expected of that.
fn because(tested: &[Tested], interrupted: Option<Exit>) -> String {
    let order = [Exit::Bug, Exit::NotConformant, Exit::CouldNotTest, Exit::Usage, Exit::NothingTested, Exit::Conformant];
    let named = |kind: &dyn Fn(&Tested) -> bool| names(tested.iter().filter(|one| kind(one)).map(|one| one.name.as_str()));
    let mut parts: Vec<String> = interrupted.map(|exit| exit.says().to_owned()).into_iter().collect();
    let ended = order.into_iter().filter_map(|exit| Some(format!("{} ({})", exit.says(), named(&|one| one.exit() == Some(exit))?)));
    parts.extend(ended);
    for (kind, says) in
        [((|came| matches!(came, Came::Nothing(_))) as fn(&Came) -> bool, "nothing to run"), (|came| matches!(came, Came::NotBegun), "not begun")]
    {
        parts.extend(named(&|one| kind(&one.came)).map(|names| format!("{says} ({names})")));
    }
    parts.extend(tested.iter().filter_map(|one| Some(format!("{}: {}", one.name, one.ran()?.unexpectedly.as_deref()?))));
    parts.join("; ")
}

/// `a, b and 3 more`; `None` for no names.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Option<String> {
    let all: Vec<&str> = all.collect();
    let shown = all.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    match all.len() {
        0 => None,
        n if n > MOST_NAMES => Some(format!("{shown} and {} more", n - MOST_NAMES)),
        _ => Some(shown),
    }
}

/// What one issuer has to say about a rule.
struct Seen<'a> {
    state: RuleAtIssuer,
    level: Option<Level>,
    /// The finding that stands for it: the first of the worst.
    finding: &'a Finding,
    tests: Vec<&'a str>,
}

/// How every rule came out in all the tests of a run together.
fn seen(report: &RunReport) -> BTreeMap<&str, Seen<'_>> {
    let mut rules: BTreeMap<&str, Seen> = BTreeMap::new();
    for test in &report.tests {
        for finding in &test.findings {
            let state = state(finding, test.verdict == Verdict::LeftOut);
            let is_broken = state >= RuleAtIssuer::Known;
            let level = is_broken.then_some(finding.level);
            let entry = rules.entry(&finding.rule).or_insert(Seen { state, level, finding, tests: Vec::new() });
            if (state, level) > (entry.state, entry.level) {
                // The tests of what is known are not those of what is broken.
                let tests = if state > entry.state { Vec::new() } else { std::mem::take(&mut entry.tests) };
                *entry = Seen { state, level, finding, tests };
            }
            if is_broken && state == entry.state && entry.tests.last() != Some(&test.id.as_str()) {
                entry.tests.push(&test.id);
            }
        }
    }
    rules
}

/// The state of a finding. What holds on the way of a test that was left out is no pass.
fn state(finding: &Finding, left_out: bool) -> RuleAtIssuer {
    match finding.outcome {
        FindingOutcome::Failed if finding.is_known() => RuleAtIssuer::Known,
        FindingOutcome::Failed => RuleAtIssuer::Broken,
        FindingOutcome::Passed if left_out => RuleAtIssuer::NotJudged,
        FindingOutcome::Passed => RuleAtIssuer::Passed,
        FindingOutcome::NotRun => RuleAtIssuer::NotRun,
        FindingOutcome::NotApplicable => RuleAtIssuer::NotApplicable,
    }
}

/// The rules that are broken at one issuer at least, the worst first; those that are known wherever they are broken come last.
fn rules(tested: &[Tested]) -> Vec<RuleRow> {
    let runs: Vec<(&str, BTreeMap<&str, Seen>)> = tested.iter().filter_map(|one| Some((one.name.as_str(), seen(&one.ran()?.report)))).collect();
    let mut worst: BTreeMap<&str, &Seen> = BTreeMap::new();
    for (rule, seen) in runs.iter().flat_map(|(_, rules)| rules).filter(|(_, seen)| seen.state >= RuleAtIssuer::Known) {
        let entry = worst.entry(rule).or_insert(seen);
        if (seen.state, seen.level) > (entry.state, entry.level) {
            *entry = seen;
        }
    }
    let mut worst: Vec<&Seen> = worst.into_values().collect();
    worst.sort_by_key(|seen| (std::cmp::Reverse(seen.state), harm::order(seen.finding)));
    let row = |worst: &Seen| {
        let finding = worst.finding;
        let at = |(name, rules): &(&str, BTreeMap<&str, Seen>)| {
            let seen = rules.get(finding.rule.as_str());
            RuleAt {
                issuer: (*name).to_owned(),
                state: seen.map_or(RuleAtIssuer::NotJudged, |seen| seen.state),
                level: seen.and_then(|seen| seen.level),
                tests: seen.map(|seen| seen.tests.iter().map(|id| (*id).to_owned()).collect()).unwrap_or_default(),
            }
        };
        RuleRow {
            rule: finding.rule.clone(),
            level: worst.level.unwrap_or(finding.level),
            says: finding.says.clone(),
            spec: finding.spec.clone(),
            url: finding.url.clone(),
            issuers: runs.iter().map(at).collect(),
        }
    };
    worst.into_iter().map(row).collect()
}

/// Every test of every run, in the order in which they come first.
fn tests(tested: &[Tested]) -> Vec<TestRow> {
    let mut rows: indexmap::IndexMap<&str, TestRow> = indexmap::IndexMap::new();
    for (name, test) in
        tested.iter().filter_map(|one| Some((&one.name, &one.ran()?.report))).flat_map(|(name, run)| run.tests.iter().map(move |test| (name, test)))
    {
        let row = rows.entry(&test.id).or_insert_with(|| TestRow {
            id: test.id.clone(),
            profile: test.profile.clone(),
            title: test.title.clone(),
            issuers: Vec::new(),
        });
        row.issuers.push(TestAt { issuer: name.clone(), verdict: test.verdict, flaky: test.flaky });
    }
    rows.into_values().collect()
}

/// Writes what came of a run with several issuers into the folder that the folders of their reports are in, and removes the reports of an earlier run with
/// one issuer there. Returns the page's path.
///
/// # Errors
/// [`ReportError`] for the first file that could not be written or removed.
pub fn write(report: &IssuersReport, dir: &Path) -> Result<PathBuf, ReportError> {
    let path = dir.join(JSON);
    let text = json::pretty(report).map_err(|e| ReportError::Write { path: path.clone(), source: std::io::Error::other(e) })?;
    file::write(&path, text.as_bytes())?;
    let written = render(report, dir, &[Format::Markdown, Format::Html])?;
    file::Leftovers::of_one_issuer(dir).remove_all(dir)?;
    Ok(written)
}

/// Writes the formats that there are of it, and returns the path of what a reader opens first.
///
/// # Errors
/// [`ReportError::NotOfIssuers`] if there is none of the formats, [`ReportError::Write`] for the first file that could not be written.
pub fn render(report: &IssuersReport, dir: &Path, formats: &[Format]) -> Result<PathBuf, ReportError> {
    let view = IssuersView::of(report);
    let mut written = Vec::new();
    for (format, name, text) in
        [(Format::Html, HTML, html::render_issuers as fn(&IssuersView) -> String), (Format::Markdown, MARKDOWN, markdown::render_issuers)]
    {
        if formats.contains(&format) {
            let path = dir.join(name);
            file::write(&path, text(&view).as_bytes())?;
            written.push(path);
        }
    }
    written.into_iter().next().ok_or(ReportError::NotOfIssuers)
}

/// What came of a run with several issuers as Markdown, for a place where no reports are beside it.
pub fn render_alone(report: &IssuersReport) -> String {
    markdown::render_issuers(&IssuersView::of(report).alone())
}

/// True if a file says that it is an `issuers.json`.
///
/// # Errors
/// [`ReportError::Read`] if there is none to read.
pub fn is_of_issuers(path: &Path) -> Result<bool, ReportError> {
    let text = json::text_of(path)?;
    Ok(json::schema_of(path, &text).is_ok_and(|schema| schema.is_some_and(|schema| schema == SCHEMA)))
}

/// Reads an `issuers.json`.
///
/// # Errors
/// [`ReportError::Read`] if there is none to read, [`ReportError::Content`] with line and column for what is wrong in it, [`ReportError::TooMuch`] if no run can
/// have had so much: the tables grow with rows and columns.
pub fn read(path: &Path) -> Result<IssuersReport, ReportError> {
    let text = json::text_of(path)?;
    let report: IssuersReport = serde_json::from_str(&text).map_err(|error| json::content(path, &error))?;
    let counts = [(report.issuers.len(), MOST_ISSUERS, "issuer"), (report.rules.len(), MOST_ROWS, "rule"), (report.tests.len(), MOST_ROWS, "test")];
    match counts.into_iter().find(|(n, most, _)| n > most) {
        Some((n, most, noun)) => Err(ReportError::TooMuch { path: path.to_owned(), says: format!("{}, and {most} are the most", count(n, noun)) }),
        None => Ok(report),
    }
}

#[cfg(test)]
pub(in crate::report) mod tests;
