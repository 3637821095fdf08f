//! Whatever an issuer sends: a run ends in time with the right exit code and whole reports, names the cause, and stays small.
//!
//! Each case is a row: where the hostile answer comes from, what it is, how the run ends, and words that its reports say about it. What takes minutes is in
//! `scripts/soak`.
#![allow(clippy::format_collect, clippy::too_many_lines, reason = "tables, and large texts that are made in a line")]

mod keys;
mod metadata;
mod pages;
mod registration;
mod server;
mod tls;
mod tokens;
mod userinfo;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures::StreamExt as _;
use oa_authtest::issuer::RunningIssuer;
use oa_authtest::result::model::{FindingOutcome, RunReport};
use serde_json::{Value, json};

use crate::common::measured::{Measured, measured};
use crate::common::{free_port, patched, program, results};
use server::{Does, Server};

/// The most memory that a run may need, in bytes.
const MOST_MEMORY: u64 = 300 * 1024 * 1024;
/// The longest that a run may take: each has time-outs of two and four seconds, and there are few requests.
const LONGEST: Duration = Duration::from_secs(40);
/// The most bytes of a report that is one file.
const MOST_REPORT: u64 = 12 * 1024 * 1024;

/// Where the hostile answer comes from: the member of the provider metadata that leads there, and the test that asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Metadata,
    Keys,
    Registration,
    Token,
    Page,
    /// As for a page, but what is answered leads to the client.
    Callback,
    Userinfo,
}

impl Place {
    fn member(self) -> Option<&'static str> {
        Some(match self {
            Self::Metadata => return None,
            Self::Keys => "jwks_uri",
            Self::Registration => "registration_endpoint",
            Self::Token => "token_endpoint",
            Self::Page | Self::Callback => "authorization_endpoint",
            Self::Userinfo => "userinfo_endpoint",
        })
    }

    fn test(self) -> &'static str {
        match self {
            Self::Metadata | Self::Keys => "discovery/provider-metadata",
            Self::Registration => "oauth-client-registration/life-of-a-client",
            Self::Token => "oauth-client-credentials/grant",
            Self::Page | Self::Callback => "oauth-authorization-code/code-flow",
            Self::Userinfo => "userinfo/requests",
        }
    }
}

/// A row of the matrix.
struct Case {
    name: &'static str,
    at: Place,
    /// What is answered, by a server with this address; for a callback it is the client's, with the state.
    does: fn(&str) -> Does,
    ends: Ends,
}

/// How a run is to end.
struct Ends {
    code: i32,
    /// Words of the reason, of a finding, or of what the program prints.
    says: &'static str,
}

fn case(name: &'static str, at: Place, code: i32, says: &'static str, does: fn(&str) -> Does) -> Case {
    Case { name, at, does, ends: Ends { code, says } }
}

/// Sound metadata of a server, with more members or others.
fn metadata(base: &str, others: &Value) -> Value {
    let mut metadata = json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"]
    });
    let members = metadata.as_object_mut().expect("an object");
    members.extend(others.as_object().expect("an object").clone());
    metadata
}

/// What came of a case that is not as it should be.
async fn problem(case: &Case) -> Option<String> {
    let does = case.does;
    let at = case.at;
    let server = Server::start(move |target, base| match target.split('?').next() {
        Some("/.well-known/openid-configuration") if at == Place::Metadata => does(base),
        Some("/hostile") if at == Place::Callback => does(&client(target)),
        Some("/hostile" | "/hostile/again") => does(base),
        _ => server::response("404 Not Found", "", ""),
    });
    let folder = tempfile::tempdir().expect("a folder");
    let test =
        ["--profile", "openactive,oidc,oauth", "--test", at.test(), "--timeout", "2", "--login-timeout", "4", "--format", FORMATS].map(str::to_owned);
    let (mut command, _issuer): (Command, Option<RunningIssuer>) = match at.member() {
        None => {
            let mut command = program(folder.path());
            let redirect_uri = format!("http://127.0.0.1:{}/cb", free_port());
            command.args(["run", "--agent", "http", "--issuer", &server.base(), "--redirect-uri", &redirect_uri]).args(test);
            (command, None)
        }
        Some(member) => {
            let place = format!("/{member}");
            let patch = json!([{"at": "discovery", "set": {&place: format!("{}/hostile", server.base())}},
                               {"at": "server-metadata", "set": {&place: format!("{}/hostile", server.base())}}]);
            let (issuer, redirect_uri) = patched::issuer(patch).await;
            (patched::command(&issuer, &redirect_uri, folder.path(), &test), Some(issuer))
        }
    };
    command.env("RUST_BACKTRACE", "0");
    let mut wrong = looked_at(&case.ends, folder.path(), command).await;
    if server.asked() == 0 {
        wrong.push("the hostile endpoint was never asked".to_owned());
    }
    said_of(case.name, &wrong)
}

