//! The authorization endpoint: the request, checked (RFC 6749 4.1.1, OpenID Connect Core 3.1.2), and how it is answered.

use super::hint;
use super::interaction;
use super::params;
use super::pkce;
use super::received_jwt;
use super::redirect;
use super::request_object::{self, By};
use super::respond::{self, Mode, Target};
use super::scope::{OFFLINE_ACCESS, OPENBOOKING};
use crate::issuer::prelude::*;
use crate::jwe::Jwe;

/// The longest user name that is taken as a hint, in bytes.
const LONGEST_HINT: usize = 256;

/// The longest `state` or `nonce`, in bytes.
const LONGEST_VALUE: usize = 4096;
/// What a flaw leaves of a `state`, in characters.
const SHORT_STATE: usize = 255;

/// An authorization request that was found good.
#[derive(Debug, Clone)]
pub struct Request {
    /// The client.
    pub client_id: String,
    /// Where and how the client gets its answer.
    pub target: Target,
    /// What it asks the authorization endpoint for.
    pub response_type: ResponseType,
    /// What is asked for, of what there is and the client registered.
    pub scope: Scope,
    /// What is asked for beside that.
    pub requested: Requested,
    /// Put into the ID token.
    pub nonce: Option<String>,
    /// The S256 code challenge.
    pub challenge: Option<String>,
    /// The words of `prompt`.
    pub prompt: Scope,
    /// The oldest login that is good enough, in seconds.
    pub max_age: Option<u64>,
    /// The one end-user who is asked for, by a hint or by the value of `sub`.
    pub sub: Option<String>,
    /// The user name the login page begins with.
    pub login_hint: Option<String>,
    /// True if it came by POST.
    pub by_post: bool,
}

/// Why a request is refused.
enum Refusal {
    /// Shown to the end-user: the browser may not be sent to this redirect URI.
    Page(Doubt),
    /// The same, with the status and the page a flaw makes of it.
    Flawed(Box<Reply>),
    /// Sent to the client.
    Client { target: Box<Target>, error: &'static str, description: &'static str },
}

/// Why it is in doubt where an answer may be sent.
#[derive(Clone, Copy, PartialEq)]
enum Doubt {
    Repeated,
    NoClient,
    UnknownClient,
    NoRedirectUri,
    UnregisteredRedirectUri,
    ResponseMode,
}

impl Doubt {
    fn message(self) -> &'static str {
        match self {
            Self::Repeated => "client_id or redirect_uri is there more than once.",
            Self::NoClient => "client_id is missing.",
            Self::UnknownClient => "There is no such client.",
            Self::NoRedirectUri => "redirect_uri is missing.",
            Self::UnregisteredRedirectUri => "The client did not register this redirect_uri.",
            Self::ResponseMode => "There is no such response_mode.",
        }
    }
}

/// `GET` of the authorization endpoint.
pub async fn get(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    begin(&issuer, &query, &headers, false).await
}

/// `POST` to the authorization endpoint, with the same parameters as a form (OpenID Connect Core 3.1.2.1).
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    if !params::is_form(&headers) {
        return Err(Problem::Page("The request is not a form."));
    }
    if issuer.does(Behaviour::PostRequestRefused) {
        return Err(Problem::Page("The request is not a GET."));
    }
    begin(&issuer, &Params::parse(&body), &headers, true).await
}

async fn begin(issuer: &Issuer, params: &Params, headers: &HeaderMap, by_post: bool) -> Answer {
    received_jwt::follow(issuer, params.get("request")).await;
    let checked = match request_object::fetched(issuer, params).await {
        Some(fetched) => check(issuer, &fetched, Some(By::Reference)),
        None => check(issuer, params, Some(By::Value)),
    };
    match checked.map(|request| Request { by_post, ..request }) {
        Ok(mut request) if by_post && issuer.does(Behaviour::PostStateLost) => {
            request.target.state = None;
            interaction::begin(issuer, request, headers)
        }
        Ok(request) => interaction::begin(issuer, request, headers),
        Err(Refusal::Page(doubt)) => Err(Problem::Page(doubt.message())),
        Err(Refusal::Flawed(reply)) => Ok(*reply),
        Err(Refusal::Client { target, error, description }) => {
            let browser = interaction::cookie(issuer, headers).unwrap_or_default();
            respond::error(issuer, &Target { browser, ..*target }, error, description)
        }
    }
}

