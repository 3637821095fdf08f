//! Rules about authorization requests that are wrong though client and redirect URI are in order (RFC 6749 3.1, RFC 7636 4.4.1, RFC 9700 2.1.1).

use crate::rule::expect;
use crate::rule::prelude::*;

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Improper {
    /// It has no `response_type`.
    NoResponseType,
    /// It asks for a token by `response_type=token`, and the client registered `code` only.
    TokenResponseType,
    /// A parameter comes twice.
    Repeated,
    /// Its `code_challenge_method` does not exist.
    ChallengeMethod,
    /// Its `code_challenge_method` is `plain`, which the metadata do not list.
    PlainChallenge,
    /// It has no `code_challenge`, and the client is a public one.
    NoChallenge,
    /// A value of an optional parameter makes no sense: `max_age`, `claims`. It may be refused or ignored.
    Odd,
    /// A `prompt` that does not exist, which may be refused or ignored where the metadata do not list those that there are.
    Prompt,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// An error at the redirect URI, if one was named.
    Error(String),
    /// A page of the issuer's, with its status where that was seen.
    Page(Option<u16>),
    /// What was asked for: `code`, or a token.
    Granted(String),
    /// It could not be seen.
    Unknown(String),
}

/// An authorization request that is wrong, and what came of it.
#[derive(Debug, Clone)]
pub struct RefusedRequest {
    /// What was wrong with it.
    pub improper: Improper,
    /// What was sent, in words.
    pub sent: &'static str,
    /// What came of it.
    pub became: Became,
    /// The `error_description`, if an error came.
    pub description: Option<String>,
    /// True if the metadata list `prompt_values_supported`.
    pub prompts: bool,
    /// True if the metadata list `code_challenge_methods_supported`: the issuer supports PKCE.
    pub pkce: bool,
    /// True if the client is a native application.
    pub native: bool,
    /// The journal's number of the exchange.
    pub exchange: usize,
}

impl RefusedRequest {
    /// What came of it, for the report.
    fn became(&self) -> String {
        let became = match &self.became {
            Became::Error(error) => format!("error = {error}"),
            Became::Page(Some(status)) => format!("a page with status {status}"),
            Became::Page(None) => "a page".to_owned(),
            Became::Granted(what) => format!("`{what}` was given"),
            Became::Unknown(why) => why.clone(),
        };
        format!("{}: {}", self.sent, shorten(&became))
    }
}

/// Every request of a story that is wrong. Each rule is judged once, on all that it is about.
#[derive(Debug, Clone)]
pub struct RefusedRequests(pub Vec<RefusedRequest>);

impl RefusedRequests {
    /// Judges every request that a rule is about, each by itself.
    fn each(&self, is_about: impl Fn(&RefusedRequest) -> bool, expected: &'static str, is_right: impl Fn(&RefusedRequest) -> bool) -> Judgement {
        let judged = self.0.iter().filter(|request| is_about(request)).map(|request| {
            let is_open = matches!(request.became, Became::Unknown(_) | Became::Page(Some(429 | 503)));
            ((!is_open).then(|| is_right(request)), request.became())
        });
        expect::each(expected, judged)
    }

    /// Judges that every request that a rule is about gets nothing. A server that is out of order refuses everything, and an error about the end-user
    /// comes before the request is carried out.
    fn each_refused(&self, is_about: impl Fn(&RefusedRequest) -> bool) -> Judgement {
        let judged = self.0.iter().filter(|request| is_about(request)).map(|request| {
            let says_something = match &request.became {
                Became::Error(error) => !SAYS_NOTHING.contains(&error.as_str()),
                Became::Page(status) => status.is_none_or(|status| status != 429 && status < 500),
                Became::Granted(_) => true,
                Became::Unknown(_) => false,
            };
            (says_something.then_some(!matches!(request.became, Became::Granted(_))), request.became())
        });
        expect::each("an error", judged)
    }
}

impl Artefact for RefusedRequests {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    /// The first that was granted, else the first.
    fn exchange(&self) -> Option<usize> {
        let granted = self.0.iter().find(|request| matches!(request.became, Became::Granted(_)));
        granted.or_else(|| self.0.first()).map(|request| request.exchange)
    }
}

/// Errors that come whatever was asked: of a server that is out of order, and of one that has to ask the end-user first.
const SAYS_NOTHING: [&str; 6] =
    ["server_error", "temporarily_unavailable", "login_required", "interaction_required", "consent_required", "account_selection_required"];

