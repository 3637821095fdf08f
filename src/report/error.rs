//! What can go wrong when reports are written or read, each with what to do about it.

use std::io;
use std::path::PathBuf;

use super::certificate::NoCertificate;
use super::statement::Refusal;
use crate::result::model::SCHEMA;

/// A report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file or folder could not be written.
    #[error("cannot write {}: {source}. Choose a folder you may write to with --report-dir.", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of an earlier run could not be removed.
    #[error("cannot remove {}, a report of an earlier run: {source}. Remove it yourself, or choose another folder with --report-dir.", .path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A results file could not be read.
    #[error("cannot read {}: {source}. Give the path of a results.json written by `oa-authtest run`.", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A results file is not what it should be.
    #[error("{}:{line}:{column}: {message}. Give a results.json as `oa-authtest run` wrote it.", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// A part of a results file does not go with another.
    #[error("{}: {says}. Give a results.json as `oa-authtest run` wrote it.", .path.display())]
    Incoherent {
        /// The file.
        path: PathBuf,
        /// What does not go together.
        says: String,
    },
    /// A results file is of another format, or of another version of this one.
    #[error("{}: its schema is {found}, this version reads \"{SCHEMA}\". Render it with the version of oa-authtest that wrote it.", .path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// The schema it names, quoted, or `missing`.
        found: String,
    },
    /// A file holds what came of several issuers, and the results of one are wanted.
    #[error("{} holds what came of several issuers. Give the results.json of one of them: it is in the folder of its name, beside that file.", .path.display())]
    OfIssuers {
        /// The file.
        path: PathBuf,
    },
    /// A file holds more than can be shown.
    #[error("{} holds {says}. Give an issuers.json as `oa-authtest run` wrote it.", .path.display())]
    TooMuch {
        /// The file.
        path: PathBuf,
        /// What, and how much there can be.
        says: String,
    },
    /// None of the formats can be made of what came of several issuers.
    #[error(
        "what came of several issuers can be rendered as markdown and html alone. Give the results.json of one of them for other formats: it is in the folder of its name."
    )]
    NotOfIssuers,
    /// A run allows of no statement of conformance.
    #[error(
        "there is no statement of conformance: {0}. It takes a run that was not interrupted, tested what it was to test, and in which nothing failed but known failures (--known)."
    )]
    NoStatement(Refusal),
    /// A run allows of no certificate.
    #[error(
        "there is no OpenActive certificate: {0}. It takes a run that allows of a statement, and in which every test of profile openactive passed."
    )]
    NoCertificate(NoCertificate),
    /// A test's id cannot name a file.
    #[error(
        "the test id \"{id}\" is not of the form feature/test in lower-case letters, digits and hyphens, so it cannot name a report. Correct it in the feature or in the results file."
    )]
    Id {
        /// The id, made visible.
        id: String,
    },
}
