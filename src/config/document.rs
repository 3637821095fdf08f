//! A TOML document with its places, so that every mistake in it is told with line and column.

use std::borrow::Cow;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::error::{ConfigError, Place};

/// How many lists and tables may stand in each other.
const MOST_OPEN: usize = 80;

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
        if let Some(offset) = too_deep(self.text) {
            let problem = format!("this is not TOML: more than {MOST_OPEN} brackets are open");
            return Err(self.error(offset, problem, "close each of [ and { where its list or table ends; https://toml.io describes the format"));
        }
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

/// Where brackets stand deeper in each other than the parser allows. It counts them itself, but not in what comes behind a mistake, and then has no end of stack.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::LeftCurlyBracket => open.push(TokenKind::RightCurlyBracket),
            TokenKind::LeftSquareBracket => open.push(TokenKind::RightSquareBracket),
            kind if open.last() == Some(&kind) => drop(open.pop()),
            _ => {}
        }
        if open.len() > MOST_OPEN {
            return Some(token.span().start());
        }
    }
    None
}

/// The entries in the order of the file, so that the first mistake is told first.
pub(super) fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(&'a Key<'i>, &'a Item<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(), String> {
        Document { path: Path::new("a.toml"), text }.parse().map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn brackets_that_stand_too_deep_are_refused_before_they_use_up_the_stack() {
        let deep = |n: usize| format!("x = {}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(parsed(&deep(80)), Ok(()));
        assert_eq!(parsed(&deep(81)), Err("a.toml:1:85: this is not TOML: more than 80 brackets are open".to_owned()));
        // What the parser does not count: a table behind a mistake.
        let broken = "[[x]]\nx = { a == \"b\"\n".repeat(2_000);
        assert_eq!(parsed(&broken), Err("a.toml:159:2: this is not TOML: more than 80 brackets are open".to_owned()));
        // Brackets in texts and remarks are none, and many beside each other are not deep.
        let beside = "[[x]]\na = \"[[[{{{\" # [[[{{{\nb = { c = ['[{'] }\n".repeat(1_000);
        assert_eq!(parsed(&beside), Ok(()));
    }
}
