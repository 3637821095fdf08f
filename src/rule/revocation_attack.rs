//! Rules about revocation requests that are odd, wrong or another's (RFC 7009 2).

use crate::observed::received::Received;
use crate::rule::expect::{holds, must, refusal};
use crate::rule::judgement::{Unmet, not_applicable};
use crate::rule::protected::not_busy;
use crate::rule::{Artefact, Check};

/// Revocations of a refresh token that lives, and of one that never did.
#[derive(Debug, Clone, Default)]
pub struct RevocationAttack {
    /// The answer to revoking a token the issuer never gave.
    pub unknown: Option<Received>,
    /// The answer to revoking with a wrong client secret.
    pub wrong_secret: Option<Received>,
    /// A refresh after that.
    pub after_wrong_secret: Option<Received>,
    /// A refresh after another client revoked the refresh token.
    pub after_another_client: Option<Received>,
    /// The answer to revoking the refresh token as if it were an access token.
    pub wrong_hint: Option<Received>,
    /// A refresh after that.
    pub after_wrong_hint: Option<Received>,
}

impl Artefact for RevocationAttack {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        [&self.unknown, &self.wrong_secret, &self.after_another_client, &self.wrong_hint].into_iter().flatten().map(|r| r.exchange).next()
    }
}

static RULES: &[Check<RevocationAttack>] = &[
    must(
        "revocation/unknown-token-http-200",
        "RFC7009-2.2",
        "The revocation of a token that the issuer never gave is answered with 200",
        "A client cannot get done with a token that is gone already, and whoever asks learns which tokens there are.",
        |attack| {
            let response = tried(attack.unknown.as_ref())?;
            holds(response.status == 200, "status 200", refusal(response))
        },
    ),
    must(
        "revocation/wrong-secret-refused",
        "RFC7009-2.1",
        "A revocation with a wrong client secret is refused, and revokes nothing",
        "Whoever sees a token can log its user out.",
        |attack| {
            let response = tried(attack.wrong_secret.as_ref())?;
            let lives = attack.after_wrong_secret.as_ref().is_none_or(Received::is_success);
            let seen = format!("{}; the token {}", refusal(response), if lives { "lives" } else { "is dead" });
            holds(!response.is_success() && lives, "a refusal, and a token that lives", seen)
        },
    ),
    must(
        "revocation/another-client",
        "RFC7009-2.1",
        "A client cannot revoke the token of another",
        "Whoever has any client can log out the users of all others whose tokens they see.",
        |attack| {
            let response = tried(attack.after_another_client.as_ref())?;
            holds(response.is_success(), "a refresh that works", refusal(response))
        },
    ),
    must(
        "revocation/wrong-hint",
        "RFC7009-2.1",
        "A refresh token is revoked even if the request takes it for an access token",
        "A client that does not know what it holds believes the token dead while it lives.",
        |attack| {
            // Whether it is answered with 200 is another matter: some say that the hint is wrong.
            let response = tried(attack.wrong_hint.as_ref().and(attack.after_wrong_hint.as_ref()))?;
            let seen = if response.is_success() { "new tokens".to_owned() } else { refusal(response) };
            holds(!response.is_success(), "a refresh that is refused", seen)
        },
    ),
];

/// An answer that says something about its request.
fn tried(response: Option<&Received>) -> Result<&Received, Unmet> {
    let Some(response) = response else { return not_applicable("it was not tried") };
    not_busy(response)?;
    Ok(response)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::RevocationAttack;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, not_applicable};

    #[test]
    fn each_wrong_answer_breaks_its_rule() {
        let (ok, no) = (Some(response(200, &json!({}))), Some(response(401, &json!({ "error": "invalid_client" }))));
        let good = RevocationAttack {
            unknown: ok.clone(),
            wrong_secret: no.clone(),
            after_wrong_secret: ok.clone(),
            after_another_client: ok.clone(),
            wrong_hint: ok.clone(),
            after_wrong_hint: no.clone(),
        };
        assert!(failing(&good).is_empty() && not_applicable(&good).is_empty());
        for (attack, rule) in [
            (RevocationAttack { unknown: no.clone(), ..good.clone() }, "revocation/unknown-token-http-200"),
            (RevocationAttack { wrong_secret: ok.clone(), ..good.clone() }, "revocation/wrong-secret-refused"),
            (RevocationAttack { after_wrong_secret: no.clone(), ..good.clone() }, "revocation/wrong-secret-refused"),
            (RevocationAttack { after_another_client: no, ..good.clone() }, "revocation/another-client"),
            (RevocationAttack { after_wrong_hint: ok, ..good }, "revocation/wrong-hint"),
        ] {
            assert_eq!(failing(&attack), [rule]);
        }
        assert_eq!(not_applicable(&RevocationAttack::default()).len(), 4);
    }

    arbitrary_artefact!(RevocationAttack:
        [unknown, wrong_secret, after_wrong_secret, after_another_client, wrong_hint, after_wrong_hint]
            in proptest::array::uniform6(proptest::option::of(arbitrary::received(&["error"])))
        => RevocationAttack { unknown, wrong_secret, after_wrong_secret, after_another_client, wrong_hint, after_wrong_hint }
    );
}
