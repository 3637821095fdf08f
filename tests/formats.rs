//! The reports for other programs: each is what its format says, whatever a run came to and whatever an issuer sent.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::ValueEnum as _;
use jsonschema::Validator;
use oa_authtest::config::Format;
use oa_authtest::report::single::SINGLE_FILES;
use oa_authtest::report::{badge, har, json, openmetrics, sarif, tap, words};
use oa_authtest::result::model::{Entry, Exchange, Finding, FindingOutcome, LeftOut, RunReport, Verdict};
use oa_authtest::result::own::{OwnProfile, OwnReport, OwnRuleReport};
use oa_authtest::rule::Level;
use serde_json::{Value, json};

use crate::common::{has_jwt, program, quick, root, run};

/// Texts that mean something in one of the formats.
const NASTY: [&str; 8] = [
    "\n  ...\nok 9 - x # SKIP",
    "a # TODO b \\# c \\",
    "ends with {",
    "\"} 1\n# EOF\n",
    "]]></title><script>alert(1)</script>&x;",
    "\u{0}\u{1b}[31m\u{fffe}\u{202e}\u{85}\u{2028}",
    "[click](https://evil.example) {0} {{1}}",
    "https://a b?<>\"{}|\\^`#\u{203a}",
];

fn sample() -> RunReport {
    json::read(&root().join("fixtures/results/sample.json")).expect("it can be read")
}

/// The sample with everything in it that the model has: known failures, tests that were left out, a rule broken twice, exchanges of all kinds.
fn full() -> RunReport {
    let mut report = sample();
    report.interrupted = true;
    report.tool.rules = Some(500);
    report.own = Some(OwnReport {
        version: "sha256:0".to_owned(),
        profiles: vec![OwnProfile { name: "acme".to_owned(), tests: vec!["acme-login/email".to_owned()] }],
        rules: vec![OwnRuleReport { id: "acme/own".to_owned(), level: Level::Must, artefact: "id-token".to_owned(), says: "A must be b".to_owned() }],
    });
    let failed = report.tests.iter_mut().find(|test| test.verdict == Verdict::Failed).expect("one failed");
    let broken = failed.findings.iter().find(|finding| finding.outcome == FindingOutcome::Failed).expect("a rule is broken");
    let broken = (**broken).clone();
    failed.findings.push(Arc::new(Finding { actual: "another".to_owned(), exchange: Some(0), ..broken.clone() }));
    failed.findings.push(Arc::new(Finding { known: Some("a proxy".to_owned()), rule: "id-token/known".to_owned(), ..broken.clone() }));
    failed.findings.push(Arc::new(Finding { level: Level::May, rule: "id-token/mild".to_owned(), url: String::new(), ..broken.clone() }));
    failed.findings.push(Arc::new(Finding { own: true, rule: "acme/own".to_owned(), spec: String::new(), url: String::new(), ..broken }));
    failed.reason = Some("no code came".to_owned());
    let mut one = report.tests[0].clone();
    (one.id, one.verdict, one.reason) = ("form-post/basic".to_owned(), Verdict::LeftOut, Some("no `form_post`".to_owned()));
    one.left_out = Some(LeftOut::NotOffered);
    let mut required = one.clone();
    (required.id, required.required) = ("form-post/required".to_owned(), true);
    report.tests.extend([one, required]);
    for exchange in exchanges(&mut report).into_iter().take(1) {
        exchange.of_user_agent = true;
        "https://as.example/authorize?code=‹code 1›&a=b%20c&a=d#x".clone_into(&mut exchange.url);
        exchange.request_headers.push(("cookie".to_owned(), "a=1; b=2".to_owned()));
        let response = exchange.response.as_mut().expect("a response");
        response.headers.push(("location".to_owned(), "/next".to_owned()));
        let set = "sid=‹cookie›; Path=/; Secure; HttpOnly; Expires=Wed, 21 Oct 2026 07:28:00 GMT";
        response.headers.push(("set-cookie".to_owned(), set.to_owned()));
    }
    exchanges(&mut report).pop().expect("an exchange").response = Err("connection refused".to_owned());
    report
}

fn exchanges(report: &mut RunReport) -> Vec<&mut Exchange> {
    let entries = report.tests.iter_mut().flat_map(|test| &mut test.steps).flat_map(|step| &mut step.entries);
    entries.filter_map(|entry| if let Entry::Exchange(exchange) = entry { Some(exchange) } else { None }).collect()
}

