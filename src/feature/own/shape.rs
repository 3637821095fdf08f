//! What of a document is not as its schema says, in words that name what was expected.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, JsonTypeSet, ValidationError, Validator};
use serde_json::Value;

use super::place::{At, Mistake};
use crate::rule::expect::{kind, show};
use crate::text::nearest::nearest;
use crate::text::{count, quoted};

/// The most names that are listed where one of them comes near to what was written.
const MOST_BESIDE: usize = 12;

/// The most names that are listed where none was written.
const MOST_NAMES: usize = 20;

/// The patterns of the schemas, in words.
const PATTERNS: [(&str, &str); 6] = [
    (r"^[a-z0-9][a-z0-9-]*$", "a name in lower-case letters, digits and hyphens"),
    (r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*$", "an id such as \"acme/tenant\", in lower-case letters, digits and hyphens"),
    (r"^\S.*$", "text on one line that does not begin with a space"),
    (r"^\S+$", "one word"),
    (r"^https?://\S+$", "an address that begins with https:// or http://"),
    (r"^https://\S+$", "an address that begins with https://"),
];

/// A schema that documents are held against.
pub struct Shape {
    schema: Value,
    validator: Validator,
}

impl Shape {
    /// Of a schema of this program, which is sound: `None` would be a bug of it.
    pub fn new(schema: Value) -> Option<Self> {
        let validator = jsonschema::draft202012::new(&schema).ok()?;
        Some(Self { schema, validator })
    }

    /// Everything in which a document differs from the schema.
    pub fn mistakes(&self, document: &Value) -> Vec<Mistake> {
        self.validator.iter_errors(document).flat_map(|error| self.mistake(document, &error)).collect()
    }

    fn mistake(&self, document: &Value, error: &ValidationError<'_>) -> Vec<Mistake> {
        let pointer = error.instance_path().to_string();
        let value = error.instance();
        let one = |says: String| vec![Mistake::new(At::Value(pointer.clone()), says)];
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = self.members_beside(error);
                let unknown = |name: &String| {
                    let (says, hint) = unknown(name, &known);
                    Mistake { hint, ..Mistake::new(At::Key(pointer.clone(), name.clone()), says) }
                };
                unexpected.iter().map(unknown).collect()
            }
            ValidationErrorKind::Required { property } => one(format!("{} is missing", show(property))),
            ValidationErrorKind::Type { kind: wanted } => one(format!("expected {}, not {}", types(wanted), kind(value))),
            ValidationErrorKind::Enum { options } => {
                let names: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let Some(written) = value.as_str() else { return one(format!("expected one of {}, not {}", quoted(&names), kind(value))) };
                let (says, hint) = unknown(written, &names);
                vec![Mistake { hint, ..Mistake::new(At::Value(pointer), says) }]
            }
            ValidationErrorKind::Constant { expected_value } => one(format!("expected {expected_value}, not {}", show(value))),
            ValidationErrorKind::MinProperties { .. } | ValidationErrorKind::MaxProperties { .. } => {
                self.members_expected(error).map(one).unwrap_or_default()
            }
            // An object that can have no members, with some: the error names the object alone.
            ValidationErrorKind::FalseSchema => {
                let members = document.pointer(&pointer).and_then(Value::as_object).into_iter().flatten();
                let unknown = |(name, _): (&String, &Value)| {
                    Mistake::new(
                        At::Key(pointer.clone(), name.clone()),
                        format!("{} is not known here: there is nothing to be set", show(&name.as_str().into())),
                    )
                };
                members.map(unknown).collect()
            }
            ValidationErrorKind::MinItems { limit } => one(format!("expected at least {}", count(size(*limit), "element"))),
            ValidationErrorKind::MaxItems { limit } => one(format!("expected at most {}", count(size(*limit), "element"))),
            ValidationErrorKind::MinLength { .. } => one("expected text, and it is empty".to_owned()),
            ValidationErrorKind::MaxLength { limit } => one(format!("expected at most {}", count(size(*limit), "character"))),
            ValidationErrorKind::Minimum { limit } => one(format!("expected at least {limit}, not {}", show(value))),
            ValidationErrorKind::Maximum { limit } => one(format!("expected at most {limit}, not {}", show(value))),
            ValidationErrorKind::Pattern { pattern } => {
                let words = PATTERNS.iter().find(|(known, _)| known == pattern).map_or(pattern.as_str(), |(_, words)| words);
                one(format!("expected {words}, not {}", show(value)))
            }
            _ => one(error.to_string()),
        }
    }

    /// The part of the schema whose keyword an error is about.
    fn part(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let path = error.schema_path().to_string();
        self.schema.pointer(path.rsplit_once('/')?.0)
    }

    /// The members that can stand where one stands that cannot.
    fn members_beside(&self, error: &ValidationError<'_>) -> Vec<&str> {
        let properties = self.part(error).and_then(|part| part.get("properties")?.as_object());
        properties.into_iter().flatten().map(|(name, _)| name.as_str()).filter(|name| !name.starts_with('$')).collect()
    }

    /// What an object with too few or too many members should have; `None` if it lacks one that it must have, which is said by itself.
    fn members_expected(&self, error: &ValidationError<'_>) -> Option<String> {
        let part = self.part(error);
        let of = |name: &str| part.and_then(|part| part.get(name));
        let required: Vec<&str> = of("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let there: Vec<&str> = error.instance().as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        if required.iter().any(|name| !there.contains(name)) {
            return None;
        }
        let is_other = |name: &&str| !required.contains(name);
        let others: Vec<&str> = self.members_beside(error).into_iter().filter(is_other).collect();
        let there: Vec<&str> = there.into_iter().filter(is_other).collect();
        let title = of("title").and_then(Value::as_str).unwrap_or("this");
        let exactly = if of("maxProperties").is_some() { "exactly one" } else { "at least one" };
        let beside = if required.is_empty() { String::new() } else { format!(" beside {}", quoted(&required)) };
        let names = if others.len() > MOST_NAMES { String::new() } else { format!(", one of {}", quoted(&others)) };
        let there = if there.is_empty() { "none".to_owned() } else { quoted(&there) };
        Some(format!("expected {title} to have {exactly} member{beside}{names}; it has {there}"))
    }
}

fn size(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// What is said of a name that is not known where it stands, and what was probably meant.
fn unknown(written: &str, known: &[&str]) -> (String, Option<String>) {
    let near = nearest(written, known.iter().copied());
    let written = show(&written.into());
    // A long list hides what was meant.
    let says = match near {
        Some(_) if known.len() > MOST_BESIDE => format!("{written} is not known here"),
        _ if known.is_empty() => format!("{written} is not known here, expected nothing"),
        _ => format!("{written} is not known here, expected one of {}", quoted(known)),
    };
    (says, near.map(|near| format!("did you mean {near:?}?")))
}

fn types(kind: &TypeKind) -> String {
    let all = match kind {
        TypeKind::Single(of) => JsonTypeSet::empty().insert(*of),
        TypeKind::Multiple(of) => *of,
    };
    let words: Vec<&str> = all
        .iter()
        .map(|of| match of {
            JsonType::Array => "an array",
            JsonType::Boolean => "a boolean",
            JsonType::Integer => "a whole number",
            JsonType::Null => "null",
            JsonType::Number => "a number",
            JsonType::Object => "an object",
            JsonType::String => "a string",
        })
        .collect();
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}
