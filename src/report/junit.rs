//! `junit.xml`, as pipelines read it: a suite a feature, a case a test.
//!
//! A test that was left out is a skipped case, with what it found on the way in its output. A case fails if a rule of level MUST is broken that is not a known failure. Warnings, suggestions and known failures are in its output: `JUnit` has
//! no word for them.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::mark::Mark;
use super::words;
use crate::feature::certification::SUITE;
use crate::result::certification::{self, Outcome, ProfileVerdict};
use crate::result::model::{Attempt, Finding, RunReport, TestReport, Verdict};
use crate::text::visible;

/// The file's name in the report directory.
pub const NAME: &str = "junit.xml";

/// What every file written here begins with; by it one of an earlier run is known.
pub const BEGINNING: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"oa-authtest\"";

/// The most characters of a foreign text in one line.
const MOST: usize = 500;

/// The run as `JUnit` XML.
///
/// # Errors
/// Whatever the XML writer says; writing to memory, it has nothing to say.
pub fn render(report: &RunReport) -> io::Result<String> {
    let mut junit = Report::new("oa-authtest");
    junit.set_time(Duration::from_millis(report.duration_ms));
    let mut suites: Vec<(String, Vec<&TestReport>)> = Vec::new();
    for test in &report.tests {
        let name = class(test);
        match suites.iter_mut().find(|(known, _)| *known == name) {
            Some((_, tests)) => tests.push(test),
            None => suites.push((name, vec![test])),
        }
    }
    for (name, tests) in suites {
        junit.add_test_suite(suite(report, &name, &tests));
    }
    for verdict in certification::verdicts(report) {
        junit.add_test_suite(of_certification(report, &verdict));
    }
    junit.to_string().map_err(io::Error::other)
}

/// `profile.feature`, the class of every test of a feature.
fn class(test: &TestReport) -> String {
    let feature = test.id.split_once('/').map_or(test.id.as_str(), |(feature, _)| feature);
    line(&format!("{}.{feature}", test.profile))
}

fn suite(report: &RunReport, name: &str, tests: &[&TestReport]) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.set_time(Duration::from_millis(tests.iter().map(|test| test.duration_ms).sum()));
    // A skipped test has no beginning.
    let began = tests.iter().filter_map(|test| test.started.parse::<jiff::Timestamp>().ok()).min();
    if let Some(began) = began {
        suite.extra.insert("timestamp".into(), format!("{began:.0}").into());
    }
    let profile = tests.first().map_or("", |test| test.profile.as_str());
    let tool = format!("{} {}", report.tool.name, report.tool.version);
    for (name, value) in [("issuer", report.issuer.as_str()), ("tool", &tool), ("profile", profile)] {
        suite.add_property((name, line(value).as_str()));
    }
    if let Some(own) = &report.own {
        suite.add_property(("own", line(&words::own(own)).as_str()));
    }
    if let Some(part) = words::part_asked_for(report) {
        suite.add_property(("selection", line(&part).as_str()));
    }
    suite.add_test_cases(tests.iter().map(|test| case(test, name)));
    suite
}

/// A suite of a certification profile: a case a module.
fn of_certification(report: &RunReport, verdict: &ProfileVerdict) -> TestSuite {
    let name = format!("certification.{}", verdict.profile.id);
    let mut suite = TestSuite::new(name.as_str());
    for (name, value) in [("issuer", report.issuer.as_str()), ("plan", &verdict.profile.plan), ("suite", SUITE)] {
        suite.add_property((name, line(value).as_str()));
    }
    suite.add_test_cases(verdict.modules.iter().map(|module| {
        let reasons: Vec<String> = module.reasons.iter().map(|reason| line(&reason.says)).collect();
        let mut status = match module.outcome {
            Outcome::Passes | Outcome::Warns => TestCaseStatus::success(),
            Outcome::Fails if !verdict.not_offered => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Outcome::NotTested => TestCaseStatus::non_success(NonSuccessKind::Error),
            Outcome::LeftOut | Outcome::Fails => TestCaseStatus::skipped(),
        };
        if !matches!(module.outcome, Outcome::Passes | Outcome::Warns) {
            status.set_message(reasons.first().map_or(module.outcome.words(), String::as_str)).set_description(reasons.join("\n"));
        }
        let mut case = TestCase::new(line(&module.module.id), status);
        case.set_classname(name.as_str());
        case.set_system_out(format!("{}: {}\n{}", module.outcome.words(), line(&module.module.says), reasons.join("\n")));
        case
    }));
    suite
}

