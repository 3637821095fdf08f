//! What a pipeline relies on: that a gate closes where a test did not run, and that a printed command shows what it says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use futures::stream::{self, StreamExt as _};
use oa_authtest::feature;
use oa_authtest::issuer::flaw::{flaws, shown};
use oa_authtest::listing;
use oa_authtest::rule::catalogue;
use oa_authtest::self_test::is_for_browser;
use serde_json::Value;

use crate::common::{Ended, program, quick, run};

const LOGIN: &str = "authorization-code/basic";
const DISCOVERY: &str = "discovery/provider-metadata";

fn demo(folder: &Path, flags: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(["run", "--demo", "--agent", "http", "--profile", "oidc", "--test", DISCOVERY, "--test", LOGIN]).args(flags);
    run(command)
}

fn last(ended: &Ended) -> &str {
    ended.stdout.lines().last().unwrap_or_default()
}

#[test]
fn a_required_test_that_does_not_run_fails_the_run_in_every_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let skip = ["--skip", LOGIN, "--format", "markdown,html,junit,github"];
    let green = demo(folder, &skip);
    assert_eq!(green.code, 0, "{}", green.said());
    assert_eq!(demo(folder, &["--require", LOGIN]).code, 0, "it runs");
    for (flags, named) in [(&["--require", "authorization-code/*"][..], LOGIN), (&["--fail-on-skip"], LOGIN)] {
        let ended = demo(folder, &[&skip[..], flags].concat());
        assert_eq!(ended.code, 3, "{}", ended.said());
        assert!(last(&ended).starts_with("Exit code 3: 1 required test did not run") && last(&ended).contains(named), "{}", ended.said());
        assert!(ended.stdout.contains(&format!("{LOGIN} (required)")), "{}", ended.said());
        assert!(ended.stdout.contains("::error title=1 required test skipped::"), "{}", ended.said());
        let read = |name: &str| fs::read_to_string(folder.join("reports").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(read("summary.md").contains(&format!("{LOGIN} (required)")));
        let page = read("report.html");
        assert!(page.lines().any(|line| line.contains(LOGIN) && line.ends_with(" (required)</li>")), "{page}");
        assert!(
            read("junit.xml").contains("<error message=\"a required test did not run: left out by --skip\" type=\"required\"/>"),
            "{}",
            read("junit.xml")
        );
        let results: Value = serde_json::from_str(&read("results.json")).expect("JSON");
        let test = results["tests"].as_array().and_then(|tests| tests.iter().find(|test| test["id"] == LOGIN)).expect("it is there");
        assert_eq!((&test["required"], &test["verdict"]), (&Value::Bool(true), &Value::from("skipped")));
    }
    // Where the issuer does not conform, that is what the exit code says.
    let broken = demo(folder, &["--flaw", "discovery-no-token-endpoint", "--skip", LOGIN, "--require", LOGIN]);
    assert_eq!(broken.code, 1, "{}", broken.said());
}

#[test]
fn a_requirement_can_be_written_in_the_file_and_has_to_match_something() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("oa-authtest.toml"), "[require]\ntests = [\"authorization-code/*\"]\n").expect("it is written");
    let ended = demo(folder.path(), &["--config", "oa-authtest.toml", "--skip", LOGIN]);
    assert_eq!(ended.code, 3, "{}", ended.said());
    fs::write(folder.path().join("oa-authtest.toml"), "[require]\nall = true\n").expect("it is written");
    let ended = demo(folder.path(), &["--config", "oa-authtest.toml", "--skip", LOGIN]);
    assert_eq!(ended.code, 3, "{}", ended.said());
    let ended = demo(folder.path(), &["--require", "revocation/*"]);
    assert!(ended.code == 2 && ended.stderr.contains("--require \"revocation/*\" matches no test of this run"), "{}", ended.said());
}

#[test]
fn a_secret_that_is_set_and_empty_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--agent", "http", "--profile", "oidc", "--test", DISCOVERY]).env("OA_AUTHTEST_CLIENT_SECRET", "");
    let ended = run(command);
    assert!(ended.code == 0 && ended.stderr.contains("OA_AUTHTEST_CLIENT_SECRET is set and empty: it counts as not set"), "{}", ended.said());
}

#[test]
fn a_driver_by_https_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--webdriver-url", "https://localhost:9515"]);
    let ended = run(command);
    assert!(ended.code == 2 && ended.stderr.contains("--webdriver-url") && ended.stderr.contains("http alone"), "{}", ended.said());
}

#[test]
fn a_known_failure_needs_a_reason_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let flaw = ["--flaw", "discovery-no-token-endpoint", "--skip", LOGIN];
    assert_eq!(demo(folder.path(), &flaw).code, 1);
    let mut command = program(folder.path());
    command.args(["known", "--from", "reports/results.json"]);
    assert_eq!(run(command).code, 0);
    let ended = demo(folder.path(), &[&flaw[..], &["--known", "known.toml"]].concat());
    assert!(ended.code == 2 && ended.stderr.contains("reason is still \"say why\""), "{}", ended.said());
}

#[test]
fn a_run_says_when_no_selected_test_notices_the_flaw() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = demo(folder.path(), &["--flaw", "pkce-unchecked"]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let says = "No selected test noticed the flaw pkce-unchecked. This one does: oa-authtest run --demo --flaw pkce-unchecked --profile security --test pkce/";
    assert!(ended.stderr.contains(says), "{}", ended.said());
    assert!(!demo(folder.path(), &["--flaw", "discovery-no-token-endpoint"]).stderr.contains("No selected test"));
}

/// One command of those that `explain` prints for each test and level: self-test holds every flaw against the test that is named for it.
fn printed() -> Vec<(String, String)> {
    let (flaws, shown, features) = (flaws().expect("sound flaws"), shown().expect("a sound file"), feature::features().expect("sound documents"));
    let mut seen = BTreeSet::new();
    let mut commands = Vec::new();
    for rule in catalogue() {
        for flaw in flaws.iter().filter(|flaw| flaw.trips.iter().any(|trip| trip == rule.id)) {
            let command = listing::see(flaw, rule, &shown, &features).unwrap_or_else(|| panic!("{} has no command for {}", flaw.name, rule.id));
            if seen.insert(command.replace(&flaw.name, "")) {
                commands.push((rule.id.to_owned(), command));
            }
        }
    }
    commands
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_that_explain_prints_end_red_and_name_the_rule() {
    let commands = printed();
    assert!(commands.len() > 60, "{}", commands.len());
    let green: Vec<String> = stream::iter(commands)
        .map(|(rule, command)| async move {
            let folder = tempfile::tempdir().expect("a folder");
            let mut call = program(folder.path());
            call.args(command.split(' ').skip(1));
            // What a page in a frame says only a browser shows.
            if command.split(' ').any(is_for_browser) {
                if quick() {
                    return None;
                }
            } else {
                call.args(["--agent", "http"]);
            }
            let ended = tokio::task::spawn_blocking(move || run(call)).await.expect("it ends");
            let names = ended.stdout.lines().any(|line| line.trim_start().starts_with("rule") && line.ends_with(&rule));
            (ended.code != 1 || !names).then(|| format!("{rule}: {command}\n{}", ended.said()))
        })
        .buffer_unordered(4)
        .filter_map(|green| async { green })
        .collect()
        .await;
    assert!(green.is_empty(), "{} commands: {}", green.len(), green.join("\n"));
}
