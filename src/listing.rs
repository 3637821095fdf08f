//! What `oa-authtest list` and `oa-authtest explain` say: profiles, features, tests, rules and the flaws that show them.

use std::fmt::Write as _;

use globset::Glob;
use serde_json::{Value, json};

use crate::feature::{self, Available, Feature, Step, readme};
use crate::issuer::Persona;
use crate::issuer::flaw::{Flaw, Shown};
use crate::result::model::{FindingOutcome, RunReport};
use crate::rule::own::OwnRule;
use crate::rule::{Level, Rule, catalogue, catalogue_version, is_over_run, spec};
use crate::self_test;
use crate::text::count;
use crate::text::nearest::nearest;

/// The versions of the program and of its rules, as `results.json` has them.
pub fn version() -> String {
    let (program, rules) = (env!("CARGO_PKG_VERSION"), catalogue().len());
    format!("oa-authtest {program}\n{rules} rules, {}\n", catalogue_version())
}

/// Of the features those of a profile, or those of a name or with tests whose ids a glob matches, and of their tests only these.
///
/// # Errors
/// A message that names what was asked for, and what comes near it.
pub fn select(features: Vec<Feature>, what: &str) -> Result<Vec<Feature>, String> {
    let profiles: Vec<String> = feature::profiles(&features).into_iter().map(str::to_owned).collect();
    if profiles.iter().any(|profile| profile == what) {
        return Ok(features.into_iter().filter(|feature| feature.profile == what).collect());
    }
    let glob = Glob::new(what).map_err(|why| format!("{what:?} is not a glob: {}", why.kind()))?.compile_matcher();
    let names: Vec<String> =
        features.iter().map(|feature| feature.id.clone()).chain(features.iter().flat_map(Feature::test_ids)).chain(profiles.clone()).collect();
    let of = |mut feature: Feature| {
        if !glob.is_match(&feature.id) {
            let id = feature.id.clone();
            feature.tests.retain(|test| glob.is_match(format!("{id}/{}", test.id)));
        }
        (!feature.tests.is_empty()).then_some(feature)
    };
    let selected: Vec<Feature> = features.into_iter().filter_map(of).collect();
    if selected.is_empty() {
        let hint = nearest(what, names.iter().map(String::as_str)).map_or_else(
            || format!("the profiles are {}; oa-authtest list shows every test", profiles.join(", ")),
            |near| format!("did you mean {near}?"),
        );
        return Err(format!("{what:?} is no profile and matches no feature and no test: {hint}"));
    }
    Ok(selected)
}

/// The listing for people; `fit` puts a text behind its name.
pub fn text(available: &Available, fit: impl Fn(&str, &str) -> String) -> String {
    let own_profiles = available.own.as_ref().map(|own| feature::profiles(&own.features)).unwrap_or_default();
    let mut out = String::new();
    let mut profile = "";
    for feature in &available.features {
        if feature.profile != profile {
            profile = &feature.profile;
            let own = if own_profiles.contains(&profile) { " (your own)" } else { "" };
            let _ = writeln!(out, "profile {profile}{own}");
        }
        let _ = writeln!(out, "\n{}", fit("  ", &format!("{} — {}", feature.id, feature.title)));
        for test in &feature.tests {
            let _ = writeln!(out, "{}", fit("    ", &format!("{}/{} — {}", feature.id, test.id, test.title)));
            for need in readme::needs(&test.steps) {
                let _ = writeln!(out, "{}", fit("      needs ", &need.replace('`', "")));
            }
        }
    }
    let own = own_rules(available, &fit);
    let beside = if own.is_empty() { String::new() } else { format!(" and {} of your own", available.own_rules().count()) };
    let end = format!("{} rules{beside}: oa-authtest explain RULE explains one, oa-authtest list --json lists them all.", catalogue().len());
    let _ = writeln!(out, "\n{own}{}", fit("", &end));
    out
}

