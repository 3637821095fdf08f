//! Flaws: each breaks the well-behaved issuer in exactly one way and names the rules that must notice. Variants: each changes it in a way that
//! a specification allows, and names the rules that must not take it for a fault.
//!
//! A flaw is data in `fixtures/flaws/*.json`, a variant in `fixtures/variants/*.json`. Most patch what the issuer sends at a [`Site`]; others
//! waive a [`Check`] that it makes, or name another [`Behaviour`].

use serde::Deserialize;
use serde_json::{Map, Value};

pub(super) mod apply;
mod behaviour;
mod check;
mod shown;
mod table;

pub use apply::{PatchFault, Place};
pub use behaviour::Behaviour;
pub use check::Check;
pub use shown::{Shown, shown};
pub use table::{FlawError, find, flaws, variants};

/// An enumeration whose variants have the names by which flaws refer to them.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        #[cfg(test)]
        impl $name {
            /// Every variant, with its name.
            pub(super) const ALL: &[(Self, &str)] = &[$((Self::$variant, $text),)*];
        }
    };
}
use named;

/// One deliberate way to be wrong, or (a variant) to be right in an unusual way.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Flaw {
    /// Kebab-case, unique.
    pub name: String,
    /// What the issuer does wrong, or unusually: one sentence, present tense.
    pub says: String,
    /// The ids of exactly the rules that must fail. Those of a variant are no MUST.
    pub trips: Vec<String>,
    /// The section that allows it, as rules cite it. Variants only.
    #[serde(default)]
    pub allows: Option<String>,
    /// The ids of rules that must not fail, though they are near to it. Variants only.
    #[serde(default)]
    pub spares: Vec<String>,
    /// True if tests may end because they could not be tested. Variants only.
    #[serde(default)]
    pub untestable: bool,
    /// The ids of rules that must not pass: under the flaw nothing shows that they hold. Flaws only.
    #[serde(default)]
    pub unproven: Vec<String>,
    /// What is changed in what the issuer sends.
    #[serde(default)]
    pub patch: Vec<Patch>,
    /// The checks that the issuer does not make.
    #[serde(default)]
    pub waives: Vec<Check>,
    /// What the issuer does differently.
    #[serde(default)]
    pub behaviour: Option<Behaviour>,
}

impl Flaw {
    /// True if its patches are all there is to it, so that it shows in what is sent without a running issuer.
    pub fn only_patches(&self) -> bool {
        self.waives.is_empty() && self.behaviour.is_none()
    }

    /// True if it shows only in an issuer that is served over TLS.
    pub fn is_of_tls(&self) -> bool {
        self.behaviour.is_some_and(Behaviour::is_of_tls) || self.waives.iter().copied().any(Check::is_of_tls)
    }

    /// The same flaw with `{issuer}` in its patches replaced by the issuer identifier.
    #[must_use]
    pub fn for_issuer(mut self, issuer: &str) -> Self {
        for patch in &mut self.patch {
            patch.set.values_mut().for_each(|value| fill_in(value, issuer));
            patch.headers.values_mut().for_each(|value| fill_in(value, issuer));
            patch.body = patch.body.take().map(|body| body.replace("{issuer}", issuer));
        }
        self
    }
}

