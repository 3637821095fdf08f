//! The headlines, groups and durations that every report has in the same words.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::harm;
use super::mark::Mark;
use super::view::Headline;
use crate::result::known::KnownEntry;
use crate::result::model::{Counts, Entry, Exchange, Finding, FindingOutcome, RunReport, Selection, Shard, TestReport, Verdict};
use crate::result::own::OwnReport;
use crate::result::progress::{Phase, Progress};
use crate::rule::Level;
use crate::text::count;

/// How a run ended that did not come to its end, after "the run".
pub fn cut_short(report: &RunReport) -> Option<String> {
    report.interrupted.then(|| match report.ended_after_s {
        Some(seconds) => format!("was ended after {seconds} s (--run-timeout)"),
        None => "was interrupted".to_owned(),
    })
}

/// The word of a verdict.
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Skipped => "skipped",
        Verdict::LeftOut => "left out",
        Verdict::Passed => "passed",
        Verdict::Suggested => "suggested",
        Verdict::Warned => "warned",
        Verdict::Failed => "failed",
        Verdict::Errored => "errored",
    }
}

/// `42 passed with 0 failures, 1 warning and 2 suggestions`.
pub fn triad(counts: Counts) -> String {
    let Counts { passed, failures, warnings, suggestions, .. } = counts;
    format!("{passed} passed with {}, {} and {}", count(failures, "failure"), count(warnings, "warning"), count(suggestions, "suggestion"))
}

/// The triad, and how many failures are known where any are.
pub fn triad_and_known(counts: Counts) -> String {
    if counts.known == 0 { triad(counts) } else { format!("{}, {}", triad(counts), count(counts.known, "known failure")) }
}

/// The headline of a test: its mark, and the triad or what became of it instead.
pub fn headline(test: &TestReport) -> Headline {
    let says = match test.verdict {
        Verdict::Skipped => "skipped".to_owned(),
        Verdict::LeftOut => format!("left out{}", on_the_way(test.counts)),
        Verdict::Errored => format!("could not be tested: {} before that", triad_and_known(test.counts)),
        _ => format!("{}{}{}", triad_and_known(test.counts), not_run(test.counts), if test.flaky { "; flaky" } else { "" }),
    };
    Headline { mark: if test.flaky { Mark::Warning } else { Mark::of(test.verdict, test.counts) }, says }
}

/// What a run says about the issuer, in the words of its headline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// A rule of level MUST is broken, or a test failed.
    NotConformant,
    /// Nothing failed, and a test could not be tested.
    NotFullyTested,
    /// Every test was skipped or left out.
    NothingTested,
    /// What was tested holds.
    Conformant,
}

impl Conclusion {
    /// The conclusion of a run.
    pub fn of(report: &RunReport) -> Self {
        let is_there = |verdict| report.tests.iter().any(|test| test.verdict == verdict);
        if broken_levels(&report.tests).values().any(|level| *level == Level::Must) || is_there(Verdict::Failed) {
            Self::NotConformant
        } else if is_there(Verdict::Errored) {
            Self::NotFullyTested
        } else if report.tests.iter().all(|test| matches!(test.verdict, Verdict::Skipped | Verdict::LeftOut)) {
            Self::NothingTested
        } else {
            Self::Conformant
        }
    }

    /// Its words, in capitals.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotConformant => "NOT CONFORMANT",
            Self::NotFullyTested => "NOT FULLY TESTED",
            Self::NothingTested => "NOTHING TESTED",
            Self::Conformant => "CONFORMANT",
        }
    }
}

/// The headline of a run: its mark, the verdict, which rules are broken, how much was looked at, and what was not.
pub fn run_headline(report: &RunReport) -> Headline {
    let says = summed_up(Conclusion::of(report).words(), report);
    // A run in which a test passed only when it was run again is not quite green.
    let is_green = matches!(report.verdict, Verdict::Passed | Verdict::Suggested);
    Headline { mark: if is_green && !flaky(report).is_empty() { Mark::Warning } else { Mark::of(report.verdict, report.counts) }, says }
}

