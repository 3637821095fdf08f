//! What `results.json` holds once: what the findings of a rule say, what was judged alike in several places, and bodies that more than one answer has.
//!
//! A run judges each rule hundreds of times, and most of the times it holds. Such a finding is nothing but the rule's id and what was seen; all others are
//! written whole.

use std::collections::{BTreeMap, HashMap, hash_map};
use std::hash::Hash;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::result::kept::{Kept, answers_of};
use crate::result::model::{Entry, ExchangeResponse, Finding, FindingOutcome, Judged, RunReport, Shared, SharedRule, TestReport};
use crate::rule::Level;
use crate::text::visible;

/// What is shorter is in each place, in bytes.
const LEAST: usize = 200;

/// What findings of a rule are held against: the first of each rule, with its place in the order of the rules.
#[derive(Debug, Default)]
pub struct FirstFindings<'a>(HashMap<&'a str, (usize, &'a Finding)>);

impl<'a> FirstFindings<'a> {
    /// Those of a run.
    pub fn of(report: &'a RunReport) -> Self {
        let mut first = HashMap::new();
        for finding in report.tests.iter().flat_map(|test| &test.findings).map(AsRef::as_ref) {
            let next = first.len();
            first.entry(finding.rule.as_str()).or_insert((next, finding));
        }
        Self(first)
    }

    /// The first findings in order.
    pub fn in_order(&self) -> Vec<&'a Finding> {
        let mut all: Vec<_> = self.0.values().copied().collect();
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, finding)| finding).collect()
    }

    /// True if there is no more to say of a finding than its rule's first one says, whether it holds, and what was seen.
    pub fn say_all_of(&self, finding: &Finding) -> bool {
        let is_plain = matches!(finding.outcome, FindingOutcome::Passed | FindingOutcome::NotApplicable)
            && finding.expected.is_empty()
            && finding.why.is_empty()
            && finding.fix.is_empty()
            && finding.level_note.is_none()
            && finding.known.is_none();
        is_plain && self.0.get(finding.rule.as_str()).is_some_and(|(_, first)| said(first) == said(finding))
    }

    fn at(&self, rule: &str) -> usize {
        self.0.get(rule).map_or(usize::MAX, |(at, _)| *at)
    }
}

/// What a rule says of itself in a finding.
fn said(of: &Finding) -> (bool, Level, &str, &str, &str) {
    (of.own, of.level, &of.says, &of.spec, &of.url)
}

/// A report in the form of its file. Each test is brought into that form when it is written, and not before.
pub fn folded(report: &RunReport) -> RunReport<Folded<'_>> {
    let first = FirstFindings::of(report);
    let rules = first.in_order().into_iter().map(|finding| SharedRule {
        rule: finding.rule.clone(),
        own: finding.own,
        level: finding.level,
        says: finding.says.clone(),
        spec: finding.spec.clone(),
        url: finding.url.clone(),
    });
    let rules = rules.collect();
    let bodies = Repeated::of(report.tests.iter().flat_map(answers).map(|answer| &answer.body).filter(|body| body.len() >= LEAST));
    let groups = || report.tests.iter().flat_map(|test| fold_findings(&test.findings, &first).0);
    let passed = Repeated::of(groups().map(|group| group.passed).filter(|passed| is_long(passed.iter().map(|(rule, seen)| rule.len() + seen.len()))));
    let idle = groups().map(|group| group.not_applicable);
    let idle = Repeated::of(idle.filter(|idle| is_long(idle.iter().map(|(why, rules)| why.len() + rules.iter().map(String::len).sum::<usize>()))));
    let shared = Shared {
        rules,
        bodies: bodies.in_order().into_iter().map(|body| Arc::clone(body)).collect(),
        passed: passed.in_order().into_iter().cloned().collect(),
        not_applicable: idle.in_order().into_iter().cloned().collect(),
    };
    RunReport { shared: Some(shared), ..report.with_tests(Folded { tests: &report.tests, first, bodies, passed, idle }) }
}

/// True for what is worth a place of its own.
fn is_long(lengths: impl Iterator<Item = usize>) -> bool {
    lengths.sum::<usize>() >= LEAST
}

