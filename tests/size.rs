//! How large the reports of a run are: what repeats is in them once, and no text of an issuer's has more room than there is for its kind.

use std::fs;
use std::path::Path;

use oa_authtest::report::json;
use oa_authtest::result::model::{Entry, Page, RunReport};
use serde_json::{Value, json};

use crate::common::{patched, program, run};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

fn size(path: &Path) -> usize {
    usize::try_from(fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).len()).unwrap()
}

/// Renders a report again, and says how large the two files are that hold everything.
fn rendered(folder: &Path, report: &RunReport) -> (usize, usize) {
    json::write(report, folder).unwrap();
    let mut command = program(folder);
    command.args(["report", "results.json", "--report-dir", "again", "--format", "html"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    (size(&folder.join("again/results.json")), size(&folder.join("again/report.html")))
}

#[test]
fn a_run_of_many_tests_has_reports_that_can_be_sent_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--profile", "openactive,oidc,security,oauth"]);
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let reports = folder.path().join("reports");
    let (results, page) = (size(&reports.join("results.json")), size(&reports.join("report.html")));
    assert!(results < 4 * MIB && page < 8 * MIB, "results.json: {results}, report.html: {page}");
    let report = json::read(&reports.join("results.json")).unwrap();
    assert!(report.tests.len() > 80, "{} tests", report.tests.len());
    let findings: usize = report.tests.iter().map(|test| test.findings.len()).sum();
    assert!(findings > 15_000, "{findings} findings");
    assert!(results < 200 * findings, "{} bytes a finding in results.json", results / findings);

    // The older form holds the same, and is larger by far.
    let older = RunReport { schema: "oa-authtest/results/1".to_owned(), ..report.clone() };
    let text = json::text(&older).unwrap();
    assert!(text.len() > 3 * results, "{} bytes", text.len());
    fs::write(folder.path().join("older.json"), &text).unwrap();
    let read = json::read(&folder.path().join("older.json")).unwrap();
    assert_eq!(read.schema, older.schema);
    assert!(read.tests == report.tests, "nothing is lost");
    assert_eq!(json::text(&read).unwrap(), text, "it is written as it was");
    for (before, after) in [("older.json", "reports/results.json"), ("reports/results.json", "older.json")] {
        let mut compare = program(folder.path());
        compare.args(["compare", before, after]);
        let ended = run(compare);
        assert_eq!(ended.code, 0, "{}", ended.said());
    }

    // Ten times the tests, each with pages, and the same picture on most of them.
    let mut larger = report;
    let tests = std::mem::take(&mut larger.tests);
    for (n, of) in (0..10).flat_map(|n| tests.iter().map(move |test| (n, test))) {
        let mut again = of.clone();
        again.id = format!("{}-{n}", again.id);
        let name = format!("{}.png", if larger.tests.len().is_multiple_of(50) { larger.tests.len() } else { 0 });
        let page = Page {
            title: "Login page".to_owned(),
            document_title: None,
            url: "https://op.example/login".to_owned(),
            status: Some(200),
            note: "It asks for a password.".to_owned(),
            screenshot: Some(name.clone()),
            source: None,
        };
        if let Some(step) = again.steps.first_mut() {
            step.entries.push(Entry::Page(page));
        }
        let picture = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x05\0\0\0\x03\xaf".as_slice(), name.as_bytes(), &vec![7; 300 * KIB]].concat();
        fs::write(folder.path().join(name), picture).unwrap();
        larger.tests.push(again);
    }
    let (results, page) = rendered(folder.path(), &larger);
    let tests = larger.tests.len();
    assert!(results < 40 * KIB * tests, "results.json has {} bytes a test", results / tests);
    assert!(page < 4 * MIB + 50 * KIB * tests, "report.html has {page} bytes for {tests} tests");
}

/// A server whose metadata names a token endpoint of a megabyte. All of it has to fit into an answer.
fn lengthy() -> Value {
    let set = json!({ "/token_endpoint": format!("{{issuer}}/{}", "x".repeat(MIB)), "/scopes_supported/0": "y".repeat(100 * KIB) });
    json!([{ "at": "discovery", "set": set }, { "at": "registration", "set": { "/client_name": "z".repeat(MIB) } }])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_a_megabyte_is_in_a_report_once_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, redirect_uri) = patched::issuer(lengthy()).await;
    let ended = patched::tell(&issuer, &redirect_uri, folder.path(), &["--format", "html,markdown,junit,sarif,har,tap"].map(str::to_owned)).await;
    issuer.stop().await;
    assert!(matches!(ended.code, 1 | 3), "{}", ended.said());
    assert!(ended.stdout.len() + ended.stderr.len() < 100 * KIB, "{} bytes on the terminal", ended.stdout.len() + ended.stderr.len());
    let results = json::read(&folder.path().join("reports/results.json")).unwrap();
    let most =
        [("results.json", 2 * MIB), ("report.html", 2 * MIB), ("summary.md", 100 * KIB), ("junit.xml", 500 * KIB), ("results.sarif", 500 * KIB)];
    for (name, most) in most.into_iter().chain([("results.tap", 500 * KIB), ("results.har", 8 * MIB)]) {
        let bytes = size(&folder.path().join("reports").join(name));
        assert!(bytes < most, "{name} has {bytes} bytes");
    }
    let said = results
        .tests
        .iter()
        .flat_map(|test| &test.steps)
        .flat_map(|step| &step.entries)
        .filter(|entry| matches!(entry, Entry::Exchange(exchange) if exchange.url.ends_with("bytes in all)")))
        .count();
    assert!(said > 0, "what was cut says how long it was");
}
