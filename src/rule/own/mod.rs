//! Rules of a user's own: data, judged by the same session as the others, on the same artefacts.
//!
//! A rule looks at one place in the [`View`] of an artefact, and asks one thing of the value there. What a rule is made of comes from a document; where
//! that is read is no matter of this module.

use serde_json::{Map, Value};
use url::Url;

pub mod condition;
pub mod document;
pub mod part;
pub mod pointer;
#[cfg(test)]
mod tests;
pub mod view;

pub use view::{View, ViewKind};

use super::judgement::{Judgement, fail, not_applicable, pass};
use super::{Level, Rule, catalogue, spec, views};
use crate::text::nearest::nearest;
use crate::text::quoted;
use condition::{Condition, ConditionDocument};
use document::{RuleDocument, SpecDocument};

/// The most bytes of a value that is shown whole.
const MOST_SHOWN: usize = 16 * 1024;

/// What is wrong with a rule of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The place in the rule: a JSON pointer.
    pub pointer: String,
    /// What is wrong there: a sentence without a full stop.
    pub says: String,
}

impl Wrong {
    fn new(pointer: impl Into<String>, says: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), says: says.into() }
    }

    /// The same seen from further out.
    #[must_use]
    fn within(self, outer: &str) -> Self {
        Self { pointer: format!("{outer}{}", self.pointer), ..self }
    }
}

/// A rule of a user's own.
#[derive(Debug, Clone)]
pub struct OwnRule {
    id: String,
    level: Level,
    spec: String,
    /// Where to read that; empty if nowhere.
    pub url: String,
    says: String,
    why: String,
    fix: String,
    /// The kind of artefact it is about.
    pub artefact: &'static ViewKind,
    expect: Condition,
    when: Option<Condition>,
    /// True if there are examples that show that it can hold and that it can be broken.
    pub is_proven: bool,
}

impl OwnRule {
    /// Makes a rule of what a document says, and holds it against its examples.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn new(document: RuleDocument) -> Result<Self, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = taken(&document.id).into_iter().collect();
        let Some(artefact) = views().into_iter().find(|kind| kind.name == document.artefact.0) else {
            wrong.push(Wrong::new("/artefact", format!("{:?} is no kind of artefact", document.artefact.0)));
            return Err(wrong);
        };
        let url = address(document.spec.as_ref()).unwrap_or_else(|problem| {
            wrong.push(problem);
            String::new()
        });
        let expect = condition("expect", document.expect, artefact).map_err(|problem| wrong.push(problem)).ok();
        let when = document.when.map(|when| condition("when", when, artefact)).transpose().map_err(|problem| wrong.push(problem)).ok();
        let (Some(expect), Some(when)) = (expect, when) else { return Err(wrong) };
        let RuleDocument { id, level, says, why, fix, spec, .. } = document;
        let is_proven = !document.passes.is_empty() && !document.fails.is_empty();
        let spec = spec.map(|spec| spec.text).unwrap_or_default();
        let rule = Self { id, level, spec, url, says, why, fix, artefact, expect, when, is_proven };
        for (name, examples) in [("passes", &document.passes), ("fails", &document.fails), ("does-not-apply", &document.does_not_apply)] {
            let judged = examples.iter().enumerate().map(|(index, example)| (index, rule.judge_example(name, index, example)));
            wrong.extend(judged.filter_map(|(index, says)| Some(Wrong::new(format!("/{name}/{index}"), says?))));
        }
        if wrong.is_empty() { Ok(rule) } else { Err(wrong) }
    }

    /// The rule as the others are.
    pub fn rule(&self) -> Rule<'_> {
        Rule { id: &self.id, level: self.level, elsewhere: None, spec: &self.spec, says: &self.says, why: &self.why, fix: &self.fix }
    }

    /// What it looks at, and when it applies.
    pub fn words(&self) -> String {
        let when = self.when.as_ref().map(|when| format!("; applies where {}", when.words())).unwrap_or_default();
        format!("{}{when}", self.expect.words())
    }

    /// Judges an artefact by what own rules read of it. The texts are whole: they may hold secrets, which cannot be found in what is cut.
    pub fn judge(&self, view: &View) -> Judgement {
        if let Some(when) = &self.when
            && let Err(actual) = when.check(view)?
        {
            return not_applicable(format!("{actual}; it applies where {}", when.words()));
        }
        match self.expect.check(view)? {
            Ok(seen) => pass(seen),
            Err(actual) => fail(self.expect.words(), actual),
        }
    }

    /// What is wrong with an example, if something is.
    fn judge_example(&self, kind: &str, index: usize, example: &Map<String, Value>) -> Option<String> {
        let view = match View::of_example(self.artefact, example) {
            Ok(view) => view,
            Err(part) => return Some(format!("{part:?} is no part of {}, expected one of {}", self.artefact.name, quoted(self.parts()))),
        };
        let judgement = self.judge(&view);
        let (came, says) = match &judgement {
            Ok(seen) => ("passes", seen.0.as_str()),
            Err(super::Unmet::Broken { actual, .. }) => ("fails", actual.as_str()),
            Err(super::Unmet::NotApplicable { reason }) => ("does-not-apply", reason.as_str()),
            Err(super::Unmet::NotRun { because }) => ("does-not-apply", because.as_str()),
        };
        let words = came.replace('-', " ");
        (came != kind).then(|| format!("rule {}: the example {kind}[{index}] {words} ({})", self.id, super::expect::shorten(says)))
    }

    fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.artefact.parts.iter().map(|(name, _)| *name)
    }
}

