//! `statement.md` and `statement.json`: what a person can sign when nothing failed (`--statement`).
//!
//! They name the results they rest on by their digest, so that a reader can check that those are the ones.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::error::ReportError;
use super::mark::Mark;
use super::view::{self, Headline};
use super::{file, json, markdown, words};
use crate::feature::Feature;
use crate::result::model::{Counts, Environment, LeftOut, RunReport, Shard, TestReport, Verdict};
use crate::result::own::{OwnReport, OwnRuleReport};
use crate::text::count;
use crate::text::digest;

/// The statement's name in the report directory, for people.
pub const MARKDOWN: &str = "statement.md";

/// The statement's name in the report directory, for programs.
pub const JSON: &str = "statement.json";

/// What the files written here begin with; by it those of an earlier run are known.
pub const BEGINNINGS: [&str; 2] = ["# Conformance statement: ", "{\n  \"schema\": \"oa-authtest/statement/1\""];

/// The name and version of the format.
pub const SCHEMA: &str = "oa-authtest/statement/1";

/// The most tests named in a refusal.
const MOST_TESTS: usize = 5;

/// Why there can be no statement about a run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The run did not come to its end.
    #[error("the run {0}")]
    Interrupted(String),
    /// The issuer does not conform.
    #[error("{}", Self::tests(.0, "failed"))]
    Failed(Vec<String>),
    /// Not everything that was to be tested could be.
    #[error("{}", Self::tests(.0, "could not be tested"))]
    Errored(Vec<String>),
    /// Tests passed only when they were run again.
    #[error("{}", Self::tests(.0, "passed only when run again (--retries)"))]
    Flaky(Vec<String>),
    /// A part of the rules or of the tests was asked for.
    #[error("{0}")]
    Part(String),
    /// Nothing was tested.
    #[error("nothing was tested")]
    Nothing,
}

impl Refusal {
    pub(super) fn tests(ids: &[String], what: &str) -> String {
        let named = ids.iter().take(MOST_TESTS).map(String::as_str).collect::<Vec<_>>().join(", ");
        let more = if ids.len() > MOST_TESTS { format!(" and {} more", ids.len() - MOST_TESTS) } else { String::new() };
        format!("{} {what}: {named}{more}", count(ids.len(), "test"))
    }

    /// Why a run allows of no statement, if it does not.
    pub fn of(report: &RunReport) -> Option<Self> {
        let of = |kind: fn(&TestReport) -> bool| report.tests.iter().filter(|test| kind(test)).map(|test| test.id.clone()).collect::<Vec<_>>();
        // What was found broken before a test had to be given up counts as well.
        let failed = of(|test| test.verdict == Verdict::Failed || Counts::of(&test.findings).failures > 0);
        let errored = of(|test| test.verdict == Verdict::Errored);
        let flaky = of(|test| test.flaky);
        if let Some(how) = words::cut_short(report) {
            Some(Self::Interrupted(how))
        } else if let Some(rules) = words::rules_asked_for(report) {
            Some(Self::Part(format!("the run was asked for {rules} (--rule, --level)")))
        } else if report.selection.as_ref().is_some_and(|selection| selection.last_failed.is_some()) {
            Some(Self::Part("the run holds only tests that failed in an earlier one (--last-failed)".to_owned()))
        } else if let Some(shard) = report.shard() {
            let Shard { part, of, .. } = shard;
            Some(Self::Part(format!("the run holds only shard {part}/{of} (--shard): put the shards together with oa-authtest merge")))
        } else if !failed.is_empty() {
            Some(Self::Failed(failed))
        } else if !errored.is_empty() {
            Some(Self::Errored(errored))
        } else if !flaky.is_empty() {
            Some(Self::Flaky(flaky))
        } else if of(|test| test.counts.passed > 0 && test.verdict != Verdict::LeftOut).is_empty() {
            Some(Self::Nothing)
        } else {
            None
        }
    }
}

/// A statement of conformance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The issuer as it was configured.
    pub issuer: String,
    /// When the run started, RFC 3339.
    pub started: String,
    /// The program: its name and version, and the version of its rules.
    pub tool: crate::result::model::Tool,
    /// The circumstances, the profiles among them.
    pub environment: Environment,
    /// The verdict: passed, suggested or warned.
    pub verdict: Verdict,
    /// The counts of all tests.
    pub counts: Counts,
    /// The tests that were run and got to what they are about.
    pub tests: Vec<Tested>,
    /// The tests that were run and did not get there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<NotReached>,
    /// The tests that were not, and why.
    pub skipped: Vec<Skipped>,
    /// What the tests that were run left out, and why.
    pub not_tested: Vec<String>,
    /// The known failures.
    pub known: Vec<KnownFailure>,
    /// The tests and rules of the user's own that are among these: no part of the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnReport>,
    /// What all this rests on.
    pub results: Results,
    /// To be filled in by a person.
    pub signed_off: SignedOff,
}

