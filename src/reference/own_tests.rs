//! `docs/own-tests-reference.md`: everything that documents of own tests and rules can hold, generated from their schemas and the table of steps.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::feature::Step;
use crate::feature::fact::{Fact, Need};
use crate::feature::own::schema;
use crate::rule::views;

/// The text of the reference.
pub fn render() -> String {
    let (feature, rules) = (Schema(schema::feature()), Schema(schema::rules()));
    let mut out = String::from(
        "<!-- Generated from the table of steps and the schemas: `GOLDEN=write cargo test --test integration docs` writes it again. -->\n\n\
         # Own tests and rules: reference\n\nEverything that a document can hold. [own-tests.md](own-tests.md) shows how to begin; `oa-authtest schema feature` and \
         `oa-authtest schema rules` print the same as JSON Schemas.\n\n## Feature documents\n\nA file `NAME.json` holds the tests of one feature.\n\n",
    );
    out.push_str(&feature.members(&feature.0));
    out.push_str("\nA test:\n\n");
    out.push_str(&feature.members(feature.definition("Test")));
    out.push_str(
        "\n## Steps\n\nA step is an object with one member: `{ \"discover\": {} }`. What it needs, a step before it must have given. Its heading is what reports call it, and what \
         `about` names.\n",
    );
    for (name, step) in properties(feature.definition("Step")) {
        out.push_str(&feature.step(name, step));
    }
    out.push_str("\n## Rules documents\n\nA file `NAME.rules.json` holds rules, in the list `rules`. A rule:\n\n");
    out.push_str(&rules.members(rules.definition("RuleDocument")));
    out.push_str("\n`spec`:\n\n");
    out.push_str(&rules.members(rules.definition("SpecDocument")));
    out.push_str("\n## Conditions\n\n`expect` and `when` are conditions: an object with `at` and exactly one of the other members.\n\n");
    out.push_str(&rules.members(rules.definition("ConditionDocument")));
    out.push_str("\nWhere there is no value, only `absent` and `not-equals` hold.\n\n`length`:\n\n");
    out.push_str(&rules.members(rules.definition("Length")));
    out.push_str("\n## Artefacts\n\nThe pointer of a condition begins with a part of the artefact: `/claims/tenant`.\n");
    for kind in views() {
        let _ = write!(out, "\n### `{}`\n\n{}\n\n| part | what it holds |\n|---|---|\n", kind.name, kind.what);
        for (name, what) in kind.parts {
            let _ = writeln!(out, "| `/{name}` | {what} |");
        }
    }
    out
}

/// A schema of documents.
struct Schema(Value);

impl Schema {
    fn definition(&self, name: &str) -> &Value {
        &self.0["$defs"][name]
    }

    /// What a part of the schema refers to, or itself.
    fn resolved<'a>(&'a self, part: &'a Value) -> &'a Value {
        let to = part.get("$ref").and_then(Value::as_str).and_then(|to| self.0.pointer(to.strip_prefix('#')?));
        to.unwrap_or(part)
    }

    /// The members of an object as a table.
    fn members(&self, part: &Value) -> String {
        let mut out = "| member | value | what it is |\n|---|---|---|\n".to_owned();
        for (name, member) in properties(part) {
            let is_required = required(part).contains(&name.as_str());
            let needed = if is_required { ", required" } else { "" };
            let _ = writeln!(out, "| `{name}` | {}{needed} | {} |", self.value(member), self.what(member));
        }
        out
    }

    /// What a member is, with the meaning of each of its values and its default.
    fn what(&self, member: &Value) -> String {
        let mut out = description(member).to_owned();
        let of = self.resolved(member);
        let names = of.get("enum").and_then(Value::as_array).into_iter().flatten();
        let says = of.get("enumDescriptions").and_then(Value::as_array).into_iter().flatten();
        for (name, says) in names.zip(says) {
            let _ = write!(out, "<br>`{}`: {}", name.as_str().unwrap_or_default(), says.as_str().unwrap_or_default());
        }
        match member.get("default") {
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::String(text)) => {
                let _ = write!(out, " Default: `{text}`.");
            }
            Some(Value::Bool(on)) => {
                let _ = write!(out, " Default: `{on}`.");
            }
            _ => {}
        }
        out.replace('|', "\\|")
    }

    /// What kind of value a member has.
    fn value(&self, member: &Value) -> String {
        let of = self.resolved(member);
        if let Some(only) = of.get("const") {
            return format!("`{only}`");
        }
        if of.get("enum").is_some() {
            return "a name".to_owned();
        }
        if let Some(title) = of.get("title").and_then(Value::as_str) {
            return title.to_owned();
        }
        match of.get("type") {
            Some(Value::String(name)) if name == "array" => match of.get("items").map(|items| self.value(items)) {
                Some(items) => format!("a list: {items} each"),
                None => "a list".to_owned(),
            },
            Some(Value::String(name)) => match name.as_str() {
                "string" => "text",
                "boolean" => "`true` or `false`",
                "integer" => "a whole number",
                "number" => "a number",
                _ => "an object",
            }
            .to_owned(),
            _ => "any value but null".to_owned(),
        }
    }

    /// A step: what it does, what it needs and gives, its headings, and its parameters.
    fn step(&self, name: &str, step: &Value) -> String {
        let parameters = self.resolved(step);
        let mut out = format!("\n### `{name}`\n\n{}\n\n", description(step));
        let steps = self.examples(name, parameters);
        let mut headings: Vec<String> = Vec::new();
        for heading in steps.iter().map(|step| format!("`{}`", step.name())) {
            if !headings.contains(&heading) {
                headings.push(heading);
            }
        }
        let _ = writeln!(out, "* heading: {}", headings.join(", "));
        if let Some(step) = steps.first() {
            let facts = |facts: &[Fact]| facts.iter().map(|fact| fact.with_article()).collect::<Vec<_>>().join(", ");
            for (what, facts) in [("needs", facts(step.needs())), ("gives", facts(step.gives()))] {
                if !facts.is_empty() {
                    let _ = writeln!(out, "* {what}: {facts}");
                }
            }
            for setting in step.settings().iter().map(|need| Need::words(*need)) {
                let _ = writeln!(out, "* setting: {setting}");
            }
        }
        if properties(parameters).next().is_some() {
            let _ = write!(out, "\n{}", self.members(parameters));
        }
        out
    }

    /// A step with nothing but what it must have, once for each name that this can be.
    fn examples(&self, name: &str, parameters: &Value) -> Vec<Step> {
        let mut objects = vec![Map::new()];
        for (member, value) in properties(parameters).filter(|(member, _)| required(parameters).contains(&member.as_str())) {
            let names = self.resolved(value).get("enum").and_then(Value::as_array).cloned();
            let values = names.unwrap_or_else(|| vec![json!("")]);
            objects = objects
                .iter()
                .flat_map(|object| {
                    values.iter().map(move |value| {
                        let mut object = object.clone();
                        object.insert(member.clone(), value.clone());
                        object
                    })
                })
                .collect();
        }
        objects.into_iter().filter_map(|object| serde_json::from_value(json!({ name: object })).ok()).collect()
    }
}

fn properties(part: &Value) -> impl Iterator<Item = (&String, &Value)> {
    part.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn required(part: &Value) -> Vec<&str> {
    part.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn description(part: &Value) -> &str {
    part.get("description").and_then(Value::as_str).unwrap_or_default()
}
