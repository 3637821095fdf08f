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
    /// Answers what it refuses with a page of its own instead of an error for the client.
    AuthorizationErrorAsPage,
    /// Answers what is wrong with a request with `access_denied` instead of `invalid_request`.
    InvalidRequestUnnamed,
    /// Takes a request without a response type for one for a code.
    ResponseTypeMissingTaken,
    /// Takes a request for a token for one for a code.
    ResponseTypeTokenTaken,
    /// Takes authorization requests with parameters that come twice.
    RepeatedParametersTaken,
    /// Takes code challenges of methods it does not know.
    ChallengeMethodUnknownTaken,
    /// Takes code challenges of the method `plain`.
    ChallengePlainTaken,
    /// Takes a public client's request without a code challenge.
    PublicClientWithoutChallenge,
    /// Breaks on a `max_age` that is no number of seconds.
    MaxAgeBreaks,
    /// Takes a redirect URI with any host.
    RedirectHostIgnored,
    /// Takes a redirect URI with any scheme.
    RedirectSchemeIgnored,
    /// Takes a redirect URI with any port.
    RedirectPortIgnored,
    /// Takes a redirect URI whose path begins with the registered one.
    RedirectPathPrefix,
    /// Takes a redirect URI whose path is the registered one but for the case of its letters.
    RedirectCaseIgnored,
    /// Takes a redirect URI with any query.
    RedirectQueryIgnored,
    /// Takes a redirect URI with a user and a fragment.
    RedirectPartsIgnored,
    /// Takes a redirect URI with white space around it.
    RedirectPaddingIgnored,
    /// Checks the first of two redirect URIs and redirects to the second.
    RedirectSecondUsed,
    /// Takes the first registered redirect URI where a request has none.
    RedirectMissingDefaulted,
    /// Takes no other port of a native application than the registered one.
    LoopbackPortFixed,
    /// Redirects for clients it does not know.
    UnknownClientRedirected,
    /// Redirects for requests that name no client.
    NoClientRedirected,
    /// Answers a wrong redirect URI with an error at one that the client registered.
    RedirectRefusedAtRegistered,
    /// Shows what is wrong with a request on a page with status 200.
    RefusalPageOk,
    /// Shows the redirect URI it refuses as it is.
    RefusalPageRaw,
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