/// What there is more than once, each with its place, and what there is once without any.
struct Repeated<T>(HashMap<T, Option<usize>>);

impl<T: Eq + Hash> Repeated<T> {
    fn of(all: impl Iterator<Item = T>) -> Self {
        let (mut places, mut next) = (HashMap::new(), 0);
        for one in all {
            match places.entry(one) {
                hash_map::Entry::Vacant(new) => drop(new.insert(None)),
                hash_map::Entry::Occupied(mut known) if known.get().is_none() => {
                    known.insert(Some(next));
                    next += 1;
                }
                hash_map::Entry::Occupied(_) => {}
            }
        }
        Self(places)
    }

    fn place(&self, one: &T) -> Option<usize> {
        self.0.get(one).copied().flatten()
    }

    /// Those that have a place.
    fn in_order(&self) -> Vec<&T> {
        let mut all: Vec<_> = self.0.iter().filter_map(|(one, place)| Some(((*place)?, one))).collect();
        all.sort_unstable_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, one)| one).collect()
    }
}

/// The tests of a report in the form of its file.
pub struct Folded<'a> {
    tests: &'a [TestReport],
    first: FirstFindings<'a>,
    bodies: Repeated<&'a Arc<str>>,
    passed: Repeated<BTreeMap<String, String>>,
    idle: Repeated<BTreeMap<String, Vec<String>>>,
}

impl Folded<'_> {
    fn test(&self, test: &TestReport) -> TestReport {
        let mut test = test.clone();
        (test.judged, test.findings) = fold_findings(&test.findings, &self.first);
        for group in &mut test.judged {
            group.shared_passed = self.passed.place(&group.passed);
            group.shared_not_applicable = self.idle.place(&group.not_applicable);
            if group.shared_passed.is_some() {
                group.passed = BTreeMap::new();
            }
            if group.shared_not_applicable.is_some() {
                group.not_applicable = BTreeMap::new();
            }
        }
        for answer in answers_of(&mut test) {
            if let Some(place) = self.bodies.place(&&answer.body) {
                (answer.body, answer.shared_body) = (Arc::default(), Some(place));
            }
        }
        test
    }
}

impl Serialize for Folded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.tests.iter().map(|test| self.test(test)))
    }
}

/// The findings of a test that are said by those of their rules in groups of one place and of the rules' order, and the others.
fn fold_findings(findings: &[Arc<Finding>], first: &FirstFindings) -> (Vec<Judged>, Vec<Arc<Finding>>) {
    let (mut judged, mut others): (Vec<Judged>, Vec<Arc<Finding>>) = (Vec::new(), Vec::new());
    let mut last: Option<usize> = None;
    for finding in findings {
        let at = first.at(&finding.rule);
        let place = (finding.step, finding.sentence, finding.exchange);
        let goes_on = |group: &Judged| (group.step, group.sentence, group.exchange) == place && last.is_some_and(|last| last < at);
        if !judged.last().is_some_and(goes_on) {
            judged.push(Judged { step: finding.step, sentence: finding.sentence, exchange: finding.exchange, ..Judged::default() });
        }
        let Some(group) = judged.last_mut() else { continue };
        last = Some(at);
        if !first.say_all_of(finding) {
            group.others.push(finding.rule.clone());
            others.push(Arc::clone(finding));
        } else if finding.outcome == FindingOutcome::Passed {
            group.passed.insert(finding.rule.clone(), finding.actual.clone());
        } else {
            group.not_applicable.entry(finding.actual.clone()).or_default().push(finding.rule.clone());
        }
    }
    (judged, others)
}

