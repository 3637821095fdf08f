//! The client metadata that is registered: what a story needs, as far as the issuer offers it (RFC 7591 2).

use super::mutual_tls::BOUND_TOKENS;
use crate::agent::callback::Offer;
use crate::config::{SharedCertificate, setting};
use crate::feature::register::{ClientAuth, RedirectUris, Register};
use crate::jwe::KeyPair;
use crate::protocol::prelude::*;
use crate::session::assertion::{BY_SECRET, Signer};
use crate::session::mutual_tls::self_signed;
use crate::text::response_type::ResponseType;

/// The redirect URI of a native application on loopback, without the port, which it learns when it starts (RFC 8252 7.3).
pub const NATIVE_REDIRECT_URI: &str = "http://127.0.0.1/oa-authtest";

/// The same for an application that listens on IPv6.
pub(super) const NATIVE_REDIRECT_URI_IPV6: &str = "http://[::1]/oa-authtest";

/// Where a third party may begin a login at a client (OpenID Connect Core 4).
pub(super) const LOGIN_BY_HTTPS: &str = "https://client.example/oa-authtest/login";

/// A redirect URI beside this one: its path is another.
pub(super) fn second_redirect_uri(own: &str) -> String {
    let at = own.find(['?', '#']).unwrap_or(own.len());
    format!("{}-second{}", &own[..at], &own[at..])
}

/// What a test registers.
pub(super) struct ClientToRegister {
    /// The client metadata, without `scope`.
    pub metadata: Value,
    /// Its scope.
    pub scope: ScopeToRegister,
    /// What signs its assertions.
    pub signer: Option<Signer>,
    /// Its redirect URI, if that is not the usual one.
    pub redirect_uri: Option<String>,
    /// The certificate that it shows on its connections, if it authenticates by one.
    pub certificate: Option<SharedCertificate>,
    /// The keys that it publishes for encryption.
    pub encryption_keys: Vec<&'static KeyPair>,
}

/// The scope of a client that is registered, each space-separated; empty where the story has none and leaves it to the issuer.
pub(super) struct ScopeToRegister {
    /// Everything the story asks for.
    all: String,
    /// That of it which the metadata list.
    listed: String,
    /// True if the request names the scope whatever the issuer gives without.
    pub at_once: bool,
    /// True if the step can be left out where such a scope is refused.
    pub may_be_left_out: bool,
}

impl ScopeToRegister {
    /// None: the issuer gives what it gives.
    pub fn none() -> Self {
        Self { all: String::new(), listed: String::new(), at_once: false, may_be_left_out: true }
    }

    /// Everything the story asks for.
    pub fn all(&self) -> &str {
        &self.all
    }

    /// That of it which the metadata list: some issuers refuse the whole registration for one other.
    pub fn listed(&self) -> &str {
        &self.listed
    }

    /// The scopes to try, in order.
    pub fn candidates(&self) -> impl Iterator<Item = &str> {
        let listed = Some(self.listed()).filter(|listed| *listed != self.all);
        std::iter::once(self.all()).chain(listed).filter(|scope| !scope.is_empty())
    }
}

impl Session {
    /// What a test registers.
    pub(super) async fn client_to_register(&mut self, params: &Register) -> Result<ClientToRegister, Stop> {
        let asked = params.auth_method.map(AuthMethod::from);
        let mut metadata = self.client_metadata(asked, &params.grant_types)?;
        if !params.response_types.is_empty() {
            self.add_response_types(&params.response_types, &mut metadata)?;
        }
        let signer = match asked {
            Some(AuthMethod::PrivateKeyJwt) => Some(self.signer(params.keys).await?),
            _ => None,
        };
        let mut certificate = None;
        if asked == Some(AuthMethod::SelfSignedTlsClientAuth) {
            let made = self_signed("oa-authtest").map_err(Stop::untestable)?;
            metadata["jwks"] = json!({ "keys": [made.jwk] });
            if self.promises(BOUND_TOKENS)? {
                metadata[BOUND_TOKENS] = json!(true);
            }
            certificate = Some(made.certificate);
        }
        if asked == Some(AuthMethod::ClientSecretJwt) {
            let algs = "token_endpoint_auth_signing_alg_values_supported";
            Stop::not_offered_if(self.lists(algs, BY_SECRET)? == Some(false), said!("`{algs}` does not list {BY_SECRET}"))?;
            metadata["token_endpoint_auth_signing_alg"] = json!(BY_SECRET);
        }
        let redirect_uri = params.redirect_query.then(|| self.redirect_uri_with_query()).transpose()?;
        add_to(&mut metadata, params, signer.as_ref(), redirect_uri.as_deref());
        if params.links {
            self.add_client_links(&mut metadata)?;
        }
        if params.request_object_key || params.unsigned_requests {
            self.add_request_key(&mut metadata, params).await?;
        }
        let encryption_keys = self.add_encryption(params, &mut metadata).await?;
        if params.post_logout {
            metadata["post_logout_redirect_uris"] = json!([self.run.redirect_uri()]);
        }
        self.add_logout_addresses(params, &mut metadata)?;
        self.add_redirect_uris(params.redirect_uris, &mut metadata);
        let redirect_uri = redirect_uri.or(self.other_host(params)?);
        if let Some(other) = redirect_uri.as_deref().filter(|_| params.redirect_uris == RedirectUris::OtherHost) {
            metadata["redirect_uris"] = json!([other]);
        }
        self.add_subjects(params, &mut metadata)?;
        Ok(ClientToRegister { metadata, scope: self.scope_to_register(params)?, signer, redirect_uri, certificate, encryption_keys })
    }

