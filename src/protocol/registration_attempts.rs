//! How a client is registered at an issuer whose policy is not known: the least is asked for first, and what it lacks only then.
//!
//! A registration names no `scope` at first: some issuers refuse any (Keycloak's policy "Allowed Client Scopes"), some take it for all that the
//! client may ever have. Where the answer lacks what the story asks for, a second client is registered with it. In the same way, a client whose
//! redirect URI is by http on loopback is registered as a native application where an issuer wants that.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret as _;
use tokio::time::timeout;

use super::clean_up::NO_TIME;
use super::client_metadata::ScopeToRegister;
use super::client_shown::NAMES;
use super::error_of;
use crate::protocol::prelude::*;
use crate::result::model::LeftBehindKind;
use crate::rule::expect::scope_words;
use crate::rule::provider_metadata::is_openid;
use crate::rule::registration::issued::{Issued, IssuedCredentials};
use crate::text::address::is_plain_loopback;
use crate::text::markdown::code;

/// The pause before a registration that the server failed at is sent once more.
const PAUSE: Duration = Duration::from_millis(300);

/// The scope of OpenID Connect.
const OPENID: &str = "openid";

/// The grant of a client that acts for itself.
const CLIENT_CREDENTIALS: &str = Grant::ClientCredentials.as_str();

/// A registration request and the answer to it.
pub(super) struct Attempt {
    /// The client metadata that were sent.
    pub metadata: Value,
    /// The answer.
    pub response: Received,
    /// When it came.
    pub at: Instant,
    /// The answer of the server before that, if that was an error of the server's own.
    pub failed_before: Option<Received>,
}

impl Attempt {
    /// True if the answer holds a client to go on with.
    pub fn gives_client(&self) -> bool {
        Answer::of_registration(&self.response) == Answer::Given
    }

    /// True if the metadata were refused.
    fn is_refused(&self) -> bool {
        self.response.status == 400 && !self.gives_client()
    }

    /// The scope that the answer says the client has, unless it says nothing.
    fn stated_scope(&self) -> Option<String> {
        self.response.member("scope").and_then(|scope| scope.as_str().map(str::to_owned)).filter(|scope| !scope.trim().is_empty())
    }

    /// What of this scope the client is not known to have. An answer that names other scopes and not `openid` need not mean that the client lacks
    /// that: it stands for the protocol, and some issuers (Keycloak) do not count it among the scopes of a client.
    fn lacking<'a>(&self, scope: &'a str) -> BTreeSet<&'a str> {
        let mut words = scope_words(scope);
        if let Some(stated) = self.stated_scope() {
            let stated = scope_words(&stated);
            words.retain(|word| *word != OPENID && !stated.contains(word));
        }
        words
    }

    /// What the answer says instead of a client, for a note.
    fn refusal(&self) -> String {
        let says = error_of(&self.response).map(|error| format!(", {}", code(&error))).unwrap_or_default();
        format!("status {}{says}", self.response.status)
    }
}

impl Session {
    /// Registers a client with this metadata, and in another way where the issuer wants that. What comes of it may be a refusal.
    pub(super) async fn try_registration(&mut self, url: &Url, metadata: Value, scope: &ScopeToRegister) -> Result<Attempt, Stop> {
        match &self.run.config.initial_access_token {
            Some(_) => self.note("The registration request carries the initial access token that was configured."),
            None => self.note("No initial access token is configured, so the registration request carries none."),
        }
        self.sentence("should complete Dynamic Client Registration successfully");
        self.facts.client.unregistered_scope.clear();
        let metadata = if scope.at_once { with_scope(metadata, scope.listed()) } else { metadata };
        let mut attempt = self.attempt("Dynamic Client Registration", url, metadata).await?;
        if attempt.is_refused() && attempt.metadata["client_name"] == NAMES[0] {
            attempt = self.try_with_other_names(url, attempt).await?;
        }
        self.facts.client.has_odd_name = attempt.gives_client() && attempt.metadata["client_name"] == NAMES[0];
        if attempt.is_refused() && may_be_native(&attempt.metadata) {
            attempt = self.try_as_native(url, attempt).await?;
        }
        if attempt.is_refused() && scope.may_be_left_out && lists_client_credentials_among_others(&attempt.metadata) {
            attempt = self.try_without_client_credentials(url, attempt).await?;
        }
        if scope.at_once { self.explain_refused_scope(url, attempt, scope).await } else { self.try_with_scope(url, attempt, scope).await }
    }

