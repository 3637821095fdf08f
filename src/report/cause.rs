//! Which broken rules follow from another, so that a summary tells a fault once.

use std::collections::HashSet;

use crate::result::model::{Finding, RunReport, TestReport};

/// A broken rule that follows from another one, where that is certain.
struct Consequence {
    /// The ids of the rules that follow.
    effects: &'static [&'static str],
    /// The ids of the rules they follow from.
    causes: &'static [&'static str],
    /// What must be so as well.
    bond: Bond,
}

/// What makes it certain that one broken rule follows from another.
#[derive(Clone, Copy)]
enum Bond {
    /// Both were judged on the same exchange of the same test: on the same token.
    SameExchange,
    /// Both speak of the same two issuers, anywhere in the run. What the metadata say is what everything else is held to: where they are wrong, that is
    /// expected of what is right. Or both say the same wrong thing.
    SameIssuers,
}

const CONSEQUENCES: &[Consequence] = &[
    // The library refuses a token for what these rules ask of it; each has a flaw that breaks both.
    Consequence {
        effects: &["id-token/accepted-by-relying-party"],
        causes: &[
            "id-token/acr-string",
            "id-token/alg-not-none",
            "id-token/amr-strings",
            "id-token/aud-no-strangers",
            "id-token/audience",
            "id-token/claims-once",
            "id-token/claims-types",
            "id-token/crit-understood",
            "id-token/exp-future",
            "id-token/exp-present",
            "id-token/header-once",
            "id-token/iat-present",
            "id-token/issuer",
            "id-token/key-by-kid",
            "id-token/nonce",
            "id-token/signature",
            "id-token/sub-present",
            "id-token/timestamps-numeric",
            "id-token/typ-not-access-token",
        ],
        bond: Bond::SameExchange,
    },
    // Metadata with another issuer than was asked for: all that names the right one differs from them.
    Consequence {
        effects: &[
            "at/issuer",
            "authz-error/iss-correct-if-present",
            "authz/iss-correct-if-present",
            "front-channel-logout/issuer",
            "id-token/issuer",
            "introspection/issuer",
            "logout-token/issuer",
            "server-metadata/issuer-exact",
            "userinfo-signed/iss",
        ],
        causes: &["discovery/issuer-exact", "server-metadata/issuer-exact"],
        bond: Bond::SameIssuers,
    },
];

/// A broken rule with the tests it is broken in, as [`super::words::broken_in`] gives it.
type Broken<'a> = (&'a Finding, Vec<&'a TestReport>);

/// A broken rule with those that follow from it.
#[derive(Debug)]
pub struct Root<'a> {
    /// The rule, and the tests it is broken in.
    pub broken: Broken<'a>,
    /// What follows from it, each with the tests in which it does.
    pub follow: Vec<Broken<'a>>,
}

/// Puts broken rules that follow from others under these, in the order given. A rule that follows from another in some tests only stays for the others
/// in its own place.
pub fn roots<'a>(report: &'a RunReport, broken: Vec<Broken<'a>>) -> Vec<Root<'a>> {
    let causes = Causes::of(report);
    let mut roots: Vec<Root> = Vec::new();
    let mut follow: Vec<(&str, &Finding, &TestReport)> = Vec::new();
    for (finding, tests) in broken {
        let mut own = Vec::new();
        for test in tests {
            match causes.root_of(finding, test) {
                Some(cause) => follow.push((cause, finding, test)),
                None => own.push(test),
            }
        }
        if !own.is_empty() {
            roots.push(Root { broken: (finding, own), follow: Vec::new() });
        }
    }
    for (cause, finding, test) in follow {
        // The same rule may stand at two levels: what follows is told at the first.
        let Some(root) = roots.iter_mut().find(|root| root.broken.0.rule == cause) else {
            roots.push(Root { broken: (finding, vec![test]), follow: Vec::new() });
            continue;
        };
        match root.follow.iter_mut().find(|(known, _)| (&known.rule, known.level) == (&finding.rule, finding.level)) {
            Some((_, tests)) => tests.push(test),
            None => root.follow.push((finding, vec![test])),
        }
    }
    roots
}