/// The headline of a run that goes on: the same without a verdict, which a part does not have.
pub fn progress_headline(progress: &Progress) -> Headline {
    match progress.phase {
        Phase::Before(_) => Headline { mark: Mark::Waiting, says: summed_up("WAITING", &progress.report) },
        Phase::Running => Headline { mark: Mark::Running, says: summed_up("RUNNING, so far", &progress.report) },
        Phase::Ended { .. } => run_headline(&progress.report),
        Phase::NotBegun(_) => Headline { mark: Mark::Error, says: "NOTHING TESTED".to_owned() },
    }
}

/// A verdict in words, and what it stands on: which rules are broken, how much was looked at, and what was not.
fn summed_up(verdict: &str, report: &RunReport) -> String {
    let of = |verdict| report.tests.iter().filter(|test| test.verdict == verdict).count();
    let (errored, left_out, skipped) = (of(Verdict::Errored), of(Verdict::LeftOut), of(Verdict::Skipped));
    let stopped = report.tests.iter().filter(|test| test.verdict == Verdict::Failed && test.reason.is_some()).count();
    let levels = broken_levels(&report.tests);
    let own = own_rules(&report.tests);
    let of_level = |level, noun| {
        let of_level: Vec<&str> = levels.iter().filter(|(_, known)| **known == level).map(|(rule, _)| *rule).collect();
        let own = of_level.iter().filter(|rule| own.contains(*rule)).count();
        let own = if own == 0 { String::new() } else { format!(" ({own} own)") };
        (!of_level.is_empty()).then(|| format!("{}{own}", count(of_level.len(), noun)))
    };
    let broken: Vec<String> =
        [(Level::Must, "MUST rule"), (Level::Should, "SHOULD rule")].into_iter().filter_map(|(level, noun)| of_level(level, noun)).collect();
    let suggestions = of_level(Level::May, "suggestion");
    let in_tests = |least| {
        let tests = report.tests.iter().filter(|test| test.findings.iter().any(|finding| finding.is_broken() && finding.level >= least)).count();
        format!("in {tests} of {}", count(report.tests.len(), "test"))
    };
    let ran = report.tests.len() - left_out - skipped;
    let mut parts = Vec::new();
    // What is good practice is not broken: it is suggested.
    if !broken.is_empty() {
        parts.push(format!("{} broken, {}", broken.join(" and "), in_tests(Level::Should)));
        parts.extend(suggestions);
    } else if let Some(suggestions) = suggestions {
        parts.push(format!("{suggestions}, {}", in_tests(Level::May)));
    } else if ran > errored {
        parts.push(format!("no rule broken in {}", count(ran - errored, "test")));
    }
    let checked = checked(&report.tests);
    if !checked.is_empty() {
        parts.push(of_all_rules(report, &checked));
    }
    let known = known_in(report).len();
    for (n, noun, what) in [
        (known, "known failure", ""),
        (flaky(report).len(), "test", "flaky"),
        (stopped, "test", "could not be finished"),
        (errored, "test", "could not be tested"),
        (left_out, "test", "left out"),
        (skipped, "test", "skipped"),
    ] {
        if n > 0 {
            parts.push(format!("{} {what}", count(n, noun)).trim_end().to_owned());
        }
    }
    // A part is not to be taken for the whole.
    let verdict = part_asked_for(report).map_or_else(|| verdict.to_owned(), |part| format!("{verdict} ({part})"));
    if parts.is_empty() { verdict } else { format!("{verdict}: {}", parts.join("; ")) }
}