fn case(test: &TestReport, class: &str) -> TestCase {
    let mut status = status(test);
    status.add_reruns(test.retries.iter().map(rerun));
    let mut case = TestCase::new(line(&test.id), status);
    case.set_classname(class);
    case.set_time(Duration::from_millis(test.duration_ms));
    if test.verdict != Verdict::Skipped {
        // Of a test that was left out, what was judged on the way to what it is about is no assertion of it.
        if test.verdict != Verdict::LeftOut {
            case.set_assertions(test.counts.passed + test.counts.failures + test.counts.warnings + test.counts.suggestions + test.counts.known);
        }
        case.set_system_out(output(test));
    }
    case
}

/// Another attempt at a test, which `JUnit` has as `flakyFailure` and `flakyError` of a case that passed, as `rerunFailure` and `rerunError` of another.
fn rerun(attempt: &Attempt) -> TestRerun {
    let kind = if attempt.verdict == Verdict::Errored { NonSuccessKind::Error } else { NonSuccessKind::Failure };
    let mut rerun = TestRerun::new(kind);
    let reason = attempt.reason.as_deref().map(line);
    let (message, ty) = match Finding::first_failure(&attempt.broken) {
        Some(first) => (format!("{}: {}", line(&first.rule), line(&first.says)), line(&first.rule)),
        None => (reason.clone().unwrap_or_default(), if kind == NonSuccessKind::Error { "could-not-test" } else { "stopped" }.to_owned()),
    };
    let lines: Vec<String> = attempt.broken.iter().map(|finding| description(finding)).chain(reason).collect();
    rerun.set_time(Duration::from_millis(attempt.duration_ms)).set_message(message).set_type(ty).set_description(lines.join("\n"));
    rerun
}

fn status(test: &TestReport) -> TestCaseStatus {
    let broken = words::broken(&test.findings);
    let reason = line(words::reason(test));
    let (kind, message, ty) = match test.verdict {
        Verdict::Passed | Verdict::Suggested | Verdict::Warned => return TestCaseStatus::success(),
        Verdict::Skipped | Verdict::LeftOut => {
            let mut status = TestCaseStatus::skipped();
            if test.is_missing() {
                status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_type("required");
            }
            status.set_message(line(&words::whole_reason(test)));
            return status;
        }
        Verdict::Errored => (NonSuccessKind::Error, reason, "could-not-test".to_owned()),
        Verdict::Failed => match broken.first().filter(|finding| finding.level == crate::rule::Level::Must) {
            Some(first) => (NonSuccessKind::Failure, format!("{}: {}", line(&first.rule), line(&first.says)), line(&first.rule)),
            None => (NonSuccessKind::Failure, reason, "stopped".to_owned()),
        },
    };
    let mut lines: Vec<String> = broken.into_iter().map(description).collect();
    if let Some(reason) = &test.reason {
        lines.push(line(reason));
    }
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(message).set_type(ty).set_description(lines.join("\n"));
    status
}

/// A broken rule in a few lines.
fn description(finding: &Finding) -> String {
    let mut text = format!("{} {}: {}\n", Mark::of_finding(finding), line(&finding.rule), line(&finding.says));
    let known = finding.known.as_deref().unwrap_or_default();
    let own = if finding.own { "a rule of the user's own" } else { "" };
    let pairs =
        [("own", own), ("known", known), ("expected", &finding.expected), ("actual", &finding.actual), ("why", &finding.why), ("fix", &finding.fix)];
    for (name, value) in pairs.into_iter().chain([("spec", finding.url.as_str())]) {
        if !value.is_empty() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {name}: {}", line(value));
        }
    }
    text
}

/// What the case prints: its headline, what does not make it fail, and how to run it again.
fn output(test: &TestReport) -> String {
    let mut lines = vec![words::headline(test).to_string()];
    let ended_well = !matches!(test.verdict, Verdict::Failed | Verdict::Errored);
    let mild = words::broken(&test.findings).into_iter().filter(|_| ended_well);
    lines.extend(mild.chain(test.findings.iter().map(AsRef::as_ref).filter(|finding| finding.is_known())).map(description));
    lines.push(format!("Again: {}", line(&test.command)));
    lines.join("\n")
}

