//! The client: registered dynamically (RFC 7591) and deleted by the clean-up.

use std::collections::BTreeSet;
use std::time::Instant;

use secrecy::SecretString;

use super::client_metadata::{ClientToRegister, NATIVE_REDIRECT_URI, NATIVE_REDIRECT_URI_IPV6};
use super::encryption::confirm_encryption;
use super::error_of;
use super::registration_attempts::Attempt;
use crate::agent::callback::StandingOffer;
use crate::config::{ClientTable, setting};
use crate::feature::register::{ClientAuth, RedirectUris, Register};
use crate::observed::capability::Capability;
use crate::protocol::prelude::*;
use crate::rule::airlock::AirlockRegistration;
use crate::rule::answer::error_code;
use crate::rule::expect::scope_words;
use crate::rule::registration::Registration;
use crate::rule::registration::response::wants_statement;
use crate::rule::subject::Subjects;
use crate::session::Registered;
use crate::session::assertion::{Means, Signer};
use crate::session::encryption_key::Encryption;
use crate::text::address::is_plain_loopback;
use crate::text::markdown::code;
use crate::text::problem::Problem;

/// The profile whose product shows what a registration looks like.
const AIRLOCK: &str = "airlock";

impl Session {
    /// Registers a client for everything the story does, and judges the answer.
    /// Stops if the issuer gives no client.
    pub(crate) async fn register(&mut self, params: &Register) -> Result<(), Stop> {
        self.is_of_use(params)?;
        if let Some(because) = self.registers_none()?.filter(|_| params.or_configured) {
            return self.take_configured(params, because).await;
        }
        let url = self.may_register(params)?;
        let client = self.client_to_register(params).await?;
        let attempt = self.try_registration(&url, client.metadata.clone(), &client.scope).await?;
        if wants_statement(&attempt.response) {
            return self.go_without_statement(params, attempt).await;
        }
        if let Err(stop) = self.accept_refusal(params, &attempt, client.signer.as_ref()) {
            let is_protected = matches!(attempt.response.status, 401 | 403) && self.run.config.initial_access_token.is_none();
            if params.or_configured && is_protected {
                let because = "registration is protected and --initial-access-token is not given";
                return self.take_configured(params, because).await;
            }
            // Another client than the story needs may have been registered all the same: the clean-up deletes it.
            self.facts.client.registered.extend(self.registered_client(&attempt.response, None, attempt.at));
            return Err(stop);
        }
        self.take_registration(params, client, attempt)
    }

    /// Goes on without a client of the test's own where the issuer wants a software statement (RFC 7591 2.3), of which there is none to send.
    async fn go_without_statement(&mut self, params: &Register, attempt: Attempt) -> Result<(), Stop> {
        const BECAUSE: &str = "the issuer registers clients with a software statement alone, and there is none to send";
        let Attempt { metadata: request, response, failed_before, .. } = attempt;
        self.judge(&Registration { response, request, failed_before, metadata: self.metadata_value()?, plain_http: self.is_plain_http() });
        if params.or_configured {
            return self.take_configured(params, BECAUSE).await;
        }
        Stop::not_offered_if(params.optional, BECAUSE)?;
        Err(Stop::Untestable(Problem::new(BECAUSE).with_hint(": ", ClientTable::First.how_to_name_it())))
    }

