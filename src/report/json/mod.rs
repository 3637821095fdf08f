//! `results.json`: the one source every other report is rendered from.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ReportError;
use super::file;
use crate::result::model::{RunReport, SCHEMA, SCHEMA_BEFORE, SkipKind, Verdict};
use crate::result::{bound, issuers};
use crate::text::visible;

mod each;
mod layout;
pub(super) mod shared;

pub(super) use each::Each;

/// The largest results file that is read, in bytes: those of a run of every profile have some twenty million.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// The file's name in the report directory.
pub const NAME: &str = "results.json";

/// What it begins with; by it that of an earlier run is known.
pub const BEGINNING: &str = "{\n  \"schema\": \"oa-authtest/results/1";

/// Writes `results.json` into a directory, made if absent, and returns its path. Members come in the order of the model.
///
/// # Errors
/// [`ReportError::Write`] if the directory or the file cannot be written.
pub fn write(report: &RunReport, dir: &Path) -> Result<PathBuf, ReportError> {
    let path = dir.join(NAME);
    file::write_by(&path, |out| write_to(report, out))?;
    Ok(path)
}

/// Writes the text of `results.json`, one test after the other.
///
/// # Errors
/// Whatever the writer says.
pub(super) fn write_to(report: &RunReport, out: &mut dyn Write) -> io::Result<()> {
    if report.schema != SCHEMA_BEFORE {
        layout::write(&shared::folded(report), out)?;
    } else if report.older {
        serde_json::to_writer_pretty(&mut *out, &without_members(report.clone()))?;
    } else {
        serde_json::to_writer_pretty(&mut *out, report)?;
    }
    out.write_all(b"\n")
}

/// The text of `results.json`.
///
/// # Errors
/// Whatever the JSON writer says; writing to memory, it has nothing to say.
pub fn text(report: &RunReport) -> serde_json::Result<String> {
    let mut text = Vec::new();
    write_to(report, &mut text).map_err(serde_json::Error::io)?;
    String::from_utf8(text).map_err(|error| serde_json::Error::io(io::Error::other(error)))
}

/// JSON for a reader, and a line end.
///
/// # Errors
/// Whatever the JSON writer says; writing to memory, it has nothing to say.
pub fn pretty(document: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

/// Reads a results file.
///
/// # Errors
/// [`ReportError::Read`] if there is none to read, [`ReportError::Schema`] if it is of another format or version,
/// [`ReportError::Content`] with line and column for anything else that is wrong, [`ReportError::Incoherent`] if a part points to one that is not there.
pub fn read(path: &Path) -> Result<RunReport, ReportError> {
    read_within(path, &mut Room::default())
}

/// How much is read of several files together, at most: as much as of one.
#[derive(Debug)]
pub struct Room {
    /// The bytes of the files.
    bytes: u64,
    /// The bytes of what they hold once and mean several times.
    unfolded: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes: MOST_BYTES, unfolded: MOST_BYTES }
    }
}

/// As [`read`], one of several files for which there is room together.
///
/// # Errors
/// As [`read`].
pub fn read_within(path: &Path, room: &mut Room) -> Result<RunReport, ReportError> {
    let text = text_of(path)?;
    room.bytes = room.bytes.checked_sub(text.len() as u64).ok_or_else(|| ReportError::Read {
        path: path.to_owned(),
        source: io::Error::other(format!("with the files before it, it is larger than {MOST_BYTES} bytes")),
    })?;
    // The schema is looked at first: of another version's file, it is the one thing worth saying.
    match schema_of(path, &text)? {
        Some(Value::String(schema)) if schema == SCHEMA || schema == SCHEMA_BEFORE => {
            let report = serde_json::from_str(&text).map_err(|error| content(path, &error))?;
            let mut whole = shared::unfolded(read_from_words(report), &mut room.unfolded)
                .map_err(|says| ReportError::Incoherent { path: path.to_owned(), says })?;
            whole.tests.iter_mut().for_each(bound::test);
            Ok(whole)
        }
        Some(Value::String(schema)) if schema == issuers::SCHEMA => Err(ReportError::OfIssuers { path: path.to_owned() }),
        found => {
            let found = found.map_or_else(|| "missing".to_owned(), |value| visible::short(&value.to_string(), 100));
            Err(ReportError::Schema { path: path.to_owned(), found })
        }
    }
}

/// What a file says that it is.
///
/// # Errors
/// [`ReportError::Content`] with line and column if it is not JSON.
pub(super) fn schema_of(path: &Path, text: &str) -> Result<Option<Value>, ReportError> {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<Value>,
    }
    serde_json::from_str(text).map(|head: Head| head.schema).map_err(|error| content(path, &error))
}

