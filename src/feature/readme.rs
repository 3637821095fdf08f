//! `features/README.md`, generated from the feature documents; a test keeps it current.

use std::fmt::Write as _;

use super::{Feature, Step};

/// The text of `features/README.md`.
pub fn render(features: &[Feature]) -> String {
    let mut out = String::from(
        "<!-- Generated from the documents in this folder: `GOLDEN=write cargo test --test integration docs` writes it again. -->\n\n\
         # What is tested\n\nA feature document holds descriptions and tests; a test is a list of steps. What is judged on the way is in the rules \
         (`oa-authtest explain RULE`).\n",
    );
    let mut profile = "";
    for feature in features {
        if feature.profile != profile {
            profile = &feature.profile;
            let _ = writeln!(out, "\n## Profile `{profile}`");
        }
        let _ = writeln!(out, "\n### {} (`{}`)\n\n{}", feature.title, feature.id, feature.description);
        if let Some(spec) = &feature.spec {
            let _ = writeln!(out, "\nSpecification: <{spec}>");
        }
        for test in &feature.tests {
            let _ = writeln!(out, "\n#### `{}/{}`: {}\n\n{}\n", feature.id, test.id, test.title, test.description);
            for (index, step) in test.steps.iter().enumerate() {
                let _ = writeln!(out, "{}. {}{}", index + 1, step.name(), step.scope().map(|s| format!(": scope `{s}`")).unwrap_or_default());
            }
            let needs = needs(&test.steps);
            if !needs.is_empty() {
                let _ = writeln!(out, "\nNeeds {}.", needs.join(" and "));
            }
        }
    }
    out
}

/// What a story cannot do without, in words that name the settings.
pub fn needs(steps: &[Step]) -> Vec<&'static str> {
    let mut needs = Vec::new();
    for need in steps.iter().flat_map(Step::settings) {
        let words = need.words();
        if !needs.contains(&words) {
            needs.push(words);
        }
    }
    needs
}
