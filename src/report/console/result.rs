//! The result of a run in a terminal.

use std::io::{self, Write};
use std::path::Path;

use super::paint;
use crate::report::model::{Finding, RunReport, TestReport, Verdict};
use crate::report::{visible, words};
use crate::rule::Level;

/// The most characters of a foreign text in one line.
const MOST: usize = 300;

/// Writes the result.
pub fn write(out: &mut impl Write, colour: bool, report: &RunReport, summary: Option<&Path>) -> io::Result<()> {
    for test in &report.tests {
        if !matches!(test.verdict, Verdict::Passed | Verdict::Skipped) {
            write_test(out, colour, test)?;
        }
    }
    for (reason, tests) in words::skipped(report) {
        let mark = words::verdict_mark(Verdict::Skipped);
        writeln!(out, "{mark} {} skipped: {}", words::count(tests.len(), "test"), visible::short(reason, MOST))?;
        for test in tests {
            writeln!(out, "   {}", paint(colour, &visible::line(&test.id), Verdict::Skipped))?;
        }
        writeln!(out)?;
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
    writeln!(out, "{}", paint(colour, &words::run_headline(report), report.verdict))?;
    if let Some(summary) = summary {
        writeln!(out, "Summary: {}", visible::line(&summary.display().to_string()))?;
    }
    Ok(())
}

fn write_test(out: &mut impl Write, colour: bool, test: &TestReport) -> io::Result<()> {
    let id = paint(colour, &visible::line(&test.id), test.verdict);
    writeln!(out, "{} {id} {}", words::verdict_mark(test.verdict), words::verdict_word(test.verdict))?;
    if let Some(reason) = test.reason.as_deref().filter(|reason| !reason.is_empty()) {
        writeln!(out, "   {}", visible::short(reason, MOST))?;
    }
    for finding in words::broken(&test.findings) {
        write_finding(out, colour, finding)?;
    }
    if test.counts.not_run > 0 {
        writeln!(out, "   ⏸ {} not run", words::count(test.counts.not_run, "rule"))?;
    }
    if !test.command.is_empty() {
        writeln!(out, "   again: {}", visible::line(&test.command))?;
    }
    writeln!(out)
}

fn write_finding(out: &mut impl Write, colour: bool, finding: &Finding) -> io::Result<()> {
    let verdict = match finding.level {
        Level::Must => Verdict::Failed,
        Level::Should => Verdict::Warned,
        Level::May => Verdict::Suggested,
    };
    writeln!(out, "   {} {}", words::finding_mark(finding), paint(colour, &visible::short(&finding.says, MOST), verdict))?;
    for (name, text) in [("rule", &finding.rule), ("expected", &finding.expected), ("actual", &finding.actual)] {
        writeln!(out, "      {name:<8}  {}", visible::short(text, MOST))?;
    }
    writeln!(out, "      {:<8}  {} {}", "spec", visible::short(&finding.spec, MOST), visible::short(&finding.url, MOST))
}
