//! What nearly every move is written with: `use crate::protocol::prelude::*;`.

pub use std::sync::Arc;

pub use serde_json::{Map, Value, json};
pub use url::Url;

pub use crate::config::AuthMethod;
pub use crate::observed::authorization_request::AuthorizationRequest;
pub use crate::observed::received::Received;
pub use crate::redact::SecretKind;
pub use crate::rule::answer::{Answer, Control};
pub use crate::rule::token_response::Grant;
pub use crate::session::recorder::Request;
pub use crate::session::token_exchange::TokenExchange;
pub use crate::session::{Client, Code, Session, Stop, missing};

pub(crate) use crate::session::OrLeftOut as _;
pub(crate) use crate::text::words::said;
