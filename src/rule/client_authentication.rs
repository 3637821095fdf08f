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
    /// Whether the credentials were accepted in the end; `None` where the last answer does not show it.
    pub accepted: Option<bool>,
}

artefact!(ClientAuthentication: [RULES], at exchange);

/// True if an answer refuses the client as such (RFC 6749 5.2).
pub fn is_refused(response: &Received) -> bool {
    matches!(response.status, 400 | 401) && error_code(response) == Some("invalid_client")
}

/// Whether an answer of the token endpoint shows that the client's credentials were accepted, after it refused them so many times; `None` where it shows neither.
/// Only tokens show it by themselves: what is wrong with a request may be looked at before the client. An error that is not about the client shows it where the
/// same request was refused for the client before.
pub fn accepts(response: &Received, refusals: u32) -> Option<bool> {
    let refuses_something_else = response.status == 400 && error_code(response).is_some() && !is_about_client(response);
    let is_accepted = response.grants_token() || (refuses_something_else && refusals > 0);
    if is_refused(response) { Some(false) } else { is_accepted.then_some(true) }
}

/// Why nothing can be judged where the answer is about something else, or says nothing.
const UNCLEAR: &str = "the answer does not show whether the client was authenticated";

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
            match client.accepted {
                None => not_applicable(UNCLEAR),
                Some(true) => pass(said!("accepted {ms} ms after registration")),
                Some(false) => fail(
                    "the credentials are accepted",
                    said!("refused with invalid_client {}, the last time {ms} ms after registration", times(client.refusals)),
                ),
            }
        },
    ),
    may(
        "client-authentication/usable-at-once",
        "RFC7591-3.2.1",
        "It is good practice that the credentials given at registration are accepted at the first attempt",
        "Clients use their credentials at once. If a registration takes effect later, clients fail at random.",
        "Send the registration response only when the client is stored where the token endpoint reads it. Check replication delays and caches of unknown clients.",
        |client| match (client.accepted, client.refusals) {
            (None, _) => not_applicable(UNCLEAR),
            (Some(false), _) => not_run(WORK),
            (Some(true), 0) => pass("accepted at the first attempt"),
            (Some(true), refusals) => {
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
        Encoded::Unclear => not_applicable(UNCLEAR),
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
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run, text};

    #[test]
    fn credentials_work_and_at_once() {
        for (accepted, refusals, rules) in [
            (true, 0, &[][..]),
            (true, 1, &["client-authentication/usable-at-once"]),
            (true, 9, &["client-authentication/usable-at-once"]),
            (false, 9, &["client-authentication/registered-credentials-work"]),
            (false, 0, &["client-authentication/registered-credentials-work"]),
        ] {
            let artefact = ClientAuthentication { exchange: 0, refusals, elapsed_ms: 120, accepted: Some(accepted) };
            assert_eq!(failing(&artefact), rules, "{accepted} {refusals}");
            assert_eq!(not_run(&artefact).len(), usize::from(!accepted));
        }
        let unclear = ClientAuthentication { exchange: 0, refusals: 0, elapsed_ms: 120, accepted: None };
        assert_eq!((failing(&unclear).len(), passing(&unclear).len(), not_applicable(&unclear).len()), (0, 0, 2));
    }

    #[test]
    fn only_tokens_show_at_once_that_a_client_was_accepted() {
        let of = |status, error: &str| response(status, &json!({ "error": error }));
        assert_eq!(accepts(&response(200, &json!({ "access_token": "a" })), 0), Some(true));
        for refused in [of(401, "invalid_client"), of(400, "invalid_client")] {
            assert_eq!((accepts(&refused, 0), accepts(&refused, 3)), (Some(false), Some(false)));
        }
        // An unknown code may be looked at before the client, unless the client was refused with it a moment ago.
        assert_eq!((accepts(&of(400, "invalid_grant"), 0), accepts(&of(400, "invalid_grant"), 1)), (None, Some(true)));
        for open in [
            of(401, "unauthorized_client"),
            of(400, "unauthorized_client"),
            of(403, "invalid_client"),
            text(500, "", ""),
            text(302, "", ""),
            of(200, "x"),
        ] {
            assert_eq!((accepts(&open, 0), accepts(&open, 1)), (None, None), "{open:?}");
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
        accepted in any::<Option<bool>>()
        => ClientAuthentication { exchange: 0, refusals, elapsed_ms, accepted }
    );
}
