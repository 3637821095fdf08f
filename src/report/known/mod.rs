//! A file of known failures, made of a run's results.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::config::known::PLACEHOLDER;
use crate::result::known::KnownState;
use crate::result::model::{Finding, FindingOutcome, RunReport, TestReport};
use crate::rule::Level;

/// A file of known failures for a run: the entries it was given and that still excuse something, then one for every other rule that is broken at a
/// level from `least` on.
pub fn document(report: &RunReport, least: Level) -> String {
    let mut out =
        "# Known failures: they are reported with their reason and do not count. Say why in each entry, and until when if that can be said:\n\
         # until = \"2026-12-31\" is the last day the entry excuses.\n"
            .to_owned();
    for entry in report.known.iter().flat_map(|known| &known.entries).filter(|entry| entry.state == KnownState::Excused) {
        write_entry(&mut out, None, &entry.rule, entry.test.as_deref(), &entry.reason, entry.until.as_deref());
    }
    let mut rules: Vec<&Finding> = Vec::new();
    for finding in report.tests.iter().flat_map(|test| &test.findings).filter(|finding| finding.is_broken() && finding.level >= least) {
        if rules.iter().all(|known| known.rule != finding.rule) {
            rules.push(finding);
        }
    }
    for finding in rules {
        write_entry(&mut out, Some(&finding.says), &finding.rule, glob_of(report, &finding.rule).as_deref(), PLACEHOLDER, None);
    }
    out
}

/// A glob for the tests a rule is broken in; `None` if that is every test that judged it.
fn glob_of(report: &RunReport, rule: &str) -> Option<String> {
    let tests = |outcomes: &[FindingOutcome]| -> BTreeSet<&str> {
        let judged = |test: &&TestReport| test.findings.iter().any(|finding| finding.rule == rule && outcomes.contains(&finding.outcome));
        report.tests.iter().filter(judged).map(|test| test.id.as_str()).collect()
    };
    let broken = tests(&[FindingOutcome::Failed]);
    let whole = broken.is_superset(&tests(&[FindingOutcome::Passed]));
    let ids: Vec<&str> = broken.into_iter().collect();
    match ids.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        _ if whole => None,
        several => Some(format!("{{{}}}", several.join(","))),
    }
}

fn write_entry(out: &mut String, says: Option<&str>, rule: &str, test: Option<&str>, reason: &str, until: Option<&str>) {
    let quoted = |value: &str| toml::Value::String(value.to_owned()).to_string();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\n[[known]]");
    if let Some(says) = says {
        let _ = writeln!(out, "# {}", crate::text::visible::line(says));
    }
    let _ = writeln!(out, "rule = {}", quoted(rule));
    for (name, value) in [("test", test), ("reason", Some(reason)), ("until", until)] {
        if let Some(value) = value {
            let _ = writeln!(out, "{name} = {}", quoted(value));
        }
    }
}

#[cfg(test)]
mod tests;
