//! The steps a story can be made of, one row each: what it needs before it, what it gives to later ones, and what is done.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::authorize::Authorize;
use super::fact::Fact::{self, Client, ClientToken, Code, KeySet, Login, Metadata, UserTokens};
use super::fact::Need::{self, Audience, DatasetSite, RotateKeys, User};
use super::logout::LogOut;
use super::register::Register;
use crate::observed::capability::Capability;
use crate::rule::attack::Attack;
use crate::rule::session_frame::Since;

/// Makes [`Step`] and everything that is known of its variants out of one row for each:
///
/// ```text
/// /// What it does.
/// Name { parameters } => "Heading", needs: …, gives: …, settings: …, scope: …, capability: …, action: method(arguments);
/// ```
///
/// What may be left out is what comes after the heading and before the action. The parameters of the step can be used in all of it, by reference.
/// The action is a method of `Session` in its file in `src/protocol/`, which is above this floor: `take_step!` calls it.
macro_rules! steps {
    ($(
        $(#[$attribute:meta])*
        $step:ident
            $({ $($(#[$of_field:meta])* $field:ident: $type:ty),* $(,)? })?
            $(($parameters:ident: $of_parameters:ty))?
            => $heading:expr
            $(, needs: $needs:expr)?
            $(, gives: $gives:expr)?
            $(, settings: $settings:expr)?
            $(, scope: $scope:expr)?
            $(, capability: $capability:ident)?
            , action: $action:ident($($argument:expr),*);
    )*) => {
        /// One move in a test: an object with one member, whose name says what is done, as in `{ "client-credentials": { "scope": "read" } }`.
        #[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        #[schemars(title = "a step")]
        pub enum Step {
            $($(#[$attribute])* $step $({ $($(#[$of_field])* $field: $type),* })? $(($of_parameters))?,)*
        }

        #[allow(unused_variables, reason = "a row says what it knows by as many of its parameters as it likes")]
        impl Step {
            /// The step as documents call it: `client-credentials`.
            pub fn word(&self) -> String {
                let name = match self { $(Self::$step { .. } => stringify!($step),)* };
                kebab(name)
            }

            /// The heading of the step in a report.
            pub fn name(&self) -> String {
                match self { $(Self::$step $({ $($field),* })? $(($parameters))? => $heading.into(),)* }
            }

            /// The facts that must be there before the step.
            pub fn needs(&self) -> &'static [Fact] {
                match self { $(Self::$step $({ $($field),* })? $(($parameters))? => or!($($needs)?; &[]),)* }
            }

            /// The facts the step leaves behind.
            pub fn gives(&self) -> &'static [Fact] {
                match self { $(Self::$step $({ $($field),* })? $(($parameters))? => or!($($gives)?; &[]),)* }
            }

            /// The settings the step cannot do without.
            pub fn settings(&self) -> &'static [Need] {
                match self { $(Self::$step $({ $($field),* })? $(($parameters))? => or!($($settings)?; &[]),)* }
            }

            /// The scope the step asks for, if it asks for one.
            pub fn scope(&self) -> Option<&str> {
                let scope: &str = match self { $(Self::$step $({ $($field),* })? $(($parameters))? => or!($($scope)?; ""),)* };
                Some(scope).filter(|scope| !scope.is_empty())
            }

            /// What an issuer must be able to do for the step to make sense.
            pub fn capability(&self) -> Option<Capability> {
                match self { $(Self::$step { .. } => or!($(Some(Capability::$capability))?; None),)* }
            }
        }

        /// Takes a step: gives the future of its action on a session, with the parameters that its row names, made by `$make` out of a closure that
        /// returns it.
        macro_rules! take_step {
            ($session:expr, $taken:expr, $make:path) => {
                match $taken {
                    $($crate::feature::Step::$step $({ $($field),* })? $(($parameters))? => $make(move || $session.$action($($argument),*)),)*
                }
            };
        }
        pub(crate) use take_step;
    };
}

/// The first, or where there is none the second.
macro_rules! or {
    ($given:expr; $default:expr) => {
        $given
    };
    (; $default:expr) => {
        $default
    };
}

steps! {
    /// Fetches the provider metadata (OpenID Connect Discovery 4).
    Discover {} => "Discovery",
        gives: &[Metadata], action: discover();

    /// Fetches the metadata of an authorization server, `OpenID` Connect or not (RFC 8414 3).
    DiscoverServer {} => "Authorization Server Metadata",
        gives: &[Metadata], action: discover_server();

    /// Fetches the metadata of either kind: the provider's or, where there is none, the authorization server's.
    FindMetadata {} => "Metadata",
        gives: &[Metadata], action: find_metadata();

    /// Holds the provider metadata against the metadata of the authorization server, where both are published (RFC 9068 4).
    CompareMetadata {} => "Provider Metadata beside it",
        needs: &[Metadata], action: compare_metadata();

    /// Asks `WebFinger` for the issuer, where it answers (OpenID Connect Discovery 2).
    AskWebfinger {} => "WebFinger",
        needs: &[Metadata], action: ask_webfinger();

    /// Asks for the provider metadata with headers as a proxy adds them, which name another host (RFC 9700 4.13).
    SendForwardedHeaders {} => "Forwarded Headers",
        needs: &[Metadata], action: send_forwarded_headers();

    /// Begins TLS handshakes with old versions and weak cipher suites at the issuer's hosts, which they must refuse (RFC 9325 3.1 and 4).
    TryTlsVersions {} => "TLS",
        needs: &[Metadata], action: try_tls_versions();

    /// Fetches the key set (`jwks_uri`).
    FetchKeySet {} => "Key Set",
        needs: &[Metadata], gives: &[KeySet], action: fetch_key_set();

    /// Takes the configured client; registers one where none is configured.
    UseClient {
        /// `grant_types` of a client that is registered; without any, every grant the suite uses. Those the issuer does not advertise are left out.
        #[serde(default, rename = "grant-types")]
        grant_types: Vec<String>,
        /// `response_types` of a client that is registered, where they are not those that the grants need.
        #[serde(default, rename = "response-types")]
        response_types: Vec<String>,
    } => "Credentials",
        needs: &[Metadata], gives: &[Client], action: use_client(grant_types, response_types);

    /// Registers a client dynamically (RFC 7591).
    Register(client: Box<Register>) => "Dynamic Client Registration",
        needs: &[Metadata], gives: &[Client], capability: DynamicClientRegistration, action: register(client);

    /// Asks for clients that no issuer may register (RFC 7591 3.2.2).
    RefuseRegistrations {} => "Registration Refusals",
        needs: &[Metadata], capability: DynamicClientRegistration, action: refuse_registrations();

    /// Registers clients with members that an issuer need not know, and with an identifier and a secret of their choice (RFC 7591 2).
    TryRegistrationExtras {} => "Registration with More Members",
        needs: &[Metadata], capability: DynamicClientRegistration, action: try_registration_extras();

    /// Registers without an initial access token and with a wrong one (RFC 7591 3).
    TryRegistrationTokens {} => "Initial Access Tokens",
        needs: &[Metadata], capability: DynamicClientRegistration, action: try_registration_tokens();

    /// Registers clients with a `sector_identifier_uri` whose document lists their redirect URI and does not (OpenID Connect Registration 5).
    TrySectorIdentifiers {} => "Sector Identifiers",
        needs: &[Metadata], capability: DynamicClientRegistration, action: try_sector_identifiers();

    /// Registers clients with an `initiate_login_uri` by https and by http (OpenID Connect Registration 2).
    RegisterLoginInitiation {} => "Addresses for Logins",
        needs: &[Metadata], capability: DynamicClientRegistration, action: register_login_initiation();

    /// Reads the client's configuration with its own token and with tokens that must be refused (RFC 7592 2.1).
    ReadClient {} => "Client Configuration",
        needs: &[Metadata, Client], capability: DynamicClientRegistration, action: read_client();

    /// Changes the client's configuration, and tries changes that must be refused (RFC 7592 2.2).
    UpdateClient {} => "Client Update",
        needs: &[Metadata, Client], capability: DynamicClientRegistration, action: update_client();

    /// Deletes the client and tries its credentials once more (RFC 7592 2.3).
    DeleteClient {} => "Client Deletion",
        needs: &[Metadata, Client], capability: DynamicClientRegistration, action: delete_client();

    /// Authenticates at the token endpoint by signed assertions (RFC 7523 2.2), with each audience the specifications know.
    TryClientAssertions {} => "Client Assertions",
        needs: &[Metadata, Client], action: try_client_assertions();

    /// Tries to exchange the code with client assertions that are not good, and one assertion twice (RFC 7523 3).
    AttackClientAssertions {} => "Attacks with Client Assertions",
        needs: &[Metadata, KeySet, Client, Code], action: attack_client_assertions();

    /// Takes the configured client that authenticates by a certificate of its own (RFC 8705 2).
    UseCertifiedClient {} => "Client by Certificate",
        needs: &[Metadata], gives: &[Client], action: use_certified_client();

    /// Tries to exchange the code on connections without the certificate of the client, and exchanges it on one with it (RFC 8705 2).
    AttackCertificates {} => "Attacks on Mutual TLS",
        needs: &[Metadata, KeySet, Client, Code], gives: &[UserTokens, Login], action: attack_certificates();

    /// Uses the access token of the login on connections with the certificate that it is bound to and without (RFC 8705 3).
    TryBoundToken {} => "Access Token bound to a Certificate",
        needs: &[Metadata, Client, UserTokens], capability: Userinfo, action: try_bound_token();

    /// Registers a client whose keys are behind a certificate that is not trusted, and has it authenticate (OpenID Connect Core 16.17).
    OfferUntrustedKeys {} => "Keys behind an Untrusted Certificate",
        needs: &[Metadata], capability: DynamicClientRegistration, action: offer_untrusted_keys();

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
    } => "Client Credentials Flow",
        needs: &[Metadata, KeySet, Client], gives: &[ClientToken], settings: if *audience { &[Audience] } else { &[] }, scope: scope,
        capability: ClientCredentials, action: client_credentials(scope, *as_registered, *audience);

    /// Obtains a token by the client credentials grant with a request in JSON, which some issuers take beside the form of the RFC.
    RequestTokenByJson {
        /// Whether the configured audience is asked for.
        #[serde(default)]
        audience: bool,
    } => "Token Request as JSON",
        needs: &[Metadata, KeySet, Client], gives: &[ClientToken], settings: if *audience { &[Audience] } else { &[] },
        action: request_token_by_json(*audience);

    /// Refreshes the client's own token, where a refresh token came with it.
    RefreshClientToken {
        /// In which form the request is sent.
        by: Body,
    } => match by { Body::Form => "Refresh of the Client's Token", Body::Json => "Refresh as JSON" },
        needs: &[Metadata, KeySet, Client, ClientToken], action: refresh_client_token(*by);

    /// Introspects the client's own token, which the issuer need not have stored, where an endpoint is published (RFC 7662).
    IntrospectClientToken {} => "Introspection of the Client's Token",
        needs: &[Metadata, Client, ClientToken], action: introspect_client_token();

    /// Asks the configured resource with the client's token, without any, and with one that no issuer gave (RFC 6750).
    AccessResource {} => "Resource",
        needs: &[ClientToken], action: access_resource();

    /// Closes the session of the client's token, and looks whether it is dead.
    CloseSession {} => "Session Closed",
        needs: &[ClientToken], action: close_session();

    /// Asks the orders feed with the client's token and without any.
    AccessOrdersFeed {} => "Orders Feed",
        needs: &[ClientToken], action: access_orders_feed();

    /// Sends the end-user to the authorization endpoint and waits for the callback (RFC 6749 4.1.1, OpenID Connect Core 3.1.2).
    Authorize(authorize: Box<Authorize>) => with_attempt("Authorization", authorize.attempt.as_deref()),
        needs: authorize.needs(), gives: authorize.gives(), settings: authorize.settings(), scope: &authorize.scope, action: authorize(authorize);

    /// Sends authorization requests whose redirect URI or client is wrong, which must not be answered by a redirect (RFC 6749 4.1.2.1).
    RefuseRedirects {
        /// Whether only redirect URIs are sent whose query is another than that of the client's own.
        #[serde(default, rename = "query-only")]
        query_only: bool,
    } => "Redirect URIs",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: refuse_redirects(*query_only);

    /// Sends a request object with the client's redirect URI, and beside it one that the client did not register (OpenID Connect Core 6.1).
    RefuseRedirectBesideObject {} => "Redirect URI beside a Request Object",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: refuse_redirect_beside_object();

    /// Sends authorization requests that are wrong though client and redirect URI are in order (RFC 6749 4.1.2.1).
    RefuseAuthorizationRequests {} => "Authorization Refusals",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: refuse_authorization_requests();

    /// Sends authorization requests with request objects that are not good, and with good ones that are unusual (OpenID Connect Core 6, RFC 9101 6).
    RefuseRequestObjects {} => "Request Objects",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: refuse_request_objects();

    /// Sends authorization requests with encrypted request objects, a good one and bad ones (OpenID Connect Core 6.3.1, RFC 9101 6.1).
    TryEncryptedObjects {} => "Encrypted Request Objects",
        needs: &[Metadata, KeySet, Client], settings: &[User], scope: "openid", action: try_encrypted_objects();

    /// Sends requests in the browser session of the login that need no login, each with one thing that is odd (OpenID Connect Core 3.1.2.1, 5.5).
    AskInSession {} => "Requests in a Session",
        needs: &[Metadata, KeySet, Client, UserTokens], settings: &[User], scope: "openid", action: ask_in_session();

    /// Sends an unsigned request object that has a signature all the same (RFC 7518 3.6).
    RefuseUnsecuredObjects {} => "Unsecured Request Objects",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: refuse_unsecured_objects();

    /// Asks for a redirect to another port of loopback, which a native application may do (RFC 8252 7.3).
    UseLoopbackPorts {
        /// Whether the application is registered with the IPv6 loopback address.
        #[serde(default)]
        ipv6: bool,
    } => "Loopback Ports",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: use_loopback_ports(*ipv6);

    /// Exchanges the code for tokens (RFC 6749 4.1.3).
    ExchangeCode {} => "Authorization Code Flow",
        needs: &[Metadata, KeySet, Client, Code], gives: &[UserTokens, Login], action: exchange_code();

    /// Asks the userinfo endpoint, where one is published (OpenID Connect Core 5.3).
    FetchUserinfo {
        /// Whether the claims are held against the scope and the `claims` parameter of the login.
        #[serde(default, rename = "judge-claims")]
        judge_claims: bool,
    } => "UserInfo",
        needs: &[Metadata, Client, UserTokens], capability: Userinfo, action: fetch_userinfo(*judge_claims);

    /// Asks the userinfo endpoint in every way the specifications know, and in ways that must fail (RFC 6750 2).
    RequestUserinfoVariants {} => "UserInfo Requests",
        needs: &[Metadata, Client, UserTokens], capability: Userinfo, action: request_userinfo_variants();

    /// Exchanges the code with parameters that are to be ignored (RFC 6749 3.2).
    TryTokenParameters {} => "Odd Parameters",
        needs: &[Metadata, KeySet, Client, Code], action: try_token_parameters();

    /// Asks for a token of the client's own with a scope that does not exist (RFC 6749 3.3).
    TryUnknownScope {} => "Unknown Scope",
        needs: &[Metadata, KeySet, Client, ClientToken], capability: ClientCredentials, action: try_unknown_scope();

    /// Sends the token endpoint requests that it must refuse (RFC 6749 5.2).
    RefuseTokenRequests {} => "Token Refusals",
        needs: &[Metadata, Client], action: refuse_token_requests();

    /// Tries to exchange the code in a wrong way (RFC 6749 4.1.3, RFC 7636 4.6).
    AttackCode {
        /// In which way.
        #[schemars(schema_with = "with_a_code")]
        with: Attack,
    } => format!("Attack ({})", with.says()),
        needs: &[Metadata, Client, Code], action: attack_code(*with);

    /// Tries to exchange a good code as a client that does not authenticate as it must (RFC 6749 4.1.3).
    AttackClientAuthentication {} => "Attacks on Client Authentication",
        needs: &[Metadata, KeySet, Client, Code], action: attack_client_authentication();

    /// Sends bad credentials of the client to every endpoint that authenticates clients, and for every grant (RFC 6749 2.3). The secret of another
    /// client is tried where the test has used one before.
    AttackCredentials {} => "Attacks with Bad Client Credentials",
        needs: &[Metadata, KeySet, Client, Code], action: attack_credentials();

    /// Exchanges the code of the login once more, and looks what became of its tokens (RFC 6749 4.1.2).
    ReplayCode {
        /// Whether the code is exchanged the second time half a minute after the first, and not at once.
        #[serde(default)]
        later: bool,
    } => "Code Replay",
        needs: &[Metadata, Client, UserTokens], action: replay_code(*later);

    /// Exchanges the code twice at the same moment (RFC 6749 4.1.2).
    RaceCode {} => "Code Race",
        needs: &[Metadata, KeySet, Client, Code], action: race_code();

    /// Tries the refresh token of the login in ways that must fail (RFC 6749 6, RFC 9700 4.14).
    AttackRefresh {
        /// A scope that the login did not ask for.
        wider: String,
    } => "Attacks on Refresh",
        needs: &[Metadata, Client, UserTokens], scope: wider, capability: RefreshToken, action: attack_refresh(wider);

    /// Tries the refresh token of the login as another client, the last that was registered (RFC 6749 6).
    AttackRefreshAsAnother {} => "Refresh as Another Client",
        needs: &[Metadata, Client, UserTokens], capability: RefreshToken, action: attack_refresh_as_another();

    /// Asks userinfo with what is no access token (RFC 6750).
    AttackUserinfo {} => "Attacks on UserInfo",
        needs: &[Metadata, Client, UserTokens], capability: Userinfo, action: attack_userinfo();

    /// Asks userinfo with access tokens whose scope does not cover it (RFC 6749 7).
    TryUncoveredTokens {} => "UserInfo beyond the Scope",
        needs: &[Metadata, KeySet, Client, UserTokens], capability: Userinfo, action: try_uncovered_tokens();

    /// Introspects without the right to, and a token that does not exist (RFC 7662 2).
    AttackIntrospection {} => "Attacks on Introspection",
        needs: &[Metadata, Client, UserTokens], capability: Introspection, action: attack_introspection();

    /// Revokes the access token, and looks whether it is dead (RFC 7009 2.1).
    RevokeAccessToken {} => "Revocation of the Access Token",
        needs: &[Metadata, Client, UserTokens], capability: Revocation, action: revoke_access_token();

    /// Revokes the refresh token with a wrong secret and under a wrong hint (RFC 7009 2.1).
    AttackRevocation {} => "Attacks on Revocation",
        needs: &[Metadata, Client, UserTokens], capability: Revocation, action: attack_revocation();

    /// Revokes the refresh token as another client, the last that was registered (RFC 7009 2.1).
    RevokeAsAnother {} => "Revocation by Another Client",
        needs: &[Metadata, Client, UserTokens], capability: Revocation, action: revoke_as_another();

    /// Revokes tokens under hints that are not their types (RFC 7009 2.1).
    TryRevocationHints {} => "Revocation Hints",
        needs: &[Metadata, Client, UserTokens], capability: Revocation, action: try_revocation_hints();

    /// Introspects the access token, where an endpoint is published (RFC 7662).
    Introspect {} => "Introspection",
        needs: &[Metadata, Client, UserTokens], capability: Introspection, action: introspect();

    /// Refreshes the tokens (RFC 6749 6), where a refresh token was issued.
    Refresh {} => "Refresh",
        needs: &[Metadata, KeySet, Client, UserTokens], capability: RefreshToken, action: refresh();

    /// Replaces the client's key in the document behind its `jwks_uri`, and refreshes with an assertion by the new key (OpenID Connect Core 10.1.1).
    RotateClientKey {} => "Client Key Rotation",
        needs: &[Metadata, KeySet, Client, UserTokens], capability: RefreshToken, action: rotate_client_key();

    /// Has the issuer replace its signing keys by the command of the settings, and looks whether the old key is still published
    /// (OpenID Connect Core 10.1.1).
    RotateIssuerKeys {} => "Issuer Key Rotation",
        needs: &[Metadata, KeySet, Client, UserTokens], settings: &[RotateKeys], action: rotate_issuer_keys();

    /// Refreshes some seconds after the login, and uses the refreshed access token at userinfo and introspection beside that of the login.
    UseRefreshedTokens {} => "Refreshed Tokens",
        needs: &[Metadata, KeySet, Client, UserTokens], capability: RefreshToken, action: use_refreshed_tokens();

    /// Revokes the refresh token, where an endpoint is published (RFC 7009), and tries it once more.
    Revoke {} => "Revocation",
        needs: &[Metadata, Client, UserTokens], capability: Revocation, action: revoke();

    /// Asks the token endpoint for grants that the client is not to get (RFC 6749 4.4 and 5.2, RFC 9700 2.4).
    TryGrants {} => "Grants",
        needs: &[Metadata, Client], action: try_grants();

    /// Logs in with a wrong password, once.
    TryWrongPassword {} => "Wrong Password",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: try_wrong_password();

    /// Sends the login form from another browser than the one it was shown in (RFC 6749 10.12).
    SendFormElsewhere {} => "Login Form of Another Browser",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: send_form_elsewhere();

    /// Sends a consent form as a page of another site does, without what only its own page knows (RFC 6749 10.12).
    ForgeConsent {} => "Forged Consent Form",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: forge_consent();

    /// Refuses on the consent page (RFC 6749 4.1.2.1).
    DenyConsent {} => "Consent Refused",
        needs: &[Metadata, Client], settings: &[User], scope: "openid", action: deny_consent();

    /// Logs the end-user out at the issuer, where an endpoint is published (OpenID Connect RP-Initiated Logout 1.0).
    LogOut(log_out: LogOut) => with_attempt("Logout", log_out.attempt.as_deref()),
        needs: &[Metadata, Client, UserTokens], settings: &[User], capability: RpInitiatedLogout, action: log_out(log_out);

    /// Looks at the logout token that the issuer sent when the end-user was logged out (OpenID Connect Back-Channel Logout 1.0).
    ReceiveLogoutToken {} => "Back-Channel Logout",
        needs: &[Metadata, KeySet, Client, UserTokens], action: receive_logout_token();

    /// Looks whether the address of the client was loaded in a frame when the end-user was logged out (OpenID Connect Front-Channel Logout 1.0).
    ReceiveFrameRequest {} => "Front-Channel Logout",
        needs: &[Metadata, Client, UserTokens], action: receive_frame_request();

    /// Asks the page at `check_session_iframe`, in a frame in the browser, whether the session has changed (OpenID Connect Session Management 1.0, 3).
    AskSessionFrame {
        /// What has happened since the authorization response that gave the session state.
        #[serde(default)]
        since: Since,
        /// Whether nothing is asked but the right question.
        #[serde(default, rename = "only-right")]
        only_right: bool,
    } => with_attempt("Session in a Frame", since.words()),
        needs: &[Metadata, Client, UserTokens], settings: &[User], action: ask_session_frame(*since, *only_right);

    /// Fetches the dataset site and looks for the authentication authority in its JSON-LD.
    FetchDatasetSite {} => "Dataset Site",
        needs: &[Metadata], settings: &[DatasetSite], action: fetch_dataset_site();

    /// Asks each endpoint as a page of the client's origin does (OpenID Connect Discovery 3).
    AskFromAnotherOrigin {
        /// True for a request to the authorization endpoint and nothing else.
        #[serde(default, rename = "authorization-endpoint-only")]
        authorization_endpoint_only: bool,
    } => "Clients that run in a browser",
        needs: &[Metadata, Client], action: ask_from_another_origin(*authorization_endpoint_only);

    /// Holds what `[features]` of the configuration declares against the provider metadata.
    CheckCapability {
        /// What is declared.
        capability: Capability,
    } => "Declared Feature",
        needs: &[Metadata], action: check_capability(*capability);

    /// Asks for tokens by a grant that `[features]` of the configuration declares absent (RFC 6749 5.2).
    RefuseGrant {
        /// The grant.
        capability: Capability,
    } => "Grant Declared Absent",
        needs: &[Metadata, Client], action: refuse_grant(*capability);
}

/// A heading or a sentence that tells two steps of one story apart.
pub fn with_attempt(heading: &str, attempt: Option<&str>) -> String {
    attempt.map_or_else(|| heading.to_owned(), |attempt| format!("{heading} ({attempt})"))
}

/// A name in kebab-case: `client-credentials` of `ClientCredentials`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The attacks that can be tried with a code, and no others.
fn with_a_code(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = Attack::json_schema(generator);
    let is_with_code = |attack: &serde_json::Value| serde_json::from_value(attack["const"].clone()).is_ok_and(Attack::is_with_code);
    if let Some(attacks) = schema.get_mut("oneOf").and_then(serde_json::Value::as_array_mut) {
        attacks.retain(is_with_code);
    }
    schema
}

/// The form of a token request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// As the RFC has it.
    Form,
    /// JSON.
    Json,
}
