//! What the modules of the OpenID Foundation's plans would come to (`--certification`): that each can fail, and what a user is told.

use std::fs;
use std::path::{Path, PathBuf};

use oa_authtest::issuer::{IssuerOptions, Persona, start};
use oa_authtest::result::model::{LeftOut, Verdict};
use oa_authtest::self_test;
use serde_json::json;

use crate::common::patched::tell;
use crate::common::{Ended, free_port, program, quick, results, run, test};

fn oa_authtest(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(arguments);
    run(command)
}

#[test]
fn each_module_fails_under_the_flaw_that_it_names() {
    let guard = (!quick()).then(|| PathBuf::from(env!("CARGO_BIN_EXE_oa-authtest")));
    let unproved = tokio::runtime::Runtime::new().expect("a runtime").block_on(self_test::unproved_modules(2, guard)).expect("everything starts");
    assert!(unproved.is_empty(), "{} modules:\n{}", unproved.len(), unproved.join("\n"));
}

#[test]
fn a_provider_that_offers_every_flow_would_pass_and_one_with_a_flaw_would_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = ["run", "--demo", "--certification", "hybrid,config", "--agent", "http", "--format", "markdown,junit"];
    let good = oa_authtest(folder.path(), &[&run[..], &["--report-dir", "good"]].concat());
    assert_eq!(good.code, 0, "{}", good.said());
    assert!(good.stdout.contains("✅ hybrid: ") && good.stdout.contains("✅ config: 1 of 1 module would pass"), "{}", good.said());
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).expect(path);
    let table = read("good/certification.md");
    assert!(table.contains("# Certification of ") && table.contains("`oidcc-server`") && !table.contains("would fail"), "{table}");
    assert!(read("good/junit.xml").contains("certification.hybrid") && read("good/summary.md").contains("(certification.md)"));
    let flawed = oa_authtest(folder.path(), &[&run[..], &["--flaw", "id-token-response-without-c-hash", "--report-dir", "flawed"]].concat());
    assert_eq!(flawed.code, 1, "{}", flawed.said());
    assert!(flawed.stdout.contains("❌ hybrid: ") && flawed.stdout.contains("would fail"), "{}", flawed.said());
    let table = read("flawed/certification.md");
    assert!(table.contains("`id-token/c-hash-present`") && table.contains("❌ would fail"), "{table}");
    let unknown = oa_authtest(folder.path(), &["run", "--demo", "--certification", "basik", "--report-dir", "unknown"]);
    assert_eq!(unknown.code, 2, "{}", unknown.said());
    assert!(unknown.stderr.contains("--certification") && unknown.stderr.contains("basic, "), "{}", unknown.said());
}

#[test]
fn what_the_issuer_does_not_offer_fails_only_who_asks_for_it_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |names: &str| {
        let flags = ["run", "--demo", "--persona", "openactive", "--agent", "http", "--format", "markdown", "--report-dir", "r"];
        oa_authtest(folder.path(), &[&flags[..], &["--certification", names, "--test", "implicit-flow/login-*", "--test", "discovery/*"]].concat())
    };
    let named = run("implicit,config");
    assert_eq!(named.code, 1, "{}", named.said());
    assert!(named.stdout.contains("⬜ implicit: not offered"), "{}", named.said());
    assert!(named.stdout.contains("the certification would not be passed: implicit"), "{}", named.said());
}

/// A client that was registered beforehand need not be good for more than the code flow; where the issuer registers another one, the variant
/// `configured-clients-for-code` shows that it is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_configured_client_for_the_code_flow_alone_leaves_the_other_flows_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let redirect_uri = format!("http://127.0.0.1:{}/cb", free_port());
    let none = json!([{"at": "discovery", "remove": ["/registration_endpoint"]}, {"at": "server-metadata", "remove": ["/registration_endpoint"]}]);
    let flaw = json!({"name": "test", "says": "A test.", "trips": [], "patch": none, "behaviour": "static-clients-for-code"});
    let flaw = serde_json::from_value(flaw).expect("a flaw");
    let options =
        IssuerOptions { flaw: Some(flaw), persona: Persona::Certification, redirect_uris: vec![redirect_uri.clone()], ..IssuerOptions::default() };
    let issuer = start(options).await.expect("it starts");
    let flags = ["--certification", "all", "--test", "implicit-flow/login-*", "--test", "authorization-code/basic"].map(str::to_owned);
    let ended = tell(&issuer, &redirect_uri, folder.path(), &flags).await;
    let report = results(folder.path());
    let implicit = test(&report, "implicit-flow/login-id-token");
    assert_eq!((implicit.verdict, &implicit.left_out), (Verdict::LeftOut, &Some(LeftOut::NotOffered)), "{}", ended.said());
    let why = implicit.not_tested.concat();
    assert!(why.contains("does not give the configured client") && why.contains("the response type \"id_token\""), "{why}");
    assert_ne!(test(&report, "authorization-code/basic").verdict, Verdict::LeftOut, "{}", ended.said());
    assert!(ended.stdout.contains("⬜ implicit: not offered"), "{}", ended.said());
}
