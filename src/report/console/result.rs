//! The result of a run in a terminal.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthStr as _;

use super::{Choices, Size, paint};
use crate::config::Loudness;
use crate::feature::certification::SUITE;
use crate::report::file::{SUMMARY, test_name};
use crate::report::mark::Mark;
use crate::report::news::{self, News};
use crate::report::view::certification::mark_of;
use crate::report::{Written, words};
use crate::result::certification;
use crate::result::model;
use crate::result::model::{Exchange, Finding, RunReport, TestReport, Verdict};
use crate::rule::Level;
use crate::text::count;

/// The most characters of a foreign text in one line.
const MOST: usize = 300;

/// The same on a screen, where what is broken has to share it.
const MOST_ON_SCREEN: usize = 120;

/// The most tests named beside a broken rule; the summary has them all.
const MOST_TESTS: usize = 5;

/// The most characters of a reason, which ends with what to do.
const MOST_REASON: usize = 1000;

/// The same on a screen.
const MOST_REASON_ON_SCREEN: usize = 300;

/// The width of the column of names.
const NAMES: usize = 8;

/// Something to be read together: a broken rule, or a reason.
struct Section {
    /// What it is one of, for counting those there was no room for.
    noun: &'static str,
    /// How many of its lines are its title, painted by `verdict`.
    title: usize,
    lines: Vec<String>,
    verdict: Verdict,
}

/// Writes the result: each broken rule once with the tests it is broken in, what stopped tests, each reason once, then the verdict. On a screen the
/// first failing rule of each test comes before others, and what finds no room is counted. `name` is that of one of several issuers.
pub fn write(out: &mut impl Write, choices: Choices, name: Option<&str>, report: &RunReport, written: Option<&Written>) -> io::Result<()> {
    if choices.loudness == Loudness::Quiet {
        return write_end(out, choices, name, report, written);
    }
    let plain = choices.fitted("", &headline(report, name));
    let summary = written.and_then(|written| written.summary.as_deref());
    let end = end(choices, report, written);
    let sections = sections(choices, report, summary, &News::of(report));
    let (shown, left) = fitting(&sections, &end, &plain, choices.screen);
    for section in &sections[..shown] {
        for (index, line) in section.lines.iter().enumerate() {
            if index < section.title { writeln!(out, "{}", paint(choices.colour_out, line, section.verdict))? } else { writeln!(out, "{line}")? }
        }
        writeln!(out)?;
    }
    if let Some(left) = left {
        let place = written.map(Written::to_read).map(|path| format!(": see {}", super::line(&path.display().to_string()))).unwrap_or_default();
        writeln!(out, "{}\n", choices.fitted("", &format!("… and {left}{place}")))?;
    }
    write_end(out, choices, name, report, written)
}

/// The headline of a run, with the name of its issuer where it is one of several.
fn headline(report: &RunReport, name: Option<&str>) -> String {
    let headline = words::run_headline(report);
    name.map_or_else(|| headline.to_string(), |name| format!("{} {name}: {}", headline.mark, headline.says))
}

