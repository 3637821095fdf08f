//! What happens between the authorization request and its answer: what is to be shown next, and consent.

use http::header::{COOKIE, SET_COOKIE};

use super::authorize::Request;
use super::grant::{CODE_LIFETIME, Code};
use super::page_set::OfflineAccess;
use super::respond::{self, Target};
use super::routes::{CONSENT, CONTINUE, LOGIN};
use super::scope::{OFFLINE_ACCESS, OPENBOOKING};
use super::sector;
use super::store::Session;
use super::token;
use super::user;
use crate::issuer::prelude::*;

/// An authorization request that waits for the end-user.
#[derive(Debug, Clone)]
pub struct Flow {
    /// What the client asks.
    pub request: Request,
    /// The value of the session cookie of the browser it came with: no other may go on with it.
    pub browser: String,
    /// What a form must carry besides (RFC 6749 10.12).
    pub csrf: String,
    /// True once the end-user logged in for this very request.
    pub logged_in: bool,
    /// What the end-user answered when they were asked to consent to this very request.
    pub decision: Option<Decision>,
    /// What they granted of it, where they can choose.
    pub granted: Option<Scope>,
    /// The user name, where it is given on a page of its own.
    pub identifier: Option<String>,
    /// The user name of the last login if it failed.
    pub failed: Option<String>,
    /// True once the end-user went on from the page after the login.
    pub continued: bool,
    /// True if the login ends with this request: the end-user was asked whether to keep it, and did not say so.
    pub is_passing: bool,
}

/// What an end-user answers on a consent page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allowed,
    /// No.
    Denied,
}

impl Flow {
    /// True once the end-user consented to this very request.
    fn consented(&self) -> bool {
        self.decision == Some(Decision::Allowed)
    }

    /// Where the client gets its answer, in the browser as it is now.
    fn target(&self) -> Target {
        Target { browser: self.browser.clone(), ..self.request.target.clone() }
    }

    /// True once the end-user refused.
    pub(super) fn denied(&self) -> bool {
        self.decision == Some(Decision::Denied)
    }
}

/// What is to happen next.
pub(super) enum Next {
    Login,
    Continue,
    Consent,
    Code(Session),
    Refuse(&'static str, &'static str),
}

/// The page that a request is answered with when its flow is not known, or belongs to another browser.
pub(super) const LOST: Problem = Problem::Page("This page is no longer good. Go back to the application and start again.");

/// Begins with a checked request: a page, or the answer at once.
pub fn begin(issuer: &Issuer, mut request: Request, headers: &HeaderMap) -> Answer {
    if issuer.offline_access == OfflineAccess::WithConsent && !request.prompt.has("consent") {
        // OpenID Connect Core 11.
        request.scope = request.scope.filter(|word| word != OFFLINE_ACCESS);
    }
    let cookie = cookie(issuer, headers);
    let is_new = cookie.is_none();
    let browser = cookie.unwrap_or_else(random::secret);
    let flow = Flow {
        request,
        browser,
        csrf: if issuer.does(Behaviour::ConsentFormNumbered) { "form".to_owned() } else { random::secret() },
        logged_in: false,
        decision: None,
        granted: None,
        identifier: None,
        failed: None,
        continued: false,
        is_passing: false,
    };
    let id = if issuer.does(Behaviour::ConsentFormNumbered) { issuer.store().next_number().to_string() } else { random::secret() };
    let reply = go_on(issuer, &id, &flow)?;
    Ok(if is_new { reply.with(SET_COOKIE, &issuer.set_cookie(&flow.browser)) } else { reply })
}

/// `GET` of the page between login and consent.
pub async fn continue_page(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    let (id, flow) = known_flow(&issuer, &query, &headers)?;
    if !matches!(next(&issuer, &flow), Next::Continue) {
        return go_on(&issuer, &id, &flow);
    }
    page(&issuer, &id, &flow, "continue", &json!({ "username": issuer.accounts.username }))
}

/// `POST` of the page between login and consent.
pub async fn go_on_after_login(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let (id, mut flow) = posted_flow(&issuer, &Params::parse(&body), &headers)?;
    flow.continued = true;
    go_on(&issuer, &id, &flow)
}

