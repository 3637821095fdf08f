//! The part of a plan that one of several machines runs (`--shard`).

use crate::config::Shard;
use crate::feature::plan::Plan;
use crate::result::model;

/// Takes the tests of all other parts out of a plan; says then which part of which plan is left.
pub(super) fn narrow(plan: &mut Plan, shard: Shard) -> model::Shard {
    let (tests, digest) = (plan.tests.len(), model::Shard::digest(plan.tests.iter().map(|planned| planned.id.as_str())));
    let mut place = 0..;
    plan.tests.retain(|_| place.next().is_some_and(|place| shard.has(place)));
    model::Shard { part: shard.part(), of: shard.of(), tests, plan: digest }
}
