//! The steps a story can be made of: what each needs before it and what it leaves behind it.

use serde::Deserialize;

use super::authorize::Authorize;

/// One move in a story. In a feature document it is an object with one member: `{ "client-credentials": { "scope": "…" } }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Fetches the provider metadata (OpenID Connect Discovery 4).
    Discover {},
    /// Fetches the key set (`jwks_uri`).
    FetchKeySet {},
    /// Takes the configured client; registers one where none is configured.
    UseClient {
        /// `grant_types` of a client that is registered; without any, every grant the suite uses. Those the issuer does not advertise are left out.
        #[serde(default, rename = "grant-types")]
        grant_types: Vec<String>,
    },
    /// Registers a client dynamically (RFC 7591).
    Register(ClientWish),
    /// Obtains a token by the client credentials grant (RFC 6749 4.4).
    ClientCredentials {
        /// The scope, space-separated.
        scope: String,
    },
    /// Asks the orders feed with the client's token and without any.
    AccessOrdersFeed {},
    /// Sends the end-user to the authorization endpoint and waits for the callback (RFC 6749 4.1.1, OpenID Connect Core 3.1.2).
    Authorize(Box<Authorize>),
    /// Exchanges the code for tokens (RFC 6749 4.1.3).
    ExchangeCode {},
    /// Asks the userinfo endpoint, where one is published (OpenID Connect Core 5.3).
    FetchUserinfo {
        /// Whether the claims are held against the scope and the `claims` parameter of the login.
        #[serde(default, rename = "judge-claims")]
        judge_claims: bool,
    },
    /// Asks the userinfo endpoint in every way the specifications know, and in ways that must fail (RFC 6750 2).
    RequestUserinfoVariants {},
    /// Sends the token endpoint requests that it must refuse (RFC 6749 5.2).
    RefuseTokenRequests {},
    /// Introspects the access token, where an endpoint is published (RFC 7662).
    Introspect {},
    /// Refreshes the tokens (RFC 6749 6), where a refresh token was issued.
    Refresh {},
    /// Revokes the refresh token, where an endpoint is published (RFC 7009), and tries it once more.
    Revoke {},
    /// Asks the token endpoint for grants that the client is not to get (RFC 6749 4.4 and 5.2, RFC 9700 2.4).
    TryGrants {},
    /// Fetches the dataset site and looks for the authentication authority in its JSON-LD.
    FetchDatasetSite {},
}

/// What client a story wants to have registered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClientWish {
    /// `token_endpoint_auth_method`; the step is left out where the issuer does not advertise it.
    pub auth_method: Option<ClientAuth>,
    /// `grant_types`; without any, every grant the suite uses. Those the issuer does not advertise are left out.
    #[serde(default)]
    pub grant_types: Vec<String>,
    /// Left out where the issuer offers no registration, or wants a token for it that is not configured.
    #[serde(default)]
    pub optional: bool,
    /// Whether it registers a key that it signs its request objects with.
    #[serde(default)]
    pub request_object_key: bool,
    /// Whether it registers a logo, a policy and terms of service.
    #[serde(default)]
    pub links: bool,
    /// `scope`, space-separated; without it everything the story asks for.
    pub scope: Option<String>,
}

/// How a client that is registered authenticates at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic.
    ClientSecretBasic,
    /// Credentials in the form body.
    ClientSecretPost,
    /// Not at all: a public client.
    None,
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

impl Fact {
    /// What it is, for a reader.
    pub fn words(self) -> &'static str {
        match self {
            Self::Metadata => "provider metadata",
            Self::KeySet => "key set",
            Self::Client => "client",
            Self::ClientToken => "access token of the client's own",
            Self::Code => "authorization code",
            Self::UserTokens => "token of a login",
        }
    }
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
            Self::FetchKeySet {} | Self::UseClient { .. } | Self::Register(_) | Self::FetchDatasetSite {} => &[Fact::Metadata],
            Self::ClientCredentials { .. } => &[Fact::Metadata, Fact::KeySet, Fact::Client],
            Self::AccessOrdersFeed {} => &[Fact::ClientToken],
            Self::Authorize(authorize) => authorize.needs(),
            Self::RefuseTokenRequests {} | Self::TryGrants {} => &[Fact::Metadata, Fact::Client],
            Self::ExchangeCode {} => &[Fact::Metadata, Fact::KeySet, Fact::Client, Fact::Code],
            Self::FetchUserinfo { .. } | Self::RequestUserinfoVariants {} | Self::Introspect {} | Self::Revoke {} => {
                &[Fact::Metadata, Fact::Client, Fact::UserTokens]
            }
            Self::Refresh {} => &[Fact::Metadata, Fact::KeySet, Fact::Client, Fact::UserTokens],
        }
    }

    /// The facts the step leaves behind.
    pub fn gives(&self) -> &'static [Fact] {
        match self {
            Self::Discover {} => &[Fact::Metadata],
            Self::FetchKeySet {} => &[Fact::KeySet],
            Self::UseClient { .. } | Self::Register(_) => &[Fact::Client],
            Self::ClientCredentials { .. } => &[Fact::ClientToken],
            Self::Authorize(authorize) => authorize.gives(),
            Self::ExchangeCode {} => &[Fact::UserTokens],
            Self::AccessOrdersFeed {}
            | Self::FetchUserinfo { .. }
            | Self::RequestUserinfoVariants {}
            | Self::RefuseTokenRequests {}
            | Self::TryGrants {}
            | Self::Introspect {}
            | Self::Refresh {}
            | Self::Revoke {}
            | Self::FetchDatasetSite {} => &[],
        }
    }

    /// The settings the step cannot do without.
    pub fn settings(&self) -> &'static [Need] {
        match self {
            Self::Authorize(_) => &[Need::User],
            Self::FetchDatasetSite {} => &[Need::DatasetSite],
            _ => &[],
        }
    }

    /// The scope the step asks for, if it asks for one.
    pub fn scope(&self) -> Option<&str> {
        match self {
            Self::ClientCredentials { scope } => Some(scope),
            Self::Authorize(authorize) => Some(&authorize.scope),
            _ => None,
        }
    }

    /// The heading of the step in a report.
    pub fn name(&self) -> String {
        let name = match self {
            Self::Discover {} => "Discovery",
            Self::FetchKeySet {} => "Key Set",
            Self::UseClient { .. } => "Credentials",
            Self::Register(_) => "Dynamic Client Registration",
            Self::ClientCredentials { .. } => "Client Credentials Flow",
            Self::AccessOrdersFeed {} => "Orders Feed",
            Self::Authorize(authorize) => {
                return authorize.attempt.as_ref().map_or_else(|| "Authorization".to_owned(), |attempt| format!("Authorization ({attempt})"));
            }
            Self::ExchangeCode {} => "Authorization Code Flow",
            Self::FetchUserinfo { .. } => "UserInfo",
            Self::RequestUserinfoVariants {} => "UserInfo Requests",
            Self::RefuseTokenRequests {} => "Token Refusals",
            Self::Introspect {} => "Introspection",
            Self::Refresh {} => "Refresh",
            Self::Revoke {} => "Revocation",
            Self::TryGrants {} => "Grants",
            Self::FetchDatasetSite {} => "Dataset Site",
        };
        name.to_owned()
    }
}
