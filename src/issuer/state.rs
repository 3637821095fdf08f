//! What every handler of a running issuer shares.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::client::Client;
use super::client_metadata::Metadata;
use super::flaw::apply::Defect;
use super::flaw::{Behaviour, Check, Site};
use super::key_rollover::Rollover;
use super::keys::KeyRing;
use super::persona::PersonaSettings;
use super::reply::{Answer, Reply};
use super::store::Store;
use super::{DemoAccounts, IssuerOptions, OfflineAccess, PageSet, Persona};

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
    store: Mutex<Store>,
}

impl Issuer {
    /// An issuer at this port, with nothing in its store but the static clients.
    pub fn new(options: IssuerOptions, port: u16, keys: &'static KeyRing) -> Self {
        let IssuerOptions { tls, persona, flaw, pages, offline_access, redirect_uris, .. } = options;
        let scheme = if tls { "https" } else { "http" };
        let settings = persona.settings();
        let origin = format!("{scheme}://localhost:{port}");
        let url = format!("{origin}{}", settings.issuer_path);
        let accounts = DemoAccounts::of(persona, &origin);
        let client = |id: &str, secret: Option<&str>, name: &str, grants: &[&str]| {
            let metadata = Metadata::of_static_client(name, redirect_uris.clone(), grants, secret.is_some());
            Client { id: id.to_owned(), secret: secret.map(str::to_owned), metadata, registered: None }
        };
        let clients = [
            client(&accounts.client_id, Some(&accounts.client_secret), "Demo booking partner", settings.client_grants),
            client(&accounts.second_client_id, Some(&accounts.second_client_secret), "Another demo booking partner", settings.client_grants),
            client(&accounts.public_client_id, None, "Demo app", &["authorization_code", "refresh_token"]),
        ];
        let cookie = if tls { format!("__Host-session-{port}") } else { format!("session-{port}") };
        let store = Mutex::new(Store::new(clients));
        let defect = Defect::new(flaw.map(|flaw| flaw.for_issuer(&url)));
        Self { url, origin, secure: tls, cookie, persona, pages, offline_access, defect, keys, rollover: Rollover::default(), accounts, store }
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

    /// The store, locked. Never held across an await.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `Set-Cookie` value of a session.
    pub fn set_cookie(&self, session: &str) -> String {
        // A client may send the end-user here by a form of its own (RP-Initiated Logout 1.0 2), and a browser leaves a lax cookie out of that.
        let site = if self.secure { "None; Secure" } else { "Lax" };
        let http_only = if self.does(Behaviour::CookieForScripts) { "" } else { "; HttpOnly" };
        format!("{}={session}; Path=/{http_only}; SameSite={site}", self.cookie)
    }
}

/// Seconds since the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