/// A request, whose object comes in this way if there is one; without, it has been read.
fn check(issuer: &Issuer, params: &Params, object_by: Option<By>) -> Result<Request, Refusal> {
    let (client, redirect_uri) = addressee(issuer, params)?;
    let mut state = params.owned("state").filter(|state| state.len() <= LONGEST_VALUE);
    let is_long = state.as_ref().is_some_and(|state| state.chars().count() > SHORT_STATE);
    if is_long && issuer.does(Behaviour::StateCut) {
        state = state.map(|state| state.chars().take(SHORT_STATE).collect());
    }
    if params.is_empty("state") && issuer.does(Behaviour::EmptyStateReturned) {
        state = Some(String::new());
    }
    // An error is sent as the client asked for, or if there is no such way in the usual one.
    let asked = ResponseType::of(params.get("response_type").unwrap_or_default());
    let mode = Mode::of(issuer, asked, params);
    let is_openid = params.get("scope").is_some_and(|scope| scope.split(' ').any(|word| word == OPENID));
    let mode_of_answer = mode.unwrap_or_else(|| Mode::default_of(issuer, asked));
    let target = Target { redirect_uri, state, mode: mode_of_answer, is_openid, client_id: client.id.clone(), browser: String::new() };
    let refuse = |error, description| Refusal::Client { target: Box::new(target.clone()), error, description };
    let invalid = |description| refuse("invalid_request", description);

    if params.any_repeats() && issuer.checks(Check::AuthorizationRepeats) {
        return Err(invalid("a parameter is there more than once"));
    }
    if let Some((object, by)) = params.get("request").zip(object_by) {
        return by_object(issuer, &client, params, (object, by), target);
    }
    if object_by.is_some() && client.metadata.request_objects.required && issuer.checks(Check::RequestObjectPresent) {
        return Err(invalid("the client registered that there is a request object"));
    }
    if !is_openid && issuer.does(Behaviour::OpenidRequired) {
        return Err(refuse("invalid_scope", "the scope openid is missing"));
    }
    if params.get("scope").is_none() && issuer.does(Behaviour::ScopeRequired) {
        return Err(refuse("invalid_scope", "scope is missing"));
    }
    if params.get("scope").is_none() && issuer.does(Behaviour::ScopeRequiredUnnamed) {
        return Err(invalid("scope is missing"));
    }
    let has_address = params.get("request_uri").is_some();
    if has_address && issuer.does(Behaviour::RequestObjectsDenied) {
        return Err(refuse("access_denied", "the end-user did not consent"));
    }
    let is_of_ours = issuer.settings().request_uris || (has_address && issuer.does(Behaviour::RequestUriInvalid));
    let unread = if is_of_ours { "invalid_request_uri" } else { "request_uri_not_supported" };
    for (name, error) in [("request_uri", unread), ("registration", "registration_not_supported")] {
        if params.get(name).is_some() && !(name == "request_uri" && issuer.does(Behaviour::RequestUriIgnored)) {
            return Err(refuse(error, "this parameter is not supported"));
        }
    }
    let response_type = checked_response_type(issuer, &client, params, mode).map_err(|(error, description)| refuse(error, description))?;
    if mode.is_none() && issuer.does(Behaviour::UnknownModeRedirected) {
        return Err(invalid("only the response modes query and form_post are supported"));
    }
    if mode.is_none() && !issuer.does(Behaviour::UnknownModeTaken) {
        return Err(Refusal::Page(Doubt::ResponseMode));
    }
    odd_parameters(issuer, params).map_err(invalid)?;
    if [params.get("state"), params.get("nonce")].into_iter().flatten().any(|value| value.len() > LONGEST_VALUE) {
        return Err(invalid("state or nonce is too long"));
    }
    // Without a code there is nothing to challenge.
    let challenge = if response_type.code { pkce::challenge(issuer, &client, params).map_err(invalid)? } else { None };
    let prompt = match prompt(issuer, params) {
        Ok(prompt) => prompt,
        Err(_) if issuer.does(Behaviour::PromptUnknownScript) => return Err(scripted().map_or(Refusal::Page(Doubt::ResponseMode), Refusal::Flawed)),
        Err(description) => return Err(invalid(description)),
    };
    if prompt.has("select_account") && issuer.does(Behaviour::SelectAccountErrorPage) {
        let html = pages::error("There are no accounts to select from.").unwrap_or_default();
        return Err(Refusal::Flawed(Box::new(Reply::page(StatusCode::BAD_REQUEST, html))));
    }
    let max_age = match params.get("max_age").map(str::parse) {
        None => client.metadata.default_max_age.filter(|_| !issuer.does(Behaviour::DefaultMaxAgeIgnored)),
        Some(Ok(seconds)) => Some(seconds),
        Some(Err(_)) if issuer.does(Behaviour::MaxAgeBreaks) => {
            return Err(Refusal::Flawed(Box::new(Reply::text(StatusCode::INTERNAL_SERVER_ERROR, "InvalidCastException"))));
        }
        Some(Err(_)) => return Err(invalid("max_age is not a number of seconds")),
    };
    let scope = scope(issuer, &client, params).map_err(|(error, description)| refuse(error, description))?;
    let requested = requested(issuer, params).map_err(invalid)?.within(&client.metadata.scope);
    if requested.unmet_acr && !issuer.does(Behaviour::AcrEssentialIgnored) {
        let error = if issuer.does(Behaviour::UnmetAcrUnnamed) { "access_denied" } else { "unmet_authentication_requirements" };
        return Err(refuse(error, "there is no such authentication context class"));
    }
    let sub = asked_for(issuer, &client, params, &requested).map_err(invalid)?;
    let nonce = params.owned("nonce");
    let login_hint = params.owned("login_hint").filter(|hint| hint.len() <= LONGEST_HINT);
    Ok(Request { client_id: client.id, target, response_type, scope, requested, nonce, challenge, prompt, max_age, sub, login_hint, by_post: false })
}

