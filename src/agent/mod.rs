//! What logs in and consents: a real browser or plain HTTP behind one interface, how both read a page, and the listener behind the redirect URI.

pub mod auto;
pub mod browser;
pub mod callback;
pub mod certificate;
pub mod http;
pub mod page;
pub mod untrusted;
pub mod user_agent;
pub mod visit;