/// What is said of a case with which something is wrong.
fn said_of(name: &str, wrong: &[String]) -> Option<String> {
    (!wrong.is_empty()).then(|| format!("{name}:\n    {}", wrong.join("\n    ")))
}

/// Fails with what is wrong with some cases, of which three are looked at at once.
async fn none_is_wrong<C, F: Future<Output = Option<String>>>(cases: impl ExactSizeIterator<Item = C>, problem: impl FnMut(C) -> F) {
    let number = cases.len();
    let problems: Vec<String> = futures::stream::iter(cases).map(problem).buffer_unordered(3).filter_map(|problem| async { problem }).collect().await;
    assert!(problems.is_empty(), "{} of {number} cases:\n{}", problems.len(), problems.join("\n"));
}

/// What a run writes.
const FORMATS: &str = "json,markdown,html,junit,sarif,tap";

/// The address of the client that an authorization request names, with its state.
fn client(target: &str) -> String {
    let request = url::Url::parse("http://op.example").and_then(|base| base.join(target)).expect("a request");
    let value = |name: &str| request.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned()).unwrap_or_default();
    let mut client = url::Url::parse(&value("redirect_uri")).expect("a redirect URI");
    client.query_pairs_mut().append_pair("state", &value("state"));
    client.to_string()
}

/// What is wrong with a run and what it left.
async fn looked_at(ends: &Ends, folder: &Path, command: Command) -> Vec<String> {
    let ended = tokio::task::spawn_blocking(move || measured(command, LONGEST)).await.expect("it ends");
    let Measured { code, said, took, memory } = &ended;
    let mut wrong = Vec::new();
    let shown: String = said.chars().take(3_000).collect();
    if *code != Some(ends.code) {
        wrong.push(format!("it ended with {code:?} and not {} after {took:?}: {shown}", ends.code));
    }
    if said.contains("panicked") || said.contains("a bug in oa-authtest") {
        wrong.push(format!("it has a bug: {shown}"));
    }
    if *memory > MOST_MEMORY {
        wrong.push(format!("it needed {} MiB", memory / 1024 / 1024));
    }
    // What a terminal would obey.
    if said.contains('\u{1b}') {
        wrong.push("what it printed holds an escape character".to_owned());
    }
    let reports = folder.join("reports");
    for name in ["results.json", "summary.md", "report.html", "junit.xml", "results.sarif", "results.tap"] {
        match std::fs::metadata(reports.join(name)) {
            Ok(file) if file.len() > MOST_REPORT => wrong.push(format!("{name} has {} KiB", file.len() / 1024)),
            Ok(file) if file.len() > 0 => {}
            _ => wrong.push(format!("there is no {name}")),
        }
    }
    if !reports.join("results.json").exists() {
        return wrong;
    }
    let report = results(folder);
    let texts = texts(&report);
    if !said.contains(ends.says) && !texts.iter().any(|text| text.contains(ends.says)) {
        let texts: Vec<String> = texts.iter().map(|text| text.chars().take(500).collect()).collect();
        wrong.push(format!("nothing says {:?}, but:\n        {}", ends.says, texts.join("\n        ")));
    }
    wrong
}

/// The reasons of a report, and what was seen where a rule is broken.
fn texts(report: &RunReport) -> Vec<String> {
    let mut texts = Vec::new();
    for test in &report.tests {
        texts.extend(test.reason.clone());
        texts.extend(test.not_tested.iter().cloned());
        let broken = test.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Failed);
        texts.extend(broken.map(|finding| format!("{}: {}", finding.rule, finding.actual)));
    }
    texts
}

/// All cases; `HOSTILE=NAME` takes those whose names contain that.
fn cases() -> Vec<Case> {
    let all = [metadata::cases(), keys::cases(), registration::cases(), tokens::cases(), pages::cases(), userinfo::cases()];
    let asked_for = std::env::var("HOSTILE").unwrap_or_default();
    all.into_iter().flatten().filter(|case| case.name.contains(&asked_for)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_a_run_ends_as_it_should() {
    let cases = cases();
    none_is_wrong(cases.iter(), problem).await;
}

#[test]
fn the_matrix_is_large_and_its_names_are_its_own() {
    let names: Vec<_> = cases().iter().map(|case| case.name).collect();
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), names.len());
    assert!(names.len() + tls::CASES >= 120 || std::env::var_os("HOSTILE").is_some(), "{}", names.len());
}