fn fill_in(value: &mut Value, issuer: &str) {
    match value {
        Value::String(text) => *text = text.replace("{issuer}", issuer),
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, issuer)),
        Value::Object(members) => members.values_mut().for_each(|member| fill_in(member, issuer)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A change to one kind of response or token.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Patch {
    /// What is changed.
    pub at: Site,
    /// JSON pointer → value. Parents must exist; `/-` at the end of an array appends. Special values: `{"$now": N}` is the time now plus N
    /// seconds, `{"$now-ms": N}` the same in milliseconds, `{"$repeat": ["a", 300]}` a string of 300 `a`.
    /// In tokens and in JSON a member `name$again` is a second member `name`.
    /// In strings, here and in `body`, `{issuer}` stands for the issuer identifier.
    #[serde(default)]
    pub set: Map<String, Value>,
    /// JSON pointers of members to leave out.
    #[serde(default)]
    pub remove: Vec<String>,
    /// The HTTP status instead of the right one.
    #[serde(default)]
    pub status: Option<u16>,
    /// Header name → value instead of the right one; null leaves it out.
    #[serde(default)]
    pub headers: Map<String, Value>,
    /// The body instead of the right one, as text.
    #[serde(default)]
    pub body: Option<String>,
}

/// What a patch is applied to. For tokens it is the claims or the header before signing; for the authorization response the parameters
/// as a JSON object of strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// The provider metadata.
    Discovery,
    /// The same document as the metadata of an authorization server.
    ServerMetadata,
    /// What `WebFinger` says of the issuer.
    Webfinger,
    /// The key set.
    Jwks,
    /// A successful registration response.
    Registration,
    /// The answer to deleting a client.
    Deletion,
    /// The refusal of client metadata.
    RegistrationError,
    /// The refusal of client metadata with a `sector_identifier_uri`.
    RegistrationSectorError,
    /// The registration endpoint's answer to a request without a token.
    RegistrationNoToken,
    /// The registration endpoint's answer to a token that is not the initial access token.
    RegistrationBadToken,
    /// A client's configuration, read with its own token.
    ClientConfig,
    /// The refusal of a client's configuration.
    ClientConfigRefusal,
    /// The answer to a method that the configuration of a client does not know (`status` and `headers` only).
    ClientConfigMethod,
    /// The answer to a change of a client's configuration.
    ClientUpdate,
    /// The refusal of such a change for its metadata.
    ClientUpdateRefusal,
    /// The claims of a signed userinfo response; with `headers` the response itself.
    UserinfoSigned,
    /// The JOSE header of a signed userinfo response.
    UserinfoSignedHeader,
    /// An encrypted userinfo response (`status` and `headers` only).
    UserinfoEncrypted,
    /// The JOSE header of what is encrypted for a client: ID tokens and userinfo responses.
    JweHeader,
    /// The parameters of a successful authorization response.
    AuthorizationResponse,
    /// … of one with tokens in it.
    AuthorizationResponseTokens,
    /// Successful token responses of every grant.
    Token,
    /// … of the client credentials grant only.
    TokenClientCredentials,
    /// … of the authorization code grant only.
    TokenAuthorizationCode,
    /// … of the refresh token grant only.
    TokenRefresh,
    /// The claims of every ID token.
    IdToken,
    /// The JOSE header of every ID token.
    IdTokenHeader,
    /// The claims of ID tokens in refresh responses only.
    IdTokenRefresh,
    /// … of ID tokens from the authorization endpoint only.
    IdTokenResponse,
    /// The claims of every access token.
    AccessToken,
    /// The JOSE header of every access token.
    AccessTokenHeader,
    /// The claims of access tokens of the client credentials grant only.
    AccessTokenClientCredentials,
    /// A successful userinfo response.
    Userinfo,
    /// A revocation response.
    Revocation,
    /// A refusal of the revocation endpoint with status 401.
    RevocationUnauthorized,
    /// An introspection response about a good token.
    Introspection,
    /// A refusal of the introspection endpoint with status 401.
    IntrospectionUnauthorized,
    /// The parameters of an authorization error response.
    AuthorizationError,
    /// Error responses of the token endpoint.
    TokenError,
    /// Error responses of the token endpoint with status 401 only.
    TokenErrorUnauthorized,
    /// The userinfo endpoint's answer to a request without a token.
    UserinfoNoToken,
    /// The userinfo endpoint's answer to a token it does not know.
    UserinfoBadToken,
    /// The userinfo endpoint's answer to a token whose scope is not enough.
    UserinfoScopeError,
    /// The userinfo endpoint's answer to a request with two tokens.
    UserinfoTwoTokens,
    /// A successful answer to a userinfo POST with the token in the header.
    UserinfoPostHeader,
    /// A successful answer to a userinfo POST with the token in the form.
    UserinfoPostBody,
    /// The header and the body of every JSON response (`status`, `headers` and `body` only).
    EveryResponse,
    /// The orders feed's answer to a good token.
    OrdersFeed,
    /// The orders feed's answer to a request without a token.
    OrdersFeedRefusal,
    /// The JSON-LD of the dataset site (with `status`, `headers` and `body`: the page).
    DatasetSite,
    /// The login page (`status`, `headers` and `body` only).
    LoginPage,
    /// The login page after a login that failed (`status`, `headers` and `body` only).
    LoginPageAgain,
    /// The consent page (`status`, `headers` and `body` only).
    ConsentPage,
    /// The parameters with which the browser comes back after a logout.
    LogoutResponse,
    /// What is added to the address of a client that is loaded in a frame at a logout.
    FrontChannelLogout,
    /// The form by which a client is told of a logout.
    LogoutRequest,
    /// The claims of a logout token.
    LogoutToken,
    /// The JOSE header of a logout token.
    LogoutTokenHeader,
    /// The answer to a login that is followed by the consent page (`status` and `headers` only).
    LoginAnswer,
    /// The introspection endpoint's answer about a token it does not know.
    IntrospectionUnknown,
    /// A successful answer to a token request as JSON.
    TokenByJson,
    /// The answer to closing a session (`status`, `headers` and `body` only).
    SessionClosed,
    /// The metadata, as pages of other origins get them (`headers` only, as with all that follow).
    SharedMetadata,
    /// The key set, as pages of other origins get it.
    SharedKeySet,
    /// Answers of the token endpoint, as pages of other origins get them.
    SharedToken,
    /// Answers of the userinfo endpoint, as pages of other origins get them.
    SharedUserinfo,
    /// Answers of the registration endpoint, as pages of other origins get them.
    SharedRegistration,
    /// The configuration of a client, as pages of other origins get it.
    SharedClientConfig,
    /// Answers of the authorization endpoint, as pages of other origins get them.
    SharedAuthorization,
    /// The answer to a browser that asks whether a page may send a request.
    Preflight,
    /// A resource's answer to a good token.
    Resource,
    /// A resource's answer to a request without a token.
    ResourceNoToken,
    /// A resource's answer to a token it does not know, or whose session was closed.
    ResourceBadToken,
}
