//! `run` with several issuers: one after the other, since they share the redirect URI and the browser; then what came of all of them.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;

use super::prepare::{About, Prepared, Settled, end_demo, settle, start};
use super::{Failure, shown, terminal, unnoticed};
use crate::config::error::ConfigError;
use crate::config::{Issuers, LastFailed, Layer, World, setting};
use crate::exit::Exit;
use crate::feature::Available;
use crate::launch::{self, Ended, Interruption, LastFailedError, LaunchError, Ready};
use crate::report::baseline::Earlier;
use crate::report::console;
use crate::report::issuers::{self as of_all, Came, Ran, Tested, Whole};
use crate::result::model::RunReport;
use crate::runner;

/// One of the issuers, before it is tested.
struct Next<'a> {
    name: &'a str,
    settled: Settled,
    /// Why there is nothing to run for it, if that is so.
    nothing: Option<String>,
}

/// The run, and the exit code over all issuers.
pub(super) async fn run(flags: &Layer, world: &World<'_>, issuers: Issuers, available: &Available) -> Result<Exit, Failure> {
    // The settings of every issuer are sound before the first is tested.
    let looked_at = issuers.names.iter().map(|name| look(name, flags, world, &issuers, available));
    let all = looked_at.collect::<Result<Vec<Next>, Failure>>()?;
    shares_no_baseline(&all)?;
    if all.iter().all(|next| next.nothing.is_some()) {
        let reasons: Vec<String> = all.iter().filter_map(|next| Some(format!("{}: {}", next.name, next.nothing.as_ref()?))).collect();
        return Err(Failure::NothingToRun(reasons.join("; ")));
    }
    crate::report::file::probe(&issuers.dir)?;
    let interruption = Interruption::watch();
    let (started, clock) = (Timestamp::now(), Instant::now());
    let (mut tested, mut for_github) = (Vec::new(), false);
    let number = all.len();
    for (index, next) in all.into_iter().enumerate() {
        let (name, issuer) = (next.name.to_owned(), matches!(next.settled.about, About::Settings).then(|| next.settled.asked.issuer.clone()));
        let which = format!("{name} ({} of {number}): {}", index + 1, about(&next.settled));
        let came = match next.nothing {
            _ if interruption.exit().is_some() => Came::NotBegun,
            Some(why) => Came::Nothing(why),
            None => {
                let world = world.at(next.name);
                let (came, is_read) = test(next.settled, &name, &which, flags, &world, available, &interruption).await;
                for_github |= is_read;
                came
            }
        };
        tested.push(Tested { name, issuer, came });
    }
    let duration_ms = clock.elapsed().as_millis().try_into().unwrap_or(u64::MAX);
    let whole = Whole { started, duration_ms, interrupted: interruption.exit(), not_selected: &issuers.others, tool: runner::tool() };
    let (report, exit) = of_all::report(&tested, &whole);
    let page = of_all::write(&report, &issuers.dir);
    if for_github {
        let runs: Vec<(&str, &RunReport)> = tested.iter().filter_map(|one| Some((one.name.as_str(), &one.ran()?.report))).collect();
        launch::write_all_for_github(&report, &runs);
    }
    let choices = console::Choices::of_process().as_loud_as(issuers.loudness);
    choices.apply();
    // A reader that closed the pipe does not want to read it, and has the exit code.
    let _ = console::issuers::write(&mut io::stdout(), choices, &report, page.as_deref().ok());
    match page {
        // What is proven is worth more than a report that could not be written.
        Err(error) if !matches!(exit, Exit::Bug | Exit::NotConformant) && interruption.exit().is_none() => Err(error.into()),
        Err(error) => {
            console::error(&error.to_string(), None);
            Ok(exit)
        }
        Ok(_) => Ok(exit),
    }
}

/// Settles an issuer, and finds out whether there is something to run for it.
fn look<'a>(name: &'a str, flags: &Layer, world: &World<'_>, issuers: &Issuers, available: &Available) -> Result<Next<'a>, Failure> {
    let settled = settle(flags, &world.at(name)).map_err(|failure| failure.of_issuer(name))?;
    if let (Some(LastFailed::InFile(path)), 2..) = (&settled.asked.last_failed, issuers.names.len()) {
        return Err(Failure::Config(ConfigError::Setting {
            says: format!(
                "{} {}: a results.json is that of one issuer, and this run has {}",
                setting::LAST_FAILED.flag,
                path.display(),
                issuers.names.len()
            ),
            hint: format!(
                "leave the file out: the last results of each issuer are in the folder of its name; or select one issuer with {}",
                setting::ISSUER_NAME.flag
            ),
        }));
    }
    Earlier::of(&settled.asked).map_err(|error| Failure::from(error).of_issuer(name))?;
    let nothing = match launch::plan(&settled.asked, &available.features) {
        Ok(_) => None,
        // That the selection speaks of other issuers is no mistake.
        Err(error @ (LaunchError::Nothing(_) | LaunchError::LastFailed(LastFailedError::None { .. } | LastFailedError::Elsewhere { .. }))) => {
            Some(error.to_string())
        }
        Err(error) => return Err(Failure::from(error).of_issuer(name)),
    };
    Ok(Next { name, settled, nothing })
}

