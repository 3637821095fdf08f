//! The steps a story can be made of: what each needs before it and what it leaves behind it.

use serde::Deserialize;

use super::authorize::Authorize;
use super::logout::LogOut;
use crate::observed::capability::Capability;
use crate::rule::attack::Attack;

/// One move in a story. In a feature document it is an object with one member: `{ "client-credentials": { "scope": "…" } }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Step {
    /// Fetches the provider metadata (OpenID Connect Discovery 4).
    Discover {},
    /// Fetches the metadata of an authorization server, `OpenID` Connect or not (RFC 8414 3).
    DiscoverServer {},
    /// Fetches the metadata of either kind: the provider's or, where there is none, the authorization server's.
    FindMetadata {},
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
    /// Asks for clients that no issuer may register (RFC 7591 3.2.2).
    RefuseRegistrations {},
    /// Registers without an initial access token and with a wrong one (RFC 7591 3).
    TryRegistrationTokens {},
    /// Registers clients with a `sector_identifier_uri` whose document lists their redirect URI and does not (OpenID Connect Registration 5).
    TrySectorIdentifiers {},
    /// Reads the client's configuration with its own token and with tokens that must be refused (RFC 7592 2.1).
    ReadClient {},
    /// Deletes the client and tries its credentials once more (RFC 7592 2.3).
    DeleteClient {},
    /// Authenticates at the token endpoint by signed assertions (RFC 7523 2.2), with each audience the specifications know.
    TryClientAssertions {},
    /// Obtains a token by the client credentials grant (RFC 6749 4.4).
    ClientCredentials {
        /// The scope, space-separated; empty for that of the settings, if they have one.
        #[serde(default)]
        scope: String,
        /// Whether only that part of the scope is asked for which the registration response says the client has.
        #[serde(default, rename = "as-registered")]
        as_registered: bool,
        /// Whether the configured audience is asked for.
        #[serde(default)]
        audience: bool,
    },
    /// The same by a request in JSON, which some issuers take beside the form of the RFC.
    RequestTokenByJson {
        /// Whether the configured audience is asked for.
        #[serde(default)]
        audience: bool,
    },
    /// Refreshes the client's own token, where a refresh token came with it.
    RefreshClientToken {
        /// In which form.
        by: Body,
    },
    /// Introspects the client's own token, which the issuer need not have stored, where an endpoint is published (RFC 7662).
    IntrospectClientToken {},
    /// Asks the configured resource with the client's token, without any, and with one that nobody issued (RFC 6750).
    AccessResource {},
    /// Closes the session of the client's token, and looks whether it is dead.
    CloseSession {},
    /// Asks the orders feed with the client's token and without any.
    AccessOrdersFeed {},
    /// Sends the end-user to the authorization endpoint and waits for the callback (RFC 6749 4.1.1, OpenID Connect Core 3.1.2).
    Authorize(Box<Authorize>),
    /// Sends authorization requests whose redirect URI or client is wrong, which nobody may be redirected for (RFC 6749 4.1.2.1).
    RefuseRedirects {},
    /// Sends authorization requests that are wrong though client and redirect URI are in order (RFC 6749 4.1.2.1).
    RefuseAuthorizationRequests {},
    /// Asks for a redirect to another port of loopback, which a native application may do (RFC 8252 7.3).
    UseLoopbackPorts {},
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
    /// Tries to exchange the code in a wrong way (RFC 6749 4.1.3, RFC 7636 4.6).
    AttackCode {
        /// In which.
        with: Attack,
    },
    /// Tries to exchange a good code as a client that does not authenticate as it must (RFC 6749 4.1.3).
    AttackClientAuthentication {},
    /// Exchanges the code of the login once more, and looks what became of its tokens (RFC 6749 4.1.2).
    ReplayCode {},
    /// Exchanges the code twice at the same moment (RFC 6749 4.1.2).
    RaceCode {},
    /// Tries the refresh token of the login in ways that must fail (RFC 6749 6, RFC 9700 4.14).
    AttackRefresh {
        /// A scope that the login did not ask for.
        wider: String,
    },
    /// Tries the refresh token of the login as another client, the last that was registered (RFC 6749 6).
    AttackRefreshAsAnother {},
    /// Asks userinfo with what is no access token (RFC 6750).
    AttackUserinfo {},
    /// Introspects without the right to, and a token that does not exist (RFC 7662 2).
    AttackIntrospection {},
    /// Revokes the access token, and looks whether it is dead (RFC 7009 2.1).
    RevokeAccessToken {},
    /// Revokes the refresh token with a wrong secret and under a wrong hint (RFC 7009 2.1).
    AttackRevocation {},
    /// Revokes the refresh token as another client, the last that was registered (RFC 7009 2.1).
    RevokeAsAnother {},
    /// Introspects the access token, where an endpoint is published (RFC 7662).
    Introspect {},
    /// Refreshes the tokens (RFC 6749 6), where a refresh token was issued.
    Refresh {},
    /// Revokes the refresh token, where an endpoint is published (RFC 7009), and tries it once more.
    Revoke {},
    /// Asks the token endpoint for grants that the client is not to get (RFC 6749 4.4 and 5.2, RFC 9700 2.4).
    TryGrants {},
    /// Logs in with a wrong password, once.
    TryWrongPassword {},
    /// Sends the login form from another browser than the one it was shown in (RFC 6749 10.12).
    SendFormElsewhere {},
    /// Refuses on the consent page (RFC 6749 4.1.2.1).
    DenyConsent {},
    /// Logs the end-user out at the issuer, where an endpoint is published (OpenID Connect RP-Initiated Logout 1.0).
    LogOut(LogOut),
    /// Fetches the dataset site and looks for the authentication authority in its JSON-LD.
    FetchDatasetSite {},
    /// Holds what `[features]` of the configuration declares against the provider metadata.
    CheckCapability {
        /// What is declared.
        capability: Capability,
    },
    /// Asks for tokens by a grant that `[features]` of the configuration declares absent (RFC 6749 5.2).
    RefuseGrant {
        /// The grant.
        capability: Capability,
    },
}

