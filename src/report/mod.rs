//! The reports: each is rendered from a [`RunReport`], and nothing here decides anything.

use std::path::{Path, PathBuf};

use crate::config::Format;

pub mod badge;
pub mod baseline;
pub mod cause;
pub mod certificate;
pub mod compare;
pub mod console;
pub mod error;
pub mod file;
pub mod github;
pub mod har;
pub mod harm;
pub mod history;
pub mod html;
pub mod issuers;
pub mod json;
pub mod junit;
pub mod known;
pub mod mark;
pub mod markdown;
pub mod merge;
pub mod news;
pub mod openmetrics;
pub mod sarif;
pub mod schema;
pub mod single;
pub mod statement;
pub mod tap;
mod template;
pub mod view;
pub mod words;

use crate::result::model::RunReport;
use error::ReportError;
use single::SINGLE_FILES;

/// Where the reports of a run are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `results.json`.
    pub results: PathBuf,
    /// `summary.md`, if Markdown was asked for.
    pub summary: Option<PathBuf>,
    /// `report.html`, if HTML was asked for.
    pub html: Option<PathBuf>,
    /// The formats that are one file for programs, as far as they were asked for.
    pub single_files: Vec<PathBuf>,
}

impl Written {
    /// What a reader opens first: the page, else the summary, else what else was asked for, else the results.
    pub fn to_read(&self) -> &Path {
        self.html.as_ref().or(self.summary.as_ref()).or(self.single_files.first()).unwrap_or(&self.results)
    }
}

/// Writes `results.json` and the other formats into a directory, made if absent, and removes what an earlier run left there and this
/// one did not write again.
///
/// # Errors
/// [`ReportError`] for the first file that could not be written or removed.
pub fn write(report: &RunReport, dir: &Path, formats: &[Format]) -> Result<Written, ReportError> {
    let leftovers = file::Leftovers::find(dir);
    let (paths, written) = write_formats(report, dir, formats)?;
    leftovers.remove(dir, report, &written)?;
    Ok(paths)
}

/// Where the reports are, and every file written beside the results.
fn write_formats(report: &RunReport, dir: &Path, formats: &[Format]) -> Result<(Written, Vec<PathBuf>), ReportError> {
    // Ids name files, so they are looked at before anything is written.
    report.tests.iter().try_for_each(|test| file::test_name(&test.id).map(drop))?;
    // The results first: whatever goes wrong with the rest, it can be rendered from them again.
    let results = json::write(report, dir)?;
    // These two take the most time, and each is made of the whole report: side by side.
    let (markdown, html) = std::thread::scope(|scope| {
        let html = formats.contains(&Format::Html).then(|| scope.spawn(|| html::write(report, dir)));
        let markdown = if formats.contains(&Format::Markdown) { markdown::write_all(report, dir) } else { Ok(Vec::new()) };
        let html = html.map(|html| html.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        (markdown, html)
    });
    let mut written = markdown?;
    let summary = written.first().cloned();
    let html = html.transpose()?;
    written.extend(html.clone());
    let asked_for = SINGLE_FILES.iter().filter(|single| formats.contains(&single.format));
    let single_files = asked_for.map(|single| single.write(report, dir)).collect::<Result<Vec<_>, _>>()?;
    written.extend(single_files.iter().cloned());
    Ok((Written { results, summary, html, single_files }, written))
}

/// Writes the reports of an earlier run again, into its own directory or another; screenshots go along. In its own directory nothing is removed: what
/// is there in other formats is of the same run.
///
/// # Errors
/// As [`write()`].
pub fn render(report: &RunReport, results: &Path, dir: &Path, formats: &[Format]) -> Result<Written, ReportError> {
    let from = results.parent().unwrap_or(Path::new(""));
    file::copy_screenshots(report, from, dir)?;
    if is_same(from, dir) { write_formats(report, dir, formats).map(|(paths, _)| paths) } else { write(report, dir, formats) }
}

fn is_same(one: &Path, other: &Path) -> bool {
    // An empty path is the current folder, which has no name to resolve.
    let resolved = |path: &Path| std::fs::canonicalize(if path.as_os_str().is_empty() { Path::new(".") } else { path });
    matches!((resolved(one), resolved(other)), (Ok(one), Ok(other)) if one == other)
}
