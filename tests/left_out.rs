//! A test that does not get to what it is about is left out: no report calls it passed, and each says why.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::patched::{issuer, tell};
use crate::common::{Ended, program, run};

const STORY: &str = "rp-initiated-logout/by-post";

const REASON: &str = "the provider metadata names no usable `end_session_endpoint`, and none is configured";

/// Tells the stories of logout and of discovery to an issuer with these patches, in every format.
async fn told(patch: Value, folder: &Path, more: &[&str]) -> (Ended, Value) {
    let (issuer, redirect_uri) = issuer(patch).await;
    let stories = ["--profile", "security,oidc", "--test", STORY, "--format", "markdown,html,junit,github"];
    let more: Vec<String> = stories.iter().chain(more).map(|word| (*word).to_owned()).collect();
    let ended = tell(&issuer, &redirect_uri, folder, &more).await;
    issuer.stop().await;
    let text = fs::read_to_string(folder.join("reports/results.json")).unwrap_or_else(|error| panic!("{error}: {}", ended.said()));
    (ended, serde_json::from_str(&text).expect("it is JSON"))
}

fn without_logout() -> Value {
    json!([{"at": "discovery", "remove": ["/end_session_endpoint"]}])
}

fn lines_with<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(word)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_says_that_a_test_was_left_out_and_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ended, results) = told(without_logout(), folder.path(), &["--test", "discovery/*", "--statement"]).await;
    assert_eq!(ended.code, 0, "{}", ended.said());

    let find = |id: &str| results["tests"].as_array().and_then(|tests| tests.iter().find(|test| test["id"] == id)).expect("it is there");
    let (test, other) = (find(STORY), find("discovery/provider-metadata"));
    assert_eq!((&test["verdict"], &test["reason"], &test["left_out"]), (&json!("left-out"), &json!(REASON), &json!({ "cause": "not-offered" })));
    assert_eq!((&test["counts"]["passed"], &test["counts"]["left_out"]), (&json!(0), &json!(1)));
    // What another test saw as well is in the file once.
    let group = &test["judged"][0];
    let shared = group["shared_passed"].as_u64().and_then(|place| results.pointer(&format!("/shared/passed/{place}")));
    let passed = shared.unwrap_or(&group["passed"]).as_object();
    assert!(passed.is_some_and(|passed| passed.len() > 20), "what was judged on the way is kept");
    assert_eq!((&results["verdict"], &results["counts"]["left_out"]), (&json!("passed"), &json!(1)));
    assert_eq!(results["counts"]["passed"], other["counts"]["passed"], "of the other test alone");

    let read = |name: &str| fs::read_to_string(folder.path().join("reports").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let out = &ended.stdout;
    assert!(out.contains(&format!("⬜ 1 test left out, not offered by the issuer: {REASON}\n   {STORY}\n")), "{out}");
    assert!(out.contains(" rules checked; 1 test left out\n"), "{out}");
    assert_eq!(out.lines().last(), Some("Exit code 0: conformant; 1 test left out."), "{out}");
    assert!(out.contains(&format!("::notice title=1 test left out::1 test: not offered by the issuer: {REASON}")), "{out}");
    assert!(ended.stderr.contains(&format!("⬜ {STORY} left out: {REASON}")), "{}", ended.said());

    let summary = read("summary.md");
    assert!(summary.contains(" rules checked; 1 test left out**") && summary.contains("## Left out\n"), "{summary}");
    let row = lines_with(&summary, "rp-initiated-logout/by-post.md").concat();
    assert!(row.contains("| ⬜ left out | – | 0 | 0 | 0 |"), "{summary}");
    let page = read(&format!("{STORY}.md"));
    assert!(page.contains("**⬜ left out") && page.contains("### Why\n\nnot offered by the issuer: the provider metadata"), "{page}");
    assert!(read("report.html").contains("data-verdict=\"left-out\""));
    let junit = read("junit.xml");
    assert!(lines_with(&junit, "<testsuites").concat().contains("skipped=\"1\"") || lines_with(&junit, "skipped=\"1\"").len() == 1, "{junit}");
    assert!(lines_with(&junit, "<skipped").concat().contains("left out, not offered by the issuer: the provider metadata"), "{junit}");
    let statement = read("statement.md");
    assert!(lines_with(&statement, STORY).concat().starts_with(&format!("* {STORY}: not offered by the issuer: the provider")), "{statement}");
    for text in [out, &summary, &page, &junit, &statement, &read("report.html")] {
        assert!(!text.contains("in 0 tests"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_only_left_out_tested_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ended, results) = told(without_logout(), folder.path(), &[]).await;
    assert_eq!((ended.code, &results["verdict"]), (4, &json!("left-out")), "{}", ended.said());
    assert!(ended.stdout.contains("⬜ NOTHING TESTED: 1 test left out\n"), "{}", ended.said());
    assert_eq!(ended.stdout.lines().last(), Some("Exit code 4: nothing was tested; 1 test left out."), "{}", ended.said());
    for name in ["summary.md", "report.html", "junit.xml"] {
        let text = fs::read_to_string(folder.path().join("reports").join(name)).expect("it is written");
        assert!(!text.contains("in 0 tests"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_must_that_breaks_on_the_way_fails_the_test() {
    let folder = tempfile::tempdir().expect("a folder");
    let patch = json!([{"at": "discovery", "remove": ["/end_session_endpoint", "/subject_types_supported"]}]);
    let (ended, results) = told(patch, folder.path(), &[]).await;
    assert_eq!((ended.code, &results["tests"][0]["verdict"]), (1, &json!("failed")), "{}", ended.said());
    assert_eq!((&results["tests"][0]["left_out"], results["counts"].get("left_out")), (&json!({ "cause": "not-offered" }), None));
    assert!(ended.stdout.contains("❌ NOT CONFORMANT: 1 MUST rule broken, in 1 of 1 test; "), "{}", ended.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_now_was_lost_and_what_no_longer_is_was_won() {
    let (whole, less) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let (ended, results) = told(json!([]), whole.path(), &[]).await;
    assert_eq!((ended.code, &results["verdict"]), (0, &json!("passed")), "{}", ended.said());
    told(without_logout(), less.path(), &[]).await;
    let results = |folder: &Path| folder.join("reports/results.json");
    for (before, after, code, says) in [
        (whole.path(), less.path(), 1, format!("* `{STORY}`: ``{REASON}``\n")),
        (less.path(), whole.path(), 0, format!("## Tests that are no longer left out\n\n* `{STORY}`")),
    ] {
        let mut command = program(whole.path());
        command.arg("compare").arg(results(before)).arg(results(after));
        let ended = run(command);
        assert!(ended.code == code && ended.stdout.contains(&says), "{}", ended.said());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_names_another_host_where_a_cache_may_keep_the_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let id = "metadata-attacks/forwarded-headers";
    let patch = json!([{"at": "discovery", "headers": {"age": "12"}}]);
    let (ended, results) = told(patch, folder.path(), &["--test", id]).await;
    let test = results["tests"].as_array().and_then(|tests| tests.iter().find(|test| test["id"] == id)).expect("it is there");
    assert_eq!(test["verdict"], "left-out", "{}", ended.said());
    assert!(test["not_tested"].to_string().contains("a cache might give the answer to others"), "{test:#}");
    assert!(!test.to_string().contains("forwarded.oa-authtest.invalid"), "{test:#}");
}
