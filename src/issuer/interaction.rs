//! What happens between the authorization request and its answer: login and consent.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::authorize::Request;
use super::flaw::{Behaviour, Site};
use super::grant::{CODE_LIFETIME, Code, Grant};
use super::page_set::{OfflineAccess, PageSet};
use super::pages;
use super::params::Params;
use super::random;
use super::reply::{Answer, Content, Problem, Reply};
use super::respond;
use super::routes::{CONSENT, CONTINUE, LOGIN};
use super::scope::{OFFLINE_ACCESS, Scope};
use super::state::{Issuer, USER_SUB, now};
use super::store::Session;
use super::user;

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
    /// True once the end-user consented to this very request.
    pub consented: bool,
    /// True once the end-user refused.
    pub denied: bool,
    /// The user name, where it is given on a page of its own.
    pub identifier: Option<String>,
    /// The user name of the last login if it failed.
    pub failed: Option<String>,
    /// True once the end-user went on from the page after the login.
    pub greeted: bool,
}

/// What is to happen next.
pub(super) enum Next {
    Login,
    Greet,
    Consent,
    Code(Session),
    Refuse(&'static str, &'static str),
}

/// The page that a request is answered with when its flow is not known, or belongs to another browser.
const LOST: Problem = Problem::Page("This page is no longer good. Go back to the application and start again.");

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
        csrf: random::secret(),
        logged_in: false,
        consented: false,
        denied: false,
        identifier: None,
        failed: None,
        greeted: false,
    };
    let reply = go_on(issuer, &random::secret(), &flow)?;
    Ok(if is_new { reply.with(SET_COOKIE, &issuer.set_cookie(&flow.browser)) } else { reply })
}

/// `GET` of the login page.
pub async fn login_page(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    let (id, flow) = known_flow(&issuer, &Params::parse(query.unwrap_or_default().as_bytes()), &headers)?;
    login_form(&issuer, &id, &flow, &json!({ "username": flow.request.login_hint }))
}

/// `GET` of the frame with the login form, where the login page has it in one. Only that page may hold it.
pub async fn login_frame(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    if issuer.pages != PageSet::Iframe {
        return Err(LOST);
    }
    let (id, flow) = known_flow(&issuer, &Params::parse(query.unwrap_or_default().as_bytes()), &headers)?;
    let more = json!({ "username": flow.failed.as_ref().or(flow.request.login_hint.as_ref()), "failed": flow.failed.is_some() });
    Ok(page(&issuer, &id, &flow, "frame", &more)?.framed_by_own_pages())
}

/// `GET` of the page between login and consent.
pub async fn continue_page(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    let (id, flow) = known_flow(&issuer, &Params::parse(query.unwrap_or_default().as_bytes()), &headers)?;
    if !matches!(next(&issuer, &flow), Next::Greet) {
        return go_on(&issuer, &id, &flow);
    }
    page(&issuer, &id, &flow, "continue", &json!({ "username": issuer.accounts.username }))
}

/// `POST` of the page between login and consent.
pub async fn go_on_after_login(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let (id, mut flow) = posted_flow(&issuer, &Params::parse(&body), &headers)?;
    flow.greeted = true;
    go_on(&issuer, &id, &flow)
}

/// `POST` of the login page.
pub async fn log_in(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::parse(&body);
    let (id, mut flow) = match posted_flow(&issuer, &form, &headers) {
        Err(_) if issuer.defect.does(Behaviour::LoginFormUnbound) => {
            let id = form.get("flow").ok_or(LOST)?;
            (id.to_owned(), issuer.store().flow_of_any_browser(id).cloned().ok_or(LOST)?)
        }
        known => known?,
    };
    if form.get("action") == Some("cancel") {
        return deny(&issuer, &id, &flow, "the end-user did not log in");
    }
    if issuer.pages == PageSet::TwoPages && matches!(form.get("action"), Some("identify" | "back")) {
        return identify(&issuer, &id, flow, &form);
    }
    let username = flow.identifier.clone().or_else(|| form.owned("username")).unwrap_or_default();
    let password = form.get("password").unwrap_or_default();
    if !log_in_as(&issuer, &mut flow, Some(&username), Some(password)) {
        return failed(&issuer, &id, flow, &username, password);
    }
    let to_consent = matches!(next(&issuer, &flow), Next::Consent);
    let mut reply = go_on(&issuer, &id, &flow)?.with(SET_COOKIE, &issuer.set_cookie(&flow.browser));
    if issuer.defect.does(Behaviour::CookieNotSecure) {
        reply.headers.append(SET_COOKIE, HeaderValue::from_static("__Secure-seen=1; Path=/; HttpOnly; SameSite=Lax"));
    }
    Ok(if to_consent { issuer.defect.dress(&[Site::LoginAnswer], reply)? } else { reply })
}

