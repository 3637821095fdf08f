use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::report::json::sample;
use crate::result::model::{Finding, FindingOutcome, TestReport};

fn series(issuer: &str) -> Series {
    Series { issuer: issuer.to_owned(), profiles: vec!["oidc".to_owned()], skips: Vec::new() }
}

/// A run of the given day of a month.
fn run(day: u32) -> PastRun {
    PastRun {
        started: format!("2026-03-{day:02}T10:00:00Z"),
        verdict: Verdict::Failed,
        broken_must: day,
        broken_should: 0,
        rules_checked: 400,
        tests_run: 40,
        catalogue: None,
    }
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join(FOLDER)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn days(runs: &[PastRun]) -> Vec<u32> {
    runs.iter().map(|run| run.broken_must).collect()
}

#[test]
fn a_run_is_a_point_if_it_says_something_about_the_issuer() {
    let mut report = sample();
    let finding = (*report.tests[0].findings[0]).clone();
    let broken =
        |rule: &str, level| Arc::new(Finding { rule: rule.to_owned(), level, outcome: FindingOutcome::Failed, known: None, ..finding.clone() });
    let test = |verdict, findings| TestReport { verdict, findings, ..TestReport::default() };
    // A rule that is broken at two levels counts once, at the higher.
    let (must, should) = (broken("a/a", Level::Must), broken("a/a", Level::Should));
    report.tests = vec![
        test(Verdict::Failed, vec![must, broken("a/b", Level::Must)]),
        test(Verdict::Warned, vec![should, broken("a/c", Level::Should)]),
        test(Verdict::LeftOut, vec![]),
        test(Verdict::Skipped, vec![]),
    ];
    let point_of = |report: &RunReport| point(report).map(|run| (run.broken_must, run.broken_should, run.rules_checked, run.tests_run));
    assert_eq!(point_of(&report), Some((2, 1, 3, 2)));
    assert_eq!(point_of(&RunReport { interrupted: true, ..report.clone() }), None);
    report.tests = vec![test(Verdict::Errored, vec![]), test(Verdict::LeftOut, vec![]), test(Verdict::Skipped, vec![])];
    assert_eq!(point_of(&report), None, "nothing came to an end");
}

#[test]
fn the_embedded_issuer_is_the_same_at_each_port() {
    let mut one = sample();
    "https://localhost:1".clone_into(&mut one.issuer);
    let mut other = one.clone();
    "https://localhost:2".clone_into(&mut other.issuer);
    assert_ne!(Series::of(&one, &[]), Series::of(&other, &[]));
    (one.environment.embedded, other.environment.embedded) = (true, true);
    assert_eq!(Series::of(&one, &[]), Series::of(&other, &[]));
    other.environment.profiles.push("a".to_owned());
    assert_ne!(Series::of(&one, &[]), Series::of(&other, &[]));
    let globs = |globs: [&str; 2]| globs.map(str::to_owned);
    assert_eq!(Series::of(&one, &globs(["a", "b"])), Series::of(&one, &globs(["b", "a"])), "the order says nothing");
    assert_ne!(Series::of(&one, &globs(["a", "b"])), Series::of(&one, &[]));
}

#[test]
fn the_last_runs_are_kept_and_those_of_a_series_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let keep = |issuer: &str, day: u32, most: usize| {
        let history = History::read(dir.path());
        assert_eq!(history.warning, None);
        let shown = history.with(&series(issuer), &run(day), most);
        history.keep(series(issuer), run(day), most).unwrap();
        days(&shown)
    };
    assert_eq!(keep("a", 2, 4), [0; 0], "alone it is no trend");
    assert_eq!(keep("b", 3, 4), [0; 0]);
    // It began before the others and ended after them.
    assert_eq!(keep("a", 1, 4), [2, 1]);
    assert_eq!(keep("a", 4, 4), [1, 2, 4]);
    assert_eq!(names(dir.path()).len(), 4);
    assert_eq!(keep("a", 5, 4), [1, 2, 4, 5]);
    assert_eq!(names(dir.path()).len(), 4, "the oldest is gone");
    assert_eq!(keep("a", 6, 4), [2, 4, 5, 6]);
    assert_eq!(keep("b", 7, 4), [3, 7]);
    assert_eq!(keep("b", 8, 2), [7, 8], "no more than asked for");
    assert_eq!(names(dir.path()).len(), 2);
}

