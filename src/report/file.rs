//! Files in the report directory: written whole or not at all, and removed only where this program wrote them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Component, Path, PathBuf};

use super::error::ReportError;
use super::single::SINGLE_FILES;
use super::{certificate, html, issuers, json, markdown, statement};
use crate::result::model::{Entry, RunReport, TestReport};
use crate::text::visible;

/// The summary's name in the report directory.
pub const SUMMARY: &str = "summary.md";

/// What the name of a file begins with that is not written to its end yet.
pub(super) const TEMPORARY: &str = ".oa-authtest-";

/// The name of a test's Markdown report, relative to the report directory: `feature/test.md`.
///
/// # Errors
/// [`ReportError::Id`] if the id is not `feature/test` in kebab-case: a results file may come from anywhere, and must not choose where files are written.
pub fn test_name(id: &str) -> Result<String, ReportError> {
    let kebab = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    match id.split_once('/') {
        Some((feature, test)) if kebab(feature) && kebab(test) => Ok(format!("{id}.md")),
        _ => Err(ReportError::Id { id: visible::short(id, 100) }),
    }
}

/// Writes a file by way of a temporary one beside it, so that a reader sees the old content or the new. Makes the folders.
///
/// # Errors
/// [`ReportError::Write`] with the path that could not be written.
pub fn write(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    // A temporary file is its owner's alone; a report is as readable as any other file the user makes.
    write_as(path, Readers::AsUsual, |out| out.write_all(content))
}

/// As [`write()`], of a content that is made as it is written.
///
/// # Errors
/// As [`write()`].
pub fn write_by(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), ReportError> {
    write_as(path, Readers::AsUsual, |file| {
        let mut out = BufWriter::new(file);
        content(&mut out)?;
        out.flush()
    })
}

/// As [`write()`], for its owner's eyes only: it may hold secrets. On Windows it is as readable as its folder allows.
///
/// # Errors
/// As [`write()`].
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    write_as(path, Readers::Owner, |out| out.write_all(content))
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    /// Whoever may read the files that the user makes.
    AsUsual,
    /// Its owner alone.
    Owner,
}

#[cfg(unix)]
fn admit(readers: Readers, builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(fs::Permissions::from_mode(match readers {
        Readers::AsUsual => 0o666,
        Readers::Owner => 0o600,
    }));
}

/// The folder decides: what is made in a user's own folder is the user's.
#[cfg(not(unix))]
fn admit(_readers: Readers, _builder: &mut tempfile::Builder<'_, '_>) {}

