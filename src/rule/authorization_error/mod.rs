//! Rules about authorization error responses (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, RFC 9207).

use std::sync::Arc;

use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::observed::authorization_request::AuthorizationRequest;
use crate::rule::authorization_parameters as parameters;
use crate::rule::expect::{applies_if, holds, list, may, must, shorten, should};
use crate::rule::judgement::{Judgement, Unmet, fail, is_broken, not_applicable, not_run, pass};
use crate::rule::request_object::{Sent, is_offered};
use crate::rule::token_refusal::shape;
use crate::rule::{Artefact, Check, SeenIn};

#[cfg(test)]
mod tests;

/// Why an authorization request had to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refused {
    /// `prompt=none` in a browser session in which no user is logged in.
    PromptNoneNotLoggedIn,
    /// `prompt=none login`, which contradicts itself.
    PromptNoneAndLogin,
    /// A `response_type` that does not exist.
    UnsupportedResponseType,
    /// A request object where the issuer may not support them; accepting it is as good.
    RequestObject,
    /// A request object by reference where the issuer may not support them; accepting it is as good.
    RequestUri,
    /// The end-user refused to consent.
    Denied,
    /// No `response_type`.
    ResponseTypeMissing,
    /// `response_type=token` of a client that registered `code`.
    ResponseTypeToken,
    /// A parameter that comes twice.
    Repeated,
    /// A `code_challenge_method` that the issuer does not support.
    ChallengeMethod,
    /// No `code_challenge`, where the issuer wants one.
    NoChallenge,
}

/// An authorization response with an `error` that reached the redirect URI.
#[derive(Debug, Clone)]
pub struct AuthorizationError {
    /// The callback's URL, fragment included where it was seen.
    pub url: Url,
    /// The response parameters with their values decoded, in order.
    pub parameters: Vec<(String, String)>,
    /// The request that it answers.
    pub request: Arc<AuthorizationRequest>,
    /// The issuer that was asked.
    pub issuer: String,
    /// The provider metadata, as parsed.
    pub metadata: Value,
    /// What was wrong with the request.
    pub refused: Refused,
    /// The pages that were shown before it, each with its address.
    pub shown: Vec<String>,
    /// The journal's number of the exchange, where it came without a user agent.
    pub exchange: Option<usize>,
}

impl AuthorizationError {
    /// The first value of a response parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        parameters::value(&self.parameters, name)
    }

    /// The pages that were shown although the request wanted none, for a message.
    fn pages_shown(&self) -> String {
        let wants_none = self.request.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|value| value == "none"));
        if wants_none && !self.shown.is_empty() { format!("shown: {}; then ", shorten(&self.shown.join(", "))) } else { String::new() }
    }

    /// The `error`.
    fn error(&self) -> Result<&str, Unmet> {
        self.parameter("error").filter(|error| !error.is_empty()).ok_or_else(|| Unmet::not_run(ERROR_PRESENT))
    }

    /// A parameter that need not be there.
    fn optional(&self, name: &str) -> Result<&str, Unmet> {
        self.parameter(name).ok_or_else(|| Unmet::not_applicable(format!("no {name}")))
    }

    /// Passes when a request that was refused for this reason has one of these errors.
    fn error_is_one_of(&self, refused: Refused, right: &[&str]) -> Judgement {
        applies_if(self.refused == refused, "refused for another reason")?;
        match self.error()? {
            error if shape::odd_in_text(error).is_some() => not_run(ERROR_CHARSET),
            "temporarily_unavailable" => not_applicable("error = temporarily_unavailable says nothing about the request"),
            error => holds(right.contains(&error), format!("error = {}", right.join(" or ")), format!("error = {}", shorten(error))),
        }
    }
}

impl Artefact for AuthorizationError {
    const RULES: &'static [&'static [Check<Self>]] = &[RULES];
    const SEEN_IN: SeenIn = SeenIn::Visit;
    fn exchange(&self) -> Option<usize> {
        self.exchange
    }
}

const ERROR_PRESENT: &str = "authz-error/error-present";
const ERROR_CHARSET: &str = "authz-error/error-charset";
const URI_CHARSET: &str = "authz-error/error-uri-charset";

/// The errors that say that the end-user has to do something (OpenID Connect Core 3.1.2.6).
const INTERACTION: [&str; 4] = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// What a granted request is answered with.
const GRANTED: [&str; 3] = ["code", "access_token", "id_token"];