/// A report as it was before it was brought into the form of its file. No more than `most` bytes are made of what is in it once, and what its tests have in
/// common is kept once ([`Kept`]).
///
/// # Errors
/// What is wrong in it, in words.
pub(super) fn unfolded(mut report: RunReport, most: &mut u64) -> Result<RunReport, String> {
    let mut kept = Kept::default();
    let Some(shared) = report.shared.take() else {
        let is_whole = |test: &TestReport| test.judged.is_empty() && answers(test).all(|answer| answer.shared_body.is_none());
        if !report.tests.iter().all(is_whole) {
            return Err("the member `shared` is missing".to_owned());
        }
        report.tests.iter_mut().for_each(|test| kept.share(test));
        return Ok(report);
    };
    let rules: HashMap<&str, (usize, &SharedRule)> = shared.rules.iter().enumerate().map(|(at, rule)| (rule.rule.as_str(), (at, rule))).collect();
    let mut room = Room(*most);
    for test in &mut report.tests {
        unfold_findings(test, &shared, &rules, &mut room)?;
        for answer in answers_of(test) {
            let Some(place) = answer.shared_body.take() else { continue };
            let body = shared.bodies.get(place).ok_or_else(|| format!("there is no body {place} in `shared`"))?;
            room.take(body.len())?;
            answer.body.clone_from(body);
        }
        kept.share(test);
    }
    *most = room.0;
    Ok(report)
}

/// How many bytes there is room for.
struct Room(u64);

impl Room {
    fn take(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.0.checked_sub(bytes as u64);
        self.0 = left.ok_or("with what it holds once in each place it would be larger than there is room for")?;
        Ok(())
    }
}

fn unfold_findings(test: &mut TestReport, shared: &Shared, rules: &HashMap<&str, (usize, &SharedRule)>, room: &mut Room) -> Result<(), String> {
    let shown = |id: &str| visible::short(id, 100);
    let mut whole = std::mem::take(&mut test.findings).into_iter();
    let mut findings = Vec::new();
    for Judged { step, sentence, exchange, passed, shared_passed, not_applicable, shared_not_applicable, others } in std::mem::take(&mut test.judged)
    {
        let passed =
            shared_passed.map_or(Ok(&passed), |place| shared.passed.get(place).ok_or_else(|| format!("there is no {place} in `shared.passed`")))?;
        let idle = shared_not_applicable.map_or(Ok(&not_applicable), |place| {
            shared.not_applicable.get(place).ok_or_else(|| format!("there is no {place} in `shared.not_applicable`"))
        })?;
        let passed = passed.iter().map(|(rule, actual)| (rule, FindingOutcome::Passed, actual));
        let idle = idle.iter().flat_map(|(why, rules)| rules.iter().map(move |rule| (rule, FindingOutcome::NotApplicable, why)));
        let mut group: Vec<(usize, Arc<Finding>)> = Vec::new();
        for (id, outcome, actual) in passed.chain(idle) {
            let (at, rule) = rules.get(id.as_str()).ok_or_else(|| format!("{}: the rule {} is not in `shared`", shown(&test.id), shown(id)))?;
            let finding = plain(rule, outcome, actual.clone(), (step, sentence, exchange));
            room.take(finding.rule.len() + finding.says.len() + finding.spec.len() + finding.url.len() + finding.actual.len())?;
            group.push((*at, Arc::new(finding)));
        }
        for id in others {
            let next = whole.next().filter(|finding| finding.rule == id);
            let next = next.ok_or_else(|| format!("{}: a finding of the rule {} is not where it should be", shown(&test.id), shown(&id)))?;
            group.push((rules.get(id.as_str()).map_or(usize::MAX, |(at, _)| *at), next));
        }
        group.sort_by_key(|(at, _)| *at);
        findings.extend(group.into_iter().map(|(_, finding)| finding));
    }
    findings.extend(whole);
    test.findings = findings;
    Ok(())
}

fn plain(rule: &SharedRule, outcome: FindingOutcome, actual: String, (step, sentence, exchange): (usize, usize, Option<usize>)) -> Finding {
    Finding {
        own: rule.own,
        says: rule.says.clone(),
        spec: rule.spec.clone(),
        url: rule.url.clone(),
        actual,
        step,
        sentence,
        exchange,
        ..Finding::new(&rule.rule, rule.level, outcome)
    }
}

