//! What every rule and every kind of artefact is put through.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::issuer::flaw::{flaws, variants};
use crate::rule::testing::Arbitrary;

#[test]
fn no_artefact_makes_a_judge_panic() {
    fn judge_arbitrary<A: Arbitrary>() {
        let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
        let result = TestRunner::new(config).run(&A::arbitrary(), |artefact| {
            A::rules().for_each(|check| drop((check.judge)(&artefact)));
            Ok(())
        });
        result.unwrap_or_else(|why| panic!("{}: {why}", std::any::type_name::<A>()));
    }
    macro_rules! judge_each {
        ($($artefact:ty),* $(,)?) => { $(judge_arbitrary::<$artefact>();)* };
    }
    artefacts!(judge_each);
}

#[test]
fn every_rule_is_tripped_by_a_flaw_and_every_flaw_trips_rules() {
    let flaws = flaws().expect("flaws");
    let tripped: BTreeSet<&str> = flaws.iter().flat_map(|flaw| &flaw.trips).map(String::as_str).collect();
    assert_eq!(tripped, catalogue().iter().map(|rule| rule.id).collect());
    for flaw in &flaws {
        assert!(flaw.says.ends_with('.') && !flaw.trips.is_empty(), "{}", flaw.name);
    }
}

#[test]
fn every_variant_spares_rules_that_there_are_and_breaks_no_must() {
    for variant in variants().expect("variants") {
        assert!(variant.says.ends_with('.'), "{}", variant.name);
        for id in variant.spares.iter().chain(&variant.trips) {
            let rule =
                catalogue().into_iter().find(|rule| rule.id == id.as_str()).unwrap_or_else(|| panic!("{}: there is no rule {id}", variant.name));
            let is_spared = variant.spares.contains(id);
            assert!(is_spared != variant.trips.contains(id) && (is_spared || rule.level != Level::Must), "{}: {id}", variant.name);
        }
        assert_exists(&variant.name, &variant.allows.expect("a section"));
    }
}

#[test]
fn every_rule_is_a_sentence_with_a_reason_and_a_reference() {
    let is_kebab = |text: &str| text.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
    let mut ids = BTreeSet::new();
    for rule in catalogue() {
        let id = rule.id;
        assert!(ids.insert(id), "{id} is there twice");
        assert!(id.split_once('/').is_some_and(|(artefact, name)| is_kebab(artefact) && is_kebab(name)), "{id}");
        let is_member_first = rule.says.split(' ').next().is_some_and(|word| word.contains('_'));
        assert!(is_member_first || rule.says.starts_with(|c: char| c.is_uppercase() || c == '`'), "{id}: {}", rule.says);
        assert!(!rule.says.ends_with('.') && rule.says.len() > 15, "{id}: {}", rule.says);
        assert!(rule.why.ends_with('.') && rule.why.len() > 15, "{id}: {}", rule.why);
        assert!(spec::resolve(rule.spec).is_some(), "{id}: {}", rule.spec);
    }
    assert!(catalogue().iter().filter(|rule| rule.level == Level::Must).count() > 50);
}

/// The numbers and titles of the sections of the specifications: facts, read off their texts.
static SECTIONS: LazyLock<BTreeMap<String, BTreeMap<String, serde_json::Value>>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../fixtures/specifications/sections.json")).expect("sections"));

/// What rules refer to and has no numbered text to be held against: specifications of `OpenActive` (by anchor), products' documentation, and a
/// standard whose text is not among those the table was made of.
const WITHOUT_SECTIONS: [&str; 4] = ["OA-", "AIRLOCK-", "AIDBOX-", "RFC8017-"];

#[test]
fn every_section_that_a_rule_cites_exists() {
    let found = catalogue().iter().filter(|rule| assert_exists(rule.id, rule.spec)).count();
    assert!(found > 450, "{found}");
}

/// Fails if the table has no such section. False if there is no text to hold it against.
fn assert_exists(by: &str, spec: &str) -> bool {
    if WITHOUT_SECTIONS.iter().any(|prefix| spec.starts_with(prefix)) {
        return false;
    }
    // OAuth2-RT-5, OIDCC-3.1.3.7-2: what follows the section is the number of an item in it.
    let named = SECTIONS.iter().find_map(|(prefix, sections)| Some((sections, spec.strip_prefix(prefix)?.strip_prefix('-')?)));
    let Some((sections, cited)) = named else { panic!("{by}: {spec} is of no specification in the table") };
    let section = cited.split('-').next().unwrap_or(cited);
    assert!(sections.contains_key(section), "{by}: {spec} has no section {section}");
    true
}
