//! `doctor`: before a run.

use tokio::sync::mpsc;

use super::available::{available, names};
use super::{Failure, Prepared, prepare, pretty, say, warn_of_variables};
use crate::cli::DoctorArgs;
use crate::config::setting;
use crate::config::{self, Loudness, Origin, World};
use crate::doctor::console as screen;
use crate::doctor::{Check, Doctor, DoctorInput};
use crate::exit::Exit;
use crate::feature;
use crate::feature::plan::Plan;
use crate::launch::{self, LaunchError};
use crate::report::console;

/// Looks at everything a run depends on, tells each check when it is over, and how far a run would get.
pub(super) async fn examine(args: DoctorArgs) -> Result<Exit, Failure> {
    warn_of_variables();
    let flags = &args.run.flags;
    let available = available(flags)?;
    let (profiles, own) = (feature::profiles(&available.features), names(&available));
    let world = World::of_process(&profiles, &own);
    let prepared = prepare(flags, &world).await?;
    let mut sources = config::sources(flags, &world, prepared.settings.clone())?;
    if sources.given.iter().all(|(given, _)| given.flag != setting::ISSUER.flag) {
        sources.given.push((&setting::ISSUER, Origin::DatasetSite));
    }
    let Prepared { config, callback, demo, .. } = prepared;
    let plan = Plan::new(&config, &available.features).map_err(LaunchError::from)?;
    if plan.tests.is_empty() {
        return Err(LaunchError::Nothing(format!("--test {}", config.tests.join(" --test "))).into());
    }
    let screen = screen::Screen::of_process();
    let loudness = config.loudness;
    let silent = args.json || loudness == Loudness::Quiet;
    let mut unwritable = None;
    let mut tell = |check: &Check| {
        if !silent && let Err(failure) = say(&screen.check(check)) {
            unwritable.get_or_insert(failure);
        }
    };
    let mut doctor = Doctor::new(DoctorInput { config, sources, plan, callback }, &mut tell)?;
    if loudness == Loudness::Verbose {
        let (events, mut told) = mpsc::unbounded_channel();
        doctor.report_exchanges(events);
        tokio::spawn(async move {
            while let Some(event) = told.recv().await {
                if let Some(line) = console::seen(&event) {
                    console::remark(&line);
                }
            }
        });
    }
    let interrupted = tokio::select! {
        () = doctor.examine() => None,
        exit = launch::signal() => Some(exit),
    };
    // Whatever happened: what was made at the issuer goes, and the browser ends.
    let diagnosis = Box::pin(doctor.finish()).await;
    if let Some((issuer, _certificate)) = demo {
        issuer.stop().await;
    }
    if let Some(exit) = interrupted {
        return Ok(exit);
    }
    if let Some(failure) = unwritable {
        return Err(failure);
    }
    let exit = diagnosis.outlook.exit();
    say(&if args.json { pretty(&diagnosis)? } else { screen.outlook(&diagnosis.outlook) })?;
    Ok(exit)
}
