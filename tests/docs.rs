//! Generated files are current, and the vocabulary changes only where a reviewer sees it. `GOLDEN=write cargo test --test integration docs` writes them again.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Parser as _;
use oa_authtest::cli::Cli;
use oa_authtest::config::SETTINGS;
use oa_authtest::feature::own::schema;
use oa_authtest::feature::{self, readme};
use oa_authtest::rule::{Level, catalogue, spec};
use oa_authtest::{issuer, reference};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser as Markdown, Tag, TagEnd};

use crate::common::golden::assert_golden;
use crate::common::{files, free_port, program, root, run};

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
    let flaws = issuer::flaws().expect("sound flaws");
    assert_golden("RULES.md", &reference::index("docs/rules/"));
    assert_golden("docs/rules/README.md", &reference::index(""));
    assert_golden("docs/flaws.md", &reference::flaws(&flaws, &issuer::variants().expect("sound variants")));
    let mut pages = vec!["README.md".to_owned()];
    for family in reference::families() {
        assert_golden(&format!("docs/rules/{}.md", family.name), &reference::family(&family, &flaws));
        pages.push(format!("{}.md", family.name));
    }
    let left: Vec<String> = files(&root().join("docs/rules")).into_keys().filter(|name| !pages.contains(name)).collect();
    assert!(left.is_empty(), "pages of families that are no more: {left:?}");
}

#[test]
fn the_map_of_certification_is_current() {
    assert_golden("docs/certification.md", &reference::certification());
}

#[test]
fn the_coverage_of_the_specifications_is_current() {
    assert_golden("docs/coverage.md", &reference::coverage().expect("sound tables"));
}

/// What stands between two lines of a hand-written page is generated.
fn assert_part(page: &str, name: &str, current: &str) {
    let begin = format!("<!-- {name}: `GOLDEN=write cargo test --test integration docs` writes them again -->\n");
    let end = format!("<!-- end of {name} -->");
    let text = std::fs::read_to_string(root().join(page)).expect("it is there");
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{page} has no {begin}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{page} has no {end}"));
    assert_golden(page, &format!("{before}{begin}{current}{end}{after}"));
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

#[test]
fn the_settings_are_current() {
    assert_part("docs/settings.md", "settings", &format!("\n{}\n", reference::settings()));
}

#[test]
fn the_contents_of_the_book_name_each_page_once() {
    assert_part("docs/SUMMARY.md", "families", &reference::contents("rules/"));
    let summary = std::fs::read_to_string(root().join("docs/SUMMARY.md")).expect("it is there");
    let mut named: Vec<String> = links(&summary);
    let mut pages: Vec<String> = files(&root().join("docs")).into_keys().filter(|name| is_page(name) && name != "SUMMARY.md").collect();
    named.sort();
    pages.sort();
    assert_eq!(named, pages, "docs/SUMMARY.md");
}

fn is_page(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|end| end == "md")
}

/// Where the links and pictures of a text lead.
fn links(text: &str) -> Vec<String> {
    let link = |event| match event {
        Event::Start(Tag::Link { dest_url: to, .. } | Tag::Image { dest_url: to, .. }) => Some(to.into_string()),
        _ => None,
    };
    Markdown::new_ext(text, Options::ENABLE_TABLES).filter_map(link).collect()
}

/// The addresses of the headings of a text, as GitHub and mdbook make them, and of its anchors.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut heading: Option<String> = None;
    for event in Markdown::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => heading.iter_mut().for_each(|heading| heading.push_str(&text)),
            Event::End(TagEnd::Heading(_)) => {
                let kept = |c: char| match c {
                    ' ' => Some('-'),
                    c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
                    _ => None,
                };
                found.extend(heading.take().map(|heading| heading.chars().filter_map(kept).collect()));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                found.extend(html.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned));
            }
            _ => {}
        }
    }
    found
}

/// The pages of the documentation.
fn pages() -> Vec<String> {
    let mut pages: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "RULES.md", "features/README.md", "reports/example/summary.md"].map(str::to_owned).into();
    pages.extend(files(&root().join("docs")).into_keys().filter(|name| is_page(name)).map(|name| format!("docs/{name}")));
    pages
}