/// The full report with a text of bad intent wherever an issuer, or who wrote the results, could put one.
fn with(nasty: &str) -> RunReport {
    let mut report = full();
    for text in [&mut report.issuer, &mut report.tool.version, &mut report.environment.agent] {
        nasty.clone_into(text);
    }
    report.environment.profiles = vec![nasty.to_owned()];
    if let Some(own) = &mut report.own {
        own.profiles.iter_mut().for_each(|profile| nasty.clone_into(&mut profile.name));
        own.rules.iter_mut().for_each(|rule| nasty.clone_into(&mut rule.says));
    }
    for test in &mut report.tests {
        for text in [&mut test.title, &mut test.profile, &mut test.command, &mut test.started] {
            nasty.clone_into(text);
        }
        test.reason = test.reason.as_ref().map(|_| nasty.to_owned());
        for finding in test.findings.iter_mut().map(Arc::make_mut) {
            for text in [
                &mut finding.says,
                &mut finding.why,
                &mut finding.fix,
                &mut finding.spec,
                &mut finding.url,
                &mut finding.expected,
                &mut finding.actual,
            ] {
                nasty.clone_into(text);
            }
            finding.known = finding.known.as_ref().map(|_| nasty.to_owned());
        }
    }
    for exchange in exchanges(&mut report) {
        for text in [&mut exchange.title, &mut exchange.method] {
            nasty.clone_into(text);
        }
        exchange.url = format!("https://as.example/{nasty}");
        exchange.request_headers.push(("cookie".to_owned(), nasty.to_owned()));
        if let Ok(response) = &mut exchange.response {
            response.headers.extend(["set-cookie", "location", "content-type"].map(|name| (name.to_owned(), nasty.to_owned())));
            response.body = nasty.into();
        }
    }
    report
}

/// Reports of every kind.
fn reports() -> Vec<RunReport> {
    let mut empty = sample();
    empty.tests.clear();
    [sample(), full(), empty].into_iter().chain(NASTY.map(with)).collect()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).expect("it is JSON")
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).unwrap_or_else(|error| panic!("{error}"))
}

fn assert_valid(schema: &Validator, instance: &Value) {
    let errors: Vec<String> = schema.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn broken(report: &RunReport) -> Vec<&Finding> {
    let findings = report.tests.iter().flat_map(|test| &test.findings).map(AsRef::as_ref);
    findings.filter(|finding: &&Finding| finding.outcome == FindingOutcome::Failed).collect()
}

fn sarif_schema() -> Validator {
    validator(&read(&root().join("fixtures/formats/sarif-2.1.0.json")))
}

fn sarif_of(report: &RunReport) -> Value {
    serde_json::from_str(&sarif::render(report).expect("it is rendered")).expect("it is JSON")
}

#[test]
fn sarif_is_valid_and_has_what_code_scanning_asks_for() {
    let schema = sarif_schema();
    for report in reports() {
        let log = sarif_of(&report);
        assert_valid(&schema, &log);
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().expect("an id")).collect();
        assert_eq!(ids.len(), rules.len());
        for rule in rules {
            for text in ["/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"] {
                assert!(rule.pointer(text).and_then(Value::as_str).is_some_and(|text| !text.is_empty()), "{text} of {rule}");
            }
            assert!(rule["fullDescription"]["text"].as_str().expect("a text").chars().count() <= 1024);
        }
        let results = run["results"].as_array().expect("results");
        let findings = broken(&report);
        assert_eq!(results.len(), findings.len());
        let lines: Vec<String> = json::text(&report).expect("it is written").lines().map(str::to_owned).collect();
        let mut fingerprints = HashSet::new();
        for (result, finding) in results.iter().zip(findings) {
            assert_eq!(result["ruleId"], finding.rule.as_str());
            assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().expect("an index")).unwrap()]["id"], result["ruleId"]);
            let level = match finding.level {
                Level::Must => "error",
                Level::Should => "warning",
                Level::May => "note",
            };
            assert_eq!(result["level"], level);
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "results.json");
            let line = usize::try_from(place["region"]["startLine"].as_u64().expect("a line")).unwrap();
            assert_eq!(lines[line - 1].trim(), format!("\"rule\": \"{}\",", finding.rule));
            assert!(lines[line..].iter().take(2).any(|line| line.contains("\"level\": ")), "line {line} is of another thing");
            assert!(fingerprints.insert(result["partialFingerprints"]["primaryLocationLineHash"].to_string()), "{result}");
            assert_eq!(result["suppressions"].as_array().map(Vec::len), Some(usize::from(finding.known.is_some())));
            assert!(!result["message"]["text"].as_str().expect("a text").contains("]("), "{result}");
        }
    }
}