fn line(text: &str) -> String {
    visible::short(text, MOST)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::json::sample;

    fn read(report: &RunReport) -> Report {
        let xml = render(report).unwrap();
        assert!(xml.starts_with(BEGINNING), "{xml}");
        Report::deserialize_from_str(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"))
    }

    #[test]
    fn every_test_is_a_case_with_its_verdict() {
        let report = sample();
        let junit = read(&report);
        assert_eq!(junit.tests, report.tests.len());
        let cases: Vec<_> = junit.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
        for test in &report.tests {
            let case = cases.iter().find(|case| case.name.as_str() == test.id).unwrap();
            let reason = test.reason.as_deref().unwrap_or_default();
            assert_eq!(case.classname.as_ref().unwrap().as_str(), format!("{}.{}", test.profile, test.id.split_once('/').unwrap().0));
            assert_eq!(case.time, Some(Duration::from_millis(test.duration_ms)));
            match (test.verdict, &case.status) {
                (Verdict::Passed | Verdict::Suggested | Verdict::Warned, TestCaseStatus::Success { .. }) => {}
                (Verdict::Skipped, TestCaseStatus::Skipped { message, .. }) => assert_eq!(message.as_ref().unwrap().as_str(), reason),
                (Verdict::Errored, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, message, .. }) => {
                    assert_eq!(message.as_ref().unwrap().as_str(), reason);
                }
                (Verdict::Failed, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, message, description, .. }) => {
                    let first = words::broken(&test.findings)[0];
                    assert!(message.as_ref().unwrap().starts_with(&format!("{}: ", first.rule)));
                    let text = description.as_ref().unwrap();
                    for finding in words::broken(&test.findings) {
                        assert!(text.contains(&finding.rule) && text.contains("expected: ") && text.contains("actual: "), "{}", text.as_str());
                    }
                }
                (verdict, status) => panic!("{verdict:?} became {status:?}"),
            }
        }
        let issuer = junit.test_suites[0].properties.iter().find(|property| property.name.as_str() == "issuer").unwrap();
        assert_eq!(issuer.value.as_str(), report.issuer);
    }

    #[test]
    fn a_test_that_was_left_out_is_skipped_and_keeps_what_it_found() {
        let mut report = sample();
        let test = report.tests.iter_mut().find(|test| test.verdict == Verdict::Failed).unwrap();
        test.findings.iter_mut().map(Arc::make_mut).for_each(|finding| finding.level = crate::rule::Level::Should);
        (test.verdict, test.reason) = (Verdict::LeftOut, Some("no resource is configured: set --resource-url".to_owned()));
        test.left_out = Some(crate::result::model::LeftOut::Lacks { setting: "--resource-url".to_owned() });
        let (id, warning) = (test.id.clone(), words::broken(&test.findings)[0].rule.clone());
        let junit = read(&report);
        let case = junit.test_suites.iter().flat_map(|suite| &suite.test_cases).find(|case| case.name.as_str() == id).unwrap();
        let TestCaseStatus::Skipped { message, .. } = &case.status else { panic!("{:?}", case.status) };
        let expected = "left out, needs the setting --resource-url: no resource is configured: set --resource-url";
        assert_eq!(message.as_ref().unwrap().as_str(), expected);
        assert_eq!(case.assertions, None);
        assert!(case.system_out.as_ref().unwrap().contains(&warning), "{}", case.system_out.as_ref().unwrap().as_str());
    }

    #[test]
    fn a_known_failure_is_no_failure() {
        let mut report = sample();
        let test = report.tests.iter_mut().find(|test| test.verdict == Verdict::Failed).unwrap();
        for finding in test.findings.iter_mut().filter(|finding| finding.outcome == crate::result::model::FindingOutcome::Failed) {
            Arc::make_mut(finding).known = Some("a proxy".to_owned());
        }
        test.counts = crate::result::model::Counts::of(&test.findings);
        test.verdict = test.counts.verdict();
        test.reason = None;
        let id = test.id.clone();
        let junit = read(&report);
        let case = junit.test_suites.iter().flat_map(|suite| &suite.test_cases).find(|case| case.name.as_str() == id).unwrap();
        assert!(matches!(case.status, TestCaseStatus::Success { .. }));
        assert!(case.system_out.as_ref().unwrap().contains("known: a proxy"));
    }

    #[test]
    fn nothing_foreign_changes_the_form() {
        let shape = |junit: &Report| (junit.tests, junit.failures, junit.errors, junit.skipped, junit.test_suites.len());
        let harmless = shape(&read(&sample()));
        for nasty in [
            "]]>",
            "</failure><failure>",
            "\u{0}\u{1b}[31m\u{fffe}\u{ffff}\u{8}",
            "a\r\nb\u{2028}",
            "&amp;&lt;&#0;\"'",
            "<![CDATA[",
            "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///'>]>&y;",
        ] {
            let mut report = sample();
            report.issuer = nasty.to_owned();
            for test in &mut report.tests {
                test.reason = test.reason.as_ref().map(|_| nasty.to_owned());
                test.command = nasty.to_owned();
                for finding in test.findings.iter_mut().map(Arc::make_mut) {
                    for text in [&mut finding.says, &mut finding.expected, &mut finding.actual, &mut finding.url] {
                        nasty.clone_into(text);
                    }
                }
            }
            let xml = render(&report).unwrap();
            let allowed = |c: char| matches!(c, '\n' | '\t' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            assert!(xml.chars().all(allowed) && !xml.contains("]]>"), "{xml}");
            let junit = read(&report);
            assert_eq!(shape(&junit), harmless, "{nasty:?}");
            assert_eq!(junit.test_suites[0].properties[0].value.as_str(), visible::line(nasty));
        }
    }
}
