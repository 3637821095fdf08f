//! Why the results of shards cannot be put together, each with what to do about it.

use std::path::PathBuf;

use crate::config::MOST_SHARDS;
use crate::report::error::ReportError;

/// The results of shards cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A file cannot be read, or the reports cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// There are more files than there can be shards.
    #[error("{0} files are more than the {MOST_SHARDS} shards that a run can have. Give each shard once.")]
    TooMany(usize),
    /// A file holds a run that was not split.
    #[error("{} is not of a shard: its run was not split by --shard. Give results.json files that oa-authtest run --shard K/N wrote.", .0.display())]
    Whole(PathBuf),
    /// Two files hold the same part.
    #[error("{} and {} both hold shard {part}/{of}. Give each shard once.", .first.display(), .second.display())]
    Double {
        /// The part, from 1.
        part: u32,
        /// How many there are.
        of: u32,
        /// The file that was given first.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Some parts are in no file.
    #[error("{missing} of {of} {} missing: what was not run would look as if nothing were wrong. Give the results.json of every shard; run again those that have none.", .verb)]
    Missing {
        /// The parts: `shard 2`, `shards 2, 3`.
        missing: String,
        /// How many there are.
        of: u32,
        /// `is` or `are`.
        verb: &'static str,
    },
    /// Two files are not of one run.
    #[error(
        "{} and {} are not shards of one run: {what} is {before} in the first and {after} in the second. Run every shard with the same version and the same settings but --shard.",
        .first.display(),
        .second.display()
    )]
    Differ {
        /// The file that was given first.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// What differs, with its article.
        what: &'static str,
        /// What it is in the first.
        before: String,
        /// What it is in the second.
        after: String,
    },
    /// The tests of a file, or of all files, are not those that the split gives.
    #[error("{}: {says}. Give results.json files as oa-authtest run --shard K/N wrote them.", .path.display())]
    OtherTests {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        says: String,
    },
    /// Two files show different pictures of the same name.
    #[error("{} and {} both have a picture {name}: in one report folder one would take the place of the other. Give results.json files as oa-authtest run --shard K/N wrote them.", .first.display(), .second.display())]
    SamePicture {
        /// The file with it that comes first.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The name, made visible.
        name: String,
    },
    /// The reports would take the place of those of a shard.
    #[error("{} is in the report folder (--report-dir {}), where the reports of the whole run would take its place. Choose another folder with --report-dir.", .file.display(), .dir.display())]
    InPlace {
        /// The file of the shard.
        file: PathBuf,
        /// The report folder.
        dir: PathBuf,
    },
}