/// Writes what stands before the verdict, the verdict, and where the report is; quiet, it is the verdict alone.
pub fn write_end(out: &mut impl Write, choices: Choices, name: Option<&str>, report: &RunReport, written: Option<&Written>) -> io::Result<()> {
    let headline = choices.fitted("", &headline(report, name));
    let quiet = choices.loudness == Loudness::Quiet;
    let (before, after) = if quiet { Default::default() } else { end(choices, report, written) };
    for line in before {
        writeln!(out, "{line}")?;
    }
    for line in headline.lines() {
        writeln!(out, "{}", paint(choices.colour_out, line, report.verdict))?;
    }
    for line in after {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// What stands before the verdict, and after it.
fn end(choices: Choices, report: &RunReport, written: Option<&Written>) -> (Vec<String>, Vec<String>) {
    let warning = |says: &str| choices.fitted(&format!("{} ", Mark::Warning), says);
    let mut before: Vec<String> = words::selection(report).iter().map(|says| warning(&super::line(says))).collect();
    if report.environment.is_insecure() {
        before.push(warning("TLS certificates were not verified."));
    }
    if report.environment.secrets_shown {
        before.push(warning("The reports hold secrets in clear text."));
    }
    if let Some(how) = words::cut_short(report) {
        before.push(warning(&format!("The run {how}.")));
    }
    if let Some(left) = model::left_behind(report.tests.iter().flat_map(|test| &test.left_behind)) {
        before.push(choices.fitted("🧹 ", &format!("{left}: the report says which and why.")));
    }
    for verdict in certification::verdicts(report) {
        before.push(choices.fitted(&format!("{} ", mark_of(&verdict)), &format!("{} (suite {SUITE})", verdict.line())));
    }
    let since = report.baseline.as_ref();
    let since = since.map(|baseline| choices.fitted("", &super::line(&format!("{}: {}", news::since(baseline), news::named_sums(baseline)))));
    let place = written.map(|written| format!("Report: {}", super::line(&written.to_read().display().to_string())));
    (before, since.into_iter().chain(place).collect())
}

/// How many sections fit the screen beside the end, at least one; and what is left, in words.
fn fitting(sections: &[Section], (before, after): &(Vec<String>, Vec<String>), headline: &str, screen: Option<Size>) -> (usize, Option<String>) {
    let Some(Size { width, height }) = screen else { return (sections.len(), None) };
    let rows = |text: &str| text.lines().map(|line| line.width().div_ceil(width).max(1)).sum::<usize>();
    let end: usize = before.iter().chain(after).map(|line| rows(line)).sum::<usize>() + rows(headline);
    // The prompt wants a line, and what is left two.
    let room = height.saturating_sub(end + 1);
    let sizes: Vec<usize> = sections.iter().map(|section| section.lines.iter().map(|line| rows(line)).sum::<usize>() + 1).collect();
    if sizes.iter().sum::<usize>() <= room {
        return (sections.len(), None);
    }
    let mut used = 2;
    let shown = sizes.iter().take_while(|size| {
        used += **size;
        used <= room
    });
    let shown = shown.count().max(1);
    let mut left: Vec<(&str, usize)> = Vec::new();
    for section in sections.iter().skip(shown) {
        match left.iter_mut().find(|(noun, _)| *noun == section.noun) {
            Some((_, n)) => *n += 1,
            None => left.push((section.noun, 1)),
        }
    }
    let left: Vec<String> = left.iter().map(|(noun, n)| count(*n, noun).replacen(' ', " more ", 1)).collect();
    (shown, (!left.is_empty()).then(|| left.join(", ")))
}

/// Broken rules, then what kept tests from their end, then the tests that were left out or skipped.
fn sections(choices: Choices, report: &RunReport, summary: Option<&Path>, news: &News) -> Vec<Section> {
    let mut broken = words::broken_in(report);
    // A test's first broken rule is where to begin; what follows from it may wait.
    let is_first =
        |finding: &Finding| report.tests.iter().any(|test| words::broken(&test.findings).first().is_some_and(|first| first.rule == finding.rule));
    broken.sort_by_key(|(finding, _)| (std::cmp::Reverse(finding.level), !is_first(finding)));
    let mut sections: Vec<Section> = broken.iter().map(|(finding, tests)| broken_rule(choices, finding, tests, summary, news)).collect();
    let reasons: Vec<Section> = [
        (Verdict::Failed, "could not be finished"),
        (Verdict::Errored, "could not be tested"),
        (Verdict::LeftOut, "left out"),
        (Verdict::Skipped, "skipped"),
    ]
    .into_iter()
    .flat_map(|(verdict, what)| words::by_reason(report, verdict).into_iter().map(move |(reason, tests)| (verdict, what, reason, tests)))
    .map(|(verdict, what, reason, tests)| of_reason(choices, verdict, what, reason, &tests))
    .collect();
    // On a screen the worst rule and what stopped tests come before more rules: the one may be why of the other.
    let at = if choices.screen.is_some() { sections.len().min(1) } else { sections.len() };
    let (stopped, not_told): (Vec<Section>, Vec<Section>) = reasons.into_iter().partition(|section| section.verdict > Verdict::LeftOut);
    sections.splice(at..at, stopped);
    sections.extend(flaky(choices, report));
    sections.extend(known(choices, report, summary, news));
    sections.extend(not_told);
    sections
}

/// The tests that passed only when they were run again, and what came of them before.
fn flaky(choices: Choices, report: &RunReport) -> Vec<Section> {
    let of_test = |test: &TestReport| {
        let mut lines = fitted(choices, &format!("{} ", Mark::Warning), "flaky: it passed only when it was run again");
        let title = lines.len();
        lines.extend(fitted(choices, &format!("   {:<NAMES$}  ", "in"), &super::line(&test.id)));
        for attempt in words::attempts(test) {
            lines.extend(fitted(choices, &format!("   {:<NAMES$}  ", "before"), &super::shown(&attempt, MOST)));
        }
        lines.push(format!("   {:<NAMES$}  {}", "again", super::line(&test.command)));
        Section { noun: "flaky test", title, lines, verdict: Verdict::Warned }
    };
    words::flaky(report).into_iter().map(of_test).collect()
}

/// Known failures, what they broke off, and what is said of them that is not so any more.
fn known(choices: Choices, report: &RunReport, summary: Option<&Path>, news: &News) -> Vec<Section> {
    let mark = Mark::Known;
    let mut sections: Vec<Section> = words::known_in(report)
        .iter()
        .map(|(finding, tests)| Section { noun: "known failure", ..broken_rule(choices, finding, tests, summary, news) })
        .collect();
    sections.extend(words::broken_off(report).into_iter().map(|(test, reason)| {
        let mut lines = fitted(choices, &format!("{mark} "), &format!("broke off at a known failure: {}", super::shown(reason, MOST_REASON)));
        let title = lines.len();
        lines.push(format!("   {}", super::line(&test.id)));
        Section { noun: "test", title, lines, verdict: Verdict::Warned }
    }));
    sections.extend(words::out_of_date(report).into_iter().map(|(entry, advice)| {
        let says = format!("{}: {advice}", super::shown(words::known_file(report), MOST));
        let mut lines = fitted(choices, &format!("{mark} "), &says);
        let title = lines.len();
        for (name, text) in [("rule", Some(&entry.rule)), ("test", entry.test.as_ref()), ("reason", Some(&entry.reason))] {
            if let Some(text) = text {
                lines.extend(fitted(choices, &format!("   {name:<NAMES$}  "), &super::shown(text, MOST)));
            }
        }
        Section { noun: "entry of known failures", title, lines, verdict: Verdict::Warned }
    }));
    sections
}

fn broken_rule(choices: Choices, finding: &Finding, tests: &[&TestReport], summary: Option<&Path>, news: &News) -> Section {
    let verdict = match finding.level {
        Level::Must => Verdict::Failed,
        Level::Should => Verdict::Warned,
        Level::May => Verdict::Suggested,
    };
    let most = if choices.screen.is_some() { MOST_ON_SCREEN } else { MOST };
    let new = news.words(&finding.rule, tests).map(|new| format!(" ({new})")).unwrap_or_default();
    let mut lines = fitted(choices, &format!("{} ", Mark::of_finding(finding)), &format!("{}{new}", super::shown(&finding.says, most)));
    let title = lines.len();
    let mut row = |name: &str, text: &str| lines.extend(fitted(choices, &format!("   {name:<NAMES$}  "), text));
    let own = if finding.own { " (own rule)" } else { "" };
    row("rule", &format!("{}{own}", super::shown(&finding.rule, most)));
    row("expected", &super::shown(&finding.expected, most));
    row("actual", &super::shown(&finding.actual, most));
    let (others, more) = words::other_actuals(finding, tests);
    // On a screen the first has to do: the report has all.
    let room = if choices.screen.is_some() { 0 } else { others.len() };
    for other in &others[..room] {
        row("also", &super::shown(other, most));
    }
    if others.len() - room + more > 0 {
        row("", &format!("and {} more", others.len() - room + more));
    }
    for (name, text) in [("why", &finding.why), ("fix", &finding.fix)] {
        if !text.is_empty() {
            row(name, &super::shown(text, MOST));
        }
    }
    if let Some(note) = &finding.level_note {
        row("level", &super::shown(note, most));
    }
    if let Some(reason) = &finding.known {
        row("known", &super::shown(reason, most));
    }
    if !finding.spec.is_empty() {
        row("spec", format!("{} {}", super::shown(&finding.spec, most), super::shown(&finding.url, MOST)).trim_end());
    }
    if let Some(exchange) = tests.first().and_then(|test| exchange_of(test, &finding.rule)) {
        row("exchange", &shown(exchange, most));
    }
    if choices.screen.is_some() {
        if let Some(first) = tests.first() {
            let others = if tests.len() > 1 { format!(" and {}", count(tests.len() - 1, "other test")) } else { String::new() };
            row("in", &format!("{}{others}", super::shown(&first.id, most)));
        }
    } else {
        for (index, test) in tests.iter().take(MOST_TESTS).enumerate() {
            row(if index == 0 { "in" } else { "" }, &super::line(&test.id));
        }
        if tests.len() > MOST_TESTS {
            row("", &format!("and {} more", count(tests.len() - MOST_TESTS, "test")));
        }
    }
    if let Some(test) = tests.first() {
        if let Some(path) = report_of(test, summary) {
            row("report", &path);
        }
        if !test.command.is_empty() {
            // Left whole, to be copied.
            lines.push(format!("   {:<NAMES$}  {}", "again", super::line(&test.command)));
        }
    }
    Section { noun: "broken rule", title, lines, verdict }
}

fn of_reason(choices: Choices, verdict: Verdict, what: &str, reason: &str, tests: &[&TestReport]) -> Section {
    let most = if choices.screen.is_some() { MOST_REASON_ON_SCREEN } else { MOST_REASON };
    let cause = tests.first().and_then(|test| test.left_out.as_ref()).filter(|_| verdict == Verdict::LeftOut);
    let what = cause.map_or_else(|| what.to_owned(), |cause| format!("{what}, {}", super::line(&cause.words())));
    let says = format!("{} {what}: {}", count(tests.len(), "test"), super::shown(reason, most));
    let mut lines = fitted(choices, &format!("{} ", Mark::of_verdict(verdict)), &says);
    let title = lines.len();
    let required = |test: &TestReport| if test.is_missing() { " (required)" } else { "" };
    let mut ids = tests.iter().map(|test| format!("   {}{}", super::line(&test.id), required(test)));
    if choices.screen.is_some() {
        let others = if tests.len() > 1 { format!(" and {} more", tests.len() - 1) } else { String::new() };
        lines.extend(ids.next().map(|first| first + &others));
    } else {
        lines.extend(ids);
    }
    lines.extend(again(verdict, tests));
    Section { noun: "reason", title, lines, verdict }
}

/// The command that repeats the first of tests that did not get to their end; left whole, to be copied.
fn again(verdict: Verdict, tests: &[&TestReport]) -> Option<String> {
    let test = tests.first().filter(|test| verdict > Verdict::LeftOut && !test.command.is_empty())?;
    Some(format!("   {:<NAMES$}  {}", "again", super::line(&test.command)))
}

/// The exchange that a rule was found broken on first in a test.
fn exchange_of<'a>(test: &'a TestReport, rule: &str) -> Option<&'a Exchange> {
    words::exchange(test, words::broken(&test.findings).into_iter().find(|finding| finding.rule == rule)?.exchange?)
}