    /// The scope to register. A story that says neither scope nor grants registers all of it, whatever the issuer advertises.
    fn scope_to_register(&self, params: &Register) -> Result<ScopeToRegister, Stop> {
        let all: Vec<&str> = params.scope.as_ref().unwrap_or(&self.scopes).split_ascii_whitespace().collect();
        let takes_all = params.scope.is_none() && params.grant_types.is_empty();
        let offered = self.listed("scopes_supported")?.filter(|_| !takes_all);
        let offers = |word: &str| word == "openid" || offered.as_ref().is_none_or(|offered| offered.contains(&word));
        let listed = all.iter().copied().filter(|word| offers(word)).collect::<Vec<_>>().join(" ");
        Ok(ScopeToRegister { all: all.join(" "), listed, at_once: params.send_scope, may_be_left_out: params.optional })
    }

    /// The client metadata to register: everything the story needs and nothing else. A story that says which grants it needs leaves out those
    /// that the issuer does not advertise: some issuers refuse the whole registration for one such value.
    pub(super) fn client_metadata(&self, method: Option<AuthMethod>, grant_types: &[String]) -> Result<Value, Stop> {
        let method = method.unwrap_or_else(|| self.offered_method(true));
        let mut grants = vec!["authorization_code", "refresh_token", "client_credentials"];
        if !grant_types.is_empty() {
            let offered = self.listed("grant_types_supported")?;
            let offers = |grant: &str| offered.as_ref().is_none_or(|offered| offered.contains(&grant));
            grants = grant_types.iter().map(String::as_str).filter(|grant| *grant == "authorization_code" || offers(grant)).collect();
        }
        let mut body = json!({
            "client_name": "oa-authtest",
            "redirect_uris": [self.run.redirect_uri()],
            "response_types": ["code"],
            "grant_types": grants,
            "token_endpoint_auth_method": method.as_str(),
        });
        // Without a grant that redirects there is nothing to redirect and no response type (RFC 7591 2, 2.1).
        if !grants.iter().any(|grant| matches!(*grant, "authorization_code" | "implicit"))
            && let Some(members) = body.as_object_mut()
        {
            members.shift_remove("redirect_uris");
            members.insert("response_types".to_owned(), json!([]));
        }
        Ok(body)
    }

    /// Puts response types into the client metadata that are not those of the code flow. A web application with the implicit grant has redirect URIs by
    /// https only; one by http on this machine belongs to a native application (OpenID Connect Registration 2).
    fn add_response_types(&self, response_types: &[String], metadata: &mut Value) -> Result<(), Stop> {
        metadata["response_types"] = json!(response_types);
        let asks_for_tokens = response_types.iter().any(|kind| ResponseType::of(kind).asks_for_tokens());
        if asks_for_tokens && self.run.redirect_uri().starts_with("http:") {
            metadata["application_type"] = json!("native");
        }
        let at_localhost = Url::parse(&self.run.redirect_uri()).is_ok_and(|url| url.scheme() == "https" && url.host_str() == Some("localhost"));
        if asks_for_tokens && at_localhost {
            let reason = "a web application that asks the authorization endpoint for tokens may not have a redirect URI at localhost, nor a native one by https \
                          (OpenID Connect Registration 2): give --redirect-uri with 127.0.0.1 in the place of localhost";
            return Err(Stop::lacks_saying(&setting::REDIRECT_URI, reason));
        }
        Ok(())
    }

    /// Leaves a step out if the metadata do not list a response type, in whatever order its words are.
    pub(super) fn must_offer_response_type(&self, wanted: &str) -> Result<(), Stop> {
        let offered = self.listed("response_types_supported")?;
        let is_offered = offered.is_some_and(|offered| offered.iter().any(|known| ResponseType::is_same(known, wanted)));
        Stop::not_offered_if(!is_offered, said!("`response_types_supported` does not list {wanted}"))
    }

    /// Puts other redirect URIs into the client metadata, if a story asks for others.
    fn add_redirect_uris(&self, uris: RedirectUris, metadata: &mut Value) {
        match uris {
            RedirectUris::Own | RedirectUris::OtherHost => {}
            RedirectUris::Two => {
                let own = self.run.redirect_uri();
                metadata["redirect_uris"] = json!([own, second_redirect_uri(&own)]);
            }
            RedirectUris::NativeOwn => metadata["application_type"] = json!("native"),
            RedirectUris::NativeLoopback => {
                metadata["redirect_uris"] = json!([NATIVE_REDIRECT_URI]);
                metadata["application_type"] = json!("native");
            }
            RedirectUris::NativeLoopbackIpv6 => {
                metadata["redirect_uris"] = json!([NATIVE_REDIRECT_URI_IPV6]);
                metadata["application_type"] = json!("native");
            }
        }
    }