/// `GET` of the consent page.
pub async fn consent_page(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    let (id, flow) = known_flow(&issuer, &query, &headers)?;
    if !matches!(next(&issuer, &flow), Next::Consent) {
        return go_on(&issuer, &id, &flow);
    }
    consent_form(&issuer, &id, &flow, false)
}

fn consent_form(issuer: &Issuer, id: &str, flow: &Flow, failed: bool) -> Answer {
    let name = if issuer.pages == PageSet::Spa { "page" } else { "consent" };
    let words: Vec<String> = asked_scope(&flow.request).words().map(str::to_owned).collect();
    let more = json!({ "scopes": scopes_in_words(flow), "words": words, "username": issuer.accounts.username, "failed": failed });
    Ok(issuer.defect.patch_http(&[Site::ConsentPage], page(issuer, id, flow, name, &more)?)?)
}

/// What the end-user is asked to allow, in words.
pub(super) fn scopes_in_words(flow: &Flow) -> Vec<String> {
    asked_scope(&flow.request).words().map(|word| pages::scope_in_words(word).to_owned()).collect()
}

/// `POST` of the consent page.
pub async fn consent(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::parse(&body);
    if issuer.does(Behaviour::ConsentFormClosed) {
        return Err(LOST);
    }
    let (id, mut flow) = match posted_flow(&issuer, &form, &headers) {
        Err(_) if issuer.does(Behaviour::ConsentFormBreaks) => return Err(Problem::Broken("NullReferenceException")),
        Err(_) if issuer.does(Behaviour::ConsentFormNumbered) => flow_of_form(&issuer, &form)?,
        Err(_) if !issuer.checks(Check::ConsentForm) => latest_flow(&issuer, &headers)?,
        Err(_) if is_of_end_user(&issuer, &form, &headers) && issuer.does(Behaviour::ConsentFormOfEndUser) => flow_of_form(&issuer, &form)?,
        Err(_) if !issuer.checks(Check::ConsentBrowser) => flow_of_form(&issuer, &form)?,
        known => known?,
    };
    if !matches!(next(&issuer, &flow), Next::Consent) {
        return go_on(&issuer, &id, &flow);
    }
    if form.get("action") == Some("login") {
        // The login form once more, as a browser sends it after a redirect that keeps the method.
        return go_on(&issuer, &id, &flow);
    }
    if form.get("action") != Some("allow") && issuer.checks(Check::ConsentDecision) {
        return deny(&issuer, &id, &flow, "the end-user did not consent");
    }
    if issuer.pages == PageSet::CheckBoxes && ["terms", "share"].iter().any(|name| form.get(name).is_none()) {
        return consent_form(&issuer, &id, &flow, true);
    }
    if issuer.pages == PageSet::ScopeBoxes {
        let granted = asked_scope(&flow.request).filter(|word| form.all("grant_scope").any(|ticked| ticked == word));
        if form.get("remember").is_some() {
            issuer.store().add_consent(USER_SUB, &flow.request.client_id, &granted);
        }
        (flow.granted, flow.decision) = (Some(granted), Some(Decision::Allowed));
    } else {
        allow(&issuer, &mut flow);
    }
    go_on(&issuer, &id, &flow)
}

/// Stores that the end-user consented.
pub(super) fn allow(issuer: &Issuer, flow: &mut Flow) {
    issuer.store().add_consent(USER_SUB, &flow.request.client_id, &asked_scope(&flow.request));
    flow.decision = Some(Decision::Allowed);
}

