//! Where the results are whose failed tests are to run again (`--last-failed`).

use std::path::{Path, PathBuf};

use super::setting;

/// Where the last results are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastFailed {
    /// In the report folder of this run.
    InReportFolder,
    /// In this file.
    InFile(PathBuf),
}

impl LastFailed {
    /// From the value of the setting.
    #[allow(clippy::needless_pass_by_value, reason = "it is mapped over a value")]
    pub(super) fn of(value: String) -> Self {
        if value == setting::LAST_FAILED.alone { Self::InReportFolder } else { Self::InFile(value.into()) }
    }

    /// The file, where `in_folder` is the one in the report folder.
    pub fn file<'a>(&'a self, in_folder: &'a Path) -> &'a Path {
        match self {
            Self::InReportFolder => in_folder,
            Self::InFile(path) => path,
        }
    }
}
