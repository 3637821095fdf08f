//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0), with requests that are right and requests that must not be followed.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::authorization_request::self_sending;
use super::login_page::Silent;
use crate::agent::visit::{Conduct, Journey, NoWay, VisitError};
use crate::config::setting;
use crate::feature::authorize::Method;
use crate::feature::logout::{Hint, LogOut, Redirect};
use crate::feature::step::with_attempt;
use crate::observed::authorization_request::Parameters;
use crate::observed::page::PageKind;
use crate::protocol::prelude::*;
use crate::result::model::Entry;
use crate::rule::logout::{Logout, LogoutEnd};
use crate::session::facts::LoggedOut;
use crate::text::markdown::code;

/// A language that no issuer has: one for private use (RFC 5646 2.2.7).
const NO_LANGUAGE: &str = "x-oa-authtest";

impl Session {
    /// Sends the browser to the logout endpoint, confirms what it asks, and looks where that led.
    /// Stops if the browser fails.
    pub(super) async fn log_out(&mut self, params: &LogOut) -> Result<(), Stop> {
        let endpoint = self.offered("end_session_endpoint")?;
        let id_token = match params.hint {
            Hint::Earlier => self.facts.grant.earlier_id_token.as_deref().or_not_offered("there was no earlier login with an ID token")?,
            _ => self.facts.grant.id_token().unwrap_or_default(),
        };
        let other_session = if params.hint == Hint::Earlier { self.is_other_session(id_token) } else { None };
        let hint = hint(params.hint, id_token).or_not_offered("the login gave no signed ID token to make a hint of")?;
        if let Some(hint) = &hint {
            self.recorder.redactor().learn(SecretKind::IdToken, hint);
        }
        let to = self.possible_redirect(params)?;
        let registered = self.redirect_url()?;
        let redirect_uri = redirect(to, &registered);
        // As long as the OpenID Foundation's suite has it: 128 characters.
        let state = params.state.then(|| super::random(96));
        let client_id = params.other_client.then(|| "another-client".to_owned());
        // Exactly as registered, since it is compared so.
        let sent = redirect_uri.as_ref().map(|uri| if *uri == registered { self.run.redirect_uri() } else { uri.to_string() });
        let ui_locales = params.ui_locales.then(|| NO_LANGUAGE.to_owned());
        let all = [
            ("id_token_hint", hint),
            ("client_id", client_id),
            ("post_logout_redirect_uri", sent),
            ("state", state.clone()),
            ("ui_locales", ui_locales),
        ];
        let parameters: Parameters = all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        self.note(listing(&endpoint, params.method, &parameters));

        let logged_in_before = if params.check_session { self.logged_in().await? } else { None };
        let journey = self.visit_logout(&endpoint, params.method, &parameters, redirect_uri.as_ref().unwrap_or(&registered), Conduct::LogOut).await?;
        self.keep_pages(&journey, params.attempt.as_deref().or(Some("logout"))).await;
        let shows = |kind| journey.pages.iter().any(|page| page.kind == kind);
        let asked = if shows(PageKind::LogoutQuestion) { Some(true) } else { (!shows(PageKind::Notice)).then_some(false) };
        let status = journey.pages.last().and_then(|page| page.status);
        let asks_for_login = journey.pages.last().is_some_and(|page| matches!(page.kind, PageKind::Login | PageKind::Identifier));
        let (mut back_at, frames) = (None, journey.traffic.frames);
        let end = match journey.end {
            Ok(callback) => {
                back_at = self.listener()?.arrived_at(&callback);
                self.recorder.note(Entry::Callback { url: self.recorder.redactor().text(&callback.url[url::Position::BeforePath..]) });
                let own: Vec<(String, String)> = redirect_uri.iter().flat_map(|uri| uri.query_pairs().into_owned()).collect();
                let all = callback.url.query_pairs().into_owned().chain(callback.form);
                LogoutEnd::Redirected(all.filter(|pair| !own.contains(pair)).collect())
            }
            Err(VisitError::NotUnderstood { why: NoWay::UnclearLogout, .. }) => LogoutEnd::Unclear,
            // What was not even read may ask something.
            Err(VisitError::NotUnderstood { url, why }) if !why.is_unread() => {
                let says = format!("{} ({why})", url.split(['?', '#']).next().unwrap_or_default());
                let is_error = status.is_some_and(|status| status >= 400) && !asks_for_login;
                LogoutEnd::Page { status, says, is_error: (why != NoWay::PerhapsError).then_some(is_error) }
            }
            Err(error @ (VisitError::ErrorPage { .. } | VisitError::LoginRejected { .. })) => {
                LogoutEnd::Page { status, says: error.to_string(), is_error: Some(true) }
            }
            Err(error) => return Err(self.blame(error)),
        };
        let visit = self.last_visit.clone();
        let logged_in = if params.check_session { self.logged_in().await? } else { None };
        self.last_visit = visit;
        self.sentence(with_attempt("should answer the logout request as the specification says", params.attempt.as_deref()));
        let logout = Logout {
            hint: params.hint,
            redirect: to,
            state,
            other_client: params.other_client,
            by_post: params.method == Method::Post,
            ui_locales: params.ui_locales,
            other_session,
            end,
            asked,
            logged_in_before,
            logged_in,
            control: self.facts.browser.logout_works,
            idle_control: self.facts.browser.idle_logout_works,
        };
        self.judge(&logout);
        // Without a word on it a redirect says that the end-user is logged out.
        let is_logged_out = logout.logged_in.map_or(logout.is_control(), |logged_in| !logged_in);
        self.facts.browser.logged_out = is_logged_out.then_some(LoggedOut { back_at, frames });
        self.facts.browser.logout_works |= logout.is_control();
        self.facts.browser.idle_logout_works |= logout.is_idle_control();
        Ok(())
    }

