//! Telling clients of a logout by the browser: frames with their addresses (OpenID Connect Front-Channel Logout 1.0).

use super::respond::{pairs, with_query};
use super::routes::LOGOUT;
use crate::issuer::prelude::*;

/// The addresses to load in frames for the clients that the end-user has logged in to in a session that has ended.
///
/// # Errors
/// If a flaw does not fit.
pub fn frames(issuer: &Issuer, session: &str) -> Result<Vec<String>, Problem> {
    let clients = issuer.store().clients_of_session(session);
    let mut frames = Vec::new();
    for (client, _) in clients {
        let Some(uri) = client.metadata.link("frontchannel_logout_uri") else { continue };
        if issuer.does(Behaviour::FrontChannelNotLoaded) {
            continue;
        }
        let is_required = client.metadata.document.get("frontchannel_logout_session_required") == Some(&json!(true));
        let uri = if issuer.does(Behaviour::FrontChannelQueryLost) { uri.split('?').next().unwrap_or(uri) } else { uri };
        if !is_required && issuer.does(Behaviour::FrontChannelBare) {
            frames.push(uri.to_owned());
            continue;
        }
        let mut added = json!({ "iss": issuer.url, "sid": claims::sid(&client, session) });
        issuer.defect.patch_json(&[Site::FrontChannelLogout], &mut added)?;
        let added = pairs(&added);
        frames.push(if added.is_empty() {
            uri.to_owned()
        } else {
            with_query(uri, added.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        });
    }
    Ok(frames)
}

/// The page that loads these frames and then goes on, if it is to go on.
///
/// # Errors
/// If the page cannot be made.
pub fn page(issuer: &Issuer, frames: Vec<String>, back: Option<&str>) -> Answer {
    if issuer.does(Behaviour::FrontChannelNested) {
        let id = random::secret();
        issuer.store().frames.insert(id.clone(), frames);
        let nested = format!("{}{LOGOUT}?frames={id}", issuer.origin);
        return shown(&[nested], back, "frame-src 'self'");
    }
    let sources = sources(&frames);
    shown(&frames, back, if issuer.does(Behaviour::FrontChannelBlocked) { "" } else { &sources })
}

/// `GET` of the page in a frame that frames the addresses of clients.
pub async fn nested(State(issuer): State<Arc<Issuer>>, Query(query): Query) -> Answer {
    let frames = query.get("frames").and_then(|id| issuer.store().frames.shift_remove(id));
    let frames = frames.ok_or(Problem::Page("This page is no longer good."))?;
    Ok(shown(&frames, None, &sources(&frames))?.framed_by_own_pages())
}

fn shown(frames: &[String], back: Option<&str>, directive: &str) -> Answer {
    Ok(Reply::page_with(StatusCode::OK, pages::render("logged_out", &json!({ "frames": frames, "back": back }))?, directive))
}

/// The directive that lets a page load these frames.
fn sources(frames: &[String]) -> String {
    let origins: std::collections::BTreeSet<String> =
        frames.iter().filter_map(|frame| Url::parse(frame).ok()).map(|url| url.origin().ascii_serialization()).collect();
    format!("frame-src {}", origins.into_iter().collect::<Vec<_>>().join(" "))
}
