//! The logout endpoint (OpenID Connect RP-Initiated Logout 1.0): the end-user is asked, and only a client that shows an ID token of
//! its own has the browser sent back.

use super::back_channel;
use super::front_channel;
use super::hint;
use super::interaction::cookie;
use super::params;
use super::respond::{pairs, with_query};
use crate::issuer::prelude::*;

/// A logout that waits for the end-user's word.
#[derive(Debug, Clone)]
pub struct Logout {
    /// The value of the session cookie of the browser it came with: no other may confirm it.
    pub browser: String,
    /// Where the browser is sent afterwards, with everything in it.
    pub back: Option<String>,
}

/// `GET` of the logout endpoint.
pub async fn get(State(issuer): State<Arc<Issuer>>, Query(query): Query, headers: HeaderMap) -> Answer {
    begin(&issuer, &query, &headers).await
}

/// `POST` to the logout endpoint: the same parameters as a form (2).
pub async fn post(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    if !params::is_form(&headers) || issuer.does(Behaviour::LogoutByPostRefused) {
        return Err(Problem::Page("The request is not one to log out."));
    }
    begin(&issuer, &Params::parse(&body), &headers).await
}

/// `POST` of the page that asks.
pub async fn confirm(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    let form = Params::parse(&body);
    let browser = cookie(&issuer, &headers).unwrap_or_default();
    let known = form.get("logout").and_then(|id| issuer.store().take_logout(id, &browser));
    let logout = known.ok_or(Problem::Page("This page is no longer good. Go back to the application and start again."))?;
    if form.get("action") != Some("yes") {
        return Ok(Reply::page(StatusCode::OK, pages::render("logged_out", &json!({ "stayed": true }))?));
    }
    let is_ignored = issuer.does(Behaviour::LogoutIgnored);
    end(&issuer, &logout, is_ignored).await
}

async fn begin(issuer: &Issuer, params: &Params, headers: &HeaderMap) -> Answer {
    if params.any_repeats() {
        return Err(Problem::Page("A parameter is there more than once."));
    }
    if issuer.does(Behaviour::LogoutClosed) {
        return Err(Problem::Page("Logging out is out of order."));
    }
    let unverified = |hint: &str| hint::unverified_client_id(hint).filter(|_| !issuer.checks(Check::LogoutHintSignature));
    let read = |hint: &str| hint::client_id(issuer, hint).or_else(|| unverified(hint));
    let hinted = match params.get("id_token_hint") {
        None => None,
        Some(hint) => Some(read(hint).ok_or(Problem::Page("The hint is no ID token of this issuer."))?),
    };
    let is_other = hinted.as_deref().zip(params.get("client_id")).is_some_and(|(hinted, named)| hinted != named);
    if is_other && issuer.checks(Check::LogoutClientId) {
        return Err(Problem::Page("The ID token was issued to another client."));
    }
    let back = back(issuer, params, hinted.as_deref())?;
    let browser = cookie(issuer, headers).unwrap_or_default();
    let logout = Logout { browser, back };
    let is_logged_in = issuer.store().session(&logout.browser, issuer.now()).is_some();
    if !is_logged_in && issuer.does(Behaviour::LogoutIdleRefused) {
        return Err(Problem::Page("You are not logged in."));
    }
    if params.get("ui_locales").is_some() && issuer.does(Behaviour::LogoutLocalesRefused) {
        return Err(Problem::Page("This page is not there in your language."));
    }
    let back = if is_logged_in || !issuer.does(Behaviour::LogoutIdlePage) { logout.back } else { None };
    let logout = Logout { back, ..logout };
    let is_current = params.get("id_token_hint").is_some_and(|hint| issuer.store().is_of_session(hint, &logout.browser));
    let unasked = match hinted {
        None => issuer.does(Behaviour::LogoutUnasked),
        Some(_) if is_current => issuer.does(Behaviour::LogoutByHintUnasked) || issuer.does(Behaviour::LogoutByHintIgnored),
        Some(_) => issuer.does(Behaviour::LogoutByEarlierHint) || issuer.does(Behaviour::LogoutByEarlierSession),
    };
    if !is_logged_in || unasked {
        let is_ignored = hinted.is_some() && issuer.does(Behaviour::LogoutByHintIgnored);
        return end(issuer, &logout, is_ignored).await;
    }
    let id = random::secret();
    let page = pages::render("logout", &json!({ "logout": id, "username": issuer.accounts.username }))?;
    issuer.store().logouts.insert(id, logout);
    Ok(Reply::page(StatusCode::OK, page))
}

/// Where the browser is sent back to: one of the client's own addresses, if its ID token says that it is the client (3).
fn back(issuer: &Issuer, params: &Params, hinted: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(uri) = params.get("post_logout_redirect_uri") else { return Ok(None) };
    let client_id = match hinted {
        Some(hinted) => hinted,
        None if !issuer.checks(Check::LogoutHintPresent) => params.get("client_id").unwrap_or_default(),
        // It is not known which client asks, so the browser is not sent anywhere.
        None => return Ok(None),
    };
    let registered =
        issuer.store().clients.get(client_id).is_some_and(|client| client.metadata.post_logout_redirect_uris.iter().any(|known| known == uri));
    // Without a hint one comes here by a flaw only.
    if !(registered || hinted.is_none() || !issuer.checks(Check::LogoutRedirectUri)) {
        return Err(Problem::Page("The client did not register this address to come back to."));
    }
    if issuer.does(Behaviour::LogoutWithoutRedirect) {
        return Ok(None);
    }
    let state = params.get("state").map(|state| ("state".to_owned(), json!(state)));
    let mut response = Value::Object(state.into_iter().collect::<Map<_, _>>());
    issuer.defect.patch_json(&[Site::LogoutResponse], &mut response)?;
    let pairs = pairs(&response);
    Ok(Some(if pairs.is_empty() { uri.to_owned() } else { with_query(uri, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))) }))
}

/// The end of a logout. One that is ignored looks the same, and keeps the login.
async fn end(issuer: &Issuer, logout: &Logout, is_ignored: bool) -> Answer {
    let was_logged_in = !is_ignored && issuer.store().log_out(&logout.browser);
    let reply = told(issuer, logout, was_logged_in).await?;
    Ok(if was_logged_in { session_state::forget(issuer, reply) } else { reply })
}

/// The answer to a logout, once clients were told of it.
async fn told(issuer: &Issuer, logout: &Logout, was_logged_in: bool) -> Answer {
    if was_logged_in && issuer.settings().tells_of_logouts {
        back_channel::tell(issuer, &logout.browser).await?;
        let frames = front_channel::frames(issuer, &logout.browser)?;
        if !frames.is_empty() {
            return front_channel::page(issuer, frames, logout.back.as_deref());
        }
    }
    if let Some(back) = &logout.back {
        return Ok(Reply::see_other(back));
    }
    let alert = issuer.does(Behaviour::LogoutEndsWithAlert);
    Ok(Reply::page(StatusCode::OK, pages::render("logged_out", &json!({ "alert": alert }))?))
}
