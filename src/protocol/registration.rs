//! The client: configured, or registered dynamically (RFC 7591) and deleted by the clean-up.

use std::collections::BTreeSet;
use std::time::Instant;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use crate::config::AuthMethod;
use crate::feature::step::{ClientAuth, ClientWish, RedirectUris};
use crate::report::markdown::escape::code;
use crate::report::model::StepEnd;
use crate::rule::airlock::AirlockRegistration;
use crate::rule::expect::scope_words;
use crate::rule::registration::Registration;
use crate::session::assertion::Signer;
use crate::session::received::Received;
use crate::session::recorder::Request;
use crate::session::redact::SecretKind;
use crate::session::{Client, Registered, Session, Stop, is_plain_loopback};

/// The profile whose product shows what a registration looks like.
const AIRLOCK: &str = "airlock";

/// What to set where a client is missing.
const HOW_TO_NAME_A_CLIENT: &str = "name an existing client with --client-id and --client-secret ([client] in oa-authtest.toml)";

impl Session {
    /// Takes the configured client; registers one for these grants where none is configured.
    ///
    /// # Errors
    /// [`Stop`] if there is no client in the end.
    pub async fn use_client(&mut self, grant_types: &[String]) -> Result<StepEnd, Stop> {
        let Some(configured) = self.run.config.client.clone() else {
            self.note("No client is configured, so one is registered dynamically for this test.");
            return self.register(&ClientWish { grant_types: grant_types.to_vec(), ..ClientWish::default() }).await;
        };
        let method = configured.auth_method.unwrap_or_else(|| self.offered_method(configured.secret.is_some()));
        self.note(format!(
            "The test uses the client credentials that were configured:\n\n* **client_id**: {}\n* **client_secret**: {}\n* **client authentication**: `{}`",
            crate::report::markdown::escape::code(&configured.id),
            if configured.secret.is_some() { "`‹client secret›`" } else { "none (a public client)" },
            method.as_str()
        ));
        self.facts.client = Some(Client { id: configured.id, secret: configured.secret, method, registered: None });
        Ok(StepEnd::Done)
    }

    /// Registers a client for everything the story does, and judges the answer.
    ///
    /// # Errors
    /// [`Stop`] if the issuer gives no client.
    pub async fn register(&mut self, wish: &ClientWish) -> Result<StepEnd, Stop> {
        let asked = wish.auth_method.map(AuthMethod::from);
        if let Some(method) = asked
            && !self.offers_method(method)?
        {
            return Ok(StepEnd::LeftOut(format!("`token_endpoint_auth_methods_supported` does not list {}", method.as_str())));
        }
        let Some(url) = self.endpoint("registration_endpoint")? else {
            if wish.optional {
                return Ok(super::not_offered("registration_endpoint"));
            }
            return Err(Stop::Untestable(format!(
                "the issuer advertises no `registration_endpoint`, and --registration-endpoint is not given, so no client can be registered: {HOW_TO_NAME_A_CLIENT}, and leave \
                 dynamic registration out with --skip 'dynamic-client-registration/*'"
            )));
        };
        if let Some(alg) = &wish.userinfo_alg
            && !self.listed("userinfo_signing_alg_values_supported")?.is_some_and(|algs| algs.contains(&alg.as_str()))
        {
            return Ok(StepEnd::LeftOut(format!("`userinfo_signing_alg_values_supported` does not list {alg}")));
        }
        let metadata = self.metadata_value()?;
        if wish.post_logout && self.endpoint("end_session_endpoint")?.is_none() {
            return Ok(super::not_offered("end_session_endpoint"));
        }
        let mut body = self.client_metadata(asked, &wish.grant_types)?;
        let signer = match asked {
            Some(AuthMethod::PrivateKeyJwt) => match self.signer(wish.keys).await? {
                Ok(signer) => Some(signer),
                Err(reason) => return Ok(StepEnd::LeftOut(reason)),
            },
            _ => None,
        };
        let redirect_uri = wish.redirect_query.then(|| self.redirect_uri_with_query()).transpose()?;
        add_to(&mut body, wish, signer.as_ref(), redirect_uri.as_deref());
        if let Some(scope) = &wish.scope {
            let offered = self.listed("scopes_supported")?;
            let offers = |word: &&str| *word == "openid" || offered.as_ref().is_none_or(|offered| offered.contains(word));
            body["scope"] = json!(scope.split_ascii_whitespace().filter(offers).collect::<Vec<_>>().join(" "));
        }
        // A story without scopes leaves them to the issuer.
        if body["scope"] == ""
            && let Some(members) = body.as_object_mut()
        {
            members.shift_remove("scope");
        }
        if wish.links {
            self.add_client_links(&mut body)?;
        }
        if wish.request_object_key {
            self.add_request_key(&mut body).await?;
        }
        if wish.post_logout {
            body["post_logout_redirect_uris"] = json!([self.run.redirect_uri()]);
        }
        self.wish_redirect_uris(wish.redirect_uris, &mut body);
        let mut request = Request::json("Dynamic Client Registration", url, &body);
        let token = self.run.config.initial_access_token.clone();
        if let Some(token) = &token {
            request = request.bearer(token.expose_secret());
            self.note("The registration request carries the initial access token that was configured.");
        } else {
            self.note("No initial access token is configured, so the registration request carries none.");
        }
        self.sentence("should complete Dynamic Client Registration successfully");
        let response = self.send(request).await?;
        let at = Instant::now();
        if matches!(response.status, 401 | 403) {
            if wish.optional && token.is_none() {
                return Ok(StepEnd::LeftOut(refused(&response, false)));
            }
            return Err(Stop::Untestable(refused(&response, token.is_some())));
        }
        // An issuer may know no native applications, or want their ports.
        if wish.redirect_uris == RedirectUris::NativeLoopback && response.object().is_none_or(|body| !body.contains_key("client_id")) {
            let says = error_of(&response).map(|error| format!(": {error}")).unwrap_or_default();
            return Ok(StepEnd::LeftOut(format!(
                "the issuer registers no native application with {NATIVE_REDIRECT_URI} (status {}{says})",
                response.status
            )));
        }
        let plain_http = self.is_plain_http();
        let artefact = Registration { response, request: body, metadata, plain_http };
        self.judge(&artefact);
        self.judge_as_product(&artefact);
        let response = artefact.response;
        self.facts.registration = response.object();
        self.confirm_request_key(&response);
        self.confirm_client_links(&response);
        let Some(client) = self.registered_client(&response, asked, at) else {
            let says = error_of(&response).map(|error| format!(": {error}")).unwrap_or_default();
            return Err(Stop::Issuer(format!("the registration endpoint answered {} and gave no client{says}", response.status)));
        };
        let mut client = client;
        if let Some(registered) = &mut client.registered {
            (registered.signer, registered.redirect_uri) = (signer, redirect_uri);
        }
        self.facts.post_logout = response.member("post_logout_redirect_uris").is_some_and(|uris| uris.get(0).is_some());
        self.facts.registered.push(client.clone());
        self.facts.client = Some(client);
        Ok(StepEnd::Done)
    }

