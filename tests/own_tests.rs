//! Tests and rules of a user's own: what `docs/own-tests.md` says, in real runs against the embedded issuer; and every mistake with its message.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use oa_authtest::config::Origin;
use oa_authtest::feature;
use oa_authtest::feature::own::{Own, schema};
use oa_authtest::result::model::{Finding, FindingOutcome, RunReport, Verdict};
use oa_authtest::rule::catalogue;
use serde_json::{Value, json};

use crate::common::golden::assert_golden;
use crate::common::{Ended, files, has_jwt, program, results, root, run, test};

/// The page, and the folder of its example.
const PAGE: &str = "docs/own-tests.md";
const EXAMPLE: &str = "docs/own-tests";

/// A folder with a copy of the example where the page has it.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files(&root().join(EXAMPLE)) {
        write(folder.path(), &format!("{EXAMPLE}/{name}"), &content);
    }
    folder
}

fn write(folder: &Path, name: &str, content: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("it is in a folder")).expect("its folder can be made");
    fs::write(path, content).expect("it is written");
}

fn ran(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(arguments);
    run(command)
}

/// Runs the demo with the example.
fn demo(folder: &Path, arguments: &[&str]) -> (Ended, RunReport) {
    let ended = ran(folder, &[&["run", "--demo", "--agent", "http", "--tests-from", EXAMPLE], arguments].concat());
    let report = results(folder);
    (ended, report)
}

