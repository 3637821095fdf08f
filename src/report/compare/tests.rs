use std::sync::Arc;

use super::*;
use crate::report::news;
use crate::result::baseline::{Baseline, RuleChange, TestChange};
use crate::result::model::{Counts, SCHEMA};

fn finding(rule: &str, level: Level, outcome: FindingOutcome) -> Arc<Finding> {
    Arc::new(Finding { says: "It | holds".to_owned(), actual: "`seen`".to_owned(), ..Finding::new(rule, level, outcome) })
}

fn test(id: &str, reason: Option<(Verdict, &str)>, findings: Vec<Arc<Finding>>) -> TestReport {
    let counts = Counts::of(&findings);
    TestReport {
        id: id.to_owned(),
        profile: "oidc".to_owned(),
        title: String::new(),
        verdict: reason.map_or(counts.verdict(), |(verdict, _)| verdict),
        reason: reason.map(|(_, reason)| reason.to_owned()),
        counts,
        findings,
        ..TestReport::default()
    }
}

fn run(tests: Vec<TestReport>) -> RunReport {
    RunReport { schema: SCHEMA.to_owned(), issuer: "https://op.example".to_owned(), verdict: Verdict::Passed, tests, ..RunReport::default() }
}

use crate::rule::Level;
use FindingOutcome::{Failed, NotApplicable, NotRun, Passed};
use Level::{May, Must, Should};

#[test]
fn the_same_run_is_no_worse() {
    let report = run(vec![test("a/b", None, vec![finding("x/y", Must, Failed), finding("x/z", Should, Passed)])]);
    let comparison = Comparison::of(&report, &report);
    assert_eq!(comparison.exit(), Exit::Conformant);
    assert!(comparison.render().starts_with("# ✅ No worse\n\n0 rules worse, 0 rules better"), "{}", comparison.render());
}

#[test]
fn a_rule_that_breaks_is_worse_and_one_that_is_mended_is_better() {
    let outcomes = [
        (vec![(Must, Passed)], vec![(Must, Failed)], 1, 0),
        (vec![(May, NotApplicable)], vec![(May, Failed)], 1, 0),
        (vec![(Must, Passed)], vec![(Must, NotRun)], 1, 0),
        (vec![(Should, Failed)], vec![(Must, Failed)], 1, 0),
        (vec![(Must, Failed)], vec![(Must, Passed)], 0, 1),
        (vec![(Must, Failed)], vec![(Must, Failed), (Must, Passed)], 0, 0),
        (vec![(Must, Passed), (Must, Passed)], vec![(Must, Passed), (Must, Failed)], 1, 0),
        (vec![(Must, Passed)], vec![(Must, NotApplicable)], 0, 0),
    ];
    for (before, after, worse, better) in outcomes {
        let told = |outcomes: &[(Level, FindingOutcome)]| {
            run(vec![test("a/b", None, outcomes.iter().map(|(level, outcome)| finding("x/y", *level, *outcome)).collect())])
        };
        let comparison = Comparison::of(&told(&before), &told(&after));
        assert_eq!((comparison.worse.len(), comparison.better.len()), (worse, better), "{before:?} {after:?}");
        assert_eq!(comparison.exit() == Exit::NotConformant, worse > 0);
    }
}

#[test]
fn a_rule_that_was_not_known_is_new_and_no_reason_to_stop_a_release() {
    let before = run(vec![test("a/b", None, vec![finding("x/y", Must, Passed)])]);
    let after = run(vec![
        test("a/b", None, vec![finding("x/y", Must, Passed), finding("x/new", Must, Failed)]),
        test("c/d", None, vec![finding("x/y", Should, Failed), finding("x/z", Must, Passed)]),
    ]);
    let comparison = Comparison::of(&before, &after);
    assert_eq!((comparison.worse.len(), comparison.new.len(), comparison.exit()), (0, 2, Exit::Conformant));
    assert_eq!(comparison.new_tests, ["c/d"]);
    let back = Comparison::of(&after, &before);
    assert_eq!((back.gone.len(), back.lost.len(), back.exit()), (1, 1, Exit::NotConformant));
}