/// What is to happen next.
pub(super) fn next(issuer: &Issuer, flow: &Flow) -> Next {
    let request = &flow.request;
    let asks_login = request.prompt.has("login") && !issuer.does(Behaviour::PromptLoginIgnored);
    let asks_none = request.prompt.has("none");
    let silent = asks_none && !issuer.does(Behaviour::PromptNoneShowsLogin);
    let now = issuer.now();
    let store = issuer.store();
    let is_other = |session: &Session| request.sub.as_ref().is_some_and(|sub| *sub != session.sub) && !issuer.does(Behaviour::SubMoves);
    let session = store.session(&flow.browser, now).filter(|session| {
        let selects = request.prompt.has("select_account") && !issuer.does(Behaviour::SelectAccountIgnored);
        let asked = asks_login || selects || (asks_none && !silent);
        // A login in the very second of the request is not older than zero seconds, but max_age=0 asks for one all the same.
        let is_zero = request.max_age == Some(0);
        let too_old = request.max_age.is_some_and(|most| most == 0 || now.saturating_sub(session.auth_time) > most)
            && !(is_zero && issuer.does(Behaviour::MaxAgeZeroIgnored));
        flow.logged_in || !(asked || (too_old && issuer.checks(Check::AuthorizationMaxAge)) || is_other(session))
    });
    let by_hint = || Session { sub: USER_SUB.to_owned(), auth_time: now };
    if session.is_none() && silent && request.sub.as_deref() == Some(USER_SUB) && issuer.does(Behaviour::HintLogsIn) {
        return Next::Code(by_hint());
    }
    let Some(session) = session.filter(|_| !(silent && issuer.does(Behaviour::PromptNoneRefused))) else {
        let needs_hint = silent && request.sub.is_none() && issuer.does(Behaviour::PromptNoneNeedsHint);
        let error = if needs_hint { "invalid_request" } else { "login_required" };
        return if silent { Next::Refuse(error, "the end-user is not logged in") } else { Next::Login };
    };
    if is_other(session) {
        return Next::Refuse("login_required", "the end-user who logged in is not the one who was asked for");
    }
    if matches!(issuer.pages, PageSet::Continue | PageSet::Profile) && flow.logged_in && !flow.continued {
        return Next::Continue;
    }
    let always_asks = issuer.offline_access == OfflineAccess::AlwaysAsks && request.scope.has(OFFLINE_ACCESS);
    let keeps_consent = || {
        let is_given = store.has_consent(&session.sub, &request.client_id, &asked_scope(request));
        is_given && issuer.does(Behaviour::PromptConsentIgnored)
    };
    let wants_consent = !flow.consented()
        && !issuer.does(Behaviour::ConsentNever)
        && (issuer.does(Behaviour::ConsentAlways)
            || always_asks
            || (request.prompt.has("consent") && !keeps_consent())
            || !store.has_consent(&session.sub, &request.client_id, &asked_scope(request))
            || (store.clients.get(&request.client_id).is_some_and(Client::is_unproved) && issuer.checks(Check::ConsentOfNative)));
    let is_again = || store.has_consent(&session.sub, &request.client_id, &asked_scope(request));
    if wants_consent && !flow.logged_in && is_again() && issuer.does(Behaviour::RepeatedRequestRefused) {
        return Next::Refuse("invalid_request", "this was asked before");
    }
    if flow.logged_in && request.scope.words().all(|word| word == OPENBOOKING) && issuer.does(Behaviour::ScopeRequiredAfterLogin) {
        return Next::Refuse("access_denied", "there is nothing to be granted");
    }
    match (wants_consent, silent) {
        (false, _) => Next::Code(session.clone()),
        (true, false) => Next::Consent,
        (true, true) => Next::Refuse("consent_required", "the end-user has not consented to this yet"),
    }
}

pub(super) fn go_on(issuer: &Issuer, id: &str, flow: &Flow) -> Answer {
    if flow.denied() {
        return deny(issuer, id, flow, "the end-user did not consent");
    }
    let page = match next(issuer, flow) {
        Next::Login | Next::Consent if issuer.pages == PageSet::ErrorPage => {
            return Ok(Reply::page(StatusCode::OK, pages::render("error-page/error", &Value::Null)?));
        }
        Next::Login | Next::Consent if issuer.pages == PageSet::DeadEnd => return respond::dead_end(),
        Next::Consent | Next::Code(_) if flow.request.by_post && flow.logged_in && issuer.does(Behaviour::PostRequestLost) => {
            return respond::dead_end();
        }
        Next::Login => LOGIN,
        Next::Continue => CONTINUE,
        Next::Consent => CONSENT,
        Next::Code(session) => return answer(issuer, id, flow, &session),
        Next::Refuse(error, description) => {
            issuer.store().flows.shift_remove(id);
            return respond::error(issuer, &flow.target(), error, description);
        }
    };
    issuer.store().flows.insert(id.to_owned(), flow.clone());
    Ok(Reply::see_other(&format!("{page}?flow={id}")))
}

