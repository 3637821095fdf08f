//! Rules about parameters of a token request that are unknown or empty, and about a scope that does not exist (RFC 6749 3.2, 3.3, 5.2).

use crate::rule::prelude::*;
use crate::rule::scope_grant::may_be_about_scope;

/// What a token request carried that must be ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// A parameter that does not exist.
    Unknown,
    /// A parameter without a value.
    Empty,
}

/// A token request that is good but for such a parameter.
#[derive(Debug, Clone)]
pub struct OddParameter {
    /// What it carried.
    pub odd: Odd,
    /// The answer.
    pub response: Received,
    /// Whether the same request without it gets tokens.
    pub control: Control,
}

artefact!(OddParameter: [ODD], at response.exchange);

static ODD: &[Check<OddParameter>] = &[
    must(
        "token/unknown-parameter-ignored",
        "RFC6749-3.2",
        "A parameter of the token request that the issuer does not know must be ignored",
        "Clients that send a parameter of an extension get no tokens.",
        "Read the parameters that you know from the token request, and do not refuse it for others.",
        |parameter| ignored(parameter, Odd::Unknown, "a parameter that does not exist"),
    ),
    must(
        "token/empty-parameter-ignored",
        "RFC6749-3.2",
        "A parameter of the token request without a value must be treated as if it were not there",
        "Clients that send every field of their form, filled in or not, get no tokens.",
        "Remove parameters without a value from the token request before you look at it.",
        |parameter| ignored(parameter, Odd::Empty, "an empty scope"),
    ),
];

fn ignored(parameter: &OddParameter, odd: Odd, what: &str) -> Judgement {
    applies_if(parameter.odd == odd, "another parameter was sent")?;
    let response = &parameter.response;
    match (Answer::of_token_endpoint(response), &parameter.control) {
        (Answer::Given, _) => pass(said!("tokens, with {what}")),
        (Answer::Silent, _) => not_applicable(said!("status {} says nothing about the request", response.status)),
        (_, Control::Good) => fail("tokens, as without it", said!("{} to {what}", refusal(response))),
        (_, missing) => missing.passes(""),
    }
}

/// Token requests that lack a code: one without the parameter, and one in which it has no value.
#[derive(Debug, Clone)]
pub struct EmptyCode {
    /// The answer to the one without.
    pub missing: Received,
    /// The answer to the one with an empty value.
    pub empty: Received,
}

artefact!(EmptyCode: [EMPTY], at empty.exchange);

static EMPTY: &[Check<EmptyCode>] = &[must(
    "token-error/empty-code-as-missing",
    "RFC6749-3.2",
    "A token request with an empty `code` must be answered like one without a code",
    "Developers look for a bad code, although their client sends none.",
    "Remove parameters without a value from the token request before you look for those that are required.",
    |codes| {
        not_busy(&codes.missing)?;
        not_busy(&codes.empty)?;
        let (Some(missing), Some(empty)) = (error_code(&codes.missing), error_code(&codes.empty)) else {
            return not_applicable("an answer without an error code");
        };
        holds(missing == empty, said!("error = {missing}"), refusal(&codes.empty))
    },
)];

/// What came of asking for a scope that does not exist, for the client itself.
#[derive(Debug, Clone)]
pub struct UnknownScope {
    /// The scope that does not exist.
    pub unknown: String,
    /// What was asked for: that and the scope that the client was granted before.
    pub asked: String,
    /// The answer.
    pub response: Received,
    /// True if the issuer publishes which scopes there are.
    pub scopes_published: bool,
}

artefact!(UnknownScope: [SCOPE], at response.exchange);

