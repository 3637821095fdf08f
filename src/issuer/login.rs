//! The login page: name and password, on one page or on two, in a frame or not.

use http::header::{ORIGIN, SET_COOKIE};

use super::interaction::{Flow, LOST, Next, asked_scope, deny, go_on, known_flow, next, page, posted_flow};
use super::routes::LOGIN;
use super::store::Session;
use crate::issuer::prelude::*;

/// An image of one pixel, all of whose bytes are ASCII.
const PICTURE: &str = "GIF87a\x01\0\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// `GET` of the login page.
pub async fn login_page(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    if query.get("picture").is_some() && issuer.does(Behaviour::PictureBehindLogin) {
        return Ok(Reply::page(StatusCode::OK, pages::render("login", &json!({}))?));
    }
    if query.get("picture").is_some() && issuer.does(Behaviour::PictureUntyped) {
        return Ok(Reply::text(StatusCode::OK, PICTURE));
    }
    let (id, flow) = known_flow(&issuer, &query, &headers)?;
    login_form(&issuer, &id, &flow, &json!({ "username": flow.request.login_hint }))
}

/// `GET` of the frame with the login form, where the login page has it in one. Only that page may hold it.
pub async fn login_frame(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    if issuer.pages != PageSet::Iframe {
        return Err(LOST);
    }
    let (id, flow) = known_flow(&issuer, &query, &headers)?;
    let more = json!({ "username": flow.failed.as_ref().or(flow.request.login_hint.as_ref()), "failed": flow.failed.is_some() });
    Ok(page(&issuer, &id, &flow, "frame", &more)?.framed_by_own_pages())
}

/// `POST` of the login page.
pub async fn log_in(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::parse(&body);
    if is_of_other_site(&issuer, &headers) && issuer.does(Behaviour::LoginFormOfOwnSite) {
        return Err(LOST);
    }
    let (id, mut flow) = match posted_flow(&issuer, &form, &headers) {
        Err(_) if !issuer.checks(Check::LoginBrowser) => {
            let id = form.get("flow").ok_or(LOST)?;
            (id.to_owned(), issuer.store().flows.get(id).cloned().ok_or(LOST)?)
        }
        known => known?,
    };
    if form.get("action") == Some("cancel") {
        return deny(&issuer, &id, &flow, "the end-user did not log in");
    }
    if issuer.pages == PageSet::TwoPages && matches!(form.get("action"), Some("identify" | "back")) {
        return identify(&issuer, &id, flow, &form);
    }
    if issuer.pages == PageSet::ScriptLogin && form.get("proof").is_none() {
        return login_form(&issuer, &id, &flow, &json!({}));
    }
    let username = flow.identifier.clone().or_else(|| form.owned("username")).unwrap_or_default();
    let password = form.get("password").unwrap_or_default();
    if !log_in_as(&issuer, &mut flow, Some(&username), Some(password)) {
        return failed(&issuer, &id, flow, &username, password);
    }
    flow.is_passing = issuer.does(Behaviour::SessionNone) || (issuer.pages == PageSet::ScopeBoxes && form.get("remember").is_none());
    let to_consent = matches!(next(&issuer, &flow), Next::Consent);
    let mut reply = issuer.remember_login(&flow.browser, go_on(&issuer, &id, &flow)?);
    if issuer.does(Behaviour::CookieNotSecure) {
        reply.headers.append(SET_COOKIE, HeaderValue::from_static("__Secure-seen=1; Path=/; HttpOnly; SameSite=Lax"));
    }
    Ok(if to_consent { issuer.defect.patch_http(&[Site::LoginAnswer], reply)? } else { reply })
}

/// True if a browser says that a page of another site sent a form.
fn is_of_other_site(issuer: &Issuer, headers: &HeaderMap) -> bool {
    let own = Url::parse(&issuer.url).map(|url| url.origin().ascii_serialization());
    headers.get(ORIGIN).is_some_and(|origin| own.is_ok_and(|own| origin != own.as_str()))
}

