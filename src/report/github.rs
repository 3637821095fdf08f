//! What GitHub Actions shows of a run: annotations by workflow commands, and the job's summary.
//!
//! A runner reads commands off standard output: `::error title=…::…` at the beginning of a line. What an issuer sends has no line ends by the time
//! it gets here, and is encoded as the runner decodes it, so that it stays within its annotation.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use super::{issuers, markdown, words};
use crate::result::issuers::IssuersReport;
use crate::result::model::{RunReport, TestReport, Verdict};
use crate::rule::Level;
use crate::text::count;
use crate::text::visible;

/// The variable that names the file of the job's summary.
pub const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The most annotations of each kind that GitHub shows of a step.
const MOST: usize = 10;

/// The most bytes GitHub takes for the summary of a step.
const MOST_SUMMARY: usize = 1024 * 1024;

/// The most characters of a foreign text in an annotation.
const MOST_TEXT: usize = 300;

/// The most tests named in an annotation.
const MOST_TESTS: usize = 5;

/// The kinds of annotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
    Notice,
}

impl Kind {
    /// The name of its command.
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

struct Annotation {
    kind: Kind,
    title: String,
    text: String,
}

/// The workflow commands of a run: a line each, the worst first, and one line that counts those GitHub would not show.
pub fn commands(report: &RunReport) -> String {
    lines(&annotations(report))
}

/// The same of several issuers, each by its name; GitHub shows no more of all together than of one.
pub fn commands_of_all<'a>(runs: impl Iterator<Item = (&'a str, &'a RunReport)>) -> String {
    let of = |(name, report): (&str, &RunReport)| {
        let named = |one: Annotation| Annotation { title: format!("{name}: {}", one.title), ..one };
        annotations(report).into_iter().map(named).collect::<Vec<_>>()
    };
    lines(&runs.flat_map(of).collect::<Vec<_>>())
}

fn lines(annotations: &[Annotation]) -> String {
    let mut out = String::new();
    let mut more = Vec::new();
    for kind in [Kind::Error, Kind::Warning, Kind::Notice] {
        let of_kind: Vec<&Annotation> = annotations.iter().filter(|annotation| annotation.kind == kind).collect();
        for annotation in of_kind.iter().take(MOST) {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "::{} title={}::{}", kind.word(), property(&annotation.title), data(&annotation.text));
        }
        if of_kind.len() > MOST {
            more.push(count(of_kind.len() - MOST, &format!("more {}", kind.word())));
        }
    }
    if !more.is_empty() {
        let _ = writeln!(out, "GitHub shows {MOST} annotations of a kind; in the summary: {}.", more.join(", "));
    }
    out
}

fn annotations(report: &RunReport) -> Vec<Annotation> {
    let mut all: Vec<Annotation> = words::broken_in(report)
        .into_iter()
        .map(|(finding, tests)| {
            let kind = match finding.level {
                Level::Must => Kind::Error,
                Level::Should => Kind::Warning,
                Level::May => Kind::Notice,
            };
            let mut lines =
                vec![shown(&finding.says), format!("expected: {}", shown(&finding.expected)), format!("actual: {}", shown(&finding.actual))];
            let (others, more) = words::other_actuals(finding, &tests);
            lines.extend(others.into_iter().map(|other| format!("also seen: {}", shown(other))));
            lines.extend((more > 0).then(|| format!("and {more} more")));
            for (name, text) in [("why", &finding.why), ("fix", &finding.fix)] {
                lines.extend((!text.is_empty()).then(|| format!("{name}: {}", visible::short(text, MOST_TEXT * 2))));
            }
            lines.push(within(&tests));
            let own = if finding.own { " (own rule)" } else { "" };
            Annotation { kind, title: format!("{}{own}", shown(&finding.rule)), text: lines.join("\n") }
        })
        .collect();
    for (verdict, title) in [(Verdict::Failed, "could not be finished"), (Verdict::Errored, "could not be tested")] {
        for (reason, tests) in words::by_reason(report, verdict) {
            let title = format!("{} {title}", count(tests.len(), "test"));
            all.push(Annotation { kind: Kind::Error, title, text: format!("{}\n{}", visible::short(reason, MOST_TEXT * 3), within(&tests)) });
        }
    }
    for (verdict, what) in [(Verdict::Skipped, "skipped"), (Verdict::LeftOut, "left out")] {
        for (reason, tests) in words::by_reason(report, verdict) {
            let required: Vec<&TestReport> = tests.into_iter().filter(|test| test.required).collect();
            if !required.is_empty() {
                let title = format!("{} {what}", count(required.len(), "required test"));
                all.push(Annotation { kind: Kind::Error, title, text: format!("{}\n{}", visible::short(reason, MOST_TEXT * 3), within(&required)) });
            }
        }
    }
    let flaky = words::flaky(report);
    if !flaky.is_empty() {
        let text = format!("They passed only when they were run again.\n{}", within(&flaky));
        all.push(Annotation { kind: Kind::Warning, title: format!("{} flaky", count(flaky.len(), "test")), text });
    }
    let left_out = words::by_reason(report, Verdict::LeftOut);
    if !left_out.is_empty() {
        let tests: usize = left_out.iter().map(|(_, tests)| tests.len()).sum();
        let mut lines: Vec<String> = left_out
            .iter()
            .take(MOST_TESTS)
            .map(|(_, tests)| format!("{}: {}", count(tests.len(), "test"), visible::short(&words::left_out(tests[0]), MOST_TEXT)))
            .collect();
        if left_out.len() > MOST_TESTS {
            lines.push(format!("and {} more", count(left_out.len() - MOST_TESTS, "reason")));
        }
        all.push(Annotation { kind: Kind::Notice, title: format!("{} left out", count(tests, "test")), text: lines.join("\n") });
    }
    if let Some(how) = words::cut_short(report) {
        all.push(Annotation { kind: Kind::Warning, title: "interrupted".to_owned(), text: format!("The run {how} before all tests had ended.") });
    }
    for (entry, advice) in words::out_of_date(report) {
        let test = entry.test.as_ref().map(|glob| format!(" in {}", shown(glob))).unwrap_or_default();
        all.push(Annotation {
            kind: Kind::Warning,
            title: shown(words::known_file(report)),
            text: format!("{}{test}: {advice}", shown(&entry.rule)),
        });
    }
    all
}

