//! The formats that are one file made of the whole run.

use std::io::{self, Write};
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
    /// Writes its text.
    write_to: fn(&RunReport, &mut dyn Write) -> io::Result<()>,
}

/// All of them; HTML is not among them, which a reader opens first.
pub static SINGLE_FILES: [SingleFile; 6] = [
    SingleFile {
        format: Format::Junit,
        name: junit::NAME,
        beginning: junit::BEGINNING,
        write_to: |report, out| out.write_all(junit::render(report)?.as_bytes()),
    },
    SingleFile {
        format: Format::Sarif,
        name: sarif::NAME,
        beginning: sarif::BEGINNING,
        write_to: |report, out| out.write_all(sarif::render(report)?.as_bytes()),
    },
    SingleFile { format: Format::Har, name: har::NAME, beginning: har::BEGINNING, write_to: har::write_to },
    SingleFile {
        format: Format::Tap,
        name: tap::NAME,
        beginning: tap::BEGINNING,
        write_to: |report, out| out.write_all(tap::render(report).as_bytes()),
    },
    SingleFile {
        format: Format::Openmetrics,
        name: openmetrics::NAME,
        beginning: openmetrics::BEGINNING,
        write_to: |report, out| out.write_all(openmetrics::render(report).as_bytes()),
    },
    SingleFile {
        format: Format::Badge,
        name: badge::NAME,
        beginning: badge::BEGINNING,
        write_to: |report, out| out.write_all(badge::render(report).as_bytes()),
    },
];

impl SingleFile {
    /// Writes the file into a directory and returns its path.
    ///
    /// # Errors
    /// [`ReportError::Write`] if it cannot be written.
    pub fn write(&self, report: &RunReport, dir: &Path) -> Result<PathBuf, ReportError> {
        let path = dir.join(self.name);
        file::write_by(&path, |out| (self.write_to)(report, out))?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_an_earlier_run_is_known_by_its_beginning() {
        let report = crate::report::json::sample();
        for single in &SINGLE_FILES {
            let mut text = Vec::new();
            (single.write_to)(&report, &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            assert!(single.beginning.replace('_', "-").contains("oa-authtest") && text.starts_with(single.beginning), "{}: {text}", single.name);
            assert!(text.ends_with('\n'), "{}", single.name);
        }
    }
}