    /// Why the issuer registers no client, if it is known beforehand that it does not.
    fn registers_none(&self) -> Result<Option<&'static str>, Stop> {
        if self.run.config.declared.get(&Capability::DynamicClientRegistration) == Some(&false) {
            return Ok(Some("the configuration says that the issuer registers no clients"));
        }
        Ok(self.endpoint("registration_endpoint")?.is_none().then_some("the issuer advertises no `registration_endpoint`"))
    }

    /// Leaves the step out where the issuer does not do what the client is for.
    fn is_of_use(&self, params: &Register) -> Result<(), Stop> {
        // Many issuers register public clients and do not list `none`: that is tried, and a refusal leaves it out.
        if let Some(method) = params.auth_method.map(AuthMethod::from).filter(|method| *method != AuthMethod::None) {
            let reason = format!("`token_endpoint_auth_methods_supported` does not list {}", method.as_str());
            Stop::not_offered_if(!self.offers_method(method)?, reason)?;
        }
        if let Some(alg) = &params.id_token_alg {
            self.must_list("id_token_signing_alg_values_supported", alg)?;
        }
        if let Some(alg) = &params.userinfo_alg {
            self.must_list("userinfo_signing_alg_values_supported", alg)?;
        }
        if params.post_logout {
            self.offered("end_session_endpoint")?;
        }
        params.response_types.iter().try_for_each(|kind| self.must_offer_response_type(kind))?;
        if params.pairwise {
            self.must_list("subject_types_supported", "pairwise")?;
        }
        if params.sector {
            self.must_reach_this_machine()?;
        }
        if params.session_management {
            self.must_manage_sessions()?;
        }
        self.may_be_told_of_logouts(params)
    }

    /// Where to register.
    fn may_register(&self, params: &Register) -> Result<Url, Stop> {
        if params.optional {
            self.offered("registration_endpoint")?;
        }
        let Some(url) = self.endpoint("registration_endpoint")? else {
            let says = "the issuer advertises no `registration_endpoint`, and --registration-endpoint is not given, so no client can be registered";
            let how_to_name_it = ClientTable::First.how_to_name_it();
            let hint = format!("{how_to_name_it}, and leave dynamic registration out with --skip 'dynamic-client-registration/*'");
            return Err(Stop::Untestable(Problem::new(says).with_hint(": ", hint)));
        };
        Ok(url)
    }

    /// Ends the step where a refusal is the issuer's right.
    fn accept_refusal(&self, params: &Register, attempt: &Attempt, signer: Option<&Signer>) -> Result<(), Stop> {
        let response = &attempt.response;
        if matches!(response.status, 401 | 403) {
            let with_token = self.run.config.initial_access_token.is_some();
            let why = refused(response, with_token);
            return Err(if params.optional && !with_token {
                Stop::lacks_saying(&setting::INITIAL_ACCESS_TOKEN, why.to_string())
            } else {
                Stop::Untestable(why)
            });
        }
        let says = error_of(response).map(|error| format!(": {error}")).unwrap_or_default();
        let gives_client = response.object().is_some_and(|body| body.contains_key("client_id"));
        if params.auth_method == Some(ClientAuth::None) && !self.offers_method(AuthMethod::None)? {
            let refuses = response.status == 400 && !gives_client;
            let reason = format!("`token_endpoint_auth_methods_supported` does not list none, and the issuer registers no public client{says}");
            Stop::not_offered_if(refuses, reason)?;
            // It may replace what was asked for (RFC 7591 3.2.1).
            let other = response.member("token_endpoint_auth_method").filter(|method| gives_client && *method != "none");
            let reason = "`token_endpoint_auth_methods_supported` does not list none, and the issuer registers the client with client authentication";
            Stop::not_offered_if(other.is_some(), reason)?;
        }
        // Whom it trusts to act for itself alone is the server's choice (RFC 7591 3.2.2): a client of an end-user is another matter.
        let is_machine = params.grant_types.iter().all(|grant| grant == Grant::ClientCredentials.as_str()) && !params.grant_types.is_empty();
        let refuses_machines = is_machine && response.status == 400 && error_code(response) == Some("invalid_client_metadata") && !gives_client;
        let reason = format!("the server registers no client for client credentials alone{says}");
        if refuses_machines && self.run.config.initial_access_token.is_none() {
            return Err(Stop::lacks(&setting::INITIAL_ACCESS_TOKEN, &format!("{reason}; with an initial access token it may")));
        }
        Stop::not_offered_if(refuses_machines, reason)?;
        let is_refused = response.status == 400 && !gives_client;
        if let Some(keys) = signer.and_then(|signer| signer.hosted.as_ref()).filter(|_| is_refused) {
            may_refuse("jwks_uri", keys, &says)?;
        }
        if let Some(sector) = self.facts.client.sectors.last().filter(|_| is_refused && params.sector) {
            may_refuse("sector_identifier_uri", sector, &says)?;
        }
        // Redirect URIs name a sector where nothing else does, and an issuer may want them by https. Of those by https it has nothing to refuse.
        let by_http = |uri: &Value| uri.as_str().is_some_and(|uri| uri.starts_with("http:"));
        let are_by_http = attempt.metadata["redirect_uris"].as_array().is_some_and(|uris| uris.iter().any(by_http));
        let reason = format!("the issuer registers no client with pairwise subjects and redirect URIs by plain http{says}");
        Stop::not_offered_if(is_refused && params.pairwise && are_by_http, reason)?;
        self.accept_refusal_of_logout_addresses(params, &attempt.response, gives_client)?;
        self.accept_refusal_of_encryption(&attempt.metadata, is_refused, &says)?;
        // An issuer may know no native applications, or want their ports.
        let redirect_uri = match params.redirect_uris {
            RedirectUris::NativeLoopback => Some(NATIVE_REDIRECT_URI.to_owned()),
            RedirectUris::NativeLoopbackIpv6 => Some(NATIVE_REDIRECT_URI_IPV6.to_owned()),
            RedirectUris::NativeOwn => Some(self.run.redirect_uri()),
            RedirectUris::Own | RedirectUris::Two | RedirectUris::OtherHost => None,
        };
        let refuses_native = redirect_uri.is_some() && !gives_client;
        let redirect_uri = redirect_uri.unwrap_or_default();
        let reason = format!("the issuer registers no native application with {redirect_uri} (status {}{says})", response.status);
        Stop::not_offered_if(refuses_native, reason)
    }

    /// Judges what came, and keeps the client for the story.
    fn take_registration(&mut self, params: &Register, client: ClientToRegister, attempt: Attempt) -> Result<(), Stop> {
        let ClientToRegister { signer, redirect_uri, certificate, encryption_keys, .. } = client;
        let Attempt { metadata: request, response, at, failed_before } = attempt;
        let artefact = Registration { response, request, failed_before, metadata: self.metadata_value()?, plain_http: self.is_plain_http() };
        self.judge(&artefact);
        self.judge_as_product(&artefact);
        let Registration { response, request, .. } = artefact;
        self.facts.client.registration = response.object();
        self.confirm_request_key(&response);
        self.confirm_client_links(&response);
        self.confirm_logout_addresses(&response);
        let Some(mut client) = self.registered_client(&response, params.auth_method.map(AuthMethod::from), at) else {
            let says = error_of(&response).map(|error| format!(": {error}")).unwrap_or_default();
            return Err(Stop::issuer(said!("the registration endpoint answered {} and gave no client{says}", response.status)));
        };
        client.certificate = certificate;
        let by_secret = client.secret.clone().filter(|_| params.auth_method == Some(ClientAuth::ClientSecretJwt));
        let by_secret = by_secret.map(|secret| Signer { means: Means::Secret(secret), beside: None, audience: self.issuer(), hosted: None });
        let not_encrypted = client.registered.as_mut().and_then(|registered| confirm_encryption(registered, encryption_keys, &response, &request));
        if let Some(registered) = &mut client.registered {
            (registered.signer, registered.redirect_uri) = (signer.or(by_secret), redirect_uri);
            // A sector that was sent and is not returned may be used all the same.
            let is_unsaid = params.sector && response.member("sector_identifier_uri").is_none_or(|uri| uri.is_null());
            if is_unsaid && matches!(registered.subjects, Some(Subjects::Pairwise { .. })) {
                registered.subjects = Some(Subjects::Pairwise { sector: None });
            }
        }
        // It may replace what was asked for (RFC 7591 3.2.1), and what was to be seen is not seen then.
        let replaced = response.member("id_token_signed_response_alg").and_then(|alg| alg.as_str().map(str::to_owned));
        let replaced = replaced.filter(|alg| params.id_token_alg.as_ref().is_some_and(|asked| asked != alg));
        let replaced =
            replaced.map(|alg| said!("the issuer registers {} in the place of {}", alg, params.id_token_alg.as_deref().unwrap_or_default()));
        self.facts.client.post_logout = response.member("post_logout_redirect_uris").is_some_and(|uris| uris.get(0).is_some());
        self.facts.client.registered.push(client.clone());
        self.facts.client.go_on_with(client);
        let otherwise = replaced.or(not_encrypted);
        Stop::not_offered_if(otherwise.is_some(), otherwise.unwrap_or_default())
    }

    /// Says when less scope was registered than was asked for, and judges what a product's documentation shows.
    fn judge_as_product(&mut self, Registration { response, request, .. }: &Registration) {
        let Some(registered) = response.object().filter(|members| response.is_success() && members.contains_key("client_id")) else {
            return;
        };
        if let (Some(asked), Some(given)) = (request["scope"].as_str(), registered.get("scope").and_then(Value::as_str))
            && !scope_words(asked).is_subset(&scope_words(given))
        {
            let (asked, given) = (code(asked), code(given));
            self.note(said!("The client asked for the scope {asked} and was registered for {given}, which the issuer may do (RFC 7591 3.2.1)."));
        }
        if self.profile == AIRLOCK {
            self.judge(&AirlockRegistration { exchange: response.exchange, request: request.clone(), registered });
        }
    }

    /// True if the issuer is on loopback over plain http, as only tests have it.
    pub(super) fn is_plain_http(&self) -> bool {
        Url::parse(&self.run.config.issuer).is_ok_and(|issuer| is_plain_loopback(&issuer))
    }

    /// The client in a registration response, if there is one to go on with.
    pub(super) fn registered_client(&self, response: &Received, asked: Option<AuthMethod>, at: Instant) -> Option<Client> {
        let members = response.object().filter(|_| response.is_success())?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("client_id").filter(|id| !id.is_empty())?;
        let secret = text("client_secret").filter(|secret| !secret.is_empty()).map(SecretString::from);
        let method = match text("token_endpoint_auth_method").as_deref() {
            Some("client_secret_post") => AuthMethod::ClientSecretPost,
            Some("none") => AuthMethod::None,
            Some("client_secret_basic") => AuthMethod::ClientSecretBasic,
            Some("private_key_jwt") => AuthMethod::PrivateKeyJwt,
            Some("self_signed_tls_client_auth") => AuthMethod::SelfSignedTlsClientAuth,
            // Without having been asked for it does not sign, but has a secret.
            Some("client_secret_jwt") if asked == Some(AuthMethod::ClientSecretJwt) => AuthMethod::ClientSecretJwt,
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
        let redirect_uris: Vec<&str> =
            members.get("redirect_uris").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let supported = self.listed("subject_types_supported").ok().flatten().unwrap_or_default();
        let (subject_type, sector_uri) = (text("subject_type"), text("sector_identifier_uri"));
        let subjects = Subjects::of(subject_type.as_deref(), &supported, sector_uri.as_deref(), &redirect_uris);
        let registered = Registered {
            at,
            id_token_alg: text("id_token_signed_response_alg").unwrap_or_else(|| "RS256".to_owned()),
            management,
            untried: true,
            audience_open: false,
            unseen: true,
            signer: None,
            redirect_uri: None,
            exposed: false,
            redirect_uris: redirect_uris.iter().collect::<BTreeSet<_>>().len(),
            subjects,
            // Some issuers name what they do not do.
            userinfo_alg: text("userinfo_signed_response_alg").filter(|alg| !alg.is_empty() && alg != "none"),
            userinfo_encrypted: text("userinfo_encrypted_response_alg").is_some_and(|alg| !alg.is_empty() && alg != "none"),
            encryption: Encryption::default(),
            default_max_age: members.get("default_max_age").and_then(Value::as_u64),
            require_auth_time: members.get("require_auth_time") == Some(&Value::Bool(true)),
            application_type: text("application_type"),
        };
        Some(Client { id, secret, method, certificate: None, signer: None, registered: Some(registered), configured: None })
    }
}