/// Logs in, if name and password are right.
pub(super) fn log_in_as(issuer: &Issuer, flow: &mut Flow, username: Option<&str>, password: Option<&str>) -> bool {
    let is_right =
        issuer.defect.does(Behaviour::PasswordIgnored) || password.is_some_and(|password| random::same(password, &issuer.accounts.password));
    if !is_right || !username.is_some_and(|username| random::same(username, &issuer.accounts.username)) {
        return false;
    }
    flow.browser = issuer.store().log_in(&flow.browser, Session { sub: USER_SUB.to_owned(), auth_time: now() });
    flow.logged_in = true;
    true
}

/// The name, on its page, or the way back to that page.
fn identify(issuer: &Issuer, id: &str, mut flow: Flow, form: &Params) -> Answer {
    let given = form.owned("identifier").filter(|_| form.get("action") == Some("identify"));
    // Nobody sees that field: who fills it in is no person.
    if form.get("username").is_some_and(|decoy| !decoy.is_empty()) && given.is_some() {
        return login_form(issuer, id, &flow, &json!({ "failed": true, "username": given }));
    }
    flow.identifier = given;
    issuer.store().put_flow(id, flow);
    Ok(Reply::see_other(&format!("{LOGIN}?flow={id}")))
}

/// The answer to a login that failed: the login page again.
fn failed(issuer: &Issuer, id: &str, mut flow: Flow, username: &str, password: &str) -> Answer {
    if issuer.defect.does(Behaviour::WrongPasswordErrorPage) {
        return Err(Problem::Page("You cannot log in."));
    }
    flow.failed = Some(username.to_owned());
    issuer.store().put_flow(id, flow.clone());
    let mut reply = login_form(issuer, id, &flow, &json!({ "failed": true, "username": username }))?;
    if issuer.defect.does(Behaviour::PasswordEchoed)
        && let Content::Html(html) = &mut reply.content
    {
        *html = html.replace("</main>", &format!("</main><!-- {password} -->"));
    }
    if issuer.defect.does(Behaviour::WrongPasswordLogsIn) {
        let session = Session { sub: USER_SUB.to_owned(), auth_time: now() };
        let browser = issuer.store().log_in(&flow.browser, session);
        issuer.store().add_consent(USER_SUB, &flow.request.client_id, &wishes(&flow.request));
        reply = reply.with(SET_COOKIE, &issuer.set_cookie(&browser));
    }
    Ok(issuer.defect.dress(&[Site::LoginPageAgain], reply)?)
}

/// `GET` of the consent page.
pub async fn consent_page(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    let (id, flow) = known_flow(&issuer, &Params::parse(query.unwrap_or_default().as_bytes()), &headers)?;
    if !matches!(next(&issuer, &flow), Next::Consent) {
        return go_on(&issuer, &id, &flow);
    }
    consent_form(&issuer, &id, &flow, false)
}

fn consent_form(issuer: &Issuer, id: &str, flow: &Flow, failed: bool) -> Answer {
    let name = if issuer.pages == PageSet::Spa { "page" } else { "consent" };
    let more = json!({ "scopes": scopes_in_words(flow), "username": issuer.accounts.username, "failed": failed });
    Ok(issuer.defect.dress(&[Site::ConsentPage], page(issuer, id, flow, name, &more)?)?)
}

/// What the end-user is asked to allow, in words.
pub(super) fn scopes_in_words(flow: &Flow) -> Vec<String> {
    wishes(&flow.request).words().map(|word| pages::scope_in_words(word).to_owned()).collect()
}

/// `POST` of the consent page.
pub async fn consent(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::parse(&body);
    let (id, mut flow) = posted_flow(&issuer, &form, &headers)?;
    if !matches!(next(&issuer, &flow), Next::Consent) {
        return go_on(&issuer, &id, &flow);
    }
    if form.get("action") == Some("login") {
        // The login form once more, as a browser sends it after a redirect that keeps the method.
        return go_on(&issuer, &id, &flow);
    }
    if form.get("action") != Some("allow") && !issuer.defect.does(Behaviour::RefusalIgnored) {
        return deny(&issuer, &id, &flow, "the end-user did not consent");
    }
    if issuer.pages == PageSet::CheckBoxes && ["terms", "share"].iter().any(|name| form.get(name).is_none()) {
        return consent_form(&issuer, &id, &flow, true);
    }
    allow(&issuer, &mut flow);
    go_on(&issuer, &id, &flow)
}

/// Takes down that the end-user consented.
pub(super) fn allow(issuer: &Issuer, flow: &mut Flow) {
    issuer.store().add_consent(USER_SUB, &flow.request.client_id, &wishes(&flow.request));
    flow.consented = true;
}

