//! The run that a run stands beside in its reports: the one it is held against (`--baseline`).

use crate::config::Config;
use crate::report::baseline::{BaselineError, Earlier};
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
        let is_part = !config.tests.is_empty() || config.last_failed.is_some();
        self.earlier.as_ref().map(|earlier| earlier.held_against(report, is_part))
    }
}
