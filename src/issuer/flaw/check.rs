//! The checks the issuer makes that a flaw can waive. Each is made at one place, which asks [`Defect::checks`](super::apply::Defect::checks).

use super::named;

impl Check {
    /// True if it is made only in an issuer that is served over TLS.
    pub fn is_of_tls(self) -> bool {
        let of_clients = matches!(self, Self::CertificatePresent | Self::CertificateOfClient | Self::CertificateKnown);
        of_clients || matches!(self, Self::TokenBound | Self::BoundTokenCertificatePresent | Self::BoundTokenCertificate)
    }
}

named! {
    /// A check that the issuer makes: the sentence is true of everything that passes it.
    Check:
    /// A registration shows the initial access token (RFC 7591 3).
    RegistrationToken = "registration/initial-access-token",
    /// A client that authenticates by a certificate shows one (RFC 8705 2).
    CertificatePresent = "mutual-tls/present",
    /// The certificate is not that of another client.
    CertificateOfClient = "mutual-tls/of-client",
    /// The certificate is one that a client has.
    CertificateKnown = "mutual-tls/known",
    /// An access token is bound to the certificate of the connection, where the client registered that (RFC 8705 3).
    TokenBound = "bound-token/bound",
    /// An access token that is bound comes with a certificate.
    BoundTokenCertificatePresent = "bound-token/present",
    /// The certificate is the one that the token is bound to.
    BoundTokenCertificate = "bound-token/certificate",
    /// No redirect URI that is registered has a fragment (RFC 6749 3.1.2).
    RegistrationFragment = "registration/redirect-uri-fragment",
    /// Every redirect URI that is registered is absolute (RFC 6749 3.1.2).
    RegistrationAbsolute = "registration/redirect-uri-absolute",
    /// No redirect URI that is registered is one that a browser runs or shows by itself (RFC 7591 5).
    RegistrationScheme = "registration/redirect-uri-scheme",
    /// No redirect URI that is registered for a web application is by http on a remote host (RFC 9700 2.6).
    RegistrationHttp = "registration/redirect-uri-http",
    /// No redirect URI that is registered for a native application is by http on a remote host (OpenID Connect Registration 2).
    RegistrationNativeHttp = "registration/redirect-uri-http-native",
    /// A native client's own scheme has a period (RFC 8252 8.4).
    RegistrationSchemePeriod = "registration/redirect-uri-scheme-period",
    /// A client that uses codes registers a redirect URI (RFC 7591 5).
    RegistrationRedirectUris = "registration/redirect-uris",
    /// A `jwks_uri` on a remote host is by https (OpenID Connect Registration 2).
    RegistrationKeysByHttps = "registration/jwks-uri-https",
    /// An `initiate_login_uri` is by https (OpenID Connect Registration 2).
    RegistrationLoginByHttps = "registration/initiate-login-https",
    /// The algorithm of client assertions that is registered is not `none` (OpenID Connect Registration 2).
    RegistrationAssertionAlg = "registration/assertion-alg",
    /// No public client registers for ID tokens by a secret (OpenID Connect Core 10.1).
    RegistrationSymmetricPublic = "registration/symmetric-public",
    /// The redirect URIs of a web application with the implicit grant are by https (OpenID Connect Registration 2).
    RegistrationImplicitHttps = "registration/implicit-https",
    /// They are not at localhost (OpenID Connect Registration 2).
    RegistrationImplicitHost = "registration/implicit-host",
    /// ID tokens that come from the authorization endpoint are signed (OpenID Connect Registration 2).
    RegistrationImplicitSigned = "registration/implicit-signed",
    /// The logo and the pages of a client are on the host of a redirect URI (RFC 7591 5).
    RegistrationLinks = "registration/links-host",
    /// A `sector_identifier_uri` is by https, but on loopback (OpenID Connect Registration 5).
    RegistrationSectorHttps = "registration/sector-https",
    /// A client registers `jwks` or `jwks_uri`, not both (RFC 7591 2).
    RegistrationKeySets = "registration/key-sets",
    /// The `response_types` of a client fit its `grant_types` (RFC 7591 2.1).
    RegistrationTypes = "registration/types",
    /// The authentication method that a client registers is supported.
    RegistrationMethod = "registration/auth-method",
    /// The sector document lists every redirect URI of the client (OpenID Connect Registration 5).
    RegistrationSector = "registration/sector",
    /// A request for a client's configuration has a token (RFC 7592 2).
    ClientConfigurationTokenPresent = "client-configuration/token-present",
    /// The token of such a request is a registration access token.
    ClientConfigurationTokenKnown = "client-configuration/token-known",
    /// The token of such a request was issued to this client.
    ClientConfigurationClient = "client-configuration/client",
    /// A change of a client's configuration has the registration access token of this client (RFC 7592 2.2).
    ClientUpdateToken = "client-update/token",
    /// The `client_id` of a change is that of the client (RFC 7592 2.2).
    ClientUpdateId = "client-update/client-id",
    /// A client does not choose its secret by a change (RFC 7592 2.2).
    ClientUpdateSecret = "client-update/client-secret",
    /// The metadata of a change are such as may be registered (RFC 7592 2.2).
    ClientUpdateMetadata = "client-update/metadata",
    /// A deletion has the registration access token of this client (RFC 7592 2.3).
    ClientDeletionToken = "client-deletion/token",
    /// A client that has credentials authenticates with them (RFC 6749 3.2.1).
    ClientAuthenticationPresent = "client-authentication/present",
    /// The client that authenticates exists.
    ClientAuthenticationKnown = "client-authentication/client-known",
    /// A client authenticates in one way only (RFC 6749 2.3).
    ClientAuthenticationOneMethod = "client-authentication/one-method",
    /// No parameter of a token request is there more than once (RFC 6749 3.2).
    TokenRequestRepeats = "token-request/repeats",
    /// A token request is a POST (RFC 6749 3.2).
    TokenRequestPost = "token-request/post",
    /// A client that asks for client credentials has registered the grant.
    GrantRegistered = "grant/registered",
    /// A client that asks for client credentials is confidential (RFC 6749 4.4).
    GrantConfidential = "grant/confidential",
    /// The certificate of a server that something of a client is fetched from is one that is trusted (OpenID Connect Core 16.17).
    FetchCertificates = "fetch/certificates",
    /// A JWT that a client sent demands no extension that is not known (here and below RFC 7515, RFC 7519: client assertions and request objects).
    JwtCritical = "jwt/critical",
    /// The JSON of such a JWT is well formed.
    JwtStrictJson = "jwt/strict-json",
    /// Nothing comes after the JSON of its claims.
    JwtWhole = "jwt/whole",
    /// There is no white space in its base64url.
    JwtBase64 = "jwt/base64url",
    /// It is in UTF-8.
    JwtUtf8 = "jwt/utf-8",
    /// Of a member that is there twice the last counts.
    JwtRepeats = "jwt/repeats",
    /// Its header has an algorithm.
    JwtAlgPresent = "jwt/alg-present",
    /// The algorithm is the one that the client registered.
    JwtAlgRegistered = "jwt/alg-registered",
    /// The signature was made with the hash of the algorithm.
    JwtHash = "jwt/hash",
    /// The key that signed it is the one that it names.
    JwtKid = "jwt/kid",
    /// A signature by ECDSA is as long as it must be.
    JwtSignatureLength = "jwt/signature-length",
    /// A client assertion is signed with a key of the client (RFC 7523 3).
    AssertionSignature = "client-assertion/signature",
    /// A client assertion has a signature: its algorithm is not `none`.
    AssertionSigned = "client-assertion/signed",
    /// A client assertion is not signed by HMAC, for which a client has no key.
    AssertionAlgorithm = "client-assertion/algorithm",
    /// A client assertion has an end.
    AssertionExpiryPresent = "client-assertion/expiry-present",
    /// A client assertion has not expired, where it has an end.
    AssertionExpiry = "client-assertion/expiry",
    /// The time of a client assertion has come.
    AssertionNotBefore = "client-assertion/not-before",
    /// A client assertion is for this issuer.
    AssertionAudience = "client-assertion/audience",
    /// The subject of a client assertion is the client.
    AssertionSubject = "client-assertion/subject",
    /// The issuer of a client assertion is the client.
    AssertionIssuer = "client-assertion/issuer",
    /// The issuer and the audience of a client assertion are right to the case of their letters.
    AssertionLetterCase = "client-assertion/letter-case",
    /// A client assertion is for nobody else.
    AssertionSoleAudience = "client-assertion/sole-audience",
    /// A client assertion has an identifier.
    AssertionIdentifier = "client-assertion/identifier",
    /// A client assertion is a JWT.
    AssertionReadable = "client-assertion/readable",
    /// The `client_id` beside a client assertion is its client (RFC 7521 4.2).
    AssertionClientId = "client-assertion/client-id",
    /// A client assertion by a secret is signed with the secret of the client.
    AssertionSecret = "client-assertion/secret",
    /// A client assertion comes as what it is, a JWT (RFC 7523 2.2).
    AssertionType = "client-assertion/type",
    /// A client assertion is used once.
    AssertionOnce = "client-assertion/once",
    /// The secret of a client that asks for client credentials is right.
    ClientCredentialsClientSecret = "client-credentials/client-secret",
    /// The secret of a client that exchanges a code is right.
    CodeClientSecret = "code/client-secret",
    /// A code is exchanged by the client it was issued to (RFC 6749 4.1.3).
    CodeClient = "code/client",
    /// The redirect URI of a token request is that of the authorization request (RFC 6749 4.1.3).
    CodeRedirectUri = "code/redirect-uri",
    /// A token request with a code has a redirect URI (RFC 6749 4.1.3).
    CodeRedirectUriPresent = "code/redirect-uri-present",
    /// A code is used once (RFC 6749 4.1.2).
    CodeSingleUse = "code/single-use",
    /// The code verifier fits the code challenge (RFC 7636 4.6).
    PkceVerifier = "pkce/verifier",
    /// The code verifier is 43 to 128 characters long (RFC 7636 4.1).
    PkceVerifierLength = "pkce/verifier-length",
    /// There is a code verifier where there was a code challenge (RFC 7636 4.6).
    PkceVerifierPresent = "pkce/verifier-present",
    /// There was a code challenge where there is a code verifier (RFC 9700 2.1.1).
    PkceDowngrade = "pkce/downgrade",
    /// The method of a code challenge is not `plain`, which the metadata do not list.
    PkceMethodPlain = "pkce/method-plain",
    /// The method of a code challenge is known (RFC 7636 4.4.1).
    PkceMethodKnown = "pkce/method-known",
    /// A public client sends a code challenge (RFC 9700 2.1.1).
    PkcePublicClient = "pkce/public-client",
    /// The secret of a client that refreshes is right.
    RefreshClientSecret = "refresh/client-secret",
    /// A refresh token is used by the client it was issued to (RFC 6749 6).
    RefreshClient = "refresh/client",
    /// What is sent as a refresh token is no access token.
    RefreshTokenKind = "refresh/token-kind",
    /// A refresh token is one that was issued, to the last character (RFC 6749 10.4).
    RefreshTokenWhole = "refresh/token-whole",
    /// A refresh token is used once (RFC 9700 4.14.2).
    RefreshSingleUse = "refresh/single-use",
    /// A refresh asks for no more than was granted (RFC 6749 6).
    RefreshScope = "refresh/scope",
    /// An access token is one that was issued, and not one with its `jti` (RFC 6749 10.3).
    AccessTokenWhole = "access-token/whole",
    /// The scope of an access token covers userinfo (RFC 6749 7).
    UserinfoOpenid = "userinfo/openid",
    /// A bearer token is in one place of a request (RFC 6750 2).
    BearerOneMethod = "bearer/one-method",
    /// A bearer token is no refresh token.
    BearerNoRefreshToken = "bearer/no-refresh-token",
    /// A bearer token is no ID token.
    BearerNoIdToken = "bearer/no-id-token",
    /// The claims that userinfo gives are those of a scope that was granted (OpenID Connect Core 5.4).
    UserinfoScope = "userinfo/scope",
    /// The secret of a client that revokes a token is right (RFC 7009 2.1).
    RevocationClientSecret = "revocation/client-secret",
    /// A token is revoked by the client it was issued to (RFC 7009 2.1).
    RevocationClient = "revocation/client",
    /// A revocation has a token (RFC 7009 2.1).
    RevocationTokenPresent = "revocation/token-present",
    /// An introspection has a token (RFC 7662 2.1).
    IntrospectionTokenPresent = "introspection/token-present",
    /// A client that introspects authenticates (RFC 7662 2.1).
    IntrospectionClient = "introspection/client-authentication",
    /// The secret of a client that introspects is right.
    IntrospectionClientSecret = "introspection/client-secret",
    /// A token that is called active is known (RFC 7662 2.2).
    IntrospectionTokenKnown = "introspection/token-known",
    /// An authorization request has a response type (RFC 6749 3.1.1).
    AuthorizationResponseTypePresent = "authorization-request/response-type-present",
    /// The response type is not `token`, which is not supported.
    AuthorizationResponseType = "authorization-request/response-type",
    /// A request for an ID token from the authorization endpoint has a `nonce` (OpenID Connect Core 3.2.2.1, 3.3.2.1).
    AuthorizationNonce = "authorization-request/nonce",
    /// A request for tokens does not ask for them in the query (OAuth 2.0 Multiple Response Type Encoding Practices 5).
    AuthorizationQueryMode = "authorization-request/query-mode",
    /// No parameter of an authorization request is there more than once (RFC 6749 3.1).
    AuthorizationRepeats = "authorization-request/repeats",
    /// Every scope value that is granted is one that the client registered.
    AuthorizationScope = "authorization-request/scope",
    /// The login is no older than `max_age` (OpenID Connect Core 3.1.2.1).
    AuthorizationMaxAge = "authorization-request/max-age",
    /// The host of a redirect URI is the registered one (here and below RFC 9700 4.1.3).
    RedirectUriHost = "redirect-uri/host",
    /// The scheme is the registered one.
    RedirectUriScheme = "redirect-uri/scheme",
    /// The port is the registered one.
    RedirectUriPort = "redirect-uri/port",
    /// The path ends where the registered one does.
    RedirectUriPathEnd = "redirect-uri/path-end",
    /// The letters of the path have the case of the registered ones.
    RedirectUriPathCase = "redirect-uri/path-case",
    /// The query is the registered one.
    RedirectUriQuery = "redirect-uri/query",
    /// There is no user and no fragment.
    RedirectUriParts = "redirect-uri/user-and-fragment",
    /// There is no white space around it.
    RedirectUriWhiteSpace = "redirect-uri/white-space",
    /// The signature of a request object is that of the client (OpenID Connect Core 6.3.2).
    RequestObjectSignature = "request-object/signature",
    /// The request object of a client that registered to sign them is signed (OpenID Connect Core 6.3.2).
    RequestObjectSigned = "request-object/signed",
    /// A request object names the client that sends it (RFC 9101 6.3).
    RequestObjectClient = "request-object/client",
    /// A request object is for this issuer (OpenID Connect Core 6.1).
    RequestObjectAudience = "request-object/audience",
    /// A request object has not expired.
    RequestObjectExpiry = "request-object/expiry",
    /// The time of a request object has come.
    RequestObjectNotBefore = "request-object/not-before",
    /// A request object is not signed by HMAC, for which a client has no key.
    RequestObjectAlgorithm = "request-object/algorithm",
    /// The issuer of a request object is the client.
    RequestObjectIssuer = "request-object/issuer",
    /// The response type in a request object is the one beside it (OpenID Connect Core 6.1).
    RequestObjectResponseType = "request-object/response-type",
    /// There is no request object within a request object (RFC 9101 4).
    RequestObjectNested = "request-object/nested",
    /// A request object comes by value or by reference, not both (RFC 9101 5).
    RequestObjectSole = "request-object/sole",
    /// The request of a client that registered `require_signed_request_object` is made by a request object (RFC 9101 10.5).
    RequestObjectPresent = "request-object/present",
    /// A request object that says that it has no signature has none (RFC 7518 3.6).
    RequestObjectBare = "request-object/bare",
    /// A request object by reference is signed (OpenID Connect Core 6.2).
    RequestObjectSignedReference = "request-object/signed-reference",
    /// The client and the response type of a request object by reference are those of the request (OpenID Connect Core 6.2).
    RequestObjectReferenceMatches = "request-object/reference-matches",
    /// The request object of such a client is signed (RFC 9101 10.5).
    RequestObjectRequiredSigned = "request-object/required-signed",
    /// The signature of an encrypted request object is that of the client (OpenID Connect Core 6.3.1).
    RequestObjectEncryptedSignature = "request-object/encrypted-signature",
    /// The authentication tag of what was encrypted is that of its content (here and below RFC 7516 5.2).
    JweTag = "jwe/tag",
    /// Its `enc` is known.
    JweEncKnown = "jwe/enc-known",
    /// Its `zip` is known.
    JweZipKnown = "jwe/zip-known",
    /// The key of its content is as long as its `enc` has it.
    JweKeyLength = "jwe/key-length",
    /// The password is right.
    LoginPassword = "login/password",
    /// A login form comes from the browser that the login page was sent to (RFC 6749 10.12).
    LoginBrowser = "login/browser",
    /// A consent form has what the consent page put into it, and the cookie of the browser is not sent with forms of other sites (RFC 6749 10.12).
    ConsentForm = "consent/form",
    /// A consent form comes from the browser that the consent page was sent to (RFC 6749 10.12).
    ConsentBrowser = "consent/browser",
    /// The end-user who was asked for consent gave it (OpenID Connect Core 3.1.2.4).
    ConsentDecision = "consent/decision",
    /// The end-user is asked each time for a native application that cannot prove who it is (RFC 8252 8.6).
    ConsentOfNative = "consent/native",
    /// The client registered the address that it asks to have the browser sent to (RP-Initiated Logout 1.0, 3).
    LogoutRedirectUri = "logout/redirect-uri",
    /// A request to have the browser sent back has a hint (RP-Initiated Logout 1.0, 3).
    LogoutHintPresent = "logout/hint-present",
    /// The hint of a logout is an ID token of this issuer (RP-Initiated Logout 1.0, 2).
    LogoutHintSignature = "logout/hint-signature",
    /// The `client_id` of a logout is the client of the hint (RP-Initiated Logout 1.0, 2).
    LogoutClientId = "logout/client-id",
}
