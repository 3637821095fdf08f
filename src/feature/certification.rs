//! What the OpenID Foundation's certification asks of a provider: its profiles, their modules, and which tests and rules of ours say how each would end.
//!
//! The documents are in `fixtures/certification/`. Names of modules and plans are the foundation's; the sentences are ours.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use globset::{Glob, GlobMatcher};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::rule::Level;
use crate::text::folder::documents;

static FOLDER: Dir = include_dir!("$CARGO_MANIFEST_DIR/fixtures/certification");

/// The version of the foundation's suite that the documents are made after.
pub const SUITE: &str = "5.2.4";

/// The word that stands for every profile.
pub const ALL: &str = "all";

/// A certification profile.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
    pub groups: BTreeMap<String, Looks>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Looks {
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Module {
    /// The foundation's name of it.
    pub id: String,
    /// What it shows.
    pub says: String,
    /// The ids of our tests, or globs of them. None where nothing of ours says anything of it.
    #[serde(default)]
    pub tests: Vec<String>,
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
}

/// What the foundation judges, and this program does not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
pub struct Sight {
    tests: Vec<GlobMatcher>,
    rules: Vec<GlobMatcher>,
    fails: Vec<GlobMatcher>,
    warns: Vec<GlobMatcher>,
}

impl Sight {
    /// True if a test, by its id, says something of the module.
    pub fn has_test(&self, id: &str) -> bool {
        self.tests.iter().any(|glob| glob.is_match(id))
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
    pub fn sight(&self, module: &Module) -> Sight {
        let groups: Vec<&Looks> = module.groups.iter().filter_map(|name| self.groups.get(name)).collect();
        let of = |own: &[String], of_group: fn(&Looks) -> &[String]| -> Vec<GlobMatcher> {
            let of_groups = groups.iter().flat_map(|group| of_group(group).to_vec());
            own.iter().cloned().chain(of_groups).filter_map(|text| Glob::new(&text).ok()).map(|glob| glob.compile_matcher()).collect()
        };
        Sight {
            tests: of(&module.tests, |_| &[]),
            rules: of(&module.rules, |group| &group.rules),
            fails: of(&module.fails, |group| &group.fails),
            warns: of(&module.warns, |group| &group.warns),
        }
    }
}

/// Every certification profile.
pub static CERTIFICATIONS: LazyLock<Vec<Certification>> = LazyLock::new(|| {
    let documents = documents("fixtures/certification", &FOLDER).expect("a test reads the folder");
    let read = |(file, text): &(String, &str)| serde_json::from_str(text).unwrap_or_else(|why| panic!("fixtures/certification/{file}: {why}"));
    documents.iter().map(read).collect()
});

/// The profiles of these names, in the order of the documents. `all` stands for each of them.
pub fn named(names: &[String]) -> impl Iterator<Item = &'static Certification> + use<> {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let (all, ids): (bool, Vec<&str>) = (has(ALL), CERTIFICATIONS.iter().map(|known| known.id.as_str()).filter(|id| has(id)).collect());
    CERTIFICATIONS.iter().filter(move |known| all || ids.contains(&known.id.as_str()))
}

/// The names that there are, `all` among them.
pub fn names() -> Vec<&'static str> {
    CERTIFICATIONS.iter().map(|known| known.id.as_str()).chain([ALL]).collect()
}

/// Chooses tests by their ids: those that one of these profiles looks at.
pub fn tests_of(names: &[String]) -> impl Fn(&str) -> bool + use<> {
    let sights: Vec<Sight> = named(names).flat_map(|known| known.modules.iter().map(|module| known.sight(module))).collect();
    move |id| sights.iter().any(|sight| sight.has_test(id))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
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
                for text in &module.tests {
                    let glob = Glob::new(text).unwrap().compile_matcher();
                    assert!(ids.iter().any(|id| glob.is_match(id)), "{}: no test is {text}", known.id);
                }
                for name in &module.groups {
                    assert!(known.groups.contains_key(name), "{}: {}: there is no group {name}", known.id, module.id);
                }
                let sight = known.sight(module);
                let looks = rules.iter().any(|rule| sight.weight(rule, Level::Must).is_some());
                assert!(looks || module.tests.is_empty(), "{}: {} looks at no rule", known.id, module.id);
                for rule in &rules {
                    let is_in = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(rule));
                    let is_named = is_in(&sight.fails) || is_in(&sight.warns);
                    assert!(!is_named || is_in(&sight.rules), "{}: {}: {rule} has a level and does not count", known.id, module.id);
                }
            }
        }
    }

    #[test]
    fn profiles_are_chosen_by_name() {
        let chosen = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            named(&names).count()
        };
        assert_eq!((chosen(&["basic"]), chosen(&["basic", "hybrid"]), chosen(&[])), (1, 2, 0));
        assert_eq!(chosen(&["all"]), CERTIFICATIONS.len());
        let has = tests_of(&["basic".to_owned()]);
        assert!(has("authorization-code/basic") && !has("hybrid-flow/login-code-token"));
    }
}
