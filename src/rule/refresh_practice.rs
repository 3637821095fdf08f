//! Rules about refreshing after attacks, with other scopes, and by public clients (RFC 6749 6, RFC 9700 2.2.2).

use crate::rule::prelude::*;

/// What became of a refresh token that was attacked, and of requests for other scopes with it.
#[derive(Debug, Clone)]
pub struct RefreshPractice {
    /// The answer to a right refresh after the attacks.
    pub after_attacks: Received,
    /// The refresh token that was sent.
    pub sent: String,
    /// True if the client does not authenticate.
    pub is_public: bool,
    /// The scope that was granted at first.
    pub granted: String,
    /// A part of that scope, and the answer to a refresh that asks for it.
    pub narrow: Option<(String, Received)>,
    /// The answer to a refresh that asks for no scope, with a refresh token that came of the one for a part.
    pub whole: Option<Received>,
    /// The answer to a refresh that asks for more.
    pub wide: Option<Received>,
}

artefact!(RefreshPractice: [RULES], at after_attacks.exchange);

const SURVIVES: &str = "refresh/survives-attacks";
/// The rule that says that more than was granted is not given.
pub const WIDER: &str = "refresh/wider-scope-not-granted";

static RULES: &[Check<RefreshPractice>] = &[
    may(
        SURVIVES,
        "RFC6749-6",
        "It is good practice that a refresh token still works for its client after others failed to use it",
        "An attacker who sees the refresh token, but cannot use it, can still log the end-user out.",
        "Authenticate the client first, and check that the refresh token belongs to it. Mark the refresh token as used, or revoke it, only after \
         these checks have succeeded.",
        |practice| {
            let response = &practice.after_attacks;
            // Refused for the client and not for the token, it would have been refused before, too.
            applies_if(!is_about_client(response), said!("the client may not refresh: {}", refusal(response)))?;
            match Answer::of_token_endpoint(response) {
                Answer::Silent => not_applicable(said!("status {} says nothing about the token", response.status)),
                answer => holds(answer == Answer::Given, "new tokens", refusal(response)),
            }
        },
    ),
    must_by_bcp(
        "refresh/public-client-rotates",
        "RFC9700-2.2.2",
        "A public client must get a new refresh token with every refresh",
        "A thief can use a refresh token that was stolen from a phone or a browser for as long as the end-user does, and the theft is not noticed.",
        "For clients without authentication, return a new `refresh_token` with each refresh and invalidate the old one. If the old refresh token is \
         used again, revoke all tokens of the grant.",
        |practice| {
            applies_if(practice.is_public, "the client is confidential")?;
            // A token bound to a key need not rotate; this client has none.
            let actual = match practice.refreshed()?.get("refresh_token").and_then(Value::as_str) {
                None => "no refresh token: the old one is kept",
                Some(token) if token == practice.sent => "the same refresh token",
                Some(_) => return pass("another refresh token"),
            };
            fail("another refresh token", actual)
        },
    ),
    may(
        "refresh/narrow-scope-granted",
        "RFC6749-6",
        "It is good practice that a refresh that asks for a part of the scope gets an access token for that part only",
        "A client cannot get an access token with less access, to hand it to another service.",
        "Read `scope` in the refresh request. If all its values were granted at first, issue an access token for exactly these values, and keep the \
         whole scope for the refresh token.",
        |practice| {
            let Some((asked, response)) = &practice.narrow else { return not_applicable("the scope cannot be narrowed") };
            needs(practice.after_attacks.grants_token(), SURVIVES)?;
            if !response.grants_token() {
                return fail(said!("a token for {asked}"), refusal(response));
            }
            // RFC 6749 5.1: without a word it is the one that was asked for.
            let Some(scope) = scope(response) else { return pass("no scope in the response: it is the one asked for") };
            let granted = scope_words(scope);
            holds(granted.is_subset(&scope_words(asked)), said!("scope: {asked}"), said!("granted: {}", scope_text(&granted)))
        },
    ),
    must(
        "refresh/scope-not-lost",
        "RFC6749-6",
        "The refresh token that comes of a refresh for a part of the scope must be good for the whole scope that was granted",
        "A client that asked for a weaker access token once never gets back what the end-user granted it.",
        "Store the scope that the end-user granted with every refresh token of the grant. Narrow the scope of the new access token alone.",
        |practice| {
            let Some(response) = &practice.whole else { return not_applicable("no refresh token came of a refresh for less") };
            needs(practice.after_attacks.grants_token(), SURVIVES)?;
            if !response.grants_token() {
                return not_applicable(said!("could not be judged: {}", refusal(response)));
            }
            let Some(scope) = scope(response) else { return pass("no scope in the response: it is the one granted at first") };
            let (before, after) = (scope_words(&practice.granted), scope_words(scope));
            holds(before.is_subset(&after), scope_text(&before), said!("granted: {}", scope_text(&after)))
        },
    ),
    must(
        WIDER,
        "RFC6749-6",
        "A refresh that asks for more scope than was granted at first must not be granted more",
        "A client, or a thief with its refresh token, gets access to which the end-user did not agree.",
        "Compare the `scope` of the refresh request with the scope that is stored for the grant. If it has other values, refuse the request with \
         status 400 and the error `invalid_scope`.",
        |practice| {
            let Some(response) = &practice.wide else { return not_applicable("no refresh asked for more") };
            match Answer::of_token_endpoint(response) {
                Answer::Given => {}
                Answer::Silent => return not_applicable(said!("status {} says nothing about the scope", response.status)),
                _ if error_code(response) == Some("invalid_scope") => return pass(refusal(response)),
                // Any other error may be about the token: then it has to have been good a moment before.
                _ => return practice.latest().passes(refusal(response)),
            }
            let Some(scope) = scope(response) else { return not_applicable("the response does not tell the scope") };
            let (before, after) = (scope_words(&practice.granted), scope_words(scope));
            let expected = said!("a refusal, or of: {}", scope_text(&before));
            holds(after.is_subset(&before), expected, said!("granted: {}", scope_text(&after)))
        },
    ),
];

