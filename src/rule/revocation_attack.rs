//! Rules about revocation requests that are odd, wrong or another's (RFC 7009 2).

use crate::rule::prelude::*;
use crate::rule::revocation::refresh_token_is_dead;

/// Revocations of a refresh token that lives, and of one that never did.
#[derive(Debug, Clone)]
pub struct RevocationAttack {
    /// Whether the refresh token's client could refresh before.
    pub refreshed: Control,
    /// Whether the client that revokes may revoke at all: a token that the issuer never gave is what it tries.
    pub revokes: Control,
    /// The answer to revoking a token the issuer never gave.
    pub unknown: Option<Received>,
    /// The answer to a revocation that names no token.
    pub no_token: Option<Received>,
    /// The answer to revoking with a wrong client secret.
    pub wrong_secret: Option<Received>,
    /// A refresh after that.
    pub after_wrong_secret: Option<Received>,
    /// The answer to the revocation of the refresh token by another client, and to a refresh after that.
    pub another_client: Option<(Received, Received)>,
    /// The answer to revoking the refresh token as if it were an access token.
    pub wrong_hint: Option<Received>,
    /// A refresh after that.
    pub after_wrong_hint: Option<Received>,
    /// The same after a pause, where that first one succeeded.
    pub after_pause: Option<Received>,
}

impl RevocationAttack {
    /// Nothing tried yet.
    pub fn new(refreshed: Control, revokes: Control) -> Self {
        Self {
            refreshed,
            revokes,
            unknown: None,
            no_token: None,
            wrong_secret: None,
            after_wrong_secret: None,
            another_client: None,
            wrong_hint: None,
            after_wrong_hint: None,
            after_pause: None,
        }
    }
}

impl Artefact for RevocationAttack {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        let another = self.another_client.as_ref().map(|(answer, _)| answer.exchange);
        [&self.unknown, &self.wrong_secret, &self.wrong_hint].into_iter().flatten().map(|r| r.exchange).next().or(another)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        let about = match rule {
            NO_TOKEN => self.no_token.as_ref(),
            "revocation/wrong-secret-refused" => self.wrong_secret.as_ref(),
            "revocation/wrong-hint" => self.after_wrong_hint.as_ref().or(self.wrong_hint.as_ref()),
            _ => None,
        };
        about.map(|response| response.exchange).or_else(|| self.exchange())
    }
}

const NO_TOKEN: &str = "revocation/no-token-refused";

