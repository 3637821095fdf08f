//! Login and consent for a page that a script runs: each step is a request of the script's, answered in JSON.

use super::interaction::{self, Decision, Flow, Next};
use super::login;
use crate::issuer::prelude::*;

/// `POST` of a step: what the end-user did, and what is to be shown then.
pub async fn step(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Answer {
    if issuer.pages != PageSet::Spa {
        return Ok(Reply::text(StatusCode::NOT_FOUND, "There is nothing here."));
    }
    let form = Params::parse(&body);
    let (id, mut flow) = match interaction::posted_flow(&issuer, &form, &headers) {
        Ok(known) => known,
        Err(Problem::Page(why)) => return Ok(Reply::json(StatusCode::BAD_REQUEST, json!({ "error": why })).no_store()),
        Err(other) => return Err(other),
    };
    let mut failed = None;
    let mut browser = None;
    match (form.get("action"), interaction::next(&issuer, &flow)) {
        (Some("login"), Next::Login) => {
            if login::log_in_as(&issuer, &mut flow, form.get("username"), form.get("password")) {
                browser = Some(flow.browser.clone());
            } else {
                failed = Some("Wrong email address or password.");
            }
        }
        (Some("allow"), Next::Consent) => interaction::allow(&issuer, &mut flow),
        (Some("deny"), Next::Consent) => flow.decision = Some(Decision::Denied),
        _ => {}
    }
    let shown = shown(&issuer, &flow, failed);
    issuer.store().flows.insert(id.clone(), flow);
    let reply = Reply::ok(shown);
    Ok(match browser {
        Some(browser) => issuer.remember_login(&browser, reply),
        None => reply,
    })
}

/// What the script is to show.
fn shown(issuer: &Issuer, flow: &Flow, failed: Option<&str>) -> Value {
    match interaction::next(issuer, flow) {
        Next::Login => json!({ "page": "login", "failed": failed }),
        Next::Consent if !flow.denied() => json!({ "page": "consent", "scopes": interaction::scopes_in_words(flow) }),
        _ => json!({ "page": "done" }),
    }
}