static RULES: &[Check<RefusedRequests>] = &[
    must(
        "authz-refusal/response-type-missing",
        "RFC6749-3.1.1",
        "A request without a response type must be refused",
        "The issuer guesses what the client can handle, and tokens arrive where the client does not expect them.",
        "If `response_type` is missing, redirect to the client with `error=invalid_request`, and do not use a default.",
        |all| not_granted(all, Improper::NoResponseType),
    ),
    // What a client registers is a promise to itself; no sentence obliges the issuer to hold it to that, and RFC 9700 2.1.2 is
    // about clients.
    may(
        "authz-refusal/response-type-not-registered",
        "RFC7591-2",
        "It is good practice to refuse `response_type=token` for a client that registered for codes only",
        "An attacker changes one word in a link, and the access token appears in the address bar of the browser.",
        "Compare the `response_type` of the request with the response types that the client registered, and answer any other with \
         `error=unauthorized_client`.",
        |all| not_granted(all, Improper::TokenResponseType),
    ),
    // The MUST NOT is about the sender; that the issuer refuses it follows from the definition of `invalid_request` in 4.1.2.1.
    should(
        "authz-refusal/repeated-parameter",
        "RFC6749-3.1",
        "A request in which a parameter occurs twice should be refused",
        "A proxy or filter in front of the issuer reads one of the values, and the issuer reads the other.",
        "Look for repeated names before the parameters are put into a map, and answer such a request with `error=invalid_request`.",
        |all| not_granted(all, Improper::Repeated),
    ),
    must(
        "authz-refusal/challenge-method",
        "RFC7636-4.4.1",
        "A request with a code challenge by a method that does not exist must be refused",
        "Everyone who gets the code can exchange it, although the client asked for protection.",
        "Accept only the values of `code_challenge_method` that the server supports, and answer every other value with `error=invalid_request`. Do \
         not ignore the code challenge, and do not fall back to `plain`.",
        |all| not_granted(all, Improper::ChallengeMethod),
    ),
    // RFC 7636 4.4.1 wants an error for a method that is not supported, and one that is not published may be. RFC 9700 advises clients against it.
    may(
        "authz-refusal/plain-challenge",
        "RFC9700-2.1.1",
        "It is good practice to refuse a code challenge by the method `plain` where this method is not published",
        "An attacker who reads the request has the code verifier, too.",
        "Accept only the methods in `code_challenge_methods_supported`. Answer `plain`, and a code challenge without a method, which means `plain`, \
         with `error=invalid_request`.",
        |all| not_granted(all, Improper::PlainChallenge),
    ),
    // The MUST is the public client's; an issuer that holds it to that protects those who forget.
    may(
        "authz-refusal/public-client-challenge",
        "RFC9700-2.1.1",
        "It is good practice to refuse a public client's request without a code challenge",
        "Another application on the device that intercepts the code can exchange it.",
        "Require a `code_challenge` from public clients, and answer a request without it with `error=invalid_request`. In Ory Hydra: set \
         `oauth2.pkce.enforced_for_public_clients`.",
        |all| all.each_refused(|request| request.improper == Improper::NoChallenge && !request.native),
    ),
    should(
        "authz-refusal/native-challenge",
        "RFC8252-8.1",
        "A native application's request without a code challenge should be refused",
        "Another application on the device that intercepts the code can exchange it.",
        "Require a `code_challenge` from every client with `application_type` `native`, and answer a request without it with `error=invalid_request`.",
        |all| all.each_refused(|request| request.improper == Improper::NoChallenge && request.native),
    ),
    should(
        "authz-refusal/prompt-unsupported",
        "OIDCPC-4.1",
        "A `prompt` that is not in `prompt_values_supported` should be refused with `invalid_request`, or on a page with status 400",
        "A client that asks for something which the issuer cannot do believes that it was done.",
        "Compare each value of `prompt` with `prompt_values_supported` before the login, and answer any other with `error=invalid_request`.",
        |all| {
            let is_about = |request: &RefusedRequest| request.improper == Improper::Prompt && request.prompts;
            let judged = all.0.iter().filter(|request| is_about(request)).map(|request| {
                let is_right = match &request.became {
                    Became::Error(error) if matches!(error.as_str(), "server_error" | "temporarily_unavailable") => None,
                    Became::Error(error) => Some(error == "invalid_request"),
                    Became::Granted(_) => Some(false),
                    // Of a page without a status nothing is known: it may be the login page.
                    Became::Page(None | Some(429 | 503)) | Became::Unknown(_) => None,
                    Became::Page(Some(status)) => Some(*status == 400),
                };
                (is_right, request.became())
            });
            expect::each("error = invalid_request, or a page with status 400", judged)
        },
    ),
    should(
        "authz-refusal/prompt-named",
        "OIDCPC-4.1",
        "The `error_description` for a `prompt` that is not supported should name the parameter or its value",
        "Developers look for the mistake in every parameter of the request.",
        "Write `error_description` such that it names the parameter, for example `prompt has a value that is not supported`.",
        |all| {
            let is_about = |request: &RefusedRequest| {
                let is_refused = matches!(&request.became, Became::Error(error) if error == "invalid_request");
                request.improper == Improper::Prompt && request.prompts && is_refused
            };
            let described = all.0.iter().filter(|request| is_about(request)).map(|request| {
                let says = request.description.as_deref().unwrap_or_default();
                let is_named = says.to_ascii_lowercase().contains("prompt") || says.contains("oa-authtest");
                (Some(is_named), if says.is_empty() { "no error_description".to_owned() } else { shorten(says) })
            });
            expect::each("an error_description that names prompt", described)
        },
    ),
    may(
        "authz-refusal/no-server-error",
        "RFC9110-15.6",
        "It is good practice that a bad value in a request leads to no 5xx status and no `server_error`",
        "An attacker who finds a value that the issuer did not expect can find more of them.",
        "Check the values of all parameters, such as `prompt`, `max_age` and `claims`, and catch the errors when they are parsed. Answer a bad value \
         with `error=invalid_request`, or ignore it.",
        |all| {
            all.each(
                |_| true,
                "an error about the request, or none",
                |request| match &request.became {
                    Became::Error(error) => error != "server_error",
                    Became::Page(Some(status)) => *status < 500,
                    _ => true,
                },
            )
        },
    ),
];