/// What is granted of the scope that is asked for, or the error and its description.
fn scope(issuer: &Issuer, client: &Client, params: &Params) -> Result<Scope, (&'static str, &'static str)> {
    // Without a scope there is a default (RFC 6749 3.3).
    let asked = Scope::parse(params.get("scope").unwrap_or(OPENBOOKING));
    let is_known = |word: &str| super::scope::SUPPORTED.contains(&word);
    if !asked.words().all(is_known) && issuer.does(Behaviour::UnknownScopeRefused) {
        return Err(("invalid_request", "there is a scope that is not known"));
    }
    let is_barred = client.metadata.scope.is_empty();
    if (is_barred || !asked.words().all(is_known)) && issuer.does(Behaviour::UnknownScopeBarsClient) {
        issuer.store().clients.entry(client.id.clone()).and_modify(|client| client.metadata.scope = Scope::default());
        return Err(("invalid_request", "this client may ask for nothing"));
    }
    if !asked.within(&client.metadata.scope) && issuer.does(Behaviour::RegistrationScopeNeeded) {
        return Err(("invalid_scope", "the client did not register this scope"));
    }
    let may_have = |word: &str| {
        let taken_anyway = || if is_known(word) { !issuer.checks(Check::AuthorizationScope) } else { issuer.does(Behaviour::UnknownScopeGranted) };
        client.metadata.scope.has(word) || taken_anyway()
    };
    // Scopes that are not known are ignored (OpenID Connect Core 3.1.2.1); the token response says what was granted.
    let scope = asked.filter(|word| may_have(word) && (word != OFFLINE_ACCESS || client.metadata.may("refresh_token")));
    if scope.filter(|word| word != OFFLINE_ACCESS).is_empty() {
        return Err(("invalid_scope", "there is no scope that this client may ask for"));
    }
    Ok(scope)
}

