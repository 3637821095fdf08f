//! What the layers come to: a [`Config`] whose parts agree with each other.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use globset::Glob;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::command_line::Invocation;
use super::error::{ConfigError, Origin};
use super::last_failed::LastFailed;
use super::layer::Value;
use super::layers::{Layers, contents, stronger};
use super::login::{Selectors, User};
use super::rules::{self, RuleSelection};
use super::setting::{self, Setting};
use super::value;
use super::{
    ALGORITHMS, AgentConfig, AgentKind, AuthMethod, BaselineFile, ClientCertificate, ClientCertificateError, ClientKey, ClientKeyError, Config,
    ConfiguredClient, ConfiguredClients, Format, IssuerKind, Loudness, MOST_HISTORY, Network, PublicAddress, ReportConfig, SharedCertificate,
    TestOverride, Tls,
};
use crate::observed::capability::Capability;

/// The variable that says that the program runs in GitHub Actions.
pub(crate) const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
/// The settings of a client registered beforehand.
struct OfClient {
    id: &'static Setting,
    secret: &'static Setting,
    secret_file: &'static Setting,
    auth_method: &'static Setting,
    certificate_file: &'static Setting,
    certificate_key_file: &'static Setting,
    key_file: &'static Setting,
    key_id: &'static Setting,
    key_alg: &'static Setting,
}
static FIRST_CLIENT: OfClient = OfClient {
    id: &setting::CLIENT_ID,
    secret: &setting::CLIENT_SECRET,
    secret_file: &setting::CLIENT_SECRET_FILE,
    auth_method: &setting::CLIENT_AUTH_METHOD,
    certificate_file: &setting::CLIENT_CERTIFICATE_FILE,
    certificate_key_file: &setting::CLIENT_CERTIFICATE_KEY_FILE,
    key_file: &setting::CLIENT_KEY_FILE,
    key_id: &setting::CLIENT_KEY_ID,
    key_alg: &setting::CLIENT_KEY_ALG,
};
static SECOND_CLIENT: OfClient = OfClient {
    id: &setting::SECOND_CLIENT_ID,
    secret: &setting::SECOND_CLIENT_SECRET,
    secret_file: &setting::SECOND_CLIENT_SECRET_FILE,
    auth_method: &setting::SECOND_CLIENT_AUTH_METHOD,
    certificate_file: &setting::SECOND_CLIENT_CERTIFICATE_FILE,
    certificate_key_file: &setting::SECOND_CLIENT_CERTIFICATE_KEY_FILE,
    key_file: &setting::SECOND_CLIENT_KEY_FILE,
    key_id: &setting::SECOND_CLIENT_KEY_ID,
    key_alg: &setting::SECOND_CLIENT_KEY_ALG,
};
/// The profile that tests what is declared; it runs beside the others as soon as something is.
const FEATURES: &str = "features";