    /// Whether an earlier ID token and that of the present login name different sessions; `None` where either names none.
    fn is_other_session(&self, earlier: &str) -> Option<bool> {
        let sid = |claims: &Map<String, Value>| claims.get("sid").and_then(Value::as_str).map(str::to_owned);
        let payload = URL_SAFE_NO_PAD.decode(earlier.split('.').nth(1)?).ok()?;
        let earlier: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
        let present = self.facts.grant.login.as_ref()?.id_token.as_ref()?;
        Some(sid(&earlier)? != sid(present)?)
    }

    /// The address to come back to that a request can name: none where it is not known that the client has one and the story can do without.
    fn possible_redirect(&self, params: &LogOut) -> Result<Redirect, Stop> {
        if params.redirect != Redirect::Registered || self.facts.client.post_logout {
            return Ok(params.redirect);
        }
        let is_configured = self.client()?.configured.is_some();
        // Whether the end-user is logged out unasked shows without a way back, too.
        if is_configured && params.hint != Hint::Good && params.check_session {
            self.note(
                "No address to come back to is named, since it is not known whether the configured client has one: set --post-logout-redirect.",
            );
            return Ok(Redirect::None);
        }
        if is_configured {
            let why = "whether the redirect URI is a post-logout redirect URI of the configured client, too, is not known";
            return Err(Stop::lacks(&setting::POST_LOGOUT_REDIRECT, why));
        }
        Err(Stop::not_offered("the registration response holds no `post_logout_redirect_uris`"))
    }

