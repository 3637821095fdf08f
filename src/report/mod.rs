//! What we tell: every report is rendered from a [`model::RunReport`], and nothing here decides anything.

use std::path::{Path, PathBuf};

use crate::config::Format;

pub mod compare;
pub mod console;
pub mod digest;
pub mod error;
pub mod event;
pub mod file;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod known;
pub mod markdown;
pub mod model;
pub mod schema;
pub mod shell;
pub mod statement;
pub mod visible;
pub mod words;

use error::ReportError;
use model::RunReport;

/// Where the reports of a run are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `results.json`.
    pub results: PathBuf,
    /// `summary.md`, if Markdown was asked for.
    pub summary: Option<PathBuf>,
    /// `report.html`, if HTML was asked for.
    pub html: Option<PathBuf>,
}

impl Written {
    /// What a reader opens first: the page, else the summary, else the results.
    pub fn to_read(&self) -> &Path {
        self.html.as_ref().or(self.summary.as_ref()).unwrap_or(&self.results)
    }
}

/// Writes `results.json` and the other formats into a directory, made if absent, and removes what an earlier run left there and this
/// one did not write again.
///
/// # Errors
/// [`ReportError`] for the first file that could not be written or removed.
pub fn write(report: &RunReport, dir: &Path, formats: &[Format]) -> Result<Written, ReportError> {
    // Ids name files, so they are looked at before anything is written.
    report.tests.iter().try_for_each(|test| file::test_name(&test.id).map(drop))?;
    let leftovers = file::Leftovers::find(dir);
    // The results first: whatever goes wrong with the rest, it can be rendered from them again.
    let results = json::write(report, dir)?;
    let mut written = if formats.contains(&Format::Markdown) { markdown::write_all(report, dir)? } else { Vec::new() };
    let summary = written.first().cloned();
    let html = if formats.contains(&Format::Html) { Some(html::write(report, dir)?) } else { None };
    written.extend(html.clone());
    if formats.contains(&Format::Junit) {
        written.push(junit::write(report, dir)?);
    }
    leftovers.remove(dir, report, &written)?;
    Ok(Written { results, summary, html })
}

/// Writes the reports of an earlier run again, into its own directory or another; screenshots go along.
///
/// # Errors
/// As [`write()`].
pub fn render(report: &RunReport, results: &Path, dir: &Path, formats: &[Format]) -> Result<Written, ReportError> {
    let from = results.parent().unwrap_or(Path::new(""));
    file::copy_screenshots(report, from, dir)?;
    write(report, dir, formats)
}
