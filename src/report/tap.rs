//! `results.tap`: the tests in TAP 14, as consumers of the Test Anything Protocol read them.
//!
//! A test is a test point. What the protocol has no words for is in its diagnostics, which are YAML; each text there is in double quotes as JSON has
//! them, which YAML reads as well.

use std::fmt::Write as _;

use serde_json::Value;

use super::words;
use crate::result::model::{Finding, FindingOutcome, RunReport, TestReport, Verdict};
use crate::text::visible;

/// The file's name in the report directory.
pub const NAME: &str = "results.tap";

/// What every file written here begins with; by it one of an earlier run is known.
pub const BEGINNING: &str = "TAP version 14\n# oa-authtest ";

/// The most characters of a foreign text in one line.
const MOST: usize = 500;

/// The run in TAP 14.
pub fn render(report: &RunReport) -> String {
    let mut out = format!("{BEGINNING}{}\n", line(&report.tool.version));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# {}", line(&report.issuer));
    let _ = writeln!(out, "# {}", words::run_headline(report).says);
    let none = if report.tests.is_empty() { " # no test was selected" } else { "" };
    let _ = writeln!(out, "1..{}{none}", report.tests.len());
    for (test, number) in report.tests.iter().zip(1..) {
        point(&mut out, test, number);
    }
    if let Some(how) = words::cut_short(report) {
        let _ = writeln!(out, "Bail out! The run {how} before all tests had ended.");
    }
    out
}

fn point(out: &mut String, test: &TestReport, number: usize) {
    let is_not_ok = matches!(test.verdict, Verdict::Failed | Verdict::Errored) || test.is_missing();
    let not = if is_not_ok { "not " } else { "" };
    let reason = words::whole_reason(test);
    let skip = if test.did_not_run() && !is_not_ok { format!(" # SKIP {}", escape(&reason)) } else { String::new() };
    let _ = writeln!(out, "{not}ok {number} - {}{skip}", escape(&test.id));
    out.push_str("  ---\n");
    member(out, "  ", "title", &test.title);
    member(out, "  ", "profile", &test.profile);
    member(out, "  ", "verdict", words::verdict_word(test.verdict));
    member(out, "  ", "says", &words::headline(test).says);
    if test.did_not_run() || test.reason.is_some() {
        member(out, "  ", "reason", &reason);
    }
    let _ = writeln!(out, "  duration_ms: {}", test.duration_ms);
    let mut broken: Vec<&Finding> = Vec::new();
    for finding in test.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Failed) {
        // What was seen twice is said once.
        let is_same = |other: &&Finding| (&other.rule, other.level, &other.actual) == (&finding.rule, finding.level, &finding.actual);
        if !broken.iter().any(is_same) {
            broken.push(finding);
        }
    }
    broken.sort_by_key(|finding| (finding.is_known(), std::cmp::Reverse(finding.level)));
    if !broken.is_empty() {
        out.push_str("  broken:\n");
    }
    for finding in broken {
        let _ = writeln!(out, "    - rule: {}", quoted(&finding.rule));
        let known = finding.known.as_deref().unwrap_or_default();
        for (name, text) in [
            ("level", finding.level.word()),
            ("demand", &finding.says),
            ("own", if finding.own { "a rule of the user's own" } else { "" }),
            ("known", known),
            ("expected", &finding.expected),
            ("actual", &finding.actual),
            ("why", &finding.why),
            ("fix", &finding.fix),
            ("url", &finding.url),
        ] {
            if !text.is_empty() {
                member(out, "      ", name, text);
            }
        }
    }
    member(out, "  ", "again", &test.command);
    out.push_str("  ...\n");
}

fn member(out: &mut String, indentation: &str, name: &str, text: &str) {
    let _ = writeln!(out, "{indentation}{name}: {}", quoted(text));
}

/// A text in double quotes, on one line.
fn quoted(text: &str) -> String {
    Value::from(line(text)).to_string()
}

/// A text as it can stand in a test point: `#` begins a directive there, and a `{` at the end a test within the test.
fn escape(text: &str) -> String {
    let text = line(text).replace('\\', "\\\\").replace('#', "\\#");
    if text.trim_end().ends_with('{') { format!("{text}.") } else { text }
}

fn line(text: &str) -> String {
    visible::short(text, MOST)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_in_a_test_point_begins_a_directive_or_another_test() {
        assert_eq!(escape(r"a # TODO b \# c"), r"a \# TODO b \\\# c");
        assert_eq!(escape("a {"), "a {.");
        assert_eq!(escape("a\nok 2 - b"), "a␊ok 2 - b");
    }
}
