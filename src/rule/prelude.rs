//! What nearly every file of rules is written with: `use crate::rule::prelude::*;`.

pub use serde_json::{Map, Value};
pub use url::Url;

pub use crate::observed::received::Received;
pub use crate::rule::answer::{Answer, Control};
pub use crate::rule::expect::*;
pub use crate::rule::judgement::*;
pub use crate::rule::own::{View, ViewKind, part};
pub use crate::rule::protected::{is_busy, not_busy};
pub use crate::rule::{Artefact, Check, SeenIn};
pub use crate::text::words::Words;

pub(crate) use crate::rule::artefact;
pub(crate) use crate::text::words::said;