/// What a run says nothing beyond: the rules that count, and the shard, where they are not all: `only the rules id-token/*; only shard 2/4`.
pub fn part_asked_for(report: &RunReport) -> Option<String> {
    let shard = report.shard().map(|shard| format!("only shard {}/{}", shard.part, shard.of));
    let parts: Vec<String> = rules_asked_for(report).into_iter().chain(shard).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Which rules count, where not all do: `only the rules id-token/* of level should and above`.
pub fn rules_asked_for(report: &RunReport) -> Option<String> {
    rules_of(report.selection.as_ref())
}

/// The same of a selection.
pub fn rules_of(selection: Option<&Selection>) -> Option<String> {
    counted_rules(selection).map(|rules| format!("only {rules}"))
}

/// The rules that a selection lets count, where not all do: `the rules id-token/* of level should and above`.
pub fn counted_rules(selection: Option<&Selection>) -> Option<String> {
    let selection = selection.filter(|selection| selection.is_of_rules())?;
    let globs = if selection.rules.is_empty() { String::new() } else { format!(" {}", selection.rules.join(", ")) };
    let level = match selection.level {
        None | Some(Level::May) => "",
        Some(Level::Should) => " of level should and above",
        Some(Level::Must) => " of level must",
    };
    Some(format!("the rules{globs}{level}"))
}

/// What a reader must know of a run that was asked for a part of the rules or of the tests: a sentence each.
pub fn selection(report: &RunReport) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(rules) = rules_asked_for(report) {
        says.push(format!("This run was asked for {rules} (--rule, --level): it says nothing about any other rule."));
    }
    if let Some(last) = report.selection.as_ref().and_then(|selection| selection.last_failed.as_ref()) {
        let others = if last.others.is_empty() { String::new() } else { format!(" {} of them were not run again.", last.others.len()) };
        let of = count(last.tests, "test");
        says.push(format!("This run holds only tests that failed in the run of {} (--last-failed), which had {of}.{others}", moment(&last.started)));
    }
    if let Some(Shard { part, of, tests, .. }) = report.shard() {
        let here = if report.tests.is_empty() { "none".to_owned() } else { report.tests.len().to_string() };
        let whole = count(*tests, "test");
        says.push(format!(
            "This run holds only shard {part}/{of} (--shard), {here} of {whole}: oa-authtest merge puts the shards together, and says what the whole comes to."
        ));
    }
    says
}

/// The tests that failed or could not be tested at first and passed when they were run again.
pub fn flaky(report: &RunReport) -> Vec<&TestReport> {
    report.tests.iter().filter(|test| test.flaky).collect()
}

/// What came of the other attempts at a test: `failed: id-token/issuer is broken`, each once.
pub fn attempts(test: &TestReport) -> Vec<String> {
    let mut says: Vec<String> = Vec::new();
    for attempt in &test.retries {
        let rule = Finding::first_failure(&attempt.broken).map(|first| format!("{} is broken ({})", first.rule, first.actual));
        let because = rule.or_else(|| attempt.reason.clone()).unwrap_or_else(|| "no reason was given".to_owned());
        let what = if attempt.verdict == Verdict::Errored { "could not be tested" } else { verdict_word(attempt.verdict) };
        let line = format!("{what}: {because}");
        if !says.contains(&line) {
            says.push(line);
        }
    }
    says
}

/// The rules that are broken, each with the highest level that it is broken at.
pub fn broken_levels<'a>(tests: impl IntoIterator<Item = &'a TestReport>) -> BTreeMap<&'a str, Level> {
    let mut levels = BTreeMap::new();
    for finding in tests.into_iter().flat_map(|test| &test.findings).filter(|finding| finding.is_broken()) {
        let level = levels.entry(finding.rule.as_str()).or_insert(finding.level);
        *level = finding.level.max(*level);
    }
    levels
}

/// The different rules that were judged. What a test that was left out found on the way counts where it is broken.
pub fn checked<'a>(tests: impl IntoIterator<Item = &'a TestReport>) -> BTreeSet<&'a str> {
    let judged = tests.into_iter().flat_map(|test| {
        test.findings.iter().filter(move |finding| match finding.outcome {
            FindingOutcome::Failed => true,
            FindingOutcome::Passed => test.verdict != Verdict::LeftOut,
            FindingOutcome::NotApplicable | FindingOutcome::NotRun => false,
        })
    });
    judged.map(|finding| finding.rule.as_str()).collect()
}

/// The rules of the user's own that were judged or came to.
pub fn own_rules<'a>(tests: impl IntoIterator<Item = &'a TestReport>) -> BTreeSet<&'a str> {
    tests.into_iter().flat_map(|test| &test.findings).filter(|finding| finding.own).map(|finding| finding.rule.as_str()).collect()
}

