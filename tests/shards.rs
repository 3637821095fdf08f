//! A run split over machines: `--shard K/N` runs a part of the tests, and `merge` makes of the parts what one run would have been.

use std::fs;
use std::path::{Path, PathBuf};

use oa_authtest::report::json;
use oa_authtest::result::known::KnownState;
use oa_authtest::result::model::{Counts, Entry, FindingOutcome, Page, RunReport, TestReport, Verdict};
use oa_authtest::rule::is_over_run;
use serde_json::Value;

use crate::common::{EmbeddedIssuer, Ended, program, run};

const WHOLE: &str = "reports/results.json";

/// The families of rules that are about the pages an end-user is shown.
const PAGES: [&str; 3] = ["page/", "login/", "consent/"];

/// Ends the program in a folder with these arguments.
fn oa_authtest(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(arguments);
    run(command)
}

/// Runs a shard of profile `oidc` of the embedded issuer, over plain HTTP, into a folder of its name.
fn shard(folder: &Path, shard: &str, more: &[&str]) -> Ended {
    let dir = format!("shard-{}", shard.split('/').next().expect("a number"));
    let run = ["run", "--demo", "--profile", "oidc", "--agent", "http", "--format", "json", "--shard", shard, "--report-dir", &dir];
    oa_authtest(folder, &[&run[..], more].concat())
}

fn read(folder: &Path, name: &str) -> RunReport {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{name}: {why}"));
    let schema: Value = serde_json::from_str(oa_authtest::report::schema::RESULTS).expect("it is JSON");
    let schema = jsonschema::draft202012::new(&schema).expect("a schema");
    let errors: Vec<String> = schema.iter_errors(&serde_json::from_str(&text).expect("JSON")).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    json::read(&path).unwrap_or_else(|error| panic!("{error}"))
}

/// A test as far as it is the same in every run: its id, its verdict, whether it was skipped, and the rules that were judged in each step.
type Told = (String, Verdict, bool, Vec<(String, FindingOutcome, usize)>);

/// What does not differ from run to run. The consent page of a client that tests share is shown in the first test that comes to it, whichever that is; so rules
/// about the way through the pages are left out.
fn told(report: &RunReport) -> Vec<Told> {
    let findings = |test: &TestReport| {
        let findings = test.findings.iter().filter(|finding| !PAGES.iter().any(|family| finding.rule.starts_with(family)));
        // What a run knows of its other clients and tokens is another thing in each shard, and in each run whose tests come in another order.
        let findings = findings.filter(|finding| !is_over_run(&finding.rule));
        findings.map(|finding| (finding.rule.clone(), finding.outcome, finding.step)).collect()
    };
    report.tests.iter().map(|test| (test.id.clone(), test.verdict, test.skipped.is_some(), findings(test))).collect()
}

/// What is counted against the issuer or was not tested: no rule about pages is among it.
fn against(counts: Counts) -> Counts {
    Counts { passed: 0, not_applicable: 0, ..counts }
}

/// Changes a results file, as text that is JSON.
fn patch(folder: &Path, name: &str, change: impl FnOnce(&mut Value)) {
    let path = folder.join(name);
    let mut value = serde_json::from_str(&fs::read_to_string(&path).expect("it is there")).expect("JSON");
    change(&mut value);
    fs::write(path, value.to_string()).expect("it is written");
}

/// Copies the results of a shard into another folder, to be changed there.
fn copy(folder: &Path, from: &str, to: &str) {
    fs::create_dir_all(folder.join(to)).expect("a folder");
    fs::copy(folder.join(from).join("results.json"), folder.join(to).join("results.json")).expect("it is copied");
}

/// Runs three shards, all of which end with exit code 0.
fn three(folder: &Path, more: &[&str]) {
    for part in ["1/3", "2/3", "3/3"] {
        let ended = shard(folder, part, more);
        assert_eq!(ended.code, 0, "{}", ended.said());
    }
}

