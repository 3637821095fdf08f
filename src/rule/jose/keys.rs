//! What is known of the published keys when a token is judged.

use serde_json::Value;

use crate::rule::judgement::{Unmet, not_run};
use crate::rule::key_set::rollover::CONSISTENT;

/// The published keys that a token is held against.
#[derive(Debug, Clone)]
pub enum Keys {
    /// The members of the key set's `keys`, as published when the token came or after it.
    Known(Vec<Value>),
    /// The key set could not be had.
    Unknown,
    /// Each fetch of the key set shows other keys, and none of them is the token's: nothing can be said of the token.
    Inconsistent,
}

impl Keys {
    /// The keys.
    ///
    /// # Errors
    /// [`Unmet::NotRun`] if there are none that the token could be held against.
    pub fn published(&self) -> Result<&[Value], Unmet> {
        match self {
            Self::Known(keys) => Ok(keys),
            Self::Unknown => not_run("the key set could not be had"),
            Self::Inconsistent => not_run(CONSISTENT),
        }
    }
}

impl From<Option<Vec<Value>>> for Keys {
    fn from(keys: Option<Vec<Value>>) -> Self {
        keys.map_or(Self::Unknown, Self::Known)
    }
}