/// `400 of 553 rules checked, and 2 of 3 own rules` where the user has any; `400 rules checked` where the results do not say how many there are.
pub fn of_all_rules(report: &RunReport, checked: &BTreeSet<&str>) -> String {
    let own = own_rules(&report.tests);
    let of_own = checked.intersection(&own).count();
    let of_program = checked.len() - of_own;
    let says =
        report.tool.rules.map_or_else(|| format!("{} checked", count(of_program, "rule")), |all| format!("{of_program} of {all} rules checked"));
    match report.own.as_ref().map_or(own.len(), |own| own.rules.len()) {
        0 => says,
        all => format!("{says}, and {of_own} of {}", count(all, "own rule")),
    }
}

/// What a reader must know of a run that had tests or rules of the user's own, which may demand anything: `2 tests (profile acme) and 3 rules, …`.
pub fn own(own: &OwnReport) -> String {
    let profiles: Vec<&str> = own.profiles.iter().map(|profile| profile.name.as_str()).collect();
    let tests = (own.tests() > 0).then(|| format!("{} (profile {})", count(own.tests(), "test"), profiles.join(", ")));
    let rules = (!own.rules.is_empty()).then(|| count(own.rules.len(), "rule"));
    let parts: Vec<String> = tests.into_iter().chain(rules).collect();
    format!("{}, which are no part of oa-authtest (--tests-from)", parts.join(" and "))
}

/// `, with 1 warning and 2 suggestions on the way to that`, or nothing: what is mild and was found before a test was left out.
fn on_the_way(counts: Counts) -> String {
    let found = [(counts.warnings, "warning"), (counts.suggestions, "suggestion"), (counts.known, "known failure")];
    let found: Vec<String> = found.into_iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(n, noun)).collect();
    if found.is_empty() { String::new() } else { format!(", with {} on the way", found.join(" and ")) }
}

/// Why a test was left out: what is behind it, and the reason.
pub fn left_out(test: &TestReport) -> String {
    test.left_out.as_ref().map_or_else(|| reason(test).to_owned(), |cause| format!("{}: {}", cause.words(), reason(test)))
}

/// Why a test was skipped, left out, errored or stopped, in a file that says no more of it: with what is behind it, and that it had to run.
pub fn whole_reason(test: &TestReport) -> String {
    let reason = if test.verdict == Verdict::LeftOut { format!("left out, {}", left_out(test)) } else { reason(test).to_owned() };
    if test.is_missing() { format!("a required test did not run: {reason}") } else { reason }
}

/// Why a test was skipped, left out, errored or stopped.
pub fn reason(test: &TestReport) -> &str {
    test.reason.as_deref().unwrap_or("no reason was given")
}

/// The tests of a verdict by their reason, in the order of the plan; of those that failed, the ones that have one.
pub fn by_reason(report: &RunReport, verdict: Verdict) -> Vec<(&str, Vec<&TestReport>)> {
    let mut reasons: Vec<(&str, Vec<&TestReport>)> = Vec::new();
    for test in report.tests.iter().filter(|test| test.verdict == verdict) {
        // A test may fail by its rules alone.
        if test.reason.is_none() && verdict == Verdict::Failed {
            continue;
        }
        let reason = reason(test);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, tests)) => tests.push(test),
            None => reasons.push((reason, vec![test])),
        }
    }
    reasons
}

/// Every broken rule once for each level it is judged at, the worst first, by [`harm::order`] and as it was found first, with the tests it is broken in.
pub fn broken_in(report: &RunReport) -> Vec<(&Finding, Vec<&TestReport>)> {
    let mut rules = grouped(report, Finding::is_broken, |finding, other| (&finding.rule, finding.level) == (&other.rule, other.level));
    rules.sort_by_key(|(finding, _)| harm::order(finding));
    rules
}

/// Every known failure once for each reason it has, the worst first, with the tests it happens in.
pub fn known_in(report: &RunReport) -> Vec<(&Finding, Vec<&TestReport>)> {
    let mut rules = grouped(report, Finding::is_known, |finding, other| {
        (&finding.rule, finding.level, &finding.known) == (&other.rule, other.level, &other.known)
    });
    rules.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.level));
    rules
}

