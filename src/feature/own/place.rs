//! Where in a document a mistake is: found only once there is one.

use std::collections::BTreeSet;
use std::path::Path;

use jsonc_parser::ast::{Object, ObjectProp, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

use crate::config::ConfigError;
use crate::config::error::Place;
use crate::rule::own::pointer::unescaped;
use crate::text::json;

/// Where in a document something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// At the value that a JSON pointer leads to.
    Value(String),
    /// At the name of a member of the object that a JSON pointer leads to.
    Key(String, String),
    /// At a byte of the text.
    Byte(usize),
}

/// A mistake in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub at: At,
    /// What is wrong: a sentence without a full stop.
    pub says: String,
    /// What to do about it, if there is more to say than that.
    pub hint: Option<String>,
}

impl Mistake {
    /// A mistake at a place.
    pub fn new(at: At, says: impl Into<String>) -> Self {
        Self { at, says: says.into(), hint: None }
    }
}

/// A document: its text, and the file it is named by.
pub struct Source<'a> {
    /// The file.
    pub path: &'a Path,
    /// Its text, without a byte order mark.
    pub text: &'a str,
    /// What can be done about a mistake of which nothing else is said.
    pub hint: &'a str,
}

impl Source<'_> {
    /// The document.
    ///
    /// # Errors
    /// Where it is no JSON, or names a member of an object twice.
    pub fn parse(&self) -> Result<Value, Vec<Mistake>> {
        let value = serde_json::from_str(self.text).map_err(|error| {
            let line = self.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
            let byte = (line + error.column().saturating_sub(1)).min(self.text.len());
            let byte = (0..=byte).rev().find(|byte| self.text.is_char_boundary(*byte)).unwrap_or_default();
            vec![Mistake::new(At::Byte(byte), format!("this is not JSON: {}", json::message(&error)))]
        })?;
        let mut twice = Vec::new();
        if let Some(node) = self.node() {
            repeated(&node, &mut twice);
        }
        if twice.is_empty() { Ok(value) } else { Err(twice) }
    }

    /// Mistakes as they are told: with their lines, the first in the text first, each once.
    pub fn told(&self, mistakes: Vec<Mistake>) -> Vec<ConfigError> {
        let node = self.node();
        let mut told: Vec<(usize, Mistake)> = mistakes.into_iter().map(|mistake| (offset(node.as_ref(), &mistake.at), mistake)).collect();
        told.sort_by_key(|(offset, _)| *offset);
        let mut seen = BTreeSet::new();
        told.retain(|(offset, mistake)| seen.insert((*offset, mistake.says.clone())));
        let error = |(offset, mistake): (usize, Mistake)| ConfigError::File {
            place: Place::at(self.path, self.text, offset),
            problem: mistake.says,
            hint: mistake.hint.unwrap_or_else(|| self.hint.to_owned()),
        };
        told.into_iter().map(error).collect()
    }

    /// The text as a tree with places; `None` if it is no JSON.
    fn node(&self) -> Option<Node<'_>> {
        let options = ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        parse_to_ast(self.text, &CollectOptions::default(), &options).ok()?.value
    }
}

/// The byte at which something is; the beginning of what is nearest to it where it is not there.
fn offset(node: Option<&Node<'_>>, at: &At) -> usize {
    let (pointer, key) = match at {
        At::Byte(byte) => return *byte,
        At::Value(pointer) => (pointer, None),
        At::Key(pointer, key) => (pointer, Some(key)),
    };
    let Some(mut node) = node else { return 0 };
    for token in pointer.split('/').skip(1) {
        let token = unescaped(token);
        let inner = match node {
            Node::Object(object) => last(object, &token).map(|property| &property.value),
            Node::Array(array) => token.parse::<usize>().ok().and_then(|index| array.elements.get(index)),
            _ => None,
        };
        let Some(inner) = inner else { break };
        node = inner;
    }
    let named = key.and_then(|key| last(node.as_object()?, key));
    named.map_or_else(|| node.range().start, |property| property.range.start)
}

/// The member of an object that counts.
fn last<'a, 'b>(object: &'b Object<'a>, name: &str) -> Option<&'b ObjectProp<'a>> {
    object.properties.iter().rev().find(|property| property.name.as_str() == name)
}

/// The members that stand in an object twice, at the second place.
fn repeated(node: &Node<'_>, found: &mut Vec<Mistake>) {
    match node {
        Node::Object(object) => {
            let mut seen = BTreeSet::new();
            for property in &object.properties {
                let name = property.name.as_str();
                if !seen.insert(name) {
                    found.push(Mistake::new(At::Byte(property.range.start), format!("{name:?} stands here a second time")));
                }
                repeated(&property.value, found);
            }
        }
        Node::Array(array) => array.elements.iter().for_each(|element| repeated(element, found)),
        _ => {}
    }
}
