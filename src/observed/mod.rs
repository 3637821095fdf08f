//! What went over the wire, as it went: authorization requests, responses, pages and their documents, and what provider metadata says an issuer can do.

pub mod authorization_request;
pub mod capability;
pub mod document;
pub mod greeting;
pub mod markup;
pub mod page;
pub mod policy;
pub mod received;
