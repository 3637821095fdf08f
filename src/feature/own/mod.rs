//! Tests and rules of a user's own (`--tests-from`): documents that are read when the program starts, where those in `features/` are part of it.
//!
//! ```text
//! folder ──▶ place, schema ──▶ shape ──▶ feature, rule ──▶ proof, examples ──▶ Own
//! ```
//!
//! Each document is held against the schema of its kind first, and what follows is asked of those that are as it says: so an editor that knows the schema
//! shows the same mistakes, and every mistake is told with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

mod folder;
mod place;
pub mod schema;
mod shape;
#[cfg(test)]
mod tests;

use super::{Feature, proof};
use crate::config::error::Origin;
use crate::config::{ConfigError, OwnNames};
use crate::rule::own::document::RulesDocument;
use crate::rule::own::pointer::escaped;
use crate::rule::own::{OwnRule, OwnRules};
use crate::text::{digest, visible};
use folder::Document;
use place::{At, Mistake, Source};
use shape::Shape;

/// The most mistakes that are told at once.
const MOST_MISTAKES: usize = 20;

const FEATURE_HINT: &str = "docs/own-tests.md describes the documents; oa-authtest schema feature prints their schema";
const RULES_HINT: &str = "docs/own-tests.md describes the documents; oa-authtest schema rules prints their schema";

/// What is wrong with the documents of a folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct OwnError {
    /// The mistakes, in the order of the documents.
    pub mistakes: Vec<ConfigError>,
    /// How many more there are.
    pub more: usize,
}

impl OwnError {
    fn of(mut mistakes: Vec<ConfigError>) -> Self {
        let more = mistakes.len().saturating_sub(MOST_MISTAKES);
        mistakes.truncate(MOST_MISTAKES);
        Self { mistakes, more }
    }
}

/// The tests and rules of a user's own.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// The tests, by their features.
    pub features: Vec<Feature>,
    /// The rules.
    pub rules: Arc<OwnRules>,
    /// The file that each rule is from, by its id.
    pub rule_files: BTreeMap<String, PathBuf>,
    /// A digest over the documents: the same digest, the same tests and rules.
    pub version: String,
}

impl Own {
    /// Reads the documents of a folder. `origin` is where the folder was named, `features` are those of the program.
    ///
    /// # Errors
    /// Every mistake in the documents, each with its place.
    pub fn read(folder: &Path, origin: &Origin, features: &[Feature]) -> Result<Self, OwnError> {
        let documents = folder::documents(folder)
            .map_err(|unreadable| OwnError::of(unreadable.into_iter().map(|why| ConfigError::value(origin, why.says, why.hint)).collect()))?;
        let mut reader = Reader::new(features);
        for document in &documents {
            reader.read(document);
        }
        if !reader.mistakes.is_empty() {
            return Err(OwnError::of(reader.mistakes));
        }
        let Reader { features, rules, rule_files, .. } = reader;
        Ok(Self { features, rules: Arc::new(OwnRules::new(rules)), rule_files, version: version(folder, &documents) })
    }

    /// What settings can name of them.
    pub fn names(&self) -> OwnNames {
        let profiles = super::profiles(&self.features).into_iter().map(str::to_owned).collect();
        OwnNames { profiles, rules: Arc::clone(&self.rules) }
    }
}

/// A digest over the paths in the folder and the texts of the documents.
fn version(folder: &Path, documents: &[Document]) -> String {
    let mut all = Vec::new();
    for Document { path, text } in documents {
        let path = path.strip_prefix(folder).unwrap_or(path).to_string_lossy();
        // With their lengths, so that no two folders come to the same.
        all.extend(format!("{} {} {path} ", path.len(), text.len()).into_bytes());
        all.extend_from_slice(text.as_bytes());
    }
    digest::sha256(&all)
}

struct Reader<'a> {
    /// The features of the program.
    of_program: &'a [Feature],
    /// The shapes of feature documents and of rules documents, made when the first of each is read.
    shapes: [Option<Shape>; 2],
    features: Vec<Feature>,
    rules: Vec<OwnRule>,
    feature_files: BTreeMap<String, PathBuf>,
    rule_files: BTreeMap<String, PathBuf>,
    mistakes: Vec<ConfigError>,
}

impl<'a> Reader<'a> {
    fn new(of_program: &'a [Feature]) -> Self {
        Self {
            of_program,
            shapes: [None, None],
            features: Vec::new(),
            rules: Vec::new(),
            feature_files: BTreeMap::new(),
            rule_files: BTreeMap::new(),
            mistakes: Vec::new(),
        }
    }

    fn read(&mut self, Document { path, text }: &Document) {
        let is_rules = folder::is_rules(path);
        let source = Source { path, text, hint: if is_rules { RULES_HINT } else { FEATURE_HINT } };
        let found = if is_rules { self.rules(&source) } else { self.feature(&source) };
        if let Err(mistakes) = found {
            self.mistakes.extend(source.told(mistakes));
        }
    }