#[test]
fn sarif_says_what_was_found_and_what_did_not_run() {
    let report = full();
    let log = sarif_of(&report);
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let finding = broken(&report)[0];
    let text = result["message"]["text"].as_str().expect("a text");
    assert!(text.starts_with(&finding.says) && text.contains(&format!("Expected: {}", finding.expected)), "{text}");
    let suppressed: Vec<&Value> = run["results"].as_array().expect("results").iter().filter(|result| result["suppressions"][0].is_object()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0], json!({ "kind": "external", "status": "accepted", "justification": "a proxy" }));
    let invocation = &run["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["startTimeUtc"]), (&json!(false), &json!("2024-11-21T17:48:44Z")));
    assert_eq!(invocation["endTimeUtc"], "2024-11-21T17:48:49.727Z");
    let said: Vec<(&str, &str)> = invocation["toolExecutionNotifications"]
        .as_array()
        .expect("notifications")
        .iter()
        .map(|one| (one["level"].as_str().expect("a level"), one["message"]["text"].as_str().expect("a text")))
        .collect();
    for expected in [
        ("note", "form-post/basic: left out: not offered by the issuer: no `form_post`"),
        ("error", "a required test did not run: form-post/required: left out: not offered by the issuer: no `form_post`"),
        ("error", "dynamic-client-registration/discovery: could not be finished: no code came"),
    ] {
        assert!(said.contains(&expected), "{expected:?}: {said:#?}");
    }
}

#[test]
fn a_result_of_sarif_is_the_same_as_long_as_rule_and_test_are() {
    let fingerprints = |report: &RunReport| {
        let log = sarif_of(report);
        let results = log["runs"][0]["results"].as_array().expect("results").clone();
        results.into_iter().map(|result| result["partialFingerprints"].clone()).collect::<Vec<_>>()
    };
    let report = full();
    let mut later = report.clone();
    later.started = "2025-01-01T00:00:00Z".to_owned();
    for test in &mut later.tests {
        test.findings.iter_mut().map(Arc::make_mut).for_each(|finding| finding.actual.push_str(" today"));
        test.findings.retain(|finding| finding.outcome == FindingOutcome::Failed);
    }
    assert_eq!(fingerprints(&report), fingerprints(&later));
    later.tests.iter_mut().for_each(|test| test.id.push('x'));
    let (before, after) = (fingerprints(&report), fingerprints(&later));
    assert!(before.iter().all(|fingerprint| !after.contains(fingerprint)));
}

#[test]
fn the_schema_of_sarif_can_object() {
    let schema = sarif_schema();
    for (pointer, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/results/0/level", json!("must")),
        ("/runs/0/results/0/message", json!({})),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ("/runs/0/tool/driver/rules/0/helpUri", json!("not a uri")),
        ("/runs/0/invocations/0/startTimeUtc", json!("yesterday")),
    ] {
        let mut log = sarif_of(&full());
        *log.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = value;
        assert!(!schema.is_valid(&log), "{pointer}");
    }
}

/// The schemas of `har-schema`, which name each other by their files, as one.
fn har_schema() -> Validator {
    fn local(schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                members.remove("$id");
                members.remove("$schema");
                if let Some(Value::String(to)) = members.get_mut("$ref") {
                    *to = format!("#/definitions/{}", to.strip_suffix(".json#").expect("a file"));
                }
                members.values_mut().for_each(local);
            }
            Value::Array(items) => items.iter_mut().for_each(local),
            _ => {}
        }
    }
    let mut definitions = serde_json::Map::new();
    for file in fs::read_dir(root().join("fixtures/formats/har")).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if file.extension().is_some_and(|end| end == "json") {
            let mut schema = read(&file);
            local(&mut schema);
            definitions.insert(file.file_stem().expect("a name").to_string_lossy().into_owned(), schema);
        }
    }
    validator(&json!({ "$schema": "http://json-schema.org/draft-06/schema#", "$ref": "#/definitions/har", "definitions": definitions }))
}

