//! Markdown: a summary and one file a test, in the form readers of the `OpenActive` test suite's reports know.
//!
//! What a template says as `{{x}}` is escaped by [`escape::md`], so that forgetting is safe; `{{{x}}}` is Markdown made here. The only HTML
//! in a report is `<details>`, `<summary>` with words of the templates, and `<a id="exchange-N">`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use handlebars::Handlebars;
use serde::Serialize;

use super::error::ReportError;
use super::news::News;
use super::view::certification::CertificationView;
use super::view::{IssuersView, SummaryView, TestView, has_report};
use super::{file, template};
use crate::result::model::{RunReport, TestReport};
use crate::text::markdown as escape;

/// What every file written here begins with; by it a report of an earlier run is known.
pub const BEGINNINGS: [&str; 3] = ["[< Return to Summary](../summary.md)", "# Conformance of ", "# Certification of "];

const TEST: &str = "report.md";
const SUMMARY: &str = "summary.md";
const STATEMENT: &str = "statement.md";
const COMPARISON: &str = "compare.md";
const ISSUERS: &str = "issuers.md";

/// What certification profiles would come to, in the report directory.
pub const CERTIFICATION: &str = "certification.md";

/// A link to a test's report, or its label where there is none.
const TEST_LINK: &str = "{{#if (and linked @root.with_tests)}}[{{label}}]({{{destination id}}}.md){{else}}{{label}}{{/if}}";

/// A link to an issuer's report, or its name where there is none.
const ISSUER_LINK: &str = "{{#if report}}[{{name}}]({{{destination report}}}){{else}}{{name}}{{/if}}";

/// How a rule or a test came out at one issuer.
const CELL: &str = "{{#if mark}}{{{mark.sign}}}{{#if says}} {{#if to}}[{{says}}]({{{destination to}}}){{else}}{{says}}{{/if}}{{/if}}{{else}}–{{/if}}";

static TEMPLATES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    template::templates(
        escape::md,
        &[
            ("code", |text, _| escape::code(text)),
            ("value", |text, _| escape::value(text)),
            ("fence", escape::fence),
            ("link", escape::link),
            ("destination", |text, _| escape::destination(text)),
            ("markdown-note", |text, _| escape::note(text)),
            ("markdown-description", |text, _| escape::description(text)),
        ],
        &[
            (TEST, include_str!("../../templates/report.md")),
            (SUMMARY, include_str!("../../templates/summary.md")),
            (STATEMENT, include_str!("../../templates/statement.md")),
            (COMPARISON, include_str!("../../templates/compare.md")),
            (ISSUERS, include_str!("../../templates/issuers.md")),
            (CERTIFICATION, include_str!("../../templates/certification.md")),
            ("test-link", TEST_LINK),
            ("issuer-link", ISSUER_LINK),
            ("cell", CELL),
            ("new", "{{#if new}} **{{new}}**{{/if}}"),
            ("new-test", "{{#if new}} **new**{{/if}}"),
        ],
    )
});

fn render(name: &str, view: &impl Serialize) -> String {
    // Sections that are left out leave their blank lines behind.
    tidy(&template::render(&TEMPLATES, name, view))
}

/// Leaves one blank line where there are several, outside fenced blocks, and one line end at the end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    let mut blank = false;
    for line in text.lines() {
        match fence {
            Some(open) if line == open => fence = None,
            None if line.starts_with("```") => fence = Some(&line[..line.len() - line.trim_start_matches('`').len()]),
            _ => {}
        }
        let is_blank = fence.is_none() && line.trim().is_empty();
        if !(is_blank && blank) {
            out.push_str(if is_blank { "" } else { line });
            out.push('\n');
        }
        blank = is_blank;
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// The report of one test, to be read at [`file::test_name`].
pub fn render_test(report: &RunReport, test: &TestReport) -> String {
    render_test_with(report, test, &News::of(report))
}

fn render_test_with(report: &RunReport, test: &TestReport, news: &News) -> String {
    render(TEST, &TestView::of(report, test, news))
}

/// The summary of a run, to be read at [`file::SUMMARY`].
pub fn render_summary(report: &RunReport) -> String {
    render(SUMMARY, &SummaryView::of(report, true))
}

/// What came of several issuers.
pub fn render_issuers(view: &IssuersView) -> String {
    render(ISSUERS, view)
}

/// A statement of conformance, from what its template names.
pub(super) fn render_statement(view: &impl Serialize) -> String {
    render(STATEMENT, view)
}

/// Two runs compared, from what its template names.
pub(super) fn render_comparison(view: &impl Serialize) -> String {
    // What is printed ends with a blank line.
    render(COMPARISON, view) + "\n"
}

/// The summary of a run for a place where no reports are beside it: the tests are named and not linked to.
pub fn render_summary_alone(report: &RunReport) -> String {
    render(SUMMARY, &SummaryView::of(report, false))
}

/// Writes the summary and a report of every test that was not skipped; returns the paths, the summary's first.
///
/// # Errors
/// [`ReportError::Id`] before anything is written if a test's id cannot name a file, [`ReportError::Write`] for the first file that
/// could not be written.
pub fn write_all(report: &RunReport, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let tests: Vec<_> = report.tests.iter().filter(|test| has_report(test)).collect();
    let names = tests.iter().map(|test| file::test_name(&test.id)).collect::<Result<Vec<_>, _>>()?;
    let news = News::of(report);
    let paths: Vec<PathBuf> = names.into_iter().map(|name| dir.join(name)).collect();
    let (next, first) = (AtomicUsize::new(0), Mutex::new(None));
    // To make a report takes a hundred times as long as to write it.
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let (Some(test), Some(path)) = (tests.get(index), paths.get(index)) else { break };
            if let Err(error) = file::write(path, render_test_with(report, test, &news).as_bytes()) {
                let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                if first.as_ref().is_none_or(|(earlier, _)| *earlier > index) {
                    *first = Some((index, error));
                }
                // What is not begun is not written.
                next.store(tests.len(), Ordering::Relaxed);
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(tests.len());
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        work();
    });
    if let Some((_, error)) = first.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let summary = dir.join(file::SUMMARY);
    file::write(&summary, render_summary(report).as_bytes())?;
    let certification = CertificationView::of(report).map(|view| (dir.join(CERTIFICATION), render(CERTIFICATION, &view)));
    if let Some((path, text)) = &certification {
        file::write(path, text.as_bytes())?;
    }
    Ok(std::iter::once(summary).chain(certification.map(|(path, _)| path)).chain(paths).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn tidies_outside_fences_only() {
        assert_eq!(super::tidy("\n\na\n\n\n```x\n\n\n``\n```\n \n\nb\n\n"), "\na\n\n```x\n\n\n``\n```\n\nb\n");
    }
}
