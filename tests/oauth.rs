//! Profile `oauth`, and issuers whose endpoints are configured because they publish no metadata.

use axum::routing::get;
use oa_authtest::issuer::RunningIssuer;
use oa_authtest::result::model::{Entry, FindingOutcome, RunReport, StepEnd, Verdict};
use serde_json::{Value, json};

use crate::common::patched::{issuer, tell};
use crate::common::{Ended, program, results, run};

/// Where the endpoints of the embedded issuer are, by the flags that say so.
const ENDPOINTS: [(&str, &str); 8] = [
    ("--authorization-endpoint", "/connect/authorize"),
    ("--token-endpoint", "/connect/token"),
    ("--registration-endpoint", "/connect/register"),
    ("--revocation-endpoint", "/connect/revocation"),
    ("--introspection-endpoint", "/connect/introspect"),
    ("--userinfo-endpoint", "/connect/userinfo"),
    ("--jwks-uri", "/.well-known/openid-configuration/jwks"),
    ("--end-session-endpoint", "/connect/endsession"),
];

/// Patches that leave an issuer without metadata.
fn no_metadata() -> Value {
    json!([
        {"at": "discovery", "status": 404, "headers": {"content-type": "text/html"}, "body": "<h1>Not found</h1>"},
        {"at": "server-metadata", "status": 404, "headers": {"content-type": "text/html"}, "body": "<h1>Not found</h1>"}
    ])
}

/// The flags that name all endpoints of an issuer.
fn endpoints(issuer: &RunningIssuer) -> Vec<String> {
    ENDPOINTS.iter().flat_map(|(flag, path)| [(*flag).to_owned(), format!("{}{path}", issuer.issuer())]).collect()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The outcomes of the rules about one artefact, each with what was seen.
fn outcomes<'a>(report: &'a RunReport, kind: &'a str) -> impl Iterator<Item = (&'a str, FindingOutcome, &'a str)> {
    let findings = report.tests.iter().flat_map(|test| &test.findings).filter(move |finding| finding.rule.starts_with(kind));
    findings.map(|finding| (finding.rule.as_str(), finding.outcome, finding.actual.as_str()))
}

