//! HTML: one file a run, with everything in it and nothing from elsewhere.
//!
//! What a template says as `{{x}}` is escaped by [`escape::text`], so that forgetting is safe; the helpers escape too. The page's policy allows one
//! style sheet, one script and `data:` images, so that what slipped through all the same could do nothing.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use serde::Serialize;

pub mod curl;
mod picture;
mod times;

use super::error::ReportError;
use super::mark::Mark;
use super::news::News;
use super::view::{EntryView, IssuersView, SummaryView, TestView, has_report};
use super::{file, template};
use crate::result::model::{RunReport, TestReport, Verdict};
use crate::text::{html as escape, visible};

/// The file's name in the report directory.
pub const NAME: &str = "report.html";

/// What the file begins with; by it a report of an earlier run is known.
pub const BEGINNING: &str = "<!doctype html>\n<html lang=\"en\" data-report=\"oa-authtest\">";

const STYLE: &str = include_str!("../../../templates/page.css");
const SCRIPT: &str = include_str!("../../../templates/page.js");

/// The template of a test's section.
const TEST: &str = "test";

/// The template of what came of several issuers.
const ISSUERS: &str = "issuers";

const TEMPLATE_TEXTS: [(&str, &str); 13] = [
    (ISSUERS, include_str!("../../../templates/issuers.html")),
    (NAME, include_str!("../../../templates/page.html")),
    ("summary", include_str!("../../../templates/summary.html")),
    ("baseline", include_str!("../../../templates/baseline.html")),
    ("history", include_str!("../../../templates/history.html")),
    (TEST, include_str!("../../../templates/test.html")),
    ("step", include_str!("../../../templates/step.html")),
    ("entry", include_str!("../../../templates/entry.html")),
    ("finding", include_str!("../../../templates/finding.html")),
    ("consequence", include_str!("../../../templates/consequence.html")),
    ("finding-details", include_str!("../../../templates/finding-details.html")),
    ("in-tests", include_str!("../../../templates/in-tests.html")),
    ("did-not-run", include_str!("../../../templates/did-not-run.html")),
];

/// The parts of lines.
const PARTS: [(&str, &str); 12] = [
    (
        "cell",
        "<td class=\"words\">{{#if mark}}{{> mark mark}} {{#if to}}<a href=\"{{to}}\">{{says}}</a>{{else}}{{says}}{{/if}}{{else}}<span class=\"none\">–</span>{{/if}}</td>",
    ),
    ("mark", "<span class=\"mark {{class}}\" role=\"img\" aria-label=\"{{words}}\"></span>"),
    ("new", "{{#if new}} <span class=\"new\">{{new}}</span>{{/if}}"),
    ("headline", "{{> mark mark}} {{sentence says}}"),
    ("reference", "<span class=\"reference\">{{code rule}}{{#if spec}} {{link spec_words url}}{{/if}}</span>"),
    ("test-link", "{{#if linked}}<a href=\"#{{anchor}}\">{{sentence title}}</a>{{else}}{{sentence title}}{{/if}} <small>{{sentence id}}</small>"),
    ("known-test", "{{#if linked}}<a href=\"#{{anchor}}\">{{sentence title}}</a> <small>{{sentence id}}</small>{{else}}{{code id}}{{/if}}"),
    ("new-test", "{{#if new}} <span class=\"new\">new</span>{{/if}}"),
    (
        "broken-line",
        "<li class=\"finding {{mark.class}}\">{{> mark mark}} <a href=\"#{{anchor}}\">{{sentence says}}</a> {{code rule}}{{> new}}</li>\n",
    ),
    ("tally", "{{#each this}}<span class=\"{{mark.class}}\">{{> mark mark}}{{says}}</span> {{/each}}"),
    ("command", "<pre class=\"command\"><button type=\"button\" class=\"copy\">Copy</button><code>{{block this}}</code></pre>"),
    (
        "body",
        "{{#if folded}}<details class=\"fold\"><summary>{{folded}}</summary>\n{{/if}}<pre><code>{{times text language}}</code></pre>\n{{#if folded}}</details>\n{{/if}}",
    ),
];

