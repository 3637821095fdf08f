//! Rules about registration that is protected by an initial access token (RFC 7591 3).

use crate::rule::prelude::*;
use crate::rule::provider_metadata::is_openid;
use crate::rule::userinfo_request::challenge::{parse, well_formed};

/// Registration requests without an initial access token and with one that the issuer never gave.
#[derive(Debug, Clone)]
pub struct RegistrationAccess {
    /// The answer to the request without a token.
    pub without: Received,
    /// The answer to the request with a made-up token; `None` where registration is open to all, which is allowed.
    pub wrong: Option<Received>,
    /// The answer to the request with a made-up token, where the one without a token was granted although a token was given out for registration.
    pub wrong_though_open: Option<Received>,
    /// The metadata, as parsed.
    pub metadata: Value,
    /// True if the same request was granted with the configured token, so that nothing but the token was missing.
    pub granted_with_token: bool,
}

impl Artefact for RegistrationAccess {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    fn exchange(&self) -> Option<usize> {
        Some(self.wrong.as_ref().unwrap_or(&self.without).exchange)
    }
    fn exchange_of(&self, rule: &str) -> Option<usize> {
        if let Some(wrong) = self.wrong_though_open.as_ref().filter(|_| rule == MISSING) {
            return Some(wrong.exchange);
        }
        if rule.starts_with(NO_TOKEN) { Some(self.without.exchange) } else { self.exchange() }
    }
}

impl RegistrationAccess {
    /// The answer to the request with a made-up token, if it was tried.
    fn tried(&self) -> Result<&Received, Unmet> {
        self.wrong.as_ref().ok_or_else(|| Unmet::not_applicable(OPEN))
    }

    /// The same, if registration asks for a token: 401 says so to either request.
    fn wrong(&self) -> Result<&Received, Unmet> {
        let wrong = self.tried()?;
        applies_if(self.granted_with_token || self.without.status == 401 || wrong.status == 401 || wrong.is_success(), UNCLEAR)?;
        Ok(wrong)
    }

    /// True if the issuer is an OpenID provider, and not an authorization server of another kind.
    fn is_of_provider(&self) -> bool {
        self.metadata.as_object().is_some_and(is_openid)
    }

    /// Judges the challenge of a refusal. An OpenID provider takes bearer tokens (OpenID Connect Registration 3); at another authorization server "any OAuth
    /// 2.0 token type could be used" (RFC 7591 3.1), which another scheme in the challenge says.
    fn challenge(&self, response: &Received, rule: &'static str) -> Judgement {
        let is_challenge = |value: &str| parse(value).is_ok_and(|challenges| !challenges.is_empty());
        let is_of_other_type = !challenges_for(response, "bearer") && response.header_all("www-authenticate").any(is_challenge);
        applies_if(self.is_of_provider() || !is_of_other_type, "the challenge is for tokens of another type, and the issuer is no OpenID provider")?;
        names_bearer(response, rule)
    }

    /// Goes on where an OpenID provider registered a client that showed no token.
    fn open_provider(&self) -> Result<(), Unmet> {
        applies_if(self.is_of_provider(), "the metadata are not those of an OpenID provider")?;
        applies_if(Answer::of_registration(&self.without) == Answer::Given, "registration is not open to everybody")
    }

    /// A list in the metadata.
    fn listed(&self, name: &str) -> Option<Vec<&str>> {
        strings(self.metadata.get(name)?).ok()
    }

    /// The answer to the request without a token, if a token was what it lacked. A policy (403), or a fault of the metadata (400, RFC 7591 3.2.2), is
    /// no matter of access.
    fn without(&self) -> Result<&Received, Unmet> {
        self.tried()?;
        applies_if(self.granted_with_token || self.without.status == 401, UNCLEAR)?;
        Ok(&self.without)
    }
}

/// What the ids of the rules about the request without a token begin with.
const NO_TOKEN: &str = "registration-access/no-token-";
const MISSING: &str = "registration-access/missing-token-refused";
const WRONG: &str = "registration-access/wrong-token-refused";
/// Nothing is asked of an open endpoint, so no rule can be the cause.
const OPEN: &str = "registration is open to everybody, which is allowed";
const UNCLEAR: &str = "the refusal is not with 401, and no request with an initial access token shows that a token was what it lacked";

