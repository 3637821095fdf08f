use std::fs;

use serde_json::json;

use super::*;
use crate::feature::{features, step};

fn feature(tests: &Value) -> Value {
    json!({ "id": "acme", "profile": "acme", "category": "Acme", "title": "Acme", "description": "Acme.", "tests": tests })
}

fn valid(steps: &Value) -> Value {
    feature(&json!([{ "id": "a", "title": "A", "description": "A.", "steps": steps }]))
}

/// Every value that a document differs from a right one by: members too many and too few, other types, names that do not exist.
fn mutations(document: &Value) -> Vec<Value> {
    fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{}", escaped(name)), found)),
            Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| pointers(item, &format!("{at}/{index}"), found)),
            _ => {}
        }
    }
    let mut places = Vec::new();
    pointers(document, "", &mut places);
    let mut all = Vec::new();
    for place in &places {
        let mut with = |change: &dyn Fn(&mut Value)| {
            let mut changed = document.clone();
            change(changed.pointer_mut(place).unwrap());
            all.push(changed);
        };
        for other in [json!(null), json!(true), json!(-1), json!(1.5), json!(u64::MAX), json!("no-such-name"), json!(""), json!([]), json!({})] {
            with(&|value| *value = other.clone());
        }
        with(&|value| {
            if let Value::Object(members) = value {
                members.insert("unheard-of".to_owned(), json!(1));
            }
        });
        let names: Vec<String> = document.pointer(place).and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect();
        for name in names {
            with(&|value| {
                value.as_object_mut().unwrap().shift_remove(&name);
            });
        }
    }
    all
}

#[test]
fn what_the_schema_takes_can_be_read() {
    let shape = Shape::new(schema::feature()).unwrap();
    let embedded: Vec<Value> = crate::text::folder::documents("features", &crate::feature::FOLDER)
        .unwrap()
        .iter()
        .map(|(_, text)| serde_json::from_str(text).unwrap())
        .collect();
    let mut taken = 0;
    for document in &embedded {
        assert!(shape.mistakes(document).is_empty(), "{}", document["id"]);
        // One test is enough of each: they are many, and alike.
        for test in document["tests"].as_array().unwrap() {
            let mut one = document.clone();
            one["tests"] = json!([test]);
            for changed in mutations(&one) {
                let is_right = shape.mistakes(&changed).is_empty();
                taken += usize::from(is_right);
                // What is right by the schema, and still no document, is told by its place; there is next to none of it.
                assert!(!is_right || decoded::<Feature>(changed.clone()).is_ok(), "{changed}");
            }
        }
    }
    assert!(taken > 1000, "{taken}");
}

#[test]
fn what_the_schema_of_rules_takes_can_be_read() {
    let shape = Shape::new(schema::rules()).unwrap();
    let text = fs::read_to_string("docs/own-tests/acme.rules.json").unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert!(shape.mistakes(&document).is_empty());
    for operator in [
        json!({ "absent": true }),
        json!({ "not-equals": 1 }),
        json!({ "contains": "a" }),
        json!({ "has-word": "a" }),
        json!({ "matches": "a" }),
        json!({ "type": "string" }),
        json!({ "at-least": 1 }),
        json!({ "length": { "at-least": 1, "at-most": 2 } }),
        json!({ "https-url": true }),
        json!({ "every": { "at": "/a", "present": true } }),
    ] {
        let mut with = document.clone();
        with["rules"][0]["expect"] = operator;
        with["rules"][0]["expect"]["at"] = "/claims".into();
        assert!(shape.mistakes(&with).is_empty(), "{with}");
        for changed in mutations(&with) {
            let is_right = shape.mistakes(&changed).is_empty();
            assert!(!is_right || decoded::<RulesDocument>(changed.clone()).is_ok(), "{changed}");
        }
    }
}

#[test]
fn every_step_is_in_the_schema_and_in_a_document() {
    let schema = schema::feature();
    let in_schema: BTreeSet<&str> = schema["$defs"]["Step"]["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let used: BTreeSet<String> =
        features().unwrap().iter().flat_map(|feature| &feature.tests).flat_map(|test| &test.steps).map(step::Step::word).collect();
    assert_eq!(in_schema, used.iter().map(String::as_str).collect());
}

fn read(files: &[(&str, &str)]) -> Result<Own, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Own::read(folder.path(), &Origin::Flag("--tests-from"), &features().unwrap()).map_err(|error| {
        let told = |mistake: &ConfigError| mistake.to_string().replace(&format!("{}/", folder.path().display()), "");
        error.mistakes.iter().map(told).chain((error.more > 0).then(|| format!("{} more", error.more))).collect()
    })
}

