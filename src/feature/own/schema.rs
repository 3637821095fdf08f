//! The JSON Schemas of feature documents and rules documents, made from the types they are read into: what the one refuses, the other does.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::feature::Feature;
use crate::rule::own::document::RulesDocument;

/// The schema of a feature document.
pub fn feature() -> Value {
    document::<Feature>("The tests of a feature, as oa-authtest reads them from the folder of --tests-from.")
}

/// The schema of a rules document.
pub fn rules() -> Value {
    document::<RulesDocument>("Rules of your own, as oa-authtest reads them from files named *.rules.json in the folder of --tests-from.")
}

fn document<T: JsonSchema>(says: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut schema);
    schema["description"] = says.into();
    if let Some(schema) = schema.as_object_mut()
        && let Some(of) = schema.shift_remove("$schema")
    {
        schema.shift_insert(0, "$schema".to_owned(), of);
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        // An editor finds the schema by it.
        let own = json!({ "description": "The address of this schema, for editors.", "type": "string" });
        properties.shift_insert(0, "$schema".to_owned(), own);
    }
    schema
}

/// Gives every part of a schema the form in which a mistake is told best, and in which editors offer what can stand there.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(members) => {
            members.values_mut().for_each(tidy);
            names(members);
            one_of_members(members);
            without_null(members);
            // What only the compiler of this program knows.
            members.retain(|name, value| name != "format" && !(name == "default" && value.is_null()));
            if let Some(Value::String(says)) = members.get_mut("description") {
                // It was written for lines of code.
                *says = says.replace('\n', " ").replace("`OpenID`", "OpenID");
            }
        }
        _ => {}
    }
}

/// Makes one list of names that stand beside each other, each with what it means.
fn names(schema: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = schema.get("oneOf") else { return };
    let meanings: Option<Vec<(Vec<Value>, Value)>> = branches
        .iter()
        .map(|branch| {
            let names = branch.get("const").map(|name| vec![name.clone()]).or_else(|| branch.get("enum")?.as_array().cloned())?;
            Some((names, branch.get("description").cloned().unwrap_or_default()))
        })
        .collect();
    let Some(meanings) = meanings else { return };
    let each = meanings.into_iter().flat_map(|(names, meaning)| names.into_iter().map(move |name| (name, meaning.clone())));
    let (names, meanings): (Vec<Value>, Vec<Value>) = each.unzip();
    schema.shift_remove("oneOf");
    schema.insert("enum".to_owned(), names.into());
    schema.insert("enumDescriptions".to_owned(), meanings.into());
}

/// Makes one object of objects of which each has one member of its own: with exactly one of these, beside those that every one has.
fn one_of_members(schema: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = schema.get("oneOf") else { return };
    let member = |branch: &Value| -> Option<(String, Value)> {
        let mut members = branch.get("properties")?.as_object()?.iter();
        let (name, value) = members.next().filter(|_| branch.get("required").and_then(Value::as_array).is_some_and(|all| all.len() == 1))?;
        let mut value = value.clone();
        if let (Some(says), Some(value)) = (branch.get("description"), value.as_object_mut()) {
            value.insert("description".to_owned(), says.clone());
        }
        members.next().is_none().then(|| (name.clone(), value))
    };
    let Some(members) = branches.iter().map(member).collect::<Option<Vec<_>>>() else { return };
    schema.shift_remove("oneOf");
    let beside = schema.get("required").and_then(Value::as_array).map_or(0, Vec::len);
    schema.insert("type".to_owned(), "object".into());
    if let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
        properties.extend(members);
    }
    schema.insert("additionalProperties".to_owned(), false.into());
    schema.insert("minProperties".to_owned(), (beside + 1).into());
    schema.insert("maxProperties".to_owned(), (beside + 1).into());
}

/// A member that may be left out is left out, and not null.
fn without_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|of| of != "null");
        if let [of] = types.as_slice() {
            let of = of.clone();
            schema.insert("type".to_owned(), of);
        }
    }
    if let Some(Value::Array(names)) = schema.get_mut("enum") {
        names.retain(|name| !name.is_null());
    }
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type").is_none_or(|of| of != "null"));
        if let [Value::Object(branch)] = branches.as_slice() {
            let branch = branch.clone();
            schema.shift_remove("anyOf");
            for (name, value) in branch {
                schema.entry(name).or_insert(value);
            }
        }
    }
}