impl RefreshPractice {
    /// Whether the refresh before the one that asks for more got tokens.
    fn latest(&self) -> Control {
        let narrow = self.narrow.as_ref().map(|(_, response)| response);
        let latest = self.whole.as_ref().or(narrow).unwrap_or(&self.after_attacks);
        Control::of(Answer::of_token_endpoint(latest), latest, "the refresh before")
    }

    /// The members of the answer after the attacks.
    fn refreshed(&self) -> Result<&Map<String, Value>, Unmet> {
        self.after_attacks.members().filter(|_| self.after_attacks.grants_token()).ok_or_else(|| Unmet::not_run(SURVIVES))
    }
}

/// The scope that a response names.
fn scope(response: &Received) -> Option<&str> {
    response.members()?.get("scope")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run};

    fn practice(after: &Value, narrow: &Value, wide_status: u16, wide: &Value) -> RefreshPractice {
        let given = |body: &Value| {
            let mut body = body.clone();
            body["access_token"] = json!("a");
            body
        };
        RefreshPractice {
            after_attacks: response(200, &given(after)),
            sent: "old".to_owned(),
            is_public: true,
            granted: "openid offline_access".to_owned(),
            narrow: Some(("openid".to_owned(), response(200, &given(narrow)))),
            whole: Some(response(200, &given(&json!({ "scope": "offline_access openid" })))),
            wide: Some(response(wide_status, &if wide_status == 200 { given(wide) } else { wide.clone() })),
        }
    }

    fn good() -> RefreshPractice {
        practice(&json!({ "refresh_token": "new" }), &json!({ "scope": "openid" }), 400, &json!({ "error": "invalid_scope" }))
    }

    #[test]
    fn what_the_specification_allows_breaks_no_rule() {
        let refresh = json!({ "refresh_token": "new" });
        assert!(failing(&good()).is_empty() && not_applicable(&good()).is_empty());
        assert!(failing(&practice(&refresh, &json!({}), 200, &json!({ "scope": "openid offline_access" }))).is_empty());
        assert_eq!(not_applicable(&practice(&refresh, &json!({}), 200, &json!({}))), ["refresh/wider-scope-not-granted"]);
        let confidential = RefreshPractice { is_public: false, ..practice(&json!({}), &json!({}), 400, &json!({})) };
        assert_eq!((failing(&confidential).len(), not_applicable(&confidential)), (0, vec!["refresh/public-client-rotates"]));
        let refused = response(400, &json!({ "error": "invalid_grant" }));
        let open = RefreshPractice { narrow: Some(("openid".to_owned(), refused.clone())), whole: None, wide: Some(refused), ..good() };
        assert_eq!(not_applicable(&open), ["refresh/scope-not-lost", "refresh/wider-scope-not-granted"], "the token may have been dead");
        let misnamed = RefreshPractice { wide: Some(response(200, &json!({ "error": "invalid_scope" }))), ..good() };
        assert!(failing(&misnamed).is_empty() && not_applicable(&misnamed).is_empty());
        let plain = RefreshPractice { narrow: None, whole: None, wide: None, ..good() };
        assert_eq!((failing(&plain).len(), not_applicable(&plain).len()), (0, 3));
        assert!(failing(&RefreshPractice { whole: Some(response(200, &json!({ "access_token": "a" }))), ..good() }).is_empty());
    }

    #[test]
    fn each_wrong_answer_breaks_its_rule() {
        let refresh = json!({ "refresh_token": "new" });
        let refused = response(400, &json!({ "error": "invalid_grant" }));
        for (practice, rule) in [
            (practice(&json!({ "refresh_token": "old" }), &json!({}), 400, &json!({})), "refresh/public-client-rotates"),
            (practice(&json!({}), &json!({}), 400, &json!({})), "refresh/public-client-rotates"),
            (practice(&refresh, &json!({ "scope": "openid offline_access" }), 400, &json!({})), "refresh/narrow-scope-granted"),
            (RefreshPractice { narrow: Some(("openid".to_owned(), refused.clone())), ..good() }, "refresh/narrow-scope-granted"),
            (practice(&refresh, &json!({}), 200, &json!({ "scope": "openid profile" })), "refresh/wider-scope-not-granted"),
            (RefreshPractice { after_attacks: refused.clone(), ..good() }, "refresh/survives-attacks"),
            (RefreshPractice { whole: Some(response(200, &json!({ "access_token": "a", "scope": "openid" }))), ..good() }, "refresh/scope-not-lost"),
        ] {
            assert_eq!(failing(&practice), [rule]);
        }
        assert_eq!(not_run(&RefreshPractice { after_attacks: refused, ..good() }).len(), 3);
    }

    arbitrary_artefact!(RefreshPractice:
        after_attacks in arbitrary::received(&["refresh_token", "scope"]),
        narrow in proptest::option::of(("openid|.{0,4}", arbitrary::received(&["scope"]))),
        [whole, wide] in proptest::array::uniform2(proptest::option::of(arbitrary::received(&["scope"]))),
        is_public in any::<bool>()
        => RefreshPractice { after_attacks, is_public, narrow, whole, wide, ..good() }
    );
}