/// Makes sure that no two issuers are held against the same results, which are those of one.
fn shares_no_baseline(all: &[Next]) -> Result<(), Failure> {
    let mut seen: HashMap<&Path, &str> = HashMap::new();
    for next in all {
        let Some(file) = &next.settled.asked.report.baseline else { continue };
        if let Some(other) = seen.insert(&file.path, next.name) {
            let (origin, path) = (&file.origin, file.path.display());
            return Err(Failure::Config(ConfigError::Setting {
                says: format!("{origin}: {path} is the baseline of {other} and of {}: a results.json is that of one issuer", next.name),
                hint: format!(
                    "give each [[issuer]] table one of its own, as in baseline = \"last/{}/results.json\" below [issuer.report]",
                    next.name
                ),
            }));
        }
    }
    Ok(())
}

/// Which issuer it is, in words.
fn about(settled: &Settled) -> String {
    match &settled.about {
        About::Settings => settled.asked.issuer.clone(),
        About::DatasetSite(url, _) => format!("the issuer that {url} names"),
        About::Demo(demo, flaw) => {
            let flaw = flaw.as_ref().map(|flaw| format!(", flaw {}", flaw.name)).unwrap_or_default();
            format!("the embedded issuer, persona {}{flaw}", demo.persona.name())
        }
    }
}

/// Tests one issuer. Whatever goes wrong with it is said, and is no reason not to test the next. True if GitHub Actions reads of it.
async fn test(
    settled: Settled,
    name: &str,
    which: &str,
    flags: &Layer,
    world: &World<'_>,
    available: &Available,
    interruption: &Interruption,
) -> (Came, bool) {
    let mut terminal = terminal(settled.asked.loudness).of_issuer(name, which);
    let prepared = tokio::select! {
        prepared = start(settled, flags, world) => prepared,
        () = interruption.happened() => return (Came::NotBegun, false),
    };
    let Prepared { config, callback, demo, flaw, .. } = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return (failed(name, &failure), false),
    };
    let ended = async {
        let (callback, shown) = (callback.transpose()?, shown(flaw)?);
        let ready = Ready::of(config, available)?;
        let live = ready.show().await?;
        let remark = |report: &RunReport| unnoticed(shown.as_ref(), report, &available.features);
        let run = async {
            let reached = tokio::select! {
                reached = ready.reach_and_tell(live.as_ref()) => reached?,
                () = interruption.happened() => return Ok(None),
            };
            Ok(Some(reached.run(callback, &mut terminal, &remark, interruption, live.as_ref()).await?))
        };
        let ended: Result<Option<Ended>, LaunchError> = run.await;
        launch::leave(live, ended.as_ref().err()).await;
        Ok(ended?)
    };
    let ended: Result<Option<Ended>, Failure> = Box::pin(ended).await;
    end_demo(demo).await;
    match ended {
        Ok(Some(ended)) => {
            let for_github = ended.for_github;
            (Came::Run(Box::new(ran(name, ended))), for_github)
        }
        Ok(None) => (Came::NotBegun, false),
        Err(failure) => (failed(name, &failure), false),
    }
}

/// A run that has ended, with its exit code.
fn ran(name: &str, ended: Ended) -> Ran {
    let unexpectedly = ended.exit.unexpectedly(&ended.report, ended.fail_on);
    let (written, exit) = match ended.written {
        Ok(written) => (Some(written), ended.exit),
        Err(error) => {
            console::error(&format!("{name}: {error}"), None);
            (None, if matches!(ended.exit, Exit::Bug | Exit::NotConformant) { ended.exit } else { Exit::CouldNotTest })
        }
    };
    Ran { report: ended.report, written, exit, unexpectedly }
}

fn failed(name: &str, failure: &Failure) -> Came {
    let hint = match failure {
        // `--issuer` is not for one of several.
        Failure::NoIssuer(_) => Some("write the issuer into its [[issuer]] table as url, or correct [dataset-site] url"),
        other => other.hint(),
    };
    console::error(&format!("{name}: {failure}"), hint);
    Came::Error { why: failure.to_string(), exit: failure.exit() }
}
