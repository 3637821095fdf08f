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
    /// The same document as the metadata of an authorization server.
    ServerMetadata,
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
    /// The login page (`status`, `headers` and `body` only).
    LoginPage,
    /// The login page after a login that failed (`status`, `headers` and `body` only).
    LoginPageAgain,
    /// The consent page (`status`, `headers` and `body` only).
    ConsentPage,
    /// The parameters with which the browser comes back after a logout.
    LogoutResponse,
    /// The answer to a login that is followed by the consent page (`status` and `headers` only).
    LoginAnswer,
    /// The introspection endpoint's answer about a token it does not know.
    IntrospectionUnknown,
    /// A successful answer to a token request as JSON.
    TokenByJson,
    /// The answer to closing a session (`status`, `headers` and `body` only).
    SessionClosed,
    /// A resource's answer to a good token.
    Resource,
    /// A resource's answer to a request without a token.
    ResourceNoToken,
    /// A resource's answer to a token it does not know, or whose session was closed.
    ResourceBadToken,
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
    /// Loads a script from another site on the login page.
    LoginPageForeignScript,
    /// Has the login form sent to a plain http address.
    LoginFormPlainHttp,
    /// Sets its session cookie without `HttpOnly`.
    CookieForScripts,
    /// Sets a second cookie that is called secure and is not.
    CookieNotSecure,
    /// Lets any password in.
    PasswordIgnored,
    /// Logs in on a wrong password, and shows the login page again.
    WrongPasswordLogsIn,
    /// Shows an error page after a wrong password.
    WrongPasswordErrorPage,
    /// Puts a wrong password into the login page that is shown again.
    PasswordEchoed,
    /// Takes a login form from any browser.
    LoginFormUnbound,
    /// Gives a code although the end-user refused to consent.
    RefusalIgnored,
    /// Shows an error page when the end-user refuses to consent.
    RefusalShowsPage,
    /// Tells the client of a refusal as `server_error`.
    RefusalIsServerError,
    /// Never sends the browser back after a logout.
    LogoutWithoutRedirect,
    /// Takes no POST at the logout endpoint.
    LogoutByPostRefused,
    /// Sends the browser wherever a logout request says.
    LogoutRedirectsAnywhere,
    /// Takes any `id_token_hint` of a logout for its own.
    LogoutHintUnverified,
    /// Does not hold the `client_id` of a logout against the hint.
    LogoutClientIdIgnored,
    /// Sends the browser back after a logout without a hint.
    LogoutRedirectsUnhinted,
    /// Logs out without a hint and without asking.
    LogoutUnasked,
    /// Says that the end-user is logged out, and keeps the login.
    LogoutIgnored,
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
    /// Takes any code verifier for the right one.
    PkceUnchecked,
    /// Takes code verifiers that are too short.
    PkceShortVerifierAccepted,
    /// Exchanges a code that was asked for with a code challenge without a code verifier.
    PkceVerifierOptional,
    /// Exchanges a code that was asked for without a code challenge with any code verifier.
    PkceDowngrade,
    /// Takes the code challenge itself for the code verifier.
    PkceChallengeAccepted,
    /// Takes the code verifier of any code for the right one.
    PkceAnyFlow,
    /// Exchanges codes for clients that do not authenticate.
    ClientAuthenticationOptional,
    /// Exchanges codes for clients that do not exist.
    UnknownClientAccepted,
    /// Exchanges codes for clients with a wrong secret.
    ClientSecretUnchecked,
    /// Refreshes tokens for clients with a wrong secret.
    RefreshSecretUnchecked,
    /// Takes a client secret from the query.
    SecretInQueryAccepted,
    /// Takes credentials in the header and in the body of one request.
    TwoAuthenticationsAccepted,
    /// Exchanges a code for any client.
    CodeForAnyClient,
    /// Does not look at the redirect URI of the token request, if there is one.
    RedirectUriUnchecked,
    /// Does not miss the redirect URI of the token request.
    RedirectUriOptional,
    /// Exchanges a code as often as somebody likes.
    CodeReusable,
    /// Refuses a code that was used before, and revokes nothing.
    CodeReuseHarmless,
    /// Takes the first of two parameters of the same name at the token endpoint.
    RepeatedParameterAccepted,
    /// Gives tokens to a GET.
    TokenByGet,
    /// Exchanges a refresh token for any client.
    RefreshForAnyClient,
    /// Takes an access token for a refresh token.
    AccessTokenRefreshes,
    /// Exchanges a refresh token as often as somebody likes, and rotates it all the same.
    RefreshReusable,
    /// Refuses a refresh token that was used before, and revokes nothing.
    RefreshReuseHarmless,
    /// Forgets a refresh token that a client failed to authenticate with.
    RefreshLostByAttack,
    /// Lets public clients keep their refresh token.
    RefreshKeptByPublicClient,
    /// Grants whatever scope a refresh asks for.
    RefreshGrantsWider,
    /// Grants the whole scope to a refresh that asks for a part of it.
    RefreshNeverNarrows,
    /// Takes an access token from the query.
    BearerInQuery,
    /// Takes a refresh token for an access token.
    BearerRefreshToken,
    /// Takes an ID token for an access token.
    BearerIdToken,
    /// Refuses to revoke a token it never gave.
    RevocationUnknownRefused,
    /// Revokes for clients with a wrong secret.
    RevocationSecretUnchecked,
    /// Revokes the tokens of any client for any other.
    RevocationForAnyClient,
    /// Looks for a token only where `token_type_hint` says.
    RevocationTrustsHint,
    /// Revokes a refresh token alone, and lets its access tokens live.
    RevocationWithoutCascade,
    /// Answers the revocation of an access token with 200 and does nothing.
    RevocationSparesAccess,
    /// Introspects for anybody.
    IntrospectionOpen,
    /// Introspects for clients with a wrong secret.
    IntrospectionSecretUnchecked,
    /// Answers a wrong client secret at introspection with 400.
    IntrospectionBadRequest,
    /// Takes tokens it never gave for active.
    IntrospectionCredulous,
    /// Tells more of tokens that are not active than that.
    IntrospectionTalkative,
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
    /// Ignores request objects.
    RequestObjectIgnored,
    /// Prefers the parameters beside a request object to those in it.
    RequestObjectOutsideWins,
    /// Does not verify the signature of a request object.
    RequestObjectUnverified,
    /// Verifies a request object with the key in its own header.
    RequestObjectKeyEmbedded,
    /// Takes unsigned request objects of clients that registered to sign them.
    RequestObjectUnsigned,
    /// Takes a request object that names another client.
    RequestObjectOfAnyClient,
    /// Takes a request object for another audience.
    RequestObjectForAnyone,
    /// Takes a request object that has expired.
    RequestObjectEternal,
    /// Does not show a client's logo.
    LogoHidden,
    /// Does not link to a client's policy.
    PolicyHidden,
    /// Does not link to a client's terms of service.
    TermsHidden,
    /// Writes the `state` into its pages as it is.
    StateUnescaped,
    /// Keeps only 255 characters of the `state`.
    StateCut,
    /// Escapes the `nonce` as for HTML before it goes into the ID token.
    NonceEscaped,
    /// Refuses authorization requests with a scope that does not exist, with `invalid_request`.
    UnknownScopeRefused,
    /// Grants scopes that the client did not register.
    ScopeBeyondRegistration,
    /// Gives client credentials to clients that did not register for them.
    GrantUnregistered,
    /// Refuses a grant that the client did not register with `invalid_grant`.
    GrantUnregisteredInvalid,
    /// Gives client credentials to public clients.
    PublicClientCredentials,
    /// Gives any client tokens for a user name and a password.
    PasswordGrant,
    /// Gives tokens for any other token (RFC 8693).
    TokenExchangeGrant,
    /// Answers `response_mode=form_post` with a query.
    FormPostIgnored,
    /// Refuses authorization requests with a parameter it does not know.
    UnknownParameterRefused,
    /// Refuses an authorization request by POST.
    PostRequestRefused,
    /// Drops the query of the redirect URI when it adds the response's parameters.
    RedirectQueryLost,
    /// Takes token requests as forms only.
    JsonTokenRequestRefused,
    /// Refuses a refresh as JSON.
    JsonRefreshRefused,
    /// Issues tokens for its own audience, whatever a token request asks for.
    AudienceIgnored,
    /// Answers that a session is closed, and keeps it.
    SessionCloseIgnored,
}
