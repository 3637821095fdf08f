//! `scripts/products`: every finding that a product draws is justified in `tests/products/NAME/expected.json`, and `docs/products.md` says what those
//! files say. The products themselves are run by the script: they are too heavy for a test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use oa_authtest::feature;
use oa_authtest::rule::{catalogue, spec};
use serde::Deserialize;

use crate::common::golden::assert_golden;
use crate::common::root;

/// What is expected of a product.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The product's name.
    name: String,
    /// The address of the product.
    home: String,
    /// How it is set up, in Markdown.
    about: String,
    /// The version that the runs were made with.
    version: String,
    /// The last run of each agent that is written down.
    runs: BTreeMap<String, Run>,
    /// What a run says, and why that is right.
    findings: Vec<Expectation>,
    /// Tests that cannot be finished, for a reason of the product's.
    errored: Vec<Errored>,
}

/// A run in numbers.
#[derive(Deserialize)]
struct Run {
    date: String,
    seconds: u64,
    tests: u64,
    /// Rules broken and tests errored that had no reason when the run was made.
    unexplained: u64,
    #[serde(flatten)]
    verdicts: BTreeMap<String, u64>,
}

/// A rule that the product breaks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expectation {
    rule: String,
    level: String,
    kind: Kind,
    tests: Vec<String>,
    why: String,
    issue: Option<String>,
    agents: Option<Vec<String>>,
    /// True where it depends on chance, which the reason names.
    #[serde(default)]
    sometimes: bool,
}

/// Whose matter a finding is.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The product deviates from a text that says MUST, or does by accident what a text advises against.
    Deviation,
    /// The product, or the one who set it up, chose so, and the text leaves the choice.
    Choice,
}

/// A test that ends errored.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Errored {
    test: String,
    why: String,
    agents: Option<Vec<String>>,
}

/// The rules that a product is expected to break, each with the tests it breaks them in, by any agent.
pub fn broken_by(name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut broken: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in expected_of(name).findings {
        broken.entry(entry.rule).or_default().extend(entry.tests);
    }
    broken
}

fn expected_of(name: &str) -> Expected {
    let path = format!("tests/products/{name}/expected.json");
    let text = std::fs::read_to_string(root().join(&path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}; scripts/products {name} --update leaves what has to be written by hand"))
}

fn products() -> Vec<(String, Expected)> {
    let folder = root().join("tests/products");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("it is there")
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| path.join("product.mjs").is_file()))
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), expected_of(&name))).collect()
}

#[test]
fn every_expectation_is_justified() {
    let rules: BTreeSet<&str> = catalogue().iter().map(|rule| rule.id).collect();
    let features = feature::features().expect("sound documents");
    let tests: BTreeSet<String> =
        features.iter().flat_map(|feature| feature.tests.iter().map(|test| format!("{}/{}", feature.id, test.id))).collect();
    let products = products();
    let of_products: BTreeSet<&str> = products.iter().map(|(_, expected)| expected.home.as_str()).collect();
    assert_eq!(of_products.len(), 6, "README.md and docs say how many there are");
    for (name, expected) in &products {
        let mut seen = BTreeSet::new();
        for entry in &expected.findings {
            let rule = &entry.rule;
            assert!(rules.contains(rule.as_str()), "{name}: there is no rule {rule}");
            assert!(["must", "should", "may"].contains(&entry.level.as_str()), "{name}: {rule}: {} is no level", entry.level);
            assert!(entry.why.len() > 20, "{name}: {rule} has no reason");
            assert!(!entry.tests.is_empty(), "{name}: {rule} names no test");
            assert!(entry.issue.as_ref().is_none_or(|issue| issue.starts_with("https://")), "{name}: {rule}: the issue is an address");
            for test in &entry.tests {
                assert!(tests.contains(test), "{name}: {rule}: there is no test {test}");
                assert!(seen.insert((rule, test, &entry.agents)), "{name}: {rule} in {test} is there twice");
            }
        }
        for entry in &expected.errored {
            assert!(tests.contains(&entry.test), "{name}: there is no test {}", entry.test);
            assert!(entry.why.len() > 20, "{name}: {} has no reason", entry.test);
        }
        assert!(!expected.runs.is_empty(), "{name} was never run");
        for agent in expected.runs.keys() {
            assert!(["http", "webdriver"].contains(&agent.as_str()), "{name}: there is no agent {agent}");
        }
    }
}