/// The text of a file that may come from anywhere; a pipe will do.
///
/// # Errors
/// [`ReportError::Read`] if there is none to read, or too much.
pub(super) fn text_of(path: &Path) -> Result<String, ReportError> {
    bounded(path, MOST_BYTES)
}

fn bounded(path: &Path, most: u64) -> Result<String, ReportError> {
    let failed = |source: io::Error| ReportError::Read { path: path.to_owned(), source };
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(most + 1).read_to_string(&mut text)).map_err(failed)?;
    if read as u64 > most {
        return Err(failed(io::Error::other(format!("it is larger than {most} bytes"))));
    }
    Ok(text)
}

/// Fills in what older versions wrote in words only: that certificates were not verified, why a test was skipped, that it met a bug.
fn read_from_words(mut report: RunReport) -> RunReport {
    let environment = &mut report.environment;
    report.older = environment.tls_verified.is_none();
    if !report.older {
        return report;
    }
    environment.tls_verified = Some(!environment.tls.starts_with("not verified"));
    for test in &mut report.tests {
        let reason = test.reason.as_deref().unwrap_or_default();
        test.bug = test.verdict == Verdict::Errored && reason.starts_with("a bug in oa-authtest: ");
        if test.verdict == Verdict::Skipped {
            test.skipped = Some(if reason == "left out by --skip" { SkipKind::LeftOut } else { SkipKind::LacksSettings });
        }
    }
    report
}

/// Takes out again what [`read_from_words`] filled in.
fn without_members(mut report: RunReport) -> RunReport {
    report.environment.tls_verified = None;
    for test in &mut report.tests {
        (test.bug, test.skipped) = (false, None);
    }
    report
}

/// What is wrong in a file, with the place.
pub(super) fn content(path: &Path, error: &serde_json::Error) -> ReportError {
    let message = visible::short(&crate::text::json::message(error), 300);
    ReportError::Content { path: path.to_owned(), line: error.line(), column: error.column(), message }
}

/// The results that tests of reports begin with.
#[cfg(test)]
pub fn sample() -> RunReport {
    read(Path::new("fixtures/results/sample.json")).expect("it is a results file")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read_text(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("some.json");
        fs::write(&path, text).unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(said.contains("some.json"), "{said}");
        said
    }

    #[test]
    fn no_more_is_read_than_there_is_room_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large.json");
        fs::write(&path, "12345678").unwrap();
        assert_eq!(bounded(&path, 8).unwrap(), "12345678");
        let said = bounded(&path, 7).unwrap_err().to_string();
        assert!(said.contains("large.json") && said.contains("it is larger than 7 bytes"), "{said}");
    }

    #[test]
    fn names_the_line_of_a_mistake() {
        let said = read_text("{\n  \"schema\": \"oa-authtest/results/1\",\n  \"tool\": 3\n}");
        assert!(said.contains("some.json:3:"), "{said}");
        assert!(read_text("{\n\n,").contains("some.json:3:1"));
    }

    #[test]
    fn what_older_versions_wrote_in_words_is_read() {
        let mut older: serde_json::Value = serde_json::from_str(&fs::read_to_string("fixtures/results/sample.json").unwrap()).unwrap();
        older["environment"]["tls"] = "not verified (--insecure)".into();
        let reasons = ["left out by --skip", "needs somebody to log in as", "a bug in oa-authtest: x", "no browser was found"];
        for (at, reason) in reasons.into_iter().enumerate() {
            older["tests"][at] = older["tests"][0].clone();
            older["tests"][at]["reason"] = reason.into();
            older["tests"][at]["verdict"] = if at < 2 { "skipped".into() } else { "errored".into() };
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        fs::write(&path, older.to_string()).unwrap();
        let report = read(&path).unwrap();
        let facts: Vec<_> = report.tests[..4].iter().map(|test| (test.skipped, test.bug)).collect();
        let (left_out, lacks) = (Some(SkipKind::LeftOut), Some(SkipKind::LacksSettings));
        assert_eq!(facts, [(left_out, false), (lacks, false), (None, true), (None, false)]);
        assert!(report.environment.is_insecure());
    }

    #[test]
    fn names_another_schema_before_anything_else() {
        assert!(read_text(r#"{"schema": "oa-authtest/results/9", "new": 1}"#).contains(r#"is "oa-authtest/results/9", this version reads"#));
        assert!(read_text("{}").contains("its schema is missing"));
    }

    #[test]
    fn says_what_to_do_about_a_missing_file() {
        let said = read(Path::new("nowhere/results.json")).unwrap_err().to_string();
        assert!(said.contains("nowhere/results.json") && said.contains("oa-authtest run"), "{said}");
    }
}