fn own(report: &RunReport) -> Vec<&Finding> {
    report.tests.iter().flat_map(|test| &test.findings).map(AsRef::as_ref).filter(|finding: &&Finding| finding.own).collect()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::meta::validate(schema).unwrap_or_else(|error| panic!("{error}"));
    jsonschema::draft202012::new(schema).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_commands_of_the_page_do_what_it_says() {
    let folder = copy();
    let text = fs::read_to_string(root().join(PAGE)).expect("it is there");
    let blocks = text.split("```bash\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default());
    let mut said = Vec::new();
    for line in blocks.flat_map(str::lines).filter(|line| !line.is_empty()) {
        let (call, remark) = line.split_once(" #").unwrap_or((line, ""));
        let (call, output) = call.split_once(" > ").map_or((call.trim(), None), |(call, output)| (call, Some(output.trim())));
        let words: Vec<&str> = call.split_whitespace().skip(1).collect();
        let ended = ran(folder.path(), &words);
        let code = i32::from(remark.contains("exit code 1"));
        assert_eq!(ended.code, code, "{line}\n{}", ended.said());
        if let Some(output) = output {
            fs::write(folder.path().join(output), &ended.stdout).expect("it is written");
        }
        if words[0] == "run" {
            let report = results(folder.path());
            let broken: Vec<&str> = own(&report).into_iter().filter(|finding| finding.is_broken()).map(|finding| finding.rule.as_str()).collect();
            let ids: Vec<&str> = report.tests.iter().map(|test| test.id.as_str()).collect();
            assert_eq!(ids, ["acme-login/email", "acme-login/service"]);
            assert_eq!(broken, if code == 1 { vec!["acme/id-token-lifetime"] } else { vec![] }, "{}", ended.said());
            for rule in ["acme/id-token-lifetime", "acme/login-method", "acme/verified-email"] {
                let judged = own(&report).into_iter().any(|finding| finding.rule == rule && finding.outcome != FindingOutcome::NotApplicable);
                assert!(judged, "{rule}");
            }
        }
        said.push(words[0].to_owned());
    }
    assert_eq!(said, ["list", "run", "run", "schema", "schema"]);
    // The schemas that the page has written beside the documents are no documents, and those are as the schemas say.
    assert_eq!(ran(folder.path(), &["list", "--tests-from", EXAMPLE]).code, 0);
    for (name, schema) in [("acme-login.json", "feature"), ("acme.rules.json", "rules")] {
        let read = |name: &str| -> Value {
            let text = fs::read_to_string(folder.path().join(EXAMPLE).join(name)).expect("it is there");
            serde_json::from_str(&text).expect("it is JSON")
        };
        assert!(validator(&read(&format!("{schema}.schema.json"))).is_valid(&read(name)), "{name}");
    }
}

#[test]
fn the_page_shows_the_files_as_they_are() {
    let text = fs::read_to_string(root().join(PAGE)).expect("it is there");
    for name in files(&root().join(EXAMPLE)).keys() {
        let file = fs::read_to_string(root().join(EXAMPLE).join(name)).expect("it is there");
        assert!(text.contains(&format!("<!-- {EXAMPLE}/{name} -->\n```json\n{file}```\n")), "{name}");
    }
}

#[test]
fn every_document_of_the_program_is_as_the_published_schema_says() {
    let schema: Value = serde_json::from_str(&fs::read_to_string(root().join("schema/feature.schema.json")).expect("it is there")).expect("JSON");
    let validator = validator(&schema);
    let mut seen = 0;
    for (name, content) in files(&root().join("features")).iter().filter(|(name, _)| Path::new(name).extension().is_some_and(|of| of == "json")) {
        let document: Value = serde_json::from_slice(content).expect("it is JSON");
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn what_the_schema_refuses_the_program_refuses() {
    let validator = validator(&schema::feature());
    let document = |steps: Value| {
        json!({ "id": "acme", "profile": "acme", "category": "c", "title": "t", "description": "d",
            "tests": [{ "id": "t", "title": "t", "description": "d", "steps": steps }] })
    };
    let features = feature::features().expect("sound documents");
    for (steps, is_right) in [
        (json!([{ "discover": {} }]), true),
        (json!([{ "discovr": {} }]), false),
        (json!([{ "discover": { "more": 1 } }]), false),
        (json!([{ "discover": null }]), false),
        (json!(["discover"]), false),
        (json!([{ "discover": {}, "fetch-key-set": {} }]), false),
        (json!([]), false),
        (json!([{ "discover": {} }, { "use-client": { "grant-types": "authorization_code" } }]), false),
        (json!([{ "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid" } }]), true),
        (json!([{ "discover": {} }, { "use-client": {} }, { "authorize": {} }]), false),
        (json!([{ "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid", "prompt": "always" } }]), false),
        (json!([{ "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid", "max-age": -1 } }]), false),
        (
            json!([{ "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid" } }, { "attack-code": { "with": "used-code" } }]),
            false,
        ),
        (
            json!([{ "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid" } }, { "attack-code": { "with": "get-request" } }]),
            true,
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let document = document(steps);
        write(folder.path(), "x.json", document.to_string().as_bytes());
        let read = Own::read(folder.path(), &Origin::Flag("--tests-from"), &features);
        assert_eq!((validator.is_valid(&document), read.is_ok()), (is_right, is_right), "{document}: {read:?}");
    }
}

