//! The formats that are one file made of the whole run.

use std::io;
use std::path::{Path, PathBuf};

use super::error::ReportError;
use super::{badge, file, har, junit, openmetrics, sarif, tap};
use crate::config::Format;
use crate::result::model::RunReport;

/// A format that is one file made of the whole run.
pub struct SingleFile {
    /// The format.
    pub format: Format,
    /// The file's name in the report directory.
    pub name: &'static str,
    /// What every file written in this format begins with; by it one of an earlier run is known.
    pub beginning: &'static str,
    /// Its text.
    render: fn(&RunReport) -> io::Result<String>,
}

/// All of them; HTML is not among them, which a reader opens first.
pub static SINGLE_FILES: [SingleFile; 6] = [
    SingleFile { format: Format::Junit, name: junit::NAME, beginning: junit::BEGINNING, render: junit::render },
    SingleFile { format: Format::Sarif, name: sarif::NAME, beginning: sarif::BEGINNING, render: sarif::render },
    SingleFile { format: Format::Har, name: har::NAME, beginning: har::BEGINNING, render: har::render },
    SingleFile { format: Format::Tap, name: tap::NAME, beginning: tap::BEGINNING, render: |report| Ok(tap::render(report)) },
    SingleFile {
        format: Format::Openmetrics,
        name: openmetrics::NAME,
        beginning: openmetrics::BEGINNING,
        render: |report| Ok(openmetrics::render(report)),
    },
    SingleFile { format: Format::Badge, name: badge::NAME, beginning: badge::BEGINNING, render: |report| Ok(badge::render(report)) },
];

impl SingleFile {
    /// Writes the file into a directory and returns its path.
    ///
    /// # Errors
    /// [`ReportError::Write`] if it cannot be written.
    pub fn write(&self, report: &RunReport, dir: &Path) -> Result<PathBuf, ReportError> {
        let path = dir.join(self.name);
        let text = (self.render)(report).map_err(|source| ReportError::Write { path: path.clone(), source })?;
        file::write(&path, text.as_bytes())?;
        Ok(path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_earlier_run_is_known_by_its_beginning() {
        let report = super::super::json::read(Path::new("fixtures/results/sample.json")).unwrap();
        for single in &SINGLE_FILES {
            let text = (single.render)(&report).unwrap();
            assert!(single.beginning.replace('_', "-").contains("oa-authtest") && text.starts_with(single.beginning), "{}: {text}", single.name);
            assert!(text.ends_with('\n'), "{}", single.name);
        }
    }
}
