//! `--demo`: what the embedded issuer, once started, settles; flags still win.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::Tls;
use super::error::Origin;
use super::layer::{Layer, SecretSource, Value};
use super::setting::{self, Setting};
use crate::issuer::{OfflineAccess, PageSet, Persona};

/// Which embedded issuer was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoWish {
    /// The face it wears.
    pub persona: Persona,
    /// The name of the one flaw it has, if any. Whether there is such a flaw is for the issuer to say.
    pub flaw: Option<String>,
    /// The login and consent pages it shows.
    pub pages: PageSet,
    /// When it gives offline access.
    pub offline_access: OfflineAccess,
}

/// What the embedded issuer settles once it listens. `None` leaves a setting as if it had not been given.
#[derive(Debug, Clone, Default)]
pub struct DemoSettings {
    /// Its issuer identifier.
    pub issuer: String,
    /// The profile that is about it, if no other is asked for; `None` for the usual one.
    pub profile: Option<String>,
    /// The identifier of a client it knows.
    pub client_id: Option<String>,
    /// That client's secret.
    pub client_secret: Option<SecretString>,
    /// The initial access token it asks for.
    pub initial_access_token: Option<SecretString>,
    /// The user it knows.
    pub username: Option<String>,
    /// That user's password.
    pub password: Option<SecretString>,
    /// That user's seller identifier.
    pub seller_id: Option<String>,
    /// The address of its orders feed.
    pub orders_feed_url: Option<String>,
    /// The address of its dataset site.
    pub dataset_site_url: Option<String>,
    /// The endpoints that it does not publish, by their members of the metadata: `token_endpoint`.
    pub endpoints: BTreeMap<&'static str, String>,
    /// The address of another resource of its.
    pub resource_url: Option<String>,
    /// An audience that access tokens can be asked for.
    pub audience: Option<String>,
    /// How many seconds the client's access tokens live.
    pub token_lifetime: Option<u64>,
    /// How its certificate can be judged; [`Tls::System`] over plain http.
    pub tls: Tls,
}

/// What concerns the issuer: in a demo neither the environment nor a file is asked about it, because they speak of another issuer.
pub(super) static OF_THE_ISSUER: &[&Setting] = &[
    &setting::ISSUER,
    &setting::FEATURE,
    &setting::SELLER_ID,
    &setting::ORDERS_FEED_URL,
    &setting::DATASET_SITE_URL,
    &setting::AUTHORIZATION_ENDPOINT,
    &setting::TOKEN_ENDPOINT,
    &setting::REGISTRATION_ENDPOINT,
    &setting::REVOCATION_ENDPOINT,
    &setting::INTROSPECTION_ENDPOINT,
    &setting::USERINFO_ENDPOINT,
    &setting::JWKS_URI,
    &setting::END_SESSION_ENDPOINT,
    &setting::SCOPE,
    &setting::RESOURCE_URL,
    &setting::AUDIENCE,
    &setting::TOKEN_LIFETIME,
    &setting::CLIENT_ID,
    &setting::CLIENT_SECRET,
    &setting::CLIENT_SECRET_FILE,
    &setting::CLIENT_AUTH_METHOD,
    &setting::INITIAL_ACCESS_TOKEN,
    &setting::INITIAL_ACCESS_TOKEN_FILE,
    &setting::USERNAME,
    &setting::PASSWORD,
    &setting::PASSWORD_FILE,
    &setting::USERNAME_SELECTOR,
    &setting::PASSWORD_SELECTOR,
    &setting::BUTTON_SELECTOR,
    &setting::CA_FILE,
    &setting::INSECURE,
];

impl DemoSettings {
    /// The settings of an issuer that knows neither client nor user, over plain http.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), ..Self::default() }
    }

    /// The same as a layer.
    pub(super) fn layer(self) -> Layer {
        let mut layer = Layer::default();
        if let Some(profile) = self.profile {
            layer.set(&setting::PROFILE, Value::List(vec![profile]), Origin::Demo);
        }
        let (ca_file, insecure) = match self.tls {
            Tls::System => (None, None),
            Tls::CaFile(path) => (Some(path.to_string_lossy().into_owned()), None),
            Tls::Insecure => (None, Some("true".to_owned())),
        };
        let texts = [
            (&setting::ISSUER, Some(self.issuer)),
            (&setting::CLIENT_ID, self.client_id),
            (&setting::USERNAME, self.username),
            (&setting::SELLER_ID, self.seller_id),
            (&setting::ORDERS_FEED_URL, self.orders_feed_url),
            (&setting::DATASET_SITE_URL, self.dataset_site_url),
            (&setting::RESOURCE_URL, self.resource_url),
            (&setting::AUDIENCE, self.audience),
            (&setting::TOKEN_LIFETIME, self.token_lifetime.map(|seconds| seconds.to_string())),
            (&setting::CA_FILE, ca_file),
            (&setting::INSECURE, insecure),
        ];
        let mut endpoints = self.endpoints;
        let endpoints = setting::ENDPOINTS.iter().map(|(member, setting)| (*setting, endpoints.remove(member)));
        for (setting, text) in texts.into_iter().chain(endpoints) {
            if let Some(text) = text {
                layer.set(setting, Value::Text(text), Origin::Demo);
            }
        }
        let secrets = [
            (&setting::CLIENT_SECRET, self.client_secret),
            (&setting::INITIAL_ACCESS_TOKEN, self.initial_access_token),
            (&setting::PASSWORD, self.password),
        ];
        for (setting, secret) in secrets {
            if let Some(secret) = secret {
                layer.set(setting, Value::Secret(SecretSource::Here(secret)), Origin::Demo);
            }
        }
        layer
    }
}