#[test]
fn three_shards_are_one_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    // One test is skipped: it is in one of the shards, too.
    let skip = ["--skip", "authorization-code/basic", "--require", "discovery/*"];
    let alone = oa_authtest(folder, &[&["run", "--demo", "--profile", "oidc", "--agent", "http", "--report-dir", "alone"][..], &skip].concat());
    assert_eq!(alone.code, 0, "{}", alone.said());
    let alone = read(folder, "alone/results.json");
    three(folder, &skip);
    let parts: Vec<RunReport> = (1..=3).map(|part| read(folder, &format!("shard-{part}/results.json"))).collect();
    for (number, part) in parts.iter().enumerate() {
        let shard = part.shard().expect("it says which shard it is");
        assert_eq!((shard.part as usize, shard.of, shard.tests), (number + 1, 3, alone.tests.len()));
        let ids: Vec<&str> = part.tests.iter().map(|test| test.id.as_str()).collect();
        let turn: Vec<&str> = alone.tests.iter().skip(number).step_by(3).map(|test| test.id.as_str()).collect();
        assert_eq!(ids, turn, "the shards take turns");
        assert!(part.tests.iter().all(|test| !test.command.contains("--shard")), "one test is repeated without its shard");
    }
    // In any order, as files or folders.
    let merged = oa_authtest(folder, &["merge", "shard-3", "shard-1/results.json", "shard-2"]);
    assert_eq!(merged.code, 0, "{}", merged.said());
    assert!(merged.stdout.contains("CONFORMANT") && !merged.stdout.contains("shard"), "{}", merged.said());
    let whole = read(folder, WHOLE);
    for (one, other) in told(&whole).iter().zip(&told(&alone)) {
        assert_eq!((&one.0, &one.1, &one.2), (&other.0, &other.1, &other.2));
        let only = |these: &Told, those: &Told| these.3.iter().filter(|finding| !those.3.contains(finding)).cloned().collect::<Vec<_>>();
        assert_eq!((only(one, other), only(other, one)), (Vec::new(), Vec::new()), "{}", one.0);
        assert_eq!(one.3, other.3, "{}", one.0);
    }
    assert_eq!(whole.tests.len(), alone.tests.len());
    let sum = parts.iter().flat_map(|part| &part.tests).fold(Counts::default(), |sum, test| sum.plus(test.counts));
    assert_eq!(whole.counts, sum);
    assert_eq!(
        (against(whole.counts), whole.verdict, &whole.environment.profiles),
        (against(alone.counts), alone.verdict, &alone.environment.profiles)
    );
    assert_eq!((&whole.selection, whole.interrupted, &whole.environment.agent), (&None, false, &alone.environment.agent));
    assert!(parts.iter().all(|part| part.started >= whole.started && part.duration_ms <= whole.duration_ms));
    assert!(folder.join("reports/report.html").exists() && folder.join("reports/summary.md").exists());
    let stated = oa_authtest(folder, &["report", WHOLE, "--statement"]);
    assert_eq!(stated.code, 0, "of the whole there can be a statement: {}", stated.said());
    let part = oa_authtest(folder, &["report", "shard-1/results.json", "--statement"]);
    assert_eq!(part.code, 2, "{}", part.said());
    assert!(part.stderr.contains("only shard 1/3 (--shard)") && part.stderr.contains("oa-authtest merge"), "{}", part.said());
    every_format_names_the_shard(folder);
    sums_in_the_files_are_not_believed(folder, &whole);
    what_is_not_of_one_run_is_refused(folder);
}

/// A part is not to be taken for the whole, whatever it is shown by.
fn every_format_names_the_shard(folder: &Path) {
    let (of_shard, of_whole) = ("formats-of-shard", "formats-of-whole");
    for (results, dir) in [("shard-1/results.json", of_shard), (WHOLE, of_whole)] {
        let formats = "markdown,html,junit,sarif,har,tap,badge";
        assert_eq!(oa_authtest(folder, &["report", results, "--report-dir", dir, "--format", formats]).code, 0);
    }
    for name in ["summary.md", "report.html", "junit.xml", "results.sarif", "results.har", "results.tap", "badge.svg"] {
        let text = |dir: &str| fs::read_to_string(folder.join(dir).join(name)).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(text(of_shard).contains("shard 1/3"), "{name}");
        assert!(!text(of_whole).contains("shard 1/3"), "{name}");
    }
}

/// Verdicts and counts of a file do not make those of the whole.
fn sums_in_the_files_are_not_believed(folder: &Path, whole: &RunReport) {
    copy(folder, "shard-2", "lying");
    patch(folder, "lying/results.json", |value| {
        value["verdict"] = "skipped".into();
        value["counts"]["passed"] = 99_999.into();
        value["counts"]["failures"] = 7.into();
    });
    let merged = oa_authtest(folder, &["merge", "shard-1", "lying", "shard-3", "--report-dir", "honest"]);
    assert_eq!(merged.code, 0, "{}", merged.said());
    let honest = read(folder, "honest/results.json");
    assert_eq!((honest.counts, honest.verdict), (whole.counts, whole.verdict));
}

