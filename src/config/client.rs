//! Clients registered beforehand: the tables `[client]`, `[second-client]` and `[public-client]` of the file.

use std::sync::Arc;

use secrecy::SecretString;

use super::client_certificate::SharedCertificate;
use super::client_key::ClientKey;
use super::setting::{self, Setting};

/// A client registered beforehand.
#[derive(Debug, Clone)]
pub struct ConfiguredClient {
    /// The client identifier.
    pub id: String,
    /// The client secret; `None` for a public client.
    pub secret: Option<SecretString>,
    /// How it authenticates; `None` lets the provider metadata decide.
    pub auth_method: Option<AuthMethod>,
    /// The certificate that it shows on its connections (RFC 8705), if it has one.
    pub certificate: Option<SharedCertificate>,
    /// The key that it signs its assertions with, if it has one.
    pub key: Option<Arc<ClientKey>>,
}

/// Client authentication methods (OIDC Core section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum AuthMethod {
    /// HTTP Basic with form-encoded parts (RFC 6749 2.3.1).
    ClientSecretBasic,
    /// Credentials in the form body.
    ClientSecretPost,
    /// An assertion signed with a key of the client.
    PrivateKeyJwt,
    /// An assertion signed with the client's secret.
    ClientSecretJwt,
    /// A certificate of an authority that the issuer trusts (RFC 8705 2.1).
    TlsClientAuth,
    /// A certificate that the client registered (RFC 8705 2.2).
    SelfSignedTlsClientAuth,
    /// No authentication: a public client.
    None,
}

impl AuthMethod {
    /// True if the client sends its secret.
    pub fn sends_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }

    /// True if the client authenticates by the certificate of its connection (RFC 8705 2).
    pub fn is_mutual_tls(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }

    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }
}

impl ConfiguredClient {
    /// True for a client that does not authenticate.
    pub fn is_public(&self) -> bool {
        let is_by_certificate = self.certificate.is_some() && self.auth_method.is_none_or(AuthMethod::is_mutual_tls);
        (self.secret.is_none() && self.key.is_none() && !is_by_certificate) || self.auth_method == Some(AuthMethod::None)
    }
}

/// Every client registered beforehand.
#[derive(Debug, Clone, Default)]
pub struct ConfiguredClients {
    /// `[client]`: the one that tests use.
    pub first: Option<ConfiguredClient>,
    /// `[second-client]`: the one that attacks the first.
    pub second: Option<ConfiguredClient>,
    /// `[public-client]`: the one without a secret.
    pub public: Option<ConfiguredClient>,
    /// Whether the redirect URI is among the `post_logout_redirect_uris` of the first.
    pub post_logout_redirect: bool,
}

impl ConfiguredClients {
    /// The client of a table.
    pub fn get(&self, table: ClientTable) -> Option<&ConfiguredClient> {
        match table {
            ClientTable::First => self.first.as_ref(),
            ClientTable::Second => self.second.as_ref(),
            ClientTable::Public => self.public.as_ref(),
        }
    }

    /// Those that there are.
    pub fn all(&self) -> impl Iterator<Item = (ClientTable, &ConfiguredClient)> {
        ClientTable::ALL.into_iter().filter_map(|table| Some((table, self.get(table)?)))
    }
}

/// The table that a client registered beforehand is configured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientTable {
    /// `[client]`.
    First,
    /// `[second-client]`.
    Second,
    /// `[public-client]`.
    Public,
}

impl ClientTable {
    /// Every table, in the order in which a client is looked for.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Public];

    /// The setting that names its client.
    pub fn setting(self) -> &'static Setting {
        match self {
            Self::First => &setting::CLIENT_ID,
            Self::Second => &setting::SECOND_CLIENT_ID,
            Self::Public => &setting::PUBLIC_CLIENT_ID,
        }
    }

    /// What to set where there is no such client.
    pub fn how_to_name_it(self) -> &'static str {
        match self {
            Self::First => "name an existing client with --client-id and --client-secret ([client] in oa-authtest.toml)",
            Self::Second => "name a second client with --second-client-id and --second-client-secret ([second-client] in oa-authtest.toml)",
            Self::Public => "name a client without a secret with --public-client-id ([public-client] in oa-authtest.toml)",
        }
    }

    /// What to look at where the issuer does not take it.
    pub fn how_to_check_it(self) -> &'static str {
        match self {
            Self::First => "check --client-id, --client-secret and --client-auth-method",
            Self::Second => "check --second-client-id, --second-client-secret and --second-client-auth-method",
            Self::Public => "check --public-client-id",
        }
    }

    /// What it is called in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::First => "configured client",
            Self::Second => "configured second client",
            Self::Public => "configured public client",
        }
    }
}