    /// Says when less scope was registered than was asked for, and judges what a product's documentation shows.
    fn judge_as_product(&mut self, Registration { response, request, .. }: &Registration) {
        let Some(registered) = response.object().filter(|members| (200..300).contains(&response.status) && members.contains_key("client_id")) else {
            return;
        };
        if let (Some(asked), Some(given)) = (request["scope"].as_str(), registered.get("scope").and_then(Value::as_str))
            && !scope_words(asked).is_subset(&scope_words(given))
        {
            let (asked, given) = (code(asked), code(given));
            self.note(format!("The client asked for the scope {asked} and was registered for {given}, which the issuer may do (RFC 7591 3.2.1)."));
        }
        if self.profile == AIRLOCK {
            self.judge(&AirlockRegistration { exchange: response.exchange, request: request.clone(), registered });
        }
    }

    /// True if the issuer is on loopback over plain http, as only tests have it.
    pub(super) fn is_plain_http(&self) -> bool {
        Url::parse(&self.run.config.issuer).is_ok_and(|issuer| is_plain_loopback(&issuer))
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

    /// Puts other redirect URIs into the client metadata, if a story wishes for others.
    fn wish_redirect_uris(&self, wish: RedirectUris, metadata: &mut Value) {
        match wish {
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

    /// The client in a registration response, if there is one to go on with.
    pub(super) fn registered_client(&self, response: &Received, asked: Option<AuthMethod>, at: Instant) -> Option<Client> {
        let members = response.object().filter(|_| (200..300).contains(&response.status))?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("client_id").filter(|id| !id.is_empty())?;
        let secret = text("client_secret").filter(|secret| !secret.is_empty()).map(SecretString::from);
        let method = match text("token_endpoint_auth_method").as_deref() {
            Some("client_secret_post") => AuthMethod::ClientSecretPost,
            Some("none") => AuthMethod::None,
            Some("client_secret_basic") => AuthMethod::ClientSecretBasic,
            Some("private_key_jwt") => AuthMethod::PrivateKeyJwt,
            _ => asked.unwrap_or_else(|| self.offered_method(secret.is_some())),
        };
        let management = text("registration_client_uri")
            .and_then(|uri| Url::parse(&uri).ok())
            .filter(|uri| matches!(uri.scheme(), "http" | "https"))
            .zip(text("registration_access_token"))
            .map(|(uri, token)| {
                self.recorder.redactor().learn(SecretKind::RegistrationAccessToken, &token);
                (uri, SecretString::from(token))
            });
        let application_type = text("application_type");
        let id_token_alg = text("id_token_signed_response_alg").unwrap_or_else(|| "RS256".to_owned());
        // Some issuers name what they do not do.
        let userinfo_alg = text("userinfo_signed_response_alg").filter(|alg| !alg.is_empty() && alg != "none");
        let redirect_uris = members.get("redirect_uris").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let redirect_uris = redirect_uris.collect::<BTreeSet<_>>().len();
        let (signer, redirect_uri) = (None, None);
        let registered = Registered {
            at,
            id_token_alg,
            management,
            untried: true,
            unseen: true,
            signer,
            redirect_uri,
            exposed: false,
            redirect_uris,
            userinfo_alg,
            application_type,
        };
        Some(Client { id, secret, method, registered: Some(registered) })
    }

    /// Whether the issuer advertises a method; without a list it is `client_secret_basic` (OpenID Connect Discovery 3).
    fn offers_method(&self, method: AuthMethod) -> Result<bool, Stop> {
        let offered = self.listed("token_endpoint_auth_methods_supported")?;
        Ok(offered.map_or(method == AuthMethod::ClientSecretBasic, |offered| offered.contains(&method.as_str())))
    }

    /// The method to authenticate with where nothing else decides: what the metadata offers, `client_secret_basic` if it says nothing
    /// (OpenID Connect Discovery 3).
    fn offered_method(&self, has_secret: bool) -> AuthMethod {
        if !has_secret {
            return AuthMethod::None;
        }
        let offered = self.facts.metadata.as_ref().and_then(|metadata| metadata.get("token_endpoint_auth_methods_supported"));
        let Some(offered) = offered.and_then(Value::as_array) else {
            return AuthMethod::ClientSecretBasic;
        };
        let offers = |method: AuthMethod| offered.iter().any(|name| name.as_str() == Some(method.as_str()));
        if !offers(AuthMethod::ClientSecretBasic) && offers(AuthMethod::ClientSecretPost) {
            AuthMethod::ClientSecretPost
        } else {
            AuthMethod::ClientSecretBasic
        }
    }
}

/// Adds what a story wants beside the usual.
fn add_to(body: &mut Value, wish: &ClientWish, signer: Option<&Signer>, redirect_uri: Option<&str>) {
    if let Some(signer) = signer {
        body["token_endpoint_auth_signing_alg"] = json!(signer.key.alg().name());
        match &signer.hosted {
            Some(hosted) => body["jwks_uri"] = json!(hosted.url()),
            None => body["jwks"] = signer.key.set(),
        }
    }
    if let Some(alg) = &wish.userinfo_alg {
        body["userinfo_signed_response_alg"] = json!(alg);
    }
    if let Some(redirect_uri) = redirect_uri {
        body["redirect_uris"] = json!([redirect_uri]);
    }
    if !wish.contacts.is_empty() {
        body["contacts"] = json!(wish.contacts);
    }
    if let Some(client_uri) = &wish.client_uri {
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

/// The redirect URI of a native application on loopback, without the port, which it learns when it starts (RFC 8252 7.3).
pub const NATIVE_REDIRECT_URI: &str = "http://127.0.0.1/oa-authtest";

/// A redirect URI beside this one: its path is another.
pub(super) fn second_redirect_uri(own: &str) -> String {
    let at = own.find(['?', '#']).unwrap_or(own.len());
    format!("{}-second{}", &own[..at], &own[at..])
}

/// `error` and `error_description` of an error response, for a message.
pub fn error_of(response: &Received) -> Option<String> {
    let members = response.object()?;
    let error = members.get("error")?.as_str()?.to_owned();
    Some(match members.get("error_description").and_then(Value::as_str) {
        Some(description) => format!("{error} ({description})"),
        None => error,
    })
}

/// Why a registration was refused, for a reader who can do something about it.
pub(super) fn refused(response: &Received, with_token: bool) -> String {
    let says = error_of(response).map(|error| format!(", {error}")).unwrap_or_default();
    if with_token {
        format!("the registration endpoint refused the initial access token (status {}{says}): check --initial-access-token", response.status)
    } else {
        format!(
            "registration is protected (status {}{says}): set --initial-access-token ([registration] initial-access-token in \
             oa-authtest.toml), or {HOW_TO_NAME_A_CLIENT}",
            response.status
        )
    }
}
