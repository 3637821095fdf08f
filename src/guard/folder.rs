//! Temporary folders that go with this program, even when it is killed.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::Child;

use tempfile::TempDir;
use thiserror::Error;

use super::{FOLDER_PREFIX, can_be_this_program, command, keeper, platform};

/// How much must fit in a temporary folder, in bytes. A browser needs more, but says so when it is in the middle of something.
const ROOM: usize = 4 * 1024 * 1024;

/// Why there is no temporary folder.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the folder for temporary files, {}, cannot be used: {why}; set {} to a folder that can be written to and has some space", .folder.display(), platform::FOLDER_VARIABLES[0])]
pub struct FolderError {
    /// Where it was to be.
    pub folder: PathBuf,
    /// The system's words.
    pub why: String,
}

impl FolderError {
    fn of(error: &io::Error) -> Self {
        Self { folder: std::env::temp_dir(), why: error.to_string() }
    }
}

/// Makes a temporary folder in which there is room for something.
///
/// # Errors
/// [`FolderError`] if it cannot be made, or nothing fits in it.
pub(super) fn make() -> Result<TempDir, FolderError> {
    let make = || {
        let folder = tempfile::Builder::new().prefix(FOLDER_PREFIX).tempdir()?;
        let probe = folder.path().join("probe");
        let mut file = File::create(&probe)?;
        file.write_all(&vec![0; ROOM])?;
        // What is written may be found not to fit only now.
        file.sync_data()?;
        drop(file);
        std::fs::remove_file(&probe)?;
        Ok(folder)
    };
    make().map_err(|error: io::Error| FolderError::of(&error))
}

/// A temporary folder. It is deleted when this is dropped, or by a guard when this program is gone.
#[derive(Debug)]
pub struct Folder {
    folder: TempDir,
    guard: Option<Child>,
}

impl Folder {
    /// Makes a folder, for its owner's eyes only where the system knows that. It is guarded if this program can be a guard ([`super::main_if_asked`]).
    ///
    /// # Errors
    /// [`FolderError`] if it cannot be made.
    pub fn make() -> Result<Self, FolderError> {
        let folder = make()?;
        let guard = can_be_this_program().then(|| guard(folder.path())).flatten();
        Ok(Self { folder, guard })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let Some(guard) = &mut self.guard else { return };
        // It deletes the folder, and is not to be left behind.
        drop(guard.stdin.take());
        let _ = guard.wait();
    }
}

/// Starts a guard for a folder, and waits until it is deaf to what would end it. Without one the folder is deleted in any case but a kill.
fn guard(folder: &Path) -> Option<Child> {
    let mut guard = command(&std::env::current_exe().ok()?, folder, &keeper::random()?).spawn().ok()?;
    let mut ready = String::new();
    if let Some(stdout) = guard.stdout.take() {
        let _ = BufReader::new(stdout).read_line(&mut ready);
    }
    Some(guard)
}
