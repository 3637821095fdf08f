//! What nearly every file of rules is written with: `use crate::rule::prelude::*;`.

pub use std::collections::BTreeSet;
pub use std::sync::Arc;

pub use serde_json::{Map, Value};
pub use url::Url;

pub use crate::observed::authorization_request::AuthorizationRequest;
pub use crate::observed::received::Received;
pub use crate::rule::answer::*;
pub use crate::rule::expect::*;
pub use crate::rule::jose::{Jwt, Token};
pub use crate::rule::judgement::*;
pub use crate::rule::own::{View, ViewKind, part};
pub use crate::rule::protected::*;
pub use crate::rule::{Artefact, Check, SeenIn};
pub use crate::text::words::Words;

pub(crate) use crate::rule::artefact;
pub(crate) use crate::text::words::said;
