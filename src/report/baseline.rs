//! `--baseline`: an earlier run that a run is held against, to tell in its reports what differs. It is for readers: [`super::compare`] is the gate.

use std::path::{Path, PathBuf};

use super::compare::{Comparison, rules_apart};
use super::error::ReportError;
use super::json;
use crate::config::Config;
use crate::result::baseline::Baseline;
use crate::result::model::{RunReport, SCHEMA, Selection};
use crate::runner;

/// Why a run cannot be held against an earlier one; `setting` is where the earlier one was named.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The results cannot be read.
    #[error("{setting}: {why} Or leave the baseline out: a run does not need one.")]
    Unreadable {
        /// Where it was named.
        setting: String,
        /// Why, with what to do.
        why: ReportError,
    },
    /// They are of another version.
    #[error(
        "{setting}: {}: its schema is {found}, this version reads \"{SCHEMA}\". Make a baseline by a run of this version, or leave it out.",
        .path.display()
    )]
    Schema {
        /// Where it was named.
        setting: String,
        /// The file.
        path: PathBuf,
        /// The schema it names, quoted, or `missing`.
        found: String,
    },
    /// They are of other rules.
    #[error(
        "{setting}: {} holds {before}, and this run {after}: what only one of them looks at would seem to be mended, or new. Name a run with the same --rule and --level, or leave the baseline out.",
        .path.display()
    )]
    OtherRules {
        /// Where it was named.
        setting: String,
        /// The file.
        path: PathBuf,
        /// The rules of the earlier run.
        before: String,
        /// The rules of this one.
        after: String,
    },
}

/// An earlier run.
#[derive(Debug, Clone)]
pub struct Earlier {
    report: RunReport,
    /// The name of its file, without its folder.
    file: String,
}

impl Earlier {
    /// Reads the run that the settings name as the baseline of a run, if they name one.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of(config: &Config) -> Result<Option<Self>, BaselineError> {
        let Some(file) = &config.report.baseline else { return Ok(None) };
        Self::read(&file.path, &file.origin.to_string(), runner::selection(&config.rules).as_ref()).map(Some)
    }

    /// Reads the results of an earlier run for one with this selection of rules. `setting` is where the file was named.
    ///
    /// # Errors
    /// [`BaselineError`] if it cannot be read, or is of another version or of other rules.
    pub fn read(path: &Path, setting: &str, selection: Option<&Selection>) -> Result<Self, BaselineError> {
        let setting = setting.to_owned();
        let mut report = match json::read(path) {
            Ok(report) => report,
            Err(ReportError::Schema { path, found }) => return Err(BaselineError::Schema { setting, path, found }),
            Err(why) => return Err(BaselineError::Unreadable { setting, why }),
        };
        if let Some((before, after)) = rules_apart(&report, selection) {
            return Err(BaselineError::OtherRules { setting, path: path.to_owned(), before, after });
        }
        // What was sent and received is most of a file, and nothing is compared in it.
        report.tests.iter_mut().flat_map(|test| &mut test.steps).for_each(|step| step.entries = Vec::new());
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { report, file })
    }

    /// What differs in a later run. One that was asked for `part` of the tests says nothing about the others.
    pub fn held_against(&self, report: &RunReport, part: bool) -> Baseline {
        Comparison::of(&self.report, report).baseline(&self.file, &self.report, report, part)
    }
}
