//! The steps a story can be made of: what each needs before it and what it leaves behind it.

use serde::Deserialize;

/// One move in a story. In a feature document it is an object with one member: `{ "client-credentials": { "scope": "…" } }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Fetches the provider metadata (OpenID Connect Discovery 4).
    Discover {},
    /// Fetches the key set (`jwks_uri`).
    FetchKeySet {},
    /// Takes the configured client; registers one where none is configured.
    UseClient {},
    /// Registers a client dynamically (RFC 7591).
    Register {},
    /// Obtains a token by the client credentials grant (RFC 6749 4.4).
    ClientCredentials {
        /// The scope, space-separated.
        scope: String,
    },
    /// Asks the orders feed with the client's token and without any.
    AccessOrdersFeed {},
    /// Sends the end-user to the authorization endpoint and waits for the callback (RFC 6749 4.1.1, OpenID Connect Core 3.1.2).
    Authorize {
        /// The scope, space-separated. With `offline_access` the request also says `prompt=consent` (OpenID Connect Core 11).
        scope: String,
        /// `max_age`, in seconds (OpenID Connect Core 3.1.2.1).
        #[serde(default, rename = "max-age")]
        max_age: Option<u64>,
        /// Tells two authorizations of one story apart in the report.
        #[serde(default)]
        attempt: Option<String>,
        /// The browser session it happens in.
        #[serde(default)]
        browser: BrowserSession,
        /// What is known about the end-user's consent.
        #[serde(default)]
        consent: ConsentDue,
    },
    /// Exchanges the code for tokens (RFC 6749 4.1.3).
    ExchangeCode {},
    /// Asks the userinfo endpoint, where one is published (OpenID Connect Core 5.3).
    FetchUserinfo {},
    /// Introspects the access token, where an endpoint is published (RFC 7662).
    Introspect {},
    /// Refreshes the tokens (RFC 6749 6), where a refresh token was issued.
    Refresh {},
    /// Revokes the refresh token, where an endpoint is published (RFC 7009), and tries it once more.
    Revoke {},
    /// Fetches the dataset site and looks for the authentication authority in its JSON-LD.
    FetchDatasetSite {},
}

/// The browser session an authorization happens in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrowserSession {
    /// That of the test: the first authorization opens it, later ones find its cookies.
    #[default]
    Kept,
    /// A new one without any cookies.
    Fresh,
}

/// What is known about the end-user's consent before an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentDue {
    /// Nothing.
    #[default]
    Unknown,
    /// The same user has authorized the same client for the same scope earlier in this test.
    AlreadyGiven,
}

/// What a step leaves behind for later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fact {
    /// The provider metadata.
    Metadata,
    /// The published keys.
    KeySet,
    /// A client with its credentials.
    Client,
    /// An access token of the client's own.
    ClientToken,
    /// An authorization code with what is needed to exchange it.
    Code,
    /// The tokens of a login.
    UserTokens,
}

/// A setting without which a story cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Somebody to log in as.
    User,
    /// The dataset site's address.
    DatasetSite,
}

impl Step {
    /// The facts that must be there before the step.
    pub fn needs(&self) -> &'static [Fact] {
        match self {
            Self::Discover {} => &[],
            Self::FetchKeySet {} | Self::UseClient {} | Self::Register {} | Self::FetchDatasetSite {} => &[Fact::Metadata],
            Self::ClientCredentials { .. } => &[Fact::Metadata, Fact::KeySet, Fact::Client],
            Self::AccessOrdersFeed {} => &[Fact::ClientToken],
            Self::Authorize { .. } => &[Fact::Metadata, Fact::Client],
            Self::ExchangeCode {} => &[Fact::Metadata, Fact::KeySet, Fact::Client, Fact::Code],
            Self::FetchUserinfo {} | Self::Introspect {} | Self::Revoke {} => &[Fact::Metadata, Fact::Client, Fact::UserTokens],
            Self::Refresh {} => &[Fact::Metadata, Fact::KeySet, Fact::Client, Fact::UserTokens],
        }
    }

    /// The facts the step leaves behind.
    pub fn gives(&self) -> &'static [Fact] {
        match self {
            Self::Discover {} => &[Fact::Metadata],
            Self::FetchKeySet {} => &[Fact::KeySet],
            Self::UseClient {} | Self::Register {} => &[Fact::Client],
            Self::ClientCredentials { .. } => &[Fact::ClientToken],
            Self::Authorize { .. } => &[Fact::Code],
            Self::ExchangeCode {} => &[Fact::UserTokens],
            Self::AccessOrdersFeed {}
            | Self::FetchUserinfo {}
            | Self::Introspect {}
            | Self::Refresh {}
            | Self::Revoke {}
            | Self::FetchDatasetSite {} => &[],
        }
    }

    /// The settings the step cannot do without.
    pub fn settings(&self) -> &'static [Need] {
        match self {
            Self::Authorize { .. } => &[Need::User],
            Self::FetchDatasetSite {} => &[Need::DatasetSite],
            _ => &[],
        }
    }

    /// The scope the step asks for, if it asks for one.
    pub fn scope(&self) -> Option<&str> {
        match self {
            Self::ClientCredentials { scope } | Self::Authorize { scope, .. } => Some(scope),
            _ => None,
        }
    }

    /// The heading of the step in a report.
    pub fn name(&self) -> String {
        let name = match self {
            Self::Discover {} => "Discovery",
            Self::FetchKeySet {} => "Key Set",
            Self::UseClient {} => "Credentials",
            Self::Register {} => "Dynamic Client Registration",
            Self::ClientCredentials { .. } => "Client Credentials Flow",
            Self::AccessOrdersFeed {} => "Orders Feed",
            Self::Authorize { attempt, .. } => {
                return attempt.as_ref().map_or_else(|| "Authorization".to_owned(), |attempt| format!("Authorization ({attempt})"));
            }
            Self::ExchangeCode {} => "Authorization Code Flow",
            Self::FetchUserinfo {} => "UserInfo",
            Self::Introspect {} => "Introspection",
            Self::Refresh {} => "Refresh",
            Self::Revoke {} => "Revocation",
            Self::FetchDatasetSite {} => "Dataset Site",
        };
        name.to_owned()
    }
}
