//! Flaws: each breaks the well-behaved issuer in exactly one way and names the rules that must notice.
//!
//! A flaw is data in `fixtures/flaws/*.json`. Most patch what the issuer sends at a [`Site`]; those that change what it does name a
//! [`Behaviour`].

use serde::Deserialize;
use serde_json::{Map, Value};

pub(super) mod apply;
mod table;

pub use apply::PatchFault;
pub use table::{FlawError, find, flaws};

/// One deliberate way to be wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Flaw {
    /// Kebab-case, unique.
    pub name: String,
    /// What the issuer does wrong: one sentence, present tense.
    pub says: String,
    /// The ids of exactly the rules that must fail.
    pub trips: Vec<String>,
    /// What is changed in what the issuer sends.
    #[serde(default)]
    pub patch: Vec<Patch>,
    /// What the issuer does differently.
    #[serde(default)]
    pub behaviour: Option<Behaviour>,
}

impl Flaw {
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
    /// The claims of a signed userinfo response; with `headers` the response itself.
    UserinfoSigned,
    /// The parameters of a successful authorization response.
    AuthorizationResponse,
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
    /// An introspection response about a living token.
    Introspection,
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
}

/// What the issuer does differently, in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// Signs ID tokens with a key that is not published, under the published `kid`.
    IdTokenForeignKey,
    /// Sends ID tokens with `alg` `none` and no signature.
    IdTokenUnsigned,
    /// Signs access tokens with a key that is not published, under the published `kid`.
    AccessTokenForeignKey,
    /// Sends access tokens with `alg` `none` and no signature.
    AccessTokenUnsigned,
    /// Signs ID tokens with PS256, whatever the client registered.
    IdTokenOtherAlg,
    /// Never asks for consent.
    ConsentNever,
    /// Asks for consent every time.
    ConsentAlways,
    /// Refuses a new client with `invalid_client` until 400 ms after its registration.
    RegistrationLate,
    /// Refuses a registered client's credentials for ever.
    RegistrationDead,
    /// Registers redirect URIs with a fragment.
    RegistrationFragmentAccepted,
    /// Registers relative redirect URIs.
    RegistrationRelativeAccepted,
    /// Registers redirect URIs with the schemes javascript and data.
    RegistrationSchemeAccepted,
    /// Registers `jwks` beside `jwks_uri`.
    RegistrationKeySetsAccepted,
    /// Registers `response_types` for which the client has no grant.
    RegistrationTypesAccepted,
    /// Registers authentication methods that do not exist.
    RegistrationMethodAccepted,
    /// Registers a client whose sector document does not list its redirect URI.
    SectorUnchecked,
    /// Takes any token for the initial access token.
    RegistrationTokenUnchecked,
    /// Shows a client's configuration to a request without a token.
    ClientConfigOpen,
    /// Shows a client's configuration to a token that it never gave.
    ClientConfigUnknownToken,
    /// Shows a client's configuration to the registration access token of another client.
    ClientConfigOtherToken,
    /// Answers 404 where a client was deleted.
    ClientConfigNotFound,
    /// Answers a deletion with 204 and deletes nothing.
    DeletionIgnored,
    /// Deletes a client's configuration and goes on accepting its credentials.
    DeletionKeepsCredentials,
    /// Refuses client assertions that name the issuer as their audience.
    AssertionForIssuerRefused,
    /// Refuses every client assertion.
    AssertionRefused,
    /// Answers userinfo as plain JSON although the client registered a signature.
    UserinfoUnsigned,
    /// Signs userinfo with PS256, whatever the client registered.
    UserinfoOtherAlg,
    /// Signs userinfo with a key that is not published, under the published `kid`.
    UserinfoForeignKey,
    /// Answers a revocation with 200 and revokes nothing.
    RevocationIgnored,
    /// Forgets the ID token in the answer to an authorization code for `openid`.
    IdTokenMissing,
    /// Gives no refresh token although `offline_access` was granted.
    RefreshTokenMissing,
    /// Answers introspection of a living token with `active: false`.
    IntrospectionBlind,
    /// Gives authorization codes of eight characters.
    CodeShort,
    /// Adds an audience the client has never heard of to ID tokens: `aud` becomes an array of the client and `https://stranger.example`.
    IdTokenStranger,
    /// Names the client itself as the audience of access tokens.
    AccessTokenForClient,
    /// Answers a refresh with the access token of the response the refresh token came in.
    RefreshKeepsAccessToken,
    /// Sends the `state` twice in the authorization response.
    AuthorizationResponseDoubled,
    /// Shows the login page although `prompt=none` was asked.
    PromptNoneShowsLogin,
    /// Answers `prompt=none` with `login_required` although the end-user is logged in.
    PromptNoneRefused,
    /// Ignores `prompt=login`: no login page, the old `auth_time`.
    PromptLoginIgnored,
    /// Ignores `max_age`: no login page, the old `auth_time`.
    MaxAgeIgnored,
    /// Says the time of the second authorization, not of the login, as `auth_time`.
    AuthTimeMoves,
    /// Calls the end-user by another `sub` at every authorization.
    SubMoves,
    /// Refuses an `id_token_hint` of its own.
    IdTokenHintRefused,
    /// Answers an error with a code beside it.
    AuthorizationErrorWithCode,
    /// Sends authorization errors in the fragment of the redirect URI.
    AuthorizationErrorInFragment,
    /// Answers a wrong client secret with 400 and `invalid_grant`.
    WrongSecretIsInvalidGrant,
    /// Answers a code it never gave with status 200 and an empty object.
    UnknownCodeAccepted,
    /// Knows the authentication scheme `Bearer` only in that spelling.
    BearerCaseSensitive,
    /// Puts the claims of `profile`, `email` and so on into the ID token instead of userinfo.
    ScopeClaimsInIdToken,
    /// Gives claims of scopes that were not granted from userinfo.
    ScopeClaimsUngated,
    /// Ignores the `claims` parameter although it says it supports it.
    ClaimsParameterIgnored,
    /// Answers `response_mode=form_post` with a query.
    FormPostIgnored,
    /// Refuses authorization requests with a parameter it does not know.
    UnknownParameterRefused,
    /// Refuses an authorization request by POST.
    PostRequestRefused,
    /// Drops the query of the redirect URI when it adds the response's parameters.
    RedirectQueryLost,
}
