//! What the OpenID Foundation's certification asks of a provider: its profiles, their modules, and which tests and rules of ours say how each would end.
//!
//! The documents are in `fixtures/certification/`. Names of modules and plans are the foundation's; the sentences are ours.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use globset::{Glob, GlobMatcher};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::rule::Level;
use crate::text::folder::documents;

static FOLDER: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/certification");

/// The version of the foundation's suite that the documents are made after.
pub const SUITE: &str = "5.2.4";

/// The profile that only reads what is published.
pub const CONFIG: &str = "config";

/// The word that stands for every profile.
pub const ALL: &str = "all";

/// A certification profile.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Certification {
    /// Its name on the command line: `basic`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The foundation's plan.
    pub plan: String,
    /// Rules that several modules look at, by a name of ours.
    #[serde(default)]
    pub groups: BTreeMap<String, RuleLevels>,
    /// Its modules, in the order of the plan.
    pub modules: Vec<Module>,
    /// What is judged here beyond it.
    #[serde(default)]
    pub beyond: Vec<String>,
    /// What it looks at and is not judged here.
    #[serde(default)]
    pub not_judged: Vec<NotJudged>,
}

/// Which rules count, and at which level where that is not ours. Each is an id, or a glob of ids.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleLevels {
    /// The rules that count.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Those of them that fail a module though they are no MUST.
    #[serde(default)]
    pub fails: Vec<String>,
    /// Those of them that only warn though they are a MUST.
    #[serde(default)]
    pub warns: Vec<String>,
}

/// A module of a plan.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Module {
    /// The foundation's name of it.
    pub id: String,
    /// What it shows.
    pub says: String,
    /// The ids of our tests, or globs of them. None where nothing of ours says anything of it.
    #[serde(default)]
    pub tests: Vec<String>,
    /// Tests that say something of it where they ran, and without which it is judged by the others: they need what few have.
    #[serde(default)]
    pub where_it_ran: Vec<String>,
    /// Why that is so, where it is.
    #[serde(default)]
    pub not_judged_because: Option<String>,
    /// The groups of rules that it looks at.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Its own.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Its own that fail it though they are no MUST.
    #[serde(default)]
    pub fails: Vec<String>,
    /// Its own that only warn though they are a MUST.
    #[serde(default)]
    pub warns: Vec<String>,
    /// The flaw of the embedded issuer that makes it fail: the proof that it can. A module that is in several profiles has it in the first of them at least.
    #[serde(default)]
    pub failed_by: Option<String>,
    /// Where the foundation skips it as well. Without it, the module fails where its tests are left out.
    #[serde(default)]
    pub left_out_where: Option<String>,
    /// What the foundation asks a person to look at, and our evidence for it.
    #[serde(default)]
    pub a_person_looks_at: Option<String>,
    /// What is done otherwise than there.
    #[serde(default)]
    pub other_way: Option<String>,
    /// Its globs, read once.
    #[serde(skip)]
    matcher: OnceLock<ModuleMatcher>,
}

/// What the foundation judges, and this program does not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NotJudged {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// The level at which certification holds a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// A module fails.
    Fails,
    /// A module warns, which is no hindrance to a certificate.
    Warns,
}

/// Which tests and rules a module looks at, ready to be asked.
#[derive(Debug)]
pub struct ModuleMatcher {
    tests: Vec<GlobMatcher>,
    where_it_ran: Vec<GlobMatcher>,
    rules: Vec<GlobMatcher>,
    fails: Vec<GlobMatcher>,
    warns: Vec<GlobMatcher>,
}

impl ModuleMatcher {
    /// True if a test, by its id, says something of the module.
    pub fn has_test(&self, id: &str) -> bool {
        self.tests.iter().any(|glob| glob.is_match(id)) || self.is_extra(id)
    }

    /// True if the module is judged without a test where that did not run.
    pub fn is_extra(&self, id: &str) -> bool {
        self.where_it_ran.iter().any(|glob| glob.is_match(id))
    }

    /// What a broken rule means to the module; `None` if nothing.
    pub fn weight(&self, rule: &str, level: Level) -> Option<Weight> {
        let is_in = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(rule));
        match level {
            _ if !is_in(&self.rules) => None,
            _ if is_in(&self.warns) => Some(Weight::Warns),
            _ if is_in(&self.fails) => Some(Weight::Fails),
            Level::Must => Some(Weight::Fails),
            Level::Should => Some(Weight::Warns),
            Level::May => None,
        }
    }
}