/// What is asked for of the authorization endpoint, by a client that registered it.
fn checked_response_type(
    issuer: &Issuer,
    client: &Client,
    params: &Params,
    mode: Option<Mode>,
) -> Result<ResponseType, (&'static str, &'static str)> {
    let code_only = ResponseType { code: true, ..ResponseType::default() };
    let asked = match params.get("response_type") {
        Some("token") if !issuer.checks(Check::AuthorizationResponseType) => code_only,
        None if !issuer.checks(Check::AuthorizationResponseTypePresent) => code_only,
        None if issuer.does(Behaviour::ResponseTypeMissingBreaks) => return Err(("server_error", "InvalidOperationException")),
        None => return Err(("invalid_request", "response_type is missing")),
        Some(text) => match response_type::known(issuer.settings(), text) {
            Some(known) if client.metadata.may_ask(text) => known,
            Some(_) => return Err(("unauthorized_client", "the client did not register this response type")),
            None => return Err(("unsupported_response_type", "this response type is not supported")),
        },
    };
    if asked.id_token && params.get("nonce").is_none() && issuer.checks(Check::AuthorizationNonce) {
        let error = if issuer.does(Behaviour::NonceMissingUnnamed) { "access_denied" } else { "invalid_request" };
        return Err((error, "nonce is missing, which is required for an ID token from the authorization endpoint"));
    }
    if mode.is_none() && asked.asks_for_tokens() && params.get("response_mode") == Some("query") {
        return Err(("invalid_request", "response_mode=query is not for tokens"));
    }
    if asked.code && !client.metadata.may("authorization_code") {
        return Err(("unauthorized_client", "the client did not register the grant authorization_code"));
    }
    Ok(asked)
}

/// A page on which only scripts do something, as a flaw has it.
fn scripted() -> Option<Box<Reply>> {
    let html = pages::of_flow(PageSet::Spa, "page", &json!({})).ok()?;
    Some(Box::new(Reply::page_with(StatusCode::OK, html, &pages::directives(PageSet::Spa).unwrap_or_default())))
}

/// The words of `prompt`.
fn prompt(issuer: &Issuer, params: &Params) -> Result<Scope, &'static str> {
    let prompt = Scope::parse(params.get("prompt").unwrap_or_default());
    if prompt.has("none") && prompt.words().count() > 1 && !issuer.does(Behaviour::PromptNoneFirst) {
        return Err("prompt has none and another value");
    }
    let is_known = |word: &str| matches!(word, "none" | "login" | "consent" | "select_account");
    if !prompt.words().all(is_known) && !issuer.does(Behaviour::PromptUnknownTaken) {
        let is_named = !issuer.does(Behaviour::PromptUnnamed);
        return Err(if is_named { "prompt has a value that is not supported" } else { "something is not supported" });
    }
    Ok(prompt)
}

/// The one end-user who is asked for, by a hint or by the value of `sub` (OpenID Connect Core 3.1.2.2).
fn asked_for(issuer: &Issuer, client: &Client, params: &Params, requested: &Requested) -> Result<Option<String>, &'static str> {
    let hint = params.get("id_token_hint").filter(|_| !issuer.does(Behaviour::HintIgnored));
    let hinted = hint.and_then(|hint| hint::subject(issuer, hint));
    if hint.is_some() && hinted.is_none() && !issuer.does(Behaviour::HintInvalidIgnored) {
        return Err("id_token_hint is not an ID token of this issuer");
    }
    if hinted.is_some() && issuer.does(Behaviour::IdTokenHintRefused) {
        return Err("id_token_hint is not accepted");
    }
    // The client knows the end-user by the name of its sector.
    let by_value = requested.sub.clone().filter(|_| !issuer.does(Behaviour::SubValueIgnored));
    Ok(by_value.map(|sub| if sub == client.metadata.subject(USER_SUB) { USER_SUB.to_owned() } else { sub }).or(hinted))
}

/// Parameters that do no harm, and the flaws that refuse them.
const REFUSED: [(&str, Behaviour); 8] = [
    ("display", Behaviour::DisplayRefused),
    ("login_hint", Behaviour::LoginHintRefused),
    ("ui_locales", Behaviour::UiLocalesRefused),
    ("claims_locales", Behaviour::ClaimsLocalesRefused),
    ("acr_values", Behaviour::AcrValuesRefused),
    ("claims", Behaviour::ClaimsRefused),
    ("unknown_parameter", Behaviour::UnknownParameterRefused),
    ("code_challenge", Behaviour::ChallengeRefused),
];