fn what_is_not_of_one_run_is_refused(folder: &Path) {
    let refused = |shards: &[&str], code: i32, says: &[&str]| {
        let merged = oa_authtest(folder, &[&["merge"], shards, &["--report-dir", "never"]].concat());
        assert_eq!(merged.code, code, "{shards:?}: {}", merged.said());
        for says in says {
            assert!(merged.stderr.contains(says), "{shards:?}, {says}: {}", merged.said());
        }
        assert!(!folder.join("never/results.json").exists(), "{shards:?}");
    };
    refused(&["shard-1", "shard-3"], 3, &["shard 2 of 3 is missing"]);
    refused(&["shard-3"], 3, &["shards 1, 2 of 3 are missing"]);
    refused(&["shard-1", "shard-2", "shard-3", "shard-2/results.json"], 2, &["both hold shard 2/3", "shard-2/results.json"]);
    refused(&["shard-1", "shard-2", "alone"], 2, &["alone/results.json is not of a shard", "--shard K/N"]);
    refused(&["shard-1", "nowhere"], 2, &["cannot read nowhere"]);
    refused(&["shard-1", "shard-2", "shard-3", "--baseline", "nowhere.json"], 2, &["--baseline", "nowhere.json"]);
    let changes: [(&[&str], Value, &[&str]); 10] = [
        (&["tool", "version"], "9.9.9".into(), &["the program is", "9.9.9 in the second"]),
        (&["tool", "catalogue"], "another".into(), &["the catalogue of rules", "another in the second"]),
        (&["environment", "profiles"], serde_json::json!(["oauth"]), &["the list of profiles is oidc in the first and oauth in the second"]),
        (&["environment", "embedded"], false.into(), &["the issuer is"]),
        (&["environment", "secrets_shown"], true.into(), &["that secrets are shown is no in the first and yes in the second"]),
        (&["selection", "level"], "must".into(), &["what was asked for is every rule in the first and only the rules of level must"]),
        (&["selection", "shard", "of"], 4.into(), &["shard-1/results.json and other/results.json", "the number of shards is 3 in the first and 4"]),
        (&["selection", "shard", "plan"], format!("sha256:{}", "0".repeat(64)).into(), &["the digest of their ids"]),
        (&["selection", "shard", "part"], 0.into(), &["there is no shard 0/3"]),
        (&["tests"], serde_json::json!([]), &["other/results.json: it has 0 tests, and shard 2/3"]),
    ];
    for (member, value, says) in changes {
        copy(folder, "shard-2", "other");
        patch(folder, "other/results.json", |file| {
            if member == ["selection", "shard", "of"] {
                // As many tests as such a shard would have, or it is refused for that.
                let tests = file["selection"]["shard"]["tests"].as_u64().expect("a number");
                file["tests"].as_array_mut().expect("tests").truncate(usize::try_from(tests / 4 + u64::from(tests % 4 >= 2)).expect("few"));
            }
            *member.iter().fold(file, |value, member| &mut value[*member]) = value;
        });
        refused(&["shard-1", "other", "shard-3"], 2, says);
    }
    // A test that takes the place of another.
    copy(folder, "shard-2", "other");
    patch(folder, "other/results.json", |file| file["tests"][0]["id"] = "another/test".into());
    refused(&["shard-1", "other", "shard-3"], 2, &["are not those that the digest in it is made of"]);
    let in_place = oa_authtest(folder, &["merge", "shard-1", "shard-2", "shard-3", "--report-dir", "shard-2"]);
    assert_eq!(in_place.code, 2, "{}", in_place.said());
    assert!(
        in_place.stderr.contains("shard-2/results.json is in the report folder") && in_place.stderr.contains("--report-dir"),
        "{}",
        in_place.said()
    );
    // One that did not come to its end is in the whole, which is not green.
    copy(folder, "shard-2", "other");
    patch(folder, "other/results.json", |file| file["interrupted"] = true.into());
    let cut = oa_authtest(folder, &["merge", "shard-1", "other", "shard-3", "--report-dir", "cut"]);
    assert_eq!(cut.code, 3, "{}", cut.said());
    assert!(cut.stdout.contains("was interrupted") && cut.stdout.contains("a shard did not come to its end"), "{}", cut.said());
    assert!(read(folder, "cut/results.json").interrupted);
}

