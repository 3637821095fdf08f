//! `metrics.txt`: the counts of a run in the text format of OpenMetrics 1.0, as GitLab and collectors of metrics read it.
//!
//! All are gauges: a file is about one run. They have no timestamps of their own (the collectors of text files refuse them); when the run began is a metric.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::words;
use crate::result::model::{RunReport, TestReport, Verdict};
use crate::rule::Level;
use crate::text::visible;

/// The file's name in the report directory.
pub const NAME: &str = "metrics.txt";

/// What every file written here begins with; by it one of an earlier run is known.
pub const BEGINNING: &str = "# TYPE oa_authtest_tests gauge\n";

/// The most characters of a label's value.
const MOST: usize = 300;

const VERDICTS: [Verdict; 7] =
    [Verdict::Passed, Verdict::Suggested, Verdict::Warned, Verdict::Failed, Verdict::Errored, Verdict::LeftOut, Verdict::Skipped];

const LEVELS: [Level; 3] = [Level::Must, Level::Should, Level::May];

/// What is counted.
struct Family {
    name: &'static str,
    /// The unit, with which the name ends.
    unit: Option<&'static str>,
    help: &'static str,
    /// The labels of each sample beside the issuer, and its value.
    samples: Vec<(Vec<(&'static str, String)>, String)>,
}

/// The counts of the run in OpenMetrics 1.0.
pub fn render(report: &RunReport) -> String {
    let mut out = String::new();
    for Family { name, unit, help, samples } in families(report) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# TYPE {name} gauge");
        if let Some(unit) = unit {
            let _ = writeln!(out, "# UNIT {name} {unit}");
        }
        let _ = writeln!(out, "# HELP {name} {help}");
        for (labels, value) in samples {
            let all = std::iter::once(("issuer", report.issuer.clone())).chain(labels);
            let labels: Vec<String> = all.map(|(label, value)| format!("{label}=\"{}\"", escape(&value))).collect();
            let _ = writeln!(out, "{name}{{{}}} {value}", labels.join(","));
        }
    }
    out.push_str("# EOF\n");
    out
}

fn families(report: &RunReport) -> Vec<Family> {
    let profiles: BTreeSet<&str> =
        report.environment.profiles.iter().map(String::as_str).chain(report.tests.iter().map(|test| test.profile.as_str())).collect();
    let of = |profile: &str| report.tests.iter().filter(|test| test.profile == profile).collect::<Vec<&TestReport>>();
    let counts: Vec<(&str, Vec<&TestReport>)> = profiles.into_iter().map(|profile| (profile, of(profile))).collect();
    let each = |count: &dyn Fn(&[&TestReport]) -> usize| {
        counts.iter().map(|(profile, tests)| (vec![("profile", (*profile).to_owned())], count(tests).to_string())).collect()
    };
    let tests = counts.iter().flat_map(|(profile, tests)| {
        VERDICTS.iter().map(move |verdict| {
            let n = tests.iter().filter(|test| test.verdict == *verdict).count();
            (vec![("profile", (*profile).to_owned()), ("verdict", words::verdict_word(*verdict).to_owned())], n.to_string())
        })
    });
    let broken = counts.iter().flat_map(|(profile, tests)| {
        let levels = words::broken_levels(tests.iter().copied());
        LEVELS.iter().map(move |level| {
            let n = levels.values().filter(|known| *known == level).count();
            (vec![("profile", (*profile).to_owned()), ("level", level.word().to_owned())], n.to_string())
        })
    });
    let known = |tests: &[&TestReport]| {
        let findings = tests.iter().flat_map(|test| &test.findings).filter(|finding| finding.is_known());
        findings.map(|finding| finding.rule.as_str()).collect::<BTreeSet<_>>().len()
    };
    let all_profiles = report.environment.profiles.join(",");
    let of_the_run = |value: Option<String>| value.map(|value| (vec![("profiles", all_profiles.clone())], value)).into_iter().collect();
    let conformant = u8::from(words::Conclusion::of(report) == words::Conclusion::Conformant);
    let began = report.started.parse::<jiff::Timestamp>().ok();
    let family = |name, help, samples| Family { name, unit: None, help, samples };
    let seconds = |name, help, samples| Family { name, unit: Some("seconds"), help, samples };
    let own = |tests: &[&TestReport]| {
        let own = words::own_rules(tests.iter().copied());
        words::checked(tests.iter().copied()).intersection(&own).count()
    };
    let mut families = vec![
        family("oa_authtest_tests", "Tests by profile and verdict.", tests.collect()),
        family("oa_authtest_broken_rules", "Different rules that are broken, by profile and the highest level they are broken at.", broken.collect()),
        family("oa_authtest_known_failures", "Different rules that are broken and known to be, by profile.", each(&known)),
        family(
            "oa_authtest_rules_checked",
            "Different rules that were judged, by profile.",
            each(&|tests| words::checked(tests.iter().copied()).len() - own(tests)),
        ),
        family("oa_authtest_rules", "Rules that there are in all.", of_the_run(report.tool.rules.map(|rules| rules.to_string()))),
        family(
            "oa_authtest_conformant",
            "1 if what was tested is conformant, 0 if it is not or was not fully tested.",
            of_the_run(Some(conformant.to_string())),
        ),
        seconds("oa_authtest_duration_seconds", "How long the run took.", of_the_run(Some(in_seconds(report.duration_ms)))),
        seconds(
            "oa_authtest_started_timestamp_seconds",
            "When the run began, in seconds since 1970.",
            of_the_run(began.map(|began| began.as_second().to_string())),
        ),
    ];
    if let Some(of_the_user) = &report.own {
        families.push(family("oa_authtest_own_rules_checked", "Different rules of the user's own that were judged, by profile.", each(&own)));
        families.push(family(
            "oa_authtest_own_rules",
            "Rules of the user's own that there are in all.",
            of_the_run(Some(of_the_user.rules.len().to_string())),
        ));
    }
    families
}

fn in_seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// The value of a label.
fn escape(text: &str) -> String {
    visible::short(text, MOST).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stays_a_label() {
        assert_eq!(escape("a\"} 1\nb\\"), r#"a\"} 1␊b\\"#);
    }

    #[test]
    fn seconds_have_three_places() {
        assert_eq!([in_seconds(0), in_seconds(5727), in_seconds(60_040)], ["0.000", "5.727", "60.040"]);
    }
}