impl Certification {
    /// Which tests and rules one of its modules looks at. A text that is no glob looks at nothing, which a test excludes.
    pub fn matcher<'a>(&self, module: &'a Module) -> &'a ModuleMatcher {
        module.matcher.get_or_init(|| {
            let groups: Vec<&RuleLevels> = module.groups.iter().filter_map(|name| self.groups.get(name)).collect();
            let with_groups =
                |own: &[String], of_group: fn(&RuleLevels) -> &[String]| globs(own.iter().chain(groups.iter().flat_map(|group| of_group(group))));
            ModuleMatcher {
                tests: globs(&module.tests),
                where_it_ran: globs(&module.where_it_ran),
                rules: with_groups(&module.rules, |group| &group.rules),
                fails: with_groups(&module.fails, |group| &group.fails),
                warns: with_groups(&module.warns, |group| &group.warns),
            }
        })
    }

    /// True if one of its modules looks at a test, by its id.
    pub fn has_test(&self, id: &str) -> bool {
        self.modules.iter().any(|module| self.matcher(module).has_test(id))
    }
}

fn globs<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<GlobMatcher> {
    texts.into_iter().filter_map(|text| Glob::new(text).ok()).map(|glob| glob.compile_matcher()).collect()
}

/// Every certification profile.
pub static CERTIFICATIONS: LazyLock<Vec<Certification>> = LazyLock::new(|| {
    let documents = documents("fixtures/certification", &FOLDER).expect("a test reads the folder");
    let read = |(file, text): &(String, &str)| serde_json::from_str(text).unwrap_or_else(|why| panic!("fixtures/certification/{file}: {why}"));
    documents.iter().map(read).collect()
});

/// The profiles of these names, in the order of the documents. `all` stands for each of them. Without names no document is read.
pub fn named(names: &[String]) -> Vec<&'static Certification> {
    let is_asked = |known: &&Certification| names.iter().any(|name| *name == known.id || name == ALL);
    if names.is_empty() { Vec::new() } else { CERTIFICATIONS.iter().filter(is_asked).collect() }
}

/// The names that there are, `all` among them.
pub fn names() -> Vec<&'static str> {
    CERTIFICATIONS.iter().map(|known| known.id.as_str()).chain([ALL]).collect()
}

/// Chooses tests by their ids: those that one of these profiles looks at.
pub fn tests_of(names: &[String]) -> impl Fn(&str) -> bool + use<> {
    let profiles = named(names);
    move |id| profiles.iter().any(|known| known.has_test(id))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::feature::features;
    use crate::rule::catalogue;

    #[test]
    fn every_module_looks_at_tests_and_rules_that_there_are() {
        let features = features().unwrap();
        let ids: Vec<String> = features.iter().flat_map(super::super::Feature::test_ids).collect();
        let rules: Vec<&str> = catalogue().into_iter().map(|rule| rule.id).collect();
        for known in CERTIFICATIONS.iter() {
            let mut seen = BTreeSet::new();
            let of_groups = known.groups.values().flat_map(|group| group.rules.iter().chain(&group.fails).chain(&group.warns));
            let of_modules = known.modules.iter().flat_map(|module| module.rules.iter().chain(&module.fails).chain(&module.warns));
            for text in of_groups.chain(of_modules) {
                let glob = Glob::new(text).unwrap().compile_matcher();
                assert!(rules.iter().any(|rule| glob.is_match(rule)), "{}: no rule is {text}", known.id);
            }
            for module in &known.modules {
                assert!(seen.insert(&module.id), "{}: {} is there twice", known.id, module.id);
                assert!(module.tests.is_empty() == module.not_judged_because.is_some(), "{}: {}", known.id, module.id);
                assert!(module.says.ends_with('.'), "{}: {}", known.id, module.id);
                for text in module.tests.iter().chain(&module.where_it_ran) {
                    let glob = Glob::new(text).unwrap().compile_matcher();
                    assert!(ids.iter().any(|id| glob.is_match(id)), "{}: no test is {text}", known.id);
                }
                for name in &module.groups {
                    assert!(known.groups.contains_key(name), "{}: {}: there is no group {name}", known.id, module.id);
                }
                let matcher = known.matcher(module);
                let looks = rules.iter().any(|rule| matcher.weight(rule, Level::Must).is_some());
                assert!(looks || module.tests.is_empty(), "{}: {} looks at no rule", known.id, module.id);
                for rule in &rules {
                    let is_in = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(rule));
                    let is_named = is_in(&matcher.fails) || is_in(&matcher.warns);
                    assert!(!is_named || is_in(&matcher.rules), "{}: {}: {rule} has a level and does not count", known.id, module.id);
                }
            }
        }
    }

    #[test]
    fn profiles_are_chosen_by_name() {
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            named(&names).len()
        };
        assert_eq!((chosen(&["basic"]), chosen(&["basic", "hybrid"]), chosen(&[])), (1, 2, 0));
        assert_eq!(chosen(&["all"]), CERTIFICATIONS.len());
        let has = tests_of(&["basic".to_owned()]);
        assert!(has("authorization-code/basic") && !has("hybrid-flow/login-code-token"));
    }
}
