//! Rules about token revocation (RFC 7009).

use crate::rule::prelude::*;

/// A revocation of a refresh token, and what the token did afterwards.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The response to the revocation request.
    pub response: Received,
    /// Whether the client could refresh before.
    pub refreshed: Control,
    /// The response to using the revoked refresh token once more, where that was tried.
    pub afterwards: Option<Received>,
    /// The same after a pause, with the newest token, where that first use succeeded.
    pub after_pause: Option<Received>,
}

/// Judges what came of using a refresh token that was revoked: at once, and after a pause where that succeeded. "There could be a propagation
/// delay" (RFC 7009 2.1). Nothing of an answer is shown that holds tokens.
pub(super) fn refresh_token_is_dead(at_once: &Received, after_pause: Option<&Received>, refreshed: &Control) -> Judgement {
    let last = after_pause.unwrap_or(at_once);
    match Answer::of_token_endpoint(last) {
        Answer::Given => fail("a refusal: status 400, error = \"invalid_grant\"", said!("status {}, new tokens", last.status)),
        Answer::Silent => not_applicable(said!("status {} says nothing about the token", last.status)),
        Answer::Refused | Answer::RefusedAsSuccess => refreshed.passes(refusal(last)),
    }
}

impl Artefact for Revocation {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
    const VIEW: Option<&'static ViewKind> =
        Some(&ViewKind { name: "revocation", what: "The answer to the revocation of a refresh token.", parts: &[part::STATUS, part::HEADERS] });
    fn view(&self) -> View {
        View::default().with_response(&self.response)
    }
}

const HTTP_200: &str = "revocation/http-200";

static RULES: &[Check<Revocation>] = &[
    must(
        HTTP_200,
        "RFC7009-2.2",
        "The issuer must answer the revocation of a token with status 200",
        "With any other status the client must assume that the token is still valid.",
        "Answer with status 200, and not with 204, after the token has been revoked. The body may be empty.",
        |artefact| status(&artefact.response, 200),
    ),
    must(
        "revocation/token-dead",
        "RFC7009-2.1",
        "A refresh token that was revoked must not give any more tokens",
        "An end-user who logs out, or who reports a stolen token, believes that the access has ended although it has not.",
        "Record the revocation in the store that the token endpoint reads. Answer a later refresh with the revoked token with status 400 and `error=invalid_grant`.",
        |artefact| {
            needs(artefact.response.status == 200, HTTP_200)?;
            let Some(afterwards) = &artefact.afterwards else { return not_applicable("the revoked token was not tried again") };
            refresh_token_is_dead(afterwards, artefact.after_pause.as_ref(), &artefact.refreshed)
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run, text};

    #[test]
    fn a_revoked_token_is_dead() {
        let dead = || response(400, &json!({"error": "invalid_grant"}));
        for (revocation, afterwards, rules) in [
            (text(200, "", ""), Some(dead()), &[][..]),
            (response(200, &json!({})), Some(text(401, "text/html", "<p>")), &[]),
            (text(200, "", ""), None, &[]),
            (text(204, "", ""), Some(dead()), &["revocation/http-200"]),
            (text(503, "", ""), Some(response(200, &json!({}))), &["revocation/http-200"]),
            (response(400, &json!({"error": "unsupported_token_type"})), None, &["revocation/http-200"]),
            (text(200, "", ""), Some(response(200, &json!({"access_token": "a"}))), &["revocation/token-dead"]),
            (text(200, "", ""), Some(text(500, "", "")), &[]),
            (text(200, "", ""), Some(response(200, &json!({"error": "invalid_grant"}))), &[]),
        ] {
            let artefact = Revocation { response: revocation, refreshed: Control::Good, afterwards, after_pause: None };
            assert_eq!(failing(&artefact), rules, "{artefact:?}");
        }
        let revoked = |refreshed, afterwards, after_pause| Revocation { response: text(200, "", ""), refreshed, afterwards, after_pause };
        assert_eq!(not_applicable(&revoked(Control::Good, None, None)), ["revocation/token-dead"]);
        let never = Control::Missing("a refresh before is refused, too".to_owned());
        assert_eq!(not_applicable(&revoked(never, Some(dead()), None)), ["revocation/token-dead"], "it may have been dead before");
        let alive = || Some(response(200, &json!({"access_token": "a"})));
        assert!(failing(&revoked(Control::Good, alive(), Some(dead()))).is_empty(), "a propagation delay");
        assert_eq!(failing(&revoked(Control::Good, alive(), alive())), ["revocation/token-dead"]);
        let broken = Revocation { response: text(500, "", ""), ..revoked(Control::Good, None, None) };
        assert_eq!(not_run(&broken), [("revocation/token-dead", "revocation/http-200".to_owned())]);
    }

    arbitrary_artefact!(Revocation:
        response in arbitrary::received(&["error"]),
        afterwards in proptest::option::of(arbitrary::received(&["error"])),
        after_pause in proptest::option::of(arbitrary::received(&["access_token"]))
        => Revocation { response, refreshed: Control::Good, afterwards, after_pause }
    );
}
