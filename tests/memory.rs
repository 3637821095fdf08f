//! How much memory a run takes: what its tests have in common is there once.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::common::measured::{Measured, measured};
use crate::common::{patched, results};

const KIB: u64 = 1024;

/// A run of so many tests, each of them the same login, and all reports of it.
async fn logins(tests: u64) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let steps = json!([
        { "discover": {} },
        { "fetch-key-set": {} },
        { "use-client": { "grant-types": ["authorization_code"] } },
        { "authorize": { "scope": "openid email" } },
        { "exchange-code": {} },
        { "fetch-userinfo": {} },
    ]);
    let test = |n| json!({ "id": format!("login-{n}"), "title": format!("Login {n}"), "description": "A login.", "steps": steps });
    let document = json!({
        "id": "many",
        "profile": "many",
        "category": "Many",
        "title": "Many logins",
        "description": "The same login again and again.",
        "tests": (0..tests).map(test).collect::<Vec<_>>(),
    });
    fs::create_dir(folder.path().join("own")).unwrap();
    fs::write(folder.path().join("own/many.json"), document.to_string()).unwrap();
    let (issuer, redirect_uri) = patched::issuer(json!([])).await;
    let formats = "html,markdown,junit,sarif,har,tap";
    let more = ["--tests-from", "own", "--profile", "many", "--format", formats].map(str::to_owned);
    let command = patched::command(&issuer, &redirect_uri, folder.path(), &more);
    let ended = tokio::task::spawn_blocking(move || measured(command, Duration::from_secs(120))).await.unwrap();
    issuer.stop().await;
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert_eq!(results(folder.path()).tests.len() as u64, tests);
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_many_tests_takes_little_more_memory_than_one_of_few() {
    const FEW: u64 = 40;
    const MANY: u64 = 4 * FEW;
    let (few, many) = (logins(FEW).await.memory, logins(MANY).await.memory);
    assert!(few > 10_000 * KIB, "{few} bytes are too few: it was not looked at");
    let each = many.saturating_sub(few) / (MANY - FEW);
    assert!(each < 128 * KIB, "{each} bytes for each further test: {few} with {FEW}, {many} with {MANY}");
}
