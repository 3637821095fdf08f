//! What a run is: plain data that the runner makes and every report is rendered from, and what happens on the way.

pub mod baseline;
pub mod bound;
pub mod certification;
pub mod event;
pub mod history;
pub mod issuers;
pub mod kept;
pub mod known;
pub mod model;
pub mod own;
pub mod progress;
