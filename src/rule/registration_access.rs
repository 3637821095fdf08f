//! Rules about registration that is protected by an initial access token (RFC 7591 3).

use crate::observed::received::Received;
use crate::rule::expect::{must, should};
use crate::rule::judgement::Unmet;
use crate::rule::protected::{http_401, names_bearer, refused};
use crate::rule::{Artefact, Check};

/// Registration requests without an initial access token and with one that the issuer never gave.
#[derive(Debug, Clone)]
pub struct RegistrationAccess {
    /// The answer to the request without a token.
    pub without: Received,
    /// The answer to the request with a made-up token; `None` where registration is open to all, which is allowed.
    pub wrong: Option<Received>,
}

impl Artefact for RegistrationAccess {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.wrong.as_ref().unwrap_or(&self.without).exchange)
    }
}

impl RegistrationAccess {
    /// The answer to the request with a made-up token, if registration is protected.
    fn wrong(&self) -> Result<&Received, Unmet> {
        self.wrong.as_ref().ok_or_else(|| Unmet::not_applicable(OPEN))
    }

    /// The answer to the request without a token, if registration is protected.
    fn without(&self) -> Result<&Received, Unmet> {
        self.wrong().map(|_| &self.without)
    }
}

const WRONG: &str = "registration-access/wrong-token-refused";
/// Nothing is asked of an open endpoint, so no rule can be the cause.
const OPEN: &str = "registration is open to everybody, which is allowed";

static RULES: &[Check<RegistrationAccess>] = &[
    should(
        "registration-access/no-token-http-401",
        "RFC6750-3.1",
        "Protected registration refuses a request without an initial access token with 401",
        "Developers cannot tell that a token was all that was missing.",
        |access| http_401(access.without()?, OPEN),
    ),
    must(
        "registration-access/no-token-challenge",
        "RFC6750-3",
        "The refusal of a registration without a token names the scheme Bearer in WWW-Authenticate",
        "A client that does not know the endpoint cannot find out what it asks for.",
        |access| names_bearer(access.without()?, OPEN),
    ),
    must(
        WRONG,
        "RFC6749-7",
        "Protected registration refuses an initial access token that the issuer never gave",
        "Whoever makes up a token registers as many clients as they like, under any name.",
        |access| refused(access.wrong()?),
    ),
    should(
        "registration-access/wrong-token-http-401",
        "RFC6750-3.1",
        "A registration with an invalid initial access token is refused with 401",
        "Developers look for a mistake in their metadata where the token is wrong.",
        |access| http_401(access.wrong()?, WRONG),
    ),
    must(
        "registration-access/wrong-token-challenge",
        "RFC6750-3",
        "The refusal of an invalid initial access token names the scheme Bearer in WWW-Authenticate",
        "Clients look there for the reason and find none.",
        |access| names_bearer(access.wrong()?, WRONG),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::{arbitrary, arbitrary_artefact, failing, json as response, not_applicable};
    use serde_json::json;

    fn challenged(mut response: Received) -> Received {
        response.headers.push(("www-authenticate".to_owned(), "Bearer realm=\"x\"".to_owned()));
        response
    }

    fn refusal() -> Received {
        challenged(response(401, &json!({ "error": "invalid_token" })))
    }

    #[test]
    fn open_and_protected_registration_are_both_allowed() {
        let open = RegistrationAccess { without: response(201, &json!({ "client_id": "c" })), wrong: None };
        assert_eq!(not_applicable(&open).len(), RegistrationAccess::rules().count());
        assert!(failing(&RegistrationAccess { without: refusal(), wrong: Some(refusal()) }).is_empty());
        let busy = RegistrationAccess { without: response(503, &json!({})), wrong: Some(response(429, &json!({}))) };
        assert!(failing(&busy).is_empty());
    }

    #[test]
    fn each_way_of_being_wrong_fails_its_rule() {
        let of = |without: Received, wrong: Received| failing(&RegistrationAccess { without, wrong: Some(wrong) });
        assert_eq!(of(refusal(), response(201, &json!({ "client_id": "c" }))), [WRONG]);
        assert_eq!(of(challenged(response(400, &json!({}))), refusal()), ["registration-access/no-token-http-401"]);
        assert_eq!(of(response(401, &json!({})), refusal()), ["registration-access/no-token-challenge"]);
        assert_eq!(of(refusal(), challenged(response(403, &json!({})))), ["registration-access/wrong-token-http-401"]);
        assert_eq!(of(refusal(), response(401, &json!({}))), ["registration-access/wrong-token-challenge"]);
    }

    arbitrary_artefact!(RegistrationAccess:
        without in arbitrary::received(&["error", "client_id"]),
        wrong in proptest::option::of(arbitrary::received(&["error", "client_id"]))
        => RegistrationAccess { without, wrong }
    );
}
