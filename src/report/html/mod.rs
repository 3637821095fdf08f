//! HTML: one file a run, with everything in it and nothing from elsewhere.
//!
//! What a template says as `{{x}}` is escaped by [`escape::text`], so that forgetting is safe; the helpers escape too. The page's policy allows one
//! style sheet, one script and `data:` images, so that what slipped through all the same could do nothing.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use handlebars::Handlebars;
use serde::Serialize;

pub mod curl;
pub mod live;
mod picture;
mod times;

use super::error::ReportError;
use super::json::shared::FirstFindings;
use super::mark::Mark;
use super::news::News;
use super::view::{EntryView, IssuersView, RuleView, Shown, SummaryView, TestView, has_report};
use super::{file, template};
use crate::result::model::{RunReport, TestReport};
use crate::text::{html as escape, visible};
use picture::Pictures;

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

/// The template of the top of the page.
const TOP: &str = "top";

/// The template of what is said of the whole run.
const OVERVIEW: &str = "overview";

/// What stands in the page for the sections of the tests, which are many and large. No template lets such a character through.
const SECTIONS: &str = "\0";

const TEMPLATE_TEXTS: [(&str, &str); 19] = [
    (ISSUERS, include_str!("../../../templates/issuers.html")),
    (NAME, include_str!("../../../templates/page.html")),
    (TOP, include_str!("../../../templates/top.html")),
    (OVERVIEW, "<div id=\"overview\">\n{{> summary}}\n</div>\n"),
    (live::BAND, include_str!("../../../templates/live-band.html")),
    (live::PENDING, include_str!("../../../templates/pending.html")),
    ("about", include_str!("../../../templates/about.html")),
    ("summary", include_str!("../../../templates/summary.html")),
    ("baseline", include_str!("../../../templates/baseline.html")),
    ("certification", include_str!("../../../templates/certification.html")),
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
const PARTS: [(&str, &str); 13] = [
    (
        "cell",
        "<td class=\"words\">{{#if mark}}{{> mark mark}} {{#if to}}<a href=\"{{to}}\">{{says}}</a>{{else}}{{says}}{{/if}}{{else}}<span class=\"none\">–</span>{{/if}}</td>",
    ),
    ("mark", "<span class=\"mark {{class}}\" role=\"img\" aria-label=\"{{words}}\"></span>"),
    ("new", "{{#if new}} <span class=\"new\">{{new}}</span>{{/if}}"),
    ("headline", "{{> mark mark}} {{sentence says}}"),
    (
        "reference",
        "<span class=\"reference\">{{code rule}}{{#if own}} <span class=\"own\">own rule</span>{{/if}}{{#if spec}} {{link spec_words url}}{{/if}}</span>",
    ),
    ("test-link", "{{#if linked}}<a href=\"#{{anchor}}\">{{sentence title}}</a>{{else}}{{sentence title}}{{/if}} <small>{{sentence id}}</small>"),
    ("known-test", "{{#if linked}}<a href=\"#{{anchor}}\">{{sentence title}}</a> <small>{{sentence id}}</small>{{else}}{{code id}}{{/if}}"),
    ("new-test", "{{#if new}} <span class=\"new\">new</span>{{/if}}"),
    (
        "broken-line",
        "<li class=\"finding {{mark.class}}\">{{> mark mark}} <a href=\"#{{anchor}}\">{{sentence says}}</a> {{code rule}}{{> new}}</li>\n",
    ),
    ("tally", "{{#each this}}<span class=\"{{mark.class}}\">{{> mark mark}}{{says}}</span> {{/each}}"),
    (
        "named",
        "<h2>{{sentence title}} <a class=\"anchor\" href=\"#{{id}}\" aria-label=\"Copy the link to {{id}}\" title=\"Copy the link\"></a></h2>\n<p><code>{{sentence id}}</code></p>\n",
    ),
    ("command", "<pre class=\"command\"><button type=\"button\" class=\"copy\">Copy</button><code>{{block this}}</code></pre>"),
    (
        "body",
        "{{#if same}}<p class=\"same\">The body ({{lines}}) is the same as in <a href=\"#{{same}}\">an earlier response</a>.</p>\n{{else}}{{#if folded}}<details class=\"fold\"><summary>{{folded}}</summary>\n{{/if}}<pre><code>{{times text language}}</code></pre>\n{{#if folded}}</details>\n{{/if}}{{/if}}",
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
    policy: &'a str,
    style: &'static str,
    script: &'static str,
    title: String,
    tool: String,
    /// HTML: the top, and what is said of the whole run.
    top: &'a str,
    overview: &'a str,
    /// What stands for the sections of the tests: [`SECTIONS`].
    tests: &'static str,
    /// What the rules say that the sections name by their ids alone.
    rules: Vec<RuleView<'a>>,
    /// What a page has that follows a run.
    live: Option<live::Following<'a>>,
}

impl PageView<'_> {
    /// What stands before the sections of the tests and after them.
    fn halves(&self) -> (String, String) {
        let page = template::render(&TEMPLATES, NAME, self);
        page.split_once(SECTIONS).map_or_else(|| (page.clone(), String::new()), |(before, after)| (before.to_owned(), after.to_owned()))
    }
}

/// The top of the page.
#[derive(Debug, Serialize)]
struct TopView<'a, S> {
    /// Its class: the verdict, or what there is instead.
    state: S,
    summary: &'a SummaryView<'a>,
}

