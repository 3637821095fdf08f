//! The history of a report folder (`--history`): a second run shows two, parts of a run are no part of it, and nothing in its folder fails a run.

use std::fs;
use std::path::Path;
use std::process::Child;

use oa_authtest::result::model::RunReport;

use crate::common::{Ended, program, results, run};

const LOGIN: &str = "booking-partner-authentication/authorization-code-flow";

/// Runs the demo in a folder without a browser.
fn demo(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = program(folder);
    command.args(["run", "--demo", "--agent", "http"]).args(arguments);
    run(command)
}

fn kept(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join("reports/history")) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

fn page(folder: &Path, dir: &str) -> String {
    fs::read_to_string(folder.join(dir).join("report.html")).expect("it is there")
}

/// How many rules of level MUST were broken in each of the runs that the results carry.
fn trend(report: &RunReport) -> Vec<u32> {
    report.history.iter().map(|run| run.broken_must).collect()
}

#[test]
fn a_second_run_in_a_folder_shows_two() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    assert_eq!(demo(folder, &[]).code, 0);
    assert_eq!((kept(folder).len(), trend(&results(folder))), (1, vec![]));
    assert!(!page(folder, "reports").contains("id=\"history\""), "one run is no trend");
    assert_eq!(demo(folder, &["--flaw", "id-token-expired"]).code, 1);
    let report = results(folder);
    assert_eq!((kept(folder).len(), trend(&report)), (2, vec![0, 1]));
    assert_eq!(report.history[1].started, report.started);
    let shown = page(folder, "reports");
    assert_eq!(shown.matches("<g><title>").count(), 2);
    assert!(shown.contains("aria-label=\"Broken rules in 2 runs. MUST: 0 in the first, 1 at most, 1 in the last."));
    let summary = fs::read_to_string(folder.join("reports/summary.md")).expect("it is there");
    assert!(summary.contains("## The last 2 runs\n") && summary.contains("(this run) | ❌ failed | 1 | 0 |"), "{summary}");

    // Rendered again it is the same, and no run more.
    let mut command = program(folder);
    command.args(["report", "reports/results.json", "--report-dir", "again"]);
    assert_eq!(run(command).code, 0);
    assert_eq!(kept(folder).len(), 2);
    assert!(!folder.join("again/history").exists());
    assert!(shown == page(folder, "again"));
    let mut command = program(folder);
    command.args(["report", "reports/results.json"]);
    assert_eq!((run(command).code, kept(folder).len()), (0, 2));
    assert!(shown == page(folder, "reports"));
}

#[test]
fn a_part_of_a_run_is_neither_kept_nor_beside_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for flaw in [&["--flaw", "id-token-expired"][..], &[]] {
        demo(folder, flaw);
    }
    assert_eq!(demo(folder, &["--flaw", "id-token-expired"]).code, 1);
    let before = kept(folder);
    assert_eq!(trend(&results(folder)), [1, 0, 1]);
    for part in [&["--last-failed"][..], &["--test", LOGIN], &["--rule", "id-token/*"], &["--level", "must"], &["--history", "0"]] {
        let ended = demo(folder, part);
        assert_eq!(ended.code, 0, "{part:?}: {}", ended.said());
        assert_eq!((kept(folder), trend(&results(folder))), (before.clone(), vec![]), "{part:?}");
    }
    // Nothing could be tested.
    let mut unreachable = program(folder);
    unreachable.args(["run", "--issuer", "http://127.0.0.1:9", "--agent", "http"]);
    assert_eq!((run(unreachable).code, kept(folder)), (3, before.clone()));
    // What is always left out is a series of its own.
    let skip = ["--skip", LOGIN];
    demo(folder, &skip);
    assert_eq!(trend(&results(folder)), [0; 0]);
    demo(folder, &skip);
    assert_eq!((trend(&results(folder)), kept(folder).len()), (vec![0, 0], 5));
}

#[test]
fn no_more_runs_are_kept_than_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("two.toml"), "[report]\nhistory = 2\n").expect("it is written");
    for _ in 0..3 {
        let ended = demo(folder, &["--config", "two.toml"]);
        assert_eq!(ended.code, 0, "{}", ended.said());
    }
    assert_eq!((kept(folder).len(), trend(&results(folder)).len()), (2, 2));
    let many = demo(folder, &["--history", "101"]);
    assert!(many.code == 2 && many.stderr.contains("--history: \"101\" is not a whole number from 0 to 100"), "{}", many.said());
}

#[test]
fn whatever_lies_in_the_folder_is_passed_over_with_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    assert_eq!(demo(folder, &[]).code, 0);
    let history = folder.join("reports/history");
    let foreign = [("broken.json", "{".to_owned()), ("notes.txt", "mine".to_owned()), ("large.json", " ".repeat(1_000_000))];
    for (name, content) in &foreign {
        fs::write(history.join(name), content).expect("it is written");
    }
    let ended = demo(folder, &[]);
    assert_eq!(ended.code, 0, "{}", ended.said());
    let warning = ended.stderr.lines().find(|line| line.starts_with("warning:")).unwrap_or_else(|| panic!("{}", ended.said()));
    for part in ["3 files in reports/history passed over", "broken.json (not a run", "notes.txt (not a run", "large.json (larger than 65536 bytes)"] {
        assert!(warning.contains(part), "{part}: {warning}");
    }
    assert_eq!(trend(&results(folder)), [0, 0]);
    for (name, content) in &foreign {
        assert!(fs::read_to_string(history.join(name)).expect("it is there still") == *content, "{name}");
    }
    // A file where the folder would be.
    fs::remove_dir_all(&history).expect("it is removed");
    fs::write(&history, "mine").expect("it is written");
    let ended = demo(folder, &[]);
    assert_eq!((ended.code, ended.stderr.matches("warning:").count()), (0, 1), "{}", ended.said());
    assert!(ended.stderr.contains("the history in reports/history cannot be read"), "{}", ended.said());
}

#[test]
fn runs_side_by_side_in_one_folder_are_all_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let begin = |_| {
        let mut command = program(folder.path());
        command.args(["run", "--demo", "--agent", "http"]).spawn().expect("it starts")
    };
    let children: Vec<Child> = (0..4).map(begin).collect();
    for child in children {
        let ended = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.code() == Some(0) && !said.contains("warning:"), "{said}");
    }
    assert_eq!(kept(folder.path()).len(), 4);
    assert_eq!(demo(folder.path(), &[]).code, 0);
    assert_eq!(trend(&results(folder.path())), [0; 5]);
}
