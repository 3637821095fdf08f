//! Rules about grants that a client is not to get (RFC 6749 4.4 and 5.2, RFC 9700 2.4).

use crate::rule::prelude::*;

/// A grant that a client is not to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// `client_credentials` by a client that registered without it.
    Unregistered,
    /// `client_credentials` by a client that cannot authenticate.
    PublicClient,
    /// `password`, with a user name and a password that are right.
    Password,
}

/// The answer to a request for such a grant.
#[derive(Debug, Clone)]
pub struct GrantAttempt {
    /// The grant.
    pub attempt: Attempt,
    /// The response, whatever its status.
    pub response: Received,
    /// False if the registration response gave the client this very grant.
    pub withheld: bool,
}

impl GrantAttempt {
    /// The answer, if this grant was tried.
    fn response_to(&self, attempt: Attempt) -> Result<&Received, Unmet> {
        applies_if(self.attempt == attempt, "another grant was tried")?;
        Ok(&self.response)
    }
}

artefact!(GrantAttempt: [RULES], at response.exchange);

static RULES: &[Check<GrantAttempt>] = &[
    may(
        "grant-limits/unregistered-refused",
        "RFC7591-2",
        "It is good practice to refuse a grant that the client did not register",
        "An attacker who takes over a client can do more with it than its owner intended.",
        "Compare `grant_type` with the `grant_types` of the client's registration. If it is not there, answer with status 400 and `error=unauthorized_client`, and issue no tokens.",
        |attempt| refused(attempt, Attempt::Unregistered),
    ),
    must(
        "grant-limits/unregistered-error",
        "RFC6749-5.2",
        "A grant that the client did not register must be refused with `unauthorized_client` or `unsupported_grant_type`",
        "Developers look for the mistake in the credentials and not in the registration.",
        "Answer with status 400 and `error=unauthorized_client` when the client may not use this `grant_type`. Keep `invalid_grant` for a wrong or expired code or refresh token.",
        |attempt| {
            let response = attempt.response_to(Attempt::Unregistered)?;
            let is_refused = attempt.withheld && !matches!(Answer::of_token_endpoint(response), Answer::Given | Answer::Silent);
            applies_if(is_refused, "the grant was not refused")?;
            let error = response.member("error");
            match error.as_ref().and_then(Value::as_str) {
                Some(error @ ("unauthorized_client" | "unsupported_grant_type")) => pass(said!("error = {error}")),
                // What an issuer looks at first is its own business; `invalid_client` may be about a registration that is not known everywhere yet.
                Some(error @ ("invalid_scope" | "invalid_target" | "invalid_request" | "invalid_client")) => {
                    not_applicable(said!("error = {error}: refused for something else first"))
                }
                _ => fail("error = unauthorized_client", refusal(response)),
            }
        },
    ),
    must(
        "grant-limits/public-client-refused",
        "RFC6749-4.4",
        "A public client must get no tokens by the grant `client_credentials`",
        "Every attacker who knows a client identifier, which is no secret, gets tokens.",
        "Demand client authentication for `grant_type=client_credentials`. To a public client, answer with status 400 and `error=unauthorized_client`, and issue no tokens.",
        |attempt| refused(attempt, Attempt::PublicClient),
    ),
    must_by_bcp(
        "grant-limits/password-refused",
        "RFC9700-2.4",
        "A client that registered for the authorization code must get no tokens for a user name and a password",
        "Every client can ask end-users for their password, or guess it without the login page and its second factor.",
        "Switch `grant_type=password` off, at least for clients that did not register it, and answer with status 400 and `error=unsupported_grant_type` or `unauthorized_client`.",
        |attempt| refused(attempt, Attempt::Password),
    ),
];

/// Passes when an attempt at this grant gets no tokens, and is refused for the grant.
fn refused(attempt: &GrantAttempt, which: Attempt) -> Judgement {
    let response = attempt.response_to(which)?;
    applies_if(attempt.withheld, "the registration response gives the client this grant")?;
    match Answer::of_token_endpoint(response) {
        Answer::Given => return fail("no tokens", "an access token"),
        Answer::Silent => return not_applicable(said!("status {} says nothing about the grant", response.status)),
        Answer::Refused | Answer::RefusedAsSuccess => {}
    }
    let elsewhere = |why: &str| not_applicable(said!("could not be judged: {}, {why}", refusal(response)));
    match error_code(response) {
        None => elsewhere("and no error that says why"),
        Some("invalid_scope" | "invalid_target" | "invalid_request") => elsewhere("refused for something else first"),
        // The client's credentials are right: only that a public client has none can be meant.
        Some("invalid_client") if which != Attempt::PublicClient => elsewhere("as if the client did not exist"),
        // The grant is there: a second factor, say, or a user of another kind may be what is missing.
        Some("invalid_grant") if which == Attempt::Password => elsewhere("as if the password were wrong"),
        Some(_) => pass(refusal(response)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::json as response;
    use crate::rule::testing::prelude::*;

    #[test]
    fn tokens_are_what_must_not_come() {
        let tokens = || response(200, &json!({ "access_token": "t" }));
        for (attempt, rule) in [
            (Attempt::Unregistered, "grant-limits/unregistered-refused"),
            (Attempt::PublicClient, "grant-limits/public-client-refused"),
            (Attempt::Password, "grant-limits/password-refused"),
        ] {
            assert_eq!(judged(&GrantAttempt { attempt, response: tokens(), withheld: true }).failed, [rule]);
            let refused = GrantAttempt { attempt, response: response(400, &json!({ "error": "unauthorized_client" })), withheld: true };
            assert!(judged(&refused).passed.contains(&rule));
            assert!(judged(&GrantAttempt { attempt, response: tokens(), withheld: false }).failed.is_empty());
        }
    }

    #[test]
    fn a_refusal_for_another_reason_shows_nothing() {
        let open = |attempt, status, error: &str| {
            let response = response(status, &json!({ "error": error }));
            let judged = judged(&GrantAttempt { attempt, response, withheld: true });
            judged.passed.is_empty()
        };
        assert!(open(Attempt::Unregistered, 401, "invalid_client") && !open(Attempt::PublicClient, 401, "invalid_client"));
        assert!(open(Attempt::Password, 400, "invalid_grant") && open(Attempt::Password, 400, "invalid_scope"));
        assert!(open(Attempt::Unregistered, 500, "server_error") && open(Attempt::PublicClient, 400, "invalid_request"));
    }

    #[test]
    fn the_error_says_what_is_wrong() {
        let error = |error: &str| {
            judged(&GrantAttempt { attempt: Attempt::Unregistered, response: response(400, &json!({ "error": error })), withheld: true })
        };
        assert!(error("unsupported_grant_type").failed.is_empty());
        assert!(error("invalid_scope").failed.is_empty());
        assert_eq!(error("invalid_grant").failed, ["grant-limits/unregistered-error"]);
    }

    arbitrary_artefact!(GrantAttempt:
        attempt in select(&[Attempt::Unregistered, Attempt::PublicClient, Attempt::Password][..]),
        response in arbitrary::received(&["error", "access_token"]),
        withheld in any::<bool>()
        => GrantAttempt { attempt, response, withheld }
    );
}
