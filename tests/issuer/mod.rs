//! The embedded issuer, used over real HTTP the way a relying party and a browser use it.

mod assertion;
mod authorization;
mod behaviours;
mod claims;
mod every_flaw;
mod form_post;
mod hints;
mod oidc_behaviours;
mod oidc_sites;
mod patches;
mod personas;
mod registration;
mod relying_party;
mod resources;
mod serving;
mod tokens;