pub(super) fn deny(issuer: &Issuer, id: &str, flow: &Flow, description: &str) -> Answer {
    issuer.store().flows.shift_remove(id);
    if issuer.does(Behaviour::RefusalShowsPage) {
        return Err(Problem::Page("You refused."));
    }
    let error = if issuer.does(Behaviour::RefusalIsServerError) { "server_error" } else { "access_denied" };
    respond::error(issuer, &flow.target(), error, description)
}

/// A code as a flaw may have it.
fn new_code(issuer: &Issuer) -> String {
    let used = issuer.store().codes.iter().find(|(_, code)| code.spent).map(|(text, _)| text.clone());
    if let Some(used) = used.filter(|_| issuer.does(Behaviour::CodeAgain)) {
        return used;
    }
    if issuer.does(Behaviour::CodeCounted) {
        return format!("the-code-of-an-end-user-of-this-issuer-{:06}", issuer.store().next_number());
    }
    if issuer.does(Behaviour::CodeHex) {
        return random::hex();
    }
    let mut code = random::secret();
    if issuer.does(Behaviour::CodeShort) {
        code.truncate(8);
    }
    code
}

/// What an end-user is called towards a client, as a flaw may have it.
fn called(issuer: &Issuer, client_id: &str, sub: &str) -> String {
    if issuer.does(Behaviour::SubMoves) {
        return random::secret();
    }
    let Some(client) = issuer.store().clients.get(client_id).cloned() else { return sub.to_owned() };
    let Some(sector) = &client.metadata.sector else {
        return if issuer.does(Behaviour::SubPerClient) { sector::subject(client_id, sub) } else { sub.to_owned() };
    };
    if issuer.does(Behaviour::PairwiseMoves) {
        return random::secret();
    }
    if issuer.does(Behaviour::PairwisePerClient) {
        return sector::subject(client_id, sub);
    }
    sector::subject(if issuer.does(Behaviour::PairwiseForAll) { "" } else { sector }, sub)
}

/// The authorization response (RFC 6749 4.1.2, RFC 9207 2).
fn answer(issuer: &Issuer, id: &str, flow: &Flow, session: &Session) -> Answer {
    let request = &flow.request;
    // OpenID Connect Core 11 wants consent to it; how far one that was given before goes is left to the issuer.
    let offline = flow.consented() || issuer.offline_access == OfflineAccess::Free || issuer.does(Behaviour::ConsentNever);
    let is_granted = |word: &str| flow.granted.as_ref().is_none_or(|granted| granted.has(word));
    let keeps_openid = !issuer.does(Behaviour::OpenidNotGranted);
    let scope = request.scope.filter(|word| (word != OFFLINE_ACCESS || offline) && (word != OPENID || keeps_openid) && is_granted(word));
    let mut code = new_code(issuer);
    if let Some(challenge) = request.challenge.as_ref().filter(|_| issuer.does(Behaviour::CodeHoldsChallenge)) {
        code = format!("{}.{}", code, URL_SAFE_NO_PAD.encode(json!({ "code_challenge": challenge }).to_string()));
    }
    let auth_time = if !flow.logged_in && issuer.does(Behaviour::AuthTimeMoves) {
        // Later than any rounding explains, even if both are in the same second.
        issuer.now().max(session.auth_time + 3)
    } else {
        session.auth_time + u64::from(!flow.logged_in && issuer.does(Behaviour::AuthTimeRounded))
    };
    let sub = called(issuer, &request.client_id, &session.sub);
    let grant = Grant {
        client_id: request.client_id.clone(),
        sub,
        scope,
        auth_time: Some(auth_time),
        nonce: request
            .nonce
            .as_ref()
            .map(|nonce| if nonce.contains(['<', '>']) && issuer.does(Behaviour::NonceEscaped) { escaped(nonce) } else { nonce.clone() }),
        requested: request.requested.clone(),
        session: flow.browser.clone(),
        alive: true,
    };
    session_state::replace(issuer, &flow.browser);
    let (reply, sent) = granted(issuer, flow, &grant, &code)?;
    let mut reply = session_state::renew(issuer, &flow.browser, reply);
    if flow.consented() && issuer.does(Behaviour::ConsentAnswered307) {
        reply.status = StatusCode::TEMPORARY_REDIRECT;
    }
    let code = Code {
        grant,
        redirect_uri: request.target.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        expires_at: issuer.now() + CODE_LIFETIME,
        spent: false,
        redeemed: None,
    };
    let mut store = issuer.store();
    store.flows.shift_remove(id);
    if let Some(sent) = sent {
        store.codes.insert(sent, code);
    }
    if flow.is_passing {
        store.log_out(&flow.browser);
    }
    Ok(reply)
}