#[test]
fn a_must_that_breaks_where_nothing_was_looked_at_before_is_worse() {
    let before = run(vec![test("a/b", None, vec![finding("x/y", Must, Passed)])]);
    let after = run(vec![test("a/b", None, vec![finding("x/y", Must, Passed)]), test("c/d", None, vec![finding("x/y", Must, Failed)])]);
    let comparison = Comparison::of(&before, &after);
    assert_eq!((comparison.worse.len(), comparison.exit()), (1, Exit::NotConformant));

    let by_rules = |version: &str, findings| {
        let mut report = run(vec![test("a/b", None, findings)]);
        report.tool.catalogue = Some(version.to_owned());
        report
    };
    let broken = |version| by_rules(version, vec![finding("x/y", Must, Passed), finding("x/z", Must, Failed)]);
    let before = by_rules("1", vec![finding("x/y", Must, Passed)]);
    assert_eq!(Comparison::of(&before, &broken("1")).exit(), Exit::NotConformant, "the rule was there and had nothing to judge");
    assert_eq!(Comparison::of(&before, &broken("2")).exit(), Exit::Conformant, "the rule is a new one");
}

#[test]
fn what_was_done_and_is_not_any_more_is_worse() {
    let step = |name: &str, ended| StepReport { name: name.to_owned(), ended, sentences: vec!["should hold".to_owned()], entries: Vec::new() };
    let told = |ended| {
        let whole = TestReport { steps: vec![step("Discovery", StepEnd::Done), step("Refresh", ended)], ..test("a/b", None, vec![]) };
        run(vec![test("c/d", None, vec![finding("x/y", Must, Passed)]), TestReport { findings: vec![finding("x/y", Must, Passed)], ..whole }])
    };
    let (whole, part) = (told(StepEnd::Done), told(StepEnd::LeftOut("no refresh token".to_owned())));
    let comparison = Comparison::of(&whole, &part);
    assert_eq!((comparison.lost.len(), comparison.exit()), (1, Exit::NotConformant));
    assert!(comparison.render().contains("* `a/b`, step `Refresh`: `no refresh token`"), "{}", comparison.render());
    assert_eq!(Comparison::of(&part, &whole).exit(), Exit::Conformant);
    assert_eq!(Comparison::of(&part, &part).exit(), Exit::Conformant);

    // One of two steps of a name is left out in both runs, and the clean-up, which judges nothing, in the later one.
    let twice = |clean_up| {
        let second = step("Refresh", StepEnd::LeftOut("no refresh token".to_owned()));
        let clean_up = StepReport { sentences: Vec::new(), ..step("Clean-up", clean_up) };
        let whole = test("a/b", None, vec![finding("x/y", Must, Passed)]);
        run(vec![TestReport { steps: vec![step("Refresh", StepEnd::Done), second, clean_up], ..whole }])
    };
    let remains = twice(StepEnd::LeftOut("a client remains".to_owned()));
    assert_eq!(Comparison::of(&twice(StepEnd::Done), &remains).exit(), Exit::Conformant);

    let mut skipped = whole.clone();
    skipped.tests[0] = test("c/d", Some((Verdict::Skipped, "it lacks --client-secret")), vec![]);
    let comparison = Comparison::of(&whole, &skipped);
    assert_eq!((comparison.lost.len(), comparison.exit()), (1, Exit::NotConformant));
    assert!(comparison.render().contains("* `c/d`: `it lacks --client-secret`"), "{}", comparison.render());
    skipped.tests.remove(0);
    assert!(Comparison::of(&whole, &skipped).render().contains("* `c/d`: not part of the later run"));
}

