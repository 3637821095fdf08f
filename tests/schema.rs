//! `results.json` is what its schema says, whatever the run came to; and the schema is strict enough to say so.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::common::{Ending, program, root, run};

fn schema() -> Validator {
    let schema: Value = serde_json::from_str(oa_authtest::report::schema::RESULTS).expect("it is JSON");
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
    jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{error}"))
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).expect("it is JSON")
}

fn assert_valid(results: &Value) {
    let errors: Vec<String> = schema().iter_errors(results).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn sample() -> Value {
    read(&root().join("fixtures/results/sample.json"))
}

#[test]
fn the_samples_are_valid() {
    assert_valid(&sample());
    assert_valid(&read(&root().join("reports/example/results.json")));
}

#[test]
fn fresh_runs_are_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let known = "[[known]]\nrule = \"id-token/exp-future\"\nreason = \"the clock\"\nuntil = 2099-12-31\n\n[[known]]\nrule = \"discovery/http-200\"\ntest = \"no/such\"\nreason = \"x\"\n";
    std::fs::write(folder.path().join("known.toml"), known).expect("it is written");
    let mut beside_others = 0;
    for (dir, flags, code) in [
        ("conformant", &["--demo", "--profile", "openactive,oidc"][..], 0),
        ("conformant", &["--demo", "--profile", "openactive,oidc"], 0),
        ("flawed", &["--demo", "--flaw", "id-token-expired", "--skip", "dynamic*", "--baseline", "conformant/results.json"], 1),
        ("known", &["--demo", "--flaw", "id-token-expired", "--known", "known.toml"], 0),
        ("unreachable", &["--issuer", "http://127.0.0.1:9"], 3),
    ] {
        let mut command = program(folder.path());
        command.args(["run", "--agent", "http", "--report-dir", dir]).args(flags);
        let ended = run(command);
        assert_eq!(ended.code, code, "{dir}: {}", ended.said());
        let results = read(&folder.path().join(dir).join("results.json"));
        assert_valid(&results);
        assert_eq!(results.get("known").is_some(), dir == "known");
        beside_others += usize::from(results.get("history").is_some()) + usize::from(results.get("baseline").is_some());
    }
    assert_eq!(beside_others, 2, "a history and a baseline were seen");
}

#[test]
fn an_interrupted_run_is_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    // It takes a request and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", listener.local_addr().expect("it has one"));
    let (asked, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().map_while(Result::ok) {
            kept.push(stream);
            let _ = asked.send(());
        }
    });
    let mut command = program(folder.path());
    command.args(["run", "--agent", "http", "--issuer", &issuer]);
    let mut child = Ending(command.spawn().expect("the program starts"));
    told.recv_timeout(Duration::from_secs(60)).expect("it asks");
    assert!(Command::new("kill").args(["-INT", &child.0.id().to_string()]).status().expect("it is sent").success());
    assert_eq!(child.0.wait().expect("it ends").code(), Some(130));
    let results = read(&folder.path().join("reports/results.json"));
    assert_eq!(results["interrupted"], json!(true));
    assert_valid(&results);
}

#[test]
fn what_is_broken_is_not_valid() {
    let schema = schema();
    let change = |pointer: &str, value: Value| {
        let mut results = sample();
        *results.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = value;
        results
    };
    for (pointer, value) in [
        ("/schema", json!("oa-authtest/results/2")),
        ("/verdict", json!("green")),
        ("/started", json!("yesterday")),
        ("/duration_ms", json!(-1)),
        ("/counts/passed", json!("12")),
        ("/counts", json!({})),
        ("/environment/secrets_shown", json!("no")),
        ("/tests/0/id", json!("../../etc/passwd")),
        ("/tests/0/findings/0/outcome", json!("maybe")),
        ("/tests/0/findings/0/exchange", json!("0")),
        ("/tests/0/steps/0/ended", json!({ "done": true })),
        ("/tests/0/steps/0/entries/0/kind", json!("song")),
        ("/tests", json!({})),
    ] {
        assert!(!schema.is_valid(&change(pointer, value)), "{pointer}");
    }
    for pointer in ["", "/counts", "/environment", "/tool", "/tests/0", "/tests/0/findings/0", "/tests/0/steps/0", "/tests/0/steps/0/entries/0"] {
        let mut more = sample();
        more.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object").insert("unheard-of".to_owned(), json!(1));
        assert!(!schema.is_valid(&more), "{pointer} takes anything");
        let mut members: Vec<String> = sample().pointer(pointer).and_then(Value::as_object).expect("an object").keys().cloned().collect();
        members.retain(|name| !["known", "left_behind", "left_out", "catalogue"].contains(&name.as_str()));
        for name in members {
            let mut less = sample();
            less.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object").remove(&name);
            assert!(!schema.is_valid(&less), "{pointer}/{name} is not asked for");
        }
    }
}

#[test]
fn what_is_written_once_is_held_to_the_schema_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--profile", "openactive"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let results = read(&folder.path().join("reports/results.json"));
    assert_valid(&results);
    let answers = |value: &Value| value.to_string().matches("\"shared_body\":").count();
    assert!(answers(&results) > 5, "bodies are shared");
    let groups = results["tests"][0]["judged"].as_array().expect("what was judged");
    let with = |member: &str| groups.iter().position(|group| group.get(member).is_some()).expect("one has it");
    let at = |member: &str| format!("/tests/0/judged/{}/{member}", with(member));
    let (passed, shared_passed, shared_idle) = (at("passed"), at("shared_passed"), at("shared_not_applicable"));
    let schema = schema();
    for (pointer, value) in [
        ("/shared/bodies/0", json!(1)),
        ("/shared/passed/0", json!({})),
        ("/shared/not_applicable/0", json!({ "no": [] })),
        ("/shared/rules/0/level", json!("can")),
        ("/shared/rules/0/rule", json!("../..")),
        ("/tests/0/judged/0/step", json!("0")),
        (&passed, json!({})),
        (&shared_passed, json!("0")),
        (&shared_idle, json!(-1)),
        ("/tests/0/judged", json!([])),
    ] {
        let mut changed = results.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = value;
        assert!(!schema.is_valid(&changed), "{pointer}");
    }
    for pointer in ["/shared", "/shared/rules/0", "/tests/0/judged/0"] {
        let mut more = results.clone();
        more.pointer_mut(pointer).and_then(Value::as_object_mut).expect("an object").insert("unheard-of".to_owned(), json!(1));
        assert!(!schema.is_valid(&more), "{pointer} takes anything");
    }
}

#[test]
fn the_program_prints_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.arg("schema");
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, oa_authtest::report::schema::RESULTS));
}
