//! `results.sarif`: the broken rules in SARIF 2.1.0, as GitHub code scanning and viewers of static analysis read it.
//!
//! A rule that is broken is a rule of the tool, a finding of it a result; a known failure is a suppressed result. SARIF speaks of places in files: the
//! place of a result is the line of `results.json` that the finding is at. What has no rule (a test that did not run, or could not be finished) is a
//! notification of the invocation.
//!
//! Braces of a message are not doubled, as the specification has it for messages with placeholders: these have none, and readers show the text as it is.

use std::collections::HashMap;
use std::io::{self, Write};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::json::shared::FirstFindings;
use super::{json as results, view, words};
use crate::result::model::{Finding, FindingOutcome, RunReport, SCHEMA_BEFORE, TestReport, Verdict};
use crate::rule::Level;
use crate::text::{address, digest, markdown, visible};

/// The file's name in the report directory.
pub const NAME: &str = "results.sarif";

/// What every file written here begins with; by it one of an earlier run is known.
pub const BEGINNING: &str = "{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n  \"version\": \"2.1.0\",\n  \"runs\": [\n    {\n      \"tool\": {\n        \"driver\": {\n          \"name\": \"oa-authtest\"";

/// The most characters of a foreign text: GitHub takes 1024 for the description of a rule.
const MOST: usize = 900;

/// How the line of a finding in `results.json` begins: its first member, at the depth of findings. Text of other origin never begins a line there.
const FINDING: &str = "          \"rule\": ";

/// A broken finding, known or not.
struct Broken<'a> {
    test: &'a TestReport,
    finding: &'a Finding,
    /// The line of `results.json`, from 1.
    line: usize,
    /// How often the rule was broken in this test before.
    before: usize,
}

/// The run in SARIF 2.1.0.
///
/// # Errors
/// Whatever the JSON writer says; writing to memory, it has nothing to say.
pub fn render(report: &RunReport) -> io::Result<String> {
    let broken = broken(report)?;
    let mut rules: IndexMap<&str, &Finding> = IndexMap::new();
    for Broken { finding, .. } in &broken {
        let known = rules.entry(&finding.rule).or_insert(finding);
        if finding.level > known.level {
            *known = finding;
        }
    }
    let descriptors: Vec<Value> = rules.values().map(|finding| rule(finding)).collect();
    let results: Vec<Value> = broken.iter().map(|broken| result(broken, rules.get_index_of(broken.finding.rule.as_str()))).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "oa-authtest",
                "version": shown(&report.tool.version),
                "semanticVersion": shown(&report.tool.version),
                "rules": descriptors,
            } },
            // All before the last slash is the category by which GitHub tells the runs of a tool apart.
            "automationDetails": { "id": format!("oa-authtest:{}/", shown(&report.environment.profiles.join(","))) },
            "invocations": [invocation(report)],
            "artifacts": [{ "location": { "uri": results::NAME }, "roles": ["resultFile"], "mimeType": "application/json" }],
            "results": results,
            "properties": { "issuer": shown(&report.issuer), "headline": words::run_headline(report).says },
        }],
    });
    Ok(results::pretty(&log)?)
}

/// Looks at the text of `results.json` as it is written, and keeps the numbers of the lines that findings begin on, from 1.
#[derive(Default)]
struct Lines {
    of_findings: Vec<usize>,
    /// How many lines have ended.
    ended: usize,
    /// What the line begins with, as much of it as [`FINDING`] has.
    beginning: Vec<u8>,
}

impl Write for Lines {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            let missing = FINDING.len() - self.beginning.len();
            if missing > 0 {
                self.beginning.extend(part.iter().take(missing));
                if self.beginning == FINDING.as_bytes() {
                    self.of_findings.push(self.ended + 1);
                }
            }
            if part.ends_with(b"\n") {
                self.ended += 1;
                self.beginning.clear();
            }
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Every broken finding, in order.
fn broken(report: &RunReport) -> io::Result<Vec<Broken<'_>>> {
    let mut lines = Lines::default();
    results::write_to(report, &mut lines)?;
    let mut lines = lines.of_findings.into_iter();
    let first = FirstFindings::of(report);
    let is_whole = |finding: &Finding| report.schema == SCHEMA_BEFORE || !first.say_all_of(finding);
    let mut all = Vec::new();
    for test in &report.tests {
        let mut times: HashMap<&str, usize> = HashMap::new();
        for finding in test.findings.iter().filter(|finding| is_whole(finding)) {
            let line = lines.next().unwrap_or(1);
            if finding.outcome == FindingOutcome::Failed {
                let seen = times.entry(&finding.rule).or_default();
                all.push(Broken { test, finding, line, before: *seen });
                *seen += 1;
            }
        }
    }
    Ok(all)
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Must => "error",
        Level::Should => "warning",
        Level::May => "note",
    }
}

