//! Markdown: a summary and one file a test, in the form readers of the `OpenActive` test suite's reports know.
//!
//! What a template says as `{{x}}` is escaped by [`escape::md`], so that forgetting is safe; `{{{x}}}` is Markdown made here. The only HTML
//! in a report is `<details>`, `<summary>` with words of ours, and `<a id="exchange-N">`.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use handlebars::{Context, Handlebars, Helper, Output, RenderContext, RenderError};
use serde::Serialize;
use serde_json::Value;

pub mod body;
mod rules;
mod step;
mod summary;
mod test;

use super::error::ReportError;
use super::file;
use crate::result::model::{Environment, RunReport, TestReport};
use crate::text::markdown as escape;

/// What every file written here begins with; by it a report of an earlier run is known.
pub const BEGINNINGS: [&str; 2] = ["[< Return to Summary](../summary.md)", "# Conformance of "];

const TEST: &str = "report.md";
const SUMMARY: &str = "summary.md";
const STATEMENT: &str = "statement.md";

static TEMPLATES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut templates = Handlebars::new();
    templates.register_escape_fn(escape::md);
    templates.set_strict_mode(true);
    templates.register_helper(
        "code",
        Box::new(|h: &Helper, _: &Handlebars, _: &Context, _: &mut RenderContext, out: &mut dyn Output| write(out, &escape::code(&text(h, 0)))),
    );
    templates.register_helper(
        "value",
        Box::new(|h: &Helper, _: &Handlebars, _: &Context, _: &mut RenderContext, out: &mut dyn Output| write(out, &escape::value(&text(h, 0)))),
    );
    templates.register_helper(
        "fence",
        Box::new(|h: &Helper, _: &Handlebars, _: &Context, _: &mut RenderContext, out: &mut dyn Output| {
            write(out, &escape::fence(&text(h, 0), &text(h, 1)))
        }),
    );
    for (name, template) in [
        (TEST, include_str!("../../../templates/report.md")),
        (SUMMARY, include_str!("../../../templates/summary.md")),
        (STATEMENT, include_str!("../../../templates/statement.md")),
    ] {
        templates.register_template_string(name, template).expect("the templates are part of this crate, and every test of it parses them");
    }
    templates
});

fn write(out: &mut dyn Output, text: &str) -> Result<(), RenderError> {
    Ok(out.write(text)?)
}

fn text(helper: &Helper, index: usize) -> String {
    match helper.param(index).map(handlebars::PathAndJson::value) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

fn render(template: &str, view: &impl Serialize) -> String {
    let text = TEMPLATES.render(template, view).expect("every member a template names is in its view, whatever the values are");
    // Sections that are left out leave their blank lines behind.
    tidy(&text)
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
    render(TEST, &test::view(report, test))
}

/// The summary of a run, to be read at [`file::SUMMARY`].
pub fn render_summary(report: &RunReport) -> String {
    render(SUMMARY, &summary::view(report))
}

/// A statement of conformance, from what its template names.
pub(super) fn render_statement(view: &impl Serialize) -> String {
    render(STATEMENT, view)
}

/// The summary of a run for a place where no reports are beside it: the tests are named and not linked to.
pub fn render_summary_alone(report: &RunReport) -> String {
    let linked = report.tests.iter().filter(|test| has_report(test));
    linked.fold(render_summary(report), |text, test| {
        let names = [(test_link(test), test.id.as_str()), (short_link(test), short(test))];
        names.into_iter().fold(text, |text, (link, name)| text.replace(&link, &escape::md(name)))
    })
}

/// Writes the summary and a report of every test that was not skipped; returns the paths, the summary's first.
///
/// # Errors
/// [`ReportError::Id`] before anything is written if a test's id cannot name a file, [`ReportError::Write`] for the first file that
/// could not be written.
pub fn write_all(report: &RunReport, dir: &Path) -> Result<Vec<PathBuf>, ReportError> {
    let tests: Vec<_> = report.tests.iter().filter(|test| has_report(test)).collect();
    let names = tests.iter().map(|test| file::test_name(&test.id)).collect::<Result<Vec<_>, _>>()?;
    let mut paths = vec![dir.join(file::SUMMARY)];
    for (test, name) in tests.into_iter().zip(names) {
        let path = dir.join(name);
        file::write(&path, render_test(report, test).as_bytes())?;
        paths.push(path);
    }
    file::write(&paths[0], render_summary(report).as_bytes())?;
    Ok(paths)
}

/// A skipped test has nothing to report but its reason, which the summary gives.
pub(super) fn has_report(test: &TestReport) -> bool {
    test.verdict != crate::result::model::Verdict::Skipped
}

/// The warnings a reader must see before anything else.
pub(super) fn warnings(environment: &Environment) -> Vec<String> {
    let mut warnings = Vec::new();
    if environment.is_insecure() {
        warnings.push("TLS certificates were not verified: whoever answered may not have been the issuer.".to_owned());
    }
    if environment.secrets_shown {
        warnings.push("This report holds secrets in clear text. Do not publish it.".to_owned());
    }
    warnings
}

/// A link from the summary to a test's report, or the id where there is none.
fn test_link(test: &TestReport) -> String {
    link_to(test, &test.id)
}

/// The same, without the feature's part of the id.
fn short_link(test: &TestReport) -> String {
    link_to(test, short(test))
}

fn short(test: &TestReport) -> &str {
    test.id.split_once('/').map_or(&*test.id, |(_, name)| name)
}

fn link_to(test: &TestReport, label: &str) -> String {
    if has_report(test) { format!("[{}]({}.md)", escape::md(label), escape::destination(&test.id)) } else { escape::md(label) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    #[test]
    fn tidies_outside_fences_only() {
        assert_eq!(super::tidy("\n\na\n\n\n```x\n\n\n``\n```\n \n\nb\n\n"), "\na\n\n```x\n\n\n``\n```\n\nb\n");
    }
}