fn har_of(report: &RunReport) -> Value {
    let mut text = Vec::new();
    har::write_to(report, &mut text).expect("it is written");
    serde_json::from_slice(&text).expect("it is JSON")
}

#[test]
fn har_is_valid_and_adds_up() {
    let schema = har_schema();
    for mut report in reports() {
        let har = har_of(&report);
        assert_valid(&schema, &har);
        let log = &har["log"];
        let pages: Vec<&Value> = log["pages"].as_array().expect("pages").iter().map(|page| &page["id"]).collect();
        let ran = report.tests.iter().filter(|test| test.verdict != Verdict::Skipped).count();
        assert_eq!((pages.len(), pages.iter().map(ToString::to_string).collect::<HashSet<_>>().len()), (ran, ran));
        let entries = log["entries"].as_array().expect("entries");
        assert_eq!(entries.len(), exchanges(&mut report).len());
        let mut before: BTreeMap<&str, jiff::Timestamp> = BTreeMap::new();
        for entry in entries {
            assert!(pages.contains(&&entry["pageref"]), "{entry}");
            // What the schema misspells as `min`.
            let timings = entry["timings"].as_object().expect("timings");
            for name in ["send", "wait", "receive"] {
                assert!(timings[name].as_i64().is_some_and(|time| time >= 0), "{name}: {entry}");
            }
            let sum: i64 = timings.values().filter_map(Value::as_i64).filter(|time| *time >= 0).sum();
            assert_eq!(entry["time"].as_i64(), Some(sum));
            for size in ["/request/headersSize", "/request/bodySize", "/response/headersSize", "/response/bodySize", "/response/content/size"] {
                assert!(entry.pointer(size).and_then(Value::as_i64).is_some_and(|size| size >= -1), "{size}: {entry}");
            }
            let began: jiff::Timestamp = entry["startedDateTime"].as_str().expect("a time").parse().expect("RFC 3339");
            let last = before.insert(entry["pageref"].as_str().expect("a page"), began);
            assert!(last.is_none_or(|last| last <= began), "{entry}");
        }
    }
}

#[test]
fn har_shows_an_exchange_as_the_journal_has_it() {
    let mut report = full();
    let har = har_of(&report);
    let entries = har["log"]["entries"].as_array().expect("entries");
    let first = &entries[0];
    assert_eq!((&first["_ofUserAgent"], &first["time"]), (&json!(true), &json!(0)));
    assert!(first["comment"].as_str().is_some_and(|comment| comment.contains("sent by the user agent")), "{first}");
    assert_eq!(first["request"]["url"], "https://as.example/authorize?code=%E2%80%B9code%201%E2%80%BA&a=b%20c&a=d");
    let query = json!([{ "name": "code", "value": "‹code 1›" }, { "name": "a", "value": "b c" }, { "name": "a", "value": "d" }]);
    assert_eq!(first["request"]["queryString"], query);
    assert_eq!(first["request"]["cookies"], json!([{ "name": "a", "value": "1" }, { "name": "b", "value": "2" }]));
    let set = json!([{ "name": "sid", "value": "‹cookie›", "path": "/", "expires": "2026-10-21T07:28:00Z", "httpOnly": true, "secure": true }]);
    assert_eq!((&first["response"]["cookies"], &first["response"]["redirectURL"]), (&set, &json!("/next")));
    assert!(first["response"]["content"].get("text").is_none(), "{first}");
    let last = entries.last().expect("an entry");
    assert_eq!((&last["response"]["status"], &last["response"]["_error"]), (&json!(0), &json!("connection refused")));

    let with_body = entries.iter().zip(exchanges(&mut report)).find(|(_, exchange)| exchange.request_body.is_some());
    let (entry, exchange) = with_body.expect("a request with a body");
    assert_eq!(entry["request"]["postData"]["text"].as_str(), exchange.request_body.as_deref());
    assert_eq!(entry["request"]["method"], exchange.method.as_str());
    assert_eq!(entry["request"]["headers"].as_array().map(Vec::len), Some(exchange.request_headers.len()));
    let response = exchange.response.as_ref().expect("a response");
    assert_eq!(entry["response"]["content"]["text"], *response.body);
    assert_eq!(entry["response"]["status"], response.status);
}

