//! What all shards of a run have in common: where two differ, they are not parts of one run.

use std::path::Path;

use super::error::MergeError;
use crate::report::words;
use crate::result::model::{RunReport, Shard};
use crate::text::{count, visible};

/// The longest value that is shown, in characters.
const MOST_SHOWN: usize = 200;

/// Something that all shards agree on.
struct Fact {
    what: &'static str,
    /// What is compared.
    value: String,
    /// What is shown of it, where that is not the value.
    shown: Option<String>,
}

/// Makes sure that two files can be of one run.
///
/// # Errors
/// [`MergeError::Differ`] with the first thing that differs.
pub(super) fn agree(first: (&Path, &RunReport, &Shard), second: (&Path, &RunReport, &Shard)) -> Result<(), MergeError> {
    // The embedded issuer has another port each time.
    let embedded = first.1.environment.embedded && second.1.environment.embedded;
    let pairs = facts(first.1, first.2, embedded).into_iter().zip(facts(second.1, second.2, embedded));
    match pairs.into_iter().find(|(one, other)| one.value != other.value) {
        None => Ok(()),
        Some((one, other)) => {
            let shown = |fact: Fact| visible::short(&fact.shown.unwrap_or(fact.value), MOST_SHOWN);
            let what = one.what;
            Err(MergeError::Differ { first: first.0.to_owned(), second: second.0.to_owned(), what, before: shown(one), after: shown(other) })
        }
    }
}

fn facts(report: &RunReport, shard: &Shard, embedded: bool) -> Vec<Fact> {
    let environment = &report.environment;
    let address = |address: &str| if embedded { "embedded".to_owned() } else { address.to_owned() };
    let plain = |what, value: String| Fact { what, value, shown: None };
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let earlier = report.selection.as_ref().and_then(|selection| selection.last_failed.as_ref());
    vec![
        plain("the program", format!("{} {}", report.tool.name, report.tool.version)),
        plain("the catalogue of rules", report.tool.catalogue.clone().unwrap_or_else(|| "not named".to_owned())),
        plain("the issuer", address(&report.issuer)),
        plain("that it is the embedded issuer", yes_or_no(environment.embedded)),
        plain("the list of profiles", environment.profiles.join(", ")),
        plain("what is said of TLS", environment.tls.clone()),
        plain("that certificates were verified", yes_or_no(environment.tls_verified == Some(true))),
        plain("the redirect URI", address(&environment.redirect_uri)),
        plain("that secrets are shown", yes_or_no(environment.secrets_shown)),
        plain("what was asked for", words::rules_asked_for(report).unwrap_or_else(|| "every rule".to_owned())),
        Fact {
            what: "the run whose failed tests were run again",
            value: format!("{earlier:?}"),
            shown: Some(earlier.map_or_else(|| "none".to_owned(), |last| format!("that of {} with {}", last.started, count(last.tests, "test")))),
        },
        Fact {
            what: "the version of the own tests and rules",
            value: format!("{:?}", report.own),
            shown: Some(report.own.as_ref().map_or_else(|| "none".to_owned(), |own| own.version.clone())),
        },
        known(report),
        plain("the number of shards", shard.of.to_string()),
        plain("the number of tests in all shards", shard.tests.to_string()),
        plain("the digest of their ids", shard.plan.clone()),
    ]
}

/// The file of known failures, whatever became of them.
fn known(report: &RunReport) -> Fact {
    let entries = report.known.iter().flat_map(|known| &known.entries);
    let entries: Vec<_> = entries.map(|entry| (&entry.rule, &entry.test, &entry.reason, &entry.until)).collect();
    let file = report.known.as_ref().map(|known| &known.file);
    let shown = file.map_or_else(|| "none".to_owned(), |file| format!("{file} with {} known failures", entries.len()));
    Fact { what: "the file of known failures", value: format!("{file:?} {entries:?}"), shown: Some(shown) }
}
