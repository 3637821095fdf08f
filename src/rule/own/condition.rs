//! Conditions: a place in the view of an artefact, and what is asked of the value there.

use regex::{Regex, RegexBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Number, Value};
use url::Url;

use super::pointer::Pointer;
use super::view::View;
use super::{MOST_SHOWN, Wrong};
use crate::redact::is_secret;
use crate::rule::expect::{kind, shorten, show};
use crate::rule::judgement::Unmet;

/// The longest regular expression, in bytes, and the most memory that one may take, in bytes.
const MOST_PATTERN: usize = 1000;
const MOST_COMPILED: usize = 1 << 20;
/// How deep conditions can stand in each other.
const MOST_NESTED: usize = 4;
/// The most elements of an array that are shown to be wrong.
const MOST_ELEMENTS: usize = 3;

/// A condition: a place in the artefact and what is asked of the value there, as in `{ "at": "/claims/tenant", "matches": "^acme-" }`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[schemars(title = "a condition")]
pub struct ConditionDocument {
    /// The place: a JSON pointer (RFC 6901) that begins with a part of the artefact. Within `every` and `some` it begins at the element, and is empty for
    /// the element itself.
    pub at: String,
    /// What is asked of the value there.
    #[serde(flatten)]
    pub operator: OperatorDocument,
}

/// What is asked of a value. A value that is null counts as absent.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "a condition")]
pub enum OperatorDocument {
    /// The value is there.
    Present(True),
    /// The value is not there.
    Absent(True),
    /// The value is this one. Numbers are compared by their value: 1 is 1.0.
    Equals(#[schemars(schema_with = "any_value")] Value),
    /// The value is another one, or absent.
    NotEquals(#[schemars(schema_with = "any_value")] Value),
    /// The value is one of these.
    OneOf(#[schemars(schema_with = "some_values")] Vec<Value>),
    /// The value is an array that has this element, or a string that has this string in it.
    Contains(#[schemars(schema_with = "any_value")] Value),
    /// The value is a string of words with spaces between them, as a scope is, and this is one of the words.
    HasWord(#[schemars(regex(pattern = r"^\S+$"))] String),
    /// The value is a string in which this regular expression (of Rust's crate regex, without look-around) finds something: `^` and `$` hold it to the
    /// beginning and the end.
    Matches(#[schemars(length(min = 1))] String),
    /// The value has this type.
    Type(JsonType),
    /// The value is a number, and at least this.
    AtLeast(Number),
    /// The value is a number, and at most this.
    AtMost(Number),
    /// The value is a string of so many characters, an array of so many elements, or an object of so many members.
    Length(Length),
    /// The value is an absolute https URL with a host and without a user name.
    HttpsUrl(True),
    /// The value is an array, and the condition holds for each of its elements; an empty array has none that it does not hold for.
    Every(Box<ConditionDocument>),
    /// The value is an array, and the condition holds for one of its elements at least.
    Some(Box<ConditionDocument>),
}

/// What can only be said: `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "bool")]
pub struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("expected true") }
    }
}

impl JsonSchema for True {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "True".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": true })
    }
}

/// A type of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JsonType {
    /// A string.
    String,
    /// A number.
    Number,
    /// A number without a fraction.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl JsonType {
    /// With its article.
    fn words(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "a boolean",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Boolean => value.is_boolean(),
            Self::Array => value.is_array(),
            Self::Object => value.is_object(),
        }
    }
}

/// How long something may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct Length {
    /// The least.
    #[schemars(range(max = 1_000_000))]
    pub at_least: Option<u32>,
    /// The most.
    #[schemars(range(max = 1_000_000))]
    pub at_most: Option<u32>,
}

fn any_value(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "number", "boolean", "array", "object"] })
}

fn some_values(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": any_value(generator) })
}

/// A condition that can be judged.
#[derive(Debug, Clone)]
pub struct Condition {
    at: Pointer,
    operator: Operator,
}

#[derive(Debug, Clone)]
enum Operator {
    Present,
    Absent,
    Equals(Value),
    NotEquals(Value),
    OneOf(Vec<Value>),
    Contains(Value),
    HasWord(String),
    Matches(Regex),
    Type(JsonType),
    AtLeast(Number),
    AtMost(Number),
    Length(Length),
    HttpsUrl,
    Every(Box<Condition>),
    Some(Box<Condition>),
}

/// What was seen where a condition holds, else what was there instead.
type Checked = Result<String, String>;

impl Condition {
    /// Makes a condition of what a document says.
    ///
    /// # Errors
    /// The first thing in it that is not what it has to be, with its place in the condition.
    pub fn new(document: ConditionDocument) -> Result<Self, Wrong> {
        Self::nested(document, MOST_NESTED)
    }