/// The broken rules of a run that others may follow from in any test, found once for all: a run has many tests.
struct Causes<'a>(Vec<(&'a Finding, &'a TestReport)>);

impl<'a> Causes<'a> {
    /// Those of a run, each with the first test that it is in.
    fn of(report: &'a RunReport) -> Self {
        let is_cause = |rule: &str| CONSEQUENCES.iter().any(|row| matches!(row.bond, Bond::SameIssuers) && row.causes.contains(&rule));
        let mut seen = HashSet::new();
        let findings = report.tests.iter().flat_map(|test| test.findings.iter().map(move |finding| (finding.as_ref(), test)));
        let broken = findings.filter(|(finding, _)| finding.is_broken() && is_cause(&finding.rule));
        Self(broken.filter(|(finding, _)| seen.insert((&finding.rule, &finding.issuers))).collect())
    }

    /// The rule at the root of a broken one in a test, if all its findings there, at its level, follow from others.
    fn root_of(&self, finding: &Finding, test: &'a TestReport) -> Option<&'a str> {
        let same = test.findings.iter().filter(|other| other.is_broken() && (&other.rule, other.level) == (&finding.rule, finding.level));
        let mut root = None;
        for finding in same {
            let (cause, in_test) = self.cause_of(finding, test)?;
            // Of no more than two links: the tables lead from a token to an issuer, and no further.
            let of_cause =
                self.cause_of(cause, in_test).map_or(cause, |(further, in_test)| self.cause_of(further, in_test).map_or(further, |(last, _)| last));
            root.get_or_insert(of_cause.rule.as_str());
        }
        root
    }

    /// The broken rule that a finding follows from, and the test it is in.
    fn cause_of(&self, finding: &Finding, test: &'a TestReport) -> Option<(&'a Finding, &'a TestReport)> {
        let rows = CONSEQUENCES.iter().filter(|row| row.effects.contains(&finding.rule.as_str()));
        rows.flat_map(|row| row.causes.iter().map(move |cause| (row.bond, *cause))).filter(|(_, cause)| *cause != finding.rule).find_map(
            |(bond, cause)| {
                let is_cause = |other: &Finding| other.is_broken() && other.rule == cause && is_bound(bond, finding, other);
                match bond {
                    Bond::SameExchange => test.findings.iter().map(AsRef::as_ref).find(|other| is_cause(other)).map(|other| (other, test)),
                    Bond::SameIssuers => self.0.iter().copied().find(|(other, _)| is_cause(other)),
                }
            },
        )
    }
}

fn is_bound(bond: Bond, effect: &Finding, cause: &Finding) -> bool {
    match bond {
        Bond::SameExchange => effect.exchange.is_some() && effect.exchange == cause.exchange,
        Bond::SameIssuers => {
            let (Some(effect), Some(cause)) = (&effect.issuers, &cause.issuers) else { return false };
            effect.seen == cause.seen || (effect.expected == cause.seen && effect.seen == cause.expected)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::report::words;
    use crate::result::model::FindingOutcome;
    use crate::rule::judgement::IssuerPair;
    use crate::rule::{Level, catalogue};

    const ACCEPTED: &str = "id-token/accepted-by-relying-party";

    /// A broken rule with its exchange, and the issuers that were expected and seen, if it is about them.
    type Told<'a> = (&'a str, usize, Option<[&'a str; 2]>);

    fn run(tests: &[(&str, &[Told])]) -> RunReport {
        let mut report = crate::report::json::sample();
        let seed = (*report.tests[0].findings[0]).clone();
        let finding = |(rule, exchange, issuers): &Told| Finding {
            rule: (*rule).to_owned(),
            level: if *rule == ACCEPTED { Level::May } else { Level::Must },
            outcome: FindingOutcome::Failed,
            known: None,
            exchange: Some(*exchange),
            issuers: issuers.map(|[expected, seen]| IssuerPair { expected: expected.to_owned(), seen: seen.to_owned() }),
            ..seed.clone()
        };
        let test = |(id, findings): &(&str, &[Told])| TestReport {
            id: (*id).to_owned(),
            findings: findings.iter().map(finding).map(Arc::new).collect(),
            ..report.tests[0].clone()
        };
        report.tests = tests.iter().map(test).collect();
        report
    }

    /// `rule in tests <- what follows in tests`, a line for each root.
    fn told(report: &RunReport) -> Vec<String> {
        let one =
            |(finding, tests): &Broken| format!("{} in {}", finding.rule, tests.iter().map(|test| test.id.as_str()).collect::<Vec<_>>().join("+"));
        let line = |root: &Root| {
            let follow: Vec<String> = root.follow.iter().map(one).collect();
            if follow.is_empty() { one(&root.broken) } else { format!("{} <- {}", one(&root.broken), follow.join(", ")) }
        };
        roots(report, words::broken_in(report)).iter().map(line).collect()
    }

    #[test]
    fn what_the_library_refuses_follows_from_the_rule_of_the_same_token() {
        let report = run(&[
            ("a", &[("id-token/audience", 3, None), (ACCEPTED, 3, None)]),
            ("b", &[("id-token/audience", 3, None), (ACCEPTED, 4, None)]),
            ("c", &[("id-token/birthdate-format", 3, None), (ACCEPTED, 3, None)]),
            ("d", &[("id-token/audience", 3, None), (ACCEPTED, 3, None), (ACCEPTED, 4, None)]),
        ]);
        assert_eq!(
            told(&report),
            [format!("id-token/audience in a+b+d <- {ACCEPTED} in a"), "id-token/birthdate-format in c".to_owned(), format!("{ACCEPTED} in b+c+d"),]
        );
    }

    #[test]
    fn a_wrong_issuer_follows_from_the_metadata_that_say_the_same() {
        let metadata = Some(["https://a.example", "https://a.example/"]);
        let right = Some(["https://a.example/", "https://a.example"]);
        let other = Some(["https://a.example/", "https://b.example"]);
        let report = run(&[
            ("discovery", &[("discovery/issuer-exact", 0, metadata), ("server-metadata/issuer-exact", 0, metadata)]),
            ("same", &[("id-token/issuer", 1, right), (ACCEPTED, 1, None), ("at/issuer", 1, right)]),
            ("else", &[("id-token/issuer", 1, other), (ACCEPTED, 1, None)]),
        ]);
        assert_eq!(
            told(&report),
            [
                format!(
                    "discovery/issuer-exact in discovery <- server-metadata/issuer-exact in discovery, id-token/issuer in same, at/issuer in same, \
                     {ACCEPTED} in same"
                ),
                format!("id-token/issuer in else <- {ACCEPTED} in else"),
            ]
        );
        let report = run(&[("a", &[("discovery/issuer-exact", 0, None), ("at/issuer", 0, None)])]);
        assert_eq!(told(&report).len(), 2, "what is too long to be kept may differ");
    }

    #[test]
    fn what_is_known_is_no_cause() {
        let mut report = run(&[("a", &[("id-token/audience", 3, None), (ACCEPTED, 3, None)])]);
        Arc::make_mut(&mut report.tests[0].findings[0]).known = Some("we know".to_owned());
        assert_eq!(told(&report), [format!("{ACCEPTED} in a")]);
    }

    #[test]
    fn the_tables_name_rules_and_every_cause_of_a_refusal_has_a_flaw_that_shows_it() {
        let ids: Vec<&str> = catalogue().iter().map(|rule| rule.id).collect();
        for row in CONSEQUENCES {
            for rule in row.effects.iter().chain(row.causes) {
                assert!(ids.contains(rule), "{rule}");
            }
        }
        let flaws = crate::issuer::flaw::flaws().unwrap();
        let row = CONSEQUENCES.iter().find(|row| row.effects.contains(&ACCEPTED)).unwrap();
        for cause in row.causes {
            let shows = flaws.iter().any(|flaw| [*cause, ACCEPTED].iter().all(|rule| flaw.trips.iter().any(|trips| trips == rule)));
            assert!(shows, "no flaw breaks {cause} and {ACCEPTED}");
        }
    }
}