/// The findings of a kind, those that are the same together, with the tests they are in.
fn grouped(report: &RunReport, kind: fn(&Finding) -> bool, same: fn(&Finding, &Finding) -> bool) -> Vec<(&Finding, Vec<&TestReport>)> {
    let mut rules: Vec<(&Finding, Vec<&TestReport>)> = Vec::new();
    for test in &report.tests {
        // The worst first: what is broken at several levels is shown at the highest.
        let mut findings: Vec<_> = test.findings.iter().map(AsRef::as_ref).filter(|finding| kind(finding)).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        for finding in findings {
            match rules.iter_mut().find(|(known, _)| same(known, finding)) {
                Some((_, tests)) if tests.last().is_some_and(|last| last.id == test.id) => {}
                Some((_, tests)) => tests.push(test),
                None => rules.push((finding, vec![test])),
            }
        }
    }
    rules
}

/// How many different things that were seen of one broken rule are shown, beside the first.
const MOST_OTHERS: usize = 4;

/// What was seen of a broken rule elsewhere than in the finding that stands for it, as far as it differs, and how much more there is. It is counted as
/// broken or as known, as the finding is.
pub fn other_actuals<'a>(finding: &Finding, tests: &[&'a TestReport]) -> (Vec<&'a str>, usize) {
    let is_same = |other: &&Arc<Finding>| {
        (&other.rule, other.level, &other.known, other.outcome) == (&finding.rule, finding.level, &finding.known, finding.outcome)
    };
    let mut others: Vec<&str> = Vec::new();
    for other in tests.iter().flat_map(|test| &test.findings).filter(is_same) {
        if other.actual != finding.actual && !others.contains(&other.actual.as_str()) {
            others.push(&other.actual);
        }
    }
    let more = others.len().saturating_sub(MOST_OTHERS);
    others.truncate(MOST_OTHERS);
    (others, more)
}

/// The tests that broke off because of known failures, with what they lacked.
pub fn broken_off(report: &RunReport) -> Vec<(&TestReport, &str)> {
    let ran = report.tests.iter().filter(|test| !matches!(test.verdict, Verdict::Skipped | Verdict::LeftOut | Verdict::Failed | Verdict::Errored));
    ran.filter_map(|test| Some((test, test.reason.as_deref()?))).collect()
}

/// The known failures whose entries need a change: the advice for each, with the entry.
pub fn out_of_date(report: &RunReport) -> Vec<(&KnownEntry, String)> {
    let entries = report.known.iter().flat_map(|known| &known.entries);
    entries.filter_map(|entry| Some((entry, entry.advice()?))).collect()
}

/// An exchange of a test by its number.
pub fn exchange(test: &TestReport, number: usize) -> Option<&Exchange> {
    test.steps.iter().flat_map(|step| &step.entries).find_map(|entry| match entry {
        Entry::Exchange(exchange) if exchange.number == number => Some(exchange),
        _ => None,
    })
}

/// The file of known failures of a run; empty if it was given none.
pub fn known_file(report: &RunReport) -> &str {
    report.known.as_ref().map_or("", |known| &known.file)
}

/// `, 3 rules not run`, or nothing.
pub fn not_run(counts: Counts) -> String {
    if counts.not_run == 0 { String::new() } else { format!(", {} not run", count(counts.not_run, "rule")) }
}