fn within(tests: &[&TestReport]) -> String {
    let named: Vec<String> = tests.iter().take(MOST_TESTS).map(|test| shown(&test.id)).collect();
    let more = if tests.len() > MOST_TESTS { format!(" and {} more", count(tests.len() - MOST_TESTS, "test")) } else { String::new() };
    format!("in: {}{more}", named.join(", "))
}

fn shown(text: &str) -> String {
    visible::short(text, MOST_TEXT)
}

/// What a command carries, as the runner decodes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property, as the runner decodes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Appends the summary of a run to the file of the job's summary, as far as GitHub takes it.
///
/// # Errors
/// Whatever the file system says.
pub fn append_summary(report: &RunReport, path: &Path) -> io::Result<()> {
    append(&markdown::render_summary_alone(report), path)
}

/// The same of several issuers: what came of all of them, then the summary of each.
///
/// # Errors
/// Whatever the file system says.
pub fn append_summary_of_all<'a>(of_all: &IssuersReport, runs: impl Iterator<Item = &'a RunReport>, path: &Path) -> io::Result<()> {
    let each = runs.map(markdown::render_summary_alone);
    let text: Vec<String> = std::iter::once(issuers::render_alone(of_all)).chain(each).collect();
    append(&text.join("\n"), path)
}

fn append(summary: &str, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let there = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    file.write_all(cut(summary, MOST_SUMMARY.saturating_sub(there)).as_bytes())
}