    /// Opens the request in the browser session of the test.
    pub(super) async fn visit_logout(
        &mut self,
        endpoint: &Url,
        method: Method,
        parameters: &Parameters,
        redirect_uri: &Url,
        conduct: Conduct,
    ) -> Result<Journey, Stop> {
        let listener = self.listener()?;
        let user = self.user()?;
        let mut url = endpoint.clone();
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let page = (method == Method::Post)
            .then(|| listener.offer_to_user_agent(crate::agent::callback::Offer::html(self_sending("Logout request", endpoint, parameters))));
        let url = page.as_ref().map_or(&url, |page| page.url());
        // A state by which nothing can be recognised where none is sent.
        let state = parameters.iter().find(|(name, _)| *name == "state").map(|(_, value)| value.clone());
        let state = state.unwrap_or_else(|| super::random(24));
        self.go(url, redirect_uri, &state, user, conduct).await
    }

    /// Whether the browser is logged in, as far as a request without any page shows.
    async fn logged_in(&mut self) -> Result<Option<bool>, Stop> {
        Ok(match self.ask_silently().await? {
            Silent::Code => Some(true),
            Silent::Error(error) if matches!(error.as_str(), "login_required" | "interaction_required" | "account_selection_required") => Some(false),
            Silent::Error(_) | Silent::Nothing(_) => None,
        })
    }
}

/// The hint that is sent, if one is; the outer `None` if it cannot be made.
#[allow(clippy::option_option, reason = "one that is not wanted and one that cannot be made are different answers")]
fn hint(kind: Hint, id_token: &str) -> Option<Option<String>> {
    if kind == Hint::None {
        return Some(None);
    }
    let parts: Vec<&str> = id_token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { return None };
    Some(Some(match kind {
        Hint::Unsigned => format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(json!({ "alg": "none" }).to_string())),
        Hint::Forged => {
            // As long as the right one, and wrong in every byte.
            let forged: Vec<u8> = URL_SAFE_NO_PAD.decode(signature).ok()?.iter().map(|byte| !byte).collect();
            format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(forged))
        }
        Hint::Good | Hint::Earlier | Hint::None => id_token.to_owned(),
    }))
}

/// The address to come back to, if there is to be one.
fn redirect(kind: Redirect, registered: &Url) -> Option<Url> {
    let mut uri = registered.clone();
    match kind {
        Redirect::None => return None,
        Redirect::Registered => {}
        Redirect::Unregistered => uri.set_path(&format!("{}/not-registered", registered.path().trim_end_matches('/'))),
        Redirect::QueryAdded => {
            uri.query_pairs_mut().append_pair("added", "1");
        }
    }
    Some(uri)
}

/// The request for the report.
fn listing(endpoint: &Url, method: Method, parameters: &Parameters) -> String {
    let how = if method == Method::Get { "opened in" } else { "posted by" };
    let mut text = format!("Logout request, {how} the user agent:\n\n{}\n", code(endpoint.as_str()));
    for (name, value) in parameters {
        let _ = write!(text, "\n* **{name}**: {}", code(value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_made_of_the_id_token() {
        let token = "eyJhbGciOiJSUzI1NiJ9.e30.AAEC";
        assert_eq!(hint(Hint::None, ""), Some(None));
        assert_eq!(hint(Hint::Good, token), Some(Some(token.to_owned())));
        assert_eq!(hint(Hint::Forged, token), Some(Some("eyJhbGciOiJSUzI1NiJ9.e30.__79".to_owned())));
        assert_eq!(hint(Hint::Unsigned, token), Some(Some("eyJhbGciOiJub25lIn0.e30.".to_owned())));
        for encrypted in ["a.b.c.d.e", "", "a.b"] {
            assert_eq!(hint(Hint::Good, encrypted), None);
        }
    }

    #[test]
    fn addresses_to_come_back_to() {
        let registered = Url::parse("http://localhost:3000/cb?by=x").expect("a URL");
        let made = |params| redirect(params, &registered).map(String::from);
        assert_eq!(made(Redirect::Unregistered).as_deref(), Some("http://localhost:3000/cb/not-registered?by=x"));
        assert_eq!(made(Redirect::QueryAdded).as_deref(), Some("http://localhost:3000/cb?by=x&added=1"));
        assert_eq!(made(Redirect::None), None);
    }
}
