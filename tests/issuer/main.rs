//! The embedded issuer, used over real HTTP the way a relying party and a browser use it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says what is wrong by panicking")]

mod authorization;
mod behaviours;
mod every_flaw;
mod patches;
mod registration;
mod relying_party;
mod resources;
mod serving;
mod tokens;
