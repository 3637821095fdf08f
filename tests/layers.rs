//! Imports point down: what stands on a floor of `src/` uses what stands on the floors below it, and nothing beside or above it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The floors, from the ground up: the modules on each, and what they are.
const FLOORS: &[(&[&str], &str)] = &[
    (&["text"], "text of any kind"),
    (&["guard", "listen", "redact", "jwe"], "child processes, servers on loopback, secrets in texts, encryption"),
    (&["issuer", "observed"], "the issuer we ship; what came over the wire"),
    (&["rule"], "what must hold"),
    (&["config"], "flags, environment and file, made into settings"),
    (&["feature", "http"], "stories and their plan; the HTTP client"),
    (&["result"], "what a run is: data"),
    (&["agent"], "who logs in: a browser or plain HTTP"),
    (&["session"], "what a test holds while it runs"),
    (&["protocol"], "what is done: one file per move"),
    (&["runner", "exit"], "a plan made into a result; what that means to a pipeline"),
    (&["report"], "what is told of a result"),
    (&["serve"], "the page of a run that goes on"),
    (&["launch"], "a run from its settings to its reports"),
    (&["doctor", "self_test", "embedding"], "looking before a run; every flaw against every rule; a run in another program"),
    (&["listing", "reference", "demo", "cli"], "what the other commands print and read"),
    (&["command"], "the commands"),
];

/// The drawing of the floors as the documentation shows it, the highest first.
fn drawing() -> String {
    FLOORS.iter().rev().fold(String::new(), |mut out, (modules, says)| {
        let _ = writeln!(out, "{:<36} {says}", modules.join(" "));
        out
    })
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|(modules, _)| modules.contains(&module))
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// The module a file is, as the path from the crate's root.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> = file.with_extension("").iter().skip(1).map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// The top-level modules of this crate that a piece of code names, by `crate::` or by `super::`.
fn named(tokens: TokenStream, module: &[String], found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.to_string() == text);
    let colons = |at: usize| is(at, ":") && is(at + 1, ":");
    let mut at = 0;
    while at < tokens.len() {
        if is(at, "mod")
            && let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) = (tokens.get(at + 1), tokens.get(at + 2))
        {
            let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
            named(body.stream(), &inner, found);
            at += 3;
            continue;
        }
        let begins = (is(at, "crate") || is(at, "super")) && colons(at + 1);
        if begins && !(at >= 2 && colons(at - 2)) {
            let mut parents = 0;
            let is_crate = is(at, "crate");
            while is(at, "super") && colons(at + 1) {
                parents += 1;
                at += 3;
            }
            if is_crate {
                at += 3;
            }
            let rest = module.len().saturating_sub(parents);
            if is_crate || rest == 0 {
                first_names(tokens.get(at), found);
            }
        }
        if let Some(TokenTree::Group(group)) = tokens.get(at) {
            named(group.stream(), module, found);
        }
        at += 1;
    }
}

/// What a path goes on with: one name, or several in braces.
fn first_names(token: Option<&TokenTree>, found: &mut BTreeSet<String>) {
    match token {
        Some(TokenTree::Ident(name)) => {
            found.insert(name.to_string());
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let mut is_start = true;
            for token in group.stream() {
                if let (true, TokenTree::Ident(name)) = (is_start, &token) {
                    found.insert(name.to_string());
                }
                is_start = token.to_string() == ",";
            }
        }
        _ => {}
    }
}

#[test]
fn imports_point_down() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    let mut upward = String::new();
    for file in files {
        let module = module_of(&file);
        let own = module.first().map_or("", String::as_str);
        if matches!(own, "lib" | "main") {
            continue;
        }
        let from = floor(own).unwrap_or_else(|| panic!("{own} stands on no floor: give it one in tests/layers.rs"));
        let mut names = BTreeSet::new();
        named(fs::read_to_string(&file).unwrap().parse().unwrap(), &module, &mut names);
        for name in names.iter().filter(|name| *name != own) {
            if floor(name).is_some_and(|to| to >= from) {
                let _ = writeln!(upward, "{} uses {name}, which is not below it", file.display());
            }
        }
    }
    assert!(upward.is_empty(), "{upward}\nThe floors, the highest first:\n\n{}", drawing());
}

#[test]
fn an_import_is_seen_however_it_is_written() {
    let seen = |text: &str| {
        let mut found = BTreeSet::new();
        named(text.parse().unwrap(), &["rule".to_owned(), "page".to_owned()], &mut found);
        found.into_iter().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(seen("use crate::report::words;"), "report");
    assert_eq!(seen("use crate::{report::words, session, self as all};"), "report self session");
    assert_eq!(seen("fn f() { let x = format!(\"{}\", crate::exit::BUG); }"), "exit");
    assert_eq!(seen("use super::expect;"), "");
    assert_eq!(seen("use super::super::session::Stop;"), "session");
    assert_eq!(seen("mod tests { use super::super::expect; use super::super::super::session::Stop; use super::*; }"), "session");
    assert_eq!(seen("pub(crate) fn f() {} // crate::report"), "");
    assert_eq!(seen("/// [`crate::report`]\nfn f() {}"), "");
}

#[test]
fn every_floor_is_in_the_drawings() {
    let prefixed = drawing().lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "//! {line}");
        out
    });
    assert!(fs::read_to_string("src/lib.rs").unwrap().contains(&prefixed), "src/lib.rs lacks this drawing:\n{prefixed}");
    assert!(fs::read_to_string("CONTRIBUTING.md").unwrap().contains(&drawing()), "CONTRIBUTING.md lacks this drawing:\n{}", drawing());
    for (module, _) in FLOORS.iter().flat_map(|(modules, says)| modules.iter().map(move |module| (module, says))) {
        let there = [format!("src/{module}.rs"), format!("src/{module}/mod.rs")].iter().any(|path| Path::new(path).exists());
        assert!(there, "{module} has a floor and is not there");
    }
}

#[test]
fn every_file_of_tests_is_a_module_of_the_one_binary() {
    let main = fs::read_to_string("tests/main.rs").unwrap();
    let mut files = Vec::new();
    for entry in fs::read_dir("tests").unwrap().map(|entry| entry.unwrap().path()) {
        let is_module = entry.extension().is_some_and(|extension| extension == "rs") || entry.join("mod.rs").exists();
        files.extend(is_module.then(|| entry.file_stem().unwrap().to_string_lossy().into_owned()));
    }
    let left_out: Vec<&String> = files.iter().filter(|name| *name != "main" && !main.contains(&format!("\nmod {name};\n"))).collect();
    assert!(left_out.is_empty(), "tests/main.rs does not name {left_out:?}: they are not run");
    assert!(files.len() > 20);
}
