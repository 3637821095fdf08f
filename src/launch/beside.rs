//! The runs that a run stands beside in its reports: the one it is held against (`--baseline`), and those before it (`--history`).

use crate::config::Config;
use crate::report::Written;
use crate::report::baseline::{BaselineError, Earlier};
use crate::report::error::ReportError;
use crate::report::history::{self, History, Series};
use crate::result::baseline::Baseline;
use crate::result::model::RunReport;

/// What is known of other runs before one begins.
pub(super) struct Beside {
    earlier: Option<Earlier>,
}

impl Beside {
    /// Reads the run that this one is to be held against.
    ///
    /// # Errors
    /// [`BaselineError`] if it cannot be.
    pub(super) fn find(config: &Config) -> Result<Self, BaselineError> {
        Ok(Self { earlier: Earlier::of(config)? })
    }

    /// What differs from the earlier run, if there is one.
    pub(super) fn baseline(&self, report: &RunReport, config: &Config) -> Option<Baseline> {
        self.earlier.as_ref().map(|earlier| earlier.held_against(report, is_part(config)))
    }
}

/// True if a run is asked for some tests only.
fn is_part(config: &Config) -> bool {
    !config.tests.is_empty() || config.last_failed.is_some() || config.shard.is_some()
}

/// Puts a run beside those before it in its folder, writes its reports, and keeps it for the runs to come. What went wrong with those runs comes beside what
/// was written: it is no failure of this one, whose reports are there.
///
/// # Errors
/// As [`crate::report::write()`].
pub fn write(report: &mut RunReport, config: &Config) -> Result<(Written, Vec<String>), ReportError> {
    let most = config.report.history;
    // A part of the tests or of the rules would be a jag in the trend.
    let run = history::point(report).filter(|_| most > 0 && !is_part(config) && config.rules.is_all());
    let kept = run.map(|run| (History::read(&config.report.dir), Series::of(report, &config.skips), run));
    if let Some((history, series, run)) = &kept {
        report.history = history.with(series, run, most);
    }
    let written = crate::report::write(report, &config.report.dir, &config.report.formats)?;
    let Some((history, series, run)) = kept else { return Ok((written, Vec::new())) };
    let not_kept = history.keep(series, run, most).err().map(|why| format!("this run is not kept in the history: {why}"));
    Ok((written, history.warning.into_iter().chain(not_kept).collect()))
}
