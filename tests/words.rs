//! The words of what a user reads: plain English for readers who are not native speakers, and one word for each thing.

use std::fs;
use std::path::{Path, PathBuf};

use oa_authtest::feature;
use oa_authtest::feature::certification::{CERTIFICATIONS, Module};
use oa_authtest::issuer::flaw::{flaws, variants};
use oa_authtest::reference::coverage;
use oa_authtest::rule::catalogue;

use crate::common::root;

/// Words that readers trip over, or that stand for something that has a name of its own: a *test* is no story, and tests are not told.
const WORDS: [&str; 11] = ["nobody", "somebody", "anybody", "whoever", "story", "stories", "tale", "told", "tells", "collateral", "lived with"];

/// The words of the list that a text has.
fn found(text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    let is_word = |at: usize, word: &str| {
        let around = [lower[..at].chars().next_back(), lower[at + word.len()..].chars().next()];
        around.into_iter().flatten().all(|c| !c.is_alphanumeric() && c != '_')
    };
    WORDS.into_iter().filter(|word| lower.match_indices(word).any(|(at, _)| is_word(at, word))).collect()
}

fn files(folder: &Path, ends: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, ends, out);
        } else if path.to_string_lossy().ends_with(ends) {
            out.push(path);
        }
    }
}

/// The string literals of a line of code without its comment.
fn literals(line: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => break,
            '\'' => {
                // A character, or a lifetime.
                chars.next_if_eq(&'"');
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => text.extend(chars.next().filter(|c| !matches!(c, 'n' | 't' | 'r'))),
                        '"' => break,
                        c => text.push(c),
                    }
                }
                // The id of a rule is a name that stays.
                if !text.contains('/') || text.contains(' ') {
                    literals.push(text);
                }
            }
            _ => {}
        }
    }
    literals
}

#[test]
fn words_are_found_whole() {
    assert_eq!(found("Nobody was told."), ["nobody", "told"]);
    assert!(found("a toldy storyboard").is_empty());
    assert_eq!(literals(r#"let a = f("one \"two\"", '"', "three"); // "four""#), ["one \"two\"", "three"]);
}

#[test]
fn what_a_user_reads_is_plain() {
    let mut texts: Vec<(String, String)> = Vec::new();
    for rule in catalogue() {
        texts.push((format!("rule {}", rule.id), [rule.says, rule.why, rule.fix].join("\n")));
    }
    for feature in feature::features().expect("sound documents") {
        texts.push((format!("feature {}", feature.id), format!("{}\n{}", feature.title, feature.description)));
        texts.extend(feature.tests.iter().map(|test| (format!("test {}/{}", feature.id, test.id), format!("{}\n{}", test.title, test.description))));
    }
    for flaw in flaws().expect("sound flaws").into_iter().chain(variants().expect("sound variants")) {
        texts.push((format!("flaw {}", flaw.name), flaw.says));
    }
    for (prefix, sections) in coverage::table().expect("sound tables") {
        for (section, row) in sections.iter().flat_map(|(section, rows)| rows.iter().map(move |row| (section, row))) {
            texts.push((format!("coverage of {prefix} {section}"), row.texts().join("\n")));
        }
    }
    let mut paths: Vec<PathBuf> = ["README.md", "features/README.md"].map(|file| root().join(file)).into();
    for (folder, ends) in [("templates", ".md"), ("templates", ".html"), ("docs", ".md"), ("fixtures/config", ".txt"), ("fixtures/config", ".toml")] {
        files(&root().join(folder), ends, &mut paths);
    }
    for profile in CERTIFICATIONS.iter() {
        let sentences = |module: &Module| {
            let more = [&module.left_out_where, &module.a_person_looks_at, &module.other_way, &module.not_judged_because];
            std::iter::once(module.says.clone()).chain(more.into_iter().flatten().cloned()).collect::<Vec<_>>().join("\n")
        };
        texts.extend(profile.modules.iter().map(|module| (format!("module {} of {}", module.id, profile.id), sentences(module))));
        let left = profile.not_judged.iter().flat_map(|left| [left.what.clone(), left.why.clone()]);
        texts.push((format!("certification profile {}", profile.id), profile.beyond.iter().cloned().chain(left).collect::<Vec<_>>().join("\n")));
    }
    // These are made of the texts above, beside the ids of rules, which are names that stay.
    let generated = ["docs/flaws.md", "docs/coverage.md", "docs/certification.md"];
    paths.retain(|path| !path.starts_with(root().join("docs/rules")) && !generated.iter().any(|file| path.ends_with(file)));
    for path in paths {
        texts.push((path.display().to_string(), fs::read_to_string(&path).expect("it can be read")));
    }
    let mut sources = Vec::new();
    files(&root().join("src"), ".rs", &mut sources);
    for path in sources.into_iter().filter(|path| !path.ends_with("tests.rs")) {
        let text = fs::read_to_string(&path).expect("it can be read");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        texts.extend(lines.map(|(number, line)| (format!("{}:{}", path.display(), number + 1), literals(line).join("\n"))));
    }
    let wrong: Vec<String> = texts
        .iter()
        .filter_map(|(place, text)| Some(found(text)).filter(|words| !words.is_empty()).map(|words| format!("{place}: {}", words.join(", "))))
        .collect();
    assert!(texts.len() > 1000 && wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}
