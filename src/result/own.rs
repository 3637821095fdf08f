//! What a user added to the tests and rules of the program (`--tests-from`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::feature::own::Own;
use crate::feature::{Feature, profiles};
use crate::rule::Level;

/// The tests and rules of a user's own that a run had: they are no part of the program, and say nothing about a specification by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnReport {
    /// A digest over the documents they were read from, `sha256:…`: the same digest, the same tests and rules.
    pub version: String,
    /// The profiles of the tests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<OwnProfile>,
    /// The rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<OwnRuleReport>,
}

/// A profile of own tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnProfile {
    /// Its name.
    pub name: String,
    /// The ids of all its tests, those that were not selected too.
    pub tests: Vec<String>,
}

/// An own rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnRuleReport {
    /// Its id.
    pub id: String,
    /// Its level.
    pub level: Level,
    /// The kind of artefact it is about.
    pub artefact: String,
    /// What it demands.
    pub says: String,
}

impl OwnReport {
    /// How many tests there are.
    pub fn tests(&self) -> usize {
        self.profiles.iter().map(|profile| profile.tests.len()).sum()
    }

    /// The ids of all tests.
    pub fn test_ids(&self) -> BTreeSet<&str> {
        self.profiles.iter().flat_map(|profile| &profile.tests).map(String::as_str).collect()
    }
}

impl From<&Own> for OwnReport {
    fn from(own: &Own) -> Self {
        let tests = |name: &str| own.features.iter().filter(|feature| feature.profile == name).flat_map(Feature::test_ids).collect();
        let profiles = profiles(&own.features).into_iter().map(|name| OwnProfile { name: name.to_owned(), tests: tests(name) });
        let rules = own.rules.iter().map(|own| {
            let rule = own.rule();
            OwnRuleReport { id: rule.id.to_owned(), level: rule.level, artefact: own.artefact.name.to_owned(), says: rule.says.to_owned() }
        });
        Self { version: own.version.clone(), profiles: profiles.collect(), rules: rules.collect() }
    }
}