/// What flaws make of parameters that are left out, short or empty, or that an issuer need not support.
fn odd_parameters(issuer: &Issuer, params: &Params) -> Result<(), &'static str> {
    let state = params.get("state");
    if state.is_none() && issuer.does(Behaviour::StateRequired) {
        return Err("state is missing");
    }
    if params.comes_before("client_id", "response_type") && issuer.does(Behaviour::ParameterOrderFixed) {
        return Err("response_type does not come before client_id");
    }
    if state.is_some_and(|state| state.len() < 8) && issuer.does(Behaviour::StateShortRefused) {
        return Err("state is too short");
    }
    if params.get("nonce").is_some_and(|nonce| nonce.len() < 8) && issuer.does(Behaviour::NonceShortRefused) {
        return Err("nonce is too short");
    }
    if params.is_empty("max_age") && issuer.does(Behaviour::EmptyParametersRefused) {
        return Err("max_age has no value");
    }
    if params.get("nonce").is_none() && issuer.does(Behaviour::NonceRequired) {
        return Err("nonce is missing");
    }
    let is_later = |scope: &str| !scope.starts_with(OPENID) && Scope::parse(scope).has(OPENID);
    if params.get("scope").is_some_and(is_later) && issuer.does(Behaviour::ScopeOrderFixed) {
        return Err("scope does not begin with openid");
    }
    for (name, behaviour) in REFUSED {
        if params.get(name).is_some() && issuer.does(behaviour) {
            return Err("there is a parameter that is not supported");
        }
    }
    Ok(())
}

/// A request that is made by a request object.
fn by_object(issuer: &Issuer, client: &Client, params: &Params, (object, by): (&str, By), target: Target) -> Result<Request, Refusal> {
    let refuse = |error, description| Refusal::Client { target: Box::new(target.clone()), error, description };
    let invalid = |description| refuse("invalid_request", description);
    if issuer.does(Behaviour::RequestObjectUnsupported) {
        return Err(refuse("request_not_supported", "this parameter is not supported"));
    }
    if issuer.does(Behaviour::RequestObjectUnnamed) {
        return Err(invalid("this parameter is not supported"));
    }
    let is_denied = by == By::Reference || object.ends_with('.');
    if is_denied && issuer.does(Behaviour::RequestObjectsDenied) {
        return Err(refuse("access_denied", "the end-user did not consent"));
    }
    let is_elsewhere = || params.get("redirect_uri").is_some_and(|uri| !redirect::is_registered(&issuer.defect, &client.metadata, uri));
    if is_elsewhere() && issuer.does(Behaviour::RedirectUriOfObjectRefused) {
        return Err(refuse("invalid_request_object", "the request object is not signed"));
    }
    if params.get("request_uri").is_some() && issuer.checks(Check::RequestObjectSole) {
        return Err(invalid("request and request_uri exclude each other"));
    }
    match request_object::assemble(issuer, client, params, object, by) {
        Ok(params) => {
            let asked = params.get("redirect_uri").filter(|uri| !redirect::is_registered(&issuer.defect, &client.metadata, uri));
            if let Some(redirect_uri) = asked.filter(|_| issuer.does(Behaviour::RequestObjectRedirectsAnywhere)) {
                let target = Box::new(Target { redirect_uri: redirect_uri.to_owned(), ..target });
                return Err(Refusal::Client { target, error: "invalid_request", description: "the client did not register this redirect_uri" });
            }
            check(issuer, &params, None)
        }
        Err(_) if issuer.does(Behaviour::RequestObjectRefusedBare) => {
            let bare = respond::bare(issuer, &target);
            Err(bare.map_or(Refusal::Page(Doubt::Repeated), |reply| Refusal::Flawed(Box::new(reply))))
        }
        Err(description) if issuer.does(Behaviour::RequestObjectRefusedUnnamed) => Err(invalid(description)),
        Err(description) if Jwe::is_one(object) && issuer.does(Behaviour::UndecryptableObjectUnnamed) => Err(invalid(description)),
        Err(description) => Err(refuse("invalid_request_object", description)),
    }
}

/// What `claims` and `acr_values` ask for (OpenID Connect Core 5.5, 3.1.2.1).
fn requested(issuer: &Issuer, params: &Params) -> Result<Requested, &'static str> {
    let claims = params.get("claims").filter(|_| !issuer.does(Behaviour::ClaimsParameterIgnored));
    let mut requested = claims.map_or(Ok(Requested::default()), Requested::read)?;
    for (odd, behaviour) in [
        (requested.odd.member, Behaviour::ClaimsMemberRefused),
        (requested.odd.in_claim, Behaviour::ClaimsInClaimRefused),
        (requested.odd.unavailable, Behaviour::ClaimsUnavailableRefused),
    ] {
        if odd && issuer.does(behaviour) {
            return Err("claims has what is not understood");
        }
    }
    requested.acr |= params.get("acr_values").is_some();
    Ok(requested)
}

