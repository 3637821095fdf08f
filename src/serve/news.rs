//! What the page is kept up to date with.

use crate::result::event::Event;
use crate::result::model::RunReport;

/// Something that the page has to show.
#[derive(Debug)]
pub enum News {
    /// No test can begin before this is over.
    Waiting(String),
    /// Something happened in the run.
    Event(Box<Event>),
    /// The run has ended.
    Ended {
        /// With this report.
        report: Box<RunReport>,
        /// Where the report can be read, if it could be written.
        place: Option<String>,
    },
    /// The run could not begin, for this reason.
    NotBegun(String),
}