static SCOPE: &[Check<UnknownScope>] = &[
    may(
        "client-credentials/unknown-scope-not-granted",
        "RFC6749-3.3",
        "It is good practice to grant a client no scope that does not exist",
        "A service that decides by scope and learns of a new one later finds clients that have it already.",
        "Compare every value of `scope` with the scopes that exist and that the client may have. Leave the others out and name the rest in the response, or answer with `error=invalid_scope`.",
        |scope| {
            scope.is_published()?;
            match Answer::of_token_endpoint(&scope.response) {
                Answer::Given => {
                    let Some(granted) = scope.granted() else { return not_applicable("the response does not tell the scope") };
                    let words = scope_words(&granted);
                    let seen = said!("granted: {}", scope_text(&words));
                    holds(!words.contains(scope.unknown.as_str()), "no scope that does not exist", seen)
                }
                _ => scope.refused_for_scope(),
            }
        },
    ),
    // "If identical to the scope requested by the client; otherwise, REQUIRED" (RFC 6749 5.1): whether they are identical only the token tells.
    must(
        "client-credentials/unknown-scope-reported",
        "RFC6749-3.3",
        "The response to client credentials for a scope that does not exist must say which scope was granted, if it is no refusal",
        "The client believes that it has the access that it requested, and fails later.",
        "Return the granted scope in `scope` whenever it is not the scope of the request, or refuse the request with `error=invalid_scope`.",
        |scope| {
            scope.is_published()?;
            match Answer::of_token_endpoint(&scope.response) {
                Answer::Given => scope.reported(),
                _ => scope.refused_for_scope(),
            }
        },
    ),
    must(
        "client-credentials/unknown-scope-error",
        "RFC6749-5.2",
        "A token request that is refused for a scope that does not exist must be refused with `invalid_scope`",
        "With another error, developers do not look for the mistake in the scope.",
        "Answer with status 400 and `error=invalid_scope` if `scope` has a value that is unknown or not the client's. Name the value in `error_description`.",
        |scope| match Answer::of_token_endpoint(&scope.response) {
            Answer::Given => not_applicable("the request was not refused"),
            Answer::Silent => not_applicable(said!("status {} says nothing about the request", scope.response.status)),
            _ => holds(error_code(&scope.response) == Some("invalid_scope"), "error = invalid_scope", refusal(&scope.response)),
        },
    ),
];

impl UnknownScope {
    /// Goes on where it is known which scopes there are: another issuer may really have this one.
    fn is_published(&self) -> Result<(), Unmet> {
        applies_if(self.scopes_published, "the metadata do not say which scopes there are")
    }

    /// The scope that was granted: that of the response, else that of an access token that is a JWT.
    fn granted(&self) -> Option<String> {
        self.named().or_else(|| self.held())
    }

    /// The scope that the response names.
    fn named(&self) -> Option<String> {
        self.response.member("scope").and_then(|scope| scope.as_str().map(str::to_owned)).filter(|scope| !scope_words(scope).is_empty())
    }

    /// The scope in an access token that is a JWT.
    fn held(&self) -> Option<String> {
        let token = self.response.member("access_token")?;
        Jwt::parse(token.as_str()?).ok()?.scope().map(str::to_owned)
    }

    /// Passes when the response names the scope, or the token holds what was asked for, too.
    fn reported(&self) -> Judgement {
        if let Some(named) = self.named() {
            return pass(said!("scope = {}", scope_text(&scope_words(&named))));
        }
        let Some(held) = self.held() else {
            return not_applicable("the response names no scope, and the access token does not tell whether it has all that was asked for");
        };
        let words = scope_words(&held);
        let seen = said!("no scope, as if all of {} had been granted; the access token holds: {}", self.asked, scope_text(&words));
        if words.contains(self.unknown.as_str()) { pass(seen) } else { fail("a scope in the response, or a refusal", seen) }
    }

