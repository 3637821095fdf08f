//! `reports/example/` is what the program writes today. `GOLDEN=write cargo test --test integration example` writes it again (it needs the browser).

use std::collections::BTreeSet;
use std::path::Path;

use oa_authtest::config::Format;
use oa_authtest::result::model::{Entry, RunReport};

use crate::common::golden::{self, assert_golden};
use crate::common::{files, program, quick, root, run};

const EXAMPLE: &str = "reports/example";

fn read(folder: &Path) -> RunReport {
    oa_authtest::report::json::read(&folder.join("results.json")).unwrap_or_else(|error| panic!("{error}"))
}

/// What a reader would miss if it changed: tests, steps, sentences, what was recorded, and how each rule came out.
fn gist(report: &RunReport) -> Vec<String> {
    let mut gist = Vec::new();
    for test in &report.tests {
        gist.push(format!("{} {:?} {}", test.id, test.verdict, test.description));
        for step in &test.steps {
            gist.push(format!("  {} {:?} {:?}", step.name, step.sentences, step.ended));
            for entry in &step.entries {
                gist.push(match entry {
                    Entry::Exchange(exchange) => format!("    {} {}", exchange.method, exchange.title),
                    Entry::Page(page) => format!("    {} {:?}", page.title, page.document_title),
                    Entry::Callback { .. } => "    callback".to_owned(),
                    Entry::Claims { of, .. } => format!("    claims of {of}"),
                    Entry::Note { .. } => "    note".to_owned(),
                });
            }
        }
        for finding in &test.findings {
            gist.push(format!("  {:?} {:?} {} {} {}", finding.outcome, finding.level, finding.rule, finding.spec, finding.says));
        }
    }
    gist
}

/// Fails the test unless today's templates make the pages of the example of its results: what `scripts/test --quick` can see of it.
fn is_rendered_from_its_results() {
    let example = root().join(EXAMPLE);
    let folder = tempfile::tempdir().expect("a folder");
    let report = read(&example);
    oa_authtest::report::write(&report, folder.path(), &[Format::Markdown]).expect("it is written");
    for (name, text) in files(folder.path()).into_iter().filter(|(name, _)| name != "results.json") {
        assert_golden(&format!("{EXAMPLE}/{name}"), std::str::from_utf8(&text).expect("it is text"));
    }
    let entries = report.tests.iter().flat_map(|test| &test.steps).flat_map(|step| &step.entries);
    let pictures = entries.filter_map(|entry| if let Entry::Page(page) = entry { page.screenshot.clone() } else { None });
    let expected: BTreeSet<String> = files(folder.path()).into_keys().chain(pictures).collect();
    assert_eq!(files(&example).into_keys().collect::<BTreeSet<_>>(), expected, "the files of {EXAMPLE}");
}

/// Makes the second folder hold what the first does.
fn write_files(from: &Path, to: &Path) {
    std::fs::remove_dir_all(to).expect("what was there goes");
    for (name, bytes) in files(from) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(path, bytes).expect("it can be written");
    }
}

#[test]
fn the_example_is_what_a_run_writes_today() {
    if quick() {
        return is_rendered_from_its_results();
    }
    // The report folder is named in the report, so it is named as anybody would.
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program(folder.path());
    command.args(["run", "--demo", "--flaw", "refresh-other-sub", "--report-dir", EXAMPLE]);
    // A story that fails, with a login, and a short one that passes: a summary of both, and the shortest report that shows everything.
    command.args(
        ["authorization-code-flow", "authentication-authority-present"]
            .iter()
            .flat_map(|test| ["--test".to_owned(), format!("booking-partner-authentication/{test}")]),
    );
    let ended = run(command);
    assert_eq!(ended.code, 1, "{}", ended.said());
    let (dir, example) = (folder.path().join(EXAMPLE), root().join(EXAMPLE));
    // The page holds all of it once more, pictures included: too much for a sample.
    std::fs::remove_file(dir.join("report.html")).expect("a run writes the page too");
    if golden::is_written() {
        write_files(&dir, &example);
    }
    is_rendered_from_its_results();
    golden::assert_same(EXAMPLE, &gist(&read(&example)).join("\n"), &gist(&read(&dir)).join("\n"));
}
