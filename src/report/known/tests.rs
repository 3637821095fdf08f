use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::config::FailOn;
use crate::config::Known;
use crate::exit::Exit;
use crate::feature;
use crate::report::json::sample;
use crate::result::known::{assess, excuses_the_stop, mark};
use crate::result::model::{Counts, Entry, FindingOutcome as Outcome, SkipKind, StepEnd, StepReport, Verdict};
use crate::rule::own::OwnRules;

/// A run of the profile's tests in which `id-token/issuer` came out as told, test by test; `None` where no test came to it.
fn run(outcomes: &[(&str, Option<Outcome>, Verdict, Option<&str>)]) -> RunReport {
    let mut report = sample();
    let finding = (*report.tests[0].findings[0]).clone();
    let blank = TestReport { findings: Vec::new(), steps: Vec::new(), ..report.tests[0].clone() };
    report.tests = feature::features()
        .unwrap()
        .iter()
        .filter(|feature| feature.profile == "openactive")
        .flat_map(|feature| {
            feature
                .tests
                .iter()
                .map(|test| TestReport { id: format!("{}/{}", feature.id, test.id), verdict: Verdict::Passed, reason: None, ..blank.clone() })
                .collect::<Vec<_>>()
        })
        .collect();
    for (id, outcome, verdict, reason) in outcomes {
        let test = report.tests.iter_mut().find(|test| test.id.ends_with(id)).unwrap();
        test.verdict = *verdict;
        test.reason = reason.map(str::to_owned);
        test.skipped = (*reason == Some(LEFT_OUT)).then_some(SkipKind::LeftOut);
        test.findings = outcome
            .iter()
            .map(|outcome| Finding { rule: "id-token/issuer".to_owned(), outcome: *outcome, ..finding.clone() })
            .map(Arc::new)
            .collect();
    }
    report
}

fn known(entry: &str) -> Known {
    let text = format!("[[known]]\nrule = \"id-token/issuer\"\nreason = \"a proxy\"\n{entry}");
    Known::parse(Path::new("known.toml"), &text, jiff::civil::Date::constant(2026, 3, 1), &OwnRules::default()).unwrap()
}

fn state(entry: &str, report: &RunReport) -> KnownState {
    assess(&known(entry), report, &feature::features().unwrap()).entries[0].state
}

const LEFT_OUT: &str = "left out by --skip";
const A: &str = "booking-partner-authentication/authorization-code-flow";
const B: &str = "dynamic-client-registration/authorization-code-flow";

#[test]
fn an_entry_is_gone_only_where_that_is_certain() {
    use Outcome::{Failed, NotApplicable, NotRun, Passed};
    let ended = Verdict::Passed;
    for (what, entry, outcomes, expected) in [
        ("happens", "", vec![(A, Some(Failed), ended, None), (B, Some(Passed), ended, None)], KnownState::Excused),
        ("over", "", vec![(A, Some(Passed), ended, None)], KnownState::Gone),
        ("has nothing to say any more", "", vec![(A, Some(NotApplicable), ended, None)], KnownState::Gone),
        ("nobody came to it", "", vec![], KnownState::NotJudged),
        ("could not be judged", "", vec![(A, Some(NotRun), ended, None)], KnownState::NotJudged),
        ("only one broke off", "", vec![(A, Some(Passed), ended, None), (B, None, Verdict::Errored, Some("no browser"))], KnownState::NotJudged),
        ("only one stopped", "", vec![(A, Some(Passed), ended, None), (B, None, Verdict::Failed, Some("no code"))], KnownState::NotJudged),
        ("stopped after it", "", vec![(A, Some(Passed), ended, None), (B, Some(Passed), Verdict::Failed, Some("no code"))], KnownState::Gone),
        ("another cannot be told here", "", vec![(A, Some(Passed), ended, None), (B, None, Verdict::Skipped, Some("needs"))], KnownState::Gone),
        ("another was left out", "", vec![(A, Some(Passed), ended, None), (B, None, Verdict::Skipped, Some(LEFT_OUT))], KnownState::NotJudged),
        ("of another test", "test = 'dynamic*'", vec![(A, Some(Failed), ended, None), (B, Some(Passed), ended, None)], KnownState::Gone),
        ("skipped", "test = 'dynamic*/auth*'", vec![(B, None, Verdict::Skipped, Some("needs"))], KnownState::NotJudged),
        ("of no test", "test = 'dynamik*'", vec![(A, Some(Failed), ended, None)], KnownState::NoTest),
        ("expired", "until = '2026-02-28'", vec![(A, Some(Failed), ended, None)], KnownState::Expired),
        ("expired and over", "until = '2026-02-28'", vec![(A, Some(Passed), ended, None)], KnownState::Gone),
        ("the last day", "until = '2026-03-01'", vec![(A, Some(Failed), ended, None)], KnownState::Excused),
    ] {
        assert_eq!(state(entry, &run(&outcomes)), expected, "{what}");
    }
}