/// Passes when the requests that are wrong in this way get nothing. Challenge methods mean nothing to an issuer without PKCE.
fn not_granted(all: &RefusedRequests, improper: Improper) -> Judgement {
    let needs_pkce = matches!(improper, Improper::ChallengeMethod | Improper::PlainChallenge);
    let is_about = |request: &RefusedRequest| request.improper == improper && (request.pkce || !needs_pkce);
    all.each_refused(is_about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::not_applicable;
    use crate::rule::testing::prelude::*;

    #[test]
    fn a_native_application_is_judged_by_its_own_rule() {
        let mut requests = one(Improper::NoChallenge, Became::Granted("code".to_owned()));
        requests.0[0].native = true;
        assert_eq!(failing(&requests), ["authz-refusal/native-challenge"]);
        requests.0[0].became = Became::Error("invalid_request".to_owned());
        assert!(passing(&requests).contains(&"authz-refusal/native-challenge"));
    }

    const ALL: [(Improper, &str); 6] = [
        (Improper::NoResponseType, "authz-refusal/response-type-missing"),
        (Improper::TokenResponseType, "authz-refusal/response-type-not-registered"),
        (Improper::Repeated, "authz-refusal/repeated-parameter"),
        (Improper::ChallengeMethod, "authz-refusal/challenge-method"),
        (Improper::PlainChallenge, "authz-refusal/plain-challenge"),
        (Improper::NoChallenge, "authz-refusal/public-client-challenge"),
    ];

    fn one(improper: Improper, became: Became) -> RefusedRequests {
        RefusedRequests(vec![RefusedRequest {
            improper,
            sent: "a request",
            became,
            description: None,
            prompts: false,
            pkce: true,
            native: false,
            exchange: 3,
        }])
    }

    #[test]
    fn an_error_and_a_page_are_refusals_and_a_code_is_none() {
        for (improper, rule) in ALL {
            // Which error is right is another rule's; that of a server that is out of order is none.
            for error in ["server_error", "temporarily_unavailable", "login_required", "consent_required"] {
                let artefact = one(improper, Became::Error(error.to_owned()));
                assert!(not_applicable(&artefact).contains(&rule) && failing(&artefact).iter().all(|id| *id != rule), "{improper:?} {error}");
            }
            for became in [Became::Error("invalid_request".to_owned()), Became::Page(Some(400)), Became::Page(None)] {
                let artefact = one(improper, became);
                assert_eq!(failing(&artefact), [""; 0], "{improper:?}");
                assert!(passing(&artefact).contains(&rule), "{improper:?}");
            }
            let artefact = one(improper, Became::Granted("code".to_owned()));
            assert_eq!((failing(&artefact), artefact.exchange()), (vec![rule], Some(3)), "{improper:?}");
            for became in [Became::Unknown("?".to_owned()), Became::Page(Some(503))] {
                assert_eq!(not_applicable(&one(improper, became)).len(), RefusedRequests::rules().count(), "{improper:?}");
            }
        }
    }

    #[test]
    fn challenge_methods_mean_nothing_to_an_issuer_without_pkce() {
        for improper in [Improper::ChallengeMethod, Improper::PlainChallenge] {
            let mut artefact = one(improper, Became::Granted("code".to_owned()));
            artefact.0[0].pkce = false;
            assert_eq!(failing(&artefact), [""; 0]);
        }
    }

    #[test]
    fn a_prompt_that_is_not_published_is_refused_by_name() {
        let is_of_prompt = |id: &&str| id.starts_with("authz-refusal/prompt-");
        let of_prompt = |artefact: &RefusedRequests| failing(artefact).into_iter().filter(is_of_prompt).collect::<Vec<_>>();
        for (became, description, failed) in [
            (Became::Error("invalid_request".to_owned()), Some("prompt is not supported"), &[][..]),
            (Became::Error("invalid_request".to_owned()), Some("there is no oa-authtest"), &[]),
            (Became::Error("invalid_request".to_owned()), Some("bad request"), &["authz-refusal/prompt-named"]),
            (Became::Error("invalid_request".to_owned()), None, &["authz-refusal/prompt-named"]),
            (Became::Error("login_required".to_owned()), None, &["authz-refusal/prompt-unsupported"]),
            (Became::Granted("code".to_owned()), None, &["authz-refusal/prompt-unsupported"]),
            (Became::Page(Some(400)), None, &[]),
            (Became::Page(Some(200)), None, &["authz-refusal/prompt-unsupported"]),
            (Became::Page(None), None, &[]),
            (Became::Error("server_error".to_owned()), None, &[]),
        ] {
            let mut artefact = one(Improper::Prompt, became.clone());
            artefact.0[0].description = description.map(str::to_owned);
            assert_eq!(of_prompt(&artefact), [""; 0], "nothing is published");
            artefact.0[0].prompts = true;
            assert_eq!(of_prompt(&artefact), failed, "{became:?} {description:?}");
            let is_open = matches!(&became, Became::Page(None)) || became == Became::Error("server_error".to_owned());
            assert!(!is_open || not_applicable(&artefact).contains(&"authz-refusal/prompt-unsupported"), "{became:?}");
        }
    }

    #[test]
    fn odd_values_may_be_refused_and_ignored_and_must_not_break_the_server() {
        for (became, right) in [
            (Became::Error("invalid_request".to_owned()), true),
            (Became::Error("login_required".to_owned()), true),
            (Became::Error("server_error".to_owned()), false),
            (Became::Granted("code".to_owned()), true),
            (Became::Page(Some(400)), true),
            (Became::Page(Some(500)), false),
        ] {
            let failed = failing(&one(Improper::Odd, became.clone()));
            assert_eq!(failed.is_empty(), right, "{became:?}");
        }
    }

    prop_compose! {
        fn any_request()(
            (improper, _) in select(&ALL[..]),
            is_odd in any::<bool>(),
            prompts in any::<bool>(),
            became in prop_oneof![
                ".{0,4}|server_error".prop_map(Became::Error),
                proptest::option::of(any::<u16>()).prop_map(Became::Page),
                ".{0,4}".prop_map(Became::Granted),
                ".{0,4}".prop_map(Became::Unknown),
            ],
            pkce in any::<bool>(),
        ) -> RefusedRequest {
            let improper = match (is_odd, prompts) {
                (true, true) => Improper::Prompt,
                (true, false) => Improper::Odd,
                _ => improper,
            };
            RefusedRequest { improper, sent: "a request", became, description: None, prompts, pkce, native: pkce, exchange: 3 }
        }
    }

    arbitrary_artefact!(RefusedRequests: requests in proptest::collection::vec(any_request(), 0..5) => RefusedRequests(requests));
}