/// What the program sent, requests of the user agent included, as the report tells it.
fn sent(report: &RunReport) -> String {
    let entries = report.tests.iter().flat_map(|test| &test.steps).flat_map(|step| &step.entries);
    let told = entries.map(|entry| match entry {
        // A client that changes its configuration sends what the issuer has registered, with the scope that the issuer gave it.
        Entry::Exchange(exchange) if exchange.method == "PUT" => String::new(),
        Entry::Exchange(exchange) => format!("{} {}\n", exchange.url, exchange.request_body.clone().unwrap_or_default()),
        Entry::Note { text } => format!("{text}\n"),
        _ => String::new(),
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stories_are_told_to_the_end_and_never_ask_for_openid() {
    for scope in [None, Some("openactive-openbooking")] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = program(folder.path());
        command.args(["run", "--demo", "--agent", "http", "--profile", "oauth"]);
        if scope.is_some() {
            // What a client may have for itself is another scope here.
            command.args(["--skip", "oauth-client-credentials/*,oauth-client-registration/client-credentials"]);
        }
        command.args(scope.into_iter().flat_map(|scope| ["--scope", scope]));
        let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
        assert_eq!(ended.code, 0, "{}", ended.said());
        let report = results(folder.path());
        assert_eq!((report.counts.failures, report.counts.not_run), (0, 0), "{}", ended.said());
        for test in report.tests.iter().filter(|test| test.verdict != Verdict::Skipped) {
            assert_eq!(test.not_tested, [""; 0], "{}", test.id);
            assert!(test.steps.iter().all(|step| step.ended == StepEnd::Done), "{}", test.id);
        }
        let sent = sent(&report);
        assert!(!sent.contains("openid ") && !sent.contains("openid`") && !sent.contains("nonce"), "{sent}");
        assert_eq!(sent.contains("* **scope**"), scope.is_some(), "{sent}");
        assert!(outcomes(&report, "token/id-token-present").all(|(_, outcome, _)| outcome == FindingOutcome::NotApplicable));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_without_metadata_is_tested_by_the_endpoints_that_are_configured() {
    let (issuer, redirect_uri) = issuer(no_metadata()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let more = [endpoints(&issuer), words(&["--profile", "openactive,oauth"])].concat();
    let ended = tell(&issuer, &redirect_uri, folder.path(), &more).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!((report.counts.failures, report.counts.errors), (0, 0), "{}", ended.said());
    for test in &report.tests {
        assert!(matches!(test.verdict, Verdict::Passed | Verdict::Suggested | Verdict::Warned), "{}: {:?}", test.id, test.reason);
    }
    for kind in ["discovery/", "server-metadata/"] {
        assert!(outcomes(&report, kind).count() > 10, "{kind}");
        for (rule, outcome, actual) in outcomes(&report, kind) {
            assert_eq!(outcome, FindingOutcome::NotApplicable, "{rule}");
            assert!(actual.contains("(status 404)") && actual.contains("the endpoints are configured"), "{rule}: {actual}");
        }
    }
    let told = std::fs::read_to_string(folder.path().join("reports/server-metadata/metadata.md")).expect("a report");
    assert!(told.contains("goes on with the endpoints that were configured"), "{told}");
    assert!(told.contains(&format!("* **token_endpoint**: `{}/connect/token`", issuer.issuer())), "{told}");
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_endpoints_are_enough_for_a_story() {
    let (issuer, redirect_uri) = issuer(no_metadata()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let stories = ["booking-partner-authentication/authorization-code-flow", "oauth-authorization-code/code-flow", "oauth-client-credentials/*"];
    let more = [
        endpoints(&issuer)[..4].to_vec(),
        words(&["--profile", "openactive,oauth"]),
        stories.iter().flat_map(|story| words(&["--test", story])).collect(),
    ]
    .concat();
    let ended = tell(&issuer, &redirect_uri, folder.path(), &more).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!((report.tests.len(), report.counts.failures, report.counts.not_run), (4, 0, 0), "{}", ended.said());
    for test in &report.tests {
        assert!(test.reason.is_none(), "{}: {:?}", test.id, test.reason);
        let end = |name: &str| test.steps.iter().find(|step| step.name == name).map(|step| &step.ended);
        assert!(matches!(end("Key Set"), Some(StepEnd::LeftOut(why)) if why.contains("none is configured")), "{}", test.id);
        let granted = end("Authorization Code Flow").or_else(|| end("Client Credentials Flow"));
        assert_eq!(granted, Some(&StepEnd::Done), "{}", test.id);
    }
    // The tokens are signed, and nobody knows by which keys.
    let signed: Vec<_> = outcomes(&report, "at/signature").chain(outcomes(&report, "id-token/signature")).collect();
    assert!(signed.len() > 3 && signed.iter().all(|(_, outcome, _)| *outcome == FindingOutcome::NotApplicable), "{signed:?}");
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_scope_is_not_tested_until_one_is_configured() {
    let refused = json!([{"at": "token-client-credentials", "status": 400, "body": "{\"error\": \"invalid_scope\"}"}]);
    let (issuer, redirect_uri) = issuer(refused).await;
    let folder = tempfile::tempdir().expect("a folder");
    let ended = tell(&issuer, &redirect_uri, folder.path(), &words(&["--profile", "oauth", "--test", "oauth-client-credentials/*"])).await;
    assert_eq!(ended.code, 4, "{}", ended.said());
    let reason = results(folder.path()).tests[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("invalid_scope") && reason.contains("openactive-identity, which it lists") && reason.contains("--scope"), "{reason}");
    issuer.stop().await;
    // Where it lists none, only the settings can say which.
    let silent = json!([
        {"at": "token-client-credentials", "status": 400, "body": "{\"error\": \"invalid_scope\"}"},
        {"at": "server-metadata", "remove": ["/scopes_supported"]},
    ]);
    let (issuer, redirect_uri) = self::issuer(silent).await;
    let ended = tell(&issuer, &redirect_uri, folder.path(), &words(&["--profile", "oauth", "--test", "oauth-client-credentials/*"])).await;
    assert_eq!(ended.code, 3, "{}", ended.said());
    let reason = results(folder.path()).tests[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("to a request without scope (invalid_scope)") && reason.contains("--scope"), "{reason}");
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_metadata_and_endpoints_both_ways_out_are_named() {
    let (issuer, redirect_uri) = issuer(no_metadata()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let ended = tell(&issuer, &redirect_uri, folder.path(), &words(&["--profile", "oauth", "--test", "server-metadata/*"])).await;
    assert_eq!(ended.code, 1, "{}", ended.said());
    let reason = results(folder.path()).tests[0].reason.clone().unwrap_or_default();
    assert!(reason.contains("is --issuer right?") && reason.contains("--token-endpoint"), "{reason}");
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_endpoint_takes_the_place_of_a_published_one() {
    let (issuer, redirect_uri) =
        issuer(json!([{"at": "discovery", "set": {"/jwks_uri": "https://other.invalid/keys"}}, {"at": "server-metadata", "remove": ["/jwks_uri"]}]))
            .await;
    let folder = tempfile::tempdir().expect("a folder");
    let keys = format!("{}/.well-known/openid-configuration/jwks", issuer.issuer());
    let more = words(&["--profile", "openactive,oidc,oauth", "--test", "discovery/*", "--test", "server-metadata/*", "--jwks-uri", &keys]);
    let ended = tell(&issuer, &redirect_uri, folder.path(), &more).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert!(outcomes(&report, "jwks/").any(|(rule, outcome, _)| rule == "jwks/http-200" && outcome == FindingOutcome::Passed));
    let told = std::fs::read_to_string(folder.path().join("reports/discovery/provider-metadata.md")).expect("a report");
    assert!(told.contains(&format!("* **jwks_uri**: `{keys}` (published: `https://other.invalid/keys`)")), "{told}");
    issuer.stop().await;
}

/// A server that publishes the metadata of an issuer with this path at a place, and nothing else; with the issuer and the address of the server.
async fn publishing(path: &str, place: &str) -> (tokio::task::JoinHandle<std::io::Result<()>>, String, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let issuer = format!("{base}{path}");
    let document = json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}/token"),
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": ["read"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
    });
    let router = axum::Router::new().route(place, get(move || async move { axum::Json(document) }));
    (tokio::spawn(async move { axum::serve(listener, router).await }), issuer, base)
}

/// Runs the tests about the metadata of a server at an issuer.
async fn judge_metadata(issuer: &str) -> (Ended, RunReport) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--issuer", issuer, "--profile", "oauth", "--test", "server-metadata/*"]);
    let ended = tokio::task::spawn_blocking(move || run(command)).await.expect("it ends");
    let report = results(folder.path());
    (ended, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_of_an_issuer_with_a_path_is_between_its_host_and_its_path() {
    let (server, issuer, _) = publishing("/tenants/a/", "/.well-known/oauth-authorization-server/tenants/a").await;
    let (ended, report) = judge_metadata(&issuer).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    let failed: Vec<_> = outcomes(&report, "server-metadata/").filter(|(_, outcome, _)| *outcome == FindingOutcome::Failed).collect();
    assert_eq!(failed, []);
    server.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_publishes_provider_metadata_alone_is_tested_by_it() {
    let missing = json!([{"at": "server-metadata", "status": 404, "headers": {"content-type": "text/html"}, "body": "<h1>Not found</h1>"}]);
    let (issuer, redirect_uri) = issuer(missing).await;
    let folder = tempfile::tempdir().expect("a folder");
    let ended = tell(&issuer, &redirect_uri, folder.path(), &words(&["--profile", "oauth", "--test", "server-metadata/*,*/code-flow"])).await;
    assert_eq!(ended.code, 0, "{}", ended.said());
    let report = results(folder.path());
    assert_eq!((report.tests.len(), report.counts.failures, report.counts.not_run), (2, 0, 0), "{}", ended.said());
    for test in &report.tests {
        assert!(test.reason.is_none() && test.steps.iter().all(|step| step.ended == StepEnd::Done), "{}: {:?}", test.id, test.reason);
    }
    assert!(outcomes(&report, "server-metadata/").all(|(_, outcome, _)| outcome == FindingOutcome::NotApplicable));
    assert!(outcomes(&report, "discovery/issuer-exact").all(|(_, outcome, _)| outcome == FindingOutcome::Passed));
    assert!(outcomes(&report, "discovery/").count() > 10);
    let note = format!("goes on with what is published at `{}/.well-known/openid-configuration`", issuer.issuer());
    assert!(sent(&report).contains(&note), "{}", sent(&report));
    issuer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_of_a_server_is_found_where_others_put_it_and_judged_as_what_it_is() {
    for place in [
        "/tenants/a/.well-known/openid-configuration",
        "/.well-known/openid-configuration/tenants/a",
        "/tenants/a/.well-known/oauth-authorization-server",
    ] {
        let (server, issuer, base) = publishing("/tenants/a", place).await;
        let (ended, report) = judge_metadata(&issuer).await;
        // RFC 8414 section 5 lets OpenID Connect's way live on, for its own path alone.
        let is_wrong = place == "/tenants/a/.well-known/oauth-authorization-server";
        let failed: Vec<&str> = report
            .tests
            .iter()
            .flat_map(|test| &test.findings)
            .filter(|one| one.outcome == FindingOutcome::Failed)
            .map(|one| one.rule.as_str())
            .collect();
        assert_eq!(failed, if is_wrong { &["server-metadata/well-known-path"][..] } else { &[] }, "{place}: {}", ended.said());
        assert_eq!(ended.code, i32::from(is_wrong), "{place}: {}", ended.said());
        assert!(outcomes(&report, "server-metadata/issuer-exact").all(|(_, outcome, _)| outcome == FindingOutcome::Passed), "{place}");
        assert_eq!(outcomes(&report, "discovery/").count(), 0, "{place}");
        assert!(sent(&report).contains(&format!("goes on with what is published at `{base}{place}`")), "{place}");
        server.abort();
    }
}