/// Puts what is no file into a folder, and says how much that is.
#[cfg(unix)]
fn no_files(folder: &Path) -> usize {
    std::os::unix::fs::symlink(folder.join("notes.txt"), folder.join("h.json")).unwrap();
    // It is a pipe that nobody will ever write to.
    assert!(std::process::Command::new("mkfifo").arg(folder.join("i.json")).status().unwrap().success());
    2
}

#[cfg(not(unix))]
fn no_files(_: &Path) -> usize {
    0
}

#[test]
fn what_is_not_the_historys_is_passed_over_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    History::read(dir.path()).keep(series("a"), run(1), 5).unwrap();
    let folder = dir.path().join(FOLDER);
    let own = fs::read_to_string(folder.join(&names(dir.path())[0])).unwrap();
    let at = |name: &str| folder.join(name);
    fs::write(at("a.json"), &own[..own.len() / 2]).unwrap();
    fs::write(at("b.json"), own.replace(SCHEMA, "oa-authtest/history/2")).unwrap();
    fs::write(at("c.json"), own.replace("2026-03-01T10:00:00Z", "yesterday")).unwrap();
    fs::write(at("d.json"), format!("{own}{}", " ".repeat(70_000))).unwrap();
    fs::write(at("e.json"), own.replace("\"broken_must\": 1", "\"broken_must\": 99999999999")).unwrap();
    fs::write(at("f.json"), "[".repeat(10_000)).unwrap();
    fs::write(at("notes.txt"), "mine").unwrap();
    fs::create_dir(at("g.json")).unwrap();
    fs::write(at(&format!("{}x", file::TEMPORARY)), "{").unwrap();
    let others = 8 + no_files(&folder);
    let before = names(dir.path());
    let history = History::read(dir.path());
    assert_eq!(days(&history.with(&series("a"), &run(2), 5)), [1, 2]);
    let warning = history.warning.clone().unwrap();
    assert!(
        warning.starts_with(&format!("{others} files in ")) && warning.contains("a.json (not a run: EOF") && warning.contains("more"),
        "{warning}"
    );
    for (name, why) in
        [("b.json", "its schema is not"), ("c.json", "when the run started"), ("d.json", "larger than 65536 bytes"), ("g.json", "no file")]
    {
        let why_not = read(&at(name)).unwrap_err();
        assert!(why_not.contains(why), "{name}: {why_not}");
    }
    history.keep(series("a"), run(2), 1).unwrap();
    let after = names(dir.path());
    assert_eq!(after.len(), before.len(), "its own one is gone, another is there");
    assert_eq!(before.iter().filter(|name| !after.contains(name)).count(), 1);
}

#[test]
fn a_folder_with_too_much_in_it_is_looked_at_in_part() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(FOLDER);
    fs::create_dir(&folder).unwrap();
    for n in 0..MOST_ENTRIES + 5 {
        fs::write(folder.join(n.to_string()), "").unwrap();
    }
    let history = History::read(dir.path());
    assert!(history.warning.as_ref().is_some_and(|warning| warning.contains("all but 1000")), "{:?}", history.warning);
    history.keep(series("a"), run(1), 5).unwrap();
}

#[test]
fn a_folder_that_cannot_be_read_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(FOLDER), "mine").unwrap();
    let history = History::read(dir.path());
    assert!(history.warning.as_ref().is_some_and(|warning| warning.contains("cannot be read")), "{:?}", history.warning);
    history.keep(series("a"), run(1), 5).unwrap();
    assert_eq!(fs::read_to_string(dir.path().join(FOLDER)).unwrap(), "mine");
}

#[test]
fn runs_that_end_at_once_do_not_meet() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|threads| {
        for day in 1..=8 {
            let dir = dir.path();
            threads.spawn(move || {
                for _ in 0..10 {
                    let history = History::read(dir);
                    assert_eq!(history.warning, None);
                    history.keep(series("a"), run(day), 3).unwrap();
                }
            });
        }
    });
    let history = History::read(dir.path());
    assert!(history.warning.is_none() && !history.kept.is_empty());
}
