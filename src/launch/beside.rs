//! The runs that a run stands beside in its reports: the one it is held against (`--baseline`), and those before it (`--history`).

use crate::config::Config;
use crate::report::baseline::{BaselineError, Earlier};
use crate::report::error::ReportError;
use crate::report::history::{self, History, Series};
use crate::report::{Written, console};
use crate::result::baseline::Baseline;
use crate::result::history::PastRun;
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
    !config.tests.is_empty() || config.last_failed.is_some()
}

/// Puts a run beside those before it in its folder, writes its reports, and keeps it for the runs to come.
///
/// # Errors
/// As [`crate::report::write()`]. That the run cannot be kept is a warning.
pub(super) fn write(report: &mut RunReport, config: &Config) -> Result<Written, ReportError> {
    let most = config.report.history;
    // A part of the tests or of the rules would be a jag in the trend.
    let run = history::point(report).filter(|_| most > 0 && !is_part(config) && config.rules.is_all());
    let kept = run.map(|run| (History::read(&config.report.dir), Series::of(report, &config.skips), run));
    if let Some((history, series, run)) = &kept {
        report.history = history.with(series, run, most);
    }
    let written = crate::report::write(report, &config.report.dir, &config.report.formats)?;
    if let Some((history, series, run)) = kept {
        keep(&history, series, run, most);
    }
    Ok(written)
}

/// Keeps a run for those to come. What goes wrong with that is no failure of the run, whose reports are written.
fn keep(history: &History, series: Series, run: PastRun, most: usize) {
    if let Some(warning) = &history.warning {
        console::warning(warning);
    }
    if let Err(why) = history.keep(series, run, most) {
        console::warning(&format!("this run is not kept in the history: {why}"));
    }
}
