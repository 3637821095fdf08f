//! HTML: one file a run, made of the same Markdown, with everything in it and nothing from elsewhere.
//!
//! All text reaches the page by way of the Markdown or `text`; the page's policy allows one style sheet, one script and `data:` images, so
//! that what slipped through all the same could do nothing.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Tag, TagEnd};
use serde::Serialize;

pub mod curl;
mod dress;
mod picture;
mod summary;
mod test;

use super::error::ReportError;
use super::{file, words};
use crate::result::model::{Entry, RunReport, TestReport};
use crate::text::visible;
use dress::Place;
use picture::Pictures;

/// The file's name in the report directory.
pub const NAME: &str = "report.html";

/// What the file begins with; by it a report of an earlier run is known.
pub const BEGINNING: &str = "<!doctype html>\n<html lang=\"en\" data-report=\"oa-authtest\">";

const STYLE: &str = include_str!("../../../templates/page.css");
const SCRIPT: &str = include_str!("../../../templates/page.js");

static TEMPLATE: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut templates = Handlebars::new();
    templates.set_strict_mode(true);
    templates.register_template_string(NAME, include_str!("../../../templates/page.html")).expect("the template is part of this crate");
    templates
});

/// The page as the template shows it. Members that hold HTML say so; the others are plain and escaped by the template.
#[derive(Debug, Serialize)]
struct PageView {
    beginning: &'static str,
    policy: String,
    style: &'static str,
    script: &'static str,
    title: String,
    verdict: &'static str,
    tool: String,
    /// HTML.
    head: String,
    /// HTML.
    summary: String,
    /// HTML.
    tests: String,
    count: usize,
}

/// HTML as it is written.
#[derive(Debug, Default)]
struct Output(String);

impl Output {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn events(&mut self, events: Vec<Event>) {
        pulldown_cmark::html::push_html(&mut self.0, events.into_iter());
    }
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
    let pictures = Pictures::below(dir);
    let told: Vec<&TestReport> = report.tests.iter().filter(|test| super::markdown::has_report(test)).collect();
    let tests: Vec<&str> = told.iter().map(|test| test.id.as_str()).collect();
    let (mut head, mut sections, mut details) = (Output::default(), Output::default(), Output::default());
    summary::write(&mut head, &mut sections, report, &Place { prefix: "", tests: &tests, pictures: &pictures, names: &[] });
    for test in &told {
        let names: Vec<&str> = screenshots(test).collect();
        let prefix = format!("{}/", test.id);
        test::section(&mut details, report, test, &Place { prefix: &prefix, tests: &tests, pictures: &pictures, names: &names });
    }
    let page = PageView {
        beginning: BEGINNING,
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        title: format!("{} Conformance of {}", words::verdict_mark(report.verdict), visible::short(&report.issuer, 200)),
        verdict: words::verdict_word(report.verdict),
        tool: visible::line(&format!("{} {}", report.tool.name, report.tool.version)),
        head: head.0,
        summary: sections.0,
        tests: details.0,
        count: told.len(),
    };
    TEMPLATE.render(NAME, &page).expect("every member the template names is in the view, whatever the values are")
}

fn screenshots(test: &TestReport) -> impl Iterator<Item = &str> {
    test.steps.iter().flat_map(|step| &step.entries).filter_map(|entry| if let Entry::Page(page) = entry { page.screenshot.as_deref() } else { None })
}

/// What the page may load and run: its own style and script, known by their digests, and pictures that are part of it.
fn policy() -> String {
    let hash = |content: &str| STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes()));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!("default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'")
}

/// Text for HTML, between tags or in a quoted attribute.
fn text(said: &str) -> String {
    let mut out = String::with_capacity(said.len() + 16);
    for c in said.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// A level of the page.
fn level(of: u8) -> HeadingLevel {
    match of {
        1 => HeadingLevel::H1,
        2 => HeadingLevel::H2,
        3 => HeadingLevel::H3,
        _ => HeadingLevel::H4,
    }
}

/// The start of a heading.
fn start(of: u8, id: Option<CowStr>) -> Event {
    Event::Start(Tag::Heading { level: level(of), id, classes: Vec::new(), attrs: Vec::new() })
}

/// The end of a heading.
fn end(of: u8) -> Event<'static> {
    Event::End(TagEnd::Heading(level(of)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
