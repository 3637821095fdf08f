//! Findings, and the sentences of a step with the marks they roll up to.

use serde::Serialize;

use super::place::{self, Places};
use super::{Headline, TestLink};
use crate::report::cause::Root;
use crate::report::json::shared::FirstFindings;
use crate::report::mark::Mark;
use crate::report::news::News;
use crate::report::{harm, words};
use crate::result::model::{Finding, FindingOutcome, RunReport, StepEnd, StepReport, TestReport};
use crate::rule::{Level, spec as specification};
use crate::text::count;

/// A finding.
#[derive(Debug, Serialize)]
pub struct FindingView<'a> {
    /// What it is a view of.
    #[serde(skip)]
    finding: &'a Finding,
    mark: Mark,
    rule: &'a str,
    /// True if it is a rule of the user's own.
    own: bool,
    says: &'a str,
    /// The specification's paragraph, which may be empty, and its address.
    spec: &'a str,
    url: &'a str,
    /// The paragraph in words: `OpenID Connect Core 1.0, section 3.1.3.7`.
    spec_words: String,
    /// Its address on the page ([`place`]); empty where only Markdown shows it.
    anchor: String,
    failed: bool,
    expected: &'a str,
    actual: &'a str,
    /// In the summary: what else was seen of the rule, and how much more there is.
    others: Vec<&'a str>,
    more: usize,
    /// Why a broken rule matters, and how to mend it; empty where that is not known.
    why: &'a str,
    fix: &'a str,
    /// Why it has this level, if that depends on the profile.
    level_note: Option<&'a str>,
    /// What is said beside it if it is newly broken: `new`.
    new: Option<String>,
    /// Why it is accepted, if it is a known failure.
    known: Option<&'a str>,
    /// Why it was not judged.
    because: Option<&'a str>,
    /// In the report of a test: the exchange it failed on.
    place: Option<PlaceView>,
    /// In the summary: the tests it is broken in, and how many they are, in words, where they are too many for a line.
    tests: Vec<TestLink<'a>>,
    many: Option<String>,
    /// In the summary, of a rule about pages: their addresses, and how many more there are.
    pages: Vec<String>,
    more_pages: usize,
    /// In the summary: the broken rules that follow from it.
    follow: Vec<FindingView<'a>>,
    /// What stands for these while they are folded.
    follows: String,
}

/// More tests than this are folded in the summary.
const MOST_TESTS: usize = 3;

/// An exchange as it is linked to.
#[derive(Debug, Serialize)]
struct PlaceView {
    number: usize,
    title: String,
}

impl<'a> FindingView<'a> {
    fn of(finding: &'a Finding) -> Self {
        let unjudged = matches!(finding.outcome, FindingOutcome::NotApplicable | FindingOutcome::NotRun);
        Self {
            finding,
            mark: Mark::of_finding(finding),
            rule: &finding.rule,
            own: finding.own,
            says: &finding.says,
            spec: &finding.spec,
            url: &finding.url,
            spec_words: specification::resolve(&finding.spec).map_or_else(|| finding.spec.clone(), |reference| reference.title),
            anchor: String::new(),
            failed: finding.outcome == FindingOutcome::Failed,
            expected: &finding.expected,
            actual: &finding.actual,
            others: Vec::new(),
            more: 0,
            why: &finding.why,
            fix: &finding.fix,
            level_note: finding.level_note.as_deref(),
            new: None,
            known: finding.known.as_deref(),
            because: (unjudged && !finding.actual.is_empty()).then_some(&finding.actual),
            place: None,
            tests: Vec::new(),
            many: None,
            pages: Vec::new(),
            more_pages: 0,
            follow: Vec::new(),
            follows: String::new(),
        }
    }

    /// A finding in the report of its test.
    pub fn within(places: &Places<'_>, finding: &'a Finding, news: &News) -> Self {
        let test = places.test;
        let of = Self::of(finding);
        let new = (of.failed && news.is_new(&finding.rule, test)).then(|| "new".to_owned());
        let exchange = finding.exchange.filter(|_| of.failed).and_then(|number| words::exchange(test, number));
        let place = exchange.map(|exchange| PlaceView { number: exchange.number, title: request_title(&exchange.title) });
        Self { place, new, anchor: places.finding(finding), ..of }
    }

    /// A finding in the summary, with the tests it is in.
    pub fn across((finding, tests): (&'a Finding, Vec<&'a TestReport>), news: &News) -> Self {
        let (others, more) = words::other_actuals(finding, &tests);
        let many = (tests.len() > MOST_TESTS).then(|| count(tests.len(), "test"));
        let new = news.words(&finding.rule, &tests);
        let link =
            |test: &'a TestReport| TestLink { anchor: place::first_like(test, finding), new: news.is_new(&finding.rule, test), ..TestLink::of(test) };
        Self {
            others,
            more,
            many,
            new,
            tests: tests.into_iter().map(link).collect(),
            anchor: place::broken(finding.level, &finding.rule),
            ..Self::of(finding)
        }
    }