impl Layers<'_> {
    /// Settles every setting; the first that is missing, impossible or in conflict with another ends it.
    pub(super) fn config(&self, mut profiles: Vec<String>, invocation: Invocation) -> Result<Config, ConfigError> {
        let issuer = self.optional(&setting::ISSUER, value::issuer)?.ok_or_else(|| ConfigError::Setting {
            says: "there is no issuer to test".to_owned(),
            hint: format!(
                "give {}; or the dataset site that names it, {}; or see a run against the embedded issuer with --demo",
                setting::ISSUER,
                setting::DATASET_SITE_URL
            ),
        })?;
        let declared = self.declared()?;
        if !declared.is_empty() && !profiles.iter().any(|profile| profile == FEATURES) {
            profiles.push(FEATURES.to_owned());
        }
        let (redirect_uri, public) = self.addresses()?;
        Ok(Config {
            issuer,
            issuer_kind: IssuerKind::Named,
            profiles,
            certification: self.list(&setting::CERTIFICATION, value::text)?,
            tests: self.list(&setting::TEST, value::text)?,
            last_failed: self.optional(&setting::LAST_FAILED, value::text)?.map(LastFailed::of),
            shard: self.optional(&setting::SHARD, value::shard)?,
            skips: self.list(&setting::SKIP, value::text)?,
            rules: RuleSelection {
                globs: self.list(&setting::RULE, |glob| rules::glob(glob, self.own_rules()))?,
                level: self.required(&setting::LEVEL, rules::level)?,
            },
            own_rules: Arc::clone(self.own_rules()),
            scope: self.optional(&setting::SCOPE, value::scope)?,
            clients: self.clients()?,
            allow_destructive: self.required(&setting::ALLOW_DESTRUCTIVE, value::switch)?,
            initial_access_token: self.initial_access_token()?,
            user: self.user()?,
            seller_id: self.optional(&setting::SELLER_ID, value::uri)?,
            orders_feed_url: self.optional(&setting::ORDERS_FEED_URL, value::address)?,
            dataset_site_url: self.optional(&setting::DATASET_SITE_URL, value::address)?,
            rotate_keys: self.optional(&setting::ROTATE_KEYS_COMMAND, value::rotate_keys)?,
            endpoints: self.endpoints()?,
            resource_url: self.optional(&setting::RESOURCE_URL, value::address)?,
            audience: self.optional(&setting::AUDIENCE, value::text)?,
            token_lifetime: self
                .optional(&setting::TOKEN_LIFETIME, |text| value::whole(text, 1..=31_536_000, "give the seconds, as in --token-lifetime 600"))?,
            redirect_uri,
            public,
            selectors: Selectors {
                username: self.required(&setting::USERNAME_SELECTOR, value::text)?,
                password: self.required(&setting::PASSWORD_SELECTOR, value::text)?,
                button: self.required(&setting::BUTTON_SELECTOR, value::text)?,
            },
            network: self.network()?,
            agent: self.agent()?,
            report: ReportConfig {
                dir: self.required(&setting::REPORT_DIR, value::text)?.into(),
                formats: self.formats()?,
                screenshots: self.required(&setting::SCREENSHOTS, value::switch)?,
                statement: self.required(&setting::STATEMENT, value::switch)?,
                certificate: self.certificate()?,
                serve: self.required(&setting::SERVE, value::listening)?,
                show_secrets: self.required(&setting::SHOW_SECRETS, value::switch)?,
                baseline: self.parsed(&setting::BASELINE, value::text)?.map(|found| BaselineFile { path: found.value.into(), origin: found.origin }),
                history: self.number(&setting::HISTORY, 0..=MOST_HISTORY)? as usize,
            },
            loudness: self.loudness()?,
            fail_on: self.required(&setting::FAIL_ON, value::choice)?,
            require: self.list(&setting::REQUIRE, value::text)?,
            fail_on_skip: self.required(&setting::FAIL_ON_SKIP, value::switch)?,
            known: self.known()?,
            strict_known: self.strict_known()?,
            wait: Duration::from_secs(self.number(&setting::WAIT, 0..=3600)?.into()),
            run_timeout: self.optional(&setting::RUN_TIMEOUT, |text| value::whole(text, 1..=86_400, "give seconds, as in --run-timeout 600"))?,
            retries: self.number(&setting::RETRIES, 0..=10)? as usize,
            jobs: self.number(&setting::JOBS, 1..=64)? as usize,
            clock_skew: self.number(&setting::CLOCK_SKEW, 0..=3600)?.into(),
            refresh_grace: Duration::from_secs(self.number(&setting::REFRESH_GRACE, 0..=300)?.into()),
            registration_patience: Duration::from_secs(3),
            replay_pause: Duration::from_secs(30),
            invocation,
            test_overrides: Vec::new(),
            declared,
        })
    }

    /// The redirect URI, and how this program is reached from elsewhere.
    fn addresses(&self) -> Result<(Url, Option<PublicAddress>), ConfigError> {
        let listen = self.parsed(&setting::LISTEN, value::listen)?;
        let Some(url) = self.optional(&setting::PUBLIC_URL, value::public_url)? else {
            let redirect_uri = self.required(&setting::REDIRECT_URI, value::redirect_uri)?;
            return match listen {
                Some(listen) if listen.origin != Origin::Default => Err(alone(&listen.origin, &setting::PUBLIC_URL)),
                _ => Ok((redirect_uri, None)),
            };
        };
        let given =
            self.parsed(&setting::REDIRECT_URI, |text| value::redirect_uri_below(text, &url))?.filter(|found| found.origin != Origin::Default);
        let listen = self.required(&setting::LISTEN, value::listen)?;
        let redirect_uri = match given {
            Some(found) => found.value,
            None => value::redirect_uri_behind(&url, listen, self.required(&setting::REDIRECT_URI, value::redirect_uri)?),
        };
        Ok((redirect_uri, Some(PublicAddress { url, listen })))
    }

    /// The formats asked for, and what GitHub Actions reads if that is where we are.
    fn formats(&self) -> Result<Vec<Format>, ConfigError> {
        let mut formats = self.list(&setting::FORMAT, value::choice)?;
        if self.variable(GITHUB_ACTIONS).is_some_and(|value| value == "true") && !formats.contains(&Format::Github) {
            formats.push(Format::Github);
        }
        Ok(formats)
    }

    pub(super) fn network(&self) -> Result<Network, ConfigError> {
        Ok(Network { tls: self.tls()?, timeout: self.seconds(&setting::TIMEOUT)? })
    }

    /// Settles who some tests are.
    pub(super) fn test_override(&self, glob: Glob) -> Result<TestOverride, ConfigError> {
        Ok(TestOverride {
            glob,
            clients: self.clients()?,
            initial_access_token: self.initial_access_token()?,
            user: self.user()?,
            seller_id: self.optional(&setting::SELLER_ID, value::uri)?,
        })
    }

    /// What the issuer is declared able and unable to do. The layers complete each other; what two speak of, the stronger decides.
    fn declared(&self) -> Result<BTreeMap<Capability, bool>, ConfigError> {
        let mut declared = BTreeMap::new();
        for found in self.every(&setting::FEATURE) {
            let Value::List(items) = found.value else { continue };
            for item in items {
                let (capability, able) = value::declaration(item).map_err(|problem| problem.at(&found.origin))?;
                declared.entry(capability).or_insert(able);
            }
        }
        Ok(declared)
    }

    fn endpoints(&self) -> Result<BTreeMap<&'static str, Url>, ConfigError> {
        let given = setting::ENDPOINTS.iter().map(|(member, setting)| Ok(self.optional(setting, value::endpoint)?.map(|url| (*member, url))));
        given.filter_map(Result::transpose).collect()
    }

    fn clients(&self) -> Result<ConfiguredClients, ConfigError> {
        let first = self.client(&FIRST_CLIENT)?;
        let second = self.client(&SECOND_CLIENT)?;
        let public = self.optional(&setting::PUBLIC_CLIENT_ID, value::text)?;
        let public = public.map(|id| ConfiguredClient { id, secret: None, auth_method: Some(AuthMethod::None), certificate: None, key: None });
        let is = |client: &Option<ConfiguredClient>, id: &str| client.as_ref().is_some_and(|client| client.id == id);
        for setting in [&setting::SECOND_CLIENT_ID, &setting::PUBLIC_CLIENT_ID] {
            let Some(id) = self.parsed(setting, value::text)? else { continue };
            if is(&first, &id.value) || (setting.flag == setting::PUBLIC_CLIENT_ID.flag && is(&second, &id.value)) {
                return Err(ConfigError::value(&id.origin, "it is the same client as another setting names", "name another client, or leave it out"));
            }
        }
        Ok(ConfiguredClients { first, second, public, post_logout_redirect: self.required(&setting::POST_LOGOUT_REDIRECT, value::switch)? })
    }

    fn client(&self, of: &OfClient) -> Result<Option<ConfiguredClient>, ConfigError> {
        let id = self.optional(of.id, value::text)?;
        let secret = self.secret(of.secret, of.secret_file)?;
        let method = self.parsed(of.auth_method, value::choice::<AuthMethod>)?;
        let certificate = self.client_certificate(of)?;
        let key = self.client_key(of)?;
        let Some(id) = id else {
            let lonely = secret.map(|secret| secret.origin).or(method.map(|method| method.origin));
            let lonely = lonely.or(certificate.map(|(_, origin)| origin)).or(key.map(|(_, origin)| origin));
            return lonely.map_or(Ok(None), |origin| Err(alone(&origin, of.id)));
        };
        let mut auth_method = None;
        let mut kept = secret;
        if let Some(method) = method {
            auth_method = Some(method.value);
            match (method.value, &kept) {
                (AuthMethod::None, Some(secret)) if secret.rank <= method.rank => {
                    let hint = "leave out the secret for a public client, or choose client_secret_basic or client_secret_post";
                    return Err(ConfigError::conflict(&method.origin, &secret.origin, hint));
                }
                // Said further down, where it belonged to another method.
                (AuthMethod::None, _) => kept = None,
                (AuthMethod::PrivateKeyJwt, _) if key.is_none() => return Err(alone(&method.origin, of.key_file)),
                (own, _) if own.is_mutual_tls() && certificate.is_none() => return Err(alone(&method.origin, of.certificate_file)),
                (own, None) if own == AuthMethod::PrivateKeyJwt || own.is_mutual_tls() => {}
                (_, None) => return Err(alone(&method.origin, of.secret)),
                _ => {}
            }
        }
        let certificate = certificate.map(|(certificate, _)| certificate);
        Ok(Some(ConfiguredClient { id, secret: kept.map(|secret| secret.value), auth_method, certificate, key: key.map(|(key, _)| key) }))
    }

    /// The private key of a client, and where it was named.
    fn client_key(&self, of: &OfClient) -> Result<Option<(Arc<ClientKey>, Origin)>, ConfigError> {
        let file = self.parsed(of.key_file, value::text)?;
        let (kid, alg) =
            (self.parsed(of.key_id, value::text)?, self.parsed(of.key_alg, |text| value::one_of(text, &ALGORITHMS.map(|(name, _)| name)))?);
        let Some(file) = file else {
            let lonely = kid.map(|kid| kid.origin).or(alg.map(|alg| alg.origin));
            return lonely.map_or(Ok(None), |origin| Err(alone(&origin, of.key_file)));
        };
        let hint = "name a file with the private key of the client, in PEM without encryption or as a JWK";
        let text = contents(&file.origin, Path::new(&file.value), hint)?;
        let (kid, wanted) = (kid.as_ref().map(|kid| kid.value.as_str()), alg.as_ref().map(|alg| alg.value.as_str()));
        match ClientKey::read(text.into(), kid, wanted) {
            Ok(key) => Ok(Some((Arc::new(key), file.origin))),
            Err(why @ (ClientKeyError::Algorithm(_) | ClientKeyError::Unknown(_))) => {
                let origin = alg.map_or(file.origin, |alg| alg.origin);
                Err(ConfigError::value(
                    &origin,
                    why.to_string(),
                    format!("give the algorithm that the client is registered with and that fits its key, by {}", of.key_alg),
                ))
            }
            Err(why) => Err(ConfigError::value(&file.origin, format!("{:?}: {why}", file.value), hint)),
        }
    }

    /// The certificate of a client with its key, and where it was named.
    fn client_certificate(&self, of: &OfClient) -> Result<Option<(SharedCertificate, Origin)>, ConfigError> {
        let certificate = self.parsed(of.certificate_file, value::text)?;
        let key = self.parsed(of.certificate_key_file, value::text)?;
        let (certificate, key) = match (certificate, key) {
            (None, None) => return Ok(None),
            (Some(certificate), None) => return Err(alone(&certificate.origin, of.certificate_key_file)),
            (None, Some(key)) => return Err(alone(&key.origin, of.certificate_file)),
            (Some(certificate), Some(key)) => (certificate, key),
        };
        let certificate_hint = "name a PEM file with the certificate of the client, and those between it and an authority after it";
        let key_hint = "name a PEM file with the private key of the client's certificate, without encryption";
        let chain = contents(&certificate.origin, Path::new(&certificate.value), certificate_hint)?;
        let secret = contents(&key.origin, Path::new(&key.value), key_hint)?;
        match ClientCertificate::from_pem(&chain, secret.into()) {
            Ok(read) => Ok(Some((Arc::new(read), certificate.origin))),
            Err(why @ ClientCertificateError::NoKey) => Err(ConfigError::value(&key.origin, format!("{:?}: {why}", key.value), key_hint)),
            Err(why) => Err(ConfigError::value(&certificate.origin, format!("{:?}: {why}", certificate.value), certificate_hint)),
        }
    }

    fn user(&self) -> Result<Option<User>, ConfigError> {
        let username = self.parsed(&setting::USERNAME, value::text)?;
        let password = self.secret(&setting::PASSWORD, &setting::PASSWORD_FILE)?;
        match (username, password) {
            (Some(username), Some(password)) => Ok(Some(User { username: username.value, password: password.value })),
            (Some(username), None) => Err(alone(&username.origin, &setting::PASSWORD)),
            (None, Some(password)) => Err(alone(&password.origin, &setting::USERNAME)),
            (None, None) => Ok(None),
        }
    }

    fn initial_access_token(&self) -> Result<Option<SecretString>, ConfigError> {
        let Some(token) = self.secret(&setting::INITIAL_ACCESS_TOKEN, &setting::INITIAL_ACCESS_TOKEN_FILE)? else { return Ok(None) };
        if token.value.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Some(token.value));
        }
        let problem = "the token holds a character that cannot be sent in a header (RFC 6750 section 2.1)";
        Err(ConfigError::value(&token.origin, problem, "give the token alone, without «Bearer» and without blanks"))
    }

    fn tls(&self) -> Result<Tls, ConfigError> {
        let insecure = self.parsed(&setting::INSECURE, value::switch)?.filter(|found| found.value);
        let ca_file = self.parsed(&setting::CA_FILE, value::text)?;
        match stronger(insecure, ca_file, "leave one out: certificates are either not verified, or verified by the file")? {
            (Some(_), _) => Ok(Tls::Insecure),
            (None, Some(ca_file)) => {
                let hint = "name a PEM file with the certificate authorities to trust";
                let pem = contents(&ca_file.origin, Path::new(&ca_file.value), hint)?;
                if !pem.contains("-----BEGIN CERTIFICATE-----") {
                    let problem = format!("{:?} holds no certificate in PEM", ca_file.value);
                    return Err(ConfigError::value(&ca_file.origin, problem, hint));
                }
                Ok(Tls::CaFile(ca_file.value.into()))
            }
            (None, None) => Ok(Tls::System),
        }
    }

    pub(super) fn loudness(&self) -> Result<Loudness, ConfigError> {
        let verbose = self.parsed(&setting::VERBOSE, value::switch)?.filter(|found| found.value);
        let quiet = self.parsed(&setting::QUIET, value::switch)?.filter(|found| found.value);
        Ok(match stronger(verbose, quiet, "leave one out")? {
            (Some(_), _) => Loudness::Verbose,
            (None, Some(_)) => Loudness::Quiet,
            (None, None) => Loudness::Normal,
        })
    }

    fn agent(&self) -> Result<AgentConfig, ConfigError> {
        let kind = self.parsed(&setting::AGENT, value::choice::<AgentKind>)?;
        let mut webdriver_url = self.parsed(&setting::WEBDRIVER_URL, value::webdriver)?;
        let mut headed = self.parsed(&setting::HEADED, value::switch)?.filter(|found| found.value);
        if let Some(http) = kind.as_ref().filter(|kind| kind.value == AgentKind::Http) {
            let browser = webdriver_url.as_ref().map(|f| (f.rank, &f.origin)).into_iter().chain(headed.as_ref().map(|f| (f.rank, &f.origin)));
            if let Some((_, origin)) = browser.into_iter().find(|(rank, _)| *rank <= http.rank) {
                let hint = "leave one out: the http agent has no browser";
                return Err(ConfigError::conflict(&http.origin, origin, hint));
            }
            (webdriver_url, headed) = (None, None);
        }
        Ok(AgentConfig {
            kind: kind.map(|kind| kind.value).unwrap_or_default(),
            webdriver_url: webdriver_url.map(|found| found.value),
            headed: headed.is_some(),
            deadline: self.seconds(&setting::LOGIN_TIMEOUT)?,
        })
    }
}

/// A setting that means nothing without another.
pub(super) fn alone(origin: &Origin, other: &Setting) -> ConfigError {
    ConfigError::Setting { says: format!("{origin} needs {}", other.what), hint: format!("give {other}") }
}