    /// Registers the same client with a plainer name. If that is refused too, the first refusal counts.
    async fn try_with_other_names(&mut self, url: &Url, refused: Attempt) -> Result<Attempt, Stop> {
        for name in &NAMES[1..] {
            let metadata = with_name(refused.metadata.clone(), name);
            let plainer = self.attempt("Dynamic Client Registration (with a plainer name)", url, metadata).await?;
            if plainer.gives_client() {
                self.note(said!("The issuer refused a client with the name {} ({}), as it may.", code(NAMES[0]), refused.refusal()));
                return Ok(plainer);
            }
        }
        Ok(Attempt { metadata: with_name(refused.metadata, NAMES[2]), ..refused })
    }

    /// Registers the same client as a native application: an issuer may reject redirect URIs by http, but for loopback ones of such clients (OpenID
    /// Connect Registration 2). If that is refused too, the first refusal counts.
    async fn try_as_native(&mut self, url: &Url, refused: Attempt) -> Result<Attempt, Stop> {
        let mut metadata = refused.metadata.clone();
        metadata["application_type"] = json!("native");
        let native = self.attempt("Dynamic Client Registration (native application)", url, metadata).await?;
        if !native.gives_client() {
            return Ok(refused);
        }
        self.note(said!(
            "The issuer refused a web application with a redirect URI by http on loopback ({}), as it may (OpenID Connect Registration 1.0, section 2). So the \
             client was registered as a native application (`application_type`: `native`).",
            refused.refusal()
        ));
        Ok(native)
    }

    /// Registers the same client without the grant `client_credentials`: which clients may act for themselves is the server's choice (RFC 7591 3.2.2).
    /// If that is refused too, the first refusal counts.
    async fn try_without_client_credentials(&mut self, url: &Url, refused: Attempt) -> Result<Attempt, Stop> {
        let mut metadata = refused.metadata.clone();
        if let Some(grants) = metadata.get_mut("grant_types").and_then(Value::as_array_mut) {
            grants.retain(|grant| grant != CLIENT_CREDENTIALS);
        }
        let mut without = self.attempt("Dynamic Client Registration (without client credentials)", url, metadata).await?;
        if without.is_refused() && may_be_native(&without.metadata) {
            without = self.try_as_native(url, without).await?;
        }
        if !without.gives_client() {
            return Ok(refused);
        }
        self.note(said!(
            "The issuer refused a client for `client_credentials` beside other grants ({}), as it may (RFC 7591, section 3.2.2). So the client was registered \
             without that grant.",
            refused.refusal()
        ));
        Ok(without)
    }

    /// Registers the same client with the scope of the story, where it may lack some of it or was refused without.
    async fn try_with_scope(&mut self, url: &Url, first: Attempt, scope: &ScopeToRegister) -> Result<Attempt, Stop> {
        if !first.gives_client() && !first.is_refused() {
            return Ok(first);
        }
        let mut refused = None;
        for wanted in scope.candidates() {
            let lacking = first.lacking(wanted);
            if lacking.is_empty() {
                break;
            }
            let title = "Dynamic Client Registration (with a scope)";
            let second = self.attempt(title, url, with_scope(first.metadata.clone(), wanted)).await?;
            if !second.gives_client() {
                refused = Some((wanted, second.refusal()));
                continue;
            }
            if !first.gives_client() {
                let wanted = code(wanted);
                self.note(said!("The issuer refused a registration without `scope` ({}), and took one with the scope {wanted}.", first.refusal()));
                return Ok(second);
            }
            let is_better = second.stated_scope().is_none() || second.lacking(wanted).len() < lacking.len();
            if !is_better {
                self.discard(&second).await;
                break;
            }
            let has = first
                .stated_scope()
                .map_or_else(|| "says nothing of a scope".to_owned(), |scope| format!("gives the client the scope {}", code(&scope)));
            let wanted = code(wanted);
            self.note(said!(
                "The answer to a registration without `scope` {has}, and the test asks for {wanted}. So the client was registered with that scope."
            ));
            self.discard(&first).await;
            return Ok(second);
        }
        let lacking = first.lacking(scope.all()).into_iter().collect::<Vec<_>>().join(" ");
        if first.gives_client() && !lacking.is_empty() {
            self.facts.client.unregistered_scope = lacking;
        }
        if let Some((wanted, why)) = refused.filter(|_| first.gives_client()) {
            let wanted = code(wanted);
            self.note(said!("The issuer refused a registration with the scope {wanted} ({why}). The test goes on with the client that was registered without `scope`."));
        }
        Ok(first)
    }