/// Documents with something wrong in them: what they are called, and what they hold.
const MISTAKES: &[(&str, &str)] = &[
    // No JSON.
    ("x.json", "{\n  \"id\": \"acme\",\n}"),
    ("x.json", "{ \"id\": \"a\", \"id\": \"b\" }"),
    ("x.json", "[]"),
    // The document.
    ("x.json", "{}"),
    ("x.json", r#"{ "rules": [] }"#),
    ("x.json", r#"{ "id": "Acme", "profile": "oidc", "category": "", "title": " t", "description": "", "spec": "docs", "tests": [] }"#),
    ("x.json", r#"{ "id": "acme", "profile": "oidc", "category": "c", "title": "t", "description": "d", "tests": [TEST] }"#),
    ("x.json", r#"{ "id": "userinfo", "profile": "acme", "category": "c", "title": "t", "description": "d", "tests": [TEST] }"#),
    ("x.json", r#"{ "id": "acme", "profile": "acme", "category": "c", "title": "t", "description": "d", "tests": [TEST, TEST] }"#),
    // Steps.
    ("x.json", r#"STEPS { "discovr": {} }"#),
    ("x.json", r#"STEPS { "sing": {} }"#),
    ("x.json", r#"STEPS { "discover": {}, "fetch-key-set": {} }"#),
    ("x.json", "STEPS {}"),
    ("x.json", r#"STEPS { "discover": { "twice": true } }"#),
    ("x.json", r#"STEPS { "discover": {} }, { "use-client": { "grant-type": ["a"] } }"#),
    (
        "x.json",
        r#"STEPS { "discover": {} }, { "use-client": {} }, { "authorize": { "scop": "openid", "max-age": "5", "prompt": "always", "nonce": 1 } }"#,
    ),
    (
        "x.json",
        r#"STEPS { "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid" } }, { "attack-code": { "with": "used-code" } }"#,
    ),
    // What cannot be run.
    ("x.json", r#"STEPS { "fetch-key-set": {} }, { "exchange-code": {} }"#),
    ("x.json", r#"STEPS { "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "profile" } }"#),
    ("x.json", r#"STEPS { "discover": {} }, { "use-client": {} }, { "authorize": { "scope": "openid", "prompt": "none" } }"#),
    ("x.json", r#"ABOUT { "discover": {} }"#),
    // Rules.
    ("x.rules.json", "{}"),
    ("x.rules.json", r#"{ "rules": [] }"#),
    ("x.rules.json", r#"{ "rules": [{ "id": "tenant", "artefact": "id_token", "level": "MUST", "says": "a\nb", "why": "w", "fix": "f" }] }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a" }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "present": true, "equals": 1 }"#),
    ("x.rules.json", r#"RULE "expect": { "present": true }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "is": 1 }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "present": false }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "equals": null }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "one-of": [] }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "type": "text" }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "length": {} }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "length": { "at-least": 2, "at-most": 1 } }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "matches": "a(b" }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "matches": "(?<=a)b" }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "every": { "at": "b", "present": true } }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claim/a", "present": true }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "claims/a", "present": true }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a~b", "present": true }"#),
    ("x.rules.json", r#"RULE "expect": { "at": "/claims/a", "present": true }, "spec": { "text": "t", "url": "http://a.example" }"#),
    (
        "x.rules.json",
        r#"RULE "expect": { "at": "/claims/a", "present": true }, "fails": [{ "claims": { "a": 1 } }, { "claim": {} }], "passes": [{}]"#,
    ),
];

#[test]
fn every_mistake_has_its_message() {
    let features = feature::features().expect("sound documents");
    let test = r#"{ "id": "a", "title": "A", "description": "A.", "steps": [{ "discover": {} }] }"#;
    let mut all = String::new();
    for (name, text) in MISTAKES {
        let of_test = |about: &str, steps: &str| {
            let head = r#"{ "id": "acme", "profile": "acme", "category": "c", "title": "t", "description": "d", "tests": ["#;
            format!("{head}\n{{ \"id\": \"a\", \"title\": \"A\", \"description\": \"A.\", {about}\"steps\": [\n{steps}\n] }}] }}")
        };
        let document = if let Some(steps) = text.strip_prefix("STEPS ") {
            of_test("", &steps.replace(", { \"", ",\n{ \""))
        } else if let Some(steps) = text.strip_prefix("ABOUT ") {
            of_test("\"about\": [\"Login\"], ", steps)
        } else if let Some(rule) = text.strip_prefix("RULE ") {
            let head = r#"{ "rules": [{ "id": "acme/a", "artefact": "id-token", "level": "must", "says": "A must be there", "why": "w", "fix": "f","#;
            format!("{head}\n{rule} }}] }}")
        } else {
            text.replace("TEST", test)
        };
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), name, document.as_bytes());
        let error = Own::read(folder.path(), &Origin::Flag("--tests-from"), &features).expect_err(&document);
        for line in document.lines() {
            let _ = writeln!(all, "  | {line}");
        }
        for mistake in error.mistakes {
            let said = mistake.to_string().replace(&format!("{}/", folder.path().display()), "");
            let hint = mistake.hint();
            let _ = writeln!(all, "error: {said}\n hint: {hint}");
        }
        all.push('\n');
    }
    assert_golden("fixtures/own-tests/messages.txt", &format!("{}\n", all.trim_end()));
}

#[test]
fn mistakes_end_the_program_before_anything_is_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "own/x.json", b"{\n  \"id\": 1\n}");
    for arguments in [
        &["list", "--tests-from", "own"][..],
        &["explain", "acme/a", "--tests-from", "own"],
        &["run", "--issuer", "http://127.0.0.1:9", "--tests-from", "own"],
        &["doctor", "--issuer", "http://127.0.0.1:9", "--tests-from", "own"],
    ] {
        let ended = ran(folder.path(), arguments);
        assert_eq!(ended.code, 2, "{arguments:?} {}", ended.said());
        let said = &ended.stderr;
        assert!(
            said.contains("error: own/x.json:1:1: \"profile\" is missing") && said.contains("error: own/x.json:2:9: expected a string, not a number"),
            "{said}"
        );
        assert!(said.contains("hint: ") && ended.stdout.is_empty(), "{said}");
    }
    let ended = ran(folder.path(), &["list", "--tests-from", "nowhere"]);
    assert!(ended.code == 2 && ended.stderr.contains("--tests-from: cannot read nowhere"), "{}", ended.said());
}

#[test]
fn own_tests_run_beside_the_others_unless_they_are_named() {
    let folder = copy();
    let profiles = |arguments: &[&str]| {
        let (ended, report) =
            demo(folder.path(), &[arguments, &["--test", "discovery/*", "--test", "acme-login/service", "--test", "booking*/client*"]].concat());
        assert_eq!(ended.code, 0, "{}", ended.said());
        (report.environment.profiles.join(","), report.tests.iter().map(|test| test.profile.clone()).collect::<std::collections::BTreeSet<_>>().len())
    };
    assert_eq!(profiles(&[]), ("openactive,acme".to_owned(), 2));
    assert_eq!(profiles(&["--profile", "oidc"]), ("oidc,acme".to_owned(), 2));
    assert_eq!(profiles(&["--profile", "acme,oidc"]), ("acme,oidc".to_owned(), 2));
    assert_eq!(profiles(&["--profile", "acme"]), ("acme".to_owned(), 1));
}

#[test]
fn the_folder_can_be_named_in_the_file_and_by_the_variable() {
    let folder = copy();
    write(folder.path(), "conf/oa-authtest.toml", b"tests-from = \"../docs/own-tests\"\nissuer = \"http://127.0.0.1:9\"\n[profile.acme]\njobs = 1\n");
    for arguments in [&["list", "acme", "--config", "conf/oa-authtest.toml"][..], &["explain", "acme", "--config", "conf/oa-authtest.toml"]] {
        let ended = ran(folder.path(), arguments);
        assert!(ended.code == 0 && ended.stdout.contains("acme"), "{}", ended.said());
    }
    let ended = ran(folder.path(), &["run", "--config", "conf/oa-authtest.toml", "--rule", "acme/*", "--profile", "acme"]);
    assert_eq!(ended.code, 3, "it is read, and the issuer is not there: {}", ended.said());
    // The file of the folder is read, too; a variable wins over it, and a flag over both.
    fs::rename(folder.path().join("conf/oa-authtest.toml"), folder.path().join("oa-authtest.toml")).expect("it is moved");
    let mut command = program(folder.path());
    command.args(["list", "acme"]).env("OA_AUTHTEST_TESTS_FROM", EXAMPLE);
    assert_eq!(run(command).code, 0);
    let ended = ran(folder.path(), &["list", "acme"]);
    assert!(ended.code == 2 && ended.stderr.contains("oa-authtest.toml:1: tests-from: cannot read"), "{}", ended.said());
    write(folder.path(), "oa-authtest.toml", b"[profile.oidc]\ntests-from = \"x\"\n");
    let ended = ran(folder.path(), &["run", "--issuer", "http://127.0.0.1:9"]);
    assert!(ended.code == 2 && ended.stderr.contains("tests-from cannot be set for one profile"), "{}", ended.said());
}

#[test]
fn own_rules_are_in_every_report_and_marked_as_such() {
    let folder = copy();
    let formats = "markdown,html,junit,sarif,har,tap,openmetrics,badge";
    let (ended, report) = demo(folder.path(), &["--profile", "acme", "--flaw", "id-token-long-lived", "--format", formats]);
    assert_eq!(ended.code, 1, "{}", ended.said());
    assert!(
        ended.stdout.contains("1 MUST rule (1 own) broken")
            && ended.stdout.contains("; 1 suggestion; ")
            && ended.stdout.contains(&format!("of {} rules checked, and 3 of 3 own rules", catalogue().len())),
        "{}",
        ended.said()
    );
    assert!(ended.stdout.contains("acme/id-token-lifetime (own rule)"), "{}", ended.said());
    let about = report.own.as_ref().expect("it says so");
    assert_eq!((about.profiles[0].name.as_str(), about.tests(), about.rules.len()), ("acme", 2, 3));
    assert!(ended.stdout.contains("--tests-from docs/own-tests"), "the command that repeats it names the folder: {}", ended.said());
    let read = |name: &str| fs::read_to_string(folder.path().join("reports").join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
    let note = "2 tests (profile acme) and 3 rules, which are no part of oa-authtest";
    for (name, parts) in [
        (
            "summary.md",
            &[note, "(`acme/id-token-lifetime`, own rule, [Acme Identity Handbook, section 4.2](https://docs.acme.example/identity#lifetimes))"][..],
        ),
        ("report.html", &[note, "own rule</span>", "Acme Identity Handbook, section 4.2"]),
        ("acme-login/email.md", &["`acme/id-token-lifetime`, own rule"]),
        ("junit.xml", &[note, "acme/id-token-lifetime: An ID token must live", "own: a rule of the user"]),
        ("results.sarif", &[note, "acme/id-token-lifetime", "\"own\""]),
        ("results.har", &[note]),
        ("results.tap", &["acme/id-token-lifetime", "own: \"a rule of the user's own\""]),
        ("metrics.txt", &["oa_authtest_own_rules{", "} 3\n", "oa_authtest_own_rules_checked{"]),
    ] {
        let text = read(name);
        for part in parts {
            assert!(text.contains(part), "{name} lacks {part}");
        }
    }
    let schema: Value = serde_json::from_str(oa_authtest::report::schema::RESULTS).expect("it is JSON");
    let results: Value = serde_json::from_str(&read("results.json")).expect("it is JSON");
    let errors: Vec<String> = validator(&schema).iter_errors(&results).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    // What was read can be written again, without the folder.
    fs::remove_dir_all(folder.path().join("docs")).expect("it goes");
    let ended = ran(folder.path(), &["report", "reports/results.json", "--report-dir", "again", "--format", formats]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert_eq!(fs::read_to_string(folder.path().join("again/summary.md")).expect("it is there"), read("summary.md"));
}

#[test]
fn own_rules_are_listed_explained_selected_and_known() {
    let folder = copy();
    let said = |arguments: &[&str]| {
        let ended = ran(folder.path(), &[arguments, &["--tests-from", EXAMPLE]].concat());
        assert_eq!(ended.code, 0, "{}", ended.said());
        ended.stdout
    };
    let list: Value = serde_json::from_str(&said(&["list", "--json"])).expect("it is JSON");
    let rules: Vec<&Value> = list["rules"].as_array().expect("rules").iter().filter(|rule| rule["own"] == true).collect();
    assert_eq!(
        (rules.len(), &rules[2]["id"], &rules[2]["artefact"], &rules[2]["file"]),
        (3, &json!("acme/verified-email"), &json!("userinfo"), &json!("docs/own-tests/acme.rules.json"))
    );
    assert!(list["features"].as_array().expect("features").iter().any(|feature| feature["id"] == "acme-login" && feature["own"] == true));
    let text = said(&["list"]);
    assert!(text.contains("profile acme (your own)") && text.contains(&format!("{} rules and 3 of your own", catalogue().len())), "{text}");
    assert!(said(&["explain", "acme"]).contains("3 rules: "));
    let explained = said(&["explain", "acme/verified-email"]);
    assert!(
        explained.contains("about  userinfo: /claims/email_verified: true; applies where /claims/email: a value")
            && explained.contains("in docs/own-tests/acme.rules.json"),
        "{explained}"
    );
    let ended = ran(folder.path(), &["explain", "acme/verified-mail", "--tests-from", EXAMPLE]);
    assert!(ended.code == 2 && ended.stderr.contains("did you mean acme/verified-email?"), "{}", ended.said());

    let (ended, report) = demo(folder.path(), &["--profile", "oidc", "--test", "*/basic", "--rule", "acme/*"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let findings = &test(&report, "authorization-code/basic").findings;
    assert!(!findings.is_empty() && findings.iter().all(|finding| finding.own), "an own rule is judged in a test of oa-authtest");
    let ended = ran(folder.path(), &["run", "--demo", "--rule", "acme/*"]);
    assert!(ended.code == 2 && ended.stderr.contains("--tests-from brings your own"), "{}", ended.said());

    write(folder.path(), "known.toml", b"[[known]]\nrule = \"acme/id-token-lifetime\"\nreason = \"the gateway is replaced in May\"\n");
    let (ended, report) = demo(folder.path(), &["--profile", "acme", "--flaw", "id-token-long-lived", "--known", "known.toml"]);
    assert_eq!((ended.code, report.counts.known), (0, 1), "{}", ended.said());
    let ended = ran(folder.path(), &["run", "--demo", "--known", "known.toml"]);
    assert!(ended.code == 2 && ended.stderr.contains("there is no rule \"acme/id-token-lifetime\""), "{}", ended.said());
}

#[test]
fn a_statement_names_what_is_not_of_the_program() {
    let folder = copy();
    let (ended, report) = demo(folder.path(), &["--profile", "acme", "--test", "acme-login/email", "--statement"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let read = |name: &str| fs::read_to_string(folder.path().join("reports").join(name)).expect("it is there");
    let text = read("statement.md");
    for part in [
        "* **Own tests and rules:** 2 tests (profile acme) and 3 rules, which are no part of oa-authtest",
        "## Own rules",
        "These rules are no part of oa-authtest.",
        "* `acme/login-method` (should): The ID token of a login should say",
        "* acme-login/service: not selected for this run",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let statement: Value = serde_json::from_str(&read("statement.json")).expect("it is JSON");
    assert_eq!(statement["own"]["version"], json!(report.own.expect("it says so").version));
    // From the results alone it says the same.
    let ended = ran(folder.path(), &["report", "reports/results.json", "--statement", "--report-dir", "again"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    assert_eq!(fs::read_to_string(folder.path().join("again/statement.md")).expect("it is there"), text);
}

#[test]
fn a_rule_of_every_kind_is_judged_and_shows_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let kinds = oa_authtest::rule::views();
    // Broken wherever it applies, so that each shows what it saw.
    let rules: Vec<Value> = kinds
        .iter()
        .flat_map(|kind| kind.parts.iter().map(move |(part, _)| (kind, part)))
        .map(|(kind, part)| {
            json!({ "id": format!("acme/{}-{part}", kind.name), "artefact": kind.name, "level": "may", "says": "It is good practice that there is none", "why": "w", "fix": "f",
                "expect": { "at": format!("/{part}"), "absent": true } })
        })
        .collect();
    write(folder.path(), "own/all.rules.json", json!({ "rules": rules }).to_string().as_bytes());
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--profile", "openactive,oidc,oauth,security", "--tests-from", "own", "--format", "json"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    let mut missing = Vec::new();
    for rule in &rules {
        let id = rule["id"].as_str().expect("an id");
        let of_rule: Vec<&Finding> = own(&report).into_iter().filter(|finding| finding.rule == id).collect();
        if !of_rule.iter().any(|finding| finding.outcome == FindingOutcome::Failed) {
            missing.push(id.to_owned());
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    for finding in own(&report) {
        assert!(!has_jwt(&finding.actual), "{}: {}", finding.rule, finding.actual);
        assert!(finding.actual.chars().count() <= 201, "{}: {}", finding.rule, finding.actual);
    }
    let not_judged = report.tests.iter().filter(|test| test.verdict == Verdict::Errored).count();
    assert_eq!(not_judged, 0, "{}", ended.said());
}