#[test]
fn the_schema_of_har_can_object() {
    let schema = har_schema();
    for (pointer, value) in [
        ("/log/entries/0/startedDateTime", json!("yesterday")),
        ("/log/entries/0/request", json!({})),
        ("/log/entries/0/request/url", json!("‹url›")),
        ("/log/entries/0/response/cookies/0", json!({ "name": "a" })),
        ("/log/pages/0/pageTimings", json!(1)),
        ("/log/creator", json!({})),
    ] {
        let mut har = har_of(&full());
        *har.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = value;
        assert!(!schema.is_valid(&har), "{pointer}");
    }
}

/// If the test point of a test is `ok`, and if it is one of a skipped test.
fn point(verdict: Verdict, required: bool) -> (bool, bool) {
    match verdict {
        Verdict::Failed | Verdict::Errored => (false, false),
        Verdict::Skipped | Verdict::LeftOut => (!required, !required),
        Verdict::Passed | Verdict::Suggested | Verdict::Warned => (true, false),
    }
}

#[test]
fn tap_has_a_test_point_for_each_test() {
    for report in reports() {
        let document = tap::render(&report);
        let mut lines = document.lines();
        assert_eq!(lines.next(), Some("TAP version 14"));
        let lines: Vec<&str> = lines.skip_while(|line| line.starts_with('#')).collect();
        assert!(lines[0].starts_with(&format!("1..{}", report.tests.len())), "{}", lines[0]);
        let mut points = 0;
        let mut in_yaml = false;
        for line in &lines[1..] {
            match *line {
                "  ---" if !in_yaml => in_yaml = true,
                "  ..." if in_yaml => in_yaml = false,
                _ if in_yaml => assert!(line.starts_with("  ") && !line.trim().starts_with("..."), "{line:?}"),
                "Bail out! The run was interrupted before all tests had ended." => assert!(report.interrupted),
                _ => {
                    let test = &report.tests[points];
                    points += 1;
                    let (ok, skipped) = point(test.verdict, test.required);
                    let begin = format!("{}ok {points} - {}", if ok { "" } else { "not " }, test.id);
                    let rest = line.strip_prefix(&begin).unwrap_or_else(|| panic!("{line:?} does not begin with {begin:?}"));
                    assert_eq!(rest.starts_with(" # SKIP "), skipped, "{line:?}");
                    assert_eq!(rest.replace("\\\\", "").replace("\\#", "").matches('#').count(), usize::from(skipped), "{line:?}");
                }
            }
        }
        assert_eq!((points, in_yaml), (report.tests.len(), false));
    }
}

#[test]
fn a_parser_of_tap_that_is_not_ours_reads_it() {
    if quick() {
        return;
    }
    let folder = root().join("tests/interop/tap");
    assert!(folder.join("node_modules").is_dir(), "scripts/test installs its packages: run it, or npm ci in {}", folder.display());
    for report in reports() {
        let mut child =
            Command::new("node").arg("read.mjs").current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node starts");
        let text = tap::render(&report);
        child.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("it is read");
        let output = child.wait_with_output().expect("it ends");
        let parsed: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{why}: {output:?}"));
        let points = parsed["points"].as_array().expect("points");
        assert_eq!((points.len(), &parsed["remarks"]), (report.tests.len(), &json!([])), "{text}\n{parsed:#}");
        assert_eq!(parsed["bailout"] != json!(false), report.interrupted, "{parsed:#}");
        for (point_read, test) in points.iter().zip(&report.tests) {
            let (ok, skipped) = point(test.verdict, test.required);
            assert_eq!((&point_read["ok"], &point_read["name"]), (&json!(ok), &json!(test.id)), "{text}");
            assert_eq!(point_read["skip"] != json!(false), skipped, "{point_read:#}");
            assert_eq!(point_read["tapError"], Value::Null, "{point_read:#}");
            let diagnostics = &point_read["diag"];
            assert_eq!(point_read["time"].as_u64().unwrap_or_default(), test.duration_ms, "{point_read:#}");
            let failed = test.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Failed);
            let of_test = failed.map(|finding| (&finding.rule, finding.level, &finding.actual)).collect::<BTreeSet<_>>().len();
            let rules = diagnostics["broken"].as_array().map(Vec::as_slice).unwrap_or_default();
            assert_eq!(rules.len(), of_test, "{point_read:#}");
            for rule in rules {
                let finding = test.findings.iter().find(|finding| finding.rule == rule["rule"]).expect("it is a rule of the test");
                assert_eq!(rule["demand"], oa_authtest::text::visible::short(&finding.says, 500));
                assert_eq!(rule.get("known").is_some(), finding.known.is_some());
            }
        }
    }
}