#[test]
fn a_flaw_shows_in_the_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let codes: Vec<i32> = ["1/3", "2/3", "3/3"].iter().map(|part| shard(folder, part, &["--flaw", "userinfo-without-sub"]).code).collect();
    assert!(codes.contains(&1), "{codes:?}");
    let all = ["merge", "shard-1", "shard-2", "shard-3"];
    let merged = oa_authtest(folder, &all);
    assert_eq!(merged.code, 1, "{}", merged.said());
    assert!(merged.stdout.contains("NOT CONFORMANT"), "{}", merged.said());
    let never = oa_authtest(folder, &[&all[..], &["--fail-on", "never"]].concat());
    assert_eq!(never.code, 0, "{}", never.said());
    // What is held against an earlier run is the whole.
    fs::rename(folder.join("reports"), folder.join("before")).expect("it is moved");
    three(folder, &[]);
    let mended = oa_authtest(folder, &[&all[..], &["--baseline", "before/results.json"]].concat());
    assert_eq!(mended.code, 0, "{}", mended.said());
    let report = read(folder, WHOLE);
    let baseline = report.baseline.as_ref().expect("it is held against the earlier run");
    assert!(!baseline.rules.is_empty() && baseline.not_asked_for == 0, "{baseline:?}");
}

#[test]
fn a_known_failure_is_over_when_every_shard_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let known = "[[known]]\nrule = \"discovery/issuer-exact\"\nreason = \"mended long ago\"\n";
    fs::write(folder.join("known.toml"), known).expect("it is written");
    // A shard does not know what the others see: no shard fails.
    three(folder, &["--known", "known.toml", "--strict-known"]);
    let state = |name: &str| read(folder, name).known.expect("known failures").entries[0].state;
    assert_eq!(state("shard-1/results.json"), KnownState::NotJudged);
    let all = ["merge", "shard-1", "shard-2", "shard-3"];
    assert_eq!(oa_authtest(folder, &all).code, 0);
    assert_eq!(state(WHOLE), KnownState::Gone);
    let strict = oa_authtest(folder, &[&all[..], &["--strict-known"]].concat());
    assert_eq!(strict.code, 1, "{}", strict.said());
}

#[test]
fn more_shards_than_tests_fail_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let issuer = EmbeddedIssuer::start(&[]);
    let one = |part: &str, issuer: &str, more: &[&str]| {
        let dir = format!("shard-{}", &part[..1]);
        let run = ["run", "--issuer", issuer, "--profile", "oidc", "--test", "discovery/*", "--agent", "http", "--shard", part, "--report-dir", &dir];
        oa_authtest(folder, &[&run[..], more].concat())
    };
    let parts: Vec<String> = (1..=9).map(|part| format!("{part}/9")).collect();
    let ended: Vec<Ended> = parts.iter().map(|part| one(part, issuer.url(), &[])).collect();
    assert!(ended.iter().all(|ended| ended.code == 0), "{}", ended.iter().map(Ended::said).collect::<String>());
    let empty = &ended[8];
    assert!(empty.stdout.contains("only shard 9/9 (--shard), none of") && empty.stdout.contains("this shard has no test"), "{}", empty.said());
    let folders: Vec<String> = (1..=9).map(|part| format!("shard-{part}")).collect();
    let merge: Vec<&str> = ["merge"].into_iter().chain(folders.iter().map(String::as_str)).collect();
    let merged = oa_authtest(folder, &merge);
    assert_eq!(merged.code, 0, "{}", merged.said());
    let whole = read(folder, WHOLE);
    assert_eq!(whole.issuer, issuer.url());
    assert!(
        whole.tests.len() < 9 && !whole.tests.is_empty() && whole.tests.iter().all(|test| test.verdict == Verdict::Passed),
        "{}",
        whole.tests.len()
    );
    // It asks nothing of an issuer, so it does not wait for one that is not there.
    let gone = one("9/9", "http://127.0.0.1:9", &["--wait", "60"]);
    assert_eq!(gone.code, 0, "{}", gone.said());
    assert!(gone.took.as_secs() < 30, "{:?}", gone.took);
    let elsewhere = oa_authtest(folder, &merge);
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.said());
    assert!(elsewhere.stderr.contains("the issuer is") && elsewhere.stderr.contains("http://127.0.0.1:9"), "{}", elsewhere.said());
    // Where every test of every shard was skipped, the shards do not fail and the whole does.
    for part in &parts {
        assert_eq!(one(part, issuer.url(), &["--skip", "*"]).code, 0);
    }
    let nothing = oa_authtest(folder, &merge);
    assert_eq!(nothing.code, 4, "{}", nothing.said());
}

