//! Rules about authorization error responses (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, RFC 9207).

use url::form_urlencoded;

use crate::rule::authorization_parameters as parameters;
use crate::rule::own::view;
use crate::rule::prelude::*;
use crate::rule::request_object::{Sent, is_offered};
use crate::rule::token_refusal::shape;

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
    /// No `nonce` in a request for an ID token from the authorization endpoint.
    NonceMissing,
    /// `response_mode=query` for a response type with tokens.
    TokensInQuery,
}

/// An authorization response with an `error` that reached the redirect URI.
#[derive(Debug, Clone)]
pub struct AuthorizationError {
    /// The callback's URL, fragment included where it was seen.
    pub url: Url,
    /// The HTTP method of the callback: `GET`, or `POST` for `response_mode=form_post`.
    pub method: String,
    /// The redirect URI that was asked for.
    pub redirect_uri: Url,
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

    /// True if the issuer supports `request_uri`. Where requests are pushed it knows the parameter, whatever `request_uri_parameter_supported` says (RFC 9126 5).
    fn knows_request_uri(&self) -> bool {
        is_offered(&self.metadata, Sent::ByReference) || self.metadata.get("pushed_authorization_request_endpoint").is_some_and(Value::is_string)
    }

    /// A parameter that need not be there.
    fn optional(&self, name: &str) -> Result<&str, Unmet> {
        self.parameter(name).ok_or_else(|| Unmet::not_applicable(format!("no {name}")))
    }

    /// Not applicable where the response type is what the error is about. An issuer need not have it, nor give it to every client, and nothing says which of two
    /// faults is looked at first.
    fn type_is_taken(&self) -> Result<(), Unmet> {
        let asks_for_tokens = self.request.response_type().asks_for_tokens();
        let is_of_type = matches!(self.parameter("error"), Some("unauthorized_client" | "unsupported_response_type"));
        applies_if(!(asks_for_tokens && is_of_type), "the error is about the response type, which not every client may ask for")
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
    const VIEW: Option<&'static ViewKind> = Some(&ViewKind {
        name: "authorization-error",
        what: "The error that reached the redirect URI after a request that has to be refused.",
        parts: &[part::PARAMETERS, part::REQUEST],
    });
    fn view(&self) -> View {
        View::default().with(part::PARAMETERS, view::parameters(&self.parameters)).with_request(Some(&self.request))
    }
}

const ERROR_PRESENT: &str = "authz-error/error-present";
const ERROR_CHARSET: &str = "authz-error/error-charset";
const URI_CHARSET: &str = "authz-error/error-uri-charset";
const PROMPT_NONE_CODE: &str = "authz-error/prompt-none-code";

/// The errors that say that the end-user has to do something (OpenID Connect Core 3.1.2.6).
const INTERACTION: [&str; 4] = ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// What a granted request is answered with.
const GRANTED: [&str; 3] = ["code", "access_token", "id_token"];