/// What is sent of a grant: what the response type asks for. With the code as it is sent, if there is one.
fn granted(issuer: &Issuer, flow: &Flow, grant: &Grant, code: &str) -> Result<(Reply, Option<String>), Problem> {
    let request = &flow.request;
    let code = request.response_type.code.then_some(code);
    let client = issuer.store().clients.get(&request.client_id).cloned();
    let tokens = match client.filter(|_| request.response_type.asks_for_tokens()) {
        Some(client) => token::of_response(issuer, &client, grant, request.response_type, code)?,
        None => Vec::new(),
    };
    let all: Vec<_> = code.map(|code| ("code", code)).into_iter().chain(tokens.iter().map(|(name, text)| (*name, text.as_str()))).collect();
    let (reply, sent) = respond::granted(issuer, &flow.target(), &all)?;
    Ok((reply, code.map(|code| sent["code"].as_str().unwrap_or(code).to_owned())))
}

fn escaped(nonce: &str) -> String {
    nonce.replace('<', "&lt;").replace('>', "&gt;")
}

/// What the end-user is asked to allow: the scope, and the claims that are asked for by name beyond it.
pub(super) fn asked_scope(request: &Request) -> Scope {
    let mut scope = request.scope.clone();
    let names = request.requested.userinfo.iter().chain(&request.requested.id_token);
    for name in names.filter_map(|name| user::scope_of(name)) {
        scope.add(name);
    }
    scope
}

/// A page of a flow, with what it says of the client.
pub(super) fn page(issuer: &Issuer, id: &str, flow: &Flow, template: &str, more: &Value) -> Result<Reply, Problem> {
    let client = issuer.store().clients.get(&flow.request.client_id).cloned();
    let name = client.as_ref().map(|client| client.name().to_owned()).unwrap_or_default();
    let name = shown_name(issuer, name);
    let hidden = [
        ("logo_uri", Behaviour::LogoHidden),
        ("policy_uri", Behaviour::PolicyHidden),
        ("tos_uri", Behaviour::TermsHidden),
        ("client_uri", Behaviour::HomePageHidden),
        ("client_uri", Behaviour::HomePageAsText),
    ];
    let is_hidden = |name: &str| hidden.iter().any(|(known, behaviour)| *known == name && issuer.does(*behaviour));
    let link = |name: &str| client.as_ref().and_then(|client| client.metadata.link(name)).filter(|_| !is_hidden(name));
    let logo = link("logo_uri");
    let mut data = json!({
        "flow": id, "csrf": flow.csrf, "client": name, "logo_uri": logo, "policy_uri": link("policy_uri"), "tos_uri": link("tos_uri"), "client_uri": link("client_uri"),
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more.clone());
    }
    // The logo is the one thing a plain page loads, and from its own host only.
    let images = logo.and_then(|logo| Url::parse(logo).ok()).map(|logo| format!("img-src {}", logo.origin().ascii_serialization()));
    let directives: Vec<String> = images.into_iter().chain(pages::directives(issuer.pages)).collect();
    let mut html = pages::of_flow(issuer.pages, template, &data)?;
    if let Some(state) = flow.request.target.state.as_ref().filter(|_| issuer.does(Behaviour::StateUnescaped)) {
        html = html.replace("</main>", &format!("<p>{state}</p></main>"));
    }
    let home = client.as_ref().and_then(|client| client.metadata.link("client_uri"));
    if let Some(home) = home.filter(|_| issuer.does(Behaviour::HomePageAsText)) {
        html = html.replace("</main>", &format!("<p>{}</p></main>", escaped(home)));
    }
    if name.contains('<') && issuer.does(Behaviour::ClientNameUnescaped) {
        html = html.replace("</main>", &format!("<p>{name}</p></main>"));
    }
    Ok(Reply::page_with(StatusCode::OK, html, &directives.join("; ")))
}