fn write_as(path: &Path, readers: Readers, content: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), ReportError> {
    let failed = |source: io::Error| ReportError::Write { path: path.to_owned(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|source| ReportError::Write { path: folder.to_owned(), source })?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    admit(readers, &mut builder);
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    content(file.as_file_mut()).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// Finds out whether a report directory can be written to; it is made if absent.
///
/// # Errors
/// [`ReportError::Write`] with the folder and the system's words.
pub fn probe(dir: &Path) -> Result<(), ReportError> {
    let failed = |source: io::Error| ReportError::Write { path: dir.to_owned(), source };
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    fs::create_dir_all(dir).map_err(failed)?;
    tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(dir).map(drop).map_err(failed)
}

/// What an earlier run left in a report directory, by its `results.json`. Nothing if that is missing or of another program.
#[derive(Debug, Default)]
pub struct Leftovers {
    files: Vec<String>,
    screenshots: Vec<String>,
}

impl Leftovers {
    /// Looks before anything is overwritten.
    pub fn find(dir: &Path) -> Self {
        let mut found = Self::of_one_issuer(dir);
        found.files.extend([issuers::JSON, issuers::MARKDOWN, issuers::HTML].map(str::to_owned));
        // It is written again in any case.
        found.files.retain(|name| name != json::NAME);
        found
    }

    /// The same in a folder that is to hold the reports of a run with several issuers: what a run with one left there, its results included.
    pub fn of_one_issuer(dir: &Path) -> Self {
        let Ok(report) = json::read(&dir.join(json::NAME)) else { return Self::default() };
        let mut files: Vec<_> = report.tests.iter().filter_map(|test| test_name(&test.id).ok()).collect();
        files.extend(
            [json::NAME, SUMMARY, markdown::CERTIFICATION, html::NAME, statement::MARKDOWN, statement::JSON, certificate::NAME].map(str::to_owned),
        );
        files.extend(SINGLE_FILES.iter().map(|single| single.name.to_owned()));
        Self { files, screenshots: report.tests.iter().flat_map(screenshots).map(str::to_owned).collect() }
    }

    /// Removes what this run has not written again: reports not in `written` and screenshots `report` does not show.
    ///
    /// # Errors
    /// [`ReportError::Remove`] for the first file that stays. A file that is gone already is no error.
    pub fn remove(self, dir: &Path, report: &RunReport, written: &[PathBuf]) -> Result<(), ReportError> {
        self.remove_but(dir, &report.tests.iter().flat_map(screenshots).collect(), &written.iter().map(PathBuf::as_path).collect())
    }

    /// Removes all of it.
    ///
    /// # Errors
    /// As [`Self::remove`].
    pub fn remove_all(self, dir: &Path) -> Result<(), ReportError> {
        self.remove_but(dir, &HashSet::new(), &HashSet::new())
    }

    fn remove_but(self, dir: &Path, shown: &HashSet<&str>, written: &HashSet<&Path>) -> Result<(), ReportError> {
        for path in self.files.iter().map(|name| dir.join(name)) {
            if !written.contains(path.as_path()) && is_inside(&path, dir) && is_a_report(&path) {
                remove(&path, dir)?;
            }
        }
        for name in self.screenshots.iter().filter(|name| !shown.contains(name.as_str())) {
            let path = dir.join(name);
            if is_picture(name) && is_inside(&path, dir) {
                remove(&path, dir)?;
            }
        }
        Ok(())
    }
}

/// The names of the pictures that a test shows, relative to the report directory.
pub(super) fn screenshots(test: &TestReport) -> impl Iterator<Item = &str> {
    test.steps.iter().flat_map(|step| &step.entries).filter_map(|entry| match entry {
        Entry::Page(page) => page.screenshot.as_deref(),
        _ => None,
    })
}

/// Copies the screenshots a report shows from one report directory to another. One that is missing, or whose name leads elsewhere, is left out:
/// the report is readable without it.
///
/// # Errors
/// [`ReportError::Write`] for the first that cannot be written.
pub fn copy_screenshots(report: &RunReport, from: &Path, to: &Path) -> Result<(), ReportError> {
    let same = matches!((fs::canonicalize(from), fs::canonicalize(to)), (Ok(from), Ok(to)) if from == to);
    if same {
        return Ok(());
    }
    copy_pictures(report.tests.iter().flat_map(screenshots), from, to)
}

/// Copies pictures of these names from one folder to another, as [`copy_screenshots`] does.
///
/// # Errors
/// As [`copy_screenshots`].
pub(super) fn copy_pictures<'a>(names: impl Iterator<Item = &'a str>, from: &Path, to: &Path) -> Result<(), ReportError> {
    for name in names.filter(|name| is_picture(name)) {
        if let Ok(picture) = fs::read(from.join(name)) {
            write(&to.join(name), &picture)?;
        }
    }
    Ok(())
}

fn is_picture(name: &str) -> bool {
    let path = Path::new(name);
    path.components().all(|c| matches!(c, Component::Normal(_)))
        && path.extension().is_some_and(|e| ["png", "jpg", "webp"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// The path of a screenshot below a report directory, if its name is one of a picture there and links lead nowhere else.
pub fn picture(dir: &Path, name: &str) -> Option<PathBuf> {
    let path = fs::canonicalize(dir.join(name)).ok()?;
    (is_picture(name) && path.starts_with(fs::canonicalize(dir).ok()?)).then_some(path)
}

/// True if the file's folder is the directory or below it, symbolic links followed.
fn is_inside(path: &Path, dir: &Path) -> bool {
    match (path.parent().map(fs::canonicalize), fs::canonicalize(dir)) {
        (Some(Ok(parent)), Ok(dir)) => parent.starts_with(dir),
        _ => false,
    }
}

fn is_a_report(path: &Path) -> bool {
    let of_single_files = SINGLE_FILES.iter().map(|single| &single.beginning);
    let others = [&html::BEGINNING, &issuers::BEGINNING, &json::BEGINNING, &certificate::BEGINNING];
    let mut beginnings = markdown::BEGINNINGS.iter().chain(&statement::BEGINNINGS).chain(others).chain(of_single_files);
    fs::read(path).is_ok_and(|content| beginnings.any(|beginning| content.starts_with(beginning.as_bytes())))
}

fn remove(path: &Path, dir: &Path) -> Result<(), ReportError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(ReportError::Remove { path: path.to_owned(), source: e }),
        _ => {}
    }
    // A folder that has become empty goes too; one that has not stays, and that is no error.
    if let Some(folder) = path.parent().filter(|folder| *folder != dir) {
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_files_by_well_formed_ids_only() {
        assert_eq!(
            test_name("dynamic-client-registration/client-credentials-flow").unwrap(),
            "dynamic-client-registration/client-credentials-flow.md"
        );
        for id in ["", "a", "a/", "/a", "a/b/c", "../a", "a/..", "A/b", "a/b\n", "a\\b/c", "-a/b", "a/ü"] {
            assert!(matches!(test_name(id), Err(ReportError::Id { .. })), "{id:?}");
        }
    }

    #[test]
    fn writes_over_an_older_file_and_leaves_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/c.md");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn says_what_it_could_not_write_and_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let blocked = dir.path().join("file");
        fs::write(&blocked, "").unwrap();
        let said = write(&blocked.join("c.md"), b"").unwrap_err().to_string();
        assert!(said.contains(&blocked.display().to_string()) && said.contains("--report-dir"), "{said}");
    }

    #[test]
    fn tells_beforehand_whether_a_folder_can_be_written_to() {
        let dir = tempfile::tempdir().unwrap();
        probe(&dir.path().join("a/b")).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 0);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let said = probe(&file).unwrap_err().to_string();
        assert!(said.contains(&file.display().to_string()) && said.contains("--report-dir"), "{said}");
    }

    #[test]
    fn takes_only_relative_pictures_for_screenshots() {
        assert!(is_picture("screenshots/a-1.png"));
        for name in ["../a.png", "/a.png", "a.md", "a", ""] {
            assert!(!is_picture(name), "{name}");
        }
    }
}
