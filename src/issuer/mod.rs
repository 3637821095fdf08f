//! The embedded issuer: well-behaved, on loopback, with personas and flaws. It knows nothing of rules or reports.
//!
//! [`start`] binds a port, makes (once per process) the signing keys and serves until [`RunningIssuer::stop`]. Everything it knows it holds
//! in memory, in maps of bounded size. What leaves it passes through `flaw/apply.rs`, where the one flaw it may have is applied.

use thiserror::Error;

mod assertion;
mod authorize;
mod back_channel;
mod bearer;
mod bounded;
mod busy;
mod claims;
mod client;
mod client_auth;
mod client_keys;
mod client_metadata;
mod cross_origin;
mod encryption;
mod fetch;
pub mod flaw;
mod front_channel;
mod grant;
mod greeting;
mod hint;
mod interaction;
mod introspection;
mod key_rollover;
mod keys;
mod login;
mod logout;
mod metadata;
mod mutual_tls;
mod page_set;
mod pages;
mod params;
mod persona;
mod pkce;
mod prelude;
mod received_jwt;
mod redirect;
mod registration;
mod reply;
mod request_object;
mod requested;
mod resource;
mod respond;
mod response_type;
mod revocation;
mod routes;
mod scope;
mod sector;
mod server;
mod session_state;
mod single_page;
mod state;
mod store;
mod tls;
mod token;
mod user;
mod userinfo;

pub use flaw::{FlawError, flaws, variants};
pub use keys::KeyError;
pub use mutual_tls::CertifiedClient;
pub use page_set::{OfflineAccess, PageSet};
pub use pages::PageError;
pub use persona::Persona;
pub use server::{RunningIssuer, start};
pub use store::Held;
pub use tls::TlsError;

use flaw::Flaw;

/// The static client's identifier.
pub const CLIENT_ID: &str = "oa-authtest-demo-client";
/// The static client's secret.
pub const CLIENT_SECRET: &str = "demo-client-secret-9yqS4Wc1VtYzK7uR";
/// The identifier of a second static client, with a secret of its own.
pub const SECOND_CLIENT_ID: &str = "oa-authtest-demo-second-client";
/// The second static client's secret.
pub const SECOND_CLIENT_SECRET: &str = "demo-second-client-secret-Hq2xP8nLw5";
/// The identifier of a static client without a secret.
pub const PUBLIC_CLIENT_ID: &str = "oa-authtest-demo-public-client";
/// The identifier of a static client that authenticates by a certificate, where the issuer is served over TLS.
pub const CERTIFIED_CLIENT_ID: &str = "oa-authtest-demo-certified-client";
/// The identifier of a second one.
pub const SECOND_CERTIFIED_CLIENT_ID: &str = "oa-authtest-demo-second-certified-client";
/// The initial access token that registration asks for (RFC 7591 3).
pub const INITIAL_ACCESS_TOKEN: &str = "demo-initial-access-token-3fJm8XbQ";
/// The identifier of the static client of the persona [`Persona::Aidbox`], as its documentation has it.
pub const AIDBOX_CLIENT_ID: &str = "api-client";
/// The end-user's user name.
pub const USERNAME: &str = "seller@acme-fitness.example";
/// The end-user's password.
pub const PASSWORD: &str = "demo-password-Tr7eWq";

/// How to start an issuer.
#[derive(Debug, Clone, Default)]
pub struct IssuerOptions {
    /// The loopback port; 0 takes a free one.
    pub port: u16,
    /// Serve https with a certificate made at the start, for `localhost`, `127.0.0.1` and `::1`.
    pub tls: bool,
    /// Whose documents it imitates.
    pub persona: Persona,
    /// The one way in which it is wrong, if any.
    pub flaw: Option<Flaw>,
    /// The login and consent pages it shows.
    pub pages: PageSet,
    /// When it gives offline access.
    pub offline_access: OfflineAccess,
    /// The redirect URIs of the static clients.
    pub redirect_uris: Vec<String>,
    /// The secret of the static client instead of [`CLIENT_SECRET`].
    pub client_secret: Option<String>,
    /// The end-user's password instead of [`PASSWORD`].
    pub password: Option<String>,
    /// The port by which it is reached, where it stands behind a reverse proxy on loopback: its addresses name that one.
    pub public_port: Option<u16>,
}