/// Why an id cannot be one of a rule of a user's own: its family is one of this program's.
fn taken(id: &str) -> Option<Wrong> {
    let family = id.split('/').next().unwrap_or(id);
    let is_taken = catalogue().iter().any(|rule| rule.id.split('/').next() == Some(family));
    is_taken.then(|| {
        Wrong::new(
            "/id",
            format!("the family {family:?} is one of oa-authtest's own rules: begin the id with a name of your own, as in \"acme/tenant\""),
        )
    })
}

/// Where a specification is to be read; empty if that is not known.
fn address(document: Option<&SpecDocument>) -> Result<String, Wrong> {
    match document {
        Some(SpecDocument { url: Some(url), .. }) if Url::parse(url).is_err() => Err(Wrong::new("/spec/url", format!("{url:?} is not a URL"))),
        Some(SpecDocument { url: Some(url), .. }) => Ok(url.clone()),
        Some(SpecDocument { text, url: None }) => Ok(spec::resolve(text).map(|reference| reference.url).unwrap_or_default()),
        None => Ok(String::new()),
    }
}

/// A condition of a rule, which begins in a part of the artefact.
fn condition(name: &str, document: ConditionDocument, artefact: &ViewKind) -> Result<Condition, Wrong> {
    let condition = Condition::new(document).map_err(|wrong| wrong.within(&format!("/{name}")))?;
    let part = condition.at().split().map(|(part, _)| part);
    if part.as_ref().is_some_and(|part| artefact.has(part)) {
        return Ok(condition);
    }
    let parts = artefact.parts.iter().map(|(name, _)| *name);
    let meant = part.as_deref().and_then(|part| nearest(part, parts)).map(|near| format!("; did you mean \"/{near}\"?")).unwrap_or_default();
    let says = format!(
        "\"{}\" begins in no part of {}, expected a pointer that begins with one of {}{meant}",
        condition.at(),
        artefact.name,
        quoted(artefact.beginnings())
    );
    Err(Wrong::new(format!("/{name}/at"), says))
}

/// The rules of a user's own that a run judges by.
#[derive(Debug, Clone, Default)]
pub struct OwnRules(Vec<OwnRule>);

impl OwnRules {
    /// These, in order. Each has an id of its own.
    pub fn new(rules: Vec<OwnRule>) -> Self {
        Self(rules)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &OwnRule> {
        self.0.iter()
    }

    /// Those about a kind of artefact.
    pub fn about(&self, kind: &ViewKind) -> impl Iterator<Item = &OwnRule> {
        let name = kind.name;
        self.0.iter().filter(move |rule| rule.artefact.name == name)
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|rule| rule.id.as_str())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