#[test]
fn every_link_to_a_file_leads_there() {
    let mut count = 0;
    for page in pages() {
        let file = root().join(&page);
        let text = std::fs::read_to_string(&file).expect("it is there");
        for to in links(&text).into_iter().filter(|to| !to.contains(':')) {
            let (path, anchor) = to.split_once('#').map_or((to.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { file.clone() } else { file.parent().expect("a folder").join(path) };
            assert!(target.exists(), "{page} leads to {to}, which is not there");
            // The site has the folder alone.
            assert!(!page.starts_with("docs/") || !path.contains("../") || page.starts_with("docs/rules/"), "{page} leads out of docs: {to}");
            if let Some(anchor) = anchor.filter(|_| target.extension().is_some_and(|end| end == "md")) {
                let there = anchors(&std::fs::read_to_string(&target).expect("it can be read"));
                assert!(there.contains(anchor), "{page} leads to {to}, and there is no such heading: {there:?}");
            }
            count += 1;
        }
    }
    assert!(count > 1000, "{count}");
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

/// The fenced blocks of a text with what they are: `bash`, `yaml`.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for event in Markdown::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                inside = true;
                found.push((kind.into_string(), String::new()));
            }
            Event::Text(text) if inside => found.last_mut().expect("it has begun").1.push_str(&text),
            Event::End(TagEnd::CodeBlock) => inside = false,
            _ => {}
        }
    }
    found
}

/// Fails the test unless the program takes a command of a page.
fn assert_command(page: &str, command: &str) {
    let command = command.split(" #").next().and_then(|line| line.split(" > ").next()).unwrap_or(command);
    // Every other part stands between quotes.
    let parts = command.split(['\'', '"']).enumerate();
    let words = parts.flat_map(|(at, part)| if at % 2 == 0 { part.split_whitespace().collect() } else { vec![part] }).filter(|word| *word != "&");
    Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{page}: {command}: {error}"));
}

#[test]
fn the_commands_of_the_documentation_can_be_given() {
    let mut commands = 0;
    for page in pages().into_iter().filter(|page| page != "features/README.md" && !page.starts_with("reports/")) {
        let text = std::fs::read_to_string(root().join(&page)).expect("it is there").replace("\\\n", " ");
        let typed: String = blocks(&text).into_iter().filter(|(kind, _)| kind == "bash" || kind == "yaml").map(|(_, block)| block).collect();
        for line in typed.lines().map(|line| line.trim().trim_start_matches("- ")) {
            let line = line.strip_prefix("script: ").or_else(|| line.strip_prefix("run: ")).unwrap_or(line);
            if line.starts_with("oa-authtest ") {
                assert_command(&page, line);
                commands += 1;
            }
        }
        // Those within a sentence, as far as they are whole.
        let code = Markdown::new_ext(&text, Options::ENABLE_TABLES).filter_map(|event| if let Event::Code(code) = event { Some(code) } else { None });
        for code in code.filter(|code| page != "CONTRIBUTING.md" && code.starts_with("oa-authtest run ") && !code.contains(" URL")) {
            assert_command(&page, &code);
            commands += 1;
        }
    }
    assert!(commands > 40, "{commands}");
}

/// The ids of rules and tests that hand-written pages name.
#[test]
fn the_rules_and_tests_of_the_documentation_exist() {
    let features = feature::features().expect("sound documents");
    let tests = features.iter().flat_map(|feature| feature.tests.iter().map(move |test| format!("{}/{}", feature.id, test.id)));
    let known: BTreeSet<String> = catalogue().into_iter().map(|rule| rule.id.to_owned()).chain(tests).collect();
    let families: BTreeSet<&str> = known.iter().filter_map(|id| id.split('/').next()).collect();
    let mut named = 0;
    for page in pages().into_iter().filter(|page| page.starts_with("docs/") && !page.starts_with("docs/rules/") && page != "docs/products.md") {
        let text = std::fs::read_to_string(root().join(&page)).expect("it is there");
        for event in Markdown::new_ext(&text, Options::ENABLE_TABLES) {
            let Event::Code(code) = event else { continue };
            let is_id = code.split_once('/').is_some_and(|(family, name)| {
                families.contains(family) && !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            });
            assert!(!is_id || known.contains(&*code), "{page}: there is no {code}");
            named += usize::from(is_id);
        }
    }
    assert!(named > 500, "{named}");
}

