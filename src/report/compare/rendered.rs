//! A comparison as Markdown.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Comparison, Lost, Row, grouped, rules_in};
use crate::exit::Exit;
use crate::report::mark::Mark;
use crate::report::markdown;
use crate::report::view::Headline;
use crate::text::count;

impl Comparison {
    /// The comparison as Markdown.
    pub fn render(&self) -> String {
        let (mark, says) = match self.exit() {
            Exit::Conformant => (Mark::Passed, "No worse"),
            Exit::CouldNotTest => (Mark::Error, "Tests that could be tested before no longer can"),
            _ => (Mark::Failure, "Worse"),
        };
        let rules = [("Worse", &self.worse), ("Better", &self.better), ("New and broken", &self.new), ("No longer judged", &self.gone)];
        let mut sums: Vec<String> = rules.iter().map(|(what, rows)| format!("{} {}", count(rules_in(rows), "rule"), what.to_lowercase())).collect();
        let lost: BTreeSet<&str> = self.lost.iter().map(|lost| lost.test.as_str()).collect();
        if !lost.is_empty() {
            sums.push(format!("{} no longer done, in whole or in part", count(lost.len(), "test")));
        }
        if !self.reached.is_empty() {
            sums.push(format!("{} no longer left out", count(self.reached.len(), "test")));
        }
        let broken_off = self.broken_off.iter().map(|(id, verdict, reason)| (Mark::of_verdict(*verdict), id, reason)).collect();
        let left_out = ("Tests that are no longer left out", &self.reached);
        let tests = [("Tests that go to their end now", &self.completed), left_out, ("Tests only the later run has", &self.new_tests)];
        markdown::render_comparison(&View {
            headline: Headline { mark, says: says.to_owned() },
            sums: sums.join(", "),
            remarks: self.differences.iter().chain(self.limits.iter().flatten()).collect(),
            broken_off,
            lost: &self.lost,
            rules: rules.into_iter().filter(|(_, rows)| !rows.is_empty()).map(|(what, rows)| (what, groups(rows))).collect(),
            tests: tests.into_iter().filter(|(_, ids)| !ids.is_empty()).collect(),
        })
    }
}

/// A comparison as the template shows it.
#[derive(Serialize)]
struct View<'a> {
    headline: Headline,
    sums: String,
    remarks: Vec<&'a String>,
    broken_off: Vec<(Mark, &'a String, &'a String)>,
    lost: &'a [Lost],
    rules: Vec<(&'a str, Vec<Group<'a>>)>,
    tests: Vec<(&'a str, &'a Vec<String>)>,
}

/// A rule that came out alike in several tests.
#[derive(Debug, Serialize)]
struct Group<'a> {
    rule: &'a str,
    says: &'a str,
    before: Option<Headline>,
    after: Option<Headline>,
    /// What was there instead, in the first of the tests.
    actual: &'a str,
    tests: Vec<&'a str>,
}

fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    grouped(rows).into_iter().map(group).collect()
}

fn group<'a>((first, tests): (&'a Row, Vec<&'a str>)) -> Group<'a> {
    Group {
        rule: &first.rule,
        says: &first.says,
        before: first.before.map(Headline::of_state),
        after: first.after.map(Headline::of_state),
        actual: &first.actual,
        tests,
    }
}