/// The answers that a test got, in order.
pub fn answers(test: &TestReport) -> impl Iterator<Item = &ExchangeResponse> {
    test.steps.iter().flat_map(|step| &step.entries).filter_map(|entry| match entry {
        Entry::Exchange(exchange) => exchange.response.as_ref().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::json;
    use crate::result::model::SCHEMA;

    fn sample() -> RunReport {
        // Files of the version before hold nothing once.
        let report = crate::report::json::sample();
        RunReport { older: false, schema: SCHEMA.to_owned(), ..report }
    }

    /// A report with everything that makes a difference: rules judged again in one place, rules of two levels, two answers with one body, two tests that
    /// saw the same.
    fn various() -> RunReport {
        let mut report = sample();
        for finding in report.tests[0].findings.iter_mut().map(Arc::make_mut) {
            finding.actual.push_str(&" and more".repeat(30));
        }
        let mut same = report.tests[0].clone();
        same.id.push_str("-same");
        report.tests.push(same);
        let mut again = report.tests[0].clone();
        again.id.push_str("-again");
        let mut twice = again.findings.clone();
        twice.iter_mut().rev().step_by(3).for_each(|finding| Arc::make_mut(finding).level = crate::rule::Level::May);
        again.findings.extend(twice);
        again.findings.swap(0, 2);
        report.tests.push(again);
        for answer in report.tests.iter_mut().flat_map(answers_of).step_by(2) {
            answer.body = "{\"a\": 1}".repeat(30).into();
        }
        report
    }

    /// A report as it is in its file.
    fn filed(report: &RunReport) -> RunReport {
        serde_json::from_str(&json::text(report).unwrap()).unwrap()
    }

    #[test]
    fn what_is_folded_is_the_same_when_it_is_unfolded() {
        for report in [sample(), various()] {
            let file = filed(&report);
            assert!(file.tests.iter().any(|test| !test.judged.is_empty()));
            let whole = unfolded(file, &mut u64::MAX.clone()).unwrap();
            assert!(whole.tests == report.tests && whole == report);
        }
        let file = filed(&various());
        assert!(file.tests.iter().flat_map(answers).filter(|answer| answer.shared_body == Some(0)).count() > 1);
        let judged = |of: &dyn Fn(&Judged) -> bool| file.tests.iter().flat_map(|test| &test.judged).filter(|group| of(group)).count();
        assert!(judged(&|group| group.shared_passed == Some(0)) > 1 && judged(&|group| group.shared_not_applicable == Some(0)) > 1);
    }

    #[test]
    fn what_is_broken_is_written_whole() {
        let (report, file) = (various(), filed(&various()));
        let broken = |report: &RunReport| -> Vec<Arc<Finding>> {
            let findings = report.tests.iter().flat_map(|test| test.findings.clone());
            findings.filter(|finding| !matches!(finding.outcome, FindingOutcome::Passed | FindingOutcome::NotApplicable)).collect()
        };
        assert!(!broken(&report).is_empty());
        assert_eq!(broken(&report), broken(&file));
    }

    #[test]
    fn what_points_nowhere_is_refused() {
        let spoilt = |spoil: &dyn Fn(&mut RunReport)| {
            let mut file = filed(&various());
            spoil(&mut file);
            unfolded(file, &mut u64::MAX.clone()).unwrap_err()
        };
        assert_eq!(spoilt(&|file| file.shared = None), "the member `shared` is missing");
        assert!(spoilt(&|file| file.shared.as_mut().unwrap().rules.clear()).ends_with(" is not in `shared`"));
        assert_eq!(spoilt(&|file| file.shared.as_mut().unwrap().bodies.clear()), "there is no body 0 in `shared`");
        assert_eq!(spoilt(&|file| file.shared.as_mut().unwrap().passed.clear()), "there is no 0 in `shared.passed`");
        assert_eq!(spoilt(&|file| file.shared.as_mut().unwrap().not_applicable.clear()), "there is no 0 in `shared.not_applicable`");
        let says = spoilt(&|file| file.tests.iter_mut().for_each(|test| test.findings.clear()));
        assert!(says.ends_with(" is not where it should be"), "{says}");
    }

    #[test]
    fn no_more_is_made_of_a_file_than_there_is_room_for() {
        let mut file = filed(&various());
        file.shared.as_mut().unwrap().bodies[0] = "x".repeat(100_000).into();
        let says = unfolded(file, &mut 150_000).unwrap_err();
        assert!(says.contains("larger than there is room for"), "{says}");
    }
}
