//! The history of a report folder: of each whole run a small file in `history/`, the last of them, for a trend.
//!
//! Whatever else lies there is passed over with a warning and left alone, and no trouble with the history is any of the run's.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::ReportError;
use super::{file, json, words};
use crate::result::history::PastRun;
use crate::result::model::{RunReport, Verdict};
use crate::rule::Level;
use crate::text::{count, visible};

/// The folder's name in the report directory.
pub const FOLDER: &str = "history";

/// The name and version of the format, the value of `schema`.
pub const SCHEMA: &str = "oa-authtest/history/1";

/// The most bytes of a file that is read; those of this program have less than one thousand, and more only where many globs are skipped.
const MOST_BYTES: u64 = 64 * 1024;

/// The most entries of the folder that are looked at.
const MOST_ENTRIES: usize = 1000;

/// The most files that a warning names.
const MOST_NAMED: usize = 3;

/// Which runs belong together: what differs between them is the issuer's doing, or that of the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The issuer; empty for the embedded one, which has another port each time.
    issuer: String,
    /// The profiles, sorted.
    profiles: Vec<String>,
    /// The globs of `--skip`, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skips: Vec<String>,
}

impl Series {
    /// The series of a run with these globs of tests to be left out.
    pub fn of(report: &RunReport, skips: &[String]) -> Self {
        let sorted = |mut list: Vec<String>| {
            list.sort();
            list
        };
        let issuer = if report.environment.embedded { String::new() } else { report.issuer.clone() };
        Self { issuer, profiles: sorted(report.environment.profiles.clone()), skips: sorted(skips.to_vec()) }
    }
}

/// A file of the history.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    schema: String,
    series: Series,
    run: PastRun,
}

/// A run as a trend shows it; `None` if it was interrupted, or if no test came to an end: it says nothing about the issuer.
pub fn point(report: &RunReport) -> Option<PastRun> {
    let came_to_an_end = |verdict| !matches!(verdict, Verdict::Skipped | Verdict::LeftOut | Verdict::Errored);
    if report.interrupted || !report.tests.iter().any(|test| came_to_an_end(test.verdict)) {
        return None;
    }
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let levels = words::broken_levels(&report.tests);
    let broken = |level: Level| number(levels.values().filter(|known| **known == level).count());
    Some(PastRun {
        started: report.started.clone(),
        verdict: report.verdict,
        broken_must: broken(Level::Must),
        broken_should: broken(Level::Should),
        rules_checked: number(words::checked(&report.tests).len()),
        tests_run: number(report.tests.iter().filter(|test| !test.did_not_run()).count()),
        catalogue: report.tool.catalogue.clone(),
    })
}

/// The history of a report directory.
#[derive(Debug)]
pub struct History {
    folder: PathBuf,
    /// The files of this program, the oldest run first.
    kept: Vec<(Timestamp, PathBuf, Kept)>,
    /// The folder cannot be read: nothing is to be written there either.
    is_blocked: bool,
    /// What was passed over, and why, if anything was: for a warning.
    pub warning: Option<String>,
}

impl History {
    /// Reads the history of a report directory; nothing there is an error.
    pub fn read(dir: &Path) -> Self {
        let folder = dir.join(FOLDER);
        let mut history = Self { folder, kept: Vec::new(), is_blocked: false, warning: None };
        let entries = match fs::read_dir(&history.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return history,
            Err(error) => {
                history.is_blocked = true;
                history.warning =
                    Some(format!("the history in {} cannot be read, and this run is not kept there: {error}", history.folder.display()));
                return history;
            }
        };
        let mut passed_over = Vec::new();
        let mut paths: Vec<PathBuf> = entries.take(MOST_ENTRIES + 1).filter_map(|entry| Some(entry.ok()?.path())).collect();
        if paths.len() > MOST_ENTRIES {
            passed_over.push(format!("all but {MOST_ENTRIES} of them"));
            paths.truncate(MOST_ENTRIES);
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Another run is writing at this moment, or was ended while it did.
            if name.starts_with(file::TEMPORARY) {
                continue;
            }
            match read(&path) {
                Ok(Some((started, kept))) => history.kept.push((started, path, kept)),
                // Another run has just removed it.
                Ok(None) => {}
                Err(why) => passed_over.push(format!("{} ({why})", visible::short(&name, 100))),
            }
        }
        history.kept.sort_by_key(|(started, ..)| *started);
        history.warning = warning(&history.folder, &passed_over);
        history
    }

    /// The last runs of a series with this one, at most so many, the oldest first; none if there is no other one.
    pub fn with(&self, series: &Series, run: &PastRun, most: usize) -> Vec<PastRun> {
        let of_series = self.kept.iter().filter(|(.., kept)| kept.series == *series).map(|(.., kept)| kept.run.clone());
        let before: Vec<PastRun> = of_series.collect();
        let others = before.len().min(most.saturating_sub(1));
        if others == 0 {
            return Vec::new();
        }
        before[before.len() - others..].iter().cloned().chain([run.clone()]).collect()
    }

    /// Writes a run into the folder, made if absent, and removes the oldest runs of any series until there are at most so many.
    ///
    /// # Errors
    /// [`ReportError::Write`] if it cannot be written, [`ReportError::Remove`] for the first file that stays.
    pub fn keep(&self, series: Series, run: PastRun, most: usize) -> Result<(), ReportError> {
        if self.is_blocked {
            return Ok(());
        }
        // Runs that end at the same moment have names of their own.
        let name = format!("{}-{}.json", Timestamp::now().strftime("%Y%m%dT%H%M%S.%9fZ"), std::process::id());
        let path = self.folder.join(name);
        let text = json::pretty(&Kept { schema: SCHEMA.to_owned(), series, run });
        let text = text.map_err(|error| ReportError::Write { path: path.clone(), source: io::Error::other(error) })?;
        file::write(&path, text.as_bytes())?;
        let too_many = (self.kept.len() + 1).saturating_sub(most);
        for (_, path, _) in self.kept.iter().take(too_many) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(ReportError::Remove { path: path.clone(), source: error }),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A file of the history and when its run started; `None` if it is gone.
fn read(path: &Path) -> Result<Option<(Timestamp, Kept)>, String> {
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    // Nothing else is opened: a pipe may never end.
    let is_file = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(error) if gone(&error) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    if !is_file {
        return Err("no file".to_owned());
    }
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(read) if read as u64 > MOST_BYTES => return Err(format!("larger than {MOST_BYTES} bytes")),
        Ok(_) => {}
        Err(error) if gone(&error) => return Ok(None),
        Err(error) => return Err(error.to_string()),
    }
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| format!("not a run: {}", visible::short(&error.to_string(), 100)))?;
    if kept.schema != SCHEMA {
        return Err(format!("its schema is not {SCHEMA}"));
    }
    let started = kept.run.started.parse().map_err(|_| "it does not say when the run started".to_owned())?;
    Ok(Some((started, kept)))
}

fn warning(folder: &Path, passed_over: &[String]) -> Option<String> {
    if passed_over.is_empty() {
        return None;
    }
    let named = passed_over.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if passed_over.len() > MOST_NAMED { format!(" and {} more", passed_over.len() - MOST_NAMED) } else { String::new() };
    let files = count(passed_over.len(), "file");
    Some(format!("{files} in {} passed over: {named}{more}; move away what is not the history's", folder.display()))
}

#[cfg(test)]
mod tests;