#[test]
fn the_recipes_set_variables_that_exist() {
    let mut variables = 0;
    for page in ["README.md", "docs/ci.md"] {
        let text = std::fs::read_to_string(root().join(page)).expect("it is there");
        for (kind, block) in blocks(&text).into_iter().filter(|(kind, _)| ["yaml", "groovy"].contains(&kind.as_str())) {
            for (at, _) in block.match_indices("OA_AUTHTEST_") {
                let name: String = block[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect();
                assert!(SETTINGS.iter().any(|setting| setting.env == name), "{page}: {kind}: {name}");
                variables += 1;
            }
            assert!(!block.contains('\t'), "{page}: a tab in {kind}");
        }
    }
    assert!(variables > 30, "{variables}");
    let inputs = std::fs::read_to_string(root().join("action.yml")).expect("it is there");
    let text = std::fs::read_to_string(root().join("docs/ci.md")).expect("it is there");
    let (_, with) = text.split_once("        with:\n          issuer:").expect("the action is used");
    for line in with.lines().skip(1).take_while(|line| line.starts_with("          ")) {
        let name = line.trim().split(':').next().expect("a name");
        assert!(inputs.contains(&format!("\n  {name}:\n")), "the action has no input {name}");
    }
}

/// The tutorial as its reader types it. A command ends with exit code 0, or with the one that stands behind it.
#[cfg(unix)]
#[test]
fn the_tutorial_can_be_followed() {
    let page = std::fs::read_to_string(root().join("docs/tutorial.md")).expect("it is there");
    let typed: String = blocks(&page).into_iter().filter(|(kind, _)| kind == "bash").map(|(_, block)| block).collect();
    let mut script = String::from(
        "check() { local wanted=$1 code=0; shift; \"$@\" || code=$?; [ $code -eq $wanted ] && return; echo \"FAILED with $code: $*\" >&2; exit 99; }\n\
         trap 'kill $(jobs -p) 2>/dev/null' EXIT\n",
    );
    let mut commands = 0;
    for line in typed.lines() {
        match line.split_once("# exit code ") {
            Some((command, code)) => _ = writeln!(script, "check {code} {command}"),
            None if line.starts_with("oa-authtest issuer") => {
                let port = line.split_whitespace().nth(3).expect("a port");
                // A reader is slower than this.
                let waits = format!("for i in $(seq 200); do (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && break; sleep 0.05; done");
                _ = writeln!(script, "{line}\n{waits}");
            }
            None if line.starts_with("oa-authtest ") => _ = writeln!(script, "check 0 {line}"),
            None => _ = writeln!(script, "{line}"),
        }
        commands += usize::from(line.starts_with("oa-authtest "));
    }
    assert!(commands > 15, "{commands}");
    // The ports of the page may be taken by another test: the issuer's by its number, that of the redirect URI by the variable below.
    let script = script.replace("5003", &free_port().to_string());
    let folder = tempfile::tempdir().expect("a folder");
    let program = program(folder.path());
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &script]).current_dir(folder.path()).stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    for (name, value) in program.get_envs().filter(|(_, value)| value.is_none()) {
        assert!(value.is_none());
        command.env_remove(name);
    }
    let folder_of_program = std::path::Path::new(program.get_program()).parent().expect("a folder").display().to_string();
    command.env("OA_AUTHTEST_REDIRECT_URI", format!("http://localhost:{}/cb", free_port()));
    command.env("PATH", format!("{folder_of_program}:{}", std::env::var("PATH").unwrap_or_default()));
    let ended = run(command);
    assert_eq!(ended.code, 0, "{}", ended.said());
    for said in ["CONFORMANT", "NOT CONFORMANT", "A run would get", "id-token/exp-future"] {
        assert!(ended.stdout.contains(said), "{said}: {}", ended.said());
    }
}
