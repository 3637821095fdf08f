//! No secret of a run is in anything that it writes: not in a report of any format, not on a terminal, however an issuer spells it.
//!
//! What was secret is read off the wire by a proxy, which also echoes it in every spelling, and looked for by spellings that are made here for a second time.

mod proxy;
mod spellings;

use std::path::Path;

use oa_authtest::issuer::{CLIENT_ID, IssuerOptions, USERNAME, start};
use serde_json::Value;

use crate::common::{Ended, files, free_port, program, quick, run_within};
use proxy::Proxy;
use spellings::Scan;

const FORMATS: &str = "markdown,html,json,junit,sarif,har,tap,openmetrics,badge";

/// The longest that a run may take: all profiles in a browser, by way of a server that looks at everything.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(600);

/// The secrets that a run is given.
struct Given {
    client_secret: String,
    password: String,
    /// True for words that every report is full of.
    are_words: bool,
}

fn given(client_secret: &str, password: &str, are_words: bool) -> Given {
    Given { client_secret: client_secret.to_owned(), password: password.to_owned(), are_words }
}

/// Awkward ones.
fn awkward() -> Vec<Given> {
    let long: String = ('!'..='~').cycle().step_by(7).take(500).collect();
    vec![
        given("secret", "password", true),
        given("a&b<c>\"d\\e+f %41 g", "pässwört ü&<\"+\\%41", false),
        given(&long, "c2VjcmV0LWxvb2tpbmc=", false),
        given("deadbeef00c0ffee1234567890abcdef", "日本語パスワード-und-umlaute-äöü", false),
        given("&amp;%2541\\u0041-looks-escaped", "  spaces  within  ", false),
    ]
}

/// Runs the program against an issuer that echoes, and fails if anything it wrote holds a secret.
async fn scan(given: &Given, agent: &str, more: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let redirect_uri = format!("http://127.0.0.1:{}/cb", free_port());
    let options = IssuerOptions {
        client_secret: Some(given.client_secret.clone()),
        password: Some(given.password.clone()),
        public_port: Some(port),
        redirect_uris: vec![redirect_uri.clone()],
        port: free_port(),
        ..IssuerOptions::default()
    };
    let behind = options.port;
    let issuer = start(options).await.unwrap();
    let handed = vec![(given.client_secret.clone(), given.are_words), (given.password.clone(), given.are_words)];
    let proxy = Proxy::start(port, behind, handed.clone()).await;
    assert_eq!(issuer.issuer(), format!("http://localhost:{}", proxy.port));

    let mut command = program(folder.path());
    command.args(["run", "--agent", agent, "--issuer", issuer.issuer(), "--redirect-uri", &redirect_uri, "--format", FORMATS, "--statement"]);
    command.args(["--client-id", CLIENT_ID, "--username", USERNAME]).args(more);
    let token = &issuer.accounts().initial_access_token;
    command.env("OA_AUTHTEST_CLIENT_SECRET", &given.client_secret).env("OA_AUTHTEST_PASSWORD", &given.password);
    command.env("OA_AUTHTEST_INITIAL_ACCESS_TOKEN", token);
    let ended = tokio::task::spawn_blocking(move || run_within(LONGEST, command)).await.unwrap();
    let seen = std::mem::take(&mut *proxy.seen.lock().unwrap()).without_made_up();

    let logged_in = seen.secrets.values().filter(|what| ["code", "id_token"].contains(what)).count();
    assert!(logged_in >= 2 && seen.echoes >= 2, "the run did not get far: {:?}, {} echoes\n{}", seen.secrets, seen.echoes, ended.said());
    let of_run = seen.secrets.iter().filter(|(secret, _)| !handed.iter().any(|(known, _)| known == *secret));
    let secrets = of_run.map(|(secret, what)| (*what, secret.as_str(), false));
    let handed = handed.iter().map(|(secret, is_word)| ("the configured", secret.as_str(), *is_word));
    let scan = Scan::of(secrets.chain(handed).chain([("the initial access token", token.as_str(), false)]));
    let found = leaks(&scan, folder.path(), &ended);
    assert!(found.is_empty(), "{} places with {agent}, {:?}:\n{}", found.len(), given.password, found[..found.len().min(20)].join("\n"));
    if given.are_words {
        prose_is_whole(folder.path());
    }
}