#[test]
fn a_test_that_is_left_out_is_lost_and_one_that_no_longer_is_is_better() {
    let step = |name: &str, ended| StepReport { name: name.to_owned(), ended, sentences: vec!["should hold".to_owned()], entries: Vec::new() };
    let told = |verdict: Option<Verdict>, findings, ended| {
        let reason = verdict.map(|verdict| (verdict, "no `end_session_endpoint`"));
        run(vec![TestReport { steps: vec![step("Discovery", StepEnd::Done), step("Logout", ended)], ..test("a/b", reason, findings) }])
    };
    let omitted = || StepEnd::LeftOut("no `end_session_endpoint`".to_owned());
    let found = |outcome| vec![finding("x/y", Must, Passed), finding("x/z", Should, outcome)];
    let whole = told(None, [found(Passed), vec![finding("logout/z", Should, Passed)]].concat(), StepEnd::Done);
    let left_out = told(Some(Verdict::LeftOut), found(Passed), omitted());
    let worse = Comparison::of(&whole, &left_out);
    assert_eq!((worse.lost.len(), worse.broken_off.len(), worse.gone.len(), worse.exit()), (1, 0, 0, Exit::NotConformant));
    let text = worse.render();
    assert!(text.contains("1 test no longer done") && text.contains("* `a/b`: `` no `end_session_endpoint` ``"), "{text}");

    let better = Comparison::of(&left_out, &whole);
    assert_eq!((better.reached.len(), better.completed.len(), better.lost.len(), better.exit()), (1, 0, 0, Exit::Conformant));
    let text = better.render();
    assert!(text.contains("1 test no longer left out") && text.contains("## Tests that are no longer left out\n\n* `a/b`"), "{text}");
    assert_eq!(Comparison::of(&left_out, &left_out).exit(), Exit::Conformant);

    // What breaks where the test did not get to before stops a release if it is a MUST.
    for (level, exit) in [(Must, Exit::NotConformant), (Should, Exit::Conformant)] {
        let broken = told(None, [found(Passed), vec![finding("logout/z", level, Failed)]].concat(), StepEnd::Done);
        let mut before = left_out.clone();
        before.tests.push(test("e/f", None, vec![finding("logout/z", level, Passed)]));
        let after = run([broken.tests, before.tests[1..].to_vec()].concat());
        assert_eq!(Comparison::of(&before, &after).exit(), exit, "{level:?}");
    }
    // The earlier run is of a version that called it passed, though it did no more.
    assert_eq!(Comparison::of(&told(None, found(Passed), omitted()), &left_out).exit(), Exit::Conformant);
    // Nothing of the step could be judged, though it was taken.
    assert_eq!(Comparison::of(&whole, &told(Some(Verdict::LeftOut), found(Passed), StepEnd::Done)).exit(), Exit::NotConformant);
    // What is not part of the later run did nothing before, and what is only there does nothing.
    assert_eq!(Comparison::of(&left_out, &run(vec![])).exit(), Exit::Conformant);
    assert!(Comparison::of(&run(vec![]), &left_out).new_tests.is_empty());
    // A story that broke off before and is left out now does not go to its end.
    let stopped = told(Some(Verdict::Failed), found(Passed), StepEnd::Stopped("no answer".to_owned()));
    assert!(Comparison::of(&stopped, &left_out).completed.is_empty());
}

#[test]
fn a_rule_that_is_worse_in_several_tests_is_one_rule() {
    let told = |outcome| run(["a/b", "c/d", "e/f"].map(|id| test(id, None, vec![finding("x/y", Must, outcome)])).to_vec());
    let text = Comparison::of(&told(Passed), &told(Failed)).render();
    assert!(text.contains("1 rule worse,") && text.contains("    * in: `a/b`, `c/d`, `e/f`\n"), "{text}");
    assert_eq!(text.matches("x/y").count(), 1, "{text}");
}

#[test]
fn a_story_that_breaks_off_is_told_once() {
    let whole = || vec![finding("x/y", Must, Passed), finding("x/z", Must, Passed)];
    let before = run(vec![test("a/b", None, whole())]);
    for (verdict, exit) in [(Verdict::Failed, Exit::NotConformant), (Verdict::Errored, Exit::CouldNotTest)] {
        let after = run(vec![test("a/b", Some((verdict, "the token endpoint is gone")), whole()[..1].to_vec())]);
        let comparison = Comparison::of(&before, &after);
        assert_eq!((comparison.exit(), comparison.gone.len()), (exit, 0));
        assert!(comparison.render().contains("the token endpoint is gone"));
        assert_eq!(Comparison::of(&after, &before).completed, ["a/b"]);
    }
}

#[test]
fn foreign_text_stays_in_its_line() {
    let before = run(vec![test("a/b", None, vec![finding("x/y", Must, Passed)])]);
    let mut after = run(vec![test("a/b", None, vec![finding("x/y", Must, Failed)])]);
    Arc::make_mut(&mut after.tests[0].findings[0]).actual = "a | b\n# <script>".to_owned();
    after.issuer = "https://other.example".to_owned();
    let text = Comparison::of(&before, &after).render();
    assert!(!text.contains("\n# <script>") && text.contains("The issuers differ"), "{text}");
    let actual = text.lines().find(|line| line.starts_with("    * actual:")).unwrap_or_default();
    assert!(actual.contains("a | b") && actual.contains("script"), "{text}");
}

fn baseline(before: &RunReport, after: &RunReport, part: bool) -> Baseline {
    Comparison::of(before, after).baseline("last/results.json", before, after, part)
}