/// Writes `report.html` into a directory, made if absent, where the screenshots are already, and returns its path.
///
/// # Errors
/// [`ReportError::Write`] if it could not be written.
pub fn write(report: &RunReport, dir: &Path) -> Result<PathBuf, ReportError> {
    let path = dir.join(NAME);
    file::write_by(&path, |out| parts(report, dir, |part| out.write_all(part.as_bytes())))?;
    Ok(path)
}

/// The page of a run whose screenshots are below a directory.
pub fn render(report: &RunReport, dir: &Path) -> String {
    let mut page = String::new();
    let Ok(()) = parts(report, dir, |part| {
        page.push_str(part);
        Ok::<(), Infallible>(())
    });
    page
}

/// Makes the page in its parts and hands on each in order: what stands before the sections of the tests, each of these, and what stands after them.
fn parts<E>(report: &RunReport, dir: &Path, mut hand_on: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let summary = SummaryView::of(report, true);
    let news = News::of(report);
    let first = FirstFindings::of(report);
    let mut once = Once { first: &first, shown: Shown::default(), pictures: Pictures::default() };
    let page = PageView {
        beginning: BEGINNING,
        policy: &policy(&[STYLE], &[SCRIPT], ""),
        style: STYLE,
        script: SCRIPT,
        title: title(&Mark::of_verdict(report.verdict).to_string(), report),
        tool: format!("{} {}", report.tool.name, report.tool.version),
        top: &top(report.verdict, &summary),
        overview: &template::render(&TEMPLATES, OVERVIEW, &summary),
        tests: SECTIONS,
        rules: RuleView::all(&first),
        live: None,
    };
    let (before, after) = page.halves();
    hand_on(&before)?;
    report.tests.iter().try_for_each(|test| hand_on(&section(report, test, &news, dir, Some(&mut once))))?;
    hand_on(&after)
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
    template::render(
        &TEMPLATES,
        ISSUERS,
        &IssuersPage { beginning: BEGINNING, policy: policy(&[STYLE], &[], ""), style: STYLE, title, issuers: view },
    )
}

/// The title of the page, behind a mark or the like.
fn title(mark: &str, report: &RunReport) -> String {
    format!("{mark} Conformance of {}", visible::short(&report.issuer, 200))
}

fn top(state: impl Serialize, summary: &SummaryView<'_>) -> String {
    template::render(&TEMPLATES, TOP, &TopView { state, summary })
}

/// What is on the page once, whichever sections it belongs to.
struct Once<'a> {
    first: &'a FirstFindings<'a>,
    shown: Shown,
    pictures: Pictures,
}

/// The section of a test; empty if it was skipped. Without `once` it has all that belongs to it, whatever other sections have.
fn section(report: &RunReport, test: &TestReport, news: &News, dir: &Path, mut once: Option<&mut Once>) -> String {
    if !has_report(test) {
        return String::new();
    }
    let mut view = TestView::of(report, test, news);
    if let Some(once) = &once {
        view.steps.iter_mut().for_each(|step| step.name_rules(once.first));
    }
    for entry in view.steps.iter_mut().flat_map(|step| &mut step.entries) {
        match entry {
            // What a user agent sends goes with its cookies, which nobody else has.
            EntryView::Exchange(view) => {
                if !view.exchange.of_user_agent {
                    view.curl = Some(curl::command(view.exchange, report.environment.is_insecure()));
                }
                if let Some(once) = &mut once {
                    view.share(&test.id, &mut once.shown);
                }
            }
            EntryView::Page(view) => {
                let picture = view.screenshot.and_then(|name| Some((name, picture::below(dir, name)?)));
                view.picture = picture.map(|(name, picture)| match &mut once {
                    Some(once) => once.pictures.hold(picture, name),
                    None => picture,
                });
            }
            EntryView::Note { .. } | EntryView::Callback { .. } | EntryView::Claims { .. } => {}
        }
    }
    template::render(&TEMPLATES, TEST, &view)
}

/// What a page may load and run: its own styles and scripts, known by their digests, pictures that are part of it, and what `more` allows.
fn policy(styles: &[&str], scripts: &[&str], more: &str) -> String {
    let hash = |content: &&str| format!(" 'sha256-{}'", STANDARD.encode(digest::digest(&digest::SHA256, content.as_bytes())));
    let of = |contents: &[&str]| if contents.is_empty() { " 'none'".to_owned() } else { contents.iter().map(hash).collect() };
    let (styles, scripts): (String, String) = (of(styles), of(scripts));
    format!("default-src 'none'; img-src data:; style-src{styles}; script-src{scripts}; {more}base-uri 'none'; form-action 'none'")
}

#[cfg(test)]
mod tests;
