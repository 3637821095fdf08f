//! What happens between the authorization request and its answer: login and consent.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::authorize::{Request, refuse, with_query};
use super::flaw::{Behaviour, Site};
use super::grant::{CODE_LIFETIME, Code, Grant};
use super::pages;
use super::params::Params;
use super::random;
use super::reply::{Answer, Problem, Reply};
use super::routes::{CONSENT, LOGIN};
use super::scope::OFFLINE_ACCESS;
use super::state::{Issuer, USER_SUB, now};
use super::store::Session;

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
}

/// What is to happen next.
enum Next {
    Login,
    Consent,
    Code(Session),
    Refuse(&'static str, &'static str),
}

/// The page that a request is answered with when its flow is not known, or belongs to another browser.
const LOST: Problem = Problem::Page("This page is no longer good. Go back to the application and start again.");

/// Begins with a checked request: a page, or the answer at once.
pub fn begin(issuer: &Issuer, request: Request, headers: &HeaderMap) -> Answer {
    let cookie = cookie(issuer, headers);
    let is_new = cookie.is_none();
    let browser = cookie.unwrap_or_else(random::secret);
    let flow = Flow { request, browser, csrf: random::secret(), logged_in: false, consented: false };
    let reply = go_on(issuer, &random::secret(), &flow)?;
    Ok(if is_new { reply.with(SET_COOKIE, &issuer.set_cookie(&flow.browser)) } else { reply })
}

/// `GET` of the login page.
pub async fn login_page(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    let (id, flow) = known_flow(&issuer, &Params::parse(query.unwrap_or_default().as_bytes()), &headers)?;
    let html = pages::login(&json!({ "flow": id, "csrf": flow.csrf, "client": client_name(&issuer, &flow) }))?;
    Ok(Reply::page(StatusCode::OK, html))
}

/// `POST` of the login page.
pub async fn log_in(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::parse(&body);
    let (id, mut flow) = posted_flow(&issuer, &form, &headers)?;
    if form.get("action") == Some("cancel") {
        return Ok(deny(&issuer, &id, &flow, "the end-user did not log in"));
    }
    let username = form.get("username").unwrap_or_default();
    let password = form.get("password").unwrap_or_default();
    if !random::same(username, &issuer.accounts.username) || !random::same(password, &issuer.accounts.password) {
        let client = client_name(&issuer, &flow);
        let html = pages::login(&json!({ "flow": id, "csrf": flow.csrf, "client": client, "failed": true, "username": username }))?;
        return Ok(Reply::page(StatusCode::OK, html));
    }
    let session = Session { sub: USER_SUB.to_owned(), auth_time: now() };
    flow.browser = issuer.store().log_in(&flow.browser, session);
    flow.logged_in = true;
    Ok(go_on(&issuer, &id, &flow)?.with(SET_COOKIE, &issuer.set_cookie(&flow.browser)))
}

