//! The client metadata that is registered: what a story needs, as far as the issuer offers it (RFC 7591 2).

use serde_json::{Value, json};

use crate::config::AuthMethod;
use crate::feature::register::{ClientAuth, RedirectUris, Register};
use crate::session::assertion::Signer;
use crate::session::{Session, Stop};

/// The redirect URI of a native application on loopback, without the port, which it learns when it starts (RFC 8252 7.3).
pub const NATIVE_REDIRECT_URI: &str = "http://127.0.0.1/oa-authtest";

/// A redirect URI beside this one: its path is another.
pub(super) fn second_redirect_uri(own: &str) -> String {
    let at = own.find(['?', '#']).unwrap_or(own.len());
    format!("{}-second{}", &own[..at], &own[at..])
}

/// What a test registers.
pub(super) struct ClientToRegister {
    /// The client metadata.
    pub metadata: Value,
    /// What signs its assertions.
    pub signer: Option<Signer>,
    /// Its redirect URI, if that is not the usual one.
    pub redirect_uri: Option<String>,
}

impl Session {
    /// What a test registers.
    pub(super) async fn client_to_register(&mut self, params: &Register) -> Result<ClientToRegister, Stop> {
        let asked = params.auth_method.map(AuthMethod::from);
        let mut metadata = self.client_metadata(asked, &params.grant_types)?;
        let signer = match asked {
            Some(AuthMethod::PrivateKeyJwt) => Some(self.signer(params.keys).await?),
            _ => None,
        };
        let redirect_uri = params.redirect_query.then(|| self.redirect_uri_with_query()).transpose()?;
        add_to(&mut metadata, params, signer.as_ref(), redirect_uri.as_deref());
        if let Some(scope) = &params.scope {
            let offered = self.listed("scopes_supported")?;
            let offers = |word: &&str| *word == "openid" || offered.as_ref().is_none_or(|offered| offered.contains(word));
            metadata["scope"] = json!(scope.split_ascii_whitespace().filter(offers).collect::<Vec<_>>().join(" "));
        }
        // A story without scopes leaves them to the issuer.
        if metadata["scope"] == ""
            && let Some(members) = metadata.as_object_mut()
        {
            members.shift_remove("scope");
        }
        if params.links {
            self.add_client_links(&mut metadata)?;
        }
        if params.request_object_key {
            self.add_request_key(&mut metadata).await?;
        }
        if params.post_logout {
            metadata["post_logout_redirect_uris"] = json!([self.run.redirect_uri()]);
        }
        self.add_redirect_uris(params.redirect_uris, &mut metadata);
        Ok(ClientToRegister { metadata, signer, redirect_uri })
    }

    /// The client metadata to register: everything the story needs and nothing else. A story that says which grants it needs leaves out what
    /// the issuer does not advertise, in scopes too: some issuers refuse the whole registration for one such value.
    pub(super) fn client_metadata(&self, method: Option<AuthMethod>, grant_types: &[String]) -> Result<Value, Stop> {
        let method = method.unwrap_or_else(|| self.offered_method(true));
        let mut grants = vec!["authorization_code", "refresh_token", "client_credentials"];
        let mut scopes: Vec<&str> = self.scopes.split_ascii_whitespace().collect();
        if !grant_types.is_empty() {
            let offered = self.listed("grant_types_supported")?;
            let offers = |grant: &str| offered.as_ref().is_none_or(|offered| offered.contains(&grant));
            grants = grant_types.iter().map(String::as_str).filter(|grant| *grant == "authorization_code" || offers(grant)).collect();
            let offered = self.listed("scopes_supported")?;
            scopes.retain(|scope| *scope == "openid" || offered.as_ref().is_none_or(|offered| offered.contains(scope)));
        }
        let mut body = json!({
            "client_name": "oa-authtest",
            "redirect_uris": [self.run.redirect_uri()],
            "response_types": ["code"],
            "grant_types": grants,
            "token_endpoint_auth_method": method.as_str(),
        });
        // Without a grant that redirects there is nothing to redirect and no response type (RFC 7591 2, 2.1).
        if !grants.contains(&"authorization_code")
            && let Some(members) = body.as_object_mut()
        {
            members.shift_remove("redirect_uris");
            members.insert("response_types".to_owned(), json!([]));
        }
        // A story may ask for nothing; an empty scope is no scope (RFC 6749 3.3).
        if !scopes.is_empty() {
            body["scope"] = json!(scopes.join(" "));
        }
        Ok(body)
    }

    /// Puts other redirect URIs into the client metadata, if a story asks for others.
    fn add_redirect_uris(&self, uris: RedirectUris, metadata: &mut Value) {
        match uris {
            RedirectUris::Own => {}
            RedirectUris::Two => {
                let own = self.run.redirect_uri();
                metadata["redirect_uris"] = json!([own, second_redirect_uri(&own)]);
            }
            RedirectUris::NativeLoopback => {
                metadata["redirect_uris"] = json!([NATIVE_REDIRECT_URI]);
                metadata["application_type"] = json!("native");
            }
        }
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

/// Adds what a story wants beside the usual.
fn add_to(body: &mut Value, params: &Register, signer: Option<&Signer>, redirect_uri: Option<&str>) {
    if let Some(signer) = signer {
        body["token_endpoint_auth_signing_alg"] = json!(signer.key.alg().name());
        match &signer.hosted {
            Some(hosted) => body["jwks_uri"] = json!(hosted.url()),
            None => body["jwks"] = signer.key.set(),
        }
    }
    if let Some(alg) = &params.userinfo_alg {
        body["userinfo_signed_response_alg"] = json!(alg);
    }
    if let Some(redirect_uri) = redirect_uri {
        body["redirect_uris"] = json!([redirect_uri]);
    }
    if !params.contacts.is_empty() {
        body["contacts"] = json!(params.contacts);
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
            ClientAuth::None => Self::None,
        }
    }
}
