//! `reports/example/` is what the program writes today. `GOLDEN=write cargo test --test example_report` writes it again (it needs the browser).

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::{program, root, run};
use oa_authtest::config::Format;
use oa_authtest::result::model::{Entry, RunReport};

const EXAMPLE: &str = "reports/example";

fn read(folder: &Path) -> RunReport {
    let text = std::fs::read_to_string(folder.join("results.json")).expect("results.json is there");
    serde_json::from_str(&text).expect("it is what the model says")
}

/// Every Markdown file of a report, by its path.
fn pages(folder: &Path) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let name = path.strip_prefix(folder).expect("it is below").display().to_string();
                pages.insert(name, std::fs::read_to_string(&path).expect("it is text"));
            }
        }
    }
    pages
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
                    Entry::Page(page) => format!("    {}", page.title),
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

/// What `scripts/test --quick` can see of it: that today's templates make these pages of these results.
fn rendered_from_its_results(example: &Path) {
    let folder = tempfile::tempdir().expect("a folder");
    oa_authtest::report::write(&read(example), folder.path(), &[Format::Markdown]).expect("it is written");
    assert_eq!(pages(folder.path()), pages(example), "GOLDEN=write cargo test --test example_report writes it again");
}

#[test]
fn the_example_is_what_a_run_writes_today() {
    let example = root().join(EXAMPLE);
    if common::quick() {
        return rendered_from_its_results(&example);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let writing = std::env::var_os("GOLDEN").is_some_and(|value| value == "write");
    // The report folder is named in the report, so it is named as anybody would.
    let (from, name) = if writing { (root(), EXAMPLE) } else { (folder.path().to_path_buf(), "reports") };
    let dir = from.join(name);
    let mut command = program(&from);
    // One test at a time: who asks for consent first decides which pages are shown.
    command.args(["run", "--demo", "--flaw", "refresh-other-sub", "--jobs", "1"]).args(["--report-dir", name]);
    let ended = run(command);
    assert_eq!(ended.code, 1, "{}", ended.said());
    // The page holds all of it once more, pictures included: too much for a sample.
    std::fs::remove_file(dir.join("report.html")).expect("a run writes the page too");
    rendered_from_its_results(&example);
    assert_eq!(gist(&read(&dir)), gist(&read(&example)), "GOLDEN=write cargo test --test example_report writes it again");
}