/// The rule of a finding, as a descriptor of the tool.
fn rule(finding: &Finding) -> Value {
    let Finding { says, why, fix, spec, url, .. } = finding;
    let says_or_why = if why.is_empty() { says } else { why };
    let (mut plain, mut formatted) = (vec![shown(says)], vec![markdown::md(&shown(says))]);
    for (name, text) in [("Why it matters", why), ("How to mend it", fix)].into_iter().filter(|(_, text)| !text.is_empty()) {
        plain.push(format!("{name}: {}", shown(text)));
        formatted.push(format!("**{name}:** {}", markdown::md(&shown(text))));
    }
    if !spec.is_empty() {
        plain.push(format!("Specification: {}", shown(spec)));
        formatted.push(format!("**Specification:** {}", markdown::link(&shown(spec), url)));
    }
    let severity = match finding.level {
        Level::Must => "error",
        Level::Should => "warning",
        Level::May => "recommendation",
    };
    let tags = if finding.own { &["conformance", "own"][..] } else { &["conformance"] };
    let mut rule = json!({
        "id": shown(&finding.rule),
        "shortDescription": { "text": shown(says) },
        "fullDescription": { "text": shown(says_or_why) },
        "help": {
            "text": plain.join("\n"),
            "markdown": formatted.join("\n\n"),
        },
        "defaultConfiguration": { "level": level(finding.level) },
        "properties": { "tags": tags, "precision": "very-high", "problem.severity": severity },
    });
    if let Some(url) = web(url) {
        rule["helpUri"] = url.into();
    }
    rule
}

/// An address of the web as a URI, if it is one.
fn web(url: &str) -> Option<String> {
    url::Url::parse(url).ok().filter(|_| markdown::is_web(url)).map(|url| address::uri(&url))
}

fn result(broken: &Broken, rule_index: Option<usize>) -> Value {
    let Broken { test, finding, line, before } = broken;
    let digest = digest::sha256(format!("{}\n{}", finding.rule, test.id).as_bytes());
    let hexadecimal = digest.trim_start_matches("sha256:");
    let mut properties = Map::from_iter([
        ("test".to_owned(), shown(&test.id).into()),
        ("profile".to_owned(), shown(&test.profile).into()),
        ("specification".to_owned(), shown(&finding.spec).into()),
        ("again".to_owned(), shown(&test.command).into()),
    ]);
    properties.extend(finding.exchange.map(|number| ("exchange".to_owned(), number.into())));
    let suppressions: Vec<Value> =
        finding.known.iter().map(|reason| json!({ "kind": "external", "status": "accepted", "justification": shown(reason) })).collect();
    let mut result = json!({ "ruleId": shown(&finding.rule) });
    if let Some(index) = rule_index {
        result["ruleIndex"] = index.into();
    }
    let rest = json!({
        "level": level(finding.level),
        "message": { "text": message(test, finding) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": results::NAME, "index": 0 },
                "region": { "startLine": line },
            },
            "logicalLocations": [{ "name": shown(&test.title), "fullyQualifiedName": shown(&test.id) }],
        }],
        "partialFingerprints": {
            // The one that GitHub reads, in the form that it has there: a hash, and which of its kind.
            "primaryLocationLineHash": format!("{}:{}", hexadecimal.get(..16).unwrap_or(hexadecimal), before + 1),
            "ruleAndTest/v1": format!("{hexadecimal}:{}", before + 1),
        },
        "suppressions": suppressions,
        "properties": properties,
    });
    if let (Value::Object(result), Value::Object(rest)) = (&mut result, rest) {
        result.extend(rest);
    }
    result
}

/// The demand, what was expected and what was seen.
fn message(test: &TestReport, finding: &Finding) -> String {
    let mut lines = vec![shown(&finding.says)];
    for (name, text) in [("Expected", &finding.expected), ("Actual", &finding.actual)] {
        lines.extend((!text.is_empty()).then(|| format!("{name}: {}", shown(text))));
    }
    lines.extend(finding.level_note.iter().map(|note| format!("Level: {}", shown(note))));
    lines.push(format!("Test: {}", shown(&test.id)));
    lines.join("\n")
}

/// How the run went, and what it says besides the rules.
fn invocation(report: &RunReport) -> Value {
    let is_whole = !report.interrupted && report.tests.iter().all(|test| test.verdict != Verdict::Errored);
    let mut invocation = json!({ "executionSuccessful": is_whole });
    if let Ok(started) = report.started.parse::<jiff::Timestamp>() {
        invocation["startTimeUtc"] = started.to_string().into();
        let took = i64::try_from(report.duration_ms).ok().map(jiff::SignedDuration::from_millis);
        if let Some(ended) = took.and_then(|took| started.checked_add(took).ok()) {
            invocation["endTimeUtc"] = ended.to_string().into();
        }
    }
    let notification = |level: &str, text: String| json!({ "level": level, "message": { "text": text } });
    let mut notifications: Vec<Value> =
        view::warnings(&report.environment).into_iter().map(|warning| notification("warning", warning.to_owned())).collect();
    notifications.extend(report.own.as_ref().map(|own| notification("note", format!("This run had {}.", shown(&words::own(own))))));
    notifications.extend(words::cut_short(report).map(|how| notification("error", format!("The run {how} before all tests had ended."))));
    notifications.extend(report.tests.iter().filter_map(|test| {
        let (level, what) = match test.verdict {
            Verdict::Errored => ("error", "could not be tested"),
            Verdict::Failed if test.reason.is_some() => ("error", "could not be finished"),
            Verdict::Skipped | Verdict::LeftOut => (if test.is_missing() { "error" } else { "note" }, words::verdict_word(test.verdict)),
            _ => return None,
        };
        let required = if test.is_missing() { "a required test did not run: " } else { "" };
        let reason = if test.verdict == Verdict::LeftOut { words::left_out(test) } else { words::reason(test).to_owned() };
        Some(notification(level, format!("{required}{}: {what}: {}", shown(&test.id), shown(&reason))))
    }));
    invocation["toolExecutionNotifications"] = notifications.into();
    invocation
}

/// A foreign text as it can stand in a message: one line, and nothing in it is a link of SARIF (`[text](address)`).
fn shown(text: &str) -> String {
    visible::short(text, MOST).replace("](", "] (")
}
