//! What the issuer remembers, in memory and bounded. Times are seconds since the epoch, handed in: the store has no clock.

use super::bounded::Bounded;
use super::grant::{Code, Refresh};
use super::interaction::Flow;
use super::logout::Logout;
use super::pkce;
use crate::issuer::prelude::*;

/// The values of `token_type_hint` (RFC 7009 2.1).
pub const TOKEN_TYPES: [&str; 2] = ["access_token", "refresh_token"];

/// Seconds a login lasts: eight hours.
const SESSION_LIFETIME: u64 = 8 * 3600;

/// A logged-in browser.
#[derive(Debug, Clone)]
pub struct Session {
    /// Who logged in.
    pub sub: String,
    /// When, seconds since the epoch.
    pub auth_time: u64,
}

/// How much the issuer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Clients that were registered.
    pub clients: usize,
    /// Grants with a token that is good.
    pub grants: usize,
    /// Logins.
    pub sessions: usize,
}

/// Everything.
#[derive(Debug, Default)]
pub struct Store {
    /// Clients by their identifier.
    pub clients: Bounded<String, Client>,
    sessions: Bounded<String, Session>,
    /// What each subject allowed each client on a consent page.
    consents: Bounded<(String, String), Scope>,
    /// Authorization requests that wait for the end-user.
    pub flows: Bounded<String, Flow>,
    /// Logouts that wait for the end-user.
    pub logouts: Bounded<String, Logout>,
    /// What pages in frames are to load, where a variant has such pages.
    pub frames: Bounded<String, Vec<String>, 32>,
    /// The states of browsers by their sessions, where a flaw puts another one in the place of that which follows from the session.
    pub browser_states: Bounded<String, String>,
    /// Authorization codes as they were sent.
    pub codes: Bounded<String, Code>,
    grants: Bounded<u64, Grant>,
    /// Access tokens as they were sent.
    pub access: Bounded<String, Access>,
    /// Refresh tokens as they were sent.
    pub refresh: Bounded<String, Refresh>,
    /// ID tokens as they were sent, with the number of their grant.
    pub id_tokens: Bounded<String, u64>,
    /// The client assertions that were used, by client and `jti`.
    assertions: Bounded<(String, String), ()>,
    /// Documents that were fetched, by their addresses, where a flaw fetches any.
    pub documents: Bounded<String, Vec<u8>, 32>,
    last_grant: u64,
    last_number: u64,
    /// How many clients have registered themselves.
    pub registrations: u64,
    /// True once a registration has begun.
    pub registered_before: bool,
    /// True while a registration is under way, where a flaw allows no other.
    pub registering: bool,
}

