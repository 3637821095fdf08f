//! The certificate authority of the embedded issuer, in a file that `--ca-file` can name.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::guard::{Folder, FolderError};
use crate::report::error::ReportError;
use crate::report::file;

/// What a file with a certificate in PEM begins with.
const BEGINNING: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// The name of the file in a folder of our own.
const FILE: &str = "ca.pem";

/// Why there is no such file.
#[derive(Debug, Error)]
pub(super) enum AuthorityError {
    /// The temporary file cannot be written.
    #[error("the certificate of the embedded issuer could not be written: {0}; or name a file with --ca-out")]
    Temporary(#[from] FolderError),
    /// The file that was named cannot be written.
    #[error("the certificate of the embedded issuer could not be written to {} (--ca-out): {why}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file that was named holds something else.
    #[error("{} (--ca-out) holds something that is no certificate and would be lost: name another file, or remove it", .0.display())]
    Other(PathBuf),
}

/// A file with the certificate authority.
#[derive(Debug)]
pub(super) enum Authority {
    /// In a folder of our own, which goes with this value.
    Temporary(#[expect(dead_code, reason = "the file goes with it")] Folder, PathBuf),
    /// Where the user wants it, where it stays.
    Named(PathBuf),
}

impl Authority {
    /// Writes the authority's certificate to the file that was named, or to a temporary one. What is there already is replaced if it is a certificate: the
    /// issuer makes another one each time it is started.
    ///
    /// # Errors
    /// [`AuthorityError`] if it cannot be written, or if what would be lost is no certificate.
    pub(super) fn keep(pem: &str, named: Option<PathBuf>) -> Result<Self, AuthorityError> {
        let Some(path) = named else {
            let folder = Folder::make()?;
            let path = folder.path().join(FILE);
            fs::write(&path, pem).map_err(|error| FolderError { folder: folder.path().to_owned(), why: error.to_string() })?;
            return Ok(Self::Temporary(folder, path));
        };
        let unwritable = |why: String| AuthorityError::Unwritable { path: path.clone(), why };
        match fs::read(&path) {
            Ok(there) if there.is_empty() || there.starts_with(BEGINNING) => {}
            Ok(_) => return Err(AuthorityError::Other(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(error.to_string())),
        }
        file::write(&path, pem.as_bytes()).map_err(|error| match error {
            ReportError::Write { source, .. } => unwritable(source.to_string()),
            error => unwritable(error.to_string()),
        })?;
        // The command that names it may be given in another folder.
        Ok(Self::Named(std::path::absolute(&path).unwrap_or(path)))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Temporary(_, path) | Self::Named(path) => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

    #[test]
    fn a_temporary_file_goes_and_a_named_one_stays() {
        let temporary = Authority::keep(PEM, None).unwrap();
        let path = temporary.path().to_owned();
        assert_eq!(fs::read_to_string(&path).unwrap(), PEM);
        drop(temporary);
        assert!(!path.exists());

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/ca.pem");
        for _ in 0..2 {
            drop(Authority::keep(PEM, Some(path.clone())).unwrap());
            assert_eq!(fs::read_to_string(&path).unwrap(), PEM);
        }
    }

    #[test]
    fn what_is_no_certificate_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "precious").unwrap();
        let error = Authority::keep(PEM, Some(path.clone())).unwrap_err().to_string();
        assert!(error.contains("notes.txt (--ca-out)") && error.contains("name another file"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        let error = Authority::keep(PEM, Some(folder.path().to_owned())).unwrap_err().to_string();
        assert!(error.contains("--ca-out"), "{error}");
    }
}