static RULES: &[Check<RevocationAttack>] = &[
    must(
        "revocation/unknown-token-http-200",
        "RFC7009-2.2",
        "The issuer must answer the revocation of a token that it did not issue with status 200",
        "A client can do nothing about an error for a token that is already gone, and an attacker can find out which tokens exist.",
        "After the client has authenticated, answer with status 200 for unknown, expired and revoked tokens, too. Keep errors for wrong credentials and malformed requests.",
        |attack| {
            let response = tried(attack.unknown.as_ref())?;
            holds(response.status == 200, "status 200", refusal(response))
        },
    ),
    // "token REQUIRED", and the form of errors; no sentence says that they are sent.
    should(
        NO_TOKEN,
        "RFC7009-2.1",
        "A revocation without a token should be refused with `invalid_request`",
        "A client that makes a mistake in the name of the parameter believes that its token is revoked.",
        "Check that `token` is there and not empty before you look it up. If it is not, answer with status 400 and `error=invalid_request`.",
        |attack| {
            let response = tried(attack.no_token.as_ref())?;
            match &attack.revokes {
                Control::Good => {}
                missing @ Control::Missing(_) => return missing.passes(""),
            }
            let is_right = response.status == 400 && error_code(response) == Some("invalid_request");
            holds(is_right, "status 400: invalid_request", refusal(response))
        },
    ),
    must(
        "revocation/wrong-secret-refused",
        "RFC7009-2.1",
        "The issuer must refuse a revocation with a wrong client secret, and must not revoke the token",
        "An attacker who sees a token can log out its end-user.",
        "Authenticate the client before the token is looked up. If the secret is wrong, answer with status 401 and `error=invalid_client`, and leave the token valid.",
        |attack| {
            let response = tried(attack.wrong_secret.as_ref())?;
            let expected = "a refusal, and a token that lives";
            if response.gives() {
                return fail(expected, said!("status {}", response.status));
            }
            let after = attack.after_wrong_secret.as_ref();
            match after.map(|after| (after, Answer::of_token_endpoint(after))) {
                Some((after, Answer::Silent)) => not_applicable(said!("status {} says nothing about the token", after.status)),
                Some((_, Answer::Refused | Answer::RefusedAsSuccess)) if attack.refreshed.is_good() => {
                    fail(expected, said!("{}; the token is dead", refusal(response)))
                }
                Some((_, Answer::Refused | Answer::RefusedAsSuccess)) => attack.refreshed.passes(""),
                Some((_, Answer::Given)) | None => attack.revokes.passes(said!("{}; the token lives", refusal(response))),
            }
        },
    ),
    must(
        "revocation/another-client",
        "RFC7009-2.1",
        "A client must not be able to revoke a token that was issued to another client",
        "An attacker who has any client can log out the end-users of other clients, if the attacker sees their tokens.",
        "Compare the client that the token was issued to with the client that is authenticated. If they differ, refuse the request and leave the token valid.",
        |attack| {
            let Some((answer, after)) = &attack.another_client else { return not_applicable("it was not tried") };
            match Answer::of_token_endpoint(after) {
                Answer::Silent => not_applicable(said!("status {} says nothing about the token", after.status)),
                Answer::Given => attack.revokes.passes(said!("{}; the token lives", refusal(answer))),
                _ if attack.refreshed.is_good() => fail("a refresh that works", refusal(after)),
                _ => attack.refreshed.passes(""),
            }
        },
    ),
    must(
        "revocation/wrong-hint",
        "RFC7009-2.1",
        "The issuer must revoke a refresh token even if the `token_type_hint` is `access_token`",
        "A client that does not know the type of its token believes that the token is revoked while it is still valid.",
        "Use `token_type_hint` only to decide where to search first. If the token is not found there, search among all other types of tokens.",
        |attack| {
            // Whether it is answered with 200 is another matter: some say that the hint is wrong.
            let response = tried(attack.wrong_hint.as_ref().and(attack.after_wrong_hint.as_ref()))?;
            refresh_token_is_dead(response, attack.after_pause.as_ref(), &attack.refreshed)
        },
    ),
    // "The request is refused and the client is informed of the error": no keyword makes it a MUST.
    should(
        "revocation/another-client-said",
        "RFC7009-2.1",
        "The revocation of a token that was issued to another client should be answered with an error",
        "The client believes that the token is revoked, while it is still valid.",
        "Compare the client that the token was issued to with the client that is authenticated. If they differ, answer with status 400 and an `error`, \
         not with status 200.",
        |attack| {
            let Some((answer, after)) = &attack.another_client else { return not_applicable("it was not tried") };
            not_busy(answer)?;
            // That the token is dead is said by the rule about that.
            needs(after.grants_token(), "revocation/another-client")?;
            if answer.gives() { fail("a refusal", said!("status {}", answer.status)) } else { attack.revokes.passes(refusal(answer)) }
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
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn none() -> RevocationAttack {
        RevocationAttack::new(Control::Good, Control::Good)
    }

    #[test]
    fn each_wrong_answer_breaks_its_rule() {
        let (ok, no) = (response(200, &json!({ "access_token": "a" })), response(401, &json!({ "error": "invalid_client" })));
        let good = RevocationAttack {
            unknown: Some(ok.clone()),
            no_token: Some(response(400, &json!({ "error": "invalid_request" }))),
            wrong_secret: Some(no.clone()),
            after_wrong_secret: Some(ok.clone()),
            another_client: Some((no.clone(), ok.clone())),
            wrong_hint: Some(ok.clone()),
            after_wrong_hint: Some(no.clone()),
            ..none()
        };
        assert!(failing(&good).is_empty() && not_applicable(&good).is_empty());
        for (attack, rule) in [
            (RevocationAttack { unknown: Some(no.clone()), ..good.clone() }, "revocation/unknown-token-http-200"),
            (RevocationAttack { no_token: Some(ok.clone()), ..good.clone() }, "revocation/no-token-refused"),
            (RevocationAttack { no_token: Some(no.clone()), ..good.clone() }, "revocation/no-token-refused"),
            (RevocationAttack { wrong_secret: Some(ok.clone()), ..good.clone() }, "revocation/wrong-secret-refused"),
            (RevocationAttack { after_wrong_secret: Some(no.clone()), ..good.clone() }, "revocation/wrong-secret-refused"),
            (RevocationAttack { another_client: Some((ok.clone(), no.clone())), ..good.clone() }, "revocation/another-client"),
            (RevocationAttack { after_wrong_hint: Some(ok.clone()), ..good.clone() }, "revocation/wrong-hint"),
        ] {
            assert_eq!(failing(&attack), [rule]);
        }
        let out_of_order = RevocationAttack { after_wrong_secret: Some(response(500, &json!({}))), ..good.clone() };
        assert_eq!((failing(&out_of_order).len(), not_applicable(&out_of_order)), (0, vec!["revocation/wrong-secret-refused"]));
        let unsaid = RevocationAttack { another_client: Some((ok.clone(), ok.clone())), ..good.clone() };
        assert_eq!(failing(&unsaid), ["revocation/another-client-said"]);
        let delayed = RevocationAttack { after_wrong_hint: Some(ok.clone()), after_pause: Some(no.clone()), ..good.clone() };
        assert!(failing(&delayed).is_empty(), "a propagation delay");
        assert_eq!(not_applicable(&none()).len(), 6);
        let missing = || Control::Missing("a right request is refused, too".to_owned());
        let closed = RevocationAttack { revokes: missing(), ..good.clone() };
        assert_eq!(
            (failing(&closed).len(), not_applicable(&closed)),
            (
                0,
                vec!["revocation/no-token-refused", "revocation/wrong-secret-refused", "revocation/another-client", "revocation/another-client-said"]
            )
        );
        let stuck = RevocationAttack { refreshed: missing(), after_wrong_secret: Some(no.clone()), another_client: Some((ok, no)), ..good };
        assert_eq!(
            (failing(&stuck).len(), not_applicable(&stuck)),
            (0, vec!["revocation/wrong-secret-refused", "revocation/another-client", "revocation/wrong-hint"])
        );
    }

    arbitrary_artefact!(RevocationAttack:
        [unknown, wrong_secret, after_wrong_secret, after_another_client, wrong_hint, after_wrong_hint]
            in proptest::array::uniform6(proptest::option::of(arbitrary::received(&["error"])))
        => RevocationAttack {
            another_client: after_another_client.map(|after| (after.clone(), after)),
            no_token: unknown.clone(),
            unknown,
            wrong_secret,
            after_wrong_secret,
            wrong_hint,
            after_wrong_hint,
            ..none()
        }
    );
}