    fn nested(document: ConditionDocument, room: usize) -> Result<Self, Wrong> {
        let at = Pointer::parse(&document.at).map_err(|says| Wrong::new("/at", says))?;
        let within = |name: &'static str, inner: ConditionDocument| {
            if room == 0 {
                return Err(Wrong::new(format!("/{name}"), format!("conditions stand in each other more than {MOST_NESTED} deep")));
            }
            Self::nested(inner, room - 1).map(Box::new).map_err(|wrong| wrong.within(&format!("/{name}")))
        };
        let operator = match document.operator {
            OperatorDocument::Present(_) => Operator::Present,
            OperatorDocument::Absent(_) => Operator::Absent,
            OperatorDocument::Equals(value) => Operator::Equals(value),
            OperatorDocument::NotEquals(value) => Operator::NotEquals(value),
            OperatorDocument::OneOf(values) => Operator::OneOf(values),
            OperatorDocument::Contains(value) => Operator::Contains(value),
            OperatorDocument::HasWord(word) => Operator::HasWord(word),
            OperatorDocument::Matches(pattern) => Operator::Matches(compiled(&pattern).map_err(|says| Wrong::new("/matches", says))?),
            OperatorDocument::Type(of) => Operator::Type(of),
            OperatorDocument::AtLeast(number) => Operator::AtLeast(number),
            OperatorDocument::AtMost(number) => Operator::AtMost(number),
            OperatorDocument::Length(Length { at_least: Some(least), at_most: Some(most) }) if least > most => {
                return Err(Wrong::new("/length", format!("at-least ({least}) is more than at-most ({most})")));
            }
            OperatorDocument::Length(length) => Operator::Length(length),
            OperatorDocument::HttpsUrl(_) => Operator::HttpsUrl,
            OperatorDocument::Every(inner) => Operator::Every(within("every", *inner)?),
            OperatorDocument::Some(inner) => Operator::Some(within("some", *inner)?),
        };
        Ok(Self { at, operator })
    }

    /// The place.
    pub fn at(&self) -> &Pointer {
        &self.at
    }

    /// The place and what is asked of the value there: `/claims/tenant: a string that matches ^acme-`.
    pub fn words(&self) -> String {
        let at = self.at.to_string();
        if at.is_empty() { self.operator.words() } else { format!("{at}: {}", self.operator.words()) }
    }

    /// What was seen where it holds of an artefact, else what was there instead: neither is shortened.
    ///
    /// # Errors
    /// [`Unmet`] if the part of the artefact that it is about cannot be judged.
    pub fn check(&self, view: &View) -> Result<Checked, Unmet> {
        let (part, rest) = view.part(&self.at)?;
        Ok(self.operator.check(rest.find(part), &self.at.to_string()))
    }

    fn check_within(&self, element: &Value, path: &str) -> Checked {
        self.operator.check(self.at.find(element), &format!("{path}{}", self.at))
    }
}

fn compiled(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MOST_PATTERN {
        return Err(format!("a regular expression of more than {MOST_PATTERN} bytes"));
    }
    RegexBuilder::new(pattern).size_limit(MOST_COMPILED).dfa_size_limit(MOST_COMPILED).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("the regular expression takes more than {} MiB", MOST_COMPILED >> 20),
        // The last line says what is wrong; those before it draw where.
        error => {
            let says = error.to_string();
            let why = says.lines().last().unwrap_or_default();
            format!("{pattern:?} is not a regular expression: {}", why.strip_prefix("error: ").unwrap_or(why))
        }
    })
}

impl Operator {
    fn words(&self) -> String {
        match self {
            Self::Present => "a value".to_owned(),
            Self::Absent => "no value".to_owned(),
            Self::Equals(value) => show(value),
            Self::NotEquals(value) => format!("not {}", show(value)),
            Self::OneOf(values) => format!("one of {}", shorten(&values.iter().map(show).collect::<Vec<_>>().join(", "))),
            Self::Contains(value) => format!("an array or a string that contains {}", show(value)),
            Self::HasWord(word) => format!("a string with the word {}", shorten(word)),
            Self::Matches(pattern) => format!("a string that matches {}", shorten(pattern.as_str())),
            Self::Type(of) => of.words().to_owned(),
            Self::AtLeast(number) => format!("a number, at least {number}"),
            Self::AtMost(number) => format!("a number, at most {number}"),
            Self::Length(Length { at_least, at_most }) => {
                let [least, most] = [("at least", at_least), ("at most", at_most)].map(|(words, n)| n.map(|n| format!("{words} {n}")));
                format!("a length of {}", least.into_iter().chain(most).collect::<Vec<_>>().join(" and "))
            }
            Self::HttpsUrl => "an https URL".to_owned(),
            Self::Every(condition) => format!("an array, each element of it {}", condition.words()),
            Self::Some(condition) => format!("an array, an element of it {}", condition.words()),
        }
    }