/// The samples of a text in the format of OpenMetrics, by name and labels; every line is held to the grammar of the format.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let name_is_sound =
        |name: &str| name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let body = text.strip_suffix("# EOF\n").expect("the end is marked");
    let (mut samples, mut families) = (BTreeMap::new(), HashSet::new());
    let mut family = String::new();
    let mut described = HashSet::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let (keyword, name, value) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            match keyword {
                "TYPE" => {
                    assert!(families.insert(name.to_owned()), "{name} is there twice");
                    assert_eq!(value, "gauge");
                    assert!(
                        name_is_sound(name) && !["_total", "_info", "_count", "_sum", "_bucket", "_created"].iter().any(|end| name.ends_with(end))
                    );
                    name.clone_into(&mut family);
                    described.clear();
                }
                "UNIT" => assert!(name.ends_with(&format!("_{value}")), "{line}"),
                "HELP" => assert!(!value.contains(['\\', '"']), "{line}"),
                other => panic!("{other}: {line}"),
            }
            assert_eq!(name, family, "{line}");
            assert!(described.insert(keyword.to_owned()), "{line}");
            continue;
        }
        let rest = line.strip_prefix(&format!("{family}{{")).unwrap_or_else(|| panic!("{line:?} is not of {family}"));
        let mut labels = BTreeMap::new();
        let mut rest = rest;
        loop {
            let (label, value) = rest.split_once("=\"").expect("a label");
            assert!(name_is_sound(label), "{label}");
            let mut end = None;
            let mut escaped = false;
            for (at, c) in value.char_indices() {
                match c {
                    _ if escaped => {
                        assert!(['\\', '"', 'n'].contains(&c), "{line}");
                        escaped = false;
                    }
                    '\\' => escaped = true,
                    '"' => {
                        end = Some(at);
                        break;
                    }
                    _ => {}
                }
            }
            let end = end.expect("the value ends");
            assert!(labels.insert(label.to_owned(), value[..end].to_owned()).is_none(), "{line}");
            rest = &value[end + 1..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => break,
            }
        }
        let value: f64 = rest.strip_prefix("} ").expect("the labels end").parse().expect("a number");
        assert!(labels.contains_key("issuer"), "{line}");
        labels.remove("issuer");
        let key = labels.into_iter().fold(family.clone(), |key, (name, value)| format!("{key} {name}={value}"));
        assert!(samples.insert(key, value).is_none(), "{line} is there twice");
    }
    samples
}

#[test]
fn openmetrics_keeps_to_its_grammar_and_counts_right() {
    for report in reports() {
        let samples = samples(&openmetrics::render(&report));
        let sum = |name: &str| samples.iter().filter(|(key, _)| key.starts_with(&format!("{name} "))).map(|(_, value)| value).sum::<f64>();
        #[allow(clippy::cast_precision_loss, reason = "a few tests")]
        let tests = report.tests.len() as f64;
        assert!((sum("oa_authtest_tests") - tests).abs() < f64::EPSILON);
    }
    let samples = samples(&openmetrics::render(&full()));
    let value = |key: &str| *samples.get(key).unwrap_or_else(|| panic!("{key} is not in {samples:#?}"));
    for (key, expected) in [
        ("oa_authtest_tests profile=openactive verdict=failed", 2.0),
        ("oa_authtest_tests profile=openactive verdict=left out", 2.0),
        ("oa_authtest_tests profile=openactive verdict=warned", 0.0),
        ("oa_authtest_known_failures profile=openactive", 1.0),
        ("oa_authtest_rules profiles=openactive", 500.0),
        ("oa_authtest_conformant profiles=openactive", 0.0),
        ("oa_authtest_duration_seconds profiles=openactive", 5.727),
        ("oa_authtest_started_timestamp_seconds profiles=openactive", 1_732_211_324.0),
    ] {
        assert!((value(key) - expected).abs() < 1e-9, "{key}: {}", value(key));
    }
    let report = full();
    let musts = words::broken_levels(&report.tests).into_values().filter(|level| *level == Level::Must).count();
    assert!(musts > 0 && format!("{}", value("oa_authtest_broken_rules level=must profile=openactive")) == musts.to_string());
}