static TEMPLATES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    template::templates(
        escape::text,
        &[
            ("sentence", |text, _| escape::sentence(text)),
            ("code", |text, _| escape::code(text)),
            ("value", |text, _| escape::value(text)),
            ("block", |text, _| escape::block(text)),
            ("times", times::block),
            ("link", escape::link),
            ("markdown-note", |text, _| escape::note(text)),
            ("markdown-description", |text, _| escape::description(text)),
        ],
        &[&TEMPLATE_TEXTS[..], &PARTS].concat(),
    )
});

/// The page.
#[derive(Debug, Serialize)]
struct PageView<'a> {
    beginning: &'static str,
    policy: String,
    style: &'static str,
    script: &'static str,
    title: String,
    verdict: Verdict,
    summary: SummaryView<'a>,
    /// HTML: the section of each test.
    tests: Vec<String>,
}

/// Writes `report.html` into a directory, made if absent, where the screenshots are already, and returns its path.
///
/// # Errors
/// [`ReportError::Write`] if it could not be written.
pub fn write(report: &RunReport, dir: &Path) -> Result<PathBuf, ReportError> {
    let path = dir.join(NAME);
    file::write(&path, render(report, dir).as_bytes())?;
    Ok(path)
}

/// The page of a run whose screenshots are below a directory.
pub fn render(report: &RunReport, dir: &Path) -> String {
    let news = News::of(report);
    let page = PageView {
        beginning: BEGINNING,
        policy: policy(Some(SCRIPT)),
        style: STYLE,
        script: SCRIPT,
        title: format!("{} Conformance of {}", Mark::of_verdict(report.verdict), visible::short(&report.issuer, 200)),
        verdict: report.verdict,
        summary: SummaryView::of(report, true),
        tests: report.tests.iter().filter(|test| has_report(test)).map(|test| section(report, test, &news, dir)).collect(),
    };
    template::render(&TEMPLATES, NAME, &page)
}

/// The page of what came of several issuers.
#[derive(Debug, Serialize)]
struct IssuersPage<'a> {
    beginning: &'static str,
    policy: String,
    style: &'static str,
    title: String,
    issuers: &'a IssuersView<'a>,
}

/// The page of what came of several issuers.
pub fn render_issuers(view: &IssuersView) -> String {
    let title = format!("{} Conformance of {}", view.mark(), view.title());
    template::render(&TEMPLATES, ISSUERS, &IssuersPage { beginning: BEGINNING, policy: policy(None), style: STYLE, title, issuers: view })
}

/// The section of a test.
fn section(report: &RunReport, test: &TestReport, news: &News, dir: &Path) -> String {
    let mut view = TestView::of(report, test, news);
    for entry in view.steps.iter_mut().flat_map(|step| &mut step.entries) {
        match entry {
            // What a user agent sends goes with its cookies, which nobody else has.
            EntryView::Exchange(view) if view.exchange.of_user_agent => {}
            EntryView::Exchange(view) => view.curl = Some(curl::command(view.exchange, report.environment.is_insecure())),
            EntryView::Page(view) => view.picture = view.screenshot.and_then(|name| picture::below(dir, name)),
            EntryView::Note { .. } | EntryView::Callback { .. } | EntryView::Claims { .. } => {}
        }
    }
    template::render(&TEMPLATES, TEST, &view)
}

/// What a page may load and run: its own style and script, known by their digests, and pictures that are part of it.
fn policy(script: Option<&str>) -> String {
    let hash = |content: &str| STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes()));
    let script = script.map_or_else(|| "'none'".to_owned(), |script| format!("'sha256-{}'", hash(script)));
    format!("default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src {script}; base-uri 'none'; form-action 'none'", hash(STYLE))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