static RULES: &[Check<AuthorizationError>] = &[
    must(
        ERROR_PRESENT,
        "RFC6749-4.1.2.1",
        "An authorization request that cannot be granted must be answered with an `error` that is not empty",
        "The client waits for a code, or takes the response for a success.",
        "Redirect the browser to the redirect URI with an `error` (RFC 6749, section 4.1.2.1; OpenID Connect Core, section 3.1.2.6) and without a code. For a request with `prompt=none`, show no page before that.",
        |response| match response.parameter("error") {
            Some("") => fail("an error", "an empty error"),
            Some(error) => pass(format!("error = {}", shorten(error))),
            None => fail("an error", format!("{}no error; parameters: {}", response.pages_shown(), parameters::names(&response.parameters))),
        },
    ),
    must(
        ERROR_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error` of the authorization response must be printable ASCII without double quotes and backslashes",
        "Strict clients cannot read the error; careless clients copy it into their pages.",
        "Send one of the error codes that the specifications define, such as `invalid_request`, as `error`, and put explanations into `error_description`.",
        |response| shape::text("error", response.error()?),
    ),
    // "Typically login_required, interaction_required, or another code"; the MUST is that an error comes back (authz-error/error-present).
    should(
        PROMPT_NONE_CODE,
        "OIDCC-3.1.2.1",
        "`prompt=none` without a login should be refused with `login_required` or another error about interaction, or with `invalid_request`",
        "Clients that first try a silent login do not learn that they have to send the end-user to the login page.",
        "Answer with `error=login_required` at the redirect URI when no end-user is logged in. Use `interaction_required`, `consent_required` or `account_selection_required` where that is what is missing.",
        |response| {
            response.type_is_taken()?;
            let right: Vec<_> = INTERACTION.into_iter().chain(["invalid_request"]).collect();
            response.error_is_one_of(Refused::PromptNoneNotLoggedIn, &right)
        },
    ),
    // "Will typically be": so it is advice, and a failure only to who is to be certified.
    may(
        "authz-error/prompt-none-interaction",
        "OIDCC-3.1.2.6",
        "It is good practice that `prompt=none` without a login is refused with one of the errors that ask for the end-user, such as `login_required`",
        "A client that gets `invalid_request` looks for a mistake in its request, and does not send the end-user to the login page.",
        "Answer with `error=login_required` at the redirect URI when no end-user is logged in, and keep `invalid_request` for requests that are wrong.",
        |response| {
            response.type_is_taken()?;
            if response.parameter("error") == Some("invalid_request") {
                applies_if(response.refused == Refused::PromptNoneNotLoggedIn, "refused for another reason")?;
                return fail(said!("error = {}", INTERACTION.join(" or ")), "error = invalid_request");
            }
            let judgement = response.error_is_one_of(Refused::PromptNoneNotLoggedIn, &INTERACTION);
            if is_broken(&judgement) { not_run(PROMPT_NONE_CODE) } else { judgement }
        },
    ),
    should(
        "authz-error/prompt-conflict-code",
        "OIDCC-3.1.2.1",
        "`prompt=none` with another value should be refused with `invalid_request`, or with `login_required` or another error about interaction",
        "Developers look for the mistake in a wrong place, and not in the request.",
        "Check `prompt` when the request comes in. If it holds `none` and another value, answer with `error=invalid_request` at the redirect URI and show no page.",
        |response| {
            // The text asks for an error and does not name it: an issuer that looks at `none` first finds that no user is logged in.
            let right: Vec<_> = ["invalid_request"].into_iter().chain(INTERACTION).collect();
            response.error_is_one_of(Refused::PromptNoneAndLogin, &right)
        },
    ),
    must(
        "authz-error/response-type-code",
        "RFC6749-4.1.2.1",
        "An unknown response type must be refused with `unsupported_response_type`, `invalid_request` or `unauthorized_client`",
        "Developers look for the mistake in a wrong place, and not in the request.",
        "Compare `response_type` with the supported response types before the login. If it is unknown, answer with `error=unsupported_response_type` at the redirect URI.",
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
        "An issuer that does not advertise the parameter `request`, and refuses it, must do so with `request_not_supported`",
        "Clients do not learn that they have to send plain parameters.",
        "If the server does not support `request`, answer with `error=request_not_supported` at the redirect URI. If it does, set `request_parameter_supported` to true in the metadata.",
        // "Should an OP not support this parameter and an RP uses it, the OP MUST return the request_not_supported error."
        |response| {
            applies_if(!is_offered(&response.metadata, Sent::ByValue), "the issuer says that it supports the parameter")?;
            response.error_is_one_of(Refused::RequestObject, &["request_not_supported"])
        },
    ),
    // The text describes the errors, and has no keyword for which of them it is.
    should(
        "authz-error/request-object-offered-code",
        "OIDCC-3.1.2.6",
        "If request objects are offered and one is refused, the error should be `invalid_request_object` or another one that is about the request",
        "Developers look for the mistake in a wrong place, and not in the request object.",
        "Answer with `error=invalid_request_object` at the redirect URI when a request object is not one that the server takes, for example because it is not signed.",
        |response| {
            applies_if(is_offered(&response.metadata, Sent::ByValue), "the issuer does not say that it supports the parameter")?;
            response.error_is_one_of(
                Refused::RequestObject,
                &["invalid_request_object", "request_not_supported", "invalid_request", "unauthorized_client"],
            )
        },
    ),
    must(
        "authz-error/request-uri-code",
        "OIDCC-6.2",
        "An issuer that says that it does not support `request_uri`, and refuses it, must do so with `request_uri_not_supported`",
        "Clients do not learn that they have to send plain parameters.",
        "If the server does not support `request_uri`, answer with `error=request_uri_not_supported` at the redirect URI. If it does, remove `request_uri_parameter_supported` from the metadata or set it to true.",
        |response| {
            applies_if(!response.knows_request_uri(), "the issuer supports the parameter")?;
            response.error_is_one_of(Refused::RequestUri, &["request_uri_not_supported"])
        },
    ),
    // As with `request`.
    should(
        "authz-error/request-uri-offered-code",
        "OIDCC-3.1.2.6",
        "If the parameter `request_uri` is supported and refused, the error should be `invalid_request_uri` or another one that is about the request",
        "Developers look for the mistake in a wrong place, and not in the request.",
        "Answer with `error=invalid_request_uri` at the redirect URI when the address cannot be used, and with `invalid_request_object` when what is there cannot be.",
        |response| {
            applies_if(response.knows_request_uri(), "the issuer says that it does not support the parameter")?;
            let of_object = ["invalid_request_uri", "invalid_request_object", "request_uri_not_supported", "invalid_request", "unauthorized_client"];
            response.error_is_one_of(Refused::RequestUri, &of_object)
        },
    ),
    must(
        "authz-error/response-type-missing-code",
        "RFC6749-4.1.2.1",
        "A request without a response type must be refused with `invalid_request` or `unsupported_response_type`",
        "Developers look for the mistake in a wrong place, and not in the request.",
        "Check that `response_type` is there before the login. If it is missing, answer with `error=invalid_request` at the redirect URI.",
        |response| response.error_is_one_of(Refused::ResponseTypeMissing, &["invalid_request", "unsupported_response_type"]),
    ),
    must(
        "authz-error/repeated-parameter-code",
        "RFC6749-4.1.2.1",
        "A request with a parameter that comes twice, if it is refused, must be refused with `invalid_request`",
        "Developers look for the mistake in a wrong place, and not in the request.",
        "Answer with `error=invalid_request` at the redirect URI when a request has a parameter more than once, and name the parameter in `error_description`.",
        |response| response.error_is_one_of(Refused::Repeated, &["invalid_request"]),
    ),
    must(
        "authz-error/challenge-code",
        "RFC7636-4.4.1",
        "If a request is refused for its code challenge, which is missing or of an unsupported method, the error must be `invalid_request`",
        "The client does not learn that it has to send another code challenge, and stops.",
        "Answer with `error=invalid_request` at the redirect URI when a required `code_challenge` is missing or the `code_challenge_method` is not supported. Say which of the two in `error_description`.",
        |response| {
            let refused = if response.refused == Refused::NoChallenge { Refused::NoChallenge } else { Refused::ChallengeMethod };
            response.error_is_one_of(refused, &["invalid_request"])
        },
    ),
    must(
        "authz-error/state-echo",
        "RFC6749-4.1.2.1",
        "The authorization error response must return the `state` as it was sent",
        "The client does not know which of its requests failed, and cannot show the error to the end-user.",
        "Keep the `state` of the request through every check and page, and add it unchanged, form-encoded once, to every error response.",
        |response| parameters::state_returned(response.request.state().filter(|state| !state.is_empty()), response.parameter("state")),
    ),
    must(
        "authz-error/iss-correct-if-present",
        "RFC9207-2",
        "The `iss` of the authorization error response, if there is one, must be the issuer identifier, byte for byte",
        "Clients that protect themselves against mix-up attacks refuse the response.",
        "Take `iss` from the same setting as `issuer` in the metadata: same scheme, host, port, path and final slash.",
        |response| parameters::iss_is(&response.issuer, &response.parameters),
    ),
    must(
        "authz-error/iss-if-promised",
        "RFC9207-2",
        "The authorization error response must have an `iss` if the metadata set `authorization_response_iss_parameter_supported` to true",
        "Clients that rely on the metadata refuse the response and do not learn of the error.",
        "Add `iss` with the issuer identifier to error responses as to successful responses. If that is not possible, remove `authorization_response_iss_parameter_supported` from the metadata.",
        |response| {
            parameters::iss_promised(&response.metadata)?;
            response.error()?;
            parameters::iss_is_there(&response.parameters)
        },
    ),
    should(
        "authz-error/no-code",
        "OIDCC-3.1.2.6",
        "The authorization error response should hold no code and no tokens",
        "Some clients take the response for an error, and others for a successful login.",
        "Issue the code and the tokens only after all checks have passed, and build error responses without `code`, `access_token` and `id_token`.",
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
        "The authorization error response should hold no parameters that the specifications do not define",
        "Additional parameters end up in browser histories, in logs and in the `Referer` header that other sites receive.",
        "Remove the additional parameters from the error response. Put what the developer has to know into `error_description`, and all other details into the server's log.",
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
        "Each parameter of the authorization error response must come only once",
        "One client library reads the first value and another reads the last one.",
        "Set each parameter once where the error response is built: replace a value that is there already instead of adding a second one.",
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
        "authz-error/in-fragment",
        "OIDCC-3.2.2.6",
        "The error response to a request for tokens from the authorization endpoint must be in the fragment of the redirect URI",
        "The client's page looks for the answer in the fragment, and does not see the error.",
        "For response types with `token` or `id_token`, add the parameters of an error to the fragment of the redirect URI, as those of a success. Use the query for `response_type=code` only.",
        |response| {
            applies_if(response.request.response_type().asks_for_tokens(), "the response type is that of the code flow")?;
            applies_if(response.request.get("response_mode") != Some("form_post"), "the request asked for form_post")?;
            // Where the refusal of a response type or a response mode belongs that the issuer does not have is not specified.
            let is_of_type = matches!(response.refused, Refused::UnsupportedResponseType | Refused::ResponseTypeToken | Refused::TokensInQuery)
                || response.parameter("error") == Some("unsupported_response_type");
            applies_if(!is_of_type, "what is refused is the response type or the response mode itself")?;
            response.error()?;
            parameters::in_fragment(&response.url, &["error"])
        },
    ),
    must(
        "authz-error/nonce-missing-code",
        "RFC6749-4.1.2.1",
        "If a request for an ID token from the authorization endpoint is refused because its `nonce` is missing, the error must be `invalid_request`",
        "Developers look for the mistake in a wrong place, and not in the request.",
        "Check that a request with `id_token` in its `response_type` has a `nonce`. If it has none, answer with `error=invalid_request` at the redirect URI.",
        // That the `nonce` is required is in OpenID Connect Core 3.2.2.1 and 3.3.2.1; the error is the one for "a required parameter" that is missing.
        |response| {
            response.type_is_taken()?;
            response.error_is_one_of(Refused::NonceMissing, &["invalid_request"])
        },
    ),
    must(
        "authz-error/in-query",
        "RFC6749-4.1.2.1",
        "The authorization error response of the code flow must be in the query of the redirect URI and not in its fragment",
        "Browsers do not send the fragment to the client's server, so the client does not see the error.",
        "For `response_type=code`, append the parameters of the error to the query of the redirect URI. Use the fragment only for response types that return tokens, or if `response_mode` asks for it.",
        |response| {
            // Where the answer to an unknown response type belongs is not specified.
            applies_if(!response.request.response_type().asks_for_tokens(), "the response type is not that of the code flow")?;
            let mode = response.request.get("response_mode").filter(|mode| !mode.is_empty());
            applies_if(mode.is_none_or(|mode| mode == "query"), "the request asked for another response mode")?;
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
        "authz-error/form-post-by-post",
        "OAuth2-FP-2",
        "The error response to a request with `response_mode=form_post` must come by POST, with its parameters in the body",
        "A client that waits for a form receives nothing, and the end-user remains on an empty page.",
        "Send errors by the same response mode as codes: an HTML page whose form sends `error`, `error_description` and `state` to the redirect URI by POST.",
        |response| {
            applies_if(response.request.get("response_mode") == Some("form_post"), "the request did not ask for form_post")?;
            response.error()?;
            let in_query = response.url.query_pairs().any(|(name, _)| name == "error");
            let seen = if in_query { format!("{}, with the error in the query", response.method) } else { response.method.clone() };
            holds(response.method == "POST" && !in_query, "POST", seen)
        },
    ),
    must(
        "authz-error/redirect-query-kept",
        "RFC6749-3.1.2",
        "The authorization error response must keep the query of the redirect URI",
        "Clients that use this query to select the tenant or the page do not learn of the error.",
        "Append the parameters of the error to the query that the redirect URI already has, with `&`, and do not replace this query.",
        |response| {
            response.error()?;
            parameters::query_kept(&response.redirect_uri, &response.url)
        },
    ),
    should(
        "authz-error/session-state",
        "OIDCSM-2",
        "The error response to a request for the scope `openid` should have a `session_state` if the metadata have a `check_session_iframe`",
        "Clients that watch the session cannot find out when an end-user who was not logged in has logged in.",
        "Add `session_state` to error responses as to successful responses, or remove `check_session_iframe` from the metadata.",
        |response| {
            parameters::session_state_due(&response.metadata, &response.request)?;
            response.error()?;
            let is_there = response.parameter("session_state").is_some_and(|state| !state.is_empty());
            holds(is_there, "a session_state", parameters::names(&response.parameters))
        },
    ),
    // Silence means that `request_uri` is supported; few who do not support it know that.
    should(
        "authz-error/request-uri-published",
        "OIDCD-3",
        "An issuer that answers `request_uri_not_supported` should set `request_uri_parameter_supported` to false: without it, the value is true",
        "Clients that read the metadata send a `request_uri`, and are refused.",
        "Add `request_uri_parameter_supported` with the JSON value `false` to the metadata, or support the parameter.",
        |response| {
            applies_if(response.parameter("error") == Some("request_uri_not_supported"), "the error is another one")?;
            applies_if(response.metadata.is_object(), "no metadata are known")?;
            let published = response.metadata.get("request_uri_parameter_supported");
            let seen = published.map_or_else(|| "absent".to_owned(), show);
            let seen = format!("request_uri_parameter_supported: {seen}");
            holds(published == Some(&Value::Bool(false)), "request_uri_parameter_supported = false", seen)
        },
    ),
    must(
        "authz-error/description-charset",
        "RFC6749-4.1.2.1",
        "The `error_description` of the authorization response must be printable ASCII without double quotes and backslashes",
        "Line breaks and markup in the description end up in the logs and pages of clients.",
        "Write `error_description` in plain ASCII on one line, with single quotes where quotes are needed, and copy no values from the request into it.",
        |response| shape::text("error_description", response.optional("error_description")?),
    ),
    must(
        URI_CHARSET,
        "RFC6749-4.1.2.1",
        "The `error_uri` of the authorization response must have the syntax of a URI reference",
        "Developers cannot open the page, and strict clients refuse the response.",
        "Send an absolute URL with all special characters percent-encoded as `error_uri`, or leave the parameter out.",
        |response| shape::uri(response.optional("error_uri")?),
    ),
    may(
        "authz-error/error-uri-absolute",
        "RFC6749-4.1.2.1",
        "It is good practice that the `error_uri` of the authorization response is an absolute URI",
        "A client does not know which address a relative URI belongs to.",
        "Write `error_uri` with scheme and host, such as `https://server.example/errors/invalid_request`.",
        |response| {
            let uri = response.optional("error_uri")?;
            if is_broken(&shape::uri(uri)) { not_run(URI_CHARSET) } else { shape::absolute_uri(uri) }
        },
    ),
    must(
        "authz-error/access-denied-code",
        "RFC6749-4.1.2.1",
        "A refusal by the end-user must be answered with the error `access_denied`",
        "The client reports a technical error, or tries again, although the end-user refused.",
        "When the end-user refuses consent or cancels, redirect the browser to the redirect URI with `error=access_denied` and the `state`.",
        |response| response.error_is_one_of(Refused::Denied, &["access_denied"]),
    ),
];
