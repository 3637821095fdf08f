//! Telling clients of a logout without the browser (OpenID Connect Back-Channel Logout 1.0).

use super::respond::pairs;
use crate::issuer::prelude::*;

/// How late a logout token is under a flaw: later than the browser is back.
const LATE: Duration = Duration::from_millis(400);

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// A logout token on its way.
struct Letter {
    address: String,
    content_type: &'static str,
    body: String,
}

/// Sends a logout token to each client that the end-user has logged in to in a session that has ended, and has a `backchannel_logout_uri`. What a client makes
/// of it is its own affair.
///
/// # Errors
/// If a token cannot be made.
pub async fn tell(issuer: &Issuer, session: &str) -> Result<(), Problem> {
    let clients = issuer.store().clients_of_session(session);
    for (client, sub) in clients {
        let Some(uri) = client.metadata.link("backchannel_logout_uri") else { continue };
        if issuer.does(Behaviour::LogoutTokenNotSent) {
            continue;
        }
        let token = claims::logout_token(issuer, &client, session, &sub)?;
        let mut form = json!({ "logout_token": token });
        issuer.defect.patch_json(&[Site::LogoutRequest], &mut form)?;
        let uri = if issuer.does(Behaviour::LogoutTokenQueryLost) { uri.split('?').next().unwrap_or(uri) } else { uri };
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs(&form)).finish();
        let content_type = if issuer.does(Behaviour::LogoutTokenAsJson) { "application/json" } else { FORM };
        let letter = Letter { address: uri.to_owned(), content_type, body };
        if issuer.does(Behaviour::LogoutTokenByGet) {
            let separator = if uri.contains('?') { '&' } else { '?' };
            let _ = fetch::bytes(issuer, &format!("{uri}{separator}{}", letter.body)).await;
            continue;
        }
        if issuer.does(Behaviour::LogoutTokenLate) {
            tokio::spawn(send_late(letter));
            continue;
        }
        if issuer.does(Behaviour::LogoutTokenTwice) {
            let _ = fetch::post(issuer, &letter.address, letter.content_type, letter.body.clone()).await;
        }
        let _ = fetch::post(issuer, &letter.address, letter.content_type, letter.body).await;
    }
    Ok(())
}

/// Sends a logout token when the browser is back.
async fn send_late(letter: Letter) {
    tokio::time::sleep(LATE).await;
    let request = reqwest::Client::new().post(letter.address).header(http::header::CONTENT_TYPE, letter.content_type).body(letter.body);
    let _ = request.send().await;
}