/// `GET` of the consent page.
pub async fn consent_page(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Answer {
    let (id, flow) = known_flow(&issuer, &Params::parse(query.unwrap_or_default().as_bytes()), &headers)?;
    if !matches!(next(&issuer, &flow), Next::Consent) {
        return go_on(&issuer, &id, &flow);
    }
    let scopes: Vec<&str> = flow.request.scope.words().map(pages::scope_in_words).collect();
    let client = client_name(&issuer, &flow);
    let data = json!({ "flow": id, "csrf": flow.csrf, "client": client, "scopes": scopes, "username": issuer.accounts.username });
    Ok(Reply::page(StatusCode::OK, pages::consent(&data)?))
}

/// `POST` of the consent page.
pub async fn consent(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::parse(&body);
    let (id, mut flow) = posted_flow(&issuer, &form, &headers)?;
    if !matches!(next(&issuer, &flow), Next::Consent) {
        return go_on(&issuer, &id, &flow);
    }
    if form.get("action") != Some("allow") {
        return Ok(deny(&issuer, &id, &flow, "the end-user did not consent"));
    }
    issuer.store().add_consent(USER_SUB, &flow.request.client_id, &flow.request.scope);
    flow.consented = true;
    go_on(&issuer, &id, &flow)
}

fn next(issuer: &Issuer, flow: &Flow) -> Next {
    let request = &flow.request;
    let silent = request.prompt.has("none");
    let now = now();
    let store = issuer.store();
    let session = store.session(&flow.browser, now).filter(|session| {
        let asked = request.prompt.has("login") || request.prompt.has("select_account");
        // A login in the very second of the request is not older than zero seconds, but max_age=0 asks for one all the same.
        let too_old = request.max_age.is_some_and(|most| most == 0 || now.saturating_sub(session.auth_time) > most);
        flow.logged_in || !(asked || too_old)
    });
    let Some(session) = session else {
        return if silent { Next::Refuse("login_required", "the end-user is not logged in") } else { Next::Login };
    };
    let wants_consent = !flow.consented
        && !issuer.defect.does(Behaviour::ConsentNever)
        && (issuer.defect.does(Behaviour::ConsentAlways)
            || request.prompt.has("consent")
            || !store.has_consent(&session.sub, &request.client_id, &request.scope));
    match (wants_consent, silent) {
        (false, _) => Next::Code(session.clone()),
        (true, false) => Next::Consent,
        (true, true) => Next::Refuse("consent_required", "the end-user has not consented to this yet"),
    }
}

fn go_on(issuer: &Issuer, id: &str, flow: &Flow) -> Answer {
    let page = match next(issuer, flow) {
        Next::Login => LOGIN,
        Next::Consent => CONSENT,
        Next::Code(session) => return answer(issuer, id, flow, &session),
        Next::Refuse(error, description) => {
            let request = &flow.request;
            return Ok(refuse(issuer, &request.redirect_uri, request.state.as_deref(), error, description));
        }
    };
    issuer.store().put_flow(id, flow.clone());
    Ok(Reply::see_other(&format!("{page}?flow={id}")))
}

fn deny(issuer: &Issuer, id: &str, flow: &Flow, description: &str) -> Reply {
    issuer.store().remove_flow(id);
    refuse(issuer, &flow.request.redirect_uri, flow.request.state.as_deref(), "access_denied", description)
}

/// The authorization response (RFC 6749 4.1.2, RFC 9207 2).
fn answer(issuer: &Issuer, id: &str, flow: &Flow, session: &Session) -> Answer {
    let request = &flow.request;
    // Offline access is given on a consent page or not at all (OpenID Connect Core 11).
    let offline = flow.consented || issuer.defect.does(Behaviour::ConsentNever);
    let scope = request.scope.filter(|word| word != OFFLINE_ACCESS || offline);
    let mut code = random::secret();
    if issuer.defect.does(Behaviour::CodeShort) {
        code.truncate(8);
    }
    let mut params = Map::new();
    params.insert("code".to_owned(), json!(code));
    if let Some(state) = &request.state {
        params.insert("state".to_owned(), json!(state));
    }
    params.insert("iss".to_owned(), json!(issuer.url));
    let mut params = Value::Object(params);
    issuer.defect.json(&[Site::AuthorizationResponse], &mut params)?;
    let sent = params["code"].as_str().unwrap_or(&code).to_owned();

    let grant = Grant {
        client_id: request.client_id.clone(),
        sub: session.sub.clone(),
        scope,
        auth_time: Some(session.auth_time),
        nonce: request.nonce.clone(),
        alive: true,
    };
    let code = Code {
        grant,
        redirect_uri: request.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        expires_at: now() + CODE_LIFETIME,
        spent: false,
        redeemed: None,
    };
    let mut store = issuer.store();
    store.remove_flow(id);
    store.put_code(&sent, code);
    drop(store);
    let mut pairs = pairs(&params);
    if issuer.defect.does(Behaviour::AuthorizationResponseDoubled) {
        pairs.extend(request.state.iter().map(|state| ("state".to_owned(), state.clone())));
    }
    let redirect_uri = match request.redirect_uri.split_once('?') {
        Some((before, _)) if issuer.defect.does(Behaviour::RedirectQueryLost) => before,
        _ => &request.redirect_uri,
    };
    let location = with_query(redirect_uri, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    Ok(issuer.defect.dress(&[Site::AuthorizationResponse], Reply::see_other(&location))?)
}

/// Parameters as they are sent: an array, which only a flaw can make, repeats its parameter.
fn pairs(params: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut pairs = Vec::new();
    for (name, value) in params.as_object().into_iter().flatten() {
        match value {
            Value::Array(values) => pairs.extend(values.iter().map(|value| (name.clone(), text(value)))),
            value => pairs.push((name.clone(), text(value))),
        }
    }
    pairs
}

fn client_name(issuer: &Issuer, flow: &Flow) -> String {
    issuer.store().client(&flow.request.client_id).map(|client| client.name().to_owned()).unwrap_or_default()
}

fn known_flow(issuer: &Issuer, params: &Params, headers: &HeaderMap) -> Result<(String, Flow), Problem> {
    let id = params.get("flow").ok_or(LOST)?;
    let browser = cookie(issuer, headers).ok_or(LOST)?;
    let flow = issuer.store().flow(id, &browser).cloned().ok_or(LOST)?;
    Ok((id.to_owned(), flow))
}

fn posted_flow(issuer: &Issuer, form: &Params, headers: &HeaderMap) -> Result<(String, Flow), Problem> {
    let (id, flow) = known_flow(issuer, form, headers)?;
    if form.get("csrf").is_some_and(|sent| random::same(sent, &flow.csrf)) { Ok((id, flow)) } else { Err(LOST) }
}

/// The value of the issuer's session cookie.
fn cookie(issuer: &Issuer, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    pairs.find(|(name, value)| *name == issuer.cookie && value.len() == 43).map(|(_, value)| value.to_owned())
}
