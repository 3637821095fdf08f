//! Rules about the client authentication of a freshly registered client at the token endpoint.

use crate::rule::prelude::*;

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

artefact!(ClientAuthentication: [RULES], at exchange);

const WORK: &str = "client-authentication/registered-credentials-work";

static RULES: &[Check<ClientAuthentication>] = &[
    must(
        WORK,
        "RFC6749-2.3.1",
        "The credentials given at registration must be accepted at the token endpoint",
        "A client whose own credentials are refused gets no tokens.",
        "Store the client secret and the authentication method exactly as the registration response returns them, and look the client up in the same database at the token endpoint.",
        |client| {
            let ms = client.elapsed_ms;
            let seen = if client.accepted {
                said!("accepted {ms} ms after registration")
            } else {
                said!("refused with invalid_client {}, the last time {ms} ms after registration", times(client.refusals))
            };
            holds(client.accepted, "the credentials are accepted", seen)
        },
    ),
    may(
        "client-authentication/usable-at-once",
        "RFC7591-3.2.1",
        "It is good practice that the credentials given at registration are accepted at the first attempt",
        "Clients use their credentials at once. If a registration takes effect later, clients fail at random.",
        "Send the registration response only when the client is stored where the token endpoint reads it. Check replication delays and caches of unknown clients.",
        |client| match client.refusals {
            _ if !client.accepted => not_run(WORK),
            0 => pass("accepted at the first attempt"),
            refusals => {
                fail("accepted at the first attempt", said!("refused {}, then accepted {} ms after registration", times(refusals), client.elapsed_ms))
            }
        },
    ),
];

/// What became of a client's secret sent by Basic, form-encoded as RFC 6749 2.3.1 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoded {
    /// Form-encoding does not change these credentials.
    Alike,
    /// It was accepted.
    Accepted,
    /// Whether it was accepted is not to be seen in the answer.
    Unclear,
    /// It was refused, and accepted without the form-encoding.
    OnlyRaw,
    /// It was refused either way, and accepted in the body.
    OnlyInBody,
}

/// A client's credentials sent by Basic.
#[derive(Debug, Clone)]
pub struct BasicCredentials {
    /// The exchange that shows it.
    pub exchange: usize,
    /// What became of them.
    pub encoded: Encoded,
}

artefact!(BasicCredentials: [BASIC], at exchange);

// The server MUST support Basic for clients with a secret, and this is how Basic is defined for them.
static BASIC: &[Check<BasicCredentials>] = &[must(
    "client-authentication/credentials-decoded",
    "RFC6749-2.3.1",
    "Credentials that a client sends by Basic must be form-decoded before they are compared",
    "A client that follows the specification cannot authenticate if its secret has a character such as `+`, `/` or `=`.",
    "Decode the base64 of the `Authorization` header, split the text at the first colon, and decode both parts as `application/x-www-form-urlencoded` before you compare them.",
    |credentials| match credentials.encoded {
        Encoded::Alike => not_applicable("form-encoding does not change these credentials"),
        Encoded::Accepted => pass("accepted with the form-encoding"),
        Encoded::Unclear => not_applicable("the answer does not show whether the client was authenticated"),
        Encoded::OnlyRaw => fail("accepted with the form-encoding", "refused with it (invalid_client), and accepted without"),
        Encoded::OnlyInBody => not_applicable("refused by Basic with the form-encoding and without, and accepted in the body"),
    },
)];

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_run;
    use crate::rule::testing::prelude::*;

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

    #[test]
    fn only_what_is_accepted_as_it_is_and_not_encoded_was_not_decoded() {
        let with = |encoded| BasicCredentials { exchange: 0, encoded };
        assert_eq!(failing(&with(Encoded::OnlyRaw)), ["client-authentication/credentials-decoded"]);
        assert_eq!(passing(&with(Encoded::Accepted)), ["client-authentication/credentials-decoded"]);
        for encoded in [Encoded::Alike, Encoded::Unclear, Encoded::OnlyInBody] {
            assert_eq!((failing(&with(encoded)).len(), passing(&with(encoded)).len()), (0, 0), "{encoded:?}");
        }
    }

    arbitrary_artefact!(BasicCredentials:
        encoded in proptest::sample::select(vec![Encoded::Alike, Encoded::Accepted, Encoded::Unclear, Encoded::OnlyRaw, Encoded::OnlyInBody])
        => BasicCredentials { exchange: 0, encoded }
    );

    arbitrary_artefact!(ClientAuthentication:
        refusals in any::<u32>(),
        elapsed_ms in any::<u64>(),
        accepted in any::<bool>()
        => ClientAuthentication { exchange: 0, refusals, elapsed_ms, accepted }
    );
}