#[test]
fn the_page_says_what_the_expectations_say() {
    assert_golden("docs/products.md", &render(&products()));
}

fn render(products: &[(String, Expected)]) -> String {
    let mut out = "# What to expect of real products\n\n\
         Generated by `GOLDEN=write cargo test --test integration products` from `tests/products/*/expected.json`, which `scripts/products NAME` holds against\n\
         the product itself: it fails on a finding that is not below, and on one below that no longer happens. Every product ran on loopback as its own\n\
         documentation sets it up. A *deviation* differs from what the text demands or advises; a *choice* is one that the text leaves. *Unexplained* are the\n\
         rules broken and tests errored for which no reason was found yet: take them for false alarms.\n\n\
         | product | version | run on | agent | seconds | tests | explained rules: must | should | may | unexplained |\n\
         | --- | --- | --- | --- | --: | --: | --: | --: | --: | --: |\n"
        .to_owned();
    for (name, expected) in products {
        for (agent, run) in &expected.runs {
            let broken = |level: &str| {
                let about = |entry: &&Expectation| entry.level == level && entry.agents.as_ref().is_none_or(|agents| agents.contains(agent));
                expected.findings.iter().filter(about).map(|entry| &entry.rule).collect::<BTreeSet<_>>().len()
            };
            let _ = writeln!(
                out,
                "| [{}](#{name}) | {} | {} | {agent} | {} | {} | {} | {} | {} | {} |",
                expected.name,
                expected.version,
                run.date,
                run.seconds,
                run.tests,
                broken("must"),
                broken("should"),
                broken("may"),
                run.unexplained,
            );
        }
    }
    for (name, expected) in products {
        let _ = write!(out, "\n<a id=\"{name}\"></a>\n\n## [{}]({}) {}\n\n{}\n", expected.name, expected.home, expected.version, expected.about);
        for (agent, run) in &expected.runs {
            let verdicts: Vec<String> = run.verdicts.iter().map(|(verdict, count)| format!("{count} {}", verdict.replace('-', " "))).collect();
            let _ = write!(
                out,
                "\nAgent {agent}, {}: {} tests in {} s; apart from what is explained below: {}.\n",
                run.date,
                run.tests,
                run.seconds,
                verdicts.join(", ")
            );
        }
        if expected.findings.is_empty() {
            out.push_str("\nNothing is broken.\n");
        } else {
            out.push_str("\n| rule | level | | why |\n| --- | --- | --- | --- |\n");
        }
        let mut entries: Vec<&Expectation> = expected.findings.iter().collect();
        entries.sort_by_key(|entry| (["must", "should", "may"].iter().position(|level| *level == entry.level), entry.kind, &entry.rule));
        for entry in entries {
            let rule = catalogue().into_iter().find(|rule| rule.id == entry.rule).unwrap_or_else(|| panic!("there is no rule {}", entry.rule));
            let kind = match entry.kind {
                Kind::Deviation => "deviation",
                Kind::Choice => "choice",
            };
            let agents = entry.agents.as_ref().map(|agents| format!(" (agent {})", agents.join(", "))).unwrap_or_default();
            let kind = if entry.sometimes { format!("{kind}, sometimes") } else { kind.to_owned() };
            let issue = entry.issue.as_ref().map(|issue| format!(" [Its issue]({issue}).")).unwrap_or_default();
            let text = spec::resolve(rule.spec).unwrap_or_else(|| panic!("{}: {} is no section", rule.id, rule.spec));
            let why = entry.why.replace('|', "\\|");
            let _ = writeln!(out, "| `{}` ([{}]({})) | {} | {kind} | {why}{agents}{issue} |", rule.id, text.title, text.url, entry.level);
        }
        for entry in &expected.errored {
            let agents = entry.agents.as_ref().map(|agents| format!(" (agent {})", agents.join(", "))).unwrap_or_default();
            let _ = write!(out, "\nNot tested: `{}`{agents}: {}\n", entry.test, entry.why);
        }
    }
    out
}
