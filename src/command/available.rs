//! What there is to be tested: what is part of the program, and what the user adds (`--tests-from`).

use super::Failure;
use crate::config::{Layer, OwnNames, World};
use crate::feature::own::{Own, OwnError};
use crate::feature::{self, Available};
use crate::report::console;
use crate::text::count;

/// Reads the tests and rules of the user's own, if a folder of them is named by flag, variable or file, and puts them beside those of the program.
pub(super) fn available(flags: &Layer) -> Result<Available, Failure> {
    let features = feature::features()?;
    let profiles = feature::profiles(&features);
    let folder = World::of_process(&profiles, &OwnNames::default()).tests_from(flags)?;
    let own = folder.map(|(folder, origin)| Own::read(&folder, &origin, &features)).transpose()?;
    Ok(Available::new(features, own))
}

/// What settings can name of the user's own tests and rules.
pub(super) fn names(available: &Available) -> OwnNames {
    available.own.as_ref().map(Own::names).unwrap_or_default()
}

/// Says everything that is wrong with the documents.
pub(super) fn say(error: &OwnError) {
    for mistake in &error.mistakes {
        console::error(&mistake.to_string(), Some(mistake.hint()));
    }
    if error.more > 0 {
        console::error(&format!("there are {} beside these", count(error.more, "more mistake")), None);
    }
}
