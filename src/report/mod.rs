//! What we tell: every report is rendered from a [`model::RunReport`], and nothing here decides anything.

pub mod model;