static RULES: &[Check<AuthorizationError>] = &[
    must(
        ERROR_PRESENT,
        "RFC6749-4.1.2.1",
        "An authorization request that cannot be granted comes back with an `error` that is not empty",
        "The client waits for a code, or takes what came for one.",
        "",
        |response| match response.parameter("error") {
            Some("") => fail("an error", "an empty error"),
            Some(error) => pass(format!("error = {}", shorten(error))),
            None => fail("an error", format!("{}no error; parameters: {}", response.pages_shown(), parameters::names(&response.parameters))),
        },
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error` of the authorization response is printable ASCII without quotes and backslashes",
        "Strict clients refuse to read it; careless ones copy it into pages.",
        "",
        |response| shape::text("error", response.error()?),
    ),
    // "Typically login_required, interaction_required, or another code"; the MUST is that an error comes back (authz-error/error-present).
    should(
        "authz-error/prompt-none-code",
        "OIDCC-3.1.2.1",
        "`prompt=none` without a login is refused with one of the four errors about interaction, or as an invalid request for want of a hint",
        "Clients that try silently first do not see that they have to send the user to log in.",
        "",
        |response| {
            let right: Vec<_> = INTERACTION.into_iter().chain(["invalid_request"]).collect();
            response.error_is_one_of(Refused::PromptNoneNotLoggedIn, &right)
        },
    ),
    should(
        "authz-error/prompt-conflict-code",
        "OIDCC-3.1.2.1",
        "`prompt=none` beside another value is refused as an invalid request, or for lack of interaction",
        "Developers look for the mistake anywhere but in the request.",
        "",
        |response| {
            // The text asks for an error and does not name it: an issuer that looks at `none` first finds that no user is logged in.
            let right: Vec<_> = ["invalid_request"].into_iter().chain(INTERACTION).collect();
            response.error_is_one_of(Refused::PromptNoneAndLogin, &right)
        },
    ),
    must(
        "authz-error/response-type-code",
        "RFC6749-4.1.2.1",
        "A response type that does not exist is refused with an error that says so",
        "Developers look for the mistake anywhere but in the request.",
        "",
        |response| {
            // Nothing says which of two faults is looked at first.
            let for_scope = response.request.scope().is_empty() && response.parameter("error") == Some("invalid_scope");
            applies_if(!for_scope, "error = invalid_scope: the request has no scope, which is refused as well (RFC 6749 3.3)")?;
            response.error_is_one_of(Refused::UnsupportedResponseType, &["unsupported_response_type", "invalid_request", "unauthorized_client"])
        },
    ),
    must(
        "authz-error/request-object-code",
        "OIDCC-6.1",
        "A request object that is not taken is refused with an error that says so",
        "Clients cannot tell that they have to send plain parameters.",
        "",
        |response| {
            // "Should an OP not support this parameter and an RP uses it, the OP MUST return the request_not_supported error." Where it does, no text
            // leaves one error only.
            let right = ["request_not_supported", "invalid_request_object", "invalid_request"];
            let is_offered = is_offered(&response.metadata, Sent::ByValue);
            response.error_is_one_of(Refused::RequestObject, if is_offered { &right } else { &right[..1] })
        },
    ),
    must(
        "authz-error/request-uri-code",
        "OIDCC-6.2",
        "A request object by reference that is not taken is refused with an error that says so",
        "Clients cannot tell that they have to send plain parameters.",
        "",
        |response| {
            let right = ["request_uri_not_supported", "invalid_request_uri", "invalid_request_object", "invalid_request"];
            let is_offered = is_offered(&response.metadata, Sent::ByReference);
            response.error_is_one_of(Refused::RequestUri, if is_offered { &right } else { &right[..1] })
        },
    ),
    must(
        "authz-error/response-type-missing-code",
        "RFC6749-4.1.2.1",
        "A request without a response type is refused with an error that says so",
        "Developers look for the mistake anywhere but in the request.",
        "",
        |response| response.error_is_one_of(Refused::ResponseTypeMissing, &["invalid_request", "unsupported_response_type"]),
    ),
    must(
        "authz-error/repeated-parameter-code",
        "RFC6749-4.1.2.1",
        "A request with a parameter that comes twice, if it is refused, is refused with `invalid_request`",
        "Developers look for the mistake anywhere but in the request.",
        "",
        |response| response.error_is_one_of(Refused::Repeated, &["invalid_request"]),
    ),
    must(
        "authz-error/challenge-code",
        "RFC7636-4.4.1",
        "A request without a code challenge, or with one by a method that is not supported, if it is refused, is refused with `invalid_request`",
        "A client cannot tell that it has to send another challenge, and gives up.",
        "",
        |response| {
            let refused = if response.refused == Refused::NoChallenge { Refused::NoChallenge } else { Refused::ChallengeMethod };
            response.error_is_one_of(refused, &["invalid_request"])
        },
    ),
    must(
        "authz-error/state-echo",
        "RFC6749-4.1.2.1",
        "The authorization error response returns the `state` as it was sent",
        "The client cannot tell which of its requests failed, and shows nothing at all.",
        "",
        |response| parameters::state_returned(response.request.state().filter(|state| !state.is_empty()), response.parameter("state")),
    ),
    must(
        "authz-error/iss-correct-if-present",
        "RFC9207-2",
        "The `iss` of the authorization error response, if there is one, is the issuer, byte for byte",
        "Clients that defend themselves against mix-up attacks refuse the response.",
        "",
        |response| parameters::iss_is(&response.issuer, &response.parameters),
    ),
    must(
        "authz-error/iss-if-promised",
        "RFC9207-2",
        "The authorization error response has an `iss` if the metadata promise one",
        "Clients that rely on the promise refuse the response and never learn of the error.",
        "",
        |response| {
            parameters::iss_promised(&response.metadata)?;
            response.error()?;
            parameters::iss_is_there(&response.parameters)
        },
    ),
    should(
        "authz-error/no-code",
        "OIDCC-3.1.2.6",
        "The authorization error response holds no code and no tokens",
        "One client takes it for a failure and another for a login.",
        "",
        |response| {
            response.error()?;
            let there: Vec<_> = GRANTED.into_iter().filter(|name| response.parameter(name).is_some()).collect();
            let seen = if there.is_empty() { "neither".to_owned() } else { format!("beside the error: {}", list(&there)) };
            holds(there.is_empty(), "no code and no tokens", seen)
        },
    ),
    should(
        "authz-error/known-parameters",
        "OIDCC-3.1.2.6",
        "The authorization error response holds no parameters that the specifications do not know",
        "What an issuer adds ends up in histories, logs and referrers.",
        "",
        |response| {
            const KNOWN: [&str; 6] = ["error", "error_description", "error_uri", "state", "iss", "session_state"];
            response.error()?;
            // A fragment without a value, such as `#_`, keeps browsers from attaching one again (RFC 9700 4.1.3).
            let guard = response.url.fragment().filter(|fragment| !fragment.contains('='));
            let is_known = |name: &str| KNOWN.contains(&name) || GRANTED.contains(&name) || Some(name) == guard;
            let others: Vec<_> = response.parameters.iter().map(|(name, _)| name.as_str()).filter(|name| !is_known(name)).collect();
            let seen = if others.is_empty() { parameters::names(&response.parameters) } else { format!("also: {}", list(&others)) };
            holds(others.is_empty(), list(&KNOWN), seen)
        },
    ),
    must(
        "authz-error/no-duplicates",
        "RFC6749-3.1",
        "No parameter of the authorization error response comes twice",
        "Two libraries read two different reasons.",
        "",
        |response| {
            let twice = parameters::repeated(&response.parameters);
            let seen = if twice.is_empty() {
                parameters::names(&response.parameters)
            } else {
                format!("twice: {}", list(&twice.iter().collect::<Vec<_>>()))
            };
            holds(twice.is_empty(), "each parameter once", seen)
        },
    ),
    must(
        "authz-error/in-query",
        "RFC6749-4.1.2.1",
        "The authorization error response of the code flow is in the query of the redirect URI",
        "A client on a server never sees what is in the fragment.",
        "",
        |response| {
            // Where the answer to an unknown response type belongs is not specified.
            applies_if(
                !matches!(response.refused, Refused::UnsupportedResponseType | Refused::ResponseTypeMissing | Refused::ResponseTypeToken),
                "the response type was not that of the code flow",
            )?;
            let fragment = response.url.fragment().unwrap_or_default();
            let there = form_urlencoded::parse(fragment.as_bytes()).any(|(name, _)| name == "error");
            response.error()?;
            holds(!there, "the error in the query", if there { "the error in the fragment" } else { "not in the fragment" })
        },
    ),
    must(
        "authz-error/description-charset",
        "RFC6749-4.1.2.1",
        "The `error_description` of the authorization response is printable ASCII without quotes and backslashes",
        "Line breaks and markup in it end up in clients' logs and pages.",
        "",
        |response| shape::text("error_description", response.optional("error_description")?),
    ),
    must(
        URI_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error_uri` of the authorization response has the syntax of a URI reference",
        "Nobody can follow it, and strict clients refuse it.",
        "",
        |response| shape::uri(response.optional("error_uri")?),
    ),
    may(
        "authz-error/error-uri-absolute",
        "RFC6749-4.1.2.1",
        "The `error_uri` of the authorization response is an absolute URI",
        "A client cannot tell what a relative one is relative to.",
        "",
        |response| {
            let uri = response.optional("error_uri")?;
            if is_broken(&shape::uri(uri)) { not_run(URI_CHARSET) } else { shape::absolute_uri(uri) }
        },
    ),
    must(
        "authz-error/access-denied-code",
        "RFC6749-4.1.2.1",
        "A refusal by the end-user comes back as `access_denied`",
        "Clients tell the user that something broke, or try again, where the user said no.",
        "",
        |response| response.error_is_one_of(Refused::Denied, &["access_denied"]),
    ),
];