/// The rules of the reader's own, and which of them no example shows to be able to hold and to be broken.
fn own_rules(available: &Available, fit: impl Fn(&str, &str) -> String) -> String {
    let mut out = String::new();
    for own in available.own_rules() {
        let rule = own.rule();
        if out.is_empty() {
            out.push_str("rules of your own\n\n");
        }
        let _ = writeln!(out, "{}", fit("  ", &format!("{} — {}: {}", rule.id, rule.level.word(), rule.says)));
        if !own.is_proven {
            let _ = writeln!(out, "{}", fit("    ", "not proven: give it an example that passes and one that fails"));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// The listing for programs: `{ "features": […], "rules": […] }`.
pub fn json(available: &Available, flaws: &[Flaw]) -> Value {
    let own_profiles = available.own.as_ref().map(|own| feature::profiles(&own.features)).unwrap_or_default();
    let features: Vec<Value> = available
        .features
        .iter()
        .map(|feature| {
            let tests: Vec<Value> = feature
                .tests
                .iter()
                .map(|test| {
                    json!({
                        "id": format!("{}/{}", feature.id, test.id),
                        "title": test.title,
                        "steps": test.steps.iter().map(crate::feature::Step::name).collect::<Vec<_>>(),
                        "needs": readme::needs(&test.steps),
                    })
                })
                .collect();
            let own = own_profiles.contains(&feature.profile.as_str());
            json!({ "profile": feature.profile, "own": own, "id": feature.id, "title": feature.title, "tests": tests })
        })
        .collect();
    let rules = catalogue().into_iter().map(|rule| {
        json!({
            "id": rule.id,
            "own": false,
            "level": rule.level,
            "level_elsewhere": rule.elsewhere,
            "spec": rule.spec,
            "url": spec::resolve(rule.spec).map(|reference| reference.url),
            "says": rule.says,
            "why": rule.why,
            "fix": rule.fix,
            "flaws": showing(rule, flaws).map(|flaw| flaw.name.as_str()).collect::<Vec<_>>(),
        })
    });
    let own = available.own_rules().map(|own| {
        let rule = own.rule();
        json!({
            "id": rule.id,
            "own": true,
            "level": rule.level,
            "spec": rule.spec,
            "url": Some(&own.url).filter(|url| !url.is_empty()),
            "says": rule.says,
            "why": rule.why,
            "fix": rule.fix,
            "artefact": own.artefact.name,
            "expects": own.words(),
            "proven": own.is_proven,
            "file": file_of(available, rule.id),
        })
    });
    json!({ "features": features, "rules": rules.chain(own).collect::<Vec<Value>>() })
}

/// The rules of a family (`id-token`), or those whose ids a glob matches: the level of each, its id and its demand. `None` where no such rules were asked
/// for.
fn family(asked: &str, available: &Available, fit: impl Fn(&str, &str) -> String) -> Result<Option<String>, String> {
    let is_glob = asked.contains(['*', '?', '[', '{']);
    let glob =
        if is_glob { Some(Glob::new(asked).map_err(|why| format!("{asked:?} is not a glob: {}", why.kind()))?.compile_matcher()) } else { None };
    let rules: Vec<Rule<'_>> = catalogue()
        .into_iter()
        .copied()
        .chain(available.own_rules().map(OwnRule::rule))
        .filter(|rule| {
            glob.as_ref().map_or_else(|| rule.id.split_once('/').is_some_and(|(family, _)| family == asked), |glob| glob.is_match(rule.id))
        })
        .collect();
    if rules.is_empty() {
        return if is_glob { Err(format!("{asked:?} matches no rule: oa-authtest list --json names them all")) } else { Ok(None) };
    }
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in &rules {
        let _ = writeln!(out, "{}", fit(&format!("{:<6}  {:width$}  ", rule.level.word(), rule.id), rule.says));
    }
    let _ = writeln!(out, "\n{}: oa-authtest explain RULE explains one.", count(rules.len(), "rule"));
    Ok(Some(out))
}

/// What `explain` says about a rule, or about a family of rules, or the rules whose ids come near if there is none of that name.
///
/// # Errors
/// A message that names what was asked for and what exists.
pub fn explain(id: &str, flaws: &[Flaw], shown: &Shown, available: &Available, fit: impl Fn(&str, &str) -> String) -> Result<String, String> {
    if let Some(rules) = family(id, available, &fit)? {
        return Ok(rules);
    }
    if let Some(own) = available.own_rules().find(|own| own.rule().id == id) {
        return Ok(explain_own(own, available, &fit));
    }
    let Some(rule) = catalogue().into_iter().find(|rule| rule.id == id) else {
        let tail = id.rsplit(['/', '.']).next().unwrap_or(id);
        let known = || catalogue().into_iter().map(|rule| rule.id).chain(available.own_rules().map(|own| own.rule().id));
        let mut near: Vec<&str> = known().filter(|known| known.contains(tail) || id.contains(known)).collect();
        if near.is_empty() {
            near.extend(nearest(id, known()).or_else(|| nearest(id, known().filter_map(|id| id.split_once('/')).map(|(family, _)| family))));
        }
        let hint = if near.is_empty() { "oa-authtest list --json names them all".to_owned() } else { format!("did you mean {}?", near.join(", ")) };
        return Err(format!("there is no rule {id:?}: {hint}"));
    };
    let mut rows = explanation(rule, &fit);
    let row = |name: &str, text: &str| fit(&format!("  {name:<5}  "), text);
    if let Some(reference) = spec::resolve(rule.spec) {
        rows.extend([row("spec", &format!("{} — {}", rule.spec, reference.title)), row("", &reference.url)]);
    }
    for flaw in showing(rule, flaws) {
        rows.push(row("flaw", &format!("{}: {}", flaw.name, flaw.says)));
        // Left whole, to be copied.
        rows.extend(see(flaw, rule, shown, &available.features).map(|command| format!("         see it: {command}")));
    }
    rows.push(String::new());
    Ok(rows.join("\n"))
}

/// What is said of every rule.
fn explanation(rule: &Rule<'_>, fit: impl Fn(&str, &str) -> String) -> Vec<String> {
    let row = |name: &str, text: &str| fit(&format!("  {name:<5}  "), text);
    let level = format!("{}: broken, it is {}", rule.level.word(), rule.level.weight());
    let mut rows = vec![rule.id.to_owned(), String::new(), fit("  ", rule.says), String::new(), row("level", &level)];
    rows.extend(rule.level_note().map(|note| row("", &note)));
    rows.extend([row("why", rule.why), row("fix", rule.fix)]);
    rows
}

/// What is said of a rule of the reader's own.
fn explain_own(own: &OwnRule, available: &Available, fit: impl Fn(&str, &str) -> String) -> String {
    let rule = own.rule();
    let mut rows = explanation(&rule, &fit);
    let mut row = |name: &str, text: &str| rows.push(fit(&format!("  {name:<5}  "), text));
    if !rule.spec.is_empty() {
        row("spec", rule.spec);
    }
    if !own.url.is_empty() {
        row("", &own.url);
    }
    row("about", &format!("{}: {}", own.artefact.name, own.words()));
    row("own", &format!("a rule of your own, in {}", file_of(available, rule.id).unwrap_or_default()));
    if !own.is_proven {
        row("", "not proven: give it an example that passes and one that fails");
    }
    rows.push(String::new());
    rows.join("\n")
}

/// The file that a rule of the reader's own is from.
fn file_of(available: &Available, rule: &str) -> Option<String> {
    available.own.as_ref()?.rule_files.get(rule).map(|path| path.display().to_string())
}

/// The command that shows how a flaw of the embedded issuer breaks a rule; it exits with 1.
pub fn see(flaw: &Flaw, rule: &Rule<'_>, shown: &Shown, features: &[Feature]) -> Option<String> {
    let id = shown.get(&flaw.name)?.get(rule.id)?;
    let (of_feature, of_test) = id.split_once('/')?;
    let feature = features.iter().find(|feature| feature.id == of_feature)?;
    let test = feature.tests.iter().find(|test| test.id == of_test)?;
    let profile = feature.profile.as_str();
    let mut command = format!("oa-authtest run --demo --flaw {}", flaw.name);
    // The product of a profile brings its profile.
    let _ = match Persona::of_profile(profile) {
        Persona::Openactive if self_test::is_for_browser(id) => write!(command, " --persona {} --profile {profile}", Persona::Certification.name()),
        Persona::Openactive => write!(command, " --profile {profile}"),
        persona => write!(command, " --persona {}", persona.name()),
    };
    for step in &test.steps {
        if let Step::CheckCapability { capability } = step {
            let _ = write!(command, " --feature {}={}", capability.name(), !self_test::ABSENT.contains(capability));
        }
    }
    // What is judged over a whole run is shown by one.
    if !is_over_run(rule.id) {
        let _ = write!(command, " --test {id}");
    }
    match rule.level_in(profile) {
        Level::Must => {}
        Level::Should => command.push_str(" --fail-on warning"),
        Level::May => command.push_str(" --fail-on suggestion"),
    }
    Some(command)
}

/// What to do where no test of a run noticed the flaw that its issuer has; `None` where one did, or where there is nothing to notice.
pub fn unnoticed(flaw: &Flaw, report: &RunReport, shown: &Shown, features: &[Feature]) -> Option<String> {
    let broken = report.tests.iter().flat_map(|test| &test.findings).filter(|finding| finding.outcome == FindingOutcome::Failed);
    let noticed = broken.into_iter().any(|finding| flaw.trips.contains(&finding.rule));
    let rule = catalogue().into_iter().find(|rule| flaw.trips.iter().any(|trip| trip == rule.id)).filter(|_| !noticed)?;
    let command = see(flaw, rule, shown, features)?;
    Some(format!("No selected test noticed the flaw {}. This one does: {command}", flaw.name))
}

fn showing<'a>(rule: &Rule<'_>, flaws: &'a [Flaw]) -> impl Iterator<Item = &'a Flaw> {
    let id = rule.id;
    flaws.iter().filter(move |flaw| flaw.trips.iter().any(|trip| trip == id))
}

#[cfg(test)]
mod tests {
    use super::{Available, Shown, explain};

    #[test]
    fn a_rule_that_does_not_exist_is_met_with_those_that_do() {
        for (asked, named) in [("id-token/isuer", "did you mean id-token/issuer?"), ("exp-future", "id-token/exp-future"), ("zebra", "list --json")] {
            let available = Available::new(Vec::new(), None);
            let said = explain(asked, &[], &Shown::new(), &available, |name, text| format!("{name}{text}")).expect_err("there is no such rule");
            assert!(said.contains(asked) && said.contains(named), "{said}");
        }
    }
}
