//! What every rule and every kind of artefact is put through.

use std::collections::BTreeSet;

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
            // What own rules read of it is what is said that they can.
            let named: Vec<&str> = A::VIEW.iter().flat_map(|kind| kind.parts.iter().map(|(name, _)| *name)).collect();
            assert_eq!(artefact.view().parts().collect::<Vec<_>>(), named, "{}", std::any::type_name::<A>());
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
fn every_rule_is_tripped_by_a_flaw_and_every_flaw_is_about_rules() {
    let flaws = flaws().expect("flaws");
    let tripped: BTreeSet<&str> = flaws.iter().flat_map(|flaw| &flaw.trips).map(String::as_str).collect();
    assert_eq!(tripped, catalogue().iter().map(|rule| rule.id).collect());
    for flaw in &flaws {
        // Of some nothing can be seen but that it proves nothing.
        let is_about_rules = !flaw.trips.is_empty() || !flaw.unproven.is_empty();
        assert!(flaw.says.ends_with('.') && is_about_rules, "{}", flaw.name);
        for id in &flaw.unproven {
            assert!(catalogue().iter().any(|rule| rule.id == id) && !flaw.trips.contains(id), "{}: {id}", flaw.name);
        }
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

/// The artefacts that are made with what a run remembers are those that say so. That is seen in the source: a function that asks a run to remember something
/// judges in the same file what it makes of the answer.
#[test]
fn what_is_judged_over_a_run_says_so() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/protocol");
    let files = std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path());
    let sources = files.filter(|path| path.extension().is_some_and(|kind| kind == "rs"));
    let asking = sources.map(|path| std::fs::read_to_string(path).expect("a text")).filter(|text| text.contains("clients.remember_"));
    let mut judged: Vec<String> = Vec::new();
    for text in asking {
        let artefacts = text.split(".judge(&").skip(1).map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect());
        judged.extend(artefacts);
    }
    judged.sort();
    let mut marked: Vec<&str> = kinds().iter().filter(|kind| kind.over_run).map(|kind| kind.name).collect();
    marked.sort_unstable();
    assert_eq!(marked, judged);
    assert!(is_over_run("registration/client-id-unique") && !is_over_run("registration/http-201"));
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
    let named = spec::SECTIONS.iter().find_map(|(prefix, sections)| Some((sections, spec.strip_prefix(prefix)?.strip_prefix('-')?)));
    let Some((sections, cited)) = named else { panic!("{by}: {spec} is of no specification in the table") };
    let section = cited.split('-').next().unwrap_or(cited);
    let Some(facts) = sections.get(section) else { panic!("{by}: {spec} has no section {section}") };
    // The pages of RFCs have anchors made of the number, those of OpenID their own.
    let by_number = if section.starts_with(char::is_numeric) { format!("section-{section}") } else { format!("appendix-{section}") };
    let Some(reference) = spec::resolve(spec) else { panic!("{by}: {spec} has no link") };
    let anchor = reference.url.split_once('#').map(|(_, anchor)| anchor);
    assert!(facts.anchor.is_some() != spec.starts_with("RFC"), "{by}: the table has no anchor of {spec}");
    assert_eq!(anchor, Some(facts.anchor.as_deref().unwrap_or(&by_number)), "{by}: {spec}");
    true
}

#[test]
fn a_rule_of_a_best_current_practice_alone_fails_in_one_profile_and_warns_elsewhere() {
    let depends: Vec<&Rule<'_>> = catalogue().into_iter().filter(|rule| rule.elsewhere.is_some()).collect();
    let ids: BTreeSet<&str> = depends.iter().map(|rule| rule.id).collect();
    let expected = [
        "at/alg-of-key",
        "cross-origin/authorization-endpoint",
        "grant-limits/password-refused",
        "login/password-not-resent",
        "pkce/downgrade-refused",
        "pkce/missing-verifier-refused",
        "refresh/public-client-rotates",
        "registration-error/redirect-http",
    ];
    assert_eq!(ids, expected.into());
    for rule in depends {
        assert_eq!((rule.level_in(STRICT), rule.level_in("oidc"), rule.level_in("openactive")), (Level::Must, Level::Should, Level::Should));
        let practice = match rule.spec.split_once('-') {
            Some(("RFC8725", _)) => "RFC 8725",
            Some(("RFC9700", _)) => "RFC 9700",
            _ => panic!("{}: {} is no best current practice", rule.id, rule.spec),
        };
        let note = rule.level_note().expect("a note");
        let expected = "a best current practice, demands this: it is a failure in profile security, and a warning in other profiles";
        assert_eq!(note, format!("only {practice}, {expected}"));
    }
    let rule = catalogue().into_iter().find(|rule| rule.elsewhere.is_none()).expect("a rule");
    assert_eq!((rule.level_in(STRICT), rule.level_in("oidc"), rule.level_note()), (rule.level, rule.level, None));
}