/// Leaves a step out where the issuer may refuse a client for a document that the client names: one by plain http (OpenID Connect Registration 2, 5), or one by
/// https that it did not come for. It may not reach that, whoever else does. Of one that it has fetched nothing is left to refuse.
pub(super) fn may_refuse(name: &str, document: &StandingOffer, says: &str) -> Result<(), Stop> {
    let url = document.url();
    let is_by_http = url.scheme() != "https";
    let reason = format!("the issuer refuses a `{name}` by plain http, as it may (OpenID Connect Registration 1.0, sections 2 and 5){says}");
    Stop::not_offered_if(is_by_http, reason)?;
    Stop::out_of_reach_if(document.fetched() == 0, format!("the issuer refuses the client and did not fetch its `{name}`, which is {url}{says}"))
}

/// Why a registration was refused, for a reader who can do something about it.
pub(super) fn refused(response: &Received, with_token: bool) -> Problem {
    let says = error_of(response).map(|error| format!(", {error}")).unwrap_or_default();
    if with_token {
        Problem::new(said!("the registration endpoint refused the initial access token (status {}{says})", response.status))
            .with_hint(": ", "check --initial-access-token")
    } else {
        let how_to_name_it = ClientTable::First.how_to_name_it();
        let hint = format!("set --initial-access-token ([registration] initial-access-token in oa-authtest.toml), or {how_to_name_it}");
        Problem::new(said!("registration is protected (status {}{says})", response.status)).with_hint(": ", hint)
    }
}
