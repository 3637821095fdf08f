//! The tests that failed in the last results (`--last-failed`).

use std::collections::BTreeSet;
use std::path::PathBuf;

use thiserror::Error;

use crate::config::{Config, LastFailed};
use crate::feature::plan::Plan;
use crate::report::error::ReportError;
use crate::report::json;
use crate::result::model::{self, RunReport, TestReport, Verdict};
use crate::text::count;

/// The most tests named in a message.
const MOST_TESTS: usize = 5;

/// Why there are no tests that failed last to be run.
#[derive(Debug, Error)]
pub enum LastFailedError {
    /// There are no results yet.
    #[error(
        "there are no results in {}, from which --last-failed would take the tests: run once without --last-failed, or name the results.json of a run, as in --last-failed last/results.json",
        .path.display()
    )]
    Missing {
        /// The file that is not there.
        path: PathBuf,
    },
    /// The results cannot be read.
    #[error("--last-failed: {0}")]
    Unreadable(ReportError),
    /// The results are themselves a part.
    #[error(
        "{} holds shard {part}/{of} alone, and --shard would split the tests that failed in it once more: name the results.json that oa-authtest merge wrote of all shards, or leave out --shard",
        .path.display()
    )]
    OfShard {
        /// The file of the last results.
        path: PathBuf,
        /// Which part it holds, from 1.
        part: u32,
        /// How many parts there were.
        of: u32,
    },
    /// Nothing failed.
    #[error("no test failed in {}, so --last-failed has nothing to run: run without --last-failed to test everything", .path.display())]
    None {
        /// The file of the last results.
        path: PathBuf,
    },
    /// What failed is not among the tests of this run.
    #[error("{failed} in {}, and this run has none of them: {hint}", .path.display())]
    Elsewhere {
        /// The file of the last results.
        path: PathBuf,
        /// The tests, counted and named.
        failed: String,
        /// What to do about it.
        hint: String,
    },
}

/// Takes the tests out of a plan that did not fail in the last results, if `--last-failed` asks for that; says then which run that was, and which
/// tests failed in it that are not in the plan.
///
/// # Errors
/// [`LastFailedError`] if there are no results, none failed, or the plan has none of those that did.
pub(super) fn narrow(plan: &mut Plan, config: &Config) -> Result<Option<model::LastFailed>, LastFailedError> {
    let Some(asked) = &config.last_failed else { return Ok(None) };
    let in_folder = config.report.dir.join(json::NAME);
    let path = asked.file(&in_folder).to_owned();
    if *asked == LastFailed::InReportFolder && !path.exists() {
        return Err(LastFailedError::Missing { path });
    }
    let last = json::read(&path).map_err(|error| match error {
        ReportError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => LastFailedError::Missing { path: path.clone() },
        error => LastFailedError::Unreadable(error),
    })?;
    if let (Some(_), Some(&model::Shard { part, of, .. })) = (config.shard, last.shard()) {
        return Err(LastFailedError::OfShard { path, part, of });
    }
    let failed = failed(&last);
    if failed.is_empty() {
        return Err(LastFailedError::None { path });
    }
    plan.tests.retain(|planned| failed.contains(planned.id.as_str()));
    if plan.tests.is_empty() {
        return Err(elsewhere(path, &last, &failed, config));
    }
    let others = failed.into_iter().filter(|id| plan.tests.iter().all(|planned| planned.id != *id)).map(str::to_owned).collect();
    Ok(Some(model::LastFailed { started: last.started.clone(), tests: last.tests.len(), others }))
}

/// The ids of the tests that failed, could not be tested, or were required and did not run; and of those that failed before these results already and
/// were not run again.
fn failed(last: &RunReport) -> BTreeSet<&str> {
    let fell_short = |test: &&TestReport| matches!(test.verdict, Verdict::Failed | Verdict::Errored) || test.is_missing();
    let others = last.selection.iter().filter_map(|selection| selection.last_failed.as_ref()).flat_map(|last| &last.others);
    last.tests.iter().filter(fell_short).map(|test| &test.id).chain(others).map(String::as_str).collect()
}

fn elsewhere(path: PathBuf, last: &RunReport, failed: &BTreeSet<&str>, config: &Config) -> LastFailedError {
    let named = failed.iter().take(MOST_TESTS).copied().collect::<Vec<_>>().join(", ");
    let more = if failed.len() > MOST_TESTS { ", …" } else { "" };
    let profiles = &last.environment.profiles;
    let hint = if profiles.iter().all(|profile| config.profiles.contains(profile)) {
        "correct --test, or leave it out".to_owned()
    } else {
        format!("give --profile {}, as in that run", profiles.join(","))
    };
    LastFailedError::Elsewhere { path, failed: format!("{} failed ({named}{more})", count(failed.len(), "test")), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_what_has_to_be_run_again() {
        let mut last = crate::report::json::sample();
        let test = |id: &str, verdict, required| TestReport { id: id.to_owned(), verdict, required, ..TestReport::default() };
        last.tests = vec![
            test("a/passed", Verdict::Passed, true),
            test("a/warned", Verdict::Warned, false),
            test("a/failed", Verdict::Failed, false),
            test("a/errored", Verdict::Errored, false),
            test("a/skipped", Verdict::Skipped, false),
            test("a/skipped-required", Verdict::Skipped, true),
            test("a/left-out", Verdict::LeftOut, false),
            test("a/left-out-required", Verdict::LeftOut, true),
        ];
        assert_eq!(failed(&last).into_iter().collect::<Vec<_>>(), ["a/errored", "a/failed", "a/left-out-required", "a/skipped-required"]);
        let others = vec!["b/earlier".to_owned()];
        let earlier = model::LastFailed { started: String::new(), tests: 9, others };
        last.selection = Some(model::Selection { last_failed: Some(earlier), ..model::Selection::default() });
        last.tests.truncate(1);
        assert_eq!(failed(&last).into_iter().collect::<Vec<_>>(), ["b/earlier"], "what was not run again is not forgotten");
    }
}