    fn refused_for_scope(&self) -> Judgement {
        // The same request without that scope got tokens a moment before.
        match error_code(&self.response) {
            Some(error) if may_be_about_scope(error) => pass(refusal(&self.response)),
            _ => not_applicable(said!("could not be judged: {}", refusal(&self.response))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn missing() -> Control {
        Control::Missing("a right request is refused, too".to_owned())
    }

    #[test]
    fn what_is_not_known_is_ignored() {
        for (odd, rule) in [(Odd::Unknown, "token/unknown-parameter-ignored"), (Odd::Empty, "token/empty-parameter-ignored")] {
            let of = |status, body: Value, control| OddParameter { odd, response: response(status, &body), control };
            assert_eq!(passing(&of(200, json!({ "access_token": "t" }), missing())), [rule]);
            let refused = || json!({ "error": "invalid_request" });
            assert_eq!(failing(&of(400, refused(), Control::Good)), [rule]);
            for open in [of(400, refused(), missing()), of(503, json!({}), Control::Good)] {
                assert_eq!(not_applicable(&open).len(), 2);
            }
        }
    }

    #[test]
    fn an_empty_code_is_none() {
        let of = |missing: &str, empty: &str| {
            let answer = |error: &str| response(400, &json!({ "error": error }));
            EmptyCode { missing: answer(missing), empty: answer(empty) }
        };
        assert_eq!(passing(&of("invalid_request", "invalid_request")).len(), 1);
        assert_eq!(failing(&of("invalid_request", "invalid_grant")), ["token-error/empty-code-as-missing"]);
        let silent = EmptyCode { empty: response(503, &json!({})), ..of("invalid_request", "") };
        assert_eq!(not_applicable(&silent).len(), 1);
    }

    fn scope(status: u16, body: &Value) -> UnknownScope {
        UnknownScope { unknown: "x".to_owned(), asked: "read x".to_owned(), response: response(status, body), scopes_published: true }
    }

    #[test]
    fn a_scope_that_does_not_exist_is_refused_or_left_out() {
        let granted = |scope: Option<&str>| self::scope(200, &json!({ "access_token": "t", "scope": scope }));
        assert_eq!(failing(&granted(Some("read x"))), ["client-credentials/unknown-scope-not-granted"]);
        // Of an opaque token it is not known what was granted.
        assert_eq!(not_applicable(&granted(None)).len(), 3);
        // {"scope":"read"} and {"scope":"read x"}.
        let token = |claims: &str| self::scope(200, &json!({ "access_token": format!("eyJhbGciOiJSUzI1NiJ9.{claims}.c2ln") }));
        assert_eq!(failing(&token("eyJzY29wZSI6InJlYWQifQ")), ["client-credentials/unknown-scope-reported"]);
        assert_eq!(failing(&token("eyJzY29wZSI6InJlYWQgeCJ9")), ["client-credentials/unknown-scope-not-granted"]);
        assert_eq!(passing(&granted(Some("read"))).len(), 2);
        let refused = |error: &str| scope(400, &json!({ "error": error }));
        assert_eq!(passing(&refused("invalid_scope")).len(), 3);
        assert_eq!(failing(&refused("invalid_request")), ["client-credentials/unknown-scope-error"]);
        assert!(passing(&scope(503, &json!({}))).is_empty());
        let unpublished = UnknownScope { scopes_published: false, ..granted(None) };
        assert_eq!(not_applicable(&unpublished).len(), 3);
    }

    arbitrary_artefact!(OddParameter:
        empty in any::<bool>(),
        good in any::<bool>(),
        response in arbitrary::received(&["access_token", "error"])
        => OddParameter { odd: if empty { Odd::Empty } else { Odd::Unknown }, response, control: if good { Control::Good } else { missing() } }
    );
    arbitrary_artefact!(EmptyCode:
        [missing, empty] in proptest::array::uniform2(arbitrary::received(&["error"]))
        => EmptyCode { missing, empty }
    );
    arbitrary_artefact!(UnknownScope:
        response in arbitrary::received(&["access_token", "scope", "error"]),
        scopes_published in any::<bool>()
        => UnknownScope { response, scopes_published, ..scope(200, &json!({})) }
    );
}