/// A test that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// `feature/test`.
    pub id: String,
    /// Its profile.
    pub profile: String,
    /// How it came out.
    pub verdict: Verdict,
    /// The counts of its findings.
    pub counts: Counts,
}

/// A test that was left out: nothing that it is about was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotReached {
    /// `feature/test`.
    pub test: String,
    /// Why.
    pub reason: String,
    /// What is behind it.
    #[serde(flatten)]
    pub cause: Option<LeftOut>,
}

/// A test that was not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// `feature/test`.
    pub test: String,
    /// Why not.
    pub reason: String,
}

/// A known failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownFailure {
    /// The rule.
    pub rule: String,
    /// Its sentence.
    pub says: String,
    /// Why it is accepted.
    pub reason: String,
    /// Until when, if that was said.
    pub until: Option<String>,
    /// The tests it is broken in.
    pub tests: Vec<String>,
}

/// The results a statement rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// The file's name, beside the statement.
    pub file: String,
    /// The SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
}

/// Who signs the statement; empty until a person fills it in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignedOff {
    /// The name.
    pub name: Option<String>,
    /// The role.
    pub role: Option<String>,
    /// The day.
    pub date: Option<String>,
    /// The signature.
    pub signature: Option<String>,
}

impl Statement {
    /// The statement about a run whose results are in a file with these bytes. `features` are all there are: what was not selected of the profiles is
    /// said, lest the statement seem to be about all of them.
    ///
    /// # Errors
    /// [`Refusal`] if something failed, could not be tested, or nothing was tested.
    pub fn of(report: &RunReport, results: &[u8], features: &[Feature]) -> Result<Self, Refusal> {
        if let Some(refusal) = Refusal::of(report) {
            return Err(refusal);
        }
        let (skipped, run): (Vec<_>, Vec<_>) = report.tests.iter().partition(|test| test.verdict == Verdict::Skipped);
        let (not_reached, tested): (Vec<_>, Vec<_>) = run.into_iter().partition(|test| test.verdict == Verdict::LeftOut);
        let sha256 = digest::sha256(results);
        Ok(Self {
            schema: SCHEMA.to_owned(),
            issuer: report.issuer.clone(),
            started: report.started.clone(),
            tool: report.tool.clone(),
            environment: report.environment.clone(),
            verdict: report.verdict,
            counts: report.counts,
            tests: tested
                .iter()
                .map(|test| Tested { id: test.id.clone(), profile: test.profile.clone(), verdict: test.verdict, counts: test.counts })
                .collect(),
            left_out: not_reached
                .into_iter()
                .map(|test| NotReached { test: test.id.clone(), reason: words::reason(test).to_owned(), cause: test.left_out.clone() })
                .collect(),
            skipped: skipped
                .into_iter()
                .map(|test| Skipped { test: test.id.clone(), reason: words::reason(test).to_owned() })
                .chain(not_selected(report, features))
                .collect(),
            not_tested: tested.iter().copied().flat_map(left_out).collect(),
            known: known(report),
            own: report.own.clone(),
            results: Results { file: json::NAME.to_owned(), sha256: sha256.strip_prefix("sha256:").unwrap_or(&sha256).to_owned() },
            signed_off: SignedOff::default(),
        })
    }

    /// The statement for people.
    pub fn render(&self) -> String {
        markdown::render_statement(&View::of(self))
    }
}

fn not_selected<'a>(report: &'a RunReport, features: &'a [Feature]) -> impl Iterator<Item = Skipped> + 'a {
    let of_the_run = features.iter().filter(|feature| report.environment.profiles.contains(&feature.profile));
    // Of own tests the results say which there are.
    let own = report.own.iter().flat_map(|own| &own.profiles).filter(|profile| report.environment.profiles.contains(&profile.name));
    let mut seen = BTreeSet::new();
    let ids = of_the_run.flat_map(Feature::test_ids).chain(own.flat_map(|profile| profile.tests.iter().cloned()));
    let missing = ids.filter(move |id| seen.insert(id.clone()) && report.tests.iter().all(|test| test.id != *id));
    missing.map(|test| Skipped { test, reason: "not selected for this run".to_owned() })
}

