//! The parameters of a registration: a flat bag, each typed, all optional.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The client that a test registers (RFC 7591 2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a parameter of its own that a document sets or leaves out")]
pub struct Register {
    /// `token_endpoint_auth_method`; the step is left out where the issuer does not advertise it, and `none` only where it registers no such client.
    pub auth_method: Option<ClientAuth>,
    /// `grant_types`; without any, every grant the suite uses. Those the issuer does not advertise are left out.
    #[serde(default)]
    pub grant_types: Vec<String>,
    /// `response_types`, where they are not those that the grants need: with tokens in them it is a native application where the redirect URI is by plain http
    /// (OpenID Connect Registration 2). The step is left out where the issuer does not advertise one of them.
    #[serde(default)]
    pub response_types: Vec<String>,
    /// `default_max_age`, in seconds (OpenID Connect Registration 2).
    #[schemars(range(max = 31_536_000))]
    pub default_max_age: Option<u64>,
    /// Whether it registers `require_auth_time`: that its ID tokens say when the end-user logged in.
    #[serde(default)]
    pub require_auth_time: bool,
    /// Whether it registers where the end-user comes back after a logout; left out where there is no `end_session_endpoint`.
    #[serde(default)]
    pub post_logout: bool,
    /// Left out where the issuer offers no registration, or wants a token for it that is not configured.
    #[serde(default)]
    pub optional: bool,
    /// Whether a client of the settings may take its place where the issuer registers none: the test is not about registration.
    #[serde(default)]
    pub or_configured: bool,
    /// How a client that authenticates by `private_key_jwt` makes its key known.
    #[serde(default)]
    pub keys: KeysBy,
    /// `id_token_signed_response_alg`; the step is left out where the issuer does not advertise it.
    pub id_token_alg: Option<String>,
    /// `userinfo_signed_response_alg`; the step is left out where the issuer does not advertise it.
    pub userinfo_alg: Option<String>,
    /// `id_token_encrypted_response_alg`, or `offered` for one that the issuer advertises; the step is left out where the issuer does not advertise it. The
    /// client registers keys for encryption with it.
    pub id_token_encryption: Option<String>,
    /// `id_token_encrypted_response_enc`; the step is left out where the issuer does not advertise it. Without it the client registers none, which stands for
    /// A128CBC-HS256, or where the issuer does not advertise that, one that it does.
    pub id_token_enc: Option<String>,
    /// `userinfo_encrypted_response_alg`, in the same way.
    pub userinfo_encryption: Option<String>,
    /// `userinfo_encrypted_response_enc`, in the same way.
    pub userinfo_enc: Option<String>,
    /// How many keys for encryption the client registers.
    #[serde(default)]
    pub encryption_keys: EncryptionKeys,
    /// Whether it declares that it encrypts its request objects (`request_object_encryption_alg`), where the issuer advertises that.
    #[serde(default)]
    pub request_object_encryption: bool,
    /// Whether its redirect URI has a query beyond that of the run's.
    #[serde(default)]
    pub redirect_query: bool,
    /// Whether it registers a key that it signs its request objects with.
    #[serde(default)]
    pub request_object_key: bool,
    /// Whether it registers `require_signed_request_object` with that, and no algorithm.
    #[serde(default)]
    pub signed_requests_only: bool,
    /// Whether it registers `request_object_signing_alg` `none`, and an address for request objects without a signature.
    #[serde(default)]
    pub unsigned_requests: bool,
    /// Whether it registers a logo, a home page, a policy and terms of service, and a name with odd characters.
    #[serde(default)]
    pub links: bool,
    /// The scope that the client has to have, space-separated; without it everything that the test asks for. It is named in the request only where the
    /// issuer gives less without.
    pub scope: Option<String>,
    /// Whether the request names the scope from the start: for tests about a scope that is registered.
    #[serde(default)]
    pub send_scope: bool,
    /// `redirect_uris`.
    #[serde(default)]
    pub redirect_uris: RedirectUris,
    /// `contacts`.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// `client_uri`.
    pub client_uri: Option<String>,
    /// Whether it registers `subject_type` `pairwise`; left out where the issuer does not advertise it, or registers no such client.
    #[serde(default)]
    pub pairwise: bool,
    /// Whether it registers an `initiate_login_uri`.
    #[serde(default)]
    pub initiate_login: bool,
    /// Whether it registers a `backchannel_logout_uri`; left out where the issuer does not advertise that, or cannot reach this machine.
    #[serde(default)]
    pub back_channel_logout: LogoutChannel,
    /// Whether it registers a `frontchannel_logout_uri`; left out where the issuer does not advertise that.
    #[serde(default)]
    pub front_channel_logout: LogoutChannel,
    /// Whether it is about session management; left out where the metadata have no `check_session_iframe`.
    #[serde(default)]
    pub session_management: bool,
    /// Whether it registers a `sector_identifier_uri`; left out where the issuer cannot fetch a document from this machine.
    #[serde(default)]
    pub sector: bool,
}

/// How a client that authenticates by `private_key_jwt` makes its key known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeysBy {
    /// `jwks`: in the registration request.
    #[default]
    Value,
    /// In the same way, and it is another key than that of a client without this: of another algorithm, where the issuer advertises one.
    AnotherValue,
    /// `jwks_uri`: published beside the redirect URI, for the issuer to fetch.
    Reference,
}

/// How many keys for encryption a client registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EncryptionKeys {
    /// One of each kind: an RSA key, and one on the curve P-256.
    #[default]
    Several,
    /// The one that its algorithm takes.
    One,
}

/// Whether a client learns of logouts, and what it wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogoutChannel {
    /// It does not.
    #[default]
    None,
    /// It does, and leaves it to the issuer what the issuer sends.
    Plain,
    /// It does, and demands to know which session it is. Left out where the issuer does not advertise that.
    SessionRequired,
}

/// The redirect URIs of a client that is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RedirectUris {
    /// The one that is listened on.
    #[default]
    Own,
    /// That and another beside it, so that a request has to say which.
    Two,
    /// The one that is listened on under another name of loopback: another host.
    OtherHost,
    /// One on loopback without a port, of a native application (`application_type`). Left out where the issuer does not register that.
    NativeLoopback,
    /// The same on the IPv6 loopback address.
    NativeLoopbackIpv6,
    /// The one that is listened on, of a native application. Left out where the issuer does not register that.
    NativeOwn,
}

/// How a client that is registered authenticates at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// HTTP Basic.
    ClientSecretBasic,
    /// Credentials in the form body.
    ClientSecretPost,
    /// An assertion signed with a key of its own.
    PrivateKeyJwt,
    /// An assertion signed with its secret.
    ClientSecretJwt,
    /// A self-signed certificate that it registers (RFC 8705 2.2).
    SelfSignedTlsClientAuth,
    /// Not at all: a public client.
    None,
}
