//! Session management (OpenID Connect Session Management 1.0): the state of a browser, the `session_state` that is made of it, and the page that a client
//! has in a frame to learn whether both still fit.

use http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE, X_FRAME_OPTIONS};

use super::interaction::cookie_named;
use crate::issuer::prelude::*;

/// The script of the page in the frame.
const SCRIPT: &str = include_str!("../../fixtures/issuer/session_frame.js");

/// What the script does otherwise under a flaw or a variant, by the names that it knows them by.
const WAYS: [(Behaviour, &str); 9] = [
    (Behaviour::SessionFrameSilent, "silent"),
    (Behaviour::SessionFrameAlwaysChanged, "always-changed"),
    (Behaviour::SessionFrameAlwaysUnchanged, "always-unchanged"),
    (Behaviour::SessionFrameAnyClient, "any-client"),
    (Behaviour::SessionFrameAnyOrigin, "any-origin"),
    (Behaviour::SessionFrameNoError, "no-error"),
    (Behaviour::SessionFrameAsksServer, "asks-server"),
    (Behaviour::SessionFrameLate, "late"),
    (Behaviour::SessionFrameStrangersSilent, "strangers-silent"),
];

/// The salt of a flaw that has always the same.
const ONE_SALT: &str = "salt";

/// The `session_state` for a client in a browser (2): the hash that the page in the frame makes as well, and its salt. `None` where there is no session
/// management.
pub fn of_response(issuer: &Issuer, client_id: &str, redirect_uri: &str, browser: &str) -> Option<String> {
    if !issuer.settings().session_management || client_id.is_empty() {
        return None;
    }
    let origin = Url::parse(redirect_uri).ok()?.origin().ascii_serialization();
    let salt = if issuer.does(Behaviour::SessionStateConstant) { ONE_SALT.to_owned() } else { random::hex() };
    let hash = hash(issuer, client_id, &origin, &of_browser(issuer, browser), &salt);
    Some(if issuer.does(Behaviour::SessionFrameAsksServer) { format!("v2~{salt}~{hash}") } else { format!("{hash}.{salt}") })
}

fn hash(issuer: &Issuer, client_id: &str, origin: &str, state: &str, salt: &str) -> String {
    let client_id = if issuer.does(Behaviour::SessionFrameAnyClient) { "" } else { client_id };
    let origin = if issuer.does(Behaviour::SessionFrameAnyOrigin) { "" } else { origin };
    base64_of(&[client_id, origin, state, salt].join(" "))
}

fn base64_of(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// The state of a browser, by its session cookie: another one with each login, and empty while nobody is logged in.
fn of_browser(issuer: &Issuer, browser: &str) -> String {
    let store = issuer.store();
    let Some(session) = store.session(browser, issuer.now()) else { return String::new() };
    if issuer.does(Behaviour::SessionStateOfUser) || issuer.does(Behaviour::SessionStateConstant) {
        return base64_of(&format!("user {}", session.sub));
    }
    store.browser_states.get(browser).cloned().unwrap_or_else(|| base64_of(&format!("browser {browser}")))
}

/// The name of the cookie with the state of the browser.
fn cookie_name(issuer: &Issuer) -> String {
    issuer.cookie.replace("session", "state")
}

/// Adds the cookie with the state of the browser to the answer to a login. The script reads it, so it is not `HttpOnly` (3.2).
pub fn remember(issuer: &Issuer, browser: &str, reply: Reply) -> Reply {
    if !issuer.settings().session_management {
        return reply;
    }
    with_state(issuer, &of_browser(issuer, browser), reply)
}

/// Changes the state of the browser with each answer, as a flaw does.
pub fn renew(issuer: &Issuer, browser: &str, reply: Reply) -> Reply {
    if !issuer.settings().session_management || !issuer.does(Behaviour::SessionStateBusy) {
        return reply;
    }
    // Nobody is logged in where it is empty.
    let state = of_browser(issuer, browser);
    if state.is_empty() { reply } else { with_state(issuer, &state, reply) }
}

/// Puts another state in the place of that of the browser, as a flaw does before each answer.
pub fn replace(issuer: &Issuer, browser: &str) {
    if issuer.settings().session_management && issuer.does(Behaviour::SessionStateBusy) {
        issuer.store().browser_states.insert(browser.to_owned(), random::secret());
    }
}

/// Takes the state of the browser away with the answer to a logout.
pub fn forget(issuer: &Issuer, reply: Reply) -> Reply {
    if issuer.settings().session_management && issuer.does(Behaviour::SessionStateKept) { reply } else { with_state(issuer, "", reply) }
}

fn with_state(issuer: &Issuer, state: &str, mut reply: Reply) -> Reply {
    if !issuer.settings().session_management {
        return reply;
    }
    // A frame in a page of another site is given no other cookies.
    let site = if issuer.does(Behaviour::SessionStateOutOfSight) { "Lax" } else { "None; Secure" };
    let http_only = if issuer.does(Behaviour::SessionFrameAsksServer) { "; HttpOnly" } else { "" };
    let lifetime = if state.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if issuer.secure && site == "Lax" { "; Secure" } else { "" };
    let cookie = format!("{}={state}; Path=/; SameSite={site}{secure}{http_only}{lifetime}", cookie_name(issuer));
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        reply.headers.append(SET_COOKIE, cookie);
    }
    reply
}

/// `GET` of the page for the frame (3.2), or of what its script asks under a variant.
pub async fn frame(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    if let (Some(client_id), Some(origin), Some(sent)) = (query.get("client_id"), query.get("origin"), query.get("session_state")) {
        let state = cookie_named(&cookie_name(&issuer), &headers).unwrap_or_default();
        let salt = sent.split('~').nth(1).unwrap_or_default();
        let is_same = sent == format!("v2~{salt}~{}", hash(&issuer, client_id, origin, &state, salt));
        return Ok(Reply::ok(json!({ "answer": if is_same { "unchanged" } else { "changed" } })));
    }
    let ways: Vec<&str> = WAYS.into_iter().filter(|(way, _)| issuer.does(*way)).map(|(_, name)| name).collect();
    let origins: Vec<String> = if issuer.does(Behaviour::SessionFrameStrangersSilent) { origins(&issuer) } else { Vec::new() };
    let data = json!({ "cookie": cookie_name(&issuer), "ways": ways.join(" "), "origins": origins.join(" "), "script": SCRIPT });
    let directive = format!("script-src '{}'; connect-src 'self'", pages::hash(SCRIPT));
    let page = Reply::page_with(StatusCode::OK, pages::render("session_frame", &data)?, &directive);
    Ok(if issuer.does(Behaviour::SessionFrameNotFramed) { page } else { framed_by_all(page) })
}

/// The same page, which any other may hold in a frame: it shows nothing and takes no input.
fn framed_by_all(mut page: Reply) -> Reply {
    let policy = page.headers.get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok()).unwrap_or_default();
    let policy = policy.replace("; frame-ancestors 'none'", "");
    page.headers.remove(X_FRAME_OPTIONS);
    page.with(CONTENT_SECURITY_POLICY, &policy)
}

/// The origins of all clients.
fn origins(issuer: &Issuer) -> Vec<String> {
    let store = issuer.store();
    let uris = store.clients.values().flat_map(|client| client.metadata.redirect_uris.iter());
    let origins: std::collections::BTreeSet<String> =
        uris.filter_map(|uri| Url::parse(uri).ok()).map(|uri| uri.origin().ascii_serialization()).collect();
    origins.into_iter().collect()
}