    fn feature(&mut self, source: &Source<'_>) -> Result<(), Vec<Mistake>> {
        let document = source.parse()?;
        if document.get("rules").is_some() && document.get("tests").is_none() {
            let hint = Some("give the file a name that ends with .rules.json".to_owned());
            let says = "this holds rules, and the file is named as one that holds tests";
            return Err(vec![Mistake { hint, ..Mistake::new(At::Key(String::new(), "rules".to_owned()), says) }]);
        }
        let feature: Feature = decoded(shaped(&mut self.shapes[0], schema::feature, document)?)?;
        let mut mistakes = Vec::new();
        let mut mistake = |pointer: &str, says: String, hint: &str| {
            mistakes.push(Mistake { hint: Some(hint.to_owned()), ..Mistake::new(At::Value(pointer.to_owned()), says) });
        };
        if self.of_program.iter().any(|known| known.profile == feature.profile) {
            let says = format!("{:?} is a profile of oa-authtest, whose tests are always the same", feature.profile);
            mistake("/profile", says, "choose a name of your own, as in \"profile\": \"acme\"");
        }
        if let Some(known) = self.of_program.iter().find(|known| known.id == feature.id) {
            let says = format!("{:?} is the id of a feature of oa-authtest, in profile {}", feature.id, known.profile);
            mistake("/id", says, "choose an id of your own: the ids of its tests begin with it");
        } else if let Some(file) = self.feature_files.get(&feature.id) {
            mistake("/id", format!("{:?} is the id of the feature in {}, too", feature.id, file.display()), "give each feature an id of its own");
        }
        let mut seen = BTreeSet::new();
        let all = feature.tests.iter().enumerate().flat_map(|(index, test)| test.clone().variants().into_iter().map(move |test| (index, test)));
        for (index, test) in all.filter(|(_, test)| !seen.insert(test.id.clone())) {
            let says = format!("{:?} is the id of an earlier test of this feature, too", test.id);
            mistake(&format!("/tests/{index}/id"), says, "give each test an id of its own");
        }
        for unsound in proof::unsound(&feature) {
            mistake(&unsound.pointer, unsound.says, FEATURE_HINT);
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        self.feature_files.insert(feature.id.clone(), source.path.to_owned());
        self.features.push(feature.with_variants());
        Ok(())
    }

    fn rules(&mut self, source: &Source<'_>) -> Result<(), Vec<Mistake>> {
        let document = source.parse()?;
        let document: RulesDocument = decoded(shaped(&mut self.shapes[1], schema::rules, document)?)?;
        let mut mistakes = Vec::new();
        for (index, rule) in document.rules.into_iter().enumerate() {
            let pointer = format!("/rules/{index}");
            let id = rule.id.clone();
            if let Some(file) = self.rule_files.get(&id) {
                let says = format!("{id:?} is the id of another rule, too, in {}", file.display());
                let hint = Some("give each rule an id of its own".to_owned());
                mistakes.push(Mistake { hint, ..Mistake::new(At::Value(format!("{pointer}/id")), says) });
                continue;
            }
            match OwnRule::new(rule) {
                Ok(rule) => {
                    self.rule_files.insert(id, source.path.to_owned());
                    self.rules.push(rule);
                }
                Err(wrong) => {
                    mistakes.extend(wrong.into_iter().map(|wrong| Mistake::new(At::Value(format!("{pointer}{}", wrong.pointer)), wrong.says)));
                }
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }
}

/// The members of a rule that hold what an issuer might send: anything.
const EXAMPLES: [&str; 3] = ["passes", "fails", "does-not-apply"];

/// The texts that hold what cannot be seen, and what a terminal might obey.
fn unseen(value: &Value, pointer: &str, found: &mut Vec<Mistake>) {
    match value {
        Value::String(text) => {
            let text = text.replace("\r\n", "\n");
            if visible::block(&text) != text {
                let says = format!("there is a character in it that cannot be seen: {}", visible::short(&text, 100));
                found.push(Mistake::new(At::Value(pointer.to_owned()), says));
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| unseen(item, &format!("{pointer}/{index}"), found)),
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !EXAMPLES.contains(&name.as_str())) {
                unseen(value, &format!("{pointer}/{}", escaped(name)), found);
            }
        }
        _ => {}
    }
}

/// A document that is as its schema says, without the address of that.
fn shaped(shape: &mut Option<Shape>, schema: fn() -> Value, mut document: Value) -> Result<Value, Vec<Mistake>> {
    if shape.is_none() {
        *shape = Shape::new(schema());
    }
    let mut mistakes = shape.as_ref().map(|shape| shape.mistakes(&document)).unwrap_or_default();
    unseen(&document, "", &mut mistakes);
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    if let Some(members) = document.as_object_mut() {
        members.shift_remove("$schema");
    }
    Ok(document)
}

/// What a document says. What the schema cannot express is found out here: that a whole number is too large, say.
fn decoded<T: DeserializeOwned>(document: Value) -> Result<T, Vec<Mistake>> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let pointer = pointer(error.path());
        vec![Mistake::new(At::Value(pointer), error.into_inner().to_string())]
    })
}

/// The JSON pointer of a path.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } | Segment::Enum { variant: key } => Some(format!("/{}", escaped(key))),
        Segment::Unknown => None,
    });
    segments.collect()
}
