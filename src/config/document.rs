//! A TOML document with its places, so that every mistake in it is told with line and column.

use std::borrow::Cow;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place};

/// A key, and where it is.
pub(super) type Key<'i> = Spanned<Cow<'i, str>>;
/// A value, and where it is.
pub(super) type Item<'i> = Spanned<DeValue<'i>>;

/// A document: its text, and the file it is named by.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl<'a> Document<'a> {
    pub fn parse(&self) -> Result<DeTable<'a>, ConfigError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            // What is wrong about this key is that it is there twice.
            let hint = match self.text.get(span.clone()) {
                Some("issuer") => "name one issuer by issuer = \"URL\", or several by [[issuer]] tables that each have a name and a url: not both",
                _ => "correct it; https://toml.io describes the format",
            };
            self.error(span.start, format!("this is not TOML: {}", error.message()), hint)
        })?;
        Ok(table.into_inner())
    }

    /// The error about what begins at an offset.
    pub fn error(&self, offset: usize, problem: impl Into<String>, hint: impl Into<String>) -> ConfigError {
        ConfigError::File { place: Place::at(self.path, self.text, offset), problem: problem.into(), hint: hint.into() }
    }
}

/// The entries in the order of the file, so that the first mistake is told first.
pub(super) fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(&'a Key<'i>, &'a Item<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