/// What is to happen next.
pub(super) fn next(issuer: &Issuer, flow: &Flow) -> Next {
    let request = &flow.request;
    let does = |behaviour| issuer.defect.does(behaviour);
    let wants_login = request.prompt.has("login") && !does(Behaviour::PromptLoginIgnored);
    let wants_silence = request.prompt.has("none");
    let silent = wants_silence && !does(Behaviour::PromptNoneShowsLogin);
    let now = now();
    let store = issuer.store();
    let is_other = |session: &Session| request.sub.as_ref().is_some_and(|sub| *sub != session.sub) && !does(Behaviour::SubMoves);
    let session = store.session(&flow.browser, now).filter(|session| {
        let asked = wants_login || request.prompt.has("select_account") || (wants_silence && !silent);
        // A login in the very second of the request is not older than zero seconds, but max_age=0 asks for one all the same.
        let too_old = request.max_age.is_some_and(|most| most == 0 || now.saturating_sub(session.auth_time) > most);
        flow.logged_in || !(asked || (too_old && !does(Behaviour::MaxAgeIgnored)) || is_other(session))
    });
    let Some(session) = session.filter(|_| !(silent && does(Behaviour::PromptNoneRefused))) else {
        return if silent { Next::Refuse("login_required", "the end-user is not logged in") } else { Next::Login };
    };
    if is_other(session) {
        return Next::Refuse("login_required", "the end-user who logged in is not the one who was asked for");
    }
    if issuer.pages == PageSet::Continue && flow.logged_in && !flow.greeted {
        return Next::Greet;
    }
    let always_asks = issuer.offline_access == OfflineAccess::AlwaysAsks && request.scope.has(OFFLINE_ACCESS);
    let wants_consent = !flow.consented
        && !does(Behaviour::ConsentNever)
        && (does(Behaviour::ConsentAlways)
            || always_asks
            || request.prompt.has("consent")
            || !store.has_consent(&session.sub, &request.client_id, &wishes(request)));
    match (wants_consent, silent) {
        (false, _) => Next::Code(session.clone()),
        (true, false) => Next::Consent,
        (true, true) => Next::Refuse("consent_required", "the end-user has not consented to this yet"),
    }
}

fn go_on(issuer: &Issuer, id: &str, flow: &Flow) -> Answer {
    if flow.denied {
        return deny(issuer, id, flow, "the end-user did not consent");
    }
    let page = match next(issuer, flow) {
        Next::Login | Next::Consent if issuer.pages == PageSet::ErrorPage => return Ok(Reply::page(StatusCode::OK, pages::out_of_order()?)),
        Next::Login => LOGIN,
        Next::Greet => CONTINUE,
        Next::Consent => CONSENT,
        Next::Code(session) => return answer(issuer, id, flow, &session),
        Next::Refuse(error, description) => {
            issuer.store().remove_flow(id);
            return respond::error(issuer, &flow.request.target, error, description);
        }
    };
    issuer.store().put_flow(id, flow.clone());
    Ok(Reply::see_other(&format!("{page}?flow={id}")))
}

fn deny(issuer: &Issuer, id: &str, flow: &Flow, description: &str) -> Answer {
    issuer.store().remove_flow(id);
    if issuer.defect.does(Behaviour::RefusalShowsPage) {
        return Err(Problem::Page("You refused."));
    }
    let error = if issuer.defect.does(Behaviour::RefusalIsServerError) { "server_error" } else { "access_denied" };
    respond::error(issuer, &flow.request.target, error, description)
}

/// The authorization response (RFC 6749 4.1.2, RFC 9207 2).
fn answer(issuer: &Issuer, id: &str, flow: &Flow, session: &Session) -> Answer {
    let request = &flow.request;
    // OpenID Connect Core 11 wants consent to it; how far one that was given before goes is left to the issuer.
    let offline = flow.consented || issuer.offline_access == OfflineAccess::Free || issuer.defect.does(Behaviour::ConsentNever);
    let scope = request.scope.filter(|word| word != OFFLINE_ACCESS || offline);
    let mut code = random::secret();
    if issuer.defect.does(Behaviour::CodeShort) {
        code.truncate(8);
    }
    let (reply, sent) = respond::code(issuer, &request.target, &code)?;
    let auth_time = if issuer.defect.does(Behaviour::AuthTimeMoves) && !flow.logged_in {
        // Another second than that of the login, even if both are in the same.
        now().max(session.auth_time + 1)
    } else {
        session.auth_time
    };
    let known = issuer.store().client(&request.client_id).map(|client| client.metadata.subject(&session.sub));
    let sub = if issuer.defect.does(Behaviour::SubMoves) { random::secret() } else { known.unwrap_or_else(|| session.sub.clone()) };
    let grant = Grant {
        client_id: request.client_id.clone(),
        sub,
        scope,
        auth_time: Some(auth_time),
        nonce: request
            .nonce
            .as_ref()
            .map(|nonce| if issuer.defect.does(Behaviour::NonceEscaped) { nonce.replace('<', "&lt;").replace('>', "&gt;") } else { nonce.clone() }),
        requested: request.requested.clone(),
        alive: true,
    };
    let code = Code {
        grant,
        redirect_uri: request.target.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        expires_at: now() + CODE_LIFETIME,
        spent: false,
        redeemed: None,
    };
    let mut store = issuer.store();
    store.remove_flow(id);
    store.put_code(&sent, code);
    Ok(reply)
}

