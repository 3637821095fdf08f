//! Rules about when the issuer asks the end-user for consent.

use super::{Artefact, Check};

/// What the browser was shown between the login and the callback, and what was due.
#[derive(Debug, Clone)]
pub struct Consent {
    /// How many consent pages were shown.
    pub shown: usize,
    /// True if the client was registered in this very test and has never been authorized before.
    pub new_client: bool,
    /// True if the request said `prompt=consent`.
    pub prompt_consent: bool,
    /// True if the same user has just authorized the same client for the same scope, without `offline_access` and without `prompt=consent`.
    pub already_given: bool,
}

impl Artefact for Consent {
    const RULES: &'static [Check<Self>] = RULES;
    fn exchange(&self) -> Option<usize> {
        None
    }
}

static RULES: &[Check<Consent>] = &[];