    /// Leaves the step out where a client with a certain scope is refused and one without any is not: the story is about that scope.
    async fn explain_refused_scope(&mut self, url: &Url, first: Attempt, scope: &ScopeToRegister) -> Result<Attempt, Stop> {
        let named = first.metadata.get("scope").and_then(Value::as_str).unwrap_or_default().to_owned();
        if first.gives_client() || !matches!(first.response.status, 400 | 401 | 403) || !scope.may_be_left_out || named.is_empty() {
            return Ok(first);
        }
        let mut metadata = first.metadata.clone();
        if let Some(members) = metadata.as_object_mut() {
            members.shift_remove("scope");
        }
        let plain = self.attempt("Dynamic Client Registration (without a scope)", url, metadata).await?;
        if !plain.gives_client() {
            return Ok(first);
        }
        self.discard(&plain).await;
        let why = first.refusal();
        Err(Stop::not_offered(said!(
            "the issuer refuses to register a client with the scope {} ({why}), and registers one without `scope`",
            code(&named)
        )))
    }

    /// The initial access token, where one is configured.
    pub(super) fn initial_access_token(&self) -> Option<String> {
        self.run.config.initial_access_token.as_ref().map(|token| token.expose_secret().to_owned())
    }

    /// Sends client metadata, with the initial access token if one is configured. An error of the server's own is given one more chance, and is judged
    /// by itself.
    async fn attempt(&mut self, title: &str, url: &Url, metadata: Value) -> Result<Attempt, Stop> {
        let token = self.initial_access_token();
        let mut response = self.send_registration(title, url, &metadata, token.as_deref()).await?;
        let mut failed_before = None;
        if response.status >= 500 {
            tokio::time::sleep(PAUSE).await;
            let again = self.send_registration(title, url, &metadata, token.as_deref()).await?;
            failed_before = Some(std::mem::replace(&mut response, again));
        }
        Ok(Attempt { metadata, response, at: Instant::now(), failed_before })
    }

    /// Sends one registration. Those by an initial access token take turns, whichever test they are of: an issuer counts the uses of the token, and
    /// need not be able to do that for two at once.
    pub(super) async fn send_registration(&mut self, title: &str, url: &Url, metadata: &Value, token: Option<&str>) -> Result<Received, Stop> {
        let turns = Arc::clone(&self.run.clients.registering);
        let _turn = if token.is_some() { Some(turns.lock().await) } else { None };
        let response = self.send(Request::json(title, url.clone(), metadata).bearer_if(token)).await?;
        self.judge_issued(&response, metadata)?;
        Ok(response)
    }

    /// Judges what a client was given beside what others of the run were given before it.
    fn judge_issued(&mut self, response: &Received, metadata: &Value) -> Result<(), Stop> {
        let Some(own) = Issued::read(response, metadata) else { return Ok(()) };
        let others = self.run.clients.remember_issued(own.clone());
        let openid = is_openid(self.metadata()?);
        self.judge(&IssuedCredentials { exchange: response.exchange, own, others, openid });
        Ok(())
    }