/// What the end-user is asked to allow: the scope, and the claims that are asked for by name beyond it.
fn wishes(request: &Request) -> Scope {
    let mut wishes = request.scope.clone();
    let names = request.requested.userinfo.iter().chain(&request.requested.id_token);
    for name in names.filter_map(|name| user::scope_of(name)) {
        wishes.add(name);
    }
    wishes
}

/// A page of a flow, with what it says of the client.
fn page(issuer: &Issuer, id: &str, flow: &Flow, template: &str, more: &Value) -> Result<Reply, Problem> {
    let client = issuer.store().client(&flow.request.client_id).cloned();
    let name = client.as_ref().map(|client| client.name().to_owned()).unwrap_or_default();
    let hidden = [("logo_uri", Behaviour::LogoHidden), ("policy_uri", Behaviour::PolicyHidden), ("tos_uri", Behaviour::TermsHidden)];
    let is_hidden = |name: &str| hidden.iter().any(|(known, behaviour)| *known == name && issuer.defect.does(*behaviour));
    let link = |name: &str| client.as_ref().and_then(|client| client.metadata.link(name)).filter(|_| !is_hidden(name));
    let logo = link("logo_uri");
    let mut data = json!({
        "flow": id, "csrf": flow.csrf, "client": name, "logo_uri": logo, "policy_uri": link("policy_uri"), "tos_uri": link("tos_uri"),
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more.clone());
    }
    // The logo is the one thing a plain page loads, and from its own host only.
    let images = logo.and_then(|logo| Url::parse(logo).ok()).map(|logo| format!("img-src {}", logo.origin().ascii_serialization()));
    let directives: Vec<String> = images.into_iter().chain(pages::directives(issuer.pages)).collect();
    let mut html = pages::of_flow(issuer.pages, template, &data)?;
    if let Some(state) = flow.request.target.state.as_ref().filter(|_| issuer.defect.does(Behaviour::StateUnescaped)) {
        html = html.replace("</main>", &format!("<p>{state}</p></main>"));
    }
    Ok(Reply::page_with(StatusCode::OK, html, &directives.join("; ")))
}

/// The login page, with what a flaw changes in it.
fn login_form(issuer: &Issuer, id: &str, flow: &Flow, more: &Value) -> Answer {
    let mut reply = match (issuer.pages, &flow.identifier) {
        (PageSet::Spa, _) => page(issuer, id, flow, "page", more)?,
        (PageSet::TwoPages, Some(identifier)) => page(issuer, id, flow, "password", &json!({ "username": identifier, "failed": more["failed"] }))?,
        _ => page(issuer, id, flow, "login", more)?,
    };
    if let Content::Html(html) = &mut reply.content {
        if issuer.defect.does(Behaviour::LoginPageForeignScript) {
            *html = html.replace("</main>", "</main>\n<script src=\"https://cdn.statistics.example/count.js\"></script>");
        }
        if issuer.defect.does(Behaviour::LoginFormPlainHttp) {
            *html = html.replace("action=\"/account/login\"", "action=\"http://issuer.invalid/account/login\"");
        }
    }
    Ok(issuer.defect.dress(&[Site::LoginPage], reply)?)
}

fn known_flow(issuer: &Issuer, params: &Params, headers: &HeaderMap) -> Result<(String, Flow), Problem> {
    let id = params.get("flow").ok_or(LOST)?;
    let browser = cookie(issuer, headers).ok_or(LOST)?;
    let flow = issuer.store().flow(id, &browser).cloned().ok_or(LOST)?;
    Ok((id.to_owned(), flow))
}

pub(super) fn posted_flow(issuer: &Issuer, form: &Params, headers: &HeaderMap) -> Result<(String, Flow), Problem> {
    let (id, flow) = known_flow(issuer, form, headers)?;
    if form.get("csrf").is_some_and(|sent| random::same(sent, &flow.csrf)) { Ok((id, flow)) } else { Err(LOST) }
}

/// The value of the issuer's session cookie.
pub(super) fn cookie(issuer: &Issuer, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    pairs.find(|(name, value)| *name == issuer.cookie && value.len() == 43).map(|(_, value)| value.to_owned())
}