    /// The same with another address.
    pub fn at(self, anchor: String) -> Self {
        Self { anchor, ..self }
    }

    /// A broken rule in the summary with those that follow from it.
    pub fn root(report: &RunReport, root: Root<'a>, news: &News) -> Self {
        let is_about_pages = ["page/", "login/"].iter().any(|family| root.broken.0.rule.starts_with(family));
        let (pages, more_pages) = if is_about_pages { place::pages(report, root.broken.0) } else { Default::default() };
        let follow: Vec<Self> = root.follow.into_iter().map(|broken| Self::across(broken, news)).collect();
        let follows = match follow.len() {
            1 => "1 more broken rule follows from this one and is mended with it".to_owned(),
            n => format!("{n} more broken rules follow from this one and are mended with it"),
        };
        Self { pages, more_pages, follow, follows, ..Self::across(root.broken, news) }
    }
}

/// What an exchange is called in headings and links. A name, whose words have capitals, is that of a kind of request; what is described in a sentence
/// stands by itself.
pub fn request_title(title: &str) -> String {
    let name = title.split('(').next().unwrap_or(title);
    let is_described = name.split_whitespace().any(|word| word.starts_with(char::is_lowercase));
    if is_described || title.to_lowercase().contains("request") { title.to_owned() } else { format!("{title} Request") }
}

/// A sentence of a step's specs and the rules judged under it.
#[derive(Debug, Serialize)]
pub struct SpecView<'a> {
    mark: Mark,
    sentence: &'a str,
    rules: Vec<FindingView<'a>>,
    /// How many rules did not apply, in words, if any did not.
    folded: Option<Headline>,
    not_applicable: Vec<FindingView<'a>>,
    /// Those that are named by the ids of their rules alone.
    named: Vec<NamedView<'a>>,
    /// True unless all that there is to say of it is broken rules.
    rest: bool,
}

/// Rules that came out alike, of which all else is said elsewhere on the page.
#[derive(Debug, Serialize)]
struct NamedView<'a> {
    mark: Mark,
    groups: Vec<GroupView<'a>>,
}

/// Rules that came out alike for one reason.
#[derive(Debug, Serialize)]
struct GroupView<'a> {
    /// Why they were not judged.
    because: Option<&'a str>,
    /// Their ids, with spaces between them; where the step judges a rule again, with the number of the time behind it: `page/https/2`.
    rules: String,
}

impl SpecView<'_> {
    /// Names what came out as most do by the ids of the rules; `first` say the rest of it.
    pub fn name_rules(&mut self, first: &FirstFindings) {
        let mut named: Vec<NamedView> = Vec::new();
        let is_named = |view: &FindingView| is_name(&view.finding.rule) && first.say_all_of(view.finding);
        for of in [&mut self.rules, &mut self.not_applicable] {
            for view in of.extract_if(.., |view| is_named(view)) {
                let (mark, because) = (view.mark, view.because);
                // With the number that its address has, where the step judges the rule again.
                let rule = view.anchor.rfind(view.rule).map_or(view.rule, |at| &view.anchor[at..]);
                let at = named.iter().position(|known| known.mark == mark).unwrap_or_else(|| {
                    named.push(NamedView { mark, groups: Vec::new() });
                    named.len() - 1
                });
                let groups = &mut named[at].groups;
                match groups.iter_mut().find(|group| group.because == because) {
                    Some(group) => {
                        group.rules.push(' ');
                        group.rules.push_str(rule);
                    }
                    None => groups.push(GroupView { because, rules: rule.to_owned() }),
                }
            }
        }
        self.named = named;
    }
}

/// True for an id as rules have it: no other can stand in a list of them.
fn is_name(rule: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    rule.split_once('/').is_some_and(|(family, name)| is_word(family) && is_word(name))
}

/// What a rule says, for those of its findings that are named by its id.
#[derive(Debug, Serialize)]
pub struct RuleView<'a>(FindingView<'a>);

impl<'a> RuleView<'a> {
    /// Every rule that a finding can be named by.
    pub fn all(first: &FirstFindings<'a>) -> Vec<Self> {
        first.in_order().into_iter().filter(|finding| is_name(&finding.rule)).map(|finding| Self(FindingView::of(finding))).collect()
    }
}

/// The broken rules of a step: the worst first, those that are known behind them.
pub fn broken<'a>(findings: &[&'a Finding], places: &Places<'_>, news: &News) -> Vec<FindingView<'a>> {
    let mut broken: Vec<&Finding> = findings.iter().copied().filter(|finding| finding.outcome == FindingOutcome::Failed).collect();
    broken.sort_by_key(|finding| (finding.is_known(), harm::order(finding)));
    broken.into_iter().map(|finding| FindingView::within(places, finding, news)).collect()
}