    /// Removes the client of an attempt that the test does not go on with, and says where that is not possible.
    async fn discard(&mut self, attempt: &Attempt) {
        let Some(client) = self.registered_client(&attempt.response, None, attempt.at) else { return };
        let limit = self.run.config.network.timeout;
        match timeout(limit, self.delete(&client)).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => self.leave(LeftBehindKind::Client, &client, &why),
            Err(_) => self.leave(LeftBehindKind::Client, &client, NO_TIME),
        }
    }
}

/// The same client metadata with a scope; an empty one is none (RFC 6749 3.3).
fn with_scope(mut metadata: Value, scope: &str) -> Value {
    if !scope.is_empty() {
        metadata["scope"] = json!(scope);
    }
    metadata
}

/// True if the client is to have the grant `client_credentials` and another.
fn lists_client_credentials_among_others(metadata: &Value) -> bool {
    let grants = metadata.get("grant_types").and_then(Value::as_array);
    grants.is_some_and(|grants| grants.len() > 1 && grants.iter().any(|grant| grant == CLIENT_CREDENTIALS))
}

/// The same client metadata with another name.
fn with_name(mut metadata: Value, name: &str) -> Value {
    metadata["client_name"] = json!(name);
    metadata
}

/// True for redirect URIs by http on loopback, all of them, of a client that does not say that it is a native application.
fn may_be_native(metadata: &Value) -> bool {
    let uris = metadata.get("redirect_uris").and_then(Value::as_array);
    let is_loopback = |uri: &Value| uri.as_str().and_then(|uri| Url::parse(uri).ok()).is_some_and(|uri| is_plain_loopback(&uri));
    metadata.get("application_type").is_none() && uris.is_some_and(|uris| !uris.is_empty() && uris.iter().all(is_loopback))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::testing::json as answer;

    fn attempt(status: u16, body: &Value) -> Attempt {
        Attempt { metadata: json!({}), response: answer(status, body), at: Instant::now(), failed_before: None }
    }

    #[test]
    fn what_a_client_lacks_is_read_off_the_answer() {
        let lacking = |scope: Option<&str>| {
            let attempt = attempt(201, &json!({ "client_id": "c", "scope": scope }));
            attempt.lacking("openid profile").into_iter().map(str::to_owned).collect::<Vec<_>>().join(" ")
        };
        for (stated, lacks) in [
            (None, "openid profile"),
            (Some(""), "openid profile"),
            (Some("offline_access openid"), "profile"),
            (Some("address profile"), ""),
            (Some("address"), "profile"),
        ] {
            assert_eq!(lacking(stated), lacks, "{stated:?}");
        }
    }

    #[test]
    fn a_client_is_what_has_an_identifier() {
        assert!(attempt(201, &json!({ "client_id": "c" })).gives_client());
        for refused in [attempt(400, &json!({ "client_id": "c" })), attempt(201, &json!({ "client_id": "" })), attempt(201, &json!({}))] {
            assert!(!refused.gives_client());
        }
        assert!(attempt(400, &json!({})).is_refused() && !attempt(403, &json!({})).is_refused());
    }

    #[test]
    fn client_credentials_can_be_left_out_beside_another_grant() {
        for (grants, can) in [
            (json!(["authorization_code", "client_credentials"]), true),
            (json!(["client_credentials"]), false),
            (json!(["authorization_code", "refresh_token"]), false),
            (json!("client_credentials"), false),
        ] {
            assert_eq!(lists_client_credentials_among_others(&json!({ "grant_types": grants })), can, "{grants}");
        }
    }

    #[test]
    fn only_a_client_with_nothing_but_loopback_by_http_may_be_native() {
        assert!(may_be_native(&json!({ "redirect_uris": ["http://localhost:1/cb", "http://127.0.0.1/cb"] })));
        for other in [
            json!({ "redirect_uris": ["http://localhost:1/cb"], "application_type": "native" }),
            json!({ "redirect_uris": ["https://localhost:1/cb"] }),
            json!({ "redirect_uris": ["http://localhost:1/cb", "http://client.example/cb"] }),
            json!({ "redirect_uris": [] }),
            json!({}),
        ] {
            assert!(!may_be_native(&other), "{other}");
        }
    }
}