static RULES: &[Check<RegistrationAccess>] = &[
    should(
        "registration-access/no-token-http-401",
        "RFC6750-3.1",
        "A protected registration endpoint should refuse a request without an initial access token with status 401",
        "With another status, developers cannot see that only the token was missing.",
        "Check the initial access token before the client metadata. Answer a request without a token with status 401.",
        |access| http_401(access.without()?, OPEN),
    ),
    must(
        "registration-access/no-token-challenge",
        "RFC6750-3",
        "The refusal of a registration without a token must name the scheme Bearer in `WWW-Authenticate`",
        "A client that does not know the endpoint cannot find out what kind of credentials it needs.",
        "Add a header such as `WWW-Authenticate: Bearer realm=\"registration\"` to the refusal of a registration request without a token.",
        |access| access.challenge(access.without()?, OPEN),
    ),
    // Open registration is encouraged (RFC 7591 3), and a token may give more than it does: this may be meant.
    may(
        MISSING,
        "RFC7591-3",
        "It is good practice that registration which refuses a wrong initial access token refuses a missing one, too",
        "A client without a token leaves it out and registers all the same: the token protects nothing.",
        "If only owners of a token may register, refuse requests without one with status 401. If registration is open to everybody, nothing has to change.",
        |access| {
            let Some(wrong) = &access.wrong_though_open else { return not_applicable("a token is demanded, or none was given out") };
            not_busy(wrong)?;
            if wrong.gives() {
                return pass("registration is open to everybody, whatever token comes with it");
            }
            fail("a refusal without a token, too", said!("a made-up token is refused ({}), and no token at all is not", refusal(wrong)))
        },
    ),
    must(
        WRONG,
        "RFC6749-7",
        "A protected registration endpoint must refuse an initial access token that the issuer did not issue",
        "An attacker who invents a token can register as many clients as they like, under any name.",
        "Verify that the server issued the initial access token and that the token is still valid, before the registration is processed. Refuse every other token with status 401 and register no client.",
        |access| refused(access.wrong()?),
    ),
    should(
        "registration-access/wrong-token-http-401",
        "RFC6750-3.1",
        "A registration with an invalid initial access token should be refused with status 401",
        "With another status, developers look for a mistake in the client metadata, although the token is wrong.",
        "Check the initial access token before the client metadata. Answer an invalid token with status 401 and `error=\"invalid_token\"` in `WWW-Authenticate`.",
        |access| http_401(access.wrong()?, WRONG),
    ),
    must(
        "registration-access/wrong-token-challenge",
        "RFC6750-3",
        "The refusal of an invalid initial access token must name the scheme Bearer in `WWW-Authenticate`",
        "Clients look in this header for the reason of the refusal and do not find it.",
        "Add the header `WWW-Authenticate: Bearer error=\"invalid_token\"` to the response that refuses the token.",
        |access| access.challenge(access.wrong()?, WRONG),
    ),
    must(
        "registration-access/challenges-well-formed",
        "RFC6750-3",
        "The Bearer challenges of the registration endpoint must have the syntax of `WWW-Authenticate`, and at least one parameter, each once",
        "Clients that parse the header cannot read the reason of the refusal.",
        "Write the header as scheme, space and parameters that are separated by commas, with the values in double quotes: `Bearer realm=\"registration\", error=\"invalid_token\"`.",
        |access| {
            let refusals = [&access.without, access.tried()?].into_iter().filter(|response| !response.gives());
            well_formed(refusals.flat_map(|response| response.header_all("www-authenticate")))
        },
    ),
    // The texts have these as MUSTs of what they call dynamic OpenID providers (RFC 7591 and 7592 have nothing of the kind); RFC 9700 2.1.2 advises against
    // tokens in the authorization response, and so against the implicit grant. A provider that follows it is no worse, so this is no more than advice.
    may(
        "registration-access/open-response-types",
        "OIDCC-15.2",
        "It is good practice that an OpenID provider which registers everybody supports the response types `code`, `id_token` and `id_token token`",
        "A client that registers with an issuer which it does not know counts on them, and finds none of its flows.",
        "Support the three response types and list them in `response_types_supported`. If you leave out the implicit flow because of RFC 9700, nothing has to change.",
        |access| {
            access.open_provider()?;
            let types = access.listed("response_types_supported").unwrap_or_default();
            let words = |text: &str| text.split(' ').collect::<std::collections::BTreeSet<_>>().into_iter().map(str::to_owned).collect::<Vec<_>>();
            let missing = ["code", "id_token", "id_token token"].into_iter().filter(|wanted| !types.iter().any(|text| words(text) == words(wanted)));
            none_wrong(&missing.map(|text| said!("no {text}")).collect::<Vec<_>>(), "code, id_token and id_token token", list(&types))
        },
    ),
    may(
        "registration-access/open-grant-types",
        "OIDCD-3",
        "It is good practice that an OpenID provider which registers everybody supports the grant types `authorization_code` and `implicit`",
        "A client that registers with an issuer which it does not know counts on them, and is refused.",
        "Support both grant types and list them in `grant_types_supported`. If you leave out the implicit flow because of RFC 9700, nothing has to change.",
        |access| {
            access.open_provider()?;
            // Without the list these two are assumed.
            let grants = access.listed("grant_types_supported").unwrap_or_else(|| vec!["authorization_code", "implicit"]);
            let missing = ["authorization_code", "implicit"].into_iter().filter(|grant| !grants.contains(grant));
            none_wrong(&missing.map(|grant| said!("no {grant}")).collect::<Vec<_>>(), "authorization_code and implicit", list(&grants))
        },
    ),
    // A MUST of dynamic OpenID providers, too, against which nothing speaks; few of them know it.
    should(
        "registration-access/open-request-uri",
        "OIDCC-15.2",
        "An OpenID provider that registers everybody should support `request_uri`",
        "A client that registers with an issuer which it does not know counts on it, and its requests are refused.",
        "Fetch request objects from the addresses that the client registered in `request_uris`, and leave `request_uri_parameter_supported` out or set it to `true`.",
        |access| {
            access.open_provider()?;
            let is_off = access.metadata.get("request_uri_parameter_supported") == Some(&Value::Bool(false));
            holds(
                !is_off,
                "request_uri_parameter_supported: true, or left out",
                if is_off { "request_uri_parameter_supported = false" } else { "supported" },
            )
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::prelude::*;
    use crate::rule::testing::{json as response, not_applicable};

    fn challenged(mut response: Received) -> Received {
        response.headers.push(("www-authenticate".to_owned(), "Bearer realm=\"x\"".to_owned()));
        response
    }

    fn refusal() -> Received {
        challenged(response(401, &json!({ "error": "invalid_token" })))
    }

    fn access(without: Received, wrong: Received, granted_with_token: bool) -> RegistrationAccess {
        RegistrationAccess { without, wrong: Some(wrong), wrong_though_open: None, metadata: Value::Null, granted_with_token }
    }

    #[test]
    fn a_refusal_is_one_of_access_if_it_says_401_or_a_token_helps() {
        for other in [response(400, &json!({ "error": "invalid_redirect_uri" })), response(403, &json!({ "error": "insufficient_scope" }))] {
            let unclear = access(other.clone(), other.clone(), false);
            assert_eq!(not_applicable(&unclear).len(), RegistrationAccess::rules().count());
            // The made-up token was looked at, the missing one not.
            assert!(failing(&access(other.clone(), refusal(), false)).is_empty());
            let rules: Vec<_> = ["no-token-http-401", "no-token-challenge", "wrong-token-http-401", "wrong-token-challenge"].into();
            assert_eq!(
                failing(&access(other.clone(), other.clone(), true)),
                rules.iter().map(|rule| format!("registration-access/{rule}")).collect::<Vec<_>>()
            );
            assert_eq!(failing(&access(other, response(201, &json!({ "client_id": "c" })), false)), [WRONG]);
        }
    }

    #[test]
    fn a_finding_points_at_the_request_it_is_about() {
        let numbered = |exchange| Received { exchange, ..refusal() };
        let access = access(numbered(1), numbered(2), false);
        assert_eq!((access.exchange_of("registration-access/no-token-challenge"), access.exchange_of(WRONG)), (Some(1), Some(2)));
    }

    #[test]
    fn open_and_protected_registration_are_both_allowed() {
        let client = || response(201, &json!({ "client_id": "c" }));
        let open = RegistrationAccess { without: client(), wrong: None, wrong_though_open: None, metadata: Value::Null, granted_with_token: false };
        assert_eq!(not_applicable(&open).len(), RegistrationAccess::rules().count());
        assert!(failing(&RegistrationAccess { wrong_though_open: Some(client()), ..open.clone() }).is_empty());
        let numbered = Some(Received { exchange: 3, ..refusal() });
        let pointless = RegistrationAccess { wrong_though_open: numbered, ..open };
        assert_eq!((failing(&pointless), pointless.exchange_of(MISSING)), (vec![MISSING], Some(3)));
        assert!(failing(&access(refusal(), refusal(), false)).is_empty());
        let busy = access(response(503, &json!({})), response(429, &json!({})), true);
        assert!(failing(&busy).is_empty());
    }

    #[test]
    fn a_provider_that_registers_everybody_supports_what_such_a_client_counts_on() {
        let open = |metadata: Value| RegistrationAccess {
            without: response(201, &json!({ "client_id": "c" })),
            wrong: None,
            wrong_though_open: None,
            metadata,
            granted_with_token: false,
        };
        let all = json!({ "subject_types_supported": ["public"], "response_types_supported": ["code", "id_token", "token id_token"] });
        assert_eq!(failing(&open(all.clone())), [""; 0]);
        let with = |name: &str, value: Value| {
            let mut metadata = all.clone();
            metadata[name] = value;
            failing(&open(metadata))
        };
        assert_eq!(with("response_types_supported", json!(["code"])), ["registration-access/open-response-types"]);
        assert_eq!(with("grant_types_supported", json!(["authorization_code"])), ["registration-access/open-grant-types"]);
        assert_eq!(with("request_uri_parameter_supported", json!(false)), ["registration-access/open-request-uri"]);
        let protected = RegistrationAccess { metadata: json!({ "subject_types_supported": ["public"] }), ..access(refusal(), refusal(), false) };
        assert_eq!(failing(&protected), [""; 0]);
    }

    #[test]
    fn each_way_of_being_wrong_fails_its_rule() {
        let of = |without: Received, wrong: Received| failing(&access(without, wrong, true));
        assert_eq!(of(refusal(), response(201, &json!({ "client_id": "c" }))), [WRONG]);
        assert_eq!(of(challenged(response(400, &json!({}))), refusal()), ["registration-access/no-token-http-401"]);
        assert_eq!(of(response(401, &json!({})), refusal()), ["registration-access/no-token-challenge"]);
        assert_eq!(of(refusal(), challenged(response(403, &json!({})))), ["registration-access/wrong-token-http-401"]);
        assert_eq!(of(refusal(), response(401, &json!({}))), ["registration-access/wrong-token-challenge"]);
        let mut unquoted = response(401, &json!({}));
        unquoted.headers.push(("www-authenticate".to_owned(), "Bearer error=not known".to_owned()));
        assert_eq!(of(refusal(), unquoted), ["registration-access/challenges-well-formed"]);
    }

    #[test]
    fn a_server_that_is_no_provider_may_want_tokens_of_another_type() {
        let by_dpop = || {
            let mut response = response(401, &json!({ "error": "invalid_token" }));
            response.headers.push(("www-authenticate".to_owned(), "DPoP algs=\"ES256\"".to_owned()));
            response
        };
        let rules = ["registration-access/no-token-challenge", "registration-access/wrong-token-challenge"];
        let server = access(by_dpop(), by_dpop(), false);
        assert_eq!(failing(&server), [""; 0]);
        assert!(rules.iter().all(|rule| not_applicable(&server).contains(rule)), "{:?}", not_applicable(&server));
        let provider = RegistrationAccess { metadata: json!({ "subject_types_supported": ["public"] }), ..server };
        assert_eq!(failing(&provider), rules);
    }

    arbitrary_artefact!(RegistrationAccess:
        without in arbitrary::received(&["error", "client_id"]),
        wrong in proptest::option::of(arbitrary::received(&["error", "client_id"])),
        wrong_though_open in proptest::option::of(arbitrary::received(&["error", "client_id"])),
        metadata in arbitrary::value(&["subject_types_supported", "response_types_supported", "grant_types_supported"]),
        granted_with_token in proptest::bool::ANY
        => RegistrationAccess { without, wrong, wrong_though_open, metadata, granted_with_token }
    );
}
