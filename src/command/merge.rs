//! `merge`: the results of the shards of a run, put together.

use super::{Failure, terminal};
use crate::cli::MergeArgs;
use crate::config::{Format, Loudness, setting};
use crate::exit::Exit;
use crate::feature;
use crate::launch;
use crate::report::baseline::Earlier;
use crate::report::merge::Shards;

/// Writes the reports of the whole, shows what came of it, and ends as a run of it all would have.
pub(super) fn merge(args: &MergeArgs) -> Result<Exit, Failure> {
    let shards = Shards::read(&args.shards)?;
    shards.probe(&args.report_dir)?;
    let features = feature::features()?;
    // Read before anything is written: it may be what the new reports take the place of.
    let earlier = args.baseline.as_ref().map(|path| Earlier::read(path, setting::BASELINE.flag, shards.selection())).transpose()?;
    let pictures = shards.pictures();
    let mut report = shards.merged(&features)?;
    report.baseline = earlier.map(|earlier| earlier.held_against(&report, report.is_of_some_tests()));
    pictures.copy(&args.report_dir)?;
    let written = crate::report::write(&report, &args.report_dir, &args.formats)?;
    let mut terminal = terminal(Loudness::Normal);
    // A reader that closed the pipe does not want to read it, and has the exit code.
    let _ = terminal.result(&report, Some(&written));
    if args.formats.contains(&Format::Github) {
        launch::write_for_github(&report);
    }
    let exit = Exit::of_run(&report, args.fail_on, args.strict_known);
    // A shard that did not come to its end is never green.
    if report.interrupted && matches!(exit, Exit::Conformant | Exit::NothingTested) {
        let _ = terminal.because(Exit::CouldNotTest.code(), "a shard did not come to its end: run it again");
        return Ok(Exit::CouldNotTest);
    }
    if let Some(because) = exit.because(&report, args.fail_on) {
        let _ = terminal.because(exit.code(), &because);
    }
    Ok(exit)
}
