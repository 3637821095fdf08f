//! The rule about a code that comes twice at the same moment (RFC 6749 4.1.2).

use crate::rule::expect::{holds, list, should};
use crate::rule::{Artefact, Check};

/// Two exchanges of one code, sent at the same moment.
#[derive(Debug, Clone)]
pub struct CodeRace {
    /// The journal's number of the second exchange.
    pub exchange: usize,
    /// The statuses of both answers.
    pub statuses: Vec<u16>,
}

impl Artefact for CodeRace {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

// RFC 6749 has a MUST; an OpenID provider verifies it "if possible" (Core 3.1.3.2), and at the same moment it is hardest. Re-use later is code/reuse-refused.
static RULES: &[Check<CodeRace>] = &[should(
    "code/once-in-parallel",
    "RFC6749-4.1.2",
    "Of two exchanges of one code at the same moment at most one gets tokens",
    "Whoever catches the code and is as quick as the client gets the user's tokens, too.",
    |race| {
        let successes = race.statuses.iter().filter(|status| (200..300).contains(*status)).count();
        let statuses: Vec<String> = race.statuses.iter().map(u16::to_string).collect();
        holds(successes < 2, "at most one success", format!("statuses {}", list(&statuses)))
    },
)];

#[cfg(test)]
mod tests {
    use super::CodeRace;
    use crate::rule::testing::{arbitrary_artefact, failing};

    #[test]
    fn only_two_successes_are_wrong() {
        for (statuses, failed) in [([200, 400], 0), ([400, 200], 0), ([400, 400], 0), ([500, 200], 0), ([200, 200], 1), ([200, 201], 1)] {
            assert_eq!(failing(&CodeRace { exchange: 0, statuses: statuses.to_vec() }).len(), failed, "{statuses:?}");
        }
    }

    arbitrary_artefact!(CodeRace:
        statuses in proptest::collection::vec(proptest::num::u16::ANY, 0..4) => CodeRace { exchange: 0, statuses }
    );
}
