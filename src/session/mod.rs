//! What a test holds: the recorder (the one door to the network), the journal, the user agent and the callback listener.

pub mod agent;
pub mod browser;
pub mod callback;
pub mod http_agent;
pub mod received;
pub mod user_agent;
