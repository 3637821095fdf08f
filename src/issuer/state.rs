//! What every handler of a running issuer shares.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::SET_COOKIE;

use super::busy::Refusals;
use super::key_rollover::Rollover;
use super::mutual_tls::{Registered, Trusted};
use super::store::Store;
use super::tls::TlsError;
use super::{CERTIFIED_CLIENT_ID, DemoAccounts, IssuerOptions, OfflineAccess, PageSet, Persona, SECOND_CERTIFIED_CLIENT_ID};
use crate::issuer::prelude::*;

/// The subject identifier of the one end-user.
pub const USER_SUB: &str = "user-100";

/// A running issuer.
#[derive(Debug)]
pub struct Issuer {
    /// The issuer identifier: the origin and the path of the persona, without a slash at the end.
    pub url: String,
    /// Scheme, host and port.
    pub origin: String,
    /// True if it is served over TLS.
    pub secure: bool,
    /// The name of its session cookie. It holds the port: browsers share cookies between the ports of a host.
    pub cookie: String,
    /// Whose documents it imitates.
    pub persona: Persona,
    /// The login and consent pages it shows.
    pub pages: PageSet,
    /// When it gives offline access.
    pub offline_access: OfflineAccess,
    /// Its flaw, if any.
    pub defect: Defect,
    /// Its published keys.
    pub keys: &'static KeyRing,
    /// What became of its keys, if its flaw is about that.
    pub rollover: Rollover,
    /// Its accounts.
    pub accounts: DemoAccounts,
    /// The requests that it was too busy for.
    pub refusals: Refusals,
    /// Whom it trusts for the certificates of clients, where it is served over TLS.
    pub trusted: Option<Trusted>,
    store: Mutex<Store>,
}

impl Issuer {
    /// An issuer at this port, with nothing in its store but the static clients.
    pub fn new(options: IssuerOptions, port: u16, keys: &'static KeyRing) -> Self {
        let IssuerOptions { tls, persona, flaw, pages, offline_access, redirect_uris, client_secret, password, public_port, .. } = options;
        let port = public_port.unwrap_or(port);
        let scheme = if tls { "https" } else { "http" };
        let settings = persona.settings();
        let origin = format!("{scheme}://localhost:{port}");
        let url = format!("{origin}{}", settings.issuer_path);
        let mut accounts = DemoAccounts::of(persona, &origin);
        accounts.client_secret = client_secret.unwrap_or(accounts.client_secret);
        accounts.password = password.unwrap_or(accounts.password);
        let defect = Defect::new(flaw.map(|flaw| flaw.for_issuer(&url)));
        if defect.does(Behaviour::RegistrationByPolicy) {
            accounts.initial_access_token.clear();
        }
        let mut with_signs = [Behaviour::SecretsWithSigns, Behaviour::BasicNotDecoded, Behaviour::StaticClientByPost].into_iter();
        accounts.client_secret.push_str(signs(with_signs.find(|behaviour| defect.does(*behaviour))));
        let by_post = defect.does(Behaviour::StaticClientByPost);
        let response_types = if defect.does(Behaviour::StaticClientsForCode) { response_type::CODE } else { settings.response_types };
        let client = |id: &str, secret: Option<&str>, name: &str, grants: &[&str]| {
            let mut metadata = Metadata::of_static_client(name, redirect_uris.clone(), grants, response_types, secret.is_some());
            if secret.is_some() && by_post {
                metadata.auth_methods = vec![AuthMethod::Post];
            }
            Client { id: id.to_owned(), secret: secret.map(str::to_owned), metadata, registered: None }
        };
        let clients = [
            client(&accounts.client_id, Some(&accounts.client_secret), "Demo booking partner", settings.client_grants),
            client(&accounts.second_client_id, Some(&accounts.second_client_secret), "Another demo booking partner", settings.client_grants),
            client(&accounts.public_client_id, None, "Demo app", &["authorization_code", "refresh_token"]),
        ];
        let cookie = if tls { format!("__Host-session-{port}") } else { format!("session-{port}") };
        let store = Mutex::new(Store::new(clients));
        let (rollover, refusals) = (Rollover::default(), Refusals::default());
        Self { url, origin, secure: tls, cookie, persona, pages, offline_access, defect, keys, rollover, accounts, refusals, trusted: None, store }
    }

