//! How a page is read, whichever agent was shown it: what it is, what to do on it, and how that is described.

pub mod classify;
pub mod narrate;
pub mod scrub;
mod vocabulary;