/// How much of a name a page shows that cuts names off, in characters.
const LONGEST_NAME: usize = 18;

/// The name of a client as people see it.
fn shown_name(issuer: &Issuer, name: String) -> String {
    if name.starts_with("oa-authtest Pr") && issuer.does(Behaviour::ClientNameHidden) {
        return "An application".to_owned();
    }
    if !name.is_ascii() && issuer.does(Behaviour::ClientNameCut) {
        return name.to_uppercase().chars().take(LONGEST_NAME).chain(['…']).collect();
    }
    if !name.is_ascii() && issuer.does(Behaviour::ClientNameInAscii) {
        return name.chars().map(|letter| if letter.is_ascii() { letter } else { '?' }).collect();
    }
    name
}

pub(super) fn known_flow(issuer: &Issuer, params: &Params, headers: &HeaderMap) -> Result<(String, Flow), Problem> {
    let id = params.get("flow").ok_or(LOST)?;
    let browser = cookie(issuer, headers).ok_or(LOST)?;
    let flow = issuer.store().flows.get(id).filter(|flow| random::same(&flow.browser, &browser)).cloned().ok_or(LOST)?;
    Ok((id.to_owned(), flow))
}

pub(super) fn posted_flow(issuer: &Issuer, form: &Params, headers: &HeaderMap) -> Result<(String, Flow), Problem> {
    let (id, flow) = known_flow(issuer, form, headers)?;
    if form.get("csrf").is_some_and(|sent| random::same(sent, &flow.csrf)) { Ok((id, flow)) } else { Err(LOST) }
}

/// The flow that a form names with its secret, in whatever browser it was begun.
fn flow_of_form(issuer: &Issuer, form: &Params) -> Result<(String, Flow), Problem> {
    let id = form.get("flow").ok_or(LOST)?;
    let store = issuer.store();
    let flow = store.flows.get(id).filter(|flow| form.get("csrf").is_some_and(|sent| random::same(sent, &flow.csrf)));
    flow.map(|flow| (id.to_owned(), flow.clone())).ok_or(LOST)
}

/// True if the end-user of the browser is the one whose flow a form names.
fn is_of_end_user(issuer: &Issuer, form: &Params, headers: &HeaderMap) -> bool {
    let (Ok((_, flow)), Some(browser)) = (flow_of_form(issuer, form), cookie(issuer, headers)) else { return false };
    let (now, store) = (issuer.now(), issuer.store());
    let sub = |browser: &str| store.session(browser, now).map(|session| session.sub.clone());
    sub(&browser).is_some_and(|own| sub(&flow.browser) == Some(own))
}

/// The flow that was begun last in the browser, whatever a form says.
fn latest_flow(issuer: &Issuer, headers: &HeaderMap) -> Result<(String, Flow), Problem> {
    let browser = cookie(issuer, headers).ok_or(LOST)?;
    let store = issuer.store();
    let latest = store.flows.iter().rfind(|(_, flow)| random::same(&flow.browser, &browser));
    latest.map(|(id, flow)| (id.clone(), flow.clone())).ok_or(LOST)
}

/// The value of the issuer's session cookie.
pub(super) fn cookie(issuer: &Issuer, headers: &HeaderMap) -> Option<String> {
    cookie_named(&issuer.cookie, headers)
}

/// The value of a cookie that is as long as all of the issuer's are.
pub(super) fn cookie_named(wanted: &str, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    pairs.find(|(name, value)| *name == wanted && value.len() == 43).map(|(_, value)| value.to_owned())
}