/// Where secrets are in what a run wrote, pictures aside.
fn leaks(scan: &Scan, folder: &Path, ended: &Ended) -> Vec<String> {
    let mut written = files(folder);
    for format in
        ["results.json", "report.html", "summary.md", "junit.xml", "results.sarif", "results.har", "results.tap", "metrics.txt", "badge.svg"]
    {
        assert!(written.contains_key(&format!("reports/{format}")), "there is no {format}: {:?}\n{}", written.keys(), ended.said());
    }
    written.retain(|name, _| Path::new(name).extension().is_none_or(|extension| extension != "png"));
    written.insert("stdout".to_owned(), ended.stdout.clone().into_bytes());
    written.insert("stderr".to_owned(), ended.stderr.clone().into_bytes());
    written.iter().flat_map(|(name, bytes)| scan.find(bytes).into_iter().map(move |found| format!("{name}: {found}"))).collect()
}

/// Where passwords are common words, no label stands in the midst of a sentence, and none within another.
fn prose_is_whole(folder: &Path) {
    fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
            Value::Object(members) => members.values().for_each(|item| texts(item, found)),
            _ => {}
        }
    }
    let results: Value = serde_json::from_slice(&std::fs::read(folder.join("reports/results.json")).unwrap()).unwrap();
    let mut found = Vec::new();
    texts(&results, &mut found);
    let mut labels = 0;
    for text in found {
        for label in ["‹password›", "‹client secret›"] {
            for (at, _) in text.match_indices(label) {
                labels += 1;
                let before = text[..at].trim_end_matches(['"', '\\', '\'', '`']).trim_end();
                let around: String = text[..at].chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect();
                assert!(at == 0 || before.ends_with(['=', ':', '>', ',', '[']) || before.ends_with("%3D") || before.ends_with("3A"), "{around}");
            }
        }
        assert!(!text.contains("‹‹") && !text.contains("‹client ‹") && !text.contains("type=\"‹"), "{text}");
    }
    assert!(labels > 0, "nothing was echoed");
}

async fn all(agent: &str, more: &[&str], secrets: impl IntoIterator<Item = Given>) {
    for given in secrets {
        scan(&given, agent, more).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_what_a_run_writes() {
    all("http", &["--profile", "openactive"], awkward().into_iter().take(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_what_a_run_in_the_browser_writes() {
    if quick() {
        return;
    }
    all("webdriver", &["--profile", "oidc", "--test", "authorization-code/basic"], awkward().into_iter().skip(1).take(1)).await;
}

/// `scripts/soak secrets`: every profile, both agents, all of them.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: scripts/soak secrets"]
async fn no_secret_is_in_what_any_run_writes() {
    all("http", &["--profile", "openactive,oidc,security,oauth"], awkward()).await;
    all("webdriver", &["--profile", "openactive"], awkward()).await;
}

#[test]
fn the_scan_finds_every_spelling_that_is_planted() {
    for Given { client_secret, password, are_words } in awkward() {
        for secret in [client_secret, password, "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl".to_owned()] {
            let is_word = are_words && secret.len() < 10;
            let scan = Scan::of([("it", secret.as_str(), is_word)]);
            assert!(scan.find(b"{\"title\": \"A report\", \"password\": \"\xe2\x80\xb9password\xe2\x80\xba\"}").is_empty());
            for (how, text) in spellings::of(&secret, is_word) {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("report.html");
                std::fs::write(&path, format!("<p>before{text}after</p>")).unwrap();
                let found = scan.find(&std::fs::read(&path).unwrap());
                assert!(found.iter().any(|found| found.contains(&format!(", {how}: "))), "{secret:?}, {how}: {text}: {found:?}");
            }
        }
    }
}
