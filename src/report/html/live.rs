//! The page of a run that goes on, in the parts of which each can be put in the place of what it was before. The sections of tests, the overview and the top
//! are those of the report.

use std::path::Path;

use serde::Serialize;

use super::super::mark::Mark;
use super::super::news::News;
use super::super::view::{Headline, PendingView, SummaryView};
use super::super::{template, words};
use super::{OVERVIEW, SCRIPT, STYLE, TEMPLATES};
use crate::result::model::Verdict;
use crate::result::progress::{Phase, Planned, Progress};
use crate::text::count;

/// The template of the band that says how far the run has come.
pub(super) const BAND: &str = "live-band";

/// The template of the section of a test that has not ended.
pub(super) const PENDING: &str = "pending";

const LIVE_STYLE: &str = include_str!("../../../templates/live.css");
const LIVE_SCRIPT: &str = include_str!("../../../templates/live.js");

/// What a page has that follows a run.
#[derive(Debug, Serialize)]
pub(super) struct Following<'a> {
    style: &'static str,
    script: &'static str,
    band: &'a str,
    /// The version of what the page shows.
    version: u64,
}

#[derive(Debug, Serialize)]
struct BandView<'a> {
    mark: Mark,
    title: String,
    /// What is said to who cannot see the page.
    says: String,
    /// How far the run has come.
    far: String,
    ended: bool,
    /// How many tests there are and have ended; 0 where that is not to be shown.
    tests: usize,
    done: usize,
    running: Vec<RunningView<'a>>,
}

#[derive(Debug, Serialize)]
struct RunningView<'a> {
    id: &'a str,
    title: &'a str,
    step: Option<&'a str>,
}

/// What the page may load and run: what the report may, the script that follows the run, and the news of the run from where it came from itself.
pub fn policy() -> String {
    super::policy(&[STYLE, LIVE_STYLE], &[SCRIPT, LIVE_SCRIPT], "connect-src 'self'; ")
}

/// What the page is called, and what shows it.
#[derive(Debug, Clone, Default)]
pub struct Heading {
    title: String,
    tool: String,
}

impl Heading {
    /// That of the page of a run as far as it has come.
    pub fn of(progress: &Progress) -> Self {
        let tool = &progress.report.tool;
        Self { title: title(progress), tool: format!("{} {}", tool.name, tool.version) }
    }
}

/// The page in a version, but for the sections of the tests: what stands before them and after them. The band, the top and the overview are HTML.
pub fn page(heading: &Heading, band: &str, top: &str, overview: &str, version: u64) -> (String, String) {
    let page = super::PageView {
        beginning: super::BEGINNING,
        policy: &policy(),
        style: STYLE,
        script: SCRIPT,
        title: heading.title.clone(),
        tool: heading.tool.clone(),
        top,
        overview,
        tests: super::SECTIONS,
        rules: Vec::new(),
        live: Some(Following { style: LIVE_STYLE, script: LIVE_SCRIPT, band, version }),
    };
    page.halves()
}

/// The band that says how far the run has come: an element with the id `live`.
pub fn band(progress: &Progress) -> String {
    let (done, tests) = progress.counted();
    let how = words::cut_short(&progress.report).map_or_else(|| "The run has ended".to_owned(), |how| format!("The run {how}"));
    let far = match &progress.phase {
        Phase::Before(None) => format!("{} to run", count(tests, "test")),
        Phase::Before(Some(awaited)) => awaited.clone(),
        Phase::Running => format!("{done} of {} ended", count(tests, "test")),
        Phase::Ended { report } => {
            let place = match report {
                Some(place) => format!("It is kept in `{}` too.", place.replace('`', "")),
                None => "It could not be written to a file: save this page.".to_owned(),
            };
            format!("{how}. This page is its report until it is closed or loaded again. {place}")
        }
        Phase::NotBegun(why) => format!("The run did not begin: {why}"),
    };
    let Headline { mark, says: headline } = words::progress_headline(progress);
    let says = match &progress.phase {
        Phase::Before(_) | Phase::NotBegun(_) => far.clone(),
        Phase::Running => format!("{far}. {headline}"),
        Phase::Ended { .. } => format!("{how}. {headline}"),
    };
    let running = progress.running().map(|(test, step)| RunningView { id: &test.id, title: &test.title, step });
    let is_counted = !progress.has_ended();
    let band = BandView {
        mark,
        title: title(progress),
        says,
        far,
        ended: progress.has_ended(),
        tests: if is_counted { tests } else { 0 },
        done,
        running: running.collect(),
    };
    template::render(&TEMPLATES, BAND, &band)
}

/// The top of the page and what is said of the whole run: the elements with the ids `summary` and `overview`.
pub fn whole(progress: &Progress) -> (String, String) {
    let summary = SummaryView::of_progress(progress);
    let top = match progress.phase {
        Phase::Before(_) | Phase::Running => super::top(mark(progress).class(), &summary),
        Phase::Ended { .. } => super::top(progress.report.verdict, &summary),
        Phase::NotBegun(_) => super::top(Verdict::Errored, &summary),
    };
    (top, template::render(&TEMPLATES, OVERVIEW, &summary))
}

/// The section of a test, whose screenshots are below a directory; empty if it was skipped, or is none of the run.
pub fn section(progress: &Progress, id: &str, dir: &Path) -> String {
    match progress.find(id) {
        Some(Planned::Ended(test)) => super::section(&progress.report, test, &News::of(&progress.report), dir, None),
        Some(Planned::Pending(test)) => template::render(&TEMPLATES, PENDING, &PendingView::of(test)),
        None => String::new(),
    }
}

/// What the whole comes to for now, or at the end.
fn mark(progress: &Progress) -> Mark {
    words::progress_headline(progress).mark
}

fn title(progress: &Progress) -> String {
    let mark = match progress.phase {
        Phase::Running => {
            let (done, tests) = progress.counted();
            format!("{done}/{tests}")
        }
        Phase::Ended { .. } => Mark::of_verdict(progress.report.verdict).to_string(),
        Phase::Before(_) | Phase::NotBegun(_) => mark(progress).to_string(),
    };
    super::title(&mark, &progress.report)
}