/// A text of at most so many bytes, cut at the end of a line, and saying so; nothing where not even that has room.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    const CUT: &str = "\n⚠️ This is cut off: GitHub takes 1 MiB. The whole of it is in summary.md among the reports.\n";
    if text.len() <= most {
        return text.into();
    }
    let Some(room) = most.checked_sub(CUT.len()) else { return "".into() };
    let end = text.as_bytes()[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    format!("{}{CUT}", &text[..end]).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::json::sample;
    use crate::result::model::Finding;

    /// What a runner makes of a line: the command, its title and its text. Both ways of writing a command are looked for.
    fn runner_reads(line: &str) -> Option<(String, String, String)> {
        let Some(rest) = line.trim_start().strip_prefix("::") else {
            assert!(!line.contains("##["), "{line}");
            return None;
        };
        let (head, text) = rest.split_once("::")?;
        let (command, properties) = head.split_once(' ')?;
        assert_eq!(properties.matches(',').count(), 0, "{line}");
        let decode = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        Some((command.to_owned(), decode(properties.strip_prefix("title=")?), decode(text)))
    }

    #[test]
    fn every_broken_rule_is_an_annotation_of_its_kind() {
        let report = sample();
        let said = commands(&report);
        let read: Vec<_> = said.lines().map(|line| runner_reads(line).unwrap()).collect();
        for (finding, tests) in words::broken_in(&report) {
            let (command, _, text) = read.iter().find(|(_, title, _)| *title == finding.rule).unwrap();
            let expected = match finding.level {
                Level::Must => "error",
                Level::Should => "warning",
                Level::May => "notice",
            };
            assert_eq!(command, expected);
            assert!(text.contains(&format!("actual: {}", finding.actual)) && text.contains(&tests[0].id), "{text}");
        }
        assert!(read.iter().any(|(command, title, _)| command == "error" && title == "1 test could not be tested"), "{said}");
    }

    #[test]
    fn tests_that_were_left_out_are_one_notice() {
        let mut report = sample();
        let before = commands(&report).lines().count();
        for (test, reason) in report.tests.iter_mut().zip(["no `a`", "no `a`", "no `b`"]) {
            (test.verdict, test.reason) = (Verdict::LeftOut, Some(reason.to_owned()));
            test.left_out = Some(crate::result::model::LeftOut::NotOffered);
            test.findings.clear();
        }
        let said = commands(&report);
        let expected = "::notice title=3 tests left out::2 tests: not offered by the issuer: no `a`%0A1 test: not offered by the issuer: no `b`";
        assert!(said.lines().any(|line| line == expected) && said.lines().count() <= before + 1, "{said}");
    }

    #[test]
    fn more_than_github_shows_is_counted() {
        let mut report = sample();
        let broken = |n: usize, level| Finding {
            rule: format!("a/rule-{n}"),
            level,
            outcome: crate::result::model::FindingOutcome::Failed,
            ..(*report.tests[0].findings[0]).clone()
        };
        let findings = (0..25).map(|n| broken(n, Level::Must)).chain((25..36).map(|n| broken(n, Level::May))).map(Arc::new).collect();
        report.tests.truncate(1);
        report.tests[0].findings = findings;
        let said = commands(&report);
        let count = |kind: &str| said.lines().filter(|line| line.starts_with(kind)).count();
        assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 0, 10));
        assert_eq!(said.lines().count(), 21);
        assert!(said.ends_with("in the summary: 15 more errors, 1 more notice.\n"), "{said}");
    }

    #[test]
    fn nothing_foreign_becomes_a_command() {
        for nasty in
            ["\n::set-output name=a::b", "\r\n::stop-commands::x", "100%0A::error::", "a::b,c=d", "##[add-mask]a", "\u{2028}::debug::", "%25%0D"]
        {
            let mut report = sample();
            for test in &mut report.tests {
                test.reason = test.reason.as_ref().map(|_| nasty.to_owned());
                for finding in test.findings.iter_mut().map(Arc::make_mut) {
                    for text in [&mut finding.says, &mut finding.expected, &mut finding.actual] {
                        nasty.clone_into(text);
                    }
                }
            }
            let said = commands(&report);
            assert_eq!(said.lines().count(), commands(&sample()).lines().count(), "{said}");
            for line in said.lines() {
                let (command, title, text) = runner_reads(line).unwrap();
                assert!(["error", "warning", "notice"].contains(&command.as_str()), "{line}");
                assert!(!title.contains("::"), "{line}");
                assert!(text.contains(&visible::line(nasty)), "{nasty:?}: {text}");
            }
        }
    }

    #[test]
    fn a_long_summary_is_cut_at_the_end_of_a_line() {
        let line = "ä line\n";
        let text = line.repeat(1000);
        assert_eq!(cut(&text, text.len()), text);
        for most in [200, 201, 202, 203, 5000] {
            let kept = cut(&text, most);
            assert!(kept.len() <= most && kept.starts_with(line) && kept.contains("summary.md"), "{kept}");
            assert_eq!(kept.split("\n\n").next().unwrap().len() % line.len(), line.len() - 1);
        }
        assert_eq!(cut(&text, 20), "");
    }

    #[test]
    fn the_job_summary_is_appended_and_links_to_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("summary");
        std::fs::write(&path, "before\n").unwrap();
        append_summary(&sample(), &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("before\n# Conformance of ") && text.contains("authorization-code-flow"));
        for event in pulldown_cmark::Parser::new_ext(&text, pulldown_cmark::Options::ENABLE_TABLES) {
            if let pulldown_cmark::Event::Start(pulldown_cmark::Tag::Link { dest_url, .. }) = event {
                assert!(dest_url.starts_with("https://"), "{dest_url}");
            }
        }
        let big = dir.path().join("big");
        std::fs::write(&big, "x".repeat(MOST_SUMMARY - 300)).unwrap();
        append_summary(&sample(), &big).unwrap();
        let size = std::fs::metadata(&big).unwrap().len();
        assert!(size <= MOST_SUMMARY as u64 && size > MOST_SUMMARY as u64 - 300);
    }
}