    /// The redirect URI under another name of loopback, for a client that is to have another host.
    fn other_host(&self, params: &Register) -> Result<Option<String>, Stop> {
        if params.redirect_uris != RedirectUris::OtherHost {
            return Ok(None);
        }
        let other = with_other_host(&self.run.redirect_uri());
        other.map(Some).or_not_offered("the redirect URI is not on 127.0.0.1 or localhost, so it has no other name")
    }

    /// Puts pairwise subjects into the client metadata, if a story asks for them, and a document of the sector.
    fn add_subjects(&mut self, params: &Register, metadata: &mut Value) -> Result<(), Stop> {
        if params.pairwise {
            metadata["subject_type"] = json!("pairwise");
        }
        if params.sector {
            let own = self.run.redirect_uri();
            let uris: Vec<String> = with_other_host(&own).into_iter().chain([own]).collect();
            let offer = self.listener()?.offer(Offer::json(&json!(uris)));
            metadata["sector_identifier_uri"] = json!(offer.url());
            self.facts.client.sectors.push(offer);
        }
        Ok(())
    }

    /// Whether the issuer advertises a method; without a list it is `client_secret_basic` (OpenID Connect Discovery 3).
    pub(super) fn offers_method(&self, method: AuthMethod) -> Result<bool, Stop> {
        let listed = self.lists("token_endpoint_auth_methods_supported", method.as_str())?;
        Ok(listed.unwrap_or(method == AuthMethod::ClientSecretBasic))
    }

    /// The method to authenticate with where nothing else decides: what the metadata offers, `client_secret_basic` if it says nothing
    /// (OpenID Connect Discovery 3).
    pub(super) fn offered_method(&self, has_secret: bool) -> AuthMethod {
        if !has_secret {
            return AuthMethod::None;
        }
        let offers = |method| self.offers_method(method).unwrap_or(method == AuthMethod::ClientSecretBasic);
        if !offers(AuthMethod::ClientSecretBasic) && offers(AuthMethod::ClientSecretPost) {
            AuthMethod::ClientSecretPost
        } else {
            AuthMethod::ClientSecretBasic
        }
    }
}

/// The same address on loopback under another name; `None` where it has none.
fn with_other_host(uri: &str) -> Option<String> {
    let mut url = Url::parse(uri).ok()?;
    let other = match url.host_str()? {
        "localhost" => "127.0.0.1",
        "127.0.0.1" => "localhost",
        _ => return None,
    };
    url.set_host(Some(other)).ok()?;
    Some(url.to_string())
}

/// Adds what a story wants beside the usual.
fn add_to(body: &mut Value, params: &Register, signer: Option<&Signer>, redirect_uri: Option<&str>) {
    if let Some(signer) = signer {
        body["token_endpoint_auth_signing_alg"] = json!(signer.alg());
        match (&signer.hosted, signer.key_set()) {
            (Some(hosted), _) => body["jwks_uri"] = json!(hosted.url()),
            (None, Some(keys)) => body["jwks"] = keys,
            (None, None) => {}
        }
    }
    if let Some(alg) = &params.id_token_alg {
        body["id_token_signed_response_alg"] = json!(alg);
    }
    if let Some(alg) = &params.userinfo_alg {
        body["userinfo_signed_response_alg"] = json!(alg);
    }
    if let Some(redirect_uri) = redirect_uri {
        body["redirect_uris"] = json!([redirect_uri]);
    }
    if let Some(seconds) = params.default_max_age {
        body["default_max_age"] = json!(seconds);
    }
    if params.require_auth_time {
        body["require_auth_time"] = json!(true);
    }
    if !params.contacts.is_empty() {
        body["contacts"] = json!(params.contacts);
    }
    if params.initiate_login {
        body["initiate_login_uri"] = json!(LOGIN_BY_HTTPS);
    }
    if let Some(client_uri) = &params.client_uri {
        body["client_uri"] = json!(client_uri);
    }
}

impl From<ClientAuth> for AuthMethod {
    fn from(method: ClientAuth) -> Self {
        match method {
            ClientAuth::ClientSecretBasic => Self::ClientSecretBasic,
            ClientAuth::ClientSecretPost => Self::ClientSecretPost,
            ClientAuth::PrivateKeyJwt => Self::PrivateKeyJwt,
            ClientAuth::ClientSecretJwt => Self::ClientSecretJwt,
            ClientAuth::SelfSignedTlsClientAuth => Self::SelfSignedTlsClientAuth,
            ClientAuth::None => Self::None,
        }
    }
}