#[test]
fn what_was_not_selected_is_not_called_gone() {
    let mut report = run(&[(A, Some(Outcome::Passed), Verdict::Passed, None)]);
    report.tests.retain(|test| test.id == A);
    assert_eq!(state("", &report), KnownState::NotJudged);
    assert_eq!(state(&format!("test = '{A}'"), &report), KnownState::Gone);
}

#[test]
fn a_known_failure_counts_apart() {
    let mut report = run(&[(A, Some(Outcome::Failed), Verdict::Failed, None)]);
    let test = report.tests.iter_mut().find(|test| test.id == A).unwrap();
    mark(&known(""), A, &mut test.findings);
    test.counts = Counts::of(&test.findings);
    assert_eq!((test.counts.failures, test.counts.known, test.counts.verdict()), (0, 1, Verdict::Passed));
    assert!(test.findings[0].is_known() && !test.findings[0].is_broken());
    test.verdict = test.counts.verdict();
    for fail_on in [FailOn::Failure, FailOn::Suggestion, FailOn::Never] {
        assert_eq!(Exit::of(&report, fail_on), Exit::Conformant);
    }
    let mut other = run(&[(A, Some(Outcome::Failed), Verdict::Failed, None)]);
    for entry in ["until = '2026-02-28'", "test = 'discovery/*'"] {
        let test = other.tests.iter_mut().find(|test| test.id == A).unwrap();
        mark(&known(entry), A, &mut test.findings);
        assert!(test.findings[0].is_broken(), "{entry}");
    }
}

#[test]
fn strictly_what_is_gone_is_an_exit_code_of_1() {
    let mut report = run(&[(A, Some(Outcome::Passed), Verdict::Passed, None)]);
    report.known = Some(assess(&known(""), &report, &feature::features().unwrap()));
    for (exit, fail_on, expected) in [
        (Exit::Conformant, FailOn::Failure, Exit::NotConformant),
        (Exit::CouldNotTest, FailOn::Warning, Exit::NotConformant),
        (Exit::Bug, FailOn::Failure, Exit::Bug),
        (Exit::NothingTested, FailOn::Failure, Exit::NothingTested),
        (Exit::Conformant, FailOn::Never, Exit::Conformant),
    ] {
        assert_eq!(exit.strictly(&report, fail_on), expected);
    }
    report.known = None;
    assert_eq!(Exit::Conformant.strictly(&report, FailOn::Failure), Exit::Conformant);
}