/// Logs in, if name and password are right.
pub(super) fn log_in_as(issuer: &Issuer, flow: &mut Flow, username: Option<&str>, password: Option<&str>) -> bool {
    let is_right = password.is_some_and(|password| random::same(password, &issuer.accounts.password)) || !issuer.checks(Check::LoginPassword);
    if !is_right || !username.is_some_and(|username| random::same(username, &issuer.accounts.username)) {
        return false;
    }
    flow.browser = issuer.store().log_in(&flow.browser, Session { sub: USER_SUB.to_owned(), auth_time: issuer.now() });
    flow.logged_in = true;
    true
}

/// The name, on its page, or the way back to that page.
fn identify(issuer: &Issuer, id: &str, mut flow: Flow, form: &Params) -> Answer {
    let given = form.owned("identifier").filter(|_| form.get("action") == Some("identify"));
    // People do not see that field: only a script fills it in.
    if form.get("username").is_some_and(|decoy| !decoy.is_empty()) && given.is_some() {
        return login_form(issuer, id, &flow, &json!({ "failed": true, "username": given }));
    }
    flow.identifier = given;
    issuer.store().flows.insert(id.to_owned(), flow);
    Ok(Reply::see_other(&format!("{LOGIN}?flow={id}")))
}

/// The answer to a login that failed: the login page again.
fn failed(issuer: &Issuer, id: &str, mut flow: Flow, username: &str, password: &str) -> Answer {
    if issuer.does(Behaviour::WrongPasswordErrorPage) {
        return Err(Problem::Page("You cannot log in."));
    }
    flow.failed = Some(username.to_owned());
    issuer.store().flows.insert(id.to_owned(), flow.clone());
    let mut reply = login_form(issuer, id, &flow, &json!({ "failed": true, "username": username }))?;
    if issuer.does(Behaviour::PasswordEchoed)
        && let Content::Html(html) = &mut reply.content
    {
        *html = html.replace("</main>", &format!("</main><!-- {password} -->"));
    }
    let has_asked = issuer.does(Behaviour::WrongPasswordLogsIn);
    if has_asked || issuer.does(Behaviour::WrongPasswordLogsInUnasked) {
        let session = Session { sub: USER_SUB.to_owned(), auth_time: issuer.now() };
        let browser = issuer.store().log_in(&flow.browser, session);
        if has_asked {
            issuer.store().add_consent(USER_SUB, &flow.request.client_id, &asked_scope(&flow.request));
        }
        reply = issuer.remember_login(&browser, reply);
    }
    Ok(issuer.defect.patch_http(&[Site::LoginPageAgain], reply)?)
}

/// The login page, with what a flaw changes in it.
fn login_form(issuer: &Issuer, id: &str, flow: &Flow, more: &Value) -> Answer {
    let mut reply = match (issuer.pages, &flow.identifier) {
        (PageSet::Spa, _) => page(issuer, id, flow, "page", more)?,
        (PageSet::TwoPages, Some(identifier)) => page(issuer, id, flow, "password", &json!({ "username": identifier, "failed": more["failed"] }))?,
        _ => page(issuer, id, flow, "login", more)?,
    };
    if let Content::Html(html) = &mut reply.content {
        if issuer.does(Behaviour::LoginPageForeignScript) {
            *html = html.replace("</main>", "</main>\n<script src=\"https://cdn.statistics.example/count.js\"></script>");
        }
        if issuer.does(Behaviour::LoginPageForeignLink) {
            *html = html.replace("</main>", "<p><a href=\"https://partner.example/offers\">Offers of our partner</a></p></main>");
        }
        if issuer.does(Behaviour::LoginFormPlainHttp) {
            *html = html.replace("action=\"/account/login\"", "action=\"http://issuer.invalid/account/login\"");
        }
    }
    Ok(issuer.defect.patch_http(&[Site::LoginPage], reply)?)
}