/// `POST https://op.example/token → 200`.
fn shown(exchange: &Exchange, most: usize) -> String {
    let answer = match &exchange.response {
        Ok(response) => response.status.to_string(),
        Err(why) => super::shown(why, most),
    };
    format!("{} {} → {answer}", super::shown(&exchange.method, most), super::shown(&exchange.url, most))
}

/// The file of a test's report, where there are such files.
fn report_of(test: &TestReport, summary: Option<&Path>) -> Option<String> {
    let folder = summary.filter(|path| path.ends_with(SUMMARY))?.parent()?;
    // With the separators of the system.
    let path: PathBuf = folder.join(test_name(&test.id).ok()?).components().collect();
    Some(super::line(&path.display().to_string()))
}

/// A text behind its name, in lines that fit the screen.
fn fitted(choices: Choices, name: &str, text: &str) -> Vec<String> {
    choices.fitted(name, text).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json::sample;

    fn on(screen: Option<Size>, report: &RunReport) -> String {
        let mut out = Vec::new();
        write(&mut out, Choices { screen, ..Choices::PLAIN }, None, report, Some(&written())).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn written() -> Written {
        let path = |name: &str| Path::new("reports").join(name);
        Written { results: path("results.json"), summary: Some(path("summary.md")), html: Some(path("report.html")), single_files: Vec::new() }
    }

    fn rows(text: &str, width: usize) -> usize {
        text.lines().map(|line| line.width().div_ceil(width).max(1)).sum()
    }

    #[test]
    fn a_screen_is_enough_to_begin_with() {
        let report = sample();
        let all = on(None, &report);
        for height in [24, 50] {
            let text = on(Some(Size { width: 80, height }), &report);
            assert!(rows(&text, 80) < height, "{height}: {text}");
            for said in ["rule ", "expected ", "actual ", "spec ", "in ", "report "] {
                assert!(text.contains(said), "{said}: {text}");
            }
            assert!(text.contains(&Path::new("reports").join("report.html").display().to_string()), "{text}");
        }
        let short = on(Some(Size { width: 80, height: 24 }), &report);
        assert!(short.contains("… and ") && !all.contains("… and "), "{short}");
    }

    #[test]
    fn a_first_rule_comes_before_what_follows_from_it() {
        let mut report = sample();
        let broken = report.tests.iter().position(|test| !words::broken(&test.findings).is_empty()).unwrap();
        let mut first = (*words::broken(&report.tests[broken].findings)[0]).clone();
        first.level = Level::Must;
        let finding = |rule: &str| std::sync::Arc::new(Finding { rule: rule.to_owned(), ..first.clone() });
        for test in &mut report.tests {
            test.findings.clear();
        }
        report.tests[0].findings = vec![finding("a/root"), finding("a/follows")];
        report.tests[1].findings = vec![finding("b/root")];
        let text = on(None, &report);
        let at = |rule: &str| text.find(rule).unwrap_or_else(|| panic!("{rule}: {text}"));
        assert!(at("a/root") < at("b/root") && at("b/root") < at("a/follows"), "{text}");
    }

    #[test]
    fn quiet_is_a_line() {
        let mut out = Vec::new();
        write(&mut out, Choices { loudness: Loudness::Quiet, ..Choices::PLAIN }, None, &sample(), Some(&written())).unwrap();
        assert_eq!(String::from_utf8(out).unwrap().lines().count(), 1);
    }
}