/// What a test that was run left out; that it broke off at a known failure is said first.
fn left_out(test: &TestReport) -> Vec<String> {
    let broke_off = test.reason.iter().map(|reason| format!("broke off at a known failure: {reason}"));
    broke_off.chain(test.not_tested.iter().cloned()).map(|what| format!("{}: {what}", test.id)).collect()
}

fn known(report: &RunReport) -> Vec<KnownFailure> {
    let entries = || report.known.iter().flat_map(|known| &known.entries);
    words::known_in(report)
        .into_iter()
        .map(|(finding, tests)| {
            let reason = finding.known.clone().unwrap_or_default();
            let entry = entries().find(|entry| entry.rule == finding.rule && entry.reason == reason);
            KnownFailure {
                rule: finding.rule.clone(),
                says: finding.says.clone(),
                until: entry.and_then(|entry| entry.until.clone()),
                reason,
                tests: tests.iter().map(|test| test.id.clone()).collect(),
            }
        })
        .collect()
}

/// The statement as the template shows it.
#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    statement: &'a Statement,
    warnings: Vec<&'static str>,
    headline: Headline,
    time: String,
    tool_and_version: String,
    catalogue: &'a str,
    /// What the user added to the tests and rules of the program.
    own_tests_and_rules: Option<String>,
    /// The rules of the user's own, each with its demand.
    own_rules: &'a [OwnRuleReport],
    rows: Vec<Row<'a>>,
    causes: Vec<Cause<'a>>,
}

/// A test that was left out, as an item of the list.
#[derive(Serialize)]
struct Cause<'a> {
    test: &'a str,
    reason: &'a str,
    says: Option<String>,
}

/// A test as a row of the table.
#[derive(Serialize)]
struct Row<'a> {
    test: &'a Tested,
    mark: Mark,
    verdict: &'static str,
    known: usize,
}

impl<'a> View<'a> {
    fn of(statement: &'a Statement) -> Self {
        let Statement { tool, counts, verdict, tests, left_out, .. } = statement;
        let more = if left_out.is_empty() { String::new() } else { format!("; {} left out", count(left_out.len(), "test")) };
        let says = format!("{} in {}{more}", words::triad_and_known(*counts), count(tests.len(), "test"));
        let causes = left_out.iter().map(|left| Cause { test: &left.test, reason: &left.reason, says: left.cause.as_ref().map(LeftOut::words) });
        Self {
            statement,
            warnings: view::warnings(&statement.environment),
            headline: Headline { mark: Mark::of(*verdict, *counts), says },
            time: words::moment(&statement.started),
            tool_and_version: format!("{} {}", tool.name, tool.version),
            catalogue: tool.catalogue.as_deref().unwrap_or("of a version that was not recorded"),
            own_tests_and_rules: statement.own.as_ref().map(words::own),
            own_rules: statement.own.as_ref().map(|own| own.rules.as_slice()).unwrap_or_default(),
            rows: tests
                .iter()
                .map(|test| {
                    let (mark, verdict) = (Mark::of(test.verdict, test.counts), words::verdict_word(test.verdict));
                    Row { test, mark, verdict, known: test.counts.known }
                })
                .collect(),
            causes: causes.collect(),
        }
    }
}

/// Writes the statement about a run beside its results, which are there already; returns the path of the one for people.
///
/// # Errors
/// [`ReportError::NoStatement`] if the run allows of none, [`ReportError::Read`] or [`ReportError::Write`] for the first file that could not be
/// read or written.
pub fn write(report: &RunReport, results: &Path, features: &[Feature]) -> Result<PathBuf, ReportError> {
    let bytes = fs::read(results).map_err(|source| ReportError::Read { path: results.to_owned(), source })?;
    let statement = Statement::of(report, &bytes, features).map_err(ReportError::NoStatement)?;
    let dir = results.parent().unwrap_or(Path::new(""));
    let path = dir.join(MARKDOWN);
    let text = json::pretty(&statement).map_err(|e| ReportError::Write { path: dir.join(JSON), source: std::io::Error::other(e) })?;
    file::write(&dir.join(JSON), text.as_bytes())?;
    file::write(&path, statement.render().as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests;
