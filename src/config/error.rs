//! What is wrong with a configuration: each message names the setting as the user wrote it, the value, and what to do next.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// On the command line: `--jobs`.
    Flag(&'static str),
    /// In the environment: `OA_AUTHTEST_JOBS`.
    Variable(&'static str),
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key with its table: `[client] id`, `[profile.openactive.client] id`.
        key: String,
    },
    /// It comes from the embedded issuer.
    Demo,
    /// The dataset site names it.
    DatasetSite,
    /// Nothing was said about it.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File { path, line, key } => write!(f, "{}:{line}: {key}", path.display()),
            Self::Demo => f.write_str("--demo"),
            Self::DatasetSite => f.write_str("the dataset site"),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A place in a file: line and column count characters, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    /// The place of a byte offset in a text.
    pub fn at(path: &Path, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { path: path.to_owned(), line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    }
}

/// Why there is no [`super::Config`]. The message says what is wrong, [`ConfigError::hint`] what to do; no secret is in either.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A setting is missing, has a value that it cannot have, needs another, or excludes one that was given in the same place.
    #[error("{says}")]
    Setting {
        /// What is wrong; a value is quoted, and where it was written comes first.
        says: String,
        /// What to do.
        hint: String,
    },
    /// The configuration file is not TOML, or a key or a value in it is not one it can hold.
    #[error("{}:{}:{}: {problem}", .place.path.display(), .place.line, .place.column)]
    File {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: String,
    },
}

impl ConfigError {
    /// What to do about it: one sentence without a full stop.
    pub fn hint(&self) -> &str {
        match self {
            Self::Setting { hint, .. } | Self::File { hint, .. } => hint,
        }
    }

    /// About what was written there.
    pub fn value(origin: &Origin, problem: impl fmt::Display, hint: impl Into<String>) -> Self {
        Self::Setting { says: format!("{origin}: {problem}"), hint: hint.into() }
    }

    pub(super) fn unreadable(origin: &Origin, path: &Path, why: &std::io::Error, hint: &str) -> Self {
        Self::value(origin, format!("cannot read {}: {why}", path.display()), hint)
    }

    pub(super) fn conflict(first: &Origin, second: &Origin, hint: &str) -> Self {
        Self::Setting { says: format!("{first} and {second} cannot be used together"), hint: hint.to_owned() }
    }
}