#[test]
fn what_failed_last_can_be_split() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for part in ["1/2", "2/2"] {
        shard(folder, part, &["--flaw", "id-token-expired"]);
    }
    assert_eq!(oa_authtest(folder, &["merge", "shard-1", "shard-2"]).code, 1);
    let failed: Vec<String> = read(folder, WHOLE).tests.iter().filter(|test| test.verdict == Verdict::Failed).map(|test| test.id.clone()).collect();
    assert!(failed.len() > 1, "{failed:?}");
    let part = shard(folder, "1/2", &["--last-failed"]);
    assert_eq!(part.code, 2, "{}", part.said());
    assert!(part.stderr.contains("shard-1/results.json holds shard 1/2 alone") && part.stderr.contains("oa-authtest merge"), "{}", part.said());
    for part in ["1/2", "2/2"] {
        assert_eq!(shard(folder, part, &["--last-failed", WHOLE]).code, 0);
    }
    let again = oa_authtest(folder, &["merge", "shard-1", "shard-2", "--report-dir", "again"]);
    assert_eq!(again.code, 0, "{}", again.said());
    let report = read(folder, "again/results.json");
    assert_eq!(report.tests.iter().map(|test| test.id.clone()).collect::<Vec<_>>(), failed);
    assert!(report.selection.is_some_and(|selection| selection.last_failed.is_some() && selection.shard.is_none()));
}

#[test]
fn pictures_come_along() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let test = ["--test", "discovery/*,token-endpoint/*,userinfo/*"];
    three(folder, &test);
    let picture = |shard: &str, name: &str, content: &str| {
        let path: PathBuf = folder.join(shard).join("screenshots").join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("it is written");
        let page = Page {
            title: "Login page".into(),
            document_title: None,
            url: "/".into(),
            status: None,
            note: String::new(),
            screenshot: Some(format!("screenshots/{name}")),
            source: None,
        };
        let page = serde_json::to_value(Entry::Page(page)).expect("JSON");
        patch(folder, &format!("{shard}/results.json"), |file| file["tests"][0]["steps"][0]["entries"].as_array_mut().expect("entries").push(page));
    };
    picture("shard-1", "one.png", "1");
    let all = ["merge", "shard-1", "shard-2", "shard-3"];
    let merged = oa_authtest(folder, &all);
    assert_eq!(merged.code, 0, "{}", merged.said());
    assert_eq!(fs::read_to_string(folder.join("reports/screenshots/one.png")).expect("it was copied"), "1");
    // A later whole takes away what it does not show.
    three(folder, &test);
    assert_eq!(oa_authtest(folder, &all).code, 0);
    assert!(!folder.join("reports/screenshots/one.png").exists());
    picture("shard-1", "one.png", "1");
    picture("shard-2", "one.png", "2");
    let both = oa_authtest(folder, &all);
    assert_eq!(both.code, 2, "{}", both.said());
    assert!(both.stderr.contains("both have a picture screenshots/one.png"), "{}", both.said());
}

#[test]
fn wrong_values_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (value, why) in [
        ("0/3", "is no part: the first is 1"),
        ("4/3", "is no part: there are only as many"),
        ("1/101", "is of more than 100 parts"),
        ("1/0", "is no part"),
        ("0/0", "is no part"),
        ("2", "is not K/N"),
        ("1/2/3", "is not K/N"),
        ("+1/2", "is not K/N"),
        ("a/b", "is not K/N"),
        ("1/99999999999", "is not K/N"),
    ] {
        let flag = oa_authtest(folder.path(), &["run", "--demo", "--shard", value]);
        assert_eq!(flag.code, 2, "{}", flag.said());
        assert!(flag.stderr.contains("--shard") && flag.stderr.contains(&format!("{value:?}")) && flag.stderr.contains(why), "{}", flag.said());
        assert!(flag.stderr.contains("--shard 1/4"), "it says what to do: {}", flag.said());
    }
    let mut by_variable = program(folder.path());
    by_variable.args(["run", "--demo"]).env("OA_AUTHTEST_SHARD", "3/2");
    let by_variable = run(by_variable);
    assert_eq!(by_variable.code, 2);
    assert!(by_variable.stderr.contains("OA_AUTHTEST_SHARD"), "{}", by_variable.said());
    fs::write(folder.path().join("oa-authtest.toml"), "issuer = \"https://op.example\"\nshard = \"x\"\n").expect("it is written");
    let by_file = oa_authtest(folder.path(), &["run"]);
    assert_eq!(by_file.code, 2);
    assert!(by_file.stderr.contains("shard") && by_file.stderr.contains("oa-authtest.toml"), "{}", by_file.said());
    let nothing = oa_authtest(folder.path(), &["merge"]);
    assert_eq!(nothing.code, 2, "{}", nothing.said());
}
