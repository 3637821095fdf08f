//! What the issuer does differently under a flaw, in code: all that is neither a patch nor a check left out.

use super::named;

named! {
    /// What the issuer does differently.
    Behaviour:
    /// Signs ID tokens with a key that is not published, under the published `kid`.
    IdTokenForeignKey = "id-token-foreign-key",
    /// Sends ID tokens with `alg` `none` and no signature.
    IdTokenUnsigned = "id-token-unsigned",
    /// Signs access tokens with a key that is not published, under the published `kid`.
    AccessTokenForeignKey = "access-token-foreign-key",
    /// Gives resources another name for the end-user than clients whose subjects are pairwise.
    AccessTokenSubForResources = "access-token-sub-for-resources",
    /// Sends access tokens with `alg` `none` and no signature.
    AccessTokenUnsigned = "access-token-unsigned",
    /// Signs ID tokens with PS256, whatever the client registered.
    IdTokenOtherAlg = "id-token-other-alg",
    /// Does not encrypt ID tokens.
    IdTokenNotEncrypted = "id-token-not-encrypted",
    /// Does not encrypt userinfo responses.
    UserinfoNotEncrypted = "userinfo-not-encrypted",
    /// Encrypts claims without a signature.
    JweUnsigned = "jwe-unsigned",
    /// Encrypts to a key that is not the client's, under the name of that.
    JweForeignKey = "jwe-foreign-key",
    /// Encrypts with RSA-OAEP, or with RSA-OAEP-256 where that was registered.
    JweOtherAlg = "jwe-other-alg",
    /// Encrypts the content with A256GCM, or with A128GCM where that was registered.
    JweOtherEnc = "jwe-other-enc",
    /// Makes keys of client secrets from the end of the hash.
    JweSecretFromRight = "jwe-secret-from-right",
    /// Encrypts the content with A128GCM, and a key of that length, whatever its header says.
    JweShortKey = "jwe-short-key",
    /// Encrypts for public clients with a key that is made of their identifier.
    JweSymmetricForPublic = "jwe-symmetric-for-public",
    /// Sends an encrypted key where the algorithm has none.
    JweKeyNotEmpty = "jwe-key-not-empty",
    /// Pads the last part of what it encrypts.
    JwePadded = "jwe-padded",
    /// Names no key of a client that published one.
    JweKidLeftOut = "jwe-kid-left-out",
    /// Registers no client whose content is encrypted with A128CBC-HS256.
    EncDefaultRefused = "enc-default-refused",
    /// Registers no client whose userinfo responses are encrypted and not signed.
    UserinfoEncryptedUnsignedRefused = "userinfo-encrypted-unsigned-refused",
    /// Refuses each encrypted request object.
    EncryptedObjectRefused = "encrypted-object-refused",
    /// Goes by what stands beside a request object that it cannot decrypt.
    UndecryptableObjectIgnored = "undecryptable-object-ignored",
    /// Refuses a request object that it cannot decrypt as an invalid request.
    UndecryptableObjectUnnamed = "undecryptable-object-unnamed",
    /// Says what is wrong with an encrypted key.
    DecryptionErrorsShown = "decryption-errors-shown",
    /// Gives each error at the redirect URI a number of its own.
    AuthorizationErrorsNumbered = "authorization-errors-numbered",
    /// Signs ID tokens whose `alg` is `none`.
    IdTokenUnsecuredSigned = "id-token-unsecured-signed",
    /// Exchanges no code of a client that authenticates by a certificate.
    MutualTlsRefused = "mutual-tls-refused",
    /// Ends the handshake where a certificate is missing, or is not that of any client.
    MutualTlsByHandshake = "mutual-tls-by-handshake",
    /// Asks for certificates at the usual addresses, and publishes no others.
    MutualTlsWithoutAliases = "mutual-tls-without-aliases",
    /// Writes the thumbprint of a bound token with padding.
    BoundTokenPadded = "bound-token-padded",
    /// Leaves the thumbprint of a bound token out of introspection.
    IntrospectionUnbound = "introspection-unbound",
    /// Refuses a bound token that comes with another certificate with status 403.
    BoundTokenForbidden = "bound-token-forbidden",
    /// Answers a bound token on a connection without a certificate as a proxy does that ends TLS and asks for one: with status 400.
    BoundTokenBehindProxy = "bound-token-behind-proxy",
    /// Refuses every bound token.
    BoundTokenRefused = "bound-token-refused",
    /// Registers a client without its `initiate_login_uri` where that is not by https.
    InitiateLoginDropped = "initiate-login-dropped",
    /// Cuts a long `state` in errors.
    ErrorStateCut = "error-state-cut",
    /// Refuses a request in which `client_id` comes before `response_type`.
    ParameterOrderFixed = "parameter-order-fixed",
    /// Redirects to the redirect URI beside a request object though the client did not register it.
    RedirectBesideObjectTaken = "redirect-beside-object-taken",
    /// Goes by the redirect URI in a request object where that beside it is not registered.
    RedirectUriOfObject = "redirect-uri-of-object",
    /// Refuses such a request there, with `invalid_request_object`.
    RedirectUriOfObjectRefused = "redirect-uri-of-object-refused",
    /// Never fetches the keys of a client behind its `jwks_uri` again.
    ClientKeysKept = "client-keys-kept",
    /// Fetches them again for a key that it does not know, and goes on with those that it knew.
    ClientKeysFetchedInVain = "client-keys-fetched-in-vain",
    /// Takes the keys that it knew before, too, after it has fetched them again.
    ClientKeysAdded = "client-keys-added",
    /// Registers RS256 for a client that asks for another algorithm of ID tokens.
    IdTokenAlgReplaced = "id-token-alg-replaced",
    /// Goes on signing with the old keys after a rotation.
    KeysPublishedEarly = "keys-published-early",
    /// Publishes the new keys alone after a rotation.
    KeysDropped = "keys-dropped",
    /// Publishes one of the new keys under the `kid` of the old one, and in its place, after a rotation.
    KidReused = "kid-reused",
    /// Sends who asks for the key set on to another address.
    KeySetMoved = "key-set-moved",
    /// Signs with keys that it does not publish after a rotation.
    KeysUnpublished = "keys-unpublished",
    /// Leaves `iss` out of responses with an ID token, which names the issuer itself.
    IssOmittedBesideIdToken = "iss-omitted-beside-id-token",
    /// Sends tokens in the query of the redirect URI.
    TokensInQuery = "tokens-in-query",
    /// Sends the refusal of a request for tokens in the query of the redirect URI.
    TokensErrorInQuery = "tokens-error-in-query",
    /// Refuses a request for tokens without a nonce as one that the end-user denied.
    NonceMissingUnnamed = "nonce-missing-unnamed",
    /// Leaves the claims that the scope asks for out of ID tokens that come without an access token.
    ScopeClaimsWithheld = "scope-claims-withheld",
    /// Adds an access token to what was asked for of the authorization endpoint.
    AccessTokenUnasked = "access-token-unasked",
    /// Calls the end-user in the ID token of the authorization endpoint otherwise than in that of the token endpoint.
    SubOfResponseOther = "sub-of-response-other",
    /// Sends no logout tokens.
    LogoutTokenNotSent = "logout-token-not-sent",
    /// Sends logout tokens by GET.
    LogoutTokenByGet = "logout-token-by-get",
    /// Sends logout tokens in a body that it calls JSON.
    LogoutTokenAsJson = "logout-token-as-json",
    /// Sends each logout token twice.
    LogoutTokenTwice = "logout-token-twice",
    /// Sends logout tokens some time after the browser was sent back.
    LogoutTokenLate = "logout-token-late",
    /// Sends logout tokens to the address without its query.
    LogoutTokenQueryLost = "logout-token-query-lost",
    /// Sends logout tokens that are no JWTs.
    LogoutTokenOpaque = "logout-token-opaque",
    /// Sends logout tokens with `alg` `none` and no signature.
    LogoutTokenUnsigned = "logout-token-unsigned",
    /// Signs logout tokens with a key that is not published.
    LogoutTokenForeignKey = "logout-token-foreign-key",
    /// Signs logout tokens with PS256, whatever the client registered.
    LogoutTokenOtherAlg = "logout-token-other-alg",
    /// Leaves `sid` out of the logout tokens of clients that require it.
    LogoutTokenSidLeftOut = "logout-token-sid-left-out",
    /// Loads no addresses of clients at a logout.
    FrontChannelNotLoaded = "front-channel-not-loaded",
    /// Keeps the page of a logout, by its Content Security Policy, from loading the frames in it.
    FrontChannelBlocked = "front-channel-blocked",
    /// Loads the addresses of clients without their query.
    FrontChannelQueryLost = "front-channel-query-lost",
    /// Adds nothing to the addresses of clients that do not require it.
    FrontChannelBare = "front-channel-bare",
    /// Loads the addresses of clients in a page of its own that is in a frame.
    FrontChannelNested = "front-channel-nested",
    /// Registers no address for logouts by plain http.
    LogoutAddressByHttps = "logout-address-by-https",
    /// Shows no link to the home page of the client.
    HomePageHidden = "home-page-hidden",
    /// Shows the address of the home page of the client as text alone.
    HomePageAsText = "home-page-as-text",
    /// Registers no names with markup, and none with other letters than those of ASCII.
    ClientNamesPlain = "client-names-plain",
    /// Takes the consent form of an end-user from any browser in which the same end-user is logged in.
    ConsentFormOfEndUser = "consent-form-of-end-user",
    /// Answers every consent form with an error page.
    ConsentFormClosed = "consent-form-closed",
    /// Shows the name of the client as markup.
    ClientNameUnescaped = "client-name-unescaped",
    /// Shows another name than that of the client.
    ClientNameHidden = "client-name-hidden",
    /// Shows question marks for the letters of a name that are not of ASCII.
    ClientNameInAscii = "client-name-in-ascii",
    /// Does not ask for consent that was given before, though `prompt=consent` asks for it.
    PromptConsentIgnored = "prompt-consent-ignored",
    /// Takes requests of native applications without a code challenge.
    PkceNativeOptional = "pkce-native-optional",
    /// Compares the port of redirect URIs on the IPv6 loopback address, for native applications too.
    LoopbackIpv6PortFixed = "loopback-ipv6-port-fixed",
    /// Never asks for consent.
    ConsentNever = "consent-never",
    /// Asks for consent every time.
    ConsentAlways = "consent-always",
    /// Loads a script from another site on the login page.
    LoginPageForeignScript = "login-page-foreign-script",
    /// Links to another site on the login page.
    LoginPageForeignLink = "login-page-foreign-link",
    /// Lets any site frame its error pages.
    ErrorPagesFramed = "error-pages-framed",
    /// Has the login form sent to a plain http address.
    LoginFormPlainHttp = "login-form-plain-http",
    /// Sets its session cookie without `HttpOnly`.
    CookieForScripts = "cookie-for-scripts",
    /// Sets a second cookie that is called secure and is not.
    CookieNotSecure = "cookie-not-secure",
    /// Logs in on a wrong password, and shows the login page again.
    WrongPasswordLogsIn = "wrong-password-logs-in",
    /// Does so without taking the end-user to have consented to anything.
    WrongPasswordLogsInUnasked = "wrong-password-logs-in-unasked",
    /// Takes no login form that a browser sends from a page of another site.
    LoginFormOfOwnSite = "login-form-of-own-site",
    /// Shows an error page after a wrong password.
    WrongPasswordErrorPage = "wrong-password-error-page",
    /// Puts a wrong password into the login page that is shown again.
    PasswordEchoed = "password-echoed",
    /// Shows an error page when the end-user refuses to consent.
    RefusalShowsPage = "refusal-shows-page",
    /// Tells the client of a refusal as `server_error`.
    RefusalIsServerError = "refusal-is-server-error",
    /// Never sends the browser back after a logout.
    LogoutWithoutRedirect = "logout-without-redirect",
    /// Takes no POST at the logout endpoint.
    LogoutByPostRefused = "logout-by-post-refused",
    /// Logs out without a hint and without asking.
    LogoutUnasked = "logout-unasked",
    /// Logs out by a good hint without asking.
    LogoutByHintUnasked = "logout-by-hint-unasked",
    /// Logs out without asking by the ID token of an earlier login.
    LogoutByEarlierHint = "logout-by-earlier-hint",
    /// The same with a `sid` in its ID tokens, which it does not look at.
    LogoutByEarlierSession = "logout-by-earlier-session",
    /// Ends a logout on a page of its own where nobody is logged in.
    LogoutIdlePage = "logout-idle-page",
    /// Says in a message, as errors are said, that the end-user is logged out, and by how sorry it is.
    LogoutEndsWithAlert = "logout-ends-with-alert",
    /// Shows an error page for a logout where nobody is logged in.
    LogoutIdleRefused = "logout-idle-refused",
    /// Shows an error page for a logout in a language that it does not have.
    LogoutLocalesRefused = "logout-locales-refused",
    /// Says by a good hint, without asking, that the end-user is logged out, and keeps the login.
    LogoutByHintIgnored = "logout-by-hint-ignored",
    /// Says that the end-user is logged out, and keeps the login.
    LogoutIgnored = "logout-ignored",
    /// Refuses a new client with `invalid_client` until 400 ms after its registration.
    RegistrationLate = "registration-late",
    /// Refuses a registered client's credentials for ever.
    RegistrationDead = "registration-dead",
    /// Refuses a registration that names a `scope`, with 403.
    RegistrationScopeRefused = "registration-scope-refused",
    /// Registers a client that names no `scope` for `openid` alone, and refuses requests for a scope that the client did not register.
    RegistrationScopeNeeded = "registration-scope-needed",
    /// Takes redirect URIs by http on loopback from native applications only.
    RegistrationNativeLoopback = "registration-native-loopback",
    /// Registers no native application with a scheme of its own.
    RegistrationNoOwnScheme = "registration-no-own-scheme",
    /// Registers no native application on loopback.
    RegistrationNoNativeLoopback = "registration-no-native-loopback",
    /// Registers no native application with a redirect URI by https.
    RegistrationNoClaimedHttps = "registration-no-claimed-https",
    /// Registers no native application.
    RegistrationNoNative = "registration-no-native",
    /// Refuses a registration with a member that it does not know.
    RegistrationUnknownRefused = "registration-unknown-refused",
    /// Refuses a registration with a language tag.
    RegistrationTagsRefused = "registration-tags-refused",
    /// Gives a client the identifier that it asks for.
    RegistrationIdChosen = "registration-id-chosen",
    /// Gives a client the secret that it asks for.
    RegistrationSecretChosen = "registration-secret-chosen",
    /// Gives a client that asks for an identifier the one of the last client with other metadata.
    RegistrationIdAgain = "registration-id-again",
    /// Gives a client with a name in another language the secret of the last client.
    RegistrationSecretAgain = "registration-secret-again",
    /// Gives a client with a name in another language the registration access token of the last client.
    RegistrationTokenAgain = "registration-token-again",
    /// Gives clients secrets of twelve characters.
    RegistrationSecretShort = "registration-secret-short",
    /// Gives clients secrets that differ by a number.
    RegistrationSecretCounted = "registration-secret-counted",
    /// Gives clients registration access tokens that differ by a number.
    RegistrationTokenCounted = "registration-token-counted",
    /// Looks at no `default_max_age`.
    DefaultMaxAgeIgnored = "default-max-age-ignored",
    /// Leaves `auth_time` out for clients that registered for it.
    RequireAuthTimeIgnored = "require-auth-time-ignored",
    /// Registers clients for ID tokens by HS256 with a secret of 24 characters.
    RegistrationSymmetricShort = "registration-symmetric-short",
    /// Registers a client that shows no initial access token.
    RegistrationTokenOptional = "registration-token-optional",
    /// Registers no client for client credentials alone.
    RegistrationMachinesRefused = "registration-machines-refused",
    /// Registers no client for client credentials beside another grant.
    RegistrationOfBothRefused = "registration-of-both-refused",
    /// Registers no client for client credentials beside another grant, and takes redirect URIs by http on loopback from native applications only.
    RegistrationOfBothNative = "registration-of-both-native",
    /// Refuses a `jwks_uri` by plain http.
    RegistrationKeysByHttps = "registration-keys-by-https",
    /// Refuses a `jwks_uri` that it cannot fetch.
    RegistrationKeysFetched = "registration-keys-fetched",
    /// Says that a client which registers a sector has another one.
    RegistrationSectorReplaced = "registration-sector-replaced",
    /// Leaves out the fragment of a redirect URI in an update of a client.
    ClientUpdateCorrects = "client-update-corrects",
    /// Answers 500 to the first registration.
    RegistrationFailsFirst = "registration-fails-first",
    /// Answers 500 to a registration while it is busy with another.
    RegistrationOneAtATime = "registration-one-at-a-time",
    /// Registers web applications for the implicit grant, which it does not have.
    RegistrationImplicit = "registration-implicit",
    /// Has the configuration of each client at an address that does not name the client.
    RegistrationOwnHandle = "registration-own-handle",
    /// Registers native applications with a secret, whatever they ask for.
    RegistrationNativeSecret = "registration-native-secret",
    /// Answers 404 where a client was deleted.
    ClientConfigNotFound = "client-config-not-found",
    /// Gives a client a new secret and a new registration access token each time it reads its configuration, as RFC 7592 2.1 allows.
    ClientConfigRotates = "client-config-rotates",
    /// The same, and goes on taking the old token.
    ClientConfigKeepsToken = "client-config-keeps-token",
    /// Changes the name of a client each time it reads its configuration.
    ClientConfigChanges = "client-config-changes",
    /// Answers 404 to the update of a client that was deleted.
    ClientUpdateNotFound = "client-update-not-found",
    /// Makes a new client of the update of one that was deleted.
    ClientUpdateRecreates = "client-update-recreates",
    /// Answers 204 to each deletion of a client that was deleted.
    DeletionRepeatable = "deletion-repeatable",
    /// Takes an update with a secret that is not the client's, and leaves the secret as it is.
    ClientUpdateSecretIgnored = "client-update-secret-ignored",
    /// Takes the identifier of a client from the body of an update.
    ClientUpdateTakesId = "client-update-takes-id",
    /// Adds the redirect URIs of an update to those that the client has.
    ClientUpdateAugments = "client-update-augments",
    /// Answers an update as if it was made, and makes none.
    ClientUpdateForgotten = "client-update-forgotten",
    /// Keeps what an update leaves out.
    ClientUpdateKeepsOmitted = "client-update-keeps-omitted",
    /// Has no updates.
    ClientUpdateNotOffered = "client-update-not-offered",
    /// Forgets a deleted client everywhere but at the authorization endpoint.
    DeletionKeepsAuthorization = "deletion-keeps-authorization",
    /// Deletes a client and leaves its access tokens good.
    DeletionKeepsTokens = "deletion-keeps-tokens",
    /// Answers a deletion with 204 and deletes nothing.
    DeletionIgnored = "deletion-ignored",
    /// Deletes a client's configuration and goes on accepting its credentials.
    DeletionKeepsCredentials = "deletion-keeps-credentials",
    /// Refuses client assertions that name the issuer as their audience.
    AssertionForIssuerRefused = "assertion-for-issuer-refused",
    /// Refuses every client assertion that a key signed.
    AssertionRefused = "assertion-refused",
    /// Refuses every client assertion that a secret signed.
    AssertionBySecretRefused = "assertion-by-secret-refused",
    /// Looks at the code before a client assertion, and refuses every assertion.
    AssertionRefusedAfterCode = "assertion-refused-after-code",
    /// Looks at the code before a client assertion, and takes those alone whose audience is the token endpoint.
    AssertionForEndpointAfterCode = "assertion-for-endpoint-after-code",
    /// Takes client assertions that the key of any client signed.
    AssertionKeyOfAnyClient = "assertion-key-of-any-client",
    /// Refuses client assertions with a claim that is not known.
    AssertionClaimUnknownRefused = "assertion-claim-unknown-refused",
    /// Refuses client assertions with a header parameter that is not known.
    AssertionHeaderUnknownRefused = "assertion-header-unknown-refused",
    /// Calls token requests malformed whose assertion has a claim that it does not know.
    AssertionClaimUnknownMalformed = "assertion-claim-unknown-malformed",
    /// Answers userinfo as plain JSON although the client registered a signature.
    UserinfoUnsigned = "userinfo-unsigned",
    /// Signs userinfo with PS256, whatever the client registered.
    UserinfoOtherAlg = "userinfo-other-alg",
    /// Signs userinfo with a key that is not published, under the published `kid`.
    UserinfoForeignKey = "userinfo-foreign-key",
    /// Answers a revocation with 200 and revokes nothing.
    RevocationIgnored = "revocation-ignored",
    /// Takes the code challenge itself for the code verifier.
    PkceChallengeAccepted = "pkce-challenge-accepted",
    /// Takes the code verifier of any code for the right one.
    PkceAnyFlow = "pkce-any-flow",
    /// Takes a client secret from the query.
    SecretInQueryAccepted = "secret-in-query-accepted",
    /// Refuses a code that was used before, and revokes nothing.
    CodeReuseHarmless = "code-reuse-harmless",
    /// Refuses a refresh token that was used before, and revokes nothing.
    RefreshReuseHarmless = "refresh-reuse-harmless",
    /// Forgets a refresh token that a client failed to authenticate with.
    RefreshLostByAttack = "refresh-lost-by-attack",
    /// Keeps the keys of a client behind its `jwks_uri`, looks at the refresh token before the assertion, and forgets it where that is not good.
    RefreshLostByAssertion = "refresh-lost-by-assertion",
    /// Goes on taking the refresh tokens of confidential clients after it has given newer ones.
    RefreshKeptByConfidentialClient = "refresh-kept-by-confidential-client",
    /// Compares the grant type with those of the client before it looks whether there is such a grant.
    GrantsOfClientFirst = "grants-of-client-first",
    /// Lets public clients keep their refresh token.
    RefreshKeptByPublicClient = "refresh-kept-by-public-client",
    /// Grants the whole scope to a refresh that asks for a part of it.
    RefreshNeverNarrows = "refresh-never-narrows",
    /// Takes an access token from the query.
    BearerInQuery = "bearer-in-query",
    /// Refuses to revoke a token it never gave.
    RevocationUnknownRefused = "revocation-unknown-refused",
    /// Looks for a token only where `token_type_hint` says.
    RevocationTrustsHint = "revocation-trusts-hint",
    /// Revokes a refresh token alone, and lets its access tokens live.
    RevocationWithoutCascade = "revocation-without-cascade",
    /// Answers the revocation of an access token with 200 and does nothing.
    RevocationSparesAccess = "revocation-spares-access",
    /// Answers a wrong client secret at introspection with 400.
    IntrospectionBadRequest = "introspection-bad-request",
    /// Tells more of tokens that are not active than that.
    IntrospectionTalkative = "introspection-talkative",
    /// Forgets the ID token in the answer to an authorization code for `openid`.
    IdTokenMissing = "id-token-missing",
    /// Gives no refresh token although `offline_access` was granted.
    RefreshTokenMissing = "refresh-token-missing",
    /// Refuses revocations of public clients.
    RevocationForConfidentialClients = "revocation-for-confidential-clients",
    /// Takes an empty client secret for the right one.
    EmptySecretAccepted = "empty-secret-accepted",
    /// Takes the secret of any client for the right one.
    SecretOfAnyClientAccepted = "secret-of-any-client-accepted",
    /// Answers introspection of a living token with `active: false`.
    IntrospectionBlind = "introspection-blind",
    /// Gives authorization codes of eight characters.
    CodeShort = "code-short",
    /// Answers what it refuses with a page of its own instead of an error for the client.
    AuthorizationErrorAsPage = "authorization-error-as-page",
    /// Answers what is wrong with a request with `access_denied` instead of `invalid_request`.
    InvalidRequestUnnamed = "invalid-request-unnamed",
    /// Breaks on a `max_age` that is no number of seconds.
    MaxAgeBreaks = "max-age-breaks",
    /// Checks the first of two redirect URIs and redirects to the second.
    RedirectSecondUsed = "redirect-second-used",
    /// Takes the first registered redirect URI where a request has none.
    RedirectMissingDefaulted = "redirect-missing-defaulted",
    /// Takes no other port of a native application than the registered one.
    LoopbackPortFixed = "loopback-port-fixed",
    /// Redirects for clients it does not know.
    UnknownClientRedirected = "unknown-client-redirected",
    /// Redirects for requests that name no client.
    NoClientRedirected = "no-client-redirected",
    /// Answers a wrong redirect URI with an error at one that the client registered.
    RedirectRefusedAtRegistered = "redirect-refused-at-registered",
    /// Shows what is wrong with a request on a page with status 200.
    RefusalPageOk = "refusal-page-ok",
    /// Shows the redirect URI it refuses as it is.
    RefusalPageRaw = "refusal-page-raw",
    /// Shows the redirect URI it refuses in an attribute and in a script, where its markup means nothing.
    RefusalPageQuoted = "refusal-page-quoted",
    /// Signs ID tokens for clients that registered HS256 with a secret that is not the client's.
    IdTokenForeignSecret = "id-token-foreign-secret",
    /// Takes the host for its own that a request names by `X-Forwarded-Host`.
    ForwardedHostTrusted = "forwarded-host-trusted",
    /// Registers clients for ID tokens by HS256 with a secret of 32 characters.
    RegistrationSymmetricLeast = "registration-symmetric-least",
    /// Goes on with a client that offers TLS 1.1 at most.
    TlsOldVersion = "tls-old-version",
    /// Goes on with a client that offers no cipher suite which encrypts.
    TlsWeakCipher = "tls-weak-cipher",
    /// Refuses a client that does not offer TLS 1.3.
    TlsNewOnly = "tls-new-only",
    /// Adds an audience the client has never heard of to ID tokens: `aud` becomes an array of the client and `https://stranger.example`.
    IdTokenStranger = "id-token-stranger",
    /// The same to the ID tokens of a refresh only.
    IdTokenRefreshStranger = "id-token-refresh-stranger",
    /// Names the client itself as the audience of access tokens.
    AccessTokenForClient = "access-token-for-client",
    /// Answers a refresh with the access token of the response the refresh token came in.
    RefreshKeepsAccessToken = "refresh-keeps-access-token",
    /// Ends every redirect to a client with `#_`, so that no browser attaches a fragment again (RFC 9700 4.1.3).
    RedirectGuarded = "redirect-guarded",
    /// Sends the `state` twice in the authorization response.
    AuthorizationResponseDoubled = "authorization-response-doubled",
    /// Gives nobody an initial access token, and registers nobody: a policy forbids it (403).
    RegistrationByPolicy = "registration-by-policy",
    /// Answers `prompt=none` without a hint and a login with `invalid_request`.
    PromptNoneNeedsHint = "prompt-none-needs-hint",
    /// Looks at `prompt=none` before it sees that another value stands beside it.
    PromptNoneFirst = "prompt-none-first",
    /// Shows the login page although `prompt=none` was asked.
    PromptNoneShowsLogin = "prompt-none-shows-login",
    /// Answers `prompt=none` with `login_required` although the end-user is logged in.
    PromptNoneRefused = "prompt-none-refused",
    /// Ignores `prompt=login`: no login page, the old `auth_time`.
    PromptLoginIgnored = "prompt-login-ignored",
    /// Says, at the second authorization and at a refresh, an `auth_time` that is a second later than at the first authorization.
    AuthTimeRounded = "auth-time-rounded",
    /// Says the time of the second authorization, not of the login, as `auth_time`.
    AuthTimeMoves = "auth-time-moves",
    /// Calls the end-user by another `sub` at every authorization.
    SubMoves = "sub-moves",
    /// Refuses an `id_token_hint` of its own.
    IdTokenHintRefused = "id-token-hint-refused",
    /// Answers an error with a code beside it.
    AuthorizationErrorWithCode = "authorization-error-with-code",
    /// Sends authorization errors in the fragment of the redirect URI.
    AuthorizationErrorInFragment = "authorization-error-in-fragment",
    /// Answers a wrong client secret with 400 and `invalid_grant`.
    WrongSecretIsInvalidGrant = "wrong-secret-is-invalid-grant",
    /// Answers a code it never gave with status 200 and an empty object.
    UnknownCodeAccepted = "unknown-code-accepted",
    /// Knows the authentication scheme `Bearer` only in that spelling.
    BearerCaseSensitive = "bearer-case-sensitive",
    /// Puts the claims of `profile`, `email` and so on into the ID token instead of userinfo.
    ScopeClaimsInIdToken = "scope-claims-in-id-token",
    /// Ignores the `claims` parameter although it says it supports it.
    ClaimsParameterIgnored = "claims-parameter-ignored",
    /// Supports no request objects, and answers them with `request_not_supported`.
    RequestObjectUnsupported = "request-object-unsupported",
    /// Answers an address in `request_uri` with `invalid_request_uri`, since it made none there.
    RequestUriInvalid = "request-uri-invalid",
    /// Answers request objects that are not signed, and those by reference, as if the end-user refused.
    RequestObjectsDenied = "request-objects-denied",
    /// Answers request objects with `invalid_request`.
    RequestObjectUnnamed = "request-object-unnamed",
    /// Ignores request objects.
    RequestObjectIgnored = "request-object-ignored",
    /// Ignores the addresses of request objects.
    RequestUriIgnored = "request-uri-ignored",
    /// Prefers the parameters beside a request object to those in it.
    RequestObjectOutsideWins = "request-object-outside-wins",
    /// Refuses request objects without saying so: the browser comes back with nothing.
    RequestObjectRefusedBare = "request-object-refused-bare",
    /// Refuses request objects as an invalid request, whatever is wrong with them.
    RequestObjectRefusedUnnamed = "request-object-refused-unnamed",
    /// Refuses request objects with a claim that is not known.
    RequestObjectClaimUnknownRefused = "request-object-claim-unknown-refused",
    /// Refuses request objects with a header parameter that is not known.
    RequestObjectHeaderUnknownRefused = "request-object-header-unknown-refused",
    /// Refuses request objects whose type begins with `application/`.
    RequestObjectTypePrefixRefused = "request-object-type-prefix-refused",
    /// Sends refusals to the redirect URI in a request object, which the client did not register.
    RequestObjectRedirectsAnywhere = "request-object-redirects-anywhere",
    /// Fetches request objects from the address in a request.
    RequestUriFetched = "request-uri-fetched",
    /// Fetches them by POST.
    RequestUriPosted = "request-uri-posted",
    /// Verifies a JWT of a client with the key in its own header (here and below client assertions and request objects).
    JwtKeyEmbedded = "jwt-key-embedded",
    /// Verifies it with the key of a certificate in its header.
    JwtCertificateEmbedded = "jwt-certificate-embedded",
    /// Verifies it with the keys behind the `jku` of its header.
    JwtKeySetAddress = "jwt-key-set-address",
    /// Verifies it with the key of a certificate behind the `x5u` of its header.
    JwtCertificateAddress = "jwt-certificate-address",
    /// Fetches what the header names an address of, and takes nothing from there.
    JwtAddressesFetched = "jwt-addresses-fetched",
    /// Does not show a client's logo.
    LogoHidden = "logo-hidden",
    /// Does not link to a client's policy.
    PolicyHidden = "policy-hidden",
    /// Does not link to a client's terms of service.
    TermsHidden = "terms-hidden",
    /// Writes the `state` into its pages as it is.
    StateUnescaped = "state-unescaped",
    /// Keeps only 255 characters of the `state`.
    StateCut = "state-cut",
    /// Escapes the `nonce` as for HTML before it goes into the ID token.
    NonceEscaped = "nonce-escaped",
    /// Refuses authorization requests with a scope that does not exist, with `invalid_request`.
    UnknownScopeRefused = "unknown-scope-refused",
    /// Refuses each authorization request of a client that has asked for a scope that does not exist, with `invalid_request`.
    UnknownScopeBarsClient = "unknown-scope-bars-client",
    /// Grants a scope that does not exist, and names no scope in the token response then: all that was asked for was granted.
    UnknownScopeGranted = "unknown-scope-granted",
    /// Refuses a grant that the client did not register with `invalid_grant`.
    GrantUnregisteredInvalid = "grant-unregistered-invalid",
    /// Gives any client tokens for a user name and a password.
    PasswordGrant = "password-grant",
    /// Gives tokens for any other token (RFC 8693).
    TokenExchangeGrant = "token-exchange-grant",
    /// Has the password grant and that of RFC 8693, and knows none of the passwords and tokens that it is given.
    GrantsForKnown = "grants-for-known",
    /// Refuses an authorization request by POST.
    PostRequestRefused = "post-request-refused",
    /// Answers a request for `form_post` by a redirect.
    FormPostAsQuery = "form-post-as-query",
    /// Drops the query of the redirect URI when it adds the response's parameters.
    RedirectQueryLost = "redirect-query-lost",
    /// Takes token requests as forms only.
    JsonTokenRequestRefused = "json-token-request-refused",
    /// Refuses a refresh as JSON.
    JsonRefreshRefused = "json-refresh-refused",
    /// Publishes its metadata below the path of the issuer, with the well-known path at the end.
    MetadataAppended = "metadata-appended",
    /// Issues tokens for its own audience, whatever a token request asks for.
    AudienceIgnored = "audience-ignored",
    /// Answers what it refuses with a page that says little and has neither a form nor a button, with status 200.
    AuthorizationErrorAsBarePage = "authorization-error-as-bare-page",
    /// Grants all that is asked for but `openid`.
    OpenidNotGranted = "openid-not-granted",
    /// Has a clock that is five minutes ahead.
    ClockAhead = "clock-ahead",
    /// Has a clock that is five minutes behind.
    ClockBehind = "clock-behind",
    /// Has a clock that is an hour ahead.
    ClockHourAhead = "clock-hour-ahead",
    /// Has a clock that is seven minutes behind.
    ClockSevenMinutesBehind = "clock-seven-minutes-behind",
    /// Has a clock that is an hour behind.
    ClockHourBehind = "clock-hour-behind",
    /// Signs tokens with keys that it publishes from the first token on, beside those it published before.
    KeysRollOver = "keys-roll-over",
    /// The same, and takes back the keys it published before.
    KeysReplaced = "keys-replaced",
    /// Publishes other keys in every other answer, those it signs with in the second: two servers behind one address.
    KeySetsAlternate = "key-sets-alternate",
    /// Refuses one request in many with 429 or 503 and `Retry-After: 1`, or with 502 or 504 where it changes nothing, and answers it the next time.
    BusyNowAndThen = "busy-now-and-then",
    /// Refuses one request in many with 429, 502, 503 or 504, and does so again when it comes once more.
    GatewayNowAndThen = "gateway-now-and-then",
    /// Answers 503 to whoever fetches the certificate of a key.
    CertificateBusy = "certificate-busy",
    /// Answers every token request with 503.
    TokenEndpointBusy = "token-endpoint-busy",
    /// Gives secrets with characters that form-encoding changes.
    SecretsWithSigns = "secrets-with-signs",
    /// The same, and compares what comes by Basic as it is.
    BasicNotDecoded = "basic-not-decoded",
    /// Gives the client that is not registered dynamically such a secret, and takes it in the body alone.
    StaticClientByPost = "static-client-by-post",
    /// Registers its own clients for the code flow alone, whatever it offers.
    StaticClientsForCode = "static-clients-for-code",
    /// Answers that a session is closed, and keeps it.
    SessionCloseIgnored = "session-close-ignored",
    /// Issues access tokens that are dead from the start: neither userinfo nor introspection nor a resource takes them.
    AccessTokenStillborn = "access-token-stillborn",
    /// Refuses every code with `invalid_grant`.
    CodeAlwaysRefused = "code-always-refused",
    /// Answers a code that it refuses with an access token that opens nothing.
    CodeRefusedWithDeadToken = "code-refused-with-dead-token",
    /// Refuses every refresh of a client that authenticates with `invalid_grant`.
    RefreshAlwaysRefused = "refresh-always-refused",
    /// Looks at the code of a token request before it looks at the client.
    /// A code that a client fails to authenticate with is taken back.
    CodeBeforeClient = "code-before-client",
    /// Refuses client credentials to the client that is known beforehand, as if it did not know it.
    ClientGrantRefused = "client-grant-refused",
    /// Keeps no login beyond the request it was for.
    SessionNone = "session-none",
    /// Refuses authorization requests without scope before it looks at their response type, with `invalid_scope`.
    ScopeRequired = "scope-required",
    /// Refuses authorization requests without the scope `openid` before it looks at their response type, with `invalid_scope`.
    OpenidRequired = "openid-required",
    /// Wants a code challenge from every client, and misses a code verifier before it looks at the code.
    PkceForAll = "pkce-for-all",
    /// Refuses every revocation of a client that authenticates.
    RevocationClosed = "revocation-closed",
    /// Answers a revocation at once, and carries it out half a second later.
    RevocationDelayed = "revocation-delayed",
    /// Revokes refresh tokens alone, and says so of an access token.
    RevocationOfRefreshTokensOnly = "revocation-of-refresh-tokens-only",
    /// Issues access tokens that are no JWTs, and lets them live when their refresh token is revoked.
    RevocationWithoutCascadeOpaque = "revocation-without-cascade-opaque",
    /// Answers every logout request with an error page.
    LogoutClosed = "logout-closed",
    /// Takes `max_age=0` for none.
    MaxAgeZeroIgnored = "max-age-zero-ignored",
    /// Believes an `id_token_hint` whoever signed it.
    HintUnverified = "hint-unverified",
    /// Believes an `id_token_hint` with `alg` `none`.
    HintUnsignedTaken = "hint-unsigned-taken",
    /// Takes a request with an `id_token_hint` that it did not sign for one without.
    HintInvalidIgnored = "hint-invalid-ignored",
    /// Looks at no `id_token_hint`.
    HintIgnored = "hint-ignored",
    /// Takes an `id_token_hint` of its own for a login.
    HintLogsIn = "hint-logs-in",
    /// Looks at no value of `sub` in the parameter `claims`.
    SubValueIgnored = "sub-value-ignored",
    /// Grants requests with an essential `acr` that it does not have.
    AcrEssentialIgnored = "acr-essential-ignored",
    /// Refuses requests with an essential `acr` that it does not have with `access_denied`.
    UnmetAcrUnnamed = "unmet-acr-unnamed",
    /// Refuses the parameter `claims` with a member that it does not know.
    ClaimsMemberRefused = "claims-member-refused",
    /// Refuses a request for a claim with a member that it does not know.
    ClaimsInClaimRefused = "claims-in-claim-refused",
    /// Refuses a request for an essential claim that it does not have.
    ClaimsUnavailableRefused = "claims-unavailable-refused",
    /// Refuses authorization requests without a `state`.
    StateRequired = "state-required",
    /// Refuses a `state` of fewer than eight characters.
    StateShortRefused = "state-short-refused",
    /// Refuses a `nonce` of fewer than eight characters.
    NonceShortRefused = "nonce-short-refused",
    /// Refuses authorization requests without a `nonce`.
    NonceRequired = "nonce-required",
    /// Refuses authorization requests with a `display`.
    DisplayRefused = "display-refused",
    /// Refuses authorization requests with a `login_hint`.
    LoginHintRefused = "login-hint-refused",
    /// Refuses authorization requests with `ui_locales`.
    UiLocalesRefused = "ui-locales-refused",
    /// Refuses authorization requests with `claims_locales`.
    ClaimsLocalesRefused = "claims-locales-refused",
    /// Refuses authorization requests with `acr_values`.
    AcrValuesRefused = "acr-values-refused",
    /// Refuses authorization requests with `claims`, although it says that it supports it.
    ClaimsRefused = "claims-refused",
    /// Refuses authorization requests with a parameter that it does not know.
    UnknownParameterRefused = "unknown-parameter-refused",
    /// Refuses authorization requests with a code challenge.
    ChallengeRefused = "challenge-refused",
    /// Refuses authorization requests whose scope has `openid` and does not begin with it.
    ScopeOrderFixed = "scope-order-fixed",
    /// Returns no `state` to an authorization request by POST.
    PostStateLost = "post-state-lost",
    /// Takes no client secret from the body of a request, although it registers clients for that.
    SecretInBodyRefused = "secret-in-body-refused",
    /// Returns a `state` without a value.
    EmptyStateReturned = "empty-state-returned",
    /// Refuses a `max_age` without a value.
    EmptyParametersRefused = "empty-parameters-refused",
    /// Answers a request with a response mode that does not exist by the usual one.
    UnknownModeTaken = "unknown-mode-taken",
    /// Answers a request with a response mode that does not exist with an error at the redirect URI.
    UnknownModeRedirected = "unknown-mode-redirected",
    /// Ignores `prompt=select_account`.
    SelectAccountIgnored = "select-account-ignored",
    /// Forgets after the login what was asked for by POST.
    PostRequestLost = "post-request-lost",
    /// Leaves `auth_time` out where `claims` asks for it as essential.
    AuthTimeEssentialIgnored = "auth-time-essential-ignored",
    /// Gives another `acr` than the essential one that was asked for.
    AcrEssentialOther = "acr-essential-other",
    /// Leaves `acr` out where `acr_values` asks for it.
    AcrVoluntaryMissing = "acr-voluntary-missing",
    /// Sends codes in the fragment of the redirect URI.
    AuthorizationResponseInFragment = "authorization-response-in-fragment",
    /// Keeps the code challenge in the code, for all to read.
    CodeHoldsChallenge = "code-holds-challenge",
    /// Drops the query of the redirect URI from error responses.
    RedirectQueryLostInErrors = "redirect-query-lost-in-errors",
    /// Answers a request for `form_post` that it refuses by a redirect.
    FormPostErrorAsQuery = "form-post-error-as-query",
    /// Sends the form of an error response with status 400.
    FormPostErrorStatus = "form-post-error-status",
    /// Supports code challenges by `plain`, and those without a method, which are such.
    PkcePlainSupported = "pkce-plain-supported",
    /// Takes a code challenge without a method for one by S256.
    PkceMethodAssumed = "pkce-method-assumed",
    /// Refuses authorization requests without scope with `invalid_request`.
    ScopeRequiredUnnamed = "scope-required-unnamed",
    /// Answers the consent form with a redirect of status 307.
    ConsentAnswered307 = "consent-answered-307",
    /// Answers a request without a response type as if it was out of order.
    ResponseTypeMissingBreaks = "response-type-missing-breaks",
    /// Shows a page that only scripts do something on for a `prompt` that it does not know.
    PromptUnknownScript = "prompt-unknown-script",
    /// Sends a `session_state` only for requests of OpenID Connect.
    SessionStateOfOpenid = "session-state-of-openid",
    /// Has a page for the frame of session management that answers no message.
    SessionFrameSilent = "session-frame-silent",
    /// Lets no page of another origin have the page of session management in a frame.
    SessionFrameNotFramed = "session-frame-not-framed",
    /// Says `changed` in the frame, whatever it is asked.
    SessionFrameAlwaysChanged = "session-frame-always-changed",
    /// Says `unchanged` in the frame, whatever session state it is asked for.
    SessionFrameAlwaysUnchanged = "session-frame-always-unchanged",
    /// Makes a `session_state` that is the same for every client.
    SessionFrameAnyClient = "session-frame-any-client",
    /// Makes a `session_state` that is the same for every origin.
    SessionFrameAnyOrigin = "session-frame-any-origin",
    /// Says `changed` in the frame to a message of the wrong form.
    SessionFrameNoError = "session-frame-no-error",
    /// Keeps the state of the browser at a logout.
    SessionStateKept = "session-state-kept",
    /// Has the same state of the browser at every login of an end-user.
    SessionStateOfUser = "session-state-of-user",
    /// Sends the same `session_state` at every login of an end-user.
    SessionStateConstant = "session-state-constant-at-login",
    /// Has another state of the browser after each authorization request.
    SessionStateBusy = "session-state-busy",
    /// Compares session states at the server, which the frame asks.
    SessionFrameAsksServer = "session-frame-asks-server",
    /// Has a page for the frame that listens some time after it was loaded.
    SessionFrameLate = "session-frame-late",
    /// Answers no message of an origin that no client has.
    SessionFrameStrangersSilent = "session-frame-strangers-silent",
    /// Keeps the state of the browser in a cookie that a page of another site does not have.
    SessionStateOutOfSight = "session-state-out-of-sight",
    /// Breaks at a consent form that is not of this browser.
    ConsentFormBreaks = "consent-form-breaks",
    /// Takes the consent form from any browser, and tells forms apart by a number.
    ConsentFormNumbered = "consent-form-numbered",
    /// Goes by the response type in a request object, whatever stands beside it.
    RequestObjectTypeInside = "request-object-type-inside",
    /// Refuses a second request of a client that cannot prove who it is as a request that is wrong.
    RepeatedRequestRefused = "repeated-request-refused",
    /// Refuses a request without scope after the login, with `access_denied`.
    ScopeRequiredAfterLogin = "scope-required-after-login",
    /// Shows an error page for `prompt=select_account`.
    SelectAccountErrorPage = "select-account-error-page",
    /// Shows the beginning of a client's name in capitals.
    ClientNameCut = "client-name-cut",
    /// Shows the end-user's picture to who is logged in.
    PictureBehindLogin = "picture-behind-login",
    /// Sends the end-user's picture as `text/plain`.
    PictureUntyped = "picture-untyped",
    /// Ignores values of `prompt` that it does not know.
    PromptUnknownTaken = "prompt-unknown-taken",
    /// Does not say which value of which parameter it does not know, where that is `prompt`.
    PromptUnnamed = "prompt-unnamed",
    /// Lets no client introspect: that is for resource servers.
    IntrospectionForResourceServers = "introspection-for-resource-servers",
    /// Signs userinfo for clients that did not register for it.
    UserinfoSignedUnasked = "userinfo-signed-unasked",
    /// Knows no access tokens of clients' own at userinfo, and refuses them as unknown.
    ClientTokensElsewhere = "client-tokens-elsewhere",
    /// Takes no bearer token at introspection, and calls a request with one malformed.
    IntrospectionBearerBadRequest = "introspection-bearer-bad-request",
    /// Answers an introspection with a bearer token that is not known with 403.
    IntrospectionBearerForbidden = "introspection-bearer-forbidden",
    /// Looks for a token to introspect only where `token_type_hint` says, if that is a type it knows.
    IntrospectionTrustsHint = "introspection-trusts-hint",
    /// Refuses an introspection with a `token_type_hint` that it does not know.
    IntrospectionUnknownHintRefused = "introspection-unknown-hint-refused",
    /// Refuses to introspect a refresh token that is not good any more.
    IntrospectionRevokedRefused = "introspection-revoked-refused",
    /// Does not look among access tokens for one whose `token_type_hint` is that of a refresh token.
    RevocationAccessTrustsHint = "revocation-access-trusts-hint",
    /// Revokes nothing under a `token_type_hint` that it does not know.
    RevocationUnknownHintFails = "revocation-unknown-hint-fails",
    /// Answers the revocation of another client's token with 200, and revokes nothing.
    RevocationOfAnotherSilent = "revocation-of-another-silent",
    /// Forgets the access tokens of refreshes.
    RefreshedTokenStillborn = "refreshed-token-stillborn",
    /// Gives all claims of the end-user to a refreshed access token.
    RefreshedTokenClaims = "refreshed-token-claims",
    /// Says the time of the refresh as `auth_time` in a refreshed access token.
    RefreshedTokenAuthTime = "refreshed-token-auth-time",
    /// Dates a refreshed ID token as the first was dated.
    RefreshCopiesIat = "refresh-copies-iat",
    /// Leaves `offline_access` out of the scope of refreshed access tokens, which have no use for it.
    RefreshWithoutOfflineAccess = "refresh-without-offline-access",
    /// Narrows a refresh token for ever by a refresh for a part of its scope.
    RefreshLosesScope = "refresh-loses-scope",
    /// Refuses a token request with a parameter that it does not know.
    TokenUnknownParameterRefused = "token-unknown-parameter-refused",
    /// Refuses a token request with an empty `scope`.
    TokenEmptyScopeRefused = "token-empty-scope-refused",
    /// Takes an empty `code` for a code that it does not know.
    TokenEmptyCodeUnknown = "token-empty-code-unknown",
    /// Grants a client for itself whatever scope it asks for.
    ClientScopeInvented = "client-scope-invented",
    /// Leaves out what it does not know of the scope that a client asks for for itself.
    ClientScopeCut = "client-scope-cut",
    /// Refuses a scope that a client may not have for itself with `invalid_request`.
    ClientScopeUnnamed = "client-scope-unnamed",
    /// Signs the ID tokens of public clients with HS256 and their identifier.
    IdTokenMacForPublic = "id-token-mac-for-public",
    /// Gives a code again once it was used.
    CodeAgain = "code-again",
    /// Gives codes that differ by a number.
    CodeCounted = "code-counted",
    /// Gives codes of 32 hexadecimal digits.
    CodeHex = "code-hex",
    /// Issues access tokens that are no JWTs, and those of clients that are gone again to others.
    AccessTokenAgain = "access-token-again",
    /// Issues access tokens that are no JWTs and differ by a number.
    AccessTokenCounted = "access-token-counted",
    /// Issues access tokens of 32 hexadecimal digits.
    AccessTokenHex = "access-token-hex",
    /// Gives all access tokens one `jti`.
    AccessTokenJtiAgain = "access-token-jti-again",
    /// Issues the refresh tokens of clients that are gone again to others.
    RefreshTokenAgain = "refresh-token-again",
    /// Issues refresh tokens that differ by a number.
    RefreshTokenCounted = "refresh-token-counted",
    /// Issues refresh tokens of 32 hexadecimal digits.
    RefreshTokenHex = "refresh-token-hex",
    /// Calls the end-user something else towards each client.
    SubPerClient = "sub-per-client",
    /// Calls the end-user something else at every login to a client with pairwise subjects.
    PairwiseMoves = "pairwise-moves",
    /// Calls the end-user something else towards each client with pairwise subjects, whatever its sector.
    PairwisePerClient = "pairwise-per-client",
    /// Calls the end-user the same towards every client with pairwise subjects.
    PairwiseForAll = "pairwise-for-all",
    /// Registers no client with pairwise subjects whose redirect URI is by http.
    PairwiseByHttps = "pairwise-by-https",
}

impl Behaviour {
    /// True if it shows only in an issuer that is served over TLS.
    pub fn is_of_tls(self) -> bool {
        let of_versions = matches!(self, Self::TlsOldVersion | Self::TlsWeakCipher | Self::TlsNewOnly);
        let of_certificates = matches!(self, Self::MutualTlsRefused | Self::MutualTlsByHandshake | Self::MutualTlsWithoutAliases);
        let of_tokens = matches!(
            self,
            Self::BoundTokenPadded | Self::IntrospectionUnbound | Self::BoundTokenForbidden | Self::BoundTokenBehindProxy | Self::BoundTokenRefused
        );
        of_versions || of_certificates || of_tokens
    }
}
