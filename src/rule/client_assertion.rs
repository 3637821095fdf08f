//! Rules about client authentication by signed assertions (OpenID Connect Core 9, RFC 7523 3).

use crate::rule::expect::{holds, may, must, shorten};
use crate::rule::judgement::{not_applicable, not_run};
use crate::rule::{Artefact, Check};
use crate::text::words::said;

/// A token request with an assertion and a code that the issuer never gave.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The exchange.
    pub exchange: usize,
    /// The status.
    pub status: u16,
    /// The `error`, if there is one.
    pub error: Option<String>,
    /// True if the answer is about the code, so that the client was accepted; `None` if it says nothing about the client.
    pub accepted: Option<bool>,
}

impl Attempt {
    /// An answer and what it says of the client. An issuer with too much to do says nothing of it.
    pub fn of(exchange: usize, status: u16, error: Option<String>) -> Self {
        let accepted = match (status, error.as_deref()) {
            // That is about the code, whatever the status.
            (400..500, Some("invalid_grant")) => Some(true),
            (401, _) | (400..500, Some("invalid_client")) => Some(false),
            (429, _) => None,
            (400..500, Some(_)) => Some(true),
            _ => None,
        };
        Self { exchange, status, error, accepted }
    }

    fn seen(&self) -> String {
        let error = self.error.as_deref().map_or_else(|| "no error".to_owned(), |error| format!("error = {}", shorten(error)));
        format!("status {}, {error}", self.status)
    }
}

/// How a client that registered its key fared with its assertions.
#[derive(Debug, Clone)]
pub struct ClientAssertions {
    /// With the issuer as the audience.
    pub issuer: Attempt,
    /// With the token endpoint as the audience.
    pub endpoint: Attempt,
    /// True if the issuer was to fetch the client's keys and never did.
    pub unfetched: bool,
}

impl Artefact for ClientAssertions {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.issuer.exchange)
    }
}

const ACCEPTED: &str = "client-assertion/accepted";

static RULES: &[Check<ClientAssertions>] = &[
    must(
        ACCEPTED,
        "OIDCC-9",
        "A client that registered its key for `private_key_jwt` must be able to authenticate by a JWT signed with that key",
        "A client whose own assertions are refused gets no tokens.",
        "Verify the assertion with the key that the client registered (`jwks` or `jwks_uri`), check `iss`, `sub`, `exp` and `jti`, and accept the address of the token endpoint or the issuer identifier as `aud`.",
        |both| {
            let answers = [both.issuer.accepted, both.endpoint.accepted];
            let accepted = answers.contains(&Some(true));
            if !accepted && both.unfetched {
                return not_applicable("the issuer never fetched the client's keys");
            }
            let seen = said!("for the issuer: {}; for the token endpoint: {}", both.issuer.seen(), both.endpoint.seen());
            if !accepted && answers.contains(&None) {
                return not_applicable(seen);
            }
            holds(accepted, "the assertion is accepted, and the code beside it refused with invalid_grant", seen)
        },
    ),
    may(
        "client-assertion/issuer-audience",
        "RFC7523-3",
        "It is good practice to accept a client assertion whose audience is the issuer identifier",
        "Clients that name the issuer as the audience, as newer specifications ask them to, cannot authenticate.",
        "Accept the issuer identifier as the `aud` of client assertions, in addition to the address of the token endpoint.",
        |both| match (both.issuer.accepted, both.endpoint.accepted) {
            (Some(false), Some(false)) => not_run(ACCEPTED),
            (None, _) | (Some(false), None) => not_applicable(both.issuer.seen()),
            (Some(accepted), _) => holds(accepted, "the assertion is accepted", both.issuer.seen()),
        },
    ),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::testing::{arbitrary_artefact, failing, not_applicable, not_run};

    fn attempt(accepted: bool) -> Attempt {
        Attempt::of(0, 400, Some(if accepted { "invalid_grant" } else { "invalid_client" }.to_owned()))
    }

    fn both(issuer: bool, endpoint: bool, unfetched: bool) -> ClientAssertions {
        ClientAssertions { issuer: attempt(issuer), endpoint: attempt(endpoint), unfetched }
    }

    #[test]
    fn either_audience_will_do() {
        assert!(failing(&both(true, true, false)).is_empty());
        assert!(failing(&both(true, false, false)).is_empty());
        assert_eq!(failing(&both(false, true, false)), ["client-assertion/issuer-audience"]);
        assert_eq!(failing(&both(false, false, false)), [ACCEPTED]);
        assert_eq!(not_run(&both(false, false, false)).len(), 1);
        assert_eq!(not_applicable(&both(false, false, true)), [ACCEPTED]);
        for (status, error) in [(503, None), (429, Some("slow_down")), (200, None)] {
            let busy = ClientAssertions { issuer: Attempt::of(0, status, error.map(str::to_owned)), ..both(true, false, false) };
            assert_eq!(not_applicable(&busy).len(), 2, "{status}");
        }
        assert_eq!(Attempt::of(0, 401, Some("unauthorized_client".to_owned())).accepted, Some(false));
    }

    fn any_attempt() -> impl Strategy<Value = Attempt> {
        (any::<u16>(), proptest::option::of("invalid_client|invalid_grant|.{0,8}")).prop_map(|(status, error)| Attempt::of(0, status, error))
    }

    arbitrary_artefact!(ClientAssertions:
        issuer in any_attempt(),
        endpoint in any_attempt(),
        unfetched in any::<bool>()
        => ClientAssertions { issuer, endpoint, unfetched }
    );
}
