//! `doctor`: before a run.

use serde::Serialize;
use tokio::sync::mpsc;

use super::available::{available, names};
use super::prepare::{Prepared, end_demo, prepare};
use super::{Failure, document, pretty, say, warn_of_variables};
use crate::cli::DoctorArgs;
use crate::config::setting;
use crate::config::{self, Issuers, Loudness, Origin, World};
use crate::doctor::console as screen;
use crate::doctor::{Check, Diagnosis, Doctor, DoctorInput};
use crate::exit::Exit;
use crate::feature::plan::Plan;
use crate::feature::{self, Feature};
use crate::launch::{Interruption, LaunchError};
use crate::report::console;

/// What came of looking.
enum Looked {
    /// How far a run would get.
    Diagnosis(Box<Diagnosis>),
    /// It was interrupted.
    Interrupted(Exit),
}

/// Looks at everything a run depends on, tells each check when it is over, and how far a run would get.
pub(super) async fn examine(args: DoctorArgs) -> Result<Exit, Failure> {
    warn_of_variables();
    let available = available(&args.run.flags)?;
    let (profiles, own) = (feature::profiles(&available.features), names(&available));
    let world = World::of_process(&profiles, &own);
    let features = &available.features;
    if let Some(issuers) = world.issuers(&args.run.flags)? {
        return Box::pin(examine_all(&args, &world, &issuers, features)).await;
    }
    match Box::pin(look(&args, &world, features)).await? {
        Looked::Interrupted(exit) => Ok(exit),
        Looked::Diagnosis(diagnosis) => {
            if args.json {
                document(&pretty(&diagnosis)?)?;
            }
            Ok(diagnosis.outlook.exit())
        }
    }
}

/// What came of one of several issuers.
#[derive(Serialize)]
struct OfIssuer<'a> {
    name: &'a str,
    /// Why nothing could be looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(flatten)]
    diagnosis: Option<Box<Diagnosis>>,
}

/// The same for each of several issuers; what is wrong with one is no reason not to look at the next.
async fn examine_all(args: &DoctorArgs, world: &World<'_>, issuers: &Issuers, features: &[Feature]) -> Result<Exit, Failure> {
    let mut all = Vec::new();
    let mut exits = Vec::new();
    for (index, name) in issuers.names.iter().enumerate() {
        if !args.json && issuers.loudness != Loudness::Quiet {
            say(&format!("{}{name} ({} of {}):\n\n", if index == 0 { "" } else { "\n" }, index + 1, issuers.names.len()))?;
        }
        match Box::pin(look(args, &world.at(name), features)).await {
            Ok(Looked::Interrupted(exit)) => return Ok(exit),
            Ok(Looked::Diagnosis(diagnosis)) => {
                exits.push(Some(diagnosis.outlook.exit()));
                all.push(OfIssuer { name, error: None, diagnosis: Some(diagnosis) });
            }
            Err(failure @ Failure::Output(_)) => return Err(failure),
            Err(failure) => {
                console::error(&format!("{name}: {failure}"), failure.hint());
                exits.push(Some(failure.exit()));
                all.push(OfIssuer { name, error: Some(failure.to_string()), diagnosis: None });
            }
        }
    }
    if args.json {
        document(&pretty(&serde_json::json!({ "issuers": all }))?)?;
    }
    Ok(Exit::of_all(exits))
}

/// Looks at what the run of one issuer depends on.
async fn look(args: &DoctorArgs, world: &World<'_>, features: &[Feature]) -> Result<Looked, Failure> {
    let flags = &args.run.flags;
    let prepared = prepare(flags, world).await?;
    let mut sources = config::sources(flags, world, prepared.settings.clone())?;
    if sources.given.iter().all(|(given, _)| given.flag != setting::ISSUER.flag) {
        sources.given.push((&setting::ISSUER, Origin::DatasetSite));
    }
    let Prepared { config, callback, demo, .. } = prepared;
    let plan = Plan::new(&config, features).map_err(LaunchError::from)?;
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
    let interruption = Interruption::watch();
    tokio::select! {
        () = doctor.examine() => {}
        () = interruption.happened() => {}
    }
    // Whatever happened: what was made at the issuer goes, and the browser ends.
    let diagnosis = Box::pin(doctor.finish()).await;
    end_demo(demo).await;
    if let Some(exit) = interruption.exit() {
        return Ok(Looked::Interrupted(exit));
    }
    if let Some(failure) = unwritable {
        return Err(failure);
    }
    if !args.json {
        say(&screen.outlook(&diagnosis.outlook))?;
    }
    Ok(Looked::Diagnosis(Box::new(diagnosis)))
}
