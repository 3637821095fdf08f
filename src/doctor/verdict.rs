//! How far a run would get.

use serde::Serialize;

use super::{Check, Mark};
use crate::exit::Exit;
use crate::feature::plan::Plan;
use crate::text::count;

/// How far a run would get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// True if nothing stands in its way.
    pub good: bool,
    /// How far, in a sentence.
    pub says: String,
}

/// Where a run ends if these checks fail, the earliest first.
const ENDS: [(&[&str], &str); 8] = [
    (&["report-folder"], "would not begin: there is nowhere to write its reports"),
    (&["live-page"], "would not begin: it cannot show its page"),
    (&["baseline"], "would not begin: it cannot be held against the baseline"),
    (&["redirect-uri"], "would not begin: it cannot listen at the redirect URI"),
    (&["issuer-url", "dns", "tcp", "tls", "discovery"], "would not get past its first request"),
    (&["registration", "client-credentials"], "would get to discovery and the key set, and to no token: there is no client it can use"),
    (&["browser", "user-agent"], "would get to the login, for which there is no browser"),
    (&["login"], "would get to the login and no further"),
];

impl Outlook {
    pub(super) fn of(checks: &[Check], plan: &Plan) -> Self {
        let wrong: Vec<&Check> = checks.iter().filter(|check| check.mark == Mark::Wrong).collect();
        let end = ENDS.iter().find(|(ids, _)| wrong.iter().any(|check| ids.contains(&check.id)));
        if let Some((_, says)) = end {
            let titles: Vec<&str> = wrong.iter().map(|check| check.title).collect();
            return Self { good: false, says: format!("A run {says}. To mend: {}.", titles.join(", ")) };
        }
        if let Some(other) = wrong.first() {
            return Self { good: false, says: format!("A run would meet what is wrong at «{}».", other.title) };
        }
        let skipped = plan.tests.iter().filter(|test| test.skip.is_some()).count();
        let tests = plan.tests.len() - skipped;
        let left_out = if skipped == 0 { String::new() } else { format!("; {} would be skipped for want of a setting", count(skipped, "test")) };
        if tests == 0 {
            let says = "A run would test nothing: oa-authtest list says what each test needs.".to_owned();
            return Self { good: false, says };
        }
        Self { good: true, says: format!("A run would get to the end of {}{left_out}.", count(tests, "test")) }
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        if self.good { Exit::Conformant } else { Exit::CouldNotTest }
    }
}