/// The client and where to send the answer. While these are in doubt there is no redirect (RFC 6749 4.1.2.1).
fn addressee(issuer: &Issuer, params: &Params) -> Result<(Client, String), Refusal> {
    addressed(issuer, params).map_err(|refusal| match refusal {
        Refusal::Page(doubt) => doubtful(issuer, params, doubt).unwrap_or(refusal),
        other => other,
    })
}

fn addressed(issuer: &Issuer, params: &Params) -> Result<(Client, String), Refusal> {
    if params.repeats("client_id") || params.repeats("redirect_uri") {
        return Err(Refusal::Page(Doubt::Repeated));
    }
    let client_id = params.get("client_id").ok_or(Refusal::Page(Doubt::NoClient))?;
    let client = issuer.store().clients.get(client_id).cloned().ok_or(Refusal::Page(Doubt::UnknownClient))?;
    let first = || client.metadata.redirect_uris.first().filter(|_| issuer.does(Behaviour::RedirectMissingDefaulted)).map(String::as_str);
    let redirect_uri = params.get("redirect_uri").or_else(first).ok_or(Refusal::Page(Doubt::NoRedirectUri))?;
    let is_good = |uri: &str| redirect::is_registered(&issuer.defect, &client.metadata, uri);
    let of_object = || issuer.does(Behaviour::RedirectUriOfObject) || issuer.does(Behaviour::RedirectUriOfObjectRefused);
    if let Some(object) = params.get("request").filter(|_| !is_good(redirect_uri) && of_object()) {
        let inside = request_object::redirect_uri(issuer, object).filter(|uri| is_good(uri));
        return inside.map(|uri| (client.clone(), uri)).ok_or(Refusal::Page(Doubt::UnregisteredRedirectUri));
    }
    if !redirect::is_registered(&issuer.defect, &client.metadata, redirect_uri) {
        return Err(Refusal::Page(Doubt::UnregisteredRedirectUri));
    }
    let redirect_uri = redirect_uri.to_owned();
    Ok((client, redirect_uri))
}

/// What a flaw makes of a request that is to be refused on a page.
fn doubtful(issuer: &Issuer, params: &Params, doubt: Doubt) -> Option<Refusal> {
    let at = |uri: &str| Refusal::Client {
        target: Box::new(Target {
            redirect_uri: uri.to_owned(),
            state: params.owned("state"),
            mode: Mode::Query,
            is_openid: true,
            client_id: String::new(),
            browser: String::new(),
        }),
        error: "invalid_request",
        description: "the request is wrong",
    };
    let redirects = (doubt == Doubt::NoClient && issuer.does(Behaviour::NoClientRedirected))
        || (doubt == Doubt::UnknownClient && issuer.does(Behaviour::UnknownClientRedirected));
    if redirects {
        return params.get("redirect_uri").map(at);
    }
    if params.repeats("redirect_uri") && issuer.does(Behaviour::RedirectSecondUsed) {
        return params.last("redirect_uri").map(at);
    }
    if doubt == Doubt::UnregisteredRedirectUri && params.get("request").is_some() && issuer.does(Behaviour::RedirectBesideObjectTaken) {
        return params.get("redirect_uri").map(at);
    }
    if doubt == Doubt::UnregisteredRedirectUri && issuer.does(Behaviour::RedirectRefusedAtRegistered) {
        let client = issuer.store().clients.get(params.get("client_id")?).cloned()?;
        return client.metadata.redirect_uris.first().map(|uri| at(uri));
    }
    if issuer.does(Behaviour::RefusalPageOk) {
        return Some(Refusal::Flawed(Box::new(Reply::page(StatusCode::OK, pages::error(doubt.message()).ok()?))));
    }
    if doubt == Doubt::UnregisteredRedirectUri && issuer.does(Behaviour::RefusalPageQuoted) {
        return pages::refusal_quoting(doubt.message(), params.get("redirect_uri")?)
            .ok()
            .map(|html| Refusal::Flawed(Box::new(Reply::page(StatusCode::BAD_REQUEST, html))));
    }
    if doubt == Doubt::UnregisteredRedirectUri && issuer.does(Behaviour::RefusalPageRaw) {
        let html = pages::error(doubt.message()).ok()?.replace(doubt.message(), params.get("redirect_uri")?);
        return Some(Refusal::Flawed(Box::new(Reply::page(StatusCode::BAD_REQUEST, html))));
    }
    None
}