#[test]
fn documents_are_found_in_folders_by_their_names() {
    let steps = valid(&json!([{ "discover": {} }])).to_string();
    let own = read(&[
        ("b/c/one.json", &steps),
        ("README.md", "# no document"),
        ("feature.schema.json", "{}"),
        (".hidden.json", "{"),
        (".git/x.json", "{"),
        ("rules.yaml", "{"),
        ("Two.JSON", &format!("\u{feff}{}", steps.replace("\"id\":\"acme\"", "\"id\":\"other\""))),
    ])
    .unwrap();
    let ids: Vec<&str> = own.features.iter().map(|feature| feature.id.as_str()).collect();
    assert_eq!((ids, own.names().profiles), (vec!["other", "acme"], vec!["acme".to_owned()]));
    assert!(own.version.starts_with("sha256:") && own.rules.is_empty());
    let other = read(&[("b/c/two.json", &steps)]).unwrap();
    assert_ne!(own.version, other.version);
}

#[test]
fn many_mistakes_are_told_at_once_with_their_places_in_order() {
    let text = "{\n  \"id\": \"acme\",\n  \"profile\": \"Acme\",\n  \"category\": \"ä\", \"titel\": \"A\",\n  \"description\": \"\",\n  \"tests\": [\n    { \"id\": \"a\", \"title\": \"A\", \"description\": \"A.\", \"steps\": [{ \"discovr\": {} }, { \"authorize\": { \"max-age\": \"5\" } }, {}] }\n  ]\n}\n";
    let said = read(&[("x.json", text)]).unwrap_err();
    let starts = [
        "x.json:1:1: \"title\" is missing",
        "x.json:3:14: expected a name in lower-case",
        "x.json:4:20: \"titel\" is not known here, expected one of \"id\", \"profile\"",
        "x.json:5:18: expected text, and it is empty",
        "x.json:7:65: \"discovr\" is not known here",
        "x.json:7:97: \"scope\" is missing",
        "x.json:7:110: expected a whole number, not a string",
        "x.json:7:119: expected a step to have exactly one member; it has none",
    ];
    assert_eq!(said.len(), starts.len(), "{said:#?}");
    for (said, start) in said.iter().zip(starts) {
        assert!(said.starts_with(start), "{start}\n{said:#?}");
    }
}

#[test]
fn what_no_schema_can_say_is_told_with_its_place() {
    let right = |id: &str, profile: &str| {
        valid(&json!([{ "discover": {} }]))
            .to_string()
            .replace("\"id\":\"acme\"", &format!("\"id\":\"{id}\""))
            .replace("\"profile\":\"acme\"", &format!("\"profile\":\"{profile}\""))
    };
    for (files, starts) in [
        (vec![("x.json", "{ \"id\": 1, }".to_owned())], vec!["x.json:1:12: this is not JSON: trailing comma"]),
        (vec![("x.json", "{\n  \"id\": \"a\"\n".to_owned())], vec!["x.json:3:1: this is not JSON: EOF"]),
        (vec![("x.json", "[".repeat(200))], vec!["x.json:1:128: this is not JSON: recursion limit"]),
        (vec![("x.json", "{ \"ä\": 1, \"ä\": 2 }".to_owned())], vec!["x.json:1:11: \"ä\" stands here a second time"]),
        (vec![("x.json", "{ \"rules\": [] }".to_owned())], vec!["x.json:1:3: this holds rules, and the file is named as one that holds tests"]),
        (vec![("x.json", right("acme", "oidc"))], vec!["x.json:1:24: \"oidc\" is a profile of oa-authtest"]),
        (vec![("x.json", right("userinfo", "acme"))], vec!["x.json:1:7: \"userinfo\" is the id of a feature of oa-authtest, in profile oidc"]),
        (vec![("a.json", right("acme", "acme")), ("b.json", right("acme", "acme"))], vec!["b.json:1:7: \"acme\" is the id of the feature in "]),
        (
            vec![("x.json", right("acme", "acme").replace("\"title\":\"A\"", "\"title\":\"A\\u001b[2J\""))],
            vec!["x.json:1:113: there is a character in it that cannot be seen: A␛[2J"],
        ),
        (
            vec![("x.json", valid(&json!([{ "exchange-code": {} }])).to_string())],
            vec!["x.json:1:145: test a: step 1, \"exchange-code\", needs the provider metadata"; 1],
        ),
    ] {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let said = read(&files).unwrap_err();
        for start in starts {
            assert!(said.iter().any(|said| said.starts_with(start)), "{start}\n{said:#?}");
        }
    }
    let two = feature(&json!([
        { "id": "a", "title": "A", "description": "A.", "steps": [{ "discover": {} }] },
        { "id": "a", "title": "B", "description": "B.", "steps": [{ "discover": {} }] },
    ]));
    let said = read(&[("x.json", &two.to_string())]).unwrap_err();
    assert!(said[0].ends_with("\"a\" is the id of an earlier test of this feature, too"), "{said:?}");
}

#[test]
fn a_number_that_is_no_whole_one_is_told_though_the_schema_takes_it() {
    let document = valid(&json!([{ "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid", "max-age": 5 } }]))
        .to_string()
        .replace("\"max-age\":5", "\"max-age\":5.0");
    let said = read(&[("x.json", &document)]).unwrap_err();
    assert!(said[0].contains("invalid type: floating point `5.0`") && !said[0].starts_with("x.json:1:1:"), "{said:?}");
}