/// What client a story wants to have registered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a wish of its own that a document sets or leaves out")]
pub struct ClientWish {
    /// `token_endpoint_auth_method`; the step is left out where the issuer does not advertise it.
    pub auth_method: Option<ClientAuth>,
    /// `grant_types`; without any, every grant the suite uses. Those the issuer does not advertise are left out.
    #[serde(default)]
    pub grant_types: Vec<String>,
    /// Whether it registers where the end-user comes back after a logout; left out where there is no `end_session_endpoint`.
    #[serde(default)]
    pub post_logout: bool,
    /// Left out where the issuer offers no registration, or wants a token for it that is not configured.
    #[serde(default)]
    pub optional: bool,
    /// How a client that authenticates by `private_key_jwt` makes its key known.
    #[serde(default)]
    pub keys: KeysBy,
    /// `userinfo_signed_response_alg`; the step is left out where the issuer does not advertise it.
    pub userinfo_alg: Option<String>,
    /// Whether its redirect URI has a query beyond that of the run's.
    #[serde(default)]
    pub redirect_query: bool,
    /// Whether it registers a key that it signs its request objects with.
    #[serde(default)]
    pub request_object_key: bool,
    /// Whether it registers a logo, a policy and terms of service.
    #[serde(default)]
    pub links: bool,
    /// `scope`, space-separated; without it everything the story asks for.
    pub scope: Option<String>,
    /// `redirect_uris`.
    #[serde(default)]
    pub redirect_uris: RedirectUris,
    /// `contacts`.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// `client_uri`.
    pub client_uri: Option<String>,
}

/// The form of a token request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// As the RFC has it.
    Form,
    /// JSON.
    Json,
}

/// How a client that authenticates by `private_key_jwt` makes its key known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeysBy {
    /// `jwks`: in the registration request.
    #[default]
    Value,
    /// `jwks_uri`: published beside the redirect URI, for the issuer to fetch.
    Reference,
}

/// The redirect URIs of a client that is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedirectUris {
    /// The one that is listened on.
    #[default]
    Own,
    /// That and another beside it, so that a request has to say which.
    Two,
    /// One on loopback without a port, of a native application (`application_type`). Left out where the issuer does not register that.
    NativeLoopback,
}

