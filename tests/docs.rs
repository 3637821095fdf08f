//! Generated files are current, and the vocabulary changes only where a reviewer sees it. `GOLDEN=write cargo test --test integration docs` writes them again.

use std::fmt::Write as _;

use clap::Parser as _;
use oa_authtest::cli::Cli;
use oa_authtest::config::SETTINGS;
use oa_authtest::feature::own::schema;
use oa_authtest::feature::{self, readme};
use oa_authtest::rule::{Level, catalogue, spec};
use pulldown_cmark::{Event, Options, Parser as Markdown, Tag};

use crate::common::golden::assert_golden;
use crate::common::root;

#[test]
fn features_readme_is_current() {
    assert_golden("features/README.md", &readme::render(&feature::features().expect("sound documents")));
}

#[test]
fn the_catalogue_is_as_reviewed() {
    let mut text = String::new();
    for rule in catalogue() {
        let level = format!("{:?}", rule.level).to_lowercase();
        let _ = writeln!(text, "{:<6} {} [{}]\n       {}", level, rule.id, rule.spec, rule.says);
    }
    assert_golden("fixtures/catalogue.txt", &text);
}

#[test]
fn the_rule_reference_is_current() {
    assert_golden("RULES.md", &oa_authtest::reference::render(&oa_authtest::issuer::flaws().expect("sound flaws")));
}

#[test]
fn the_reference_of_own_tests_is_current() {
    assert_golden("docs/own-tests-reference.md", &oa_authtest::reference::own_tests::render());
}

#[test]
fn the_schemas_of_own_tests_are_current() {
    for (name, schema) in [("feature", schema::feature()), ("rules", schema::rules())] {
        assert_golden(&format!("schema/{name}.schema.json"), &oa_authtest::report::json::pretty(&schema).expect("it is JSON"));
    }
}

/// What stands between these lines of the README is generated.
const BEGIN: &str = "<!-- settings: `GOLDEN=write cargo test --test integration docs` writes them again -->\n";
const END: &str = "<!-- end of settings -->";

#[test]
fn the_settings_in_the_readme_are_current() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("it is there");
    let (before, rest) = readme.split_once(BEGIN).expect("the settings begin somewhere");
    let (_, after) = rest.split_once(END).expect("the settings end somewhere");
    assert_golden("README.md", &format!("{before}{BEGIN}\n{}\n{END}{after}", oa_authtest::reference::settings()));
}

#[test]
fn every_link_to_a_file_leads_there() {
    let mut links = 0;
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "RULES.md",
        "docs/own-tests.md",
        "docs/own-tests-reference.md",
        "features/README.md",
        "reports/example/summary.md",
    ]
    .map(|file| root().join(file))
    {
        let text = std::fs::read_to_string(&file).expect("it is there");
        for event in Markdown::new_ext(&text, Options::ENABLE_TABLES) {
            let Event::Start(Tag::Link { dest_url: to, .. } | Tag::Image { dest_url: to, .. }) = event else { continue };
            if !to.contains(':') && !to.starts_with('#') {
                let path = file.parent().expect("a folder").join(to.split('#').next().unwrap_or_default());
                assert!(path.exists(), "{} leads to {to}, which is not there", file.display());
                links += 1;
            }
        }
    }
    assert!(links > 5, "{links}");
}

#[test]
fn a_variable_is_named_as_its_flag() {
    for setting in SETTINGS {
        assert_eq!(setting.env, format!("OA_AUTHTEST_{}", setting.name().to_uppercase().replace('-', "_")), "as the README says");
    }
}

#[test]
fn the_action_sets_variables_that_exist() {
    let action = std::fs::read_to_string(root().join("action.yml")).expect("it is there");
    let names: Vec<&str> = action.lines().filter_map(|line| line.trim().split_once(": ${{ inputs.")).map(|(name, _)| name).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names.into_iter().filter(|name| name.starts_with("OA_AUTHTEST_")) {
        assert!(SETTINGS.iter().any(|setting| setting.env == name), "{name}");
    }
}

#[test]
fn every_rule_is_well_formed_and_unique() {
    let mut seen = std::collections::BTreeSet::new();
    for rule in catalogue() {
        assert!(seen.insert(rule.id), "{} is there twice", rule.id);
        let (artefact, name) = rule.id.split_once('/').unwrap_or_else(|| panic!("{} is not artefact/rule", rule.id));
        for part in [artefact, name] {
            let kebab = !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            assert!(kebab, "{} is not kebab-case", rule.id);
        }
        assert!(spec::resolve(rule.spec).is_some(), "{}: {} leads nowhere", rule.id, rule.spec);
        let demands = match rule.level {
            Level::Must => rule.says.contains("must"),
            Level::Should => rule.says.contains("should"),
            Level::May => rule.says.starts_with("It is good practice "),
        };
        assert!(demands && !rule.says.ends_with('.'), "{}: {:?} is no demand of its level", rule.id, rule.says);
        assert!(rule.why.len() > 20 && rule.why.ends_with('.'), "{}: {:?} does not say why", rule.id, rule.why);
        assert!(rule.fix.len() > 20 && rule.fix.ends_with('.'), "{}: {:?} does not say how to mend it", rule.id, rule.fix);
    }
}

#[test]
fn the_commands_of_the_documentation_can_be_given() {
    let mut commands = 0;
    for file in ["README.md", "CONTRIBUTING.md", "docs/own-tests.md"] {
        let text = std::fs::read_to_string(root().join(file)).expect("it is there").replace("\\\n", " ");
        let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
        for line in lines.filter(|line| line.starts_with("oa-authtest ")) {
            let command = line.split(" #").next().and_then(|line| line.split(" > ").next()).unwrap_or(line);
            let words = command.split_whitespace().map(|word| word.trim_matches(|c| c == '\'' || c == '"'));
            Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{file}: {command}: {error}"));
            commands += 1;
        }
    }
    assert!(commands > 15, "{commands}");
}
