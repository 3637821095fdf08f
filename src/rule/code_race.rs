//! The rule about a code that comes twice at the same moment (RFC 6749 4.1.2).

use crate::rule::prelude::*;

/// Two exchanges of one code, sent at the same moment.
#[derive(Debug, Clone)]
pub struct CodeRace {
    /// The journal's number of the second exchange.
    pub exchange: usize,
    /// Both answers: the status, and whether it gave an access token that opens something, or that could not be tried.
    pub answers: Vec<(u16, bool)>,
}

artefact!(CodeRace: [RULES], at exchange);

// RFC 6749 has a MUST; an OpenID provider verifies it "if possible" (Core 3.1.3.2), and at the same moment it is hardest. Re-use later is code/reuse-refused.
static RULES: &[Check<CodeRace>] = &[should(
    "code/once-in-parallel",
    "RFC6749-4.1.2",
    "Of two exchanges of one code at the same moment at most one should get tokens",
    "An attacker who catches the code and is as quick as the client gets the end-user's tokens too.",
    "Mark the code as used by one atomic operation, such as a conditional UPDATE or DELETE in the database, and issue tokens only if this operation changed the row. To read the code first and to write later is not enough.",
    |race| {
        let given = race.answers.iter().filter(|(_, given)| *given).count();
        applies_if(given > 0, "could not be judged: neither of them got tokens that open anything")?;
        let seen: Vec<String> =
            race.answers.iter().map(|(status, given)| format!("status {status} {}", if *given { "with tokens" } else { "without tokens" })).collect();
        holds(given < 2, "at most one success", list(&seen))
    },
)];

#[cfg(test)]
mod tests {
    use super::CodeRace;
    use crate::rule::testing::{arbitrary_artefact, failing, not_applicable};

    #[test]
    fn only_two_successes_are_wrong() {
        for (answers, failed, open) in [
            ([(200, true), (400, false)], 0, 0),
            ([(400, false), (200, true)], 0, 0),
            ([(200, true), (200, false)], 0, 0),
            ([(400, false), (400, false)], 0, 1),
            ([(200, true), (200, true)], 1, 0),
            ([(200, true), (201, true)], 1, 0),
        ] {
            let race = CodeRace { exchange: 0, answers: answers.to_vec() };
            assert_eq!((failing(&race).len(), not_applicable(&race).len()), (failed, open), "{answers:?}");
        }
    }

    arbitrary_artefact!(CodeRace:
        answers in proptest::collection::vec(proptest::prelude::any::<(u16, bool)>(), 0..4) => CodeRace { exchange: 0, answers }
    );
}