#[test]
fn a_badge_is_sound_svg_with_its_words_in_it() {
    for report in reports() {
        let svg = badge::render(&report);
        let mut reader = quick_xml::Reader::from_str(&svg);
        let (mut texts, mut elements) = (Vec::new(), Vec::new());
        loop {
            match reader.read_event().unwrap_or_else(|why| panic!("{why}: {svg}")) {
                quick_xml::events::Event::Start(element) | quick_xml::events::Event::Empty(element) => {
                    elements.push(String::from_utf8_lossy(element.name().as_ref()).into_owned());
                    element.attributes().for_each(|attribute| drop(attribute.unwrap_or_else(|why| panic!("{why}: {svg}"))));
                }
                quick_xml::events::Event::Text(text) => texts.push(String::from_utf8_lossy(&text).into_owned()),
                quick_xml::events::Event::Eof => break,
                quick_xml::events::Event::End(_) | quick_xml::events::Event::GeneralRef(_) => {}
                other => panic!("{other:?}: {svg}"),
            }
        }
        assert_eq!(elements, ["svg", "title", "clipPath", "rect", "g", "rect", "rect", "g", "text", "text"], "{svg}");
        assert!(svg.contains(" role=\"img\" ") && svg.contains(" aria-label=\"OpenID Connect: "), "{svg}");
        assert!(texts.iter().any(|text| text == "OpenID Connect"), "{texts:?}");
        for loaded in ["href", "url(http", "<script", "<style", "<image"] {
            assert!(!svg.contains(loaded), "{loaded}: {svg}");
        }
    }
}

#[test]
fn the_documentation_and_the_completions_name_each() {
    let page = fs::read_to_string(root().join("docs/formats.md")).expect("it is there");
    let (_, rest) = page.split_once("## Formats of the reports\n").expect("the formats have a section");
    let (section, _) = rest.split_once("\n## ").expect("the section ends");
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["completions", "bash"]);
    let completions = run(command).stdout;
    for format in Format::value_variants() {
        let name = format.to_possible_value().expect("it has a name").get_name().to_owned();
        assert!(section.lines().any(|line| line.starts_with(&format!("| `{name}` | "))), "{name} is not in docs/formats.md");
        assert!(completions.lines().any(|line| line.contains("markdown html") && line.contains(&name)), "{name} is not completed");
    }
    for single in &SINGLE_FILES {
        assert!(section.contains(&format!("`{}`", single.name)), "{} is not in the README", single.name);
    }
}

#[test]
fn each_is_written_rendered_again_and_taken_away() {
    const NAMES: [&str; 5] = ["results.sarif", "results.har", "results.tap", "metrics.txt", "badge.svg"];
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let call = |arguments: &[&str]| {
        let mut command = program(folder);
        command.args(arguments);
        run(command)
    };
    let formats = ["--format", "sarif,har,tap,openmetrics,badge"];
    let demo = ["run", "--demo", "--agent", "http", "--report-dir", "a"];
    let ended = call(&[&demo[..], &["--flaw", "id-token-expired"], &formats].concat());
    assert!(ended.code == 1 && ended.stdout.contains("Report: a/results.sarif"), "{}", ended.said());
    let again = call(&[&["report", "a/results.json", "--report-dir", "b"][..], &formats].concat());
    assert_eq!((again.code, again.stdout.as_str()), (0, "b/results.sarif\n"), "{}", again.said());
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    for name in NAMES {
        assert_eq!(text(&format!("a/{name}")), text(&format!("b/{name}")), "{name}");
    }
    // A real run has everything in it that an issuer sends.
    assert_valid(&sarif_schema(), &read(&folder.join("a/results.sarif")));
    assert_valid(&har_schema(), &read(&folder.join("a/results.har")));
    samples(&text("a/metrics.txt"));
    assert!(text("a/results.sarif").contains("\"id-token/exp-future\"") && text("a/results.tap").contains("- rule: \"id-token/exp-future\""));
    assert!(text("a/badge.svg").contains("MUST rule"));
    assert!(!has_jwt(&text("a/results.har")), "a token is in results.har");

    // Those of an earlier run go, what is of another program stays.
    fs::write(folder.join("a/results.sarif"), "{ \"version\": \"2.1.0\" }").expect("it is written");
    let ended = call(&[&demo[..], &["--format", "markdown", "--test", "*/client-credentials-flow"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.said());
    for name in NAMES {
        assert_eq!(folder.join("a").join(name).exists(), name == "results.sarif", "{name}");
    }
}