/// How a client that is registered authenticates at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic.
    ClientSecretBasic,
    /// Credentials in the form body.
    ClientSecretPost,
    /// An assertion signed with a key of its own.
    PrivateKeyJwt,
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
    /// An audience to ask for.
    Audience,
}

impl Step {
    /// The facts that must be there before the step.
    pub fn needs(&self) -> &'static [Fact] {
        match self {
            Self::Discover {} | Self::DiscoverServer {} | Self::FindMetadata {} => &[],
            Self::FetchKeySet {}
            | Self::UseClient { .. }
            | Self::Register(_)
            | Self::RefuseRegistrations {}
            | Self::TryRegistrationTokens {}
            | Self::TrySectorIdentifiers {}
            | Self::CheckCapability { .. }
            | Self::FetchDatasetSite {} => &[Fact::Metadata],
            Self::ClientCredentials { .. } | Self::RequestTokenByJson { .. } => &[Fact::Metadata, Fact::KeySet, Fact::Client],
            Self::RefreshClientToken { .. } => &[Fact::Metadata, Fact::KeySet, Fact::Client, Fact::ClientToken],
            Self::IntrospectClientToken {} => &[Fact::Metadata, Fact::Client, Fact::ClientToken],
            Self::AccessOrdersFeed {} | Self::AccessResource {} | Self::CloseSession {} => &[Fact::ClientToken],
            Self::Authorize(authorize) => authorize.needs(),
            Self::ReadClient {}
            | Self::DeleteClient {}
            | Self::TryClientAssertions {}
            | Self::RefuseTokenRequests {}
            | Self::TryGrants {}
            | Self::TryWrongPassword {}
            | Self::SendFormElsewhere {}
            | Self::RefuseRedirects {}
            | Self::RefuseAuthorizationRequests {}
            | Self::UseLoopbackPorts {}
            | Self::RefuseGrant { .. }
            | Self::DenyConsent {} => &[Fact::Metadata, Fact::Client],
            Self::AttackCode { .. } => &[Fact::Metadata, Fact::Client, Fact::Code],
            Self::AttackClientAuthentication {} | Self::RaceCode {} | Self::ExchangeCode {} => {
                &[Fact::Metadata, Fact::KeySet, Fact::Client, Fact::Code]
            }
            Self::FetchUserinfo { .. }
            | Self::RequestUserinfoVariants {}
            | Self::ReplayCode {}
            | Self::AttackRefresh { .. }
            | Self::AttackRefreshAsAnother {}
            | Self::AttackUserinfo {}
            | Self::AttackIntrospection {}
            | Self::RevokeAccessToken {}
            | Self::AttackRevocation {}
            | Self::RevokeAsAnother {}
            | Self::Introspect {}
            | Self::LogOut(_)
            | Self::Revoke {} => &[Fact::Metadata, Fact::Client, Fact::UserTokens],
            Self::Refresh {} => &[Fact::Metadata, Fact::KeySet, Fact::Client, Fact::UserTokens],
        }
    }

    /// The facts the step leaves behind.
    pub fn gives(&self) -> &'static [Fact] {
        match self {
            Self::Discover {} | Self::DiscoverServer {} | Self::FindMetadata {} => &[Fact::Metadata],
            Self::FetchKeySet {} => &[Fact::KeySet],
            Self::UseClient { .. } | Self::Register(_) => &[Fact::Client],
            Self::ClientCredentials { .. } | Self::RequestTokenByJson { .. } => &[Fact::ClientToken],
            Self::Authorize(authorize) => authorize.gives(),
            Self::ExchangeCode {} => &[Fact::UserTokens],
            _ => &[],
        }
    }

    /// The settings the step cannot do without.
    pub fn settings(&self) -> &'static [Need] {
        match self {
            Self::Authorize(_)
            | Self::TryWrongPassword {}
            | Self::SendFormElsewhere {}
            | Self::DenyConsent {}
            | Self::LogOut(_)
            | Self::RefuseRedirects {}
            | Self::RefuseAuthorizationRequests {}
            | Self::UseLoopbackPorts {} => &[Need::User],
            Self::FetchDatasetSite {} => &[Need::DatasetSite],
            Self::ClientCredentials { audience: true, .. } | Self::RequestTokenByJson { audience: true } => &[Need::Audience],
            _ => &[],
        }
    }

    /// The scope the step asks for, if it asks for one.
    pub fn scope(&self) -> Option<&str> {
        let scope: Option<&str> = match self {
            Self::ClientCredentials { scope, .. } => Some(scope),
            Self::AttackRefresh { wider } => Some(wider),
            Self::Authorize(authorize) => Some(&authorize.scope),
            Self::TryWrongPassword {}
            | Self::SendFormElsewhere {}
            | Self::DenyConsent {}
            | Self::RefuseRedirects {}
            | Self::RefuseAuthorizationRequests {}
            | Self::UseLoopbackPorts {} => Some("openid"),
            _ => None,
        };
        scope.filter(|scope| !scope.is_empty())
    }

    /// The heading of the step in a report.
    pub fn name(&self) -> String {
        let name = match self {
            Self::Discover {} => "Discovery",
            Self::DiscoverServer {} => "Authorization Server Metadata",
            Self::FindMetadata {} => "Metadata",
            Self::FetchKeySet {} => "Key Set",
            Self::UseClient { .. } => "Credentials",
            Self::Register(_) => "Dynamic Client Registration",
            Self::RefuseRegistrations {} => "Registration Refusals",
            Self::TryRegistrationTokens {} => "Initial Access Tokens",
            Self::TrySectorIdentifiers {} => "Sector Identifiers",
            Self::ReadClient {} => "Client Configuration",
            Self::DeleteClient {} => "Client Deletion",
            Self::TryClientAssertions {} => "Client Assertions",
            Self::ClientCredentials { .. } => "Client Credentials Flow",
            Self::RequestTokenByJson { .. } => "Token Request as JSON",
            Self::RefreshClientToken { by: Body::Form } => "Refresh of the Client's Token",
            Self::RefreshClientToken { by: Body::Json } => "Refresh as JSON",
            Self::IntrospectClientToken {} => "Introspection of the Client's Token",
            Self::AccessResource {} => "Resource",
            Self::CloseSession {} => "Session Closed",
            Self::AccessOrdersFeed {} => "Orders Feed",
            Self::Authorize(authorize) => {
                return authorize.attempt.as_ref().map_or_else(|| "Authorization".to_owned(), |attempt| format!("Authorization ({attempt})"));
            }
            Self::RefuseRedirects {} => "Redirect URIs",
            Self::RefuseAuthorizationRequests {} => "Authorization Refusals",
            Self::UseLoopbackPorts {} => "Loopback Ports",
            Self::ExchangeCode {} => "Authorization Code Flow",
            Self::FetchUserinfo { .. } => "UserInfo",
            Self::RequestUserinfoVariants {} => "UserInfo Requests",
            Self::RefuseTokenRequests {} => "Token Refusals",
            Self::AttackCode { with } => return format!("Attack ({})", with.says()),
            Self::AttackClientAuthentication {} => "Attacks on Client Authentication",
            Self::ReplayCode {} => "Code Replay",
            Self::RaceCode {} => "Code Race",
            Self::AttackRefresh { .. } => "Attacks on Refresh",
            Self::AttackRefreshAsAnother {} => "Refresh as Another Client",
            Self::AttackUserinfo {} => "Attacks on UserInfo",
            Self::AttackIntrospection {} => "Attacks on Introspection",
            Self::RevokeAccessToken {} => "Revocation of the Access Token",
            Self::AttackRevocation {} => "Attacks on Revocation",
            Self::RevokeAsAnother {} => "Revocation by Another Client",
            Self::Introspect {} => "Introspection",
            Self::Refresh {} => "Refresh",
            Self::Revoke {} => "Revocation",
            Self::TryGrants {} => "Grants",
            Self::TryWrongPassword {} => "Wrong Password",
            Self::SendFormElsewhere {} => "Login Form of Another Browser",
            Self::DenyConsent {} => "Consent Refused",
            Self::LogOut(logout) => return logout.attempt.as_ref().map_or_else(|| "Logout".to_owned(), |attempt| format!("Logout ({attempt})")),
            Self::FetchDatasetSite {} => "Dataset Site",
            Self::CheckCapability { .. } => "Declared Feature",
            Self::RefuseGrant { .. } => "Grant Declared Absent",
        };
        name.to_owned()
    }
}
