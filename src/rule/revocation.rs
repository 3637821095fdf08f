//! Rules about token revocation (RFC 7009).

use crate::observed::received::Received;
use crate::rule::expect::{holds, must, needs, show, status};
use crate::rule::judgement::not_applicable;
use crate::rule::{Artefact, Check};

/// A revocation of a refresh token, and what the token did afterwards.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The response to the revocation request.
    pub response: Received,
    /// The response to using the revoked refresh token once more, where that was tried.
    pub afterwards: Option<Received>,
}

impl Artefact for Revocation {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.response.exchange)
    }
}

const HTTP_200: &str = "revocation/http-200";

static RULES: &[Check<Revocation>] = &[
    must(
        HTTP_200,
        "RFC7009-2.2",
        "A revocation is answered with status 200",
        "A client that sees anything else must think that the token is still alive.",
        |artefact| status(&artefact.response, 200),
    ),
    must(
        "revocation/token-dead",
        "RFC7009-2.1",
        "A refresh token that was revoked gives no more tokens",
        "A user who logs out, or finds a token stolen, is told that it is over while it is not.",
        |artefact| {
            needs(artefact.response.status == 200, HTTP_200)?;
            let Some(afterwards) = &artefact.afterwards else { return not_applicable("the revoked token was not tried again") };
            let status = afterwards.status;
            // The error's name is chosen by the issuer; nothing else of the answer is shown, for it may hold tokens.
            let error = afterwards.member("error").map(|error| format!(", error = {}", show(&error))).unwrap_or_default();
            holds((400..500).contains(&status), "a refusal: status 400, error = \"invalid_grant\"", format!("status {status}{error}"))
        },
    ),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, not_applicable, not_run, text};

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
            (text(200, "", ""), Some(text(500, "", "")), &["revocation/token-dead"]),
        ] {
            let artefact = Revocation { response: revocation, afterwards };
            assert_eq!(failing(&artefact), rules, "{artefact:?}");
        }
        assert_eq!(not_applicable(&Revocation { response: text(200, "", ""), afterwards: None }), ["revocation/token-dead"]);
        let broken = Revocation { response: text(500, "", ""), afterwards: None };
        assert_eq!(not_run(&broken), [("revocation/token-dead", "revocation/http-200".to_owned())]);
    }

    arbitrary_artefact!(Revocation:
        response in arbitrary::received(&["error"]),
        afterwards in proptest::option::of(arbitrary::received(&["error"]))
        => Revocation { response, afterwards }
    );
}
