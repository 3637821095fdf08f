//! Rules about userinfo and access tokens whose scope does not cover it (RFC 6749 7, RFC 6750 3.1).

use crate::rule::prelude::*;
use crate::rule::userinfo_request::challenge;

/// Why the scope of a token does not cover userinfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncovered {
    /// It is the client's own, and stands for no end-user.
    ClientToken,
    /// It came of a refresh that asked for everything but `openid`.
    Narrowed,
}

/// Userinfo's answer to such a token.
#[derive(Debug, Clone)]
pub struct UncoveredToken {
    /// Why it does not cover userinfo.
    pub why: Uncovered,
    /// The scope that came with it, if the token response named one.
    pub scope: Option<String>,
    /// The answer to a token of a login for `openid`.
    pub control: Received,
    /// The answer.
    pub response: Received,
}

artefact!(UncoveredToken: [RULES], at response.exchange);

const CLIENT_TOKEN: &str = "userinfo/client-token-refused";
const NARROWED: &str = "userinfo/token-without-openid-refused";

static RULES: &[Check<UncoveredToken>] = &[
    // The MUST is that the scope covers the resource. Which scope covers userinfo, no text says: a client may be an account of its own there. Without
    // `openid`, "the behavior is entirely unspecified" (OpenID Connect Core 3.1.2.1), and 5.3 has clients use a token of an OpenID Connect authentication.
    should(
        CLIENT_TOKEN,
        "RFC6749-7",
        "Userinfo should refuse an access token of the client credentials grant, which stands for no end-user",
        "A client takes what it reads there for the claims of an end-user who logged in.",
        "Check at userinfo that the access token was issued for an end-user and has the scope `openid`. Otherwise answer with status 403 and `error=\"insufficient_scope\"` in `WWW-Authenticate`.",
        |token| token.refused(Uncovered::ClientToken, "the client's own token"),
    ),
    // To an issuer that keeps the two kinds of tokens apart it is no token at all; nor is one that is for another resource (RFC 8707).
    should(
        "userinfo/client-token-error",
        "RFC6750-3.1",
        "Userinfo should refuse an access token of the client credentials grant with 403 `insufficient_scope`, or with 401 `invalid_token`",
        "A client cannot tell that it needs an end-user's token, and asks for the same token again and again.",
        "Answer with status 403 and `WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"openid\"` where the token is good and its scope is not enough.",
        |token| refused_rightly(token.refusal(Uncovered::ClientToken, CLIENT_TOKEN)?),
    ),
    should(
        NARROWED,
        "RFC6749-7",
        "Userinfo should refuse an access token that was granted without the scope `openid`",
        "A service that a client gives a token for something else reads the name and the address of the end-user with it.",
        "Compare the scope of the access token, and not that of the grant behind it, with what userinfo needs: `openid`. Otherwise answer with status 403 and `error=\"insufficient_scope\"` in `WWW-Authenticate`.",
        |token| token.refused(Uncovered::Narrowed, "a token without openid"),
    ),
    should(
        "userinfo/token-without-openid-error",
        "RFC6750-3.1",
        "Userinfo should refuse an access token without the scope `openid` with 403 `insufficient_scope`, or with 401 `invalid_token`",
        "A client takes the token for expired and refreshes it, which helps nothing.",
        "Answer with status 403 and `WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"openid\"`. Keep status 401 and `invalid_token` for tokens that are not good.",
        |token| refused_rightly(token.refusal(Uncovered::Narrowed, NARROWED)?),
    ),
];

impl UncoveredToken {
    /// The answer, where this token was sent and its scope is not `openid` after all.
    fn about(&self, why: Uncovered) -> Result<&Received, Unmet> {
        applies_if(self.why == why, "another token was sent")?;
        let has_openid = self.scope.as_deref().is_some_and(|scope| scope_words(scope).contains("openid"));
        applies_if(!has_openid, "the issuer granted openid with it")?;
        Ok(&self.response)
    }

    fn refused(&self, why: Uncovered, what: &str) -> Judgement {
        let response = self.about(why)?;
        let control = Control::of(Answer::of_resource(&self.control), &self.control, "the access token of the login");
        refused_by_resource(response, &control, said!("a refusal of {what}"))
    }