/// What a person or a test needs to use the issuer. All of it is fixed and public: the issuer listens on loopback only.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DemoAccounts {
    /// [`CLIENT_ID`].
    pub client_id: String,
    /// [`CLIENT_SECRET`].
    pub client_secret: String,
    /// [`SECOND_CLIENT_ID`].
    pub second_client_id: String,
    /// [`SECOND_CLIENT_SECRET`].
    pub second_client_secret: String,
    /// [`PUBLIC_CLIENT_ID`].
    pub public_client_id: String,
    /// [`INITIAL_ACCESS_TOKEN`]; empty where a variant of the issuer gives none.
    pub initial_access_token: String,
    /// [`USERNAME`].
    pub username: String,
    /// [`PASSWORD`].
    pub password: String,
    /// The `https://openactive.io/sellerId` of the end-user.
    pub seller_id: String,
    /// A resource that wants an access token with the scope `openactive-ordersfeed`.
    pub orders_feed_url: String,
    /// A dataset site whose JSON-LD names this issuer.
    pub dataset_site_url: String,
    /// Where its keys are rotated, as persona `certification` has it.
    pub rotate_keys_url: String,
    /// A resource that wants an access token of any scope, where the persona has one.
    pub resource_url: String,
    /// An audience that access tokens can be asked for.
    pub audience: String,
    /// How many seconds its access tokens live.
    pub token_lifetime: u64,
    /// The token endpoint, for those who cannot look it up.
    pub token_endpoint: String,
    /// The registration endpoint, where the persona has one.
    pub registration_endpoint: String,
}

impl DemoAccounts {
    /// The accounts of the issuer at this origin.
    fn of(persona: Persona, issuer: &str) -> Self {
        let settings = persona.settings();
        Self {
            client_id: if persona == Persona::Aidbox { AIDBOX_CLIENT_ID } else { CLIENT_ID }.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            second_client_id: SECOND_CLIENT_ID.to_owned(),
            second_client_secret: SECOND_CLIENT_SECRET.to_owned(),
            public_client_id: PUBLIC_CLIENT_ID.to_owned(),
            initial_access_token: INITIAL_ACCESS_TOKEN.to_owned(),
            username: USERNAME.to_owned(),
            password: PASSWORD.to_owned(),
            seller_id: format!("{issuer}/api/identifiers/sellers/1"),
            orders_feed_url: format!("{issuer}{}", routes::ORDERS_FEED),
            dataset_site_url: format!("{issuer}{}", routes::DATASET_SITE),
            rotate_keys_url: format!("{issuer}{}", routes::ROTATE_KEYS),
            resource_url: format!("{issuer}{}", persona::PATIENTS),
            audience: "https://resource.example/fhir".to_owned(),
            token_lifetime: settings.token_lifetime,
            token_endpoint: format!("{issuer}{}", settings.token_path),
            registration_endpoint: format!("{issuer}{}", settings.register_path),
        }
    }
}

/// Why an issuer did not start.
#[derive(Debug, Error)]
pub enum IssuerError {
    /// The port cannot be had.
    #[error("cannot listen on port {port} of the loopback interface: {source}")]
    Bind {
        /// The port that was asked for; 0 for a free one.
        port: u16,
        /// The system's words.
        source: std::io::Error,
    },
    /// The signing keys could not be made.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The certificate could not be made or used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A document or page template that is part of the program is broken.
    #[error(transparent)]
    Pages(#[from] PageError),
}