/// The claims of a JWT of any origin.
fn unverified_claims(text: &str) -> Option<Value> {
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn invalid_grant(description: &'static str) -> OauthError {
    OauthError::bad_request("invalid_grant", description)
}

impl Store {
    /// Nothing but the static clients.
    pub fn new(clients: impl IntoIterator<Item = Client>) -> Self {
        let mut store = Self::default();
        clients.into_iter().for_each(|client| store.put_client(client));
        store
    }

    /// Adds a client, or replaces the one with its identifier.
    pub fn put_client(&mut self, client: Client) {
        self.clients.insert(client.id.clone(), client);
    }

    /// A client that registered itself, by the last part of its `registration_client_uri`.
    pub fn managed(&self, handle: &str) -> Option<&Client> {
        self.clients.values().find(|client| client.registered.as_ref().is_some_and(|registered| registered.handle == handle))
    }

    /// Forgets a client and all that it was given (RFC 7592 2.3).
    pub fn remove_client(&mut self, id: &str) {
        self.clients.shift_remove(id);
        self.codes.retain(|_, code| code.grant.client_id != id);
        self.flows.retain(|_, flow| flow.request.client_id != id);
        self.consents.retain(|(_, client), _| client != id);
        for grant in self.grants.values_mut().filter(|grant| grant.client_id == id) {
            grant.alive = false;
        }
    }

    /// The login of a browser, while it lasts.
    pub fn session(&self, id: &str, now: u64) -> Option<&Session> {
        self.sessions.get(id).filter(|session| now < session.auth_time.saturating_add(SESSION_LIFETIME))
    }

    /// Logs in under a new identifier, so that one that an attacker set before the login is worth nothing (session fixation), and returns it.
    pub fn log_in(&mut self, old: &str, session: Session) -> String {
        self.log_out(old);
        let id = random::secret();
        self.sessions.insert(id.clone(), session);
        id
    }

    /// Ends the login of a browser; false if there was none.
    pub fn log_out(&mut self, id: &str) -> bool {
        self.sessions.shift_remove(id).is_some()
    }

    /// The clients that the end-user has logged in to in a session of a browser, each with what it calls the end-user.
    pub fn clients_of_session(&self, session: &str) -> Vec<(Client, String)> {
        let mut known: Vec<(Client, String)> = Vec::new();
        for grant in self.grants.values().filter(|grant| !grant.session.is_empty() && grant.session == session) {
            if let Some(client) = self.clients.get(&grant.client_id).filter(|client| known.iter().all(|(known, _)| known.id != client.id)) {
                known.push((client.clone(), grant.sub.clone()));
            }
        }
        known
    }

    /// True if an ID token was given in this session of a browser.
    pub fn is_of_session(&self, id_token: &str, browser: &str) -> bool {
        let grant = self.id_tokens.get(id_token).and_then(|number| self.grants.get(number));
        grant.is_some_and(|grant| !grant.session.is_empty() && random::same(&grant.session, browser))
    }

    /// A logout that waits for the end-user, once, if it came from this browser.
    pub fn take_logout(&mut self, id: &str, browser: &str) -> Option<Logout> {
        self.logouts.get(id).filter(|logout| random::same(&logout.browser, browser))?;
        self.logouts.shift_remove(id)
    }

    /// True if this subject has allowed this client all of this scope before.
    pub fn has_consent(&self, sub: &str, client_id: &str, scope: &Scope) -> bool {
        self.consents.get(&(sub.to_owned(), client_id.to_owned())).is_some_and(|given| scope.within(given))
    }

    /// Remembers a consent, beside those given before.
    pub fn add_consent(&mut self, sub: &str, client_id: &str, scope: &Scope) {
        let key = (sub.to_owned(), client_id.to_owned());
        let mut given = self.consents.get(&key).cloned().unwrap_or_default();
        scope.words().for_each(|word| given.add(word));
        self.consents.insert(key, given);
    }

    /// The client that this code, refresh token or access token was issued to.
    pub fn owner(&self, text: &str) -> Option<&Client> {
        let number = self.refresh.get(text).map(|token| token.grant).or_else(|| Some(self.access.get(text)?.grant));
        let grant = self.codes.get(text).map(|code| &code.grant).or_else(|| self.grants.get(&number?))?;
        self.clients.get(&grant.client_id)
    }

    /// Makes a grant and returns its number.
    pub fn put_grant(&mut self, grant: Grant) -> u64 {
        self.last_grant += 1;
        self.grants.insert(self.last_grant, grant);
        self.last_grant
    }

    /// Redeems a code: once. A second time revokes what the first time gave (RFC 6749 4.1.2), and an attempt that fails spends it.
    ///
    /// # Errors
    /// `invalid_grant` (RFC 6749 5.2, RFC 7636 4.6).
    pub fn redeem(
        &mut self,
        text: &str,
        client_id: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        now: u64,
        defect: &Defect,
    ) -> Result<(u64, Grant), OauthError> {
        let (does, checks) = (|behaviour| defect.does(behaviour), |check| defect.checks(check));
        let is_of_any_code = verifier.is_some_and(|verifier| self.codes.values().any(|code| pkce::fits(code.challenge.as_deref(), verifier)));
        let code = self.codes.get_mut(text).ok_or_else(|| invalid_grant("the code is unknown"))?;
        if std::mem::replace(&mut code.spent, true) && checks(Check::CodeSingleUse) {
            if let Some(grant) = code.redeemed.and_then(|number| self.grants.get_mut(&number)) {
                grant.alive = does(Behaviour::CodeReuseHarmless);
            }
            return Err(invalid_grant("the code was used before"));
        }
        if code.grant.client_id != client_id && checks(Check::CodeClient) {
            return Err(invalid_grant("the code was issued to another client"));
        }
        if now >= code.expires_at {
            return Err(invalid_grant("the code has expired"));
        }
        let is_redirect_uri_right = match redirect_uri {
            None => !checks(Check::CodeRedirectUriPresent),
            Some(uri) => uri == code.redirect_uri || !checks(Check::CodeRedirectUri),
        };
        if !is_redirect_uri_right {
            return Err(invalid_grant("redirect_uri is not that of the authorization request"));
        }
        pkce::verify(code.challenge.as_deref(), verifier, is_of_any_code, defect)?;
        let grant = code.grant.clone();
        code.redeemed = Some(self.last_grant + 1);
        Ok((self.put_grant(grant.clone()), grant))
    }

    /// Spends a refresh token and returns its grant and the scope of the next access token. One that was spent before revokes its whole family
    /// (RFC 9700 4.14.2).
    ///
    /// # Errors
    /// `invalid_grant`, or `invalid_scope` if more is asked for than was granted (RFC 6749 6).
    pub fn rotate(
        &mut self,
        text: &str,
        client_id: &str,
        scope: Option<Scope>,
        now: u64,
        defect: &Defect,
    ) -> Result<(u64, Grant, Scope), OauthError> {
        let (does, checks) = (|behaviour| defect.does(behaviour), |check| defect.checks(check));
        let unknown = || invalid_grant("the refresh token is unknown, expired or revoked");
        let token = self.refresh.get_mut(text).ok_or_else(unknown)?;
        let grant = self.grants.get_mut(&token.grant).filter(|grant| grant.client_id == client_id || !checks(Check::RefreshClient));
        let grant = grant.ok_or_else(unknown)?;
        if token.spent && checks(Check::RefreshSingleUse) {
            grant.alive = does(Behaviour::RefreshReuseHarmless);
            return Err(invalid_grant("the refresh token was used before: all that was issued with it is revoked"));
        }
        if !grant.alive || now >= token.expires_at {
            return Err(unknown());
        }
        let scope = scope.filter(|scope| !(scope.within(&grant.scope) && does(Behaviour::RefreshNeverNarrows)));
        let scope = scope.unwrap_or_else(|| grant.scope.clone());
        if (!scope.within(&grant.scope) && checks(Check::RefreshScope)) || (scope.is_empty() && !grant.scope.is_empty()) {
            return Err(OauthError::bad_request("invalid_scope", "the scope is more than was granted"));
        }
        token.spent = true;
        let granted = grant.clone();
        if !granted.scope.within(&scope) && does(Behaviour::RefreshLosesScope) {
            grant.scope = scope.clone();
        }
        Ok((token.grant, granted, scope))
    }

    /// Ends the session of an access token: nothing that was issued with it is good any more.
    pub fn end_session_of(&mut self, access_token: &str) {
        if let Some(grant) = self.access.get(access_token).and_then(|token| self.grants.get_mut(&token.grant)) {
            grant.alive = false;
        }
    }

    /// True if this access or refresh token was ever issued, whether it is still good or not.
    pub fn knows_token(&self, text: &str) -> bool {
        self.access.contains_key(text) || self.refresh.contains_key(text)
    }

    /// Uses a client assertion; false if it was used before (RFC 7523 3).
    pub fn use_assertion(&mut self, client_id: &str, jti: &str) -> bool {
        let key = (client_id.to_owned(), jti.to_owned());
        let is_new = !self.assertions.contains_key(&key);
        self.assertions.insert(key, ());
        is_new
    }

    /// The access token that was issued with the `jti` of this one, whatever else it says.
    pub fn with_jti_of(&self, text: &str) -> Option<String> {
        let claims = unverified_claims(text)?;
        let jti = claims["jti"].as_str()?;
        self.access.iter().find(|(_, access)| access.jti == jti).map(|(text, _)| text.clone())
    }

    /// The refresh token that is this one but for a character.
    pub fn refresh_like(&self, text: &str) -> Option<String> {
        let differ = |other: &str| other.chars().zip(text.chars()).filter(|(a, b)| a != b).count();
        self.refresh.iter().map(|(known, _)| known).find(|known| known.len() == text.len() && differ(known) == 1).cloned()
    }

    /// A number that no other text has.
    pub fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// An access token, or a refresh token, of a client that is gone.
    pub fn of_gone_client(&self, refresh: bool) -> Option<String> {
        let is_gone = |grant: u64| self.grants.get(&grant).is_some_and(|grant| !self.clients.contains_key(&grant.client_id));
        if refresh {
            self.refresh.iter().find(|(_, token)| is_gone(token.grant)).map(|(text, _)| text.clone())
        } else {
            self.access.iter().find(|(_, token)| is_gone(token.grant)).map(|(text, _)| text.clone())
        }
    }

    /// When the first access token of a grant was issued.
    pub fn first_issue(&self, grant: u64) -> Option<u64> {
        self.access.values().filter(|access| access.grant == grant).map(|access| access.issued_at).min()
    }

    /// An access token that is good, and its grant.
    pub fn good_access(&self, text: &str, now: u64) -> Option<(&Access, &Grant)> {
        let token = self.access.get(text).filter(|token| now < token.expires_at)?;
        Some((token, self.grants.get(&token.grant).filter(|grant| grant.alive)?))
    }

    /// What a refresh token or an ID token gives access to where a flaw has it taken for an access token.
    pub fn other_token(&self, text: &str, now: u64, defect: &Defect) -> Option<(Access, Grant)> {
        let refresh = self.good_refresh(text, now).filter(|_| !defect.checks(Check::BearerNoRefreshToken)).map(|(refresh, _)| refresh.grant);
        let id_token = self.id_tokens.get(text).copied().filter(|_| !defect.checks(Check::BearerNoIdToken));
        let number = refresh.or(id_token)?;
        let grant = self.grants.get(&number)?.clone();
        let scope = grant.scope.clone();
        let access = Access {
            grant: number,
            scope,
            jti: String::new(),
            audience: String::new(),
            refreshed: false,
            bound: None,
            issued_at: now,
            expires_at: now,
        };
        Some((access, grant))
    }

    /// A refresh token that is good, and its grant.
    pub fn good_refresh(&self, text: &str, now: u64) -> Option<(&Refresh, &Grant)> {
        let token = self.refresh.get(text).filter(|token| now < token.expires_at && !token.spent)?;
        Some((token, self.grants.get(&token.grant).filter(|grant| grant.alive)?))
    }

    /// How much there is.
    pub fn held(&self, now: u64) -> Held {
        let access = self.access.values().filter(|token| now < token.expires_at).map(|token| token.grant);
        let refresh = self.refresh.values().filter(|token| now < token.expires_at && !token.spent).map(|token| token.grant);
        let good = access.chain(refresh).filter(|grant| self.grants.get(grant).is_some_and(|grant| grant.alive));
        Held {
            clients: self.clients.values().filter(|client| client.registered.is_some()).count(),
            grants: good.collect::<std::collections::HashSet<_>>().len(),
            sessions: self.sessions.len(),
        }
    }

    /// Revokes a token of this client (RFC 7009 2.1): of an access token itself, of a refresh token all that was issued with it. Nothing changes
    /// for a token that is unknown or another client's.
    pub fn revoke(&mut self, text: &str, client_id: &str, hint: Option<&str>, defect: &Defect) {
        let does = |behaviour| defect.does(behaviour);
        let may = |grant: &Grant| grant.client_id == client_id || !defect.checks(Check::RevocationClient);
        let other_kind = |kind| does(Behaviour::RevocationTrustsHint) && hint.is_some_and(|hint| hint != kind);
        if hint.is_some_and(|hint| !TOKEN_TYPES.contains(&hint)) && does(Behaviour::RevocationUnknownHintFails) {
            return;
        }
        if let Some(token) = self.access.get(text) {
            let is_missed = hint == Some(TOKEN_TYPES[1]) && does(Behaviour::RevocationAccessTrustsHint);
            if self.grants.get(&token.grant).is_some_and(may) && !is_missed && !does(Behaviour::RevocationSparesAccess) {
                self.access.shift_remove(text);
            }
        } else if let Some(token) = self.refresh.get(text)
            && let Some(grant) = self.grants.get_mut(&token.grant).filter(|grant| may(grant) && !other_kind("refresh_token"))
        {
            let spares = [Behaviour::RevocationWithoutCascade, Behaviour::RevocationWithoutCascadeOpaque, Behaviour::RevocationOfRefreshTokensOnly];
            if spares.into_iter().any(does) {
                self.refresh.shift_remove(text);
            } else {
                grant.alive = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Store;
    use crate::issuer::client::Client;
    use crate::issuer::client_metadata::Metadata;
    use crate::issuer::flaw::apply::Defect;
    use crate::issuer::grant::{Access, Code, Grant, Refresh};
    use crate::issuer::pkce::s256;
    use crate::issuer::requested::Requested;
    use crate::issuer::scope::Scope;

    const CB: &str = "http://localhost/cb";
    /// RFC 7636 B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn grant() -> Grant {
        let scope = Scope::parse("openid offline_access");
        Grant {
            client_id: "c".to_owned(),
            sub: "u".to_owned(),
            scope,
            auth_time: Some(1),
            nonce: None,
            requested: Requested::default(),
            session: String::new(),
            alive: true,
        }
    }

    fn store() -> Store {
        let metadata = Metadata::of_static_client("C", vec![CB.to_owned()], &crate::issuer::client_metadata::GRANT_TYPES, &["code"], true);
        let mut store = Store::new([Client { id: "c".to_owned(), secret: None, metadata, registered: None }]);
        let code = |challenge| Code { grant: grant(), redirect_uri: CB.to_owned(), challenge, expires_at: 60, spent: false, redeemed: None };
        store.codes.insert("plain".to_owned(), code(None));
        store.codes.insert("pkce".to_owned(), code(Some(s256(VERIFIER))));
        store
    }

    fn refused<T: std::fmt::Debug>(result: Result<T, super::OauthError>) -> String {
        format!("{:?}", result.unwrap_err())
    }

    #[test]
    fn a_code_expires_and_is_bound() {
        assert!(refused(store().redeem("plain", "c", Some(CB), None, 60, &Defect::default())).contains("expired"));
        assert!(refused(store().redeem("plain", "d", Some(CB), None, 0, &Defect::default())).contains("another client"));
        assert!(refused(store().redeem("plain", "c", None, None, 0, &Defect::default())).contains("redirect_uri"));
        assert!(refused(store().redeem("plain", "c", Some(CB), Some(VERIFIER), 0, &Defect::default())).contains("no code challenge"));
        assert!(refused(store().redeem("pkce", "c", Some(CB), None, 0, &Defect::default())).contains("missing"));
        assert!(refused(store().redeem("pkce", "c", Some(CB), Some("other"), 0, &Defect::default())).contains("does not fit"));
        store().redeem("plain", "c", Some(CB), None, 59, &Defect::default()).unwrap();
        store().redeem("pkce", "c", Some(CB), Some(VERIFIER), 59, &Defect::default()).unwrap();
    }

    #[test]
    fn a_failed_attempt_spends_the_code() {
        let mut store = store();
        refused(store.redeem("pkce", "c", Some(CB), Some("other"), 0, &Defect::default()));
        assert!(refused(store.redeem("pkce", "c", Some(CB), Some(VERIFIER), 0, &Defect::default())).contains("used before"));
    }

    #[test]
    fn a_second_use_of_a_code_revokes_what_the_first_gave() {
        let mut store = store();
        let (number, _) = store.redeem("plain", "c", Some(CB), None, 0, &Defect::default()).unwrap();
        let token = Access {
            grant: number,
            scope: Scope::parse("openid"),
            jti: String::new(),
            audience: String::new(),
            refreshed: false,
            bound: None,
            issued_at: 0,
            expires_at: 900,
        };
        store.access.insert("a".to_owned(), token);
        assert!(store.good_access("a", 899).is_some());
        assert!(store.good_access("a", 900).is_none());
        refused(store.redeem("plain", "c", Some(CB), None, 0, &Defect::default()));
        assert!(store.good_access("a", 0).is_none());
    }

    #[test]
    fn refresh_tokens_rotate_and_expire() {
        let mut store = store();
        let number = store.put_grant(grant());
        let token = || Refresh { grant: number, issued_at: 0, expires_at: 100, spent: false };
        store.refresh.insert("r1".to_owned(), token());
        assert!(refused(store.rotate("r1", "d", None, 0, &Defect::default())).contains("unknown"));
        assert!(refused(store.rotate("r1", "c", None, 100, &Defect::default())).contains("unknown"));
        assert!(refused(store.rotate("r1", "c", Some(Scope::parse("openactive-identity")), 0, &Defect::default())).contains("invalid_scope"));
        let (_, _, scope) = store.rotate("r1", "c", Some(Scope::parse("openid")), 0, &Defect::default()).unwrap();
        assert_eq!(scope.to_string(), "openid");
        store.refresh.insert("r2".to_owned(), token());
        assert!(refused(store.rotate("r1", "c", None, 0, &Defect::default())).contains("revoked"));
        assert!(refused(store.rotate("r2", "c", None, 0, &Defect::default())).contains("unknown"));
    }
}