    fn check(&self, value: Option<&Value>, path: &str) -> Checked {
        let seen = shown(path, value);
        let Some(value) = value else {
            return if matches!(self, Self::Absent | Self::NotEquals(_)) { Ok(seen) } else { Err(seen) };
        };
        let holds = match self {
            Self::Present => true,
            Self::Absent => false,
            Self::Equals(wanted) => is_same(value, wanted),
            Self::NotEquals(unwanted) => !is_same(value, unwanted),
            Self::OneOf(wanted) => wanted.iter().any(|wanted| is_same(value, wanted)),
            Self::Contains(wanted) => contains(value, wanted),
            Self::HasWord(word) => value.as_str().is_some_and(|text| text.split_ascii_whitespace().any(|found| found == word)),
            Self::Matches(pattern) => value.as_str().is_some_and(|text| pattern.is_match(text)),
            Self::Type(of) => of.fits(value),
            Self::AtLeast(least) => is_at_least(value.as_number(), Some(least)),
            Self::AtMost(most) => is_at_least(Some(most), value.as_number()),
            Self::Length(Length { at_least, at_most }) => length(value)
                .is_some_and(|length| at_least.is_none_or(|least| length >= least as usize) && at_most.is_none_or(|most| length <= most as usize)),
            Self::HttpsUrl => value.as_str().is_some_and(is_https_url),
            Self::Every(condition) => return every(condition, value, path, seen),
            Self::Some(condition) => {
                value.as_array().is_some_and(|elements| elements.iter().any(|element| condition.check_within(element, path).is_ok()))
            }
        };
        if holds { Ok(seen) } else { Err(seen) }
    }
}

/// Holds if a condition holds for each element of an array; else says for which it does not.
fn every(condition: &Condition, value: &Value, path: &str, seen: String) -> Checked {
    let Some(elements) = value.as_array() else { return Err(seen) };
    let mut wrong = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        if let Err(actual) = condition.check_within(element, &format!("{path}/{index}")) {
            wrong.push(actual);
            if wrong.len() > MOST_ELEMENTS {
                wrong.truncate(MOST_ELEMENTS);
                wrong.push("…".to_owned());
                break;
            }
        }
    }
    if wrong.is_empty() { Ok(seen) } else { Err(wrong.join(", ")) }
}

/// True if two values are the same; numbers by their value.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => is_at_least(Some(one), Some(other)) && is_at_least(Some(other), Some(one)),
        (Value::Array(one), Value::Array(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other)),
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| is_same(one, other)))
        }
        _ => one == other,
    }
}

/// True if both are there and the first is no less than the second. Whole numbers are compared as such: a fraction holds 53 bits of them.
fn is_at_least(one: Option<&Number>, other: Option<&Number>) -> bool {
    let whole = |number: &Number| number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    let Some((one, other)) = one.zip(other) else { return false };
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one >= other,
        _ => one.as_f64() >= other.as_f64(),
    }
}

fn contains(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Array(elements), _) => elements.iter().any(|element| is_same(element, wanted)),
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        _ => false,
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(elements) => Some(elements.len()),
        Value::Object(members) => Some(members.len()),
        _ => None,
    }
}

fn is_https_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none())
}

/// A place as it is shown.
fn place(path: &str) -> &str {
    if path.is_empty() { "it" } else { path }
}

/// What was seen at a place, whole: what is cut may be the beginning of a secret that is not known for one then. Of what is too long, and of a member
/// that holds a secret by its name, only its size is said.
fn shown(path: &str, value: Option<&Value>) -> String {
    let place = place(path);
    let Some(value) = value else { return format!("no {place}") };
    let name = Pointer::last(path).unwrap_or_default();
    let text = masked(&name, value).to_string();
    if text.len() <= MOST_SHOWN {
        return format!("{place} = {text}");
    }
    let of = match value {
        Value::Array(elements) => format!("{} elements", elements.len()),
        Value::Object(members) => format!("{} members", members.len()),
        _ => format!("{} characters", length(value).unwrap_or_default()),
    };
    format!("{place} = {} of {of}", kind(value))
}

/// A value without the strings of members that hold secrets by their names.
fn masked(name: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if is_secret(name) => format!("({} characters)", text.chars().count()).into(),
        Value::Array(elements) => elements.iter().map(|element| masked(name, element)).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), masked(name, value))).collect(),
        other => other.clone(),
    }
}
