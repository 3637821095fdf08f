//! The result of a run in a terminal.

use std::io::{self, Write};
use std::path::Path;

use super::paint;
use crate::report::model::{Finding, RunReport, TestReport, Verdict};
use crate::report::words;
use crate::rule::Level;

/// The most characters of a foreign text in one line.
const MOST: usize = 300;

/// The most tests named beside a broken rule; the summary has them all.
const MOST_TESTS: usize = 5;

/// The most characters of a reason: ours, and it ends with what to do.
const MOST_REASON: usize = 1000;

/// Writes the result: each broken rule once with the tests it is broken in, then what stopped tests, each reason once, then the verdict.
pub fn write(out: &mut impl Write, colour: bool, report: &RunReport, summary: Option<&Path>) -> io::Result<()> {
    for (finding, tests) in words::broken_in(report) {
        write_finding(out, colour, finding, &tests)?;
    }
    for (finding, tests) in words::known_in(report) {
        write_finding(out, colour, finding, &tests)?;
    }
    for (test, reason) in words::broken_off(report) {
        writeln!(out, "{} broke off at a known failure: {}", words::KNOWN_MARK, super::shown(reason, MOST_REASON))?;
        writeln!(out, "   {}\n", super::line(&test.id))?;
    }
    for (entry, advice) in words::out_of_date(report) {
        let file = report.known.as_ref().map_or("", |known| known.file.as_str());
        writeln!(out, "{} {}: {advice}", words::KNOWN_MARK, super::shown(file, MOST))?;
        for (name, text) in [("rule", Some(&entry.rule)), ("test", entry.test.as_ref()), ("reason", Some(&entry.reason))] {
            if let Some(text) = text {
                writeln!(out, "   {name:<8}  {}", super::shown(text, MOST))?;
            }
        }
        writeln!(out)?;
    }
    for (verdict, what) in
        [(Verdict::Failed, "could not be told to the end"), (Verdict::Errored, "could not be tested"), (Verdict::Skipped, "skipped")]
    {
        for (reason, tests) in words::by_reason(report, verdict) {
            let (mark, count) = (words::verdict_mark(verdict), words::count(tests.len(), "test"));
            writeln!(out, "{mark} {count} {what}: {}", super::shown(reason, MOST_REASON))?;
            for test in tests {
                writeln!(out, "   {}", paint(colour, &super::line(&test.id), verdict))?;
            }
            writeln!(out)?;
        }
    }
    let worst = report.tests.iter().find(|test| test.verdict == report.verdict && test.verdict > Verdict::Passed);
    if let Some(test) = worst.filter(|test| !test.command.is_empty()) {
        writeln!(out, "Again, the first of them: {}\n", super::line(&test.command))?;
    }
    if report.environment.is_insecure() {
        writeln!(out, "⚠️ TLS certificates were not verified.")?;
    }
    if report.environment.secrets_shown {
        writeln!(out, "⚠️ The reports hold secrets in clear text.")?;
    }
    if report.interrupted {
        writeln!(out, "⚠️ The run was interrupted.")?;
    }
    if let Some(left) = words::left_behind(report.tests.iter().flat_map(|test| &test.left_behind)) {
        writeln!(out, "🧹 {left}: the summary says which and why.")?;
    }
    writeln!(out, "{}", paint(colour, &words::run_headline(report), report.verdict))?;
    if let Some(summary) = summary {
        writeln!(out, "Summary: {}", super::line(&summary.display().to_string()))?;
    }
    Ok(())
}

fn write_finding(out: &mut impl Write, colour: bool, finding: &Finding, tests: &[&TestReport]) -> io::Result<()> {
    let verdict = match finding.level {
        _ if finding.is_known() => Verdict::Skipped,
        Level::Must => Verdict::Failed,
        Level::Should => Verdict::Warned,
        Level::May => Verdict::Suggested,
    };
    writeln!(out, "{} {}", words::finding_mark(finding), paint(colour, &super::shown(&finding.says, MOST), verdict))?;
    for (name, text) in [("rule", &finding.rule), ("expected", &finding.expected), ("actual", &finding.actual)] {
        writeln!(out, "   {name:<8}  {}", super::shown(text, MOST))?;
    }
    if let Some(reason) = &finding.known {
        writeln!(out, "   {:<8}  {}", "known", super::shown(reason, MOST))?;
    }
    writeln!(out, "   {:<8}  {} {}", "spec", super::shown(&finding.spec, MOST), super::shown(&finding.url, MOST))?;
    for (index, test) in tests.iter().take(MOST_TESTS).enumerate() {
        writeln!(out, "   {:<8}  {}", if index == 0 { "in" } else { "" }, super::line(&test.id))?;
    }
    if tests.len() > MOST_TESTS {
        writeln!(out, "   {:<8}  and {} more", "", words::count(tests.len() - MOST_TESTS, "test"))?;
    }
    writeln!(out)
}
