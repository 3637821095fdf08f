//! What came over the wire, as it came: responses, pages and their documents, and what provider metadata says an issuer can do.

pub mod capability;
pub mod document;
pub mod page;
pub mod received;