    /// The answer, if it is a refusal that says something about the token.
    fn refusal(&self, why: Uncovered, rule: &'static str) -> Result<&Received, Unmet> {
        let response = self.about(why)?;
        match Answer::of_resource(response) {
            Answer::Given => not_run(rule),
            Answer::Silent => Err(Unmet::not_applicable(said!("status {} says nothing about the token", response.status))),
            Answer::Refused | Answer::RefusedAsSuccess => {
                let works = Answer::of_resource(&self.control) == Answer::Given;
                applies_if(works, "the access token of the login is refused, too")?;
                Ok(response)
            }
        }
    }
}

/// Passes for a token that is refused for its scope, or because it is none for this endpoint.
fn refused_rightly(response: &Received) -> Judgement {
    let error = error(response);
    let is_right = matches!((response.status, error.as_deref()), (403, Some("insufficient_scope")) | (401, Some("invalid_token")));
    holds(is_right, "status 403: insufficient_scope, or status 401: invalid_token", seen(response, error.as_deref()))
}

/// The error of a refusal: that of its Bearer challenge, else that of its body.
pub(super) fn error(response: &Received) -> Option<String> {
    let challenges = response.header_all("www-authenticate").filter_map(|value| challenge::parse(value).ok()).flatten();
    let mut bearer = challenges.filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"));
    let of_challenge = bearer.find_map(|challenge| challenge.parameter("error").map(str::to_owned));
    of_challenge.or_else(|| error_code(response).map(str::to_owned))
}

/// A refusal for a message: its status and the error it names.
pub(super) fn seen(response: &Received, error: Option<&str>) -> Words {
    match error {
        Some(error) => said!("status {}: {}", response.status, crate::rule::expect::shorten(error)),
        None => refusal(response),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable, not_run};

    fn token(why: Uncovered, response: Received) -> UncoveredToken {
        UncoveredToken { why, scope: Some("profile".to_owned()), control: self::response(200, &json!({ "sub": "u" })), response }
    }

    fn refused(status: u16, error: &str) -> Received {
        let mut response = response(status, &json!({}));
        response.headers.push(("www-authenticate".to_owned(), format!("Bearer realm=\"r\", error=\"{error}\"")));
        response
    }

    #[test]
    fn a_token_that_does_not_cover_userinfo_is_refused() {
        for (why, rules) in [
            (Uncovered::ClientToken, ["userinfo/client-token-refused", "userinfo/client-token-error"]),
            (Uncovered::Narrowed, ["userinfo/token-without-openid-refused", "userinfo/token-without-openid-error"]),
        ] {
            let given = token(why, response(200, &json!({ "sub": "u" })));
            assert_eq!((failing(&given), not_run(&given).len()), (vec![rules[0]], 1));
            assert_eq!(passing(&token(why, refused(403, "insufficient_scope"))), rules);
            assert_eq!(failing(&token(why, refused(400, "insufficient_scope"))), [rules[1]]);
            assert_eq!(passing(&token(why, response(403, &json!({ "error": "insufficient_scope" })))), rules);
            let silent = token(why, response(500, &json!({})));
            assert!(failing(&silent).is_empty() && passing(&silent).is_empty());
            let unproven = UncoveredToken { control: response(401, &json!({})), ..token(why, refused(403, "insufficient_scope")) };
            assert!(failing(&unproven).is_empty() && passing(&unproven).is_empty());
            assert!(failing(&token(why, refused(401, "invalid_token"))).is_empty());
            let granted = UncoveredToken { scope: Some("openid".to_owned()), ..given };
            assert_eq!(not_applicable(&granted).len(), 4);
        }
    }

    arbitrary_artefact!(UncoveredToken:
        narrowed in any::<bool>(),
        scope in proptest::option::of("(openid|x| ){0,3}"),
        control in arbitrary::received(&["sub", "error"]),
        response in arbitrary::received(&["sub", "error"])
        => UncoveredToken { why: if narrowed { Uncovered::Narrowed } else { Uncovered::ClientToken }, scope, control, response }
    );
}