#[test]
fn what_became_of_each_rule_is_kept_for_the_reports() {
    let of = |outcomes: &[(&str, &str, Level, FindingOutcome)]| {
        let ids: BTreeSet<&str> = outcomes.iter().map(|(id, ..)| *id).collect();
        let of_test =
            |id: &str| outcomes.iter().filter(|(of, ..)| *of == id).map(|(_, rule, level, outcome)| finding(rule, *level, *outcome)).collect();
        run(ids.into_iter().map(|id| test(id, None, of_test(id))).collect())
    };
    let before = of(&[
        ("a/b", "x/new", Must, Passed),
        ("a/c", "x/new", Must, Passed),
        ("a/d", "x/new", Must, Failed),
        ("a/b", "x/mended", Must, Failed),
        ("a/b", "x/still", Should, Failed),
        ("a/b", "x/risen", Should, Failed),
        ("a/b", "x/gone", May, Failed),
        ("a/b", "x/held", May, Passed),
        ("a/lost", "x/held", May, Passed),
    ]);
    let after = of(&[
        ("a/b", "x/new", Must, Failed),
        ("a/c", "x/new", Must, Failed),
        ("a/d", "x/new", Must, Failed),
        ("a/b", "x/mended", Must, Passed),
        ("a/b", "x/still", Should, Failed),
        ("a/b", "x/risen", Must, Failed),
        ("a/first", "x/held", May, Passed),
    ]);
    let kept = baseline(&before, &after, false);
    let rules: Vec<(RuleChange, &str, String)> = kept.rules.iter().map(|of| (of.change, of.rule.as_str(), of.tests.join(" "))).collect();
    let expected = [
        (RuleChange::NewlyBroken, "x/new", "a/b a/c"),
        (RuleChange::Worse, "x/risen", "a/b"),
        (RuleChange::Mended, "x/mended", "a/b"),
        (RuleChange::NotJudged, "x/gone", "a/b"),
        (RuleChange::StillBroken, "x/new", "a/d"),
        (RuleChange::StillBroken, "x/still", "a/b"),
    ];
    assert_eq!(rules, expected.map(|(change, rule, tests)| (change, rule, tests.to_owned())));
    let tests: Vec<(TestChange, &str)> = kept.tests.iter().map(|of| (of.change, of.test.as_str())).collect();
    assert_eq!(tests, [(TestChange::NoLongerRun, "a/lost"), (TestChange::New, "a/first")]);
    assert_eq!(
        news::sums(&kept),
        "1 rule newly broken, 1 broken at a higher level, 1 mended, 1 no longer judged, 1 still broken, 1 test no longer run, 1 new test"
    );
    assert!(
        news::named_sums(&kept).starts_with("1 rule newly broken (x/new), 1 broken at a higher level (x/risen), "),
        "{}",
        news::named_sums(&kept)
    );
    // Where only some tests were asked for, the others are not lost.
    let part = baseline(&before, &after, true);
    assert_eq!((part.not_asked_for, part.tests.len()), (1, 1));
    let same = baseline(&after, &after, false);
    assert_eq!(news::sums(&same), "no rule newly broken, 3 still broken");
}

#[test]
fn a_rule_that_is_mended_in_some_tests_only_is_not_counted_as_mended() {
    let told = |outcome| run(vec![test("a/b", None, vec![finding("x/y", Must, outcome)]), test("c/d", None, vec![finding("x/y", Must, Failed)])]);
    assert_eq!(news::sums(&baseline(&told(Failed), &told(Passed), false)), "no rule newly broken, 1 mended in some tests only, 1 still broken");
}

#[test]
fn nothing_of_an_earlier_run_is_kept_without_a_bound() {
    let many = 20_000;
    let long = "x".repeat(100_000);
    let mut before = run((0..many).map(|n| test(&format!("a/{n}"), None, vec![finding(&format!("x/{n}"), Must, Failed)])).collect());
    before.tests.push(test("a/all", None, (0..many).map(|n| finding(&format!("x/{n}"), Must, Failed)).collect()));
    before.tests[0].id.clone_from(&long);
    Arc::make_mut(&mut before.tests.last_mut().unwrap().findings[0]).says.clone_from(&long);
    (before.issuer, before.started) = (long.clone(), long.clone());
    let all = (0..many).map(|n| finding(&format!("x/{n}"), Must, Passed)).collect();
    let after = run(vec![test("a/all", None, all)]);
    let started = std::time::Instant::now();
    let kept = baseline(&before, &after, false);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    assert_eq!((kept.rules.len(), kept.tests.len(), kept.more), (2000, 2000, 2 * (many - 2000)));
    let texts = [&kept.started, &kept.rules[0].says, &kept.tests[0].test].into_iter().chain(&kept.remarks);
    assert!(texts.into_iter().all(|text| text.len() < 1000));
}