    /// The same with clients that authenticate by certificates.
    ///
    /// # Errors
    /// If the certificates cannot be made.
    pub fn new_with_trust(options: IssuerOptions, port: u16, keys: &'static KeyRing) -> Result<Self, TlsError> {
        let redirect_uris = options.redirect_uris.clone();
        let mut issuer = Self::new(options, port, keys);
        let trusted = Trusted::make([CERTIFIED_CLIENT_ID, SECOND_CERTIFIED_CLIENT_ID])?;
        let settings = issuer.settings();
        for certified in &trusted.clients {
            let mut metadata = Metadata::of_static_client(
                "Demo client by certificate",
                redirect_uris.clone(),
                settings.client_grants,
                settings.response_types,
                false,
            );
            metadata.auth_methods = vec![AuthMethod::Tls];
            metadata.mutual_tls = Registered { common_name: Some(certified.id.clone()), bound_tokens: true, ..Registered::default() };
            issuer.store().put_client(Client { id: certified.id.clone(), secret: None, metadata, registered: None });
        }
        issuer.trusted = Some(trusted);
        Ok(issuer)
    }

    /// What its persona decides.
    pub fn settings(&self) -> &'static PersonaSettings {
        self.persona.settings()
    }

    /// True if it behaves in this wrong way.
    pub fn does(&self, behaviour: Behaviour) -> bool {
        self.defect.does(behaviour)
    }

    /// True if it makes this check, as it does without a flaw.
    pub fn checks(&self, check: Check) -> bool {
        self.defect.checks(check)
    }

    /// A reply with what a flaw changes in it at these sites.
    ///
    /// # Errors
    /// If the flaw does not fit the reply.
    pub fn reply(&self, sites: &[Site], reply: Reply) -> Answer {
        Ok(self.defect.patch_reply(sites, reply)?)
    }

    /// The refusal of a client: with status 401 as a flaw may have it there.
    ///
    /// # Errors
    /// The error where it is another, or if the flaw does not fit the reply.
    pub fn unauthorized(&self, site: Site, error: OauthError) -> Answer {
        let reply = error.reply();
        if reply.status == StatusCode::UNAUTHORIZED { self.reply(&[site], reply) } else { Err(error.into()) }
    }

    /// The store, locked. Never held across an await.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a login, with the cookies that remember it.
    pub fn remember_login(&self, session: &str, reply: Reply) -> Reply {
        session_state::remember(self, session, reply.with(SET_COOKIE, &self.set_cookie(session)))
    }

    /// The `Set-Cookie` value of a session.
    pub fn set_cookie(&self, session: &str) -> String {
        // A client may send the end-user here by a form of its own (RP-Initiated Logout 1.0 2), and a browser leaves a lax cookie out of that.
        let site = if self.secure { "None; Secure" } else { "Lax" };
        if !self.secure && !self.checks(Check::ConsentForm) {
            return format!("{}={session}; Path=/; HttpOnly", self.cookie);
        }
        let http_only = if self.does(Behaviour::CookieForScripts) { "" } else { "; HttpOnly" };
        format!("{}={session}; Path=/{http_only}; SameSite={site}", self.cookie)
    }
}

/// What secrets end with: characters that form-encoding changes, where they are to have some.
pub fn signs(behaviour: Option<Behaviour>) -> &'static str {
    match behaviour {
        Some(Behaviour::SecretsWithSigns | Behaviour::BasicNotDecoded | Behaviour::StaticClientByPost) => "+/=:%~",
        _ => "",
    }
}

impl Issuer {
    /// Seconds since the epoch by the issuer's clock, which a flaw may have put wrong.
    pub fn now(&self) -> u64 {
        const MINUTE: u64 = 60;
        if self.does(Behaviour::ClockAhead) {
            now() + 5 * MINUTE
        } else if self.does(Behaviour::ClockBehind) {
            now().saturating_sub(5 * MINUTE)
        } else if self.does(Behaviour::ClockHourAhead) {
            now() + 60 * MINUTE
        } else if self.does(Behaviour::ClockSevenMinutesBehind) {
            now().saturating_sub(7 * MINUTE)
        } else if self.does(Behaviour::ClockHourBehind) {
            now().saturating_sub(60 * MINUTE)
        } else {
            now()
        }
    }
}

/// Seconds since the epoch. What clients sign is held against this: their clocks are right.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