#[test]
fn too_much_is_refused() {
    let steps = valid(&json!([{ "discover": {} }]));
    let large = format!("{steps}{}", " ".repeat(1 << 20));
    assert!(read(&[("x.json", &large)]).unwrap_err()[0].contains("has more than 1 MiB"));
    let names: Vec<String> = (0..201).map(|n| format!("{n}.json")).collect();
    let many: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "{}")).collect();
    assert!(read(&many).unwrap_err()[0].contains("more than 200 documents"));
    let deep = format!("{}x.json", "a/".repeat(9));
    assert!(read(&[(&deep, "{}")]).unwrap_err()[0].contains("more than 8 deep"));
    let wrong = feature(&Value::from((0..40).map(|n| json!({ "id": format!("t-{n}") })).collect::<Vec<_>>()));
    let said = read(&[("x.json", &wrong.to_string())]).unwrap_err();
    assert_eq!((said.len(), said[20].as_str()), (21, "100 more"), "{said:#?}");
    assert!(read(&[("README.md", "")]).unwrap_err()[0].contains("there is no document in"));
    let bytes = tempfile::tempdir().unwrap();
    fs::write(bytes.path().join("x.json"), b"{\n\"a\": \"\xff\"}").unwrap();
    let error = Own::read(bytes.path(), &Origin::Flag("--tests-from"), &[]).unwrap_err();
    assert!(error.to_string().contains("x.json:2: this is not UTF-8"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_what_cannot_be_read_is_named() {
    use std::os::unix::fs::symlink;
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let text = valid(&json!([{ "discover": {} }])).to_string();
    fs::write(elsewhere.path().join("shared.json"), &text).unwrap();
    symlink(elsewhere.path(), folder.path().join("shared")).unwrap();
    symlink(folder.path(), folder.path().join("loop")).unwrap();
    symlink(elsewhere.path().join("shared.json"), folder.path().join("again.json")).unwrap();
    let origin = Origin::Flag("--tests-from");
    assert_eq!(Own::read(folder.path(), &origin, &[]).unwrap().features.len(), 1);
    symlink("nowhere", folder.path().join("gone.json")).unwrap();
    fs::create_dir(folder.path().join("folder.json")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(folder.path().join("pipe.json")).status().unwrap().success());
    let said: Vec<String> = Own::read(folder.path(), &origin, &[]).unwrap_err().mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("gone.json: No such file") && said[1].contains("pipe.json: it is no regular file"), "{said:?}");
    for (path, why) in [(folder.path().join("nowhere"), "cannot read"), (folder.path().join("again.json"), "is not a folder")] {
        let said = Own::read(&path, &origin, &[]).unwrap_err().to_string();
        assert!(said.starts_with("--tests-from: ") && said.contains(why), "{said}");
    }
}

#[test]
fn rules_are_told_of_like_tests() {
    let rule = r#"{ "id": "acme/a", "artefact": "id-token", "level": "must", "says": "A must b", "why": "w", "fix": "f", "expect": { "at": "/claims/a", "present": true }"#;
    let rules = |rules: &str| format!("{{ \"rules\": [\n{rules}\n] }}");
    let own = read(&[("a.rules.json", &rules(&format!("{rule} }}")))]).unwrap();
    assert_eq!((own.rules.ids().collect::<Vec<_>>(), own.features.len()), (vec!["acme/a"], 0));
    assert!(own.rule_files["acme/a"].ends_with("a.rules.json"));
    for (text, start) in [
        (format!("{rule} }},\n{rule} }}"), "a.rules.json:3:9: \"acme/a\" is the id of another rule, too"),
        (format!("{rule}, \"fails\": [\n{{ \"claims\": {{ \"a\": 1 }} }}] }}"), "a.rules.json:3:1: rule acme/a: the example fails[0] passes"),
        (
            format!("{rule} }}").replace("must", "shall"),
            "a.rules.json:2:52: \"shall\" is not known here, expected one of \"may\", \"should\", \"must\"",
        ),
        (format!("{rule} }}").replace("id-token", "id-tokn"), "a.rules.json:2:31: \"id-tokn\" is not known here"),
        (format!("{rule} }}").replace("\"present\": true", "\"exists\": true"), "a.rules.json:2:"),
        (format!("{rule} }}").replace("\"present\": true", "\"present\": true, \"absent\": true"), "a.rules.json:2:"),
        (format!("{rule} }}").replace("\"present\": true", "\"present\": false"), "a.rules.json:2:"),
        (format!("{rule} }}").replace("\"present\": true", "\"matches\": \"[\""), "a.rules.json:2:"),
        (format!("{rule} }}").replace("/claims/a", "/claim/a"), "a.rules.json:2:"),
        (format!("{rule} }}").replace("acme/a", "jwks/a"), "a.rules.json:2:9: the family \"jwks\""),
    ] {
        let said = read(&[("a.rules.json", &rules(&text))]).unwrap_err();
        assert!(said[0].starts_with(start), "{start}\n{said:#?}");
    }
}