/// What there is of a step beside its broken rules, in words, if there is anything: `41 rules passed, 3 do not apply`.
pub fn rest(specs: &[SpecView], findings: &[&Finding]) -> Option<Headline> {
    let n = |outcome| findings.iter().filter(|finding| finding.outcome == outcome).count();
    let counts = [
        (Mark::Passed, n(FindingOutcome::Passed), "passed", "passed"),
        (Mark::NotRun, n(FindingOutcome::NotRun), "could not be judged", "could not be judged"),
        (Mark::NotApplicable, n(FindingOutcome::NotApplicable), "does not apply", "do not apply"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (_, n, one, many) in counts.iter().filter(|(_, n, ..)| *n > 0) {
        let verb = if *n == 1 { one } else { many };
        parts.push(if parts.is_empty() { format!("{} {verb}", count(*n, "rule")) } else { format!("{n} {verb}") });
    }
    let mark = counts.iter().find(|(_, n, ..)| *n > 0).map_or(Mark::NotRun, |(mark, ..)| *mark);
    let says = if parts.is_empty() { "No rule was judged".to_owned() } else { parts.join(", ") };
    specs.iter().any(|spec| spec.rest).then_some(Headline { mark, says })
}

/// The specs of a step with its findings. A finding whose sentence is not among the step's is shown under one of its
/// own: none may be lost.
pub fn specs<'a>(step: &'a StepReport, findings: &[&'a Finding], places: &Places<'_>, news: &News) -> Vec<SpecView<'a>> {
    let own = |n: usize| findings.iter().copied().filter(move |finding| finding.sentence == n).collect::<Vec<_>>();
    let sentences = step.sentences.iter().enumerate();
    let mut specs: Vec<_> = sentences.map(|(n, sentence)| spec(sentence, &own(n), (&step.ended, n == 0), places, news)).collect();
    let others: Vec<_> = findings.iter().copied().filter(|finding| finding.sentence >= step.sentences.len()).collect();
    specs.extend(other_rules(&others, places, news));
    specs
}

/// Findings without a sentence of their own, under one, if there are any.
pub fn other_rules<'a>(findings: &[&'a Finding], places: &Places<'_>, news: &News) -> Option<SpecView<'a>> {
    (!findings.is_empty()).then(|| spec("other rules", findings, (&StepEnd::Done, false), places, news))
}

/// A sentence, with how its step ended and whether it is about the step itself.
fn spec<'a>(sentence: &'a str, findings: &[&'a Finding], step: (&StepEnd, bool), places: &Places<'_>, news: &News) -> SpecView<'a> {
    let (idle, rules): (Vec<_>, Vec<_>) = findings.iter().copied().partition(|finding| finding.outcome == FindingOutcome::NotApplicable);
    let folded = match idle.len() {
        0 => None,
        1 => Some("1 rule does not apply".to_owned()),
        n => Some(format!("{n} rules do not apply")),
    };
    let views = |findings: Vec<&'a Finding>| findings.into_iter().map(|finding| FindingView::within(places, finding, news)).collect();
    SpecView {
        mark: mark(findings, step.0, step.1),
        sentence,
        rules: views(rules),
        folded: folded.map(|says| Headline { mark: Mark::NotApplicable, says }),
        not_applicable: views(idle),
        named: Vec::new(),
        rest: findings.is_empty() || findings.iter().any(|finding| finding.outcome != FindingOutcome::Failed),
    }
}

/// What a sentence rolls up to: its worst finding, or what became of the step. The first sentence is the one about the step itself.
fn mark(findings: &[&Finding], ended: &StepEnd, about_the_step: bool) -> Mark {
    let broken = findings.iter().filter(|finding| finding.is_broken()).map(|finding| finding.level).max();
    let any = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
    match (broken, ended) {
        (Some(Level::Must), _) => Mark::Failure,
        (_, StepEnd::Stopped(_)) if about_the_step => Mark::Failure,
        (_, StepEnd::Errored(_)) if about_the_step => Mark::Error,
        (Some(level), _) => Mark::of_level(level),
        (None, _) if findings.iter().any(|finding| finding.is_known()) => Mark::Known,
        (None, _) if any(FindingOutcome::NotRun) => Mark::NotRun,
        (None, _) if any(FindingOutcome::Passed) => Mark::Passed,
        (None, StepEnd::Done) => Mark::NotApplicable,
        (None, StepEnd::LeftOut(_)) => Mark::LeftOut,
        (None, _) => Mark::NotRun,
    }
}

#[cfg(test)]
mod tests {
    use super::request_title;

    #[test]
    fn a_name_is_that_of_a_request_and_a_description_stands_by_itself() {
        for (title, shown) in [
            ("Discovery", "Discovery Request"),
            ("Authorization Code Flow (first attempt) - 1", "Authorization Code Flow (first attempt) - 1 Request"),
            ("Token Request", "Token Request"),
            ("Token Request with a code verifier", "Token Request with a code verifier"),
            ("UserInfo, afterwards", "UserInfo, afterwards"),
        ] {
            assert_eq!(request_title(title), shown);
        }
    }
}