#[test]
fn a_stop_is_excused_by_what_is_known_where_it_happened_only() {
    let report = sample();
    let seed = &report.tests[0].findings[0];
    let finding =
        |step, known: Option<&str>| Arc::new(Finding { step, outcome: Outcome::Failed, known: known.map(str::to_owned), ..(**seed).clone() });
    let passed = |step| Arc::new(Finding { step, ..(**seed).clone() });
    let step = |ended| StepReport { name: String::new(), sentences: Vec::new(), ended, entries: Vec::new() };
    let steps = [step(StepEnd::Done), step(StepEnd::Stopped("no token".to_owned())), step(StepEnd::NotReached)];
    for (findings, expected) in [
        (vec![finding(1, Some("known"))], true),
        (vec![finding(1, Some("known")), finding(0, None)], true),
        (vec![finding(1, Some("known")), finding(1, None)], false),
        (vec![finding(0, Some("known")), finding(1, None)], false),
        (vec![finding(0, Some("known")), passed(1)], false),
        // The step did nothing.
        (vec![finding(0, Some("known"))], true),
        (vec![finding(0, Some("known")), finding(0, None)], false),
        (vec![passed(0)], false),
        (vec![], false),
    ] {
        assert_eq!(excuses_the_stop(&findings, &steps), expected, "{findings:?}");
    }
    assert!(!excuses_the_stop(&[finding(0, Some("known"))], &steps[..1]));
    // It showed a page, of which nothing is known.
    let mut steps = steps;
    steps[1].entries.push(Entry::Callback { url: String::new() });
    assert!(!excuses_the_stop(&[finding(0, Some("known"))], &steps));
}

#[test]
fn what_is_written_can_be_read_and_excuses_what_was_broken() {
    use Outcome::{Failed, Passed};
    let mut report = run(&[(A, Some(Failed), Verdict::Failed, None), (B, Some(Passed), Verdict::Passed, None)]);
    let text = document(&report, Level::Must);
    assert!(text.contains(&format!("test = \"{A}\"")) && text.contains("reason = \"say why\""), "{text}");
    // As a reader fills it in.
    let given = |text: &str| text.replace("\"say why\"", "\"fixed in release 8\"");
    let read =
        |text: &str| Known::parse(Path::new("known.toml"), &given(text), jiff::civil::Date::constant(2026, 3, 1), &OwnRules::default()).unwrap();
    let entries = read(&text).entries;
    assert_eq!(entries.len(), 1);
    assert!(entries[0].is_about(A) && !entries[0].is_about(B));
    // Given those, it writes them again as they are, with what was written into them.
    let known = read(&text.replace("\"say why\"", "\"it's a \\\"proxy\\\"\"\nuntil = \"2026-12-31\""));
    for test in &mut report.tests {
        mark(&known, &test.id.clone(), &mut test.findings);
    }
    report.known = Some(assess(&known, &report, &feature::features().unwrap()));
    let again = read(&document(&report, Level::Must));
    assert_eq!(again.entries.len(), 1);
    assert_eq!((again.entries[0].reason.as_str(), again.entries[0].until), (known.entries[0].reason.as_str(), known.entries[0].until));
    // Broken wherever it was judged: an entry for every test; in some of several: a glob of those.
    let everywhere = document(&run(&[(A, Some(Failed), Verdict::Failed, None), (B, Some(Failed), Verdict::Failed, None)]), Level::Must);
    assert!(!everywhere.contains("test ="), "{everywhere}");
    let third = "booking-partner-authentication/client-credentials-flow";
    let some = document(
        &run(&[(A, Some(Failed), Verdict::Failed, None), (B, Some(Failed), Verdict::Failed, None), (third, Some(Passed), Verdict::Passed, None)]),
        Level::Must,
    );
    let entry = &read(&some).entries[0];
    assert!(entry.is_about(A) && entry.is_about(B) && !entry.is_about(third), "{some}");
}

#[test]
fn every_level_asked_for_becomes_an_entry() {
    let rules = |least| document(&sample(), least).matches("[[known]]").count();
    let (must, should, may) = (rules(Level::Must), rules(Level::Should), rules(Level::May));
    assert!(0 < must && must < should && should < may, "{must} {should} {may}");
}