/// A duration given in milliseconds: `840 ms`, `1.2 s`, `2 min 5 s`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1000;
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{seconds}.{} s", ms % 1000 / 100),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// A moment given as RFC 3339: `Thu 21 Nov 2024 17:48:44 UTC`. What is not RFC 3339 stays as it is.
pub fn moment(rfc3339: &str) -> String {
    match rfc3339.parse::<jiff::Timestamp>() {
        Ok(moment) => moment.strftime("%a %d %b %Y %H:%M:%S UTC").to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

/// When something was, and how long it took.
pub fn moment_and_duration(rfc3339: &str, ms: u64) -> String {
    format!("{}, in {}", moment(rfc3339), duration(ms))
}

/// The broken rules among findings, without those that are known: MUST before SHOULD before MAY, else in order.
pub fn broken(findings: &[Arc<Finding>]) -> Vec<&Finding> {
    let mut broken: Vec<_> = findings.iter().map(AsRef::as_ref).filter(|f| f.is_broken()).collect();
    broken.sort_by_key(|f| std::cmp::Reverse(f.level));
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_the_right_number() {
        let counts = Counts { passed: 42, failures: 0, warnings: 1, suggestions: 2, ..Counts::default() };
        assert_eq!(triad(counts), "42 passed with 0 failures, 1 warning and 2 suggestions");
    }

    #[test]
    fn nothing_is_said_of_0_tests() {
        let sample = crate::report::json::sample();
        let says = |verdicts: &[(Verdict, Counts)]| {
            let of = |(verdict, counts): &(Verdict, Counts)| TestReport { verdict: *verdict, counts: *counts, ..TestReport::default() };
            let counts = verdicts.iter().fold(Counts::default(), |sum, (_, counts)| sum.plus(*counts));
            run_headline(&RunReport { tests: verdicts.iter().map(of).collect(), counts, ..sample.clone() }).says
        };
        let none = Counts::default();
        let left_out = (Verdict::LeftOut, none.of_left_out());
        let passed = (Verdict::Passed, Counts { passed: 9, ..none });
        let errored = (Verdict::Errored, Counts { passed: 3, errors: 1, ..none });
        assert_eq!(says(&[passed, left_out, left_out]), "CONFORMANT: no rule broken in 1 test; 2 tests left out");
        assert_eq!(says(&[left_out, (Verdict::Skipped, none)]), "NOTHING TESTED: 1 test left out; 1 test skipped");
        assert_eq!(says(&[errored, left_out]), "NOT FULLY TESTED: 1 test could not be tested; 1 test left out");
        assert_eq!(says(&[passed, errored]), "NOT FULLY TESTED: no rule broken in 1 test; 1 test could not be tested");
        let warned = Counts { warnings: 1, ..none }.of_left_out();
        assert_eq!(says(&[(Verdict::LeftOut, warned)]), "NOTHING TESTED: 1 test left out");
        let test = TestReport { verdict: Verdict::LeftOut, counts: Counts { suggestions: 2, ..warned }, ..TestReport::default() };
        assert_eq!(headline(&test).to_string(), "⬜ left out, with 1 warning and 2 suggestions on the way");
    }

    #[test]
    fn a_run_is_summed_up_by_its_rules() {
        let sample = crate::report::json::sample();
        let first = sample.tests.iter().flat_map(|test| &test.findings).next().unwrap();
        let finding = |rule: &str, level, outcome| Finding { rule: rule.to_owned(), level, outcome, known: None, ..(**first).clone() };
        let (failed, passed) = (FindingOutcome::Failed, FindingOutcome::Passed);
        let test =
            |verdict, findings: Vec<Finding>| TestReport { verdict, findings: findings.into_iter().map(Arc::new).collect(), ..TestReport::default() };
        let says = |tests: Vec<TestReport>| {
            let tool = crate::result::model::Tool { rules: Some(500), ..sample.tool.clone() };
            run_headline(&RunReport { tool, tests, ..sample.clone() }).says
        };
        let one = test(
            Verdict::Failed,
            vec![finding("a/a", Level::Must, failed), finding("a/b", Level::Should, failed), finding("a/c", Level::May, passed)],
        );
        let other = test(Verdict::Failed, vec![finding("a/a", Level::Must, failed), finding("a/d", Level::Must, failed)]);
        let green = test(Verdict::Passed, vec![finding("a/a", Level::Must, passed)]);
        assert_eq!(
            says(vec![one.clone(), other, green.clone(), test(Verdict::Skipped, vec![])]),
            "NOT CONFORMANT: 2 MUST rules and 1 SHOULD rule broken, in 2 of 4 tests; 4 of 500 rules checked; 1 test skipped"
        );
        assert_eq!(says(vec![green.clone()]), "CONFORMANT: no rule broken in 1 test; 1 of 500 rules checked");
        let warned = test(Verdict::Warned, vec![finding("a/b", Level::Should, failed)]);
        assert_eq!(says(vec![warned, green]), "CONFORMANT: 1 SHOULD rule broken, in 1 of 2 tests; 2 of 500 rules checked");
        let stopped = TestReport { reason: Some("no token endpoint".to_owned()), ..test(Verdict::Failed, vec![]) };
        assert_eq!(says(vec![stopped]), "NOT CONFORMANT: no rule broken in 1 test; 1 test could not be finished");
    }

    #[test]
    fn says_durations_in_fitting_units() {
        let said: Vec<_> = [0, 999, 1000, 1290, 59_999, 60_000, 125_400, u64::MAX].map(duration).into();
        assert_eq!(said[..7], ["0 ms", "999 ms", "1.0 s", "1.2 s", "59.9 s", "1 min 0 s", "2 min 5 s"]);
    }

    #[test]
    fn a_rule_is_listed_at_each_level_it_was_judged_at() {
        let mut report = crate::report::json::sample();
        let finding = (*report.tests[0].findings[0]).clone();
        let blank = TestReport { findings: Vec::new(), ..report.tests[0].clone() };
        let broken = |id: &str, level| TestReport {
            id: id.to_owned(),
            findings: vec![Arc::new(Finding {
                rule: "login/password-not-resent".to_owned(),
                outcome: FindingOutcome::Failed,
                level,
                known: None,
                ..finding.clone()
            })],
            ..blank.clone()
        };
        report.tests = vec![broken("a/warned", Level::Should), broken("b/failed", Level::Must), broken("c/warned", Level::Should)];
        let listed: Vec<_> = broken_in(&report)
            .into_iter()
            .map(|(finding, tests)| (finding.level, tests.iter().map(|test| test.id.as_str()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(listed, [(Level::Must, vec!["b/failed"]), (Level::Should, vec!["a/warned", "c/warned"])]);
    }

    #[test]
    fn each_different_thing_that_was_seen_of_a_rule_is_shown_and_what_is_too_much_is_counted() {
        let mut report = crate::report::json::sample();
        let seed = (*report.tests[0].findings[0]).clone();
        let broken = |actual: &str| Finding {
            rule: "token/no-store".to_owned(),
            outcome: FindingOutcome::Failed,
            level: Level::Must,
            known: None,
            expected: "no-store".to_owned(),
            actual: actual.to_owned(),
            ..seed.clone()
        };
        let with = |id: &str, actuals: &[&str], test: &TestReport| TestReport {
            id: id.to_owned(),
            findings: actuals.iter().map(|actual| Arc::new(broken(actual))).collect(),
            ..test.clone()
        };
        let blank = report.tests[0].clone();
        report.tests = vec![with("a/one", &["first", "second"], &blank), with("b/two", &["first", "third"], &blank)];
        let (finding, tests) = &broken_in(&report)[0];
        assert_eq!(other_actuals(finding, tests), (vec!["second", "third"], 0));
        let everywhere = [
            crate::report::markdown::render_summary_alone(&report),
            crate::report::html::render(&report, std::path::Path::new("reports")),
            crate::report::github::commands(&report),
        ];
        for text in everywhere {
            assert!(["first", "second", "third"].iter().all(|actual| text.contains(actual)), "{text}");
        }
        report.tests.push(with("c/more", &["4th", "5th", "6th", "7th"], &blank));
        let (finding, tests) = &broken_in(&report)[0];
        assert_eq!(other_actuals(finding, tests), (vec!["second", "third", "4th", "5th"], 2));
    }

    #[test]
    fn what_could_not_be_tested_is_listed_by_its_cause() {
        let mut report = crate::report::json::sample();
        for test in &mut report.tests {
            (test.verdict, test.reason) = (Verdict::Errored, Some("the issuer answered 503".to_owned()));
        }
        let said = crate::report::markdown::render_summary_alone(&report);
        assert_eq!(said.matches("the issuer answered 503").count(), 1, "{said}");
        assert!(report.tests.iter().all(|test| said.contains(&test.id)), "{said}");
    }

    #[test]
    fn leaves_a_moment_it_cannot_read() {
        assert_eq!(moment("2024-11-21T18:48:44+01:00"), "Thu 21 Nov 2024 17:48:44 UTC");
        assert_eq!(moment("yesterday"), "yesterday");
    }
}
