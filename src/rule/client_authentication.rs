//! Rules about the client authentication of a freshly registered client at the token endpoint.

use crate::rule::expect::{holds, may, must};
use crate::rule::judgement::{fail, not_run, pass};
use crate::rule::{Artefact, Check};

/// How the first token request of a freshly registered client went.
#[derive(Debug, Clone)]
pub struct ClientAuthentication {
    /// The exchange of the last attempt.
    pub exchange: usize,
    /// How often the token endpoint answered `invalid_client` before it accepted the credentials, or before the 3 s were up.
    pub refusals: u32,
    /// Milliseconds from the registration response to the end of the last attempt.
    pub elapsed_ms: u64,
    /// True if the credentials were accepted in the end.
    pub accepted: bool,
}

impl Artefact for ClientAuthentication {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.exchange)
    }
}

const WORK: &str = "client-authentication/registered-credentials-work";

static RULES: &[Check<ClientAuthentication>] = &[
    must(
        WORK,
        "RFC6749-2.3.1",
        "The credentials given at registration are accepted at the token endpoint",
        "A client whose own credentials are refused can do nothing at all.",
        |client| {
            let ms = client.elapsed_ms;
            let seen = if client.accepted {
                format!("accepted {ms} ms after registration")
            } else {
                format!("refused with invalid_client {}, the last time {ms} ms after registration", times(client.refusals))
            };
            holds(client.accepted, "the credentials are accepted", seen)
        },
    ),
    may(
        "client-authentication/usable-at-once",
        "RFC7591-3.2.1",
        "The credentials given at registration are accepted at the first attempt",
        "Clients use their credentials as soon as they have them; a registration that takes effect later fails at random.",
        |client| match client.refusals {
            _ if !client.accepted => not_run(WORK),
            0 => pass("accepted at the first attempt"),
            refusals => fail(
                "accepted at the first attempt",
                format!("refused {}, then accepted {} ms after registration", times(refusals), client.elapsed_ms),
            ),
        },
    ),
];

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::testing::{arbitrary_artefact, failing, not_run};

    #[test]
    fn credentials_work_and_at_once() {
        for (accepted, refusals, rules) in [
            (true, 0, &[][..]),
            (true, 1, &["client-authentication/usable-at-once"]),
            (true, 9, &["client-authentication/usable-at-once"]),
            (false, 9, &["client-authentication/registered-credentials-work"]),
            (false, 0, &["client-authentication/registered-credentials-work"]),
        ] {
            let artefact = ClientAuthentication { exchange: 0, refusals, elapsed_ms: 120, accepted };
            assert_eq!(failing(&artefact), rules, "{accepted} {refusals}");
            assert_eq!(not_run(&artefact).len(), usize::from(!accepted));
        }
    }

    arbitrary_artefact!(ClientAuthentication:
        refusals in any::<u32>(),
        elapsed_ms in any::<u64>(),
        accepted in any::<bool>()
        => ClientAuthentication { exchange: 0, refusals, elapsed_ms, accepted }
    );
}
